"""What is told of a sweep while it runs, and what it came to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from sweep.html import text

if TYPE_CHECKING:
    from sweep.costs import Plan
    from sweep.engine.result import Result
    from sweep.engine.runs import Run


#: Label of the point, text of the recipe, and error, None unless it is done, of a run that is in.
Known = tuple[str, str, float | None]


class Watch(Protocol):
    """What is told of a sweep while it runs."""

    def doing(self, what: str) -> None:
        """What is being done now, such as 'planning 7 points' or 'writing the report'; '' when all is done."""

    def begin(self, planned: "Plan", todo: int, total: int, workers: int, known: Iterable[Known] = ()) -> None:
        """`todo` of `total` runs are about to be done, `workers` at a time; 0: as many as a cluster has room for.

        `known` are the runs that are in.
        """

    def landed(self, run: "Run", result: "Result") -> None:
        """A run is in the ledger."""

    def note(self, line: str) -> None:
        """Something that the person should know."""

    def end(self) -> None:
        """No more runs will land, whatever the reason."""


class Silence:
    """A watch that says nothing."""

    def doing(self, what: str) -> None:
        """Say nothing."""

    def begin(self, planned: "Plan", todo: int, total: int, workers: int, known: Iterable[Known] = ()) -> None:
        """Say nothing."""

    def landed(self, run: "Run", result: "Result") -> None:
        """Say nothing."""

    def note(self, line: str) -> None:
        """Say nothing."""

    def end(self) -> None:
        """Say nothing."""


@dataclass(frozen=True)
class Summary:
    """What a sweep came to: runs that are in by their status, how many were trained now, and where things are.

    `page` is None where none was asked for; `failed_cards` says, a line each, why cards of it could not be made;
    `finding` is that of the report.
    """

    name: str
    statuses: Mapping[str, int]
    trained: int
    ledger: Path
    page: Path | None
    failed_cards: tuple[str, ...] = ()
    finding: tuple[str, ...] = ()

    @property
    def failed(self) -> dict[str, int]:
        """Runs that are in and not done, or not in, by their status."""
        return {status: n for status, n in self.statuses.items() if status != "done"}

    def __repr__(self) -> str:
        runs, done = sum(self.statuses.values()), self.statuses.get("done", 0)
        return f"<Summary {self.name}: {done:,} of {runs:,} runs done; report: {self.page}>"

    def _repr_html_(self) -> str:
        return "".join(f"<div>{text(line)}</div>" for line in self.lines())

    def plain(self) -> dict[str, Any]:
        """The same for machines, as JSON values."""
        return {
            "name": self.name,
            "runs": dict(self.statuses),
            "trained": self.trained,
            "ledger": str(self.ledger),
            "report": None if self.page is None else str(self.page),
            "failed_cards": list(self.failed_cards),
            "finding": list(self.finding),
        }

    def lines(self) -> list[str]:
        """The same for a person."""
        runs = sum(self.statuses.values())
        trained = f"{self.trained} trained now" if self.trained else "nothing to train"
        return [
            f"{self.statuses.get('done', 0)} of {runs} runs are in ({trained}): {self.ledger}",
            *(
                f"{n} {status}: the report says why; --retry-failed does them again"
                for status, n in self.failed.items()
            ),
            *self.finding,
            *([] if self.page is None else [f"Report: {self.page}"]),
        ]


def unused_runs(unused: int, changed: str) -> str:
    """A line on runs of a ledger that its space does not ask for any more.

    Args:
        unused: how many.
        changed: what changed since the space was run last, in words; '' if nothing that changes runs.
    """
    subject = f"{unused} {'run of the ledger is' if unused == 1 else 'runs of the ledger are'} not used"
    return f"{subject}: {changed or 'the space does not ask for them'}"
