"""Coordinates of points and settings."""

from fractions import Fraction

import numpy as np

from sweep.search.racing_features import point_features, setting_features


def test_axes_are_two_long_and_logarithmic_where_they_span_a_ratio():
    features = point_features([{"width": 16, "depth": 1}, {"width": 64, "depth": 2}, {"width": 256, "depth": 3}])
    np.testing.assert_allclose(features, [[0, 0], [1, 1], [2, 2]])


def test_fractions_are_numbers_and_truth_values_are_not():
    features = point_features([{"M": Fraction(1, 4), "bias": True}, {"M": 1, "bias": False}])
    np.testing.assert_allclose(features, [[0, 0, 1], [2, 1, 0]])


def test_categories_are_equally_far_apart():
    features = point_features([{"family": name} for name in ("static", "se", "weightnet")])
    distances = np.linalg.norm(features[:, None] - features[None], axis=2)
    np.testing.assert_allclose(distances[np.triu_indices(3, 1)], np.sqrt(2))


def test_a_point_without_an_axis_is_apart_once():
    points = [{"family": "static"}, *({"family": "weightnet", "M": m, "G": g} for m in (1, 8) for g in (1, 4))]
    features = point_features(points)
    # M and G from 0 to 2, the static network in the middle; two columns tell the families and the missing axes
    assert features.shape == (5, 4)
    assert sorted(features[0]) == [0, 1, 1, 1]


def test_what_never_varies_has_no_column():
    assert point_features([{"depth": 3, "family": "static"}] * 4).shape == (4, 0)
    assert setting_features([{}]).shape == (1, 0)


def test_neighbouring_settings_are_one_apart():
    features = setting_features([{"rate": 0.01}, {"rate": 0.02}, {"rate": 0.04}])
    np.testing.assert_allclose(features, [[0], [1], [2]])
    names = setting_features([{"name": "sgd"}, {"name": "adamw"}])
    np.testing.assert_allclose(np.linalg.norm(names[0] - names[1]), np.sqrt(2))


def test_listings_of_mixed_kinds_are_categories():
    assert point_features([{"rate": 0.1}, {"rate": "auto"}]).shape == (2, 2)
