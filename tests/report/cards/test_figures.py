import dataclasses
from itertools import combinations

import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from report.frames import quick
from sweep.analysis.curves import Line
from sweep.analysis.study import Study
from sweep.report.cards import curves_figure as curve_figures
from sweep.report.cards import curves_panel as curve_panel
from sweep.report.cards import fronts_figure as front_figure
from sweep.report.figures import scales, style
from sweep.report.figures.labels import place


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


def marks_of(ax):
    """Every mark of a mean: (x, y, hollow), line by line."""
    lines = [line for line in ax.lines if line.get_marker() != "None" and line.get_markersize() == 4.6]
    return [(*place, line.get_markerfacecolor() == style.PAPER) for line in lines for place in line.get_xydata()]


def test_means_are_joined_and_marked_where_their_seeds_are():
    curves = Study(quick()).curves[0]
    figure = curve_figures.draw_curves(curves, ["optimizer.lr"])
    for panel, ax in zip(curves.panels, figure.axes, strict=True):
        joined = [line for line in ax.lines if len(line.get_xdata()) == 4 and line.get_linestyle() != "None"]
        assert [list(line.get_ydata()) for line in joined] == [[s.mean for s in line.spots] for line in panel.lines]
        means = [spot.mean for line in panel.lines for spot in line.spots]
        assert [y for _, y, _ in marks_of(ax)] == means
        xs = {x for line in ax.lines if line.get_markersize() == 2.6 for x in line.get_xdata()}
        assert xs == {x for x, _, _ in marks_of(ax)}


def test_the_baselines_band_is_as_wide_as_its_seeds():
    curves = Study(quick()).curves[0]
    for panel, ax in zip(curves.panels, curve_figures.draw_curves(curves, ["lr"]).axes, strict=True):
        (band,) = (patch for patch in ax.patches if patch.get_alpha() == 0.11)
        errors = panel.level.errors.values()
        assert np.allclose([band.get_y(), band.get_y() + band.get_height()], [min(errors), max(errors)])


def test_a_mark_is_hollow_where_a_seed_or_a_setting_is_missing():
    frame = quick()
    point, at = frame.runs["point"], frame.runs["optimizer.lr"]
    no_seed = (point == "weightnet M=1 G=1") & (frame.runs["seed"] == 2)
    lacks = no_seed | ((point == "weightnet M=2 G=1") & (at == 0.09))
    runs = frame.runs.assign(status=frame.runs["status"].mask(lacks, "missing"), error=frame.runs["error"].mask(lacks))
    study = Study(dataclasses.replace(frame, runs=runs))
    (ax,) = curve_figures.draw_tuned(study.curves[0]).axes
    spots = [spot for line in study.curves[0].tuned.lines for spot in line.spots]
    hollow = {y: empty for _, y, empty in marks_of(ax)}
    assert [hollow[spot.mean] for spot in spots] == [True, True, False, False, False, False, False, False]


def test_axes_begin_at_zero_where_that_is_near_and_zero_can_be_seen():
    for errors, expected in (([1.0, 3.9], lambda low: low == 0), ([3.0, 3.9], lambda low: 2 < low < 3)):
        ax = Figure().add_subplot()
        scales.limit_errors([ax], errors)
        assert expected(ax.get_ylim()[0])
    ax = Figure().add_subplot()
    scales.limit_errors([ax], [0.0, 5.0])
    assert ax.get_ylim()[0] < 0


def test_twelve_lines_look_different():
    lines = [Line("weightnet", i, ()) for i in range(12)]
    inks = curve_panel.inks_of(lines).values()
    assert len({(ink.colour, ink.dash) for ink in inks}) == 12


def test_of_many_settings_first_middle_and_last_are_drawn():
    curves = Study(quick()).curves[0]
    panels = tuple(dataclasses.replace(curves.panels[0], setting=(i,)) for i in range(6))
    many = dataclasses.replace(curves, panels=(*panels, curves.tuned))
    assert [panel.setting for panel in curve_figures.shown(many)] == [(0,), (2,), (5,), None]


def test_a_wide_spread_is_drawn_on_a_log_axis():
    frame = quick()
    flat = dataclasses.replace(frame, runs=frame.runs.assign(error=frame.runs["error"] ** 0.5))
    for one, scale in ((flat, "linear"), (frame, "log")):
        figure = curve_figures.draw_curves(Study(one).curves[0], ["optimizer.lr"])
        assert {ax.get_yscale() for ax in figure.axes} == {scale}
        assert ("log" in figure.axes[0].get_ylabel()) == (scale == "log")


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


def test_bars_of_a_front_are_one_standard_deviation():
    table = Study(quick()).table
    (ax,) = front_figure.draw_fronts(table, ["flops"], 3).axes
    bars = sorted(tuple(bar[:, 1]) for lines in ax.collections for bar in lines.get_segments())
    assert np.allclose(
        bars, sorted((row.mean - row.sd, row.mean + row.sd) for row in table[["mean", "sd"]].itertuples())
    )


def test_an_empty_front_is_an_empty_figure():
    table = Study(quick()).table
    nothing = pd.DataFrame(table[table["mean"] < 0])
    assert front_figure.draw_fronts(nothing, ["flops"], 3).axes


def test_any_text_can_be_drawn():
    assert style.drawable("a\n\tb") == "a b"
    assert len(style.drawable("x" * 300)) == 40


def test_families_look_different():
    looks = style.families(["static", "mine", "yours"])
    assert len(set(looks.values())) == len(looks)


def test_matplotlib_is_left_as_it_was():
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    curve_figures.draw_curves(Study(quick()).curves[0], ["optimizer.lr"])
    assert dict(mpl.rcParams) == before
