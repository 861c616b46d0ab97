"""Text that somebody else may have written, made harmless for terminals and spreadsheets."""

import re

#: Control characters but for line feed and tab, and the marks that turn the direction of text.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
#: A cell that begins with one of these is a formula to a spreadsheet.
_FORMULA = re.compile(r"[=+\-@\t\r\n]")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(inf|nan)", re.ASCII | re.IGNORECASE)

#: A sum of words, such as '+ WeightNet (1x)': there is nothing in it that a spreadsheet could open or call.
_WORDS = re.compile(r"\+ [\w ]+(\(\w+\))?")


def printable(text: str) -> str:
    """Replace each character that could make a terminal do something, such as an escape, by U+FFFD."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def spreadsheet_cell(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would compute; numbers and sums of words stay as they are."""
    harmless = not _FORMULA.match(text) or _NUMBER.fullmatch(text) or _WORDS.fullmatch(text)
    return text if harmless else f"'{text}"
