"""What every executor does, whatever it does it with: one suite for this process and for Ray Tune."""

import json
import os
import signal
import time
from pathlib import Path

import pytest
from kept import runs_of
from small import SMALL

from sweep.engine.executor import Inline
from sweep.engine.result import Result
from sweep.engine.tune_executor import Tune
from sweep.engine.work import Storage, Work
from sweep.proxy import train
from sweep.space.schema import Resources

RUNS = runs_of(SMALL)[0]


def staged(text):
    """Do what the storage's folder says of each run: how often its worker dies, memory lacks, or it raises."""
    work = Work.read(text)
    results = []
    for run in work.runs:
        folder = Path(work.storage.checkpoints)
        script = json.loads((folder / "script.json").read_text()).get(run.key, {})
        tries = folder / f"{run.key}.{time.time_ns()}.try"
        tries.touch()
        so_far = len(list(folder.glob(f"{run.key}.*.try")))
        time.sleep(script.get("seconds", 0))
        if so_far <= script.get("deaths", 0):
            os.kill(os.getpid(), signal.SIGKILL)
        if so_far <= script.get("lacks memory", 0):
            results.append(Result(run.key, "failed", kind="out of memory", message="no room"))
        elif "raises" in script:
            results.append(Result(run.key, "failed", kind="ValueError", message=script["raises"]))
        else:
            results.append(Result(run.key, "done", float(run.seed), 0.5, (1.0,)))
    return results


def inline(stage):
    return Inline(2, staged if stage else None)


def tune(stage):
    return Tune(Resources(), 2, do="test_executors:staged" if stage else "sweep.engine.worker:do")


@pytest.fixture
def _findable(monkeypatch):
    """Let workers find this module, and what it imports."""
    here = Path(__file__).parent
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, (here, here.parent))))


ON_TUNE = pytest.param(tune, marks=pytest.mark.ray)
#: Each start of Ray takes seconds: what is not at the heart of it is left to `make test-faults`.
ON_TUNE_BY_HAND = pytest.param(tune, marks=[pytest.mark.ray, pytest.mark.faults])


@pytest.fixture(params=[inline, ON_TUNE], ids=["inline", "tune"])
def executor(request, _findable):
    """Make an executor; with a stage it does what a script says."""
    made = []

    def make(stage=True):
        made.append(request.param(stage))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def staged_tune(_findable):
    return tune(stage=True)


def works(folder, script, runs=RUNS):
    (folder / "script.json").write_text(json.dumps({run.key: script.get(i, {}) for i, run in enumerate(runs)}))
    storage = Storage(str(folder), str(folder / "weights"))
    return [Work((run,), storage) for run in runs]


def gathered(executor, count):
    results = []
    while len(results) < count:
        news = executor.wait()
        assert news
        results += news
    return results


def tries(folder, run):
    return len(list(folder.glob(f"{run.key}.*.try")))


def test_every_run_has_one_result_whatever_happens(executor, tmp_path):
    """Failures are results; what can pass is tried again, and not for ever; works of several runs are no different."""
    script = {1: {"raises": "no"}, 2: {"lacks memory": 1}, 3: {"lacks memory": 9}}
    todo = works(tmp_path, script)
    together = Work((RUNS[4], RUNS[5]), todo[0].storage)
    with executor() as doing:
        doing.submit([*todo[:4], together])
        results = gathered(doing, 5)
        # more work may come while other work is done, and after it
        doing.submit(todo[6:8])
        doing.submit(todo[8:])
        results += gathered(doing, len(RUNS) - len(results))
    found = {result.key: (result.status, result.kind, result.error) for result in results}
    assert len(results) == len(found) == len(RUNS)
    expected = {run.key: ("done", "", float(run.seed)) for run in RUNS}
    expected[RUNS[1].key] = ("failed", "ValueError", None)
    expected[RUNS[3].key] = ("failed", "out of memory", None)
    assert found == expected
    assert [tries(tmp_path, run) for run in RUNS[:6]] == [1, 1, 2, 3, 1, 1]


@pytest.mark.parametrize("executor", [inline, ON_TUNE_BY_HAND], indirect=True, ids=["inline", "tune"])
def test_results_are_those_of_training_to_the_bit(executor):
    with executor(stage=False) as doing:
        doing.submit([Work((run,)) for run in RUNS[::5]])
        results = {result.key: result for result in gathered(doing, len(RUNS[::5]))}
    for run in RUNS[::5]:
        truth = train(run.point, run.proxy, run.seed)
        result = results[run.key]
        assert (result.error, result.loss, result.losses) == (truth.error, truth.loss, truth.losses)


@pytest.mark.parametrize("executor", [inline, ON_TUNE_BY_HAND], ids=["inline", "tune"], indirect=True)
def test_a_run_out_of_time_is_a_result(executor):
    limited = [Work((run,)) for run in runs_of(SMALL.replace("epochs: 8", "epochs: 8\n  timeout: 0.001"))[0][:2]]
    with executor(stage=False) as doing:
        doing.submit(limited)
        results = gathered(doing, 2)
    assert {(result.status, result.kind) for result in results} == {("failed", "timed out")}


@pytest.mark.parametrize("executor", [inline, ON_TUNE_BY_HAND], ids=["inline", "tune"], indirect=True)
def test_it_may_be_stopped_in_the_middle(executor, tmp_path):
    with executor() as doing:
        doing.submit(works(tmp_path, {key: {"seconds": 0.3} for key in range(12)}))
        first = doing.wait()
    # what has no result has none; nothing is done any more
    started = sum(tries(tmp_path, run) for run in RUNS)
    assert 1 <= len(first) <= started < len(RUNS)
    time.sleep(0.7)
    assert sum(tries(tmp_path, run) for run in RUNS) == started
    doing.close()


@pytest.mark.ray
@pytest.mark.faults
def test_workers_that_die_take_nobody_along(staged_tune, tmp_path):
    """A death is tried again, alone, and in the end a result; runs that were given out with it are done."""
    script = {2: {"deaths": 1}, 5: {"deaths": 9}}
    with staged_tune as doing:
        doing.submit(works(tmp_path, script))
        results = {result.key: result for result in gathered(doing, len(RUNS))}
    failed = [result for result in results.values() if result.status == "failed"]
    assert [(result.key, result.kind) for result in failed] == [(RUNS[5].key, "worker died")]
    assert failed[0].message == "3 processes died of this run: killed, or out of memory"
    assert len(results) == len(RUNS)
