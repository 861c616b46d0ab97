"""What figures write: names in the order of the space, none on another, in any script; and where they put zero."""

import dataclasses
import itertools
import re
import warnings

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from analysis.frames import sweep_frame
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg

from sweep.analysis.study import Study
from sweep.report.cards import curves as curve_cards
from sweep.report.cards import front_chances as front_chance_card
from sweep.report.cards import fronts as front_card
from sweep.report.cards import isolation as isolation_card
from sweep.report.cards import population as population_card
from sweep.report.figures import fonts, style

GATES = ("squeeze_excite_hard_sigmoid", "squeeze_excite_hard_swish", "none", "attention_with_eight_heads")
NORMS = ("weightnorm", "batchnorm_per_lane", "none_at_all", "layernorm", "groupnorm8", "rms", "instance", "filter")


def study(gates=GATES, norms=NORMS, depths=(0.0, 0.0001, 0.001, 0.1)):
    points = {f"net {g} {n} {d}": (g, n, d) for g, n, d in itertools.product(gates, norms, depths)}
    errors = {point: [[20 - i % 7 + seed + i % 3 * seed for seed in range(3)]] for i, point in enumerate(points)}
    axes = {
        axis: {point: at[i] for point, at in points.items()} for i, axis in enumerate(("network.gate", "norm", "depth"))
    }
    costs = {point: (10.0 + i, 20.0 + i) for i, point in enumerate(points)}
    frame = sweep_frame(errors, axes=axes, costs=costs)
    return Study(dataclasses.replace(frame, order={"network.gate": gates, "norm": norms}))


def boxes(ax):
    """The boxes of the tick labels of x that say something, as they are turned."""
    renderer = FigureCanvasAgg(ax.get_figure(root=True)).get_renderer()
    ax.get_figure(root=True).draw(renderer)
    return [label.get_window_extent(renderer) for label in ax.get_xticklabels() if label.get_text()]


@pytest.mark.parametrize("narrow", [False, True])
def test_names_of_values_neither_overlap_nor_leave_the_figure(narrow):
    (card,) = isolation_card.cards(study())
    figure = card.picture.drawn(style.ONE_COLUMN) if narrow else card.picture.figure
    texts = []
    for ax in figure.axes:
        found = boxes(ax)
        texts.append([label.get_text() for label in ax.get_xticklabels()])
        turned = ax.get_xticklabels()[0].get_rotation()
        for left, right in itertools.pairwise(found):
            # slanted ones stand beside one another if their feet are a line apart
            apart = left.x1 <= right.x0 if turned in (0, 90) else right.x1 - left.x1 >= 6.8
            assert apart, (turned, left, right)
        assert all(box.x0 >= 0 and box.y0 >= 0 and box.x1 <= figure.bbox.x1 for box in found)
        label = ax.xaxis.label.get_window_extent()
        assert all(box.y0 >= label.y1 - 1 for box in found)
    assert [len(set(names)) for names in texts] == [len(GATES), len(NORMS), 4]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text("abcdefghij_ 模", min_size=1, max_size=60), min_size=2, max_size=40, unique=True))
def test_any_names_fit(names):
    from matplotlib.figure import Figure

    from sweep.report.figures.layout import fit_names

    with style.look():
        fit = fit_names(names, 1.5)
        figure = Figure(figsize=(2.5, 1 + fit.foot + 0.4), dpi=72)
        ax = figure.add_axes((0.7 / 2.5, (fit.foot + 0.3) / (1.4 + fit.foot), 1.5 / 2.5, 1 / (1.4 + fit.foot)))
        fit.write(ax)
        ax.set_xlim(-0.4, len(names) - 0.6)
        for left, right in itertools.pairwise(boxes(ax)):
            assert left.x1 <= right.x0 + 1 if fit.turned in (0, 90) else right.x1 - left.x1 >= 6


def test_values_stand_in_the_order_of_the_space_and_files_by_name():
    (card,) = isolation_card.cards(study())
    gate, norm, _ = card.picture.figure.axes
    assert [label.get_text() for label in norm.get_xticklabels()] == list(NORMS)
    assert [label.get_text()[:4] for label in gate.get_xticklabels()] == [name[:4] for name in GATES]
    assert [row[0].text for row in card.tables[1].rows] == list(NORMS)
    data = card.picture.data
    assert data.loc[data["axis"] == "norm", "value"].tolist() == sorted(NORMS)


