"""What a reader sees without scrolling: the answer, the difference with its interval, and the best point, as text.

With WN_SWEEP_PICTURES=FOLDER the first screens are photographed: `make pictures`.
"""

import dataclasses
import os
import re
import shutil
from pathlib import Path

import pytest

from report.frames import gated, quick
from report.page.browser import MARKS
from sweep import Ledger, frame
from sweep.report import render
from sweep.report.cards.finding import cards
from sweep.report.page import contents

pytestmark = MARKS

REFERENCE = Path(__file__).parents[3] / "results/reference/quick/ledger.sqlite"
#: Pixels from the top of the page, and the widths of a laptop's window and of a phone.
FOLD, WIDTHS = 600, (1280, 390)


def shipped(folder):
    shutil.copy(REFERENCE, folder / "ledger.sqlite")
    with Ledger.open(folder / "ledger.sqlite") as ledger:
        return dataclasses.replace(frame(ledger), main=("lambda", "family"))


#: name -> the sweep, and what its first screen says
SWEEPS = {
    "families": (
        lambda _: dataclasses.replace(quick(), main=("family",)),
        "Does the family matter?",
        "weightnet vs static",
    ),
    "gates": (lambda _: gated(), "Does gate matter? Yes.", "gate = soft vs none"),
    "quick": (shipped, "Does λ matter?", "λ = 4 vs 1"),
}


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The page of each sweep: with figures only if it is photographed, since they are below the first screen."""
    made = {}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(contents, "CONTENTS", [("Finding", cards)])
        for name, (build, *_) in SWEEPS.items():
            folder = tmp_path_factory.mktemp(name)
            made[name] = render(build(folder), folder).page
    return made


def bottom(page, pattern):
    """How far down the first text that a pattern matches ends, in pixels; it must be there, and be visible."""
    found = page.evaluate(
        """([pattern]) => {
            const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
            while (walker.nextNode()) {
                const match = walker.currentNode.data.match(new RegExp(pattern));
                if (!match) continue;
                const range = document.createRange();
                range.setStart(walker.currentNode, match.index);
                range.setEnd(walker.currentNode, match.index + match[0].length);
                const box = range.getBoundingClientRect();
                if (box.width > 0) return {bottom: box.bottom, right: box.right};
            }
            return null;
        }""",
        [pattern],
    )
    assert found is not None, pattern
    assert found["right"] <= page.viewport_size["width"]
    return found["bottom"]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", SWEEPS)
def test_the_answer_stands_in_the_first_screen(name, width, chromium, pages):
    _, answer, comparison = SWEEPS[name]
    page = chromium.new_page(viewport={"width": width, "height": FOLD}, color_scheme="light")
    page.goto(pages[name].as_uri())
    space = "[ \\u00a0]"
    named = re.escape(comparison).replace("\\ ", space)
    numbers = "[+−]?\\d+\\.\\d+ points \\[[+−]?\\d+\\.\\d+,\\u00a0[+−]?\\d+\\.\\d+\\]"
    assert bottom(page, re.escape(answer).replace("\\ ", space)) <= FOLD
    assert bottom(page, f"{named}: {numbers}") <= FOLD
    assert bottom(page, "Best: \\S+ .*?\\d+\\.\\d+ ± \\d+\\.\\d+ %") <= FOLD
    if pictures := os.environ.get("WN_SWEEP_PICTURES"):
        page.screenshot(path=Path(pictures) / f"first-screen-{name}-{width}.png")
    page.close()
