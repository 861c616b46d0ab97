"""The card of two axes at once: a map of error, and their interaction."""

from collections.abc import Iterable
from functools import partial

import pandas as pd

from sweep.analysis.plane import Plane, plane
from sweep.analysis.study import Study
from sweep.report import words
from sweep.report.cards.card import Card, Picture
from sweep.report.cards.plane_figure import draw_plane


def cards(study: Study) -> Iterable[Card]:
    """Make the card of the first curves' axes."""
    if not (study.axis and study.second):
        return [Card("Two axes at once", waits="This waits for a sweep that varies two numeric axes together.")]
    title = f"{words.name(study.axis)} and {words.name(study.second)} at once"
    error_map = plane(study.curves[0]) if study.curves else None
    if error_map is None or not any(spot.errors for spot in error_map.cells.values()):
        return [Card(title, waits="This waits for finished points at two values of both axes.")]
    sentences = [_best_sentence(error_map), _interaction_sentence(error_map)]
    alt = f"Map of mean error. {' '.join(filter(None, sentences))}"
    picture = Picture("map", partial(draw_plane, error_map), _data(error_map), alt)
    notes = [
        "Mean error of each point at its own setting, beside it one standard deviation over seeds. The interaction is "
        "the trend of error along the one axis times the other, both by their logarithm, over all cells, told as the "
        "difference that it makes between the corners.",
    ]
    return [Card(title, tuple(filter(None, sentences)), picture, notes=tuple(notes))]


def _best_sentence(error_map: Plane) -> str | None:
    best = error_map.best
    if best is None:
        return None
    at = next(cell for cell, spot in error_map.cells.items() if spot is best)
    where = f"{words.equal(words.name(error_map.x), at[0])} and {words.equal(words.name(error_map.by), at[1])}"
    cells = words.plural(len(error_map.cells), "point")
    lowest = f"{words.number(best.mean)}{words.metric().sign}"
    return f"The lowest mean {words.metric().noun} is {lowest} at {where}; as the lowest of {cells} it flatters."


def _interaction_sentence(error_map: Plane) -> str:
    """Describe how much more error falls along x at the last `by` than at the first."""
    interaction = error_map.interaction
    if interaction.n < 1:
        return "The interaction needs every combination of both axes, with shared seeds."
    x, by = words.name(error_map.x), words.name(error_map.by)
    ends = f"From {words.equal(x, error_map.xs[0])} to {words.value(error_map.xs[-1])}"
    last, first = words.equal(by, error_map.bys[-1]), words.equal(by, error_map.bys[0])
    if interaction.clear:
        direction, size = ("more", interaction) if interaction.mean > 0 else ("less", words.turned(interaction))
        return (
            f"{ends} error falls {direction} at {last} than at {first}, by {words.points_of_error(size)} "
            f"({words.seeds(interaction)})."
        )
    return f"{ends} the fall of error at {last} vs {first}: {words.outcome(interaction)} ({words.seeds(interaction)})."


def _data(error_map: Plane) -> pd.DataFrame:
    rows = [
        (error_map.family, by, x, spot.point, seed, error)
        for (x, by), spot in error_map.cells.items()
        for seed, error in spot.errors.items()
    ]
    return pd.DataFrame(rows, columns=["family", error_map.by, error_map.x, "point", "seed", "error"])
