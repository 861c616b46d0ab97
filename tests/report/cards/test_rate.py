from dataclasses import replace

import pytest

from sweep.analysis.study import Study
from sweep.report import words
from sweep.report.cards import rate
from tests.analysis.frames import sweep_frame
from tests.laboratory import laboratory


def test_the_laboratorys_effect_of_lambda_is_told_with_its_share():
    (card,) = rate.cards(Study(laboratory("short")))
    assert card.title == "Is it the rate?"
    line = next(line for line in card.says if line.startswith("λ\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}8 vs 1"))
    assert "−0.84 points" in line
    assert "with 0.01 for all" in line
    assert "tuning took 85 % [" in line
    assert "at the edge of the list" in line
    assert card.picture is not None
    cells = {row[0].text: row for row in card.tables[1].rows}
    assert cells["weightnet M=8 G=1"][2].text == "0.01, 0.02, 0.04"


def test_a_decided_share_is_said():
    own = [[5.0, 5.1, 5.05, 5.2], [3.0, 3.1, 3.05, 3.2], [3.9, 4.0, 3.9, 4.1]]
    other = [[6.0, 6.1, 6.15, 6.2], [3.0, 3.12, 3.03, 3.2], [4.1, 4.1, 4.2, 4.0]]
    more = {f"more {i}": own for i in range(3)}
    frame = sweep_frame(
        {"a": own, "b": other, **more},
        nuisance={"optimizer.lr": (0.1, 0.2, 0.4)},
        axes={"family": {"a": "old", "b": "new", **dict.fromkeys(more, "old")}},
        baseline={"b": "a"},
    )
    (card,) = rate.cards(Study(frame))
    assert card.says[0].startswith("new vs old: +1.03 points")
    assert card.says[0].endswith("mostly a rate effect.")


def test_it_waits_for_settings_and_seeds():
    (card,) = rate.cards(Study(sweep_frame({"a": [[5.0, 5.1]]})))
    assert card.waiting
    (card,) = rate.cards(Study(laboratory("short", seeds=[0])))
    assert card.waiting


def test_settings_are_not_told_apart_where_only_another_axis_than_the_rate_is_open():
    """The rate matters, weight decay does not: of each point two settings may be the best."""
    shape = [[9.0, 9.2, 9.1, 9.3], [9.1, 9.1, 9.2, 9.2], [5.0, 5.1, 5.0, 5.2], [5.1, 5.0, 5.1, 5.1]]
    shape += [[9.1, 9.2, 9.2, 9.3], [9.2, 9.1, 9.1, 9.2]]
    frame = sweep_frame(
        {name: [[e + off for e in row] for row in shape] for name, off in (("a", 0.0), ("b", 1.0), ("c", 2.0))},
        nuisance={"optimizer.lr": (0.1, 0.2, 0.4), "optimizer.weight_decay": (0.0, 0.1)},
        axes={"family": {"a": "old", "b": "new", "c": "newer"}},
        baseline={"b": "a", "c": "a"},
    )
    (card,) = rate.cards(Study(frame))
    assert any(line.startswith("For 0 of 3 points the data tell the best") for line in card.says)


def test_the_tuned_difference_is_that_of_the_finding_with_its_interval():
    """Three comparisons: intervals that hold together are wider than those of each alone."""
    own = [[5.0, 5.1, 5.05, 5.2], [3.0, 3.1, 3.05, 3.2], [3.9, 4.0, 3.9, 4.1]]
    errors = {
        name: [[e + off + 0.02 * i * s for s, e in enumerate(row)] for row in own]
        for i, (name, off) in enumerate({"a": 0.0, "b": 0.2, "c": 0.4, "d": 0.1}.items())
    }
    frame = sweep_frame(
        errors,
        nuisance={"optimizer.lr": (0.1, 0.2, 0.4)},
        axes={"family": {name: f"family {name}" for name in errors}},
        baseline=dict.fromkeys("bcd", "a"),
    )
    study = Study(frame)
    (card,) = rate.cards(study)
    for one, line in zip(study.compared, card.says, strict=False):
        text = f"{words.signed(one.difference.mean)} points{words.interval(one.difference)} tuned"
        assert text in line
    assert len(study.compared) == 3


