"""A sweep as Optuna's storage: `optuna-dashboard sqlite:///optuna.db` shows its params, values and curves.

Optuna adds a trial with a query for each of its values, 17 to 46 ms in all. Here Optuna makes the file and the studies,
and the trials are then written into its tables in bulk, by its own models and in its own representation.
"""

import json
import math
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
    distribution_to_json,
)
from optuna.exceptions import ExperimentalWarning, StorageInternalError
from optuna.storages import RDBStorage
from optuna.storages._rdb import models
from optuna.study._constrained_optimization import _CONSTRAINTS_KEY
from optuna.trial import TrialState
from sqlalchemy import URL, insert
from sqlalchemy.exc import SQLAlchemyError

from sweep.analysis.order import is_blank, is_number
from sweep.analysis.records import records
from sweep.analysis.study import Study
from sweep.analysis.sweep_frame import SweepFrame, all_runs, tell_apart
from sweep.space.columns import names_in_files

#: Axes that are searched on a logarithmic scale, and how far apart the ends of any other axis are that is so, too.
_LOG_AXES, _LOG = {"M", "lambda", "optimizer.lr", "optimizer.weight_decay"}, 10.0
#: What costs are called.
_COSTS = {"flops": "FLOPs", "params": "params", "activations": "activations", "training_flops": "training FLOPs"}
#: What the error is called.
_ERROR = "error, %"


@dataclass(frozen=True)
class _Trial:
    """A trial as Optuna keeps it; `values` are empty unless it is complete."""

    state: TrialState
    values: Sequence[float]
    params: Mapping[str, Any]
    attributes: Mapping[str, Any]
    curve: Sequence[float] = ()
    started: datetime | None = None
    finished: datetime | None = None
    #: constraint -> by how much it is missed; zero or less where it is met, as `Trial.set_constraint` takes it
    constraints: Mapping[str, float] = field(default_factory=dict)


def write(frame: SweepFrame, curves: Mapping[str, tuple[Sequence[float], str]], path: Path) -> int:
    """Write two studies to a new file: the sweep's name, a trial a run, and `NAME (points)`, a trial a point.

    A run's params are its axes, its nuisance setting and its seed, its value is the error in per cent, and its
    intermediate values are the losses of its epochs, counted from 1. Runs that failed or diverged are failed trials
    with the reason in their attributes. A point's values are error, FLOPs and parameters. Of a search the first study
    has its history: every run in the order of asking, those that explored included, with what the search made low as
    its values, and the space's constraints on costs.

    Args:
        frame: the sweep.
        curves: key of a run -> its losses, and when it was finished, in ISO 8601.
        path: of the file, which must be empty.

    Returns:
        How many trials the study of runs has.

    Raises:
        OSError: if the file cannot be written.
    """
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    runs = [_run(frame, row, curves) for row in records(all_runs(frame)) if row["status"] != "missing"]
    costs = () if frame.search is None else frame.search.costs
    try:
        storage = RDBStorage(_url(path))
        try:
            about = {
                "about": frame.about,
                "trials": "one a run: one point at one nuisance setting with one seed",
                "intermediate values": "training loss, mean over each epoch",
            }
            if frame.search is not None:
                about["strategy"] = frame.search.strategy
                about["trials"] += ", in the order of asking; phase: explore, or confirm with a fresh seed"
            _study(storage, frame.name, about, [_ERROR, *(_COSTS.get(cost, cost) for cost in costs)], runs)
            about = {
                "about": frame.about,
                "trials": "one a point, its error the mean over seeds, each at the nuisance setting that is best on "
                "the others",
                "FLOPs": "multiply-adds per sample",
            }
            _study(storage, f"{frame.name} (points)", about, [_ERROR, "FLOPs", "params"], _points(frame))
        finally:
            storage.remove_session()
            storage.engine.dispose()
    except (SQLAlchemyError, StorageInternalError) as error:
        raise OSError(str(error).splitlines()[0]) from None
    finally:
        optuna.logging.set_verbosity(before)
    return len(runs)


def _url(path: Path) -> str:
    """The URL of a file, whatever characters its path has; Optuna puts values in place of braces."""
    return URL.create("sqlite", database=str(path.absolute())).render_as_string().replace("{", "{{").replace("}", "}}")


def _run(frame: SweepFrame, row: Mapping[str, Any], curves: Mapping[str, tuple[Sequence[float], str]]) -> _Trial:
    search, names = frame.search, [*tell_apart(frame), "seed"]
    params = dict(zip(names, names_in_files(names), strict=True))
    losses, finished = curves[row["key"]]
    end = datetime.fromisoformat(finished).astimezone(UTC).replace(tzinfo=None)
    described = ["point", "status", "kind", "message", "params", "flops", "activations", "seconds", "key"]
    described += ["number", "phase"] if search else []
    costs = [float(row[cost]) for cost in search.costs] if search else []
    done = row["status"] == "done"
    return _Trial(
        TrialState.COMPLETE if done else TrialState.FAIL,
        [float(row["error"]), *costs] if done else [],
        {params[name]: row[name] for name in names if not is_blank(row[name])},
        {name: row[name] for name in described if not is_blank(row[name])},
        losses,
        end - timedelta(seconds=float(row["seconds"])),
        end,
        _constraints(frame, row),
    )


