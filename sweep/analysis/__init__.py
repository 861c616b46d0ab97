"""Numbers from the runs of a sweep: replicates, curves, fronts. Pure: a `SweepFrame` in, data out."""

from sweep.analysis.study import Study
from sweep.analysis.sweep_frame import SweepFrame

__all__ = ["Study", "SweepFrame"]
