"""The ResNets: the published sizes, and blocks against a plain formula."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from sweep.costs import count, trace
from sweep.networks import build, initialise, layer_costs
from sweep.networks.network import Unit
from sweep.networks.resnet import table
from sweep.networks.static import Static
from sweep.space import Point

SMALL = dict(width=0.125, image_size=16, repeats=(1, 2, 1))
FAMILIES = [
    dict(family="static"),
    dict(family="se"),
    dict(family="sk"),
    dict(family="condconv", experts=3),
    dict(family="weightnet", M=2, G=1),
]
BACKBONES = ["resnet18", "resnet34", "resnet50"]
BY_FAMILY = pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f["family"])


# torchvision's resnet18, resnet34 and resnet50: parameters, and multiply-adds in G at 224 x 224
@pytest.mark.parametrize(
    ("backbone", "params", "flops"),
    [("resnet18", 11_689_512, 1.81), ("resnet34", 21_797_672, 3.66), ("resnet50", 25_557_032, 4.09)],
)
def test_published_sizes(backbone, params, flops):
    point = Point(backbone=backbone, image_size=224).resolved(32)
    ours = count(point, 3, 1000)
    assert ours.params == params
    assert round(ours.flops / 1e9, 2) == flops
    with torch.device("meta"):
        network = build(point, 3, 1000)
    assert sum(p.numel() for p in network.parameters()) == params


def test_published_layers_of_resnet50():
    """The table of the paper: output sizes, channels, and how often each block occurs."""
    blocks = list(table(Point(backbone="resnet50", image_size=224).resolved(224), 3, 1000).each_block())
    rows = [(conv.inp, conv.oup, conv.k, conv.stride, conv.size_out) for conv in blocks[0].branch]
    assert rows == [(64, 64, 1, 1, 56), (64, 64, 3, 1, 56), (64, 256, 1, 1, 56)]
    rows = [(conv.inp, conv.oup, conv.k, conv.stride, conv.size_out) for conv in blocks[3].branch]
    assert rows == [(256, 128, 1, 1, 56), (128, 128, 3, 2, 28), (128, 512, 1, 1, 28)]
    assert [block.stage for block in blocks] == [1] * 3 + [2] * 4 + [3] * 6 + [4] * 3
    assert [block.branch[-1].oup for block in blocks] == [256] * 3 + [512] * 4 + [1024] * 6 + [2048] * 3
    assert [block.branch[-1].size_out for block in blocks] == [56] * 3 + [28] * 4 + [14] * 6 + [7] * 3
    assert [bool(block.projection) for block in blocks] == [number in (0, 3, 7, 13) for number in range(len(blocks))]


@pytest.mark.parametrize("backbone", BACKBONES)
@pytest.mark.parametrize(("size", "stem"), [(1, "small"), (9, "small"), (16, "small"), (37, "imagenet"), (5, None)])
def test_sizes_in_the_table_are_those_of_the_tensors(backbone, size, stem):
    point = Point(**{**SMALL, "backbone": backbone, "image_size": size, "stem": stem}).resolved(8)
    network = build(point, 3, 7).eval()
    initialise(network, 0)
    seen = {}
    for name, module in network.named_modules():
        module.register_forward_hook(lambda module, inputs, output, name=name: seen.update({name: output.shape}))
    assert network(torch.randn(5, 3, size, size)).shape == (5, 7)
    rows = table(point, 3, 7)
    assert seen["stem.conv"] == (5, rows.stem.oup, rows.stem.size_out, rows.stem.size_out)
    for index, block in enumerate(rows.each_block()):
        for step, conv in block.convs():
            assert seen[f"blocks.{index}.{step}.conv"] == (5, conv.oup, conv.size_out, conv.size_out)
    assert index == 3
    assert rows.features == rows.blocks[-1].branch[-1].oup


def test_the_small_stem_keeps_the_resolution_and_the_imagenet_stem_quarters_it():
    for stem, kernel, side in (("small", 3, 32), ("imagenet", 7, 8)):
        network = build(Point(**SMALL, backbone="resnet18", stem=stem).resolved(8), 3, 10).eval()
        assert network.stem.conv.kernel_size == (kernel, kernel)
        assert network.pool(network.stem(torch.randn(2, 3, 32, 32))).shape == (2, 8, side, side)


def formula(block, x):
    """relu(shortcut + branch), a ReLU after every convolution of the branch but the last."""

    def step(x, layer, k, stride):
        x = F.conv2d(x, layer.conv.weight, stride=stride, padding=k // 2)
        norm = layer.norm
        return F.batch_norm(x, norm.running_mean, norm.running_var, norm.weight, norm.bias)

    past = x
    for layer in block.projection:
        past = step(past, layer, 1, block.stride)
    kernels = {2: (3, 3), 3: (1, 3, 1)}[len(block.branch)]
    # the stride is in the first 3 x 3
    strided = kernels.index(3)
    for number, (layer, k) in enumerate(zip(block.branch, kernels, strict=True)):
        x = step(x, layer, k, block.stride if number == strided else 1)
        if number < len(kernels) - 1:
            x = x.clamp(min=0)
    return (past + x).clamp(min=0)


@pytest.mark.parametrize("backbone", ["resnet18", "resnet50"])
@pytest.mark.parametrize("size", [6, 7])
def test_a_block_is_its_formula(backbone, size):
    torch.manual_seed(0)
    network = build(Point(**SMALL, backbone=backbone).resolved(8), 3, 10).double().eval()
    for module in network.blocks.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight)
            nn.init.normal_(module.bias)
            nn.init.normal_(module.running_mean)
            nn.init.uniform_(module.running_var, 0.5, 2)
    x = torch.randn(4, 8, size, size, dtype=torch.float64)
    for block in network.blocks:
        torch.testing.assert_close(block(x), formula(block, x))
        x = block(x)


@pytest.mark.parametrize("backbone", BACKBONES)
def test_projections_are_where_the_shape_changes_and_nowhere_else(backbone):
    point = Point(**SMALL, backbone=backbone).resolved(8)
    blocks = build(point, 3, 10).blocks
    strides = [block.stride for block in blocks]
    assert strides == [1, 2, 1, 2]
    # a bottleneck's first block widens by four without a stride
    assert [len(block.projection) for block in blocks] == [int(backbone == "resnet50"), 1, 0, 1]


@BY_FAMILY
def test_an_identity_shortcut_adds_the_input(family):
    """A block whose last norm gives nothing gives relu(x)."""
    torch.manual_seed(0)
    network = build(Point(**SMALL, **family, backbone="resnet18").resolved(8), 3, 10).eval()
    initialise(network, 0)
    block = network.blocks[2]
    assert len(block.projection) == 0
    x = torch.randn(4, 16, 5, 5)
    assert not torch.allclose(block(x), torch.relu(x))
    nn.init.zeros_(block.branch[-1].norm.weight)
    nn.init.zeros_(block.branch[-1].norm.bias)
    torch.testing.assert_close(block(x), torch.relu(x))


def test_a_unit_leaves_its_input_as_it_was():
    block = list(table(Point(**SMALL, backbone="resnet18").resolved(8), 3, 10).each_block())[2]
    x = torch.randn(3, 16, 5, 5)
    before = x.clone()
    Unit(block, Static()).eval()(x)
    assert torch.equal(x, before)


@BY_FAMILY
@pytest.mark.parametrize("backbone", ["resnet18", "resnet50"])
def test_a_sample_is_judged_alone(backbone, family):
    """In evaluation no sample's logits depend on the rest of the batch."""
    torch.manual_seed(0)
    network = build(Point(**SMALL, **family, backbone=backbone).resolved(8), 1, 10)
    initialise(network, 0)
    x = torch.randn(6, 1, 16, 16)
    # training moves the running statistics from where they start
    network(x)
    network.double().eval()
    with torch.no_grad():
        together = network(x.double())
        alone = torch.cat([network(sample[None].double()) for sample in x])
    torch.testing.assert_close(together, alone)
    assert together.std(0).min() > 0


