import dataclasses

from report.frames import quick
from sweep.analysis.study import Study
from sweep.report.cards import run as run_card


def card(**changes):
    (found,) = run_card.cards(Study(dataclasses.replace(quick(), **changes)))
    return found


def test_what_every_run_shares_is_listed():
    facts = {row[0].text: row[1].text for row in card().tables[0].rows}
    assert facts["recipe · optimizer.weight_decay"] == "0.05"
    assert facts["nuisance · optimizer.lr"] == "0.01, 0.03, 0.09"
    assert facts["seeds"] == "0, 1, 2"
    assert facts["version · torch"] == "2.13.0"


def test_what_is_listed_elsewhere_is_not_listed_twice():
    recipe = {"dataset": {"name": "digits"}, "optimizer": {"name": "adamw", "lr": 0.01}}
    facts = [row[0].text for row in card(recipe=recipe).tables[0].rows]
    assert [fact for fact in facts if fact.startswith("recipe")] == ["recipe · optimizer.name"]


def test_counts_and_runs_not_asked_for_are_said():
    says = card(unasked=7).says
    assert says == (
        "90 runs asked for: 90 done, 0 failed, 0 diverged, 0 missing.",
        "Closed form and fvcore agree on all 10 points.",
        "The ledger holds 7 runs more that this space does not ask for.",
    )
    assert len(card(counts="").says) == 1


def test_every_failure_has_its_reason():
    runs = quick().runs.copy()
    runs.loc[[3, 4], ["status", "kind", "message"]] = ["failed", "memory", "it did not fit"]
    runs.loc[5, ["status", "kind", "message"]] = ["diverged", "diverged", "loss is NaN"]
    table = card(runs=runs).tables[1]
    assert table.caption == "3 failed runs"
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["static", "learning rate 0.03", "0", "failed (memory)", "it did not fit"],
        ["static", "learning rate 0.03", "1", "failed (memory)", "it did not fit"],
        ["static", "learning rate 0.03", "2", "diverged", "loss is NaN"],
    ]


def test_of_many_failures_the_first_are_listed():
    runs = quick(seeds=4).runs.assign(status="failed", kind="crash", message="")
    table = card(runs=runs).tables[1]
    assert len(table.rows) == run_card.LISTED
    assert table.caption == "120 failed runs, of which the first 100 are listed"


def test_nested_settings_are_dotted():
    assert list(run_card.flatten({"a": {"b": 1, "c": [2, 3]}, "d": None})) == [
        ("a.b", "1"),
        ("a.c", "2, 3"),
        ("d", "–"),
    ]


def test_operations_without_a_count_are_named_with_their_points():
    some = ("weightnet M=1 G=1", "weightnet M=2 G=1")
    every = tuple(dict.fromkeys(quick().runs["point"]))
    uncounted = {"lstm": some, "gru": some, "bilinear": every, "add": every, "silu_": every, "layer_norm": some}
    says = card(uncounted=uncounted).says
    assert says[2:] == (
        "FLOPs of weightnet M=1 G=1, weightnet M=2 G=1 leave out lstm and gru: fvcore has no count for that.",
        "FLOPs of all points leave out bilinear: fvcore has no count for that.",
    )
    assert not any("leave out" in sentence for sentence in card(uncounted={"add": every}).says)
