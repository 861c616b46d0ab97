"""What is exported for trackers, read back by their own libraries; `make test-trackers` has them."""

import csv
import importlib
import math
import sys

import pytest
from ledgers import describe, result

from sweep.costs import plan
from sweep.engine.ledger import Ledger
from sweep.engine.runs import wanted
from sweep.errors import SweepError
from sweep.export import export
from sweep.space import Space

# what the libraries warn of is theirs
pytestmark = pytest.mark.filterwarnings("ignore::Warning")

SPACE = {
    "name": "made",
    "about": "A made-up sweep.",
    "network": {"width": 0.25, "image_size": 16},
    "grid": [{"family": "static"}, {"family": "weightnet", "G": 1, "lambda": [1, 4]}],
    "proxy": {"dataset": "digits", "epochs": 3},
    "nuisance": {"optimizer.lr": [0.01, 0.05]},
    "seeds": 2,
}


@pytest.fixture
def made(tmp_path):
    """A ledger of eleven runs of twelve, one that failed and one that diverged, and what it holds by key."""
    planned = plan(Space.parse(SPACE), traced=False)
    runs = wanted(planned)
    results = {}
    for i, run in enumerate(runs[:-1]):
        status = {3: "failed", 5: "diverged"}.get(i, "done")
        losses = {"failed": (), "diverged": (2.0, math.nan), "done": (2.0, 1.5 + i, 1.0)}[status]
        message = "" if status == "done" else "out of memory"
        results[run.key] = (
            run,
            result(run, status, 5.0 + i, losses, 1.5, "" if status == "done" else "crash", message),
        )
    path = tmp_path / "results/made/ledger.sqlite"
    with Ledger.create(path) as ledger:
        describe(ledger, planned)
        ledger.record([outcome for _, outcome in results.values()])
    with Ledger.open(path) as ledger:
        yield ledger, results


def same(found, losses):
    return len(found) == len(losses) and all(
        a == pytest.approx(b, rel=1e-6) or (math.isnan(a) and math.isnan(b)) for a, b in zip(found, losses, strict=True)
    )


def test_curves_have_a_row_an_epoch(made, tmp_path):
    ledger, results = made
    assert export(ledger, tmp_path / "my-curves.csv") == f"10 runs: {tmp_path / 'my-curves.csv'}"
    with (tmp_path / "my-curves.csv").open() as file:
        rows = list(csv.DictReader(file))
    for key, (run, outcome) in results.items():
        mine = [row for row in rows if row["key"] == key]
        assert [int(row["epoch"]) for row in mine] == list(range(1, len(outcome.losses) + 1))
        assert same([float(row["loss"] or "nan") for row in mine], outcome.losses)
        assert {(row["point"], row["seed"], float(row["optimizer.lr"])) for row in mine} <= {
            (run.label, str(run.seed), run.proxy.optimizer.lr)
        }


def test_tensorboard_reads_every_run(made, tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    ledger, results = made
    assert export(ledger, tmp_path / "tensorboard").startswith("11 runs")
    folders = {path.name: path for path in (tmp_path / "tensorboard").iterdir()}
    assert len(folders) == len(results)
    for key, (run, outcome) in results.items():
        (name,) = (name for name in folders if name.startswith(key[:8]))
        assert run.label in name
        read = EventAccumulator(str(folders[name]))
        read.Reload()
        scalars = set(read.Tags()["scalars"])
        assert scalars == ({"training loss"} if outcome.losses else set()) | (
            {"validation error, %"} if outcome.error is not None else set()
        )
        if outcome.losses:
            assert same([event.value for event in read.Scalars("training loss")], outcome.losses)
        if outcome.error is not None:
            assert [event.value for event in read.Scalars("validation error, %")] == pytest.approx([outcome.error])
        assert read.Tensors("status/text_summary")[0].tensor_proto.string_val == [outcome.status.encode()]
        plugin = read.summary_metadata["_hparams_/session_start_info"].plugin_data
        assert plugin.plugin_name == "hparams"
        from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

        params = HParamsPluginData.FromString(plugin.content).session_start_info.hparams
        assert params["seed"].number_value == run.seed
        assert params["optimizer.lr"].number_value == run.proxy.optimizer.lr
        assert params["family"].string_value == run.point.family


def test_mlflow_reads_every_run(made, tmp_path):
    pytest.importorskip("mlflow")
    ledger, results = made
    assert export(ledger, tmp_path / "my-mlflow").startswith("11 runs")
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=f"sqlite:///{tmp_path}/my-mlflow/mlflow.db")
    experiment = client.get_experiment_by_name("made")
    assert experiment.tags["mlflow.note.content"] == "A made-up sweep."
    found = {run.data.tags["key"]: run for run in client.search_runs([experiment.experiment_id])}
    assert found.keys() == results.keys()
    for key, (run, outcome) in results.items():
        mine = found[key]
        assert mine.info.status == ("FINISHED" if outcome.status == "done" else "FAILED")
        assert mine.data.tags.get("message", "") == outcome.message
        assert mine.data.params["seed"] == str(run.seed)
        assert float(mine.data.params["optimizer.lr"]) == run.proxy.optimizer.lr
        if run.point.family == "weightnet":
            assert float(mine.data.params["lambda"]) == float(run.point.lam)
        history = sorted(client.get_metric_history(mine.info.run_id, "training loss"), key=lambda metric: metric.step)
        assert [metric.step for metric in history] == list(range(1, len(outcome.losses) + 1))
        assert same([metric.value for metric in history], outcome.losses)
        assert mine.data.metrics.get("validation error in per cent") == outcome.error
        assert (mine.info.end_time - mine.info.start_time) / 1000 == pytest.approx(outcome.seconds, abs=0.01)


