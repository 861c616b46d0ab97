"""Final weights: those that the error was measured with, whole or not at all, and of no influence on any run."""

import itertools
import os
from dataclasses import replace

import fsspec
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from kept import KEPT, runs_of

from sweep.engine.work import Storage, Work
from sweep.engine.worker import do
from sweep.networks import build
from sweep.proxy import StoredWeights, Weights, load, train
from sweep.proxy.stored import put

RUNS = runs_of(KEPT)[0]
RUN = next(run for run in RUNS if run.label.startswith("weightnet"))
_names = itertools.count()


def changed(run=RUN, **recipe):
    return replace(run, proxy=run.proxy.model_copy(update=recipe), texts=None)


def done_by(run, weights):
    """What a worker makes of a run whose weights are left in a storage."""
    (result,) = do(Work((run,), Storage(f"{weights}-checkpoints", weights)).text())
    return result


def empty(run=RUN):
    point, facts = run.point, run.proxy.dataset.facts
    return build(point, facts.channels, facts.classes)


def errors_by_hand(network, run):
    """Wrong answers in per cent, an image at a time."""
    data = load(run.proxy.dataset, run.point.image_size)
    network.eval()
    wrong = 0
    with torch.no_grad():
        for image, label in zip(data.validation, data.validation_labels, strict=True):
            pixels = (image.float() - data.mean) / data.deviation
            wrong += int(network(pixels[None])[0].argmax() != label)
    return 100 * wrong / len(data.validation)


@pytest.mark.parametrize("recipe", [{}, dict(ema=0.9)], ids=["plain", "averaged"])
@pytest.mark.parametrize("family", ["static", "weightnet", "condconv"])
def test_the_weights_are_those_that_the_error_was_measured_with(family, recipe, tmp_path):
    run = changed(next(run for run in RUNS if run.point.family == family), **recipe)
    done = done_by(run, str(tmp_path))
    network = empty(run)
    stored = StoredWeights([str(tmp_path)])
    assert stored.has(run.key)
    assert stored.take(run.key, network)
    assert errors_by_hand(network, run) == pytest.approx(done.error)
    assert done.message == ""


def test_keeping_them_changes_neither_keys_nor_outcomes(tmp_path):
    kept, plain = changed(), changed(keep_weights=False)
    assert kept.key == plain.key
    first, second = done_by(kept, str(tmp_path)), done_by(plain, str(tmp_path / "none"))
    assert [getattr(first, name) for name in ("status", "error", "losses", "message")] == [
        getattr(second, name) for name in ("status", "error", "losses", "message")
    ]
    assert not (tmp_path / "none").exists()


def test_doing_a_run_again_writes_the_same_bytes(tmp_path):
    files = []
    for _ in range(2):
        done_by(RUN, str(tmp_path))
        files.append((tmp_path / RUN.key).read_bytes())
    assert files[0] == files[1]


def test_a_run_that_diverges_leaves_none(tmp_path):
    optimizer = RUN.proxy.optimizer.model_copy(update={"name": "sgd", "lr": 1e30})
    assert done_by(changed(optimizer=optimizer), str(tmp_path)).status == "diverged"
    assert list(tmp_path.iterdir()) == []


def test_weights_behind_a_url():
    storage = f"memory://weights-{next(_names)}"
    assert done_by(RUN, storage).message == ""
    assert StoredWeights([storage]).take(RUN.key, empty())


def test_a_storage_that_takes_nothing_costs_a_note_and_no_run(tmp_path):
    (tmp_path / "file").write_text("")
    result = done_by(RUN, str(tmp_path / "file"))
    assert result.status == "done"
    assert result.message == "its weights could not be written (File exists)"


@settings(max_examples=15, deadline=None)
@given(cut=st.floats(0, 1, exclude_max=True), flip=st.integers(0, 7), shorten=st.booleans())
def test_damaged_ones_are_told_and_set_aside(cut, flip, shorten, tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    Weights(str(folder), "key").save(empty())
    data = bytearray((folder / "key").read_bytes())
    at = int(cut * len(data))
    data[at] ^= 1 << flip
    (folder / "key").write_bytes(data[:at] if shorten else data)
    damaged = (folder / "key").read_bytes()
    for _ in range(2):
        # the second is another process' look, and says the same
        stored = StoredWeights([str(folder)])
        assert not stored.take("key", empty())
        assert stored.damaged("key")
        assert not stored.has("key")
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"key.damaged": damaged}


