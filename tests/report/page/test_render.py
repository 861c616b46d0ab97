import dataclasses
import math
import re

import numpy as np
import pandas as pd
import pytest

from report.frames import quick
from report.page.html import check
from sweep.report import render
from sweep.report.cards import fronts as front_card
from sweep.report.page import contents
from sweep.report.page import render as page
from sweep.report.page.inline import inline

#: the figures of a whole report
FIGURES = [
    "beside-the-paper",
    "distributions",
    "error-against-G",
    "error-against-lambda",
    "families",
    "fidelity",
    "front-chances",
    "fronts",
    "is-it-the-rate",
    "isolation",
    "learning-curves",
    "map",
    "tuning-took-away",
]
EVIL = "<script>alert(1)</script>"


def change(frame, **columns):
    return dataclasses.replace(frame, runs=frame.runs.assign(**columns))


def keep(frame, rows, **others):
    return dataclasses.replace(frame, runs=frame.runs[rows].reset_index(drop=True), **others)


def missing(frame, rows):
    runs = frame.runs.copy()
    runs.loc[rows, ["error", "seconds"]] = np.nan
    runs.loc[rows, "status"] = "missing"
    return dataclasses.replace(frame, runs=runs)


def failed(frame, rows, message="CUDA out of memory"):
    runs = frame.runs.copy()
    runs.loc[rows, "error"] = np.nan
    runs.loc[rows, ["status", "kind", "message"]] = ["failed", "memory", message]
    return dataclasses.replace(frame, runs=runs)


def relabel(frame, label):
    swap = {"static": label}
    return change(frame, point=frame.runs["point"].replace(swap), baseline=frame.runs["baseline"].replace(swap))


def baseline_with_more(frame):
    """Keep the first three seeds of all points, and all of the baseline's."""
    at = (frame.runs["seed"] < 3) | (frame.runs["point"] == "static")
    return keep(frame, at, seeds=(0, 1, 2), extra_seeds=tuple(range(3, 9)))


def two_widths():
    one = quick()
    wide = one.runs.assign(
        width=0.5,
        point=one.runs["point"] + " width=0.5",
        baseline=one.runs["baseline"].map(lambda label: label and f"{label} width=0.5"),
    )
    runs = pd.concat([one.runs.assign(width=0.25), wide], ignore_index=True)
    return dataclasses.replace(one, axes=(*one.axes, "width"), runs=runs)


def inches(svg):
    """How wide a picture is."""
    return float(re.search(r'<svg[^>]* width="([0-9.]+)pt"', svg.read_text()).group(1)) / 72


def test_a_whole_report(whole):
    index, out = whole, whole.parent
    assert index.parts[-3:] == ("reports", "quick", "index.html")
    names = FIGURES
    expected = {"index.html", "points.csv", *(f"data/{name}.csv" for name in names)}
    expected |= {f"figures/{name}.{suffix}" for name in names for suffix in ("svg", "png", "pdf")}
    expected |= {f"figures/{name}-column.{suffix}" for name in names for suffix in ("svg", "pdf")}
    assert {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()} == expected
    checker = check(index.read_text())
    for link in checker.links:
        assert link[1:] in checker.ids if link.startswith("#") else (out / link).is_file(), link
    assert "could not be made" not in index.read_text()
    for name in names:
        wide, narrow = (inches(out / f"figures/{name}{ending}.svg") for ending in ("", "-column"))
        assert round(narrow, 3) <= 3.4 <= round(wide, 3) <= 7, name
    assert (out / "figures/fronts.png").read_bytes()[:4] == b"\x89PNG"
    assert (out / "figures/fronts.pdf").read_bytes()[:4] == b"%PDF"


def test_twice_the_same_to_the_byte(whole, tmp_path):
    frame = quick()
    # The order in which runs came in must not show.
    shuffled = dataclasses.replace(frame, runs=frame.runs.sample(frac=1, random_state=1))
    outs = [whole.parent, render(shuffled, tmp_path / "quick").page.parent]
    one, other = ({p.relative_to(out): p.read_bytes() for p in out.rglob("*") if p.is_file()} for out in outs)
    assert len(one) == 2 + 6 * len(FIGURES)
    assert one == other


