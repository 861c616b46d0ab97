"""The strategy of a space, made for what it may choose from."""

from sweep.costs import Plan
from sweep.engine.planned_runs import PlannedRuns
from sweep.errors import SpaceError, SweepError
from sweep.search import Pool
from sweep.search.strategy import STRATEGIES, Strategy
from sweep.space import Space


def strategy_of(space: Space, pool: Pool) -> Strategy:
    """What a space's strategy is for a pool; raises SpaceError, with its line, if there is none."""
    try:
        return STRATEGIES[space.strategy.name](pool, space.strategy.settings)
    except SweepError as error:
        raise SpaceError(space.source.mistake(("strategy",), str(error))) from None


def check_strategy(plan: Plan) -> None:
    """Raise SpaceError if the strategy of a plan makes no sense for its points; the grid always does."""
    if plan.space.strategy.name != "grid":
        strategy_of(plan.space, PlannedRuns(plan).pool())
