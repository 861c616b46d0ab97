"""Doing runs on Ray Tune, in the process that drives Ray: a batch of runs a trial, workers reused."""

import contextlib
import importlib
import json
import logging
import math
import os
import pickle
import select
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NoReturn

import ray
from ray import tune
from ray.exceptions import RayActorError, RayTaskError
from ray.tune.search import Searcher
from ray.util.queue import Queue

from sweep.engine.driver import SETTINGS
from sweep.engine.scratch import clear
from sweep.engine.worker import ANOTHER_VERSION, CAN_PASS, no_outcome
from sweep.errors import EngineError

Result = dict[str, Any]

#: Most runs of a batch, and about how long a batch takes: short, so that nodes that join find something to do.
MOST_RUNS, BATCH_SECONDS = 64, 10.0
#: What a batch takes at the least: shorter ones would cost more than the idle moment at the end that they save.
LEAST_SECONDS = 0.1


@dataclass(frozen=True)
class Job:
    """What is to be done: runs as payloads, and how. What Ray needs to start is told first, and the runs later."""

    resources: dict[str, float]
    workers: int | None
    address: str | None
    scratch: str
    payloads: Sequence[str] = ()
    retries: int = 0
    trainable: str = ""

    def needs(self) -> dict[str, float]:
        """What Tune gives a run, in its words."""
        return {"cpu": self.resources["cpus"]} | ({"gpu": gpus} if (gpus := self.resources["gpus"]) else {})

    def slots(self) -> int:
        """How many runs there is room for at this moment."""
        if self.workers is not None:
            return self.workers
        there: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
        return max(1, min(int(there.get(kind.upper(), 0) / need) for kind, need in self.needs().items()))


