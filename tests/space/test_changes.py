import pytest
from ruamel.yaml import YAML

from sweep.space.changes import changes


@pytest.mark.parametrize(
    ("section", "old", "new", "said"),
    [
        ("seeds", {"all": 3, "baseline": 9}, 3, "seeds {all: 3, baseline: 9} -> 3"),
        ("seeds", [0, 2], {"all": [0, 2], "baseline": [0, 2, 5]}, "seeds [0, 2] -> {all: [0, 2], baseline: [0, 2, 5]}"),
        ("proxy", {"epochs": 10}, {"epochs": 3}, "proxy.epochs 10 -> 3"),
        ("proxy", {"flip": False}, {"flip": True}, "proxy.flip false -> true"),
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


def test_what_changes_no_run_is_not_told():
    known = {"classes": 2, "images": 10, "test_images": 0, "apart": 0, "fingerprint": "a"}
    dataset = {"name": "huggingface", "path": "a", "split": "train", "image_column": "image", "image_size": 8}
    old = {"proxy": {"epochs": 1, "timeout": 600, "dataset": {**dataset, "known": known}}}
    elsewhere = {**dataset, "path": "b", "split": "all", "image_column": "img", "config": "c", "known": known}
    new = {"proxy": {"epochs": 1, "timeout": 900, "keep_weights": True, "dataset": elsewhere}}
    assert changes(old, new) == ""
    others = {**known, "images": 12, "fingerprint": "b"}
    new = {"proxy": {"epochs": 2, "dataset": {**elsewhere, "image_size": 16, "known": others}}}
    assert changes(old, new) == (
        "proxy.epochs 1 -> 2, proxy.dataset.image_size 8 -> 16, proxy.dataset.known.fingerprint a -> b"
    )
