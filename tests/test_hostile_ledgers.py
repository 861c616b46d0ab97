"""Ledgers that somebody else wrote: whatever they name, no command that reads imports, runs or contacts anything."""

import json
import shutil
import sqlite3
import sys
from contextlib import closing
from dataclasses import replace

import pytest

from sweep import frame
from sweep.engine.asks import Ask, PlannedPoint
from sweep.engine.ledger import Ledger
from sweep.engine.result import Result
from sweep.engine.runs import texts_of
from sweep.space import Point, Space, canonical

#: A space as a ledger of somebody else may hold it: its points are built by a module that leaves a trace.
SPACE = {
    "name": "evil",
    "network": {"backbone": "evil_module:build", "image_size": 8},
    "grid": [{"command": ["touch executed", "touch executed too"]}],
    "proxy": {
        "dataset": {"name": "digits", "train": 200, "validation": 100},
        "epochs": 1,
        "batch_size": 40,
        "optimizer": {"name": "adamw", "lr": 0.01},
        "keep_weights": True,
    },
    "seeds": 2,
}
MODULE = "from pathlib import Path\nPath(__file__).with_name('executed').touch()\ndef build(command): pass\n"
OS_SYSTEM = {**SPACE, "network": {"backbone": "os:system", "image_size": 8}}

COMMANDS = {
    "status": ("status", "evil"),
    "status as JSON": ("status", "evil", "--json"),
    "report": ("report", "evil"),
    "a last look": ("report", "evil", "--final"),
    "a comparison": ("report", "evil", "other"),
    "runs": ("export", "evil", "--to", "runs.csv", "--force"),
    "points": ("export", "evil", "--to", "points.parquet", "--force"),
    "LaTeX": ("export", "evil", "--to", "table.tex", "--force"),
    "Optuna": ("export", "evil", "--to", "optuna.db", "--force"),
    "merge": ("merge", "evil", "other", "--into", "both"),
}


def fill(folder, name, space, asked=True):
    """A ledger that holds a space with networks of somebody's own, and its runs."""
    path = folder / "results" / name / "ledger.sqlite"
    data = {**space, "name": name}
    (_, proxy), *_ = Space.recorded(data).recipes()
    points = [
        Point(backbone=space["network"]["backbone"], options={"command": command}).resolved(8)
        for command in space["grid"][0]["command"]
    ]
    with Ledger.create(path) as ledger:
        texts = [texts_of(point, proxy) for point in points]
        ledger.describe(name, data, ("command",), [PlannedPoint(text, 5, 6, 7, 1) for text, _ in texts])
        if asked:
            asks = [(text, seed) for text in texts for seed in (0, 1)]
            ledger.ask(Ask(n, f"{n:064x}", *text, seed) for n, (text, seed) in enumerate(asks))
            ledger.record(Result(f"{n:064x}", "done", 50.0 + n, 1.5, (2.0,), 1.0) for n in range(len(asks)))
    (path.parent / "weights").mkdir()
    for n in range(4):
        (path.parent / "weights" / f"{n:064x}").write_bytes(b"not weights")
    return path


