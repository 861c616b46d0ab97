"""What the report of a sweep holds, from top to bottom: a card is one file and one line here."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sweep.report import compare_cards, curve_cards, front_card, headline, paper_card, point_cards, run_card
from sweep.report.cards import Builder, Card

#: A title, for the card that stands in where one breaks, and what makes the cards of one subject.
CONTENTS: Sequence[tuple[str, Builder]] = (
    ("Headline", headline.cards),
    ("Error against the main axis", curve_cards.main_axis),
    ("Error against the second axis", curve_cards.second_axis),
    ("Error against cost", front_card.fronts),
    ("Beside the paper", paper_card.beside),
    ("Chosen settings", point_cards.chosen_settings),
    ("Points", point_cards.all_points),
    ("What was run", run_card.cards),
)

#: The same of a page over several sweeps.
COMPARED: Sequence[tuple[str, Callable[[Any], Iterable[Card]]]] = (
    ("Headline", compare_cards.headline),
    ("Sweeps", compare_cards.sweeps),
    ("The same points", compare_cards.common),
    ("Error against cost", compare_cards.costs),
    ("What they were run with", compare_cards.differences),
)
