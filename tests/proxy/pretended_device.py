"""Whole epochs with every tensor on a device that is pretended: nothing on the CPU, no copy to it, no waiting for it.

PyTorch builds without CUDA have no autograd for CUDA's fake tensors, so the device is one that Python may register.
The code knows the CPU and what is not the CPU. A process may register it before its first gradient only, so this is a
program of its own, which `test_platform.py` starts.
"""

import gc
import itertools
import json
import sys
import warnings
from dataclasses import replace

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

from sweep.networks import drawn, seeded
from sweep.networks.lanes import LaneNetwork
from sweep.proxy.batches import batches, drawn_epoch, stretches
from sweep.proxy.data import load
from sweep.proxy.lane_steps import LaneJudge, LaneSteps
from sweep.proxy.platform import Platform
from sweep.proxy.schedule import rate
from sweep.proxy.tasks import Shown
from sweep.proxy.train import answers, learn
from sweep.proxy.training import Training
from sweep.space import Point, Proxy

DEVICE = "pretended"
SIZE = 12
NETS = {
    "shufflenet_v2": dict(width=0.125, stem_channels=4, last_channels=16, repeats=(2,)),
    "shufflenet_v2_original": dict(width=0.125, stem_channels=4, last_channels=16, repeats=(1,), stem="imagenet"),
    # the blocks of resnet34 are those of resnet18
    "resnet18": dict(width=0.0625, repeats=(1,), stem="imagenet"),
    "resnet50": dict(width=0.0625, repeats=(1,)),
}
FAMILIES = (
    dict(family="static"),
    dict(family="se", reduction=4),
    dict(family="sk", reduction=4),
    dict(family="condconv", experts=2),
    dict(family="weightnet", M=1, G=1),
    dict(family="weightnet", M=2, G=2),
)
CHOICES = {
    "backbone": tuple(NETS),
    "family": FAMILIES,
    "augment": (
        {},
        dict(shift=1, flip=True),
        dict(crop=1, cutout=2),
        dict(resized_crop=[0.5, 1.0]),
        dict(color_jitter=0.3, cutout=2),
    ),
    "optimizer": (dict(name="adamw", lr=0.1, weight_decay=0.1), dict(name="sgd", lr=0.1)),
    "precision": ("float32", "bfloat16"),
    "way": ("alone", "lanes"),
    "recipe": (
        {},
        dict(ema=0.9, label_smoothing=0.1),
        dict(task=dict(name="pairs", validation=9)),
        dict(task=dict(name="pairs", mix="difference", validation=9), schedule="cosine"),
    ),
}


def pairwise():
    """Combinations in which every two values of two choices occur together: greedily, few of them."""
    names = list(CHOICES)
    sizes = [len(CHOICES[name]) for name in names]
    pairs = list(itertools.combinations(range(len(names)), 2))
    wanted = {((i, a), (j, b)) for i, j in pairs for a in range(sizes[i]) for b in range(sizes[j])}
    rows = []
    while wanted:
        picked = dict(min(wanted))
        for place in set(range(len(names))) - picked.keys():
            news = [
                sum(tuple(sorted(((place, value), other))) in wanted for other in picked.items())
                for value in range(sizes[place])
            ]
            picked[place] = news.index(max(news))
        wanted -= set(itertools.combinations(sorted(picked.items()), 2))
        rows.append({name: CHOICES[name][picked[place]] for place, name in enumerate(names)})
    return rows


class OnTheDevice(TorchDispatchMode):
    """Fails on every tensor that is not on the device, given or made."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if func is torch.ops.aten._fused_sgd_.default:
            # PyTorch knows no shapes for it
            self.look(func, args)
            return None
        made = func(*args, **kwargs or {})
        self.look(func, (args, kwargs, made))
        return made

    def look(self, func, tree):
        for leaf in torch.utils._pytree.tree_leaves(tree):
            if isinstance(leaf, torch.Tensor) and leaf.device.type != DEVICE:
                raise AssertionError(f"{func} has a tensor on {leaf.device}")


class HalfPrecision(TorchFunctionMode):
    """As autocast, which no pretended device has: products in bfloat16."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        if func.__name__ in ("conv2d", "linear", "bmm", "baddbmm"):
            args = [a.bfloat16() if isinstance(a, torch.Tensor) else a for a in args]
        return func(*args, **kwargs or {})


class Pretended(Platform):
    """A platform whose device is pretended, and that looks at every step."""

    @property
    def device(self):
        return torch.device(DEVICE, 0)

    def place(self, network, layout):
        for module in network.modules():
            for name, parameter in module._parameters.items():
                if parameter is not None:
                    like = layout if parameter.ndim == 4 else torch.contiguous_format
                    placed = parameter.detach().to(self.device, memory_format=like)
                    module._parameters[name] = torch.nn.Parameter(placed)
            for name, buffer in module._buffers.items():
                # not from the buffer: PyTorch would compute a number that it knows on the device itself
                module._buffers[name] = torch.empty(buffer.shape, dtype=buffer.dtype, device=self.device)
        return network

    def step(self):
        return OnTheDevice()

    def precision(self, proxy):
        return HalfPrecision() if proxy.precision == "bfloat16" else super().step()