class Ran:
    """An object whose unpickling would be heard of."""

    def __reduce__(self):
        return (os.mkdir, ("unpickled",))


def test_nothing_in_them_is_executed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for version in (1, 2):
        put(str(tmp_path), "key", f"wn-sweep weights {version}\n".encode(), {"key": "key", "state": {"stem": Ran()}})
        assert not StoredWeights([str(tmp_path)]).take("key", empty())
    assert not (tmp_path / "unpickled").exists()


def test_those_of_another_run_of_the_same_network_are_set_aside(tmp_path):
    """They fit, and the error would be that of the other run."""
    Weights(str(tmp_path), "other").save(empty())
    (tmp_path / "other").rename(tmp_path / "key")
    stored = StoredWeights([str(tmp_path)])
    assert not stored.take("key", empty())
    assert stored.damaged("key")
    assert (tmp_path / "key.damaged").exists()


@pytest.mark.parametrize("content", [{}, {"key": "key"}, {"key": "key", "state": [1]}, {"state": {}}])
def test_a_whole_file_that_holds_no_weights_is_set_aside(content, tmp_path):
    put(str(tmp_path), "key", b"wn-sweep weights 2\n", content)
    assert not StoredWeights([str(tmp_path)]).take("key", empty())
    assert (tmp_path / "key.damaged").exists()


def test_files_that_do_not_say_whose_they_are_yet_can_be_read(tmp_path):
    network = empty()
    for number, tensor in enumerate(network.state_dict().values()):
        tensor.fill_(number)  # a new network's memory may hold anything, NaN too
    put(str(tmp_path), "key", b"wn-sweep weights 1\n", network.state_dict())
    other = empty()
    assert StoredWeights([str(tmp_path)]).take("key", other)
    for name, tensor in other.state_dict().items():
        assert torch.equal(tensor, network.state_dict()[name])


def test_those_of_another_network_do_not_fit_and_are_set_aside(tmp_path):
    other = next(run for run in RUNS if run.point.family == "static")
    Weights(str(tmp_path), "key").save(empty(other))
    assert not StoredWeights([str(tmp_path)]).take("key", empty())
    assert (tmp_path / "key.damaged").exists()


def test_the_first_storage_that_has_good_ones_counts(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    Weights(str(two), "key").save(empty())
    one.mkdir()
    (one / "key").write_bytes(b"half")
    stored = StoredWeights([str(tmp_path / "never"), str(one), str(two), "nonsense://bucket"])
    assert stored.take("key", empty())
    assert not stored.damaged("key")
    assert stored.troubles == {"nonsense://bucket": "Protocol not known: nonsense"}


def test_train_alone_takes_them_as_well(tmp_path):
    train(RUN.point, RUN.proxy, RUN.seed, None, Weights(str(tmp_path), "mine"))
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


class Contacted(fsspec.AbstractFileSystem):
    """A file system that would be heard of."""

    protocol = "heard"
    contacts = 0

    def ls(self, path, detail=False, **_):
        type(self).contacts += 1
        return []


@pytest.mark.parametrize("url", ["heard://bucket", "simplecache::heard://bucket", "file:///x::heard://bucket"])
def test_a_url_is_contacted_only_if_that_is_allowed(url, tmp_path):
    """A note beside a ledger may name any: whoever sent it would learn who reads it."""
    fsspec.register_implementation("heard", Contacted, clobber=True)
    Contacted.contacts = 0
    stored = StoredWeights([str(tmp_path), url], contact=False)
    assert stored.troubles == {url: "a URL is contacted by `wn-sweep run`, or with --trust"}
    assert not stored.take("key", empty())
    assert Contacted.contacts == 0
    if url.startswith("heard"):
        StoredWeights([url])
        assert Contacted.contacts == 1


def test_damaged_weights_of_other_folders_are_left_as_they_are(tmp_path):
    """A note may name the folder of another sweep, and a link may lead to it."""
    own, other, link = tmp_path / "own", tmp_path / "other", tmp_path / "link"
    link.symlink_to(other)
    for folder in (own, other):
        folder.mkdir()
        (folder / "key").write_bytes(b"damaged")
    for storages in ([str(own), str(other)], [str(link)], [str(other / ".." / "link")]):
        stored = StoredWeights(storages)
        assert not stored.take("key", empty())
        assert stored.damaged("key")
    assert [path.name for path in other.iterdir()] == ["key"]
    assert [path.name for path in own.iterdir()] == ["key.damaged"]
