"""The input of analysis: the runs of a sweep as a data frame, and the facts that say what its columns mean."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import pandas as pd

from sweep.search.standing import PairClaim, PointClaim

_T = TypeVar("_T")

#: Columns of `SweepFrame.runs` that every sweep has, beside its axes and its nuisance settings; it may have
#: `training_flops` as well, multiply-adds of all passes of all runs of the point, and `loss`, the mean cross-entropy on
#: the validation split (NaN unless done, and of runs of versions that did not note it).
COLUMNS = {
    "key": "content hash of the run",
    "point": "label of the point, such as 'weightnet M=2 G=2'; unique to it",
    "baseline": "label of the point that this one is compared with, or '' if there is none",
    "seed": "integer",
    "status": "done | failed | diverged | missing (wanted, and not in the ledger yet)",
    "error": "top-1 validation error at the last epoch, per cent; NaN unless done",
    "params": "parameters of the network",
    "flops": "multiply-adds per sample",
    "activations": "outputs of convolutions and fully-connected layers per sample",
    "seconds": "wall-clock time of the run; NaN if missing",
    "kind": "kind of failure, '' if none",
    "message": "message of the failure, '' if none",
}


@dataclass(frozen=True)
class Kernels:
    """How alike the kernels are that kept networks generate, each point at its best setting over all seeds."""

    #: A row for each point, seed and generated convolution: `point`, `seed`, `family`, `layer`, `depth` (from 1, in the
    #: order of computation), and what `kernels.similarity_table` tells.
    rows: pd.DataFrame
    #: points that generate kernels and have finished, those of them that were looked for, and those not found
    points: int = 0
    looked: int = 0
    without: int = 0
    #: runs whose weights were damaged
    damaged: int = 0
    #: why some kept weights were not analysed; '' if all were
    trouble: str = ""


@dataclass(frozen=True)
class Final:
    """The results of judging on the test split."""

    #: run key -> top-1 error in per cent on the test split; NaN where the network gave no finite answers
    errors: Mapping[str, float]
    #: images of the test split
    images: int
    #: when it was looked at, in UTC and ISO 8601, this time included
    looks: tuple[str, ...]
    #: runs that should have been judged but have no weights
    without: int = 0
    #: whether the images are the official test images, rather than a part of the training images that was set aside
    official: bool = True


@dataclass(frozen=True, eq=False)
class Search:
    """The runs that a strategy other than the grid asked for.

    strategy, settings: as the space names it. costs: columns that it made low beside the error.
    asked: a row for each ask, in order: the columns of `SweepFrame.runs`, `number`, `phase`, `epochs`, and `rung`, the
    place of its length of training among all, the shortest 0.
    axes, nuisance: as those of `SweepFrame`, of all that was asked for.
    claims, contrasts: where a race stands.
    """

    strategy: str
    settings: Mapping[str, Any]
    costs: tuple[str, ...]
    asked: pd.DataFrame
    axes: tuple[str, ...]
    nuisance: Mapping[str, tuple[Any, ...]]
    claims: tuple[PointClaim, ...] = ()
    contrasts: tuple[PairClaim, ...] = ()


@dataclass(frozen=True, eq=False)
class SweepFrame:
    """A sweep as analysis sees it; `runs` holds one row for each run that the space asks for.

    It is immutable, with all that it holds: results that follow from it are cached by frame (`once`).
    """

    def __repr__(self) -> str:
        return f"<SweepFrame {self.name}: {len(self.runs):,} runs>"

    name: str
    about: str
    #: columns of `runs` that vary over the grid, in the space's order; 'family', 'M', 'G', 'lambda', 'width', ...,
    #: and 'network.NAME' for a parameter of a network of one's own, which may have any name (`space.columns`).
    #: NaN (numeric) or '' (text) where an axis does not apply to a point.
    axes: tuple[str, ...]
    #: nuisance column -> its values in the space's order; empty if nothing is tuned.
    nuisance: Mapping[str, tuple[Any, ...]]
    seeds: tuple[int, ...]
    #: what `baseline:` in the space says, for display; empty if there is none.
    baseline: Mapping[str, Any]
    runs: pd.DataFrame
    #: what the column `error` holds: 'error' in per cent, or 'loss' (`metric.measured_by`)
    metric: str = "error"
    #: a note on the metric for the page, such as that some runs have no loss; '' for none
    metric_note: str = ""
    #: finished runs that are 'missing' because the ledger has no loss of them: running the space again brings none
    without_loss: int = 0
    #: label of a point -> its error in a reference and the tolerance, from `truth` in the space
    truth: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    #: `main`, `hypothesis` and `smallest` in the space: the axes that the sweep is about, what is expected, and the
    #: smallest difference that matters, in points; empty, '' and NaN if not given.
    main: tuple[str, ...] = ()
    hypothesis: str = ""
    smallest: float = math.nan
    #: column of an axis -> its values that are no numbers, in the order of the space; for what is shown.
    order: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    #: nested mappings, for the card that says what was run.
    recipe: Mapping[str, Any] = field(default_factory=dict)
    network: Mapping[str, Any] = field(default_factory=dict)
    dataset: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    #: seeds that only baselines have, beside `seeds`; runs of other points at these seeds are not used
    extra_seeds: tuple[int, ...] = ()
    #: equally likely classes that are as hard to guess, and samples that a run is judged on; 0 if not known
    classes: float = 0
    judged_on: int = 0
    #: a line on the two counts, such as 'closed form and fvcore agree on all 10 points'; '' if not known.
    counts: str = ""
    #: epochs -> the sweep trained for so long, the shortest first; empty if there is one length
    lengths: Mapping[int, "SweepFrame"] = field(default_factory=dict)
    #: operation that has no count of FLOPs -> the points that compute it
    uncounted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: label of a point -> labels of points that are the same network, and were not trained
    twins: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: runs in the ledger that this space does not ask for (of earlier versions of it).
    unasked: int = 0
    #: None if no point generates kernels, or they were not analysed.
    kernels: Kernels | None = None
    #: set only by `wn-sweep report --final`.
    final: Final | None = None
    #: None for a grid.
    search: Search | None = None
    #: how often the test split was looked at.
    looks: int = 0
    #: run key -> mean training loss of each epoch; runs of which nothing is known are not in it
    losses: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    #: the plain values of the space, and by a point's label the block of a grid that holds it alone; empty if not known
    space: Mapping[str, Any] = field(default_factory=dict)
    blocks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def all_runs(frame: SweepFrame) -> pd.DataFrame:
    """Every run that the sweep asks for: those of all lengths of training, and those that a search explored.

    Has a column `epochs` where there are several lengths.
    """
    if frame.search is not None:
        return frame.search.asked
    if not frame.lengths:
        return frame.runs
    return pd.concat([sweep.runs.assign(epochs=epochs) for epochs, sweep in frame.lengths.items()], ignore_index=True)


def tell_apart(frame: SweepFrame) -> tuple[str, ...]:
    """Columns of `all_runs` that identify a run of one seed: axes, settings, and epochs if lengths differ."""
    source = frame.search or frame
    names = dict.fromkeys([*source.axes, *source.nuisance])
    several_lengths = len(frame.lengths) > 1 or (frame.search is not None and frame.search.asked["rung"].nunique() > 1)
    return (*names, *(["epochs"] if several_lengths and "epochs" not in names else []))


def once(function: Callable[[SweepFrame], _T]) -> Callable[[SweepFrame], _T]:
    """Cache a function of a frame by frame: many cards use the same lists of all runs."""
    results: WeakKeyDictionary[SweepFrame, _T] = WeakKeyDictionary()

    @wraps(function)
    def cached(frame: SweepFrame) -> _T:
        if frame not in results:
            results[frame] = function(frame)
        return results[frame]

    return cached
