"""Sweeps whose runs keep their weights, done in this process: no Ray, the same worker."""

from ruamel.yaml import YAML
from small import SMALL

from sweep.costs import plan
from sweep.engine.ledger import Ledger, Row
from sweep.engine.places import own_place
from sweep.engine.runs import wanted
from sweep.engine.worker import do
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
    by_key = {run.key: run for run in runs}
    rows = []
    for run in filter(only, runs):
        outcome = do(run.payload(None, 60.0, weights or own_place(folder)))
        outcome.pop("checkpointed")
        rows.append(Row(by_key[outcome.pop("key")], **outcome))
    with Ledger.create(folder / "ledger.sqlite") as ledger:
        ledger.describe(planned.space.name, planned.space.data, planned.axes, by_key)
        ledger.record(rows)
    return folder / "ledger.sqlite"
