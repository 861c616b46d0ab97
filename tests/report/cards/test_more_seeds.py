"""What a sweep is told to do for more seeds, by its strategy."""

import dataclasses
import re

import pandas as pd
import pytest

from report.frames import quick
from sweep.analysis.study import Study
from sweep.analysis.sweep_frame import Search
from sweep.report.cards import finding
from sweep.report.cards.more_seeds import more_seeds


def searched(strategy, confirmed=True, **settings):
    """The frame of a search whose finalists are the points of `quick`, or that has not confirmed any."""
    frame = quick()
    explored = frame.runs.assign(phase="explore")
    finalists = frame.runs.assign(phase="confirm")[: CONFIRMED if confirmed else 0]
    asked = pd.concat([explored, finalists], ignore_index=True).assign(epochs=1)
    search = Search(strategy, settings, ("flops",), asked, frame.axes, {})
    return dataclasses.replace(frame, search=search, name="mine")


#: Runs of `quick`, all explored, and some of them as if they had had fresh seeds.
EXPLORED, CONFIRMED = len(quick().runs), 10
ASKED = EXPLORED + CONFIRMED


@pytest.mark.parametrize(
    ("frame", "runs", "says"),
    [
        (dataclasses.replace(quick(), name="mine"), 60, "wn-sweep run SPACE --seeds 9"),
        (
            searched("tpe", runs=ASKED, confirm=3),
            60,
            f"Write confirm: 9 and runs: {ASKED + 60} under strategy in space.yaml, then wn-sweep run SPACE",
        ),
        (
            searched("random", hours=2.0, confirm=3),
            60,
            "Write confirm: 9 and hours: 3.2 under strategy",
        ),
        # half of a budget confirms: ten finalists' worth of runs, and 200 more
        (searched("tpe", runs=ASKED, confirm=3), 200, f"Write confirm: 9 and runs: {2 * (CONFIRMED + 200)} under"),
        (
            searched("racing", goal="front", runs=None, confirm=None),
            60,
            "Write confirm: 9 under strategy in space.yaml",
        ),
        (searched("racing", goal="curve", runs=None, confirm=None), 60, "wn-sweep run SPACE --seeds 9"),
        (
            searched("racing", goal="curve", half_width=0.5, confirm=None),
            60,
            "Write a smaller half_width under strategy in space.yaml, then wn-sweep run SPACE --seeds 9",
        ),
        (
            searched("nsga2", confirmed=False, runs=40, confirm=0),
            60,
            "Write confirm: 9 and a larger budget under strategy in space.yaml",
        ),
    ],
)
def test_each_strategy_has_its_own_way_to_more_seeds(frame, runs, says):
    assert more_seeds(frame, 9, runs).startswith(says)


def test_the_finding_of_a_search_says_so():
    flat = quick()
    runs = flat.runs.assign(
        error=20 + flat.runs["seed"] % 3 + flat.runs["lambda"].fillna(0) / 4 * (flat.runs["seed"] - 1)
    )
    search = dataclasses.replace(searched("tpe", runs=100, confirm=3), runs=runs, main=("lambda",))
    last = next(line for line in finding.lines(Study(search)) if line.startswith("Not decided"))
    assert "--seeds" not in last
    assert "confirm: " in last


@pytest.mark.parametrize("strategy", ["tpe", "racing"])
def test_the_runs_of_a_finding_are_those_that_its_budget_adds(strategy):
    flat = quick()
    runs = flat.runs.assign(
        error=20 + flat.runs["seed"] % 3 + flat.runs["lambda"].fillna(0) / 4 * (flat.runs["seed"] - 1)
    )
    search = dataclasses.replace(searched(strategy, runs=ASKED, confirm=3), runs=runs, main=("lambda",), smallest=0.9)
    last = next(line for line in finding.lines(Study(search)) if line.startswith("Not decided"))
    more, budget = re.search(r"([\d\s]+) more runs?\).* runs: (\d+)", last).groups()
    assert int(re.sub(r"\s", "", more)) == int(budget) - ASKED
