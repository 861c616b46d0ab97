"""Caveats of a sweep's numbers: what is not in yet, what failed, what is not settled."""

from sweep.analysis.study import Study
from sweep.analysis.sweep_frame import SweepFrame
from sweep.report import words
from sweep.report.cards.isolation import edge_sentence
from sweep.statistics.guessing import guessing_error


def chance_sentence(study: Study) -> str | None:
    """Say how many points err as often as guessing; None if none does."""
    table = study.table
    judged, guessing = int((table["n"] > 0).sum()), int(table["at_chance"].sum())
    if not guessing:
        return None
    verb = "is" if guessing == 1 else "are"
    of_error = " error" if study.frame.metric == "loss" else ""
    limit = f"{words.number(guessing_error(study.frame.classes), 1).removesuffix('.0')} %{of_error}"
    return f"{guessing} of {words.plural(judged, 'point')} {verb} at chance ({limit}) and not ranked: train longer."


def caveats(study: Study) -> list[str]:
    """List the caveats of the numbers, a sentence each."""
    counts, table = study.counts, study.table
    tuned = words.nuisance(list(study.frame.nuisance)) if study.frame.nuisance else "setting"
    sentences = [study.frame.metric_note] if study.frame.metric_note else []
    if to_come := counts.missing - study.frame.without_loss:
        sentences.append(
            f"{words.count(to_come)} of {words.plural(counts.total, 'run')} are not in yet"
            f"{': all numbers are provisional' if counts.done else ''}."
        )
    if counts.lost:
        runs = words.plural(counts.lost, "run")
        rule = ": a failure counts as worst where settings are chosen, and means are of the seeds that are left"
        diverged = f", {counts.diverged} of them by diverging" if counts.diverged else ""
        lost = f"{runs} diverged" if counts.diverged == counts.lost else f"{runs} failed{diverged}"
        sentences.append(f"{lost}{rule if counts.done else ''}.")
    if mixed := mixed_builds(study.frame):
        sentences.append(mixed)
    if waiting := int(((table["n"] > 0) & ~table["settled"].astype(bool)).sum()):
        sentences.append(
            f"{words.plural(waiting, 'point')} {'is' if waiting == 1 else 'are'} left out of comparisons: "
            "not all settings are in yet."
        )
    if edge := int((table["edge"].map(len) > 0).sum()):
        sentences.append(
            f"{edge} of {words.plural(len(table), 'point')} {_has(edge)} the best {tuned} at the edge of its list: "
            f"comparisons with {'it' if edge == 1 else 'them'} are not settled."
        )
    if (warning := edge_sentence(study)) and counts.done:
        sentences.append(warning)
    if flattered := int(table["single_seed"].sum()):
        sentences.append(
            f"For {words.plural(flattered, 'point')} the {tuned} was chosen and judged on the same single seed: the "
            "error is too low."
        )
    return sentences


def mixed_builds(frame: SweepFrame) -> str | None:
    """Warn that runs come from different builds of torch or different machines; None if they do not."""
    kinds = {"torch": "builds of torch", "machine": "kinds of machine", "card": "kinds of GPU"}
    mixed = {kind: frame.versions[name] for name, kind in kinds.items() if ", " in frame.versions.get(name, "")}
    if not mixed:
        return None
    differences = words.several([f"{kind} ({values})" for kind, values in mixed.items()])
    return f"Runs were computed with different {differences}: part of a difference between points may come from that."


def _has(n: int) -> str:
    return "have" if n > 1 else "has"
