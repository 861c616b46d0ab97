"""Sweeps whose runs keep their weights, done in this process: no Ray, the same training."""

from ledgers import describe, result
from ruamel.yaml import YAML
from small import SMALL

from sweep.costs import plan
from sweep.engine.ledger import Ledger
from sweep.engine.places import own_place
from sweep.engine.runs import wanted
from sweep.proxy import Weights, train
from sweep.space import Space

#: WeightNet and CondConv beside a static network, two seeds and two rates, in two epochs.
KEPT = (
    SMALL.replace("epochs: 8", "epochs: 2\n  keep_weights: true")
    .replace("name: small", "name: kept")
    .replace("grid:\n", "grid:\n  - {family: condconv, experts: 2}\n")
)


def runs_of(text):
    """All runs of a space, and its plan."""
    planned = plan(Space.parse(YAML(typ="safe").load(text)), traced=False)
    return wanted(planned), planned


def sweep(folder, text=KEPT, weights=None, only=lambda run: True):
    """Do a space's runs into FOLDER/ledger.sqlite, and give the ledger's path."""
    runs, planned = runs_of(text)
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for run in filter(only, runs):
        left = Weights(weights or own_place(folder), run.key) if run.proxy.keep_weights else None
        done = train(run.point, run.proxy, run.seed, None, left)
        rows.append(result(run, done.status, done.error, done.losses, done.seconds))
    with Ledger.create(folder / "ledger.sqlite") as ledger:
        describe(ledger, planned)
        ledger.record(rows)
    return folder / "ledger.sqlite"
