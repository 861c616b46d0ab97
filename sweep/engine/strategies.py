"""Making the strategy of a space for a pool."""

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from sweep.costs import Plan
from sweep.engine.asks import Ask
from sweep.engine.ledger import Ledger
from sweep.engine.planned_runs import PlannedRuns
from sweep.engine.speed import Speed
from sweep.errors import SpaceError, SweepError
from sweep.search import Pool
from sweep.search.strategy import STRATEGIES, Strategy
from sweep.space import Space


def strategy_of(space: Space, pool: Pool) -> Strategy:
    """Make a space's strategy for a pool; raises SpaceError, with its line, if that is impossible."""
    try:
        return STRATEGIES[space.strategy.name](pool, space.strategy.settings)
    except SweepError as error:
        raise SpaceError(space.source.mistake(("strategy",), str(error))) from None


def check_strategy(plan: Plan, speed: Speed | None = None) -> None:
    """Raise SpaceError if the strategy of a plan makes no sense for its points; the grid always does.

    `speed` is needed where the budget is hours.
    """
    if plan.space.strategy.name != "grid":
        strategy_of(plan.space, PlannedRuns(plan).pool(speed))


def speed_of(plan: Plan, ledger: Path) -> Speed | None:
    """The forecast speed where the budget is in hours: from the ledger, or measured now."""
    if plan.space.strategy.hours is None:
        return None
    recorded = None
    if ledger.exists():
        with Ledger.open(ledger) as opened:
            recorded = Speed.recorded(opened.asks())
    return recorded or Speed.measured(plan)


def other_versions(asks: Iterable[Ask]) -> list[str]:
    """Warn about asks that another version of a library chose than the one installed, a line a library."""
    by_library: dict[str, set[str]] = {}
    for ask in asks:
        libraries = ask.origin.get("with")
        for name, used in libraries.items() if isinstance(libraries, dict) else ():
            by_library.setdefault(str(name), set()).add(str(used))
    lines = []
    for name, versions in sorted(by_library.items()):
        try:
            installed = version(name)
        except (PackageNotFoundError, ValueError):
            installed = "none"
        if other := sorted(versions - {installed}):
            lines.append(
                f"runs of this search were chosen by {name} {', '.join(other)}; {installed} is installed, and may "
                "choose other runs from now on"
            )
    return lines
