"""A Ray that starts while a sweep is being planned: both take seconds, and neither needs the other."""

from pathlib import Path
from typing import Self

from sweep.engine.cores import workers_for
from sweep.engine.driver import Ray
from sweep.space import Space


class Ahead:
    """The Ray of a sweep, ended with the `with`; it starts at once where there is no doubt that it will be needed.

    That is where the sweep has no ledger yet, and is to run on this machine.
    """

    def __init__(self, space: Space, results: str | Path, workers: int | None, address: str | None) -> None:
        self.resources, self.address = space.resources, address
        self.at_a_time = workers if address else workers_for(space.resources, workers)
        self.ray: Ray | None = None
        if not (Path(results) / space.name / "ledger.sqlite").exists():
            self.begin()

    def begin(self) -> None:
        """Start it, unless it has been, or there is a cluster to join."""
        if self.ray is None and self.address is None:
            self.ray = Ray(self.resources, self.at_a_time)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.ray is not None:
            self.ray.close()
