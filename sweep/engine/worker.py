"""Doing a work: each of its runs is trained, and every outcome, errors included, becomes a result."""

import math
import platform
import time
import traceback
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from importlib.metadata import version
from typing import NamedTuple

import torch

from sweep.engine.result import Result
from sweep.engine.runs import Run, key_of
from sweep.engine.work import Work
from sweep.errors import CardError
from sweep.proxy import Checkpoint, Outcome, OutOfTime, Weights, train
from sweep.proxy.lanes import LaneRun, train_together
from sweep.proxy.platform import CPU, Platform, PlatformError, here
from sweep.space.guard import guarded

#: Temporary failures, which other programs on the machine may cause, so that a retry may help. An exception of a
#: network or a loss that is not finite would occur again; a run that timed out has used its time, and the user decides
#: whether it gets more (--retry-failed).
CAN_PASS = frozenset({"worker died", "out of memory"})
#: Seconds after its time limit in which a run ends by itself; a step that takes longer is ended.
LATE = 60.0
#: Lines of a traceback that are kept, and letters of it and of a message.
LINES, LETTERS, MESSAGE = 20, 8000, 4000
_NO_MEMORY = ("can't allocate memory", "out of memory", "ALLOC_FAILED")
#: The failure of a run that would be a different run if it were done here.
ANOTHER_VERSION = "another version"


def do(text: str) -> list[Result]:
    """The results of a work; never raises what a run raised, but CardError if this process can use no GPU."""
    work = Work.read(text)
    if work.runs[0].lanes > 1:
        return _lane_results(work)
    return [_result(work, run) for run in work.runs]


def _refused(run: Run) -> Result | None:
    """The failure of a run that cannot be done here, or would be a different run here; None if it can be done."""
    try:
        key = key_of(run.point, run.proxy, run.seed, platform=here(run.platform))
    except PlatformError as error:
        raise CardError(f"the worker on {platform.node()} has no GPU: {error}") from None
    except ValueError as error:
        return failure(run.key, "no network", str(error))
    if key == run.key:
        return None
    if (architecture := here(run.platform).architecture) != run.platform.architecture:
        message = (
            f"the worker on {platform.node()} has a GPU of another architecture, {architecture}, and keys of these "
            f"runs hold {run.platform.architecture}: leave it out of the cluster, or name its architecture as "
            "resources.architecture, which makes other runs"
        )
        return failure(run.key, ANOTHER_VERSION, message)
    installed = ", ".join(f"{name} {value}" for name, value in versions(run.platform).items())
    message = (
        f"the worker on {platform.node()} would compute a different run: it has {installed}; "
        "install the same versions on every node"
    )
    return failure(run.key, ANOTHER_VERSION, message)


def _result(work: Work, run: Run) -> Result:
    if (refused := _refused(run)) is not None:
        return refused
    checkpoint, weights = work.checkpoint(run), work.weights(run)
    started = time.perf_counter()
    try:
        with _guard(run):
            outcome = train(run.point, run.proxy, run.seed, checkpoint, weights, run.platform)
    except Exception as error:
        reason = error if isinstance(error, OutOfTime) else _reason(error, run)
        result = _failed(run, reason, time.perf_counter() - started)
    else:
        result = _trained(run, outcome)
    return _with_notes(result, checkpoint, weights)


def _lane_results(work: Work) -> list[Result]:
    """Train the runs of a work together, and give a result for each."""
    if (refused := _refused(work.runs[0])) is not None:
        return [replace(refused, key=run.key) for run in work.runs]
    lanes = [LaneRun(run.proxy, run.seed, work.checkpoint(run), work.weights(run)) for run in work.runs]
    first, started = work.runs[0], time.perf_counter()
    outcomes: list[Outcome | OutOfTime | _Reason]
    try:
        outcomes = [*train_together(first.point, lanes, first.lanes, first.platform)]
    except Exception as error:
        reason = _reason(error, first)
        # finished lanes keep their outcome; each of the others may be tried again
        outcomes = [lane.outcome or reason for lane in lanes]
    seconds = (time.perf_counter() - started) / len(lanes)
    results = [
        _trained(run, outcome) if isinstance(outcome, Outcome) else _failed(run, outcome, seconds)
        for run, outcome in zip(work.runs, outcomes, strict=True)
    ]
    return [_with_notes(result, lane.checkpoint, lane.weights) for result, lane in zip(results, lanes, strict=True)]


