"""Cards that fail, that are not there, and that have too little memory: what becomes of the process and of the runs."""

import gc
import os
import pickle
import sys
import weakref
from types import SimpleNamespace

import pytest
import ray
import torch
from kept import runs_of
from pretended_card import pretend
from ray.exceptions import ActorDiedError
from small import SMALL
from test_gpus import on, work_of

from sweep.engine import tune
from sweep.engine.executor import Inline
from sweep.engine.forecast import time_steps
from sweep.engine.trial import Worker
from sweep.engine.tune import MOST_IDLE_DEATHS, Lost
from sweep.engine.work import Work
from sweep.engine.worker import do
from sweep.errors import CardError, EngineError
from sweep.proxy.platform import CPU, Platform

ERRORS = {
    "assert": lambda: torch.AcceleratorError("CUDA error: device-side assert triggered\nCompile with"),
    "launch": lambda: RuntimeError("CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm`"),
}
FAILED = "failed, and its process cannot use it any more: CUDA error: "
NO_GPU = "PyTorch finds no NVIDIA GPU"


@pytest.fixture(autouse=True)
def card(monkeypatch):
    pretend(monkeypatch)


@pytest.fixture
def raising(monkeypatch):
    """Make training raise something, in lanes and alone."""

    def use(error):
        def failing(*_):
            raise error()

        for name in ("train", "train_together"):
            monkeypatch.setattr(sys.modules["sweep.engine.worker"], name, failing)

    return use


ALONE = Work((on(runs_of(SMALL)[0][0], lanes=1),))


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("work", [work_of(), ALONE], ids=["lanes", "alone"])
def test_a_card_that_failed_ends_the_sweep_in_this_process(work, error, raising):
    """CUDA's errors stay: every later call in the process raises them, and every later run would fail of them."""
    raising(ERRORS[error])
    with pytest.raises(CardError, match=FAILED):
        do(work.text())
    doing = Inline()
    doing.submit([work])
    with pytest.raises(EngineError, match=FAILED + ".*; run the same command again to go on"):
        doing.wait()


def test_an_error_while_another_one_is_handled_is_told_from_it(raising):
    def restoring(first):
        try:
            raise first
        finally:
            raise ValueError("cannot restore")

    raising(lambda: restoring(ERRORS["assert"]()))
    with pytest.raises(CardError):
        do(work_of().text())
    raising(lambda: restoring(torch.OutOfMemoryError("CUDA out of memory")))
    assert {result.kind for result in do(work_of().text())} == {"out of memory"}


def test_on_the_cpu_it_is_a_failure_like_any_other(raising):
    raising(ERRORS["launch"])
    (result,) = do(Work((on(ALONE.runs[0], CPU, lanes=1),)).text())
    assert (result.status, result.kind) == ("failed", "RuntimeError")


def test_a_process_without_a_card_does_no_run(monkeypatch):
    monkeypatch.setattr(sys.modules["sweep.proxy.platform"], "no_card", lambda: NO_GPU)
    with pytest.raises(CardError, match=f"has no GPU: {NO_GPU}"):
        do(work_of().text())


class Feed:
    """A feed whose methods are called as those of Ray's actors are."""

    def __init__(self, works=(), reason=""):
        self.log, self._works, self._reason = [], list(works), reason

    def __getattr__(self, name):
        return SimpleNamespace(remote=getattr(type(self), f"on_{name}").__get__(self))

    def on_take(self, worker, most):
        self.log.append("take")
        return self._works

    def on_dies(self, worker, reason):
        self.log.append(reason)

    def on_reason(self, worker):
        return self._reason

    def on_given(self, worker):
        return self._works

    def on_put(self, texts, alone):
        self.log.append(texts)


@pytest.fixture
def feed(monkeypatch):
    """Make a feed that workers find."""

    def use(*given):
        made = Feed(*given)
        monkeypatch.setattr(ray, "get_actor", lambda name: made)
        monkeypatch.setattr(ray, "get", lambda value: value)
        return made

    return use


