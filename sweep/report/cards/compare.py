"""Cards over several sweeps: each one's result, how they differ, and the points that all of them have."""

import math
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from sweep.analysis.estimates import Estimate, average, estimate
from sweep.analysis.fidelity import FEWEST, ReferenceValue, agreement, measured
from sweep.report import words
from sweep.report.cards.card import Card, Cell, Column, Picture, Table
from sweep.report.cards.compare_figure import draw_common, draw_sweeps
from sweep.report.cards.points import LABEL, LISTED
from sweep.report.cards.run import flatten

if TYPE_CHECKING:
    from sweep.report.page.compare import Compared, Sweep

#: More sweeps than these beside the first have no panel of their own.
PANELS = 3


def headline(compared: "Compared") -> Iterable[Card]:
    """Make the headline: each sweep's result, and how the others differ from the first."""
    sentences = [_best(compared, sweep) for sweep in compared.sweeps]
    first, *other_sweeps = compared.sweeps
    if not compared.common:
        sentences.append("No point is judged in all sweeps, so they have no points to compare.")
    elif not compared.same_data:
        sentences.append(
            f"{words.plural(len(compared.common), 'point')} {_are(len(compared.common))} judged in all of them, on "
            "different images: errors cannot be subtracted from one another, only their order can be compared."
        )
    else:
        for sweep in other_sweeps:
            difference = _mean_difference(compared, first, sweep)
            over = f"Over the {words.plural(len(compared.common), 'point')} that all have"
            if difference.n:
                sentences.append(
                    f"{over}, {words.verdict(_name(sweep), _name(first), difference)} ({words.seeds(difference)})."
                )
    notes = (
        "Brackets are 95 % intervals over seeds, of the mean over these points at each seed, paired: "
        "seed s means the same initial draw in all sweeps. Points are the same where their labels are.",
    )
    return [Card("Headline", tuple(sentences), notes=notes, lead=True)]


def sweeps(compared: "Compared") -> Iterable[Card]:
    """Make the card that lists the sweeps."""
    rows = []
    for sweep in compared.sweeps:
        study, counts = sweep.study, sweep.study.counts
        fair = compared.fair(sweep).sort_values(["mean", "point"])
        best = fair.iloc[0].to_dict() if len(fair) else None
        rows.append(
            (
                Cell(words.shorten(sweep.name, LABEL)),
                Cell(words.shorten(sweep.data or "–", 40)),
                Cell(words.count(len(study.table)), len(study.table)),
                Cell(words.count(len(study.frame.seeds)), len(study.frame.seeds)),
                Cell(f"{words.count(counts.done)} of {words.count(counts.total)}", counts.done),
                Cell(words.count(counts.lost), counts.lost, "warn" if counts.lost else ""),
                Cell(words.number(best["mean"]) if best else "–", best["mean"] if best else None),
                Cell(words.shorten(best["point"], LABEL) if best else "–"),
                Cell(words.shorten(study.frame.about, 200)),
            )
        )
    columns = (
        Column("sweep", numeric=False),
        Column("data", numeric=False),
        Column("points"),
        Column("seeds"),
        Column("runs done"),
        Column("failed", hint="failed or diverged"),
        Column("lowest error, %", hint="mean over seeds, tuned; the lowest of several means flatters"),
        Column("of point", numeric=False),
        Column("about", numeric=False),
    )
    return [Card("Sweeps", tables=(Table("What is compared", columns, tuple(rows), sortable=True),))]


def differences(compared: "Compared") -> Iterable[Card]:
    """Make the card of the settings in which the sweeps differ."""
    facts = [dict(_facts(sweep)) for sweep in compared.sweeps]
    keys = dict.fromkeys(key for of_sweep in facts for key in of_sweep)
    rows = [
        (Cell(words.shorten(key, LABEL)), *(Cell(words.shorten(of_sweep.get(key, "–"), 120)) for of_sweep in facts))
        for key in keys
        if len({of_sweep.get(key) for of_sweep in facts}) > 1
    ]
    title = "What they were run with"
    if not rows:
        return [Card(title, ("Network, data, recipe, seeds and versions are the same in all of them.",))]
    heads = [
        Column("what", numeric=False),
        *(Column(words.shorten(s.name, 40), numeric=False) for s in compared.sweeps),
    ]
    sentence = (
        f"{words.plural(len(rows), 'setting')} {'differs' if len(rows) == 1 else 'differ'}; all else is the same."
    )
    return [Card(title, (sentence,), tables=(Table("Where they differ", tuple(heads), tuple(rows)),))]


