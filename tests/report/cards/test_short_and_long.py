from dataclasses import replace

import pytest

from sweep.analysis.study import Study
from sweep.report import words
from sweep.report.cards import short_and_long
from tests.analysis.frames import sweep_frame
from tests.laboratory import laboratory

EIGHT = "λ\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}8 vs 1"


def sweep(**about):
    """The laboratory's runs of 8 and of 24 epochs as one sweep."""
    short, long = laboratory("short"), laboratory("long")
    return replace(long, lengths={8: short, 24: long}, **about)


def means(data, head):
    """Mean error by point of a panel, the baseline left out."""
    rows = data[(data["length"] == head) & (data["family"] != "baseline")]
    return rows.groupby("point")["error"].mean().round(2).to_dict()


def test_each_panel_has_a_sentence_and_its_own_numbers():
    (card,) = short_and_long.cards(Study(sweep()))
    assert [line.split(",")[0] for line in card.says] == ["After 8 epochs", "After 24 epochs", "In the paper"]
    assert f"{EIGHT}, −0.84 points" in card.says[0]
    assert "learning rate 0.01 for all" in card.says[0]
    # of the table: (1, 1) 43.06, (8, 1) 42.47 at the best rate by mean; here rates are chosen on other seeds
    assert f"{EIGHT}, −0.78 points" in card.says[1]
    # the paper's (8, 1) has 34.0 %, its (1, 1) 37.2 %
    assert card.says[2] == f"In the paper, at 0.5x on ImageNet, {EIGHT} is −3.20 points, one training each."
    data = card.picture.data
    # the dashed line beside the dots: families at equal cost, tuned as the finding has it
    study = Study(sweep())
    (family,) = [one for one in study.compared if one.contrast.value == "weightnet"]
    assert "; weightnet vs static, −" in card.says[0]
    told = f"{words.signed(family.difference.mean)} points{words.interval(family.difference)}"
    assert f"; weightnet vs static, {told} (3 seeds, paired)." in card.says[1]
    runs = laboratory("short").runs
    low = runs[(runs["optimizer.lr"] == 0.01) & (runs["family"] == "weightnet")]
    assert means(data, "short: 8 epochs") == low.groupby("point")["error"].mean().round(2).to_dict()
    assert sorted(means(data, "the paper").values()) == [34.0, 34.4, 35.7, 36.7, 37.2]


def test_all_panels_have_the_same_colours_and_values_of_lambda():
    (card,) = short_and_long.cards(Study(sweep()))
    for width in ((), (3.4,)):
        axes = card.picture.draw(*width).axes
        assert len(axes) == 3
        ticks = [[label.get_text() for label in ax.get_xticklabels()] for ax in axes]
        assert ticks == [["1", "2", "4", "8"]] * 3
        assert axes[0].get_ylim() == axes[1].get_ylim() != axes[2].get_ylim()


def test_a_sweep_of_another_backbone_has_no_panel_of_the_paper():
    (card,) = short_and_long.cards(Study(sweep(network={"backbone": "resnet18"})))
    assert len(card.says) == 2
    assert len(card.picture.draw().axes) == 2


@pytest.mark.parametrize("metric", ["loss"])
def test_losses_are_not_laid_beside_errors_of_the_paper(metric):
    from sweep.report import words

    with words.judged_by(metric):
        (card,) = short_and_long.cards(Study(sweep()))
    assert len(card.picture.draw().axes) == 2


def test_it_waits_for_what_is_compared():
    first = laboratory("short", seeds=[0])
    none = replace(first, runs=first.runs.assign(status="missing", error=float("nan")))
    (card,) = short_and_long.cards(Study(replace(none, lengths={8: none, 24: none})))
    assert card.waiting


def test_a_sweep_of_one_length_or_without_an_axis_of_numbers_has_no_card():
    assert list(short_and_long.cards(Study(laboratory("short")))) == []
    other = sweep_frame({"a": [[5.0, 5.1]], "b": [[5.0, 5.2]]}, axes={"gate": {"a": "x", "b": "y"}})
    assert list(short_and_long.cards(Study(replace(other, lengths={1: other, 2: other})))) == []


def test_the_long_panel_is_of_the_longest_length_also_where_a_shorter_one_is_judged():
    short, long = laboratory("short"), laboratory("long")
    (card,) = short_and_long.cards(Study(replace(short, lengths={8: short, 24: long})))
    (other,) = short_and_long.cards(Study(sweep()))
    for head in ("short: 8 epochs", "long: 24 epochs"):
        assert means(card.picture.data, head) == means(other.picture.data, head)


def test_there_is_no_such_figure_where_nothing_is_tuned():
    one = sweep_frame({"a": [[5.0, 5.1]], "b": [[4.0, 4.2]]}, {}, {"lambda": {"a": 1, "b": 2}})
    assert list(short_and_long.cards(Study(replace(one, lengths={1: one, 2: one})))) == []
