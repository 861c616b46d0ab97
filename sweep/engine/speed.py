"""The forecast training speed of a search: timed once at its start and stored, so that no clock decides later."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sweep.costs import Plan
from sweep.costs.training import passes
from sweep.engine.asks import Ask, PlannedPoint
from sweep.engine.forecast import MARGIN, images_learned, time_steps
from sweep.errors import SpaceError
from sweep.proxy.platform import PlatformError
from sweep.space import Point, Space

#: Its key in the origin of the first ask that used it.
SPEED = "speed"
#: Digits that are kept.
DIGITS = 4


@dataclass(frozen=True)
class Speed:
    """Seconds of a training step for each of its images, the middle of the forecast's range.

    timings: family, backbone, FLOPs of a point, and its seconds.
    kept: whether they come from a ledger, and not from timing steps now.
    """

    timings: tuple[tuple[str, str, float, float], ...]
    kept: bool = field(default=False, compare=False)

    @classmethod
    def measured(cls, plan: Plan) -> Self:
        """Time a few training steps of a few points; raises SpaceError if that cannot be done."""
        try:
            groups, timed = time_steps(plan)
        except PlatformError as error:
            raise _unknown(plan, str(error)) from None
        timings = []
        for numbers, group in zip(groups, timed, strict=True):
            point = plan.grid.listing.point(int(numbers[0]))
            for timing in sorted(group, key=lambda timing: timing.flops):
                seconds = float(np.dot(MARGIN, [timing.fastest, timing.slowest]) / 2)
                timings.append((point.family, point.backbone, float(timing.flops), float(f"{seconds:.{DIGITS}g}")))
        if not timings:
            raise _unknown(plan, "no training step could be timed")
        return cls(tuple(timings))

    @classmethod
    def recorded(cls, asks: Iterable[Ask]) -> Self | None:
        """The speed that the asks of a ledger were made with; None if it has none that is valid."""
        for ask in sorted(asks, key=lambda ask: ask.number):
            rows = ask.origin.get(SPEED)
            try:
                timings = tuple((str(f), str(b), float(x), float(y)) for f, b, x, y in rows or ())
            except (TypeError, ValueError):
                continue
            if timings and all(0 <= x < 1e30 and 0 < y < 1e9 for *_, x, y in timings):
                return cls(timings, kept=True)
        return None

    @property
    def origin(self) -> Mapping[str, Any]:
        """The entry for an ask's origin."""
        return {SPEED: [list(timing) for timing in self.timings]}

    def hours(self, plan: Plan) -> NDArray[np.float64]:
        """Forecast hours of a run of each point of a plan at each length, of shape (points, rungs)."""
        family, backbone = (plan.grid.listing.column(name) for name in ("family", "backbone"))
        flops = plan.counts.flops[plan.kept].astype(float)
        seconds = np.empty(len(plan.kept))
        groups = np.stack([family.codes[plan.kept], backbone.codes[plan.kept]], axis=1)
        for group in np.unique(groups, axis=0):
            at = (groups == group).all(axis=1)
            seconds[at] = self._seconds(family.values[group[0]], backbone.values[group[1]], flops[at])
        hours: NDArray[np.float64] = seconds[:, None] * np.array(_images(plan.space)) / 3600
        return hours

    def spent(self, space: Space, asks: Iterable[Ask], planned: Iterable[PlannedPoint]) -> float:
        """Forecast hours of what was asked for, as a budget counts them."""
        images, seconds_by_point = _images(space), {}
        for planned_point in planned:
            point = Point(**json.loads(planned_point.point))
            seconds_by_point[planned_point.point] = float(
                self._seconds(point.family, point.backbone, np.array([float(planned_point.flops)]))[0]
            )
        runs = [(ask.point, ask.rung) for ask in asks if ask.point is not None]
        return (
            sum(
                seconds_by_point[point] * images[rung]
                for point, rung in runs
                if point in seconds_by_point and rung < len(images)
            )
            / 3600
        )

    def _seconds(self, family: str, backbone: str, flops: NDArray[np.float64]) -> NDArray[np.float64]:
        """Seconds of a training step for each image, by FLOPs."""
        name = family, backbone
        timings = [timing for timing in self.timings if timing[:2] == name] or list(self.timings)
        return _interpolated(flops, sorted(timing[2:] for timing in timings))


def _images(space: Space) -> list[float]:
    """Images that a run of each length learns from, in the mean over settings."""
    return [float(np.mean([images_learned(passes(proxy)) for _, proxy in rung.recipes])) for rung in space.rungs()]


def _interpolated(flops: NDArray[np.float64], timings: list[tuple[float, float]]) -> NDArray[np.float64]:
    """Seconds between those known, and in proportion to FLOPs above the most."""
    at, seconds = np.array(timings).T
    interpolated: NDArray[np.float64] = np.interp(flops, at, seconds) * np.maximum(flops / max(at[-1], 1.0), 1.0)
    return interpolated


def _unknown(plan: Plan, reason: str) -> SpaceError:
    message = f"the training time of a run cannot be forecast here ({reason}); give the budget as runs"
    return SpaceError(plan.space.source.mistake(("strategy", "hours"), message))
