"""Draws the course of a search: lowest error and hypervolume against runs and training time, and its runs by cost."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from sweep.analysis.searched import Array, Course, Courses
from sweep.analysis.sweep_frame import Search
from sweep.report.figures.layout import panels
from sweep.report.figures.scales import limit_costs, unit
from sweep.report.figures.style import COLOURS, FAINT, SOFT, TWO_COLUMNS, look

_COSTS = {"flops": "FLOPs", "params": "parameters", "activations": "activations", "training_flops": "training FLOPs"}


def draw_search(search: Search, courses: Courses, width: float = TWO_COLUMNS) -> Figure:
    """Draw a panel for each measure against runs and against training time, and the costs of the runs.

    Args:
        search: what was asked for.
        courses: how it went.
        width: in inches.
    """
    measures = [("lowest error of a run, %", courses.error)]
    if courses.volume is not None:
        measures.append(("hypervolume", courses.volume))
    cost = next((name for name in search.costs if name in search.asked), None)
    keys = [
        Line2D([], [], color=COLOURS[0], label=f"{search.strategy}, in its order"),
        Line2D([], [], color=SOFT, ls=(0, (5, 1.6)), label="the same runs in random order, median and 90 %"),
    ]
    if cost:
        keys += [
            Line2D([], [], color=COLOURS[0], ls="", marker="o", ms=3, label="explored"),
            Line2D([], [], color=COLOURS[1], ls="", marker="D", ms=4, label="confirmed"),
        ]
    count = 2 * len(measures) + (2 if cost else 0)
    with look():
        figure, axes = panels(count, width, keys, 1.4, 2 if width >= TWO_COLUMNS else 1, head=0.14, foot=0.1)
        for place, (name, course) in enumerate(measures):
            _lines(axes[2 * place], courses.runs.astype(float), course, name)
            axes[2 * place].set_xlabel("explored runs")
            _lines(axes[2 * place + 1], courses.hours * 60, course, name)
            axes[2 * place + 1].set_xlabel("minutes of training, one run at a time")
        if cost:
            _spent(axes[-2], axes[-1], search, cost)
        return figure


def _lines(ax: Axes, x: Array, course: Course, name: str) -> None:
    ax.grid(axis="y")
    ax.fill_between(x, course.low, course.high, step="post", color=FAINT, lw=0)
    ax.step(x, course.median, where="post", color=SOFT, ls=(0, (5, 1.6)), lw=1)
    ax.step(x, course.reached, where="post", color=COLOURS[0])
    ax.set_title(name, fontsize=7.2, pad=3)


def _spent(order: Axes, plane: Axes, search: Search, cost: str) -> None:
    """Cost of each ask in order, and error against cost."""
    rows = search.asked
    size, _ = unit(float(rows[cost].max()))
    for phase, ink in (("explore", {"marker": "o", "s": 6}), ("confirm", {"marker": "D", "s": 12})):
        rows_of_phase = rows[rows["phase"] == phase]
        look_of: dict[str, Any] = {**ink, "color": COLOURS[phase == "confirm"], "lw": 0, "alpha": 0.75}
        order.scatter(rows_of_phase["number"] + 1, rows_of_phase[cost] / size, **look_of)
        finished = rows_of_phase[rows_of_phase["status"] == "done"]
        if phase == "confirm":
            finished = finished.groupby("point", as_index=False).agg({cost: "first", "error": "mean"})
        plane.scatter(finished[cost] / size, finished["error"], **look_of)
    for ax in (order, plane):
        ax.grid(axis="y")
    values = rows[cost].astype(float)
    _, unit_name = unit(float(values.max()))
    limit_costs(plane, (values / size).tolist())
    if 0 < values.min() < values.max() / 6:
        order.set_yscale("log")
        order.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        order.yaxis.set_minor_locator(NullLocator())
    order.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))
    cost_label = _COSTS[cost] + (f", {unit_name}" if unit_name else "")
    order.set_xlabel("ask")
    order.set_title(cost_label, fontsize=7.2, pad=3)
    plane.set_xlabel(cost_label)
    plane.set_title("top-1 error, %", fontsize=7.2, pad=3)
