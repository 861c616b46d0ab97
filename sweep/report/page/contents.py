"""The cards of a report, from top to bottom: a card is one file and one line here."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sweep.report.cards import (
    claims,
    compare,
    curves,
    evidence,
    explore,
    fidelity,
    final,
    finding,
    forest,
    front_chances,
    fronts,
    isolation,
    kernels,
    learning,
    length,
    nuisance,
    paper,
    plane,
    points,
    population,
    rate,
    run,
    search,
    separation,
    short_and_long,
    truth,
)
from sweep.report.cards.card import Builder, Card

#: For each subject, the builder of its cards, and a title for the card that replaces them if it raises.
CONTENTS: Sequence[tuple[str, Builder]] = (
    ("Finding", finding.cards),
    ("On the test split", final.cards),
    ("How the search went", search.cards),
    ("Values of the main axis against one another", forest.cards),
    ("Explore the points", explore.cards),
    ("Error against the main axis", curves.main_axis),
    ("Is it the rate?", rate.cards),
    ("Is it long enough?", length.cards),
    ("Short training, long training, the paper", short_and_long.cards),
    ("What tuning took away", nuisance.cards),
    ("Error against cost", fronts.fronts),
    ("How sure the fronts are", front_chances.cards),
    ("How surely points differ from the baseline", evidence.cards),
    ("Error or loss: which separates points", separation.cards),
    ("Error against the second axis", curves.second_axis),
    ("Two axes at once", plane.cards),
    ("Each axis alone", isolation.cards),
    ("How errors are distributed over points", population.cards),
    ("Training loss by epoch", learning.cards),
    ("How alike generated kernels are", kernels.cards),
    ("What the paper says of its kernels", claims.cards),
    ("Beside the paper", paper.beside),
    ("Does this sweep rank points as ImageNet does?", fidelity.cards),
    ("How much of the target’s order it tells", truth.cards),
    ("Chosen settings", points.chosen_settings),
    ("Points", points.all_points),
    ("What was run", run.cards),
)

#: The same for a page over several sweeps.
COMPARED: Sequence[tuple[str, Callable[[Any], Iterable[Card]]]] = (
    ("Headline", compare.headline),
    ("Sweeps", compare.sweeps),
    ("The same points", compare.common),
    ("Do they rank points alike?", compare.ranks),
    ("Error against cost", compare.costs),
    ("What they were run with", compare.differences),
)
