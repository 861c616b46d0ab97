"""The proxy: data sets, the recipe, and the training loop of one run."""

from sweep.proxy.checkpoint import Checkpoint
from sweep.proxy.data import Split, load
from sweep.proxy.errors import DataError
from sweep.proxy.train import NUMERICS, Outcome, OutOfTime, train
from sweep.proxy.weights import StoredWeights, Weights

__all__ = [
    "NUMERICS",
    "Checkpoint",
    "DataError",
    "OutOfTime",
    "Outcome",
    "Split",
    "StoredWeights",
    "Weights",
    "load",
    "train",
]
