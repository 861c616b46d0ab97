"""The card of how well the sweep reproduces a target's order: at each shared setting, and tuned."""

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from sweep.analysis.fidelity import ReferenceValue, published
from sweep.analysis.nuisance import settings
from sweep.analysis.ranked import judged
from sweep.analysis.replicates import shared_samples
from sweep.analysis.samples import Sample
from sweep.analysis.study import Study
from sweep.analysis.truth import FEWEST, FEWEST_BEST, FEWEST_DRAWN, TauB, Truth, as_arrays, truth
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
    name, reference = target
    rows = _truths(study, reference)
    labels = set(study.table["point"])
    unknown = [point for point in study.frame.truth if point not in labels]
    if not rows:
        known = f"; it has {len(reference) - len(unknown)} of this sweep" if unknown else ""
        return [Card(TITLE, waits=f"This waits for {FEWEST} finished points that {name} knows{known}.")]
    sentences = [
        _sentence(name, rows, bool(study.frame.nuisance)),
        *_rates_sentence(rows),
        _beside_sentence(name, rows),
        _pairs_sentence(rows),
    ]
    notes = [
        "Agreement is Kendall’s τ-b, with 95 % intervals from drawing points and the noise of their means anew. The "
        "ceiling is what these seeds would reach if the target were the sweep’s own true order. A pair is decided "
        "where its own 95 % interval excludes zero; targets closer than they can be read are ties.",
        "A proxy, or a rate, that is chosen by its agreement with a target fits these points: confirm it on other "
        "points.",
    ]
    if unknown:
        count = f"{words.plural(len(unknown), 'row')} of truth {'is' if len(unknown) == 1 else 'are'}"
        notes.append(f"{count} about no point of this sweep, such as {words.shorten(unknown[0], 60)}.")
    if math.isnan(rows["tuned"].overall.low):
        notes.append(
            f"Intervals need {FEWEST_DRAWN} points with two seeds, and draws that do not all have the same order."
        )
    if rows["tuned"].best is None:
        fewest = 10 * (FEWEST_BEST - 1) + 1
        notes.append(f"The best tenth is told from {fewest} points on, where it is {FEWEST_BEST}.")
    return [Card(TITLE, tuple(filter(None, sentences)), tables=(_table(name, rows),), notes=tuple(notes))]


def _target(study: Study) -> tuple[str, Mapping[str, ReferenceValue]] | None:
    """The target's name and its errors by point: `truth` of the space, or the paper's rows; None without either."""
    if study.frame.truth:
        return "the target", {point: ReferenceValue(*value) for point, value in study.frame.truth.items()}
    rows = read_published(find_published(PUBLISHED, ""))
    if not of_the_paper(study.frame, rows):
        return None
    references = published(judged(study.table), rows)
    name = max(references, key=lambda key: len(references[key]), default=None)
    return None if name is None else (name, references[name])


def _truths(study: Study, reference: Mapping[str, ReferenceValue]) -> dict[str, Truth]:
    """The agreement with the target, at each shared setting and tuned; empty if it has too few points."""
    fit = judged(study.table)
    params = dict(zip(fit["point"], fit["params"].astype(float), strict=True))
    names = list(study.frame.nuisance)
    by_way: dict[str, Mapping[str, Sample]] = {}
    if len(all_settings := settings(study.frame)) > 1:
        shared = shared_samples(study.frame)
        by_way = {words.setting(names, setting): shared[setting] for setting in all_settings if setting in shared}
    by_way["tuned"] = study.tuned.samples
    truths = {}
    for way, samples in by_way.items():
        judged_samples = {point: samples[point] for point in fit["point"] if point in samples}
        points, errors, left_out, target, tolerance = as_arrays(judged_samples, reference, study.frame.seeds)
        sizes = np.array([params[point] for point in points])
        agreement = truth(errors, target, tolerance, sizes, left_out) if points else None
        if agreement is not None:
            truths[way] = agreement
    return truths if "tuned" in truths else {}


def _tau(agreement: TauB | None) -> str:
    return "–" if agreement is None else words.ranking(agreement)


def _sentence(name: str, rows: Mapping[str, Truth], tuning: bool) -> str:
    tuned = rows["tuned"]
    best = f", and of {_tau(tuned.best)} over the best {tuned.best.points} of them" if tuned.best else ""
    ceiling = f"; noise alone would allow {words.number(tuned.ceiling, 2)}" if math.isfinite(tuned.ceiling) else ""
    subject = "With each point tuned, its" if tuning else "Its"
    return (
        f"{subject} order agrees with {name} by a τ-b of {_tau(tuned.overall)} over "
        f"{tuned.overall.points} points{best}{ceiling}."
    )


def _rates_sentence(rows: Mapping[str, Truth]) -> list[str]:
    every = rows["tuned"].overall.points
    shared = [
        f"{words.number(agreement.overall.value, 2)} with {_over(way, agreement, every)}"
        for way, agreement in rows.items()
        if way != "tuned"
    ]
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
    has_best = any(agreement.best for agreement in rows.values())
    heads = [Column("judged", numeric=False), Column("τ-b, all points"), Column("ceiling", hint="what noise allows")]
    heads += [Column("τ-b, best tenth"), Column("its ceiling")] * has_best
    heads += [Column("pairs decided, %"), Column("of these right, %")]
    tuned = rows["tuned"]
    cells = [
        (Cell(_over(way, agreement, tuned.overall.points)), *_cells(agreement, has_best))
        for way, agreement in rows.items()
    ]
    if math.isfinite(tuned.params):
        blank = Cell("–")
        best = (_number(tuned.best_params), blank) if has_best else ()
        cells.append((Cell("by parameters alone"), _number(tuned.params), blank, *best, blank, blank))
    return Table(f"Agreement with {name}, with 95 % intervals", tuple(heads), tuple(cells))


def _over(way: str, agreement: Truth, usual: int) -> str:
    """The name of a row, with its number of points where that is not the usual one."""
    return way if agreement.overall.points == usual else f"{way}, {agreement.overall.points} points"


def _cells(agreement: Truth, has_best: bool) -> Sequence[Cell]:
    pairs = agreement.pairs
    decided = 100 * pairs.decided / pairs.pairs if pairs.pairs else math.nan
    right = 100 * pairs.right / pairs.decided if pairs.decided else math.nan
    best = (Cell(_tau(agreement.best)), _number(agreement.best_ceiling)) if has_best else ()
    overall = Cell(_tau(agreement.overall), agreement.overall.value)
    return (overall, _number(agreement.ceiling), *best, _number(decided, 0), _number(right, 0))


def _number(value: float, digits: int = 2) -> Cell:
    return Cell(words.number(value, digits), value)