def _with_notes(result: Result, checkpoint: Checkpoint | None, weights: Weights | None) -> Result:
    notes = [*(checkpoint.notes if checkpoint else []), *(weights.notes if weights else [])]
    message = "; ".join([result.message, *notes] if result.message else notes)[:MESSAGE]
    return replace(result, message=message, checkpointed=checkpoint is not None and checkpoint.kept)


class _Reason(NamedTuple):
    """Why a run failed: text, so that it holds nothing of the run's memory."""

    kind: str
    message: str
    trace: str


def _reason(error: Exception, run: Run) -> _Reason:
    """Why a run failed that raised this, whose memory is given back if there was too little."""
    lacking = _out_of_memory(error)
    if not run.platform.on_cpu and not lacking and _card_lost(error):
        what = f"the GPU of the worker on {platform.node()} failed, and its process cannot use it any more"
        raise CardError(f"{what}: {_first_line(error)}")
    if lacking and run.lanes > 1:
        said = f"{error} (with {run.lanes} lanes: fewer lanes in the recipe need less)"
        shown: Exception = torch.OutOfMemoryError(said).with_traceback(error.__traceback__)
    else:
        shown = error
    trace = "".join(traceback.format_exception(shown)).splitlines()[-LINES:]
    reason = _Reason("out of memory" if lacking else type(error).__name__, _first_line(shown), "\n".join(trace))
    if lacking:
        # memory that this process caches on the GPU may be needed by another run, and the frames hold all of the run
        for one in _chain(error):
            traceback.clear_frames(one.__traceback__)
        run.platform.release()
    return reason


def _failed(run: Run, reason: _Reason | OutOfTime, seconds: float) -> Result:
    kind, message, trace = ("timed out", str(reason), "") if isinstance(reason, OutOfTime) else reason
    return failure(run.key, kind, message, seconds, trace, on=run.platform)


def _first_line(error: Exception) -> str:
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)


def _guard(run: Run) -> AbstractContextManager[None]:
    """Keep the user's own network from ending or blocking this process; a step may be a minute late."""
    if not run.point.own_network:
        return nullcontext()
    return guarded(run.proxy.timeout + LATE if run.proxy.timeout else 0)


def failure(key: str, kind: str, message: str, seconds: float = 0.0, trace: str = "", on: Platform = CPU) -> Result:
    """The result of a run that failed, with the reason and, if it raised something, the end of its traceback."""
    return Result(
        key, "failed", seconds=seconds, kind=kind, message=message, traceback=trace[-LETTERS:], versions=versions(on)
    )


def _trained(run: Run, outcome: Outcome) -> Result:
    losses = outcome.losses
    result = Result(
        run.key,
        "done",
        outcome.error,
        outcome.loss,
        tuple(loss for loss in losses if math.isfinite(loss)),
        outcome.seconds,
        message="; ".join(outcome.notes),
        versions=versions(run.platform),
    )
    if outcome.status == "done":
        return result
    outcome_text = "no finite answers after" if all(map(math.isfinite, losses)) else f"loss {losses[-1]:.3g} in"
    message = f"{outcome_text} epoch {len(losses)}"
    return replace(result, status="diverged", error=None, loss=None, kind="diverged", message=message)


def _chain(error: BaseException) -> list[BaseException]:
    """An error, and those that were being handled when it was raised."""
    chain: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and following not in chain:
        chain.append(following)
        following = following.__cause__ or following.__context__
    return chain


def _out_of_memory(error: Exception) -> bool:
    # on the CPU torch raises a plain RuntimeError, and so do cuBLAS and cuDNN
    return any(
        isinstance(one, MemoryError | torch.OutOfMemoryError)
        or (isinstance(one, RuntimeError) and any(words in str(one) for words in _NO_MEMORY))
        for one in _chain(error)
    )


def _card_lost(error: Exception) -> bool:
    """Whether CUDA failed, other than for memory: most such errors are raised by every later call in the process."""
    return any(
        isinstance(one, torch.AcceleratorError) or (isinstance(one, RuntimeError) and "CUDA error:" in str(one))
        for one in _chain(error)
    )


def versions(on: Platform = CPU) -> dict[str, str]:
    """The versions of the software that computes a run on a platform."""
    return {
        "wn-sweep": version("wn-sweep"),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        **on.versions(),
    }
