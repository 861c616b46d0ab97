"""Captured steps give what eager ones give, to the bit, wherever a run goes on: with graphs that are pretended."""

import copy

import pytest
import torch
from pretended_card import pretend
from pretended_graph import pretend_graphs

from sweep.proxy.captured import capture
from sweep.proxy.lanes import LaneRun, train_together
from sweep.proxy.platform import CPU, Platform
from sweep.space import Point, Proxy

CARD = Platform("cuda", "sm_90")
NET = dict(width=0.125, stem_channels=4, last_channels=16, repeats=(1,))
DATA = dict(name="digits", train=43, validation=30)
RECIPE = dict(dataset=DATA, epochs=2, batch_size=8, optimizer=dict(name="adamw", lr=0.01, weight_decay=0.05))
RUNS = {
    "static": (dict(family="static"), {}),
    "weightnet": (dict(family="weightnet", M=2, G=2), dict(ema=0.9, label_smoothing=0.1)),
    "sk": (
        dict(family="sk", reduction=4),
        dict(
            task=dict(name="pairs", validation=30),
            dataset=dict(DATA, subset="by seed"),
            augment=dict(crop=1, color_jitter=0.3),
            optimizer=dict(name="sgd", lr=0.1),
        ),
    ),
}


class Kept:
    """A checkpoint in memory, of every step."""

    def __init__(self, state=None):
        self.states, self._state = [], state

    def load(self):
        return copy.deepcopy(self._state)

    def due(self):
        return self._state is None

    def save(self, state):
        self.states.append(copy.deepcopy(state))

    def set_aside(self, why):
        raise AssertionError(why)


@pytest.mark.parametrize("name", RUNS)
def test_a_captured_run_is_an_eager_one_from_wherever_it_goes_on(name, monkeypatch):
    """Six steps an epoch, the last of three images: from the start, and from each step of two epochs."""
    family, changes = RUNS[name]
    point, proxy = Point(**NET, **family).resolved(8), Proxy(**{**RECIPE, **changes})
    kept = [Kept(), Kept()]

    def outcomes(platform, checkpoints):
        runs = [LaneRun(proxy, seed, checkpoint) for seed, checkpoint in enumerate(checkpoints)]
        done = train_together(point, runs, 3, platform)
        return [(each.status, each.error, each.loss, each.losses) for each in done]

    truth = outcomes(CPU, kept)
    assert len(kept[0].states) == 12
    pretend(monkeypatch)
    pretend_graphs(monkeypatch)
    assert outcomes(CARD, [None, None]) == truth
    for states in zip(*(each.states for each in kept), strict=True):
        assert outcomes(CARD, map(Kept, states)) == truth


@pytest.fixture
def graphs(monkeypatch):
    pretend_graphs(monkeypatch)


@pytest.mark.usefixtures("graphs")
def test_all_sizes_are_warmed_up_before_the_first_is_captured():
    """A library may allocate when it sees a size for the first time, and may not while a step is captured."""
    total, taken = torch.zeros(1), []

    def step(size):
        taken.append(size)
        total.add_(size)

    go = capture(step, [8, 3], lambda: [total])
    assert taken == [8] * 3 + [3] * 3 + [8, 3]
    assert total.item() == 0
    go(3)
    go(8)
    assert total.item() == 11


@pytest.mark.usefixtures("graphs")
def test_a_step_that_cannot_be_captured_leaves_the_stream_as_it_was(monkeypatch):
    """torch.cuda.graph leaves its own current when the end of a capture raises."""
    current = ["default"]
    monkeypatch.setattr(torch.cuda, "current_stream", lambda: Named(current[0]))
    monkeypatch.setattr(torch.cuda, "set_stream", lambda stream: current.append(stream.name))

    class Named:
        def __init__(self, name):
            self.name = name

        def wait_stream(self, other):
            pass

    def failing(graph, pool=None):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(torch.cuda, "graph", failing)
    with pytest.raises(torch.OutOfMemoryError):
        capture(lambda size: None, [8], list)
    assert current == ["default", "default"]
