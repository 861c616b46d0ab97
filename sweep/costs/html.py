"""A plan as a notebook shows it."""

from typing import TYPE_CHECKING

from sweep.html import table
from sweep.space.point import text_of

if TYPE_CHECKING:
    from sweep.costs.plan import Plan

#: Points that are shown; `rows()` has all.
SHOWN = 40


def plan_table(plan: "Plan") -> str:
    """The first points of a plan with their axes and costs, and how many there are."""
    shown = plan.shown(SHOWN)
    rows = []
    for planned in shown:
        values = [planned.point.value(axis) for axis in plan.axes]
        texts = ["" if value is None else text_of(value) for value in values]
        rows.append([planned.label, *texts, planned.cost.params, planned.cost.flops, planned.agreement])
    head = ["point", *plan.axes, "params", "FLOPs", "fvcore"]
    hidden = len(plan.points) - len(shown)
    notes = [f"... and {hidden:,} more"] if hidden else []
    notes += [f"{len(plan.rejected):,} rejected: see .rejected"] if len(plan.rejected) else []
    caption = f"{plan.space.name}: {len(plan.points):,} points, {plan.runs:,} runs. FLOPs are multiply-adds per sample"
    return table(caption, head, rows, "; ".join(notes))
