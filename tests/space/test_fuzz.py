"""Spaces with anything anywhere: a space or a SpaceError, never another exception, and never long.

WN_SWEEP_FUZZ says how many examples to try; `make test-fuzz` tries many.
"""

import contextlib
import os
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from small import SMALL

from sweep.errors import SpaceError
from sweep.space import Space, expand
from sweep.space.json_schema import schema

EXAMPLES = int(os.environ.get("WN_SWEEP_FUZZ", "300"))
SPACE = YAML(typ="safe").load(SMALL)


def keys_of(node):
    """Every key that the schema knows."""
    if isinstance(node, dict):
        for name, inner in node.items():
            if name == "properties":
                yield from inner
            yield from keys_of(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from keys_of(inner)


KEYS = sorted(set(keys_of(schema())))
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 20),
    st.integers(),
    st.floats(),
    st.sampled_from(
        [10**400, -(10**400), 2**63, 1e308, 1e-308, "1/0", "1/3", "a.b:c", "os:system", "~nosuchuser/x", "all"]
    ),
    st.text(max_size=8),
    st.sampled_from([*KEYS, "weightnet", "condconv", "resnet18", "sgd", "cosine", "cifar10", "imagefolder", "paper"]),
)
NAMES = st.one_of(st.sampled_from(KEYS), st.text(max_size=5))
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)


def places(node, path=()):
    """Every place in a space."""
    yield path
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, inner in items:
        yield from places(inner, (*path, key))


def changed(node, path, what, name):
    """The space with another value at a place, or one key more there."""
    if not path:
        return {**node, name: what} if isinstance(node, dict) and name is not None else what
    key, *deeper = path
    copy = dict(node) if isinstance(node, dict) else list(node)
    copy[key] = changed(node[key], deeper, what, name)
    return copy


@pytest.mark.timeout(7200)
@given(st.data())
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_anything_anywhere_is_a_space_or_a_mistake(data):
    space = SPACE
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(list(places(space))[1:]))
        space = changed(space, path, data.draw(ANYTHING), data.draw(st.none() | NAMES))
    started = time.perf_counter()
    with contextlib.suppress(SpaceError):
        expand(Space.parse(space))
    assert time.perf_counter() - started < 10
