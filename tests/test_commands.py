"""The commands, end to end, on real training in processes of their own."""

import csv
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time

import pandas as pd
import processes
import pytest
from small import SMALL

from sweep.costs import plan
from sweep.engine.ledger import Ledger
from sweep.engine.runs import unpack, wanted
from sweep.proxy import train
from sweep.space import Space

COMMAND = [sys.executable, "-m", "sweep.cli"]


def wn_sweep(folder, *words, timeout=180):
    return subprocess.run(
        [*COMMAND, *map(str, words)], cwd=folder, capture_output=True, text=True, timeout=timeout, check=False
    )


def rows(folder, name="small"):
    with Ledger.open(folder / "results" / name / "ledger.sqlite") as ledger:
        return ledger.runs().set_index("key")


def outcomes(frame):
    return frame[["point", "recipe", "seed", "status", "error", "losses"]]


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """A folder in which the small space has been run once, and what was said."""
    folder = tmp_path_factory.mktemp("swept")
    (folder / "small.yaml").write_text(SMALL)
    return folder, wn_sweep(folder, "run", "small.yaml")


def test_a_run_does_everything(swept):
    folder, done = swept
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "small: 3 points x 2 settings x 2 seeds = 12 runs; 12 to train, 2 at a time"
    assert lines[-3].startswith("12/12 runs, ")
    assert lines[-2:] == [
        "12 of 12 runs are in (12 trained now): results/small/ledger.sqlite",
        "Report: reports/small/index.html",
    ]
    assert {path.name for path in (folder / "results/small").iterdir()} == {"ledger.sqlite", "lock"}
    page = (folder / "reports/small/index.html").read_text()
    assert "A space for tests." in page
    assert "closed form and fvcore agree to the unit on all 3 points" in page.lower()
    figures = {path.suffix for path in (folder / "reports/small/figures").iterdir()}
    assert figures == {".svg", ".png", ".pdf"}


def test_what_is_in_the_ledger_is_what_training_here_gives(swept):
    folder, _ = swept
    found = rows(folder)
    runs = wanted(plan(Space.load(folder / "small.yaml"), traced=False))
    assert set(found.index) == {run.key for run in runs}
    for run in runs[::5]:
        _, point, proxy, seed = unpack(run.payload())
        truth = train(point, proxy, seed)
        assert found.loc[run.key, "error"] == truth.error
        assert json.loads(found.loc[run.key, "losses"]) == list(truth.losses)


def test_the_same_command_again_trains_nothing_and_writes_nothing(swept):
    folder, _ = swept
    ledger, page = folder / "results/small/ledger.sqlite", folder / "reports/small/index.html"
    before = ledger.read_bytes(), page.read_bytes(), ledger.stat().st_mtime_ns
    started = time.monotonic()
    done = wn_sweep(folder, "run", "small.yaml", "--json")
    assert time.monotonic() - started < 60
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {
        "name": "small",
        "runs": {"done": 12},
        "trained": 0,
        "ledger": "results/small/ledger.sqlite",
        "report": "reports/small/index.html",
    }
    assert (ledger.read_bytes(), page.read_bytes(), ledger.stat().st_mtime_ns) == before


def test_a_wider_space_trains_only_what_is_new(swept, tmp_path):
    folder, _ = swept
    wider = folder / "wider.yaml"
    wider.write_text(
        SMALL.replace("seeds: 2", "seeds: [2, 1, 0]").replace("  - family: static", "  - family: [static, se]")
    )
    before = rows(folder)
    assert wn_sweep(folder, "run", "wider.yaml", "--results", "results", "--workers", 1).stdout.splitlines()[0] == (
        "small: 4 points x 2 settings x 3 seeds = 24 runs, 12 in the ledger; 12 to train, 1 at a time"
    )
    after = rows(folder)
    assert len(after) == 24
    pd.testing.assert_frame_equal(after.loc[before.index], before)
    # going back to the smaller space: the rest stays in the ledger, and the report says so
    assert wn_sweep(folder, "run", "small.yaml").returncode == 0
    assert "12 runs" in (folder / "reports/small/index.html").read_text()
    assert len(rows(folder)) == 24


def test_export_has_a_row_a_run(swept):
    folder, _ = swept
    said = wn_sweep(folder, "export", "small", "--to", "runs.csv").stdout
    left = len(rows(folder)) - 12
    more = f" ({left} more in the ledger, which its space does not ask for)" if left else ""
    assert said == f"12 runs: runs.csv{more}\n"
    assert wn_sweep(folder, "export", "small", "--to", "runs.parquet").returncode == 0
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
    folder, _ = swept
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


