"""Sweeps on GPUs: refused where there is none, placed by fractions, and the runs of a point trained together."""

import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from kept import runs_of
from pretended_card import CARD, pretend
from small import SMALL

from sweep.engine.cores import workers_for
from sweep.engine.ledger import Ledger
from sweep.engine.runs import key_of
from sweep.engine.tune_executor import Tune
from sweep.engine.work import Storage, Work, together
from sweep.engine.worker import do
from sweep.ledger_frame import frame
from sweep.proxy import train
from sweep.proxy.platform import CPU, Platform
from sweep.report.cards.caveats import mixed_builds
from sweep.report.page.rendered import Rendered
from sweep.space.schema import Resources

ON_A_CARD = SMALL.replace("seeds: 2", "seeds: 2\nresources: {gpus: 1}").replace("epochs: 8", "epochs: 2\n  lanes: 3")


@pytest.mark.parametrize("words", [["run"], ["run", "--inline"]])
@pytest.mark.parametrize("architecture", ["", ", architecture: sm_90"])
def test_a_machine_without_a_gpu_says_so_before_it_trains(words, architecture, command, write, tmp_path):
    text = ON_A_CARD.replace("gpus: 1", "gpus: 1" + architecture)
    started = time.monotonic()
    code, out, err = command(*words, write(text))
    assert (code, out) == (2, "")
    said = " ".join(err.split())
    assert "space.yaml:24: resources.gpus: asks for 1 of a GPU: this machine's PyTorch (2.13.0" in said
    assert said.endswith("is a build without CUDA; set gpus to 0, or join a cluster that has GPUs (--address)")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["space.yaml"]
    assert time.monotonic() - started < 30


def test_a_cluster_may_have_what_this_machine_has_not(write, command):
    """Its architecture is part of the key, so it has to be named; nothing answers at this address."""
    code, _, err = command("run", "--address", "127.0.0.1:1", write(ON_A_CARD))
    assert code == 2
    assert "name the cluster's with resources.architecture, such as sm_90" in " ".join(err.split())
    named = write(ON_A_CARD.replace("gpus: 1", "gpus: 1, architecture: sm_90"))
    code, _, err = command("run", "--address", "127.0.0.1:1", named)
    assert code == 1
    assert "nothing answers there" in err


def test_a_plan_needs_no_gpu(write, command):
    code, out, _ = command("plan", write(ON_A_CARD))
    assert code == 0
    assert "no forecast: this machine's PyTorch" in " ".join(out.split())


@pytest.mark.parametrize(
    ("resources", "cards", "workers", "expected"),
    [
        (dict(gpus=1), 2, None, 2),
        (dict(gpus=0.5), 2, None, 4),
        (dict(gpus=1 / 3), 1, None, 3),
        (dict(gpus=0.25, cpus=4), 1, None, 2),
        (dict(gpus=0.5), 1, 5, 2),
        (dict(gpus=1), 0, None, 1),
        (dict(), 4, None, 8),
    ],
)
def test_as_many_workers_as_cards_and_cores_allow(resources, cards, workers, expected, monkeypatch):
    pretend(monkeypatch, cards)
    monkeypatch.setattr(sys.modules["sweep.engine.cores"], "cpus", lambda: 8)
    assert workers_for(Resources(**resources), workers) == expected


RUNS = runs_of(SMALL)[0]
CARD_90 = Platform("cuda", "sm_90")


def on(run, platform=CARD_90, lanes=3):
    proxy = run.proxy.model_copy(update={"lanes": lanes})
    return replace(run, platform=platform, proxy=proxy, texts=None)


def test_a_key_holds_the_kind_of_card_and_never_the_cpu():
    run = RUNS[0]
    as_before = key_of(run.point, run.proxy, run.seed)
    assert run.key == as_before
    others = [on(run, lanes=None), on(run), on(run, Platform("cuda", "sm_80")), on(run, CPU)]
    assert len({as_before, *(other.key for other in others)}) == 5


def test_runs_of_a_point_are_one_work_on_a_card():
    """At all settings and seeds, as many as there are lanes; where no recipe asks for that, each is a work on a CPU."""
    storage = Storage("a", "b")
    works = together([on(run) for run in RUNS], storage)
    assert sorted(len(work.runs) for work in works) == [1, 1, 1, 3, 3, 3]
    on_cpu = together([on(run, CPU) for run in RUNS], storage)
    assert [len(work.runs) for work in on_cpu] == [len(work.runs) for work in works]
    assert all(len({run.label for run in work.runs}) == 1 for work in works)
    assert sorted(key for work in works for key in work.keys) == sorted(on(run).key for run in RUNS)
    assert [Work.read(work.text()) for work in works] == works
    assert [len(work.runs) for work in together(RUNS, storage)] == [1] * len(RUNS)


