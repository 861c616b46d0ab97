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
    from sweep.data_frames import curves, differences, points
    from sweep.engine.ledger import Ledger
    from sweep.ledger_frame import frame
    from sweep.progress import status
    from sweep.space import Space

    __version__: str

__all__ = [
    "Ledger",
    "Space",
    "curves",
    "differences",
    "frame",
    "merge",
    "plan",
    "points",
    "report",
    "run",
    "status",
]

_HOMES = {
    "Ledger": "sweep.engine.ledger",
    "Space": "sweep.space",
    "curves": "sweep.data_frames",
    "differences": "sweep.data_frames",
    "frame": "sweep.ledger_frame",
    "merge": "sweep.api",
    "plan": "sweep.costs",
    "points": "sweep.data_frames",
    "run": "sweep.api",
    "status": "sweep.progress",
}


def __getattr__(name: str) -> Any:
    # torch, ray and matplotlib take seconds to import: each name is imported on first use
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    if name == "report":
        return importlib.import_module("sweep.report")
    if name == "__version__":
        return importlib.import_module("sweep.version").VERSION
    raise AttributeError(f"module 'sweep' has no attribute '{name}'")


def __dir__() -> list[str]:
    # imported submodules are not listed
    return [*__all__, "__version__"]
