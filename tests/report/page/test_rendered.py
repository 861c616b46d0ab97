"""A page that is up to date is not rendered again, and one that is not, always is."""

import subprocess
import sys
import time

import pytest
from ledgers import describe, result

from report.test_ledgers import SPACE
from sweep import api, report
from sweep.costs import plan
from sweep.engine.ledger import Ledger
from sweep.engine.runs import wanted
from sweep.report.page.rendered import STAMP, Sources, stamp, up_to_date
from sweep.space import Space

SMALL = {**SPACE, "grid": [{"family": ["static", "se"]}], "nuisance": {}}


@pytest.fixture
def page(tmp_path):
    """A ledger with notes, and a folder with a page of it."""
    (tmp_path / "sweep").mkdir()
    (tmp_path / "sweep" / "ledger.sqlite").write_bytes(b"runs")
    (tmp_path / "sweep" / "test.json").write_text("{}")
    out = tmp_path / "page"
    for folder in ("figures", "data"):
        (out / folder).mkdir(parents=True)
    for name in ("index.html", "points.csv", "figures/a.svg", "figures/a.pdf", "data/a.csv"):
        (out / name).write_text(name)
    (out / "mine.txt").write_text("mine")
    return tmp_path / "sweep" / "ledger.sqlite", out


def sources(ledger, trust=True):
    return Sources.of(ledger, trust)


def test_what_was_stamped_is_up_to_date(page):
    ledger, out = page
    assert not up_to_date(out, sources(ledger))
    stamp(out, sources(ledger))
    assert up_to_date(out, sources(ledger))
    (out / "mine.txt").write_text("yours")
    assert up_to_date(out, sources(ledger))


@pytest.mark.parametrize("name", ["index.html", "points.csv", "figures/a.svg", "figures/a.pdf", "data/a.csv", STAMP])
@pytest.mark.parametrize("how", ["gone", "edited", "emptied", "a folder"])
def test_a_file_that_is_not_as_it_was_written_is_noticed(page, name, how):
    ledger, out = page
    stamp(out, sources(ledger))
    file = out / name
    text = file.read_text()
    file.unlink()
    if how == "a folder":
        file.mkdir()
    elif how != "gone":
        file.write_text({"edited": text.replace("a", "b", 1) + " ", "emptied": ""}[how])
    # spaces at the end of the stamp change nothing that it says; another letter does
    assert not up_to_date(out, sources(ledger))


@pytest.mark.parametrize("what", ["ledger", "note", "new note", "weights", "trust", "code", "library"])
def test_a_source_that_changed_is_noticed(page, what, tmp_path, monkeypatch):
    ledger, out = page
    stamp(out, sources(ledger))
    trust = True
    if what == "ledger":
        ledger.write_bytes(b"rums")
    elif what == "note":
        (ledger.parent / "test.json").write_text("{ }")
    elif what == "new note":
        (ledger.parent / "weights.json").write_text("[]")
    elif what == "weights":
        (ledger.parent / "weights").mkdir()
        (ledger.parent / "weights" / "0a.pt").write_bytes(b"")
    elif what == "trust":
        trust = False
    elif what == "code":
        (tmp_path / "package").mkdir()
        (tmp_path / "package" / "page.css").write_text("p {}")
        monkeypatch.setattr("sweep.report.page.rendered._PACKAGE", tmp_path / "package")
    else:
        monkeypatch.setattr("sweep.report.page.rendered.metadata.version", lambda name: "0")
    assert not up_to_date(out, sources(ledger, trust))


def test_sources_that_cannot_be_read_are_none(page):
    ledger, out = page
    stamp(out, sources(ledger))
    ledger.unlink()
    assert sources(ledger) is None


def test_a_stamp_that_cannot_be_written_stops_nothing(page):
    ledger, out = page
    (out / STAMP).mkdir()
    stamp(out, sources(ledger))
    assert not up_to_date(out, sources(ledger))


@pytest.fixture
def finished(tmp_path, monkeypatch):
    """The space of a sweep whose runs are all in."""
    monkeypatch.chdir(tmp_path)
    space = Space.parse(SMALL)
    planned = plan(space, traced=False)
    with Ledger.create(tmp_path / "results" / "made" / "ledger.sqlite") as ledger:
        describe(ledger, planned)
        ledger.record([result(run, error=5.0 + run.seed) for run in wanted(planned)])
    return space


@pytest.fixture
def rendered(monkeypatch):
    """How often a page was rendered."""
    from sweep.report.page import render as page

    times = []

    def render(frame, out, draw=page.render):
        times.append(out)
        return draw(frame, out)

    monkeypatch.setattr(report, "render", render, raising=False)
    return times


def test_a_second_run_renders_nothing_that_has_not_changed(finished, rendered, tmp_path, lean):
    first = api.run(finished, inline=True)
    assert len(rendered) == 1
    text = first.page.read_bytes()
    assert api.run(finished, inline=True).page == first.page
    assert len(rendered) == 1
    (tmp_path / "reports" / "made" / "points.csv").write_text("point\n")
    api.run(finished, inline=True)
    assert len(rendered) == 2
    assert first.page.read_bytes() == text
    api.run(finished, inline=True)
    assert len(rendered) == 2
    with Ledger.create(tmp_path / "results" / "made" / "ledger.sqlite") as ledger:
        (run, *_) = wanted(plan(finished, traced=False))
        ledger._connection.execute("UPDATE runs SET error = 9.5 WHERE key = ?", [run.key])
        ledger._connection.commit()
    api.run(finished, inline=True)
    assert len(rendered) == 3
    assert first.page.read_bytes() != text


def test_a_page_with_a_card_that_failed_is_rendered_again(finished, rendered, monkeypatch, lean):
    from sweep.report.page import contents

    def bad(study):
        raise ValueError("no luck")

    with monkeypatch.context() as patched:
        patched.setattr(contents, "CONTENTS", [("Bad", bad)])
        assert api.run(finished, inline=True).failed_cards == ("Bad: This card could not be made: ValueError: no luck",)
    assert api.run(finished, inline=True).failed_cards == ()
    assert len(rendered) == 2


def test_a_page_that_is_up_to_date_needs_neither_pandas_nor_matplotlib(finished, tmp_path, lean):
    api.run(finished, inline=True)
    code = f"""
import sys
from sweep import run, Space
run(Space.parse({SMALL!r}), inline=True)
print([name for name in ("pandas", "matplotlib", "sweep.analysis.study") if name in sys.modules])
"""
    started = time.perf_counter()
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert ended.stdout == "[]\n"
    # a second on an idle machine
    assert time.perf_counter() - started < 15
