"""The card to explore points, in headless Chromium: by mouse, by keys, by touch, by link, and what it gives away."""

import re
import shutil
from pathlib import Path

import pytest

from report.page.browser import MARKS, PHONE, axe
from sweep.analysis.estimates import estimate
from sweep.analysis.study import Study
from sweep.costs import plan
from sweep.engine.ledger import Ledger
from sweep.engine.runs import wanted
from sweep.ledger_frame import frame
from sweep.report import render, words
from sweep.report.figures import style
from sweep.space import Space

pytestmark = MARKS

GOLDEN = Path(__file__).parents[2] / "golden" / "ledgers"


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("golden")
    shutil.copytree(GOLDEN / "quick", folder / "quick")
    with Ledger.open(folder / "quick" / "ledger.sqlite") as ledger:
        return Study(frame(ledger))


@pytest.fixture(scope="module")
def index(study, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(style, "_METADATA", {"svg": {"Date": None, "Creator": None}})
        return render(study.frame, tmp_path_factory.mktemp("page")).page


def ready(page):
    page.locator(".explorer[data-ready]").wait_for()
    return page


def chart(page):
    return page.get_by_role("application")


def shown(page, group):
    return int(page.locator(f".points[data-group='{group}']").get_attribute("data-points"))


def middle(page, group):
    """Where the only point of a family is."""
    box = page.locator(f".points[data-group='{group}']").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def told(page):
    return page.locator(".difference").inner_text().replace("\N{MINUS SIGN}", "-")


def named(page):
    return page.locator(".chosen-points h3").all_inner_texts()


def ticks(page):
    return chart(page).locator("text:not(.name)").all_inner_texts()


def test_by_mouse(open_page, study, command, tmp_path):
    page = ready(open_page())
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    chart(page).scroll_into_view_if_needed()
    page.mouse.move(*middle(page, "static"))
    assert page.locator(".tip:visible").inner_text().startswith("static: 8.03 ± 0.76 % [5.27")
    page.mouse.click(*middle(page, "static"))
    page.mouse.click(*middle(page, "se"))
    assert named(page) == ["A static", "B se"]
    # what analysis says of the two
    one = estimate(study.tuned.samples["static"] - study.tuned.samples["se"])
    size = words.points_of_error(one, sign=True).replace("\N{NO-BREAK SPACE}", " ").replace("\N{MINUS SIGN}", "-")
    assert told(page) == f"static vs se: {size.replace('points', 'points of error')}, inconclusive (3 seeds, paired)."
    panel = page.get_by_role("region", name="se", exact=True)
    rows = [re.split(r"\s*\t\s*", text) for text in panel.locator("tbody tr").all_inner_texts()]
    runs = study.frame.runs[study.frame.runs["point"] == "se"].sort_values(["optimizer.lr", "seed"])
    expected = [
        [f"learning rate {rate}", str(seed), f"{error:.2f} %"]
        for rate, seed, error in runs[["optimizer.lr", "seed", "error"]].itertuples(index=False)
    ]
    assert [row[:3] for row in rows] == expected
    assert panel.locator("tr.own").count() == 3
    assert chart(page).locator("circle.chosen").count() == 2
    assert page.get_by_role("img", name="static and se stand out").locator(".spread").count() == 2

    # the copy goes through the real plan, and asks for runs that the ledger has
    panel.get_by_role("button", name="Copy space.yaml").click()
    panel.get_by_text("Copied.").wait_for()
    (tmp_path / "copied.yaml").write_text(page.evaluate("navigator.clipboard.readText()"), encoding="utf-8")
    code, out, err = command("plan", "copied.yaml", "--no-forecast")
    assert (code, err) == (0, ""), out
    assert "1 point x 1 setting x 3 seeds = 3 runs" in out
    keys = {run.key for run in wanted(plan(Space.load(tmp_path / "copied.yaml"), traced=False))}
    best = study.table.set_index("point").loc["se", "optimizer.lr"]
    assert keys == set(runs[runs["optimizer.lr"] == best]["key"])

    # a hidden family is hidden everywhere
    page.get_by_role("button", name="weightnet").click()
    assert (shown(page, "weightnet"), shown(page, "se")) == (0, 1)
    assert page.get_by_text("2 of 10 points").is_visible()
    assert page.get_by_role("button", name="weightnet").get_attribute("aria-pressed") == "false"
    page.get_by_role("button", name="weightnet").click()
    assert shown(page, "weightnet") == 8

    # another axis; a wheel zooms where the figure has the focus, a box that is drawn, and buttons
    page.get_by_role("combobox", name="against").select_option("params")
    before, box = ticks(page), chart(page).bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + 200)
    chart(page).focus()
    page.mouse.wheel(0, -300)
    page.wait_for_function("location.hash.includes('zoom=')")
    wheeled = ticks(page)
    assert wheeled != before
    page.mouse.move(box["x"] + 150, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 500, box["y"] + 250, steps=4)
    page.mouse.up()
    assert ticks(page) not in (before, wheeled)
    zoomed = ticks(page)
    # a link leads to the same view
    other = ready(open_page())
    other.goto(page.url)
    other.reload()
    ready(other)
    assert (ticks(other), named(other), told(other)) == (zoomed, ["A static", "B se"], told(page))
    page.get_by_role("button", name="Show all").click()
    assert named(page) == []
    assert "zoom" not in page.url


