import dataclasses
from itertools import combinations

import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from sweep.analysis.study import Study
from sweep.report import curve_figures, front_figure, style
from sweep.report.labels import place

from .frames import quick


def test_panels_share_their_axis_of_error_and_hold_every_dot():
    study = Study(quick())
    figure = curve_figures.draw_curves(study.curves[0], ["optimizer.lr"])
    assert [ax.get_title() for ax in figure.axes][:3] == [f"learning rate {rate}" for rate in (0.01, 0.03, 0.09)]
    assert len({ax.get_ylim() for ax in figure.axes}) == 1
    low, high = figure.axes[0].get_ylim()
    for panel, ax in zip(study.curves[0].panels, figure.axes, strict=True):
        drawn = sorted(y for line in ax.lines if line.get_markersize() == 2.6 for y in line.get_ydata())
        assert drawn == sorted(e for line in panel.lines for spot in line.spots for e in spot.errors.values())
        assert low <= drawn[0] <= drawn[-1] <= high


def test_of_many_settings_first_middle_and_last_are_drawn():
    curves = Study(quick()).curves[0]
    panels = tuple(dataclasses.replace(curves.panels[0], setting=(i,)) for i in range(6))
    many = dataclasses.replace(curves, panels=(*panels, curves.tuned))
    assert [panel.setting for panel in curve_figures.shown(many)] == [(0,), (2,), (5,), None]


def test_a_wide_spread_is_drawn_on_a_log_axis():
    frame = quick()
    steep = dataclasses.replace(frame, runs=frame.runs.assign(error=frame.runs["error"] ** 2))
    for one, scale in ((frame, "linear"), (steep, "log")):
        figure = curve_figures.draw_curves(Study(one).curves[0], ["optimizer.lr"])
        assert {ax.get_yscale() for ax in figure.axes} == {scale}


def test_labels_overlap_neither_one_another_nor_the_points():
    rng = np.random.default_rng(5)
    figure = Figure(figsize=(3.4, 2.6), dpi=72)
    ax = figure.add_axes((0.1, 0.1, 0.85, 0.85))
    xs = np.sort(rng.uniform(0.1, 0.9, 12))
    anchors = list(zip(xs, np.sort(rng.uniform(0.1, 0.9, 12))[::-1], strict=True))
    before = len(ax.texts)
    place(ax, anchors, [f"M={i} G=2" for i in range(12)], [])
    renderer = FigureCanvasAgg(figure).get_renderer()
    boxes = [text.get_window_extent(renderer) for text in ax.texts[before:] if text.get_text()]
    assert len(boxes) == 12
    assert not [1 for one, other in combinations(boxes, 2) if one.overlaps(other)]
    inside = ax.get_window_extent()
    assert all(inside.x0 <= box.x0 and box.x1 <= inside.x1 for box in boxes)


def test_a_front_is_drawn_through_its_points():
    table = Study(quick()).table
    figure = front_figure.draw_fronts(table, ["flops", "params"], 3)
    assert len(figure.axes) == 2
    on = table[table["front_params"]].sort_values("params")
    step = next(line for line in figure.axes[1].lines if line.get_drawstyle() == "steps-post")
    assert np.allclose(step.get_xdata()[:-1], on["params"] / 1e3)
    assert np.allclose(step.get_ydata()[:-1], on["mean"])


def test_an_empty_front_is_an_empty_figure():
    table = Study(quick()).table
    nothing = pd.DataFrame(table[table["mean"] < 0])
    assert front_figure.draw_fronts(nothing, ["flops"], 3).axes


def test_any_text_can_be_drawn():
    assert style.drawable("a\n\tb") == "a b"
    assert style.drawable("模") == "□"
    assert len(style.drawable("x" * 300)) == 40


def test_families_look_different():
    looks = style.families(["static", "mine", "yours"])
    assert len(set(looks.values())) == len(looks)


def test_matplotlib_is_left_as_it_was():
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    curve_figures.draw_curves(Study(quick()).curves[0], ["optimizer.lr"])
    assert dict(mpl.rcParams) == before
