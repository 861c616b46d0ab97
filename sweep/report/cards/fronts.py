"""The card of error against cost, with the Pareto fronts."""

from collections.abc import Iterable
from functools import partial

from sweep.analysis.study import Study
from sweep.report import words
from sweep.report.cards.card import Card, Picture
from sweep.report.cards.fronts_figure import NAMED, draw_fronts
from sweep.report.cards.uncounted import uncounted_sentences

_COSTS = {"flops": "FLOPs", "params": "parameters"}


def fronts(study: Study) -> Iterable[Card]:
    """Make the card."""
    title = "Error against cost"
    table = study.table
    if not (table["n"] > 0).any():
        missing = table["runs_missing"].any() or table.empty
        return [Card(title, waits="This waits for the first run to succeed." if missing else "No run has succeeded.")]
    sentences = _sentences(study)
    notes = [
        "Mean error of each point at its own setting; bars are one standard deviation over seeds. "
        "A front of means ignores their noise: where bars overlap, other seeds may give another front.",
    ]
    lost, waiting = int((table["n_failed"] > 0).sum()), int((~table["settled"].astype(bool)).sum())
    if lost:
        means = "its mean is" if lost == 1 else "their means are"
        notes.append(f"{words.plural(lost, 'point')} with a failed seed cannot be on the front: {means} of survivors.")
    if waiting:
        notes.append(f"{words.plural(waiting, 'point')} cannot be on the front: not all settings are in yet.")
    if ((table["n"] > 0) & ((table["n"] < len(study.frame.seeds)) | ~table["settled"].astype(bool))).any():
        notes.append("A hollow mark lacks a seed or a setting.")
    notes += uncounted_sentences(study.frame)
    if len(table) > NAMED:
        notes.append(f"Of more than {words.count(NAMED)} points, those off the fronts are dots without bars.")
    columns = ["point", *study.frame.axes, "flops", "params", "mean", "sd", "n", "n_failed", "settled"]
    seeds = len(study.frame.seeds)
    picture = Picture(
        "fronts",
        partial(draw_fronts, study.shown, list(_COSTS), seeds),
        table[[*columns, "front_flops", "front_params"]],
        f"Scatter plots of error against cost. {' '.join(sentences)}",
        narrow=len(table) <= NAMED,
    )
    return [Card(title, tuple(sentences), picture, notes=tuple(notes))]


def _sentences(study: Study) -> list[str]:
    table = study.table
    on = {cost: table[table[f"front_{cost}"]].sort_values([cost, "point"])["point"].tolist() for cost in _COSTS}
    meaning = " (no other point is at least as good in both and better in one)"
    sentences = []
    for cost, name in _COSTS.items():
        labels = [words.shorten(label, 40) for label in on[cost]]
        if not labels:
            sentences.append(f"No point can be on the front of error against {name} yet.")
            continue
        same_points = cost == "flops" and set(on["flops"]) == set(on["params"])
        where = (
            "fronts of error against FLOPs and against parameters" if same_points else f"front of error against {name}"
        )
        listed = words.several(labels) if len(labels) <= 6 else f"from {labels[0]} to {labels[-1]}"
        verb = "is" if len(labels) == 1 else "are"
        sentences.append(
            f"{len(labels)} of {words.plural(len(table), 'point')} {verb} on the {where}{meaning}: {listed}."
        )
        if same_points:
            break
        meaning = ""
    return sentences
