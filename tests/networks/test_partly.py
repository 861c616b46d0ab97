"""Where a family applies: by stage, and to depthwise convolutions or not, against tables written out here."""

import json

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from sweep.costs import count, trace
from sweep.errors import NetworkError
from sweep.networks import build, initialise, layer_costs, table_of
from sweep.networks.condconv import MixedConv
from sweep.networks.cost import linear_cost
from sweep.networks.family import StaticConv
from sweep.networks.se import Gate
from sweep.networks.sk import SelectiveConv
from sweep.networks.weightnet import Activations, GeneratedConv
from sweep.space import Point

#: Three stages: 1, 2 and 1 blocks.
BACKBONES = {
    "shufflenet_v2": dict(backbone="shufflenet_v2", width=0.25, stem_channels=8, last_channels=20),
    "resnet18": dict(backbone="resnet18", width=0.125),
}
STAGES = [1, 2, 2, 3]
FAMILIES = {
    "weightnet": dict(family="weightnet", M=2, G=1),
    "condconv": dict(family="condconv", experts=3),
    "se": dict(family="se"),
    "sk": dict(family="sk"),
}
GENERATED = {"weightnet": GeneratedConv, "condconv": MixedConv}
APPLIES = {
    "all": (1, 2, 3),
    "first": (1,),
    "last": (3,),
    2: (2,),
    (1, 3): (1, 3),
    (2, 3): (2, 3),
    (3, 1, 3): (1, 3),
}

#: A block's convolutions, by kernel: d3 is a depthwise 3 x 3.
WIDENING = {"branch": ["1", "d3", "1"], "projection": ["d3", "1"]}
KEEPING = {"branch": ["1", "d3", "1"], "projection": []}
BLOCKS = {
    "shufflenet_v2": [WIDENING, WIDENING, KEEPING, WIDENING],
    "resnet18": [
        {"branch": ["3", "3"], "projection": []},
        {"branch": ["3", "3"], "projection": ["1"]},
        {"branch": ["3", "3"], "projection": []},
        {"branch": ["3", "3"], "projection": ["1"]},
    ],
}


def point(backbone, family, **parameters):
    parameters = {"image_size": 9, "repeats": (1, 2, 1), **BACKBONES[backbone], **family, **parameters}
    if family["family"] in ("se", "sk") and parameters.get("depthwise") == "generated":
        del parameters["depthwise"]  # that is what it is in any case
    return Point(**parameters).resolved(8)


def module_of(family, kernel, depthwise):
    """The type of a convolution where the family applies."""
    if family == "sk":
        return StaticConv if kernel == "1" else SelectiveConv
    if family == "se" or (kernel == "d3" and depthwise == "static"):
        return StaticConv
    return GENERATED[family]


@pytest.mark.parametrize("stages", APPLIES, ids=str)
@pytest.mark.parametrize(
    ("family", "depthwise"),
    [
        ("weightnet", "generated"),
        ("weightnet", "static"),
        ("condconv", "generated"),
        ("condconv", "static"),
        ("se", "generated"),
        ("sk", "generated"),
    ],
)
@pytest.mark.parametrize("backbone", BLOCKS)
def test_modules_are_of_the_family_where_it_applies(backbone, family, depthwise, stages):
    given = stages if isinstance(stages, str | int) else list(stages)
    network = build(point(backbone, FAMILIES[family], stages=given, depthwise=depthwise), 2, 10)
    assert len(network.blocks) == len(STAGES)
    for stage, block, kernels in zip(STAGES, network.blocks, BLOCKS[backbone], strict=True):
        inside = stage in APPLIES[stages]
        for chain in ("branch", "projection"):
            expected = [module_of(family, kernel, depthwise) if inside else StaticConv for kernel in kernels[chain]]
            assert [type(step.conv) for step in getattr(block, chain)] == expected, (stage, chain)
        # what is told to nobody is not computed
        assert type(block.context) is (Activations if inside and family == "weightnet" else type(None))
        if block.context is not None:
            generated = {
                f"{chain}.{index}"
                for chain in ("branch", "projection")
                for index, kernel in enumerate(kernels[chain])
                if module_of(family, kernel, depthwise) is GeneratedConv
            }
            assert set(block.context.sizes) == generated
        assert type(block.gate) is (Gate if inside and family == "se" else type(None))
    assert type(network.stem.conv) is StaticConv


