from dataclasses import replace

from sweep.analysis.study import Study
from sweep.report.cards import separation
from tests.laboratory import laboratory


def test_it_says_which_measure_needs_fewer_seeds():
    (card,) = separation.cards(Study(laboratory("short")))
    assert "10 points and 8 seeds" in card.says[0]
    assert "times the seeds of one by error [" in card.says[1]


def test_too_few_seeds_and_old_ledgers_say_so():
    (card,) = separation.cards(Study(laboratory("long")))
    assert "fewer than 4 seeds" in card.says[1]
    frame = laboratory("long")
    (card,) = separation.cards(Study(replace(frame, runs=frame.runs.drop(columns="loss"))))
    assert card.waiting
    assert "earlier version" in card.waits
