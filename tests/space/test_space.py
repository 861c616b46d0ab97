"""What a space says, however it is spelled."""

import itertools
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from small import SMALL

from sweep.errors import SpaceError
from sweep.space import Point, Space, axes, baselines, expand, find, label, shipped

HEAD = {
    "name": "x",
    "network": {"width": 0.25, "stem_channels": 8, "image_size": 8},
    "proxy": {"dataset": "digits", "epochs": 1, "optimizer": {"lr": 0.1}},
}


def grid(*blocks, **more):
    return expand(Space.parse({**HEAD, "grid": list(blocks), **more}))


def points(*blocks, **more):
    return list(grid(*blocks, **more).points)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=3),
    st.lists(st.integers(1, 5), min_size=1, max_size=3),
    st.lists(st.sampled_from([0.25, 0.5, 1.0]), min_size=1, max_size=2),
)
def test_a_grid_is_the_union_of_its_blocks_products_each_point_once(gs, lams, widths):
    block = {"family": "weightnet", "G": gs, "lambda": lams, "width": widths}
    found = points({"family": "static"}, block, block)
    wanted = {(g * lam, g, w) for g, lam, w in itertools.product(gs, lams, widths)}
    assert len(found) == len(set(found)) == 1 + len(wanted)
    assert {(p.M, p.G, p.width) for p in found[1:]} == wanted


def test_lambda_stands_for_M_or_for_G():
    by_m = points({"family": "weightnet", "M": [4, 8], "G": 2})
    assert points({"family": "weightnet", "lambda": [2, 4], "G": 2}) == by_m
    assert points({"family": "weightnet", "lambda": 2, "M": [4]}) == by_m[:1]
    with pytest.raises(SpaceError, match="give two of M, G and lambda"):
        points({"family": "weightnet", "lambda": 2, "M": 4, "G": 2})


@pytest.mark.parametrize(
    ("network", "block"),
    [
        ({"M": 2, "G": 1, "lambda": 8}, {"width": [0.25, 0.5]}),
        ({"G": 2, "lambda": 4}, {"M": [4, 16]}),
        ({"G": 2, "lambda": 4}, {"M": [8, 16]}),
        ({"M": "1/2", "lambda": 4}, {"G": 2}),
        ({"M": 2, "G": 1}, {"lambda": [4]}),
    ],
)
def test_three_of_the_plane_that_contradict_one_another_are_refused(network, block):
    with pytest.raises(SpaceError, match=r"grid\[0\].*give two of M, G and lambda, found .* and [48]"):
        grid({"family": "weightnet", **block}, network={"image_size": 8, **network})


def test_three_of_the_plane_that_agree_are_one_point():
    by_two = grid({"family": "weightnet", "M": 8, "G": 2}, network={"image_size": 8})
    for network, block in (
        ({"G": 2, "lambda": 4}, {"M": [8]}),
        ({"M": "8/1", "G": 2, "lambda": 4}, {}),
        # two in a block override what the network says
        ({"G": 1, "M": 3, "lambda": 4}, {"M": 8, "G": 2}),
    ):
        found = grid({"family": "weightnet", **block}, network={"image_size": 8, **network})
        assert [*found.points] == [*by_two.points]


def test_fractions_are_exact():
    (point,) = points({"family": "weightnet", "M": "1/3", "G": "1/24"})
    assert (point.M, point.G, point.lam) == (Fraction(1, 3), Fraction(1, 24), 8)
    (point,) = points({"family": "weightnet", "M": 0.1, "G": "1/10"})
    assert point.lam == 1


def test_constraints_reject_before_a_point_must_make_sense():
    blocks = {"family": "static"}, {"family": "weightnet", "M": [1, 2], "G": [1, 2]}
    found = grid(*blocks, constraints={"lambda": {"min": 1}})
    assert [(p.M, p.G) for p in found.points] == [(None, None), (1, 1), (2, 1), (2, 2)]
    (rejected,) = found.rejections
    assert (rejected.point.M, rejected.point.G, rejected.constraint) == (1, 2, "lambda")
    assert "0.5 is under the minimum of 1 by 0.5 (50.0%)" in rejected.reason


