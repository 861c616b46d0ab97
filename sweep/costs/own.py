"""The costs of networks of the user's own, which have no closed form: each is built and traced.

A search may choose among more of them than anyone waits for: where nothing needs all costs, those are counted that it
asks for.
"""

import time
from collections.abc import Sequence

import numpy as np

from sweep.costs.analytic import Counts
from sweep.costs.traced import Trace, trace
from sweep.errors import NetworkError, SpaceError
from sweep.space import Grid, Point, Space
from sweep.space.grid_mistakes import mistake_lines
from sweep.space.space import COSTS

#: So many are counted in any case; of more a search counts some, spread over the grid, that show what is wrong.
ALL, SAMPLE = 100, 5
#: Seconds that counting all networks of a search may take before it begins.
MOST_SECONDS = 300.0


def count_own(space: Space, grid: Grid, counts: Counts) -> tuple[dict[int, Trace], dict[int, str]]:
    """Fill in the costs of networks of the user's own, which have no closed form, by building and tracing each.

    Of a search that needs no costs only a few are counted, and `counts.known` says which. A function that raises
    ValueError says that there is no such network: these are not there, and told with the reason. Raises SpaceError for
    other errors, and for a search that needs more counts than can be made in minutes.
    """
    numbers = grid.kept[counts.own[grid.kept]]
    traces: dict[int, Trace] = {}
    refused: dict[int, str] = {}
    if space.strategy.name != "grid" and len(numbers) > ALL:
        sample = numbers[np.linspace(0, len(numbers) - 1, SAMPLE).round().astype(int)].tolist()
        # the first of all sets up what others find set up
        _count(space, grid, counts, sample[:1], traces, refused)
        begun = time.perf_counter()
        _count(space, grid, counts, sample[1:], traces, refused)
        needed = needs_costs(space)
        if needed is None:
            return traces, refused
        reason, advice = needed
        seconds = (time.perf_counter() - begun) / (SAMPLE - 1) * len(numbers)
        if seconds > MOST_SECONDS:
            raise SpaceError(
                space.source.mistake(
                    ("strategy",),
                    f"{reason} needs the costs of all {len(numbers):,} networks of your own, which have no closed "
                    f"form: counting them takes about {seconds / 60:,.0f} minutes, more than {MOST_SECONDS / 60:.0f}; "
                    f"{advice}, or have fewer points",
                )
            )
    _count(space, grid, counts, [number for number in numbers.tolist() if not counts.known[number]], traces, refused)
    return traces, refused


def needs_costs(space: Space) -> tuple[str, str] | None:
    """What of a space needs the cost of every point, and what to do without it; None if nothing does."""
    settings = space.strategy.settings
    for name in COSTS:
        if name in space.constraints:
            return f"a constraint on {name}", "constrain axes"
    if space.strategy.hours is not None:
        return "a budget of hours", "give it as runs"
    if settings.get("goal") == "front":
        return f"racing to a front of error and {settings['cost']}", "use goal: best"
    costs = [name for name in settings.get("objectives", ()) if name != "error"]
    return (f"making {' and '.join(costs)} low", "use objectives: [error]") if costs else None


def trace_own(space: Space, point: Point) -> Trace | str:
    """Count a network of the user's own, or say why that cannot be done."""
    facts = space.proxy.facts
    try:
        return trace(point, facts.channels, facts.classes)
    except (NetworkError, RuntimeError, MemoryError, ValueError, TypeError) as error:
        return _describe(space, point, error)


def fill_in(counts: Counts, number: int, counted: Trace) -> None:
    """Note what a network of the user's own costs."""
    for name in COSTS:
        getattr(counts, name)[number] = getattr(counted.total, name)
    counts.known[number] = True


def _count(
    space: Space,
    grid: Grid,
    counts: Counts,
    numbers: Sequence[int],
    traces: dict[int, Trace],
    refused: dict[int, str],
) -> None:
    facts = space.proxy.facts
    mistakes = []
    for number in numbers:
        point = grid.listing.point(number)
        try:
            counted = trace(point, facts.channels, facts.classes)
        except (NetworkError, RuntimeError, MemoryError, ValueError, TypeError) as error:
            message = _describe(space, point, error)
            if isinstance(error, NetworkError) and isinstance(error.__cause__, ValueError):
                refused[number], counts.exists[number], counts.known[number] = message, False, True
            else:
                mistakes.append((grid.listing.where(number), message))
            continue
        traces[number] = counted
        fill_in(counts, number, counted)
    if mistakes:
        raise SpaceError(*mistake_lines(space, mistakes, len(mistakes)))


def _describe(space: Space, point: Point, error: Exception) -> str:
    facts = space.proxy.facts
    size = f"{facts.channels} x {point.image_size} x {point.image_size}"
    problem = str(error) if isinstance(error, NetworkError) else f"fails on an image of {size}: {error}"
    return f"{_options(point)}: {problem}"


def _options(point: Point) -> str:
    return f"{point.backbone}({', '.join(f'{name}={value!r}' for name, value in point.options)})"
