"""ShuffleNetV2 in the widths of its own paper against the sizes and multiply-adds published with it."""

import pytest
import torch

from sweep.costs import count
from sweep.networks import build
from sweep.networks.shufflenet_v2 import table
from sweep.space import Point


def original(width, **parameters):
    return Point(backbone="shufflenet_v2_original", width=width, image_size=224, **parameters).resolved(224)


@pytest.mark.parametrize(
    ("width", "params", "flops"), [(0.5, 1.4, 41), (1.0, 2.3, 146), (1.5, 3.5, 299), (2.0, 7.4, 591)]
)
def test_published_sizes(width, params, flops):
    """Table 8 of arXiv 1807.11164 and its official code: M parameters, M multiply-adds at 224 x 224.

    The narrowest is printed as 41M and counts to 40.48M.
    """
    ours = count(original(width), 3, 1000)
    assert round(ours.params / 1e6, 1) == params
    assert round(ours.flops / 1e6, 2) == 40.48 if width == 0.5 else round(ours.flops / 1e6) == flops
    with torch.device("meta"):
        network = build(original(width), 3, 1000)
    assert sum(p.numel() for p in network.parameters()) == ours.params


@pytest.mark.parametrize(("width", "params"), [(0.5, 1.4), (1.0, 2.3), (1.5, 3.5), (2.0, 7.4)])
def test_the_classifiers_bias_which_the_published_code_has_not_changes_no_published_digit(width, params):
    ours = count(original(width), 3, 1000).params
    with torch.device("meta"):
        bias = build(original(width), 3, 1000).classifier.bias
    assert bias.numel() == 1000
    assert round(ours / 1e6, 1) == round((ours - 1000) / 1e6, 1) == params


# torchvision's shufflenet_v2_x0_5 ... x2_0: a block's convolutions are cut otherwise, their weights are as many
@pytest.mark.parametrize(("width", "params"), [(0.5, 1_366_792), (1.0, 2_278_604), (1.5, 3_503_624), (2.0, 7_393_996)])
def test_torchvisions_sizes(width, params):
    assert abs(count(original(width), 3, 1000).params / params - 1) < 0.005


@pytest.mark.parametrize(
    ("width", "channels", "last"),
    [
        (0.5, (48, 96, 192), 1024),
        (1.0, (116, 232, 464), 1024),
        (1.5, (176, 352, 704), 1024),
        (2.0, (244, 488, 976), 2048),
    ],
)
def test_published_channels(width, channels, last):
    rows = table(original(width), 3, 1000)
    assert rows.stem.oup == 24
    assert tuple(2 * block.branch[-1].oup for block in rows.blocks if block.stride == 1) == channels
    assert [block.times for block in rows.blocks] == [1, 3, 1, 7, 1, 3]
    assert (rows.last.inp, rows.last.oup) == (channels[-1], last)
    assert [block.branch[-1].size_out for block in rows.blocks] == [28, 28, 14, 14, 7, 7]


def test_a_last_layer_that_is_asked_for_is_kept_at_every_width():
    assert table(original(2.0, last_channels=1024), 3, 1000).last.oup == 1024


def test_the_narrowed_and_the_original_network_are_one_at_half_and_one_and_a_half():
    """WeightNet's authors narrowed 1.0 and widened 2.0 alone."""
    for width, same in ((0.5, True), (1.0, False), (1.5, True), (2.0, False)):
        narrowed = Point(width=width, image_size=224).resolved(224)
        assert (count(narrowed, 3, 1000) == count(original(width), 3, 1000)) is same
