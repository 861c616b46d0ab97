"""Cards of error against an axis, and of error against cost."""

import re
from collections.abc import Iterable, Sequence

from sweep.analysis.curves import Curves
from sweep.analysis.replicates import Estimate
from sweep.analysis.study import Study
from sweep.report import words
from sweep.report.cards import Card, Cell, Column, Picture, Table
from sweep.report.curve_figures import draw_curves, draw_tuned, shown
from sweep.report.front_figure import draw_fronts
from sweep.report.headline import axis_sentences, taken_sentence

#: More curves than these, of points that differ in other axes, would hide the rest of the page.
MOST = 6

_DRAWN = (
    "Faint dots are seeds, lines join their means, a hollow mark lacks a seed (failed, or not in yet). "
    "The dashed line is the baseline, its band runs from its lowest seed to its highest."
)


def main_axis(study: Study) -> Iterable[Card]:
    """Make the card of error against the main axis: at shared settings, and tuned for each point."""
    title = f"Error against {words.name(study.axis or 'lambda')}"
    if study.axis is None:
        return [Card(title, waits="This waits for a sweep that varies λ or another numeric axis.")]
    nuisance = list(study.frame.nuisance)
    found = []
    for i, curves in enumerate(study.curves[:MOST]):
        if (waits := _waits(curves)) is not None:
            found.append(Card(_title(title, curves), waits=waits))
            continue
        picture = Picture(
            _stem(study.axis, i),
            draw_curves(curves, nuisance),
            curves.to_frame(nuisance),
            _alt(curves, tuned=False),
        )
        table = _spread_table(curves, nuisance)
        says = [*axis_sentences(curves, nuisance)[:1], taken_sentence(curves, nuisance)]
        found.append(
            Card(
                _title(title, curves),
                tuple(filter(None, says)) or (f"One line a {_by(curves)}.",),
                picture,
                (table,) if table else (),
                _notes(study, curves, nuisance, i),
            )
        )
    return found


def second_axis(study: Study) -> Iterable[Card]:
    """Make the card of error against the second axis, one line a value of the main one, tuned."""
    if study.second is None:
        name = words.name("G" if study.axis == "lambda" else study.second or "a second axis")
        return [Card(f"Error against {name}", waits=f"This waits for a sweep that varies {name}.")]
    title = f"Error against {words.name(study.second)}"
    nuisance = list(study.frame.nuisance)
    found = []
    for i, curves in enumerate(study.across[:MOST]):
        if (waits := _waits(curves)) is not None:
            found.append(Card(_title(title, curves), waits=waits))
            continue
        own = f", each point at its own {words.nuisance(nuisance)}" if len(curves.panels) > 1 else ""
        says = [*axis_sentences(curves, nuisance)[:1], f"One line a {_by(curves)}{own}."]
        picture = Picture(
            _stem(study.second, i), draw_tuned(curves), curves.to_frame(nuisance), _alt(curves, tuned=True)
        )
        found.append(Card(_title(title, curves), tuple(says), picture, notes=_notes(study, curves, nuisance, i)))
    return found


def fronts(study: Study) -> Iterable[Card]:
    """Make the card of error against FLOPs and params, with the points that no other beats in both."""
    title = "Error against cost"
    table = study.table
    if not (table["n"] > 0).any():
        return [Card(title, waits="This waits for the first run to finish.")]
    says = []
    for cost, name in (("flops", "FLOPs"), ("params", "parameters")):
        on = table[table[f"front_{cost}"]].sort_values([cost, "point"])
        if len(on) == 0:
            says.append(f"No point without a failed seed has both an error and its {name}.")
            continue
        labels = [words.shorten(label, 40) for label in on["point"].tolist()]
        listed = words.several(labels) if len(labels) <= 6 else f"from {labels[0]} to {labels[-1]}"
        says.append(
            f"In {name}, {len(on)} of {len(table)} points {'is' if len(on) == 1 else 'are'} beaten by no other "
            f"in both error and cost: {listed}."
        )
    failed = int((table["n_failed"] > 0).sum())
    notes = [
        "Mean error of each point at its own setting; bars are one standard deviation over seeds. "
        "FLOPs are multiply-adds per sample. A front of means knows nothing of their noise: where bars overlap, "
        "another set of seeds may well draw another front.",
    ]
    if failed:
        notes.append(
            f"{words.plural(failed, 'point')} with a failed seed cannot be on the front: its mean is of survivors."
        )
    seeds = len(study.frame.seeds)
    columns = ["point", *study.frame.axes, "flops", "params", "mean", "sd", "n", "n_failed"]
    data = table[[*columns, "front_flops", "front_params"]]
    picture = Picture(
        "fronts",
        draw_fronts(table, ["flops", "params"], seeds),
        data,
        f"Scatter plots of error against cost. {' '.join(says)}",
    )
    return [Card(title, tuple(says), picture, notes=tuple(notes))]


