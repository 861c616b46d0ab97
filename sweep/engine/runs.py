"""A run and its key: a point trained once, at one nuisance setting, with one seed."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING

import torch

from sweep.networks.families import numerics_of
from sweep.proxy import NUMERICS
from sweep.proxy.lane_count import lanes_of
from sweep.proxy.lanes import group_of
from sweep.proxy.platform import CPU, Platform, platform_of
from sweep.space import Point, Proxy, canonical, own_network

if TYPE_CHECKING:
    # planning imports what a worker does not need
    from sweep.costs import Plan


@dataclass(frozen=True)
class Run:
    """One run: a resolved point, the recipe with the nuisance setting in it, and a seed.

    label: the point's name, for messages; no part of the run.
    recorded: its key, where a ledger tells it; otherwise it is computed as the run would be done here.
    texts: canonical texts of point and recipe, written once for many runs.
    platform: where it is trained.
    """

    point: Point
    proxy: Proxy
    seed: int
    label: str = field(default="", compare=False)
    recorded: str | None = field(default=None, compare=False, repr=False)
    texts: tuple[str, str] | None = field(default=None, compare=False, repr=False)
    platform: Platform = CPU

    @cached_property
    def key(self) -> str:
        """sha256 of everything that decides the outcome.

        That is the point, the recipe with the nuisance setting in it, the seed, the images, and the versions of what
        computes: our own (`NUMERICS`), torch's, and the source of the user's own network. Of a GPU also its
        architecture and the number of lanes.
        """
        return self.recorded or key_of(self.point, self.proxy, self.seed, self.texts, self.platform)

    @property
    def lanes(self) -> int:
        """How many runs it may be trained together with, itself included."""
        return lanes_of(self.point, self.proxy, self.platform)

    @cached_property
    def group(self) -> str:
        """The common part of runs that can be trained together: the point, and most of the recipe."""
        return f"{(self.texts or texts_of(self.point, self.proxy))[0]} {group_of(self.proxy)}"

    @property
    def setting(self) -> str:
        """The canonical text of its recipe, which the runs of a point at a setting share."""
        return (self.texts or texts_of(self.point, self.proxy))[1]

    @property
    def of_the_user(self) -> bool:
        """Whether doing it imports a module of the user's, or reads images of theirs."""
        return self.point.own_network or self.proxy.dataset.of_the_user


def key_of(
    point: Point, proxy: Proxy, seed: int, texts: tuple[str, str] | None = None, platform: Platform = CPU
) -> str:
    """The key of a run as it would be done here: another torch, other images or another version give another key."""
    point_text, recipe_text = texts or texts_of(point, proxy)
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
    content |= {family: canonical(number) for family, number in numerics_of(point).items()}
    if not platform.on_cpu:
        lanes = lanes_of(point, proxy, platform)
        content["platform"] = canonical({"kind": platform.kind, "architecture": platform.architecture, "lanes": lanes})
    if point.own_network:
        content["network"] = canonical(own_network(point.backbone).fingerprint)
    # the canonical text of the whole: its parts are canonical, and most of them the same for many runs
    text = ",".join(f'"{name}":{part}' for name, part in sorted(content.items()))
    return hashlib.sha256(f"{{{text}}}".encode()).hexdigest()


def texts_of(point: Point, proxy: Proxy) -> tuple[str, str]:
    """Canonical texts of a point and of the part of a recipe that decides outcomes."""
    return canonical(point.canonical()), canonical(proxy.decisive())


def wanted(plan: "Plan") -> list[Run]:
    """Every run that a plan's grid asks for: points x nuisance settings of each length x seeds."""
    recipes = [(proxy, canonical(proxy.decisive())) for rung in plan.space.rungs() for _, proxy in rung.recipes]
    platform = platform_of(plan.space.resources)
    runs = []
    for place, planned in enumerate(plan.points):
        point = canonical(planned.point.canonical())
        runs += [
            Run(planned.point, proxy, seed, planned.label, texts=(point, recipe), platform=platform)
            for proxy, recipe in recipes
            for seed in plan.seeds_at(place)
        ]
    return runs


def missing(runs: Iterable[Run], known: Iterable[str]) -> list[Run]:
    """The runs whose keys are not known, in the order of their keys."""
    known_keys = set(known)
    return sorted((run for run in runs if run.key not in known_keys), key=lambda run: run.key)
