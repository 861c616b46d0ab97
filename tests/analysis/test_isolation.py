import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sweep.analysis.curves import curves
from sweep.analysis.isolation import Edge, edges, isolate
from sweep.analysis.nuisance import tune
from sweep.analysis.plane import plane
from sweep.analysis.study import Study

from . import plain
from .frames import FAILED, MISSING, sweep_frame

LAMBDAS, GS, SEEDS = (1, 2, 4, 8), (1, 2, 4), 4


def grid(error, left_out=(), static=True):
    """Lambda by G with nothing tuned; `error` gives a value for lambda, G and seed."""
    errors, axes = {}, {"family": {}, "M": {}, "G": {}, "lambda": {}}
    for lam in LAMBDAS:
        for G in GS:
            if (lam, G) in left_out:
                continue
            label = f"weightnet M={lam * G} G={G}"
            errors[label] = [[float(error(lam, G, s)) for s in range(SEEDS)]]
            for axis, value in {"family": "weightnet", "M": lam * G, "G": G, "lambda": lam}.items():
                axes[axis][label] = value
    if static:
        errors["static"] = [[50.0 + s for s in range(SEEDS)]]
        axes["family"]["static"] = "static"
    return sweep_frame(errors, axes=axes)


def noisy(seed=0):
    noise = np.random.default_rng(seed).normal(0, 0.5, (9, 5, SEEDS))
    return lambda lam, G, s: 10 - math.log2(lam) - 0.3 * math.log2(G) * math.log2(lam) + noise[int(lam), int(G), s]


def tables(frame):
    """Errors by point, of one setting, for `plain`."""
    rows = frame.runs.sort_values("seed").groupby("point", sort=False)["error"]
    return {point: [errors.tolist()] for point, errors in rows}


def isolation_of(frame):
    study = Study(frame)
    return {one.axis: one for one in isolate(study.table, study.tuned.samples, frame.axes)}


def test_an_axis_alone_is_the_mean_over_the_others():
    error = noisy()
    frame = grid(error)
    found = isolation_of(frame)
    assert [value.value for value in found["lambda"].values] == list(LAMBDAS)
    for axis, values, others in (("lambda", LAMBDAS, GS), ("G", GS, LAMBDAS)):
        assert found[axis].balanced

        def at(value, other, s, axis=axis):
            return error(value, other, s) if axis == "lambda" else error(other, value, s)

        for told, value in zip(found[axis].values, values, strict=True):
            by_seed = [np.mean([at(value, other, s) for other in others]) for s in range(SEEDS)]
            low, high = stats.t.interval(0.95, SEEDS - 1, loc=np.mean(by_seed), scale=stats.sem(by_seed))
            assert (told.points, told.mean.mean) == (len(others), pytest.approx(np.mean(by_seed)))
            # of an error of 10 % the scale of the interval, which ends at 0, is all but that of Student's
            assert (told.mean.low, told.mean.high) == pytest.approx((low, high), abs=0.02)
            assert told.best_mean == pytest.approx(
                min(np.mean([at(value, o, s) for s in range(SEEDS)]) for o in others)
            )
        weights = {
            f"weightnet M={lam * G} G={G}": sign / len(others)
            for sign, end in ((1, values[0]), (-1, values[-1]))
            for lam, G in (((end, o) if axis == "lambda" else (o, end)) for o in others)
        }
        _, low, high = plain.pooled_interval(tables(frame), weights)
        assert (found[axis].step.low, found[axis].step.high) == pytest.approx((low, high))


def test_only_settings_that_come_with_every_value_are_averaged_over():
    found = isolation_of(grid(lambda lam, G, s: 100 * (G == 4) + lam + s, left_out=[(8, 4)]))
    assert found["lambda"].balanced
    assert [value.points for value in found["lambda"].values] == [2, 2, 2, 2]  # G = 4 lacks lambda = 8
    assert [value.mean.mean for value in found["lambda"].values] == [lam + 1.5 for lam in LAMBDAS]


def test_families_that_share_no_setting_are_said_to_differ_in_more():
    found = isolation_of(grid(noisy()))
    assert not found["family"].balanced
    assert [(value.value, value.points) for value in found["family"].values] == [("static", 1), ("weightnet", 12)]


def test_the_best_point_at_the_edge_of_its_grid():
    frame = grid(noisy())
    study = Study(frame)
    best, found = edges(study.table, frame.axes)
    assert best == "weightnet M=32 G=4"
    assert found == (Edge("M", 32.0, True), Edge("G", 4.0, True), Edge("lambda", 8.0, True))
    inside = Study(grid(lambda lam, G, s: abs(lam - 2) + abs(G - 2) + 5 + s))
    assert edges(inside.table, frame.axes) == ("weightnet M=4 G=2", ())
    least = Study(grid(lambda lam, G, s: lam + abs(G - 2) + s))
    assert edges(least.table, frame.axes)[1] == (Edge("lambda", 1.0, False),)


