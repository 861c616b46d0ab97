"""A page over several sweeps against the frames that it is made of."""

import dataclasses
import re

import numpy as np
import pytest
from scipy import stats

from report.frames import quick
from report.page.html import check
from report.page.test_render import EVIL, relabel
from report.test_ledgers import SPACE, ledger
from sweep.analysis.study import Study
from sweep.report import compare
from sweep.report.cards import compare as compare_cards
from sweep.report.page.compare import Compared, Sweep


def longer(frame, less=0.8, seed=1):
    """The same points, trained so much better."""
    noise = np.random.default_rng(seed).normal(0, 0.1, len(frame.runs))
    return dataclasses.replace(
        frame, name="longer", runs=frame.runs.assign(error=frame.runs["error"] - less + noise), recipe={"epochs": 40}
    )


def compared(*frames):
    return Compared(tuple(Sweep(frame.name, Study(frame)) for frame in frames))


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{MINUS SIGN}", "-")


def by_hand(one, other, points):
    """The paired difference over these points: its mean, and an interval that does not know of the tuning."""
    errors = [study.tuned.rows.set_index(["point", "seed"])["error"] for study in (one, other)]
    seeds = [np.mean([errors[1][point, seed] - errors[0][point, seed] for point in points]) for seed in range(3)]
    low, high = stats.t.interval(0.95, 2, np.mean(seeds), stats.sem(seeds))
    return np.mean(seeds), low, high


def test_the_headline_says_how_the_same_points_differ():
    found = compared(quick(), longer(quick()))
    (card,) = compare_cards.headline(found)
    mean, low, high = by_hand(found.sweeps[0].study, found.sweeps[1].study, found.common)
    assert len(found.common) == 10
    told = re.fullmatch(
        r"Over the 10 points that all have, longer has less error than quick by (\S+) points "
        r"\[(\S+), (\S+)\] \(3 seeds, paired\)\.",
        plain(card.says[-1]),
    )
    by, least, most = map(float, told.groups())
    assert by == pytest.approx(-mean, abs=0.006)
    assert least <= -high + 0.006
    assert most >= -low - 0.006


def test_ranks_are_those_of_scipy():
    found = compared(quick(), longer(quick(), seed=3))
    (card,) = compare_cards.ranks(found)
    one, other = (sweep.study.table.set_index("point")["mean"].loc[list(found.common)] for sweep in found.sweeps)
    ((name, tau, rho, wrong, regret, _),) = card.tables[0].rows
    assert name.text == "longer"
    assert tau.sort == pytest.approx(stats.kendalltau(one, other).statistic)
    assert rho.sort == pytest.approx(stats.spearmanr(one, other).statistic)
    pairs = [(a, b) for a in one.index for b in one.index if one[a] < one[b] and other[a] > other[b]]
    assert wrong.sort == len(pairs)
    assert regret.sort == pytest.approx(other[one.idxmin()] - other.min())


def test_ranks_wait_for_three_points():
    frame = quick()
    few = dataclasses.replace(frame, runs=frame.runs[frame.runs["point"].isin(frame.runs["point"].unique()[:2])])
    (card,) = compare_cards.ranks(compared(few, dataclasses.replace(few, name="again")))
    assert card.waits.startswith("This waits for 3 points")


def test_each_point_has_its_errors_and_its_difference():
    found = compared(quick(), longer(quick()))
    (card,) = compare_cards.common(found)
    one, other = (sweep.study for sweep in found.sweeps)
    means = [study.table.set_index("point")["mean"] for study in (one, other)]
    assert len(card.tables[0].rows) == 10
    for point, first, second, apart in card.tables[0].rows:
        assert first.sort == means[0][point.text]
        assert second.sort == means[1][point.text]
        mean, low, high = by_hand(one, other, [point.text])
        told, least, most = map(float, re.findall(r"[-+]?\d+\.\d\d", plain(apart.text)))
        assert told == pytest.approx(mean, abs=0.006)
        # settings were chosen on the same seeds, so that it is never narrower than Student's
        assert least <= low + 0.006
        assert most >= high - 0.006
        assert least + most == pytest.approx(2 * mean, abs=0.03)
        assert apart.mark == ("clear" if least > 0 or most < 0 else "")
    ax = card.picture.figure.axes[0]
    places = sorted(map(tuple, np.concatenate([line.get_xydata() for line in ax.lines if line.get_marker() != "None"])))
    assert np.allclose(places, sorted(zip(means[0], means[1].loc[means[0].index], strict=True)))


