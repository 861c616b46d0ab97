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

#: Of more points than these, those are drawn that matter most.
DRAWN = 300


def cards(study: Study) -> Iterable[Card]:
    """Make the card."""
    title = "Training loss by epoch"
    found = study.learning
    if found is None:
        missing = study.counts.done == 0
        return [Card(title, waits="This waits for the first run to succeed." if missing else "No loss was recorded.")]
    drawn = most_telling(study.shown, DRAWN)
    families = dict(zip(drawn["point"], drawn["family"], strict=True)) if "family" in drawn else {}
    rows = {point: row for row, point in enumerate(found.points)}
    points = [point for point in drawn["point"] if point in rows]
    if not points:
        return [Card(title, waits="This waits for a point at its own setting.")]
    shown = ranked(study.table).sort_values(["mean", "point"])["point"][:1].tolist()
    out = [point for point in [*dict.fromkeys(study.table["baseline"]), *shown] if point in points][:2]
    says = _sentence(found, points, rows)
    notes = ["The mean over seeds of each point at its own setting; bands go from the lowest seed to the highest."]
    if len(points) < len(found.points):
        notes.append(
            f"Of {words.count(len(found.points))} points {len(points)} are drawn: baselines, fronts, the lowest errors."
        )
    data = _data(found, points, rows)
    picture = Picture(
        "learning-curves",
        partial(draw_learning, data, families, out),
        data,
        f"Line chart of the training loss of each epoch. {says}",
        narrow=len(points) == len(found.points),
    )
    return [Card(title, (says,), picture, notes=tuple(notes))]


def _sentence(found: Learning, points: list[str], rows: dict[str, int]) -> str:
    """Say where the losses end."""
    last = {}
    for point in points:
        finite = found.mean[rows[point]][np.isfinite(found.mean[rows[point]])]
        last[point] = float(finite[-1]) if finite.size else math.nan
    known = sorted((loss, point) for point, loss in last.items() if math.isfinite(loss))
    if not known:
        return "No point has a finite training loss."
    (least, first), (most, other) = known[0], known[-1]
    ends = f"{words.number(least, 3)} ({words.shorten(first, 60)})"
    if len(known) == 1:
        return f"The training loss ends at {ends}."
    return f"Training losses end between {ends} and {words.number(most, 3)} ({words.shorten(other, 60)})."


def _data(found: Learning, points: list[str], rows: dict[str, int]) -> pd.DataFrame:
    """List the curves, a row a point and epoch."""
    at = [rows[point] for point in points]
    epochs = np.array([found.epochs[row] for row in at])
    table = pd.DataFrame(
        {
            "point": np.repeat(np.array(points, dtype=object), epochs),
            "epoch": np.concatenate([np.arange(1, count + 1) for count in epochs]),
            "seeds": np.repeat([found.seeds[row] for row in at], epochs),
        }
    )
    for name in ("mean", "low", "high"):
        values = getattr(found, name)
        table[name] = np.concatenate([values[row, :count] for row, count in zip(at, epochs, strict=True)])
    return table
