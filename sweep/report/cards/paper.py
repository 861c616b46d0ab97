"""The card that shows a sweep beside the paper's own figure."""

from collections.abc import Iterable, Sequence
from functools import partial

import pandas as pd

from sweep.analysis.replicates import difference
from sweep.analysis.study import Study
from sweep.analysis.sweep_frame import SweepFrame
from sweep.report import words
from sweep.report.cards.card import Card, Picture
from sweep.report.cards.fronts_figure import NAMED
from sweep.report.cards.paper_figure import draw_paper, family_of
from sweep.space import Point
from sweep.space.published import Row, find_published, read_published

#: The rows that ship: results/paper/imagenet.csv.
PUBLISHED = "imagenet"


def beside(study: Study) -> Iterable[Card]:
    """Make the card, for a sweep that has the static network and another family of the paper."""
    title = "Beside the paper"
    rows = read_published(find_published(PUBLISHED, "."))
    if not of_the_paper(study.frame, rows):
        return []
    families = set(study.frame.runs["family"]) if "family" in study.frame.axes else set()
    common = sorted((families & {family_of(row) for row in rows}) - {"static"})
    if not common:
        return []
    table = study.table
    if not (table["n"] > 0).any():
        return [Card(title, waits="This waits for the first run to succeed.")]
    seeds, data = len(study.frame.seeds), str(study.frame.dataset.get("name", "its own images"))
    picture = Picture(
        "beside-the-paper",
        partial(draw_paper, rows, table, seeds, data),
        _frame(rows, table),
        f"Four scatter plots of error against FLOPs and parameters: the paper’s rows, and this sweep’s points. "
        f"{' '.join(_sentences(rows, table, data))}",
        narrow=len(table) <= NAMED,
        ours=frozenset(row.label for row in rows),
    )
    notes = (
        "Above: the ImageNet rows of WeightNet (Ma, Zhang, Huang and Sun, ECCV 2020, arXiv 2007.11823), printed in the "
        "official README or read off its plot (hollow; bars are how well it can be read). Lines join one method across "
        "widths, dashed for its larger size. Below: this sweep, bars are one standard deviation over seeds.",
        "Other images, other sizes, other training: what the two show alike is a hint, and what they do not share may "
        "be due to any of these.",
    )
    return [Card(title, tuple(_sentences(rows, table, data)), picture, notes=notes)]


def of_the_paper(frame: SweepFrame, rows: Sequence[Row]) -> bool:
    """Whether a sweep has points of a backbone that occurs in published rows."""
    backbones = {str(row.about["backbone"]) for row in rows if "backbone" in row.about}
    if "backbone" in frame.axes:
        return not backbones.isdisjoint(frame.runs["backbone"])
    return frame.network.get("backbone", Point.model_fields["backbone"].default) in backbones


def _sentences(rows: Sequence[Row], table: pd.DataFrame, data: str) -> list[str]:
    static = {row.about["width"]: row.error for row in rows if family_of(row) == "static"}
    small = [row for row in rows if family_of(row) == "weightnet" and row.label.endswith("(1x)")]
    gains = [f"{static[row.about['width']] - row.error:.1f}" for row in small]
    widths = [f"{words.value(row.about['width'])}x" for row in small]
    sentences = [
        f"In the paper, WeightNet of the static network’s size has less error than it by {words.several(gains)} points "
        f"at widths {words.several(widths)} of ShuffleNetV2 on ImageNet, one training each."
    ]
    compared = table[(table["family"] == "weightnet") & (table["diff_n"] > 0)]
    if len(compared):
        best = compared.sort_values(["mean", "point"]).iloc[0].to_dict()
        gain = difference(best)
        of = f", the lowest of {len(compared)} means and so flattered" if len(compared) > 1 else ""
        sentences.append(
            f"Here, on {data}, {words.shorten(best['point'], 60)} differs from {words.shorten(best['baseline'], 60)} "
            f"by {words.points_of_error(gain, sign=True)} ({words.seeds(gain)}){of}."
        )
    return sentences


def _frame(rows: Sequence[Row], table: pd.DataFrame) -> pd.DataFrame:
    """Tabulate both: a row each, with its source in `from`."""
    paper = pd.DataFrame(
        {
            "from": "paper",
            "point": [row.label for row in rows],
            "family": [family_of(row) for row in rows],
            "width": [row.about.get("width") for row in rows],
            "error": [row.error for row in rows],
            "tolerance": [row.tolerance for row in rows],
            "flops": [float(row.flops or "nan") * 1e6 for row in rows],
            "params": [float(row.params or "nan") * 1e6 for row in rows],
            "source": [row.read_from for row in rows],
        }
    )
    sweep = table[["point", "family", "mean", "sd", "flops", "params"]].rename(columns={"mean": "error"})
    return pd.concat([paper, sweep.assign(**{"from": "sweep"})], ignore_index=True)
