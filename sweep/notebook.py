"""The progress of a sweep in a notebook: a bar that is redrawn as runs land."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sweep.html import text
from sweep.leader import judged_recipes
from sweep.meter import Meter, limit_of
from sweep.watch import Known, Silence, Watch

if TYPE_CHECKING:
    from sweep.costs import Plan
    from sweep.engine.result import Result
    from sweep.engine.runs import Run

#: Seconds between two drawings.
DRAW_EVERY = 0.5


def usual_watch() -> Watch:
    """A bar in a Jupyter notebook; elsewhere nothing, since a script prints what it wants."""
    return NotebookBar() if in_notebook() else Silence()


def in_notebook() -> bool:
    """Whether a Jupyter kernel runs this process; imports nothing."""
    shell = sys.modules.get("IPython")
    return shell is not None and hasattr(shell.get_ipython(), "kernel")


class NotebookBar:
    """A line of text over a bar, in the output of a cell."""

    def __init__(self) -> None:
        self._shown: Any = None
        self._meter: Meter | None = None
        self._had = self._total = 0
        self._doing, self._drawn = "", 0.0

    def doing(self, what: str) -> None:
        """Say what is being done."""
        self._doing = what
        self._draw()

    def begin(self, planned: Plan, todo: int, total: int, workers: int, known: Iterable[Known] = ()) -> None:
        """Draw the bar, with the runs that are in."""
        self._had, self._total = total - todo, total
        self._meter = Meter(todo, workers, known, limit_of(planned), judged_recipes(planned.space))
        self._doing = "waiting for the first run"
        self._draw()

    def landed(self, run: Run, result: Result) -> None:
        """Move on by a run."""
        assert self._meter is not None
        self._meter.add(run, result)
        self._doing = self._meter.status()
        if time.monotonic() - self._drawn >= DRAW_EVERY or self._meter.landed == self._meter.todo:
            self._draw()

    def note(self, line: str) -> None:
        """Say something beside the bar."""
        print(line)

    def end(self) -> None:
        """Draw it for the last time."""
        self._draw()

    def _draw(self) -> None:
        from IPython import display

        self._drawn = time.monotonic()
        shown = display.HTML(self._html())
        if self._shown is None:
            self._shown = display.display(shown, display_id=True)
        else:
            self._shown.update(shown)

    def _html(self) -> str:
        if self._meter is None:
            return f"<div>{text(self._doing)}</div>"
        landed = self._had + self._meter.landed
        bar = f'<progress value="{landed}" max="{self._total}" style="width: 20em"></progress>'
        return f"<div>{bar} {landed:,} of {self._total:,} runs</div><div>{text(self._doing)}</div>"
