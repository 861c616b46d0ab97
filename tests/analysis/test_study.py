import dataclasses

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from sweep.analysis.study import Study

from .frames import FAILED, MISSING, sweep_frame

CELL = st.one_of(st.integers(3, 30).map(lambda n: n / 3), st.just(FAILED), st.just(MISSING))
TABLE = st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=2, max_size=2)


@settings(max_examples=15, deadline=None)
@given(st.lists(TABLE, min_size=4, max_size=4), st.permutations(range(24)))
def test_permuting_rows_and_relabelling_change_no_number(tables, order):
    """Of any part of a study: the table of points, chances, naive effects."""
    names = ["base", "a", "b", "c"]
    frame = sweep_frame(
        dict(zip(names, tables, strict=True)),
        axes={"G": {name: float(i) for i, name in enumerate(names)}},
        baseline=dict.fromkeys("abc", "base"),
        costs={name: (10.0 + i, 20.0 - i) for i, name in enumerate(names)},
    )
    new = {"base": "z", "a": "y", "b": "x", "c": "w"}
    runs = frame.runs.iloc[list(order)].reset_index(drop=True)
    runs = runs.assign(point=runs["point"].map(new), baseline=runs["baseline"].map(new | {"": ""}))
    before, after = Study(frame), Study(dataclasses.replace(frame, runs=runs))
    one = before.table.assign(
        point=before.table["point"].map(new), baseline=before.table["baseline"].map(new | {"": ""})
    )
    pd.testing.assert_frame_equal(
        one.sort_values("point", ignore_index=True), after.table.sort_values("point", ignore_index=True)
    )
    assert set(before.chances) == set(after.chances)
    for cost, told in before.chances.items():
        assert {new[point]: chance for point, chance in told.chance.items()} == after.chances[cost].chance
        assert np.array_equal(told.hypervolume, after.chances[cost].hypervolume, equal_nan=True)
    for naive, other in zip(before.naive, after.naive, strict=True):
        assert {new[point]: effect for point, effect in naive.effects.items()} == dict(other.effects)


def test_the_best_is_of_points_that_have_the_same_seeds():
    """Seed 2 is harder than the others; a lacks seed 0, and is better than every other point by 1 where both are."""
    luck = [0.0, 0.1, 4.0]
    levels = {"a": 19.0, "b": 20.0, "c": 20.5, "d": 21.0}
    errors = {
        point: [[level + luck[s] if s != (0 if point == "a" else 2) else MISSING for s in range(3)]]
        for point, level in levels.items()
    }
    frame = sweep_frame(errors, {})
    best = Study(frame).best
    assert best.point["point"] == "b"
    assert best.of == 3
