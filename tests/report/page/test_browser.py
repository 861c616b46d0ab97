"""The page in headless Chromium: what it does when it is read, on a screen, in the dark, on a phone and on paper."""

import dataclasses
import shutil
from itertools import pairwise

import pytest

from report.frames import quick
from report.page.browser import MARKS, PHONE, axe
from report.page.test_render import CASES, EVIL, relabel
from sweep.report import compare, render

pytestmark = MARKS


@pytest.fixture(scope="module")
def index(whole):
    return whole


def column(page, title, table=None):
    """The visible cells below a heading, from top to bottom; of the table of points if no other is named."""
    found = page.locator(table) if table else points(page).locator(".sortable")
    heads = found.locator("thead th").all_inner_texts()
    at = next(i for i, head in enumerate(heads) if head.strip().startswith(title))
    return [row.locator("th, td").nth(at).inner_text() for row in found.locator("tbody tr:visible").all()]


def points(page):
    """The card of points, with what is folded in it shown."""
    card = page.locator("section", has=page.get_by_role("heading", name="Points", exact=True))
    if card.locator("details:not([open])").count():
        card.locator("summary").click()
    return card


def test_hover_names_the_point_with_its_numbers(open_page):
    marks = "section:has(h2:text-is('Error against cost')) svg.wide [id*='named-'] use"
    names = open_page(java_script_enabled=False).locator(f"{marks} > title").all_text_contents()
    page = open_page()
    tip = page.get_by_role("status").filter(visible=True)
    assert tip.count() == 0
    # those of the first panel that no other lies upon
    told = {}
    for mark, name in list(zip(page.locator(marks).all(), names, strict=True))[:10]:
        mark.scroll_into_view_if_needed()
        mark.hover(force=True)
        told[name] = tip.inner_text()
    assert len(told) == 10
    assert [name for name, text in told.items() if name != text] == []
    assert any(name.startswith("weightnet M=16 G=2: 3.") and name.endswith("FLOPs") for name in told)
    mark.hover(force=True)
    # as near to it as that it is clear which point is meant
    box, told = mark.bounding_box(), tip.bounding_box()
    assert abs(told["y"] + told["height"] - box["y"]) < 40
    page.mouse.move(5, 5)
    assert tip.count() == 0


def test_the_arrow_keys_go_from_point_to_point(open_page):
    page = open_page()
    panel = page.locator(".panel").first
    panel.focus()
    tip = page.get_by_role("status").filter(visible=True)
    told = []
    for _ in range(3):
        page.keyboard.press("ArrowRight")
        told.append(tip.inner_text())
    assert len(set(told)) == 3
    page.keyboard.press("ArrowLeft")
    assert tip.inner_text() == told[1]
    page.keyboard.press("Escape")
    assert tip.count() == 0


def test_a_tap_names_the_point_on_a_phone(open_page):
    page = open_page(viewport=PHONE, has_touch=True)
    mark = page.locator("svg.narrow").first.locator('[id*="named-"] use').first
    mark.scroll_into_view_if_needed()
    box = mark.bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    tip = page.get_by_role("status").filter(visible=True)
    assert "weightnet" in tip.inner_text(timeout=2000)
    told = tip.bounding_box()
    assert told["x"] >= 0
    assert told["x"] + told["width"] <= PHONE["width"]


def test_a_column_sorts_by_its_numbers_both_ways(open_page):
    page = open_page()
    for title, value in (("error", lambda text: float(text.split()[0])), ("params", lambda t: int("".join(t.split())))):
        button = points(page).get_by_role("button", name=title)
        button.click()
        up = [value(text) for text in column(page, title)]
        assert len(up) == 10
        assert all(a <= b for a, b in pairwise(up)), up
        button.click()
        assert [value(text) for text in column(page, title)] == sorted(up, reverse=True)
    head = points(page).locator("th[aria-sort]")
    assert (head.count(), head.get_attribute("aria-sort")) == (1, "descending")


def test_names_sort_as_people_count(open_page):
    page = open_page()
    points(page).get_by_role("button", name="point", exact=True).click()
    names = column(page, "point")
    assert names[-1] == "weightnet M=16 G=2"
    assert names.index("weightnet M=2 G=1") < names.index("weightnet M=16 G=2")


def test_the_filter_takes_words_and_numbers(open_page):
    page = open_page()
    box = points(page).get_by_role("searchbox", name="Filter")
    everything = column(page, "point")
    lams = dict(zip(everything, column(page, "λ"), strict=True))
    box.fill("weightnet g=2")
    assert column(page, "point") == [name for name in everything if "weightnet" in name and "G=2" in name]
    assert points(page).locator("output").inner_text() == "4 of 10"
    for text in ("λ>=4", "lambda≥4"):
        box.fill(text)
        assert column(page, "point") == [name for name in everything if lams[name] and float(lams[name]) >= 4]
    box.fill("error<4 weightnet")
    errors = [float(text.split()[0]) for text in column(page, "error")]
    assert 0 < len(errors) < 10
    assert max(errors) < 4
    box.fill("nothing like it")
    assert column(page, "point") == []
    box.fill("")
    assert column(page, "point") == everything
    # what is filtered stays so when it is sorted
    box.fill("G=1")
    points(page).get_by_role("button", name="error").click()
    assert len(column(page, "point")) == 4


