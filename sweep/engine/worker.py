"""What runs in a worker process: a Tune trainable that does a batch of runs, one a step."""

import math
import platform
import time
import traceback
from importlib.metadata import version
from typing import Any

import torch
from ray.tune import Trainable

from sweep.engine.runs import key_of, unpack
from sweep.proxy import train

#: Failures that can pass by themselves.
CAN_PASS = frozenset({"worker died", "out of memory"})
#: The failure of a run that would be another one if it were done here.
ANOTHER_VERSION = "another version"


class Worker(Trainable):
    """A Tune trial that is a batch of runs, given as payloads in `config["batch"]`; each step does one and reports it.

    The process is reused for the next batch, so that a run pays for no start of its own. A run that raises is
    reported as failed, and the batch goes on.
    """

    def setup(self, config: dict[str, Any]) -> None:
        """Take the first batch."""
        self._batch: list[str] = config["batch"]
        self._next = 0

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Take the next batch."""
        self.setup(new_config)
        return True

    def step(self) -> dict[str, Any]:
        """Do the next run of the batch."""
        payload = self._batch[self._next]
        self._next += 1
        return {"run": do(payload), "done": self._next == len(self._batch)}


def do(payload: str) -> dict[str, Any]:
    """The outcome of a run as plain values; never raises what the run raised."""
    key, point, proxy, seed = unpack(payload)
    started = time.perf_counter()
    if key_of(point, proxy, seed) != key:
        here = ", ".join(f"{name} {its}" for name, its in versions().items())
        told = f"the worker on {platform.node()} would do another run than the one that was asked for; it has {here}"
        return no_outcome(key, ANOTHER_VERSION, told)
    try:
        outcome = train(point, proxy, seed)
    except Exception as error:
        trace = "".join(traceback.format_exception(error)[-3:])
        kind = "out of memory" if isinstance(error, MemoryError | torch.OutOfMemoryError) else type(error).__name__
        return no_outcome(key, kind, f"{error}\n{trace}"[:4000], time.perf_counter() - started)
    diverged = outcome.status == "diverged"
    return {
        "key": key,
        "status": outcome.status,
        "error": outcome.error,
        "losses": tuple(loss for loss in outcome.losses if math.isfinite(loss)),
        "seconds": outcome.seconds,
        "kind": "diverged" if diverged else "",
        "message": f"loss {outcome.losses[-1]:.3g} in epoch {len(outcome.losses)}" if diverged else "",
        "versions": versions(),
    }


def no_outcome(key: str, kind: str, message: str, seconds: float = 0.0) -> dict[str, Any]:
    """The result of a run that failed, with the reason."""
    return {
        "key": key,
        "status": "failed",
        "error": None,
        "losses": (),
        "seconds": seconds,
        "kind": kind,
        "message": message,
        "versions": versions(),
    }


def versions() -> dict[str, str]:
    """What computes a run, for the record."""
    return {
        "wn-sweep": version("wn-sweep"),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
    }