@pytest.mark.ray
def test_ray_places_runs_by_fractions_of_cards(monkeypatch, tmp_path):
    """Two cards that are pretended, half of one for a run: four workers, two on each card."""
    here = Path(__file__).parent
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, (here, here.parent))))
    storage = Storage(str(tmp_path), str(tmp_path))
    with Tune(Resources(gpus=0.5), 4, do="placed_runs:placed", cards=2) as doing:
        doing.submit([Work((run,), storage) for run in RUNS[:4]])
        results = []
        while len(results) < 4:
            results += doing.wait()
    assert sorted(result.message for result in results) == ["0: 1", "0: 1", "1: 1", "1: 1"]
    assert sorted(path.name.split(".")[0] for path in tmp_path.iterdir()) == ["0", "0", "1", "1"]


@pytest.fixture
def card(monkeypatch):
    pretend(monkeypatch)


def work_of(count=4, storage=None, **recipe):
    """Runs of a point, at both rates and seeds, as one work; recipes may be changed run by run."""
    label = RUNS[0].label
    runs = [on(run, lanes=4) for run in RUNS if run.label == label][:count]
    changed = [run.proxy.model_copy(update={"epochs": 2, **recipe}) for run in runs]
    runs = [replace(run, proxy=proxy, texts=None) for run, proxy in zip(runs, changed, strict=True)]
    return Work(tuple(runs), storage)


@pytest.mark.usefixtures("card")
def test_each_run_of_a_work_has_its_result():
    work = work_of()
    results = do(work.text())
    assert [result.key for result in results] == list(work.keys)
    assert {result.status for result in results} == {"done"}
    assert len({result.losses for result in results}) == 4
    assert all(result.versions["card"] == CARD for result in results)
    fewer = do(Work(work.runs[1:3]).text())
    assert [(r.error, r.loss, r.losses) for r in fewer] == [(r.error, r.loss, r.losses) for r in results[1:3]]


@pytest.mark.usefixtures("card")
def test_runs_of_a_work_time_out_and_diverge_each_by_itself():
    results = do(work_of(timeout=1e-6).text())
    assert {(result.status, result.kind) for result in results} == {("failed", "timed out")}
    assert results[0].message == "not done after 1e-06 s, in epoch 1 of 2"
    work = work_of()
    wild = work.runs[1].proxy.optimizer.model_copy(update={"lr": 1e30})
    runs = [*work.runs]
    runs[1] = replace(runs[1], proxy=runs[1].proxy.model_copy(update={"optimizer": wild}))
    statuses = [(result.status, result.kind) for result in do(Work(tuple(runs)).text())]
    assert statuses == [("done", ""), ("diverged", "diverged"), ("done", ""), ("done", "")]


@pytest.mark.usefixtures("card")
def test_no_memory_on_a_card_is_a_failed_row_for_each(monkeypatch):
    def lacking(*_):
        raise RuntimeError("CUDA out of memory")

    monkeypatch.setattr(sys.modules["sweep.proxy.lanes"], "LaneSteps", lacking)
    results = do(work_of().text())
    assert {(result.status, result.kind) for result in results} == {("failed", "out of memory")}
    assert "with 4 lanes: fewer lanes in the recipe need less" in results[0].message


@pytest.mark.usefixtures("card")
def test_another_card_than_that_of_the_key_is_refused(monkeypatch):
    work = work_of()
    pretend(monkeypatch, architecture="sm_80")
    assert {result.kind for result in do(work.text())} == {"another version"}
    message = do(work.text())[0].message
    assert "has a GPU of another architecture, sm_80, and keys of these runs hold sm_90: leave it out" in message


@pytest.mark.usefixtures("card")
def test_runs_go_on_from_their_checkpoints_together(tmp_path, monkeypatch):
    """Each from its own, in whatever company, and ends as if it had never stopped; a damaged one begins anew."""
    storage = Storage(str(tmp_path), str(tmp_path / "weights"), 0.0)
    work = work_of(storage=storage)
    truths = {result.key: result for result in do(Work(work.runs).text())}

    steps = sys.modules["sweep.proxy.lanes"].LaneSteps
    taken = []

    def stop(self, size):
        taken.append(size)
        if len(taken) == 7:
            raise KeyboardInterrupt
        return real(self, size)

    real = steps.__call__
    with monkeypatch.context() as stopping:
        stopping.setattr(steps, "__call__", stop)
        with pytest.raises(KeyboardInterrupt):
            do(work.text())
    assert {path.name for path in tmp_path.iterdir()} == set(work.keys)
    (tmp_path / work.keys[2]).write_bytes(b"not one")
    left = replace(work, runs=(work.runs[3], work.runs[0], work.runs[2]))
    monkeypatch.setattr(steps, "__call__", lambda self, size: (taken.append(size), real(self, size))[1])
    taken.clear()
    results = do(left.text())
    # two of them take the four steps that are left of ten, the third begins anew
    assert len(taken) == 4 + 10
    for result in results:
        truth = truths[result.key]
        assert (result.error, result.loss, result.losses) == (truth.error, truth.loss, truth.losses)
        assert result.checkpointed
    assert "started over" in results[2].message


