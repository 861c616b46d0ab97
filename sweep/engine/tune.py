"""Ray Tune at work: trials that take work from a feed, and what becomes of each work."""

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

#: Seconds between two looks at whether a worker more would have work.
LOOK_EVERY = 0.2
#: Workers in a row that die before they have work: then it is no accident.
MOST_IDLE_DEATHS = 6


@dataclass(frozen=True)
class Job:
    """How work is to be done; the work itself comes by the feed."""

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
        """What Tune gives a run, in its words."""
        return {"cpu": self.resources["cpus"]} | ({"gpu": gpus} if (gpus := self.resources["gpus"]) else {})

    def slots(self) -> int:
        """How many runs there is room for at this moment."""
        if self.workers is not None:
            return self.workers
        there: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
        return max(1, min(int(there.get(kind.upper(), 0) / need) for kind, need in self.needs().items()))


class Lost(Exception):  # noqa: N818 - nothing is wrong with what is to be done
    """What Ray lost and may not lose another time."""


class _Workers(Searcher):
    """Suggests a trial for each worker for which there are room and work."""

    def __init__(self, job: Job) -> None:
        super().__init__(metric="done", mode="max")
        self._job, self._feed = job, ray.get_actor(job.feed)
        self._alive: set[str] = set()
        self._next_look = 0.0

    def suggest(self, trial_id: str) -> Any:
        alive = len(self._alive)
        # with nothing to look after, Tune would ask again in a second
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
        """Nothing to save: what is left is asked of the ledger."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing to restore."""


class _HandOver(tune.Callback):
    """Hands each result over, and sees to it that what was lost is done again."""

    def __init__(self, job: Job, on_results: OnResults) -> None:
        self._retries, self._on_results = job.retries, on_results
        self._feed = ray.get_actor(job.feed)
        self._tries: Counter[str] = Counter()
        self._over: set[str] = set()
        self._idle_deaths = 0
        self.trouble: Exception | None = None

    def __getstate__(self) -> dict[str, Any]:
        # Tune pickles its settings to a file that is never read; a pipe cannot travel with them
        return {}

    def on_trial_result(self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **_: Any) -> None:
        with self._raising():
            self._idle_deaths = 0
            again: list[Result] = []
            over: list[Result] = []
            for one in map(Result.of, result["results"]):
                if one.kind == ANOTHER_VERSION:
                    raise EngineError(one.message)
                (again if one.kind in CAN_PASS and self._may_try(one.key) else over).append(one)
            if over:
                self._hand_over(over)
            if again:
                given: list[str] = ray.get(self._feed.given.remote(trial.trial_id))
                self._do_again(given, {one.key for one in again})

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
            # the worker died of the first of them, unless its whole node went; those of one work die together
            suspects = [key for text in given[:1] for key in keys_of(text)]
            if not _lost_node(error):
                for key in suspects:
                    if key in undone and not self._may_try(key):
                        message = f"{self._tries[key]} processes died of this run: {reason}"
                        self._hand_over([failure(key, "worker died", message)])
                        undone.remove(key)
            self._do_again(given, set(undone))

    def _do_again(self, texts: list[str], keys: set[str]) -> None:
        """Put the runs of some works into the feed again, one work at a time, so that it is clear who fails."""
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
            # Tune wraps what a callback raises in pages of its own; `do_here` raises it as it was
            self.trouble = error
            raise


def do_here(job: Job, on_results: OnResults) -> None:
    """Do what the feed has, on the Ray that this process has joined, until the feed ends.

    A run whose worker died, or that failed in another way that can pass by itself, is done again up to `retries`
    times, and then is a failed one. A run whose node was lost is done again.
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
    """The same through Ray Client, where Tune runs on the cluster's head: so do we, and results come by a queue."""
    results = Queue(actor_options={"num_cpus": 0})
    settings = {name: value for name, value in os.environ.items() if name.startswith("TUNE_") or name in SETTINGS}
    over = _there.options(runtime_env={"env_vars": settings}).remote(job, results)
    while True:
        ended = ray.wait([over], timeout=0.2)[0]
        for some in results.get_nowait_batch(results.qsize()):
            on_results(some)
        if ended:
            try:
                ray.get(over)
            except RayTaskError as error:
                # what was raised there, without the pages about where
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
    """The last line of an error: Ray puts pages before it."""
    return (str(error).strip() or "Ray gave no reason").splitlines()[-1]
