"""Rows of a frame as mappings, against pandas' own."""

import math

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from sweep.analysis.records import records

CELLS = st.tuples(
    st.text(max_size=3) | st.none(),
    st.floats(),
    st.integers(-(2**40), 2**40),
    st.booleans(),
    st.tuples(st.integers(0, 9)),
)


def told(rows):
    """Rows with their types, NaN equal to NaN."""
    return [
        [(name, type(v), "nan" if isinstance(v, float) and math.isnan(v) else v) for name, v in row.items()]
        for row in rows
    ]


@given(st.lists(CELLS, max_size=6))
def test_rows_are_those_of_pandas(cells):
    frame = pd.DataFrame(cells, columns=["text", "number", "whole", "truth", "several"])
    assert told(records(frame)) == told(frame.to_dict("records"))
    # rows picked from a frame, in another order, and columns of another kind of number
    picked = frame.iloc[::-2].assign(small=np.float32(0.5))
    assert told(records(picked)) == told(picked.to_dict("records"))


def test_a_frame_without_rows_or_columns_has_none():
    assert records(pd.DataFrame()) == records(pd.DataFrame(columns=["a"])) == []
