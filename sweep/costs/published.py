"""A plan's points beside published rows: do ours round to the digits that are printed?"""

from dataclasses import dataclass

from sweep.costs.plan import Plan
from sweep.costs.planned import Planned
from sweep.networks import Cost, family_of, table_of
from sweep.networks.condconv import CondConv
from sweep.space.published import Row, find_published, read_published


@dataclass(frozen=True)
class PublishedMatch:
    """A published row and a point that it is about.

    `ours` is what is compared: the closed form, for CondConv less the routing, which the published sizes leave out.
    """

    row: Row
    planned: Planned
    ours: Cost

    @property
    def params_match(self) -> bool | None:
        """Whether our parameters round to the printed digits; None if none are printed."""
        return matches(self.ours.params, self.row.params)

    @property
    def flops_match(self) -> bool | None:
        """Whether our FLOPs round to the printed digits; None if none are printed."""
        return matches(self.ours.flops, self.row.flops)


def matches(count: int, printed: str) -> bool | None:
    """Whether a count rounds to what is printed, in millions and to as many digits."""
    if not printed:
        return None
    return rounded(count, printed) == printed


def rounded(count: int, printed: str) -> str:
    """A count in millions, to as many decimals as are printed."""
    return f"{count / 1e6:.{len(printed.partition('.')[2])}f}"


def beside(plan: Plan) -> list[PublishedMatch]:
    """Each published row that the plan's space names, with every point that it is about; raises SpaceError."""
    if plan.space.published is None:
        return []
    rows = read_published(find_published(plan.space.published, plan.space.source.file))
    points = list(plan.points)
    return [PublishedMatch(row, p, _comparable(plan, p)) for row in rows for p in points if row.is_about(p.point)]


def _comparable(plan: Plan, planned: Planned) -> Cost:
    facts = plan.space.proxy.facts
    family = family_of(planned.point)
    if not isinstance(family, CondConv):
        return planned.cost
    routing = family.routing_costs(table_of(planned.point, facts.channels, facts.classes).each_block())
    return Cost(planned.cost.params - routing.params, planned.cost.flops - routing.flops, planned.cost.activations)
