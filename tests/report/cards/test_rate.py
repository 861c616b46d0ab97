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