def test_the_networks_family_parameters_are_for_those_who_use_them():
    network = {**HEAD["network"], "G": 2, "reduction": 8}
    static, se, weightnet = points({"family": ["static", "se"]}, {"family": "weightnet", "M": 4}, network=network)
    assert (static.G, static.value("reduction")) == (None, None)
    assert (se.value("reduction"), se.G) == (8, None)
    assert (weightnet.G, weightnet.M, weightnet.value("reduction")) == (2, 4, None)


def test_labels_name_what_varies():
    found = grid({"family": ["static", "se"], "width": [0.25, 0.5]}, {"family": "weightnet", "M": "1/2", "G": "1/4"})
    names = axes(found.listing, found.kept)
    assert names == ("family", "M", "G", "lambda", "width")
    labels = [label(p, names) for p in found.points]
    assert labels[0] == "static width=0.25"
    assert labels[-1] == "weightnet M=1/2 G=1/4 width=0.25"
    assert len(set(labels)) == len(found.points)


def test_a_baseline_agrees_on_what_is_not_the_familys_own():
    space = Space.parse(
        {
            **HEAD,
            "grid": [{"family": "static", "width": [0.25, 0.5]}, {"family": "se", "width": [0.25, 0.5, 1.0]}],
            "baseline": {"family": "static"},
        }
    )
    found = expand(space)
    pairs = baselines(space, found.listing, found.kept)
    widths = {}
    for number in found.kept:
        base = pairs.of(number)
        if base is not None:
            point = found.listing.point(number)
            widths[point.family, point.width] = found.listing.point(base).width
    assert widths == {
        ("static", 0.25): 0.25,
        ("static", 0.5): 0.5,
        ("se", 0.25): 0.25,
        ("se", 0.5): 0.5,
    }


def shuffled(value, draw):
    if isinstance(value, dict):
        keys = draw(st.permutations(list(value)))
        return {key: shuffled(value[key], draw) for key in keys}
    if isinstance(value, list):
        return [shuffled(item, draw) for item in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return draw(st.sampled_from([value, float(value)]))
    return value


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_order_of_keys_and_spelling_of_numbers_change_no_key(data):
    from sweep.costs import plan
    from sweep.engine.runs import wanted

    def keys(mapping):
        return [run.key for run in wanted(plan(Space.parse(mapping), traced=False))]

    plain = YAML(typ="safe").load(SMALL)
    truth = keys(plain)
    assert len(set(truth)) == 3 * 2 * 2
    other = data.draw(st.permutations([name for name in plain if name not in {"proxy", "network"}]))
    respelled = {name: plain[name] for name in other}
    respelled |= {name: shuffled(plain[name], data.draw) for name in ("network", "proxy")}
    respelled["network"]["repeats"] = plain["network"]["repeats"]
    for name in ("epochs", "batch_size", "dataset"):  # whole numbers stay whole once read from a file
        respelled["proxy"][name] = plain["proxy"][name]
    for name in ("image_size", "stem_channels", "last_channels"):
        respelled["network"][name] = plain["network"][name]
    assert keys(respelled) == truth


def test_a_files_spelling_changes_no_key(write):
    from sweep.costs import plan
    from sweep.engine.runs import wanted

    def keys(text):
        return {run.key for run in wanted(plan(Space.load(write(text)), traced=False))}

    respelled = SMALL.replace("0.125", "1.25e-1").replace("epochs: 8", "epochs: 8.0e0  # more would take longer")
    respelled = respelled.replace("M: [1, 2]", "M:\n    - 2.0\n    - 4/4").replace("lr: 0.02", "lr: 2e-2")
    assert keys(respelled) == keys(SMALL)
    assert keys(SMALL.replace("epochs: 8", "epochs: 2")).isdisjoint(keys(SMALL))


def test_anchors_and_merges_are_yaml_too(write):
    text = SMALL.replace("- family: weightnet", "- &w\n    family: weightnet").replace(
        "proxy:", "  - {<<: *w, M: 4}\nproxy:"
    )
    assert [p.M for p in expand(Space.load(write(text))).points] == [None, 1, 2, 4]


def test_what_a_point_is_made_of_is_enough_to_make_it_again():
    for point in points({"family": ["static", "se"]}, {"family": "weightnet", "M": "1/2", "G": "1/4"}):
        assert Point(**point.canonical()) == point


def test_shipped_spaces_load_and_are_found_by_name():
    assert "quick" in shipped()
    for name, path in shipped().items():
        assert find(name) == path
        assert Space.load(path).name == name
        assert Space.load(path).about