PLATFORM = Pretended("cuda", "sm_90")


def given(combination):
    """A point, a recipe of two batches an epoch (the second a smaller one), and its images, which are on the CPU."""
    backbone, family, recipe = (combination[name] for name in ("backbone", "family", "recipe"))
    point = Point(**NETS[backbone], backbone=backbone, **family).resolved(SIZE)
    others = {name: combination[name] for name in ("augment", "optimizer", "precision")}
    augment = others["augment"]
    flips = {"augment": {name: value for name, value in augment.items() if name != "flip"}}
    dataset = dict(name="digits", train=11, validation=9)
    proxy = Proxy(dataset=dataset, epochs=1, batch_size=6, **{**others, **flips}, **recipe)
    # digits are not to be flipped; the operation is
    proxy = proxy.model_copy(update={"augment": proxy.augment.model_copy(update={"flip": augment.get("flip", False)})})
    return point, proxy, load(proxy.dataset, SIZE)


def alone(point, proxy, images):
    """An epoch and a validation of one network, by what `train` is made of."""
    run = Training(point, proxy, 0, PLATFORM)
    data = images.on(PLATFORM.device)
    epoch = stretches(len(data.train), proxy.batch_size)
    assert len(epoch) == 2
    for number, (x, y) in enumerate(batches(data, proxy, epoch, run.generators, 0, PLATFORM)):
        learn(run, x, y, proxy, rate(proxy, number, 2), PLATFORM)
    if run.average is not None:
        run.average.take_over()
    shown = Shown(data.validation, data.validation_labels, data, proxy)
    return [answers(run.network, shown, proxy, PLATFORM)]


def together(point, proxy, images):
    """The same of lanes, by what `train_together` is made of."""
    data = images.on(PLATFORM.device)
    networks = [drawn(point, proxy.facts.channels, proxy.facts.classes, seed) for seed in (0, 1)]
    products = torch.bfloat16 if proxy.precision == "bfloat16" else None
    network = LaneNetwork(networks, 3, data.device, products=products)
    steps = LaneSteps(network, [proxy] * 3, data, 2)
    generators = seeded(0, "order of images"), seeded(0, "augmentation")
    steps.begin_epoch([drawn_epoch(data, proxy, generators) for _ in range(3)])
    for batch in stretches(len(data.train), proxy.batch_size):
        with PLATFORM.step():
            steps(batch.stop - batch.start)
    steps.optimizer.take_over()
    network.train(False)
    judge = LaneJudge(network, data, proxy)
    with PLATFORM.step():
        judge(slice(0, len(judge.shown)))
    return [*steps.tensors(), judge.wrong, judge.loss, judge.finite]


WAYS = {"alone": alone, "lanes": together}


def pretended(way, point, proxy, images):
    """An epoch where tensors have shapes and a device, and no numbers."""
    with FakeTensorMode() as mode:
        tensors = {name: value for name, value in vars(images).items() if isinstance(value, torch.Tensor)}
        return way(point, proxy, replace(images, **{name: mode.from_tensor(value) for name, value in tensors.items()}))


FAULTS = {
    "a copy to the CPU": ("move", lambda real: lambda x, *a: real(x, *a).cpu()),
    "a number that the host is told": (
        "move",
        lambda real: lambda x, *a: real(x, *a) * x.sum().item(),
    ),
    "a range on the CPU": (
        "move",
        lambda real: lambda x, *a: real(x, *a)[torch.arange(len(x))],
    ),
    "a constant of the CPU": (
        "color",
        lambda real: lambda x, *a: real(x, *a) + torch.tensor([1.0]),
    ),
}


def trouble(way, combination, fault=None):
    """Why an epoch leaves the device, or '' if it does not; a fault is put into making batches."""
    point, proxy, images = given(combination)
    batches_of = sys.modules["sweep.proxy.batches"]
    name, wrong = fault or ("move", lambda real: real)
    real = getattr(batches_of, name)
    setattr(batches_of, name, wrong(real))
    try:
        made = pretended(way, point, proxy, images)
        elsewhere = {tensor.device.type for tensor in made} - {DEVICE}
        return f"results are on {elsewhere}" if elsewhere else ""
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:300]
    finally:
        setattr(batches_of, name, real)


def main():
    """Print, as JSON, what came of every combination and of every fault."""
    gc.disable()
    warnings.simplefilter("error")
    _setup_privateuseone_for_python_backend(DEVICE)
    combinations = pairwise()
    whole = [trouble(WAYS[combination["way"]], combination) for combination in combinations]
    faulty = {
        f"{name}, {way}": trouble(WAYS[way], combinations[0], fault) for name, fault in FAULTS.items() for way in WAYS
    }
    print(json.dumps({"whole": whole, "faulty": faulty}))


if __name__ == "__main__":
    main()
