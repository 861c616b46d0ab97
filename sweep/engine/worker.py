"""What runs in a worker process: a Tune trainable that does a batch of runs, one a step."""

import math
import platform
import time
import traceback
from importlib.metadata import version
from typing import Any

import torch
from ray.tune import Trainable

from sweep.engine.runs import checkpoint, key_of, unpack, weights
from sweep.proxy import Outcome, OutOfTime, train

#: Kinds of failure that can pass by themselves, so that trying again may help: both can be the doing of whatever else
#: is on the machine. What a network raises it raises again, and so does a loss that leaves the numbers; a run that
#: timed out has had the time that it was given, and giving it twice over is the person's to decide (--retry-failed).
CAN_PASS = frozenset({"worker died", "out of memory"})
#: Lines of a traceback that are kept.
LINES = 20
_NO_MEMORY = ("can't allocate memory", "out of memory", "ALLOC_FAILED")
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
    """The outcome of a run as plain values; never raises what the run raised.

    Beside the fields of the ledger's row it says whether a checkpoint of the run may be kept, as `checkpointed`.
    """
    key, point, proxy, seed = unpack(payload)
    kept, left = checkpoint(payload), weights(payload)
    started = time.perf_counter()
    if key_of(point, proxy, seed) != key:
        here = ", ".join(f"{name} {its}" for name, its in versions().items())
        told = f"the worker on {platform.node()} would do another run than the one that was asked for; it has {here}"
        return no_outcome(key, ANOTHER_VERSION, told)
    try:
        result = _outcome(key, train(point, proxy, seed, kept, left))
    except OutOfTime as error:
        result = no_outcome(key, "timed out", str(error), time.perf_counter() - started)
    except Exception as error:
        kind = "out of memory" if _out_of_memory(error) else type(error).__name__
        said = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
        trace = "".join(traceback.format_exception(error)).splitlines()[-LINES:]
        result = no_outcome(key, kind, said, time.perf_counter() - started, "\n".join(trace))
    notes = [*(kept.notes if kept else []), *(left.notes if left else [])]
    return {
        **result,
        "message": "; ".join([result["message"], *notes] if result["message"] else notes)[:4000],
        "checkpointed": kept is not None and kept.kept,
    }


def no_outcome(key: str, kind: str, message: str, seconds: float = 0.0, trace: str = "") -> dict[str, Any]:
    """The result of a run that failed, with the reason and, if it raised something, the last lines of its traceback."""
    return {
        "key": key,
        "status": "failed",
        "error": None,
        "losses": (),
        "seconds": seconds,
        "kind": kind,
        "message": message,
        "traceback": trace[-8000:],
        "versions": versions(),
    }


def _outcome(key: str, outcome: Outcome) -> dict[str, Any]:
    diverged, losses = outcome.status == "diverged", outcome.losses
    what = "no finite answers after" if all(map(math.isfinite, losses)) else f"loss {losses[-1]:.3g} in"
    return {
        "key": key,
        "status": outcome.status,
        "error": outcome.error,
        "losses": tuple(loss for loss in losses if math.isfinite(loss)),
        "seconds": outcome.seconds,
        "kind": "diverged" if diverged else "",
        "message": f"{what} epoch {len(losses)}" if diverged else "",
        "traceback": "",
        "versions": versions(),
    }


def _out_of_memory(error: Exception) -> bool:
    # on the CPU torch raises a plain RuntimeError, and so do cuBLAS and cuDNN
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or (
        isinstance(error, RuntimeError) and any(words in str(error) for words in _NO_MEMORY)
    )


def versions() -> dict[str, str]:
    """What computes a run, for the record."""
    return {
        "wn-sweep": version("wn-sweep"),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
    }
