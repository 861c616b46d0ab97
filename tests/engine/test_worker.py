"""What a worker makes of a run: an outcome, whatever happens."""

from dataclasses import replace

from ruamel.yaml import YAML
from small import SMALL

from sweep.costs import plan
from sweep.engine.runs import wanted
from sweep.engine.worker import do
from sweep.proxy import train
from sweep.space import Space

RUN = wanted(plan(Space.parse(YAML(typ="safe").load(SMALL)), traced=False))[-1]


def test_a_run_is_done():
    result, truth = do(RUN.payload()), train(RUN.planned.point, RUN.proxy, RUN.seed)
    assert result["key"] == RUN.key
    assert (result["status"], result["error"], result["losses"]) == ("done", truth.error, truth.losses)
    assert result["versions"]["torch"].startswith("2.13.0")


def test_a_run_that_raises_is_a_failed_one():
    point = RUN.planned.point.model_copy(update={"stem_channels": 512})
    result = do(replace(RUN, planned=replace(RUN.planned, point=point)).payload())
    assert (result["status"], result["kind"], result["error"]) == ("failed", "NetworkError", None)
    assert result["message"].startswith("a stage of 12 channels cannot follow 512")


def test_a_run_that_leaves_the_numbers_has_diverged():
    optimizer = RUN.proxy.optimizer.model_copy(update={"name": "sgd", "lr": 1e30})
    result = do(replace(RUN, proxy=RUN.proxy.model_copy(update={"optimizer": optimizer})).payload())
    assert (result["status"], result["kind"], result["error"]) == ("diverged", "diverged", None)
    assert "epoch 1" in result["message"]
