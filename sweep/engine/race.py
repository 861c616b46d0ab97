"""Where a race stands, by what its ledger holds: nothing is planned or trained for it, and no network is built."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sweep.engine.asks import PlannedPoint
from sweep.engine.ledger import Ledger
from sweep.errors import SweepError
from sweep.search.history import Choice, History
from sweep.search.pool import Pool
from sweep.search.racing_goals import racing
from sweep.space import Point, Space, canonical, label

#: An ask of this number sees all answers.
EVERYTHING = 1 << 60


@dataclass(frozen=True)
class Claim:
    """What is said of a point, with its probability; its expected error in per cent with a 95 % interval.

    `to_decide` is how many more runs would decide it; 0 if it is decided, None if more than is worth counting.
    """

    point: str
    verdict: str
    probability: float
    error: float
    low: float
    high: float
    to_decide: int | None


@dataclass(frozen=True)
class Contrast:
    """The error of the first point less that of the second, in points of error, and half of its interval's width."""

    first: str
    second: str
    difference: float
    half_width: float


@dataclass(frozen=True)
class RaceStanding:
    """What a race claims of all points, or of pairs of them."""

    claims: tuple[Claim, ...] = ()
    contrasts: tuple[Contrast, ...] = ()


def standing_of(ledger: Ledger, space: Space) -> RaceStanding | None:
    """Where the race of a space stands; None if its strategy is another, and before the first result."""
    strategy = space.strategy
    if strategy.name != "racing":
        return None
    axes, planned, recipes = ledger.axes(), ledger.planned(), space.recipes()
    points = [Point(**json.loads(one.point)) for one in planned]
    pool = _pool(space, axes, points, planned, [setting for setting, _ in recipes])
    try:
        race = racing(pool, **{**strategy.settings, "runs": None})
    except SweepError:
        # a space that was edited since
        return None
    history = _history(ledger, planned, [canonical(proxy.decisive()) for _, proxy in recipes])
    standing = race.standing(history.seen(EVERYTHING, 0)) if len(history) else None
    if standing is None:
        return None
    judgement = standing.judgement
    if judgement.contrasts:
        return RaceStanding(
            contrasts=tuple(
                Contrast(pool.labels[one.first], pool.labels[one.second], one.difference, one.half_width)
                for one in judgement.contrasts
            )
        )
    claims = []
    for one in judgement.claims:
        error, low, high = standing.errors[one.point].tolist()
        to_decide = standing.to_decide.get(one.point, 0)
        claims.append(Claim(pool.labels[one.point], one.verdict, one.probability, error, low, high, to_decide))
    return RaceStanding(tuple(claims))


def _pool(
    space: Space,
    axes: Sequence[str],
    points: Sequence[Point],
    planned: Sequence[PlannedPoint],
    settings: Sequence[Mapping[str, Any]],
) -> Pool:
    costs = {
        name: np.array([getattr(one, name) for one in planned], float) for name in ("params", "flops", "activations")
    }
    # as many passes for every point, so that the order is that of FLOPs
    costs["training_flops"] = costs["flops"]
    return Pool(
        points=[{axis: point.value(axis) for axis in axes} for point in points],
        labels=[label(point, axes) for point in points],
        costs=costs,
        settings=settings,
        seeds=space.seeds,
        baseline=np.array([-1 if one.baseline is None else one.baseline for one in planned], dtype=np.int64),
        key=lambda choice: repr(choice.run),
    )


def _history(ledger: Ledger, planned: Sequence[PlannedPoint], recipes: Sequence[str]) -> History:
    points = {one.point: place for place, one in enumerate(planned)}
    settings = {recipe: place for place, recipe in enumerate(recipes)}
    answers, history = ledger.answers(), History()
    for ask in ledger.asks():
        if ask.point in points and ask.recipe in settings and ask.seed is not None and ask.present:
            history.ask(ask.number, Choice(points[ask.point], settings[ask.recipe], ask.seed, ask.rung, ask.phase))
            if ask.key in answers:
                history.answer(ask.number, answers[ask.key])
    return history
