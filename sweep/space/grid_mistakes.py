"""Mistakes in the combinations of a grid: values that no point has, and combinations that make no network."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sweep.errors import SpaceError
from sweep.space.listing import Listing, Numbers
from sweep.space.mistakes import describe
from sweep.space.point import Null, text_of
from sweep.space.source import Where
from sweep.space.space import Space

#: Mistakes that are listed.
MOST_LISTED = 20
#: Impossible combinations of a block that are looked at for different reasons.
MOST_REASONS = 1000


def mistake_lines(space: Space, mistakes: Iterable[tuple[Where, str]], count: int | None = None) -> list[str]:
    """Mistakes with file and line, each once, MOST_LISTED at most; `count` is how many points have one."""
    lines: dict[str, None] = {}
    for where, message in mistakes:
        lines.setdefault(space.source.mistake(where, message))
        if len(lines) == MOST_LISTED and count is not None and count > MOST_LISTED:
            return [*lines, f"{space.source.file}: {count:,} points have such mistakes"]
    return list(lines)


def insist(space: Space, mistakes: Iterable[tuple[Where, str]]) -> None:
    """Raise SpaceError with the first of the mistakes, if there are any."""
    if lines := mistake_lines(space, mistakes):
        raise SpaceError(*lines[:MOST_LISTED])


def no_such_values(listing: Listing) -> Iterator[tuple[Where, str]]:
    """Yield combinations of values that no point can have, such as an M of lambda x G that is too large."""
    for _, part in listing.parts:
        for name in listing.names:
            try:
                part.values(name)
            except ValueError as error:
                yield part.product.where, str(error)
                break


def alike(listing: Listing) -> Iterator[tuple[Where, str]]:
    """Yield values of the user's own networks that labels or tables cannot tell apart, such as 8 and '8'."""
    for name in listing.names if listing.has_own else ():
        by_text: dict[str, Any] = {}
        by_value: dict[Any, Any] = {}
        for value in listing.column(name).values:
            earlier = by_text.setdefault(text_of(value), value)
            earlier = by_value.setdefault(value, value) if earlier is value else earlier
            if earlier is not value:
                values_text = " and ".join("null" if isinstance(v, Null) else describe(v) for v in (earlier, value))
                message = f"{name} has both {values_text}, which look alike: use one kind"
                yield ("grid",), message


def insist_on_some(
    space: Space,
    listing: Listing,
    numbers: Numbers,
    lost: NDArray[np.bool_],
    reasons: Callable[[int], Iterable[str]],
) -> None:
    """Raise SpaceError for each block of the grid all of whose combinations are impossible.

    Args:
        space: the space, for the lines of its blocks.
        listing: all combinations of the grid.
        numbers: those that are not rejected.
        lost: whether each of `numbers` is impossible.
        reasons: why a combination is impossible, by its number.
    """
    mistakes: list[tuple[Where, str]] = []
    count = 0
    for start, end in itertools.pairwise(np.searchsorted(numbers, listing.offsets)):
        if end > start and lost[start:end].all():
            count += int(end - start)
            for number in numbers[start:end][:MOST_REASONS].tolist():
                mistakes += [(listing.where(number), reason) for reason in reasons(number)]
    if mistakes:
        raise SpaceError(*mistake_lines(space, mistakes, count))


def senseless(listing: Listing, kept: Numbers) -> NDArray[np.bool_]:
    """Whether the values of each kept combination make no sense together: see `Point.mistakes`."""
    is_kept = np.zeros(len(listing), dtype=bool)
    is_kept[kept] = True
    lost_of_all = np.zeros(len(listing), dtype=bool)
    for offset, part in listing.parts:
        product = part.product
        inside = is_kept[offset : offset + len(product)].reshape(product.shape)[part.at]
        sound = inside & part.lam_makes_sense
        if sound.any():
            # the kept combinations of a part share their mistakes, except for that of lambda
            place = np.arange(len(product)).reshape(product.shape)[part.at][sound][0]
            lost = inside & (bool(product.point(int(place)).mistakes()) | ~sound)
        else:
            lost = inside
        lost_of_all[offset : offset + len(product)].reshape(product.shape)[part.at] = lost
    return lost_of_all[kept]
