"""Ray Tune: trials that take work from a feed, and the handling of their results."""

import contextlib
import os
import pickle
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import ray
from ray import tune
from ray.exceptions import RayActorError, RayTaskError
from ray.tune.search import Searcher
from ray.util.queue import Queue

from sweep.engine.ray_settings import SETTINGS
from sweep.engine.result import Result
from sweep.engine.trial import Worker
from sweep.engine.work import Work, keys_of
from sweep.engine.worker import ANOTHER_VERSION, CAN_PASS, failure
from sweep.errors import EngineError

OnResults = Callable[[list[Result]], None]

#: Seconds between two checks of whether another worker would have work.
LOOK_EVERY = 0.2
#: So many workers in a row that die before they get work mean that something is wrong.
MOST_IDLE_DEATHS = 6


@dataclass(frozen=True)
class Job:
    """The settings for doing work; the work itself comes through the feed."""

    resources: dict[str, float]
    workers: int | None
    address: str | None
    scratch: str
    retries: int
    do: str
    #: GPUs of this machine, where Ray is started
    cards: int = 0
    feed: str = field(default_factory=lambda: f"wn-sweep-{uuid.uuid4().hex}")

    def needs(self) -> dict[str, float]:
        """The resources of a run, with Tune's names."""
        return {"cpu": self.resources["cpus"]} | ({"gpu": gpus} if (gpus := self.resources["gpus"]) else {})

    def slots(self) -> int:
        """How many runs there is room for at this moment."""
        if self.workers is not None:
            return self.workers
        resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
        return max(1, min(int(resources.get(kind.upper(), 0) / need) for kind, need in self.needs().items()))


class Lost(Exception):  # noqa: N818 - the fault is not in the work
    """Ray itself failed, and may work when it is started again."""


class _Workers(Searcher):
    """Suggests a trial for each worker that has resources and work."""

    def __init__(self, job: Job) -> None:
        super().__init__(metric="done", mode="max")
        self._job, self._feed = job, ray.get_actor(job.feed)
        self._alive: set[str] = set()
        self._next_look = 0.0

    def suggest(self, trial_id: str) -> Any:
        alive = len(self._alive)
        # without trials Tune would ask again only after a second
        while not alive and not ray.get(self._feed.wants_workers.remote(0)):
            time.sleep(LOOK_EVERY / 10)
        if time.monotonic() < self._next_look:
            return None
        if alive >= self._job.slots() or not ray.get(self._feed.wants_workers.remote(alive)):
            self._next_look = time.monotonic() + LOOK_EVERY
            return None
        self._alive.add(trial_id)
        return {"feed": self._job.feed, "do": self._job.do, "gpus": self._job.resources["gpus"]}

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        """A worker has ended, or died."""
        self._alive.discard(trial_id)

    def save(self, checkpoint_path: str) -> None:
        """Required by Tune; there is no state, since the ledger knows the remaining runs."""

    def restore(self, checkpoint_path: str) -> None:
        """Required by Tune; see `save`."""


