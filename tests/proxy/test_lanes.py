"""Runs trained together: each as it is alone, and to the bit the same whatever its neighbours and its place."""

import copy

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from sweep.networks import drawn, seeded
from sweep.proxy.average import Average
from sweep.proxy.batches import batches, stretches
from sweep.proxy.data import load
from sweep.proxy.lanes import LaneRun, group_of, train_together
from sweep.proxy.platform import CPU
from sweep.proxy.schedule import rate
from sweep.proxy.tasks import Shown
from sweep.space import Point, Proxy

SHUFFLE = dict(width=0.125, stem_channels=4, last_channels=16)
RESNET = dict(backbone="resnet18", width=0.0625, repeats=(1, 1))
FAMILIES = (
    dict(family="static"),
    dict(family="se", reduction=4),
    dict(family="sk", reduction=4),
    dict(family="condconv", experts=2),
    dict(family="weightnet", M=1, G=1),
    dict(family="weightnet", M=2, G=2),
    dict(family="weightnet", M=4, G=2),
    dict(family="weightnet", M=2, G=1, stages="last"),
)
BACKBONES = (
    dict(SHUFFLE, repeats=(1, 1)),
    dict(SHUFFLE, repeats=(2,), image_size=7),
    dict(SHUFFLE, repeats=(1,), stem="imagenet", image_size=24),
    RESNET,
    dict(RESNET, backbone="resnet50", repeats=(1,), image_size=7),
)
AUGMENTS = (
    {},
    dict(shift=1, cutout=3),
    dict(crop=1, resized_crop=[0.6, 1.0], color_jitter=0.3),
)
OPTIMIZERS = (
    dict(name="adamw", weight_decay=0.05),
    dict(name="sgd", weight_decay=0.01),
    dict(name="sgd", momentum=0.0),
)

points = st.builds(lambda net, family: Point(**net, **family), st.sampled_from(BACKBONES), st.sampled_from(FAMILIES))
recipes = st.fixed_dictionaries(
    dict(
        augment=st.sampled_from(AUGMENTS),
        optimizer=st.sampled_from(OPTIMIZERS),
        ema=st.sampled_from((None, 0.9)),
        label_smoothing=st.sampled_from((0.0, 0.1)),
        schedule=st.sampled_from(("one_cycle", "cosine")),
        task=st.sampled_from((None, "pairs", dict(name="pairs", mix="difference"))),
        batch_size=st.sampled_from((5, 8)),
        subset=st.sampled_from((None, "by seed")),
    )
)


def recipe(rate=0.01, train=40, epochs=4, **changes):
    optimizer = {"name": "adamw", **changes.pop("optimizer", {}), "lr": rate}
    dataset = dict(name="digits", train=train, validation=60, subset=changes.pop("subset", None))
    if changes.get("task") is not None:
        task = changes["task"]
        changes["task"] = dict(dict(name=task) if isinstance(task, str) else task, validation=60)
    base = dict(dataset=dataset, epochs=epochs, batch_size=8, optimizer=optimizer)
    return Proxy(**base | {name: value for name, value in changes.items() if value is not None})


def alone(point, proxy, seed):
    """Losses of the first 20 steps, error and loss of a run: module by module in doubles, stepped by torch.optim."""
    data, facts = load(proxy.dataset, point.image_size, proxy.dataset.draw(seed)), proxy.facts
    network = drawn(point, facts.channels, facts.classes, seed).double()
    how = proxy.optimizer
    decaying = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim <= 1]
    groups = [dict(params=decaying, weight_decay=how.weight_decay), dict(params=others, weight_decay=0.0)]
    if how.name == "adamw":
        optimizer = torch.optim.AdamW(groups, lr=1.0)
    else:
        optimizer = torch.optim.SGD(groups, lr=1.0, momentum=0.9 if how.momentum is None else how.momentum)
    average = None if proxy.ema is None else Average(network, proxy.ema)
    generators = seeded(seed, "order of images"), seeded(seed, "augmentation")
    epoch = [batch for batch in stretches(len(data.train), proxy.batch_size) if batch.stop - batch.start > 1]
    losses = []
    for _ in range(proxy.epochs):
        for images, labels in batches(data, proxy, epoch, generators, 0):
            loss = F.cross_entropy(network(images.double()), labels, label_smoothing=proxy.label_smoothing)
            for group in optimizer.param_groups:
                group["lr"] = rate(proxy, len(losses), proxy.epochs * len(epoch))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if average is not None:
                average.step()
            losses.append(loss.item())
    if average is not None:
        average.take_over()
    network.eval()
    shown = Shown(data.validation, data.validation_labels, data, proxy)
    with torch.no_grad():
        logits = network(shown[0 : len(shown)].double())
    wrong = (logits.argmax(1) != shown.labels).double().mean()
    return losses, 100 * float(wrong), float(F.cross_entropy(logits, shown.labels))


