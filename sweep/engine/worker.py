"""Doing a work: each of its runs is trained, and whatever happens becomes a result."""

import math
import platform
import time
import traceback
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from importlib.metadata import version

import torch

from sweep.engine.result import Result
from sweep.engine.runs import Run, key_of
from sweep.engine.work import Work
from sweep.proxy import Outcome, OutOfTime, train
from sweep.space.guard import guarded

#: Kinds of failure that can pass by themselves, so that trying again may help: both can be the doing of whatever else
#: is on the machine. What a network raises it raises again, and so does a loss that leaves the numbers; a run that
#: timed out has had the time that it was given, and giving it twice over is the person's to decide (--retry-failed).
CAN_PASS = frozenset({"worker died", "out of memory"})
#: Seconds after its time limit in which a run ends by itself; a step that takes longer is ended.
LATE = 60.0
#: Lines of a traceback that are kept, and letters of it and of a message.
LINES, LETTERS, MESSAGE = 20, 8000, 4000
_NO_MEMORY = ("can't allocate memory", "out of memory", "ALLOC_FAILED")
#: The failure of a run that would be another one if it were done here.
ANOTHER_VERSION = "another version"


def do(text: str) -> list[Result]:
    """The results of a work; never raises what a run raised."""
    work = Work.read(text)
    return [_result(work, run) for run in work.runs]


def _result(work: Work, run: Run) -> Result:
    checkpoint, weights = work.checkpoint(run), work.weights(run)
    started = time.perf_counter()
    try:
        key = key_of(run.point, run.proxy, run.seed)
    except ValueError as error:
        return failure(run.key, "no network", str(error))
    if key != run.key:
        here = ", ".join(f"{name} {value}" for name, value in versions().items())
        message = (
            f"the worker on {platform.node()} would compute a different run: it has {here}; "
            "install the same versions on every node"
        )
        return failure(run.key, ANOTHER_VERSION, message)
    try:
        with _guard(run):
            outcome = train(run.point, run.proxy, run.seed, checkpoint, weights)
    except OutOfTime as error:
        result = failure(run.key, "timed out", str(error), time.perf_counter() - started)
    except Exception as error:
        kind = "out of memory" if _out_of_memory(error) else type(error).__name__
        message = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
        trace = "".join(traceback.format_exception(error)).splitlines()[-LINES:]
        result = failure(run.key, kind, message, time.perf_counter() - started, "\n".join(trace))
    else:
        result = _trained(run.key, outcome)
    notes = [*(checkpoint.notes if checkpoint else []), *(weights.notes if weights else [])]
    message = "; ".join([result.message, *notes] if result.message else notes)[:MESSAGE]
    return replace(result, message=message, checkpointed=checkpoint is not None and checkpoint.kept)


def _guard(run: Run) -> AbstractContextManager[None]:
    """What keeps a network of the user's own from ending or stopping this process; a step may be a minute late."""
    if not run.point.own_network:
        return nullcontext()
    return guarded(run.proxy.timeout + LATE if run.proxy.timeout else 0)


def failure(key: str, kind: str, message: str, seconds: float = 0.0, trace: str = "") -> Result:
    """The result of a run that failed, with the reason and, if it raised something, the end of its traceback."""
    return Result(
        key, "failed", seconds=seconds, kind=kind, message=message, traceback=trace[-LETTERS:], versions=versions()
    )


def _trained(key: str, outcome: Outcome) -> Result:
    losses = outcome.losses
    result = Result(
        key,
        "done",
        outcome.error,
        outcome.loss,
        tuple(loss for loss in losses if math.isfinite(loss)),
        outcome.seconds,
        versions=versions(),
    )
    if outcome.status == "done":
        return result
    what = "no finite answers after" if all(map(math.isfinite, losses)) else f"loss {losses[-1]:.3g} in"
    message = f"{what} epoch {len(losses)}"
    return replace(result, status="diverged", error=None, loss=None, kind="diverged", message=message)


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
