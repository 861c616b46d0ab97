"""Keys: a run is its content, so that a wider space asks for the runs of the narrower one and more."""

import itertools

import pytest
from ruamel.yaml import YAML
from small import SMALL

from sweep.costs import plan
from sweep.engine.planned_runs import PlannedRuns
from sweep.engine.runs import missing, wanted
from sweep.engine.work import Storage, Work, keys_of
from sweep.space import Space
from sweep.terminal import describe


def runs(text):
    return wanted(plan(Space.parse(YAML(typ="safe").load(text)), traced=False))


OLD = runs(SMALL)
WIDER = {
    # what is wider: (text to replace, by what, runs of the whole, what of it is new)
    "more seeds": ("seeds: 2", "seeds: [5, 1, 0]", 18, lambda run: run.seed == 5),
    "more seeds of the baseline": (
        "seeds: 2", "seeds: {all: 2, baseline: [1, 0, 4, 7, 9]}", 18,
        lambda run: run.seed in {4, 7, 9} and run.point.family == "static",
    ),
    "more values": ("M: [1, 2]", "M: [4, 2, 1]", 16, lambda run: run.point.M == 4),
    "another block": ("grid:", "grid:\n  - family: se", 16, lambda run: run.point.family == "se"),
    "another setting": ("[0.01, 0.04]", "[0.04, 0.01, 0.02]", 18, lambda run: run.proxy.optimizer.lr == 0.02),
    "a point twice": ("grid:", "grid:\n  - {family: weightnet, M: 2, G: 1}", 12, lambda run: False),
    "a time limit": ("epochs: 8", "epochs: 8\n  timeout: 60", 12, lambda run: False),
    "weights that are kept": ("epochs: 8", "epochs: 8\n  keep_weights: true", 12, lambda run: False),
    "retries": ("seeds: 2", "seeds: 2\nresources: {retries: 0}", 12, lambda run: False),
}  # fmt: skip


def change(text, what):
    old, new, *_ = WIDER[what]
    assert text.count(old) == 1
    return text.replace(old, new)


@pytest.mark.parametrize("what", WIDER)
def test_a_wider_space_asks_for_the_new_runs_only(what):
    *_, total, new = WIDER[what]
    wider = runs(change(SMALL, what))
    assert len({run.key for run in wider}) == len(wider) == total
    assert {run.key for run in OLD} < {run.key for run in wider} or total == len(OLD)
    left = missing(wider, [run.key for run in OLD])
    assert {run.key for run in left} == {run.key for run in wider if new(run)}


@pytest.mark.parametrize(("first", "second"), list(itertools.combinations(list(WIDER)[1:5], 2)))
def test_two_ways_of_widening_ask_for_at_least_what_each_asks_for(first, second):
    both = {run.key for run in runs(change(change(SMALL, first), second))}
    for what in (first, second):
        assert {run.key for run in runs(change(SMALL, what))} < both


def test_where_and_how_often_a_run_is_kept_is_in_its_work_only():
    run = OLD[0]
    plain, kept = Work((run,)), Work((run,), Storage("/somewhere", "/weights", 5.0))
    for work in (plain, kept):
        (read,) = Work.read(work.text()).runs
        assert (read.key, read.point, read.proxy, read.seed) == (run.key, run.point, run.proxy, run.seed)
    assert Work.read(kept.text()).storage == kept.storage
    assert plain.checkpoint(run) is None
    assert kept.weights(run) is None  # its recipe keeps none
    checkpoint = kept.checkpoint(run)
    assert (checkpoint._storage, checkpoint._key, checkpoint._interval) == ("/somewhere", run.key, 5)


def test_a_work_may_have_several_runs_of_a_point():
    same = [run for run in OLD if run.point == OLD[0].point]
    text = Work(tuple(same)).text()
    assert keys_of(text) == [run.key for run in same]
    assert Work.read(text).runs == tuple(same)


@pytest.mark.parametrize(("family", "backbone"), [("sk", "shufflenet_v2"), ("sk", "resnet18"), ("se", "shufflenet_v2")])
def test_the_numerics_of_a_family_are_in_the_keys_of_the_runs_that_they_change_only(family, backbone, monkeypatch):
    text = SMALL.replace("family: static", f"family: {family}").replace("shufflenet_v2", backbone)
    if backbone == "resnet18":
        text = text.replace("  stem_channels: 4\n  last_channels: 16\n", "")
    before = {run.key for run in runs(text)}
    monkeypatch.setattr("sweep.networks.sk.NUMERICS", 99)
    # two settings and two seeds of one point; the others are of another family
    assert len({run.key for run in runs(text)} - before) == (4 if (family, backbone) == ("sk", "shufflenet_v2") else 0)


def test_more_seeds_of_the_baseline_everywhere():
    planned = plan(Space.parse(YAML(typ="safe").load(change(SMALL, "more seeds of the baseline"))), traced=False)
    pool = PlannedRuns(planned).pool()
    expected = {(0, k, seed) for k in range(2) for seed in (0, 1, 4, 7, 9)}
    expected |= {(p, k, seed) for p in (1, 2) for k in range(2) for seed in (0, 1)}
    assert planned.points[0].label == "static"
    assert {(one.point, one.setting, one.seed) for one in pool.grid()} == expected
    assert planned.runs == pool.runs == len(pool.grid()) == 18
    assert {pool.key(one) for one in pool.grid()} == {run.key for run in wanted(planned)}
    alike = plan(Space.parse(YAML(typ="safe").load(SMALL)), traced=False)
    static = alike.passes.flops(float(alike.counts.flops[0]), float(alike.counts.first[0]))
    assert planned.training_flops == pytest.approx(alike.training_flops + 1.5 * static)
    assert describe(planned) == "3 points x 2 settings x 2 seeds, and 1 baseline x 2 settings x 3 more seeds = 18 runs"


@pytest.mark.parametrize(
    ("seeds", "count", "every", "of_baseline"),
    [
        ({"all": 3, "baseline": 9}, 5, 5, 9),
        ({"all": 3, "baseline": 9}, 12, 12, 12),
        ({"all": [4, 7], "baseline": [7, 4, 20]}, 4, [4, 7, 0, 1], [4, 7, 0, 1, 20]),
    ],
)
def test_run_with_more_seeds_keeps_those_of_the_baseline(seeds, count, every, of_baseline):
    space = Space.parse({**YAML(typ="safe").load(SMALL), "seeds": seeds}).with_seeds(count)
    expected = every if every == of_baseline else {"all": every, "baseline": of_baseline}
    assert space.data["seeds"] == expected
    assert Space.parse(space.data).seeds == space.seeds
    assert Space.recorded(space.data).extra_seeds == space.extra_seeds
