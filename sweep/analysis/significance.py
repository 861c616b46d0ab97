"""How surely a paired difference is not zero, and how many seeds would tell."""

import math
from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy import optimize, stats

from sweep.analysis.estimates import Estimate, Sample, error_of, quantile

#: With so many seeds or fewer, every way to flip signs is tried; above, so many are drawn, always the same ones.
EXHAUSTIVE, DRAWN = 14, 20_000
#: The share of sweeps in which a difference of the stated size would be shown.
POWER = 0.8
_UPPER = float(stats.norm.ppf(0.975))
_NORMAL = _UPPER + float(stats.norm.ppf(POWER))


def sign_flip_p(difference: Sample) -> float:
    """Test that a paired difference is symmetric about zero, by flipping the sign of each seed's difference.

    Where settings were chosen on the same seeds, the statistic is divided by the standard error of `error_of`, as the
    interval is: plain flips reject a true null in up to 20 % of sweeps with nearly tied settings. Where nothing was
    chosen this is the plain two-sided test.

    Returns:
        The share of flips whose mean is as far from zero; NaN without a seed.
    """
    # By size, so that where flips are drawn the numbering of seeds changes nothing.
    values = np.sort(difference.numbers)
    n = len(values)
    if n == 0:
        return math.nan
    energy = float((values**2).mean())
    if energy == 0:
        return 1.0
    # mean^2 / mean of squares orders flips as |t| does, and stays finite where all are equal
    observed = float(values.mean()) ** 2 / energy
    plain = float(np.std(values, ddof=1)) / math.sqrt(n) if n > 1 else 0.0
    if plain > 1e-12 * abs(float(values.mean())):
        t_squared = (float(values.mean()) / error_of(difference)) ** 2
        observed = t_squared / (n - 1 + t_squared)
    flipped = (_signs(n) @ values / n) ** 2 / energy
    reached = int((flipped >= observed * (1 - 1e-9) - 1e-15).sum())
    return reached / len(flipped) if n <= EXHAUSTIVE else (reached + 1) / (len(flipped) + 1)


def least_p(n: int) -> float:
    """Tell the smallest p-value that `sign_flip_p` can give with n seeds; NaN without a seed."""
    if n == 0:
        return math.nan
    return 2.0 ** (1 - n) if n <= EXHAUSTIVE else 1 / (DRAWN + 1)


def holm(ps: Sequence[float]) -> list[float]:
    """Correct p-values for their number (Holm 1979): the chance of one false finding among all; NaN stays out."""
    known = sorted((p, i) for i, p in enumerate(ps) if not math.isnan(p))
    corrected, above = [math.nan] * len(ps), 0.0
    for rank, (p, i) in enumerate(known):
        above = max(above, min(1.0, (len(known) - rank) * p))
        corrected[i] = above
    return corrected


def seeds_to_resolve(found: Estimate, difference: float, most: int = 100_000) -> float:
    """Count the seeds at which a difference of this size would be told from zero in 80 % of sweeps.

    Args:
        found: the paired difference as it is known now; its spread is taken as true.
        difference: in points of error, either sign.
        most: where to stop counting.

    Returns:
        The whole number of seeds, inf beyond `most`, NaN where there is no spread to go by.
    """
    spread = (found.high - found.low) / 2 / quantile(found.n) * math.sqrt(found.n) if found.n > 1 else math.nan
    if not math.isfinite(spread) or difference == 0:
        return math.inf if math.isfinite(spread) else math.nan
    effect = abs(difference) / spread
    # The normal approximation with Guenther's correction (1981), then exactly, from there.
    guess = (_NORMAL / effect) ** 2 + _UPPER**2 / 2 if effect > 1e-9 else math.inf
    if guess > most:
        return math.inf
    n = max(2, math.ceil(guess))
    while n > 2 and _power(effect, n - 1) >= POWER:
        n -= 1
    while _power(effect, n) < POWER:
        n += 1
    return float(n)


def resolved(found: Estimate) -> float:
    """Tell the difference, in points of error, that its seeds would tell from zero in 80 % of sweeps; NaN below two."""
    return (found.high - found.low) / 2 / quantile(found.n) * _needed(found.n) if found.n > 1 else math.nan


def _power(effect: float, n: int) -> float:
    """Chance that a t-test of n pairs rejects at 5 %, for a true mean of `effect` standard deviations."""
    # The square of noncentral t is noncentral F, which scipy computes over a wider range.
    return float(stats.ncf.sf(quantile(n) ** 2, 1, n - 1, n * effect**2))


@cache
def _needed(n: int) -> float:
    """The true mean, in standard errors, that n seeds tell from zero in 80 % of sweeps."""
    return float(optimize.brentq(lambda shift: _power(shift / math.sqrt(n), n) - POWER, 0.1, 100.0))


@cache
def _signs(n: int) -> npt.NDArray[np.float64]:
    """Signs to flip by, a row each; of a row and its opposite, which have equal means but for sign, one stands."""
    if n > EXHAUSTIVE:
        return np.random.default_rng(n).choice(np.array([-1.0, 1.0]), (DRAWN, n))
    bits = np.arange(2 ** (n - 1))[:, None] >> np.arange(n) & 1
    return np.where(bits, -1.0, 1.0)
