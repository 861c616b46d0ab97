"""Text of somebody else's, for terminals and spreadsheets."""

import csv
import io
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sweep.inert import printable, spreadsheet_cell


@given(st.text())
@example("\x1b]0;title\x07\x9b31m\r\b\u202egnp\u2066")
def test_nothing_is_left_that_a_terminal_would_obey(text):
    shown = printable(text)
    assert len(shown) == len(text)
    for before, after in zip(text, shown, strict=True):
        category, direction = unicodedata.category(before), unicodedata.bidirectional(before)
        obeyed = (category == "Cc" and before not in "\n\t") or direction in {"LRE", "RLE", "LRO", "RLO", "PDF"}
        obeyed |= direction in {"LRI", "RLI", "FSI", "PDI"} or category in {"Zl", "Zp"}
        if obeyed:
            assert after == "\N{REPLACEMENT CHARACTER}"
        elif category != "Cf":
            assert after == before


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1", "\r=1", "-", "=", "-inf-1", "1e5=" * 0 + "+a"]
)
def test_a_formula_gets_an_apostrophe(text):
    assert spreadsheet_cell(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["", "static", "-0.5", "+3", "-1e-05", "-.5", "1/24", "-inf", "nan", "relu", " =1", "M=2", "'=1"]
)
def test_numbers_and_names_stay_as_they_are(text):
    assert spreadsheet_cell(text) == text


@given(st.floats(allow_nan=True, allow_infinity=True) | st.integers())
def test_a_number_of_pythons_is_never_changed(number):
    assert spreadsheet_cell(str(number)) == str(number)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_no_cell_begins_as_a_formula_does(text):
    cell = spreadsheet_cell(text)
    file = io.StringIO(newline="")
    csv.writer(file).writerow([cell])
    try:
        float(cell)
    except ValueError:
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
