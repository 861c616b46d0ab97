"""The report: figures, tables and the page. Draws what analysis computed, computes nothing itself."""

import importlib
from typing import TYPE_CHECKING, Any

from sweep.report.page.rendered import Rendered

if TYPE_CHECKING:
    from sweep.report.page.compare import compare
    from sweep.report.page.render import render

__all__ = ["Rendered", "compare", "render"]

_HOMES = {"compare": "sweep.report.page.compare", "render": "sweep.report.page.render"}


def __getattr__(name: str) -> Any:
    # pandas and matplotlib take a second to import, and a page that is up to date needs neither
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'sweep.report' has no attribute '{name}'")