def test_by_keys(open_page):
    page = ready(open_page())
    figure = chart(page)
    figure.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    assert page.locator(".tip:visible").inner_text().startswith("se: ")
    page.keyboard.press("Enter")
    assert named(page) == ["A static", "B se"]
    # a third one takes the place of the first
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press(" ")
    assert named(page) == ["A se", "B weightnet M=16 G=2"]
    whole = ticks(page)
    page.keyboard.press("+")
    page.keyboard.press("+")
    near = ticks(page)
    page.keyboard.press("Shift+ArrowRight")
    assert len({tuple(one) for one in (whole, near, ticks(page))}) == 3
    page.keyboard.press("0")
    assert ticks(page) == whole
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    assert named(page) == []
    page.get_by_role("combobox", name="find").fill("m=16")
    page.keyboard.press("Enter")
    assert named(page) == ["A weightnet M=16 G=2"]
    # two handles an axis: of lambda 1, 2, 4, 8 those of at most 4, then of at least 2
    for name, keys, left in (("λ to", ["ArrowDown"], 6), ("λ from", ["ArrowUp"], 4), ("λ from", ["Escape"], 10)):
        page.get_by_role("slider", name=name, exact=True).focus()
        for key in keys:
            page.keyboard.press(key)
        drawn = page.locator("svg[aria-label^='Parallel'] .lines")
        assert sum(int(line.get_attribute("data-points")) for line in drawn.all()) == left
        assert sum(shown(page, group) for group in ("static", "se", "weightnet")) == left
        assert ("only=lambda" in page.url) == (left < 10)


def test_by_mouse_an_axis_is_brushed(open_page):
    page = ready(open_page())
    handles = [page.get_by_role("slider", name=f"error, % {end}", exact=True) for end in ("from", "to")]
    handles[0].scroll_into_view_if_needed()
    low, high = (handle.bounding_box() for handle in handles)
    x = low["x"] + low["width"] / 2
    page.mouse.move(x, (low["y"] + high["y"]) / 2)
    page.mouse.down()
    page.mouse.move(x, low["y"] - 2, steps=4)
    page.mouse.up()
    left = sum(shown(page, group) for group in ("static", "se", "weightnet"))
    assert 0 < left < 10
    # a click beside the handles shows all again
    page.mouse.click(x, (low["y"] + 3 * high["y"]) / 4)
    assert sum(shown(page, group) for group in ("static", "se", "weightnet")) == 10


def test_by_touch(open_page):
    page = ready(open_page(viewport=PHONE, has_touch=True, is_mobile=True, color_scheme="dark"))
    chart(page).scroll_into_view_if_needed()
    for family in ("static", "se"):
        page.touchscreen.tap(*middle(page, family))
    assert named(page) == ["A static", "B se"]
    before, box = ticks(page), chart(page).bounding_box()
    session = page.context.new_cdp_session(page)
    across, down = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for kind, apart in (("touchStart", 30), ("touchMove", 60), ("touchMove", 90), ("touchEnd", None)):
        fingers = (
            []
            if apart is None
            else [{"x": across + side * apart, "y": down, "id": i} for i, side in enumerate((-1, 1))]
        )
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})
    assert ticks(page) != before
    assert named(page) == ["A static", "B se"]
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    found = axe.Axe().run(page, context=".explorer").response["violations"]
    serious = [(one["id"], one["nodes"][0]["html"][:200]) for one in found if one["impact"] in ("serious", "critical")]
    assert serious == []