@BY_FAMILY
@pytest.mark.parametrize("backbone", BACKBONES)
def test_it_trains_a_step(backbone, family):
    torch.manual_seed(0)
    network = build(Point(**SMALL, **family, backbone=backbone).resolved(8), 3, 10)
    initialise(network, 0)
    x, labels = torch.randn(6, 3, 16, 16), torch.arange(6)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01)
    before = F.cross_entropy(network(x), labels)
    before.backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.any(), name
    optimizer.step()
    assert F.cross_entropy(network(x), labels) < before


@BY_FAMILY
@pytest.mark.parametrize("backbone", BACKBONES)
def test_two_counts_agree(backbone, family):
    point = Point(**{**SMALL, "image_size": 13}, **family, backbone=backbone, stem="imagenet").resolved(8)
    traced = trace(point, 3, 10)
    assert count(point, 3, 10) == traced.total
    for name, cost in layer_costs(point, 3, 10).items():
        if cost.params:
            assert traced.flops_by_module[name] == cost.flops, name


@pytest.mark.parametrize(("width", "first"), [(1, 64), (0.5, 32), (0.125, 8), (0.01, 4), (0.3, 20), (2, 128)])
def test_width(width, first):
    rows = table(Point(backbone="resnet18", width=float(width)).resolved(32), 3, 10)
    assert rows.stem.oup == first
    assert [block.branch[0].oup for block in rows.blocks[::2]] == [first, 2 * first, 4 * first, 8 * first]
