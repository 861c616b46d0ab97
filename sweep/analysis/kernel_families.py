"""How alike kernels are by depth, for each point and for each family."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
import pandas as pd

from sweep.analysis.estimates import Estimate, Sample, estimate
from sweep.analysis.sweep_frame import Kernels

#: The similarity measures of a layer's kernels.
MEASURES = ("between_samples", "between_filters")


@dataclass(frozen=True)
class Line:
    """Mean cosine similarities by layer, of a point (over its seeds) or of a family (over its points)."""

    name: str
    family: str
    #: measure -> layer -> mean; a layer that has none is left out
    values: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Similarities:
    """How alike the kernels of a sweep's kept networks are."""

    #: names of layers, in the order of computation
    layers: tuple[str, ...]
    points: tuple[Line, ...]
    families: tuple[Line, ...]
    #: measure -> family -> over seeds: the mean over layers of each point, and then over points
    means: Mapping[str, Mapping[str, Estimate]]
    #: measure -> how much more alike CondConv's kernels are than WeightNet's, paired by seed; empty without both
    apart: Mapping[str, Estimate]


def similarities(kernels: Kernels) -> Similarities | None:
    """Summarise the kernels of a sweep; None if no layer was looked at."""
    rows = kernels.rows
    if rows.empty:
        return None
    # a network of the user's own may hold layers of both
    points = [
        Line(str(point), str(family), {name: _by_layer(point_rows, name) for name in MEASURES})
        for (point, family), point_rows in rows.groupby(["point", "family"], sort=False)
    ]
    names = sorted({line.family for line in points})
    families = [Line(name, name, _mean([line for line in points if line.family == name])) for name in names]
    samples = {name: {family: _by_seed(rows[rows["family"] == family], name) for family in names} for name in MEASURES}
    has_both = {"weightnet", "condconv"} <= set(names)
    return Similarities(
        _layers(rows),
        tuple(points),
        tuple(families),
        {
            name: {family: estimate(sample) for family, sample in by_family.items()}
            for name, by_family in samples.items()
        },
        {name: estimate(by_family["condconv"] - by_family["weightnet"]) for name, by_family in samples.items()}
        if has_both
        else {},
    )


def _by_layer(rows: pd.DataFrame, measure: str) -> dict[str, float]:
    finite = rows[np.isfinite(rows[measure].to_numpy(dtype=float))]
    return {str(layer): float(mean) for layer, mean in finite.groupby("layer", sort=False)[measure].mean().items()}


def _mean(lines: Sequence[Line]) -> dict[str, dict[str, float]]:
    """Average lines, layer by layer, over those that have the layer."""
    means: dict[str, dict[str, float]] = {}
    for name in MEASURES:
        layers = dict.fromkeys(layer for line in lines for layer in line.values[name])
        means[name] = {
            layer: fmean(line.values[name][layer] for line in lines if layer in line.values[name]) for layer in layers
        }
    return means


def _by_seed(rows: pd.DataFrame, measure: str) -> Sample:
    """Average over the layers of each point and then over points, at the seeds that all points have."""
    finite = rows[np.isfinite(rows[measure].to_numpy(dtype=float))]
    means = finite.groupby(["seed", "point"])[measure].mean().unstack("point")
    complete = means.dropna().mean(axis=1)
    return Sample({int(seed): float(value) for seed, value in complete.items()})


def _layers(rows: pd.DataFrame) -> tuple[str, ...]:
    """List all layers in the order of computation; one that only some networks have stands after the one before it."""
    order: list[str] = []
    networks = [
        network.sort_values("depth")["layer"].tolist() for _, network in rows.groupby(["point", "seed"], sort=False)
    ]
    for layers in sorted(networks, key=len, reverse=True):
        at = 0
        for layer in layers:
            if layer in order:
                at = order.index(layer) + 1
            else:
                order.insert(at, layer)
                at += 1
    return tuple(order)
