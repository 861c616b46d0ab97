"""A made-up sweep with the numbers that small networks on small data have."""

from itertools import product

import numpy as np
import pandas as pd

from sweep.analysis.sweep_frame import SweepFrame

RATES = (0.01, 0.03, 0.09)
#: mean error in per cent at each rate: lambda = 1 wants a larger rate than lambda = 8
ERRORS = {
    "static": (4.1, 3.9, 4.6),
    "se": (4.4, 4.0, 4.5),
    "weightnet M=1 G=1": (15.8, 7.6, 5.2),
    "weightnet M=2 G=1": (10.9, 5.6, 4.9),
    "weightnet M=4 G=1": (7.4, 4.6, 4.3),
    "weightnet M=8 G=1": (5.1, 3.5, 3.9),
    "weightnet M=2 G=2": (12.0, 5.9, 4.8),
    "weightnet M=4 G=2": (8.1, 4.9, 4.4),
    "weightnet M=8 G=2": (5.6, 3.4, 3.8),
    "weightnet M=16 G=2": (4.3, 3.0, 3.6),
}


def quick(seeds: int = 3) -> SweepFrame:
    """Build the sweep with every run done."""
    noise = np.random.default_rng(0)
    luck = {seed: noise.normal(0, 0.25) for seed in range(seeds)}
    rows = []
    for (label, errors), (i, rate), seed in product(ERRORS.items(), enumerate(RATES), range(seeds)):
        family, *rest = label.split()
        at = {part.split("=")[0]: float(part.split("=")[1]) for part in rest}
        lam = at["M"] / at["G"] if at else np.nan
        cost = 0.0 if family == "static" else 4_100.0 if family == "se" else 5_900 + 11_300 * lam + 310 * at["G"]
        rows.append(
            {
                "key": f"{len(rows):08x}",
                "point": label,
                "baseline": "" if family == "static" else "static",
                "seed": seed,
                "status": "done",
                "error": round(max(0.2, errors[i] + luck[seed] + noise.normal(0, 0.3)) * 6) / 6,
                "params": 21_430 + int(cost),
                "flops": 612_800 + int(1.4 * cost) + (0 if family == "static" else 2_300),
                "activations": 38_912,
                "seconds": 2.5 + noise.uniform(0, 0.5),
                "kind": "",
                "message": "",
                "family": family,
                "M": at.get("M", np.nan),
                "G": at.get("G", np.nan),
                "lambda": lam,
                "optimizer.lr": rate,
            }
        )
    losses = {
        row["key"]: tuple(2.3 * 0.7**epoch + 0.01 * row["error"] + 0.02 * row["seed"] for epoch in range(10))
        for row in rows
    }
    return SweepFrame(
        name="quick",
        losses=losses,
        about="How do lambda and G move the error of a small ShuffleNetV2?",
        axes=("family", "M", "G", "lambda"),
        nuisance={"optimizer.lr": RATES},
        seeds=tuple(range(seeds)),
        baseline={"family": "static"},
        runs=pd.DataFrame(rows),
        recipe={
            "epochs": 10,
            "batch": 64,
            "optimizer": {"name": "adamw", "weight_decay": 0.05},
            "schedule": "one_cycle",
        },
        network={"backbone": "shufflenet_v2", "width": 0.25},
        dataset={"name": "digits", "resolution": 16, "train": 1200, "validation": 597},
        versions={"wn-sweep": "0.1.0", "torch": "2.13.0", "python": "3.11.2"},
        counts="closed form and fvcore agree on all 10 points",
    )


def gated(seeds: int = 4) -> SweepFrame:
    """Build the sweep of a network of one's own: three gates at two depths, of which `soft` helps by a point."""
    noise = np.random.default_rng(1)
    rows = []
    for (gate, help_), depth, (i, rate), seed in product(
        {"none": 0.0, "soft": -1.0, "hard": -0.1}.items(), (1.0, 2.0), enumerate(RATES), range(seeds)
    ):
        rows.append(
            {
                "key": f"{len(rows):08x}",
                "point": f"net gate={gate} depth={depth:g}",
                "baseline": "" if gate == "none" else f"net gate=none depth={depth:g}",
                "seed": seed,
                "status": "done",
                "error": 9.0 - depth + help_ + (1.0, 0.0, 2.0)[i] + noise.normal(0, 0.15),
                "params": 1_000 * depth,
                "flops": 50_000 * depth,
                "activations": 900,
                "seconds": 1.0,
                "kind": "",
                "message": "",
                "network.gate": gate,
                "network.depth": depth,
                "optimizer.lr": rate,
            }
        )
    return SweepFrame(
        name="gates",
        about="Does a gate help?",
        axes=("network.gate", "network.depth"),
        nuisance={"optimizer.lr": RATES},
        seeds=tuple(range(seeds)),
        baseline={"gate": "none"},
        runs=pd.DataFrame(rows),
        main=("gate",),
        order={"network.gate": ("none", "soft", "hard")},
        network={"backbone": "net:net"},
        dataset={"name": "digits", "train": 1200, "validation": 597},
    )
