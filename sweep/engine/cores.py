"""How many runs are done at a time."""

import os

from sweep.space.schema import Resources


def workers_for(resources: Resources, workers: int | None = None) -> int:
    """As many as the machine's cores allow, or `workers`."""
    return workers or max(1, len(os.sched_getaffinity(0)) // resources.cpus)
