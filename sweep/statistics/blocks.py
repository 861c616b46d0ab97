"""A table of points by seeds as an additive fit: effects of points, effects of seeds, and residuals."""

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
    finite = np.isfinite(values)
    is_finite = finite.astype(float)
    counts = is_finite.sum(-1)
    counts_or_one = np.maximum(counts, 1.0)[..., None]
    own_means = np.where(finite, values, 0.0).sum(-1, keepdims=True) / counts_or_one
    centred = np.where(finite, values - own_means, 0.0)
    share = is_finite / counts_or_one
    weight = np.ones_like(counts_or_one) if weights is None else weights[..., None]
    # The normal equations of the seeds, points eliminated: at most as many as there are seeds.
    normal = _normal(is_finite, share, weight)
    inverse: Array = np.asarray(np.linalg.pinv(normal, hermitian=True, rcond=1e-9), dtype=np.float64)
    effect = (inverse @ (weight * centred).sum(-2)[..., None])[..., 0]
    shift = (share * effect[..., None, :]).sum(-1, keepdims=True)
    residuals = np.where(finite, centred - effect[..., None, :] + shift, 0.0)
    # What is left of the variance of a value: 1 less twice its own share in its fit, and the shares of all squared.
    all_shares = _quadratic(inverse @ _normal(is_finite, share, weight**2) @ inverse, share)
    residual_share = 1 - 1 / counts_or_one - 2 * weight * _quadratic(inverse, share) + all_shares
    means = np.where(counts > 0, own_means[..., 0] - shift[..., 0], np.nan)
    rank = np.rint(np.einsum("...ij,...ji->...", inverse, normal))
    freedom = counts.sum(-1) - (counts > 0).sum(-1) - rank
    return Blocks(
        counts,
        means,
        (residuals**2).sum(-1),
        (is_finite * residual_share).sum(-1),
        np.where(finite, residuals, np.nan),
        freedom,
    )


def _normal(is_finite: Array, share: Array, weight: Array) -> Array:
    """Sum over points the matrices, of shape (seeds, seeds), that centre a point's values, each with a weight."""
    seeds = np.swapaxes(weight * is_finite, -1, -2)
    return np.asarray(np.eye(is_finite.shape[-1]) * seeds.sum(-1)[..., None] - seeds @ share)


def _quadratic(matrix: Array, share: Array) -> Array:
    """Compute (e_s - share_p)' matrix (e_s - share_p) for each point p and seed s."""
    half = share @ matrix
    return np.asarray(np.einsum("...ss->...s", matrix)[..., None, :] - 2 * half + (half * share).sum(-1, keepdims=True))
