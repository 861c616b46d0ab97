"""The costs of networks of the user's own, which have no closed form: each is built and traced."""

from sweep.costs.analytic import Counts
from sweep.costs.traced import Trace, trace
from sweep.errors import NetworkError, SpaceError
from sweep.space import Grid, Point, Space
from sweep.space.grid_mistakes import mistake_lines
from sweep.space.space import COSTS


def count_own(space: Space, grid: Grid, counts: Counts) -> tuple[dict[int, Trace], dict[int, str]]:
    """Fill in the costs of networks of the user's own, which have no closed form, by building and tracing each.

    A function that raises ValueError says that there is no such network: these are not there, and told with the reason.
    """
    facts = space.proxy.facts
    traces: dict[int, Trace] = {}
    refused: dict[int, str] = {}
    mistakes = []
    for number in grid.kept[counts.own[grid.kept]].tolist():
        point = grid.listing.point(number)
        try:
            counted = trace(point, facts.channels, facts.classes)
        except (NetworkError, RuntimeError, MemoryError, ValueError, TypeError) as error:
            size = f"{facts.channels} x {point.image_size} x {point.image_size}"
            what = str(error) if isinstance(error, NetworkError) else f"fails on an image of {size}: {error}"
            what = f"{_options(point)}: {what}"
            if isinstance(error, NetworkError) and isinstance(error.__cause__, ValueError):
                refused[number], counts.exists[number] = what, False
            else:
                mistakes.append((grid.listing.where(number), what))
            continue
        traces[number] = counted
        for name in COSTS:
            getattr(counts, name)[number] = getattr(counted.total, name)
    if mistakes:
        raise SpaceError(*mistake_lines(space, mistakes, len(mistakes)))
    return traces, refused


def _options(point: Point) -> str:
    return f"{point.backbone}({', '.join(f'{name}={value!r}' for name, value in point.options)})"
