"""What `plan` says of runs that are trained together."""

from collections import Counter
from collections.abc import Iterator

from sweep.costs import Plan
from sweep.proxy.lane_count import lanes_of
from sweep.proxy.platform import Platform

#: Points whose lanes are counted at most.
COUNTED = 1000


def lane_lines(planned: Plan) -> Iterator[str]:
    """How the runs of a point are trained together, where the space asks for that or for a GPU."""
    _, proxy = planned.space.recipes()[0]
    on_a_card = bool(planned.space.resources.gpus)
    if not planned.points or not (on_a_card or proxy.lanes):
        return
    # whatever its architecture is
    platform = Platform("cuda" if on_a_card else "cpu")
    counts = Counter(lanes_of(point.point, proxy, platform) for point in planned.points[:COUNTED])
    runs = planned.settings * len(planned.space.seeds)
    for lanes, points in sorted(counts.items()):
        subject = f"{points:,} of the points" if len(counts) > 1 else "all points"
        if lanes == 1:
            captured = ", and their steps are not captured" if on_a_card else ""
            yield f"the runs of {subject} are trained one by one{captured}"
            continue
        if planned.space.strategy.name != "grid":
            # a search asks for few runs of a point at once, and lanes that none is in take as long as others
            yield (
                f"runs of a point that are asked for together are trained {lanes} at a time ({subject}): "
                "a search seldom fills that many, so fewer lanes cost less"
            )
            continue
        empty = f", {runs % lanes} of them in the last group" if runs % lanes else ""
        hint = f"; proxy.lanes: {runs} would waste no lane" if runs < lanes else ""
        of_baselines = (
            f", {runs + planned.settings * len(extra)} of a baseline," if (extra := planned.space.extra_seeds) else ""
        )
        yield f"the {runs} runs of a point{of_baselines} are trained {lanes} at a time ({subject}){empty}{hint}"