def _constraints(frame: SweepFrame, row: Mapping[str, Any]) -> dict[str, float]:
    """By how much a run misses each bound of the space on a cost; none where it has none."""
    bounds = frame.space.get("constraints") or {}
    missed = {}
    for name, bound in bounds.items():
        if name in _COSTS and isinstance(bound, Mapping):
            if (most := bound.get("max")) is not None:
                missed[f"{name} at most {most}"] = float(row[name]) - float(most)
            if (least := bound.get("min")) is not None:
                missed[f"{name} at least {least}"] = float(least) - float(row[name])
    return missed


def _points(frame: SweepFrame) -> list[_Trial]:
    trials = []
    names = dict(zip(frame.axes, names_in_files(frame.axes), strict=True))
    for row in records(Study(frame).table):
        values = [float(row[name]) for name in ("mean", "flops", "params")]
        if all(math.isfinite(value) for value in values):
            params = {names[axis]: row[axis] for axis in frame.axes if not is_blank(row[axis])}
            described = ("point", "sd", "n", "low", "high", "n_failed", *frame.nuisance)
            trials.append(
                _Trial(
                    TrialState.COMPLETE,
                    values,
                    params,
                    {name: row[name] for name in described if not is_blank(row[name])},
                )
            )
    return trials


def _study(
    storage: RDBStorage, name: str, about: Mapping[str, str], metrics: Sequence[str], trials: Sequence[_Trial]
) -> None:
    study = optuna.create_study(storage=storage, study_name=name, directions=["minimize"] * len(metrics))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        study.set_metric_names(list(metrics))
    for key, text in about.items():
        study.set_user_attr(key, text)
    distributions = _distributions(trial.params for trial in trials)
    stored = {name: distribution_to_json(distribution) for name, distribution in distributions.items()}
    rows: dict[Any, list[dict[str, Any]]] = {}
    with storage.engine.begin() as connection:
        first = 1 + (connection.exec_driver_sql("SELECT max(trial_id) FROM trials").scalar() or 0)
        for number, trial in enumerate(trials):
            trial_key = {"trial_id": first + number}
            rows.setdefault(models.TrialModel, []).append(
                {
                    **trial_key,
                    "number": number,
                    "study_id": study._study_id,
                    "state": trial.state,
                    "datetime_start": trial.started,
                    "datetime_complete": trial.finished,
                }
            )
            for param, value in trial.params.items():
                distribution = distributions[param]
                inner = distribution.to_internal_repr(_param(value, distribution))
                columns = {"param_name": param, "param_value": inner, "distribution_json": stored[param]}
                rows.setdefault(models.TrialParamModel, []).append({**trial_key, **columns})
            for key, value in trial.attributes.items():
                columns = {"key": key, "value_json": json.dumps(_plain(value))}
                rows.setdefault(models.TrialUserAttributeModel, []).append({**trial_key, **columns})
            for key, value in trial.constraints.items():
                columns = {"key": f"{_CONSTRAINTS_KEY}:{key}", "value_json": json.dumps(value)}
                rows.setdefault(models.TrialSystemAttributeModel, []).append({**trial_key, **columns})
            for objective, value in enumerate(trial.values):
                stored_value, kind = models.TrialValueModel.value_to_stored_repr(value)
                columns = {"objective": objective, "value": stored_value, "value_type": kind}
                rows.setdefault(models.TrialValueModel, []).append({**trial_key, **columns})
            for step, value in enumerate(trial.curve, 1):
                loss, sort = models.TrialIntermediateValueModel.intermediate_value_to_stored_repr(value)
                columns = {"step": step, "intermediate_value": loss, "intermediate_value_type": sort}
                rows.setdefault(models.TrialIntermediateValueModel, []).append({**trial_key, **columns})
        for model, content in rows.items():
            connection.execute(insert(model.__table__), content)


def _distributions(trials: Iterable[Mapping[str, Any]]) -> dict[str, BaseDistribution]:
    """The distribution of each parameter: a range for numbers, a choice for everything else."""
    values_by_name: dict[str, list[Any]] = {}
    for params in trials:
        for name, value in params.items():
            values_by_name.setdefault(name, []).append(value)
    distributions: dict[str, BaseDistribution] = {}
    for name, values in values_by_name.items():
        if not all(is_number(value) for value in values):
            distributions[name] = CategoricalDistribution(sorted({str(value) for value in values}))
            continue
        low, high = min(values), max(values)
        log = low > 0 and (name in _LOG_AXES or high / low >= _LOG)
        if all(float(value).is_integer() for value in values):
            distributions[name] = IntDistribution(int(low), int(high), log=log)
        else:
            distributions[name] = FloatDistribution(float(low), float(high), log=log)
    return distributions


def _param(value: Any, distribution: BaseDistribution) -> Any:
    if isinstance(distribution, CategoricalDistribution):
        return str(value)
    return int(value) if isinstance(distribution, IntDistribution) else float(value)


def _plain(value: Any) -> Any:
    """A value as JSON has it, whatever numpy made of it."""
    return value.item() if hasattr(value, "item") else value
