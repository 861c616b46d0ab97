"""Spaces that would take for ever, or that nothing can hold: refused at once, with what is too much."""

import time

import pytest
from small import SMALL

from sweep.errors import SpaceError
from sweep.space import Space, expand, find
from sweep.space.source import read

RANGE = "{low: 0.001, high: 1, count: 100000}"
THOUSAND = list(range(1, 1001))
CASES = {
    # what is too much: (text to replace, by what, what must be said)
    "two nuisance lists": (
        "optimizer.lr: [0.01, 0.04]",
        f"optimizer.lr: {THOUSAND}\n  batch_size: {[n + 1 for n in THOUSAND]}",
        "space.yaml:20: nuisance: has 1,000,000 settings, more than the 10,000",
    ),
    "three ranges": (
        "M: [1, 2]\n    G: 1",
        f"M: {RANGE}\n    G: {RANGE}\n    width: {RANGE}",
        "space.yaml:10: grid: has 1,000,000,000,000,001 points, more than the 10,000,000",
    ),
    "lists of everything": (
        "M: [1, 2]",
        f"M: {THOUSAND}\n    width: {THOUSAND}\n    image_size: {THOUSAND}",
        "grid: has 1,000,000,001 points",
    ),
    "epochs of 401 digits": (
        "epochs: 8",
        f"epochs: 1{'0' * 400}",
        "proxy.epochs: a whole number of 401 digits",
    ),
    "epochs of a sweep that never ends": ("epochs: 8", "epochs: 100000000", "proxy.epochs: must be at most 1000000"),
    "a bound of 401 digits": (
        "seeds: 2",
        f"constraints: {{flops: {{max: 1{'0' * 400}}}}}",
        "of 401 digits",
    ),
    "nobody's home": (
        "{name: digits, train: 200, validation: 100}",
        "{name: imagefolder, path: ~nosuchuser/x, image_size: 8}",
        "proxy.dataset.path: there is no user whose home '~nosuchuser/x' could be in",
    ),
    "a path of 5,000 letters": (
        "{name: digits, train: 200, validation: 100}",
        f"{{name: imagefolder, path: {'x' * 5000}, image_size: 8}}",
        "proxy.dataset",
    ),
    "a file name of 5,000 letters": ("seeds: 2", f"published: {'x' * 5000}", "published: no file xxx"),
    "a module of 5,000 letters": (
        "backbone: shufflenet_v2",
        f"backbone: {'x' * 5000}:net",
        "there is no module",
    ),
    "a zero byte in a path": ("seeds: 2", 'published: "a\\0b"', "published: no file a"),
}


@pytest.mark.parametrize("what", CASES)
def test_it_is_refused_within_a_second(what, write):
    old, new, told = CASES[what]
    assert old in SMALL
    path = write(SMALL.replace(old, new, 1))
    started = time.process_time()
    with pytest.raises(SpaceError) as caught:
        expand(Space.load(path))
    assert time.process_time() - started < 1
    assert told in str(caught.value)
    assert max(map(len, caught.value.mistakes)) < 6000


def test_a_range_over_all_that_floats_can_say(write):
    """It has values, of which none is a width; told, and no bug."""
    text = SMALL.replace("    M: [1, 2]", "    M: 1\n    width: {low: 1e-308, high: 1e308, count: 5, log: true}")
    with pytest.raises(SpaceError, match=r"grid\[1\]\.width\[3\]: must be at most 16"):
        Space.load(write(text))


def merged(levels, each):
    text = "a0: &a0 {x: 1, y: 2}\n"
    return text + "".join(f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * each)}]}}\n" for i in range(1, levels))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (merged(12, 10), "stands for 592,592,592,601 values, more than the 100,000 of a space"),
        (merged(40, 2), "values, more than the 100,000 of a space"),
        ("a: " + "[" * 100_000, "nested more than 100 deep"),
        ("a: " + "{b: " * 5000 + "1", "nested more than 100 deep"),
        ("a: " + "- " * 5000 + "1", "nested more than 100 deep"),
        ("\0" * (5 << 20), "more than 4,194,304 bytes"),
        ("a: &a [*a]", None),
    ],
    ids=["merges", "doubled merges", "lists", "mappings", "items", "bytes", "itself"],
)
def test_a_file_that_stands_for_more_than_it_looks_is_refused_within_a_second(text, told, tmp_path):
    path = tmp_path / "space.yaml"
    path.write_text(text)
    started = time.process_time()
    if told is None:
        assert read(path)
    else:
        with pytest.raises(SpaceError) as caught:
            read(path)
        assert told in str(caught.value)
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("/dev/zero", "/dev/zero:1: more than 4,194,304 bytes"),
        ("x" * 5000, "no such file"),
        ("a\0b", "no such file"),
    ],
    ids=["device", "long", "zero byte"],
)
def test_what_is_no_file_is_refused_at_once(name, told):
    started = time.process_time()
    with pytest.raises(SpaceError) as caught:
        Space.load(find(name))
    assert time.process_time() - started < 1
    assert told in str(caught.value)
