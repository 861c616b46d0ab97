"""The Kernels card, from networks that were really trained and kept."""

import shutil
from itertools import combinations

import numpy as np
import pytest
import torch
from kept import KEPT, runs_of, sweep
from scipy.spatial.distance import cosine

from sweep.analysis.study import Study
from sweep.engine.ledger import Ledger
from sweep.engine.places import note_place
from sweep.ledger_frame import frame
from sweep.networks import build
from sweep.proxy import DataError, StoredWeights, load
from sweep.report.cards import kernels as kernels_card
from sweep.report.figures import style

TEXT = KEPT.replace("[0.01, 0.04]", "[0.02]")


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    return sweep(tmp_path_factory.mktemp("kept") / "kept", TEXT).parent


@pytest.fixture
def folder(swept, tmp_path):
    return shutil.copytree(swept, tmp_path / "kept")


def framed(folder):
    with Ledger.open(folder / "ledger.sqlite") as ledger:
        return frame(ledger)


def card(folder):
    (found,) = kernels_card.cards(Study(framed(folder)))
    return found


def told(folder):
    """All that the card says."""
    found = card(folder)
    return " ".join([*found.says, found.waits, *found.notes])


def layers_by_hand(run, folder):
    """Kernels (samples, oup, ...) of each generated convolution, sample by sample, from the layer's definition."""
    point, facts = run.point, run.proxy.dataset.facts
    network = build(point, facts.channels, facts.classes)
    assert StoredWeights([str(folder / "weights")]).take(run.key, network)
    network.eval()
    data = load(run.proxy.dataset, point.image_size)
    found = {}

    def note(name, module, x, told):
        if point.family == "condconv":
            alpha = torch.sigmoid(module.routing(x.mean((2, 3))))
            bank = module.experts.weight[0]
            found.setdefault(name, []).append(torch.einsum("m,mk->k", alpha[0], bank).view(module.shape.kernel))
        else:
            alpha = told[0]
            groups, lam, _ = module.fc2.weight.shape
            made = [alpha[g * lam : (g + 1) * lam] @ module.fc2.weight[g] for g in range(groups)]
            found.setdefault(name, []).append(torch.cat(made).view(module.shape.kernel))

    for name, module in network.named_modules():
        if hasattr(module, "routing") or hasattr(module, "fc2"):
            module.register_forward_pre_hook(lambda module, given, name=name: note(name, module, *given))
    with torch.no_grad():
        for image in data.validation[:100]:
            network(((image - data.mean) / data.deviation)[None])
    return {name: torch.stack(kernels).numpy().astype(np.float64) for name, kernels in found.items()}


@pytest.mark.parametrize("family", ["condconv", "weightnet"])
def test_similarities_are_those_of_kernels_made_sample_by_sample(family, folder):
    run = next(run for run in runs_of(TEXT)[0] if run.point.family == family)
    rows = framed(folder).kernels.rows
    mine = rows[(rows["point"] == run.label) & (rows["seed"] == run.seed)].set_index("layer")
    truth = layers_by_hand(run, folder)
    assert mine.index.tolist() == list(truth)
    assert set(mine["family"]) == {family}
    assert mine["depth"].tolist() == list(range(1, len(truth) + 1))
    # the classes of the images have equal shares
    labels = load(run.proxy.dataset, 8).validation_labels[:100]
    assert torch.bincount(labels).tolist() == [10] * 10
    for name in (mine.index[0], mine.index[-1]):
        kernels = truth[name]
        some = kernels[:, :3]
        pairs = [1 - cosine(a.ravel(), b.ravel()) for o in range(3) for a, b in combinations(some[:, o], 2)]
        assert mine.loc[name, "samples"] == 100
        flat = kernels.reshape(*kernels.shape[:2], -1)
        units = flat / np.linalg.norm(flat, axis=-1, keepdims=True)
        per_filter = [(np.triu(units[:, o] @ units[:, o].T, 1).sum() / (100 * 99 / 2)) for o in range(flat.shape[1])]
        assert np.mean(per_filter[:3]) == pytest.approx(np.mean(pairs), abs=1e-6)
        assert mine.loc[name, "between_samples"] == pytest.approx(np.mean(per_filter), abs=1e-4)
        n = flat.shape[1]
        per_sample = [np.triu(one @ one.T, 1).sum() / (n * (n - 1) / 2) for one in units]
        assert mine.loc[name, "between_filters"] == pytest.approx(np.mean(per_sample), abs=1e-4)


