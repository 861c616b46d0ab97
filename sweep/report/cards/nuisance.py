"""The card of what tuning changed: differences to the baseline at one shared setting, and with each point tuned."""

import math
from collections.abc import Iterable, Sequence
from functools import partial

from sweep.analysis.curves import Curves
from sweep.analysis.estimates import estimate
from sweep.analysis.naive import Effect, Naive, Share, to_frame
from sweep.analysis.study import Study
from sweep.report import words
from sweep.report.cards.card import Card, Cell, Column, Picture, Table
from sweep.report.cards.curves_figure import shown
from sweep.report.cards.curves_sentences import overall
from sweep.report.cards.nuisance_figure import draw_naive
from sweep.report.figures.style import ONE_COLUMN

#: A figure and a table of more points than these would hide the rest of the page.
MOST = 24


def cards(study: Study) -> Iterable[Card]:
    """Make the card."""
    names = list(study.frame.nuisance)
    tuned = words.nuisance(names) if names else "setting"
    title = f"What tuning the {tuned} took away"
    if len(study.tuned.points) and (study.tuned.points["settings"] < 2).all():
        return [Card(title, waits="This waits for a sweep that tunes something: list values under nuisance.")]
    with_seeds = [naive for naive in study.naive if estimate(naive.overall.naive).n > 1 or _most_seeds(naive) > 1]
    if not with_seeds:
        return [Card(title, waits="This waits for a baseline and a point with two seeds at every setting.")]
    if study.table["at_chance"].sum() == (study.table["n"] > 0).sum():
        return [Card(title, waits="This waits for a point that is better than guessing.")]
    shared = next((naive for naive in with_seeds if naive.usual), with_seeds[0])
    points = _largest(shared, study.shown["point"])
    sentences = [_sentence(shared, study, names)]
    data = to_frame(study.naive, names)
    alt = f"Dot chart of differences to the baseline, shared and tuned. {sentences[0]}"
    picture = Picture("tuning-took-away", partial(draw_naive, shared, points, names), data, alt, 1.35 * ONE_COLUMN)
    notes = [
        "Hollow: the difference to the baseline with one setting for all; filled: with each point, and the baseline, "
        "at its own. Lines are 95 % intervals of the tuned difference, paired by seed.",
        "A share is told with its interval by Fieller’s theorem, and only of an effect whose interval excludes zero.",
    ]
    if study.frame.extra_seeds:
        notes.append(words.NO_SUBTRACTION)
    if len(points) < len(shared.effects):
        notes.append(
            f"Of {len(shared.effects)} points, the {len(points)} of which tuning took most are shown; "
            "the data hold all."
        )
    return [Card(title, tuple(sentences), picture, (_table(shared, points, names),), tuple(notes))]


def share_sentence(curves: Curves, nuisance: Sequence[str]) -> str | None:
    """State the share of the main axis' naive effect that tuning took; None if no naive effect is clear."""
    spreads = overall(curves)
    shares = []
    for panel in shown(curves)[:-1]:
        if panel.setting is None or panel.setting not in spreads:
            continue
        share = spreads[panel.setting].effect.share
        if math.isfinite(share.mean):
            shares.append(f"{percent(share)} at {words.which(nuisance, panel.setting)}")
    if not shares:
        return None
    return (
        f"So, of the effect of {words.name(curves.x)} that one {words.nuisance(nuisance)} for all shows, tuning took "
        f"away {words.several(shares)}."
    )


def percent(share: Share) -> str:
    """Write a share with its interval: '84 % [79, 90]'."""
    mean, low, high = (words.number(100 * x, 0) for x in (share.mean, share.low, share.high))
    return f"{mean} % [{low},\N{NO-BREAK SPACE}{high}]"


def _sentence(shared: Naive, study: Study, names: Sequence[str]) -> str:
    """Describe the points' mean difference to the baseline, shared and tuned."""
    effect = shared.overall
    naive, tuned, taken = estimate(effect.naive), estimate(effect.tuned), effect.taken
    at = words.which(names, shared.setting)
    which_setting = "the baseline’s best" if shared.usual else "the first"
    clear = [point for point, effect_of_point in shared.effects.items() if effect_of_point.taken.clear]
    of = f"{len(clear)} of {words.plural(len(shared.effects), 'point')}"
    changed = f"for {of} tuning changed the difference clearly, each by itself"
    if taken.n < 2:
        return words.sentence(f"at {at} for all, {which_setting}, {changed}")
    share = effect.share
    share_text = f", {percent(share)} of it" if math.isfinite(share.mean) else ""
    shrinks = taken.mean * naive.mean >= 0
    size = words.points_of_error(taken if shrinks else words.turned(taken), sign=True)
    effect_text = f"tuning {'took away' if shrinks else 'added'} {size}{share_text if shrinks else ''}"
    if not taken.clear:
        effect_text = f"tuning changed that by {words.outcome(taken)}{share_text}"
    return (
        f"With one {words.nuisance(names)} for all, {at} ({which_setting}), points differ from the baseline by "
        f"{words.points_of_error(naive, sign=True)} on average, and with each tuned by "
        f"{words.points_of_error(tuned, sign=True)} ({words.seeds(taken)}): {effect_text}; {changed}."
    )


def _most_seeds(shared: Naive) -> int:
    return max((effect.taken.n for effect in shared.effects.values()), default=0)


def _largest(shared: Naive, order: Iterable[str]) -> list[str]:
    """List the points that are shown, in their order: those that tuning changed most."""

    def size(point: str) -> float:
        mean = shared.effects[point].taken.mean
        return abs(mean) if math.isfinite(mean) else -1.0

    largest = set(sorted(shared.effects, key=lambda point: (-size(point), point))[:MOST])
    return [point for point in order if point in largest]


def _table(shared: Naive, points: Sequence[str], names: Sequence[str]) -> Table:
    at = words.which(names, shared.setting)
    heads = (f"shared, {at} for all", "tuned", "taken away")
    rows = tuple((Cell(words.shorten(point, 90)), *_cells(shared.effects[point])) for point in points)
    return Table(
        f"Difference to the baseline in {words.metric().difference}, paired by seed, with 95 % intervals; bold where "
        "that excludes zero",
        (Column("point", numeric=False), *map(Column, heads)),
        rows,
        sortable=True,
    )


def _cells(effect: Effect) -> list[Cell]:
    estimates = [estimate(effect.naive), estimate(effect.tuned), effect.taken]
    return [
        Cell(
            f"{words.signed(difference.mean)}{words.interval(difference)}" if difference.n else "–",
            difference.mean,
            "clear" if difference.clear else "",
        )
        for difference in estimates
    ]
