"""Families as registries hold them, and the canonical texts of points and recipes of ledgers that exist."""

import json
import sqlite3
from dataclasses import fields
from pathlib import Path

import pytest
from pydantic import ValidationError

from sweep.networks.families import FAMILIES as MODULES
from sweep.report.figures.style import families as looks
from sweep.space import Point, Proxy, Space, canonical
from sweep.space.families import FAMILIES
from sweep.space.mistakes import messages

#: Those of before, whose tables hold every text.
LEDGERS = [Path(__file__).parents[1] / "golden" / "ledgers" / name / "ledger.sqlite" for name in ("fashion", "quick")]


@pytest.fixture(params=LEDGERS, ids=lambda path: path.parent.name)
def ledger(request):
    with sqlite3.connect(f"{request.param.as_uri()}?mode=ro&immutable=1", uri=True) as database:
        yield database
    database.close()


def test_points_of_golden_ledgers_have_their_texts(ledger):
    texts = [text for (text,) in ledger.execute("SELECT DISTINCT point FROM runs")]
    assert len(texts) >= 5
    for text in texts:
        assert canonical(Point(**json.loads(text)).canonical()) == text


def test_recipes_of_golden_ledgers_have_their_texts(ledger):
    texts = [text for (text,) in ledger.execute("SELECT DISTINCT recipe FROM runs")]
    assert len(texts) >= 2
    for text in texts:
        assert canonical(Proxy(**json.loads(text)).decisive()) == text


def test_every_family_has_keys_a_module_and_a_look():
    assert FAMILIES.keys() == MODULES.keys()
    for name, module in MODULES.items():
        assert {field.name for field in fields(module)} <= FAMILIES[name].model_fields.keys()
    # one that no figure knows gets a look that no other has
    known = looks([*FAMILIES, "new"])
    assert known.keys() == {*FAMILIES, "new"}
    assert len(set(known.values())) == len(known)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_key_of_another_family_is_no_key_of_this_one(family):
    keys = {"M": 2, "G": 1, "experts": 2, "reduction": 4, "stages": "last", "depthwise": "static"}
    own = {key: value for key, value in keys.items() if key in FAMILIES[family].model_fields}
    assert Point(family=family, **own).canonical().keys() >= own.keys()
    for key in keys.keys() - own.keys():
        with pytest.raises(ValidationError) as caught:
            Point(family=family, **own, **{key: keys[key]})
        ((where, what),) = messages(caught.value.errors(), Point)
        assert where == (key,)
        assert what.startswith(f"{key} is not supported with family {family}, only with ")


def test_a_default_is_left_out_so_that_a_key_of_a_later_version_changes_no_text():
    short = Point(family="condconv", experts=2).resolved(8)
    assert short == Point(family="condconv", experts=2, stages="all", depthwise="generated").resolved(8)
    assert not {"stages", "depthwise"} & short.canonical().keys()


@pytest.mark.parametrize(
    ("keys", "texts"),
    [
        ({}, ["family weightnet needs M and G (or lambda and one of them)"]),
        ({"M": 2}, ["family weightnet needs G (or lambda and one of them)"]),
        ({"M": 2, "G": 0}, ["must be over 0 and at most 4096, found 0"]),
    ],
)
def test_what_a_family_needs(keys, texts):
    with pytest.raises(ValidationError) as caught:
        Point(family="weightnet", **keys)
    assert [what for _, what in messages(caught.value.errors(), Point)] == texts


def test_copies_and_dumps_are_as_flat_as_the_file():
    point = Point(family="weightnet", M=2, G=1)
    assert point.model_copy(update={"M": 4}) == Point(family="weightnet", M=4, G=1)
    assert point.model_copy(update={"width": 0.5}).width == 0.5
    assert {"family", "M", "G", "width"} <= point.model_dump().keys()
    assert "chosen" not in dict(point)
    with pytest.raises(ValidationError, match="unknown key 'chosen'"):
        Point(chosen={"family": "static"})
    with pytest.raises(ValidationError):
        point.model_copy(update={"experts": 2})


def test_validation_opens_no_file_and_imports_no_module(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("validation looks at something")

    monkeypatch.setattr("builtins.open", refuse)
    monkeypatch.setattr("io.open", refuse)
    monkeypatch.setattr("os.scandir", refuse)
    monkeypatch.setattr("sweep.space.own_module.load", refuse)
    dataset = {"name": "imagefolder", "path": "/nowhere", "image_size": 8}
    proxy = {"dataset": dataset, "epochs": 1, "optimizer": {"lr": 1}}
    Space(name="x", network={"backbone": "nowhere:net"}, grid=[{}], proxy=proxy)
