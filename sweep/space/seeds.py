"""The seeds of a space: a number of them, or a list."""

from sweep.space.mistakes import describe


def listed_seeds(value: object) -> object:
    """The seeds that a space means; raises ValueError."""
    if isinstance(value, int) and not isinstance(value, bool):
        if not 1 <= value <= 10_000:
            raise ValueError(f"needs between 1 and 10000 seeds, found {value}")
        return tuple(range(value))
    if isinstance(value, list | tuple):
        if not value:
            raise ValueError("needs at least one seed")
        if any(isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**31 for seed in value):
            raise ValueError("needs whole numbers from 0 to 2147483647")
        if len(set(value)) < len(value):
            raise ValueError("names a seed twice")
        return tuple(value)
    raise ValueError(f"needs a whole number or a list of them, found {describe(value)}")
