"""Writes a report: one page that works offline and without a server, and the files that it links to."""

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup, escape
from matplotlib.figure import Figure

from sweep.analysis.study import Study
from sweep.analysis.sweep_frame import SweepFrame, all_runs
from sweep.collecting import seldom_collected
from sweep.report import words
from sweep.report.cards.card import Card, Picture, broken, build, failures
from sweep.report.cards.finding import plain_lines
from sweep.report.figures.style import ONE_COLUMN, borrow_for, save
from sweep.report.page import contents
from sweep.report.page.folder import drafted, plain_points, write_csv
from sweep.report.page.inline import inline
from sweep.report.page.rendered import Rendered
from sweep.report.page.saving import save_ahead

_HERE = Path(__file__).parent
#: The files that make the page's one script.
_SCRIPTS = (
    "page.js",
    *(f"explore/{name}.js" for name in ("scale", "view", "scatter", "parallel", "curves", "panel", "explore")),
)
_STYLES = ("page.css", "explore/explore.css")
#: A command in a sentence: with its options, and without the full stop after it.
_COMMAND = re.compile(r"wn-sweep \w+ [^\s;]*[^\s;.](?: --\w+ [^\s;]*[^\s;.])*")
#: The suffix of file names of figures as wide as one column.
NARROW = "-column"


@dataclass(frozen=True)
class Heading:
    """The head of a page, above its cards."""

    kind: str
    title: str
    about: str = ""
    #: the size of the sweep, in a few words each
    facts: tuple[str, ...] = ()
    #: files beside the page
    files: tuple[str, ...] = ()
    version: str = ""


@dataclass(frozen=True)
class _Printed:
    """A card as the template takes it, with its figure as SVG text."""

    card: Card
    id: str
    svg: Markup | None = None
    #: the figure's data as `packed` writes a file
    data: str = ""
    #: its files: the ending before the suffix, the width, and the suffixes
    sizes: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    #: what the script draws, as `packed` writes a file
    explorer: str = ""


@seldom_collected()
def render(frame: SweepFrame, out: Path) -> Rendered:
    """Write the report of a sweep from the runs so far; equal runs give equal bytes.

    A card that lacks data says what it waits for, and a card that fails shows its error; neither stops the others. Each
    file appears complete or not at all, the page last. `figures` and `data` belong to the report: figures of an earlier
    page that this one lacks are removed.

    Args:
        frame: the sweep.
        out: the folder to write to, made if it is not there: `index.html`, `points.csv`, `figures/NAME.{svg,png,pdf}`
            as wide as two columns of a paper, `figures/NAME-column.{svg,pdf}` as wide as one, `data/NAME.csv`.

    Returns:
        The path of `index.html`, and which cards could not be made.

    Raises:
        OSError: if `out` cannot be written to.
    """
    with words.judged_by(frame.metric):
        return _render(Study(frame), out)


def _render(study: Study, out: Path) -> Rendered:
    frame = study.frame
    borrow_for(_texts(frame))
    cards = build(study, contents.CONTENTS)
    version = frame.versions.get("wn-sweep", "")
    heading = Heading("Sweep report", frame.name, frame.about, _facts(study), ("points.csv",), version)
    with drafted(out) as draft:
        _write_points(study, draft / "points.csv")
        failed = write_page(heading, cards, draft)
    return Rendered(out / "index.html", failed, _finding(study))


def write_page(heading: Heading, cards: Sequence[Card], draft: Path) -> tuple[str, ...]:
    """Write the page of these cards and the files of their figures; return why cards could not be made."""
    cards_by_id = {f"card-{i}": card for i, card in enumerate(cards, 1)}
    svgs = save_ahead(_tasks(cards_by_id, draft))
    printed = [_print(card, name, draft, svgs) for name, card in cards_by_id.items()]
    script = "".join((_HERE / name).read_text(encoding="utf-8") for name in _SCRIPTS)
    # The page allows this one script by its hash, so that no text of a space could ever run.
    allowed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    page = _template().render(
        heading=heading,
        files={name: packed(draft / name) for name in heading.files},
        printed=[printed_card for printed_card in printed if not printed_card.card.waiting],
        waiting=[printed_card.card for printed_card in printed if printed_card.card.waiting],
        style=Markup("".join((_HERE / name).read_text(encoding="utf-8") for name in _STYLES)),
        script=Markup(script),
        allowed=allowed,
    )
    (draft / "index.html").write_text(page, encoding="utf-8", errors="replace")
    return failures(printed_card.card for printed_card in printed)


def packed(path: Path) -> str:
    """A file's content for embedding in the page (gzip in base64), so that a page that was mailed alone contains it."""
    return base64.b64encode(gzip.compress(path.read_bytes(), mtime=0)).decode()


