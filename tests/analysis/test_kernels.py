import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cosine

from sweep.analysis.kernels import Similarity, between_filters, between_samples, similarity_table


def by_pairs(vectors):
    """The mean over all pairs, one after the other, of scipy's cosine."""
    known = [vector.ravel() for vector in vectors if np.any(vector)]
    found = [1 - cosine(one, other) for one, other in combinations(known, 2)]
    return np.mean(found) if found else math.nan


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 6), st.integers(1, 5), st.integers(1, 3), st.integers(1, 3), st.integers(0, 99))
def test_similarities_are_scipys_pair_by_pair(samples, filters, inputs, size, seed):
    rng = np.random.default_rng(seed)
    kernels = rng.normal(0.3, 1, (samples, filters, inputs, size, size))
    kernels[rng.random((samples, filters)) < 0.1] = 0
    expected = [by_pairs(kernels[:, o]) for o in range(filters)]
    assert between_samples(kernels) == pytest.approx(expected, nan_ok=True)
    assert between_filters(kernels) == pytest.approx([by_pairs(one) for one in kernels], nan_ok=True)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 9), st.integers(1, 4), st.lists(st.integers(1, 8), max_size=3), st.integers(0, 99))
def test_a_few_samples_at_a_time_come_to_the_same(samples, filters, cuts, seed):
    rng = np.random.default_rng(seed)
    kernels = rng.normal(0.3, 1, (samples, filters, 2, 3, 3))
    kernels[rng.random((samples, filters)) < 0.2] = 0
    found = Similarity()
    for part in np.split(kernels, sorted({cut for cut in cuts if cut < samples})):
        found.add(part)
    row = found.row()
    assert row[:2] == (samples, filters)
    for mean, vectors in ((row[2], np.swapaxes(kernels, 0, 1)), (row[5], kernels)):
        truth = [x for x in map(by_pairs, vectors) if not math.isnan(x)]
        assert mean == pytest.approx(np.mean(truth) if truth else math.nan, nan_ok=True)


def test_scale_and_order_change_nothing():
    kernels = np.random.default_rng(1).normal(size=(5, 4, 3, 1, 1))
    scaled = kernels[::-1] * np.random.default_rng(2).uniform(1e-100, 1e100, (5, 4, 1, 1, 1))
    assert between_samples(scaled) == pytest.approx(between_samples(kernels))
    assert between_filters(scaled)[::-1] == pytest.approx(between_filters(kernels))


def test_one_kernel_for_all_and_kernels_at_right_angles():
    same = np.broadcast_to(np.arange(1.0, 10.0).reshape(1, 1, 1, 3, 3), (7, 2, 1, 3, 3))
    assert between_samples(same) == pytest.approx(1)
    apart = np.eye(4).reshape(4, 1, 4, 1, 1)
    assert between_samples(apart) == pytest.approx(0, abs=1e-12)


def test_a_kernel_that_is_not_finite_stays_out():
    kernels = np.ones((3, 1, 2))
    kernels[0, 0, 0] = np.nan
    kernels[1, 0, 1] = 3
    assert between_samples(kernels) == pytest.approx(by_pairs(kernels[1:, 0]))


def test_the_table_has_a_row_a_layer():
    rng = np.random.default_rng(3)
    layers = {"stage 1": rng.normal(size=(6, 8, 4, 1, 1)), "stage 2": rng.normal(size=(1, 3, 2, 3, 3))}
    table = similarity_table(layers).set_index("layer")
    assert table.index.tolist() == ["stage 1", "stage 2"]
    assert table["samples"].tolist() == [6, 1]
    first = [by_pairs(layers["stage 1"][:, o]) for o in range(8)]
    assert table.loc["stage 1", "between_samples"] == pytest.approx(np.mean(first))
    assert table.loc["stage 1", "between_samples_low"] == pytest.approx(np.quantile(first, 0.1))
    assert math.isnan(table.loc["stage 2", "between_samples"])
    assert similarity_table({}).empty


def test_what_has_no_filters_is_no_kernel():
    with pytest.raises(ValueError, match="samples, filters and weights"):
        between_samples(np.ones((3, 2)))