@pytest.fixture(params=[SPACE, OS_SYSTEM], ids=["a module beside it", "os:system"])
def received(request, tmp_path, monkeypatch):
    """A folder of sweeps that was received, and a function that says whether anything of it was executed."""
    (tmp_path / "evil_module.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    fill(tmp_path, "evil", request.param)
    fill(tmp_path, "other", request.param)
    yield tmp_path, lambda: list(tmp_path.rglob("executed*")) + [m for m in sys.modules if "evil_module" in m]
    sys.modules.pop("evil_module", None)


@pytest.mark.parametrize("what", COMMANDS)
def test_a_command_that_reads_executes_nothing(what, received, command):
    _folder, executed = received
    code, out, err = command(*COMMANDS[what])
    assert executed() == []
    assert "a bug" not in err
    if what == "a last look":
        assert (code, "--trust" in err) == (2, True)
    else:
        assert (code, err) == (0, ""), err
    if what == "status":
        assert "evil: 4 of 4 runs done" in out


def test_what_is_shown_is_what_the_ledger_says(received):
    folder, executed = received
    with Ledger.open(folder / "results/evil/ledger.sqlite") as ledger:
        made = frame(ledger)
    assert made.runs["params"].tolist() == [5] * 4
    assert sorted(made.runs["error"]) == [50.0, 51.0, 52.0, 53.0]
    assert executed() == []


def older(path, version):
    """Make a ledger one of version 2, as it would have been written, or of 1."""
    with closing(sqlite3.connect(path)) as db:
        db.executescript(
            """
            CREATE TABLE old (key TEXT PRIMARY KEY, point TEXT, recipe TEXT, seed INTEGER, status TEXT, error REAL,
                seconds REAL, finished TEXT, kind TEXT, message TEXT, losses TEXT, versions TEXT, traceback TEXT);
            INSERT INTO old SELECT runs.key, points.point, recipe.recipe, seed, status, error, seconds, finished, kind,
                message, losses, versions, traceback FROM runs JOIN asks USING (key)
                JOIN points ON points.id = asks.point JOIN recipes AS recipe ON recipe.id = asks.recipe;
            CREATE TABLE wanted (key TEXT PRIMARY KEY);
            INSERT INTO wanted SELECT key FROM asks;
            CREATE TABLE old_points AS
                SELECT point, params, flops, activations, traced_params, traced_flops FROM points;
            DROP TABLE runs; DROP TABLE asks; DROP TABLE recipes; DROP TABLE points;
            ALTER TABLE old RENAME TO runs; ALTER TABLE old_points RENAME TO points;
            PRAGMA user_version = 2;
            """
        )
        if version == 1:
            db.executescript(
                """
                DROP TABLE wanted; ALTER TABLE sweep DROP COLUMN axes; ALTER TABLE runs DROP COLUMN traceback;
                PRAGMA user_version = 1;
                """
            )


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("what", COMMANDS)
def test_a_ledger_of_an_earlier_version_executes_nothing(what, version, received, command):
    folder, executed = received
    for name in ("evil", "other"):
        older(folder / f"results/{name}/ledger.sqlite", version)
    code, _out, err = command(*COMMANDS[what])
    assert executed() == []
    assert "a bug" not in err
    if what in ("status", "status as JSON", "merge"):
        assert (code, err) == (0, "")
    else:
        assert code == 2
        assert "`wn-sweep run` of its space brings it up to date" in err


@pytest.mark.parametrize("name", ["imagefolder", "huggingface"])
@pytest.mark.parametrize("what", COMMANDS)
def test_images_that_a_ledger_names_are_not_looked_for(name, what, tmp_path, command, monkeypatch):
    """Neither a folder of this machine nor a set on the hub, whether or not the ledger says what was known of it."""
    known = {"classes": 2, "images": 90, "test_images": 9, "apart": 0, "fingerprint": "0" * 64}
    dataset = {"name": name, "path": str(tmp_path / "secret"), "image_size": 8, "train": 20, "validation": 20}
    opened = []
    for index in ("imagefolder.folder_index", "huggingface.hub_index"):
        monkeypatch.setattr(f"sweep.space.datasets.{index}", lambda *_: opened.append("looked for") or 1 / 0)
    for with_known in (True, False):
        data = {**SPACE, "network": {"width": 0.125, "image_size": 8, "stem_channels": 4, "repeats": [1, 1]}}
        data |= {"grid": [{"family": "static"}], "name": "evil"}
        data["proxy"] = {**SPACE["proxy"], "dataset": {**dataset, **({"known": known} if with_known else {})}}
        for sweep in ("evil", "other"):
            path = tmp_path / f"results/{sweep}/ledger.sqlite"
            shutil.rmtree(path.parent, ignore_errors=True)
            point = Point(**data["network"]).resolved(8)
            with Ledger.create(path) as ledger:
                text = canonical(point.canonical())
                ledger.describe(sweep, {**data, "name": sweep}, ("family",), [PlannedPoint(text, 5, 6, 7, 1)])
                recipe = canonical({**json.loads(json.dumps(data["proxy"])), "dataset": {"name": name}})
                ledger.ask([Ask(0, "0" * 64, text, recipe, 0)])
                ledger.record([Result("0" * 64, "done", 50.0, 1.5, (2.0,), 1.0)])
        code, _, err = command(*COMMANDS[what])
        assert opened == []
        assert "a bug" not in err
        if not with_known and what not in ("status", "status as JSON"):
            assert (code, "does not say what its images are" in err) == (2, True)


def test_a_hostile_point_is_told(received, command):
    folder, _ = received
    path = folder / "results/evil/ledger.sqlite"
    with Ledger.create(path) as ledger:
        described = ledger.planned()
        text = json.dumps({"backbone": "nowhere", "width": -3})
        ledger.describe("evil", ledger.space(), ("command",), [*described, replace(described[0], point=text)])
    code, _, err = command("report", "evil")
    assert code == 2
    assert err.startswith("results/evil/ledger.sqlite: cannot be read, or is damaged")
    assert len(err.splitlines()) == 1
