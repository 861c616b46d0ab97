"""Five differences of `pairs` at tuned rates, and whether those that it decides keep their sign on three fresh seeds.

    make pairs-fresh

Each point is trained again at the learning rate that its three seeds chose, after which nothing is chosen any more:
eighteen runs of 24 epochs, some twenty minutes on two cores, kept in .pairs-fresh/, so that it goes on where it was
interrupted. Printed to benchmarks/pairs_fresh.txt, the runs are in pairs_fresh.csv. Exit code 1 if a sign turns.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from sweep import Ledger, frame
from sweep.analysis.estimates import Sample, estimate, pooled, precision_of
from sweep.analysis.order import points
from sweep.analysis.significance import holm, p_value
from sweep.analysis.study import Study
from sweep.analysis.sweep_frame import SweepFrame
from sweep.api import run
from sweep.space import Space
from sweep.statistics.intervals import equivalence_p

LEDGER = Path("results/pairs/ledger.sqlite")
FOLDER = Path(".pairs-fresh")
SEEDS = [100, 101, 102]
BLOCKS = {
    "static": {"family": "static"},
    "weightnet M=1 G=1": {"family": "weightnet", "M": 1, "G": 1},
    "weightnet M=2 G=1": {"family": "weightnet", "M": 2, "G": 1},
    "weightnet M=2 G=2": {"family": "weightnet", "M": 2, "G": 2},
    "weightnet M=8 G=1": {"family": "weightnet", "M": 8, "G": 1},
    "condconv experts=4": {"family": "condconv", "experts": 4},
}
#: The second less the first; of the last it is asked whether they are as good as one another.
PAIRS = [
    ("static", "weightnet M=2 G=2"),
    ("static", "condconv experts=4"),
    ("static", "weightnet M=8 G=1"),
    ("weightnet M=1 G=1", "weightnet M=2 G=1"),
    ("weightnet M=2 G=1", "weightnet M=8 G=1"),
]
#: Seeds beyond which equivalence is not looked for, and the chance to show it that they have to have.
MOST, POWER = 200, 0.8


def main() -> int:
    """Print the differences of both, and answer the exit code."""
    with Ledger.open(LEDGER) as ledger:
        space, seen = Space.recorded(ledger.space()), frame(ledger, kernels=False)
    study = Study(seen)
    rates = study.tuned.points.set_index("point")["optimizer.lr"]
    fresh = pd.concat([_fresh(space, float(rate), rates) for rate in sorted(rates[list(BLOCKS)].unique())])
    fresh.to_csv(Path(__file__).with_suffix(".csv"), index=False)
    by_point = {point: dict(zip(rows["seed"], rows["error"], strict=True)) for point, rows in fresh.groupby("point")}
    again = pooled({point: Sample(errors) for point, errors in by_point.items()})
    samples = [study.tuned.samples[other] - study.tuned.samples[one] for one, other in PAIRS]
    precisions = [precision_of(sample) for sample in samples]
    corrected = holm([p_value(sample.mean, *known) for sample, known in zip(samples, precisions, strict=True)])
    seeds = len(seen.seeds)
    print("pairs: differences in points of error, the second less the first, each at its own rate; 95 % intervals\n")
    print(f"{'':44}{f'{seeds} seeds':>26}{'p by Holm':>11}{'three fresh seeds':>26}")
    # what the page decides against the baseline, all intervals together
    rows = study.table.set_index("point")
    together = [(one, other) for one, other in PAIRS if one == "static" and not _holds_zero(rows.loc[other])]
    turned = []
    for (one, other), sample, p in zip(PAIRS, samples, corrected, strict=True):
        told = estimate(again[other] - again[one])
        print(f"{f'{other} vs {one}':44}{_told(estimate(sample)):>26}{p:11.4f}{_told(told):>26}")
        decided = p < 0.05 or (one, other) in together
        if decided and (told.mean > 0) != (sample.mean > 0):
            turned.append(f"{other} vs {one}")
    needed = _to_be_equal(*precisions[-1], seeds, space.smallest or np.nan)
    print(f"\ndecided by the page, all differences to static together (Dunnett): {_names_of(together)}")
    print(f"signs that turn of what is decided so or has a Holm's p below 0.05: {', '.join(turned) or 'none'}")
    print(
        f"{PAIRS[-1][1]} and {PAIRS[-1][0]}, to be shown to differ by less than {space.smallest:g} points if they do "
        f"not differ: {needed} seeds in {POWER:.0%} of sweeps"
    )
    return int(bool(turned))


def _fresh(space: Space, rate: float, rates: "pd.Series[float]") -> pd.DataFrame:
    """Runs with fresh seeds of the points whose best rate is this."""
    data = {key: value for key, value in space.data.items() if key not in ("nuisance", "lengths", "baseline", "main")}
    proxy = {**data["proxy"], "epochs": space.rungs()[-1].epochs, "keep_weights": False}
    proxy["optimizer"] = {**proxy["optimizer"], "lr": rate}
    named = [name for name in BLOCKS if rates[name] == rate]
    data |= {"name": f"pairs-fresh-{rate:g}", "grid": [BLOCKS[name] for name in named], "proxy": proxy, "seeds": SEEDS}
    summary = run(Space.parse(data), results=FOLDER / "results", reports=None)
    with Ledger.open(summary.ledger) as ledger:
        found = frame(ledger, kernels=False)
    known = _names(found, named)
    rows = found.runs.assign(point=found.runs["point"].map(known), rate=rate)
    return rows[["point", "rate", "seed", "status", "error", "loss"]].round(6)


def _names(found: SweepFrame, named: list[str]) -> dict[str, str]:
    """Label in a small sweep -> name in `BLOCKS`: points stand in the order of the grid."""
    by_cell = {}
    for row in points(found).to_dict("records"):
        cells = {name: row[name] for name in found.axes if row.get(name) not in ("", None) and row[name] == row[name]}
        (name,) = [name for name in named if all(BLOCKS[name].get(axis, cell) == cell for axis, cell in cells.items())]
        by_cell[row["point"]] = name
    assert sorted(by_cell.values()) == sorted(named)
    return by_cell


def _holds_zero(row: "pd.Series[float]") -> bool:
    return bool(row["diff_all_low"] <= 0 <= row["diff_all_high"])


def _names_of(pairs: list[tuple[str, str]]) -> str:
    return ", ".join(f"{other} vs {one}" for one, other in pairs) or "none"


def _told(found: object) -> str:
    return f"{found.mean:+.2f} [{found.low:+.2f}, {found.high:+.2f}]"


def _to_be_equal(error: float, freedom: float, seeds: int, smallest: float) -> str:
    """How many seeds two one-sided tests need where there is no difference; the noise is taken as true."""
    chances = stats.norm.ppf((np.arange(2_000) + 0.5) / 2_000)
    for number in range(2, MOST):
        size, ahead = error * np.sqrt(seeds / number), freedom * (number - 1) / (seeds - 1)
        if np.mean(equivalence_p(chances * size, size, ahead, smallest) < 0.05) >= POWER:
            return str(number)
    return f"more than {MOST}"


if __name__ == "__main__":
    sys.exit(main())
