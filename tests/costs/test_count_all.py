"""A grid counted as arrays against each of its points counted alone."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sweep.costs import count, count_all
from sweep.errors import NetworkError
from sweep.networks import table_of
from sweep.networks.network import stem_cost
from sweep.space import Listing, Part, Point
from sweep.space.product import Product

NETWORK = {"stem_channels": 8, "last_channels": 16, "repeats": [1, 2]}


def some(values, most=3):
    return st.lists(st.sampled_from(values), min_size=1, max_size=most, unique=True)


@st.composite
def blocks(draw):
    """A block of a grid over several families, backbones and parameters, each a list of values."""
    block = {
        "backbone": draw(some(["shufflenet_v2", "shufflenet_v2_original", "resnet18", "resnet50"], 2)),
        "width": draw(some([0.1, 0.125, 0.25, 0.3, 0.5, 1.7, 2.0, 3.5])),
        "image_size": draw(some([1, 7, 16, 33, 64, 65, 96, 224])),
    }
    family = draw(st.sampled_from(["static", "se", "sk", "condconv", "weightnet"]))
    block["family"] = [family]
    if family in {"se", "sk"}:
        block["reduction"] = draw(some([1, 4, 16]))
    if family == "condconv":
        block["experts"] = draw(some([1, 2, 8]))
    if family == "weightnet":
        block["G"] = draw(some(["1/24", "1/4", 1, 2, 3]))
        block["lambda"] = draw(some([1, 2, 5]))
    if family != "static":
        block["stages"] = draw(some(["all", "first", "last", 2, (1, 2)], 2))
    if family in {"condconv", "weightnet"}:
        block["depthwise"] = draw(some(["generated", "static"], 2))
    names = draw(st.permutations(list(block)))
    return {name: block[name] for name in names}


@settings(max_examples=60, deadline=None)
@given(st.lists(blocks(), min_size=1, max_size=2), st.integers(1, 4), st.integers(1, 20), st.data())
def test_arrays_come_to_what_each_point_does(found, channels, classes, data):
    listing = Listing([Product(("grid", i), NETWORK, block, 16) for i, block in enumerate(found)])
    counts = count_all(listing, channels, classes)
    assert len(counts.params) == len(listing)
    numbers = data.draw(st.lists(st.integers(0, len(listing) - 1), min_size=1, max_size=12))
    for number in numbers:
        point = listing.point(number)
        try:
            alone = count(point, channels, classes)
        except NetworkError:
            assert not counts.exists[number]
            continue
        assert counts.exists[number]
        assert counts[number] == alone
        assert counts.first[number] == stem_cost(table_of(point, channels, classes)).flops


@settings(max_examples=40, deadline=None)
@given(st.lists(blocks(), min_size=1, max_size=2))
def test_columns_hold_what_each_point_says(found):
    listing = Listing([Product(("grid", i), NETWORK, block, 16) for i, block in enumerate(found)])
    for name in listing.names:
        column = listing.column(name)
        assert [column[i] for i in range(len(listing))] == [listing.point(i).value(name) for i in range(len(listing))]


def test_a_wide_network_overflows_nothing():
    block = {"backbone": ["resnet50"], "width": [16, 15], "image_size": [1024, 1023], "repeats": [[1000] * 6]}
    block |= {"family": ["condconv"], "experts": [4096, 4095], "stem": ["small"]}
    listing = Listing([Product(("grid", 0), {}, block, 8)])
    counts = count_all(listing, 3, 1000)
    for number in range(len(listing)):
        # Python's own whole numbers have no end
        alone = count(listing.point(number), 3, 1000)
        assert counts[number] == alone
        assert alone.params > 1e15


def test_parts_share_the_arithmetic():
    """What varies by arithmetic alone is one part, however many points it has."""
    block = {"family": ["weightnet"], "M": [1, 2, 3], "G": [1], "width": [0.5, 1, 2], "stages": ["all", "last"]}
    product = Product(("grid", 0), {}, block, 64)
    parts = list(product.parts())
    assert len(parts) == 2
    assert all(isinstance(part, Part) for part in parts)
    assert np.prod([part.values("M").size for part in parts]) == 9
    assert {part.values("stages").item() for part in parts} == {"all", "last"}


def test_a_point_has_one_number():
    point = Point(family="weightnet", M="1/2", G="1/4", width=0.5).resolved(224)
    listing = Listing([Product(("grid", 0), {}, {"family": ["weightnet"], "M": ["2/4", 1], "G": [0.25]}, 224)])
    assert listing.point(0).M == point.M
    assert listing.point(1).M == 1
