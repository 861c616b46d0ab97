"""Numeric axes: their limits, when they are logarithmic, and their tick labels."""

import math
from collections.abc import Sequence
from functools import partial

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

from sweep.report import words

#: An axis of error is logarithmic where its largest value is more than this many times its smallest.
LOG_FROM = 4.0

#: Allowed steps between ticks, times a power of ten.
_STEPS = (1, 2, 2.5, 5, 10)


def limit_errors(axes: Sequence[Axes], errors: Sequence[float]) -> None:
    """Give panels one axis of error that all values fit in, logarithmic if they differ much; the first is named."""
    finite = [error for error in errors if math.isfinite(error)]
    low, high = (min(finite), max(finite)) if finite else (0.0, 100.0)
    for ax in axes:
        if low > 0 and high / low > LOG_FROM:
            ax.set_yscale("log")
            ax.set_ylim(low / 1.15, high * 1.15)
            close = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0) if high / low < 10 else (1.0, 2.0, 5.0)
            ax.yaxis.set_major_locator(LogLocator(subs=close))
            ax.yaxis.set_minor_locator(NullLocator())
        else:
            pad = 0.06 * (high - low) or 0.5
            # from zero if that is near, since the eye compares lengths; values at zero are drawn above the axis
            ax.set_ylim(0.0 if 0 < low < 0.4 * high else low - pad, high + pad)
            ax.yaxis.set_major_locator(MaxNLocator(6, steps=_STEPS))
        decimals = max(len(f"{tick:g}".partition(".")[2]) for tick in ax.get_yticks())
        even = decimals if ax.get_yscale() == "linear" else None
        ax.yaxis.set_major_formatter(FuncFormatter(partial(_tick, even)))
        # close to the axis, so that five digits have room as well
        ax.tick_params(axis="y", pad=2)
        ax.yaxis.labelpad = 2.0
    if axes:
        axes[0].set_ylabel(f"{words.metric().label}{' (log scale)' if axes[0].get_yscale() == 'log' else ''}")


def _tick(decimals: int | None, y: float, _: int | None = None) -> str:
    return f"{y:g}" if decimals is None else f"{y:.{decimals}f}"


def limit_costs(ax: Axes, costs: Sequence[float]) -> None:
    """Scale an axis of costs for these values, with room for names at both ends."""
    low, high = min(costs, default=0.0), max(costs, default=1.0)
    if zero_and_log(ax, costs):
        _limit_between(ax, low, high, 0.14)
        ax.xaxis.set_major_locator(FixedLocator([0.0, *_powers(min(cost for cost in costs if cost > 0), high)]))
        ax.xaxis.set_minor_locator(NullLocator())
    elif low > 0 and high / low > 6:
        ax.set_xscale("log")
        ax.set_xlim(low / (high / low) ** 0.14, high * (high / low) ** 0.14)
        ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        ax.xaxis.set_minor_locator(NullLocator())
    else:
        pad = 0.14 * (high - low) or 0.1 * abs(high) or 1.0
        ax.set_xlim(low - pad, high + pad)
        ax.xaxis.set_major_locator(MaxNLocator(6, steps=_STEPS))
    ax.xaxis.set_major_formatter(FuncFormatter(partial(_tick, None)))


def _limit_between(ax: Axes, low: float, high: float, share: float) -> None:
    """Leave a share of the range free at both ends of a scaled x axis."""
    scale = ax.xaxis.get_transform()
    first, last = (float(scale.transform(np.array([end]))[0]) for end in (low, high))
    pad = share * (last - first)
    left, right = scale.inverted().transform(np.array([first - pad, last + pad]))
    ax.set_xlim(float(left), float(right))


def _powers(low: float, high: float) -> list[float]:
    """At most six powers of ten from one positive number to another, or the numbers themselves if there is none."""
    first, last = math.ceil(math.log10(low)), math.floor(math.log10(high))
    powers = range(first, last + 1, max(1, math.ceil((last - first) / 5)))
    return [10.0**power for power in powers] or [low, high]


def zero_and_log(ax: Axes, values: Sequence[float]) -> bool:
    """Scale x logarithmically with a place for zero, if zero occurs with numbers of different sizes.

    Zero stands as far from the smallest positive value as that from the next one.

    Returns:
        Whether it did.
    """
    positive = sorted({value for value in values if value > 0})
    if min(values, default=0.0) != 0 or len(positive) < 2 or positive[-1] / positive[0] < LOG_FROM:
        return False
    least, gap = positive[0], math.log(positive[1] / positive[0])

    def forward(x: npt.ArrayLike) -> npt.NDArray[np.float64]:
        numbers = np.asarray(x, dtype=float)
        return np.where(numbers < least, gap * numbers / least, gap + np.log(np.maximum(numbers, least) / least))

    def back(y: npt.ArrayLike) -> npt.NDArray[np.float64]:
        numbers = np.asarray(y, dtype=float)
        return np.where(numbers < gap, least * numbers / gap, least * np.exp(np.maximum(numbers, gap) - gap))

    ax.set_xscale("function", functions=(forward, back))
    return True


def unit(largest: float) -> tuple[float, str]:
    """Choose the unit for numbers up to this one, and its name; '' for plain numbers."""
    for size, name in ((1e9, "billions"), (1e6, "millions"), (1e3, "thousands")):
        if largest >= size:
            return size, name
    return 1.0, ""
