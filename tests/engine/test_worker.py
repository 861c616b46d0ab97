"""What a worker makes of a run: an outcome, whatever happens."""

import itertools
import sys
from dataclasses import replace

import pytest
import torch
from ruamel.yaml import YAML
from small import SMALL

from sweep.costs import plan
from sweep.engine.runs import wanted
from sweep.engine.work import Storage, Work
from sweep.engine.worker import CAN_PASS, LINES, do
from sweep.proxy import train
from sweep.space import Space

RUN = wanted(plan(Space.parse(YAML(typ="safe").load(SMALL)), traced=False))[-1]


def changed(**recipe):
    return replace(RUN, proxy=RUN.proxy.model_copy(update=recipe), texts=None)


def done(run, storage=None, interval=60.0):
    """What a worker makes of a run, kept in a storage while it is done if there is one."""
    (result,) = do(Work((run,), Storage(str(storage), f"{storage}/weights", interval) if storage else None).text())
    return result


@pytest.fixture
def raising(monkeypatch):
    """Make building the network do something else."""

    def use(what):
        monkeypatch.setattr(sys.modules["sweep.proxy.training"], "drawn", lambda *_: what())

    return use


def test_a_run_is_done():
    result, truth = done(RUN), train(RUN.point, RUN.proxy, RUN.seed)
    assert result.key == RUN.key
    assert (result.status, result.error, result.losses) == ("done", truth.error, truth.losses)
    assert (result.kind, result.message, result.traceback, result.checkpointed) == ("", "", "", False)
    assert result.versions["torch"].startswith("2.13.0")


def test_a_failure_that_names_a_file_by_no_text_can_be_written(raising):
    def missing():
        raise FileNotFoundError("no file pictures/\udcff.png")

    raising(missing)
    result = done(RUN)
    assert result.message == "no file pictures/\\udcff.png"
    assert result.traceback.endswith("FileNotFoundError: no file pictures/\\udcff.png")
    assert (result.message + result.traceback).encode()


def test_a_run_that_raises_is_a_failed_one():
    point = RUN.point.model_copy(update={"stem_channels": 512})
    result = done(replace(RUN, point=point, texts=None))
    assert (result.status, result.kind, result.error) == ("failed", "NetworkError", None)
    assert result.message.startswith("a stage of 12 channels cannot follow 512")
    last = result.traceback.splitlines()
    assert last[-1].startswith("sweep.errors.NetworkError: a stage of 12 channels")
    assert any("network.py" in line for line in last)
    assert len(last) <= LINES
    assert result.kind not in CAN_PASS


def test_a_message_is_one_line_whatever_was_raised(raising):
    def many():
        raise ValueError("\n\nfirst\nsecond\n" + "x" * 100_000)

    def silent():
        raise ValueError

    raising(many)
    result = done(RUN)
    assert (result.kind, result.message) == ("ValueError", "first")
    assert len(result.traceback) <= 8000
    raising(silent)
    assert done(RUN).message == "ValueError"


@pytest.mark.parametrize(
    "what",
    [
        lambda: torch.empty(1 << 50),  # more than any machine has: what torch really says
        lambda: bytearray(1 << 60),
        lambda: (_ for _ in ()).throw(torch.OutOfMemoryError("CUDA out of memory")),
        lambda: (_ for _ in ()).throw(RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED")),
    ],
    ids=["torch", "python", "cuda", "cudnn"],
)
def test_no_memory_is_told_from_other_errors(what, raising):
    raising(what)
    result = done(RUN)
    assert (result.status, result.kind) == ("failed", "out of memory")
    assert result.kind in CAN_PASS


def test_a_run_that_takes_too_long_stops_itself():
    result = done(changed(timeout=0.001))
    assert (result.status, result.kind, result.error) == ("failed", "timed out", None)
    assert result.message == "not done after 0.001 s, in epoch 1 of 8"
    assert result.kind not in CAN_PASS


def test_a_time_limit_is_no_part_of_the_key_and_changes_no_outcome():
    limited = changed(timeout=600.0)
    assert limited.key == RUN.key
    first, second = done(limited), done(RUN)
    assert [getattr(first, name) for name in ("status", "error", "losses")] == [
        getattr(second, name) for name in ("status", "error", "losses")
    ]


def test_a_run_that_leaves_the_numbers_has_diverged():
    optimizer = RUN.proxy.optimizer.model_copy(update={"name": "sgd", "lr": 1e30})
    result = done(changed(optimizer=optimizer))
    assert (result.status, result.kind, result.error) == ("diverged", "diverged", None)
    assert result.message == "loss nan in epoch 1"


def test_a_run_whose_last_step_leaves_the_numbers_has_diverged():
    optimizer = RUN.proxy.optimizer.model_copy(update={"name": "sgd", "lr": 1e30})
    one_step = RUN.proxy.dataset.model_copy(update={"train": 30})
    result = done(changed(optimizer=optimizer, dataset=one_step, epochs=1, schedule="linear"))
    assert (result.status, result.message) == ("diverged", "no finite answers after epoch 1")


def test_a_run_goes_on_from_its_checkpoint(tmp_path, monkeypatch):
    """A run that timed out is gone on with under a longer limit, and its checkpoint is the driver's to remove."""
    storage, clock = str(tmp_path / "checkpoints"), itertools.count()
    with monkeypatch.context() as ticking:
        ticking.setattr(sys.modules["sweep.proxy.train"].time, "perf_counter", lambda: float(next(clock)))
        result = done(changed(timeout=30.0), storage, 0.0)
    assert (result.kind, result.checkpointed) == ("timed out", True)
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == [RUN.key]
    result, truth = done(RUN, storage, 3600.0), done(RUN)
    assert (result.error, result.losses, result.checkpointed) == (truth.error, truth.losses, True)
    assert len(list((tmp_path / "checkpoints").iterdir())) == 1


def test_a_damaged_checkpoint_is_told_of_in_the_row(tmp_path):
    (tmp_path / RUN.key).write_bytes(b"not one")
    result = done(RUN, str(tmp_path), 60.0)
    assert result.status == "done"
    assert result.message.startswith("its checkpoint was damaged and set aside")
