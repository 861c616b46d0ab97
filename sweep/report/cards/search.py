"""The cards of a search: its course, where it spent its runs, which axes mattered, and what a race decided."""

import math
from collections.abc import Iterable
from functools import partial

import numpy as np
import pandas as pd

from sweep.analysis.nuisance import at_edges
from sweep.analysis.records import records
from sweep.analysis.searched import BAND, BEST, FEWEST, Courses, courses, importances
from sweep.analysis.study import Study
from sweep.analysis.sweep_frame import Search
from sweep.report import words
from sweep.report.cards.card import Card, Cell, Column, Picture, Table
from sweep.report.cards.front_chances import NAMES
from sweep.report.cards.search_figure import draw_search
from sweep.search.standing import PointClaim

#: Claims that are listed at most.
MOST = 200


def cards(study: Study) -> Iterable[Card]:
    """Make the cards; a grid has none."""
    search = study.frame.search
    if search is None:
        return []
    result = [_course(search)]
    if (search.asked["phase"] == "confirm").any():
        result.append(_confirmed(study, search))
    if search.claims or search.contrasts:
        result.append(_decided(search))
    elif search.strategy == "racing":
        result.append(Card("What the race decided", waits="This waits for the first result."))
    result.append(_importance(search))
    return result


def _course(search: Search) -> Card:
    title = "How the search went"
    course = courses(search)
    sentences = [_spent_sentence(search)]
    if course is None:
        return Card(title, tuple(sentences), waits="The course of the search waits for two explored runs.")
    sentences += _progress_sentences(search, course)
    notes = (
        "Random order: the explored runs themselves, shuffled 200 times, as nothing is known of points that were not "
        "run. A random search of the whole grid would do worse, the more this search moved to better points. "
        "The lowest error of many runs is flattered; confirmed means are not. "
        "Hypervolume: share of the box from no error and least cost to the worst explored, cost on a log scale, that "
        f"is dominated. Bands hold {100 * BAND:.0f} % of the orders.",
    )
    picture = Picture(
        "search",
        partial(draw_search, search, course),
        _data(search, course),
        f"Lines of the lowest error and of the hypervolume of a search. {' '.join(sentences)}",
    )
    return Card(title, tuple(sentences), picture, notes=notes)


def _spent_sentence(search: Search) -> str:
    asked = search.asked
    explored, confirmed = (asked[asked["phase"] == phase] for phase in ("explore", "confirm"))
    budget = search.settings.get("runs")
    hours = search.settings.get("hours")
    limits = [f"at most {words.count(budget)}"] if budget else []
    limits += [f"at most {hours:g} hours of training"] if hours else []
    of = f" of {' and '.join(limits)}" if limits else ""
    open_runs = int((asked["status"] == "missing").sum())
    open_text = f"; {words.plural(open_runs, 'run')} not in yet" if open_runs else ""
    finalists = words.plural(confirmed["point"].nunique(), "finalist")
    fresh = (
        f", and {words.plural(len(confirmed), 'run')} with fresh seeds confirm {finalists}"
        if len(confirmed)
        else "; nothing is confirmed with fresh seeds yet"
        if search.settings.get("confirm")
        else ""
    )
    return (
        f"{search.strategy} asked for {words.plural(len(asked), 'run')}{of}: {words.count(len(explored))} explored "
        f"{words.plural(explored['point'].nunique(), 'point')}{fresh}{open_text}."
    )


def _progress_sentences(search: Search, course: Courses) -> list[str]:
    sentences = []
    half = len(course.runs) // 2
    if course.volume is not None and half:
        cost = NAMES.get(next(iter(search.costs)), "cost")
        volumes = course.volume.reached[half - 1], course.volume.median[half - 1], course.volume.reached[-1]
        sentences.append(
            f"After half of the explored runs the hypervolume of error and {cost} was {words.number(volumes[0], 3)}, "
            f"{words.number(volumes[1], 3)} with the same runs in random order, and in the end "
            f"{words.number(volumes[2], 3)}."
        )
    last = int(np.flatnonzero(course.error.reached == course.error.reached[-1])[0]) + 1
    sentences.append(
        f"The lowest error of a single run, {words.number(course.error.reached[-1])} %, came with explored run "
        f"{words.count(last)} of {words.count(len(course.runs))}."
    )
    return sentences


