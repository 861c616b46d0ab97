"""Reports of ledgers as the command line renders them: large ones, and those with little or nothing in them."""

import math
import random
import re
from pathlib import Path

import pytest
from ledgers import describe, result

from sweep.costs import plan
from sweep.engine.ledger import Ledger
from sweep.engine.runs import wanted
from sweep.ledger_frame import _losses, frame
from sweep.report import render
from sweep.space import Space

SPACE = {
    "name": "made",
    "about": "A made-up sweep.",
    "network": {
        "backbone": "shufflenet_v2",
        "width": 0.25,
        "image_size": 16,
        "stem_channels": 16,
        "last_channels": 64,
        "repeats": [1, 2, 1],
    },
    "grid": [{"family": ["static", "se"]}, {"family": "weightnet", "G": [1, 2], "lambda": [1, 2, 4, 8]}],
    "proxy": {
        "dataset": {"name": "digits", "train": 100, "validation": 1300},
        "epochs": 30,
        "batch_size": 25,
        "optimizer": {"name": "adamw", "lr": 0.01},
    },
    "nuisance": {"optimizer.lr": [0.001, 0.01, 0.05]},
    "seeds": 3,
    "baseline": {"family": "static"},
}


def ledger(path, space, outcome):
    """A ledger of the space, with an outcome for each of its runs; None leaves it out."""
    parsed = Space.parse(space)
    planned = plan(parsed, traced=False)
    runs = wanted(planned)
    rows = []
    for run in runs:
        if (found := outcome(run)) is not None:
            status, error, kind, message = found
            rows.append(result(run, status, error, (2.0, 1.0), 3.0, kind, message, versions={"wn-sweep": "0.1.0"}))
    with Ledger.create(path) as made:
        describe(made, planned)
        made.record(rows)
    return len(runs)


def large(width, **changes):
    """A space of about 10,000 runs: so many widths of each of 18 WeightNets."""
    widths = [round(0.25 + 0.01 * i, 2) for i in range(width)]
    grid = [
        {"family": ["static", "se"], "width": [0.25, 0.3]},
        {"family": "weightnet", "G": [1, 2], "lambda": [1, 2, 3, 4, 6, 8, 12, 16, 24], "width": widths},
    ]
    return {**SPACE, "grid": grid, **changes}


def trained(noise):
    """An outcome for each run: most are done, some failed, some diverged."""

    def outcome(run):
        chance = noise.random()
        if chance < 0.01:
            return "failed", None, "memory", "out of memory"
        if chance < 0.02:
            return "diverged", None, "diverged", "loss is NaN"
        lam = float(run.point.value("lambda") or 1)
        tuned = abs(math.log(run.proxy.optimizer.lr / 0.012)) / 2
        return "done", max(0.1, 8 - 0.3 * math.log2(lam) + tuned + noise.gauss(0, 0.4)), "", ""

    return outcome


def test_four_thousand_runs_fit_on_a_page(tmp_path, lean):
    """Ten thousand are rendered by `make bench-report`."""
    runs = ledger(tmp_path / "ledger.sqlite", large(24), trained(random.Random(0)))
    assert 3_900 <= runs <= 4_100
    with Ledger.open(tmp_path / "ledger.sqlite") as opened:
        page = render(frame(opened), tmp_path / "page").page
    assert page.stat().st_size < 5_000_000
    assert "could not be made" not in page.read_text()


def test_three_thousand_points_fit_on_a_page(tmp_path, lean):
    """Ten thousand are rendered by `make bench-report`."""
    space = large(30, nuisance={}, seeds=1)
    space["grid"][1]["lambda"] = list(range(1, 51))
    runs = ledger(tmp_path / "ledger.sqlite", space, trained(random.Random(1)))
    assert runs > 3_000
    with Ledger.open(tmp_path / "ledger.sqlite") as opened:
        page = render(frame(opened), tmp_path / "page").page
    text = page.read_text()
    assert page.stat().st_size < 5_000_000
    assert "could not be made" not in text
    assert text.count("<tr>") < 2_500
    assert len((tmp_path / "page/points.csv").read_text().splitlines()) == 3_004 + 1


@pytest.mark.parametrize(
    ("outcomes", "says"),
    [
        (
            [],
            [
                "No run has finished yet.",
                "90 of 90 runs are not in yet",
                "waits for the first run",
                "0 of 90 runs done",
            ],
        ),
        ([("done", 5.0, "", "")], ["89 of 90 runs are not in yet: all numbers are provisional", "1 of 90 runs done"]),
        (
            [("failed", None, "memory", "it did not <i>fit</i>")] * 90,
            ["No run has succeeded.", "90 runs failed.", "90 failed runs", "it did not &lt;i&gt;fit&lt;/i&gt;"],
        ),
        ([("diverged", None, "diverged", "loss is NaN")] * 90, ["No run has succeeded.", "90 runs diverged."]),
    ],
    ids=["empty", "a single run", "failures only", "diverged only"],
)
def test_a_ledger_with_little_in_it_has_a_page_that_says_so(outcomes, says, tmp_path, command, lean):
    left = iter(outcomes)
    ledger(tmp_path / "results/made/ledger.sqlite", SPACE, lambda run: next(left, None))
    assert command("report", "made") == (0, "Report: reports/made/index.html\n", "")
    text = (tmp_path / "reports/made/index.html").read_text()
    for words in says:
        assert words in text, words
    assert "could not be made" not in text
    assert not re.search(r">\s*(nan|inf|None|NaN)\s*<", text)


@pytest.mark.parametrize(
    ("text", "losses"),
    [
        ("[2.5, 1, NaN]", 3),
        ("[]", 0),
        ('["a"]', 0),
        ("[" * 100_000, 0),
        ("[1e999]", 1),
        (f"[{10**400}]", 0),
        ("[[1]]", 0),
    ],
)
def test_losses_of_somebody_elses_ledger_are_numbers_or_none(text, losses):
    """What is no list of numbers is none, and never ends a report."""
    assert len(_losses(text)) == losses


def test_smallest_counts_in_the_unit_of_the_space_alone():
    """0.5 points are not 0.5 nats, by which no two networks of this sweep differ."""
    with Ledger.open(Path(__file__).parents[2] / "results/pairs/ledger.sqlite") as made:
        by_error, by_loss = frame(made, kernels=False), frame(made, kernels=False, metric="loss")
    assert (by_error.smallest, by_error.metric_note) == (0.5, "")
    assert math.isnan(by_loss.smallest)
    assert "smallest: 0.5 in the space, which counts in points of error" in by_loss.metric_note
