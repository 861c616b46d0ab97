"""Shifts of images that mirror their edge, which is possible only for images that are larger than the shift."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sweep.errors import SpaceError

if TYPE_CHECKING:
    from sweep.space.space import Space


def check_crops(space: "Space", image_sizes: Iterable[int]) -> None:
    """Raise SpaceError if a recipe's `augment.crop` is as large as the images of a point."""
    smallest = min(image_sizes, default=None)
    if smallest is None:
        return
    for setting, recipe in (recipe_of_rung for rung in space.rungs() for recipe_of_rung in rung.recipes):
        crop = recipe.augment.crop
        if crop is not None and crop >= smallest:
            tuned = "augment.crop" in setting
            where = ("nuisance", "augment.crop") if tuned else ("proxy", "augment", "crop")
            message = f"mirrors {crop} pixels at the edge of images of {smallest}: needs at most {smallest - 1}"
            raise SpaceError(space.source.mistake(where, message))
