"""The report: figures, tables and the page. Draws what analysis computed, computes nothing itself."""

from sweep.report.cards import Rendered
from sweep.report.comparison import compare
from sweep.report.page import render

__all__ = ["Rendered", "compare", "render"]
