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


def blocks(values: Array) -> Blocks:
    """Fit a level for each point and each seed by least squares.

    Args:
        values: of shape (..., points, seeds); NaN where there is none.
    """
    known = np.isfinite(values)
    weights = known.astype(float)
    counts = weights.sum(-1)
    some = np.maximum(counts, 1.0)[..., None]
    own = np.where(known, values, 0.0).sum(-1, keepdims=True) / some
    centred = np.where(known, values - own, 0.0)
    # The normal equations of the seeds, points eliminated: at most as many as there are seeds.
    share = weights / some
    seeds = np.swapaxes(weights, -1, -2) @ share
    normal = np.eye(values.shape[-1]) * weights.sum(-2)[..., None] - seeds
    inverse = np.linalg.pinv(normal, hermitian=True, rcond=1e-9)
    effect = (inverse @ centred.sum(-2)[..., None])[..., 0]
    residuals = np.where(known, centred - effect[..., None, :], 0.0)
    shift = (share * effect[..., None, :]).sum(-1, keepdims=True)
    residuals = np.where(known, residuals + shift, 0.0)
    half = share @ inverse
    leverage = 1 / some + np.einsum("...ss->...s", inverse)[..., None, :] - 2 * half
    leverage = leverage + (half * share).sum(-1, keepdims=True)
    shares = (weights * (1 - leverage)).sum(-1)
    means = np.where(counts > 0, own[..., 0] - shift[..., 0], np.nan)
    rank = np.rint(np.einsum("...ij,...ji->...", inverse, normal))
    freedom = counts.sum(-1) - (counts > 0).sum(-1) - rank
    return Blocks(counts, means, (residuals**2).sum(-1), shares, np.where(known, residuals, np.nan), freedom)
