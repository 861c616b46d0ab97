"""Where checkpoints lie: links and FIFOs of somebody else's, what is removed, a storage that takes nothing."""

import itertools
import os

import fsspec
import pytest
import torch

from sweep.errors import StorageError
from sweep.proxy import Checkpoint
from sweep.proxy.checkpoint import check, discard, kept

_names = itertools.count()


def left_in(storage):
    return {path.rsplit("/", 1)[-1] for path in fsspec.core.url_to_fs(storage)[0].ls(storage, detail=False)}


def test_a_storage_of_somebody_elses_leads_nowhere(tmp_path):
    """Links under the names that a checkpoint will have, and a FIFO in its place."""
    victim, storage = tmp_path / "victim", tmp_path / "checkpoints"
    victim.write_text("precious")
    storage.mkdir()
    for name in ("key", "key.part"):
        (storage / name).symlink_to(victim)
    Checkpoint(str(storage), "key", 60.0).save({"x": torch.zeros(3)})
    assert victim.read_text() == "precious"
    assert [path.name for path in storage.iterdir()] == ["key"]
    assert Checkpoint(str(storage), "key", 60.0).load().keys() == {"x"}


@pytest.mark.timeout(10)
def test_a_fifo_in_place_of_a_checkpoint_holds_nobody_up(tmp_path):
    os.mkfifo(tmp_path / "key")
    keep = Checkpoint(str(tmp_path), "key", 60.0)
    assert keep.load() is None
    assert keep.notes == ["a checkpoint could not be read (it is a FIFO, not a regular file)"]


def test_what_is_removed_and_what_is_listed(tmp_path):
    assert kept(str(tmp_path / "none")) == set()
    for key in ("a", "b", "c"):
        Checkpoint(str(tmp_path), key, 60.0).save({"x": torch.zeros(3)})
    # of a worker that was killed as it wrote
    (tmp_path / "d.part").write_bytes(b"half")
    assert kept(str(tmp_path)) == {"a", "b", "c", "d"}
    discard(str(tmp_path), ["b", "never there", "c", "d"])
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("memory", [False, True])
def test_a_storage_that_is_tried_keeps_what_lies_there(memory, tmp_path):
    storage = f"memory://tried{next(_names)}" if memory else str(tmp_path)
    fs, root = fsspec.core.url_to_fs(storage)
    for name in ("probe", "test", "key"):
        fs.pipe_file(f"{root}/{name}", b"precious")
    check(storage)
    assert left_in(storage) == {"probe", "test", "key"}
    assert all(fs.cat_file(f"{root}/{name}") == b"precious" for name in ("probe", "test", "key"))


def test_a_storage_that_takes_nothing(tmp_path):
    check(str(tmp_path / "new"))
    assert list((tmp_path / "new").iterdir()) == []
    (tmp_path / "file").write_text("")
    for storage, told in {
        str(tmp_path / "file" / "inside"): "Not a directory",
        "nonsense://bucket": "Protocol not known: nonsense",
    }.items():
        with pytest.raises(StorageError, match=f"no checkpoint can be kept there: {told}"):
            check(storage)