def test_points_that_lack_a_seed_are_left_out():
    frame = grid(lambda lam, G, s: 5 + s - lam)
    runs = frame.runs.copy()
    lacks = (runs["point"] == "weightnet M=32 G=4") & (runs["seed"] == 0)
    runs.loc[lacks, ["status", "error"]] = ["failed", math.nan]
    study = Study(dataclasses.replace(frame, runs=runs))
    assert edges(study.table, frame.axes)[0] == "weightnet M=16 G=2"
    assert edges(Study(sweep_frame({}, axes={"G": {}})).table, ["G"]) == ("", ())
    nothing = Study(sweep_frame({"a": [[MISSING] * 2], "b": [[FAILED] * 2]}, axes={"G": {"a": 1.0, "b": 2.0}}))
    assert isolate(nothing.table, nothing.tuned.samples, ["G"]) == ()


def test_the_interaction_is_that_of_least_squares():
    error = noisy(3)
    frame = grid(error)
    (found,) = curves(frame, tune(frame), "lambda", "G")
    told = plane(found)
    x, y = (np.log(np.array(values, dtype=float)) for values in (LAMBDAS, GS))
    rows = [(1, a, b, a * b) for a in x - x.mean() for b in y - y.mean()]
    by_seed = []
    for s in range(SEEDS):
        errors = [error(lam, G, s) for lam in LAMBDAS for G in GS]
        slope = np.linalg.lstsq(np.array(rows), np.array(errors), rcond=None)[0][3]
        by_seed.append(-slope * np.ptp(x) * np.ptp(y))
    scores = np.outer(x - x.mean(), y - y.mean())
    scores *= -np.ptp(x) * np.ptp(y) / (scores**2).sum()
    weights = {f"weightnet M={lam * G} G={G}": scores[i, j] for i, lam in enumerate(LAMBDAS) for j, G in enumerate(GS)}
    mean, low, high = plain.pooled_interval(tables(frame), weights)
    assert told.interaction.mean == pytest.approx(np.mean(by_seed))
    assert mean == pytest.approx(np.mean(by_seed))
    assert (told.interaction.low, told.interaction.high) == pytest.approx((low, high))
    # of two values each it is the difference between the effects
    corners = grid(error)
    two = corners.runs["lambda"].isin([1, 8]) & corners.runs["G"].isin([1, 4])
    small = dataclasses.replace(corners, runs=corners.runs[two])
    (found,) = curves(small, tune(small), "lambda", "G")
    effect = {G: np.mean([error(1, G, s) - error(8, G, s) for s in range(SEEDS)]) for G in (1, 4)}
    assert plane(found).interaction.mean == pytest.approx(effect[4] - effect[1])


def test_a_map_has_a_cell_for_each_point_and_says_where_it_lacks_one():
    frame = grid(noisy(), left_out=[(8, 4)])
    (found,) = curves(frame, tune(frame), "lambda", "G")
    told = plane(found)
    assert (told.xs, told.bys, told.family) == (LAMBDAS, GS, "weightnet")
    assert len(told.cells) == 11
    assert told.interaction.n == 0
    means = {(lam, G): np.mean([noisy()(lam, G, s) for s in range(SEEDS)]) for lam, G in told.cells}
    assert {cell: spot.mean for cell, spot in told.cells.items()} == pytest.approx(means)
    assert told.best.mean == pytest.approx(min(means.values()))


def test_one_value_is_no_map():
    frame = grid(noisy())
    one = dataclasses.replace(frame, runs=frame.runs[frame.runs["G"] == 1])
    (found,) = curves(one, tune(one), "lambda", "M")[:1] or (None,)
    assert found is None or plane(found) is None
    (alone,) = curves(one, tune(one), "lambda")
    assert plane(alone) is None


def test_order_of_rows_changes_nothing():
    frame = grid(noisy())
    shuffled = dataclasses.replace(frame, runs=frame.runs.sample(frac=1, random_state=1))
    assert isolation_of(frame) == isolation_of(shuffled)
    one, other = (plane(curves(f, tune(f), "lambda", "G")[0]) for f in (frame, shuffled))
    assert one == other
    assert pd.Series(one.cells.keys()).tolist() == pd.Series(other.cells.keys()).tolist()
