"""What every point would cost before anything is trained, in closed form and traced."""

from sweep.costs.analytic import count
from sweep.costs.plan import Plan, Planned, plan, with_trace
from sweep.costs.traced import Trace, trace

__all__ = ["Plan", "Planned", "Trace", "count", "plan", "trace", "with_trace"]
