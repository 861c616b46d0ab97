"""A sweep by the command line, from the space to the report and what is exported, on real training."""

import csv
import json
import shutil
import subprocess
import time

import pandas as pd
import pytest
from small import SMALL
from sweeps import COMMAND, OUTCOME, rows, wn_sweep

from sweep import run as run_sweep
from sweep.costs import plan
from sweep.engine.runs import wanted
from sweep.errors import SweepError
from sweep.proxy import train
from sweep.space import Space

pytestmark = pytest.mark.sweeps


@pytest.fixture
def copied(swept, tmp_path):
    """A copy of the folder in which the small space has been run, to do anything with: the test's own."""
    return shutil.copytree(swept[0], tmp_path, dirs_exist_ok=True)


def test_a_run_does_everything(swept):
    folder, code, out, err = swept
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "small: 3 points x 2 settings x 2 seeds = 12 runs; 12 to train, 2 at a time"
    said = lines.index("12 of 12 runs are in (12 trained now): results/small/ledger.sqlite")
    assert lines[said - 1].startswith("12/12 runs, ")
    assert lines[said + 1].startswith("Does the family matter? ")
    assert lines[-1] == "Report: reports/small/index.html"
    assert {path.name for path in (folder / "results/small").iterdir()} == {"ledger.sqlite", "lock", "finding.json"}
    page = (folder / "reports/small/index.html").read_text()
    assert "A space for tests." in page
    assert "closed form and fvcore agree to the unit on all 3 points" in page.lower()
    figures = {path.suffix for path in (folder / "reports/small/figures").iterdir()}
    assert figures == {".svg", ".png", ".pdf"}


def test_what_is_in_the_ledger_is_what_training_here_gives(swept):
    folder, *_ = swept
    found = rows(folder)
    runs = wanted(plan(Space.load(folder / "small.yaml"), traced=False))
    assert set(found.index) == {run.key for run in runs}
    for run in runs[::5]:
        truth = train(run.point, run.proxy, run.seed)
        assert found.loc[run.key, "error"] == truth.error
        assert json.loads(found.loc[run.key, "losses"]) == list(truth.losses)


def test_the_same_command_again_trains_nothing_and_writes_nothing(swept):
    folder, *_ = swept
    ledger, page = folder / "results/small/ledger.sqlite", folder / "reports/small/index.html"
    before = ledger.read_bytes(), page.read_bytes(), ledger.stat().st_mtime_ns
    started = time.monotonic()
    done = wn_sweep(folder, "run", "small.yaml", "--json")
    assert time.monotonic() - started < 60
    assert (done.returncode, done.stderr) == (0, "")
    said = json.loads(done.stdout)
    assert said.pop("finding")[0].startswith("Does the family matter? ")
    assert said == {
        "name": "small",
        "runs": {"done": 12},
        "trained": 0,
        "ledger": "results/small/ledger.sqlite",
        "report": "reports/small/index.html",
        "failed_cards": [],
    }
    assert (ledger.read_bytes(), page.read_bytes(), ledger.stat().st_mtime_ns) == before


def test_a_wider_space_trains_only_what_is_new(copied, command, lean):
    folder = copied
    wider = folder / "wider.yaml"
    wider.write_text(
        SMALL.replace("seeds: 2", "seeds: [2, 1, 0]").replace("  - family: static", "  - family: [static, se]")
    )
    before = rows(folder)
    assert command("run", "wider.yaml", "--results", "results", "--inline", "--no-report")[1].splitlines()[0] == (
        "small: 4 points x 2 settings x 3 seeds = 24 runs, 12 in the ledger; 12 to train, 1 at a time"
    )
    after = rows(folder)
    assert len(after) == 24
    pd.testing.assert_frame_equal(after.loc[before.index], before)
    # going back to the smaller space: the rest stays in the ledger, and page and export say so
    code, out, _ = command("run", "small.yaml", "--inline")
    assert code == 0
    told = out.splitlines()[0]
    assert told.startswith("12 runs of the ledger are not used: grid [{family: [static, se]}, ")
    assert told.endswith(", seeds [2, 1, 0] -> 2")
    assert "12 runs" in (folder / "reports/small/index.html").read_text()
    assert len(rows(folder)) == 24
    told = "12 runs: runs.csv (12 more in the ledger that its space does not ask for)\n"
    assert command("export", "small", "--to", "runs.csv")[1] == told