class Recording:
    """A platform that notes the losses of every step."""

    def __init__(self):
        self.losses = []

    def __getattr__(self, name):
        return getattr(CPU, name)

    def captured(self, steps, sizes, state):
        def step(size):
            before = steps.total.clone()
            steps(size)
            self.losses.append((steps.total - before).tolist())

        return step


def together(point, runs, count, dtype=torch.float64):
    """Losses (steps, L) and outcomes of runs in so many lanes."""
    platform = Recording()
    outcomes = train_together(point, [LaneRun(proxy, seed) for proxy, seed in runs], count, platform, dtype)
    return platform.losses, outcomes


@settings(max_examples=7, deadline=None)
@given(
    points, recipes, st.lists(st.sampled_from((0.001, 0.01)), min_size=1, max_size=2, unique=True), st.integers(1, 2)
)
def test_each_lane_is_the_run_alone(point, changes, rates, seeds):
    point = point.resolved(8)
    batch = changes["batch_size"]
    # 20 steps in four epochs, the last batch of each a smaller one
    runs = [(recipe(lr, train=4 * batch + 3, **changes), seed) for lr in rates for seed in range(seeds)]
    losses, outcomes = together(point, runs, len(runs) + 1)
    assert len(losses) == 20
    for lane, ((proxy, seed), outcome) in enumerate(zip(runs, outcomes, strict=True)):
        truth, error, loss = alone(point, proxy, seed)
        # what a lane adds to the sum of an epoch's losses is a difference of sums
        assert [step[lane] for step in losses] == pytest.approx(truth, rel=1e-9)
        assert outcome.error == pytest.approx(error)
        assert outcome.loss == pytest.approx(loss, rel=1e-9)


def bits(outcome):
    return outcome.status, outcome.error, outcome.loss, outcome.losses


@settings(max_examples=10, deadline=None)
@given(points, recipes, st.permutations(range(4)), st.integers(1, 4), st.sampled_from((torch.float32, torch.float64)))
def test_a_lane_depends_on_no_other_to_the_bit(point, changes, order, occupied, dtype):
    """Whatever the other runs are, the place among them, and how many lanes are occupied, of a fixed number."""
    point = point.resolved(8)
    batch = changes["batch_size"]
    all_runs = [(recipe(lr, train=2 * batch + 3, epochs=2, **changes), seed) for lr in (0.001, 0.1) for seed in (0, 1)]
    chosen = [all_runs[place] for place in order[:occupied]]
    _, outcomes = together(point, chosen, 4, dtype)
    _, truths = together(point, all_runs, 4, dtype)
    for place, outcome in zip(order, outcomes, strict=False):
        assert bits(outcome) == bits(truths[place])


NET = Point(**BACKBONES[0], **FAMILIES[6]).resolved(8)


def test_a_lane_that_leaves_the_numbers_is_frozen_alone():
    good, bad = recipe(0.01), recipe(1e30, optimizer=dict(name="sgd"))
    good = recipe(0.01, optimizer=dict(name="sgd"))
    _, outcomes = together(NET, [(good, 0), (bad, 0), (good, 1)], 3, torch.float32)
    _, without = together(NET, [(good, 0), (good, 1)], 3, torch.float32)
    assert [outcome.status for outcome in outcomes] == ["done", "diverged", "done"]
    assert (outcomes[1].error, len(outcomes[1].losses)) == (None, 1)
    assert [bits(outcomes[0]), bits(outcomes[2])] == [bits(outcome) for outcome in without]


def test_what_cannot_be_trained_together_has_another_group():
    one = recipe(0.01)
    for same in (recipe(0.3), recipe(0.01, optimizer=dict(weight_decay=0.5)), recipe(0.01, label_smoothing=0.1)):
        assert group_of(same) == group_of(one)
    other = [recipe(0.01, batch_size=5), recipe(0.01, ema=0.9), recipe(0.01, optimizer=dict(name="sgd"))]
    assert len({group_of(each) for each in (one, *other)}) == 4


def test_runs_share_their_time():
    _, outcomes = together(NET, [(recipe(), 0), (recipe(), 1)], 2, torch.float32)
    assert 0 < outcomes[0].seconds < 10
    copied = copy.deepcopy(outcomes)
    assert copied == outcomes
