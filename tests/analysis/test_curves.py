import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from ledgers import describe

from sweep import Ledger, Space
from sweep import frame as frame_of
from sweep.analysis.curves import curves
from sweep.analysis.nuisance import tune
from sweep.analysis.study import Study
from sweep.costs import plan

from . import plain
from .frames import FAILED, MISSING, sweep_frame


def plane(widths=(1.0,), families=("weightnet",), seeds=3):
    """Build lambda 1, 2, 4 at G 1, 2 with a static baseline at each width."""
    rng = np.random.default_rng(1)
    errors, axes, baseline = {}, {"family": {}, "M": {}, "G": {}, "lambda": {}, "width": {}}, {}
    for width in widths:
        static = f"static width={width}"
        errors[static] = rng.uniform(3, 9, (2, seeds)).tolist()
        axes["family"][static], axes["width"][static] = "static", width
        for family in families:
            for lam, G in [(lam, G) for lam in (1, 2, 4) for G in (1, 2)]:
                label = f"{family} M={lam * G} G={G} width={width}"
                errors[label] = rng.uniform(3, 9, (2, seeds)).tolist()
                baseline[label] = static
                values = {"family": family, "M": lam * G, "G": G, "lambda": lam, "width": width}
                for axis, value in values.items():
                    axes[axis][label] = value
    if len(widths) == 1:
        del axes["width"]
    return sweep_frame(errors, axes=axes, baseline=baseline)


def test_lines_hold_the_right_errors():
    frame = plane()
    (found,) = curves(frame, tune(frame), "lambda", "G")
    assert [(line.family, line.by) for line in found.tuned.lines] == [("weightnet", 1), ("weightnet", 2)]
    assert [spot.x for spot in found.tuned.lines[0].spots] == [1, 2, 4]
    assert [panel.setting for panel in found.panels] == [(1,), (2,), None]
    runs = frame.runs.set_index(["point", "lr", "seed"])["error"]
    for panel in found.panels[:-1]:
        for line in panel.lines:
            for spot in line.spots:
                assert spot.point == f"weightnet M={int(spot.x * line.by)} G={line.by:g} width=1.0"
                for seed, error in spot.errors.items():
                    assert error == runs[spot.point, panel.setting[0], seed]
    tuned = tune(frame).rows.set_index(["point", "seed"])["error"]
    spot = found.tuned.lines[1].spots[2]
    assert spot.errors == {seed: tuned[spot.point, seed] for seed in range(3)}
    assert found.tuned.level is not None
    assert found.tuned.level.point == "static width=1.0"


def test_spreads_are_paired_by_seed():
    frame = plane()
    (found,) = curves(frame, tune(frame), "lambda", "G")
    by_key = {(spread.setting, spread.line): spread for spread in found.spreads}
    runs = frame.runs.set_index(["point", "lr", "seed"])["error"]
    tables = {
        label: [[runs[label, rate, seed] for seed in range(3)] for rate in (1, 2)] for label in runs.index.unique(0)
    }

    def weights(line):
        """Error at lambda 1 less error at 4: the one line, or the mean over both."""
        share = 0.5 if line is None else 1.0
        return {
            f"weightnet M={lam * G} G={G} width=1.0": sign * share
            for G in ((1, 2) if line is None else (line[1],))
            for sign, lam in ((1, 1), (-1, 4))
        }

    shared = {label: [table[1]] for label, table in tables.items()}
    for line in (("weightnet", 1), None):
        got = by_key[(2,), line]
        assert (got.x_low, got.x_high, got.spread.n) == (1, 4, 3)
        expected = plain.pooled_interval(shared, weights(line))
        assert (got.spread.mean, got.spread.low, got.spread.high) == pytest.approx(expected)
        own = by_key[None, line].spread
        assert (own.mean, own.low, own.high) == pytest.approx(plain.pooled_interval(tables, weights(line)))
        taken = plain.pooled_interval([(1, shared), (-1, tables)], weights(line))
        assert (got.taken.mean, got.taken.low, got.taken.high) == pytest.approx(taken)
    assert by_key[None, None].taken.mean == 0


