"""The card of learning curves: the training loss of each epoch, each point at its own setting."""

import math
from collections.abc import Iterable
from functools import partial

import numpy as np
import pandas as pd

from sweep.analysis.learning import Learning
from sweep.analysis.ranked import ranked
from sweep.analysis.study import Study
from sweep.report import words
from sweep.report.cards.card import Card, Picture
from sweep.report.cards.learning_figure import draw_learning
from sweep.report.cards.points import most_telling

#: With more points than these, only the most important ones are drawn.
DRAWN = 300


def cards(study: Study) -> Iterable[Card]:
    """Make the card."""
    title = "Training loss by epoch"
    curves = study.learning
    if curves is None:
        missing = study.counts.done == 0
        return [Card(title, waits="This waits for the first run to succeed." if missing else "No loss was recorded.")]
    drawn_rows = most_telling(study.shown, DRAWN)
    families = dict(zip(drawn_rows["point"], drawn_rows["family"], strict=True)) if "family" in drawn_rows else {}
    rows = {point: row for row, point in enumerate(curves.points)}
    points = [point for point in drawn_rows["point"] if point in rows]
    if not points:
        return [Card(title, waits="This waits for a point at its own setting.")]
    best = ranked(study.table).sort_values(["mean", "point"])["point"][:1].tolist()
    highlighted = [point for point in [*dict.fromkeys(study.table["baseline"]), *best] if point in points][:2]
    sentence = _sentence(curves, points, rows)
    notes = ["The mean over seeds of each point at its own setting; bands go from the lowest seed to the highest."]
    if len(points) < len(curves.points):
        notes.append(
            f"Of {words.count(len(curves.points))} points {len(points)} are drawn: baselines, fronts, "
            "the lowest errors."
        )
    data = _data(curves, points, rows)
    picture = Picture(
        "learning-curves",
        partial(draw_learning, data, families, highlighted),
        data,
        f"Line chart of the training loss of each epoch. {sentence}",
        narrow=len(points) == len(curves.points),
    )
    return [Card(title, (sentence,), picture, notes=tuple(notes))]


def _sentence(curves: Learning, points: list[str], rows: dict[str, int]) -> str:
    """State the range of final training losses."""
    last = {}
    for point in points:
        finite = curves.mean[rows[point]][np.isfinite(curves.mean[rows[point]])]
        last[point] = float(finite[-1]) if finite.size else math.nan
    finite_ends = sorted((loss, point) for point, loss in last.items() if math.isfinite(loss))
    if not finite_ends:
        return "No point has a finite training loss."
    (lowest, lowest_point), (highest, highest_point) = finite_ends[0], finite_ends[-1]
    ends = f"{words.number(lowest, 3)} ({words.shorten(lowest_point, 60)})"
    if len(finite_ends) == 1:
        return f"The training loss ends at {ends}."
    return f"Training losses end between {ends} and {words.number(highest, 3)} ({words.shorten(highest_point, 60)})."


def _data(curves: Learning, points: list[str], rows: dict[str, int]) -> pd.DataFrame:
    """List the curves, a row a point and epoch."""
    at = [rows[point] for point in points]
    epochs = np.array([curves.epochs[row] for row in at])
    table = pd.DataFrame(
        {
            "point": np.repeat(np.array(points, dtype=object), epochs),
            "epoch": np.concatenate([np.arange(1, count + 1) for count in epochs]),
            "seeds": np.repeat([curves.seeds[row] for row in at], epochs),
        }
    )
    for name in ("mean", "low", "high"):
        values = getattr(curves, name)
        table[name] = np.concatenate([values[row, :count] for row, count in zip(at, epochs, strict=True)])
    return table
