"""Plans: what is rejected and why, what a plan is written as, and plans too large for a list."""

import io
import itertools
import json

import pandas as pd
import pytest

from sweep.costs import plan
from sweep.costs.export import write_json, write_table
from sweep.errors import SpaceError, SweepError
from sweep.space import Space

HEAD = {
    "name": "x",
    "network": {"stem_channels": 8, "image_size": 8, "last_channels": 16, "repeats": [1, 2]},
    "proxy": {"dataset": "digits", "epochs": 2, "batch_size": 50, "optimizer": {"lr": 0.1}},
}
BLOCKS = [
    {"family": "static", "width": [0.25, 0.5]},
    {"family": "weightnet", "M": ["1/2", 1, 2, 4], "G": "1/2", "width": [0.25, 0.5], "stages": ["all", "last", [1]]},
    {"family": "condconv", "experts": [2, 4], "depthwise": ["static", "generated"]},
    {"family": "se", "reduction": [1, 8]},
    {"family": "sk"},
]


def space(*blocks, **more):
    return Space.parse({**HEAD, "grid": list(blocks), **more})


def test_every_point_is_kept_or_rejected_by_the_first_constraint_that_it_misses():
    whole = plan(space(*BLOCKS), traced=0)
    bounds = {"flops": {"max": 100e3}, "lambda": {"max": 4}, "params": {"min": 4000, "max": 12e3}}
    found = plan(space(*BLOCKS, constraints=bounds), traced=0)
    kept, rejected = [], {}
    for one in whole.points:
        values = {"flops": one.cost.flops, "params": one.cost.params, "lambda": one.point.lam}
        # constraints on axes are looked at before anything is counted
        for name in ("lambda", "flops", "params"):
            bound, value = bounds[name], values[name]
            if value is not None and (value > bound.get("max", value) or value < bound.get("min", value)):
                rejected[one.point] = (name, value)
                break
        else:
            kept.append(one.point)
    assert len(kept) >= 5
    assert {name for name, _ in rejected.values()} == set(bounds)
    assert [one.point for one in found.points] == kept
    assert {one.point: one.constraint for one in found.rejected} == {p: name for p, (name, _) in rejected.items()}
    for one in found.rejected:
        name, value = rejected[one.point]
        limit = next(v for k, v in bounds[name].items() if (value > v if k == "max" else value < v))
        assert f"{name} {float(value):,.0f}" in one.reason
        assert one.reason.endswith(f"({abs(float(value) - limit) / limit:.1%})")
    summary = found.rejections_by_constraint()
    for name, (count, mildest, harshest) in summary.items():
        missed = [
            abs(value - min(bounds[name].values(), key=lambda v: abs(value - v)))
            for n, value in rejected.values()
            if n == name
        ]
        assert count == len(missed)
        extremes = [rejected[one.point][1] for one in (mildest, harshest)]
        by = [abs(value - min(bounds[name].values(), key=lambda v: abs(value - v))) for value in extremes]
        assert by == [min(missed), max(missed)]


def test_labels_are_unique_and_the_same_wherever_they_are_written(tmp_path):
    found = plan(space(*BLOCKS), traced=3)
    rows = found.rows()
    assert len({row["point"] for row in rows}) == len(rows) == 2 + 24 + 4 + 2 + 1
    assert sum(row["traced_params"] is not None for row in rows) == 3
    assert all(row["traced_params"] in (None, row["params"]) for row in rows)
    text = io.BytesIO()
    write_json(found, text)
    assert json.loads(text.getvalue()) == rows
    for name, read in (("p.parquet", pd.read_parquet), ("p.csv", pd.read_csv)):
        write_table(found, tmp_path / name)
        frame = read(tmp_path / name)
        assert list(frame.columns) == list(rows[0])
        for column in ("point", "family", "params", "flops", "activations", "training_flops", "width"):
            assert frame[column].tolist() == [row[column] for row in rows], (name, column)
        assert frame["M"].dropna().tolist() == [float(eval(str(row["M"]))) for row in rows if row["M"] is not None]
        assert frame["stages"].dropna().tolist() == [row["stages"] for row in rows if row["stages"] is not None]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p.csv", "p.parquet"]


