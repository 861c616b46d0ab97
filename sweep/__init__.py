"""wn-sweep: design-space exploration and ablation sweeps for networks with generated convolution kernels.

>>> from sweep import Space, plan, run, Ledger, report
>>> space = Space.load("spaces/quick.yaml")
>>> plan(space).runs
90
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sweep import report
    from sweep.api import merge, run
    from sweep.costs import plan
    from sweep.engine.ledger import Ledger
    from sweep.ledger_frame import frame
    from sweep.progress import status
    from sweep.space import Space

__all__ = ["Ledger", "Space", "frame", "merge", "plan", "report", "run", "status"]

_HOMES = {
    "Ledger": "sweep.engine.ledger",
    "Space": "sweep.space",
    "frame": "sweep.ledger_frame",
    "merge": "sweep.api",
    "plan": "sweep.costs",
    "run": "sweep.api",
    "status": "sweep.progress",
}


def __getattr__(name: str) -> Any:
    # torch, ray and matplotlib take seconds to import: each name is fetched when it is first asked for
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    if name == "report":
        return importlib.import_module("sweep.report")
    raise AttributeError(f"module 'sweep' has no attribute '{name}'")
