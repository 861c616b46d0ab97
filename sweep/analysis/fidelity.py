"""Whether a sweep ranks points as a reference does: published rows, or a sweep with longer training or other data."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sweep.analysis.estimates import Estimate, Sample, estimate
from sweep.analysis.order import is_blank
from sweep.space.published import Row

#: How often points are drawn anew for an interval, always the same way.
RESAMPLES = 2000
#: Fewer points than these have no ranking worth comparing.
FEWEST = 3
#: What a published row may say of a point beside its width, and matches by.
_MATCHED = ("family", "M", "G", "experts")

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Told:
    """What a reference says of a point: its error in per cent, and how far off that may be."""

    error: float
    tolerance: float = 0.0


@dataclass(frozen=True)
class Ranking:
    """An agreement of two rankings, from -1 to 1, with a 95 % interval from drawing points and errors anew."""

    value: float
    low: float = math.nan
    high: float = math.nan


@dataclass(frozen=True)
class Pair:
    """Two points that sweep and reference rank differently, the first being the sweep's better one."""

    better: str
    worse: str
    #: better less worse in the sweep, in points: its mean is below zero
    here: Estimate
    #: the same in the reference: above zero, beyond what the tolerances allow
    there: float


@dataclass(frozen=True)
class Agreement:
    """How a sweep's ranking compares with that of a reference."""

    #: those that both know, in the order of the sweep
    points: tuple[str, ...]
    tau: Ranking
    rho: Ranking
    #: pairs that are ranked alike, differently, and that the reference cannot tell apart
    alike: int
    wrong: tuple[Pair, ...]
    tied: int
    #: the sweep's best point, and by how much more error the reference has of it than of its own best, in points
    best: str
    regret: float
    #: mean tau-b of single seeds with the reference, and of two seeds with one another
    seed_tau: float
    seed_to_seed: float


def agreement(
    here: Mapping[str, Sample], there: Mapping[str, Told], drawn: Mapping[str, Array] | None = None
) -> Agreement | None:
    """Compare the ranking of a sweep with that of a reference, over the points that both know.

    Points that the reference has closer together than their tolerances add up to are ties of it, for tau-b (Kendall
    1945, The treatment of ties in ranking problems), for rho and for the pairs that are ranked wrong.

    Args:
        here: each point's errors by seed, in per cent.
        there: what the reference says of points, maybe others among them.
        drawn: expected errors that the sweep leaves open, as `shrunk.drawn` draws them, so that intervals cover these;
            means are taken as true for a point that is not in it, or of which no noise is known.

    Returns:
        None below three points.
    """
    points = tuple(point for point in here if point in there and here[point].values)
    if len(points) < FEWEST:
        return None
    means = np.array([here[point].mean for point in points])
    errors = np.array([there[point].error for point in points])
    order, told = signs(means), signs(errors, np.array([there[point].tolerance for point in points]))
    open_errors = _open(points, means, drawn or {})
    upper = np.triu_indices(len(points), 1)
    product = (order * told)[upper]
    wrong = [
        _pair(points, i, j, here, order, errors)
        for i, j in zip(*(at.tolist() for at in upper), strict=True)
        if order[i, j] * told[i, j] < 0
    ]
    best = min(range(len(points)), key=lambda i: (round(float(means[i]), 9), points[i]))
    seeds = sorted(set.intersection(*(set(here[point].values) for point in points)))
    single = [signs(np.array([here[point].values[seed] for point in points])) for seed in seeds]
    return Agreement(
        points,
        _ranking(order, told, tau_b, open_errors),
        _ranking(order, told, spearman, open_errors),
        int((product > 0).sum()),
        tuple(sorted(wrong, key=lambda pair: (-pair.there, pair.better, pair.worse))),
        int((told[upper] == 0).sum()),
        points[best],
        float(errors[best] - errors.min()),
        _mean([tau_b(one, told) for one in single]),
        _mean([tau_b(one, other) for one, other in combinations(single, 2)]),
    )


def signs(errors: Array, tolerance: Array | None = None) -> Array:
    """Compare all points with one another.

    Args:
        errors: of shape (points,).
        tolerance: of the same shape: two errors closer than theirs together are equal.

    Returns:
        Of shape (points, points): 1 where the row's error is larger than the column's, -1 where smaller, 0 where equal.
    """
    apart = errors[:, None] - errors[None, :]
    near = 1e-9 if tolerance is None else tolerance[:, None] + tolerance[None, :] + 1e-9
    return np.where(np.abs(apart) <= near, 0.0, np.sign(apart))


def tau_b(one: Array, other: Array, weights: Array | None = None) -> float:
    """Kendall's tau-b of two comparisons of points, NaN where one has ties alone.

    Args:
        one: what `signs` returned.
        other: likewise.
        weights: of shape (points,): how often each point counts.
    """
    w = np.ones(len(one)) if weights is None else weights
    scale = math.sqrt((w @ one**2 @ w) * (w @ other**2 @ w))
    return float(w @ (one * other) @ w) / scale if scale else math.nan


