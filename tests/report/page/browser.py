"""A headless Chromium for tests of pages, and what marks them."""

import os
import shutil

import pytest

sync = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
MARKS = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium: apt-get install chromium"),
]

QUIET = ["--no-first-run", "--disable-background-networking", "--disable-gpu"]
#: Chromium's sandbox does not work for root, as in most containers.
ROOT = ["--no-sandbox"] if hasattr(os, "getuid") and os.getuid() == 0 else []
PHONE = {"width": 390, "height": 844}
