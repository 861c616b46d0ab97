"""The card of the distribution of errors over points: families as design spaces, plain and at equal cost."""

import math
from collections.abc import Iterable
from functools import partial

import numpy as np
import pandas as pd

from sweep.analysis.order import shown_key, sort_key
from sweep.analysis.population import FEWEST, Group, GroupDistance, Population, population
from sweep.analysis.study import Study
from sweep.report import words
from sweep.report.cards.card import Card, Picture
from sweep.report.cards.front_chances import NAMES
from sweep.report.cards.population_figure import draw_population


def cards(study: Study) -> Iterable[Card]:
    """Make the card."""
    title = "How errors are distributed over points"
    axes = ["family", *(axis for axis in (study.second, study.axis) if axis)]
    keys = {axis: shown_key(study.frame, axis) for axis in axes}
    distributions = population(study.table, axes, keys=keys)
    if distributions is None or not any(np.isfinite(group.errors).any() for group in distributions.groups):
        return [Card(title, waits=f"This waits for {FEWEST} points with a result at every setting.")]
    sentences = [
        *(_group_sentence(distributions, group) for group in distributions.groups[:4]),
        *_apart_sentences(distributions),
    ]
    alt = f"Error distribution functions. {' '.join(sentences)}"
    picture = Picture(
        "distributions",
        partial(draw_population, distributions),
        _data(distributions),
        alt,
    )
    cost = NAMES[distributions.cost]
    notes = [
        "A curve tells which share of the points has at most so much error; a point with a failed seed never has. "
        "Points are those that the space asks for, not a random draw. At equal cost, each part of the range of "
        f"{cost} counts alike (Radosavovic et al. 2019, On Network Design Spaces), and families are compared over the "
        "parts that both have."
    ]
    return [Card(title, tuple(sentences), picture, notes=tuple(notes))]


def name(distributions: Population, value: object) -> str:
    """Name a group: 'weightnet', or 'G = 2'."""
    text = str(value) if distributions.axis in ("", "family") else words.equal(words.name(distributions.axis), value)
    return words.shorten(text, 40)


def _group_sentence(distributions: Population, group: Group) -> str:
    """State the median error of a group's points."""
    n = len(group.errors)
    half, quarter = (group.errors[math.ceil(share * n) - 1] for share in (0.5, 0.25))
    lost = int(np.isinf(group.errors).sum())
    failed = f" ({lost} failed)" if lost else ""
    members = f"the {words.plural(n, 'point')} {_of(distributions)} {name(distributions, group.name)}{failed}"
    if math.isinf(half):
        return f"Of {members} half failed."
    return (
        f"Half of {members} have {'an error' if words.metric().noun == 'error' else 'a loss'} of at "
        f"most {words.number(half)}{words.metric().sign}, a quarter of at most {words.number(quarter)}"
        f"{words.metric().sign}."
    )


def _of(distributions: Population) -> str:
    return "of" if distributions.axis in ("", "family") else "with"


def _apart_sentences(distributions: Population) -> list[str]:
    if not distributions.apart:
        return []
    widest = max(distributions.apart, key=lambda distance: (distance.ks, str(distance.first), str(distance.second)))
    return [_apart_sentence(distributions, widest)]


def _apart_sentence(distributions: Population, distance: GroupDistance) -> str:
    superlative = ", the farthest apart of all pairs," if len(distributions.apart) > 2 else ""
    at_equal_cost = (
        f", and {words.number(distance.ks_at_equal_cost)} at equal {NAMES[distributions.cost]}"
        if math.isfinite(distance.ks_at_equal_cost)
        else f", and they share no range of {NAMES[distributions.cost]}"
    )
    p = words.number(distance.p, 3) if distance.p >= 0.001 else "below 0.001"
    names = f"{name(distributions, distance.first)} and {name(distributions, distance.second)}"
    return (
        f"{names}{superlative} have a Kolmogorov–Smirnov distance of "
        f"{words.number(distance.ks)} (p {p if p.startswith('below') else f'= {p}'}){at_equal_cost}."
    )


def _data(distributions: Population) -> pd.DataFrame:
    column = distributions.axis or "group"
    rows = [
        (group.name, error, weight)
        for group in sorted(distributions.groups, key=lambda group: sort_key(group.name))
        for error, weight in zip(group.errors.tolist(), group.weights.tolist(), strict=True)
    ]
    return pd.DataFrame(rows, columns=[column, "error", "weight_at_equal_cost"])
