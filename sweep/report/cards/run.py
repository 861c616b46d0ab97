"""The card of what was run, and what failed."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sweep.analysis.records import records
from sweep.analysis.study import Study
from sweep.analysis.sweep_frame import SweepFrame
from sweep.report import words
from sweep.report.cards.card import Card, Cell, Column, Table
from sweep.report.cards.final import looks_sentence
from sweep.report.cards.uncounted import uncounted_sentences

#: More failures than these are counted, and listed in the ledger only.
LISTED = 100


def cards(study: Study) -> Iterable[Card]:
    """Make the card."""
    frame, counts = study.frame, study.counts
    counted = (
        f"{words.plural(counts.total, 'run')} asked for: {words.count(counts.done)} done, "
        f"{words.count(counts.lost - counts.diverged)} failed, {words.count(counts.diverged)} diverged, "
        f"{words.count(counts.missing)} missing."
    )
    sentences = [counted]
    if frame.counts:
        sentences.append(f"{frame.counts[0].upper()}{frame.counts[1:].rstrip('.')}.")
    sentences += uncounted_sentences(frame)
    sentences += [f"One network, trained once: {', '.join((first, *twins))}." for first, twins in frame.twins.items()]
    if frame.unasked:
        sentences.append(
            f"The ledger holds {words.plural(frame.unasked, 'run')} more that this space does not ask for."
        )
    if frame.looks:
        sentences.append(looks_sentence(frame.looks))
    facts: list[tuple[str, str]] = [("seeds", ", ".join(map(str, frame.seeds)))]
    if frame.extra_seeds:
        facts.append(("more of the baseline", ", ".join(map(str, frame.extra_seeds))))
    facts += [(f"nuisance · {key}", ", ".join(map(words.value, cells))) for key, cells in frame.nuisance.items()]
    facts += [(f"baseline · {key}", text) for key, text in flatten(frame.baseline)]
    facts += [(f"network · {key}", text) for key, text in flatten(frame.network)]
    facts += [(f"data · {key}", text) for key, text in flatten(frame.dataset)]
    facts += [(f"recipe · {key}", text) for key, text in flatten(_shared(frame))]
    facts += [(f"version · {key}", text) for key, text in flatten(frame.versions)]
    table = Table(
        "What was asked for",
        (Column("what", numeric=False), Column("value", numeric=False)),
        tuple((Cell(words.shorten(key, 90)), Cell(words.shorten(text, 300))) for key, text in facts),
    )
    note = "Error is top-1 error in per cent on the validation split at the last epoch, never at the best one."
    if study.frame.metric == "loss":
        asked = "as the space asks (metric: loss)"
        if study.frame.space.get("metric", "error") != "loss":
            asked = "as this report was asked for (--metric loss)"
        note = (
            "Points are judged by loss, the mean cross-entropy in nats on the validation split at the last epoch, "
            f"{asked}: wherever this page says error, it is that loss."
        )
    tables = (table, *_failures(study))
    return [Card("What was run", tuple(sentences), tables=tables, notes=(note,))]


def _shared(frame: SweepFrame) -> dict[str, Any]:
    """The recipe without the parts that are listed separately: the data, and the settings that vary."""

    def without(tree: Mapping[str, Any], above: str) -> dict[str, Any]:
        return {
            key: without(leaf, f"{above}{key}.") if isinstance(leaf, Mapping) else leaf
            for key, leaf in tree.items()
            if f"{above}{key}" not in frame.nuisance and not (f"{above}{key}" == "dataset" and frame.dataset)
        }

    return without(frame.recipe, "")


def flatten(tree: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """List the leaves of nested mappings by dotted name."""
    for key, leaf in tree.items():
        name = f"{above}{key}"
        if isinstance(leaf, Mapping):
            yield from flatten(leaf, f"{name}.")
        elif isinstance(leaf, list | tuple):
            yield name, ", ".join(words.value(part) or "–" for part in leaf)
        else:
            yield name, words.value(leaf) or "–"


def _failures(study: Study) -> list[Table]:
    names = list(study.frame.nuisance)
    runs = study.frame.runs
    failed = runs[runs["status"].isin(["failed", "diverged"])]
    if failed.empty:
        return []
    ordered = sorted(records(failed), key=lambda run: (run["point"], *(str(run[n]) for n in names), run["seed"]))
    rows = []
    for run in ordered[:LISTED]:
        setting = words.setting(names, tuple(run[name] for name in names))
        kind = f" ({run['kind']})" if run["kind"] not in ("", run["status"]) else ""
        rows.append(
            (
                Cell(words.shorten(run["point"], 90)),
                Cell(setting),
                Cell(str(run["seed"]), run["seed"]),
                Cell(f"{run['status']}{kind}"),
                Cell(words.shorten(str(run["message"]), 300)),
            )
        )
    heads = ("point", "setting", "seed", "what", "reason")
    cut = f", of which the first {LISTED} are listed" if len(ordered) > LISTED else ""
    return [
        Table(
            f"{words.plural(len(ordered), 'failed run')}{cut}",
            tuple(Column(head, numeric=head == "seed") for head in heads),
            tuple(rows),
            sortable=True,
        )
    ]