def test_runs_that_diverge_are_rows_and_exit_1(tmp_path):
    text = (
        SMALL.replace("name: adamw", "name: sgd")
        .replace("[0.01, 0.04]", "[0.05, 1e30]")
        .replace("seeds: 2", "seeds: 1")
    )
    (tmp_path / "small.yaml").write_text(text)
    done = wn_sweep(tmp_path, "run", "small.yaml")
    assert done.returncode == 1
    assert "3 of 6 runs are in (6 trained now)" in done.stdout
    assert "3 diverged: the report says why" in done.stdout
    assert rows(tmp_path)["status"].value_counts().to_dict() == {"done": 3, "diverged": 3}
    assert "diverged" in (tmp_path / "reports/small/index.html").read_text()
    again = wn_sweep(tmp_path, "run", "small.yaml")
    assert (again.returncode, "nothing to train" in again.stdout) == (1, True)
    retried = wn_sweep(tmp_path, "run", "small.yaml", "--retry-failed")
    assert (retried.returncode, "(3 trained now)" in retried.stdout) == (1, True)


def test_runs_that_time_out_go_on_under_a_longer_limit(swept, tmp_path):
    """Nothing is trained anew: the limit is in no key, and what was trained lies in checkpoints."""
    folder, _ = swept
    text = SMALL.replace("seeds: 2", "seeds: 1")
    (tmp_path / "small.yaml").write_text(text.replace("epochs: 8", "epochs: 8\n  timeout: 0.1"))
    words = ("run", "small.yaml", "--checkpoint-every", 0, "--storage", "kept")
    done = wn_sweep(tmp_path, *words)
    assert (done.returncode, done.stderr) == (1, "")
    lost = rows(tmp_path)
    lost = lost[lost["status"] == "failed"]
    assert len(lost) >= 3
    assert set(lost["kind"]) == {"timed out"}
    assert lost["message"].str.fullmatch(r"not done after 0\.1 s, in epoch \d of 8").all()
    kept = {path.name for path in (tmp_path / "kept").iterdir()}
    assert kept <= set(lost.index)
    assert len(kept) >= 3
    shown = wn_sweep(tmp_path, "status", "small").stdout
    assert f"{len(lost)} timed out, such as: not done after 0.1 s" in shown
    (tmp_path / "small.yaml").write_text(text)
    retried = wn_sweep(tmp_path, *words, "--retry-failed")
    assert (retried.returncode, f"({len(lost)} trained now)" in retried.stdout) == (0, True)
    after = rows(tmp_path)
    pd.testing.assert_frame_equal(outcomes(after), outcomes(rows(folder).loc[after.index]))
    assert list((tmp_path / "kept").iterdir()) == []


def test_a_killed_driver_goes_on_from_checkpoints(swept, tmp_path):
    folder, _ = swept
    process = start(tmp_path, SMALL, "--checkpoint-every", "0")
    below = set()
    try:
        wait_for_rows(process, tmp_path, 2)
        below = processes.descendants(process.pid)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    finally:
        processes.end({process.pid, *below})
    assert list((tmp_path / "results/small/checkpoints").iterdir())
    shown = json.loads(wn_sweep(tmp_path, "status", "small", "--json").stdout)
    assert (shown["driver"], shown["done"]) == (None, len(rows(tmp_path)))
    assert wn_sweep(tmp_path, "run", "small.yaml").returncode == 0
    after = rows(tmp_path)
    assert len(after) == 12
    pd.testing.assert_frame_equal(outcomes(after), outcomes(rows(folder).loc[after.index]))
    assert list((tmp_path / "results/small/checkpoints").iterdir()) == []


def test_weights_stay_where_checkpoints_go_and_are_judged_at_last(swept, tmp_path):
    folder, _ = swept
    text = SMALL.replace("epochs: 8", "epochs: 8\n  keep_weights: true")
    (tmp_path / "small.yaml").write_text(text)
    done = wn_sweep(tmp_path, "run", "small.yaml", "--storage", "store", "--checkpoint-every", 0)
    assert (done.returncode, done.stderr) == (0, "")
    found = rows(tmp_path)
    # the same runs as without, and nothing of them left but their weights
    pd.testing.assert_frame_equal(outcomes(found), outcomes(rows(folder).loc[found.index]))
    assert [path.name for path in (tmp_path / "store").iterdir()] == ["weights"]
    assert {path.name for path in (tmp_path / "store/weights").iterdir()} == set(found.index)
    assert json.loads((tmp_path / "results/small/weights.json").read_text()) == ["../../store/weights"]
    assert (tmp_path / "reports/small/figures/kernels.svg").exists()
    looked = wn_sweep(tmp_path, "report", "small", "--final")
    assert (looked.returncode, looked.stdout) == (0, "Report: reports/small/index.html\n")
    assert (tmp_path / "reports/small/data/test.csv").exists()
    # those of the sweep that kept none
    refused = wn_sweep(folder, "report", "small", "--final")
    assert (refused.returncode, "set proxy.keep_weights: true" in refused.stderr) == (2, True)


