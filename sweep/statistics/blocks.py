"""A table of points by seeds, taken apart into what is a point's, what is a seed's, and the rest."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Blocks:
    """An additive fit of points and seeds; all of shape (..., points) but for the last two."""

    #: values that a point has
    counts: Array
    #: its mean, had it been run at every seed; NaN without a value
    means: Array
    #: its sum of squared residuals
    squares: Array
    #: what that sum is on average where the noise of a value has variance 1
    shares: Array
    #: of shape (..., points, seeds), NaN where there is no value
    residuals: Array
    #: of shape (...): degrees of freedom of all residuals together
    freedom: Array


def blocks(values: Array, weights: Array | None = None) -> Blocks:
    """Fit a level for each point and each seed by least squares.

    Args:
        values: of shape (..., points, seeds); NaN where there is none.
        weights: of shape (..., points), positive: what a point counts where the effects of seeds are fitted; 1 if None.
    """
    known = np.isfinite(values)
    has = known.astype(float)
    counts = has.sum(-1)
    some = np.maximum(counts, 1.0)[..., None]
    own = np.where(known, values, 0.0).sum(-1, keepdims=True) / some
    centred = np.where(known, values - own, 0.0)
    share = has / some
    weight = np.ones_like(some) if weights is None else weights[..., None]
    # The normal equations of the seeds, points eliminated: at most as many as there are seeds.
    normal = _normal(has, share, weight)
    inverse: Array = np.asarray(np.linalg.pinv(normal, hermitian=True, rcond=1e-9), dtype=np.float64)
    effect = (inverse @ (weight * centred).sum(-2)[..., None])[..., 0]
    shift = (share * effect[..., None, :]).sum(-1, keepdims=True)
    residuals = np.where(known, centred - effect[..., None, :] + shift, 0.0)
    # What is left of the variance of a value: 1 less twice its own share in its fit, and the shares of all squared.
    all_shares = _quadratic(inverse @ _normal(has, share, weight**2) @ inverse, share)
    left = 1 - 1 / some - 2 * weight * _quadratic(inverse, share) + all_shares
    means = np.where(counts > 0, own[..., 0] - shift[..., 0], np.nan)
    rank = np.rint(np.einsum("...ij,...ji->...", inverse, normal))
    freedom = counts.sum(-1) - (counts > 0).sum(-1) - rank
    return Blocks(
        counts,
        means,
        (residuals**2).sum(-1),
        (has * left).sum(-1),
        np.where(known, residuals, np.nan),
        freedom,
    )


def _normal(has: Array, share: Array, weight: Array) -> Array:
    """Sum over points the matrices, of shape (seeds, seeds), that centre a point's values, each with a weight."""
    seeds = np.swapaxes(weight * has, -1, -2)
    return np.asarray(np.eye(has.shape[-1]) * seeds.sum(-1)[..., None] - seeds @ share)


def _quadratic(matrix: Array, share: Array) -> Array:
    """Tell (e_s - share_p)' matrix (e_s - share_p) for each point p and seed s."""
    half = share @ matrix
    return np.asarray(np.einsum("...ss->...s", matrix)[..., None, :] - 2 * half + (half * share).sum(-1, keepdims=True))
