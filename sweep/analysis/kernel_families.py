"""How alike kernels are by depth, point by point and family by family."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
import pandas as pd

from sweep.analysis.estimates import Estimate, Sample, estimate
from sweep.analysis.sweep_frame import Kernels

#: What is told of the kernels of a layer.
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
    """What the kept networks of a sweep say of their kernels."""

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
        Line(str(point), str(family), {name: _by_layer(mine, name) for name in MEASURES})
        for (point, family), mine in rows.groupby(["point", "family"], sort=False)
    ]
    named = sorted({line.family for line in points})
    families = [Line(name, name, _mean([line for line in points if line.family == name])) for name in named]
    samples = {name: {family: _by_seed(rows[rows["family"] == family], name) for family in named} for name in MEASURES}
    both = {"weightnet", "condconv"} <= set(named)
    return Similarities(
        _layers(rows),
        tuple(points),
        tuple(families),
        {name: {family: estimate(sample) for family, sample in mine.items()} for name, mine in samples.items()},
        {name: estimate(mine["condconv"] - mine["weightnet"]) for name, mine in samples.items()} if both else {},
    )


def _by_layer(rows: pd.DataFrame, measure: str) -> dict[str, float]:
    known = rows[np.isfinite(rows[measure].to_numpy(dtype=float))]
    return {str(layer): float(mean) for layer, mean in known.groupby("layer", sort=False)[measure].mean().items()}


def _mean(lines: Sequence[Line]) -> dict[str, dict[str, float]]:
    """Average lines, layer by layer, over those that have the layer."""
    found: dict[str, dict[str, float]] = {}
    for name in MEASURES:
        layers = dict.fromkeys(layer for line in lines for layer in line.values[name])
        found[name] = {
            layer: fmean(line.values[name][layer] for line in lines if layer in line.values[name]) for layer in layers
        }
    return found


def _by_seed(rows: pd.DataFrame, measure: str) -> Sample:
    """Average over the layers of each point and then over points, at the seeds that all points have."""
    known = rows[np.isfinite(rows[measure].to_numpy(dtype=float))]
    means = known.groupby(["seed", "point"])[measure].mean().unstack("point")
    whole = means.dropna().mean(axis=1)
    return Sample({int(seed): float(value) for seed, value in whole.items()})


def _layers(rows: pd.DataFrame) -> tuple[str, ...]:
    """List all layers in the order of computation; one that only some networks have stands after the one before it."""
    order: list[str] = []
    networks = [mine.sort_values("depth")["layer"].tolist() for _, mine in rows.groupby(["point", "seed"], sort=False)]
    for layers in sorted(networks, key=len, reverse=True):
        at = 0
        for layer in layers:
            if layer in order:
                at = order.index(layer) + 1
            else:
                order.insert(at, layer)
                at += 1
    return tuple(order)
