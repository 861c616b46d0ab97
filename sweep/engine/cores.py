"""The number of concurrent runs."""

import math

from sweep.cpus import cpus
from sweep.space.schema import Resources


def workers_for(resources: Resources, workers: int | None = None) -> int:
    """As many as the CPUs and the GPUs that this process may use allow, or `workers`.

    On GPUs a worker trains the runs of a point together, as many as there are lanes.
    """
    most = workers or cpus() // resources.cpus
    if resources.gpus:
        # torch takes seconds to import
        from sweep.proxy.platform import cards

        # a third of a card three times is one, whatever floats say
        most = min(most, cards() * math.floor(1 / resources.gpus + 1e-9))
    return max(1, most)
