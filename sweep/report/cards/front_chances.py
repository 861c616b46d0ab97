"""The card of how certain the front is: each point's chance to be on it, for every cost, and the hypervolume."""

import math
from collections.abc import Iterable, Mapping
from functools import partial

import pandas as pd

from sweep.analysis.front_chances import Chances
from sweep.analysis.order import COSTS
from sweep.analysis.study import Study
from sweep.report import words
from sweep.report.cards.card import Card, Cell, Column, Picture, Table
from sweep.report.cards.front_chances_figure import draw_chances

NAMES = {
    "flops": "FLOPs",
    "params": "parameters",
    "activations": "activations",
    "training_flops": "training FLOPs",
}
#: A figure and a table of more points than these would hide the rest of the page.
MOST = 30


def cards(study: Study) -> Iterable[Card]:
    """Make the card."""
    title = "How sure the fronts are"
    by_cost = {cost: study.chances[cost] for cost in NAMES if cost in study.chances}
    if not by_cost:
        return [Card(title, waits="This waits for three points with two seeds each and costs that differ.")]
    order = [point for point in study.shown["point"] if any(point in chances.chance for chances in by_cost.values())]
    likeliest = set(sorted(order, key=lambda point: (-_best(point, by_cost), point))[:MOST])
    shown = [point for point in order if point in likeliest]
    lead = next(iter(by_cost))
    sentences = [_sentence(cost, chances, study) for cost, chances in list(by_cost.items())[:2]]
    by_name = {NAMES[cost]: chances for cost, chances in by_cost.items()}
    picture = Picture(
        "front-chances",
        partial(draw_chances, by_name, shown),
        _data(study, by_cost),
        f"Bar chart of each point's chance to be on the front. {sentences[0]}",
    )
    heads = (Column("point", numeric=False), *(Column(NAMES[cost]) for cost in by_cost))
    rows = tuple(
        (Cell(words.shorten(point, 90)), *(_cell(chances, point) for chances in by_cost.values())) for point in shown
    )
    table = Table("Chance to be on the front of expected error, by cost", heads, rows, sortable=True)
    volumes = [
        f"{words.number(chances.hypervolume)} {_interval(chances)} against {NAMES[cost]}"
        for cost, chances in by_cost.items()
    ]
    notes = [
        "Expected errors are drawn from what the seeds leave open, and the front is found anew in each draw: a mean "
        "that came out low is drawn toward the others as far as noise explains it. In simulated sweeps chances "
        "come true to within 5 in 100, unless points all but tie.",
        f"Hypervolume, the dominated share of the box from least to largest {NAMES[lead]} and from no error to the "
        f"largest mean, with its 95 % interval, and likewise: {', '.join(volumes)}.",
    ]
    if len(shown) < len(order):
        notes.append(f"Of {len(order)} points the {len(shown)} likeliest are shown; the data hold all.")
    return [Card(title, tuple(sentences), picture, (table,), tuple(notes))]


def _best(point: str, by_cost: Mapping[str, Chances]) -> float:
    return max(chances.chance.get(point, -1.0) for chances in by_cost.values())


def _sentence(cost: str, chances: Chances, study: Study) -> str:
    """Name the points that are almost certainly on a front, and count those that are undecided."""
    sure = [point for point in study.table["point"] if chances.chance.get(point, 0.0) >= 0.95]
    open_ = sum(0.05 <= probability < 0.95 for probability in chances.chance.values())
    names = [words.shorten(point, 40) for point in sure]
    subject = "no point is" if not names else f"{words.several(names)} {'is' if len(names) == 1 else 'are'}"
    if len(names) > 6:
        subject = f"{len(names)} points are"
    others = f"for {words.plural(open_, 'point')} the seeds leave it open" if open_ else "no other may be"
    return f"Against {NAMES[cost]}, {subject} on the front of expected error with a chance of 95 % or more; {others}."


def _interval(chances: Chances) -> str:
    return f"[{words.number(chances.low)},\N{NO-BREAK SPACE}{words.number(chances.high)}]"


def _cell(chances: Chances, point: str) -> Cell:
    chance = chances.chance.get(point, math.nan)
    text = f"{words.number(100 * chance, 0)} %" if math.isfinite(chance) else "–"
    return Cell(text, 100 * chance if math.isfinite(chance) else None, "clear" if chance >= 0.95 else "")


def _data(study: Study, by_cost: Mapping[str, Chances]) -> pd.DataFrame:
    costs = [cost for cost in COSTS if cost in by_cost]
    rows = study.table[["point", *costs, *(f"front_{cost}" for cost in costs), "mean"]]
    return rows.assign(**{f"chance_{cost}": rows["point"].map(dict(by_cost[cost].chance)) for cost in costs})
