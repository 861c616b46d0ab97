"""A space of several lengths: runs of each are those of a space of that length, and none is done twice."""

from unittest import mock

import pytest
from small import SMALL

from sweep import Ledger, Space, frame, plan, run, status
from sweep.engine.runs import wanted
from sweep.errors import SpaceError
from sweep.report import Rendered
from sweep.space.source import read

TINY = SMALL.replace("train: 200", "train: 80").replace("M: [1, 2]", "M: 1")
AT_ONE = TINY.replace("epochs: 8", "epochs: 1")
LENGTHS = TINY.replace("epochs: 8", "epochs: 2") + "lengths: [{epochs: 1, nuisance: {optimizer.lr: [0.04]}}, 2]\n"


def space(tmp_path, text):
    path = tmp_path / "small.yaml"
    path.write_text(text)
    return Space.parse(*read(path))


def keys(one):
    return {run.key for run in wanted(plan(one, traced=False))}


def test_keys_are_those_of_spaces_of_one_length(tmp_path):
    both = space(tmp_path, LENGTHS.replace("{epochs: 1, nuisance: {optimizer.lr: [0.04]}}", "1"))
    two = space(tmp_path, TINY.replace("epochs: 8", "epochs: 2"))
    assert keys(both) == keys(two) | keys(space(tmp_path, AT_ONE))
    assert plan(both, traced=False).runs == 16


def test_a_length_may_have_rates_of_its_own(tmp_path):
    made = space(tmp_path, LENGTHS)
    at_one = {one.key for one in wanted(plan(space(tmp_path, AT_ONE), traced=False)) if one.proxy.optimizer.lr == 0.04}
    assert keys(made) == keys(space(tmp_path, TINY.replace("epochs: 8", "epochs: 2"))) | at_one
    assert [rung.epochs for rung in made.rungs()] == [1, 2]


WARM = TINY.replace("epochs: 8", "schedule: cosine\n  warmup: 2\n  epochs: 8")


@pytest.mark.parametrize("tuned", [True, False])
@pytest.mark.parametrize(("lengths", "index"), [("\n  - 1\n  - 8", 0), ("\n  - 8\n  - 4\n  - epochs: 1", 2)])
def test_a_warm_up_that_is_longer_than_a_length_is_told_of_that_length(lengths, index, tuned, tmp_path):
    text = WARM if tuned else WARM.replace("nuisance:\n  optimizer.lr: [0.01, 0.04]\n", "")
    text += f"lengths:{lengths}\n"
    line = next(n for n, written in enumerate(text.splitlines(), 1) if "lengths" in written) + 1 + index
    with pytest.raises(SpaceError) as error:
        space(tmp_path, text)
    what = f"lengths[{index}]: warmup of 2 epochs is longer than the 1 of training"
    assert [one.rpartition("/")[2] for one in error.value.mistakes] == [f"small.yaml:{line}: {what}"]


def test_values_of_a_length_are_checked_at_its_epochs(tmp_path):
    text = WARM.replace("warmup: 2", "warmup: 1").replace("epochs: 8", "epochs: 2") + "  warmup: [1, 2]\n"
    text = text.replace("  warmup: [1, 2]\n", "").replace("nuisance:\n", "nuisance:\n  warmup: [1, 2]\n")
    made = space(tmp_path, text + "lengths: [2, {epochs: 8, nuisance: {warmup: [4]}}]\n")
    assert {recipe.warmup for _, recipe in made.rungs()[1].recipes} == {4}
    with pytest.raises(SpaceError, match=r"lengths\[1\]\.nuisance\.warmup\[0\]: warmup of 9 epochs is longer than"):
        space(tmp_path, text + "lengths: [2, {epochs: 8, nuisance: {warmup: [9]}}]\n")


def test_without_epochs_the_longest_is_judged(tmp_path):
    made = space(tmp_path, TINY.replace("  epochs: 8\n", "") + "lengths: [2, 1]\n")
    assert made.proxy.epochs == 2
    assert [recipe.epochs for _, recipe in made.recipes()] == [2, 2]


@pytest.fixture(scope="module")
def ledgers(tmp_path_factory):
    """A sweep of one epoch that is extended to two, in one folder."""
    folder = tmp_path_factory.mktemp("lengths")
    places = {"results": folder / "results", "reports": folder / "reports", "inline": True}
    page = Rendered(folder / "index.html")
    with mock.patch("sweep.running.render_ledger", return_value=page):
        first = run(space(folder, AT_ONE), **places)
        with Ledger.open(first.ledger) as ledger:
            before = ledger.answers()
        second = run(space(folder, LENGTHS), **places)
    return folder, before, first, second


def test_a_length_is_added_and_nothing_is_done_twice(ledgers):
    folder, before, first, second = ledgers
    assert (first.trained, second.trained) == (8, 8)
    with Ledger.open(second.ledger) as ledger:
        answers = ledger.answers()
        assert before.items() <= answers.items()
        asks = [ask for ask in ledger.asks() if ask.present]
        assert len(asks) == 12
        assert sorted({(ask.rung, '"epochs":2' in ask.recipe) for ask in asks}) == [(0, False), (1, True)]
    progress = status("small", results=folder / "results")
    assert (progress.wanted, progress.done, progress.unasked) == (12, 12, 4)


def test_a_frame_has_the_sweep_of_each_length(ledgers):
    with Ledger.open(ledgers[3].ledger) as ledger:
        seen = frame(ledger, kernels=False)
    assert list(seen.lengths) == [1, 2]
    assert len(seen.runs) == 8
    assert len(seen.lengths[1].runs) == 4
    assert seen.lengths[1].nuisance == {"optimizer.lr": (0.04,)}
    assert seen.lengths[2].runs.equals(seen.runs)
    assert (seen.lengths[1].runs["status"] == "done").all()
    assert set(seen.lengths[1].runs["key"]).isdisjoint(seen.runs["key"])
    assert seen.unasked == 4
