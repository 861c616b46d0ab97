"""What the report of a sweep holds, from top to bottom: a card is one file and one line here."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sweep.report import (
    compare_cards,
    curve_cards,
    evidence_card,
    fidelity_card,
    final_card,
    front_card,
    front_chance_card,
    headline,
    isolation_card,
    kernels_card,
    nuisance_card,
    paper_card,
    plane_card,
    point_cards,
    population_card,
    run_card,
)
from sweep.report.cards import Builder, Card

#: A title, for the card that stands in where one breaks, and what makes the cards of one subject.
CONTENTS: Sequence[tuple[str, Builder]] = (
    ("Headline", headline.cards),
    ("On the test split", final_card.cards),
    ("Error against the main axis", curve_cards.main_axis),
    ("What tuning took away", nuisance_card.cards),
    ("Error against cost", front_card.fronts),
    ("How sure the fronts are", front_chance_card.cards),
    ("How surely points differ from the baseline", evidence_card.cards),
    ("Error against the second axis", curve_cards.second_axis),
    ("Two axes at once", plane_card.cards),
    ("Each axis alone", isolation_card.cards),
    ("How errors are distributed over points", population_card.cards),
    ("How alike generated kernels are", kernels_card.cards),
    ("Beside the paper", paper_card.beside),
    ("Does this sweep rank points as ImageNet does?", fidelity_card.cards),
    ("Chosen settings", point_cards.chosen_settings),
    ("Points", point_cards.all_points),
    ("What was run", run_card.cards),
)

#: The same of a page over several sweeps.
COMPARED: Sequence[tuple[str, Callable[[Any], Iterable[Card]]]] = (
    ("Headline", compare_cards.headline),
    ("Sweeps", compare_cards.sweeps),
    ("The same points", compare_cards.common),
    ("Do they rank points alike?", compare_cards.ranks),
    ("Error against cost", compare_cards.costs),
    ("What they were run with", compare_cards.differences),
)