def common(compared: "Compared") -> Iterable[Card]:
    """Make the card of the points that all sweeps have."""
    title = "The same points"
    if not compared.common:
        return [Card(title, waits="This waits for a point that is settled in all of them, with the same label.")]
    first, *other_sweeps = compared.sweeps
    tables = {sweep.name: sweep.study.table.set_index("point").loc[list(compared.common)] for sweep in compared.sweeps}
    rows_by_sweep = {name: table.to_dict("index") for name, table in tables.items()}
    columns = [Column("point", numeric=False)]
    columns += [Column(f"{words.shorten(s.name, 40)}, %", hint="mean ± standard deviation") for s in compared.sweeps]
    if compared.same_data:
        columns += [Column(f"{words.shorten(s.name, 40)} less {words.shorten(first.name, 40)}") for s in other_sweeps]
    rows = []
    for point in compared.common[:LISTED]:
        cells = [Cell(words.shorten(point, LABEL))]
        for sweep in compared.sweeps:
            row = rows_by_sweep[sweep.name][point]
            spread = f" ± {words.number(row['sd'])}" if math.isfinite(row["sd"]) else ""
            cells.append(Cell(f"{words.number(row['mean'])}{spread}", row["mean"]))
        if compared.same_data:
            for sweep in other_sweeps:
                difference = _difference(point, first, sweep)
                text = f"{words.signed(difference.mean)}{words.interval(difference)}" if difference.n else "–"
                cells.append(Cell(text, difference.mean, "clear" if difference.clear else ""))
        rows.append(tuple(cells))
    limit = f", of which {LISTED} are listed" if len(compared.common) > LISTED else ""
    judged = f"{words.plural(len(compared.common), 'point')} {_are(len(compared.common))} judged in all of them{limit}."
    drawn_names = [sweep.name for sweep in other_sweeps[:PANELS]]
    data = pd.DataFrame({name: table["mean"] for name, table in tables.items()}).rename_axis("point").reset_index()
    picture = Picture(
        "same-points",
        partial(draw_common, tables, first.name, drawn_names, compared.same_data),
        data,
        f"Scatter plots of the error of the same points in {words.shorten(first.name, 60)} and in the other sweeps.",
    )
    notes = [
        "A mark is a point: its error in the first sweep to the right, in another one upwards; bars are one standard "
        "deviation over seeds. "
        + ("On the dotted line the two are equal." if compared.same_data else "Points that rise together rank alike.")
    ]
    if len(other_sweeps) > PANELS:
        notes.append(f"Of {len(other_sweeps)} sweeps the first {PANELS} are drawn.")
    if compared.same_data:
        notes.append("Differences are paired by seed, with their 95 % intervals; bold where that excludes zero.")
    table = Table("Mean error in per cent", tuple(columns), tuple(rows), sortable=True)
    return [Card(title, (judged,), picture, (table,), tuple(notes))]


def _measured(sweep: "Sweep", compared: "Compared") -> dict[str, ReferenceValue]:
    return measured({point: sweep.study.tuned.samples[point] for point in compared.common})


