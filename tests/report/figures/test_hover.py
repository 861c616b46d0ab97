"""The names in an SVG against where its markers are drawn."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from report.frames import quick
from sweep.analysis.study import Study
from sweep.report.cards import fronts_figure as front_figure
from sweep.report.figures import hover, style

SVG = "{http://www.w3.org/2000/svg}"


def titles(svg):
    """Name -> (x, y) in points of each named marker, of an SVG that is whole XML."""
    uses = ElementTree.fromstring(svg).iter(f"{SVG}use")
    named = [(use.find(f"{SVG}title"), use) for use in uses]
    return {title.text: (float(use.get("x")), float(use.get("y"))) for title, use in named if title is not None}


def saved(figure, tmp_path):
    return style.save(figure, tmp_path / "figure")


def test_each_marker_has_its_own_name(tmp_path, monkeypatch):
    monkeypatch.setattr(style, "_METADATA", {"svg": {}})
    rng = np.random.default_rng(3)
    xs, ys = rng.uniform(1, 9, (2, 50))
    with style.look():
        figure = Figure(figsize=(4, 3), dpi=72)
        ax = figure.add_subplot()
        ax.set(xlim=(0, 10), ylim=(0, 10))
        for half in (slice(0, 20), slice(20, 50)):
            (line,) = ax.plot(xs[half], ys[half], "o")
            hover.name_points(line, [f"p{i}" for i in range(50)[half]])
        ax.plot(xs, ys, "s")  # without names
    found = titles(saved(figure, tmp_path))
    places = ax.transData.transform(np.column_stack([xs, ys]))
    for i, (x, y) in enumerate(places):
        # an SVG counts from the top
        assert np.allclose(found[f"p{i}"], (x, 3 * 72 - y), atol=0.01)


@settings(max_examples=30, deadline=None)
@given(name=st.text(max_size=300))
def test_any_name_gives_whole_xml(name):
    svg = '<svg xmlns="http://www.w3.org/2000/svg"><g id="named-0"><g><use x="1" y="2"/></g></g></svg>'
    (told,) = titles(hover.write_titles(svg, [(name,)])) or ("",)
    plain = "".join(c for c in " ".join(name.split()) if c.isprintable() and not 0xD800 <= ord(c) < 0xE000)
    assert (told or "") == plain


def test_a_name_too_few_is_an_error():
    line = Figure().add_subplot().plot([1, 2], [3, 4], "o")[0]
    with pytest.raises(ValueError, match="1 names for 2 points"):
        hover.name_points(line, ["a"])
    svg = '<g id="named-0"><g><use x="1"/></g></g>'
    with pytest.raises(ValueError, match="1 markers for 2 names"):
        hover.write_titles(svg, [("a", "b")])


def test_every_point_of_a_front_is_named_with_its_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr(style, "_METADATA", {"svg": {}})
    table = Study(quick()).table
    for cost in ("flops", "params"):
        found = titles(saved(front_figure.draw_fronts(table, [cost], 3), tmp_path))
        assert len(found) == len(table)
        for row in table.to_dict("records"):
            (name,) = [name for name in found if name.startswith(f"{row['point']}: ")]
            assert f": {row['mean']:.2f} ± {row['sd']:.2f} %, " in name
            assert int(re.sub(r"\D", "", name.split("%, ")[1])) == row[cost]


def test_of_very_many_points_those_on_the_front_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(style, "_METADATA", {"svg": {}})
    monkeypatch.setattr(front_figure, "NAMED", 5)
    table = Study(quick()).table
    found = titles(saved(front_figure.draw_fronts(table, ["flops"], 3), tmp_path))
    assert {name.split(": ")[0] for name in found} == set(table.loc[table["front_flops"], "point"])
