"""How many lanes: by sizes alone, as the prototype's were."""

from pathlib import Path

import pytest

from sweep.proxy.lane_count import lanes_of
from sweep.proxy.platform import CPU, Platform
from sweep.space import Point, Proxy, Space

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
CARD = Platform("cuda", "sm_90")
PLANE = [dict(family="static"), dict(family="weightnet", M=2, G=2), dict(family="weightnet", M=8, G=1)]


@pytest.mark.parametrize("family", PLANE, ids=str)
def test_small_images_have_64_lanes_and_large_ones_16(family):
    fashion, november = (Space.load(BENCHMARKS / f"{name}_november.yaml") for name in ("fashion", "quick"))
    small = Point(**fashion.network, **family).resolved(14)
    assert lanes_of(small, fashion.proxy, CARD) == 64
    colour = Proxy(dataset=dict(name="cifar10"), epochs=1, batch_size=256, optimizer=dict(lr=0.1))
    large = Point(**{**november.network, "image_size": 32}, **family).resolved(32)
    assert lanes_of(large, colour, CARD) == 16
    assert lanes_of(large, colour, CPU) == 1
    asked = colour.model_copy(update={"lanes": 7})
    assert lanes_of(large, asked, CARD) == lanes_of(large, asked, CPU) == 7


def test_a_network_that_fills_a_card_is_trained_alone():
    large = Proxy(dataset=dict(name="cifar10"), epochs=1, batch_size=1024, optimizer=dict(lr=0.1))
    assert lanes_of(Point(backbone="resnet50", image_size=224).resolved(224), large, CARD) == 1
