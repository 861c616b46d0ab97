"""The card of how much of a target's order the sweep tells: at each shared setting, and tuned."""

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from sweep.analysis.fidelity import ReferenceValue, published
from sweep.analysis.nuisance import settings
from sweep.analysis.ranked import judged
from sweep.analysis.replicates import shared_samples
from sweep.analysis.samples import Sample
from sweep.analysis.study import Study
from sweep.analysis.truth import FEWEST, FEWEST_BEST, TauB, Truth, as_arrays, truth
from sweep.report import words
from sweep.report.cards.card import Card, Cell, Column, Table
from sweep.report.cards.paper import of_the_paper
from sweep.space.published import find_published, read_published

TITLE = "How much of the target’s order it tells"
#: The rows that ship.
PUBLISHED = "imagenet"


def cards(study: Study) -> Iterable[Card]:
    """Make the card; none without a target."""
    target = _target(study)
    if target is None:
        return []
    name, told = target
    rows = _truths(study, told)
    if not rows:
        return [Card(TITLE, waits=f"This waits for {FEWEST} finished points that {name} knows.")]
    says = [
        _sentence(name, rows, bool(study.frame.nuisance)),
        *_rates_sentence(rows),
        _beside_sentence(name, rows),
        _pairs_sentence(rows),
    ]
    notes = [
        "Agreement is Kendall’s τ-b, with 95 % intervals from drawing points and the noise of their means anew. The "
        "ceiling is what these seeds would reach if the target were the sweep’s own true order. A pair is decided "
        "where its own 95 % interval excludes zero; targets closer than they can be read are ties.",
        "Whoever picks a proxy, or a rate, by its agreement with a target picks what suits these points: it has to be "
        "confirmed on points that were not looked at.",
    ]
    if rows["tuned"].best is None:
        least = 10 * (FEWEST_BEST - 1) + 1
        notes.append(f"The best tenth is told from {least} points on, where it is {FEWEST_BEST}.")
    return [Card(TITLE, tuple(filter(None, says)), tables=(_table(name, rows),), notes=tuple(notes))]


def _target(study: Study) -> tuple[str, Mapping[str, ReferenceValue]] | None:
    """The name of what is known of the points from elsewhere, and what it says; the paper's rows without `truth`."""
    if study.frame.truth:
        return "the target", {point: ReferenceValue(*known) for point, known in study.frame.truth.items()}
    rows = read_published(find_published(PUBLISHED, ""))
    if not of_the_paper(study.frame, rows):
        return None
    references = published(judged(study.table), rows)
    name = max(references, key=lambda key: len(references[key]), default=None)
    return None if name is None else (name, references[name])


def _truths(study: Study, told: Mapping[str, ReferenceValue]) -> dict[str, Truth]:
    """What the sweep tells of the target, by how points are judged; empty if too few are known."""
    fit = judged(study.table)
    params = dict(zip(fit["point"], fit["params"].astype(float), strict=True))
    names = list(study.frame.nuisance)
    ways: dict[str, Mapping[str, Sample]] = {}
    if len(every := settings(study.frame)) > 1:
        shared = shared_samples(study.frame)
        ways = {words.setting(names, setting): shared[setting] for setting in every if setting in shared}
    ways["tuned"] = study.tuned.samples
    found = {}
    for way, samples in ways.items():
        known = {point: samples[point] for point in fit["point"] if point in samples}
        points, errors, left_out, target, tolerance = as_arrays(known, told, study.frame.seeds)
        sizes = np.array([params[point] for point in points])
        made = truth(errors, target, tolerance, sizes, left_out) if points else None
        if made is not None:
            found[way] = made
    return found if "tuned" in found else {}


def _tau(found: TauB | None) -> str:
    return "–" if found is None else words.ranking(found)


def _sentence(name: str, rows: Mapping[str, Truth], tuning: bool) -> str:
    tuned = rows["tuned"]
    best = f", and of {_tau(tuned.best)} over the best {tuned.best.points} of them" if tuned.best else ""
    ceiling = f"; noise alone would allow {words.number(tuned.ceiling, 2)}" if math.isfinite(tuned.ceiling) else ""
    whose = "With each point tuned, its" if tuning else "Its"
    return (
        f"{whose} order agrees with {name} by a τ-b of {_tau(tuned.overall)} over "
        f"{tuned.overall.points} points{best}{ceiling}."
    )


def _rates_sentence(rows: Mapping[str, Truth]) -> list[str]:
    shared = [f"{words.number(found.overall.value, 2)} with {way}" for way, found in rows.items() if way != "tuned"]
    return [f"With one setting for all: {words.several(shared)}."] if 0 < len(shared) <= 12 else []


def _beside_sentence(name: str, rows: Mapping[str, Truth]) -> str | None:
    params = rows["tuned"].params
    if not math.isfinite(params):
        return None
    return f"The number of parameters alone agrees with {name} by {words.number(params, 2)}."


def _pairs_sentence(rows: Mapping[str, Truth]) -> str | None:
    pairs = rows["tuned"].pairs
    if not pairs.pairs:
        return None
    if not pairs.decided:
        return f"None of the {words.plural(pairs.pairs, 'pair')} that the target tells apart is decided here."
    share = words.number(100 * pairs.decided / pairs.pairs, 0)
    return (
        f"Of {words.plural(pairs.pairs, 'pair')} that the target tells apart {share} % are decided here, and of these "
        f"{words.plural(pairs.decided, 'pair')} {words.count(pairs.right)} as on the target."
    )


def _table(name: str, rows: Mapping[str, Truth]) -> Table:
    whole = any(found.best for found in rows.values())
    heads = [Column("judged", numeric=False), Column("τ-b, all points"), Column("ceiling", hint="what noise allows")]
    heads += [Column("τ-b, best tenth"), Column("its ceiling")] * whole
    heads += [Column("pairs decided, %"), Column("of these right, %")]
    made = [(Cell(way), *_cells(found, whole)) for way, found in rows.items()]
    tuned = rows["tuned"]
    if math.isfinite(tuned.params):
        blank = Cell("–")
        best = (_number(tuned.best_params), blank) if whole else ()
        made.append((Cell("by parameters alone"), _number(tuned.params), blank, *best, blank, blank))
    return Table(f"Agreement with {name}, with 95 % intervals", tuple(heads), tuple(made))


def _cells(found: Truth, whole: bool) -> Sequence[Cell]:
    pairs = found.pairs
    decided = 100 * pairs.decided / pairs.pairs if pairs.pairs else math.nan
    right = 100 * pairs.right / pairs.decided if pairs.decided else math.nan
    best = (Cell(_tau(found.best)), _number(found.best_ceiling)) if whole else ()
    overall = Cell(_tau(found.overall), found.overall.value)
    return (overall, _number(found.ceiling), *best, _number(decided, 0), _number(right, 0))


def _number(value: float, digits: int = 2) -> Cell:
    return Cell(words.number(value, digits), value)