#: name -> the sweep, and what its page says
CASES = {
    "no lambda": (
        lambda: keep(quick(), quick().runs["family"] != "weightnet", axes=("family",)),
        ["waits for a sweep that varies λ", "waits for a sweep that varies a second axis"],
    ),
    "no G": (
        lambda: keep(quick(), ~(quick().runs["G"] == 2), axes=("family", "M", "lambda")),
        ["error-against-lambda.svg", "waits for a sweep that varies G"],
    ),
    "no baseline": (lambda: dataclasses.replace(change(quick(), baseline=""), baseline={}), ["Error against λ"]),
    "no nuisance": (
        lambda: keep(quick(), quick().runs["optimizer.lr"] == 0.03, nuisance={}),
        ["Nothing is tuned in this sweep"],
    ),
    "one seed": (lambda: quick(seeds=1), ["points (no interval: one seed)", "which flatters"]),
    "one run": (lambda: missing(quick(), quick().runs.index > 0), ["89 of 90 runs are not in yet"]),
    "nothing yet": (lambda: missing(quick(), quick().runs.index >= 0), ["No run has finished", "waits for the first"]),
    "no runs": (lambda: keep(quick(), quick().runs.index < 0), ["No run has finished", "waits for a space"]),
    "half missing": (lambda: missing(quick(), quick().runs.index % 2 == 0), ["settings compared"]),
    "the last third missing": (lambda: missing(quick(), quick().runs.index > 60), ["provisional"]),
    "failures only": (
        lambda: failed(quick(), quick().runs.index >= 0),
        ["No run has succeeded", "None of its runs succeeded", "out of memory"],
    ),
    "some failures": (
        lambda: failed(quick(), quick().runs.index % 7 == 0, EVIL),
        ["13 failed runs", "&lt;script&gt;alert(1)", "of survivors"],
    ),
    "script": (lambda: relabel(quick(), EVIL), ["&lt;script&gt;alert(1)&lt;/script&gt;"]),
    "long": (lambda: relabel(quick(), "x" * 300), ["x" * 80 + "…"]),
    "dollars and more": (lambda: relabel(quick(), "$\\frac{1}{0}$ --> \n 模型 <b>&amp;"), ["&lt;b&gt;&amp;amp;"]),
    "infinite": (
        lambda: change(quick(), error=quick().runs["error"].where(quick().runs.index % 5 > 0, math.inf)),
        ["18 runs diverged"],
    ),
    "not a number": (lambda: change(quick(), error=math.nan, params=math.nan, flops=math.inf), ["No run has"]),
    "zero error": (lambda: change(quick(), error=0.0), ["equal at every seed"]),
    "more seeds of the baseline": (
        lambda: baseline_with_more(quick(9)),
        ["3 seeds and 6 more of the baseline", "6 more seeds of the baseline make", "3 + 6", "moved toward the mean"],
    ),
    "more seeds of the baseline, half missing": (
        lambda: missing(baseline_with_more(quick(9)), baseline_with_more(quick(9)).runs.index % 2 == 0),
        ["settings compared"],
    ),
    "more seeds of baselines, of which some failed": (
        lambda: failed(baseline_with_more(quick(9)), baseline_with_more(quick(9)).runs.index == 7),
        ["1 failed run", "1 failed"],
    ),
    "two widths": (two_widths, ["error-against-lambda-2.svg", "Error against G, width", "never joined"]),
    "two nuisance axes": (
        lambda: dataclasses.replace(change(quick(), decay=0.05), nuisance={**quick().nuisance, "decay": (0.05,)}),
        ["learning rate 0.01, decay 0.05"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_every_sweep_has_a_correct_page(case, tmp_path, lean):
    build, says = CASES[case]
    text = render(build(), tmp_path).page.read_text()
    checker = check(text)
    assert "could not be made" not in text, re.findall("This card could not be made[^<]*", text)
    assert EVIL not in text
    for words in says:
        assert words in text
    for link in checker.links:
        assert link.startswith("#") or link.endswith(("png", "pdf")) or (tmp_path / link).is_file(), link
    assert not re.search(r">\s*(nan|inf|None|NaN)\s*<", text)
    assert any(tmp_path.glob("figures/*")) != ("No run has" in text)


def test_a_card_that_breaks_does_not_take_the_page_down(tmp_path, monkeypatch, lean):
    def bad(study):
        raise RuntimeError(f"no luck {EVIL}")

    class Unsavable:
        axes = ()

        def savefig(self, *args, **kwargs):
            raise OSError("no ink")

    def unsavable(study):
        good = next(iter(front_card.fronts(study)))
        picture = dataclasses.replace(good.picture, name="unsavable", draw=lambda width: Unsavable())
        return [dataclasses.replace(good, picture=picture)]

    def undrawn(study):
        good = next(iter(front_card.fronts(study)))
        picture = dataclasses.replace(good.picture, name="undrawn", draw=lambda width: {}[width])
        return [dataclasses.replace(good, title="Undrawn", picture=picture)]

    cards = [("Bad", bad), ("Unsavable", unsavable), ("Undrawn", undrawn), *contents.CONTENTS]
    monkeypatch.setattr(contents, "CONTENTS", cards)
    rendered = render(quick(), tmp_path)
    assert [line.split(":")[0] for line in rendered.failed] == ["Bad", "Error against cost", "Undrawn"]
    assert all(line.isprintable() for line in rendered.failed)
    text = rendered.page.read_text()
    check(text)
    assert "RuntimeError: no luck &lt;script&gt;" in text
    assert "OSError: no ink" in text
    assert "KeyError: 7.0" in text
    assert text.count("could not be made") == 3
    assert "What was run" in text
    # nothing of them is left beside the page
    assert not {path.stem for path in tmp_path.glob("*/*")} & {"undrawn", "unsavable"}


def test_two_rows_of_one_run_break_cards_not_the_page(tmp_path, lean):
    frame = quick()
    twice = dataclasses.replace(frame, runs=frame.runs.loc[[*frame.runs.index, 0]])
    text = render(twice, tmp_path).page.read_text()
    check(text)
    assert "two runs of" in text


def test_figures_of_an_earlier_page_go(tmp_path, lean):
    render(quick(), tmp_path)
    (tmp_path / "figures" / "notes.txt").write_text("mine")
    render(CASES["no lambda"][0](), tmp_path)
    left = {"beside-the-paper", "families", "fronts", "is-it-the-rate", "isolation", "learning-curves"}
    left.add("tuning-took-away")
    assert {path.name for path in (tmp_path / "figures").iterdir()} == {f"{name}.svg" for name in left} | {"notes.txt"}
    assert {path.name for path in (tmp_path / "data").iterdir()} == {f"{name}.csv" for name in left}
    assert not list(tmp_path.glob(".report-*"))


def test_an_interrupted_report_leaves_the_old_one(tmp_path, monkeypatch, lean):
    old = render(CASES["no lambda"][0](), tmp_path).page.read_bytes()

    def stop(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(page, "_write_points", stop)
    with pytest.raises(KeyboardInterrupt):
        render(CASES["no baseline"][0](), tmp_path)
    assert (tmp_path / "index.html").read_bytes() == old
    assert not list(tmp_path.glob(".report-*"))


def test_inline_svg_keeps_to_itself():
    svg = (
        '<?xml version="1.0"?><!DOCTYPE svg><svg width="1pt" viewBox="0 0 504 198">'
        '<metadata>when</metadata><!-- <script> --><defs><style type="text/css">*{x:y}</style>'
        '<path id="m1"/></defs><use xlink:href="#m1" clip-path="url(#p)"/></svg>'
    )
    got = inline(svg, "card-2", 'a "b" <c>')
    assert 'aria-label="a &#34;b&#34; &lt;c&gt;"' in got
    assert 'id="card-2-m1"' in got
    assert 'href="#card-2-m1"' in got
    assert "url(#card-2-p)" in got
    for noise in ("<?xml", "DOCTYPE", "metadata", "<!--", "<style"):
        assert noise not in got


def test_names_of_points_are_left_as_they_are():
    name = "#0072b2 url(#p) d=&quot;1.23456&quot; id=&quot;x&quot;"
    svg = (
        '<svg viewBox="0 0 504 198"><g clip-path="url(#p)"><use x="1.23456" y="2" style="fill: #0072b2">'
        f'<title>{name}</title></use><use x="3" y="4" style="fill: #0072b2"><title>b</title></use></g></svg>'
    )
    got = inline(svg, "card-2", "")
    assert f"<title>{name}</title>" in got
    assert '<g clip-path="url(#card-2-p)" style="fill: var(--blue)">' in got
    assert '<use x="1.23" y="2">' in got
    assert "var(" not in inline(svg, "card-2", "", themed=False)


def test_what_waits_is_one_list_at_the_end(tmp_path, lean):
    frame = quick()
    runs = frame.runs.assign(status="missing", error=float("nan"))
    text = render(dataclasses.replace(frame, runs=runs), tmp_path).page.read_text()
    check(text)
    sections = re.findall(r'<section id="([^"]*)"', text)
    assert sections[-1] == "waiting"
    before, after = text.split('<section id="waiting"')
    assert "This waits for" not in before
    titles = re.findall(r"<dt>(.*?)</dt>\s*<dd class=\"waits\">This waits for", after)
    assert {"Error against λ", "Error against cost", "Each axis alone"} <= set(titles)
    assert '<a href="#waiting">' in before
    # of a sweep whose runs are all in, only what nobody noted or trained for
    after = render(quick(), tmp_path).page.read_text().split('<section id="waiting"')[1]
    assert re.findall("<dt>(.*?)</dt>", after) == [
        "Error or loss: which separates points",
        "How alike generated kernels are",
    ]
