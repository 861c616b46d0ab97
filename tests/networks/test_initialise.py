"""The initial draw against the standard deviations that the official code means."""

import math
from fractions import Fraction

import pytest
import torch
from torch import nn

from sweep.networks import build, initialise
from sweep.networks.dynamic_conv import generate
from sweep.networks.table import Block, Conv
from sweep.networks.weightnet import GeneratedConv, WeightNet
from sweep.space import Point


class One(nn.Module):
    """A module with a child, so that it has a name to be drawn by."""

    def __init__(self, child):
        super().__init__()
        self.child = child


def generated_std(conv, M, G):
    layer = WeightNet(Fraction(M), Fraction(G)).conv(conv, Block("shuffle", 1, 64, 1, (conv,)))
    initialise(One(layer), 0)
    # what fc1 is given is about zero at the start: every activation is a sigmoid near 0.5
    activations = torch.full((1, layer.fc2.inp), 0.5)
    return float(generate(activations, layer.fc2.weight, layer.shape).detach().std())


@pytest.mark.parametrize(("M", "G"), [(1, 1), (2, 2), (2, 1), (8, 1), (8, 2), (4, 4)])
def test_generated_kernels_start_at_half_of_G_over_fan_in_times_root_lambda(M, G):
    """Each weight is a sum of lambda draws of std G / (inp k k), each times 0.5."""
    for k in (1, 3):
        conv = Conv(64, 96, k, 1, 8, relu=False)
        expected = 0.5 * math.sqrt(M / G) * G / (64 * k * k)
        assert generated_std(conv, M, G) == pytest.approx(expected, rel=0.05)


def test_at_M_G_2_the_generated_1x1_kernel_starts_as_the_static_one_does():
    conv = Conv(64, 96, 1, 1, 8, relu=False)
    static = One(nn.Conv2d(64, 96, 1))
    initialise(static, 0)
    assert float(static.child.weight.detach().std()) == pytest.approx(1 / 64, rel=0.05)
    assert generated_std(conv, 2, 2) == pytest.approx(1 / 64, rel=0.05)


def test_generated_depthwise_kernels_start_at_half_of_a_ninth():
    conv = Conv(512, 512, 3, 1, 8, relu=False, depthwise=True)
    assert generated_std(conv, 2, 2) == pytest.approx(0.5 / 9, rel=0.05)
    assert generated_std(conv, 8, 2) == pytest.approx(0.5 * 2 / 9, rel=0.05)


def point(family, **parameters):
    return Point(family=family, width=0.25, image_size=16, stem_channels=8, **parameters).resolved(16)


def test_a_seed_is_one_draw_and_points_share_what_they_have_in_common():
    networks = [build(p, 1, 10) for p in (point("static"), point("se"), point("weightnet", M=4, G=2))]
    for network in networks:
        torch.randn(7)  # the global generator has no say
        initialise(network, 3)
    stems = [network.stem.conv.weight for network in networks]
    lasts = [network.last.conv.weight for network in networks]
    assert all(torch.equal(stems[0], stem) for stem in stems)
    assert all(torch.equal(lasts[0], last) for last in lasts)
    assert torch.equal(networks[0].blocks[1].branch[0].conv.weight, networks[1].blocks[1].branch[0].conv.weight)
    again = build(point("static"), 1, 10)
    initialise(again, 4)
    assert not torch.equal(again.stem.conv.weight, stems[0])


def test_every_layer_is_drawn_anew():
    """No layer keeps PyTorch's own draw or uninitialised memory: two builds with one seed are equal throughout."""
    one, other = build(point("weightnet", M=2, G=1), 1, 10), build(point("weightnet", M=2, G=1), 1, 10)
    initialise(one, 0)
    initialise(other, 0)
    for (name, mine), (_, theirs) in zip(one.named_parameters(), other.named_parameters(), strict=True):
        assert torch.equal(mine, theirs), name
    assert sum(isinstance(m, GeneratedConv) for m in one.modules()) == 3 * 16 + 2 * 3
