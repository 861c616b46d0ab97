"""The card of the paper's similarity analysis: how alike generated kernels are."""

from collections.abc import Iterable
from functools import partial

from sweep.analysis.kernel_families import MEASURES, Similarities, similarities
from sweep.analysis.study import Study
from sweep.analysis.sweep_frame import Kernels
from sweep.report import words
from sweep.report.cards.card import Card, Picture
from sweep.report.cards.kernels_figure import draw_kernels

#: The families' names in sentences.
NAMES = {"weightnet": "WeightNet", "condconv": "CondConv"}
_BETWEEN = {"between_samples": "for different samples", "between_filters": "of different output filters"}


def cards(study: Study) -> Iterable[Card]:
    """Make the card."""
    title = "How alike generated kernels are"
    kernels = study.frame.kernels
    if kernels is None:
        return [Card(title, waits="This waits for points of weightnet or condconv, which generate kernels.")]
    if not kernels.points:
        return [Card(title, waits="This waits for a finished run of a point that generates kernels.")]
    alike = similarities(kernels)
    keeps_weights = bool(study.frame.recipe.get("keep_weights"))
    if alike is None:
        return [Card(title, waits=_waits(kernels, keeps_weights))]
    sentences = [
        _sentence(alike, measure)
        for measure in MEASURES
        if any(similarity.n for similarity in alike.means[measure].values())
    ]
    picture = Picture(
        "kernels",
        partial(draw_kernels, alike),
        kernels.rows,
        f"Cosine similarity of generated kernels by layer. {' '.join(sentences)}",
    )
    notes = [
        "Each network is shown the same validation images, of which each class has its share. Between samples: the "
        "cosine of the kernels that an output filter has for two images, over all pairs and filters; 1 is a static "
        "kernel. Between filters: that of two output filters’ kernels for an image (Ma et al. 2020, WeightNet). Points "
        "are at their best setting over all seeds, and a point’s value is the mean over its kept seeds.",
        *_lack(kernels),
    ]
    return [Card(title, tuple(sentences), picture, notes=tuple(notes))]


def _waits(kernels: Kernels, keeps_weights: bool) -> str:
    """Say what is missing, where nothing can be shown."""
    if kernels.trouble or kernels.damaged:
        return f"This waits for weights that can be looked at. {' '.join(_lack(kernels))}"
    if not kernels.without:
        return "This waits for networks that generate kernels; none of those that were looked at does."
    if keeps_weights:
        return (
            "This waits for weights: the runs that are in were done without keeping them. To have them, run the sweep "
            "into a new folder (--results)."
        )
    return "This waits for weights: proxy.keep_weights: true keeps those of runs that are done from then on."


def _lack(kernels: Kernels) -> list[str]:
    """Describe which kernels were not analysed, and how to include them."""
    notes = []
    if kernels.looked < kernels.points:
        notes.append(f"Of {words.plural(kernels.points, 'point')} {kernels.looked} were looked at, evenly chosen.")
    if kernels.without and kernels.without < kernels.looked:
        notes.append(
            f"{words.plural(kernels.without, 'point')} of {kernels.looked} left no weights: their runs were done "
            "without proxy.keep_weights, or could not write them. Run the sweep into a new folder (--results) to have "
            "them."
        )
    if kernels.damaged:
        notes.append(f"The weights of {words.plural(kernels.damaged, 'run')} were damaged and set aside.")
    if kernels.trouble:
        notes.append(f"Not all could be looked at: {words.shorten(kernels.trouble, 300)}.")
    return notes


def _sentence(alike: Similarities, measure: str) -> str:
    """Describe how alike the kernels of each family are, and the difference between the two families."""
    estimates = [(family, similarity) for family, similarity in alike.means[measure].items() if similarity.n]
    clauses = [
        f"{NAMES.get(family, family)}’s have a mean cosine similarity of {words.number(similarity.mean, 3)}"
        if i == 0
        else f"{NAMES.get(family, family)}’s of {words.number(similarity.mean, 3)}"
        for i, (family, similarity) in enumerate(sorted(estimates, reverse=True))
    ]
    text = f"Kernels {_BETWEEN[measure]}: {words.several(clauses)} (mean over layers and points)"
    difference = alike.apart.get(measure)
    if difference is None or not difference.n:
        return f"{text}."
    direction = "less" if difference.mean >= 0 else "more"
    absolute = difference if difference.mean >= 0 else words.turned(difference)
    doubt = "" if difference.clear or difference.equal or difference.n < 2 else ", too little to tell from zero"
    interval = words.interval(absolute, 3)
    size = f"{words.number(absolute.mean, 3)}{interval} ({words.seeds(difference)})"
    return f"{text}: WeightNet’s are {direction} alike by {size}{doubt}."
