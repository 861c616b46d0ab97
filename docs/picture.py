"""Photographs the top of a report, as the README shows it: `python docs/picture.py PAGE PICTURE`.

It takes Chromium, and Playwright of the development requirements; without them it says so, and leaves what is there.
"""

import shutil
import sys
from pathlib import Path

#: Pixels: a small laptop's window, as far down as the list of cards.
WIDTH, HEIGHT = 1180, 825


def main(page: Path, picture: Path) -> int:
    """Write the picture; answers the exit code."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        chromium = None
    if chromium is None:
        print(f"{picture} is left as it is: it takes Chromium and Playwright", file=sys.stderr)
        return 0
    quiet = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=quiet)
        window = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        window.goto(page.resolve().as_uri())
        window.screenshot(path=picture)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:3])))
