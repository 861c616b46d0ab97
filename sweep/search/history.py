"""The asks of a search and their results, in the order of asking."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

#: Runs that chose a point are no evidence for it: the evidence is from fresh seeds, in the phase `confirm`.
Phase = Literal["explore", "confirm"]


@dataclass(frozen=True)
class Choice:
    """A run as a strategy proposes it.

    point, setting: places in the pool's points and settings.
    seed: the seed itself.
    rung: place in the pool's rungs, each a recipe of its own; 0 where there is one.
    origin: JSON values that the strategy needs again later, such as a sampler's attributes.
    """

    point: int
    setting: int
    seed: int
    rung: int = 0
    phase: Phase = "explore"
    origin: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def run(self) -> tuple[int, int, int, int]:
        """The parts that decide the outcome: point, setting, seed and rung."""
        return self.point, self.setting, self.seed, self.rung


@dataclass(frozen=True)
class Answer:
    """The result of a run; `error` in per cent and `loss` are None unless its status is 'done'."""

    status: Literal["done", "failed", "diverged"]
    error: float | None = None
    loss: float | None = None


@dataclass(frozen=True)
class Stop:
    """No more runs, with the reason."""

    reason: str = ""


@dataclass(frozen=True)
class Barrier:
    """The next ask needs the answers of all asks before it: it is made again when they are in.

    The choice that is made then has `BARRIER` in its origin, and every later ask sees what it saw.
    """


#: What says in the origin of a choice that it was made with all answers of earlier asks.
BARRIER = "barrier"


@dataclass
class _Entry:
    number: int
    choice: Choice
    answer: Answer | None = None


class History:
    """Every ask that the pool still holds, by number. The engine adds to it; strategies get a `Seen`."""

    def __init__(self) -> None:
        self._entries: dict[int, _Entry] = {}
        self._order: list[_Entry] = []
        self._runs: set[tuple[int, int, int, int]] = set()
        self._open: dict[int, None] = {}
        self._settled = -1

    def __len__(self) -> int:
        return len(self._entries)

    def ask(self, number: int, choice: Choice) -> None:
        """Add an ask; numbers rise, and may leave gaps where an ask is not in the pool any more."""
        if self._entries and number <= next(reversed(self._entries)):
            raise ValueError(f"ask {number} comes after a later one")
        entry = self._entries[number] = _Entry(number, choice)
        self._order.append(entry)
        self._runs.add(choice.run)
        self._open[number] = None
        if choice.origin.get(BARRIER):
            self._settled = number

    def answer(self, number: int, answer: Answer) -> None:
        """Add the result of an ask."""
        self._entries[number].answer = answer
        self._open.pop(number, None)

    @property
    def open(self) -> list[tuple[int, Choice]]:
        """Number and choice of every ask without an answer, in order."""
        return [(number, self._entries[number].choice) for number in self._open]

    @property
    def oldest_open(self) -> int | None:
        """The number of the first ask without an answer."""
        return next(iter(self._open), None)

    def seen(self, number: int, lag: int | None) -> "Seen":
        """The view of ask `number`: all asks before it, and the answers of those before `number - lag`.

        After a barrier it also sees all answers of those before the barrier.
        """
        return Seen(self, -1 if lag is None else max(number - lag, self._settled))


class Seen:
    """A history as one ask sees it: every earlier choice, and the answers that its strategy's lag allows."""

    def __init__(self, history: History, limit: int) -> None:
        self._history, self._limit = history, limit

    def __len__(self) -> int:
        return len(self._history)

    @property
    def settled(self) -> int:
        """The number of the last ask that saw all answers before it; -1 if none did."""
        return self._history._settled

    @property
    def all_in(self) -> bool:
        """Whether every ask has an answer that may be seen."""
        return all(answer is not None for _, _, answer in self)

    def __iter__(self) -> Iterator[tuple[int, Choice, Answer | None]]:
        """Number, choice and answer of every ask, in order; an answer that may not be seen yet is None."""
        for entry in self._history._entries.values():
            yield entry.number, entry.choice, entry.answer if entry.number < self._limit else None

    def choices(self, begin: int = 0) -> Iterator[tuple[int, Choice]]:
        """Number and choice of every ask from a place in the order of asking on."""
        for entry in self._history._order[begin:]:
            yield entry.number, entry.choice

    def ask(self, number: int) -> tuple[Choice, Answer | None]:
        """Choice and answer of an ask; an answer that may not be seen yet is None."""
        entry = self._history._entries[number]
        return entry.choice, entry.answer if number < self._limit else None

    def asked(self, choice: Choice) -> bool:
        """Whether the run of a choice was asked for before, in whichever phase."""
        return choice.run in self._history._runs
