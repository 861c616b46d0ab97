"""Our optimisers against torch.optim's, to the last bit."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from sweep.networks import build
from sweep.proxy.optimizer import Optimizer
from sweep.space import Point
from sweep.space.schema import Optimizer as How


def made(**keys):
    """An optimiser of its keys, whose signature hypothesis cannot read."""
    return How(**keys)


HOWS = st.one_of(
    st.builds(made, name=st.just("adamw"), lr=st.just(1.0), weight_decay=st.sampled_from([0.0, 0.05, 0.5])),
    st.builds(
        made,
        name=st.just("sgd"),
        lr=st.just(1.0),
        weight_decay=st.sampled_from([0.0, 4e-5, 0.1]),
        momentum=st.sampled_from([None, 0.0, 0.5, 0.99]),
    ),
)


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.Flatten(), nn.Linear(12, 4))


def theirs(network, how):
    groups = [
        {"params": [p for p in network.parameters() if p.ndim > 1], "weight_decay": how.weight_decay},
        {"params": [p for p in network.parameters() if p.ndim <= 1], "weight_decay": 0.0},
    ]
    if how.name == "sgd":
        return torch.optim.SGD(groups, how.lr, momentum=0.9 if how.momentum is None else how.momentum, fused=True)
    return torch.optim.AdamW(groups, how.lr, fused=True)


@settings(max_examples=25, deadline=None)
@given(how=HOWS, rates=st.lists(st.floats(1e-6, 1.0), min_size=1, max_size=6), seed=st.integers(0, 999), data=st.data())
def test_steps_are_those_of_torch_optim(how, rates, seed, data):
    """Also where some parameter has no gradient at some step, and where the state went through a file in between."""
    one, other = network(), network()
    ours, reference = Optimizer(one, how), theirs(other, how)
    draw = torch.Generator().manual_seed(seed)
    for step, rate in enumerate(rates):
        for mine, its in zip(one.parameters(), other.parameters(), strict=True):
            # torch.optim's fused SGD cannot begin with some parameters later than with others; ours may
            has = step == 0 or data.draw(st.integers(0, 4)) > 0
            mine.grad = torch.randn(mine.shape, generator=draw) if has else None
            its.grad = None if mine.grad is None else mine.grad.clone()
        if data.draw(st.booleans()):
            state = {name: [*map(torch.clone, part)] for name, part in [("steps", ours.state_dict()["steps"])]}
            state["moments"] = [[*map(torch.clone, kind)] for kind in ours.state_dict()["moments"]]
            ours = Optimizer(one, how)
            ours.load_state_dict(state)
        for group in reference.param_groups:
            group["lr"] = rate
        ours.step(rate)
        reference.step()
        for mine, its in zip(one.parameters(), other.parameters(), strict=True):
            assert torch.equal(mine, its)
    ours.forget_gradients()
    assert all(parameter.grad is None for parameter in one.parameters())


def test_weight_decay_spares_norms_and_biases():
    """A step without gradient moves what decays and nothing else."""
    model = build(Point(family="weightnet", M=2, G=2).resolved(8), 1, 10)
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    for name, parameter in model.named_parameters():
        parameter.data.fill_(1.0)
        before[name] = parameter.detach().clone()
        parameter.grad = torch.zeros_like(parameter)
    Optimizer(model, How(name="adamw", lr=1.0, weight_decay=0.3)).step(0.1)
    moved = {name for name, parameter in model.named_parameters() if not torch.equal(parameter, before[name])}
    spared = before.keys() - moved
    assert all(name.endswith("weight") and "norm" not in name for name in moved)
    assert all(name.endswith("bias") or "norm" in name for name in spared)
    assert moved
    assert spared


def test_the_state_of_another_network_is_refused():
    how = How(name="adamw", lr=1.0)
    with pytest.raises(ValueError, match=r"is not|zip"):
        Optimizer(network(), how).load_state_dict(Optimizer(nn.Linear(2, 2), how).state_dict())
