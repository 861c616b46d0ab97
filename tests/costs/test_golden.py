"""The counts of every shipped space, as they were when somebody last looked: `make golden` writes them anew."""

import json
from pathlib import Path

import pytest

from sweep.costs import plan
from sweep.space import Space, shipped

GOLDEN = Path(__file__).parents[1] / "golden"


#: Of a larger space the file holds the sums.
MOST = 1000


def counts(name):
    found = plan(Space.load(shipped()[name]), traced=0)
    if len(found.points) > MOST:
        sums = [int(getattr(found.counts, cost)[found.kept].sum()) for cost in ("params", "flops", "activations")]
        return {f"all {len(found.points)} points together": sums, "rejected": [len(found.rejected)]}
    rows = found.rows()
    return {row["point"]: [row["params"], row["flops"], row["activations"]] for row in rows}


def test_every_shipped_space_has_its_golden_file():
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(shipped())


@pytest.mark.parametrize("name", shipped())
def test_counts_are_what_they_were(name):
    golden, ours = json.loads((GOLDEN / f"{name}.json").read_text()), counts(name)
    changed = [
        f"{point}: {golden.get(point)} -> {ours.get(point)}"
        for point in golden | ours
        if golden.get(point) != ours.get(point)
    ]
    assert not changed, "\n".join(changed)


if __name__ == "__main__":
    for name in shipped():
        lines = ",\n".join(f" {json.dumps(point)}: {json.dumps(row)}" for point, row in counts(name).items())
        (GOLDEN / f"{name}.json").write_text(f"{{\n{lines}\n}}\n")
