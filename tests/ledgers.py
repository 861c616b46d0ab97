"""Ledgers filled by hand, as `wn-sweep run` fills them."""

from dataclasses import replace

from sweep.engine.planned_runs import PlannedRuns
from sweep.engine.result import Result


def describe(ledger, planned, name=None, asked=None):
    """Note a plan and the asks of its whole grid, in the order of keys; the space asks for `asked`, or for all."""
    runs, space = PlannedRuns(planned), planned.space
    ledger.describe(name or space.name, {**space.data, "name": name or space.name}, planned.axes, runs.described())
    choices = sorted(runs.pool().grid(), key=runs.key)
    asks = [runs.ask(number, choice) for number, choice in enumerate(choices)]
    keys = {ask.key for ask in asks} if asked is None else {run.key for run in asked}
    ledger.ask(replace(ask, present=ask.key in keys) for ask in asks)


def result(run, status="done", error=12.5, losses=(2.0, 1.5), seconds=0.25, kind="", message="", **more):
    """What came of a run."""
    return Result(run.key, status, error if status == "done" else None, None, losses, seconds, kind, message, **more)
