"""`wn-sweep report --final`: the one look at test images, and that nothing else takes one."""

import json
import re
import shutil
import sys
from collections import Counter

import numpy as np
import pytest
import torch
from kept import KEPT, runs_of, sweep
from made_images import TEST_IMAGES, TEST_LABELS, make_idx, make_test_idx
from sklearn.datasets import load_digits

from sweep.analysis.study import Study
from sweep.engine.ledger import Ledger
from sweep.errors import LedgerError, SweepError
from sweep.last_look import final_frame
from sweep.ledger_frame import frame
from sweep.networks import build
from sweep.proxy import StoredWeights, load
from sweep.proxy.data import _chosen
from sweep.report.cards import final as final_card
from sweep.report.figures import style
from sweep.space.schema import Dataset
from sweep.statistics.noise import noise, quantile

pytestmark = pytest.mark.sweeps

TEXT = KEPT.replace("seeds: 2", "seeds: 3").replace("M: [1, 2]", "M: 1")


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    return sweep(tmp_path_factory.mktemp("final") / "kept", TEXT).parent


@pytest.fixture
def results(swept, tmp_path):
    shutil.copytree(swept, tmp_path / "results/kept")
    return tmp_path / "results"


def look(results):
    with Ledger.open(results / "kept/ledger.sqlite") as ledger:
        return final_frame(ledger)


def card(found):
    (shown,) = final_card.cards(Study(found))
    return shown


def told(shown):
    return " ".join([*shown.says, shown.waits, *shown.notes])


def plain_text(path):
    return re.sub(r"\s+", " ", re.sub(r"(?s)<svg.*?</svg>|<style.*?</style>|<[^>]*>", " ", path.read_text()))


def set_aside():
    """The digits that are in no split: all of scikit-learn's, less all that runs could ever see."""
    truth = load_digits()
    left = Counter(
        (image.astype(np.uint8).tobytes(), int(label)) for image, label in zip(truth.images, truth.target, strict=True)
    )
    whole = load(Dataset(name="digits", train=719, validation=719), 8)
    for images, labels in ((whole.train, whole.train_labels), (whole.validation, whole.validation_labels)):
        left -= Counter((x.numpy().tobytes(), int(y)) for x, y in zip(images, labels, strict=True))
    pixels, labels = zip(*left.elements(), strict=True)
    images = np.stack([np.frombuffer(one, np.uint8).reshape(1, 8, 8) for one in pixels])
    return torch.from_numpy(images.astype(np.float32)), torch.tensor(labels)


def error_by_hand(run, folder, images, labels):
    point, facts = run.point, run.proxy.dataset.facts
    network = build(point, facts.channels, facts.classes)
    assert StoredWeights([str(folder / "weights")]).take(run.key, network)
    network.eval()
    data = load(run.proxy.dataset, 8)
    with torch.no_grad():
        # 359 is no multiple of 50
        answers = [network((some - data.mean) / data.deviation).argmax(1) for some in images.split(50)]
    return 100 * int((torch.cat(answers) != labels).sum()) / len(labels)


def best_elsewhere(errors, seeds):
    """The rate with the lowest mean error over some seeds; of equal ones the first."""
    rates = sorted({rate for rate, _ in errors})
    return min(rates, key=lambda rate: round(np.mean([errors[rate, s] for s in seeds]), 9))


def test_each_point_is_judged_where_validation_chose(results):
    """Every choice and every test error again, by hand."""
    shown = card(look(results))
    found = shown.picture.data.set_index("point")
    images, labels = set_aside()
    assert len(images) == 359
    with Ledger.open(results / "kept/ledger.sqlite") as ledger:
        rows = ledger.runs().set_index("key")
    judged = {}
    for label in found.index:
        mine = {(run.proxy.optimizer.lr, run.seed): run for run in runs_of(TEXT)[0] if run.label == label}
        errors = {at: rows.loc[run.key, "error"] for at, run in mine.items()}
        judged[label] = {}
        for seed in range(3):
            others = [s for s in range(3) if s != seed]
            run = mine[best_elsewhere(errors, others), seed]
            judged[label][seed] = error_by_hand(run, results / "kept", images, labels)
        assert found.loc[label, "test_mean"] == pytest.approx(np.mean(list(judged[label].values())))
        assert found.loc[label, "test_n"] == 3
    unwidened = noise(np.array([list(judged[label].values()) for label in found.index]))
    for at, label in enumerate(found.index):
        if label == "static":
            continue
        apart = [judged[label][s] - judged["static"][s] for s in range(3)]
        assert found.loc[label, "diff_mean"] == pytest.approx(np.mean(apart))
        # no narrower than what the errors of all points give, which knows nothing of the tuning
        error, freedom = unwidened.differences(np.array([at]), found.index.get_loc("static"), 3)
        assert found.loc[label, "diff_high"] >= np.mean(apart) + error[0] * quantile(freedom[0]) - 1e-9
    text = told(shown)
    assert "on the 359 images that were set aside" in text
    assert "has been looked at once" in text


def test_the_page_and_that_a_second_look_at_the_same_runs_is_none(results, tmp_path, command, monkeypatch):
    page, folder = tmp_path / "reports/kept/index.html", tmp_path / "reports/kept"
    assert command("report", "kept", "--final") == (0, "Report: reports/kept/index.html\n", "")
    note = json.loads((results / "kept/test.json").read_text())
    assert len(note["looks"]) == 1
    assert 9 <= len(note["errors"]) <= 18
    files = {path.name for path in folder.rglob("*.*")}
    assert {"test.svg", "test.png", "test.pdf", "test-column.svg", "kernels.svg"} <= files
    assert "On the test split" in plain_text(page)
    assert "could not be made" not in plain_text(page)
    monkeypatch.setattr("sweep.last_look.last_images", lambda *_: pytest.fail("test images were read"))
    again = card(look(results))
    assert again.picture.data.to_csv(index=False) == (folder / "data/test.csv").read_text()
    assert style.save(again.picture.figure, tmp_path / "test") == (folder / "figures/test.svg").read_text()
    assert json.loads((results / "kept/test.json").read_text()) == note
    # a plain report shows no test error, but says that it was looked
    assert command("report", "kept")[0] == 0
    assert "On the test split" not in plain_text(page)
    assert "The test split of this sweep has been looked at once." in plain_text(page)
    assert not (folder / "data/test.csv").exists()


