"""Renders several sweeps on one page."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path

import pandas as pd

from sweep.analysis.ranked import judged
from sweep.analysis.study import Study
from sweep.analysis.sweep_frame import SweepFrame
from sweep.collecting import seldom_collected
from sweep.report import words
from sweep.report.cards.card import build
from sweep.report.figures.style import borrow_for
from sweep.report.page import contents
from sweep.report.page.folder import drafted, plain_points, write_csv
from sweep.report.page.render import Heading, write_page
from sweep.report.page.rendered import Rendered


@dataclass(frozen=True)
class Sweep:
    """A sweep of a comparison, with its name on the page."""

    name: str
    study: Study

    @cached_property
    def data(self) -> str:
        """The name of its images."""
        return str(self.study.frame.dataset.get("name", ""))


@dataclass(frozen=True)
class Compared:
    """Several sweeps, the first of which the others are compared with."""

    sweeps: tuple[Sweep, ...]

    @cached_property
    def common(self) -> tuple[str, ...]:
        """The points that are judged in all of them, in the order of the first: same label, settled, no seed lost."""
        judged = [set(self.fair(sweep)["point"]) for sweep in self.sweeps]
        return tuple(
            point
            for point in self.fair(self.sweeps[0])["point"]
            if all(point in points_of_sweep for points_of_sweep in judged)
        )

    def fair(self, sweep: Sweep) -> pd.DataFrame:
        """The rows of a sweep's table that can be compared."""
        return judged(sweep.study.table)

    @cached_property
    def same_data(self) -> bool:
        """Whether all train and judge on the same images, so that their errors are comparable."""
        return all(sweep.study.frame.dataset == self.sweeps[0].study.frame.dataset for sweep in self.sweeps)


@seldom_collected()
def compare(frames: Mapping[str, SweepFrame], out: Path) -> Rendered:
    """Write one page over several sweeps, the same to the byte each time; as `render`, card by card.

    Args:
        frames: at least two, by their names on the page; the others are compared with the first.
        out: the folder to write to: `index.html`, `NAME.csv` with the points of each, `figures` and `data`.

    Returns:
        The path of `index.html`, and which cards could not be made.

    Raises:
        OSError: if `out` cannot be written to.
    """
    compared = Compared(tuple(Sweep(name, Study(frame)) for name, frame in frames.items()))
    borrow_for(chain(frames, *(frame.runs["point"].unique() for frame in frames.values())))
    cards = build(compared, contents.COMPARED)
    files = _files(frames)
    versions = sorted({frame.versions["wn-sweep"] for frame in frames.values() if "wn-sweep" in frame.versions})
    facts = (
        words.plural(len(frames), "sweep"),
        *(f"{len(f.runs['point'].unique())} points in {n}" for n, f in frames.items()),
    )
    title = " · ".join(words.shorten(name, 40) for name in frames)
    heading = Heading("Sweeps compared", title, "", facts, tuple(files.values()), ", ".join(versions))
    with drafted(out) as draft:
        for sweep in compared.sweeps:
            try:
                write_csv(plain_points(sweep.study.table), draft / files[sweep.name])
            except Exception:  # the cards say why; a file with no points says that there are none to trust
                write_csv(pd.DataFrame(columns=["point"]), draft / files[sweep.name])
        failed = write_page(heading, cards, draft)
    return Rendered(out / "index.html", failed)


def _files(names: Mapping[str, object]) -> dict[str, str]:
    """A file for the points of each sweep, named after it as far as file names allow."""
    plain = {
        name: "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in name)[:60] for name in names
    }
    often = Counter(plain.values())
    return {
        name: f"points-{text}.csv" if often[text] == 1 else f"points-{text}-{i}.csv"
        for i, (name, text) in enumerate(plain.items(), 1)
    }
