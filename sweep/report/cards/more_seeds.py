"""How a sweep gets more seeds: what to write in its space, and which command to give."""

import math

from sweep.analysis.sweep_frame import Search, SweepFrame
from sweep.report import words
from sweep.space import shipped

#: Fresh seeds where a search confirms nothing.
CONFIRM = 4


def more_seeds(frame: SweepFrame, seeds: int, runs: int) -> str:
    """Say how a sweep gets so many seeds, which are so many more runs.

    Seeds of a space explore in a search; what is compared are its finalists at fresh seeds. They are as many as
    `confirm` says, and take their part of the budget.
    """
    search = frame.search
    if search is None or _is_curve(search):
        # a race along an axis judges by the seeds of the space, and is as narrow as the grid of so many
        narrower = ""
        if search is not None and search.settings.get("half_width") is not None:
            narrower = "Write a smaller half_width under strategy in space.yaml, then "
        return f"{narrower}wn-sweep run {command_name(frame.name)} --seeds {seeds}"
    if not (search.asked["phase"] == "confirm").any():
        seeds, runs = max(seeds, CONFIRM), 0
    keys = [f"confirm: {seeds}", *_budget(search, runs)]
    return f"Write {words.several(keys)} under strategy in space.yaml, then wn-sweep run {command_name(frame.name)}"


def added_runs(frame: SweepFrame, runs: int) -> int:
    """Count the runs that the advice of `more_seeds` adds: in a search those of its larger budget that explore, too."""
    search = frame.search
    if search is None or _is_curve(search) or not (search.asked["phase"] == "confirm").any():
        return runs
    return max(search.settings.get("runs") or 0, _needed(search, runs)) - len(search.asked)


def command_name(name: str) -> str:
    """What `wn-sweep run` is to be given: the name of a space that ships, or SPACE for its file."""
    return name if name in shipped() else "SPACE"


def _is_curve(search: Search) -> bool:
    return search.settings.get("goal") == "curve" and not search.settings.get("confirm")


def _budget(search: Search, runs: int) -> list[str]:
    """The budget that holds so many more runs, where there is one."""
    if not runs:
        return ["a larger budget"] if search.settings.get("runs") or search.settings.get("hours") else []
    limits, asked, needed = [], len(search.asked), _needed(search, runs)
    if most := search.settings.get("runs"):
        limits.append(f"runs: {max(most, needed)}")
    if hours := search.settings.get("hours"):
        wider = hours * max(needed / max(asked, 1), 1)
        digit = 10.0 ** (math.floor(math.log10(wider)) - 1)
        limits.append(f"hours: {math.ceil(wider / digit - 1e-9) * digit:g}")
    return limits


def _needed(search: Search, runs: int) -> int:
    """Count all runs of a search that confirms with so many more."""
    asked, confirmed = len(search.asked), int((search.asked["phase"] == "confirm").sum())
    # of a budget half confirms, at most
    return asked + runs if search.strategy == "racing" else max(asked + runs, 2 * (confirmed + runs))