def test_new_runs_are_another_look(results):
    first = look(results)
    assert (len(first.final.looks), first.looks) == (1, 1)
    path = results / "kept/test.json"
    note = json.loads(path.read_text())
    gone = sorted(note["errors"])[0]
    whole = note["errors"].pop(gone)
    path.write_text(json.dumps(note))
    again = look(results)
    assert len(again.final.looks) == 2
    assert again.final.errors[gone] == whole
    assert "has been looked at 2 times" in told(card(again))


def test_a_look_is_noted_before_it_is_taken(results, monkeypatch):
    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("sweep.last_look.judge", killed)
    with pytest.raises(KeyboardInterrupt):
        look(results)
    assert len(json.loads((results / "kept/test.json").read_text())["looks"]) == 1


def test_without_weights_it_says_what_to_set(results, tmp_path, command):
    shutil.rmtree(results / "kept/weights")
    code, out, err = command("report", "kept", "--final")
    assert (code, out) == (2, "")
    assert "no weights of its runs were kept" in err
    assert "set proxy.keep_weights: true" in err
    assert not (tmp_path / "reports").exists()
    assert not (results / "kept/test.json").exists()


def test_some_weights_are_judged_and_the_others_counted(results):
    for rate in (0.01, 0.04):
        gone = next(
            one for one in runs_of(TEXT)[0] if (one.label, one.seed, one.proxy.optimizer.lr) == ("static", 0, rate)
        )
        (results / "kept/weights" / gone.key).unlink()
    shown = card(look(results))
    assert shown.picture.data.set_index("point").loc["static", "test_n"] == 2
    assert "left no weights that can be used" in told(shown)


def test_it_is_of_one_sweep(results, command):
    assert command("report", "kept", "other", "--final") == (
        2,
        "",
        "a last look is at one sweep: --final takes one name\n",
    )


def test_a_note_that_is_damaged_is_not_written_over(results):
    path = results / "kept/test.json"
    for content in ("{", "[]", '{"looks": 3}', '{"errors": {"a": "b"}}'):
        path.write_text(content)
        with pytest.raises(LedgerError, match=r"test\.json: "):
            look(results)
        assert path.read_text() == content


MNIST = TEXT.replace("{name: digits, train: 200, validation: 100}", "{name: mnist, path: PATH, train: 100}").replace(
    "[0.01, 0.04]", "[0.01]"
)


@pytest.fixture
def mnist(tmp_path, monkeypatch):
    """A sweep of an MNIST whose test files are not there yet."""
    load.cache_clear()
    _chosen.cache_clear()
    make_idx(tmp_path / "idx", monkeypatch)
    text = MNIST.replace("PATH", str(tmp_path / "idx"))
    sweep(tmp_path / "results/kept", text)
    yield tmp_path, text
    load.cache_clear()


@pytest.fixture
def opened():
    """The names of all files that this process opens, by Python's own account."""
    names, on = [], [True]
    sys.addaudithook(lambda event, given: names.append(str(given[0])) if on[0] and event == "open" else None)
    yield names
    on[0] = False


def test_nothing_but_a_last_look_opens_test_files(mnist, monkeypatch, command, opened):
    tmp_path, text = mnist
    make_test_idx(tmp_path / "idx", monkeypatch)
    load.cache_clear()
    _chosen.cache_clear()
    # what the test itself has written
    opened.clear()
    sweep(tmp_path / "again/kept", text, only=lambda run: run.seed == 0)
    for words in (("report", "kept"), ("export", "kept", "--to", "runs.csv"), ("status", "kept"), ("data", "mnist")):
        command(*words)
    with Ledger.open(tmp_path / "results/kept/ledger.sqlite") as ledger:
        frame(ledger)
    assert any("train-images" in name for name in opened)
    assert not any("t10k" in name for name in opened)
    assert "10 test images" in told(card(look(tmp_path / "results")))
    assert {TEST_IMAGES, TEST_LABELS} <= {name.rsplit("/", 1)[-1] for name in opened}


def test_test_files_that_are_missing_or_others_are_told_and_no_look_is_noted(mnist, monkeypatch, command):
    tmp_path, _ = mnist
    make_test_idx(tmp_path / "idx", monkeypatch)
    whole = (tmp_path / "idx" / TEST_IMAGES).read_bytes()
    for content, told in (
        (None, f"does not hold the test images of mnist: needs {TEST_IMAGES}[.gz] and {TEST_LABELS}[.gz]"),
        (whole[:-1] + b"?", f"{TEST_IMAGES} is not the official file"),
    ):
        path = tmp_path / "idx" / TEST_IMAGES
        path.unlink() if content is None else path.write_bytes(content)
        code, _, err = command("report", "kept", "--final")
        assert (code, told in err) == (2, True), err
        assert not (tmp_path / "results/kept/test.json").exists()


def test_a_sweep_of_which_no_run_has_finished(tmp_path):
    sweep(tmp_path / "results/kept", TEXT, only=lambda run: False)
    with pytest.raises(SweepError, match="no run has finished yet"):
        look(tmp_path / "results")
