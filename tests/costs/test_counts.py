"""Closed form against fvcore, to the unit and layer by layer; a third count; and all against published tables."""

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweep.costs import count, meta_flops, plan, trace
from sweep.costs.published import beside, rounded
from sweep.errors import NetworkError
from sweep.networks import Cost, build, layer_costs
from sweep.space import DATASETS, Point, Space, shipped
from sweep.space.values import ratio

ROOT = Path(__file__).parents[2]
BACKBONES = ("shufflenet_v2", "shufflenet_v2_original", "resnet18", "resnet34", "resnet50")
FAMILIES = ("static", "se", "sk", "condconv", "weightnet")


@pytest.fixture(scope="module")
def paper():
    return beside(plan(Space.load(shipped()["paper-imagenet"]), traced=0))


def about(one):
    return one.planned.label


#: Cells printed in the official README that the official code itself, or the description, does not count to.
PRINTED_OTHERWISE = {
    ("static width=0.5", "flops"): "40.48",
    ("weightnet M=2 G=2 width=2", "params"): "6.198",
    ("weightnet M=2 G=2 width=2", "flops"): "561.37",
    ("weightnet M=8 G=2 width=2", "params"): "18.269",
}


def test_the_papers_printed_rows(paper):
    """The eight static and (2, 2) rows, and the four at 4x and 8x: every printed cell but those named above."""
    printed = [one for one in paper if one.row.read_from == "readme"]
    assert len(printed) == 12
    cells = [(one, name) for one in printed for name in ("params", "flops")]
    for one, name in cells:
        ours, theirs = getattr(one.ours, name), getattr(one.row, name)
        differs = PRINTED_OTHERWISE.get((about(one), name))
        if differs is None:
            assert rounded(ours, theirs) == theirs, (about(one), name)
        else:
            assert rounded(ours, theirs) != theirs, (about(one), name)
            assert rounded(ours, differs) == differs


@pytest.mark.parametrize(
    ("width", "experts", "params"),
    [
        (0.5, 2, 1.50),
        (0.5, 4, 1.78),
        (1.0, 2, 2.92),
        (1.0, 4, 4.35),
        (1.5, 2, 5.25),
        (1.5, 4, 8.72),
        (2.0, 2, 8.93),
        (2.0, 4, 15.79),
    ],
)
def test_the_papers_condconv_sizes(paper, width, experts, params):
    """As plotted, which leaves the routing out."""
    (one,) = [p for p in paper if p.planned.point.value("experts") == experts and p.planned.point.width == width]
    assert one.params_match
    # computed from the paper's description by another hand; the last comes to 15.7952
    assert one.ours.params / 1e6 == pytest.approx(params, abs=0.0055)


def test_every_published_row_has_a_point_and_every_point_a_row(paper):
    rows = list(csv.DictReader((ROOT / "results/paper/imagenet.csv").read_text().splitlines()))
    assert [one.row.label for one in paper] == [row["label"] for row in rows]
    assert len({about(one) for one in paper}) == len(rows) == 31


@pytest.mark.parametrize("width", [0.5, 2.0])
def test_fvcore_counts_the_papers_networks_alike(width):
    for family in ({"family": "static"}, {"family": "weightnet", "M": 2, "G": 2}):
        point = Point(width=width, image_size=224, **family).resolved(224)
        assert trace(point, 3, 1000).total == count(point, 3, 1000)


@pytest.mark.parametrize(
    ("width", "parameters", "params", "flops"),
    [
        (0.5, {}, 1.367, 40.48),
        (0.5, dict(M=1, G=1), 1.432, 40.67),
        (0.5, dict(M=2, G=1), 1.618, 40.86),
        (0.5, dict(M=4, G=1), 1.991, 41.22),
        (0.5, dict(M=8, G=1), 2.736, 41.96),
        (1.0, dict(M=8, G=2), 5.144, 141.21),
        (1.5, dict(M=4, G=1), 9.624, 306.78),
        (2.0, dict(M=8, G=2), 18.269, 573.36),
    ],
)
def test_counts_of_the_official_code(width, parameters, params, flops):
    """Counted by hand from the official code: millions of parameters and of multiply-adds."""
    family = "weightnet" if parameters else "static"
    ours = count(Point(family=family, width=width, image_size=224, **parameters).resolved(224), 3, 1000)
    assert (round(ours.params / 1e6, 3), round(ours.flops / 1e6, 2)) == (params, flops)


