"""A run and its key: a point trained once, at one nuisance setting, with one seed."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import torch

from sweep.costs import Plan, Planned
from sweep.proxy import NUMERICS
from sweep.space import DATASETS, Point, Proxy, plain


def canonical(value: object) -> str:
    """JSON with sorted keys and no spelling of its own: equal values give equal text."""
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


@dataclass(frozen=True)
class Run:
    """One run that a space asks for."""

    planned: Planned
    proxy: Proxy
    seed: int

    @cached_property
    def key(self) -> str:
        """sha256 of everything that decides the outcome.

        That is the point, the recipe with the nuisance setting in it, the seed, the images, and the versions of what
        computes: our own (`NUMERICS`) and torch's.
        """
        return key_of(self.planned.point, self.proxy, self.seed)

    def payload(self) -> str:
        """What a worker needs to do the run, as text."""
        return canonical(
            {
                "key": self.key,
                "point": self.planned.point.canonical(),
                "recipe": self.proxy,
                "seed": self.seed,
            }
        )


def key_of(point: Point, proxy: Proxy, seed: int) -> str:
    """The key of a run as it would be done here: another torch, other images or another version give another key."""
    content = {
        "point": point.canonical(),
        "recipe": proxy,
        "seed": seed,
        "data": DATASETS[proxy.dataset.name].fingerprint,
        "numerics": NUMERICS,
        "torch": torch.__version__.split("+")[0],
    }
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def unpack(payload: str) -> tuple[str, Point, Proxy, int]:
    """Key, point, recipe and seed of a payload."""
    content = json.loads(payload)
    return content["key"], Point(**content["point"]), Proxy(**content["recipe"]), content["seed"]


def wanted(plan: Plan) -> list[Run]:
    """Every run that a plan asks for: points x nuisance settings x seeds."""
    return [
        Run(planned, proxy, seed)
        for planned in plan.points
        for _, proxy in plan.space.recipes()
        for seed in plan.space.seeds
    ]


def missing(runs: Iterable[Run], known: Iterable[str]) -> list[Run]:
    """The runs whose keys are not known, in the order of their keys.

    Keys are hashes, so the order mixes points, settings and seeds: a sweep that is half done is half done everywhere.
    """
    had = set(known)
    return sorted((run for run in runs if run.key not in had), key=lambda run: run.key)
