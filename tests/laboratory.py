"""The laboratory's runs (results/laboratory) as frames: real errors and losses of real networks, for tests."""

import csv
from pathlib import Path

import pandas as pd

from sweep.analysis.sweep_frame import COLUMNS, SweepFrame

RUNS = Path(__file__).parents[1] / "results/laboratory/pairs.csv"
AXES = ("family", "M", "G", "experts", "lambda")


def laboratory(study: str, seeds=None, metric="error") -> SweepFrame:
    """One of the laboratory's studies; of some of its seeds only if they are given."""
    with RUNS.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["study"] == study]
    rows = [row for row in rows if seeds is None or int(row["seed"]) in seeds]
    runs = [
        {
            "key": str(number),
            "point": row["point"],
            "baseline": "" if row["point"] == "static" else "static",
            "seed": int(row["seed"]),
            "status": "done",
            "error": float(row["error"]),
            "loss": float(row["loss"]),
            "params": float(row["params"]),
            "flops": 1.0,
            "activations": 1.0,
            "seconds": 1.0,
            "kind": "",
            "message": "",
            "family": row["family"],
            **{axis: float(row[axis] or "nan") for axis in ("M", "G", "experts")},
            "lambda": float(row["M"]) / float(row["G"]) if row["M"] else float("nan"),
            "optimizer.lr": float(row["rate"]),
        }
        for number, row in enumerate(rows)
    ]
    frame = pd.DataFrame(runs, columns=[*COLUMNS, "loss", *AXES, "optimizer.lr"])
    return SweepFrame(
        name=f"laboratory-{study}",
        about="",
        axes=AXES,
        nuisance={"optimizer.lr": tuple(sorted(frame["optimizer.lr"].unique().tolist()))},
        seeds=tuple(sorted(frame["seed"].unique().tolist())),
        baseline={"family": "static"},
        main=("lambda", "family"),
        runs=frame,
        network={"backbone": "shufflenet_v2", "width": 0.1667},
        dataset={"name": "fashion_mnist"},
        classes=50,
        judged_on=20_000,
    )
