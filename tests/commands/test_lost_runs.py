"""Runs that are lost, and sweeps that cannot go on: told in words, and nothing that landed is lost."""

import sqlite3

import pandas as pd
import processes
import pytest
from small import SMALL
from sweeps import OUTCOME, rows, start, wait_for_rows

pytestmark = pytest.mark.sweeps


def test_runs_that_diverge_are_rows_and_exit_1(tmp_path, command, lean):
    text = (
        SMALL.replace("name: adamw", "name: sgd")
        .replace("[0.01, 0.04]", "[0.05, 1e30]")
        .replace("seeds: 2", "seeds: 1")
    )
    (tmp_path / "small.yaml").write_text(text)
    code, out, _ = command("run", "small.yaml", "--inline")
    assert code == 1
    assert "3 of 6 runs are in (6 trained now)" in out
    assert "3 diverged: the report says why" in out
    assert rows(tmp_path)["status"].value_counts().to_dict() == {"done": 3, "diverged": 3}
    assert "diverged" in (tmp_path / "reports/small/index.html").read_text()
    code, out, _ = command("run", "small.yaml", "--inline")
    assert (code, "nothing to train" in out) == (1, True)
    code, out, _ = command("run", "small.yaml", "--inline", "--retry-failed", "--no-report")
    assert (code, "(3 trained now)" in out) == (1, True)
    assert "3 diverged: `wn-sweep status small` says why" in out


def test_runs_that_time_out_go_on_under_a_longer_limit(swept, tmp_path, command):
    """Nothing is trained anew: the limit is in no key, and what was trained lies in checkpoints."""
    folder, *_ = swept
    text = SMALL.replace("seeds: 2", "seeds: 1")
    (tmp_path / "small.yaml").write_text(text.replace("epochs: 8", "epochs: 8\n  timeout: 0.1"))
    words = ("run", "small.yaml", "--inline", "--checkpoint-every", 0, "--storage", "kept", "--no-report")
    code, _, err = command(*words)
    assert (code, err) == (1, "")
    lost = rows(tmp_path)
    lost = lost[lost["status"] == "failed"]
    assert len(lost) >= 3
    assert set(lost["kind"]) == {"timed out"}
    assert lost["message"].str.fullmatch(r"not done after 0\.1 s, in epoch \d of 8").all()
    kept = {path.name for path in (tmp_path / "kept").iterdir()}
    assert kept <= set(lost.index)
    assert len(kept) >= 3
    _, shown, _ = command("status", "small")
    assert f"{len(lost)} timed out, for example: not done after 0.1 s" in shown
    (tmp_path / "small.yaml").write_text(text)
    code, out, _ = command(*words, "--retry-failed")
    assert (code, f"({len(lost)} trained now)" in out) == (0, True)
    after = rows(tmp_path)
    pd.testing.assert_frame_equal(after[OUTCOME], rows(folder)[OUTCOME].loc[after.index])
    assert list((tmp_path / "kept").iterdir()) == []


def test_a_ledger_that_cannot_be_written_ends_the_sweep_with_its_own_words(tmp_path):
    process = start(tmp_path, "--inline", text=SMALL.replace("seeds: 2", "seeds: 12"))
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


def test_a_storage_that_takes_nothing_is_told_before_anything_is_written(command, small, tmp_path):
    (tmp_path / "file").write_text("")
    code, out, err = command("run", small, "--inline", "--storage", "file")
    assert (code, out, err) == (2, "", f"{tmp_path}/file: no checkpoint can be kept there: File exists\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "small.yaml"]
