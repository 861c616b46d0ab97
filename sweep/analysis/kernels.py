"""How alike the kernels are that a generated convolution makes, between samples and between output filters.

The paper's similarity analysis (Ma et al. 2020, arXiv 2007.11823): alike kernels add little to one static kernel.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Array = npt.NDArray[np.float64]


def between_samples(kernels: npt.ArrayLike) -> Array:
    """Average the cosine similarity between the kernels that one output filter has for different samples.

    Args:
        kernels: of shape (samples, filters, ...): a kernel for each sample and output filter.

    Returns:
        Of shape (filters,): the mean over all pairs of samples, from -1 to 1; NaN below two samples whose kernel is
        not zero.

    Raises:
        ValueError: if there are not at least three axes.
    """
    return _pairwise(np.swapaxes(_flat(kernels), 0, 1))


def between_filters(kernels: npt.ArrayLike) -> Array:
    """Average the cosine similarity between the kernels that one sample has for different output filters.

    Args:
        kernels: as for `between_samples`.

    Returns:
        Of shape (samples,): the mean over all pairs of filters; NaN below two filters whose kernel is not zero.

    Raises:
        ValueError: if there are not at least three axes.
    """
    return _pairwise(_flat(kernels))


def similarity_table(layers: Mapping[str, npt.ArrayLike]) -> pd.DataFrame:
    """Tabulate how alike the kernels of each layer are.

    Args:
        layers: kernels by name of the layer, as for `between_samples`, in the order of the network.

    Returns:
        A row a layer: `layer`, `samples`, `filters`, `between_samples` (mean over filters) and its `_low` and `_high`
        (the least and most alike tenth of filters), `between_filters` (mean over samples), `_low` and `_high` likewise.
    """
    columns = ["layer", "samples", "filters"]
    columns += [f"{name}{end}" for name in ("between_samples", "between_filters") for end in ("", "_low", "_high")]
    rows = []
    for layer, kernels in layers.items():
        similarity = Similarity()
        similarity.add(kernels)
        rows.append((layer, *similarity.row()))
    return pd.DataFrame(rows, columns=columns)


class Similarity:
    """How alike a layer's kernels are, a few samples at a time: all of them may be more than memory holds."""

    def __init__(self) -> None:
        self._sum: Array = np.zeros((0, 0))
        self._known: Array = np.zeros(0)
        self._filters: list[Array] = []

    def add(self, kernels: npt.ArrayLike) -> None:
        """Add kernels of further samples, of shape (samples, filters, ...); raises ValueError as `between_samples`."""
        vectors = _flat(kernels)
        units, nonzero = _units(vectors)
        if not self._filters:
            self._sum, self._known = np.zeros(vectors.shape[1:]), np.zeros(vectors.shape[1])
        self._sum += units.sum(0)
        self._known += nonzero.sum(0)
        self._filters.append(_mean_of_pairs(units.sum(1), nonzero.sum(1)))

    def row(self) -> tuple[float, ...]:
        """A row of `similarity_table` without the layer's name: samples, filters and both similarities."""
        between_filters = np.concatenate(self._filters)
        between_samples = _mean_of_pairs(self._sum, self._known)
        return len(between_filters), len(between_samples), *_summary(between_samples), *_summary(between_filters)


def _flat(kernels: npt.ArrayLike) -> Array:
    array = np.asarray(kernels, dtype=np.float64)
    if array.ndim < 3:
        raise ValueError(f"kernels need the axes samples, filters and weights, found shape {array.shape}")
    return array.reshape(*array.shape[:2], math.prod(array.shape[2:]))


def _pairwise(vectors: Array) -> Array:
    """Average cosines over all pairs along the middle axis of (groups, vectors, weights); zero vectors stay out."""
    units, nonzero = _units(vectors)
    return _mean_of_pairs(units.sum(1), nonzero.sum(1))


def _units(vectors: Array) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Scale vectors to length 1 along the last axis, and mark those that are not zero."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    nonzero = np.isfinite(length) & (length > 0)
    return np.divide(vectors, length, out=np.zeros_like(vectors), where=nonzero), nonzero[..., 0]


def _mean_of_pairs(total: Array, n: npt.NDArray[Any]) -> Array:
    """Average cosines over all pairs of n unit vectors from their sum, so that no matrix of all pairs is made."""
    total_of_pairs = (total**2).sum(-1) - n
    means: Array = np.divide(total_of_pairs, n * (n - 1), out=np.full(len(total), math.nan), where=n > 1)
    return np.clip(means, -1.0, 1.0)


def _summary(values: Array) -> tuple[float, float, float]:
    finite = values[np.isfinite(values)]
    if not finite.size:
        return math.nan, math.nan, math.nan
    low, high = np.quantile(finite, [0.1, 0.9])
    return float(finite.mean()), float(low), float(high)
