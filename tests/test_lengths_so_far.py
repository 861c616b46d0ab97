"""How far a sweep of several lengths is: points stand and lead by the length that is judged."""

from ledgers import describe, result
from ruamel.yaml import YAML
from small import SMALL

from sweep import status
from sweep.costs import plan
from sweep.engine.ledger import Ledger
from sweep.engine.runs import wanted
from sweep.leader import judged_recipes
from sweep.meter import Meter
from sweep.space import Space


def row(run, error):
    return result(run, "done", error, (), 1.0)


def test_of_several_lengths_one_is_judged(tmp_path):
    """A short run of a point is lower than any long one: it is on no front, and leads nothing."""
    space = Space.parse({**YAML(typ="safe").load(SMALL), "lengths": [4, 8]})
    planned = plan(space, traced=False)
    runs = wanted(planned)
    short, long = ([run for run in runs if run.proxy.epochs == epochs] for epochs in (4, 8))
    errors = {run.key: 20.0 + place for place, run in enumerate(long)} | {run.key: 5.0 for run in short}
    with Ledger.create(tmp_path / "small/ledger.sqlite") as ledger:
        describe(ledger, planned, "small", runs)
        ledger.record([row(run, errors[run.key]) for run in runs])
    found = status("small", results=tmp_path)
    assert found.front
    assert min(leader.error for leader in found.front) >= 20.0
    meter = Meter(len(runs), 2, judged=judged_recipes(space))
    for run in runs:
        meter.add(run, row(run, errors[run.key]))
    assert meter.landed == len(runs)
    assert meter.leader.leading.error >= 20.0
    known = [(run.label, run.setting, errors[run.key]) for run in runs]
    assert Meter(1, 2, known, judged=judged_recipes(space)).leader.leading == meter.leader.leading
    assert judged_recipes(Space.parse(YAML(typ="safe").load(SMALL))) is None