def depthwise_channels(backbone, block):
    """Channels of each depthwise convolution of a block."""
    convs = list(table_of(point(backbone, dict(family="static")), 2, 10).each_block())[block].convs()
    return [conv.oup for _, conv in convs if conv.depthwise]


@pytest.mark.parametrize("depthwise", ["generated", "static"])
@pytest.mark.parametrize("stages", ["first", "last", [2], [1, 3]], ids=str)
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("backbone", ["shufflenet_v2", "resnet18"])
def test_costs_are_the_whole_familys_inside_and_the_static_networks_outside(backbone, family, stages, depthwise):
    if depthwise == "static" and family in ("se", "sk"):
        with pytest.raises(ValidationError, match="depthwise"):
            point(backbone, FAMILIES[family], depthwise="static")
        return
    whole = layer_costs(point(backbone, FAMILIES[family]), 2, 10)
    static = layer_costs(point(backbone, dict(family="static")), 2, 10)
    partly = layer_costs(point(backbone, FAMILIES[family], stages=stages, depthwise=depthwise), 2, 10)
    assert partly.keys() == whole.keys() == static.keys()
    inside = {"first": (1,), "last": (3,)}[stages] if isinstance(stages, str) else stages
    for name, cost in partly.items():
        if not name.startswith("blocks."):
            # the official WeightNet has a bias in stem and last convolution, wherever kernels are generated
            assert cost == whole[name]
            continue
        _, block, *step = name.split(".")
        stays = STAGES[int(block)] not in inside
        if step[-1] == "conv" and depthwise == "static":
            stays |= BLOCKS[backbone][int(block)][step[0]][int(step[1])] == "d3"
        if step == ["context"] and family == "weightnet" and not stays and depthwise == "static":
            # fc1 of a depthwise convolution, lambda = 2 activations a channel, is not there
            cost = sum((linear_cost(16, 2 * channels) for channels in depthwise_channels(backbone, int(block))), cost)
        assert cost == (static if stays else whole)[name], name
    changed = [name for name in partly if whole[name] != static[name] and name.startswith("blocks.")]
    assert any(partly[name] == static[name] for name in changed)
    assert any(partly[name] == whole[name] for name in changed)


@pytest.mark.parametrize("depthwise", ["generated", "static"])
@pytest.mark.parametrize("family", ["weightnet", "condconv"])
@pytest.mark.parametrize("backbone", ["shufflenet_v2", "resnet18"])
@pytest.mark.parametrize("stages", ["all", [1, 3]], ids=str)
def test_two_counts_agree(backbone, family, depthwise, stages):
    given = point(backbone, FAMILIES[family], stages=stages, depthwise=depthwise)
    traced = trace(given, 2, 10)
    assert count(given, 2, 10) == traced.total
    for name, cost in layer_costs(given, 2, 10).items():
        if cost.params:
            assert traced.flops_by_module[name] == cost.flops, name


SPELLINGS = [
    ("all", ["all", [1, 2, 3], (1, 2, 3), [3, 1, 2], [1, 1, 2, 3]]),
    ("first", ["first", 1, [1], (1, 1)]),
    ("last", ["last", 3, [3], (3,)]),
    ((2,), [2, [2], (2, 2)]),
    ((1, 3), [[1, 3], [3, 1], (3, 1, 3)]),
]


