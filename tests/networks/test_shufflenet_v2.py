"""The ShuffleNetV2 module: shapes, shuffle, widths."""

import pytest
import torch

from sweep.errors import NetworkError
from sweep.networks import build, initialise
from sweep.networks.network import Unit
from sweep.networks.shufflenet_v2 import stage_channels, table
from sweep.networks.static import Static
from sweep.space import Point

SMALL = dict(width=0.125, image_size=16, stem_channels=8, last_channels=32, repeats=(1, 2, 1))


@pytest.mark.parametrize(
    ("width", "published"),
    [(0.5, [48, 96, 192]), (1.0, [112, 224, 448]), (1.5, [176, 352, 704]), (2.0, [248, 496, 992])],
)
def test_published_widths(width, published):
    assert stage_channels(width, 3) == published


def test_other_widths_grow_with_width_and_split_into_halves():
    widths = [stage_channels(step / 32, 3) for step in range(1, 200)]
    assert widths == sorted(widths)
    assert all(channels % 4 == 0 for row in widths for channels in row)


@pytest.mark.parametrize(
    "family", [dict(family="static"), dict(family="se"), dict(family="weightnet", M=2, G=2)], ids=lambda f: f["family"]
)
@pytest.mark.parametrize(("size", "stem"), [(16, "small"), (9, "small"), (37, "imagenet"), (64, "imagenet")])
def test_sizes_in_the_table_are_those_of_the_tensors(family, size, stem):
    point = Point(**{**SMALL, **family, "image_size": size, "stem": stem}).resolved(8)
    network = build(point, 3, 7).eval()
    initialise(network, 0)
    seen = {}
    for name, module in network.named_modules():
        if name.endswith(".conv"):
            module.register_forward_hook(lambda module, inputs, output, name=name: seen.update({name: output.shape}))
    assert network(torch.randn(5, 3, size, size)).shape == (5, 7)
    for index, block in enumerate(table(point, 3, 7).each_block()):
        for step, conv in block.convs():
            assert seen[f"blocks.{index}.{step}.conv"] == (5, conv.oup, conv.size_out, conv.size_out)


def test_a_sample_is_judged_alone():
    """In evaluation no sample's logits depend on the rest of the batch."""
    network = build(Point(**SMALL, family="weightnet", M=4, G=2).resolved(8), 1, 10)
    initialise(network, 0)
    network.eval()
    x = torch.randn(6, 1, 16, 16)
    alone = torch.cat([network(sample[None]) for sample in x])
    torch.testing.assert_close(network(x), alone)


def test_even_channels_pass_by_and_odd_ones_are_processed():
    block = list(table(Point(**SMALL).resolved(8), 1, 10).each_block())[2]
    assert block.stride == 1
    module = Unit(block, Static()).eval()
    x = torch.randn(3, 2 * block.inp, 4, 4)
    torch.testing.assert_close(module(x)[:, : block.inp], x[:, ::2])


def test_a_stem_as_wide_as_the_first_stage_is_an_error():
    with pytest.raises(NetworkError, match="a stage of 12 channels cannot follow 24"):
        build(Point(width=0.125, stem_channels=24).resolved(16), 1, 10)


@pytest.mark.parametrize("backbone", ["shufflenet_v2", "shufflenet_v2_original"])
def test_the_usual_stem_is_narrower_than_the_first_stage_at_every_width(backbone):
    """24 channels as published wherever they fit, as before this was a rule; half of the first stage elsewhere."""
    for step in range(1, 129):
        point = Point(backbone=backbone, width=step / 64).resolved(16)
        network = table(point, 1, 10)
        first = network.blocks[0].branch[-1].oup + network.blocks[0].inp
        assert point.stem_channels == (24 if first > 24 else first / 2)
        assert all(demand.holds for demand in network.demands)
