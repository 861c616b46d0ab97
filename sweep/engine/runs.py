"""A run and its key: a point trained once, at one nuisance setting, with one seed."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING

import torch

from sweep.networks import sk
from sweep.proxy import NUMERICS, Checkpoint, Weights
from sweep.space import Point, Proxy, canonical, own_network, search

if TYPE_CHECKING:
    # planning imports what a worker does not need
    from sweep.costs import Plan, Planned


@dataclass(frozen=True)
class Run:
    """One run that a space asks for."""

    planned: "Planned"
    proxy: Proxy
    seed: int
    #: a point and a recipe with the texts that stand for them in keys: written once for many runs
    written: "tuple[Point, str, Proxy, str] | None" = field(default=None, compare=False, repr=False)

    @cached_property
    def key(self) -> str:
        """sha256 of everything that decides the outcome.

        That is the point, the recipe with the nuisance setting in it, the seed, the images, and the versions of what
        computes: our own (`NUMERICS`), torch's, and the source of the user's own network.
        """
        point, proxy = self.planned.point, self.proxy
        # a run that was made of another one may have another point
        if self.written is not None and self.written[0] is point and self.written[2] is proxy:
            return key_of(point, proxy, self.seed, (self.written[1], self.written[3]))
        return key_of(point, proxy, self.seed)

    def payload(self, storage: str | None = None, interval: float = 60.0, weights: str | None = None) -> str:
        """What a worker needs to do the run, as text; with a storage, the run is kept there every `interval` seconds.

        `weights` is where its final weights are left, if the recipe keeps them. None of it is in the key: a run that
        goes on from a checkpoint ends as it would have without, and one that leaves its weights too.
        """
        point = self.planned.point
        content = {
            "checkpoint": {"storage": storage, "interval": interval} if storage else None,
            "folder": own_network(point.backbone).folder if point.own_network else None,
            "key": self.key,
            "point": point.canonical(),
            "recipe": self.proxy,
            "seed": self.seed,
            "weights": weights if self.proxy.keep_weights else None,
        }
        return canonical(content)


def key_of(point: Point, proxy: Proxy, seed: int, texts: tuple[str, str] | None = None) -> str:
    """The key of a run as it would be done here: another torch, other images or another version give another key."""
    point_text, recipe_text = texts or _texts(point, proxy)
    content = {
        "point": point_text,
        "recipe": recipe_text,
        "seed": canonical(seed),
        "data": canonical(proxy.dataset.facts.fingerprint),
        "numerics": canonical(NUMERICS),
        "torch": canonical(torch.__version__.split("+")[0]),
    }
    if proxy.dataset.of_the_user:
        # another decoder, other pixels
        content["pillow"] = canonical(version("pillow"))
    if point.family == "sk" and not point.own_network:
        content["sk"] = canonical(sk.NUMERICS)
    if point.own_network:
        content["network"] = canonical(own_network(point.backbone).fingerprint)
    # the canonical text of the whole: its parts are canonical, and most of them the same for many runs
    text = ",".join(f'"{name}":{part}' for name, part in sorted(content.items()))
    return hashlib.sha256(f"{{{text}}}".encode()).hexdigest()


def _texts(point: Point, proxy: Proxy) -> tuple[str, str]:
    return canonical(point.canonical()), canonical(proxy.decisive())


def unpack(payload: str) -> tuple[str, Point, Proxy, int]:
    """Key, point, recipe and seed of a payload."""
    content = json.loads(payload)
    if content["folder"] is not None:
        search(content["folder"])
    return content["key"], Point(**content["point"]), Proxy(**content["recipe"]), content["seed"]


def checkpoint(payload: str) -> Checkpoint | None:
    """Where the run of a payload is kept while it is trained, or None."""
    content = json.loads(payload)
    return Checkpoint(key=content["key"], **content["checkpoint"]) if content["checkpoint"] else None


def weights(payload: str) -> Weights | None:
    """Where the run of a payload leaves its final weights, or None."""
    content = json.loads(payload)
    return Weights(content["weights"], content["key"]) if content["weights"] else None


def wanted(plan: "Plan") -> list[Run]:
    """Every run that a plan asks for: points x nuisance settings x seeds."""
    recipes = [(proxy, canonical(proxy.decisive())) for _, proxy in plan.space.recipes()]
    runs = []
    for planned in plan.points:
        point = planned.point, canonical(planned.point.canonical())
        runs += [
            Run(planned, proxy, seed, (*point, proxy, recipe)) for proxy, recipe in recipes for seed in plan.space.seeds
        ]
    return runs


def missing(runs: Iterable[Run], known: Iterable[str]) -> list[Run]:
    """The runs whose keys are not known, in the order of their keys.

    Keys are hashes, so the order mixes points, settings and seeds: a sweep that is half done is half done everywhere.
    """
    had = set(known)
    return sorted((run for run in runs if run.key not in had), key=lambda run: run.key)
