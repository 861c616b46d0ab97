"""The card of whether training was long enough for what is compared."""

import math
from collections.abc import Iterable
from functools import partial

import pandas as pd

from sweep.analysis.estimates import write
from sweep.analysis.length import LengthEffect, length_effects
from sweep.analysis.study import Study
from sweep.report import words
from sweep.report.cards.card import Card, Cell, Column, Picture, Table
from sweep.report.cards.contrast_names import comparison
from sweep.report.cards.contrasts_figure import draw_contrasts
from sweep.report.figures.style import ONE_COLUMN

TITLE = "Is it long enough?"
#: More contrasts than these are not told.
MOST = 6

_TRENDS = {
    "grows": "the effect grows with training",
    "shrinks": "the effect shrinks with training",
    "turns": "the effect turns its sign with training",
    "not decided": "not decided whether it changes with training",
    "waits": "waits for two seeds at two lengths",
}


def cards(study: Study) -> Iterable[Card]:
    """Make the card; none for a sweep of one length."""
    if len(study.frame.lengths) < 2:
        return []
    effects = length_effects(study.frame, [one.contrast for one in study.compared])
    known = [one for one in effects if one.trend != "waits"]
    told = known[:MOST]
    if not told:
        return [
            Card(TITLE, waits="This waits for two points to compare, with two seeds at every setting of two lengths.")
        ]
    says = tuple(length_sentence(one) for one in told)
    values = [(comparison(one.contrast), {str(epochs): made for epochs, made in one.effects.items()}) for one in told]
    rows = [
        {"contrast": comparison(one.contrast), "epochs": epochs, **write(made)}
        for one in told
        for epochs, made in one.effects.items()
    ]
    picture = Picture(
        "is-it-long-enough",
        partial(draw_contrasts, values, "epochs", last=False),
        pd.DataFrame(rows),
        f"Differences against epochs of training. {says[0]}",
        2 * ONE_COLUMN,
    )
    notes = (
        f"Each length is a whole schedule{', and each point is tuned anew at it' if study.frame.nuisance else ''}. The "
        "trend is the change with each doubling of the epochs, paired by seed, with its 95 % interval; it is about "
        "these lengths, and says nothing of longer ones. Each interval is of one comparison by itself; those of the "
        "finding hold together.",
        *([f"The first {MOST} of {len(known)} comparisons are told."] if len(known) > MOST else []),
    )
    return [Card(TITLE, says, picture, (_table(told, ", tuned" if study.frame.nuisance else ""),), notes)]


def length_sentence(one: LengthEffect) -> str:
    """Say how a contrast changes with the length of training."""
    after = "; ".join(
        f"{words.points_of_error(made, sign=True)} after {words.plural(epochs, 'epoch')}"
        for epochs, made in one.effects.items()
    )
    edge = ""
    if one.untuned:
        points = "point has its" if len(one.untuned) == 1 else "points have their"
        edge = f"; {len(one.untuned)} of its {points} best setting at the edge of the list"
    return (
        f"{words.shorten(comparison(one.contrast), 80)}: {after}. With each doubling it changes by "
        f"{words.points_of_error(one.slope, sign=True)} ({words.seeds(one.slope)}): {_TRENDS[one.trend]}{edge}."
    )


def _table(effects: list[LengthEffect], tuned: str) -> Table:
    lengths = sorted({epochs for one in effects for epochs in one.effects})
    rows = []
    for one in effects:
        made = [one.effects.get(epochs) for epochs in lengths]
        cells = [
            Cell(f"{words.signed(e.mean)}{words.interval(e)}", e.mean, "clear" if e.clear else "") if e else Cell("–")
            for e in (*made, one.slope if math.isfinite(one.slope.mean) else None)
        ]
        name = Cell(words.shorten(comparison(one.contrast), 80))
        rows.append((name, *cells, Cell(_TRENDS[one.trend])))
    return Table(
        f"Differences in {words.metric().difference} after each length of training{tuned}, with 95 % intervals",
        (
            Column("contrast", numeric=False),
            *(Column(words.plural(epochs, "epoch")) for epochs in lengths),
            Column("each doubling"),
            Column("trend", numeric=False),
        ),
        tuple(rows),
    )
