"""A history as a race reads it: places in place of seeds, and what is in as arrays."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sweep.search.history import Answer, Choice, Phase
from sweep.search.posterior_scale import Runs
from sweep.search.racing_choice import Run


@dataclass(frozen=True)
class Record:
    """Number, choice and answer of every ask, in order; the answer is None if it is not in or may not be seen."""

    asks: tuple[tuple[int, Choice, Answer | None], ...]

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash(tuple((number, answer is None) for number, _, answer in self.asks))

    @staticmethod
    def of(seen: Iterable[tuple[int, Choice, Answer | None]], rung: int) -> "Record":
        """The record of what an ask sees of the runs of one rung."""
        return Record(tuple(row for row in seen if row[1].rung == rung))

    def before(self, number: int, lag: int) -> "Record":
        """What the ask of that number may see."""
        return Record(
            tuple(
                (each, choice, answer if each < number - lag else None)
                for each, choice, answer in self.asks
                if each < number
            )
        )

    @property
    def confirming(self) -> bool:
        """Whether any run was asked for to confirm."""
        return any(choice.phase == "confirm" for _, choice, _ in self.asks)

    def seeds(self, listed: tuple[int, ...], fresh: int) -> tuple[int, ...]:
        """The listed seeds, then as many fresh ones that nothing was explored with, then all others that occur."""
        explored = {choice.seed for _, choice, _ in self.asks if choice.phase == "explore"}
        unused: list[int] = []
        seed = max(listed) + 1
        while len(unused) < fresh:
            if seed not in explored:
                unused.append(seed)
            seed += 1
        occurring = (choice.seed for _, choice, _ in self.asks)
        return tuple(dict.fromkeys((*listed, *unused, *occurring)))

    def runs(self, seeds: tuple[int, ...], phases: Collection[Phase]) -> Runs:
        """The runs of some phases that are in, seeds as their places in `seeds`.

        A run that diverged counts as the worst error of all, so that its setting is left alone. One that failed for
        another reason says nothing.
        """
        answered = [
            (choice.point, choice.setting, seeds.index(choice.seed), number, answer)
            for number, choice, answer in self.asks
            if answer is not None and answer.status != "failed" and choice.phase in phases
        ]
        errors = [answer.error for *_, answer in answered if answer.error is not None]
        if not errors:
            answered = []
        point, setting, seed, number = np.array([row[:4] for row in answered], dtype=np.int64).reshape(-1, 4).T
        worst = max(errors, default=0.0)
        error = np.array([worst if answer.error is None else answer.error for *_, answer in answered], dtype=float)
        return Runs(point, setting, seed, number, error)

    def pending(self, seeds: tuple[int, ...]) -> list[tuple[int, Run]]:
        """Number and run of every ask without an answer."""
        return [
            (number, (choice.point, choice.setting, seeds.index(choice.seed)))
            for number, choice, answer in self.asks
            if answer is None
        ]
