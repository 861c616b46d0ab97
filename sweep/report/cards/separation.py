"""The card of which measure needs fewer seeds to tell points apart."""

import math
from collections.abc import Iterable

from sweep.analysis.separation import FEWEST_POINTS, FEWEST_SEEDS, Separation, separate
from sweep.analysis.study import Study
from sweep.report import words
from sweep.report.cards.card import Card

TITLE = "Error or loss: which separates points"


def cards(study: Study) -> Iterable[Card]:
    """Make the card."""
    try:
        separation = separate(study.frame)
    except ValueError as error:
        return [Card(TITLE, waits=words.sentence(str(error)))]
    if separation is None:
        return [Card(TITLE, waits=f"This waits for {FEWEST_POINTS} points with two seeds at every setting.")]
    notes = (
        "Signal over noise: the scatter of the points’ means, the noise of these means taken out, over the deviation "
        "of one run about its point and its seed, each point at its best setting by mean. Seeds needed for a "
        "comparison go with its inverse square. The interval comes from drawing seeds anew, and settings with them.",
    )
    return [Card(TITLE, (_signal_sentence(separation), _sentence(separation)), notes=notes)]


def _signal_sentence(separation: Separation) -> str:
    over = f"{words.plural(separation.points, 'point')} and {words.plural(separation.seeds, 'seed')}"
    error, loss = words.number(separation.error, 2), words.number(separation.loss, 2)
    return f"Over {over}, the signal over the noise of one run is {error} by error and {loss} by loss."


def _sentence(separation: Separation) -> str:
    unknown = [name for name in ("error", "loss") if math.isnan(getattr(separation, name))]
    if unknown:
        return f"By {' and by '.join(unknown)} seeds bring no noise, so that there is no signal over noise."
    if math.isnan(separation.share):
        return "By neither measure the points differ by more than noise explains."
    if separation.error == 0 or separation.loss == 0:
        measure = "error" if separation.error == 0 else "loss"
        return f"By {measure} the points do not differ by more than noise explains."
    share = words.number(separation.share, 2)
    needs = f"A comparison by loss needs {share} times the seeds of one by error"
    if math.isnan(separation.low):
        return f"{needs}; with fewer than {FEWEST_SEEDS} seeds this has no interval."
    high = words.number(separation.high, 2) if math.isfinite(separation.high) else "∞"
    interval = f"[{words.number(separation.low, 2)},\N{NO-BREAK SPACE}{high}]"
    if separation.high < 1:
        return f"{needs} {interval}: loss separates points with fewer (metric: loss)."
    if separation.low > 1:
        return f"{needs} {interval}: error separates points with fewer."
    return f"{needs} {interval}: which separates points with fewer is not decided."
