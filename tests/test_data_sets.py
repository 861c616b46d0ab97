"""Data sets from the command line: told before anything is written, trained on, and reported when they are gone."""

import json

import numpy as np
import pytest
from made_images import make_folder, make_idx, save
from small import SMALL

from sweep import Ledger, Space, frame, plan, run
from sweep.engine.runs import wanted
from sweep.errors import SpaceError
from sweep.proxy import load

pytestmark = pytest.mark.sweeps

DATA = "{name: digits, train: 200, validation: 100}"


@pytest.fixture(autouse=True)
def anew(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    load.cache_clear()


def with_data(data, **changes):
    text = SMALL.replace(DATA, data)
    for old, new in changes.items():
        text = text.replace({"epochs": "epochs: 8", "size": "  image_size: 8\n"}[old], new)
    return text


def keys(path):
    return [run.key for run in wanted(plan(Space.load(path), traced=False))]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("mnist", r"proxy.dataset: the images of mnist are not on this machine: `wn-sweep data mnist --download`"),
        ("{name: cifar10, path: here}", r"here does not hold the images of cifar10: needs cifar-10-python.tar.gz"),
        ("{name: imagefolder, path: here}", "proxy.dataset: there is no folder "),
        ("{name: imagefolder}", "proxy.dataset: dataset imagefolder needs path"),
        ("imagefoldr", "is not a known dataset; did you mean 'imagefolder'?"),
        ("{name: imagefolder, path: here, imagesize: 3}", "unknown key 'imagesize'; did you mean 'image_size'?"),
    ],
)
def test_what_is_missing_is_told_with_its_line_and_nothing_is_written(data, told, command, write, tmp_path):
    path = write(with_data(data))
    code, out, err = command("run", path.name, "--inline")
    assert (code, out) == (2, "")
    assert err.startswith("space.yaml:16: proxy.dataset")
    assert told in err
    assert len(err.splitlines()) == 1
    assert [one.name for one in tmp_path.iterdir()] == ["space.yaml"]


def test_a_plan_counts_without_the_images_and_says_so(command, write):
    path = write(with_data("mnist"))
    code, out, _ = command("plan", path.name, "--no-forecast")
    assert code == 0
    assert "Not yet ready to run: the images of mnist are not on this machine" in out


def test_a_plan_says_that_images_cannot_be_read(command, write):
    path = write(with_data("imagenet"))
    code, out, _ = command("plan", path.name, "--no-forecast", "--trace", 0)
    assert code == 0
    assert "Not yet ready to run: this version cannot read the images of imagenet" in out


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mnst", "mnst: no data set, no file and no shipped space of that name; did you mean 'mnist'?"),
        ("imagefolder", "imagefolder reads images of your own: name a space that gives its path"),
        ("huggingface", "huggingface reads images of your own: name a space that gives its path"),
    ],
)
def test_what_is_no_data_set_to_look_at(name, message, command):
    assert command("data", name) == (2, "", f"{message}\n")


def test_an_image_size_is_asked_for(command, write, tmp_path):
    make_folder(tmp_path / "pictures", train=5)
    path = write(with_data("{name: imagefolder, path: pictures}", size=""))
    code, _, err = command("plan", path.name)
    assert code == 2
    assert "needs image_size; images may be of any size, so give image_size here or in network" in err


def test_a_damaged_image_is_told_with_the_line_of_the_space(command, write, tmp_path):
    make_folder(tmp_path / "pictures", train=5)
    (tmp_path / "pictures/train/dog/002.png").write_bytes(b"no image")
    path = write(with_data("{name: imagefolder, path: pictures, train: 7, validation: 1}"))
    code, _, err = command("run", path.name, "--inline")
    assert code == 2
    assert err.startswith("space.yaml:16: proxy.dataset: ")
    assert "pictures/train/dog/002.png cannot be read" in err
    assert not (tmp_path / "results").exists()