def test_shipped_spaces_are_counted_alike_twice():
    for name in ("quick",):
        for planned in plan(Space.load(shipped()[name])).points:
            assert planned.traced == planned.cost, planned.label


@st.composite
def points(draw, backbone, family):
    """A small point of a backbone and a family, its parameters drawn at random, fractions included."""
    repeats = tuple(draw(st.lists(st.integers(1, 2), min_size=1, max_size=3)))
    size = draw(st.integers(1, 40))
    values = {"backbone": backbone, "family": family, "repeats": repeats, "image_size": size}
    values["width"] = draw(st.floats(0.03, 0.12 if backbone.startswith("resnet") else 1.1))
    values["stem"] = draw(st.sampled_from(["imagenet", "small"]))
    if backbone.startswith("shufflenet"):
        values["stem_channels"] = draw(st.sampled_from([4, 8, 12]))
        values["last_channels"] = draw(st.integers(1, 40))
    if family in {"se", "sk"}:
        values["reduction"] = draw(st.integers(1, 32))
    if family == "condconv":
        values["experts"] = draw(st.integers(1, 5))
    if family == "weightnet":
        g = draw(st.sampled_from(["1/4", "1/2", 1, 2, 3, 4]))
        values |= {"G": g, "M": ratio(g) * draw(st.integers(1, 5))}
    if family != "static":
        numbers = st.lists(st.integers(1, len(repeats)), min_size=1)
        values["stages"] = draw(st.one_of(st.sampled_from(["all", "first", "last"]), numbers))
    if family in {"condconv", "weightnet"}:
        values["depthwise"] = draw(st.sampled_from(["generated", "static"]))
    return Point(**values).resolved(size)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("backbone", BACKBONES)
@settings(max_examples=4, deadline=None)
@given(data=st.data(), channels=st.integers(1, 4), classes=st.integers(1, 12))
def test_two_counts_agree_layer_by_layer(backbone, family, data, channels, classes):
    point = data.draw(points(backbone, family))
    try:
        layers = layer_costs(point, channels, classes)
    except NetworkError:
        for refuses in (build, count):
            with pytest.raises(NetworkError):
                refuses(point, channels, classes)
        return
    traced = trace(point, channels, classes)
    assert sum(layers.values(), start=Cost()) == traced.total == count(point, channels, classes)
    network = build(point, channels, classes)
    for name, cost in layers.items():
        # a context or a gate that is not there is a layer of no cost
        if not cost.params:
            continue
        assert sum(p.numel() for p in network.get_submodule(name).parameters()) == cost.params, name
        assert traced.flops_by_module[name] == cost.flops, name


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=5, deadline=None)
@given(data=st.data(), backbone=st.sampled_from(BACKBONES), batch=st.integers(2, 5))
def test_a_third_count_agrees(family, data, backbone, batch):
    """torch.utils.flop_counter on the meta device, forward: two operations a multiply-add, per batch."""
    point = data.draw(points(backbone, family))
    try:
        ours = count(point, 3, 10)
    except NetworkError:
        return
    assert meta_flops(point, 3, 10, batch) == ours.flops


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("backbone", ["shufflenet_v2", "resnet18"])
def test_what_fvcore_skips_multiplies_no_weights(backbone, family):
    parameters = {"weightnet": {"M": 2, "G": 1}, "condconv": {"experts": 2}}.get(family, {})
    point = Point(backbone=backbone, family=family, width=0.5, image_size=70, **parameters).resolved(70)
    known = {"mean", "sigmoid", "mul", "max_pool2d", "add", "softmax"}
    assert set(trace(point, 1, 10).skipped) <= {f"aten::{name}" for name in known}


def test_every_data_set_can_be_counted_for():
    for name, facts in DATASETS.items():
        assert count(Point(width=0.25, stem_channels=4).resolved(facts.image_size), facts.channels, facts.classes), name