@dataclass
class _Progress:
    """What is known of the runs: which are left to hand out, which are over, and how often one was tried."""

    left: list[str]
    over: set[str] = field(default_factory=set)
    tries: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def batch(self, slots: int) -> list[str]:
        """The next runs: many at first, single ones toward the end, so that no worker idles."""
        each, share = self.seconds / max(1, len(self.over)), math.ceil(len(self.left) / slots)
        in_time = MOST_RUNS if each * MOST_RUNS < BATCH_SECONDS else math.ceil(BATCH_SECONDS / each)
        worth = (
            1 if not self.over else MOST_RUNS if each * MOST_RUNS < LEAST_SECONDS else math.ceil(LEAST_SECONDS / each)
        )
        # the last runs are shared out, but not into crumbs
        worth = min(worth, max(share, worth // 4))
        size = min(len(self.left), max(worth, math.ceil(share / 4)), in_time)
        return [self.left.pop() for _ in range(size)]


class _Batches(Searcher):
    """Suggests the next batch of payloads."""

    def __init__(self, progress: _Progress, slots: Callable[[], int]) -> None:
        super().__init__(metric="done", mode="max")
        self.progress, self.slots = progress, slots

    def suggest(self, trial_id: str) -> Any:
        return {"batch": self.progress.batch(self.slots())} if self.progress.left else Searcher.FINISHED

    def on_trial_complete(self, trial_id: str, result: Result | None = None, error: bool = False) -> None:
        """Results are handed over as they come; there is nothing to do at the end of a batch."""

    def save(self, checkpoint_path: str) -> None:
        """Nothing to save: what is left is asked of the ledger."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing to restore."""


class _HandOver(tune.Callback):
    """Hands each result over, and sees to it that what was lost is done again."""

    def __init__(self, progress: _Progress, retries: int, on_result: Callable[[Result], None]) -> None:
        self.progress, self.retries, self.on_result = progress, retries, on_result
        self.trouble: Exception | None = None

    def __getstate__(self) -> dict[str, Any]:
        # Tune pickles its settings to a file that is never read; a pipe cannot travel with them
        return {}

    def on_trial_result(self, iteration: int, trials: list[Any], trial: Any, result: Result, **info: Any) -> None:
        with self._raising():
            run = result["run"]
            if run["kind"] == ANOTHER_VERSION:
                raise EngineError(run["message"])
            if run["kind"] in CAN_PASS and self._may_try(run["key"]):
                self.progress.left += [payload for payload in trial.config["batch"] if _key(payload) == run["key"]]
            else:
                self._over(run)

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        with self._raising():
            file = trial.pickled_error_file
            error = pickle.loads(Path(file).read_bytes()) if file else None
            if not isinstance(error, RayActorError) or error.actor_init_failed:
                raise EngineError(f"a worker cannot do runs: {_last_line(error)}")
            left = {_key(payload): payload for payload in trial.config["batch"]}
            undone = [key for key in left if key not in self.progress.over and left[key] not in self.progress.left]
            # the worker died of the first of them, unless its whole node went; the rest had not begun
            if undone and not _lost_node(error) and not self._may_try(undone[0]):
                message = f"{self.progress.tries[undone[0]]} processes died of this run: killed, or out of memory"
                self._over(no_outcome(undone.pop(0), "worker died", message))
            self.progress.left += [left[key] for key in reversed(undone)]

    def _may_try(self, key: str) -> bool:
        self.progress.tries[key] += 1
        return self.progress.tries[key] <= self.retries

    def _over(self, run: Result) -> None:
        if run["key"] not in self.progress.over:
            self.on_result(run)
            self.progress.over.add(run["key"])
            self.progress.seconds += run["seconds"]

    @contextlib.contextmanager
    def _raising(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            # Tune wraps what a callback raises in pages of its own; `do_here` raises it as it was
            self.trouble = error
            raise


def do_here(job: Job, on_result: Callable[[Result], None]) -> None:
    """Do the runs on the Ray that this process has joined, and hand each result to `on_result` as it arrives.

    A run whose worker died, or that failed in another way that can pass by itself, is done again up to `retries`
    times, and then is a failed one; the rest of its batch is done in any case. A run whose node was lost is done
    again. Raises EngineError if nothing can be run at all, and whatever `on_result` raises.
    """
    progress = _Progress(list(reversed(job.payloads)))
    while progress.left:
        hand_over = _HandOver(progress, job.retries, on_result)
        before = len(progress.over), progress.tries.total()
        try:
            results = _tuner(job, progress, hand_over).fit()
        except Exception:
            if hand_over.trouble is not None:
                raise hand_over.trouble from None
            raise
        if (len(progress.over), progress.tries.total()) == before:
            raise EngineError(f"Ray ended without doing a run: {results.errors or 'it gave no reason'}")
        progress.left = [payload for payload in reversed(job.payloads) if _key(payload) not in progress.over]


def do_there(job: Job, on_result: Callable[[Result], None]) -> None:
    """The same through Ray Client, where Tune runs on the cluster's head: so do we, and results come by a queue."""
    results = Queue(actor_options={"num_cpus": 0})
    settings = {name: value for name, value in os.environ.items() if name.startswith("TUNE_") or name in SETTINGS}
    over = _there.options(runtime_env={"env_vars": settings}).remote(job, results)
    while True:
        ended = ray.wait([over], timeout=0.2)[0]
        for run in results.get_nowait_batch(results.qsize()):
            on_result(run)
        if ended:
            try:
                ray.get(over)
            except RayTaskError as error:
                # what was raised there, without the pages about where
                raise error.cause from None
            return


@ray.remote(num_cpus=0)
def _there(job: Job, results: Queue) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        do_here(replace(job, scratch=scratch), results.put)


def _tuner(job: Job, progress: _Progress, hand_over: _HandOver) -> tune.Tuner:
    module, name = job.trainable.split(":")
    return tune.Tuner(
        tune.with_resources(getattr(importlib.import_module(module), name), job.needs()),
        tune_config=tune.TuneConfig(
            search_alg=_Batches(progress, job.slots),
            num_samples=-1,
            # on a machine of our own Ray has room for no more than the workers; a batch that waits keeps Tune from
            # ending a worker that is between two batches
            max_concurrent_trials=job.workers and job.workers + (job.address is None),
            reuse_actors=True,
        ),
        run_config=tune.RunConfig(
            name="runs",
            storage_path=job.scratch,
            callbacks=[hand_over],
            verbose=0,
            checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),
        ),
    )


def _key(payload: str) -> str:
    return str(json.loads(payload)["key"])


def _lost_node(error: RayActorError) -> bool:
    return "node has died" in str(error) or "node was terminated" in str(error)


def _last_line(error: BaseException | None) -> str:
    return (str(error).strip() or "Ray gave no reason").splitlines()[-1]


def _join(job: Job) -> None:
    """Start a Ray on this machine, or join a cluster; heard only when it fails."""
    for name in ("ray", "ray.tune", "ray.train"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.CRITICAL}
    if job.address is not None:
        ray.init(address=job.address, **quiet)
        return
    workers = job.workers or 1
    ray.init(
        address="local",
        num_cpus=workers * int(job.resources["cpus"]),
        include_dashboard=False,
        # results are small: a small store starts faster and fits everywhere
        object_store_memory=100 << 20,
        _temp_dir=str(Path(job.scratch) / "ray"),
        **quiet,
    )


def main() -> NoReturn:
    """Do the job that stdin holds and say its results, a line each, on stdout; end with stdin, or when Ray is lost."""
    said = os.fdopen(os.dup(1), "w")
    # nothing that a library prints is a result
    os.dup2(2, 1)

    def say(**what: Any) -> None:
        print(json.dumps(what), file=said, flush=True)

    job = Job(**json.loads(sys.stdin.readline()))
    try:
        _join(job)
        rest = sys.stdin.readline()
        if not rest:
            # whoever asked has thought better of it
            _leave(job)
        job = replace(job, **json.loads(rest))
        threading.Thread(target=_guard, args=(job,), daemon=True).start()
        say(started=True)
        do = do_there if (job.address or "").startswith("ray://") else do_here
        do(job, lambda run: say(run=run))
    except EngineError as error:
        say(hopeless=str(error))
    except BaseException as error:
        what = f"{type(error).__name__}: {_last_line(error)}"
        say(**({"hopeless": f"{job.address}: {what}"} if job.address else {"lost": what}))
    said.close()
    _leave(job)


def _leave(job: Job) -> NoReturn:
    if job.address:
        ray.shutdown()
    # a Ray of our own needs no polite end
    clear(Path(job.scratch), os.getpid())
    os._exit(0)


def _guard(job: Job) -> NoReturn:
    """Leave when whoever asked is gone, or when a process is that Ray cannot do without."""
    while not select.select([0], [], [], 0.5)[0]:
        node = ray._private.worker._global_node
        gone: set[str] = {kind for kind, _ in node.dead_processes()} if node else set()
        if gone & {"raylet", "gcs_server"}:
            os._exit(1)
    _leave(job)
