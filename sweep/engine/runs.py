"""A run and its key: a point trained once, at one nuisance setting, with one seed."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version

import torch

from sweep.costs import Plan, Planned
from sweep.proxy import NUMERICS
from sweep.space import Point, Proxy, own_network, plain, search


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
        computes: our own (`NUMERICS`), torch's, and the source of the user's own network.
        """
        content = {
            "point": self.planned.point.canonical(),
            "recipe": self.proxy.model_copy(update={"dataset": self.proxy.dataset.content}),
            "seed": self.seed,
            "data": self.proxy.dataset.facts.fingerprint,
            "numerics": NUMERICS,
            "torch": torch.__version__.split("+")[0],
        }
        if self.proxy.dataset.of_the_user:
            # another decoder, other pixels
            content["pillow"] = version("pillow")
        if self.planned.point.own_network:
            content["network"] = own_network(self.planned.point.backbone).fingerprint
        return hashlib.sha256(canonical(content).encode()).hexdigest()

    def payload(self) -> str:
        """What a worker needs to do the run, as text."""
        point = self.planned.point
        content = {"key": self.key, "point": point.canonical(), "recipe": self.proxy, "seed": self.seed}
        if point.own_network:
            content["folder"] = own_network(point.backbone).folder
        return canonical(content)


def unpack(payload: str) -> tuple[str, Point, Proxy, int]:
    """Key, point, recipe and seed of a payload."""
    content = json.loads(payload)
    if "folder" in content:
        search(content["folder"])
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
