"""The card of two axes at once: a map of error, and whether the effect of the one depends on the other."""

import math
from collections.abc import Iterable

import pandas as pd

from sweep.analysis.plane import Plane, plane
from sweep.analysis.study import Study
from sweep.report import words
from sweep.report.cards import Card, Picture
from sweep.report.plane_figure import draw_plane
from sweep.report.style import ONE_COLUMN


def cards(study: Study) -> Iterable[Card]:
    """Make the card of the first curves' axes."""
    if not (study.axis and study.second):
        return [Card("Two axes at once", waits="This waits for a sweep that varies two numeric axes together.")]
    title = f"{words.name(study.axis)} and {words.name(study.second)} at once"
    found = plane(study.curves[0]) if study.curves else None
    if found is None or not any(spot.errors for spot in found.cells.values()):
        return [Card(title, waits="This waits for finished points at two values of both axes.")]
    says = [_best_sentence(found), _interaction_sentence(found)]
    alt = f"Map of mean error. {' '.join(filter(None, says))}"
    picture = Picture("map", draw_plane(found), _data(found), alt, narrow=draw_plane(found, ONE_COLUMN))
    notes = [
        "Mean error of each point at its own setting, beside it one standard deviation over seeds. The interaction is "
        "the trend of error along the one axis times the other, both by their logarithm, over all cells, told as the "
        "difference that it makes between the corners.",
    ]
    return [Card(title, tuple(filter(None, says)), picture, notes=tuple(notes))]


def _best_sentence(found: Plane) -> str | None:
    best = found.best
    if best is None:
        return None
    at = next(cell for cell, spot in found.cells.items() if spot is best)
    where = f"{words.equal(words.name(found.x), at[0])} and {words.equal(words.name(found.by), at[1])}"
    cells = words.plural(len(found.cells), "point")
    return f"The lowest mean error is {words.number(best.mean)} % at {where}; as the lowest of {cells} it flatters."


def _interaction_sentence(found: Plane) -> str:
    """Say by how much more error falls along x at the last `by` than at the first."""
    one = found.interaction
    if one.n < 1:
        return "Whether the effect of the one depends on the other waits for a full grid of both with seeds in common."
    x, by = words.name(found.x), words.name(found.by)
    ends = f"From {words.equal(x, found.xs[0])} to {words.value(found.xs[-1])}"
    last, first = words.equal(by, found.bys[-1]), words.equal(by, found.bys[0])
    if one.clear:
        more, size = ("more", one) if one.mean > 0 else ("less", words.turned(one))
        return (
            f"{ends} error falls {more} at {last} than at {first}, by {words.points_of_error(size)} "
            f"({words.seeds(one)})."
        )
    verdict = "inconclusive" if math.isfinite(one.low) else "no verdict without an interval"
    return (
        f"{ends} the fall of error at {last} vs {first}: {words.points_of_error(one, sign=True)}, {verdict} "
        f"({words.seeds(one)})."
    )


def _data(found: Plane) -> pd.DataFrame:
    rows = [
        (found.family, by, x, spot.point, seed, error)
        for (x, by), spot in found.cells.items()
        for seed, error in spot.errors.items()
    ]
    return pd.DataFrame(rows, columns=["family", found.by, found.x, "point", "seed", "error"])
