"""Notes beside a ledger, when they are damaged or come from somebody else."""

import json
import logging
import math
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sweep import kept_kernels
from sweep.engine import notes
from sweep.engine.looks import begin_look, end_look, looked, looks
from sweep.engine.notes import read_note
from sweep.engine.places import note_place, places
from sweep.errors import LedgerError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
LOOKS = st.fixed_dictionaries(
    {},
    optional={
        "looks": JSON,
        "errors": JSON | st.dictionaries(st.text(max_size=4), JSON),
        "images": JSON,
        "official": JSON,
    },
)
ROW = ["weightnet", "stage1", 1, 10, 4, 0.5, 0.4, None, 0.1, 0.0, 0.2]
CELL = st.sampled_from([*ROW, "condconv", math.nan, [], {}, True, -1, "1"])
KERNELS = st.dictionaries(st.text(max_size=4), JSON | st.lists(st.lists(CELL, min_size=11, max_size=11), max_size=2))
QUIET = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(autouse=True)
def silent(caplog):
    caplog.set_level(logging.CRITICAL, "sweep")
    return caplog


@QUIET
@given(content=JSON | LOOKS)
def test_whatever_test_json_holds_a_reader_goes_on_and_a_writer_writes_all_or_nothing(content, tmp_path):
    path = tmp_path / "test.json"
    text = json.dumps(content)
    path.write_text(text)
    known = looked(tmp_path)
    assert all(isinstance(time, str) for time in known.times)
    assert all(error is None or 0 <= error <= 100 for error in known.errors.values())
    assert type(known.images) is int
    assert type(known.official) is bool
    try:
        begin_look(tmp_path)
    except LedgerError:
        assert path.read_text() == text
    else:
        after = looked(tmp_path)
        assert after.times[:-1] == known.times
        assert (after.errors, after.images, after.official) == (known.errors, known.images, known.official)


@QUIET
@given(content=JSON | st.lists(st.text(max_size=10), max_size=4))
def test_whatever_weights_json_holds(content, tmp_path):
    path = tmp_path / "weights.json"
    text = json.dumps(content)
    path.write_text(text)
    found = places(tmp_path)
    assert all(isinstance(place, str) for place in found)
    try:
        note_place(tmp_path, "s3://bucket/new")
    except LedgerError:
        assert path.read_text() == text
    else:
        assert set(places(tmp_path)) == {*found, "s3://bucket/new"}


@QUIET
@given(content=JSON | KERNELS)
def test_whatever_kernels_json_holds(content, tmp_path):
    (tmp_path / "kernels-1.json").write_text(json.dumps(content))
    for rows in kept_kernels._known(tmp_path).values():
        for row in rows:
            assert len(row) == len(kept_kernels.COLUMNS)
            assert row[0] in {"weightnet", "condconv"}
            assert all(type(cell) in {int, float} for cell in row[2:])


@given(content=st.binary(max_size=40))
@QUIET
def test_whatever_bytes_a_note_holds(content, tmp_path):
    (tmp_path / "test.json").write_bytes(content)
    assert isinstance(looks(tmp_path), tuple)


def test_what_is_damaged_is_named_and_the_rest_is_used(tmp_path, caplog):
    caplog.set_level(logging.WARNING, "sweep")
    time = "2026-11-28T08:00:00+00:00"
    note = {"looks": [time], "errors": {"a": 3.5, "b": None, "c": "x\x1b[2J", "d": 101, "e": True}, "images": -1}
    (tmp_path / "test.json").write_text(json.dumps(note))
    known = looked(tmp_path)
    assert (known.times, dict(known.errors), known.images) == ((time,), {"a": 3.5, "b": None}, 0)
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 4
    assert all(line.startswith(f"{tmp_path}/test.json: is damaged: ") for line in lines)
    assert "\x1b" not in "".join(lines)
    with pytest.raises(LedgerError, match="images cannot be -1; it was left as it is"):
        end_look(tmp_path, {}, 10, True)


@pytest.mark.timeout(10)
def test_a_note_that_never_ends_or_is_huge_is_refused(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "endless").symlink_to("/dev/zero")
    for name in ("fifo", "endless"):
        with pytest.raises(LedgerError, match="not a regular file"):
            read_note(tmp_path / name, {})
    monkeypatch.setattr(notes, "LARGEST", 1 << 20)
    (tmp_path / "huge").write_bytes(b" " * ((1 << 20) + 1))
    with pytest.raises(LedgerError, match="it is larger than 1 MiB"):
        read_note(tmp_path / "huge", {})
