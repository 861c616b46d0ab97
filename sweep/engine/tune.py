"""Doing runs on Ray Tune: a batch of runs a trial, workers reused, each result handed over as it arrives."""

import contextlib
import json
import logging
import math
import os
import signal
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

# Ray reads these when it is imported; a person who set them meant it
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
# on one machine nothing has to listen beyond it: with this, every process of Ray's binds to the loopback address
os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
os.environ.setdefault("RAY_AIR_NEW_OUTPUT", "0")
os.environ.setdefault("TUNE_DISABLE_AUTO_CALLBACK_LOGGERS", "1")
os.environ.setdefault("TUNE_DISABLE_SIGINT_HANDLER", "1")
os.environ.setdefault("TUNE_DISABLE_STRICT_METRIC_CHECKING", "1")
# Tune's own record of the experiment is never read back: the ledger is the truth
os.environ.setdefault("TUNE_GLOBAL_CHECKPOINT_S", "86400")

import ray
from ray import tune
from ray.tune.search import Searcher

from sweep.engine.worker import Worker, no_outcome
from sweep.errors import EngineError
from sweep.space.schema import Resources

Result = dict[str, Any]

#: A run that this many workers died of has failed; fewer may have been somebody else's doing.
MOST_DEATHS = 3


class _Batches(Searcher):
    """Suggests the next batch of payloads: large ones first, single runs toward the end, so that no worker idles."""

    def __init__(self, payloads: Sequence[str], workers: int) -> None:
        super().__init__(metric="done", mode="max")
        self.left = list(reversed(payloads))
        self.workers = workers

    def suggest(self, trial_id: str) -> Any:
        if not self.left:
            return Searcher.FINISHED
        size = min(len(self.left), max(1, math.ceil(len(self.left) / (4 * self.workers))), 64)
        return {"batch": [self.left.pop() for _ in range(size)]}

    def on_trial_complete(self, trial_id: str, result: Result | None = None, error: bool = False) -> None:
        """Results reach the ledger as they come; there is nothing to do at the end of a batch."""

    def save(self, checkpoint_path: str) -> None:
        """Nothing to save: what is left is asked of the ledger."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing to restore."""


class _HandOver(tune.Callback):
    """Hands each result over in the driver, and notes which run a worker died of."""

    def __init__(self, on_result: Callable[[Result], None]) -> None:
        self.on_result = on_result
        self.reported: set[str] = set()
        self.died_of: list[str] = []
        self.trouble: Exception | None = None

    def __getstate__(self) -> dict[str, Any]:
        # Tune pickles its settings to a file that is never read; the ledger must not travel with them
        return {}

    def on_trial_result(self, iteration: int, trials: list[Any], trial: Any, result: Result, **info: Any) -> None:
        try:
            self.on_result(result["run"])
        except Exception as error:
            # Tune wraps what a callback raises in pages of its own; `do_runs` raises it as it was
            self.trouble = error
            raise
        self.reported.add(result["run"]["key"])

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        keys = [json.loads(payload)["key"] for payload in trial.config["batch"]]
        self.died_of += [key for key in keys if key not in self.reported][:1]


def do_runs(payloads: Sequence[str], resources: Resources, workers: int, on_result: Callable[[Result], None]) -> None:
    """Do the runs and hand each result to `on_result`, in this process, as it arrives.

    A run whose worker died is done again by another, and reported as failed when it took MOST_DEATHS of them with it;
    the rest of its batch is done in any case. Raises EngineError if nothing can be run at all, and whatever
    `on_result` raises. Ray is started, and stopped whatever happens.
    """
    left = {json.loads(payload)["key"]: payload for payload in payloads}
    deaths: Counter[str] = Counter()
    # Ray's sockets lie in this folder, and the path of a socket has room for about a hundred letters
    folder = tempfile.TemporaryDirectory(prefix="wn-sweep-", dir="/tmp", ignore_cleanup_errors=True)
    with folder as scratch, _ray(resources, workers, scratch):
        while left:
            hand_over = _HandOver(on_result)
            try:
                results = _tuner(list(left.values()), resources, workers, hand_over, scratch).fit()
            except Exception:
                if hand_over.trouble is not None:
                    raise hand_over.trouble from None
                raise
            if not hand_over.reported and not hand_over.died_of:
                raise EngineError(f"Ray ended without doing a run: {results.errors or 'it gave no reason'}")
            deaths.update(hand_over.died_of)
            for key in hand_over.died_of:
                if deaths[key] >= MOST_DEATHS:
                    hand_over.reported.add(key)
                    message = f"{deaths[key]} processes died of this run: killed, or out of memory"
                    on_result(no_outcome(key, "worker died", message))
            left = {key: payload for key, payload in left.items() if key not in hand_over.reported}


def _tuner(
    payloads: Sequence[str], resources: Resources, workers: int, hand_over: _HandOver, scratch: str
) -> tune.Tuner:
    return tune.Tuner(
        tune.with_resources(Worker, {"cpu": resources.cpus}),
        tune_config=tune.TuneConfig(
            search_alg=_Batches(payloads, workers),
            num_samples=-1,
            max_concurrent_trials=workers,
            reuse_actors=True,
        ),
        run_config=tune.RunConfig(
            name="runs",
            storage_path=scratch,
            callbacks=[hand_over],
            verbose=0,
            checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),
        ),
    )


@contextlib.contextmanager
def _ray(resources: Resources, workers: int, scratch: str) -> Iterator[None]:
    """A local Ray, heard only when it fails."""
    for name in ("ray", "ray.tune", "ray.train"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    on_term = signal.getsignal(signal.SIGTERM)
    ray.init(
        address="local",
        num_cpus=workers * resources.cpus,
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.CRITICAL,
        # results are small: a small store starts faster and fits everywhere
        object_store_memory=100 << 20,
        _temp_dir=scratch,
    )
    if threading.current_thread() is threading.main_thread() and on_term is not None:
        # Ray would leave at once, with results in hand that have not reached the ledger
        signal.signal(signal.SIGTERM, on_term)
    try:
        yield
    finally:
        ray.shutdown()