def test_errors_on_other_images_are_not_subtracted():
    other = dataclasses.replace(longer(quick()), dataset={"name": "fashion_mnist"})
    found = compared(quick(), other)
    (card,) = compare_cards.headline(found)
    assert "different images" in card.says[-1]
    assert not any("points [" in sentence for sentence in card.says)
    (same,) = compare_cards.common(found)
    assert [column.title for column in same.tables[0].columns] == ["point", "quick, %", "longer, %"]


def test_only_what_differs_is_listed():
    (card,) = compare_cards.differences(compared(quick(), longer(quick())))
    rows = {row[0].text: [cell.text for cell in row[1:]] for row in card.tables[0].rows}
    assert rows["recipe · epochs"] == ["10", "40"]
    assert not any(key.startswith(("network", "data", "version")) for key in rows)
    (alike,) = compare_cards.differences(compared(quick(), dataclasses.replace(quick(), name="again")))
    assert not alike.tables


def test_points_that_one_sweep_lacks_are_left_out():
    frame = quick()
    some = frame.runs[frame.runs["point"] != "se"].reset_index(drop=True)
    failed = some.assign(error=some["error"].mask((some["point"] == "static"), np.nan))
    failed.loc[failed["error"].isna(), "status"] = "failed"
    found = compared(frame, dataclasses.replace(frame, name="other", runs=failed))
    assert set(found.common) == set(frame.runs["point"]) - {"se", "static"}


NOTHING = dataclasses.replace(quick(), name="nothing", runs=quick().runs.assign(status="missing", error=np.nan))
PAIRS = {
    "three": [quick(), longer(quick()), dataclasses.replace(longer(quick(), 0.1, 2), name="third")],
    "nothing yet": [quick(), NOTHING],
    "nothing at all": [NOTHING, dataclasses.replace(NOTHING, name="nor here")],
    "script": [relabel(quick(), EVIL), dataclasses.replace(relabel(quick(), EVIL), name=EVIL)],
    "other points": [quick(), dataclasses.replace(relabel(quick(), "x" * 300), name="x" * 300)],
    "one seed": [quick(seeds=1), dataclasses.replace(quick(), name="more")],
}


@pytest.mark.parametrize("case", PAIRS)
def test_the_page_is_whole(case, tmp_path, lean):
    frames = {frame.name: frame for frame in PAIRS[case]}
    index = compare(frames, tmp_path / "a").page
    text = index.read_text()
    checker = check(text)
    assert "could not be made" not in text, re.findall("This card could not be made[^<]*", text)
    assert EVIL not in text
    assert not re.search(r">\s*(nan|inf|None|NaN)\s*<", text)
    for link in checker.links:
        assert link.startswith("#") or link.endswith(("png", "pdf")) or (tmp_path / "a" / link).is_file(), link
    assert len(list((tmp_path / "a").glob("points-*.csv"))) == len(frames)
    again = compare(frames, tmp_path / "b").page
    assert again.read_bytes() == index.read_bytes()


def test_the_command_compares_ledgers(tmp_path, command):
    for name, error in (("one", 5.0), ("two", 4.0)):
        luck = iter(range(1000))
        ledger(
            tmp_path / f"results/{name}/ledger.sqlite",
            {**SPACE, "name": name},
            lambda run, error=error, luck=luck: ("done", error + next(luck) * 37 % 11 / 10, "", ""),
        )
    assert command("report", "one", "two") == (0, "Report: reports/one+two/index.html\n", "")
    text = (tmp_path / "reports/one+two/index.html").read_text()
    assert "two and one differ by 1.00 points, equal at every seed, which gives no interval" in text
    # by paths, and two of one name
    code, out, _ = command("report", "results/one", "results/two/ledger.sqlite")
    assert (code, out) == (0, "Report: reports/one+two/index.html\n")
    assert command("report", "one", "one")[::2] == (2, "one: is named twice; a comparison is of different sweeps\n")
    assert command("report", "one", "results/one")[0] == 2
    assert command("report", "one", "none")[::2] == (2, "results/none/ledger.sqlite: there is no such ledger\n")
    assert not (tmp_path / "reports/one+none").exists()
