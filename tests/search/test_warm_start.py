"""A search begins with what a merged ledger holds, by the commands that a person gives."""

import pytest
from small import SMALL

from sweep.engine.ledger import Ledger

SPACE = SMALL.replace("epochs: 8", "epochs: 1").replace("M: [1, 2]", "M: [1, 2, 4]")
#: Of the grid that is merged: fewer points, and more seeds.
GRID = SPACE.replace("name: small", "name: first").replace("M: [1, 2, 4]", "M: [1, 4]").replace("seeds: 2", "seeds: 3")
#: Another search, whose finalists have fresh seeds.
OTHER = SPACE.replace("name: small", "name: second") + "strategy: {name: random, runs: 8, confirm: 2}\n"


def ledger_of(folder, name):
    with Ledger.open(folder / "results" / name / "ledger.sqlite") as ledger:
        return ledger.asks(), ledger.outcomes()


@pytest.fixture
def merged(write, command, tmp_path):
    """Run two sweeps and merge them into one that was never run: its runs."""
    for name, text in (("first", GRID), ("second", OTHER)):
        write(text, f"{name}.yaml")
        code, _, err = command("run", f"{name}.yaml", "--inline", "--no-report")
        assert code == 0, err
    assert command("merge", "first", "second", "--into", "small")[0] == 0
    return ledger_of(tmp_path, "small")[1]


@pytest.mark.parametrize(
    ("strategy", "budget"),
    [("{name: tpe, runs: 22, confirm: 2}", 22), ("racing", None)],
)
def test_a_search_begins_with_what_was_merged(strategy, budget, merged, write, command, tmp_path):
    write(SPACE + f"strategy: {strategy}\n", "small.yaml")
    write((SPACE + f"strategy: {strategy}\n").replace("name: small", "name: cold"), "cold.yaml")
    assert len(merged) > 12
    code, _, err = command("run", "small.yaml", "--inline", "--no-report")
    assert code == 0, err
    asks, landed = ledger_of(tmp_path, "small")
    # nothing is trained anew
    assert {key: landed[key] for key in merged} == merged
    present = [ask for ask in asks if ask.present]
    name = present[-1].origin["strategy"]
    chosen = [ask for ask in present if ask.origin.get("strategy") == name]
    known = [ask for ask in present if ask not in chosen]
    # what others explored with the seeds of the space comes first, and so do their fresh seeds
    assert known == present[: len(known)]
    assert {ask.phase for ask in known} == {"explore", "confirm"}
    assert all(ask.seed in (0, 1) for ask in known if ask.phase == "explore")
    assert all(ask.seed > 1 for ask in asks if ask.present and ask.phase == "confirm")
    if budget is not None:
        assert len(present) <= budget
    trained = len(landed) - len(merged)
    assert 0 < trained < len(present)
    # a search that begins with nothing chooses other runs
    assert command("run", "cold.yaml", "--inline", "--no-report")[0] == 0
    cold = [(ask.point, ask.recipe, ask.seed) for ask in ledger_of(tmp_path, "cold")[0]]
    assert [(ask.point, ask.recipe, ask.seed) for ask in chosen] != cold[: len(chosen)]
    code, out, _ = command("status", "small")
    explored = sum(ask.phase == "explore" for ask in present)
    assert f"{name}: {explored} explored, {len(present) - explored} with fresh seeds" in out
