"""The parts of a report: cards, each with a figure or a table and a sentence on what it shows."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import pandas as pd
from matplotlib.figure import Figure

from sweep.analysis.study import Study
from sweep.report.figures.style import TWO_COLUMNS

_T = TypeVar("_T")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Cell:
    """A cell of a table: its text, its sort key if that is not the text, and a mark: `best`, `clear` or `warn`."""

    text: str
    sort: float | None = None
    mark: str = ""


@dataclass(frozen=True)
class Column:
    """A column of a table; numbers are aligned to the right.

    `hint` explains the title, and `also` is another name to filter by.
    """

    title: str
    numeric: bool = True
    hint: str = ""
    also: str = ""


@dataclass(frozen=True)
class Table:
    """A table whose first column names its rows; one that can be sorted can be filtered too."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    sortable: bool = False


@dataclass(frozen=True)
class Picture:
    """A figure with the data that it was drawn from; `name` is the stem of its files."""

    name: str
    #: draws it, as wide as the inches that it is given
    draw: Callable[..., Figure]
    data: pd.DataFrame
    #: its description for readers who cannot see it
    alt: str
    width: float = TWO_COLUMNS
    #: whether it is also drawn as wide as one column, for papers and phones
    narrow: bool = True
    #: whether dark mode may change the style's colours; not where text stands on the figure's own colours
    themed: bool = True
    #: texts in the data that this package wrote, which need no escaping for spreadsheets
    ours: frozenset[str] = frozenset()

    @cached_property
    def figure(self) -> Figure:
        """The figure, drawn on first use, by the process that saves it."""
        return self.draw(width=self.width)

    def drawn(self, width: float) -> Figure:
        """Draw it anew, so many inches wide."""
        return self.draw(width=width)


@dataclass(frozen=True)
class Card:
    """One subject of the report, with what it shows or what it waits for."""

    title: str
    #: sentences on what it shows
    says: tuple[str, ...] = ()
    picture: Picture | None = None
    tables: tuple[Table, ...] = ()
    #: how it was made, in small print
    notes: tuple[str, ...] = ()
    #: what is missing, if it cannot be shown yet
    waits: str = ""
    #: the error, if it could not be made
    broke: str = ""
    #: what the page's script draws (`cards.explore`), as JSON values
    explorer: Mapping[str, Any] | None = None
    #: shown large, at the top
    lead: bool = False

    @property
    def waiting(self) -> bool:
        """Whether it has nothing to show yet."""
        return bool(self.waits) and not (self.says or self.picture or self.tables or self.broke or self.explorer)


#: Makes the cards of one subject.
Builder = Callable[[Study], Iterable[Card]]


def broken(title: str, error: Exception) -> Card:
    """Make the card that replaces one that could not be made."""
    _log.debug("card %r could not be made", title, exc_info=error)
    return Card(title, broke=f"This card could not be made: {type(error).__name__}: {error}")


def failures(cards: Iterable[Card]) -> tuple[str, ...]:
    """List why cards could not be made, a line each without control characters."""
    lines = (f"{card.title}: {' '.join(card.broke.split())}" for card in cards if card.broke)
    return tuple("".join(char if char.isprintable() else "?" for char in line) for line in lines)


def build(of: _T, builders: Iterable[tuple[str, Callable[[_T], Iterable[Card]]]]) -> list[Card]:
    """Make all cards of a study, or of several; a card with the title and error replaces those of a failing builder."""
    cards: list[Card] = []
    for title, builder in builders:
        try:
            cards += builder(of)
        except Exception as error:  # one card must never take the page down
            cards.append(broken(title, error))
    return cards