def test_points_that_differ_in_another_axis_are_apart():
    frame = plane(widths=(0.5, 1.0))
    found = curves(frame, tune(frame), "lambda", "G")
    assert [one.fixed for one in found] == [{"width": 0.5}, {"width": 1.0}]
    for one in found:
        for panel in one.panels:
            labels = {spot.point for line in panel.lines for spot in line.spots} | {panel.level.point}
            assert {label.rpartition("=")[2] for label in labels} == {str(one.fixed["width"])}


def test_without_the_second_axis_its_values_are_apart():
    frame = plane()
    found = curves(frame, tune(frame), "lambda")
    assert [one.fixed for one in found] == [{"G": 1}, {"G": 2}]  # and M follows from both
    for one in found:
        for line in one.tuned.lines:
            assert len({spot.x for spot in line.spots}) == len(line.spots)


def test_families_are_lines_of_their_own():
    frame = plane(families=("condconv", "weightnet"))
    (found,) = curves(frame, tune(frame), "lambda", "G")
    assert len(found.tuned.lines) == 4
    assert {line.family for line in found.tuned.lines} == {"condconv", "weightnet"}


def test_a_curve_lacks_what_failed_or_is_missing():
    axes = {"lambda": {"a": 1.0, "b": 2.0}}
    frame = sweep_frame({"a": [[4.0, FAILED, 4.0]], "b": [[3.0, 3.0, MISSING]]}, axes=axes)
    (found,) = curves(frame, tune(frame), "lambda")
    assert len(found.panels) == 1  # a single setting is not drawn twice
    first, second = found.tuned.lines[0].spots
    assert (set(first.errors), set(second.errors), first.seeds) == ({0, 2}, {0, 1}, 3)
    assert found.spreads[0].spread.n == 1
    assert found.tuned.level is None


def test_no_errors_at_all():
    frame = sweep_frame({"a": [[MISSING] * 2] * 2, "b": [[MISSING] * 2] * 2}, axes={"lambda": {"a": 1.0, "b": 2.0}})
    (found,) = curves(frame, tune(frame), "lambda")
    assert math.isnan(found.tuned.lines[0].spots[0].mean)
    assert {(spread.spread.n, spread.taken.n) for spread in found.spreads} == {(0, 0)}
    assert found.to_frame(["lr"]).empty


def test_a_lone_point_is_no_curve():
    # as static is, where it has one width and WeightNet has two
    axes = {"M": {"b": 2.0, "c": 2.0}, "G": {"b": 1.0, "c": 1.0}, "width": {"a": 0.5, "b": 0.5, "c": 1.0}}
    frame = sweep_frame({"a": [[1.0, 2.0]], "b": [[1.0, 2.0]], "c": [[1.0, 2.0]]}, axes=axes)
    (found,) = curves(frame, tune(frame), "width")
    assert [spot.point for spot in found.tuned.lines[0].spots] == ["b", "c"]
    assert len(found.fixed) == 1  # of M and G one says enough


def test_no_point_has_an_x():
    frame = sweep_frame({"a": [[1.0, 2.0]]}, axes={"lambda": {}})
    assert curves(frame, tune(frame), "lambda") == ()


def test_the_data_of_a_figure_is_every_dot():
    frame = plane()
    (found,) = curves(frame, tune(frame), "lambda", "G")
    data = found.to_frame(["lr"])
    assert data.columns.tolist() == ["panel", "lr", "role", "family", "G", "lambda", "point", "seed", "error"]
    assert len(data) == 3 * 7 * 3  # panels, points with the baseline, seeds
    merged = data[data["panel"] == "shared"].merge(frame.runs, on=["point", "lr", "seed"], suffixes=("", "_run"))
    assert len(merged) == 2 * 7 * 3
    assert (merged["error"] == merged["error_run"]).all()


