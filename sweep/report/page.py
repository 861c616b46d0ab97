"""Writes the report: one page that works offline and without a server, and beside it the files that it links to."""

import base64
import hashlib
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import jinja2
import pandas as pd
from markupsafe import Markup

from sweep.analysis.study import Study
from sweep.analysis.sweep_frame import SweepFrame
from sweep.report import (
    curve_cards,
    evidence_card,
    fidelity_card,
    front_card,
    front_chance_card,
    headline,
    isolation_card,
    nuisance_card,
    plane_card,
    point_cards,
    population_card,
    run_card,
)
from sweep.report.cards import Builder, Card, broken, build
from sweep.report.style import save

#: The page from top to bottom.
CONTENTS: Sequence[tuple[str, Builder]] = (
    ("Headline", headline.cards),
    ("Error against the main axis", curve_cards.main_axis),
    ("Error against the second axis", curve_cards.second_axis),
    ("Two axes at once", plane_card.cards),
    ("Each axis alone", isolation_card.cards),
    ("What tuning took away", nuisance_card.cards),
    ("How surely points differ from the baseline", evidence_card.cards),
    ("Error against cost", front_card.fronts),
    ("How sure the fronts are", front_chance_card.cards),
    ("How errors are distributed over points", population_card.cards),
    ("Does this sweep rank points as ImageNet does?", fidelity_card.cards),
    ("Chosen settings", point_cards.chosen_settings),
    ("Points", point_cards.all_points),
    ("What was run", run_card.cards),
)

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class _Printed:
    """A card as the template takes it, with its figure as SVG text."""

    card: Card
    id: str
    svg: Markup | None = None


def render(frame: SweepFrame, out: Path) -> Path:
    """Write the report of a sweep, the same to the byte each time, from whatever is known so far.

    A card that lacks data says what it waits for, and one that breaks says so; neither stops the rest. Each file
    appears whole or not at all, the page last. `figures` and `data` belong to the report: figures of an earlier page
    that this one has no more are removed.

    Args:
        frame: the sweep.
        out: the folder to write to, made if it is not there: `index.html`, `points.csv`, `figures/NAME.{svg,png,pdf}`,
            `data/NAME.csv`.

    Returns:
        The path of `index.html`.

    Raises:
        OSError: if `out` cannot be written to.
    """
    out.mkdir(parents=True, exist_ok=True)
    study = Study(frame)
    cards = build(study, CONTENTS)
    with tempfile.TemporaryDirectory(prefix=".report-", dir=out) as folder:
        draft = Path(folder)
        (draft / "figures").mkdir()
        (draft / "data").mkdir()
        printed = [_print(card, f"card-{i}", draft) for i, card in enumerate(cards, 1)]
        _write_points(study, draft / "points.csv")
        (draft / "index.html").write_text(_page(frame, printed), encoding="utf-8", errors="replace")
        _publish(draft, out)
    return out / "index.html"


def _print(card: Card, name: str, draft: Path) -> _Printed:
    if card.picture is None:
        return _Printed(card, name)
    try:
        svg = save(card.picture.figure, draft / "figures" / card.picture.name)
        _write_csv(card.picture.data, draft / "data" / f"{card.picture.name}.csv")
    except Exception as error:  # one card must never take the page down
        for left in draft.glob(f"*/{card.picture.name}.*"):
            left.unlink()
        return _Printed(replace(broken(card.title, error), tables=card.tables), name)
    return _Printed(card, name, inline(svg, name, card.picture.alt))


def inline(svg: str, prefix: str, alt: str) -> Markup:
    """Turn a file of matplotlib's into an element of a page.

    Args:
        svg: the file's text.
        prefix: put before each id, since a page has several figures and ids are the page's.
        alt: what a screen reader says.
    """
    body = svg[svg.index("<svg") :]
    for noise in (r"<!--.*?-->", r"<metadata>.*?</metadata>", r"<style.*?</style>", r"\n\s*"):
        body = re.sub(noise, "\n" if noise == r"\n\s*" else "", body, flags=re.DOTALL)
    body = re.sub(r'\bid="', f'id="{prefix}-', body)
    body = re.sub(r'(xlink:href="#|url\(#)', rf"\1{prefix}-", body)
    box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', body)
    assert box, "matplotlib writes a viewBox"
    opening = (
        Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}" style="--points:{}" ')
        + Markup('xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">')
    ).format(box[1], box[2], alt, box[1])
    return opening + Markup(body[body.index(">") + 1 :])


def _page(frame: SweepFrame, printed: Sequence[_Printed]) -> str:
    script = (_HERE / "sort.js").read_text(encoding="utf-8")
    # The page allows this one script by its hash, so that no text of a space could ever run.
    allowed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return _template().render(
        frame=frame,
        printed=printed,
        style=Markup((_HERE / "page.css").read_text(encoding="utf-8")),
        script=Markup(script),
        allowed=allowed,
    )


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("template.html.j2")


def _write_points(study: Study, path: Path) -> None:
    try:
        table = study.table
    except Exception:  # the cards say why; a file with no points says that there are none to trust
        table = pd.DataFrame(columns=["point"])
    if "edge" in table:
        table = table.assign(edge=table["edge"].map(lambda names: " ".join(names)))
    _write_csv(table, path)


def _write_csv(table: pd.DataFrame, path: Path) -> None:
    with path.open("w", encoding="utf-8", errors="replace", newline="") as file:
        table.to_csv(file, index=False, lineterminator="\n")


def _publish(draft: Path, out: Path) -> None:
    """Move a finished draft into place, file by file, the page last."""
    files = sorted(path.relative_to(draft) for path in draft.rglob("*") if path.is_file())
    files.sort(key=lambda path: path.name == "index.html")
    for path in files:
        (out / path).parent.mkdir(exist_ok=True)
        (draft / path).replace(out / path)
    suffixes: Mapping[str, set[str]] = {"figures": {".svg", ".png", ".pdf"}, "data": {".csv"}}
    for folder, known in suffixes.items():
        for path in (out / folder).glob("*"):
            if path.suffix in known and path.relative_to(out) not in files:
                path.unlink()
