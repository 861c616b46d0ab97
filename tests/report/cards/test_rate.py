from sweep.analysis.study import Study
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
