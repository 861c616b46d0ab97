from dataclasses import replace

import pandas as pd
import pytest

from sweep.analysis.claims import larger_g
from sweep.analysis.nuisance import tune
from sweep.analysis.study import Study
from sweep.analysis.sweep_frame import Kernels
from sweep.report import words
from sweep.report.cards import claims
from tests.analysis.frames import sweep_frame
from tests.laboratory import laboratory


def kernels(weightnet, condconv):
    rows = [
        {
            "point": f,
            "seed": s,
            "family": f,
            "layer": "a",
            "depth": 1,
            "between_samples": 0.5,
            "between_filters": v + s / 99,
        }
        for f, v in (("weightnet", weightnet), ("condconv", condconv))
        for s in range(3)
    ]
    return Kernels(pd.DataFrame(rows), 2, 2)


def test_larger_g_is_compared_at_the_same_lambda():
    frame = laboratory("long")
    found = larger_g(frame, tune(frame))
    errors = frame.runs.pivot(index=["point", "optimizer.lr"], columns="seed", values="error")
    differences = []
    for seed in errors:
        others = errors.drop(columns=seed).mean(axis=1)
        one, two = ((p, others[p].idxmin()) for p in ("weightnet M=2 G=2", "weightnet M=1 G=1"))
        differences.append(errors.loc[one, seed] - errors.loc[two, seed])
    assert found.pairs == 1
    assert found.difference.mean == pytest.approx(sum(differences) / 3)
    (card,) = claims.cards(Study(frame))
    assert card.says[0].startswith("Larger G at the same λ is better: ")
    assert f"{words.signed(found.difference.mean)} points" in card.says[0]
    assert "at the edge of its list" in card.says[0]


@pytest.mark.parametrize(
    ("weightnet", "condconv", "answer"),
    [(0.1, 0.5, "borne out"), (0.5, 0.1, "not borne out"), (0.3, 0.3, "not decided")],
)
def test_kernels_are_less_alike_or_not(weightnet, condconv, answer):
    frame = replace(laboratory("long"), kernels=kernels(weightnet, condconv))
    if answer == "not decided":
        rows = frame.kernels.rows
        noisy = rows["between_filters"] + (rows["family"] == "weightnet") * rows["seed"].map({0: 0.2, 1: -0.3, 2: 0.1})
        frame = replace(frame, kernels=replace(frame.kernels, rows=rows.assign(between_filters=noisy)))
    else:
        rows = frame.kernels.rows
        noisy = rows["between_filters"] + 0.01 * (rows["family"] == "weightnet") * rows["seed"]
        frame = replace(frame, kernels=replace(frame.kernels, rows=rows.assign(between_filters=noisy)))
    (card,) = claims.cards(Study(frame))
    assert f"less alike than CondConv’s: {answer} here" in card.says[-1]


def test_without_the_comparisons_there_is_no_card():
    frame = laboratory("deep")
    assert list(claims.cards(Study(frame))) == []


def test_larger_g_is_compared_on_a_grid_of_m_and_g():
    """M of 2, 4 and 8, G of 1 and 2: two pairs have the same lambda, and three the same M."""
    plane = {f"M={m} G={g}": (m, g) for m in (2, 4, 8) for g in (1, 2)}
    errors = {name: [[m + 10 * g + seed / 7 for seed in range(3)]] for name, (m, g) in plane.items()}
    axes = {
        "M": {name: m for name, (m, g) in plane.items()},
        "G": {name: g for name, (m, g) in plane.items()},
        "lambda": {name: m / g for name, (m, g) in plane.items()},
    }
    frame = sweep_frame(errors, {}, axes)
    found = larger_g(frame, tune(frame))
    # lambda 2: (4, 2) less (2, 1); lambda 4: (8, 2) less (4, 1)
    assert found.pairs == 2
    assert found.difference.mean == pytest.approx(((4 + 20) - (2 + 10) + (8 + 20) - (4 + 10)) / 2)
