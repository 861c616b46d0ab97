"""The card that compares short training at one setting for all with long training of tuned points.

Most ablations publish short runs at one learning rate; a reader wants to know the result of long training of tuned
points. For a sweep of the paper's networks the paper's own curve is shown beside both.
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
    shared = next((panel for curve in early[:1] for panel in curve.panels if panel.setting is not None), None)
    if shared is None or late is None or not (_known(shared) and _known(late.tuned)):
        return [Card(title, waits="This waits for points that differ in the axis, at a shared setting and tuned.")]
    rate = words.which(nuisance, shared.setting or ()).strip("()")
    panels = [
        Titled(f"short: {words.plural(short, 'epoch')}", f"{words.nuisance(nuisance)} {rate} for all", shared),
        Titled(f"long: {words.plural(long, 'epoch')}", f"each at its own {words.nuisance(nuisance)}", late.tuned),
    ]
    sentences = list(_sentences(study, first, short, long))
    paper = _published(frame, axis, late)
    if paper is not None:
        at = f"{words.value(paper.width)}x"
        panels.append(Titled("the paper", f"ImageNet, {at}, one training each", paper.panel, apart=True))
        ends = f"{words.equal(words.name(axis), paper.high)} vs {words.value(paper.low)}"
        sentences.append(
            f"In the paper, at {at} on ImageNet, {ends} is {words.signed(paper.difference)} points, one training each."
        )
    shown = replace(late, panels=(*(titled.panel for titled in panels if titled.panel is not late.tuned), late.tuned))
    picture = Picture(
        "short-and-long",
        partial(draw_short_and_long, shown, tuple(panels)),
        _frame(panels, late),
        f"Line charts of error against {words.name(axis)}. {' '.join(sentences)}",
    )
    notes = (
        f"Left: the shortest length, all points at the lowest {words.nuisance(nuisance)} of the list. Middle: the "
        f"longest, each point at the {words.nuisance(nuisance)} that is best for it on the other seeds. Dots are "
        "seeds, the dashed line is the baseline.",
        *(("Right: rows of the paper that this sweep has a line for, on a scale of their own.",) if paper else ()),
    )
    return [Card(title, tuple(sentences), picture, notes=notes)]


def _known(panel: Panel) -> bool:
    return any(spot.errors for line in panel.lines for spot in line.spots)


def _sentences(study: Study, first: SweepFrame, short: int, long: int) -> Iterable[str]:
    """A sentence for each length: the widest contrast of the axis, and that of a family that is drawn to a baseline."""
    drawn_families = {line.family for line in study.curves[0].tuned.lines}
    of_axis = [compared for compared in study.compared if compared.contrast.axis == study.axis][:1]
    of_families = [
        compared
        for compared in study.compared
        if compared.contrast.axis == "family" and compared.contrast.value in drawn_families
    ][:1]
    comparisons, nuisance = [*of_axis, *of_families], list(study.frame.nuisance)
    effects = rate_effects(first, tune(first), [compared.contrast for compared in comparisons])
    naive = {
        comparison(effect.contrast): estimate(effect.effects[effect.lowest].naive)
        for effect in effects
        if effect.lowest is not None
    }
    lowest = next((effect.lowest for effect in effects if effect.lowest is not None), None)
    if lowest is not None:
        rate = f"{words.nuisance(nuisance)} {words.which(nuisance, lowest)} for all"
        yield _length_sentence(f"After {words.plural(short, 'epoch')}, {rate}", naive)
    tuned = {comparison(compared.contrast): _tuned(study, compared, long) for compared in comparisons}
    if finished := {name: difference for name, difference in tuned.items() if difference is not None}:
        yield _length_sentence(f"After {words.plural(long, 'epoch')}, each point tuned", finished)


def _tuned(study: Study, compared: Compared, long: int) -> Estimate | None:
    """The tuned difference after the longest length; it equals the finding's if that length is the one judged."""
    if study.frame.lengths[long].runs is study.frame.runs:
        return compared.difference
    effects = length_effects(study.frame, [compared.contrast])
    return effects[0].effects.get(long) if effects else None


def _length_sentence(when: str, differences: Mapping[str, Estimate]) -> str:
    clauses = [f"{name}, {words.points_of_error(difference, sign=True)}" for name, difference in differences.items()]
    over = {f" ({words.seeds(difference)})" if difference.n > 1 else "" for difference in differences.values()}
    if len(over) > 1:
        clauses = [
            f"{clause} ({words.seeds(difference)})"
            for clause, difference in zip(clauses, differences.values(), strict=True)
        ]
    return f"{when}: {'; '.join(clauses)}{over.pop() if len(over) == 1 else ''}."


def _published(frame: SweepFrame, axis: str, tuned_curves: Curves) -> _Published | None:
    """The paper's errors against lambda for the lines of the sweep, at the width with most rows."""
    if axis != "lambda" or tuned_curves.by not in (None, "G") or words.metric().noun != "error":
        return None
    rows = read_published(find_published(PUBLISHED, "."))
    if not of_the_paper(frame, rows):
        return None
    lines = {(line.family, line.by) for line in tuned_curves.tuned.lines}
    by_width: dict[float, list[Row]] = {}
    for row in rows:
        if {"M", "G"} <= row.about.keys() and (family_of(row), row.about["G"] if tuned_curves.by else None) in lines:
            by_width.setdefault(float(row.about["width"]), []).append(row)
    if not by_width:
        return None
    width = max(by_width, key=lambda width: len(by_width[width]))
    spots: dict[tuple[str, float | None], list[Spot]] = {}
    for row in by_width[width]:
        key = family_of(row), float(row.about["G"]) if tuned_curves.by else None
        at = float(row.about["M"]) / float(row.about["G"])
        spots.setdefault(key, []).append(Spot(row.label, at, Sample({0: row.error}), 1))
    published_lines = tuple(
        Line(family, by, tuple(sorted(spots_of_line, key=lambda spot: spot.x)))
        for (family, by), spots_of_line in sorted(spots.items(), key=lambda item: (item[0][0], item[0][1] or 0.0))
    )
    longest = max(published_lines, key=lambda line: len(line.spots))
    first, last = longest.spots[0], longest.spots[-1]
    if first.x == last.x:
        return None
    static = [row for row in rows if family_of(row) == "static" and row.about["width"] == width]
    level = Spot(static[0].label, float("nan"), Sample({0: static[0].error}), 1) if static else None
    return _Published(Panel(None, published_lines, level), width, first.x, last.x, last.mean - first.mean)


def _frame(panels: Sequence[Titled], tuned_curves: Curves) -> pd.DataFrame:
    """Tabulate the dots, a row each: panel, family, value of the second axis, x, point, seed, error."""
    by = tuned_curves.by or "line"
    rows: list[tuple[object, ...]] = []
    for titled in panels:
        lines: list[tuple[str, object, Sequence[Spot]]] = [
            (line.family, line.by, line.spots) for line in titled.panel.lines
        ]
        if titled.panel.level:
            lines.append(("baseline", None, (titled.panel.level,)))
        rows += [
            (titled.head, titled.title, family, value, spot.x, spot.point, "" if titled.apart else seed, error)
            for family, value, spots in lines
            for spot in spots
            for seed, error in spot.errors.items()
        ]
    return pd.DataFrame(rows, columns=["length", "setting", "family", by, tuned_curves.x, "point", "seed", "error"])
