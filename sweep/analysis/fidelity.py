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
#: The axes by which a published row is matched to a point, beside the width.
_MATCHED = ("family", "M", "G", "experts")

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ReferenceValue:
    """A point's error in a reference, in per cent, and its tolerance."""

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
    """Two points that sweep and reference rank differently; `better` is the better one in the sweep."""

    better: str
    worse: str
    #: error of `better` less that of `worse` in the sweep, in points: its mean is below zero
    in_sweep: Estimate
    #: the same difference in the reference: above zero by more than the tolerances
    in_reference: float


@dataclass(frozen=True)
class Agreement:
    """How a sweep's ranking compares with that of a reference."""

    #: points that are in both, in the order of the sweep
    points: tuple[str, ...]
    tau: Ranking
    rho: Ranking
    #: pairs that are ranked alike, pairs that are ranked differently, and pairs that are ties in the reference
    alike: int
    wrong: tuple[Pair, ...]
    tied: int
    #: the sweep's best point, and how much its error in the reference exceeds the lowest there, in points
    best: str
    regret: float
    #: mean tau-b of single seeds with the reference, and of two seeds with one another
    seed_tau: float
    seed_to_seed: float


def agreement(
    here: Mapping[str, Sample], there: Mapping[str, ReferenceValue], drawn: Mapping[str, Array] | None = None
) -> Agreement | None:
    """Compare the ranking of a sweep with that of a reference, over the points that are in both.

    Two points whose errors in the reference differ by less than the sum of their tolerances are ties, in tau-b (Kendall
    1945, The treatment of ties in ranking problems), in rho and in the pairs that are ranked wrong.

    Args:
        here: each point's errors by seed, in per cent.
        there: the reference's errors by point; it may have points that the sweep has not.
        drawn: draws of expected errors, as `shrunk.drawn` makes them, so that intervals cover the noise of seeds. For
            a point without draws the mean is taken as exact.

    Returns:
        None below three points.
    """
    points = tuple(point for point in here if point in there and here[point].values)
    if len(points) < FEWEST:
        return None
    means = np.array([here[point].mean for point in points])
    errors = np.array([there[point].error for point in points])
    order, reference_order = signs(means), signs(errors, np.array([there[point].tolerance for point in points]))
    open_errors = _open(points, means, drawn or {})
    upper = np.triu_indices(len(points), 1)
    product = (order * reference_order)[upper]
    wrong = [
        _pair(points, i, j, here, order, errors)
        for i, j in zip(*(at.tolist() for at in upper), strict=True)
        if order[i, j] * reference_order[i, j] < 0
    ]
    best = min(range(len(points)), key=lambda i: (round(float(means[i]), 9), points[i]))
    seeds = sorted(set.intersection(*(set(here[point].values) for point in points)))
    single = [signs(np.array([here[point].values[seed] for point in points])) for seed in seeds]
    return Agreement(
        points,
        _ranking(order, reference_order, tau_b, open_errors),
        _ranking(order, reference_order, spearman, open_errors),
        int((product > 0).sum()),
        tuple(sorted(wrong, key=lambda pair: (-pair.in_reference, pair.better, pair.worse))),
        int((reference_order[upper] == 0).sum()),
        points[best],
        float(errors[best] - errors.min()),
        _mean([tau_b(order_at_seed, reference_order) for order_at_seed in single]),
        _mean([tau_b(first, second) for first, second in combinations(single, 2)]),
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


def tau_b(first: Array, second: Array, weights: Array | None = None) -> float:
    """Kendall's tau-b of two comparisons of points, NaN if all pairs of either are ties.

    Args:
        first: what `signs` returned.
        second: likewise.
        weights: of shape (points,): how often each point counts.
    """
    w = np.ones(len(first)) if weights is None else weights
    scale = math.sqrt((w @ first**2 @ w) * (w @ second**2 @ w))
    return float(w @ (first * second) @ w) / scale if scale else math.nan


def spearman(first: Array, second: Array, weights: Array | None = None) -> float:
    """Spearman's rho of two comparisons of points, by mean ranks; NaN if all pairs of either are ties. As `tau_b`."""
    w = np.ones(len(first)) if weights is None else weights
    a, b = first @ w, second @ w  # twice the rank, less a constant
    a, b = a - w @ a / w.sum(), b - w @ b / w.sum()
    scale = math.sqrt((w @ a**2) * (w @ b**2))
    return float(w @ (a * b)) / scale if scale > 1e-12 else math.nan


def measured(samples: Mapping[str, Sample]) -> dict[str, ReferenceValue]:
    """Take another sweep (longer training, other data) as the reference: its mean errors, with no tolerance.

    Args:
        samples: `Tuned.samples` of the other sweep; points without an error are left out.
    """
    return {point: ReferenceValue(sample.mean) for point, sample in samples.items() if sample.values}


def published(points: pd.DataFrame, rows: Iterable[Row]) -> dict[str, dict[str, ReferenceValue]]:
    """Find the published rows that are about a sweep's points, by family, M, G and experts.

    Widths do not match, since a proxy is smaller: each published width is a reference of its own, unless the sweep
    varies the width. A row that matches several points, because the publication leaves something open, is left out.

    Args:
        points: a row a point, with the axes; such as `Study.table`.
        rows: as `sweep.space.published.read_published` reads them.

    Returns:
        By name of the reference, such as 'ImageNet, 0.5x', its errors by point; references without points are left out.
    """
    references: dict[str, dict[str, ReferenceValue]] = {}
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
            references.setdefault(name, {})[fit[0]] = ReferenceValue(row.error, tolerance)
    return references


def _codes(cells: Sequence[Any]) -> tuple[list[Any], npt.NDArray[np.intp]]:
    """List the different values of cells, blanks as '', and the position of each cell's."""
    code_of: dict[Any, int] = {}
    codes = [code_of.setdefault("" if is_blank(cell) else cell, len(code_of)) for cell in cells]
    return list(code_of), np.array(codes, dtype=np.intp)


def _fits(row: Row, record: Mapping[Any, Any], name: str) -> bool:
    """Whether a point matches a row on one axis; the only axis that a sweep need not vary is the family."""
    value, published_value = record.get(name), row.about.get(name)
    if published_value is None:
        return is_blank(value)
    if name not in record:
        return name == "family"
    if value is None or is_blank(value):
        return False
    return bool(
        value == published_value
        if isinstance(value, str)
        else math.isclose(float(value), float(published_value), rel_tol=1e-9)
    )


def _pair(points: Sequence[str], i: int, j: int, here: Mapping[str, Sample], order: Array, errors: Array) -> Pair:
    better, worse = (i, j) if order[i, j] < 0 else (j, i)
    difference = here[points[better]] - here[points[worse]]
    return Pair(points[better], points[worse], estimate(difference), float(errors[better] - errors[worse]))


def _open(points: Sequence[str], means: Array, drawn: Mapping[str, Array]) -> Array:
    """Expected errors of points in draws, of shape (draws, points)."""
    open_draws = [drawn[point] for point in points if point in drawn]
    number = len(open_draws[0]) if open_draws else 1
    errors = np.stack([drawn.get(point, np.full(number, math.nan)) for point in points], axis=1)
    return np.where(np.isnan(errors), means, errors)


def _ranking(order: Array, reference: Array, measure: Any, errors: Array) -> Ranking:
    """Measure an agreement, and an interval from drawing points, and expected errors of these, anew."""
    n = len(order)
    rng = np.random.default_rng(0)
    is_exact = len(errors) == 1
    drawn = [
        measure(
            order if is_exact else signs(errors[i % len(errors)]),
            reference,
            np.bincount(rng.integers(0, n, n), minlength=n).astype(float),
        )
        for i in range(RESAMPLES)
    ]
    finite = [value for value in drawn if math.isfinite(value)]
    low, high = np.quantile(finite, [0.025, 0.975]) if finite else (math.nan, math.nan)
    return Ranking(measure(order, reference), float(low), float(high))


def _mean(values: Sequence[float]) -> float:
    finite = [value for value in values if math.isfinite(value)]
    return math.fsum(finite) / len(finite) if finite else math.nan
