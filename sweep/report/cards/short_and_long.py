"""The card that lays short training at one setting for all beside long training with each point tuned.

What a short run at one learning rate shows is what most ablations publish; what long training of tuned points shows is
what a reader wants to know. Where the sweep is of the paper's networks its own curve stands beside both.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import pandas as pd

from sweep.analysis.curves import Curves, Line, Panel, Spot, curves
from sweep.analysis.estimates import Estimate, Sample, estimate
from sweep.analysis.length import length_effects
from sweep.analysis.nuisance import tune
from sweep.analysis.rate import rate_effects
from sweep.analysis.study import Study
from sweep.analysis.sweep_frame import SweepFrame
from sweep.analysis.verdict import Compared
from sweep.report import words
from sweep.report.cards.card import Card, Picture
from sweep.report.cards.contrast_names import comparison
from sweep.report.cards.paper import PUBLISHED, of_the_paper
from sweep.report.cards.paper_figure import family_of
from sweep.report.cards.short_and_long_figure import Titled, draw_short_and_long
from sweep.space.published import Row, find_published, read_published


@dataclass(frozen=True)
class _Published:
    """The paper's curve at one width, and how its ends differ."""

    panel: Panel
    width: float
    low: float
    high: float
    difference: float


def cards(study: Study) -> Iterable[Card]:
    """Make the card; none for a sweep of one length, without a setting to tune, or without an axis to draw."""
    frame, axis = study.frame, study.axis
    if len(frame.lengths) < 2 or axis is None or not study.curves:
        return []
    (short, first), (long, last) = (next(iter(frame.lengths.items())), list(frame.lengths.items())[-1])
    title = f"Error against {words.name(axis)}, short and long"
    early = curves(first, tune(first), axis, study.second)
    # a shorter length may be the one that is judged
    late = next(iter(study.curves if last.runs is frame.runs else curves(last, tune(last), axis, study.second)), None)
    nuisance = list(frame.nuisance)
    if not nuisance:
        return []
    shared = next((panel for one in early[:1] for panel in one.panels if panel.setting is not None), None)
    if shared is None or late is None or not (_known(shared) and _known(late.tuned)):
        return [Card(title, waits="This waits for points that differ in the axis, at a shared setting and tuned.")]
    how = words.which(nuisance, shared.setting or ()).strip("()")
    drawn = [
        Titled(f"short: {words.plural(short, 'epoch')}", f"{words.nuisance(nuisance)} {how} for all", shared),
        Titled(f"long: {words.plural(long, 'epoch')}", f"each at its own {words.nuisance(nuisance)}", late.tuned),
    ]
    says = list(_sentences(study, first, short, long))
    paper = _published(frame, axis, late)
    if paper is not None:
        at = f"{words.value(paper.width)}x"
        drawn.append(Titled("the paper", f"ImageNet, {at}, one training each", paper.panel, apart=True))
        ends = f"{words.equal(words.name(axis), paper.high)} vs {words.value(paper.low)}"
        says.append(
            f"In the paper, at {at} on ImageNet, {ends} is {words.signed(paper.difference)} points, one training each."
        )
    both = replace(late, panels=(*(one.panel for one in drawn if one.panel is not late.tuned), late.tuned))
    picture = Picture(
        "short-and-long",
        partial(draw_short_and_long, both, tuple(drawn)),
        _frame(drawn, late),
        f"Line charts of error against {words.name(axis)}. {' '.join(says)}",
    )
    notes = (
        f"Left: the shortest length, all points at the lowest {words.nuisance(nuisance)} of the list. Middle: the "
        f"longest, each point at the {words.nuisance(nuisance)} that is best for it on the other seeds. Dots are "
        "seeds, the dashed line is the baseline.",
        *(("Right: rows of the paper that this sweep has a line for, on a scale of their own.",) if paper else ()),
    )
    return [Card(title, tuple(says), picture, notes=notes)]


def _known(panel: Panel) -> bool:
    return any(spot.errors for line in panel.lines for spot in line.spots)