def test_points_and_groups_stand_in_the_order_of_the_space():
    one = study(gates=("z", "a"), norms=("y", "b"), depths=(1.0, 2.0, 3.0))
    expected = [f"net {g} {n} {d}" for g in "za" for n in "yb" for d in (1.0, 2.0, 3.0)]
    assert one.shown["point"].tolist() == expected
    assert one.table["point"].tolist() == sorted(expected)
    (card,) = front_chance_card.cards(one)
    named = [label.get_text() for label in card.picture.figure.axes[0].get_yticklabels()]
    assert named == expected
    renamed = Study(dataclasses.replace(
        one.frame, axes=("family", "norm", "depth"), order={"family": ("z", "a"), "norm": ("y", "b")},
        runs=one.frame.runs.rename(columns={"network.gate": "family"}),
    ))  # fmt: skip
    (card,) = population_card.cards(renamed)
    legend = [text.get_text() for text in card.picture.figure.legends[0].get_texts()]
    assert legend == ["z", "a"]
    assert card.picture.data["family"].tolist() == ["a"] * 6 + ["z"] * 6


def test_zero_and_small_values_stand_apart():
    one = study(gates=("a",), norms=("b", "c"))
    card, _ = curve_cards.main_axis(one)
    (ax,) = card.picture.figure.axes
    at = ax.transData.transform([(x, 15.0) for x in (0.0, 0.0001, 0.001, 0.1)])[:, 0]
    gaps = np.diff(at)
    assert gaps[0] == pytest.approx(gaps[1])
    assert gaps[2] == pytest.approx(2 * gaps[1])
    shown = [ax.xaxis.get_major_formatter()(x) for x in ax.xaxis.get_major_locator()()]
    assert shown == ["0", "0.0001", "0.001", "0.1"]


def test_a_cost_of_zero_stands_apart():
    frame = study(gates=("a",), norms=("b", "c")).frame
    flops = {point: 0.0 if i == 0 else 1e4 * 10.0 ** (i % 4) for i, point in enumerate(frame.runs["point"].unique())}
    one = Study(dataclasses.replace(frame, runs=frame.runs.assign(flops=frame.runs["point"].map(flops))))
    (card,) = front_card.fronts(one)
    ax = card.picture.figure.axes[0]
    size = 1e6
    at = ax.transData.transform([(x / size, 15.0) for x in (0.0, 1e4, 1e5)])[:, 0]
    assert at[1] - at[0] == pytest.approx(at[2] - at[1])


@pytest.fixture
def alone(monkeypatch):
    """No font but the one to draw with, and nothing known of any other."""

    def forget():
        fonts._lender.cache_clear()
        fonts._draws.cache_clear()
        fonts._borrowed.clear()

    forget()
    monkeypatch.setattr(fonts, "_others", lambda: ())
    yield monkeypatch
    forget()


def test_a_character_without_a_font_is_written_by_its_number(alone):
    assert style.drawable("模 a") == "\\u6a21 a"
    assert style.drawable("\N{GRINNING FACE}") == "\\U0001f600"
    # what only changes its neighbours goes
    assert style.drawable("a\N{VARIATION SELECTOR-16}\N{ZERO WIDTH JOINER}b") == "ab"
    assert style.drawable("模" * 30, 14) == "\\u6a21\\u6a21…"


def triangle():
    """A glyph."""
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    pen.lineTo((0, 700))
    pen.lineTo((600, 350))
    pen.closePath()
    return pen.glyph()


def test_a_character_is_borrowed_from_a_font_that_has_it(alone, tmp_path):
    path = tmp_path / "made.ttf"
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "uni6A21"])
    builder.setupCharacterMap({0x6A21: "uni6A21"})
    builder.setupGlyf({name: triangle() for name in (".notdef", "uni6A21")})
    builder.setupHorizontalMetrics(dict.fromkeys((".notdef", "uni6A21"), (700, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Made For A Test", "styleName": "Regular", "psName": "MadeForATest"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(path)
    before = list(font_manager.fontManager.ttflist)
    font_manager.fontManager.addfont(path)
    try:
        alone.setattr(fonts, "_others", lambda: ("Made For A Test",))
        one = study(gates=("模", "b"), norms=("c", "d"), depths=(1.0,))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            (card,) = isolation_card.cards(one)
            svg = style.save(card.picture.figure, tmp_path / "figure")
        assert "MadeForATest" in svg, set(re.findall('id="[^"]*"', svg))
        assert fonts.borrowed() == ["Made For A Test"]
        assert style.drawable("模型") == "模\\u578b"
        # wide ones count twice
        assert style.drawable("模" * 30, 9) == "模模模模…"
        assert mpl.rcParams["font.family"] != ["Made For A Test"]
    finally:
        font_manager.fontManager.ttflist[:] = before


def test_the_table_of_a_figure_has_each_value_once():
    (card,) = isolation_card.cards(study())
    assert not card.picture.data.duplicated(["axis", "value"]).any()
    assert isinstance(card.picture.data, pd.DataFrame)