@pytest.mark.parametrize(("resolved", "spellings"), SPELLINGS, ids=lambda value: str(value))
def test_one_spelling_for_the_same_stages(resolved, spellings):
    points = [point("resnet18", FAMILIES["weightnet"], stages=spelling) for spelling in spellings]
    assert {given.value("stages") for given in points} == {resolved}
    assert len({json.dumps(given.canonical(), sort_keys=True) for given in points}) == 1
    assert all(given == points[0] for given in points)


@given(st.integers(1, 6), st.sets(st.integers(1, 6), min_size=1), st.booleans())
@settings(max_examples=60, deadline=None)
def test_resolving_says_the_same_stages_and_is_done_once(count, stages, in_words):
    value = ("all", "first", "last")[len(stages) % 3] if in_words else sorted(stages)
    given = Point(family="se", stages=value, repeats=(1,) * count).resolved(8)
    wanted = {"all": range(1, count + 1), "first": [1], "last": [count]}[value] if in_words else stages
    assert [stage for stage in range(1, 7) if given.applies(stage)] == sorted(wanted)
    assert given.resolved(8) == given
    # a word wherever there is one for it
    words = {tuple(range(1, count + 1)): "all", (1,): "first", (count,): "last"}
    words |= {(1,): "all"} if count == 1 else {}
    assert given.value("stages") == words.get(tuple(sorted(wanted)), tuple(sorted(wanted)))


def test_what_nobody_says_is_left_out_of_the_canonical_form():
    plain = point("shufflenet_v2", FAMILIES["weightnet"]).canonical()
    said = point("shufflenet_v2", FAMILIES["weightnet"], stages=[1, 2, 3], depthwise="generated").canonical()
    assert plain == said
    assert not {"stages", "depthwise"} & plain.keys()


@pytest.mark.parametrize(
    "parameters", [dict(stages="last"), dict(depthwise="static"), dict(stages="first", depthwise="static")], ids=str
)
@pytest.mark.parametrize("family", ["weightnet", "condconv"])
def test_layers_that_are_static_start_as_the_static_networks(family, parameters):
    """A static layer of a partly generated network has the same draw as in the static one, and answers alike."""
    partly = build(point("shufflenet_v2", FAMILIES[family], **parameters), 2, 10)
    static = build(point("shufflenet_v2", dict(family="static")), 2, 10)
    for network in (partly, static):
        initialise(network, 3)
    kept = {name: m for name, m in partly.named_modules() if name.startswith("blocks.") and type(m) is StaticConv}
    assert kept
    for name, module in kept.items():
        assert torch.equal(module.weight, static.get_submodule(name).weight), name


def test_only_the_convolutions_that_are_generated_demand_anything():
    """M = G = 1/24 is whole of the last stage's 48 output channels, and not of the first one's 12."""
    fine = dict(family="weightnet", M="1/24", G="1/24")
    last = point("shufflenet_v2", fine, stages="last")
    network = build(last, 2, 10)
    assert trace(last, 2, 10).total == count(last, 2, 10)
    assert [step.conv.fc2.groups for step in network.blocks[3].branch] == [2, 48, 2]
    for stages in ("all", "first", [1, 3]):
        with pytest.raises(NetworkError, match="M x 12 output channels = 1/2 is not whole"):
            build(point("shufflenet_v2", fine, stages=stages), 2, 10)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_partly_generated_network_judges_a_sample_alone_and_trains(family):
    torch.manual_seed(0)
    network = build(point("shufflenet_v2", FAMILIES[family], stages=[1, 3]), 2, 10)
    initialise(network, 0)
    x = torch.randn(6, 2, 9, 9)
    network(x).square().sum().backward()
    # batch norm takes back the bias of the convolution before it
    biases = {"stem.conv.bias", "last.conv.bias"}
    for name, parameter in network.named_parameters():
        assert parameter.grad.isfinite().all(), name
        assert name in biases or parameter.grad.any(), name
    network.double().eval()
    with torch.no_grad():
        alone = torch.cat([network(sample[None].double()) for sample in x])
        torch.testing.assert_close(network(x.double()), alone)
