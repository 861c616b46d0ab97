"""The rate of each step against torch.optim's schedules."""

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError
from torch.optim import lr_scheduler

from sweep.proxy.schedule import rate
from sweep.space import Proxy


def recipe(schedule, **changes):
    base = dict(dataset="digits", epochs=10, optimizer=dict(name="sgd", lr=0.4), schedule=schedule)
    return Proxy(**{**base, **changes})


def theirs(make, steps):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.4)
    schedule, found = make(optimizer), []
    for step in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step < steps - 1:
            schedule.step()
    return found


REFERENCE = {
    "one_cycle": lambda steps: lambda o: lr_scheduler.OneCycleLR(o, 0.4, total_steps=steps, cycle_momentum=False),
    "linear": lambda steps: lambda o: lr_scheduler.LambdaLR(o, lambda step: 1 - step / steps),
    "cosine": lambda steps: lambda o: lr_scheduler.CosineAnnealingLR(o, steps),
}


@pytest.mark.parametrize("schedule", REFERENCE)
@given(steps=st.integers(1, 60))
def test_it_is_torch_optims(schedule, steps):
    found = [rate(recipe(schedule), step, steps) for step in range(steps)]
    assert found == pytest.approx(theirs(REFERENCE[schedule](steps), steps), rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("schedule", ["linear", "cosine"])
@given(warmup=st.floats(0.1, 10), each=st.integers(1, 20))
def test_warmup_rises_evenly_to_where_the_schedule_begins(schedule, warmup, each):
    steps = 10 * each
    # half a step more or less is rounding either way
    assume(abs(warmup * each % 1 - 0.5) > 1e-9)
    found = [rate(recipe(schedule, warmup=warmup), step, steps) for step in range(steps)]
    warm = round(warmup * each)
    rise = [0.4 * (step + 1) / (warm + 1) for step in range(min(warm, steps))]
    assert found[:warm] == pytest.approx(rise)
    assert found[warm:] == pytest.approx([rate(recipe(schedule), step, steps - warm) for step in range(steps - warm)])


def test_warmup_where_it_means_nothing_is_a_mistake():
    with pytest.raises(ValidationError, match=r"one_cycle\.warmup"):
        recipe("one_cycle", warmup=1)
    with pytest.raises(ValidationError, match="warmup of 11 epochs is longer than the 10 of training"):
        recipe("cosine", warmup=11)