def test_values_of_ones_own_are_escaped(tmp_path, monkeypatch):
    (tmp_path / "odd.py").write_text(
        "from torch import nn\n"
        "def odd(channels, classes, act):\n"
        "    return nn.Sequential(nn.Flatten(), nn.Linear(64 * channels, classes))\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    values = ['say "hi"', "back\\slash", "tab\there", "ünï", 3, True]
    network = {"backbone": "odd:odd", "image_size": 8}
    found = plan(Space.parse({**HEAD, "network": network, "grid": [{"act": values}]}), traced=0)
    text = io.BytesIO()
    write_json(found, text)
    assert json.loads(text.getvalue()) == found.rows()
    assert [row["act"] for row in found.rows()] == values


def test_pieces_join(tmp_path, monkeypatch):
    monkeypatch.setattr("sweep.costs.export.PIECE", 5)
    test_labels_are_unique_and_the_same_wherever_they_are_written(tmp_path)


def test_a_file_that_cannot_be_written_is_told_and_not_left(tmp_path):
    found = plan(space(*BLOCKS[:1]), traced=0)
    with pytest.raises(SweepError, match=r"\.parquet and \.csv"):
        write_table(found, tmp_path / "points.xlsx")
    with pytest.raises(SweepError, match="cannot be written"):
        write_table(found, tmp_path / "absent" / "points.csv")
    assert not list(tmp_path.iterdir())


def test_a_large_plan_is_the_product_of_its_axes():
    """Numbers of points, runs and FLOPs of a grid of 100,000, against loops over its axes."""
    block = {
        "family": "weightnet",
        "width": {"low": 0.25, "high": 1.24, "step": 0.01},
        "lambda": [1, 2, 3, 4, 5],
        "G": [1, 2],
        "stages": ["all", "first", "last", 2],
        "image_size": {"low": 8, "high": 32, "count": 25},
    }
    found = plan(space(block, constraints={"flops": {"max": 3e6}}), traced=0)
    # stage 2 of 2 is the last one
    assert len(found.points) + len(found.rejected) == 100 * 5 * 2 * 3 * 25
    assert found.runs == 3 * len(found.points)
    assert found.counts.flops[found.kept].max() <= 3e6 < found.counts.flops[found.too_costly.numbers].min()
    sample = [found.points[i] for i in range(0, len(found.points), len(found.points) // 20)]
    alone = [plan(space({**_block(one.point)}), traced=1).points[0] for one in sample]
    assert [(one.cost, one.traced) for one in alone] == [(one.cost, one.cost) for one in sample]


def _block(point):
    names = ("family", "width", "M", "G", "stages", "image_size")
    said = {name: value for name in names if (value := point.value(name)) is not None}
    return {name: str(value) if name in "MG" else value for name, value in said.items()}


def test_too_many_points_are_told_before_they_are_made():
    many = {"width": {"low": 0.1, "high": 9, "count": 90_000}, "image_size": {"low": 8, "high": 1000, "step": 1}}
    with pytest.raises(SpaceError, match="has 89,370,000 points, more than the 10,000,000"):
        plan(space({"family": "static", **many}), traced=0)


def test_many_mistakes_are_summed_up():
    with pytest.raises(SpaceError) as raised:
        plan(
            space({"family": "weightnet", "M": "1/5", "G": "1/5", "width": {"low": 0.2, "high": 1, "step": 0.01}}),
            traced=0,
        )
    assert len(raised.value.mistakes) == 21
    assert "points have such mistakes" in raised.value.mistakes[-1]
    assert all("is not whole" in mistake for mistake in raised.value.mistakes[:-1])


def test_impossible_combinations_of_a_product_are_rejected_with_the_reason():
    block = {"family": "weightnet", "M": [1, 2, 3], "G": [1, 2], "width": [0.125, 0.5], "stem_channels": [8, 24]}
    found = plan(space(block), traced=0)
    possible = [(m, g, w, s) for m, g, w, s in itertools.product((1, 2, 3), (1, 2), (0.125, 0.5), (8, 24))
                if m % g == 0 and (w, s) != (0.125, 24)]  # fmt: skip
    assert [(p.point.M, p.point.G, p.point.width, p.point.stem_channels) for p in found.points] == possible
    assert len(found.points) + len(found.rejected) == 24
    reasons = {(one.point.M, one.point.G, one.point.width, one.point.stem_channels): one for one in found.rejected}
    assert {one.constraint for one in found.rejected} == {"impossible combinations"}
    assert "3 is not a multiple of G = 2" in reasons[3, 2, 0.5, 8].reason
    assert "a stage of 12 channels cannot follow 24" in reasons[1, 1, 0.125, 24].reason
    assert found.rejections_by_constraint()["impossible combinations"][0] == len(found.rejected)


def test_a_block_that_has_only_impossible_combinations_is_a_mistake():
    static = {"family": "static"}
    with pytest.raises(SpaceError, match=r"grid\[1\].*3 is not a multiple of G = 2"):
        plan(space(static, {"family": "weightnet", "M": [1, 3], "G": 2}), traced=0)
    with pytest.raises(SpaceError, match=r"grid\[1\].*cannot follow 24"):
        plan(space(static, {"width": [0.125, 0.2], "stem_channels": 24}), traced=0)


def test_a_mistake_of_points_that_are_rejected_is_none():
    block = {"family": "weightnet", "M": [1, 2, 3], "G": [1, 2], "width": 0.5}
    found = plan(space(block, constraints={"lambda": {"min": 1, "max": 1}}), traced=0)
    assert [(p.point.M, p.point.G) for p in found.points] == [(1, 1), (2, 2)]
    assert {one.constraint for one in found.rejected} == {"lambda"}


def test_what_the_users_own_function_refuses_is_rejected(tmp_path, monkeypatch):
    code = """
from torch import nn

def net(classes, heads=1, width=4):
    if width % heads:
        raise ValueError("heads must divide width")
    return nn.Sequential(nn.Flatten(), nn.Linear(64, width), nn.Linear(width, classes))
"""
    (tmp_path / "refusing.py").write_text(code)
    monkeypatch.chdir(tmp_path)
    made = {**HEAD, "network": {"backbone": "refusing:net"}, "grid": [{"heads": [1, 2], "width": [4, 5]}]}
    found = plan(Space.parse(made))
    assert [dict(p.point.options) for p in found.points] == [
        {"heads": 1, "width": 4}, {"heads": 1, "width": 5}, {"heads": 2, "width": 4}
    ]  # fmt: skip
    (one,) = found.rejected
    assert "heads must divide width" in one.reason
    with pytest.raises(SpaceError, match="heads must divide width"):
        plan(Space.parse({**made, "grid": [{"heads": 2, "width": 5}]}))


@pytest.mark.parametrize(("train", "batch"), [(100, 50), (101, 50), (101, 100), (99, 100)])
def test_training_flops_add_up_over_settings_and_seeds(train, batch):
    proxy = {**HEAD["proxy"], "dataset": {"name": "digits", "train": train, "validation": 30}, "batch_size": batch}
    nuisance = {"epochs": [1, 3], "optimizer.lr": [0.1, 0.2]}
    found = plan(space(*BLOCKS[:2], proxy=proxy, nuisance=nuisance, seeds=4), traced=0)
    learned = train - 1 if train % batch == 1 else train
    for row, one in zip(found.rows(), found.points, strict=True):
        stem = 9 * 8 * 64  # 1 colour, 3 x 3, 8 channels, 8 x 8 pixels
        each = [
            (3 * one.cost.flops - stem) * learned * e + one.cost.flops * 30 for e, _ in itertools.product((1, 3), "ab")
        ]
        assert row["training_flops"] == 4 * sum(each)
    assert found.training_flops == pytest.approx(sum(row["training_flops"] for row in found.rows()))
