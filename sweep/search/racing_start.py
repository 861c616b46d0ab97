"""The first runs of a race, before there are results."""

import numpy as np

from sweep.search.posterior_scale import Places, Runs

#: All points are run first if they are no more than this; of more, a quarter, and no fewer than this.
POINTS = 50
#: The best of the first runs are repeated with the second seed, so that noise is known where it matters: one of a third
#: of the points, within these bounds.
REPEATS = (4, 10)


def first_runs(points: Places, settings: int, each: int, generator: np.random.Generator) -> list[tuple[int, int]]:
    """Point and setting of the runs that come first, with the first seed, in the order of asking.

    Args:
        points: places of the points that matter.
        settings: number of settings.
        each: of how many settings each point is run, spread over the list and shifted from point to point.
        generator: decides the order, and where each point begins in the list of settings.
    """
    chosen = generator.permutation(points)[: max(POINTS, len(points) // 4)]
    shift = generator.permutation(len(points))
    runs = [
        (int(point), setting)
        for point, begin in zip(chosen, shift, strict=False)
        for setting in _spread(settings, min(each, settings), int(begin))
    ]
    return [runs[place] for place in generator.permutation(len(runs))]


def repeats(points: int, seeds: int) -> int:
    """How many of the first runs are repeated with the second seed; with one seed there are none."""
    return int(np.clip(points // 3, *REPEATS)) if seeds > 1 else 0


def best_cells(runs: Runs, count: int) -> list[tuple[int, int]]:
    """Point and setting of the runs with the lowest errors, one of each point, the lowest first."""
    cells: dict[int, int] = {}
    for place in np.argsort(runs.error, kind="stable"):
        cells.setdefault(int(runs.point[place]), int(runs.setting[place]))
    return list(cells.items())[:count]


def _spread(settings: int, each: int, shift: int) -> list[int]:
    """Places of a point's first settings: as far apart as they can be, or neighbours where most are run."""
    step = settings / each
    if step < 2:
        return [(shift + place) % settings for place in range(each)]
    return [int(shift % int(step) + step * place) % settings for place in range(each)]
