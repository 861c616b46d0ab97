"""The standing of a race, from its ledger only: nothing is planned or trained, and no network is built."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from threadpoolctl import get_cached_controller

from sweep.engine.asks import PlannedPoint
from sweep.engine.ledger import Ledger
from sweep.errors import SweepError
from sweep.search.history import Choice, History
from sweep.search.pool import Pool
from sweep.search.racing_goals import racing
from sweep.search.standing import PairClaim, PointClaim, RaceStanding
from sweep.space import Point, Space, canonical, label

#: An ask of this number sees all answers.
EVERYTHING = 1 << 60


def standing_of(ledger: Ledger, space: Space) -> RaceStanding | None:
    """Where the race of a space stands; None if its strategy is another, and before the first result."""
    strategy = space.strategy
    if strategy.name != "racing":
        return None
    axes, planned, recipes = ledger.axes(), ledger.planned(), space.recipes()
    points = [Point(**json.loads(planned_point.point)) for planned_point in planned]
    pool = _pool(space, axes, points, planned, [setting for setting, _ in recipes])
    try:
        race = racing(pool, **{**strategy.settings, "runs": None, "hours": None})
    except SweepError:
        # a space that was edited since
        return None
    history = _history(ledger, planned, [canonical(proxy.decisive()) for _, proxy in recipes])
    # as when it asks
    with get_cached_controller().limit(limits=1):
        standing = race.standing(history.seen(EVERYTHING, 0)) if len(history) else None
    if standing is None:
        return None
    judgement = standing.judgement
    if judgement.contrasts:
        return RaceStanding(
            contrasts=tuple(
                PairClaim(
                    pool.labels[contrast.first], pool.labels[contrast.second], contrast.difference, contrast.half_width
                )
                for contrast in judgement.contrasts
            )
        )
    claims = []
    for claim in judgement.claims:
        error, low, high = standing.errors[claim.point].tolist()
        to_decide = standing.to_decide.get(claim.point, 0)
        claims.append(
            PointClaim(pool.labels[claim.point], claim.verdict, claim.probability, error, low, high, to_decide)
        )
    return RaceStanding(tuple(claims))


def _pool(
    space: Space,
    axes: Sequence[str],
    points: Sequence[Point],
    planned: Sequence[PlannedPoint],
    settings: Sequence[Mapping[str, Any]],
) -> Pool:
    costs = {
        name: np.array([getattr(planned_point, name) for planned_point in planned], float)
        for name in ("params", "flops", "activations")
    }
    # every point has the same number of passes, so the order is that of FLOPs
    costs["training_flops"] = costs["flops"]
    return Pool(
        points=[{axis: point.value(axis) for axis in axes} for point in points],
        labels=[label(point, axes) for point in points],
        costs=costs,
        settings=settings,
        seeds=space.seeds,
        baseline=np.array(
            [-1 if planned_point.baseline is None else planned_point.baseline for planned_point in planned],
            dtype=np.int64,
        ),
        key=lambda choice: repr(choice.run),
    )


def _history(ledger: Ledger, planned: Sequence[PlannedPoint], recipes: Sequence[str]) -> History:
    points = {planned_point.point: place for place, planned_point in enumerate(planned)}
    settings = {recipe: place for place, recipe in enumerate(recipes)}
    answers, history = ledger.answers(), History()
    for ask in ledger.asks():
        if ask.point in points and ask.recipe in settings and ask.seed is not None and ask.present:
            history.ask(ask.number, Choice(points[ask.point], settings[ask.recipe], ask.seed, ask.rung, ask.phase))
            if ask.key in answers:
                history.answer(ask.number, answers[ask.key])
    return history
