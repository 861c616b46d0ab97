"""The keys `proxy.schedule` and `proxy.warmup`: how the learning rate moves over a run."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from sweep.space.model import Choice, Model, union


class ScheduleKeys(Model):
    """The keys of a schedule."""

    schedule: str


class OneCycleKeys(ScheduleKeys):
    """Up by a half cosine in three tenths of the steps, and down again; it has a warm-up of its own."""

    schedule: Literal["one_cycle"] = "one_cycle"


class DecayKeys(ScheduleKeys):
    """Down to zero by equal steps or by a half cosine, after a warm-up if there is one."""

    schedule: Literal["linear", "cosine"]
    warmup: Annotated[float | None, Field(gt=0, description="Epochs in which the rate rises to its height.")] = None


CHOICE = Choice.of("schedule", OneCycleKeys, DecayKeys, default="one_cycle")

if TYPE_CHECKING:
    AnySchedule = ScheduleKeys
else:
    AnySchedule = union(CHOICE)
