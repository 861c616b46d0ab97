"""Calls about a front, scored against a known truth.

A point's margin is the lowest error of any cheaper point, less its own. A clear point has a margin of more than one se,
the deviation of a paired difference of the full grid's means; the cheapest point is left out. A wrong call is one of a
clear point. Ties are left out, as even the means of the full grid call them wrongly.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np


@dataclass(frozen=True)
class Calls:
    """called: 1 on the front, -1 off it, 0 not decided; probability of each call; runs that were paid for."""

    called: np.ndarray
    runs: float
    probability: np.ndarray | None = None


@dataclass(frozen=True)
class Score:
    """Numbers of clear points, so that scores add up; `said`: probabilities of calls, and whether they came true."""

    share: float
    on: int
    off: int
    found_on: int
    found_off: int
    wrong: int
    undecided: int
    said: tuple


def score(calls, known, seeds):
    """Score calls about every point of a table; `seeds` of the full grid."""
    tuned = known.truth.min(1)
    rivals = np.minimum.accumulate(tuned)[:-1]
    margin = rivals - tuned[1:]
    se = known.noise * np.sqrt(2 / seeds)
    called = calls.called[1:]
    on, off = margin > se, margin < -se
    said = ()
    if calls.probability is not None:
        true = np.where(called == 1, margin > -se, margin < se)
        said = tuple((float(p), bool(t)) for p, t, c in zip(calls.probability[1:], true, called, strict=True) if c)
    return Score(
        share=calls.runs / (known.truth.size * seeds),
        on=int(on.sum()),
        off=int(off.sum()),
        found_on=int((called[on] == 1).sum()),
        found_off=int((called[off] == -1).sum()),
        wrong=int((called[on] == -1).sum() + (called[off] == 1).sum()),
        undecided=int((called[on | off] == 0).sum()),
        said=said,
    )


def summary(scores):
    """Share of runs; wrong and undecided, of clear points; found on and off the front. Pooled over all replications."""
    on, off = sum(s.on for s in scores), sum(s.off for s in scores)
    clear = max(on + off, 1)
    return {
        "share": float(np.mean([s.share for s in scores])),
        "wrong": sum(s.wrong for s in scores) / clear,
        "undecided": sum(s.undecided for s in scores) / clear,
        "on": sum(s.found_on for s in scores) / max(on, 1),
        "off": sum(s.found_off for s in scores) / max(off, 1),
    }


def mean_over_tables(scores_by_table):
    """Wrong and undecided are pooled; found is the mean over tables that have clear points."""
    everything = [s for scores in scores_by_table.values() for s in scores]
    pooled = summary(everything)
    each = [
        summary(scores) | {"n_on": sum(s.on for s in scores), "n_off": sum(s.off for s in scores)}
        for scores in scores_by_table.values()
    ]
    pooled["on"] = float(np.mean([row["on"] for row in each if row["n_on"]]))
    pooled["off"] = float(np.mean([row["off"] for row in each if row["n_off"]]))
    return pooled


def calibration(scores, edges=(0.9, 0.95, 0.98, 1.0001)):
    """Number of calls, mean probability said and share that came true, between neighbouring edges."""
    said = np.array([pair for s in scores for pair in s.said], dtype=float).reshape(-1, 2)
    rows = []
    for low, high in pairwise(edges):
        inside = said[(said[:, 0] >= low) & (said[:, 0] < high)]
        if len(inside):
            rows.append((low, len(inside), float(inside[:, 0].mean()), float(inside[:, 1].mean())))
    return rows
