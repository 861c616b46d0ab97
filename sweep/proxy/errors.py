"""The error of images that cannot be used."""

from sweep.errors import SweepError


class DataError(SweepError):
    """Images that are missing, damaged, or not those that they should be."""
