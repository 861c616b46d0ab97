"""The card of whether the sweep ranks points as published rows do."""

import math
from collections.abc import Iterable, Mapping
from functools import partial

import pandas as pd

from sweep.analysis.fidelity import FEWEST, Agreement, ReferenceValue, agreement, published
from sweep.analysis.ranked import judged
from sweep.analysis.study import Study
from sweep.report import words
from sweep.report.cards.card import Card, Cell, Column, Picture, Table
from sweep.report.cards.fidelity_figure import draw_agreement
from sweep.report.cards.paper import of_the_paper
from sweep.report.figures.style import ONE_COLUMN
from sweep.space.published import find_published, read_published

#: The rows that ship.
PUBLISHED = "imagenet"
#: The card that has the interval of tau-b.
TITLE_OF_TAU = "How much of the target’s order it tells"
#: Wrong pairs that are listed at most.
MOST = 12


def cards(study: Study) -> Iterable[Card]:
    """Make the card of the published width with most points of the sweep."""
    title = "Does this sweep rank points as ImageNet does?"
    rows = read_published(find_published(PUBLISHED, ""))
    if not of_the_paper(study.frame, rows):
        return []
    settled = judged(study.table)
    samples = {point: study.tuned.samples[point] for point in settled["point"]}
    references = published(settled, rows)
    agreements = {
        name: (ranking, reference)
        for name, reference in references.items()
        if (ranking := agreement(samples, reference, study.drawn)) is not None
    }
    if not agreements:
        return [Card(title, waits=f"This waits for {FEWEST} finished points that the WeightNet paper has too.")]
    name = max(agreements, key=lambda key: len(agreements[key][0].points))
    return [card(title, name, *agreements[name], study)]


def card(title: str, name: str, ranks: Agreement, reference: Mapping[str, ReferenceValue], study: Study) -> Card:
    """Make the card of one reference.

    Args:
        title: the card's.
        name: the reference's, such as 'ImageNet, 0.5x'.
        ranks: how the sweep agrees with it.
        reference: its errors by point.
        study: the sweep.
    """
    # the card of a target has this tau-b with its interval, unless the space names another target
    tau = words.ranking(ranks.tau) if study.frame.truth else words.number(ranks.tau.value, 2)
    agree = _sentence(name, ranks, tau)
    picture = Picture(
        "fidelity",
        partial(draw_agreement, study.table, ranks, reference, name),
        _data(study, ranks, reference),
        f"Scatter plot of error in this sweep and on {name}. {agree}",
        width=1.25 * ONE_COLUMN,
    )
    sentences = [agree, _regret_sentence(name, ranks), _ceiling_sentence(name, ranks)]
    notes = [
        f"Points are matched by family, M, G and experts; {name} is another network on other data, at another "
        "length of training. Two published errors closer than they can be read are ties. Intervals come from drawing "
        "points anew, and their expected errors as far as the seeds leave them open: few points say little of others.",
    ]
    if not study.frame.truth:
        notes.append(f"The interval of τ-b is in the card “{TITLE_OF_TAU}”.")
    return Card(
        title, tuple(filter(None, sentences)), picture, (_table(name, ranks),) if ranks.wrong else (), tuple(notes)
    )


def _sentence(name: str, ranks: Agreement, tau: str) -> str:
    pairs = ranks.alike + len(ranks.wrong) + ranks.tied
    return (
        f"On the {len(ranks.points)} points that {name} has too, the rankings agree by a Kendall τ-b of "
        f"{tau} and a Spearman ρ of {words.ranking(ranks.rho)}: of {words.plural(pairs, 'pair')} "
        f"{ranks.alike} are ranked alike, {len(ranks.wrong)} differently"
        f"{f', and {ranks.tied} cannot be told apart there' if ranks.tied else ''}."
    )


def _regret_sentence(name: str, ranks: Agreement) -> str:
    best = words.shorten(ranks.best, 60)
    if ranks.regret <= 0:
        return f"The best point here, {best}, is the best of them on {name} as well."
    return f"Picking the best point here, {best}, costs {words.number(ranks.regret)} points of error on {name}."


def _ceiling_sentence(name: str, ranks: Agreement) -> str | None:
    if not math.isfinite(ranks.seed_to_seed):
        return None
    return (
        f"Two single seeds of this sweep agree with one another by τ-b {words.number(ranks.seed_to_seed)}, and a "
        f"single seed with {name} by {words.number(ranks.seed_tau)}: noise alone keeps the first from 1."
    )


def _table(name: str, ranks: Agreement) -> Table:
    rows = [
        (
            Cell(words.shorten(pair.better, 60)),
            Cell(words.shorten(pair.worse, 60)),
            Cell(f"{words.signed(pair.in_sweep.mean)}{words.interval(pair.in_sweep)}", pair.in_sweep.mean),
            Cell(words.signed(pair.in_reference), pair.in_reference),
        )
        for pair in ranks.wrong[:MOST]
    ]
    cut = f", the first {MOST} of {len(ranks.wrong)}" if len(ranks.wrong) > MOST else ""
    return Table(
        f"Pairs that are ranked differently{cut}: first less second",
        (
            Column("better here", numeric=False),
            Column("worse here", numeric=False),
            Column(f"here, {words.metric().points}"),
            Column(f"on {name}, points"),
        ),
        tuple(rows),
        sortable=True,
    )


def _data(study: Study, ranks: Agreement, reference: Mapping[str, ReferenceValue]) -> pd.DataFrame:
    rows = study.table[study.table["point"].isin(ranks.points)][["point", "mean", "sd", "low", "high", "n"]]
    return rows.assign(
        reference=[reference[point].error for point in rows["point"]],
        tolerance=[reference[point].tolerance for point in rows["point"]],
    )