def _sentences(study: Study, first: SweepFrame, short: int, long: int) -> Iterable[str]:
    """A sentence for each length: the widest contrast of the axis, and that of a family that is drawn to a baseline."""
    drawn = {line.family for line in study.curves[0].tuned.lines}
    of_axis = [one for one in study.compared if one.contrast.axis == study.axis][:1]
    of_families = [one for one in study.compared if one.contrast.axis == "family" and one.contrast.value in drawn][:1]
    asked, nuisance = [*of_axis, *of_families], list(study.frame.nuisance)
    effects = rate_effects(first, tune(first), [one.contrast for one in asked])
    naive = {
        comparison(one.contrast): estimate(one.effects[one.lowest].naive) for one in effects if one.lowest is not None
    }
    lowest = next((one.lowest for one in effects if one.lowest is not None), None)
    if lowest is not None:
        how = f"{words.nuisance(nuisance)} {words.which(nuisance, lowest)} for all"
        yield _told(f"After {words.plural(short, 'epoch')}, {how}", naive)
    tuned = {comparison(one.contrast): _tuned(study, one, long) for one in asked}
    if known := {name: difference for name, difference in tuned.items() if difference is not None}:
        yield _told(f"After {words.plural(long, 'epoch')}, each point tuned", known)


def _tuned(study: Study, one: Compared, long: int) -> Estimate | None:
    """The tuned difference after the longest length: as the finding has it where that is the length that is judged."""
    if study.frame.lengths[long].runs is study.frame.runs:
        return one.difference
    found = length_effects(study.frame, [one.contrast])
    return found[0].effects.get(long) if found else None


def _told(when: str, differences: Mapping[str, Estimate]) -> str:
    clauses = [f"{name}, {words.points_of_error(one, sign=True)}" for name, one in differences.items()]
    over = {f" ({words.seeds(one)})" if one.n > 1 else "" for one in differences.values()}
    if len(over) > 1:
        clauses = [f"{clause} ({words.seeds(one)})" for clause, one in zip(clauses, differences.values(), strict=True)]
    return f"{when}: {'; '.join(clauses)}{over.pop() if len(over) == 1 else ''}."


def _published(frame: SweepFrame, axis: str, ours: Curves) -> _Published | None:
    """The paper's errors against lambda, at the width of which most are known; those that the sweep has a line for."""
    if axis != "lambda" or ours.by not in (None, "G") or words.metric().noun != "error":
        return None
    rows = read_published(find_published(PUBLISHED, "."))
    if not of_the_paper(frame, rows):
        return None
    lines = {(line.family, line.by) for line in ours.tuned.lines}
    by_width: dict[float, list[Row]] = {}
    for row in rows:
        if {"M", "G"} <= row.about.keys() and (family_of(row), row.about["G"] if ours.by else None) in lines:
            by_width.setdefault(float(row.about["width"]), []).append(row)
    if not by_width:
        return None
    width = max(by_width, key=lambda width: len(by_width[width]))
    spots: dict[tuple[str, float | None], list[Spot]] = {}
    for row in by_width[width]:
        key = family_of(row), float(row.about["G"]) if ours.by else None
        at = float(row.about["M"]) / float(row.about["G"])
        spots.setdefault(key, []).append(Spot(row.label, at, Sample({0: row.error}), 1))
    drawn = tuple(
        Line(family, by, tuple(sorted(found, key=lambda spot: spot.x)))
        for (family, by), found in sorted(spots.items(), key=lambda item: (item[0][0], item[0][1] or 0.0))
    )
    longest = max(drawn, key=lambda line: len(line.spots))
    first, last = longest.spots[0], longest.spots[-1]
    if first.x == last.x:
        return None
    static = [row for row in rows if family_of(row) == "static" and row.about["width"] == width]
    level = Spot(static[0].label, float("nan"), Sample({0: static[0].error}), 1) if static else None
    return _Published(Panel(None, drawn, level), width, first.x, last.x, last.mean - first.mean)


def _frame(drawn: Sequence[Titled], ours: Curves) -> pd.DataFrame:
    """A row each dot: which panel, family, the value of the second axis, x, point, seed, error."""
    by = ours.by or "line"
    rows: list[tuple[object, ...]] = []
    for one in drawn:
        lines: list[tuple[str, object, Sequence[Spot]]] = [
            (line.family, line.by, line.spots) for line in one.panel.lines
        ]
        if one.panel.level:
            lines.append(("baseline", None, (one.panel.level,)))
        rows += [
            (one.head, one.title, family, value, spot.x, spot.point, "" if one.apart else seed, error)
            for family, value, spots in lines
            for spot in spots
            for seed, error in spot.errors.items()
        ]
    return pd.DataFrame(rows, columns=["length", "setting", "family", by, ours.x, "point", "seed", "error"])
