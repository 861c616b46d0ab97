"""The schema of space.yaml, its grid and its constraints; knows nothing else of the package."""

from sweep.space.datasets import DATASETS, DatasetFacts
from sweep.space.grid import Grid, Rejection, axes, baselines, expand, label
from sweep.space.point import Point, canonical, plain
from sweep.space.schema import Proxy
from sweep.space.shipped import find, shipped
from sweep.space.space import Space

__all__ = [
    "DATASETS",
    "DatasetFacts",
    "Grid",
    "Point",
    "Proxy",
    "Rejection",
    "Space",
    "axes",
    "baselines",
    "canonical",
    "expand",
    "find",
    "label",
    "plain",
    "shipped",
]
