"""Work for an executor: runs of one point that are trained together, as text that any process can read."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sweep.engine.environment import search_working_folders
from sweep.engine.runs import Run
from sweep.proxy import Checkpoint, Weights
from sweep.proxy.platform import CPU, Platform
from sweep.space import Point, Proxy, canonical, own_network, trust


@dataclass(frozen=True)
class Storage:
    """Where and how often checkpoints are stored, and where final weights go; not part of any run's key.

    checkpoints, weights: a directory or a URL that fsspec reads.
    interval: seconds between two checkpoints of a run.
    """

    checkpoints: str
    weights: str
    interval: float = 60.0


@dataclass(frozen=True)
class Work:
    """Runs of one point that are trained together; one run where nothing is fused."""

    runs: tuple[Run, ...]
    storage: Storage | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of its runs."""
        return tuple(run.key for run in self.runs)

    @property
    def platform(self) -> Platform:
        """Where its runs are trained."""
        return self.runs[0].platform

    def text(self) -> str:
        """The work as text for a worker in another process."""
        point, storage = self.runs[0].point, self.storage
        content = {
            "point": point.canonical(),
            "folder": own_network(point.backbone).folder if point.own_network else None,
            "platform": None if self.platform.on_cpu else vars(self.platform),
            "runs": [{"key": run.key, "recipe": run.proxy, "seed": run.seed} for run in self.runs],
            "storage": None if storage is None else vars(storage),
        }
        return canonical(content)

    @classmethod
    def read(cls, text: str) -> "Work":
        """Read a work from its text; the user's own network is loaded from where it was found."""
        content = json.loads(text)
        if content["folder"] is not None:
            trust(content["point"]["backbone"], content["folder"])
            search_working_folders()
        point = Point(**content["point"])
        platform = Platform(**content["platform"]) if content["platform"] else CPU
        runs = (
            Run(point, Proxy(**run["recipe"]), run["seed"], recorded=run["key"], platform=platform)
            for run in content["runs"]
        )
        return cls(tuple(runs), Storage(**content["storage"]) if content["storage"] else None)

    def checkpoint(self, run: Run) -> Checkpoint | None:
        """Where a run is kept while it is trained, or None."""
        if self.storage is None:
            return None
        return Checkpoint(self.storage.checkpoints, run.key, self.storage.interval)

    def weights(self, run: Run) -> Weights | None:
        """Where a run leaves its final weights, or None."""
        if self.storage is None or not run.proxy.keep_weights:
            return None
        return Weights(self.storage.weights, run.key)


def together(runs: Iterable[Run], storage: Storage | None) -> list[Work]:
    """Works of runs: those of a point that can be trained together in one, as many as there are lanes."""
    works: list[Work] = []
    groups: dict[str, list[Run]] = {}
    for run in runs:
        if run.lanes == 1:
            works.append(Work((run,), storage))
        else:
            groups.setdefault(run.group, []).append(run)
    for group in groups.values():
        each = group[0].lanes
        works += [Work(tuple(group[first : first + each]), storage) for first in range(0, len(group), each)]
    return works


def keys_of(text: str) -> Sequence[str]:
    """The keys of the runs of a work's text."""
    return [run["key"] for run in json.loads(text)["runs"]]
