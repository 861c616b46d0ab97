"""One run: it learns, it repeats to the bit, its seed is shared, and its recipe is what the file says."""

import math
import sys

import pytest
import torch
from torch import nn

from sweep.networks import build
from sweep.proxy import train
from sweep.proxy.augment import augment
from sweep.proxy.train import _optimizer, _schedule, validate
from sweep.space import Point, Proxy

NET = dict(width=0.125, stem_channels=8, last_channels=32, repeats=(1, 1), image_size=8)


def point(family="static", **parameters):
    return Point(**NET, family=family, **parameters).resolved(8)


def recipe(**changes):
    base = dict(
        dataset=dict(name="digits", train=300, validation=400),
        epochs=6,
        batch_size=30,
        optimizer=dict(name="adamw", lr=0.02),
    )
    return Proxy(**{**base, **changes})


@pytest.mark.parametrize(
    "given", [point(), point("se"), point("weightnet", M=2, G=2), point("weightnet", M=4, G=1)], ids=lambda p: p.family
)
@pytest.mark.parametrize(
    "changes",
    [{}, dict(optimizer=dict(name="sgd", lr=0.2), schedule="linear", label_smoothing=0.1, augment=dict(shift=1))],
    ids=["adamw", "sgd"],
)
def test_it_learns(given, changes):
    outcome = train(given, recipe(**changes), seed=0)
    assert outcome.status == "done"
    assert outcome.error < 70  # chance is 90
    assert outcome.losses[-1] < outcome.losses[0]
    assert len(outcome.losses) == 6


def test_a_run_repeats_to_the_last_bit_whatever_ran_before():
    one = train(point("weightnet", M=4, G=2), recipe(augment=dict(shift=1)), seed=1)
    torch.manual_seed(12345)
    train(point(), recipe(epochs=1), seed=7)
    again = train(point("weightnet", M=4, G=2), recipe(augment=dict(shift=1)), seed=1)
    assert (one.error, one.losses) == (again.error, again.losses)
    other = train(point("weightnet", M=4, G=2), recipe(augment=dict(shift=1)), seed=2)
    assert other.losses != one.losses


def test_one_thread():
    torch.set_num_threads(2)
    train(point(), recipe(epochs=1), seed=0)
    assert torch.get_num_threads() == 1
    assert torch.are_deterministic_algorithms_enabled()


def test_a_run_that_leaves_the_numbers_has_diverged():
    outcome = train(point(), recipe(optimizer=dict(name="sgd", lr=1e30)), seed=0)
    assert (outcome.status, outcome.error) == ("diverged", None)


def test_a_last_step_that_leaves_no_finite_answers_has_diverged():
    """The only loss is finite, and the network after it is not."""
    data = dict(name="digits", train=30, validation=50)
    for rate in (1e10, 1e20, 1e30):
        proxy = recipe(dataset=data, epochs=1, batch_size=30, schedule="linear", optimizer=dict(name="sgd", lr=rate))
        outcome = train(point(), proxy, seed=0)
        assert math.isfinite(outcome.losses[0])
        assert (outcome.status, outcome.error) == ("diverged", None)


def test_the_order_of_images_is_the_same_with_and_without_augmentation(monkeypatch):
    """Seeds are shared: what augmentation draws changes no order, in any epoch, for any point."""
    seen = []

    def look(x, how, generator):
        seen.append(x.clone())
        return augment(x, how, generator)

    monkeypatch.setattr(sys.modules["sweep.proxy.train"], "augment", look)
    for given, how in ((point(), {}), (point(), dict(shift=2)), (point("weightnet", M=2, G=1), dict(shift=1))):
        train(given, recipe(epochs=3, augment=how), seed=5)
    assert len(seen) == 9
    for epoch in range(3):
        assert torch.equal(seen[epoch], seen[3 + epoch])
        assert torch.equal(seen[epoch], seen[6 + epoch])
    assert not torch.equal(seen[0], seen[1])


def test_a_last_batch_of_one_image_is_left_out():
    data = dict(name="digits", train=31, validation=50)
    assert train(point(), recipe(dataset=data, epochs=1), seed=0).status == "done"


def test_error_is_the_share_of_wrong_answers_in_per_cent():
    class Constant(nn.Module):
        def forward(self, x):
            return nn.functional.one_hot(torch.full((len(x),), 3), 10).float()

    labels = torch.tensor([3] * 700 + [1] * 300)
    assert validate(Constant(), torch.zeros(1000, 1, 2, 2), labels) == pytest.approx(30.0)


def test_weight_decay_spares_norms_and_biases():
    network = build(point("weightnet", M=2, G=2), 1, 10)
    decayed, spared = _optimizer(network, recipe(optimizer=dict(lr=0.1, weight_decay=0.3))).param_groups
    assert (decayed["weight_decay"], spared["weight_decay"]) == (0.3, 0.0)
    names = {id(p): name for name, p in network.named_parameters()}
    assert all(names[id(p)].endswith("weight") and p.ndim > 1 for p in decayed["params"])
    assert {
        names[id(p)].rsplit(".", 1)[0].endswith("norm") or names[id(p)].endswith("bias") for p in spared["params"]
    } == {True}
    assert len(decayed["params"]) + len(spared["params"]) == len(names)


def rates(schedule, steps):
    proxy = recipe(schedule=schedule, optimizer=dict(name="sgd", lr=0.4))
    optimizer = _optimizer(build(point(), 1, 10), proxy)
    how, found = _schedule(optimizer, proxy, steps), []
    for _ in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        how.step()
    return found


@pytest.mark.parametrize("steps", [1, 2, 7, 100])
def test_linear_is_the_official_schedule(steps):
    assert rates("linear", steps) == pytest.approx([0.4 * (1 - step / steps) for step in range(steps)])


def test_one_cycle_rises_for_three_tenths_and_falls_to_nothing():
    found = rates("one_cycle", 100)
    assert max(found) == pytest.approx(0.4, rel=1e-3)
    assert found.index(max(found)) == 29
    assert found[0] == pytest.approx(0.4 / 25)
    assert found[-1] < 1e-5
    assert all(math.isfinite(rate) for steps in (1, 2, 3) for rate in rates("one_cycle", steps))