@pytest.mark.usefixtures("card")
def test_a_sweep_on_a_card(write, command, tmp_path, monkeypatch):
    """Gone on with on another card of the same architecture: the ledger notes both, and the page warns."""
    monkeypatch.setattr("sweep.running.render_ledger", lambda ledger, pages, trust: Rendered(pages / "index.html"))
    code, _, err = command("run", "--inline", write(ON_A_CARD.replace("seeds: 2", "seeds: 1")))
    assert (code, err) == (0, "")
    monkeypatch.setattr(sys.modules["pretended_card"], "_NAME", ["NVIDIA Pretended 8000"])
    assert command("run", "--inline", "--no-report", write(ON_A_CARD))[0] == 0
    with Ledger.open(tmp_path / "results/small/ledger.sqlite") as ledger:
        assert [*ledger.statuses().values()] == ["done"] * 12
        warning = mixed_builds(frame(ledger))
    assert "kinds of GPU (NVIDIA Pretended 8000, NVIDIA Pretended 9000)" in warning


@pytest.mark.usefixtures("card")
def test_a_plan_forecasts_on_the_card(write, command):
    code, out, _ = command("plan", write(ON_A_CARD))
    said = " ".join(out.split())
    assert code == 0
    assert "on this machine, 1 at a time" in said
    assert "the 4 runs of a point are trained 3 at a time (all points), 1 of them in the last group" in said


@pytest.mark.usefixtures("card")
def test_a_plan_says_of_one_run_that_it_fills_one_lane(write, command):
    space = ON_A_CARD.replace("seeds: 2", "seeds: 1").replace("[0.01, 0.04]", "[0.01]")
    _, out, _ = command("plan", write(space), "--no-forecast")
    assert "the one run of a point is trained in one of 3 lanes (all points); proxy.lanes: 1 would waste none" in out


def test_a_plan_of_a_search_on_cards_needs_none(write, command, monkeypatch):
    """Its ledger can be compared with it only where the kind of card is known."""
    space = write(ON_A_CARD.replace("epochs: 2", "epochs: 1") + "strategy: {name: random, runs: 2, confirm: 0}\n")
    with monkeypatch.context() as there:
        pretend(there)
        assert command("run", "--inline", "--no-report", space)[0] == 0
        assert "2 of them are in the ledger" in " ".join(command("plan", space)[1].split())
    code, out, err = command("plan", space)
    assert (code, err) == (0, "")
    assert "no forecast: this machine's PyTorch" in " ".join(out.split())


def test_a_plan_says_that_a_search_seldom_fills_lanes(write, command):
    space = SMALL.replace("  batch_size", "  lanes: 3\n  batch_size", 1) + "strategy: racing\n"
    code, out, _ = command("plan", write(space))
    said = " ".join(out.split())
    assert code == 0
    assert "asked for together are trained 3 at a time (all points): a search seldom fills that many" in said


def test_a_cpu_trains_runs_together_where_the_recipe_asks_for_it(write, command, tmp_path, monkeypatch):
    """Each comes to what it comes to alone, but for the last digits."""
    monkeypatch.setattr("sweep.running.render_ledger", lambda ledger, pages, trust: Rendered(pages / "index.html"))
    text = SMALL.replace("epochs: 8", "epochs: 1\n  lanes: 4")
    code, _, err = command("run", "--inline", write(text))
    assert (code, err) == (0, "")
    with Ledger.open(tmp_path / "results/small/ledger.sqlite") as ledger:
        errors = {key: error for key, _, _, error in ledger.errors()}
        losses = {row["key"]: json.loads(row["losses"]) for row in ledger.runs().to_dict("records")}
    runs = runs_of(text)[0]
    assert errors.keys() == {run.key for run in runs}
    for run in runs[::5]:
        alone = train(run.point, run.proxy, run.seed)
        assert losses[run.key] == pytest.approx(alone.losses, rel=1e-4)