def test_a_sweep_of_a_folder_and_its_report_without_it(write, tmp_path, monkeypatch):
    make_folder(tmp_path / "pictures", train=20)
    space = write(with_data("{name: imagefolder, path: pictures}", epochs="epochs: 1"))
    monkeypatch.chdir(tmp_path.parent)
    summary = run(space, results=tmp_path / "results", reports=tmp_path / "reports", inline=True)
    assert summary.statuses == {"done": 12}
    (tmp_path / "pictures").rename(tmp_path / "moved")
    with Ledger.open(summary.ledger) as ledger:
        found = frame(ledger)
    assert set(found.runs["status"]) == {"done"}
    assert found.dataset["known"]["classes"] == 2
    # the same images elsewhere are the same runs
    space.write_text(with_data("{path: moved, name: imagefolder}", epochs="epochs: 1"))
    again = run(space, results=tmp_path / "results", reports=tmp_path / "reports", inline=True)
    assert (again.trained, again.statuses) == (0, {"done": 12})
    # and without them, nothing can be planned
    space.write_text(with_data("{path: pictures, name: imagefolder}", epochs="epochs: 1"))
    with pytest.raises(SpaceError, match="there is no folder"):
        Space.load(space)


def test_a_run_is_what_its_images_are(write, tmp_path):
    make_folder(tmp_path / "pictures", train=20)

    def keyed(**more):
        said = {"name": "imagefolder", "path": "pictures", **more}
        return keys(write(with_data(json.dumps(said))))

    first = keyed()
    assert first == keyed(image_size=8) == keyed(path=str(tmp_path / "pictures"))
    for more in (dict(train=20), dict(channels=1), dict(image_size=9)):
        assert not {*first} & {*keyed(**more)}
    save(tmp_path / "pictures/train/dog/more.png", np.zeros((3, 3, 3), np.uint8))
    assert not {*first} & {*keyed()}


def test_idx_files_are_trained_on(write, tmp_path, monkeypatch):
    make_idx(tmp_path / "idx", monkeypatch, count=100)
    space = Space.load(write(with_data("{name: mnist, path: idx}")))
    assert len(load(space.proxy.dataset, 8).train) == 80
    assert json.dumps(space.data)


def test_the_data_command(command, write, tmp_path, monkeypatch):
    code, out, err = command("data", "mnist")
    assert code == 2
    assert out.splitlines()[0] == "mnist: images of 1 x 28 x 28 in 10 classes"
    assert err.startswith("the images of mnist are not on this machine")
    make_idx(tmp_path / "cache/wn-sweep/mnist", monkeypatch)
    code, out, _ = command("data", "mnist")
    assert code == 0
    assert out.splitlines()[1:] == [
        "200 for training and validation, 10 more are set aside",
        f"in {tmp_path / 'cache/wn-sweep/mnist'}",
    ]
    make_folder(tmp_path / "pictures", train=20, val=5)
    code, out, _ = command("data", write(with_data("{name: imagefolder, path: pictures}")).name)
    assert code == 0
    assert out.splitlines() == [
        "imagefolder: images of 3 x 8 x 8 in 2 classes",
        "50 for training and validation, 10 of them for validation",
    ]
    assert command("data", "imagenet")[0] == 2
    assert command("data", "minst")[0] == 2


def test_a_damaged_image_that_no_run_reads_is_told_before_anything_is_written(command, write, tmp_path):
    make_folder(tmp_path / "pictures", train=20)
    (tmp_path / "pictures/train/dog/002.png").write_bytes(b"no image")
    path = write(with_data("{name: imagefolder, path: pictures, train: 2, validation: 1}"))
    code, _, err = command("run", path.name)
    assert code == 2
    assert err.startswith("space.yaml:16: proxy.dataset: ")
    assert "pictures/train/dog/002.png cannot be read" in err
    assert not (tmp_path / "results").exists()


def test_copies_among_validation_images_are_told_before_training(command, write, tmp_path):
    make_folder(tmp_path / "pictures", train=20, val=5)
    (tmp_path / "pictures/val/cat/000.png").write_bytes((tmp_path / "pictures/train/cat/000.png").read_bytes())
    path = write(with_data("{name: imagefolder, path: pictures}", epochs="epochs: 1"))
    note = "Note: {}: 1 of the 10 validation images are copies of training images".format(tmp_path / "pictures")
    code, out, _ = command("data", path.name)
    assert code == 0
    assert out.splitlines()[-1].startswith(note)
