"""A sweep as a store of MLflow: `mlflow ui --backend-store-uri sqlite:///FOLDER/mlflow.db`."""

import itertools
import logging
from pathlib import Path

from sweep.analysis.sweep_frame import SweepFrame
from sweep.engine.ledger import Ledger
from sweep.export.tracked import LOSS, library, offline, tracked_runs

#: Metrics that MLflow takes in one call.
_BATCH = 1000
#: What names of MLflow may not have: `%` and `,` are among it.
_LOSS, _ERROR = LOSS, "validation error in per cent"


def write(frame: SweepFrame, ledger: Ledger, folder: Path, final: Path) -> int:
    """Write the runs to `mlflow.db` in an empty folder, as an experiment of the sweep's name, and give their number.

    Each has its parameters, its losses by epoch and its error as metrics, and the rest as tags; runs that failed are
    failed with the reason in a tag. `final` is where the folder will lie, of which the store keeps the path.
    """
    with offline():
        mlflow, entities = library("mlflow", "MLflow"), library("mlflow.entities", "MLflow")
        # it tells of every table that it makes
        loggers = [logging.getLogger(name) for name in ("mlflow", "alembic")]
        levels = [logger.level for logger in loggers]
        for logger in loggers:
            logger.setLevel(logging.WARNING)
        try:
            client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{folder / 'mlflow.db'}")
            tags = {"mlflow.note.content": frame.about} if frame.about else {}
            experiment = client.create_experiment(frame.name, f"{(final.absolute() / 'artifacts').as_uri()}", tags)
            runs = tracked_runs(frame, ledger.curves())
            for run in runs:
                start, end = round(run.started * 1000), round(run.finished * 1000)
                tags = {name: str(value)[:5000] for name, value in run.about.items()}
                created = client.create_run(experiment, start, tags, run.name)
                times = (round(run.time(epoch) * 1000) for epoch in itertools.count(1))
                metrics = [
                    entities.Metric(_LOSS, loss, time, epoch)
                    for epoch, (loss, time) in enumerate(zip(run.losses, times, strict=False), 1)
                ]
                if run.error is not None:
                    metrics.append(entities.Metric(_ERROR, run.error, end, len(run.losses)))
                params = [entities.Param(name, str(value)) for name, value in run.params.items()]
                for first in range(0, max(1, len(metrics)), _BATCH):
                    client.log_batch(created.info.run_id, metrics[first : first + _BATCH], () if first else params)
                client.set_terminated(created.info.run_id, "FINISHED" if run.done else "FAILED", end)
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
    return len(runs)