def colour(page, selector, of="color"):
    """A computed colour as (red, green, blue)."""
    text = page.locator(selector).first.evaluate(f"(element) => getComputedStyle(element)['{of}']")
    return tuple(int(float(part)) for part in text[text.index("(") + 1 : -1].split(",")[:3])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_figures_follow_the_scheme(open_page, scheme):
    page = open_page(color_scheme=scheme)
    text, ground = colour(page, "body"), colour(page, "body", "background-color")
    axis = colour(page, "svg.wide [id*='text_'] g", "fill")
    for dark, light in ((text, ground), (axis, ground)) if scheme == "light" else ((ground, text), (ground, axis)):
        assert sum(dark) < 200 < 500 < sum(light)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_paper_is_white_and_shows_all(open_page, scheme):
    page = open_page(color_scheme=scheme)
    page.emulate_media(media="print", color_scheme=scheme)
    assert colour(page, "body", "background-color") == (255, 255, 255)
    assert sum(colour(page, "svg.wide [id*='text_'] g", "fill")) < 200
    for hidden in ("nav", ".filter", "svg.narrow", ".tip"):
        assert not any(one.is_visible() for one in page.locator(hidden).all()), hidden
    for shown in ("svg.wide", "table", ".says"):
        assert all(one.is_visible() for one in page.locator(shown).all()), shown
    cut = "(box) => box.scrollHeight > box.clientHeight + 1 && getComputedStyle(box).overflowY !== 'visible'"
    assert not any(box.evaluate(cut) for box in page.locator(".scroll, .panel").all())
    assert page.pdf(format="A4")[:5] == b"%PDF-"


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_no_width_scrolls_the_page_sideways(open_page, width):
    page = open_page(viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    narrow = page.locator("svg.narrow").first.is_visible()
    assert narrow == (width < 640)
    assert page.locator("svg.wide").first.is_visible() != narrow


def serious(page, **options):
    """What axe finds in a page that is serious: its rules, and where."""
    found = axe.Axe().run(page, options={"resultTypes": ["violations"], **options}).response["violations"]
    grave = [one for one in found if one["impact"] in ("serious", "critical")]
    return [(one["id"], [node["html"][:200] for node in one["nodes"][:3]]) for one in grave]


@pytest.mark.parametrize("options", [{}, {"viewport": PHONE}], ids=["screen", "phone"])
def test_axe_finds_nothing_serious(open_page, options):
    assert serious(open_page(**options)) == []


def test_axe_finds_nothing_serious_in_the_dark(open_page):
    """Nothing but colours is another then."""
    assert serious(open_page(color_scheme="dark"), runOnly=["color-contrast"]) == []


ODD = {
    **{name: CASES[name][0] for name in ("nothing yet", "one run", "failures only", "some failures", "not a number")},
    "script": lambda: relabel(quick(), EVIL),
    "long": lambda: relabel(quick(), "x" * 300),
    "no runs": CASES["no runs"][0],
}


#: What the arrow key does to a panel that has the focus.
GO_RIGHT = """(panel) => {
    panel.focus();
    panel.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowRight", bubbles: true}));
}"""
#: All are correct HTML by tests/report/page/test_render.py; the others are looked at by `make test-faults`.
LOOKED_AT = ("nothing yet", "some failures", "script", "long")


@pytest.mark.parametrize(
    "case", [case if case in LOOKED_AT else pytest.param(case, marks=pytest.mark.faults) for case in ODD]
)
def test_odd_sweeps_have_whole_pages(open_page, tmp_path, case, quickly):
    """Neither a name nor what is missing breaks the script, the layout or the law of the page."""
    page = open_page(render(ODD[case](), tmp_path).page, viewport=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.get_by_role("heading", level=1).inner_text() == "quick"
    page.locator(".panel").evaluate_all("(panels) => panels.forEach(goRight)".replace("goRight", GO_RIGHT))
    page.evaluate("unfold(document)")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    if case == "script":
        assert page.get_by_role("rowheader", name=EVIL).count() > 0
    if case != "long":
        assert serious(page) == []


def test_a_comparison_is_as_good(open_page, tmp_path, quickly):
    other = dataclasses.replace(quick(), name="other", recipe={"epochs": 40})
    page = open_page(compare({"quick": quick(), "other": other}, tmp_path).page, viewport=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    panel = page.locator(".panel").first
    panel.focus()
    page.keyboard.press("ArrowRight")
    assert "% in quick, " in page.get_by_role("status").filter(visible=True).inner_text()
    assert serious(page) == []


def test_without_its_script_the_page_still_says_everything(open_page):
    page = open_page(java_script_enabled=False)
    # but for what was asked
    assert page.locator(".card:not(.lead)").get_by_role("table").count() == 0
    for summary in page.locator("summary").all():
        summary.click()
    assert page.get_by_role("table").count() >= 3
    assert page.locator("use > title").count() > 20


def test_details_are_folded_and_a_link_opens_those_of_its_card(open_page):
    page = open_page()
    assert page.locator(".lead table:visible").count() == 1
    assert page.locator(".card:not(.lead) table:visible").count() == 0
    page.get_by_role("navigation").get_by_role("link", name="Points", exact=True).click()
    assert points(page).locator("table").is_visible()
    assert page.locator(".card:not(.lead) table:visible").count() == 1


def test_a_page_that_was_mailed_alone_gives_its_data(open_page, index, tmp_path):
    shutil.copy(index, tmp_path / "index.html")
    pages = [open_page(tmp_path / "index.html", accept_downloads=True) for _ in range(3)]
    count = pages[0].locator("a[data-gz]").count()
    assert 5 < count <= 24
    for place in range(count):
        # of one page Chromium asks a person after ten files
        link = pages[place // 8].locator("a[data-gz]").nth(place)
        page = link.page
        with page.expect_download() as waiting:
            link.click()
        name = link.get_attribute("href")
        assert waiting.value.suggested_filename == name.split("/")[-1]
        saved = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(saved)
        assert saved.read_bytes() == (index.parent / name).read_bytes()
