"""The card of the paper's claims about its kernels: borne out here, not, or not decided."""

from collections.abc import Iterable

from sweep.analysis.claims import larger_g, less_alike
from sweep.analysis.study import Study
from sweep.report import words
from sweep.report.cards.card import Card
from sweep.report.cards.paper import of_the_paper
from sweep.space.published import find_published, read_published

TITLE = "What the paper says of its kernels"


def cards(study: Study) -> Iterable[Card]:
    """Make the card, for a sweep of the paper's networks that has one of the comparisons."""
    if not of_the_paper(study.frame, read_published(find_published("imagenet", ""))):
        return []
    larger, alike = larger_g(study.frame, study.tuned), less_alike(study.frame)
    sentences = []
    if larger is not None and larger.difference.n > 1:
        pairs = f"mean over {larger.pairs} pairs, " if larger.pairs > 1 else ""
        edge = "; a best setting is at the edge of its list: not settled" if larger.edge else ""
        size, seeds = words.points_of_error(larger.difference, sign=True), words.seeds(larger.difference)
        sentences.append(
            f"Larger G at the same λ is better: {larger.answer} here. The largest G less the smallest: {size} "
            f"({pairs}{seeds}{', tuned' if study.frame.nuisance else ''}{edge})."
        )
    if alike is not None and alike.difference.n > 1:
        apart = alike.difference
        sentences.append(
            f"WeightNet’s kernels are less alike than CondConv’s: {alike.answer} here. The cosine similarity of two "
            f"filters’ kernels, WeightNet’s less CondConv’s: {words.signed(apart.mean, 3)}{words.interval(apart, 3)} "
            f"({words.seeds(apart)})."
        )
    if not sentences:
        return []
    notes = ("Borne out: the 95 % interval of the difference lies below zero; not borne out: it lies above.",)
    return [Card(TITLE, tuple(sentences), notes=notes)]