def test_export_has_a_row_a_run(copied, command):
    folder = copied
    assert command("export", "small", "--to", "runs.csv") == (0, "12 runs: runs.csv\n", "")
    assert command("export", "small", "--to", "runs.parquet")[0] == 0
    found = list(csv.DictReader((folder / "runs.csv").read_text().splitlines()))
    assert {"key", "family", "M", "G", "lambda", "seed", "status", "error", "params", "flops", "seconds"} <= set(
        found[0]
    )
    assert len({row["key"] for row in found}) == 12
    same = pd.read_parquet(folder / "runs.parquet")
    assert same["error"].nunique() > 5
    assert same["error"].tolist() == [float(row["error"]) for row in found]
    assert sorted(same["error"]) == sorted(rows(folder).loc[same["key"], "error"])


def test_plan_as_json(swept):
    folder, *_ = swept
    done = wn_sweep(folder, "plan", "small.yaml", "--json")
    points = json.loads(done.stdout)
    assert [(p["family"], p["M"], p["G"], p["lambda"]) for p in points] == [
        ("static", None, None, None),
        ("weightnet", 1, 1, 1),
        ("weightnet", 2, 1, 2),
    ]
    for point in points:
        assert point["params"] == point["traced_params"] > 0
        assert point["flops"] == point["traced_flops"] > 0


def test_a_reader_that_leaves_does_not_end_the_sweep(tmp_path):
    (tmp_path / "small.yaml").write_text(SMALL)
    words = " ".join(COMMAND)
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {words} run small.yaml --inline --no-report | head -n 1"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("small: 3 points")
    assert len(rows(tmp_path)) == 12


def test_weights_stay_where_checkpoints_go_and_are_judged_at_last(swept, tmp_path, command, lean):
    folder, *_ = swept
    text = SMALL.replace("epochs: 8", "epochs: 8\n  keep_weights: true").replace("seeds: 2", "seeds: 1")
    (tmp_path / "small.yaml").write_text(text)
    code, _, err = command("run", "small.yaml", "--inline", "--storage", "store", "--checkpoint-every", 0)
    assert (code, err) == (0, "")
    found = rows(tmp_path)
    # the same runs as without, and nothing of them left but their weights
    pd.testing.assert_frame_equal(found[OUTCOME], rows(folder)[OUTCOME].loc[found.index])
    assert [path.name for path in (tmp_path / "store").iterdir()] == ["weights"]
    assert {path.name for path in (tmp_path / "store/weights").iterdir()} == set(found.index)
    assert json.loads((tmp_path / "results/small/weights.json").read_text()) == ["../../store/weights"]
    assert (tmp_path / "reports/small/figures/kernels.svg").exists()
    assert command("report", "small", "--final")[:2] == (0, "Report: reports/small/index.html\n")
    assert (tmp_path / "reports/small/data/test.csv").exists()
    # those of the sweep that kept none
    code, _, err = command("report", folder / "results/small", "--final")
    assert (code, "set proxy.keep_weights: true" in err) == (2, True)


@pytest.mark.parametrize("seconds", ["inf", "nan", "-1", "-inf"])
def test_seconds_between_checkpoints_are_a_number(seconds, command, tmp_path):
    (tmp_path / "small.yaml").write_text(SMALL)
    code, _, err = command("run", "small.yaml", "--inline", f"--checkpoint-every={seconds}")
    assert code == 2
    assert "--checkpoint-every" in err
    with pytest.raises(SweepError, match=rf"checkpoint_every needs seconds, .*, found {seconds}"):
        run_sweep(tmp_path / "small.yaml", inline=True, checkpoint_every=float(seconds))
    assert [path.name for path in tmp_path.iterdir()] == ["small.yaml"]
