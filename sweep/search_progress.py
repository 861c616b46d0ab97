"""The progress of a search: its asks, its budget, and what its race has not decided."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sweep.engine.asks import Ask
from sweep.engine.ledger import Ledger
from sweep.errors import SpaceError
from sweep.space import Space

#: Undecided points that are named.
NAMED = 3


@dataclass(frozen=True)
class Undecided:
    """A point that a race has not decided, and how many more runs would decide it; None if more than are counted."""

    point: str
    runs: int | None


@dataclass(frozen=True)
class SearchSoFar:
    """What a strategy other than the grid has done.

    most, hours: the most runs that it may ask for, and hours of training; None where there is no such limit.
    explored, confirmed: runs that it asked for, with the seeds of the space and with fresh ones.
    on, off, undecided: points that a race has decided, and those that it has not, the cheapest to decide first.
    half_widths: of the intervals of a race along an axis, in points of error.
    spent: hours of training that it asked for, by the forecast that counts them; None where no hours are given.
    goal: of a race.
    """

    strategy: str
    most: int | None
    hours: float | None
    explored: int
    confirmed: int
    on: int = 0
    off: int = 0
    undecided: tuple[Undecided, ...] = ()
    half_widths: tuple[float, ...] = ()
    spent: float | None = None
    goal: str = ""

    def lines(self) -> list[str]:
        """The same for a person."""
        limits = [f"at most {self.most:,} runs"] if self.most else []
        if self.hours:
            spent = "" if self.spent is None else f", {_hours(self.spent)} of them asked for"
            limits.append(f"at most {self.hours:g} hour{'' if self.hours == 1 else 's'} of training{spent}")
        of = f" of {' and '.join(limits)}" if limits else ""
        lines = [f"{self.strategy}: {self.explored:,} explored, {self.confirmed:,} with fresh seeds{of}"]
        if self.on or self.off or self.undecided:
            on, off = ("among the best", "not") if self.goal == "best" else ("on the front", "off it")
            lines.append(f"race: {self.on} {on}, {self.off} {off}, {len(self.undecided)} not decided")
        for item in self.undecided[:NAMED]:
            cost = f"about {item.runs} more run{'' if item.runs == 1 else 's'}" if item.runs else "more than 50 runs"
            lines.append(f"    {item.point}: {cost} would decide it")
        if self.half_widths:
            widest, n = max(self.half_widths), len(self.half_widths)
            lines.append(f"race: {n} difference{'' if n == 1 else 's'} known to ± {widest:.2f} points or better")
        return lines


def _hours(hours: float) -> str:
    return f"{hours:,.0f}" if hours >= 100 else f"{hours:.2g}"


def search_so_far(ledger: Ledger, asks: Sequence[Ask]) -> SearchSoFar | None:
    """How far the search of a ledger is, by its asks that the space still makes; None for a grid."""
    try:
        space = Space.recorded(ledger.space())
    except SpaceError:  # of another version: how far it is can be told all the same
        return None
    strategy = space.strategy
    if strategy.name == "grid":
        return None
    confirmed = sum(ask.phase == "confirm" for ask in asks)
    so_far = SearchSoFar(
        strategy.name,
        strategy.runs,
        strategy.hours,
        len(asks) - confirmed,
        confirmed,
        spent=None if strategy.hours is None else _spent(ledger, space, asks),
        goal=strategy.settings.get("goal", ""),
    )
    if strategy.name != "racing":
        return so_far
    # scipy takes half a second to import, and other strategies do not need it
    from sweep.engine.race import standing_of

    standing = standing_of(ledger, space)
    if standing is None:
        return so_far
    verdicts = [claim.verdict for claim in standing.claims]
    undecided = [Undecided(claim.point, claim.to_decide) for claim in standing.claims if claim.verdict == "not decided"]
    undecided.sort(key=lambda item: (item.runs is None, item.runs or 0, item.point))
    return replace(
        so_far,
        on=verdicts.count("on the front"),
        off=verdicts.count("off the front"),
        undecided=tuple(undecided),
        half_widths=tuple(contrast.half_width for contrast in standing.contrasts),
    )


def _spent(ledger: Ledger, space: Space, asks: Sequence[Ask]) -> float | None:
    # it needs torch, which takes a second to import
    from sweep.engine.speed import Speed

    speed = Speed.recorded(asks)
    return None if speed is None else speed.spent(space, asks, ledger.planned())