def ranks(compared: "Compared") -> Iterable[Card]:
    """Make the card of whether the first sweep ranks points as the others do."""
    title = "Do they rank points alike?"
    first, *other_sweeps = compared.sweeps
    samples = {point: first.study.tuned.samples[point] for point in compared.common}
    agreements = [
        (sweep, ranking)
        for sweep in other_sweeps
        if (ranking := agreement(samples, _measured(sweep, compared), first.study.drawn)) is not None
    ]
    if not agreements:
        return [Card(title, waits=f"This waits for {FEWEST} points that are settled in all of them.")]
    columns = (
        Column("sweep", numeric=False),
        Column("Kendall τ-b", hint="1: the same order; 0: none in common; with its 95 % interval"),
        Column("Spearman ρ", hint="the same of ranks"),
        Column("pairs ranked differently"),
        Column("regret, points", hint="what picking the first sweep's best point costs in this one"),
        Column("one seed's τ-b", hint="of a single seed of the first sweep with this one"),
    )
    rows = [
        (
            Cell(words.shorten(sweep.name, LABEL)),
            Cell(words.ranking(ranking.tau), ranking.tau.value),
            Cell(words.ranking(ranking.rho), ranking.rho.value),
            Cell(words.count(len(ranking.wrong)), len(ranking.wrong)),
            Cell(words.number(ranking.regret), ranking.regret),
            Cell(words.number(ranking.seed_tau) if math.isfinite(ranking.seed_tau) else "–", ranking.seed_tau),
        )
        for sweep, ranking in agreements
    ]
    ceiling = agreements[0][1].seed_to_seed
    sentences = [f"{words.plural(len(compared.common), 'point')} {_are(len(compared.common))} judged in all of them."]
    if math.isfinite(ceiling):
        sentences.append(
            f"Two single seeds of {_name(first)} agree with one another by τ-b {words.number(ceiling)}: noise alone "
            "keeps them from agreeing by more."
        )
    table = Table(f"How {_name(first)} ranks points, and how the others do", columns, tuple(rows), sortable=True)
    return [Card(title, tuple(sentences), tables=(table,))]


def costs(compared: "Compared") -> Iterable[Card]:
    """Make the card of error against cost, with a front for each sweep."""
    title = "Error against cost"
    tables = {sweep.name: sweep.study.table for sweep in compared.sweeps if (sweep.study.table["n"] > 0).any()}
    if not tables:
        return [Card(title, waits="This waits for the first run to succeed.")]
    data = pd.concat([table.assign(sweep=name) for name, table in tables.items()], ignore_index=True)
    kept = [
        "sweep",
        "point",
        "flops",
        "params",
        "mean",
        "sd",
        "n",
        "n_failed",
        "settled",
        "front_flops",
        "front_params",
    ]
    picture = Picture(
        "fronts-compared",
        partial(draw_sweeps, tables),
        data[kept],
        f"Scatter plots of error against FLOPs and parameters, with the front of each of {len(tables)} sweeps.",
    )
    notes = ["Mean error of each point at its own setting, and the front of each sweep."]
    if not compared.same_data:
        notes.append("The sweeps are judged on different images: their error levels are not comparable.")
    return [Card(title, ("One front for each sweep.",), picture, notes=tuple(notes))]


def _best(compared: "Compared", sweep: "Sweep") -> str:
    counts, fair = sweep.study.counts, compared.fair(sweep).sort_values(["mean", "point"])
    done = f"{words.count(counts.done)} of {words.plural(counts.total, 'run')} done"
    if fair.empty:
        return f"{_name(sweep)}: no point is judged yet ({done})."
    best = fair.iloc[0]
    spread = f" ± {words.number(best['sd'])}" if math.isfinite(best["sd"]) else ""
    luck = f", the lowest of {len(fair)} means" if len(fair) > 1 else ""
    return (
        f"{_name(sweep)}: lowest mean error {words.number(best['mean'])}{spread} % "
        f"({words.shorten(best['point'], 80)}{luck}; {done})."
    )


def _difference(point: str, first: "Sweep", other: "Sweep") -> Estimate:
    return estimate(other.study.tuned.samples[point] - first.study.tuned.samples[point])


def _mean_difference(compared: "Compared", first: "Sweep", other: "Sweep") -> Estimate:
    first_samples, other_samples = (
        [sweep.study.tuned.samples[point] for point in compared.common] for sweep in (first, other)
    )
    return estimate(average(other_samples) - average(first_samples))


def _facts(sweep: "Sweep") -> Iterable[tuple[str, str]]:
    frame = sweep.study.frame
    yield "seeds", ", ".join(map(str, frame.seeds))
    for key, cells in frame.nuisance.items():
        yield f"nuisance · {key}", ", ".join(map(words.value, cells))
    parts = {"baseline": frame.baseline, "network": frame.network, "data": frame.dataset, "version": frame.versions}
    for name, tree in parts.items():
        yield from ((f"{name} · {key}", text) for key, text in flatten(tree))
    recipe = {key: leaf for key, leaf in frame.recipe.items() if key != "dataset"}
    yield from ((f"recipe · {key}", text) for key, text in flatten(recipe) if key not in frame.nuisance)


def _name(sweep: "Sweep") -> str:
    return words.shorten(sweep.name, 60)


def _are(n: int) -> str:
    return "is" if n == 1 else "are"
