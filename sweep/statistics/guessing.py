"""The error of guessing, and which errors cannot be told from it."""

import math

#: The normal quantile of a one-sided test at 5 %.
_QUANTILE = 1.645


def guessing_error(classes: float) -> float:
    """The error of guessing among balanced classes, in per cent; NaN where the number of classes is not known."""
    return 100 * (1 - 1 / classes) if classes > 1 else math.nan


def guessing_limit(classes: float, images: int) -> float:
    """The least error, in per cent, that so many images cannot tell from guessing; inf if either is not known."""
    guess = guessing_error(classes) / 100
    if math.isnan(guess) or images < 1:
        return math.inf
    return 100 * (guess - _QUANTILE * math.sqrt(guess * (1 - guess) / images))