def test_order_of_rows_changes_nothing():
    frame = plane(widths=(0.5, 1.0))
    shuffled = dataclasses.replace(frame, runs=frame.runs.sample(frac=1, random_state=3))
    before, after = (curves(one, tune(one), "lambda", "G") for one in (frame, shuffled))
    assert before == after


def test_study_picks_its_axes():
    assert (Study(plane()).axis, Study(plane()).second) == ("lambda", "G")
    widths = sweep_frame({"a": [[1.0]], "b": [[2.0]]}, axes={"width": {"a": 1.0, "b": 2.0}})
    assert (Study(widths).axis, Study(widths).second) == ("width", None)
    one_g = sweep_frame({"a": [[1.0]], "b": [[2.0]]}, axes={"M": {"a": 1.0, "b": 2.0}, "lambda": {"a": 1.0, "b": 2.0}})
    assert (Study(one_g).axis, Study(one_g).second) == ("lambda", None)
    assert Study(sweep_frame({"a": [[1.0]]})).axis is None


NETWORK = {"backbone": "shufflenet_v2", "width": 0.25, "image_size": 16, "stem_channels": 16}
PROXY = {"dataset": "digits", "epochs": 1, "optimizer": {"name": "adamw", "lr": 0.01}}
STATIC = {"family": "static"}
#: blocks beside static -> the main axis, the second, and how many points each of the main one's lines has
PLANS = {
    "one G": ([{"family": "weightnet", "G": 1, "lambda": [1, 2, 4, 8]}], "lambda", None, [4]),
    "one lambda": ([{"family": "weightnet", "lambda": 1, "G": [1, 2, 4]}], "M", None, [3]),
    "one M": ([{"family": "weightnet", "M": 4, "G": [1, 2, 4]}], "lambda", None, [3]),
    "the plane": ([{"family": "weightnet", "lambda": [1, 2, 4], "G": [1, 2]}], "lambda", "G", [3, 3]),
    "widths at one G": (
        [{"family": "weightnet", "G": 1, "lambda": [1, 2, 4], "width": [0.25, 0.375]}, {**STATIC, "width": 0.375}],
        "lambda",
        "width",
        [3, 3],
    ),
    "an axis that the others lack": (
        [{"family": "se", "reduction": [4, 16]}, {"family": "weightnet", "G": 1, "lambda": [1, 2, 4]}],
        "lambda",
        None,
        [3],
    ),
}


@pytest.mark.parametrize("case", PLANS)
def test_axes_of_a_real_plan(case, tmp_path):
    blocks, axis, second, sizes = PLANS[case]
    space = Space.parse({"name": "s", "network": NETWORK, "grid": [STATIC, *blocks], "proxy": PROXY})
    with Ledger.create(tmp_path / "ledger.sqlite") as ledger:
        describe(ledger, plan(space, traced=False))
        wanted = frame_of(ledger)
    study = Study(dataclasses.replace(wanted, runs=wanted.runs.assign(status="done", error=5.0)))
    assert (study.axis, study.second) == (axis, second)
    (found,) = study.curves
    assert [len(line.spots) for line in found.tuned.lines] == sizes
    assert bool(study.across) == (second is not None)


def test_study_computes_nothing_before_it_is_asked():
    broken = dataclasses.replace(plane(), runs=pd.DataFrame())
    study = Study(broken)
    with pytest.raises(KeyError):
        _ = study.table


def test_the_curves_with_most_points_come_first():
    frame = plane(widths=(0.5, 1.0))
    fewer = (frame.runs["width"] == 0.5) & (frame.runs["lambda"] == 4)
    found = curves(dataclasses.replace(frame, runs=frame.runs[~fewer]), tune(frame), "lambda", "G")
    assert [one.fixed["width"] for one in found] == [1.0, 0.5]
