"""The finding: the answer to the question, the best point, and what is not decided, in three lines and a table."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from sweep.analysis.question import Contrast, Question
from sweep.analysis.study import Study
from sweep.analysis.verdict import Compared, Verdict, more_runs
from sweep.report import words
from sweep.report.cards.card import Card, Cell, Column, Table
from sweep.report.cards.caveats import caveats, chance_sentence
from sweep.report.cards.contrast_names import comparison
from sweep.report.cards.more_seeds import command_name, more_seeds
from sweep.report.cards.nuisance import share_sentence
from sweep.report.cards.rate import finding_sentence

#: Comparisons that a sentence names, and that the table lists.
NAMED, LISTED = 3, 12
#: More seeds than these are not proposed.
MOST_SEEDS = 100
_ANSWERS = {"yes": "Yes", "no": "No", "not yet": "Not yet decided"}
_TUNED = (
    "Differences of points share their noise: each point’s own counts as one seed fewer than it has, that of a typical "
    "point as one. They are wider where settings were tuned, since the seeds that a point is judged on also chose its "
    "settings, by what a jackknife that tunes anew without each seed says. In simulated sweeps they cover 94 to 98 %, "
    "and 91 to 95 % where a point has twice the noise of the others."
)


def cards(study: Study) -> Iterable[Card]:
    """Make the card of the finding, and that of what to keep in mind with it."""
    counts, doubts = study.counts, caveats(study)
    if counts.done == 0:
        state = "No run has finished yet." if counts.lost == 0 else "No run has succeeded."
        return [Card("Finding", (state, *doubts), lead=True)]
    # with several curves it would be about the first one only
    share = share_sentence(study.curves[0], list(study.frame.nuisance)) if len(study.curves) == 1 else None
    notes = (_intervals(study), *([_TUNED] if (study.tuned.points["settings"] > 1).any() else []))
    expected = f"What was expected: {study.frame.hypothesis}" if study.frame.hypothesis else None
    keep = tuple(filter(None, [expected, share, *doubts]))
    table = comparisons(study.verdicts)
    return [
        Card("Finding", lines(study), tables=(table,) if table else (), lead=True),
        Card(
            "What to keep in mind",
            keep,
            notes=notes,
            lead=True,
        ),
    ]


def _intervals(study: Study) -> str:
    """Explain what intervals cover and what they do not."""
    over = "initial draw, order and augmentation"
    images = (
        "trained on the same images and judged on the same validation images, and the luck of neither draw is covered"
    )
    if study.frame.dataset.get("subset") == "by seed":
        over = "initial draw, order, augmentation and the draw of training images"
        images = "judged on the same validation images, and the luck of that draw is not covered"
    return (
        f"Brackets are 95 % intervals over seeds: {over}. All runs are {images}. ± is one standard deviation over "
        "seeds. Where one axis makes several comparisons, their intervals hold together."
    )


def lines(study: Study) -> tuple[str, ...]:
    """State the finding: the answer for each main axis, what tuning took, the best point, and what is not decided.

    The page shows these lines at the top, `run` prints them at its end, and `status` prints them too.
    """
    if study.counts.done == 0:
        return ()
    verdicts = study.verdicts
    sentences = [chance_sentence(study), *(verdict_sentence(verdict) for verdict in verdicts)]
    if not verdicts:
        sentences.append("No axis has two values in this sweep, so nothing is compared.")
    return tuple(filter(None, [*sentences, finding_sentence(study), best_sentence(study), open_sentence(study)]))


def verdict_sentence(verdict: Verdict) -> str:
    """Answer the question about an axis: 'Does λ matter? Yes. λ = 8 vs 1: −1.20 points [−2.00, −0.40], less error'."""
    answer = f"Does {_called(verdict)} matter? {_ANSWERS[verdict.answer]}."
    shown = verdict.telling[:NAMED]
    if not shown:
        return f"{answer} None of its comparisons can be made yet."
    clauses = [f"{comparison(compared.contrast)}: {_outcome(compared)}" for compared in shown]
    number_more = len(verdict.compared) - len(shown)
    more = f"; {number_more} more in the table" if number_more else ""
    details = [] if len(verdict.compared) > 1 else [detail(shown[0].contrast)]
    extra, (fewest, most) = (
        max(compared.difference.extra for compared in shown),
        _ends([compared.difference.n for compared in shown]),
    )
    more_seeds = f" and {extra} more of the baseline" if extra else ""
    details.append((f"{fewest} to " if fewest < most else "") + words.plural(most, "seed") + more_seeds)
    return f"{answer} {'; '.join(clauses)}{more} ({', '.join(filter(None, details))})."


def _ends(numbers: Sequence[int]) -> tuple[int, int]:
    return min(numbers), max(numbers)


def detail(contrast: Contrast) -> str:
    """Describe the points that a comparison is a mean over, and their cost: 'mean over G = 1 and 2'."""
    pairs = contrast.pairs
    if contrast.axis == "family":
        ratios = sorted(pair.flops for pair in pairs if math.isfinite(pair.flops))
        cost = f"{_ratio(ratios[0], ratios[-1])} the FLOPs" if ratios else ""
        return ", ".join(filter(None, [f"mean over {len(pairs)} pairs" if len(pairs) > 1 else "", cost]))
    if len(pairs) == 1:
        return ""
    varied = [axis for axis in pairs[0].shared if len({pair.shared.get(axis) for pair in pairs}) > 1]
    if len(varied) == 1:
        values = list(dict.fromkeys(words.value(pair.shared.get(varied[0])) for pair in pairs))
        if len(values) == len(pairs) <= 5:
            first = words.equal(words.name(varied[0]), values[0])
            return f"mean over {words.several([first, *values[1:]])}"
    return f"mean over {len(pairs)} pairs of points"


def best_sentence(study: Study) -> str | None:
    """Name the best point and the cheapest one within noise of it."""
    best = study.best
    if best is None:
        return None
    row = best.point
    spread = f" ± {words.number(row['sd'])}" if math.isfinite(row["sd"]) else ""
    text = f"Best: {words.shorten(row['point'], 60)}, {words.number(row['mean'])}{spread}{words.metric().sign}"
    if best.of == 1:
        return f"{text} ({words.plural(row['n'], 'seed')}), the only point that can be judged so far."
    # with very few runs the draws are too wide to report
    if math.isfinite(row["shrunk"]) and words.possible(row["shrunk"]) == words.number(row["shrunk"]):
        low, high = (words.possible(row[f"shrunk_{end}"]) for end in ("low", "high"))
        shrunk = f"{words.number(row['shrunk'])}{words.metric().sign}"
        text += f"; shrunk toward the others {shrunk} [{low},\N{NO-BREAK SPACE}{high}]"
    else:
        text += f", the lowest of {best.of} means and so flattered"
    if best.cheapest is None:
        return f"{text}. {'One seed says' if row['n'] == 1 else 'Seeds that are all equal say'} nothing of noise."
    if best.close == 0:
        others = "The other point has" if best.of == 2 else f"All {best.of - 1} others have"
        return f"{text}. {others} more {words.metric().noun}."
    if best.cheapest is row:
        return f"{text}. {_points(best.close)} within noise of it, none cheaper."
    flops = _ratio(*[best.cheapest["flops"] / row["flops"]] * 2) if row["flops"] > 0 else ""
    params = _ratio(*[best.cheapest["params"] / row["params"]] * 2) if row["params"] > 0 else ""
    cost = words.several(
        [f"{ratio} its {cost_name}" for ratio, cost_name in ((flops, "FLOPs"), (params, "params")) if ratio]
    )
    name = words.shorten(best.cheapest["point"], 60)
    return f"{text}. Cheapest within noise of it: {name}{f', at {cost}' if cost else ''}."


def open_sentence(study: Study) -> str | None:
    """Say what is not decided, how many runs would decide it, and by which command."""
    undecided = [verdict for verdict in study.verdicts if verdict.answer == "not yet"]
    if not study.verdicts:
        return None
    if not undecided:
        return f"Every question is decided{_untuned(study)}."
    undecided.sort(key=lambda verdict: (math.isnan(verdict.seeds), verdict.seeds))
    space, first = command_name(study.frame.name), undecided[0].seeds
    if to_come := study.counts.missing - study.frame.without_loss:
        runs = words.plural(to_come, "run")
        verb = "is" if to_come == 1 else "are"
        return f"Not decided: {_names(undecided)}. {runs} {verb} not in yet: wn-sweep run {space}"
    if len(study.frame.seeds) < 2:
        advice = more_seeds(study.frame, 3, more_runs(study.frame, 3))
        return f"Not decided: {_names(undecided)}. One seed has no interval: {advice}"
    if math.isnan(first):
        return f"Not decided: {_names(undecided)}."
    if first > MOST_SEEDS:
        return f"Not decided: {_names(undecided)}. {_too_small(study, undecided)}"
    clauses = []
    for place, verdict in enumerate(undecided):
        if not verdict.seeds <= MOST_SEEDS:
            clauses.append(f"{_called(verdict)} (over {MOST_SEEDS} seeds)")
            continue
        would = " would decide it in 4 of 5 sweeps" if place == 0 else ""
        runs = words.plural(more_runs(study.frame, verdict.seeds), "more run")
        clauses.append(f"{_called(verdict)} ({int(verdict.seeds)} seeds{would}, {runs})")
    advice = more_seeds(study.frame, int(first), more_runs(study.frame, first))
    return f"Not decided: {words.several(clauses)}. {advice}"


def _untuned(study: Study) -> str:
    """Say that a decision holds for the listed settings alone, where points are best at an end of the list."""
    compared = {point for one in study.compared for pair in one.contrast.pairs for point in (pair.point, pair.other)}
    ends = study.tuned.points.loc[study.tuned.points["edge"].map(len) > 0, "point"]
    number = sum(point in compared for point in ends)
    if not number:
        return ""
    tuned = words.nuisance(list(study.frame.nuisance))
    have = "1 of the points compared has" if number == 1 else f"{number} of the points compared have"
    return f", for the values that are listed: {have} the best {tuned} at an end of its list"


def _too_small(study: Study, undecided: Sequence[Verdict]) -> str:
    """Advise on differences that would need too many seeds."""
    needed = f"More than {MOST_SEEDS} seeds would be needed"
    if math.isfinite(study.frame.smallest):
        return f"{needed} for a difference of {words.number(study.frame.smallest)} {words.metric().points}."
    twice = 2 * len(study.frame.seeds)
    resolves = max(
        (compared.resolves for verdict in undecided for compared in verdict.compared if compared.resolves > 0),
        default=math.nan,
    )
    if not math.isfinite(resolves):
        return f"{needed} for differences as small as those seen."
    digit = 10 ** math.floor(math.log10(resolves))
    size = math.ceil(resolves / digit - 1e-9) * digit
    points = words.metric().points
    return (
        f"{needed} for a difference as small as the one seen. If less than {size:g} {points} does not matter, write "
        f"smallest: {size:g} in space.yaml, and {twice} seeds may say no: "
        f"{more_seeds(study.frame, twice, more_runs(study.frame, twice))}"
    )


def comparisons(all_verdicts: Sequence[Verdict]) -> Table | None:
    """Tabulate the comparisons of all main axes."""
    rows = [(verdict.question, compared) for verdict in all_verdicts for compared in verdict.telling]
    if not rows:
        return None
    columns = (
        Column("comparison", numeric=False),
        Column(words.metric().difference, hint="difference, paired by seed, with its 95 % interval"),
        Column("answer", numeric=False),
        Column("seeds to decide", hint="at which 4 of 5 sweeps would tell it"),
        Column("over", numeric=False),
    )
    left_out = f"; {len(rows) - LISTED} more are left out" if len(rows) > LISTED else ""
    return Table(f"What was asked{left_out}", columns, tuple(_row(*row) for row in rows[:LISTED]))


def _row(question: Question, compared: Compared) -> tuple[Cell, ...]:
    seeds = "–"
    if math.isfinite(compared.seeds):
        seeds = str(int(compared.seeds)) if compared.seeds <= MOST_SEEDS else f"over {MOST_SEEDS}"
    elif compared.seeds == math.inf:
        seeds = f"over {MOST_SEEDS}"
    return (
        Cell(comparison(compared.contrast)),
        Cell(
            f"{words.signed(compared.difference.mean)}{words.interval(compared.difference)}",
            compared.difference.mean,
            _mark(compared),
        ),
        Cell(compared.answer, None, "clear" if compared.answer != "not yet" else ""),
        Cell(seeds, compared.seeds if math.isfinite(compared.seeds) else None),
        Cell(detail(compared.contrast) or "one pair of points"),
    )


def _mark(compared: Compared) -> str:
    return "clear" if compared.answer == "yes" else ""


def _outcome(compared: Compared) -> str:
    return words.outcome(compared.difference, small=compared.answer == "no")


def _called(verdict: Verdict) -> str:
    name = words.shorten(words.name(verdict.question.axis), 40)
    return f"the {name}" if name == "family" else name


def _names(verdicts: Sequence[Verdict]) -> str:
    return words.shorten(words.several([_called(verdict) for verdict in verdicts]), 120)


def _ratio(low: float, high: float) -> str:
    """Write a ratio of costs, or a range of ratios: '1.07 to 1.18 ×'."""
    first, last = words.number(low, 2), words.number(high, 2)
    return f"{first} ×" if first == last else f"{first} to {last} ×"


def _points(n: int) -> str:
    return f"{words.plural(n, 'point')} {'is' if n == 1 else 'are'}"


def plain_lines(study: Study) -> tuple[str, ...]:
    """The finding of `lines`, in characters that any terminal has."""
    swapped: dict[str, Any] = {"\N{NO-BREAK SPACE}": " ", "\N{NARROW NO-BREAK SPACE}": " "}
    return tuple(line.translate(str.maketrans(swapped)) for line in lines(study))
