"""The claims of a race from joint draws: which points are on the front, which are best, or the course of a curve."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import special

from sweep.search.posterior import Posterior
from sweep.search.posterior_scale import Array, Places

Verdict = Literal["on the front", "off the front", "not decided"]

#: A point's setting is settled if it is as good as any of the point's settings with this probability.
SETTING_CONFIDENCE = 0.8
#: A point that beats its rivals by this share of the tolerance, as expected, is not called off the front.
LEAN = 0.15
#: A run of a rival may decide a point if the rival is its strongest one with this probability.
LIKELY_RIVAL = 0.02
#: Intervals of a posterior are widened by this, as its own deviations are not known exactly.
WIDENING = 1.25


@dataclass(frozen=True)
class Claim:
    """A claim about a point, and its probability, to within the tolerance."""

    point: int
    verdict: Verdict
    probability: float


@dataclass(frozen=True)
class Contrast:
    """The error of the first point less that of the second, each at its own best setting, in per cent."""

    first: int
    second: int
    difference: float
    half_width: float


@dataclass(frozen=True)
class Judgement:
    """Where a race stands.

    targets: of shape (targets, draws), what the next run shall make certain.
    settled: whether nothing has to be made certain any more.
    useful: places of the points of which a run may tell something that is not certain yet.
    finalists: places of the points that get fresh seeds.
    claims: of every point, in their order. contrasts: of the pairs that were asked for.
    undecided: point -> what decides it in each draw, and how small its deviation would have to be.
    """

    targets: Array
    settled: bool
    useful: Places
    finalists: tuple[int, ...]
    claims: tuple[Claim, ...] = ()
    contrasts: tuple[Contrast, ...] = ()
    undecided: Mapping[int, tuple[Array, float]] = field(default_factory=dict)


class Goal(Protocol):
    """A question, judged by a posterior."""

    def points(self, number: int) -> Places:
        """Places of the points that matter, of so many."""

    def first_settings(self, settings: int) -> int:
        """The number of settings at which each point is run first."""

    def judge(self, posterior: Posterior, confidence: float) -> Judgement:
        """Where the race stands."""


@dataclass(frozen=True)
class Front:
    """Which points no cheaper or equally cheap point beats; without costs, which points nothing beats.

    costs: of shape (points, objectives); None: every point is every other's rival.
    tolerance: a claim may be wrong by this many deviations of a run: a tie is called either way.
    """

    costs: Array | None
    tolerance: float

    def points(self, number: int) -> Places:
        """All points."""
        return np.arange(number)

    def first_settings(self, settings: int) -> int:
        """Two: the others follow from other points."""
        return min(2, settings)

    def judge(self, posterior: Posterior, confidence: float) -> Judgement:
        """Judge every point, and the settings of those that may be on the front."""
        lowest, tolerance = posterior.lowest, self.tolerance * posterior.noise
        margin = margins(lowest, self.costs)
        on, off = margin > -tolerance, margin < tolerance
        chance_on, chance_off = on.mean(axis=1), off.mean(axis=1)
        # the lowest of many rivals' draws lies below the lowest of their means: by chances alone, points whose rivals
        # are little known would be called off the front too often
        expected = margins(posterior.mean.min(axis=1)[:, None], self.costs)[:, 0]
        likely_on = (chance_on >= chance_off) | (expected > LEAN * tolerance)
        probability = np.where(likely_on, chance_on, chance_off)
        decided = probability >= confidence
        finalists = np.flatnonzero(likely_on | ~decided)
        chosen = posterior.draws[finalists, posterior.best_setting[finalists]]
        setting_is_good = chosen - lowest[finalists] < tolerance
        good_enough = setting_is_good.mean(axis=1) >= SETTING_CONFIDENCE
        verdicts = np.where(decided, np.where(likely_on, "on the front", "off the front"), "not decided")
        claims = [
            Claim(point, verdict, float(chance))
            for point, (verdict, chance) in enumerate(zip(verdicts.tolist(), probability, strict=True))
        ]
        needed = (np.abs(margin.mean(axis=1)) + tolerance) / special.ndtri(confidence)
        return Judgement(
            targets=np.concatenate([np.where(likely_on[:, None], on, off), setting_is_good]).astype(float),
            settled=bool(decided.all() and good_enough.all()),
            useful=np.union1d(finalists[~good_enough], self._that_decide(np.flatnonzero(~decided), lowest)),
            finalists=self._with_rivals(finalists, lowest.mean(axis=1)),
            claims=tuple(claims),
            undecided={int(point): (margin[point], float(needed[point])) for point in np.flatnonzero(~decided)},
        )

    def _that_decide(self, points: Places, lowest: Array) -> Places:
        """Undecided points, and their rivals that may well be the strongest."""
        decide = [points]
        for point in points.tolist():
            rivals = np.flatnonzero(rivals_of(point, len(lowest), self.costs))
            if len(rivals):
                strongest = np.bincount(lowest[rivals].argmin(axis=0), minlength=len(rivals))
                decide.append(rivals[strongest >= LIKELY_RIVAL * lowest.shape[1]])
        return np.unique(np.concatenate(decide))

    def _with_rivals(self, finalists: Places, expected: Array) -> tuple[int, ...]:
        """Finalists, and of each the strongest point that could push it off the front."""
        every = set(finalists.tolist())
        for point in finalists:
            rivals = np.flatnonzero(rivals_of(int(point), len(expected), self.costs))
            if len(rivals):
                every.add(int(rivals[expected[rivals].argmin()]))
        return tuple(sorted(every))


@dataclass(frozen=True)
class Curve:
    """How far pairs of points are apart, each at its own best setting.

    pairs: places of two points each.
    half_width: what is narrow enough, in deviations of a run.
    """

    pairs: Sequence[tuple[int, int]]
    half_width: float

    def points(self, number: int) -> Places:
        """The points of the pairs."""
        return np.unique(np.array(self.pairs, dtype=np.int64))

    def first_settings(self, settings: int) -> int:
        """Half of them, as there are few points to learn from."""
        return min(settings, max(3, (settings + 1) // 2))

    def judge(self, posterior: Posterior, confidence: float) -> Judgement:
        """Judge every pair."""
        first, second = np.array(self.pairs).T
        difference = posterior.lowest[first] - posterior.lowest[second]
        tail = (1 - confidence) / 2
        low, high = np.quantile(difference, [tail, 1 - tail], axis=1)
        half = np.maximum(WIDENING * (high - low) / 2, self._of_own_runs(posterior, tail))
        unit = posterior.scale.unit
        contrasts = tuple(
            Contrast(int(a), int(b), float(unit * (lower + upper) / 2), float(unit * wide))
            for a, b, lower, upper, wide in zip(first, second, low, high, half, strict=True)
        )
        wide = half > self.half_width * posterior.noise
        targets = difference[wide] if wide.any() else difference
        points = self.points(len(posterior.mean))
        useful = np.unique(np.concatenate([first[wide], second[wide]]))
        return Judgement(targets, not wide.any(), useful, tuple(points.tolist()), contrasts=contrasts)

    def _of_own_runs(self, posterior: Posterior, tail: float) -> Array:
        """Half-widths, of shape (pairs,), that the runs of the two points at their best settings give by themselves.

        An interval is not narrower than this: what settings and points have in common may be believed too much.
        """
        counts = np.maximum(posterior.runs[np.arange(len(posterior.runs)), posterior.best_setting], 1)
        own: Array = -special.ndtri(tail) * posterior.noise * np.sqrt((1 / counts[np.array(self.pairs)]).sum(axis=1))
        return own


def full_grid_half_width(seeds: int, confidence: float) -> float:
    """Half-width, in deviations of a run, of the paired t interval that the full grid with so many seeds would have."""
    return float(special.stdtrit(max(seeds - 1, 1), (1 + confidence) / 2) * np.sqrt(2 / seeds))


def margins(lowest: Array, costs: Array | None) -> Array:
    """Lowest error of any rival, less the point's own; of shape (points, draws), infinite where there is no rival.

    Args:
        lowest: errors of shape (points, draws).
        costs: of shape (points, objectives); None: every other point is a rival.
    """
    margin = np.full(lowest.shape, np.inf)
    for point in range(len(lowest)):
        rivals = rivals_of(point, len(lowest), costs)
        if rivals.any():
            margin[point] = lowest[rivals].min(axis=0) - lowest[point]
    return margin


def rivals_of(point: int, points: int, costs: Array | None) -> NDArray[np.bool_]:
    """Whether each point costs no more than this one by any objective, the point itself left out."""
    rivals = np.ones(points, dtype=bool) if costs is None else (costs <= costs[point]).all(axis=1)
    rivals[point] = False
    return rivals
