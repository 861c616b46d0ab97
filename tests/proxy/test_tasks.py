"""Composite tasks: labels and images against loops over samples; runs that repeat; costs and keys that follow."""

import itertools
import math
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sweep.networks import build, drawn, seeded
from sweep.proxy import Checkpoint, StoredWeights, Weights, load, train
from sweep.proxy.augment import color, draw, move
from sweep.proxy.batches import batches, stretches
from sweep.proxy.data import Split
from sweep.proxy.last_images import last_images
from sweep.proxy.tasks import Shown, composed, composite_labels, judged_images
from sweep.proxy.train import judge
from sweep.space import Point, Proxy
from sweep.space.schema import Task

NET = dict(width=0.125, stem_channels=8, last_channels=32, repeats=(1, 1), image_size=8)


def point(family="static", **parameters):
    return Point(**NET, family=family, **parameters).resolved(8)


def recipe(**changes):
    base = dict(
        dataset=dict(name="digits", train=300, validation=200),
        task=dict(name="pairs", validation=501),
        epochs=3,
        batch_size=40,
        optimizer=dict(name="adamw", lr=0.02),
    )
    return Proxy(**{**base, **changes})


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_labels_are_numbered_as_itertools_does(data):
    mix = data.draw(st.sampled_from(["max", "mean", "difference"]))
    classes = data.draw(st.integers(2, 7))
    images = 2 if mix == "difference" else data.draw(st.integers(2, 4))
    task = Task(name="pairs", mix=mix, images=images)
    if mix == "difference":
        listed = list(itertools.product(range(classes), repeat=images))
    else:
        listed = list(itertools.combinations_with_replacement(range(classes), images))
    number = {labels: place for place, labels in enumerate(listed)}
    assert task.classes(classes) == len(listed)
    every = list(itertools.product(range(classes), repeat=images))
    found = composite_labels(torch.tensor(every), task, classes)
    truth = [number[labels if mix == "difference" else tuple(sorted(labels))] for labels in every]
    assert found.tolist() == truth


def test_ten_classes_make_as_many_as_the_study_had():
    assert Task(name="pairs").classes(10) == 55
    assert Task(name="pairs", images=3).classes(10) == 220
    assert Task(name="pairs", mix="difference").classes(10) == 100
    assert recipe().facts.classes == 55
    assert recipe(task=None).facts == recipe().dataset.facts


@pytest.mark.parametrize(("classes", "images"), [(10, 2), (10, 3), (3, 5), (2, 8), (4, 4)])
def test_guessing_is_as_hard_as_among_equal_classes(classes, images):
    every = itertools.product(range(classes), repeat=images)
    commonest = max(Counter(tuple(sorted(labels)) for labels in every).values()) / classes**images
    assert Task(name="pairs", images=images).as_hard_as(classes) == pytest.approx(1 / commonest)


def test_what_a_run_is_judged_on():
    assert (recipe().equal_classes, recipe().judged_on) == (50, 501)
    assert (recipe(task=None).equal_classes, recipe(task=None).judged_on) == (10, 200)
    assert recipe(task=dict(name="pairs", mix="difference")).equal_classes == 100


MIXES = {"max": np.maximum, "mean": lambda a, b: (a + b) / 2, "difference": np.subtract}


