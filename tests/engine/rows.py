"""Results of the runs of the small space."""

from dataclasses import replace

from ledgers import result
from ruamel.yaml import YAML
from small import SMALL

from sweep.costs import plan
from sweep.engine.runs import wanted
from sweep.space import Space

PLAN = plan(Space.parse(YAML(typ="safe").load(SMALL)), traced=False)
RUNS = wanted(PLAN)


def done(run, error=12.5):
    return replace(result(run, "done", error, versions={"torch": "2"}), loss=error / 10)


def failed(run):
    return result(run, "failed", losses=(), seconds=0.0, kind="worker died", message="killed")