def worker(monkeypatch, gpus=1.0):
    """A worker whose process does not end when it ends it."""

    def ended(code):
        raise SystemExit(code)

    monkeypatch.setattr(os, "_exit", ended)
    made = Worker.__new__(Worker)
    made._trial_info = None
    made.setup({"do": "sweep.engine.worker:do", "feed": "feed", "gpus": gpus})
    return made


def test_a_worker_whose_card_failed_ends_its_process(feed, raising, monkeypatch):
    given = feed([work_of().text()])
    raising(ERRORS["assert"])
    with pytest.raises(SystemExit):
        worker(monkeypatch).step()
    assert given.log[0] == "take"
    assert FAILED in given.log[1]


def test_a_worker_without_a_card_takes_no_work(feed, monkeypatch):
    given = feed([work_of().text()])
    monkeypatch.setattr(sys.modules["sweep.proxy.platform"], "no_card", lambda: NO_GPU)
    with pytest.raises(SystemExit):
        worker(monkeypatch).step()
    (reason,) = given.log
    assert reason.endswith(f"has no GPU: {NO_GPU}")


@pytest.fixture
def dead(tmp_path):
    """A trial whose process ended."""
    file = tmp_path / "error"
    file.write_bytes(pickle.dumps(ActorDiedError()))
    return SimpleNamespace(pickled_error_file=str(file), trial_id="worker")


def handing_over(results):
    job = tune.Job(dict(cpus=1, gpus=1), 1, None, "", 0, "sweep.engine.worker:do")
    return tune._HandOver(job, results.extend)


def test_a_run_whose_cards_fail_is_a_failed_one_with_the_reason(feed, dead):
    feed([ALONE.text()], "the GPU failed")
    results = []
    handing_over(results).on_trial_error(0, [], dead)
    (result,) = results
    assert (result.kind, result.message) == ("worker died", "1 processes died of this run: the GPU failed")


def test_workers_without_cards_in_a_row_are_no_accident(feed, dead):
    feed([], "the worker on node7 has no GPU")
    watching = handing_over([])
    for _ in range(MOST_IDLE_DEATHS - 1):
        watching.on_trial_error(0, [], dead)
    # some worker does runs
    watching.on_trial_result(0, [], dead, {"results": []})
    for _ in range(MOST_IDLE_DEATHS - 1):
        watching.on_trial_error(0, [], dead)
    with pytest.raises(Lost, match="die before they take work: the worker on node7 has no GPU"):
        watching.on_trial_error(0, [], dead)


@pytest.mark.parametrize("work", [work_of(), ALONE], ids=["lanes", "alone"])
def test_what_a_run_held_is_free_when_the_card_is_given_back(work, monkeypatch):
    """Frames of the traceback hold it, and cycles."""
    held, alive = [], []

    def failing(logits, *_, **__):
        held.append(weakref.ref(logits))
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")

    monkeypatch.setattr(sys.modules["sweep.proxy.lane_steps"], "cross_entropy", failing)
    monkeypatch.setattr(sys.modules["sweep.proxy.train"].F, "cross_entropy", failing)
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: alive.append(held[0]() is not None))
    gc.disable()
    try:
        assert {result.kind for result in do(work.text())} == {"out of memory"}
    finally:
        gc.enable()
    assert alive == [False]


def test_a_forecast_warms_the_card_up_and_leaves_nothing_on_it(monkeypatch):
    """What a card takes to begin with is not of the time for the forecast."""
    forecast, log = sys.modules["sweep.engine.forecast"], []
    real = forecast.random_images

    def images(*of):
        made = real(*of)
        log.append(weakref.ref(made.train))
        return made

    monkeypatch.setattr(forecast, "random_images", images)
    monkeypatch.setattr(Platform, "warm_up", lambda self: log.append("warm"))
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: log.append([one() for one in log[1:]]))
    space = SMALL.replace("seeds: 2", "seeds: 2\nresources: {gpus: 1}").replace("epochs: 8", "epochs: 2\n  lanes: 2")
    time_steps(runs_of(space)[1])
    assert log[0] == "warm"
    assert len(log) > 2
    assert set(log[-1]) == {None}
