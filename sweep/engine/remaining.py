"""How much of a plan is in its ledger already, and what remains."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sweep.costs import Plan
from sweep.engine.ledger import Ledger
from sweep.engine.planned_runs import PlannedRuns
from sweep.engine.speed import Speed
from sweep.proxy.platform import PlatformError
from sweep.search.racing_goals import confirm_of
from sweep.search.strategy import most_of_halving
from sweep.space.changes import changes

#: Plans with more runs are not compared with their ledger: each run's key would have to be computed.
MOST_RUNS = 200_000


@dataclass(frozen=True)
class Remaining:
    """The state of a plan in its ledger.

    done: runs of the plan that are in.
    unused: runs of the ledger that the plan does not ask for.
    changed: what differs from the space that was run last, in words; '' if nothing that changes runs.
    share: for each point of the plan the share of its runs that remain.
    """

    done: int
    unused: int
    changed: str
    share: NDArray[np.float64]


def remaining(plan: Plan, ledger: Path, speed: Speed | None = None) -> Remaining | None:
    """Compare a plan with its ledger; None if there is no ledger, or too much to compare. Raises LedgerError.

    `speed` says how many runs a search comes to whose budget is hours.
    """
    if not ledger.exists():
        return None
    search = plan.space.strategy.name != "grid"
    if not search and plan.runs > MOST_RUNS:
        return None
    runs = PlannedRuns(plan)
    try:
        _ = runs.platform
    except PlatformError:
        # keys hold the kind of GPU, and none is known here
        return None
    if search:
        return _remaining_search(plan, runs, ledger, speed)
    with Ledger.open(ledger) as opened:
        statuses = opened.statuses()
        changed = changes(opened.space(), plan.space.data) if statuses else ""
    keys = {runs.key(choice): choice.point for choice in runs.pool().grid()}
    runs_of_points = plan.settings * plan.seed_counts
    done_of_points = np.bincount([keys[key] for key in keys.keys() & statuses.keys()], minlength=len(plan.points))
    unused = len(statuses.keys() - keys.keys())
    return Remaining(
        len(keys.keys() & statuses.keys()), unused, changed if unused else "", 1 - done_of_points / runs_of_points
    )


def most_runs(plan: Plan, speed: Speed | None = None) -> int:
    """The largest number of runs of a plan's strategy; for a budget in hours, by the mean hours of its points."""
    strategy = plan.space.strategy
    most = plan.runs + _confirming(plan)
    most = min(strategy.runs or most, most)
    if strategy.name == "halving" and (speed is not None or strategy.hours is None):
        return min(most, most_of_halving(PlannedRuns(plan).pool(speed), strategy.settings))
    if speed is None or strategy.hours is None:
        return most
    return min(most, max(1, round(strategy.hours / float(speed.hours(plan)[:, -1].mean()))))


def _confirming(plan: Plan) -> int:
    """How many runs with fresh seeds there may be beside the grid's."""
    settings = plan.space.strategy.settings
    confirm = settings.get("confirm")
    if plan.space.strategy.name == "racing":
        confirm = confirm_of(settings["goal"], confirm)
    return len(plan.points) * (confirm or 0)


def share_of_search(plan: Plan, done: int = 0, speed: Speed | None = None) -> NDArray[np.float64]:
    """The share of each point's runs that a search does, if it spread evenly over the points."""
    return np.full(len(plan.points), max(most_runs(plan, speed) - done, 0) / plan.runs)


def _remaining_search(plan: Plan, runs: PlannedRuns, ledger: Path, speed: Speed | None) -> Remaining:
    """The state of a search in its ledger."""
    with Ledger.open(ledger) as opened:
        answers = opened.answers()
        history, _ = runs.history(opened.asks(), answers, opened.positions())
        changed = changes(opened.space(), plan.space.data) if answers else ""
    done = len(history) - len(history.open)
    unused = len(answers) - done
    return Remaining(done, unused, changed if unused else "", share_of_search(plan, done, speed))
