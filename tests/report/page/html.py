"""Whether a page is correct HTML."""

import re
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "hr", "img", "input", "path", "use"}


class Checker(HTMLParser):
    """Collects ids, links and text, and what is not nested as it should be."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.ids, self.links, self.scripts, self.wrong, self.headings = [], [], [], 0, [], []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given["href"]] if "href" in given else []
        self.links += [given["src"]] if "src" in given else []
        self.scripts += tag == "script"
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def check(text):
    """Parse a page and assert what holds for every page."""
    checker = Checker()
    checker.feed(text)
    assert not checker.wrong
    assert not checker.open
    assert len(checker.ids) == len(set(checker.ids))
    assert checker.scripts == 1
    assert checker.headings[0] == "h1"
    assert set(checker.headings[1:]) == {"h2"}
    assert not [link for link in checker.links if "//" in link]
    assert len(text) < 5_000_000
    return checker
