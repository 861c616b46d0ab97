"""The card of whether training was long enough for the comparisons."""

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
#: Contrasts that are shown at most.
MOST = 6

_TRENDS = {
    "grows": "the effect grows with training",
    "shrinks": "the effect shrinks with training",
    "turns": "the effect turns its sign with training",
    "rises": "it rises with training, and its sign is not known at every length",
    "falls": "it falls with training, and its sign is not known at every length",
    "not decided": "not decided whether it changes with training",
    "waits": "waits for two seeds at two lengths",
}


def cards(study: Study) -> Iterable[Card]:
    """Make the card; none for a sweep of one length."""
    if len(study.frame.lengths) < 2:
        return []
    effects = length_effects(study.frame, [compared.contrast for compared in study.compared])
    decided = [effect for effect in effects if effect.trend != "waits"]
    shown = decided[:MOST]
    if not shown:
        least = "two seeds at every setting of two lengths, one of them the judged one"
        return [Card(TITLE, waits=f"This waits for two points to compare, with {least}.")]
    sentences = tuple(length_sentence(effect) for effect in shown)
    values = [
        (comparison(effect.contrast), {str(epochs): estimate for epochs, estimate in effect.effects.items()})
        for effect in shown
    ]
    rows = [
        {"contrast": comparison(effect.contrast), "epochs": epochs, **write(estimate)}
        for effect in shown
        for epochs, estimate in effect.effects.items()
    ]
    picture = Picture(
        "is-it-long-enough",
        partial(draw_contrasts, values, "epochs", last=False),
        pd.DataFrame(rows),
        f"Differences against epochs of training. {sentences[0]}",
        2 * ONE_COLUMN,
    )
    notes = (
        f"Each length is a whole schedule{', and each point is tuned anew at it' if study.frame.nuisance else ''}. The "
        "trend is the change with each doubling of the epochs, paired by seed, with its 95 % interval; it is about "
        "these lengths, and says nothing of longer ones. Each interval is of one comparison by itself; those of the "
        "finding hold together.",
        *([f"The first {MOST} of {len(decided)} comparisons are told."] if len(decided) > MOST else []),
    )
    return [Card(TITLE, sentences, picture, (_table(shown, ", tuned" if study.frame.nuisance else ""),), notes)]


def length_sentence(effect: LengthEffect) -> str:
    """Say how a contrast changes with the length of training."""
    after = "; ".join(
        f"{words.points_of_error(estimate, sign=True)} after {words.plural(epochs, 'epoch')}"
        for epochs, estimate in effect.effects.items()
    )
    edge = ""
    if effect.untuned:
        has = "has its" if len(effect.untuned) == 1 else "have their"
        edge = f"; {len(effect.untuned)} of the points compared {has} best setting at the edge of the list"
    return (
        f"{words.shorten(comparison(effect.contrast), 80)}: {after}. With each doubling it changes by "
        f"{words.points_of_error(effect.slope, sign=True)} ({words.seeds(effect.slope)}): "
        f"{_TRENDS[effect.trend]}{edge}."
    )


def _table(effects: list[LengthEffect], tuned: str) -> Table:
    lengths = sorted({epochs for effect in effects for epochs in effect.effects})
    rows = []
    for effect in effects:
        estimates = [effect.effects.get(epochs) for epochs in lengths]
        cells = [
            Cell(f"{words.signed(e.mean)}{words.interval(e)}", e.mean, "clear" if e.clear else "") if e else Cell("–")
            for e in (*estimates, effect.slope if math.isfinite(effect.slope.mean) else None)
        ]
        name = Cell(words.shorten(comparison(effect.contrast), 80))
        rows.append((name, *cells, Cell(_TRENDS[effect.trend])))
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