def _data(search: Search, course: Courses) -> pd.DataFrame:
    asked = search.asked
    columns = [
        name
        for name in ("number", "phase", "point", "seed", "status", "error", "seconds", *search.costs)
        if name in asked
    ]
    rows = asked[columns].copy()
    for name, measure in (("lowest_error", course.error), ("hypervolume", course.volume)):
        if measure is not None:
            values = np.full(len(rows), np.nan)
            values[course.at] = measure.reached
            rows[name] = values
    return rows


def _confirmed(study: Study, search: Search) -> Card:
    """Make the card of finalists: their errors on fresh seeds, beside those from exploring."""
    cost = next(iter(search.costs), "flops")
    rows = study.table.sort_values([cost, "point"])
    mark = f"front_{cost}"
    on = int(rows[mark].sum()) if mark in rows else 0
    explored = search.asked[(search.asked["phase"] == "explore") & (search.asked["status"] == "done")]
    metric = words.metric()
    lowest = explored.groupby("point")[metric.noun].min()
    settings = study.frame.runs.groupby("point").last()
    # a list of two has no value between its ends
    ends = {name: values if len(values) > 2 else () for name, values in search.nuisance.items()}
    edge = 0
    cells = []
    for row in records(rows):
        chosen = [settings.loc[row["point"], name] for name in search.nuisance]
        edge += bool(at_edges(ends, chosen))
        explored_text, explored_error = "–", None
        if row["point"] in lowest and math.isfinite(lowest[row["point"]]):
            explored_text, explored_error = words.number(lowest[row["point"]]), float(lowest[row["point"]])
        spread = f" ± {words.number(row['sd'])}" if row["n"] > 1 else ""
        mean = f"{words.number(row['mean'])}{spread} ({row['n']})" if row["n"] else "–"
        cells.append(
            (
                Cell(words.shorten(row["point"], 90), mark="best" if row.get(mark) else ""),
                Cell(words.count(row[cost]), float(row[cost])),
                *(Cell(words.value(value)) for value in chosen),
                Cell(mean, row["mean"] if row["n"] else None),
                Cell(explored_text, explored_error),
            )
        )
    name = NAMES.get(cost, cost)
    verb = "is" if on == 1 else "are"
    sentences = [
        f"{words.count(on)} of {words.plural(len(rows), 'finalist')} {verb} on the front of {metric.noun} against "
        f"{name} by fresh seeds alone."
    ]
    if edge:
        has = "has" if edge == 1 else "have"
        sentences.append(f"{words.count(edge)} {has} a setting at the end of its list: a better one may lie beyond.")
    heads = (
        Column("finalist", numeric=False),
        Column(name),
        *(Column(words.name(axis)) for axis in search.nuisance),
        Column(f"fresh {metric.noun}, {metric.unit}", hint="mean ± standard deviation over fresh seeds (their number)"),
        Column(
            f"lowest explored, {metric.unit}",
            hint="of a single run, which is among the reasons why the point is a finalist",
        ),
    )
    note = (
        "Bold: on the front of means. Finalists include the points that others are compared with. Each has the setting "
        "that exploring found best."
    )
    table = Table("Finalists", heads, tuple(cells), sortable=True)
    return Card("The confirmed front", tuple(sentences), tables=(table,), notes=(note,))


def _decided(search: Search) -> Card:
    title = "What the race decided"
    confidence = float(search.settings.get("confidence", 0.95))
    if search.contrasts:
        return _contrasts(search, title, confidence)
    claims = sorted(search.claims, key=lambda claim: (_ORDER.get(claim.verdict, 1), claim.error, claim.point))
    best = search.settings.get("goal") == "best"
    sentences = [_count_sentence(search.claims, confidence, best)]
    sentences += _open_sentences(search.claims)
    rows = tuple(_claim_row(claim, best) for claim in claims[:MOST])
    heads = (
        Column("point", numeric=False),
        Column(
            "decided", numeric=False, hint="a claim may be wrong by what the full grid’s means would leave uncertain"
        ),
        Column("probability", hint="of the claim, by the race’s model of all runs"),
        Column("expected error, %", hint="at the point’s best setting, by the race’s model, 95 % interval"),
        Column("runs to decide", hint="the cheapest next runs that would decide it, by the model"),
    )
    note = (
        "The race’s model is a Gaussian process over points, settings and seeds that shares strength between near "
        "points; it has learned from all runs, those that explored included. Its probabilities are of each point "
        "alone. Confirmed means on this page rest on fresh seeds alone."
    )
    return Card(title, tuple(sentences), tables=(Table("Claims", heads, rows, sortable=True),), notes=(note,))


_ORDER = {"on the front": 0, "not decided": 1, "off the front": 2}


