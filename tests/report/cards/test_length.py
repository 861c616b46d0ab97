from dataclasses import replace

from sweep.analysis.study import Study
from sweep.report.cards import length
from tests.laboratory import laboratory


def lengths():
    """The laboratory's short runs as both lengths, with half a point taken from lambda = 8 after the longer one."""
    short = laboratory("short")
    better = short.runs["error"] - 0.5 * (short.runs["point"] == "weightnet M=8 G=1")
    longer = replace(short, runs=short.runs.assign(error=better))
    return replace(longer, lengths={8: short, 24: longer})


def test_the_change_with_each_doubling_is_told():
    (card,) = length.cards(Study(lengths()))
    line = next(line for line in card.says if line.startswith("λ\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}8 vs 1"))
    assert "−0.13 points" in line
    assert "−0.63 points" in line
    assert "−0.32 points" in line  # 0.5 / log2(3)
    assert line.endswith("; 2 of the points compared have their best setting at the edge of the list.")
    assert card.picture is not None
    assert [column.title for column in card.tables[0].columns[1:4]] == ["8 epochs", "24 epochs", "each doubling"]


def test_a_sweep_of_one_length_has_no_card():
    assert list(length.cards(Study(laboratory("short")))) == []
