"""The runs that a race begins with, before anything is known."""

import numpy as np

#: Settings of each point that are run first, spread over the list and shifted from point to point.
SETTINGS = 2
#: All points are run first if they are no more than this; of more, a quarter, and no fewer than this.
POINTS = 50
#: Runs repeated with the second seed, so that noise is known: a third of the points, within these bounds.
REPEATS = (4, 10)


def first_runs(points: int, settings: int, seeds: int, generator: np.random.Generator) -> list[tuple[int, int, int]]:
    """Point, setting and seed (as places) of the runs that come first, in the order of asking.

    Args:
        points: number of points.
        settings: number of settings.
        seeds: number of seeds; with one there are no repeats.
        generator: decides the order, and where each point begins in the list of settings.
    """
    chosen = generator.permutation(points)[: max(POINTS, points // 4)]
    shift = generator.permutation(points)
    runs = [(int(point), setting, 0) for point in chosen for setting in _spread(settings, int(shift[point]))]
    order = generator.permutation(len(runs))
    first = [runs[place] for place in order]
    if seeds == 1:
        return first
    repeated = generator.permutation(len(runs))[: int(np.clip(points // 3, *REPEATS))]
    return first + [(*runs[place][:2], 1) for place in repeated]


def _spread(settings: int, shift: int) -> list[int]:
    """Places of a point's first settings: two that are half the list apart, or neighbours in a short list."""
    if settings <= SETTINGS:
        return list(range(settings))
    if settings <= SETTINGS + 1:
        return [(shift + place) % settings for place in range(SETTINGS)]
    step = settings / SETTINGS
    return [int(shift % int(step) + step * place) % settings for place in range(SETTINGS)]
