"""The runs of a plan: by a strategy's choice, and by the content of a ledger."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from sweep.costs import Plan
from sweep.engine.asks import Ask, PlannedPoint
from sweep.engine.runs import Run
from sweep.engine.speed import Speed
from sweep.proxy.platform import Platform, platform_of
from sweep.search import Choice, History, Pool
from sweep.search.history import Answer
from sweep.search.pool import Column
from sweep.space import Lazy, Proxy, canonical

#: The key in an ask's origin that names the strategy that made it.
OWNER = "strategy"


class PlannedRuns:
    """Every run that a plan can ask for."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._rungs = plan.space.rungs()
        self._settings: list[dict[str, Any]] = []
        #: by place of the setting and of the rung
        self._recipes: dict[tuple[int, int], Proxy] = {}
        for rung, length in enumerate(self._rungs):
            for setting, proxy in length.recipes:
                if setting not in self._settings:
                    self._settings.append(setting)
                self._recipes[self._settings.index(setting), rung] = proxy
        self._recipe_texts = {at: canonical(proxy.decisive()) for at, proxy in self._recipes.items()}
        self._keys: dict[tuple[int, int, int, int], str] = {}
        self._texts: dict[int, str] = {}

    def text(self, place: int) -> str:
        """The canonical text of a point of the plan."""
        if place not in self._texts:
            self._texts[place] = canonical(self.plan.points[place].point.canonical())
        return self._texts[place]

    @cached_property
    def platform(self) -> Platform:
        """Where the runs are trained; raises PlatformError if that is on a GPU, and none is known."""
        resources = self.plan.space.resources
        return platform_of(resources, elsewhere=resources.architecture is not None)

    @cached_property
    def point_texts(self) -> list[str]:
        """The canonical text of each point of the plan."""
        return [self.text(place) for place in range(len(self.plan.points))]

    def run(self, choice: Choice) -> Run:
        """The run that a choice makes."""
        planned = self.plan.points[choice.point]
        texts = self.text(choice.point), self._recipe_texts[choice.setting, choice.rung]
        recorded = self._keys.get(choice.run)
        proxy = self._recipes[choice.setting, choice.rung]
        return Run(planned.point, proxy, choice.seed, planned.label, recorded, texts, self.platform)

    def key(self, choice: Choice) -> str:
        """The key of the run that a choice makes."""
        if choice.run not in self._keys:
            self._keys[choice.run] = self.run(choice).key
        return self._keys[choice.run]

    def pool(self, speed: Speed | None = None) -> Pool:
        """The pool that a strategy chooses from; without a speed it has no hours."""
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
            }
            if plan.all_known
            else {},
            settings=self._settings,
            seeds=plan.space.seeds,
            extra_seeds=plan.space.extra_seeds,
            baseline=self._baselines,
            key=self.key,
            rungs=tuple(rung.epochs for rung in self._rungs),
            combinations=frozenset(self._recipes) if len(self._rungs) > 1 else None,
            nuisance={path: tuple(values) for path, values in plan.space.nuisance.items()},
            axes={
                name: Column((column := plan.grid.listing.column(name)).values, column.codes[kept])
                for name in plan.axes
            },
            **({} if speed is None else {"hours": speed.hours(plan)}),
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

    def described(self, places: Iterable[int] | None = None) -> dict[int, PlannedPoint]:
        """Points of the plan as a ledger holds them, by place: all, or these and those that they are compared with."""
        needed = range(len(self.plan.points)) if places is None else self._with_baselines(places)
        return {place: self._described(place) for place in needed}

    def _with_baselines(self, places: Iterable[int]) -> list[int]:
        chosen = set(places)
        return sorted(chosen | {int(self._baselines[place]) for place in chosen} - {-1})

    def _described(self, place: int) -> PlannedPoint:
        plan, number = self.plan, int(self.plan.kept[place])
        plan.count(number)
        costs = (plan.counts.params, plan.counts.flops, plan.counts.activations, plan.counts.first)
        params, flops, activations, stem = (int(counts[number]) for counts in costs)
        baseline = int(self._baselines[place])
        missed = plan.traces[number].uncounted if number in plan.traces and plan.counts.own[number] else ()
        compared = None if baseline < 0 else baseline
        return PlannedPoint(
            self.text(place), params, flops, activations, stem, compared, None, missed, plan.also(number)
        )

    def ask(self, number: int, choice: Choice) -> Ask:
        """An ask as a ledger holds it."""
        run, name = self.run(choice), self.plan.space.strategy.name
        assert run.texts is not None
        # the strategy that made the ask, unless it is the grid: other strategies leave its unfinished asks alone
        origin = choice.origin if name == "grid" else {OWNER: name, **choice.origin}
        return Ask(number, self.key(choice), *run.texts, choice.seed, choice.rung, choice.phase, origin)

    def history(
        self, asks: Iterable[Ask], answers: Mapping[str, Answer], positions: Mapping[str, int] | None = None
    ) -> tuple[History, list[Ask]]:
        """The history of the plan, and corrected copies of the asks whose rows in the ledger are out of date.

        An ask belongs to the plan if its run does (point, recipe and seed) and has the same key today. An unanswered
        ask of another strategy is left to that strategy, unless the grid wants the run anyway.

        Args:
            asks: as the ledger has them.
            answers: key -> what came of a run.
            positions: canonical text of a point -> its place, as the ledger has it; it spares looking for all points.
        """
        asks = list(asks)
        history = History()
        stale: list[Ask] = []
        points = self._places({ask.point for ask in asks if ask.point is not None}, positions or {})
        strategy = self.plan.space.strategy.name
        recipes = {text: at for at, text in self._recipe_texts.items()}
        by_key = {} if all(ask.point for ask in asks) else {self.key(choice): choice for choice in self.pool().grid()}
        for ask in asks:
            choice = None
            if ask.point is None or ask.recipe is None or ask.seed is None:
                choice = by_key.get(ask.key)
            elif ask.point in points and ask.recipe in recipes:
                setting, rung = recipes[ask.recipe]
                choice = Choice(points[ask.point], setting, ask.seed, rung, ask.phase, ask.origin)
                among_seeds = ask.phase == "confirm" or ask.seed in self.plan.seeds_at(points[ask.point])
                choice = choice if among_seeds and self.key(choice) == ask.key else None
            if choice is not None and ask.key not in answers and ask.origin.get(OWNER, "grid") != strategy:
                # the grid does all of its runs, also those that another strategy asked for
                of_grid = strategy == "grid" and choice.seed in self.plan.seeds_at(choice.point)
                choice = choice if of_grid else None
            if choice is None:
                if ask.present:
                    stale.append(replace(ask, present=False))
                continue
            history.ask(ask.number, choice)
            if ask.key in answers:
                history.answer(ask.number, answers[ask.key])
            if (as_it_is := replace(self.ask(ask.number, choice), origin=ask.origin)) != ask:
                stale.append(as_it_is)
        return history, stale

    def _places(self, texts: set[str], positions: Mapping[str, int]) -> dict[str, int]:
        """Places of the points with these texts, as far as the plan has them."""
        held = range(len(self.plan.points))
        places = {
            text: place
            for text in texts
            if (place := positions.get(text)) is not None and place in held and self.text(place) == text
        }
        if len(places) < len(texts):
            places |= {text: place for place, text in enumerate(self.point_texts) if text in texts}
        return places

    def complete(self, asks: Sequence[Ask]) -> list[Ask]:
        """The asks as a current version would have stored them: every run of the grid, with its content.

        A run belongs to the plan by its content only: it may have been done with other versions.
        """
        grid = [self.ask(number, choice) for number, choice in enumerate(self.pool().grid())]
        by_key = {ask.key: ask for ask in grid}
        by_content = {(ask.point, ask.recipe, ask.seed): ask for ask in grid}
        completed = []
        for ask in asks:
            match = by_content.pop((ask.point, ask.recipe, ask.seed), None) or by_key.get(ask.key)
            if match is None or ask.point is not None:
                completed.append(replace(ask, present=match is not None))
            else:
                by_content.pop((match.point, match.recipe, match.seed), None)
                completed.append(replace(match, number=ask.number))
        missing = sorted(by_content.values(), key=lambda ask: ask.key)
        keys = {ask.key for ask in asks}
        missing = [ask for ask in missing if ask.key not in keys]
        return completed + [replace(ask, number=len(asks) + place) for place, ask in enumerate(missing)]