def test_the_card_is_the_same_to_the_byte_found_anew_or_not(folder, tmp_path):
    texts = []
    for name in ("first", "again", "anew"):
        shown = card(folder)
        svg = style.save(shown.picture.figure, tmp_path / name, png=False)
        narrow = style.save(shown.picture.drawn(style.ONE_COLUMN), tmp_path / f"{name}-column", png=False)
        texts.append((shown.says, shown.notes, svg, narrow, shown.picture.data.to_csv()))
        if name == "again":
            (folder / "kernels-1.json").unlink()
    assert texts[0] == texts[1] == texts[2]
    assert "WeightNet’s have a mean cosine similarity of" in texts[0][0][0]
    assert "CondConv’s of" in texts[0][0][1]


def test_what_was_found_needs_neither_weights_nor_images(folder, monkeypatch):
    before = framed(folder).kernels
    shutil.rmtree(folder / "weights")
    monkeypatch.setattr("sweep.kept_kernels.load", lambda *_: pytest.fail("images were read"))
    after = framed(folder).kernels
    assert before.rows.equals(after.rows)
    assert after.without == 0


def test_missing_images_are_told_on_the_card(folder, monkeypatch):
    def gone(*_):
        raise DataError("the images of digits are not on this machine")

    monkeypatch.setattr("sweep.kept_kernels.load", gone)
    text = told(folder)
    assert "This waits for weights that can be looked at." in text
    assert "the images of digits are not on this machine" in text


def test_runs_without_weights_are_counted_and_told_what_to_do(folder):
    for run in runs_of(TEXT)[0]:
        if run.label == "weightnet M=1 G=1":
            (folder / "weights" / run.key).unlink()
    found = framed(folder).kernels
    assert (found.points, found.looked, found.without) == (3, 3, 1)
    text = told(folder)
    assert "1 point of 3 left no weights" in text
    assert "new folder (--results)" in text


def test_damaged_weights_are_told_and_set_aside(folder):
    run = next(run for run in runs_of(TEXT)[0] if run.label == "weightnet M=1 G=1")
    (folder / "weights" / run.key).write_bytes(b"half")
    assert "The weights of 1 run were damaged and set aside." in told(folder)
    # and again, now that they are
    assert "The weights of 1 run were damaged and set aside." in told(folder)
    assert (folder / "weights" / f"{run.key}.damaged").exists()


def test_a_sweep_that_keeps_none_says_how(tmp_path):
    path = sweep(tmp_path / "plain", TEXT.replace("  keep_weights: true\n", ""), only=lambda run: run.seed == 0)
    assert not (tmp_path / "plain/weights").exists()
    assert "proxy.keep_weights: true keeps those of runs that are done from then on" in told(path.parent)


def test_weights_elsewhere_are_found_where_they_were_noted(folder, tmp_path):
    before = framed(folder).kernels.rows
    (folder / "kernels-1.json").unlink()
    (folder / "weights").rename(tmp_path / "elsewhere")
    assert framed(folder).kernels.without == 3
    note_place(folder, str(tmp_path / "elsewhere"))
    assert framed(folder).kernels.rows.equals(before)
    # what is moved together stays together
    moved = tmp_path / "moved"
    moved.mkdir()
    folder.rename(moved / "kept")
    (tmp_path / "elsewhere").rename(moved / "elsewhere")
    (moved / "kept/kernels-1.json").unlink()
    assert framed(moved / "kept").kernels.rows.equals(before)


def test_a_folder_that_takes_no_note_costs_nothing(folder, monkeypatch):
    before = framed(folder).kernels.rows
    (folder / "kernels-1.json").write_text("{")
    folder.chmod(0o500)
    try:
        assert framed(folder).kernels.rows.equals(before)
    finally:
        folder.chmod(0o700)
