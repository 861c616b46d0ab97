"""The schema of space.yaml, its grid and its constraints; imports nothing else of the package."""

from sweep.space.datasets import DATASETS, DatasetFacts
from sweep.space.grid import Column, Grid, Listing, Rejection, expand
from sweep.space.lazy import Lazy
from sweep.space.names import Baselines, axes, baselines, label
from sweep.space.own import OwnNetwork, allow, own_network, search, trust
from sweep.space.point import Point, canonical, plain
from sweep.space.product import Part
from sweep.space.schema import Proxy
from sweep.space.shipped import find, shipped
from sweep.space.space import Space

__all__ = [
    "DATASETS",
    "Baselines",
    "Column",
    "DatasetFacts",
    "Grid",
    "Lazy",
    "Listing",
    "OwnNetwork",
    "Part",
    "Point",
    "Proxy",
    "Rejection",
    "Space",
    "allow",
    "axes",
    "baselines",
    "canonical",
    "expand",
    "find",
    "label",
    "own_network",
    "plain",
    "search",
    "shipped",
    "trust",
]
