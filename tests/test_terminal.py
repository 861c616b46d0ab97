"""What a person sees in a terminal of 80 columns while a sweep runs, and what a plan says beside its points."""

import io
import re
from dataclasses import replace

import pytest
from ledgers import result
from rich.console import Console
from ruamel.yaml import YAML
from small import SMALL

from sweep.costs import plan
from sweep.engine.runs import wanted
from sweep.space import Space
from sweep.space.datasets import Dataset
from sweep.terminal import Bar
from sweep.terminal_plan import edge_lines, split_line

PLAN = plan(Space.parse(YAML(typ="safe").load(SMALL)), traced=0)
RUNS = wanted(PLAN)


class Screen:
    """A terminal of 80 columns, and every line that was drawn in it."""

    def __init__(self, terminal=True):
        self.file = io.StringIO()
        self.console = Console(
            file=self.file, width=80, force_terminal=terminal, soft_wrap=True, color_system=None, legacy_windows=False
        )

    @property
    def lines(self):
        text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.file.getvalue().replace("\r", "\n"))
        return [line.rstrip() for line in text.splitlines() if line.strip()]


def test_what_is_done_is_said_from_the_start_and_the_bar_counts_all_runs():
    screen = Screen()
    bar = Bar(screen.console)
    bar.doing("planning 3 points")
    assert any("planning 3 points, 0 s" in line for line in screen.lines)
    bar.begin(PLAN, todo=5, total=12, workers=2)
    bar.doing("waiting for the first run")
    for i, run in enumerate(RUNS[:5]):
        bar.landed(run, result(run, error=10.0 + i))
    bar.end()
    bar.doing("writing the report")
    lines = screen.lines
    assert any(re.search(r" 7/12 starting 2 workers, 0 s", line) for line in lines)
    assert any(re.search(r" 7/12 waiting for the first run, 0 s", line) for line in lines)
    assert re.search(r"12/12 done, lowest error \d+\.50 % \(", lines[-2])
    assert lines[-1] == "writing the report"
    assert max(map(len, lines)) <= 80


def test_a_long_label_is_cut_and_time_left_comes_first():
    screen = Screen()
    bar = Bar(screen.console)
    bar.begin(PLAN, todo=12, total=12, workers=1)
    for run in RUNS[:6]:
        bar.landed(replace(run, label="weightnet " + "very-long=" * 20), result(run, error=10.0))
    bar.end()
    assert max(map(len, screen.lines)) <= 80
    assert re.search(r" 6/12 about \d+ s left, lowest error 10\.00 % \(weightnet.*…$", screen.lines[-1])


def test_elsewhere_it_is_lines_now_and_then():
    screen = Screen(terminal=False)
    bar = Bar(screen.console)
    bar.doing("planning 3 points")
    bar.begin(PLAN, todo=1, total=12, workers=1)
    bar.doing("starting")
    bar.landed(RUNS[0], result(RUNS[0], error=10.0))
    bar.end()
    told, line = screen.lines
    assert told == "small: 3 points x 2 settings x 2 seeds = 12 runs, 11 in the ledger; 1 to train, 1 at a time"
    assert line.startswith("12/12 runs, 0 s, done")


def test_a_search_that_begins_says_that_its_runs_are_a_guess():
    screen = Screen(terminal=False)
    search = Space.parse({**PLAN.space.data, "strategy": {"name": "random", "runs": 9}})
    Bar(screen.console).begin(plan(search, traced=0), todo=9, total=11, workers=1)
    assert screen.lines[0].endswith(", 2 in the ledger; about 9 to train, 1 at a time")


@pytest.mark.parametrize(
    ("dataset", "told"),
    [
        ("digits", "digits: 719 training, 719 validation images (by default half of 1,438 each); 359 test images"),
        ({"name": "digits", "train": 100, "validation": 200}, "digits: 100 training, 200 validation images; 359 test"),
        ({"name": "digits", "validation": 200}, "digits: 1,238 training, 200 validation images (train: what is left"),
        ({"name": "digits", "train": 100}, "digits: 100 training, 719 validation images (validation: by default half"),
    ],
)
def test_a_plan_says_how_images_are_split_and_why(dataset, told):
    assert split_line(Dataset.model_validate(dataset)).startswith(told)


def test_two_rates_are_both_edges():
    lines = list(edge_lines({"optimizer.lr": [0.01, 0.1], "epochs": [1, 2, 3], "schedule": ["linear", "cosine"]}))
    assert lines == ["optimizer.lr: 0.01 and 0.1 are both edges: list at least 3, so that a best one can lie between"]


def test_the_version(command):
    code, out, _ = command("--version")
    assert (code, out) == (0, f"wn-sweep {__import__('sweep').__version__}\n")
