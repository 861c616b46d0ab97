"""The runs of a plan: by a strategy's choice, and by what a ledger holds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from sweep.costs import Plan
from sweep.engine.asks import Ask, PlannedPoint
from sweep.engine.runs import Run
from sweep.proxy.platform import Platform, platform_of
from sweep.search import Choice, History, Pool
from sweep.search.history import Answer
from sweep.space import Lazy, canonical


class PlannedRuns:
    """Every run that a plan can ask for."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        recipes = plan.space.recipes()
        self._settings = [setting for setting, _ in recipes]
        self._recipes = [proxy for _, proxy in recipes]
        self._recipe_texts = [canonical(proxy.decisive()) for proxy in self._recipes]
        self._keys: dict[tuple[int, int, int, int], str] = {}

    @cached_property
    def platform(self) -> Platform:
        """Where the runs are trained; raises PlatformError if that is on a GPU, and none is known."""
        resources = self.plan.space.resources
        return platform_of(resources, elsewhere=resources.architecture is not None)

    @cached_property
    def point_texts(self) -> list[str]:
        """The canonical text of each point of the plan."""
        return [canonical(planned.point.canonical()) for planned in self.plan.points]

    def run(self, choice: Choice) -> Run:
        """The run that a choice makes."""
        planned = self.plan.points[choice.point]
        texts = self.point_texts[choice.point], self._recipe_texts[choice.setting]
        recorded = self._keys.get(choice.run)
        proxy = self._recipes[choice.setting]
        return Run(planned.point, proxy, choice.seed, planned.label, recorded, texts, self.platform)

    def key(self, choice: Choice) -> str:
        """The key of the run that a choice makes."""
        if choice.run not in self._keys:
            self._keys[choice.run] = self.run(choice).key
        return self._keys[choice.run]

    def pool(self) -> Pool:
        """What a strategy chooses from."""
        plan = self.plan
        kept, points = plan.kept, plan.points
        flops, stem = (counts[kept].astype(float) for counts in (plan.counts.flops, plan.counts.first))
        training = plan.passes.flops(flops, stem) / (plan.settings * len(plan.space.seeds))
        return Pool(
            points=Lazy(len(points), lambda place: self._axis_values(place)),
            labels=Lazy(len(points), lambda place: points[place].label),
            costs={
                "params": plan.counts.params[kept].astype(float),
                "flops": flops,
                "activations": plan.counts.activations[kept].astype(float),
                "training_flops": training,
            },
            settings=self._settings,
            seeds=plan.space.seeds,
            baseline=self._baselines,
            key=self.key,
            nuisance={path: tuple(values) for path, values in plan.space.nuisance.items()},
        )

    def _axis_values(self, place: int) -> Mapping[str, Any]:
        point = self.plan.points[place].point
        return {axis: point.value(axis) for axis in self.plan.axes}

    @cached_property
    def _baselines(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """For each point the place of the one that it is compared with, -1 where there is none."""
        kept, compared = self.plan.kept, self.plan.compared
        places = {number: place for place, number in enumerate(kept.tolist())}
        of = [compared.of(number) if compared.by_shared else None for number in kept.tolist()]
        return np.array([-1 if number is None else places.get(number, -1) for number in of], dtype=np.int64)

    def described(self) -> list[PlannedPoint]:
        """The points of the plan as a ledger holds them."""
        plan = self.plan
        costs = (plan.counts.params, plan.counts.flops, plan.counts.activations, plan.counts.first)
        columns = [counts[plan.kept].tolist() for counts in costs]
        baselines = [None if place < 0 else place for place in self._baselines.tolist()]
        uncounted = [
            plan.traces[number].uncounted if number in plan.traces and plan.counts.own[number] else ()
            for number in plan.kept.tolist()
        ]
        costs_of_each = zip(*columns, strict=True)
        others = [plan.also(number) for number in plan.kept.tolist()]
        rows = zip(self.point_texts, costs_of_each, baselines, uncounted, others, strict=True)
        return [
            PlannedPoint(point, params, flops, activations, stem, baseline, None, missed, also)
            for point, (params, flops, activations, stem), baseline, missed, also in rows
        ]

    def ask(self, number: int, choice: Choice) -> Ask:
        """An ask as a ledger holds it."""
        run = self.run(choice)
        assert run.texts is not None
        return Ask(number, self.key(choice), *run.texts, choice.seed, choice.rung, choice.phase, choice.origin)

    def history(self, asks: Iterable[Ask], answers: Mapping[str, Answer]) -> tuple[History, list[Ask]]:
        """What was asked of the plan and what came of it; and the asks whose rows say otherwise, as they should be.

        An ask belongs to the plan if its run does, by point, recipe and seed, and would be done the same today: by its
        key.
        """
        asks = list(asks)
        history = History()
        stale: list[Ask] = []
        points = {text: place for place, text in enumerate(self.point_texts)} if asks else {}
        recipes = {text: place for place, text in enumerate(self._recipe_texts)}
        by_key = {} if all(ask.point for ask in asks) else {self.key(choice): choice for choice in self.pool().grid()}
        for ask in asks:
            choice = None
            if ask.point is None or ask.recipe is None or ask.seed is None:
                choice = by_key.get(ask.key)
            elif ask.point in points and ask.recipe in recipes:
                choice = Choice(points[ask.point], recipes[ask.recipe], ask.seed, ask.rung, ask.phase, ask.origin)
                among_seeds = ask.phase == "confirm" or ask.seed in self.plan.space.seeds
                choice = choice if among_seeds and self.key(choice) == ask.key else None
            if choice is None:
                if ask.present:
                    stale.append(replace(ask, present=False))
                continue
            history.ask(ask.number, choice)
            if ask.key in answers:
                history.answer(ask.number, answers[ask.key])
            if (as_it_is := self.ask(ask.number, choice)) != ask:
                stale.append(as_it_is)
        return history, stale

    def complete(self, asks: Sequence[Ask]) -> list[Ask]:
        """The asks as they would be if an earlier version had noted every run of the grid, and their content.

        Whether a run belongs to the plan is told by its content alone: it may have been done with other versions.
        """
        grid = [self.ask(number, choice) for number, choice in enumerate(self.pool().grid())]
        by_key = {ask.key: ask for ask in grid}
        by_content = {(ask.point, ask.recipe, ask.seed): ask for ask in grid}
        completed = []
        for ask in asks:
            wanted = by_content.pop((ask.point, ask.recipe, ask.seed), None) or by_key.get(ask.key)
            if wanted is None or ask.point is not None:
                completed.append(replace(ask, present=wanted is not None))
            else:
                by_content.pop((wanted.point, wanted.recipe, wanted.seed), None)
                completed.append(replace(wanted, number=ask.number))
        missing = sorted(by_content.values(), key=lambda ask: ask.key)
        known = {ask.key for ask in asks}
        missing = [ask for ask in missing if ask.key not in known]
        return completed + [replace(ask, number=len(asks) + place) for place, ask in enumerate(missing)]