def _explorer(data: Mapping[str, Any]) -> str:
    """JSON, packed as `packed` does, at a compression level ten times as fast as the strongest one."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return base64.b64encode(gzip.compress(text.encode("utf-8", "replace"), 5, mtime=0)).decode()


def _tasks(cards: Mapping[str, Card], draft: Path) -> dict[str, Callable[[], str]]:
    """Map each figure, by the id of its card and the ending of its files, to its drawing task, the wide ones first."""
    tasks = [
        (f"{name}{ending}", _task(card.picture, ending, draw, draft))
        for name, card in cards.items()
        if card.picture is not None
        for ending, draw, _ in _sizes(card.picture)
    ]
    return dict(sorted(tasks, key=lambda task: task[0].endswith(NARROW)))


def _task(picture: Picture, ending: str, draw: Callable[[], Figure], draft: Path) -> Callable[[], str]:
    stem = draft / "figures" / f"{picture.name}{ending}"
    # a paper takes vectors, and every PNG costs a tenth of a second
    return lambda: save(draw(), stem, png=not ending)


def _print(card: Card, name: str, draft: Path, svgs: Mapping[str, str]) -> _Printed:
    picture = card.picture
    if picture is None:
        return _Printed(card, name, explorer="" if card.explorer is None else _explorer(card.explorer))
    sizes = _sizes(picture)
    try:
        svg = Markup()
        for ending, draw, _ in sizes:
            text = svgs.get(f"{name}{ending}") or _task(picture, ending, draw, draft)()
            kind = "" if len(sizes) == 1 else "narrow" if ending else "wide"
            svg += inline(text, f"{name}{ending}", picture.alt, picture.themed, kind)
        data = draft / "data" / f"{picture.name}.csv"
        write_csv(picture.data, data, picture.ours)
    except Exception as error:  # one card must never take the page down
        stems = {picture.name, f"{picture.name}{NARROW}"}
        for path in draft.glob("*/*"):
            if path.stem in stems:
                path.unlink()
        return _Printed(replace(broken(card.title, error), tables=card.tables), name)
    files = [(ending, size, ("svg", "pdf") if ending else ("svg", "png", "pdf")) for ending, _, size in sizes]
    return _Printed(card, name, svg, packed(data), tuple(files))


def _sizes(picture: Picture) -> list[tuple[str, Callable[[], Figure], str]]:
    """List the figures of a picture: the ending of their names, how each is drawn, and its width."""
    wide = ("", partial(picture.drawn, picture.width), "two columns")
    return [wide, (NARROW, partial(picture.drawn, ONE_COLUMN), "one column")] if picture.narrow else [wide]


def _texts(frame: SweepFrame) -> Iterator[str]:
    """The texts of a sweep that figures may contain."""
    yield from map(str, (*frame.runs["point"].unique(), *frame.axes, *frame.nuisance, frame.dataset.get("name", "")))
    for values in (*frame.nuisance.values(), *frame.order.values()):
        yield from map(str, values)


def _facts(study: Study) -> tuple[str, ...]:
    """Describe the size of the sweep in a few words."""
    frame = study.frame
    try:
        counts = study.counts
        done = f"{words.count(counts.done)} of {words.plural(counts.total, 'run')} done"
    except Exception:  # the cards say why
        return ()
    facts = [words.plural(frame.runs["point"].nunique(), "point"), words.plural(len(frame.seeds), "seed")]
    for axis, values in frame.nuisance.items():
        facts.append(f"{words.name(axis)} tuned over {words.plural(len(values), 'value')}")
    data = frame.dataset.get("name")
    if len(frame.lengths) > 1:
        # the page judges points by one of them
        runs = all_runs(frame)
        done_of_all = f"{words.count((runs['status'] == 'done').sum())} of {words.plural(len(runs), 'run')} done"
        epochs = frame.recipe.get("epochs")
        done = f"{done_of_all}, judged after {words.plural(epochs, 'epoch')}" if epochs else done_of_all
    return (*facts, done, *([f"data: {data}"] if data else []))


def _finding(study: Study) -> tuple[str, ...]:
    try:
        return plain_lines(study)
    except Exception:  # the cards say why
        return ()


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["commands"] = _commands
    return environment.get_template("template.html.j2")


def _commands(sentence: str) -> Markup:
    """Mark up the commands of a sentence, so that they stay on one line and can be copied."""
    return Markup(_COMMAND.sub(r"<code>\g<0></code>", str(escape(sentence))))


def _write_points(study: Study, path: Path) -> None:
    try:
        table = study.table
    except Exception:  # the cards say why; a file with no points says that there are none to trust
        table = pd.DataFrame(columns=["point"])
    write_csv(plain_points(table), path)
