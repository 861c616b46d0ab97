"""One run: it learns, it repeats to the bit, its seed is shared, and its recipe is what the file says."""

import contextlib
import math
import subprocess
import sys

import pytest
import torch
from torch import nn

from sweep.networks import drawn, seeded
from sweep.proxy import OutOfTime, StoredWeights, Weights, train
from sweep.proxy.batches import batches, stretches
from sweep.proxy.data import Split, load
from sweep.proxy.platform import settled
from sweep.proxy.train import validate
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


def settings():
    """What a process has set that its other computations depend on."""
    return (
        torch.get_num_threads(),
        torch.get_deterministic_debug_mode(),
        torch.are_deterministic_algorithms_enabled(),
        torch.utils.deterministic.fill_uninitialized_memory,
        float(torch.tensor([1e-310], dtype=torch.float64) * 0.5) == 0,
        torch.get_rng_state().tolist(),
    )


@pytest.fixture
def set_by_the_caller():
    before = settings()
    yield
    torch.set_num_threads(before[0])
    torch.set_deterministic_debug_mode(before[1])
    torch.utils.deterministic.fill_uninitialized_memory = before[3]
    torch.set_flush_denormal(before[4])


SETTINGS = [(2, 0, True, False), (3, 1, False, True), (1, 2, True, True)]


@pytest.mark.parametrize(("threads", "mode", "filled", "flushed"), SETTINGS)
@pytest.mark.parametrize("fails", [False, True])
def test_a_run_leaves_the_callers_settings_as_they_were(threads, mode, filled, flushed, fails, set_by_the_caller):
    torch.set_num_threads(threads)
    torch.set_deterministic_debug_mode(mode)
    torch.utils.deterministic.fill_uninitialized_memory = filled
    torch.set_flush_denormal(flushed)
    torch.manual_seed(99)
    before = settings()
    with settled():
        assert (torch.get_num_threads(), torch.get_deterministic_debug_mode()) == (1, 2)
    assert settings() == before
    with pytest.raises(OutOfTime) if fails else contextlib.nullcontext():
        train(point(), recipe(epochs=1, timeout=1e-9) if fails else recipe(epochs=1), seed=0)
    assert settings() == before
    assert before[0] == threads
    assert before[4] == flushed


def test_a_run_that_leaves_the_numbers_has_diverged():
    outcome = train(point(), recipe(optimizer=dict(name="sgd", lr=1e30)), seed=0)
    assert (outcome.status, outcome.error, outcome.loss) == ("diverged", None, None)


def test_a_last_step_that_leaves_no_finite_answers_has_diverged():
    """The only loss is finite, and the network after it is not."""
    data = dict(name="digits", train=30, validation=50)
    for rate in (1e10, 1e20, 1e30):
        proxy = recipe(dataset=data, epochs=1, batch_size=30, schedule="linear", optimizer=dict(name="sgd", lr=rate))
        outcome = train(point(), proxy, seed=0)
        assert math.isfinite(outcome.losses[0])
        assert (outcome.status, outcome.error, outcome.loss) == ("diverged", None, None)


def seen_in(epochs, how, monkeypatch, given):
    """The labels that the loss is told of in each epoch, which say the order."""
    told = []
    real = torch.nn.functional.cross_entropy

    def look(logits, labels, **options):
        told.append(labels.clone())
        return real(logits, labels, **options)

    monkeypatch.setattr(sys.modules["sweep.proxy.train"].F, "cross_entropy", look)
    train(given, recipe(epochs=epochs, augment=how), seed=5)
    each = len(told) // epochs
    return [torch.cat(told[epoch * each : (epoch + 1) * each]) for epoch in range(epochs)]


def test_the_order_of_images_is_the_same_with_and_without_augmentation(monkeypatch):
    """Seeds are shared: what augmentation draws changes no order, in any epoch, for any point."""
    plain = seen_in(3, {}, monkeypatch, point())
    moved = seen_in(3, dict(shift=2, cutout=2, crop=1), monkeypatch, point())
    other = seen_in(3, dict(color_jitter=0.4), monkeypatch, point("weightnet", M=2, G=1))
    for one, two, three in zip(plain, moved, other, strict=True):
        assert torch.equal(one, two)
        assert torch.equal(one, three)
    assert not torch.equal(plain[0], plain[1])


