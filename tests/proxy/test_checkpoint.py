"""A run that is interrupted anywhere, and goes on from its checkpoint, ends as if nothing had happened."""

import itertools
import math
import os
import sys
import types
from pathlib import Path

import fsspec
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from sweep.proxy import Checkpoint, OutOfTime, stored, train
from sweep.space import Point, Proxy, allow

NET = dict(width=0.125, stem_channels=4, last_channels=16, repeats=(1,), image_size=8)
POINT = Point(**NET, family="weightnet", M=2, G=1).resolved(8)
EPOCHS, BATCHES = 3, 4
RECIPES = {
    f"{optimizer['name']}, {schedule}": Proxy(
        dataset=dict(name="digits", train=4 * 25 - 5, validation=100),
        epochs=EPOCHS,
        batch_size=25,
        optimizer=optimizer,
        schedule=schedule,
        label_smoothing=0.1,
        augment=dict(shift=2),
    )
    for optimizer in (dict(name="adamw", lr=0.02, weight_decay=0.05), dict(name="sgd", lr=0.1, weight_decay=1e-3))
    for schedule in ("one_cycle", "linear")
}
RECIPES["adamw, cosine, averaged"] = RECIPES["adamw, linear"].model_copy(
    update=dict(schedule="cosine", warmup=1, ema=0.9)
)
UNDISTURBED = {name: train(POINT, recipe, 0) for name, recipe in RECIPES.items()}
_names = itertools.count()


class Killed(BaseException):
    """What ends an attempt."""


class Doomed(Checkpoint):
    """A checkpoint of every so many steps, whose process is killed after one more."""

    def __init__(self, storage, saved, killed, key="key"):
        super().__init__(storage, key, 0.0)
        self.step, self.saved, self.killed = 0, saved, killed

    def due(self):
        if self.step == self.killed:
            raise Killed
        self.step += 1
        return self.step in self.saved


def outcome(result):
    return result.status, result.error, result.losses


def left_in(storage):
    try:
        return {path.rsplit("/", 1)[-1] for path in fsspec.core.url_to_fs(storage)[0].ls(storage, detail=False)}
    except FileNotFoundError:
        return set()


@pytest.mark.parametrize("name", RECIPES)
@settings(max_examples=8, deadline=None)
@given(kills=st.lists(st.tuples(st.sets(st.integers(1, 12)), st.integers(1, 11)), max_size=3))
def test_killed_at_any_step_it_ends_equal_to_the_last_bit(name, kills):
    storage = f"memory://{next(_names)}"
    for saved, killed in kills:
        try:
            result = train(POINT, RECIPES[name], 0, Doomed(storage, saved, killed))
        except Killed:
            continue
        assert outcome(result) == outcome(UNDISTURBED[name])
    last = Checkpoint(storage, "key", 60.0)
    assert outcome(train(POINT, RECIPES[name], 0, last)) == outcome(UNDISTURBED[name])
    assert last.notes == []


@pytest.mark.parametrize("step", range(1, EPOCHS * BATCHES + 1))
@pytest.mark.parametrize("family", ["static", "se"])
def test_every_step_can_be_gone_on_from(step, family, tmp_path):
    point = Point(**NET, family=family).resolved(8)
    recipe = RECIPES["adamw, one_cycle"]
    storage = (tmp_path / "deep" / "checkpoints").as_uri()
    keep = Doomed(storage, {step}, step)
    with pytest.raises(Killed) if step < EPOCHS * BATCHES else pytest.MonkeyPatch.context():
        train(point, recipe, 3, keep)
    again = Checkpoint(storage, "key", 60.0)
    state = again.load()
    assert len(state["losses"]) * BATCHES + state["batch"] == step
    assert outcome(train(point, recipe, 3, again)) == outcome(train(point, recipe, 3))


@pytest.mark.parametrize("step", range(1, EPOCHS * BATCHES))
def test_a_network_of_ones_own_that_draws_as_it_goes_can_be_gone_on_from(step, tmp_path, monkeypatch):
    module = types.ModuleType("dropping")
    module.net = lambda classes: nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.Dropout(), nn.Linear(32, classes))
    monkeypatch.setitem(sys.modules, "dropping", module)
    allow("dropping")
    point, recipe = Point(backbone="dropping:net").resolved(8), RECIPES["adamw, one_cycle"]
    with pytest.raises(Killed):
        train(point, recipe, 3, Doomed(str(tmp_path), {step}, step))
    torch.randn(step)  # whatever else draws in between
    assert outcome(train(point, recipe, 3, Checkpoint(str(tmp_path), "key", 60.0))) == outcome(train(point, recipe, 3))


def test_a_short_run_leaves_none(tmp_path):
    keep = Checkpoint(str(tmp_path / "checkpoints"), "key", 60.0)
    train(POINT, RECIPES["adamw, linear"], 0, keep)
    assert not keep.kept
    assert list(tmp_path.iterdir()) == []


def interrupted(storage, step=6):
    with pytest.raises(Killed):
        train(POINT, RECIPES["adamw, linear"], 0, Doomed(storage, {step - 1}, step))


def check_started_over(storage, told):
    keep = Checkpoint(str(storage), "key", 60.0)
    result = train(POINT, RECIPES["adamw, linear"], 0, keep)
    assert outcome(result) == outcome(UNDISTURBED["adamw, linear"])
    assert told in keep.notes[0]


