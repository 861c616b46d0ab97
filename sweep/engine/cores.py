"""How many runs are done at a time."""

from sweep.cpus import cpus
from sweep.space.schema import Resources


def workers_for(resources: Resources, workers: int | None = None) -> int:
    """As many as the CPUs that this process may use allow, or `workers`."""
    return workers or max(1, cpus() // resources.cpus)
