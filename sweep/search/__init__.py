"""Strategies: which run to do next, given the results so far, in a pool of points, settings and seeds.

Pure: nothing here trains, reads a clock, touches a file or knows the engine, so that every strategy is replayed and
tested without training. `sweep.search.strategy` has the registry; it imports what the strategies need.
"""

from sweep.search.grid import Grid
from sweep.search.history import Answer, Barrier, Choice, History, Phase, Seen, Stop
from sweep.search.pool import Pool

__all__ = ["Answer", "Barrier", "Choice", "Grid", "History", "Phase", "Pool", "Seen", "Stop"]
