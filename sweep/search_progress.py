"""How far a search is: what it asked for, what it may still spend, and what its race has not decided."""

from collections.abc import Sequence
from dataclasses import dataclass

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

    def lines(self) -> list[str]:
        """The same for a person."""
        limits = [f"at most {self.most:,} runs"] if self.most else []
        limits += [f"at most {self.hours:g} hours of training"] if self.hours else []
        of = f" of {' and '.join(limits)}" if limits else ""
        lines = [f"{self.strategy}: {self.explored:,} explored, {self.confirmed:,} with fresh seeds{of}"]
        if self.on or self.off or self.undecided:
            lines.append(f"race: {self.on} on the front, {self.off} off it, {len(self.undecided)} not decided")
        for one in self.undecided[:NAMED]:
            cost = f"about {one.runs} more run{'' if one.runs == 1 else 's'}" if one.runs else "more than 50 runs"
            lines.append(f"    {one.point}: {cost} would decide it")
        if self.half_widths:
            widest, n = max(self.half_widths), len(self.half_widths)
            lines.append(f"race: {n} difference{'' if n == 1 else 's'} known to ± {widest:.2f} points or better")
        return lines


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
    counts = (strategy.name, strategy.runs, strategy.hours, len(asks) - confirmed, confirmed)
    if strategy.name != "racing":
        return SearchSoFar(*counts)
    # scipy takes half a second to import, and other strategies need none of it
    from sweep.engine.race import standing_of

    standing = standing_of(ledger, space)
    if standing is None:
        return SearchSoFar(*counts)
    verdicts = [claim.verdict for claim in standing.claims]
    undecided = [Undecided(one.point, one.to_decide) for one in standing.claims if one.verdict == "not decided"]
    undecided.sort(key=lambda one: (one.runs is None, one.runs or 0, one.point))
    return SearchSoFar(
        *counts,
        verdicts.count("on the front"),
        verdicts.count("off the front"),
        tuple(undecided),
        tuple(one.half_width for one in standing.contrasts),
    )
