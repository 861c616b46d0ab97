import dataclasses
import math
import re
import statistics

import pandas as pd
from scipy import stats

from report.frames import quick
from sweep.analysis.estimates import error_of
from sweep.analysis.study import Study
from sweep.report import words
from sweep.report.cards import evidence


def card(frame):
    (found,) = evidence.cards(Study(frame))
    return found


def one_rate(seeds):
    frame = quick(seeds)
    runs = frame.runs[frame.runs["optimizer.lr"] == 0.03].reset_index(drop=True)
    return dataclasses.replace(frame, runs=runs, nuisance={})


def test_what_holds_for_all_points_together_is_counted():
    frame = one_rate(10)
    shown, table = card(frame), Study(frame).table.set_index("point")
    clear = 0
    for row in shown.tables[0].rows:
        known = table.loc[row[0].text]
        assert row[1].sort == known["diff_mean"]
        assert row[2].text == (
            f"[{words.number(known['diff_all_low'])},\N{NO-BREAK SPACE}{words.number(known['diff_all_high'])}]"
        )
        assert row[3].sort == known["diff_shrunk"]
        together = known["diff_all_low"] > 0 or known["diff_all_high"] < 0
        assert row[2].mark == ("clear" if together else "")
        clear += together * (-1 if known["diff_mean"] < 0 else 1j)
    assert (clear.real, clear.imag) == (-3, 4)
    assert "Of 9 points compared with static by seed, 3 have less error and 4 have more by intervals" in shown.says[0]


def test_p_goes_with_the_interval_of_the_difference_alone():
    shown = card(quick())
    for row in shown.tables[0].rows:
        assert (row[4].sort <= 0.05) == (row[1].mark == "clear")
        assert row[4].sort <= row[5].sort
        assert row[4].text == (f"{row[4].sort:.3f}" if row[4].sort >= 0.001 else "< 0.001")


def test_few_seeds_are_asked_for_where_points_share_their_noise():
    """Each difference alone needs more of them (by Student's t with n - 1) in the same sweep."""
    frame = quick()
    said = card(frame).says[1]
    needed = int(re.search(r"one of 1 takes (\d+) seeds", said).group(1))
    alone = []
    samples = Study(frame).tuned.samples
    for point, sample in samples.items():
        if point != "static":
            sd = error_of(sample - samples["static"]) * 3**0.5
            n = 2
            while stats.nct.sf(stats.t.ppf(0.975, n - 1), n - 1, n**0.5 / sd) < 0.8:
                n += 1
            alone.append(n)
    assert needed <= statistics.median(alone)


def test_many_points_are_cut():
    frame = one_rate(3)
    runs = frame.runs
    copies = [runs[runs["point"] == "se"].assign(point=f"se {i}") for i in range(evidence.MOST + 5)]
    shown = card(dataclasses.replace(frame, runs=pd.concat([runs, *copies])))
    assert len(shown.tables[0].rows) == evidence.MOST
    assert "points.csv has all" in shown.notes[-1]


def test_what_it_waits_for():
    frame = quick()
    assert card(dataclasses.replace(frame, runs=frame.runs.assign(baseline=""))).waits
    assert card(quick(seeds=1)).waits
    assert card(dataclasses.replace(frame, runs=frame.runs.assign(status="missing", error=math.nan))).waits


def test_equal_differences_have_no_seeds_to_count():
    frame = one_rate(3)
    shown = card(dataclasses.replace(frame, runs=frame.runs.assign(error=5.0)))
    assert shown.says == ("For 9 points the difference to static is equal at every seed, which gives no interval.",)
    assert {row[1].text for row in shown.tables[0].rows} == {"0.00 (no interval: equal at every seed)"}
    assert {cell.text for row in shown.tables[0].rows for cell in row[3:]} == {"–"}


def test_it_says_what_more_seeds_of_the_baseline_are_worth():
    every = one_rate(9)
    runs = every.runs[(every.runs["seed"] < 3) | (every.runs["point"] == "static")]
    frame = dataclasses.replace(every, runs=runs, seeds=(0, 1, 2), extra_seeds=tuple(range(3, 9)))
    rows = Study(frame).table[lambda table: table["point"] != "static"]
    narrower = [1 - a / b for a, b in zip(rows["diff_error"], rows["diff_common_error"], strict=True)]
    shown = card(frame)
    size = f"{100 * statistics.median(narrower):.0f}"
    assert shown.says[-1] == (
        f"6 more seeds of the baseline make the standard errors of differences {size} % smaller (median over points)."
    )
    assert 0.05 < statistics.median(narrower) < 0.3
    assert any("moved toward" in note for note in shown.notes)
    alike = dataclasses.replace(frame, runs=runs[runs["seed"] < 3], extra_seeds=())
    assert not any("more seeds of the baseline" in says for says in card(alike).says)
