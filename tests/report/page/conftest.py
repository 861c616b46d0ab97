"""What tests of pages share: the page of a whole report, and a browser to open it in."""

import pytest

from report.frames import quick
from sweep.report import render


@pytest.fixture(scope="session")
def whole(shared):
    """The page of a whole report, to be read and not changed."""
    folder = shared("whole-report", lambda folder: render(quick(), folder / "reports" / "quick"))
    return folder / "reports" / "quick" / "index.html"


@pytest.fixture(scope="module")
def chromium():
    from report.page import browser

    with browser.sync.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=browser.CHROMIUM, args=[*browser.QUIET, *browser.ROOT])
        yield launched
        launched.close()


@pytest.fixture
def open_page(chromium, index):
    """Open a page as `options` say; any error of it, and whatever it asks of the network, fails the test."""
    contexts, wrong = [], []

    def opened(path=index, **options):
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: wrong.append(dialog.message))
        page.on("request", lambda request: request.url.startswith("file:") or wrong.append(request.url))
        page.goto(path.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []
