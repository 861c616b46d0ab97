import pytest
from ruamel.yaml import YAML

from sweep.space.changes import changes


@pytest.mark.parametrize(
    ("section", "old", "new", "said"),
    [
        ("seeds", {"all": 3, "baseline": 9}, 3, "seeds {all: 3, baseline: 9} -> 3"),
        ("seeds", [0, 2], {"all": [0, 2], "baseline": [0, 2, 5]}, "seeds [0, 2] -> {all: [0, 2], baseline: [0, 2, 5]}"),
        ("proxy", {"epochs": 10}, {"epochs": 3}, "proxy.epochs 10 -> 3"),
        ("proxy", {"keep_weights": False}, {"keep_weights": True}, "proxy.keep_weights false -> true"),
        ("proxy", {}, {"augment": {"shift": 1}}, "proxy.augment nothing -> {shift: 1}"),
    ],
)
def test_values_are_written_as_a_space_has_them(section, old, new, said):
    assert changes({section: old}, {section: new}) == said
    *_, after = said.partition(" -> ")
    made = new
    while isinstance(made, dict) and section == "proxy":
        (made,) = made.values()
        section = ""
    assert YAML(typ="safe").load(after) == made


def test_long_values_are_cut_and_many_differences_counted():
    old, new = {"proxy": dict.fromkeys("abcde", 1)}, {"proxy": dict.fromkeys("abcde", 2)}
    assert changes(old, new) == "proxy.a 1 -> 2, proxy.b 1 -> 2, proxy.c 1 -> 2 and 2 more"
    assert changes({"seeds": [*range(100)]}, {"seeds": 1}).endswith("... -> 1")
    assert changes({"name": "a"}, {"name": "b"}) == ""