def spearman(one: Array, other: Array, weights: Array | None = None) -> float:
    """Spearman's rho of two comparisons of points, by mean ranks; NaN where one has ties alone. As `tau_b`."""
    w = np.ones(len(one)) if weights is None else weights
    a, b = one @ w, other @ w  # twice the rank, less a constant
    a, b = a - w @ a / w.sum(), b - w @ b / w.sum()
    scale = math.sqrt((w @ a**2) * (w @ b**2))
    return float(w @ (a * b)) / scale if scale > 1e-12 else math.nan


def measured(samples: Mapping[str, Sample]) -> dict[str, Told]:
    """Take another sweep as the reference, of longer training or on other data: its mean errors, known exactly.

    Args:
        samples: `Tuned.samples` of the other sweep; points without an error are left out.
    """
    return {point: Told(sample.mean) for point, sample in samples.items() if sample.values}


def published(points: pd.DataFrame, rows: Iterable[Row]) -> dict[str, dict[str, Told]]:
    """Find the published rows that are about a sweep's points, by family, M, G and experts.

    Widths do not match, since a proxy is smaller: each published width is a reference of its own, unless the sweep
    varies the width. A row that several points fit, as where its publication leaves something open, is left out.

    Args:
        points: a row a point, with the axes; such as `Study.table`.
        rows: as `sweep.space.published.read_published` reads them.

    Returns:
        By name of the reference, such as 'ImageNet, 0.5x', what it says by point; empty ones are left out.
    """
    found: dict[str, dict[str, Told]] = {}
    wide = "width" in points
    matched = (*_MATCHED, "width") if wide else _MATCHED
    labels = points["point"].tolist()
    # an axis has few values and a sweep many points, so each value is compared once
    columns = {name: _codes(points[name].tolist()) for name in matched if name in points}
    for row in rows:
        if not math.isfinite(row.error):
            continue
        fits = np.full(len(labels), all(_fits(row, {}, name) for name in matched if name not in columns))
        for name, (values, codes) in columns.items():
            fits &= np.array([_fits(row, {name: value}, name) for value in values], dtype=bool)[codes]
        fit = [labels[i] for i in np.flatnonzero(fits)]
        if len(fit) == 1:
            width = row.about.get("width")
            name = "ImageNet" if wide or width is None else f"ImageNet, {width:g}x"
            tolerance = row.tolerance if math.isfinite(row.tolerance) else 0.0
            found.setdefault(name, {})[fit[0]] = Told(row.error, tolerance)
    return found


def _codes(cells: Sequence[Any]) -> tuple[list[Any], npt.NDArray[np.intp]]:
    """List the different values of cells, blanks as '', and the position of each cell's."""
    known: dict[Any, int] = {}
    codes = [known.setdefault("" if is_blank(cell) else cell, len(known)) for cell in cells]
    return list(known), np.array(codes, dtype=np.intp)


def _fits(row: Row, record: Mapping[Any, Any], name: str) -> bool:
    """Whether a point has what a row says; what a sweep does not vary can only be the family."""
    mine, theirs = record.get(name), row.about.get(name)
    if theirs is None:
        return is_blank(mine)
    if name not in record:
        return name == "family"
    if mine is None or is_blank(mine):
        return False
    return bool(mine == theirs if isinstance(mine, str) else math.isclose(float(mine), float(theirs), rel_tol=1e-9))


def _pair(points: Sequence[str], i: int, j: int, here: Mapping[str, Sample], order: Array, errors: Array) -> Pair:
    better, worse = (i, j) if order[i, j] < 0 else (j, i)
    difference = here[points[better]] - here[points[worse]]
    return Pair(points[better], points[worse], estimate(difference), float(errors[better] - errors[worse]))


def _open(points: Sequence[str], means: Array, drawn: Mapping[str, Array]) -> Array:
    """Expected errors of points in draws, of shape (draws, points)."""
    known = [drawn[point] for point in points if point in drawn]
    number = len(known[0]) if known else 1
    found = np.stack([drawn.get(point, np.full(number, math.nan)) for point in points], axis=1)
    return np.where(np.isnan(found), means, found)


def _ranking(one: Array, other: Array, measure: Any, errors: Array) -> Ranking:
    """Measure an agreement, and an interval from drawing points, and expected errors of these, anew."""
    n = len(one)
    rng = np.random.default_rng(0)
    sure = len(errors) == 1
    drawn = [
        measure(
            one if sure else signs(errors[i % len(errors)]),
            other,
            np.bincount(rng.integers(0, n, n), minlength=n).astype(float),
        )
        for i in range(RESAMPLES)
    ]
    known = [value for value in drawn if math.isfinite(value)]
    low, high = np.quantile(known, [0.025, 0.975]) if known else (math.nan, math.nan)
    return Ranking(measure(one, other), float(low), float(high))


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if math.isfinite(value)]
    return math.fsum(known) / len(known) if known else math.nan