def _title(title: str, curves: Curves) -> str:
    return f"{title}, {words.shorten(words.fixed(curves.fixed), 120)}" if curves.fixed else title


def _by(curves: Curves) -> str:
    return words.name(curves.by) if curves.by else "family"


def _stem(axis: str, i: int) -> str:
    safe = re.sub(r"[^A-Za-z0-9_.]+", "-", axis)[:60]
    return f"error-against-{safe}" + (f"-{i + 1}" if i else "")


def _waits(curves: Curves) -> str | None:
    if not any(spot.errors for panel in curves.panels for line in panel.lines for spot in line.spots):
        return "This waits for the first of its runs to finish."
    return None


def _alt(curves: Curves, tuned: bool) -> str:
    """Tell the tuned curve point by point."""
    lines = []
    for line in curves.tuned.lines:
        name = words.equal(words.name(curves.by), line.by) if curves.by else line.family
        spots = ", ".join(f"{words.number(s.mean)} at {words.value(s.x)}" for s in line.spots)
        lines.append(f"{name}: {spots}.")
    level = curves.tuned.level
    base = f" Baseline {level.point}: {words.number(level.mean)}." if level else ""
    panels = "" if tuned or len(curves.panels) == 1 else f" in {len(shown(curves))} panels"
    what = f"Line chart of error in per cent against {words.name(curves.x)}{panels}."
    return words.shorten(f"{what} Tuned means: {' '.join(lines)}{base}", 1200)


def _notes(study: Study, curves: Curves, nuisance: Sequence[str], i: int) -> tuple[str, ...]:
    notes = [_DRAWN]
    if len(curves.panels) > 1:
        what = words.nuisance(nuisance)
        notes.append(f"Tuned: at each seed, a point has the {what} that was best for it on the other seeds.")
        if (panels := len(shown(curves))) < len(curves.panels):
            notes.append(
                f"Of {len(curves.panels) - 1} shared settings the first, the middle and the last are drawn "
                f"({panels - 1}); the data hold all."
            )
    total = len(study.curves)
    if curves.fixed:
        notes.append(
            "Points that differ in another axis are never joined: each of its values has a card of its own"
            + (f", of which the first {MOST} of {total} are shown." if total > MOST else ".")
        )
    if curves.tuned.level is None and any(study.table["baseline"] != ""):
        notes.append("These points have different baselines, so no level is drawn.")
    missing = [line for line in curves.tuned.lines if len(line.spots) == 1 and len(curves.tuned.lines) > 1]
    if missing and i == 0:
        notes.append(f"{words.plural(len(missing), 'line')} with a single point is drawn as its mark alone.")
    return tuple(notes)


def _spread_table(curves: Curves, nuisance: Sequence[str]) -> Table | None:
    """Tabulate the spread of each line under each setting, and what tuning took away."""
    tuned = [spread for spread in curves.spreads if spread.setting is None]
    if len(curves.panels) == 1 or not tuned:
        return None
    lines = [spread.line for spread in tuned]
    columns = [Column(words.nuisance(nuisance), numeric=False)]
    for line in lines:
        name = "mean of lines"
        if line is not None:
            name = words.equal(words.name(curves.by), line[1]) if curves.by else line[0] or "spread"
        columns.append(Column(words.shorten(name, 40)))
    columns.append(Column("taken away by tuning", hint=f"of {columns[-1].title}"))
    rows = []
    for panel in curves.panels:
        by_line = {spread.line: spread for spread in curves.spreads if spread.setting == panel.setting}
        cells = [Cell("tuned for each point", mark="best")]
        if panel.setting is not None:
            text = words.which(nuisance, panel.setting).strip("()")
            cells = [Cell(f"{text} for all")]
        cells += [_estimate(by_line[line].spread) for line in lines]
        cells.append(Cell("") if panel.setting is None else _estimate(by_line[lines[-1]].taken))
        rows.append(tuple(cells))
    first = tuned[-1]
    caption = (
        f"Error at {words.equal(words.name(curves.x), first.x_low)} less error at {words.value(first.x_high)}, "
        "in points, paired by seed, with 95 % intervals"
    )
    return Table(caption, tuple(columns), tuple(rows))


def _estimate(found: Estimate) -> Cell:
    text = f"{words.signed(found.mean)}{words.interval(found.low, found.high)}" if found.n else "–"
    return Cell(text, found.mean)