@pytest.mark.parametrize("mix", MIXES)
@pytest.mark.parametrize(
    "augment", [{}, dict(shift=2), dict(crop=1, cutout=3, resized_crop=[0.5, 1], color_jitter=0.3)], ids=str
)
def test_training_pairs_are_those_of_a_loop_over_samples(mix, augment):
    """Two images, each moved on its own as pixels, laid over one another, and then normalised."""
    proxy = recipe(task=dict(name="pairs", mix=mix), augment=augment)
    data = load(proxy.dataset, 8)
    found = list(batches(data, proxy, stretches(300, 40), (seeded(3, "order"), seeded(3, "augmentation")), 0))
    at = torch.randint(300, (300, 2), generator=seeded(3, "order"))
    random = draw(proxy.augment, 600, 8, seeded(3, "augmentation"))
    number = {pair: place for place, pair in enumerate(itertools.combinations_with_replacement(range(10), 2))}
    samples = [(images[i], int(labels[i])) for images, labels in found for i in range(len(images))]
    assert len(samples) == 300
    for sample in (0, 1, 39, 40, 41, 299):
        parts = []
        for part in range(2):
            where = slice(2 * sample + part, 2 * sample + part + 1)
            pixels = data.train[at[sample, part]][None].float()
            pixels = color(pixels, proxy.augment, random[where], data.white)
            parts.append(move(pixels, proxy.augment, random[where])[0].numpy())
        mixed = MIXES[mix](*parts)
        if mix != "difference":
            mixed = mixed - data.mean.numpy()
        image, label = samples[sample]
        np.testing.assert_allclose(image.numpy(), mixed / data.deviation.numpy(), atol=1e-5)
        labels = [int(data.train_labels[at[sample, part]]) for part in range(2)]
        assert label == (labels[0] * 10 + labels[1] if mix == "difference" else number[tuple(sorted(labels))])


def test_what_moves_in_is_black_and_hides_nothing():
    proxy = recipe(augment=dict(shift=7), task="pairs")
    images = torch.full((40, 1, 8, 8), 9, dtype=torch.uint8)
    labels = torch.zeros(40, dtype=torch.long)
    data = Split(images, labels, images, labels, torch.full((1, 1, 1), 4.0), torch.ones(1, 1, 1), 9.0)
    made, _ = next(batches(data, proxy, stretches(40, 40), (seeded(0, "order"), seeded(0, "augmentation")), 0))
    assert set((made + 4).unique().tolist()) == {0.0, 9.0}


def test_batches_do_not_depend_on_how_many_are_made_ready_at_a_time(monkeypatch):
    """Nor on the batch at which an epoch is gone on with."""
    proxy = recipe(task=dict(name="pairs", images=3), augment=dict(shift=2, color_jitter=0.3, cutout=2))
    data = load(proxy.dataset, 8)
    epoch = stretches(300, 40)

    def all_of(first):
        draws = seeded(0, "order"), seeded(0, "augmentation")
        return [(x.clone(), y) for x, y in batches(data, proxy, epoch, draws, first)]

    whole = all_of(0)
    assert [len(x) for x, _ in whole] == [40] * 7 + [20]
    monkeypatch.setattr("sweep.proxy.batches.READY", 1)
    for first in (0, 3, 7, 8):
        for (x, y), (images, labels) in zip(all_of(first), whole[first:], strict=True):
            torch.testing.assert_close(x, images)
            assert torch.equal(y, labels)


def test_pairs_are_drawn_anew_in_every_epoch_and_from_the_seed():
    proxy = recipe()
    data = load(proxy.dataset, 8)
    order, moves = seeded(0, "order"), seeded(0, "augmentation")
    one, two = (torch.cat([y for _, y in batches(data, proxy, stretches(300, 40), (order, moves), 0)]) for _ in "12")
    assert not torch.equal(one, two)
    # as many of each class as chance gives: a pair of one class is half as likely as one of two
    counts = torch.bincount(torch.cat((one, two)), minlength=55)
    assert counts.sum() == 600


def test_validation_pairs_are_fixed_by_the_images_and_never_by_a_seed():
    task = Task(name="pairs", validation=5000)
    one = judged_images(200, task, "ab" * 32)
    assert one.shape == (5000, 2)
    assert (int(one.min()), int(one.max())) == (0, 199)
    assert torch.equal(one, judged_images(200, task, "ab" * 32))
    fewer = judged_images(200, Task(name="pairs", validation=700), "ab" * 32)
    assert torch.equal(fewer, one[:700])
    assert torch.equal(one, judged_images(200, Task(name="pairs", validation=5000, mix="mean"), "ab" * 32))
    assert not torch.equal(one, judged_images(200, task, "ac" * 32))
    # pinned: another draw would be another task under the same key
    assert judged_images(10_000, Task(name="pairs", validation=3), "0" * 64).tolist() == PINNED


PINNED = [[54, 92], [5622, 1589], [1164, 7149]]


