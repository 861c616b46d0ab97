"""What every point would cost before anything is trained, in closed form and traced."""

from sweep.costs.analytic import Counts, count, count_all
from sweep.costs.meta import meta_flops
from sweep.costs.plan import Plan, plan, second_count
from sweep.costs.planned import Planned
from sweep.costs.traced import Trace, trace

__all__ = ["Counts", "Plan", "Planned", "Trace", "count", "count_all", "meta_flops", "plan", "second_count", "trace"]
