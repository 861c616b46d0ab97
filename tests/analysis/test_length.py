from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from sweep.analysis.length import length_effects
from sweep.analysis.question import Contrast, Pair

from .frames import MISSING, sweep_frame

CONTRAST = Contrast("point", "b", "a", (Pair("b", "a", {}, 1.0, 1.0),))


def frame(effects, noise=0.1, seeds=4):
    """A sweep of two points whose difference after each length is given."""
    rng = np.random.default_rng(0)
    lengths = {
        epochs: sweep_frame(
            {
                "a": (5 + noise * rng.normal(size=(1, seeds))).tolist(),
                "b": (5 + effect + noise * rng.normal(size=(1, seeds))).tolist(),
            },
            nuisance={"lr": (1,)},
        )
        for epochs, effect in effects.items()
    }
    return replace(lengths[max(lengths)], lengths=lengths)


def test_the_trend_is_a_line_in_the_logarithm_of_epochs():
    one = frame({4: -0.5, 8: -1.2, 32: -3.0})
    (found,) = length_effects(one, [CONTRAST])
    runs = {epochs: made.runs for epochs, made in one.lengths.items()}
    errors = {epochs: r.pivot(index="point", columns="seed", values="error") for epochs, r in runs.items()}
    differences = {epochs: (table.loc["b"] - table.loc["a"]).to_numpy() for epochs, table in errors.items()}
    for epochs, values in differences.items():
        assert found.effects[epochs].mean == pytest.approx(values.mean())
    doublings = np.log2(list(differences))
    slopes = [stats.linregress(doublings, column).slope for column in zip(*differences.values(), strict=True)]
    assert found.slope.mean == pytest.approx(np.mean(slopes))
    assert found.slope.low < found.slope.mean < found.slope.high
    assert found.trend == "grows"


@pytest.mark.parametrize(
    ("effects", "trend"),
    [
        ({8: -0.5, 24: -2.0}, "grows"),
        ({8: -2.0, 24: -0.5}, "shrinks"),
        ({8: 2.0, 24: 0.5}, "shrinks"),
        ({8: 1.0, 24: 1.0}, "not decided"),
        ({8: 1.0, 24: -1.0}, "turns"),
        ({8: -0.3, 24: 1.0}, "turns"),
    ],
)
def test_a_trend_follows_the_sign_of_the_effect_after_the_longest(effects, trend):
    (found,) = length_effects(frame(effects), [CONTRAST])
    assert found.trend == trend


def test_intervals_of_the_trend_cover_it():
    rng = np.random.default_rng(3)
    inside = []
    for _ in range(60):
        lengths = {}
        for epochs, effect in ((8, -0.5), (24, -1.0)):
            table = 5 + 0.3 * rng.normal(size=(5, 1, 4)) + np.array([0, effect, 0, 0, 0])[:, None, None]
            errors = {name: rows.tolist() for name, rows in zip("abcde", table, strict=True)}
            lengths[epochs] = sweep_frame(errors, nuisance={"lr": (1,)})
        (found,) = length_effects(replace(lengths[24], lengths=lengths), [CONTRAST])
        inside.append(found.slope.low <= -0.5 / np.log2(3) <= found.slope.high)
    assert np.mean(inside) >= 0.88


def test_what_is_not_in_waits():
    one = frame({8: 1.0, 24: 1.0})
    late = sweep_frame({"a": [[5.0] * 4], "b": [[MISSING] * 4]}, nuisance={"lr": (1,)})
    (found,) = length_effects(replace(one, lengths={**one.lengths, 24: late}), [CONTRAST])
    assert (found.trend, list(found.effects)) == ("waits", [8])
    assert length_effects(replace(one, lengths={}), [CONTRAST]) == ()


def test_an_effect_turns_only_where_both_signs_are_known():
    (found,) = length_effects(frame({8: 0.0, 24: 1.0}), [CONTRAST])
    assert found.trend in {"grows", "rises"}
    for seed_noise, (early, late), trend in ((0.6, (-0.1, 3.0), "rises"), (0.6, (0.1, -3.0), "falls")):
        (found,) = length_effects(frame({8: early, 24: late}, noise=seed_noise), [CONTRAST])
        if found.effects[8].mean * found.effects[24].mean < 0:
            assert not found.effects[8].clear
            assert found.trend == trend


def test_a_length_that_is_partly_in_takes_nothing_from_the_others():
    whole = frame({4: -0.5, 24: -2.0})
    runs = whole.lengths[4].runs
    for missing in (3, 2, 1):
        late = runs["seed"] >= 4 - missing
        part = replace(
            whole.lengths[4],
            runs=runs.assign(status=runs["status"].mask(late, "missing"), error=runs["error"].mask(late)),
        )
        (found,) = length_effects(replace(whole, lengths={4: whole.lengths[4], 8: part, 24: whole}), [CONTRAST])
        (alone,) = length_effects(whole, [CONTRAST])
        assert found.trend == alone.trend == "grows"
        assert found.slope.mean == pytest.approx(alone.slope.mean)
        assert found.slope.n == 4