@settings(max_examples=15, deadline=None)
@given(cut=st.floats(0, 1, exclude_max=True), flip=st.integers(0, 7), shorten=st.booleans())
def test_a_damaged_one_is_set_aside_and_the_run_starts_over(cut, flip, shorten, tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoints")
    interrupted(str(folder))
    file = folder / "key"
    data = bytearray(file.read_bytes())
    at = int(cut * len(data))
    data[at] ^= 1 << flip
    file.write_bytes(data[:at] if shorten else data)
    damaged = file.read_bytes()
    check_started_over(folder, "damaged and set aside as key.damaged; the run started over")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"key.damaged": damaged}


def test_one_of_another_network_is_set_aside(tmp_path):
    other = Point(**NET, family="se").resolved(8)
    with pytest.raises(Killed):
        train(other, RECIPES["adamw, linear"], 0, Doomed(str(tmp_path), {2}, 3))
    check_started_over(tmp_path, "was not of this recipe and set aside")


def test_one_of_another_run_of_the_same_network_is_set_aside(tmp_path):
    """It fits, and the error would be that of the other seed: it was renamed, or sent by somebody."""
    with pytest.raises(Killed):
        train(POINT, RECIPES["adamw, linear"], 1, Doomed(str(tmp_path), {2}, 3, key="other"))
    (tmp_path / "other").rename(tmp_path / "key")
    check_started_over(tmp_path, "was that of another run and set aside as key.damaged")


def forge(storage, **changes):
    """Change what a checkpoint says, as a person may who sends one: the sum is right again."""
    state = Checkpoint(str(storage), "key", 60.0).load()
    Checkpoint(str(storage), "key", 60.0).save({**state, **changes})


FORGED = {
    "all epochs of the recipe": dict(losses=[2.0] * EPOCHS),
    "more epochs than the recipe": dict(losses=[2.0] * 7),
    "a loss that is no number": dict(losses=[math.nan]),
    "text for a loss": dict(losses=["2.0"]),
    "no batch": dict(batch=0),
    "a batch before the first": dict(batch=-3),
    "more batches than there are": dict(batch=BATCHES + 1),
    "time that never ends": dict(seconds=math.inf),
    "time that was not taken": dict(seconds=-1e9),
    "another recipe": dict(recipe="{}"),
    "a total of several numbers": dict(total=torch.zeros(3)),
    "generators of nobody": dict(generators=[]),
    "a network of nobody": dict(network={}),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_state_that_this_run_cannot_have_is_set_aside(name, tmp_path):
    interrupted(str(tmp_path))
    forge(tmp_path, **FORGED[name])
    check_started_over(tmp_path, "was not of this recipe and set aside")


def test_the_same_recipe_with_more_epochs_does_not_go_on_from_it(tmp_path):
    longer = RECIPES["adamw, linear"].model_copy(update=dict(epochs=EPOCHS + 4))
    with pytest.raises(Killed):
        train(POINT, longer, 0, Doomed(str(tmp_path), {EPOCHS * BATCHES + 2}, EPOCHS * BATCHES + 3))
    check_started_over(tmp_path, "was not of this recipe and set aside")


@pytest.mark.parametrize("content", [{}, {"key": "key"}, {"key": "key", "state": 3}, {"key": 3, "state": {}}])
def test_a_whole_file_that_is_no_checkpoint_is_set_aside(content, tmp_path):
    stored.put(str(tmp_path), "key", b"wn-sweep checkpoint 2\n", content)
    check_started_over(tmp_path, "was that of another run and set aside")


class Ran:
    """An object whose unpickling would be heard of."""

    def __reduce__(self):
        return (os.mkdir, ("unpickled",))


def test_nothing_in_one_is_executed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Checkpoint(str(tmp_path), "key", 60.0).save({"network": Ran()})
    check_started_over(tmp_path, "damaged and set aside")
    assert not (tmp_path / "unpickled").exists()


def test_one_that_cannot_be_written_costs_nothing_but_a_note(tmp_path, monkeypatch):
    def full(path, data):
        with path.open("wb") as file:
            file.write(data[:100])
        raise OSError(28, "No space left on device")

    interrupted(str(tmp_path))
    before = (tmp_path / "key").read_bytes()
    monkeypatch.setattr(Path, "write_bytes", full)
    keep = Checkpoint(str(tmp_path), "key", 0.0)
    assert outcome(train(POINT, RECIPES["adamw, linear"], 0, keep)) == outcome(UNDISTURBED["adamw, linear"])
    # said once, however often it was tried; and the one before is as it was
    assert keep.notes == ["a checkpoint could not be written (No space left on device)"]
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"key": before}


def test_a_time_limit_counts_all_attempts_and_may_be_raised(tmp_path, monkeypatch):
    clock = itertools.count()
    monkeypatch.setattr(sys.modules["sweep.proxy.train"].time, "perf_counter", lambda: float(next(clock)))
    recipe = RECIPES["adamw, linear"]
    limited = recipe.model_copy(update={"timeout": 8.0})
    for _ in range(2):
        with pytest.raises(OutOfTime, match=r"not done after 8 s, in epoch 2 of 3"):
            train(POINT, limited, 0, Checkpoint(str(tmp_path), "key", 0.0))
    state = Checkpoint(str(tmp_path), "key", 0.0).load()
    assert len(state["losses"]) * BATCHES + state["batch"] == 4  # of two ticks each
    raised = train(POINT, recipe.model_copy(update={"timeout": 1000.0}), 0, Checkpoint(str(tmp_path), "key", 0.0))
    assert outcome(raised) == outcome(UNDISTURBED["adamw, linear"])
