"""The best setting on some seeds, for many points at once: arrays in, arrays out."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Index = npt.NDArray[np.intp]


def best(errors: Array, seeds: Mask, allowed: Mask | None = None) -> Index:
    """Find the best setting of each point: fewest failures, then lowest mean error, then the first.

    Args:
        errors: of shape (points, settings, seeds), in per cent; NaN where a run failed.
        seeds: of shape (points, seeds): those to choose on; a point with none gets its first setting.
        allowed: of shape (points, settings): those to choose from, if not all.

    Returns:
        Of shape (points): the position of the setting.
    """
    succeeded, total, failures = (array.sum(-1, keepdims=True) for array in _parts(errors, seeds))
    return _pick(succeeded, total, failures, allowed)[:, 0]


def cross_fit(errors: Array, complete: Mask, allowed: Mask | None = None) -> Index:
    """Choose a setting for each seed on the other seeds.

    Args:
        errors: of shape (points, settings, seeds), in per cent; NaN where a run failed.
        complete: of shape (points, seeds): at which settings can be compared. Where no other seed is complete the
            choice is made on the seed itself: it flatters.
        allowed: of shape (points, settings): those to choose from, if not all.

    Returns:
        Of shape (points, seeds): the position of the setting at which each seed is judged.
    """
    parts = _parts(errors, complete)
    # a single seed is chosen on itself; any other on all seeds but itself
    alone = (complete.sum(-1, keepdims=True) == complete)[:, None, :]
    sums = [part.sum(-1, keepdims=True) - np.where(alone, 0, part) for part in parts]
    return _pick(sums[0], sums[1], sums[2], allowed)


def _parts(errors: Array, seeds: Mask) -> tuple[Array, Array, Array]:
    """Three arrays over the runs at the seeds: whether each succeeded, its error if so, and whether it failed."""
    at = seeds[:, None, :]
    done = np.isfinite(errors) & at
    return done.astype(float), np.where(done, errors, 0.0), (at & ~done).astype(float)


def _pick(succeeded: Array, total: Array, failures: Array, allowed: Mask | None) -> Index:
    """Pick the best setting, all of shape (points, settings, choices): how many succeeded, their sum, how many not."""
    if allowed is not None:
        failures = np.where(allowed[..., None], failures, np.inf)
    # Rounded, so that the order of summation decides no tie.
    mean = np.where(succeeded > 0, np.round(total / np.maximum(succeeded, 1), 9), np.inf)
    fewest_failures = failures == failures.min(1, keepdims=True)
    lowest = np.where(fewest_failures, mean, np.inf).min(1, keepdims=True)
    chosen: Index = (fewest_failures & (mean <= lowest)).argmax(1)
    return chosen


def leave_one_out(errors: Array, complete: Mask, allowed: Mask | None = None) -> Iterator[tuple[int, Index]]:
    """Choose all settings anew without each seed in turn: the seed left out, and `cross_fit` of the others."""
    for seed_out in range(complete.shape[1]):
        remaining = complete.copy()
        remaining[:, seed_out] = False
        yield seed_out, cross_fit(errors, remaining, allowed)


def judged(errors: Array, chosen: Index) -> Array:
    """Look up the error of each seed at the setting chosen for it, of shape (points, seeds)."""
    errors_chosen: Array = np.take_along_axis(errors, chosen[:, None, :], axis=1)[:, 0]
    return errors_chosen
