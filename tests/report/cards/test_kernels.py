import dataclasses

import numpy as np
import pandas as pd
import pytest

from report.frames import quick
from sweep.analysis.kernel_families import similarities
from sweep.analysis.study import Study
from sweep.analysis.sweep_frame import Kernels
from sweep.report.cards import kernels as kernels_card
from sweep.report.figures import style

LAYERS = [f"blocks.{i}.branch.{j}.conv" for i in range(2) for j in range(3)]


def made(points, seeds=3):
    """Rows of points ('weightnet a': layers), with numbers drawn about a mean of each family."""
    rng = np.random.default_rng(0)
    rows = []
    for point, layers in points.items():
        family = point.split()[0]
        for seed in range(seeds):
            for depth, layer in enumerate(layers, 1):
                alike = (0.9 if family == "weightnet" else 0.98) + rng.normal(0, 0.01)
                rows.append([point, seed, family, layer, depth, 100, 8, alike, alike, alike, alike / 3, 0.0, 1.0])
    names = ["point", "seed", "family", "layer", "depth", "samples", "filters"]
    names += [f"{name}{end}" for name in ("between_samples", "between_filters") for end in ("", "_low", "_high")]
    return pd.DataFrame(rows, columns=names)


def card(kernels, **recipe):
    frame = dataclasses.replace(quick(), kernels=kernels, recipe=recipe)
    (found,) = kernels_card.cards(Study(frame))
    return found


BOTH = made({"weightnet a": LAYERS, "weightnet b": LAYERS[:2] + LAYERS[3:], "condconv c": LAYERS})


def test_the_sentences_are_the_means_of_the_rows():
    shown = card(Kernels(BOTH, 3, 3))
    for says, measure in zip(shown.says, ("between_samples", "between_filters"), strict=True):
        of = {
            point: [np.mean(list(mine.loc[mine["seed"] == seed, measure])) for seed in range(3)]
            for point, mine in BOTH.groupby("point")
        }
        weightnet = np.mean([of["weightnet a"], of["weightnet b"]], axis=0)
        apart = np.array(of["condconv c"]) - weightnet
        assert f"WeightNet’s have a mean cosine similarity of {weightnet.mean():.3f}" in says
        assert f"CondConv’s of {np.mean(of['condconv c']):.3f}" in says
        half = 4.302652729911275 * apart.std(ddof=1) / 3**0.5  # Student's t of two degrees of freedom
        low, high = apart.mean() - half, apart.mean() + half
        assert f"less alike by {apart.mean():.3f} [{low:.3f},\N{NO-BREAK SPACE}{high:.3f}] (3 seeds, paired)" in says


def test_every_point_and_the_mean_of_each_family_are_drawn_on_one_scale():
    shown = card(Kernels(BOTH, 3, 3))
    for figure in (shown.picture.figure, shown.picture.drawn(style.ONE_COLUMN)):
        one, two = figure.axes
        assert one.get_ylim() == two.get_ylim()
        assert len(one.lines) == len(two.lines) == 3 + 2
        means = BOTH[BOTH["family"] == "weightnet"].groupby(["point", "layer"])["between_samples"].mean()
        bold = [line for line in one.lines if line.get_linewidth() > 1]
        drawn = next(line for line in bold if line.get_ydata()[0] < 0.95)
        assert list(drawn.get_ydata()) == pytest.approx([means[:, layer].mean() for layer in LAYERS])
        assert list(drawn.get_xdata()) == [1, 2, 3, 4, 5, 6]


def test_a_layer_that_some_networks_have_stands_where_it_is_computed():
    rows = made({"weightnet a": ["x.0", "x.2"], "weightnet b": ["x.0", "x.1", "x.2"], "condconv c": ["y", "x.0"]})
    assert similarities(Kernels(rows)).layers == ("y", "x.0", "x.1", "x.2")


def test_one_family_alone_is_compared_with_nothing():
    shown = card(Kernels(BOTH[BOTH["family"] == "weightnet"], 2, 2))
    assert "alike by" not in " ".join(shown.says)
    assert "CondConv" not in " ".join(shown.says)


@pytest.mark.parametrize(
    ("kernels", "recipe", "told"),
    [
        (None, {}, "This waits for points of weightnet or condconv"),
        (Kernels(BOTH[:0]), {}, "waits for a finished run"),
        (Kernels(BOTH[:0], 3, 3, 3), {}, "proxy.keep_weights: true keeps those of runs that are done from then on"),
        (Kernels(BOTH[:0], 3, 3, 3), {"keep_weights": True}, "were done without keeping them"),
        (Kernels(BOTH[:0], 3, 3, 1, damaged=2), {}, "The weights of 2 runs were damaged and set aside."),
        (Kernels(BOTH[:0], 3, 3, 0, trouble="there are no images"), {}, "there are no images."),
        (Kernels(BOTH[:0], 3, 3, 0), {}, "none of those that were looked at does"),
    ],
    ids=["nothing generated", "nothing done", "not kept", "kept too late", "damaged", "no images", "no such layer"],
)
def test_what_it_waits_for(kernels, recipe, told):
    shown = card(kernels, **recipe)
    assert told in shown.waits
    assert shown.picture is None


def test_what_is_left_out_is_counted():
    notes = " ".join(card(Kernels(BOTH, 20, 12, 4, 1)).notes)
    assert "Of 20 points 12 were looked at, evenly chosen." in notes
    assert "4 points of 12 left no weights" in notes
    assert "The weights of 1 run were damaged" in notes


def test_points_without_a_seed_in_common_are_drawn_and_not_averaged():
    rows = BOTH[(BOTH["point"] != "weightnet a") | (BOTH["seed"] == 1)]
    rows = rows[(rows["point"] != "weightnet b") | (rows["seed"] == 0)]
    shown = card(Kernels(rows, 3, 3))
    assert shown.picture is not None
    assert all("CondConv’s have" in says and "WeightNet" not in says and "–" not in says for says in shown.says)
    alone = rows[rows["family"] == "weightnet"]
    assert card(Kernels(alone, 2, 2)).says == ()
