"""How to add seeds to a sweep: what to write in its space, and which command to run."""

import math

from sweep.analysis.sweep_frame import Search, SweepFrame
from sweep.report import words
from sweep.space import shipped

#: Fresh seeds that are proposed for a search without `confirm`.
CONFIRM = 4


def more_seeds(frame: SweepFrame, seeds: int, runs: int) -> str:
    """Describe how to give a sweep so many seeds, which takes so many more runs.

    In a search the seeds of the space are for exploring; its finalists are compared at fresh seeds. `confirm` sets
    their number, and they use part of the budget.
    """
    search = frame.search
    if search is None or _is_curve(search):
        # a race along an axis uses the seeds of the space; its intervals are as wide as the grid's with as many seeds
        narrower = ""
        if search is not None and search.settings.get("half_width") is not None:
            narrower = "Write a smaller half_width under strategy in space.yaml, then "
        return f"{narrower}wn-sweep run {command_name(frame.name)} --seeds {seeds}"
    if not (search.asked["phase"] == "confirm").any():
        seeds, runs = max(seeds, CONFIRM), 0
    keys = [f"confirm: {seeds}", *_budget(search, runs)]
    return f"Write {words.several(keys)} under strategy in space.yaml, then wn-sweep run {command_name(frame.name)}"


def command_name(name: str) -> str:
    """The argument of `wn-sweep run`: the name of a shipped space, or SPACE for a file."""
    return name if name in shipped() else "SPACE"


def _is_curve(search: Search) -> bool:
    return search.settings.get("goal") == "curve" and not search.settings.get("confirm")


def _budget(search: Search, runs: int) -> list[str]:
    """The budget settings that allow so many more runs; empty without a budget."""
    limits, asked_runs = [], len(search.asked)
    confirmed = int((search.asked["phase"] == "confirm").sum())
    # at most half of a budget is for confirming
    needed = asked_runs + runs if search.strategy == "racing" else max(asked_runs + runs, 2 * (confirmed + runs))
    if not runs:
        return ["a larger budget"] if search.settings.get("runs") or search.settings.get("hours") else []
    if limit := search.settings.get("runs"):
        limits.append(f"runs: {max(limit, needed)}")
    if hours := search.settings.get("hours"):
        wider = hours * max(needed / max(asked_runs, 1), 1)
        digit = 10.0 ** (math.floor(math.log10(wider)) - 1)
        limits.append(f"hours: {math.ceil(wider / digit - 1e-9) * digit:g}")
    return limits
