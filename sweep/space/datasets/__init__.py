"""Data sets: what a space may say of them, and what is known of their images before these are read."""

from sweep.space.datasets.dataset import Dataset
from sweep.space.datasets.facts import DatasetFacts
from sweep.space.datasets.keys import Known
from sweep.space.datasets.registry import DATASETS, OF_THE_USER

__all__ = ["DATASETS", "OF_THE_USER", "Dataset", "DatasetFacts", "Known"]