def test_points_that_guess_are_left_out_as_in_the_finding():
    """Of one pair both guess among two classes: what tuning does to them says nothing."""
    good = [[9.0, 9.1, 9.2], [5.0, 5.1, 5.2], [9.1, 9.0, 9.2]]
    less = [[7.0, 7.1, 7.3], [4.0, 4.2, 4.1], [7.1, 7.0, 7.2]]
    guess = [[50.0, 50.2, 49.9], [50.1, 50.0, 50.3], [50.2, 50.1, 50.0]]
    errors = {"a": good, "b": less, "c": guess, "d": guess}
    frame = sweep_frame(
        errors,
        nuisance={"optimizer.lr": (0.1, 0.2, 0.4)},
        axes={"gate": {"a": "x", "b": "y", "c": "x", "d": "y"}, "width": {"a": 1, "b": 1, "c": 2, "d": 2}},
    )
    study = Study(replace(frame, main=("gate",), classes=2, judged_on=1000))
    (one,) = study.compared
    (card,) = rate.cards(study)
    assert one.difference.mean == pytest.approx(-1.0)
    assert f"{words.signed(one.difference.mean)} points" in card.says[0]


def test_what_is_tuned_has_its_own_name():
    own = [[5.0, 5.1, 5.05, 5.2], [3.0, 3.1, 3.05, 3.2], [3.9, 4.0, 3.9, 4.1]]
    other = [[6.0, 6.1, 6.15, 6.2], [3.0, 3.12, 3.03, 3.2], [4.1, 4.1, 4.2, 4.0]]
    frame = sweep_frame(
        {"a": own, "b": other, **{f"more {i}": own for i in range(3)}},
        nuisance={"augment.name": ("none", "shift", "crop")},
        axes={"family": {"a": "old", "b": "new", **dict.fromkeys([f"more {i}" for i in range(3)], "old")}},
        baseline={"b": "a"},
    )
    (card,) = rate.cards(Study(frame))
    # the first that the space lists, not the first of the alphabet
    assert "with none for all" in card.says[0]
    assert "effect of augment.name" in card.says[0]
    assert "rate" not in card.says[0]


def test_the_finding_speaks_of_the_axis_of_numbers_whichever_way_it_comes_out():
    """Families differ at the lowest rate, the values of lambda do not."""
    base = [[6.0, 6.1, 6.2, 6.05], [5.0, 5.1, 5.2, 5.05], [6.3, 6.2, 6.4, 6.3]]
    lower = [[5.0, 5.15, 5.2, 5.0], [4.0, 4.1, 4.25, 4.0], [5.3, 5.2, 5.4, 5.3]]
    alike = [[5.1, 5.05, 5.25, 5.02], [4.1, 4.05, 4.2, 4.05], [5.2, 5.3, 5.3, 5.4]]
    frame = sweep_frame(
        {"static": base, "one": lower, "eight": alike},
        nuisance={"optimizer.lr": (0.1, 0.2, 0.4)},
        axes={
            "family": {"static": "static", "one": "weightnet", "eight": "weightnet"},
            "lambda": {"one": 1, "eight": 8},
        },
        baseline={"one": "static", "eight": "static"},
    )
    said = rate.finding_sentence(Study(replace(frame, main=("lambda", "family")))).replace("\N{NO-BREAK SPACE}", " ")
    assert said.startswith("Is it the rate? λ = 8 vs 1 is ")
    assert (
        "with 0.1 for all, where no difference is shown and no share is told; weightnet vs static is −0.99 points"
        in said
    )
    assert "of which tuning took" in said