def records(path):
    """The records of a `.wandb` file, as W&B's own messages: LevelDB's log format with a header of seven bytes.

    Blocks of 32 KiB hold pieces of records, each with 4 bytes of checksum, 2 of length and 1 of kind.
    """
    from wandb.proto.wandb_internal_pb2 import Record

    content, at, whole = path.read_bytes(), 7, b""
    assert content[:4] == b":W&B"
    while at < len(content):
        if (32768 - at % 32768) < 7:
            at += 32768 - at % 32768
            continue
        length, kind = int.from_bytes(content[at + 4 : at + 6], "little"), content[at + 6]
        if kind == 0:
            break
        whole += content[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):
            yield Record.FromString(whole)
            whole = b""


def test_wandb_reads_every_run(made, tmp_path):
    pytest.importorskip("wandb")
    import json

    ledger, results = made
    assert export(ledger, tmp_path / "wandb").startswith("11 runs")
    folders = sorted((tmp_path / "wandb").iterdir())
    assert len(folders) == len(results)
    for key, (run, outcome) in results.items():
        (folder,) = (folder for folder in folders if folder.name.endswith(key[:32]))
        assert {path.name for path in folder.iterdir()} <= {f"run-{key[:32]}.wandb", "files"}
        read = list(records(folder / f"run-{key[:32]}.wandb"))
        (about,) = (record.run for record in read if record.HasField("run"))
        assert (about.project, about.run_group, about.run_id) == ("made", run.label, key[:32])
        config = {item.key: json.loads(item.value_json) for item in about.config.update}
        assert config["seed"] == run.seed
        assert config["optimizer.lr"] == run.proxy.optimizer.lr
        assert config["run"]["status"] == outcome.status
        assert config["run"].get("message", "") == outcome.message
        history = [
            {"/".join(item.nested_key) or item.key: json.loads(item.value_json) for item in record.history.item}
            for record in read
            if record.HasField("history")
        ]
        assert same([float(row["training loss"]) for row in history], outcome.losses)
        assert [row["_step"] for row in history] == list(range(1, len(outcome.losses) + 1))
        summaries = [
            json.loads(item.value_json)
            for record in read
            if record.HasField("summary")
            for item in record.summary.update
            if "validation error, %" in (item.key, *item.nested_key)
        ]
        assert summaries[-1:] == ([] if outcome.error is None else [outcome.error])
        assert [record.exit.exit_code for record in read if record.HasField("exit")] == [int(outcome.status != "done")]


@pytest.mark.parametrize(
    ("name", "module", "told"),
    [
        ("tensorboard", "torch.utils.tensorboard", "TensorBoard is not installed"),
        ("mlflow", "mlflow", "MLflow is not installed"),
        ("wandb", "wandb", "Weights & Biases is not installed"),
    ],
)
def test_a_library_that_is_not_there_is_told_and_nothing_is_written(name, module, told, made, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(SweepError, match=told + r": pip install 'wn-sweep\[trackers\]'"):
        export(made[0], tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


def test_a_folder_that_holds_something_is_left_alone(made, tmp_path):
    (tmp_path / "mlflow").mkdir()
    (tmp_path / "mlflow/mine").write_text("mine")
    with pytest.raises(SweepError, match="this exists; give the name of a new or of an empty folder"):
        export(made[0], tmp_path / "mlflow", force=True)
    assert [path.name for path in (tmp_path / "mlflow").iterdir()] == ["mine"]


def test_exporting_sends_nothing_and_leaves_the_environment_as_it_was(made, tmp_path, monkeypatch):
    """Whatever the user's settings are: no name is looked up, no socket is connected beyond this machine."""
    if not all(importlib.util.find_spec(name) for name in ("mlflow", "wandb")):
        pytest.skip("the trackers are not installed")
    monkeypatch.setenv("WANDB_MODE", "online")
    import os
    import socket

    def refuse(address):
        raise AssertionError(f"asked for {address}")

    connect = socket.socket.connect
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest, **more: refuse(host))
    monkeypatch.setattr(
        socket.socket,
        "connect",
        lambda self, to: connect(self, to) if isinstance(to, str) or to[0].startswith("127.") else refuse(to),
    )
    before = dict(os.environ)
    for name in ("mlflow", "wandb"):
        export(made[0], tmp_path / name)
    assert dict(os.environ) == before
