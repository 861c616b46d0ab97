"""The proxy: data sets, the recipe, and the training loop of one run."""

from sweep.proxy.data import Split, load
from sweep.proxy.errors import DataError
from sweep.proxy.train import NUMERICS, Outcome, train

__all__ = ["NUMERICS", "DataError", "Outcome", "Split", "load", "train"]
