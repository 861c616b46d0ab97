"""Small sweeps for tests: errors by point, setting and seed."""

import math
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import pandas as pd

from sweep.analysis.sweep_frame import COLUMNS, SweepFrame

FAILED, MISSING = math.inf, math.nan


def sweep_frame(
    errors: Mapping[str, Sequence[Sequence[float]]],
    nuisance: Mapping[str, Sequence[Any]] | None = None,
    axes: Mapping[str, Mapping[str, Any]] | None = None,
    baseline: Mapping[str, str] | None = None,
    costs: Mapping[str, tuple[float, float]] | None = None,
) -> SweepFrame:
    """Build a frame from a list of errors a seed, for each point and each combination of the nuisance.

    `FAILED` and `MISSING` stand for runs without an error. The nuisance is `lr`, one value a row, unless given; axes,
    baselines and (params, flops) are given by point.
    """
    rows = []
    settings = len(next(iter(errors.values()), ()))
    seeds = len(next(iter(errors.values()))[0]) if errors else 3
    tuned = {"lr": tuple(range(1, settings + 1))} if nuisance is None else nuisance
    axes = axes or {}
    for point, table in errors.items():
        for setting, by_seed in zip(product(*tuned.values()), table, strict=True):
            for seed, error in enumerate(by_seed):
                status = "missing" if math.isnan(error) else "failed" if math.isinf(error) else "done"
                params, flops = (costs or {}).get(point, (1.0, 1.0))
                rows.append(
                    {
                        "key": str(len(rows)),
                        "point": point,
                        "baseline": (baseline or {}).get(point, ""),
                        "seed": seed,
                        "status": status,
                        "error": error if status == "done" else math.nan,
                        "params": params,
                        "flops": flops,
                        "activations": 1.0,
                        "seconds": 1.0,
                        "kind": "nan" if status == "failed" else "",
                        "message": "",
                    }
                    | dict(zip(tuned, setting, strict=True))
                    | {axis: values.get(point, math.nan) for axis, values in axes.items()}
                )
    return SweepFrame(
        name="small",
        about="",
        axes=tuple(axes),
        nuisance={name: tuple(values) for name, values in tuned.items()},
        seeds=tuple(range(seeds)),
        baseline={},
        runs=pd.DataFrame(rows, columns=[*COLUMNS, *tuned, *axes]),
    )