def _count_sentence(claims: Iterable[PointClaim], confidence: float, best: bool) -> str:
    verdicts = [claim.verdict for claim in claims]
    on, off, undecided = (verdicts.count(verdict) for verdict in ("on the front", "off the front", "not decided"))
    names = ("among the best", "not among the best") if best else ("on the front", "not on it")
    return (
        f"Of {words.plural(len(verdicts), 'point')}, {words.count(on)} {'is' if on == 1 else 'are'} {names[0]}, "
        f"{words.count(off)} {'is' if off == 1 else 'are'} {names[1]}, each at a confidence of {100 * confidence:g} %, "
        f"and {words.count(undecided)} {'is' if undecided == 1 else 'are'} not decided."
    )


def _open_sentences(claims: Iterable[PointClaim]) -> list[str]:
    undecided = [claim for claim in claims if claim.verdict == "not decided"]
    by_runs = sorted((claim.to_decide, claim.point) for claim in undecided if claim.to_decide is not None)
    sentences = []
    if by_runs:
        runs, point = by_runs[0]
        sentences.append(f"{point} would be cheapest to decide: about {words.plural(max(runs, 1), 'more run')}.")
    if len(by_runs) < len(undecided):
        points = words.plural(len(undecided) - len(by_runs), "point")
        sentences.append(f"{points} would take more than 50 runs each to decide, or more than there are.")
    return sentences


def _claim_row(claim: PointClaim, best: bool) -> tuple[Cell, ...]:
    verdict = {"on the front": "among the best", "off the front": "not among the best"}.get(
        claim.verdict, claim.verdict
    )
    to_decide = (
        "–" if claim.verdict != "not decided" else "over 50" if claim.to_decide is None else f"{claim.to_decide}"
    )
    return (
        Cell(words.shorten(claim.point, 90)),
        Cell(verdict if best else claim.verdict, mark="best" if claim.verdict == "on the front" else ""),
        Cell(f"{100 * claim.probability:.0f} %", claim.probability),
        Cell(f"{words.number(claim.error)} [{words.number(claim.low)}, {words.number(claim.high)}]", claim.error),
        Cell(to_decide, None if claim.to_decide is None else float(claim.to_decide)),
    )


def _contrasts(search: Search, title: str, confidence: float) -> Card:
    rows, clear = [], 0
    for contrast in search.contrasts:
        low, high = contrast.difference - contrast.half_width, contrast.difference + contrast.half_width
        is_clear = low > 0 or high < 0
        clear += is_clear
        text = f"{words.signed(contrast.difference)} [{words.signed(low)}, {words.signed(high)}]"
        difference = Cell(text, contrast.difference, "clear" if is_clear else "")
        rows.append((Cell(contrast.first), Cell(contrast.second), difference))
    axis = words.name(str(search.settings.get("axis")))
    sentence = (
        f"{clear or 'None'} of {words.plural(len(rows), 'difference')} along {axis} "
        f"{'has' if clear <= 1 else 'have'} an interval of {100 * confidence:g} % that excludes zero."
    )
    heads = (Column("point", numeric=False), Column("less", numeric=False), Column("difference, points"))
    note = "Differences are of each point at its own best setting, by the race’s model of all runs."
    return Card(title, (sentence,), tables=(Table("Differences", heads, tuple(rows)),), notes=(note,))


def _importance(search: Search) -> Card:
    title = "What sets the best runs apart"
    shares = importances(search)
    if not shares:
        return Card(
            title, waits=f"This waits for {FEWEST} explored runs that are done, and an axis that varies among them."
        )
    first = shares[0]
    name = words.name(first.name)
    sentence = (
        f"{name[0].upper()}{name[1:]} has the largest share, {100 * first.share:.0f} % "
        f"[{100 * first.low:.0f}, {100 * first.high:.0f}], of what sets the best quarter of the explored runs apart "
        "by error."
    )
    heads = (Column("axis or setting", numeric=False), Column("share, %", hint="95 % interval over resampled runs"))
    rows = tuple(
        (
            Cell(words.name(axis.name)),
            Cell(f"{100 * axis.share:.0f} [{100 * axis.low:.0f}, {100 * axis.high:.0f}]", axis.share),
        )
        for axis in shares
    )
    note = (
        f"PED-ANOVA (Watanabe et al. 2023), by Optuna: how far the values of the best {100 * BEST:.0f} % of the "
        "explored runs lie apart from those of all, axis by axis. A search that turned to some values saw little of "
        "the others. "
        "Intervals come from 60 resamples of the runs."
    )
    return Card(title, (sentence,), tables=(Table("Shares", heads, rows),), notes=(note,))