@pytest.mark.parametrize("mix", MIXES)
def test_error_and_loss_are_those_of_a_loop_over_pairs(mix, tmp_path):
    proxy = recipe(task=dict(name="pairs", mix=mix, validation=301), epochs=1)
    outcome = train(point("weightnet", M=2, G=1), proxy, 0, weights=Weights(str(tmp_path), "run"))
    network = drawn(point("weightnet", M=2, G=1), 1, proxy.facts.classes, 0).eval()
    assert StoredWeights([str(tmp_path)]).take("run", network)
    data = load(proxy.dataset, 8)
    number = {pair: place for place, pair in enumerate(itertools.combinations_with_replacement(range(10), 2))}
    wrong, loss = 0, 0.0
    with torch.no_grad():
        for one, other in judged_images(200, proxy.task, proxy.dataset.facts.fingerprint).tolist():
            a, b = (data.validation[i].double().numpy() for i in (one, other))
            mixed = MIXES[mix](a, b) - (0 if mix == "difference" else float(data.mean))
            answers = network(torch.from_numpy(mixed / float(data.deviation)).float()[None])[0].tolist()
            labels = [int(data.validation_labels[i]) for i in (one, other)]
            label = labels[0] * 10 + labels[1] if mix == "difference" else number[tuple(sorted(labels))]
            wrong += answers.index(max(answers)) != label
            loss += math.log(sum(math.exp(answer) for answer in answers)) - answers[label]
    assert outcome.error == pytest.approx(100 * wrong / 301)
    assert outcome.loss == pytest.approx(loss / 301, rel=1e-5)


def test_it_learns_and_repeats_to_the_last_bit():
    proxy = recipe(epochs=10, dataset=dict(name="digits", train=600, validation=400))
    one, again = (train(point("weightnet", M=4, G=1), proxy, 1) for _ in range(2))
    assert one.error < 92  # chance is about 98
    assert (one.error, one.loss, one.losses) == (again.error, again.loss, again.losses)
    assert train(point("weightnet", M=4, G=1), recipe(), 2).losses != train(point(), recipe(), 1).losses


@pytest.mark.parametrize("stop", [0, 5, 9, 20])
def test_a_run_goes_on_from_a_checkpoint_as_if_nothing_had_happened(stop, tmp_path):
    proxy = recipe(augment=dict(shift=1))
    whole = train(point(), proxy, 0)

    class Killed(BaseException):
        pass

    class Keep(Checkpoint):
        steps = 0

        def due(self):
            self.steps += 1
            if self.steps > stop + 1:
                raise Killed
            return self.steps == stop + 1

    with pytest.raises(Killed):
        train(point(), proxy, 0, Keep(str(tmp_path), "run", 0))
    resumed = train(point(), proxy, 0, Checkpoint(str(tmp_path), "run", 1e9))
    assert (resumed.error, resumed.loss, resumed.losses) == (whole.error, whole.loss, whole.losses)


def test_test_images_are_paired_as_well():
    proxy = recipe()
    data, found = load(proxy.dataset, 8), last_images(proxy.dataset)
    images, labels = torch.from_numpy(found.images), torch.from_numpy(found.labels)
    shown = Shown(images, labels, data, proxy)
    assert len(shown) == 501
    at = judged_images(359, proxy.task, proxy.dataset.facts.fingerprint)
    for sample in (0, 300, 500):
        one, other = (images[i].numpy().astype(float) for i in at[sample].tolist())
        truth = (np.maximum(one, other) - float(data.mean)) / float(data.deviation)
        np.testing.assert_allclose(shown[sample : sample + 1][0].numpy(), truth, atol=1e-5)
    network = build(point(), 1, 55)
    judged = judge(network, data, images, labels, proxy)
    assert judged.error > 80


def test_parts_of_one_image_are_that_image():
    data = load(recipe().dataset, 8)
    parts = data.train[:5, None].float().expand(5, 3, 1, 8, 8)
    for mix in ("max", "mean"):
        found = composed(parts, Task(name="pairs", mix=mix, images=3), data)
        torch.testing.assert_close(found, data.normalised(data.train[:5]))