def test_a_storage_that_takes_nothing_is_told_before_anything_is_written(command, small, tmp_path):
    (tmp_path / "file").write_text("")
    code, out, err = command("run", small, "--storage", "file")
    assert (code, out, err) == (2, "", f"{tmp_path}/file: no checkpoint can be kept there: File exists\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "small.yaml"]


def start(folder, text, *words):
    """Start a sweep in a process group of its own."""
    (folder / "small.yaml").write_text(text)
    return subprocess.Popen(
        [*COMMAND, "run", "small.yaml", *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for_rows(process, folder, count):
    deadline = time.monotonic() + 120
    ledger = folder / "results/small/ledger.sqlite"
    while not (ledger.exists() and len(rows(folder)) >= count):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "terminated"])
def test_an_interruption_is_clean_and_the_same_command_goes_on(stop, swept, tmp_path):
    folder, _ = swept
    # more seeds, to be interrupted in the middle; the runs of the first two are those of the undisturbed folder
    process = start(tmp_path, SMALL.replace("seeds: 2", "seeds: 12"))
    below = set()
    try:
        wait_for_rows(process, tmp_path, 4)
        below = processes.descendants(process.pid)
        assert processes.workers(below)
        # a terminal interrupts every process of the group, a scheduler asks the one that it started
        os.killpg(process.pid, stop) if stop is signal.SIGINT else process.terminate()
        stopped = time.monotonic()
        _, err = process.communicate(timeout=30)
        assert time.monotonic() - stopped < 5
        assert process.returncode == 130
        assert err.startswith("Interrupted: ")
        assert "The same command goes on." in err
        assert "Traceback" not in err
        before = rows(tmp_path)
        assert 4 <= len(before) < 72
        while processes.alive(below):
            assert time.monotonic() - stopped < 15, "processes are left behind"
            time.sleep(0.1)
    finally:
        processes.end({process.pid, *below})
    (tmp_path / "small.yaml").write_text(SMALL)
    assert wn_sweep(tmp_path, "run", "small.yaml").returncode == 0
    undisturbed, after = rows(folder), rows(tmp_path)
    assert len(undisturbed) >= 12
    common = undisturbed.index.intersection(after.index)
    assert len(common) >= 12
    pd.testing.assert_frame_equal(outcomes(after.loc[common]), outcomes(undisturbed.loc[common]))
    pd.testing.assert_frame_equal(after.loc[before.index], before)


def test_a_killed_worker_changes_nothing_and_nothing_listens_beyond_this_machine(swept, tmp_path):
    folder, _ = swept
    process = start(tmp_path, SMALL.replace("seeds: 2", "seeds: 6"))
    below = set()
    try:
        wait_for_rows(process, tmp_path, 3)
        below = processes.descendants(process.pid)
        loopback = {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}
        found = processes.listening({process.pid, *below})
        assert found
        assert found <= loopback
        os.kill(processes.workers(below)[0], signal.SIGKILL)
        out, err = process.communicate(timeout=120)
    finally:
        processes.end({process.pid, *below})
    assert (process.returncode, err) == (0, "")
    assert "36 of 36 runs are in (36 trained now)" in out
    undisturbed, after = rows(folder), rows(tmp_path)
    common = undisturbed.index.intersection(after.index)
    assert len(common) >= 12
    pd.testing.assert_frame_equal(outcomes(after.loc[common]), outcomes(undisturbed.loc[common]))


def test_a_run_that_three_workers_die_of_has_failed(tmp_path):
    text = SMALL.replace("epochs: 8", "epochs: 2000").replace("seeds: 2", "seeds: 1")
    text = text.replace("M: [1, 2]", "M: 1").replace("  - family: static\n", "").replace("[0.01, 0.04]", "[0.01]")
    process = start(tmp_path, text.replace("baseline: {family: static}\n", ""))
    below, killed = set(), set()
    try:
        while process.poll() is None:
            below = processes.descendants(process.pid)
            for worker in processes.workers(below):
                killed.add(worker)
                os.kill(worker, signal.SIGKILL)
            time.sleep(0.2)
        _, err = process.communicate(timeout=60)
    finally:
        processes.end({process.pid, *below})
    assert len(killed) >= 3
    assert (process.returncode, err) == (1, "")
    (lost,) = rows(tmp_path).to_dict("records")
    assert (lost["status"], lost["kind"]) == ("failed", "worker died")
    assert "3 processes died of this run" in lost["message"]


def test_a_ledger_that_cannot_be_written_ends_the_sweep_with_its_own_words(tmp_path):
    process = start(tmp_path, SMALL.replace("seeds: 2", "seeds: 12"))
    below = set()
    try:
        wait_for_rows(process, tmp_path, 2)
        below = processes.descendants(process.pid)
        with sqlite3.connect(tmp_path / "results/small/ledger.sqlite") as connection:
            connection.execute("CREATE TRIGGER full BEFORE INSERT ON runs BEGIN INSERT INTO no_room VALUES (1); END")
        connection.close()
        _, err = process.communicate(timeout=60)
    finally:
        processes.end({process.pid, *below})
    assert process.returncode == 1
    assert "results/small/ledger.sqlite: cannot be written: no such table: main.no_room; what was in it is safe" in err
    assert "Traceback" not in err
    assert len(rows(tmp_path)) >= 2


def test_a_reader_that_leaves_does_not_end_the_sweep(tmp_path):
    (tmp_path / "small.yaml").write_text(SMALL)
    words = " ".join(COMMAND)
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {words} run small.yaml | head -n 1"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("small: 3 points")
    assert len(rows(tmp_path)) == 12
