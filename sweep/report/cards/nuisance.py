"""The card of what tuning took away: differences to the baseline at one shared setting, and with each point tuned."""

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
    what = words.nuisance(names) if names else "setting"
    title = f"What tuning the {what} took away"
    if len(study.tuned.points) and (study.tuned.points["settings"] < 2).all():
        return [Card(title, waits="This waits for a sweep that tunes something: list values under nuisance.")]
    known = [one for one in study.naive if estimate(one.overall.naive).n > 1 or _most_seeds(one) > 1]
    if not known:
        return [Card(title, waits="This waits for a baseline and a point with two seeds at every setting.")]
    if study.table["at_chance"].sum() == (study.table["n"] > 0).sum():
        return [Card(title, waits="This waits for a point that is better than guessing.")]
    one = next((naive for naive in known if naive.usual), known[0])
    points = _largest(one, study.shown["point"])
    says = [_sentence(one, study, names)]
    data = to_frame(study.naive, names)
    alt = f"Dot chart of differences to the baseline, shared and tuned. {says[0]}"
    picture = Picture("tuning-took-away", partial(draw_naive, one, points, names), data, alt, 1.35 * ONE_COLUMN)
    notes = [
        "Hollow: the difference to the baseline with one setting for all; filled: with each point, and the baseline, "
        "at its own. Lines are 95 % intervals of the tuned difference, paired by seed.",
        "A share is told with its interval by Fieller’s theorem, and only of an effect whose interval excludes zero.",
    ]
    if study.frame.extra_seeds:
        notes.append(words.NO_SUBTRACTION)
    if len(points) < len(one.effects):
        notes.append(
            f"Of {len(one.effects)} points, the {len(points)} of which tuning took most are shown; the data hold all."
        )
    return [Card(title, tuple(says), picture, (_table(one, points, names),), tuple(notes))]


def share_sentence(curves: Curves, nuisance: Sequence[str]) -> str | None:
    """Say which share of the main axis' naive effect tuning took away; None where no naive effect is clear."""
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


def _sentence(one: Naive, study: Study, names: Sequence[str]) -> str:
    """Say what the points' differences to the baseline come to on average, shared and tuned."""
    effect = one.overall
    naive, tuned, taken = estimate(effect.naive), estimate(effect.tuned), effect.taken
    at = words.which(names, one.setting)
    whose = "the baseline’s best" if one.usual else "the first"
    clear = [point for point, effect_of_point in one.effects.items() if effect_of_point.taken.clear]
    of = f"{len(clear)} of {words.plural(len(one.effects), 'point')}"
    changed = f"for {of} tuning changed the difference clearly, each by itself"
    if taken.n < 2:
        return words.sentence(f"at {at} for all, {whose}, {changed}")
    share = effect.share
    part = f", {percent(share)} of it" if math.isfinite(share.mean) else ""
    took = taken.mean * naive.mean >= 0
    size = words.points_of_error(taken if took else words.turned(taken), sign=True)
    came = f"tuning {'took away' if took else 'added'} {size}{part if took else ''}"
    if not taken.clear:
        came = f"tuning changed that by {words.outcome(taken)}{part}"
    return (
        f"With one {words.nuisance(names)} for all, {at} ({whose}), points differ from the baseline by "
        f"{words.points_of_error(naive, sign=True)} on average, and with each tuned by "
        f"{words.points_of_error(tuned, sign=True)} ({words.seeds(taken)}): {came}; {changed}."
    )


def _most_seeds(one: Naive) -> int:
    return max((effect.taken.n for effect in one.effects.values()), default=0)


def _largest(one: Naive, order: Iterable[str]) -> list[str]:
    """List the points that are shown, in their order: those of which tuning took most."""

    def size(point: str) -> float:
        mean = one.effects[point].taken.mean
        return abs(mean) if math.isfinite(mean) else -1.0

    kept = set(sorted(one.effects, key=lambda point: (-size(point), point))[:MOST])
    return [point for point in order if point in kept]


def _table(one: Naive, points: Sequence[str], names: Sequence[str]) -> Table:
    at = words.which(names, one.setting)
    heads = (f"shared, {at} for all", "tuned", "taken away")
    rows = tuple((Cell(words.shorten(point, 90)), *_cells(one.effects[point])) for point in points)
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
        Cell(f"{words.signed(one.mean)}{words.interval(one)}" if one.n else "–", one.mean, "clear" if one.clear else "")
        for one in estimates
    ]