class _HandOver(tune.Callback):
    """Passes results on, and puts lost work into the feed again."""

    def __init__(self, job: Job, on_results: OnResults) -> None:
        self._retries, self._on_results = job.retries, on_results
        self._feed = ray.get_actor(job.feed)
        self._tries: Counter[str] = Counter()
        self._over: set[str] = set()
        self._idle_deaths = 0
        self.trouble: Exception | None = None

    def __getstate__(self) -> dict[str, Any]:
        # Tune pickles its settings to a file that is never read; a pipe cannot be pickled
        return {}

    def on_trial_result(self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **_: Any) -> None:
        with self._raising():
            self._idle_deaths = 0
            to_repeat: list[Result] = []
            final: list[Result] = []
            for run_result in map(Result.of, result["results"]):
                if run_result.kind == ANOTHER_VERSION:
                    raise EngineError(run_result.message)
                (to_repeat if run_result.kind in CAN_PASS and self._may_try(run_result.key) else final).append(
                    run_result
                )
            if final:
                self._hand_over(final)
            if to_repeat:
                works: list[str] = ray.get(self._feed.given.remote(trial.trial_id))
                self._do_again(works, {run_result.key for run_result in to_repeat})

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **_: Any) -> None:
        with self._raising():
            file = trial.pickled_error_file
            error = pickle.loads(Path(file).read_bytes()) if file else None
            if isinstance(getattr(error, "cause", None), RayActorError):
                raise Lost("the feed of work was lost")
            if not isinstance(error, RayActorError) or error.actor_init_failed:
                raise EngineError(f"a worker cannot do runs: {last_line(error)}")
            given: list[str] = ray.get(self._feed.given.remote(trial.trial_id))
            reason = ray.get(self._feed.reason.remote(trial.trial_id)) or "killed, or out of memory"
            self._idle_deaths = 0 if given else self._idle_deaths + 1
            if self._idle_deaths >= MOST_IDLE_DEATHS:
                raise Lost(f"workers die before they take work: {reason}")
            undone = [key for text in given for key in keys_of(text) if key not in self._over]
            # the worker died in the first work, unless its whole node was lost; runs of one work fail together
            suspects = [key for text in given[:1] for key in keys_of(text)]
            if not _lost_node(error):
                for key in suspects:
                    if key in undone and not self._may_try(key):
                        message = f"{self._tries[key]} processes died of this run: {reason}"
                        self._hand_over([failure(key, "worker died", message)])
                        undone.remove(key)
            self._do_again(given, set(undone))

    def _do_again(self, texts: list[str], keys: set[str]) -> None:
        """Put the runs of some works into the feed again, one work at a time, so that it is clear which one fails."""
        again = []
        for work in map(Work.read, texts):
            if runs := tuple(run for run in work.runs if run.key in keys):
                again.append(replace(work, runs=runs).text())
        if again:
            ray.get(self._feed.put.remote(again, True))

    def _may_try(self, key: str) -> bool:
        self._tries[key] += 1
        return self._tries[key] <= self._retries

    def _hand_over(self, results: list[Result]) -> None:
        news = [result for result in results if result.key not in self._over]
        self._over.update(result.key for result in news)
        if news:
            self._on_results(news)

    @contextlib.contextmanager
    def _raising(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            # Tune wraps a callback's exception in pages of its own; `do_here` raises the original one
            self.trouble = error
            raise


def do_here(job: Job, on_results: OnResults) -> None:
    """Do the work of the feed, on the Ray that this process has joined, until the feed ends.

    A run whose worker died, or that failed for another temporary reason, is repeated up to `retries` times, and then
    counts as failed. A run whose node was lost is repeated.
    Raises EngineError if nothing can be run at all, and whatever `on_results` raises.
    """
    hand_over = _HandOver(job, on_results)
    try:
        results = _tuner(job, hand_over).fit()
    except Exception:
        if hand_over.trouble is not None:
            raise hand_over.trouble from None
        raise
    raise RuntimeError(f"Ray Tune ended by itself: {results.errors or 'it gave no reason'}")


def do_there(job: Job, on_results: OnResults) -> None:
    """The same through Ray Client: Tune and this code run on the cluster's head, and results come through a queue."""
    results = Queue(actor_options={"num_cpus": 0})
    settings = {name: value for name, value in os.environ.items() if name.startswith("TUNE_") or name in SETTINGS}
    job_done = _there.options(runtime_env={"env_vars": settings}).remote(job, results)
    while True:
        ended = ray.wait([job_done], timeout=0.2)[0]
        for batch in results.get_nowait_batch(results.qsize()):
            on_results(batch)
        if ended:
            try:
                ray.get(job_done)
            except RayTaskError as error:
                # the original exception, without Ray's pages of context
                raise error.cause from None


@ray.remote(num_cpus=0)
def _there(job: Job, results: Queue) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        do_here(replace(job, scratch=scratch), results.put)


def _tuner(job: Job, hand_over: _HandOver) -> tune.Tuner:
    return tune.Tuner(
        tune.with_resources(Worker, job.needs()),
        tune_config=tune.TuneConfig(search_alg=_Workers(job), num_samples=-1, reuse_actors=False),
        run_config=tune.RunConfig(
            name="runs",
            storage_path=job.scratch,
            callbacks=[hand_over],
            verbose=0,
            checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),
        ),
    )


def _lost_node(error: RayActorError) -> bool:
    return "node has died" in str(error) or "node was terminated" in str(error)


def last_line(error: BaseException | None) -> str:
    """The last line of an error, since Ray writes pages before it."""
    return (str(error).strip() or "Ray gave no reason").splitlines()[-1]
