"""What training costs, against torch's own counter and against a run that counts its images."""

from math import prod

import pytest
import torch
from torch.nn.modules.module import register_module_forward_pre_hook
from torch.utils.flop_counter import FlopCounterMode

from sweep.costs import count
from sweep.costs.training import Passes, passes
from sweep.networks import build
from sweep.networks.network import Network
from sweep.proxy import train
from sweep.space import Point, Proxy

SIZE = 12
NETS = {
    "shufflenet_v2": dict(backbone="shufflenet_v2", width=0.25, stem_channels=8, last_channels=24),
    "resnet18": dict(backbone="resnet18", width=0.125),
    "resnet50": dict(backbone="resnet50", width=0.125),
}
FAMILIES = {
    "static": dict(family="static"),
    "se": dict(family="se"),
    "sk": dict(family="sk"),
    "condconv": dict(family="condconv", experts=3),
    "weightnet": dict(family="weightnet", M=4, G=2),
    "partly": dict(family="weightnet", M=4, G=2, stages="last", depthwise="static"),
}
EVERY = [(net, family) for net in NETS for family in FAMILIES]


def point(net, family, **parameters):
    parameters = {"image_size": SIZE, "repeats": (1, 2), **NETS[net], **FAMILIES[family], **parameters}
    return Point(**parameters).resolved(SIZE)


def convolution_backward(grad, x, w, bias, stride, padding, dilation, transposed, _, groups, mask, out_shape, **kwargs):
    """Operations of a convolution's backward pass: as many for its input, and for its weights, as forward."""
    assert not transposed
    return 2 * (mask[0] + mask[1]) * grad[0] * prod(grad[2:]) * prod(w)


def counted(given, batch, formulas=None):
    """Operations of a forward and a backward pass of a batch, as torch's counter sees them, on the meta device."""
    with torch.device("meta"):
        # in evaluation batch norm works on a single sample
        network = build(given, 3, 10).eval()
        x = torch.zeros(batch, 3, SIZE, SIZE)
    with FlopCounterMode(display=False, custom_mapping=formulas) as counter:
        network(x).sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
    return counter.get_total_flops()


def learning(given):
    """Multiply-adds of a pass to learn from one image; the stem's, 3 x 3 at stride 1, by hand."""
    network = build(given, 3, 10)
    first = network.stem.conv.out_channels * 3 * 9 * SIZE**2
    return Passes(1, 0).flops(count(given, 3, 10).flops, first)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("net", ["resnet18", "resnet50"])
def test_learning_from_one_image_is_what_torchs_counter_counts(net, family):
    """Where no convolution is grouped and the batch is one, the counter is right: two operations a multiply-add."""
    given = point(net, family)
    assert counted(given, 1) == 2 * learning(given)


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize(("net", "family"), EVERY)
def test_learning_is_what_torchs_counter_counts_with_grouped_convolutions_put_right(net, family, batch):
    """Every operation that torch runs, on any batch, with our own formula for the backward pass of a convolution."""
    given = point(net, family)
    formulas = {torch.ops.aten.convolution_backward: convolution_backward}
    assert counted(given, batch, formulas) == 2 * batch * learning(given)


@pytest.mark.parametrize("batch", [1, 4])
def test_torchs_counter_takes_the_gradient_of_a_grouped_convolutions_weights_for_a_dense_ones(batch):
    """Why it cannot be asked: it sees the groups of a depthwise convolution, and a batch folded into groups, G-fold."""
    x = torch.zeros(batch, 6, 5, 5, device="meta", requires_grad=True)
    conv = torch.nn.Conv2d(6, 6, 3, padding=1, groups=6, bias=False, device="meta")
    forward = 2 * batch * 6 * 9 * 25
    with FlopCounterMode(display=False) as counter:
        conv(x).sum().backward()
    assert counter.get_total_flops() == forward * (1 + 1 + 6)


@pytest.mark.parametrize("family", ["condconv", "weightnet"])
def test_torchs_counter_exceeds_us_by_the_batch_for_folded_convolutions(family):
    """It counts 1 + B times the forward pass backward, not 2, for a generated convolution of a batch of B."""
    given, batch = point("resnet18", family), 5
    # 3 x 3, and the 1 x 1 of stride 2: with a width of 8 and then 16 channels, over 12 x 12 and then 6 x 6
    folded = 2 * 8 * 8 * 9 * 144 + (8 * 16 + 3 * 16 * 16) * 9 * 36 + 8 * 16 * 36
    assert counted(given, 1) == 2 * learning(given)
    assert counted(given, batch) == 2 * batch * (learning(given) + (batch - 1) * folded)
    assert counted(point("resnet18", "static"), batch) == 2 * batch * learning(point("resnet18", "static"))


def test_a_run_in_numbers():
    assert Passes(10, 7).flops(100, 30) == 10 * (300 - 30) + 7 * 100
    assert Passes(10, 7) + Passes(1, 2) == Passes(11, 9)


def recipe(images, batch_size, epochs, validation):
    return Proxy(
        dataset=dict(name="digits", train=images, validation=validation),
        epochs=epochs,
        batch_size=batch_size,
        optimizer=dict(name="adamw", lr=0.01),
    )


@pytest.fixture
def seen():
    """Images that networks are given: to learn from, and to be judged on."""
    images = {"learn": 0, "judge": 0}

    def see(module, given):
        if isinstance(module, Network):
            images["learn" if module.training else "judge"] += len(given[0])

    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    hook = register_module_forward_pre_hook(see)
    yield images
    hook.remove()
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(deterministic)


@pytest.mark.parametrize(
    ("images", "batch_size", "epochs", "validation"),
    [
        (40, 20, 2, 30),
        (41, 20, 3, 30),  # a last batch of one is left out
        (42, 20, 2, 7),  # one of two is not
        (21, 2, 1, 5),
        (5, 64, 2, 1),  # less than a batch
        (64, 64, 1, 300),  # validation in more than one batch, whatever the recipe's is
    ],
)
def test_passes_are_those_of_a_run(seen, images, batch_size, epochs, validation):
    proxy = recipe(images, batch_size, epochs, validation)
    given = Point(width=0.125, image_size=4, stem_channels=4, last_channels=8, repeats=(1,)).resolved(4)
    assert train(given, proxy, seed=0).status == "done"
    assert passes(proxy) == Passes(seen["learn"], seen["judge"])
