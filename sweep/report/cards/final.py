"""The card of test errors, only on the page of `wn-sweep report --final`."""

import math
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import pandas as pd

from sweep.analysis.estimates import Estimate, read
from sweep.analysis.final import final_table
from sweep.analysis.metric import measured_by
from sweep.analysis.ranked import judged
from sweep.analysis.records import records
from sweep.analysis.study import Study
from sweep.analysis.sweep_frame import Final
from sweep.report import words
from sweep.report.cards.card import Card, Cell, Column, Picture, Table
from sweep.report.cards.final_figure import draw_final
from sweep.report.cards.points import LABEL, LISTED

TITLE = "On the test split"


def cards(study: Study) -> Iterable[Card]:
    """Make the card; none unless the test split was judged."""
    final = study.frame.final
    if final is None:
        return []
    if study.frame.metric != "error":
        study = Study(measured_by(study.frame, "error"))
    table = final_table(study.frame, study.table, study.tuned)
    with_test = table[table["test_n"] > 0]
    if with_test.empty:
        return [Card(TITLE, waits=f"This waits for weights that can be used. {_without(final)}".strip())]
    sentences = [*_best(with_test, study.table, final), looks_sentence(len(final.looks))]
    picture = Picture(
        "test",
        partial(draw_final, with_test),
        table,
        f"Error on the test split against error on the validation split. {sentences[0]}",
    )
    return [Card(TITLE, tuple(sentences), picture, (_table(with_test),), tuple(_notes(study, with_test, final)))]


def looks_sentence(looks: int) -> str:
    """Say how often the test split was looked at."""
    if looks == 1:
        return "The test split of this sweep has been looked at once."
    return (
        f"The test split of this sweep has been looked at {looks} times: whatever was changed in between for what was "
        "seen there makes it one more validation split."
    )


def _best(with_test: pd.DataFrame, table: pd.DataFrame, final: Final) -> list[str]:
    """Give the test error of the point with the lowest validation error."""
    rankable = set(judged(table)["point"])
    fit = [row for row in records(with_test) if row["point"] in rankable]
    on = f"on the {words.count(final.images)} {'test images' if final.official else 'images that were set aside'}"
    if not fit:
        condition = "has a result at every setting and seed, and is better than guessing"
        return [f"No point {condition}, so validation prefers none: errors {on} are provisional."]
    best = min(fit, key=lambda row: (row["validation_mean"], row["point"]))
    test, validation = read(best, "test_"), read(best, "validation_")
    text = (
        f"{words.shorten(best['point'], 60)}, which has the lowest error on validation "
        f"({words.number(validation.mean)} %), has {words.number(test.mean)} %{_interval(test)} {on}"
    )
    difference = read(best, "diff_")
    if not difference.n:
        return [f"{text}."]
    names = words.shorten(best["point"], 60), words.shorten(best["baseline"], 60)
    return [f"{text}.", f"On these images, {words.verdict(*names, difference)} ({words.seeds(difference)})."]


def _interval(error: Estimate) -> str:
    return words.error_interval(error) if error.n > 1 else ""


def _table(with_test: pd.DataFrame) -> Table:
    heads = (
        Column("point", numeric=False),
        Column("validation, %", hint="mean over seeds, 95 % interval, tuned"),
        Column("test, %", hint="mean over seeds, 95 % interval"),
        Column("n", hint="seeds judged on the test split"),
        Column("test less validation, points", hint="paired by seed, 95 % interval"),
        Column("difference on test, points", hint="to the baseline, paired by seed, 95 % interval"),
    )
    rows = [_row(row) for row in records(with_test)[:LISTED]]
    return Table("Error on the test split, each point at the setting that validation chose", heads, tuple(rows), True)


def _row(row: Mapping[Any, Any]) -> tuple[Cell, ...]:
    def cell(prefix: str, sign: bool = False) -> Cell:
        estimate = read(row, prefix)
        if not estimate.n:
            return Cell("–")
        text = words.signed(estimate.mean) if sign else words.number(estimate.mean)
        interval = words.interval(estimate) if sign and estimate.n > 1 else _interval(estimate)
        return Cell(f"{text}{interval}", estimate.mean, "clear" if sign and estimate.clear else "")

    against = Cell("baseline") if not row["baseline"] else cell("diff_", sign=True)
    label = Cell(words.shorten(row["point"], LABEL))
    n = Cell(str(row["test_n"]), row["test_n"])
    return label, cell("validation_"), cell("test_"), n, cell("gap_", sign=True), against


def _notes(study: Study, with_test: pd.DataFrame, final: Final) -> list[str]:
    rate = with_test["test_mean"].mean() / 100
    luck = 100 * math.sqrt(max(0.0, rate * (1 - rate)) / max(1, final.images))
    notes = [
        "Seed s is judged by the network that stands for the point at seed s everywhere else: trained at the setting "
        "that validation prefers on the other seeds. Nothing was chosen by test images. Intervals are over seeds only; "
        f"the choice of test images adds a standard error of {words.number(luck)} points for a single network, and "
        "less for a difference of two."
    ]
    if not final.official:
        notes.append("The set has no official test split: images that no run sees were set aside in its place.")
    if study.counts.missing:
        notes.append(f"{words.plural(study.counts.missing, 'run')} were not in yet when it was looked at.")
    if final.without:
        notes.append(_without(final))
    if len(with_test) > LISTED:
        notes.append(f"The first {words.count(LISTED)} of {words.count(len(with_test))} points are listed.")
    return notes


def _without(final: Final) -> str:
    if not final.without:
        return ""
    return (
        f"{words.plural(final.without, 'run')} that should have been judged left no weights that can be used: done "
        "without proxy.keep_weights, or damaged. To have them, run the sweep into a new folder (--results)."
    )