def test_batches_do_not_depend_on_how_many_are_made_ready_at_a_time(monkeypatch):
    """Nor on the batch at which an epoch is gone on with."""
    proxy = recipe(augment=dict(shift=2, color_jitter=0.3, resized_crop=[0.5, 1], cutout=2))
    data = load(proxy.dataset, 8)
    epoch = stretches(300, 30)

    def all_of(first):
        draws = seeded(0, "order"), seeded(0, "augmentation")
        return [(x.clone(), y) for x, y in batches(data, proxy, epoch, draws, first)]

    whole = all_of(0)
    assert len(whole) == 10
    monkeypatch.setattr(sys.modules["sweep.proxy.batches"], "READY", 1)
    for first in (0, 3, 9, 10):
        for (x, y), (images, labels) in zip(all_of(first), whole[first:], strict=True):
            torch.testing.assert_close(x, images)
            assert torch.equal(y, labels)


@pytest.mark.parametrize(
    "changes",
    [
        dict(schedule="cosine", warmup=0.5, ema=0.9),
        dict(precision="bfloat16"),
        dict(augment=dict(crop=1, cutout=2)),
        dict(augment=dict(resized_crop=[0.6, 1.0], color_jitter=0.2)),
    ],
    ids=str,
)
@pytest.mark.parametrize("given", [point(), point("weightnet", M=2, G=2)], ids=lambda p: p.family)
def test_every_recipe_learns_and_repeats(given, changes):
    outcome, again = (train(given, recipe(**changes), seed=0) for _ in range(2))
    assert outcome.error < 75
    assert (outcome.error, outcome.losses) == (again.error, again.losses)


def test_no_run_pays_for_a_compiler_that_it_does_not_use():
    """torch.compile's parts take two seconds to import, in every worker."""
    code = (
        "import sys; from sweep.proxy import train; from sweep.space import Point, Proxy;"
        "recipe = Proxy(dataset=dict(name='digits', train=50, validation=50), epochs=1, optimizer=dict(lr=0.1));"
        "train(Point(width=0.125, stem_channels=8, image_size=8, family='weightnet', M=2, G=1).resolved(8), recipe, 0);"
        "sys.exit(bool({'torch._dynamo', 'torch._inductor', 'sklearn'} & {*sys.modules}))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_last_batch_of_one_image_is_left_out():
    data = dict(name="digits", train=31, validation=50)
    assert train(point(), recipe(dataset=data, epochs=1), seed=0).status == "done"


def test_error_is_the_share_of_wrong_answers_in_per_cent():
    class Constant(nn.Module):
        def forward(self, x):
            return nn.functional.one_hot(torch.full((len(x),), 3), 10).float()

    labels = torch.tensor([3] * 700 + [1] * 300)
    images = torch.zeros(1000, 1, 2, 2)
    data = Split(images, labels, images, labels, torch.zeros(1, 1, 1), torch.ones(1, 1, 1), 1.0)
    judged = validate(Constant(), data, recipe())
    assert judged.error == pytest.approx(30.0)
    right = math.log(math.e + 9) - 1
    assert judged.loss == pytest.approx(0.7 * right + 0.3 * (right + 1), rel=1e-6)


@pytest.mark.parametrize("changes", [{}, dict(label_smoothing=0.2), dict(ema=0.9)], ids=str)
def test_loss_is_the_mean_cross_entropy_of_the_validation_images_without_smoothing(changes, tmp_path):
    """As a plain loop gives it, one image at a time, by the network that the run left."""
    proxy = recipe(dataset=dict(name="digits", train=300, validation=301), epochs=2, **changes)
    outcome = train(point("weightnet", M=2, G=1), proxy, seed=0, weights=Weights(str(tmp_path), "run"))
    network = drawn(point("weightnet", M=2, G=1), 1, 10, 0)
    assert StoredWeights([str(tmp_path)]).take("run", network)
    network.eval()
    data = load(proxy.dataset, 8)
    total, wrong = 0.0, 0
    with torch.no_grad():
        for pixels, label in zip(data.validation, data.validation_labels.tolist(), strict=True):
            answers = network(data.normalised(pixels)[None])[0].tolist()
            total += math.log(sum(math.exp(answer) for answer in answers)) - answers[label]
            wrong += answers.index(max(answers)) != label
    assert outcome.loss == pytest.approx(total / 301, rel=1e-5)
    assert outcome.error == pytest.approx(100 * wrong / 301)


def test_a_huge_but_finite_answer_has_a_finite_loss():
    class Huge(nn.Module):
        def forward(self, x):
            return torch.tensor([[3e38, -3e38]]).expand(len(x), 2)

    labels = torch.tensor([1, 1])
    images = torch.zeros(2, 1, 2, 2)
    data = Split(images, labels, images, labels, torch.zeros(1, 1, 1), torch.ones(1, 1, 1), 1.0)
    assert validate(Huge(), data, recipe()).loss == pytest.approx(6e38)
