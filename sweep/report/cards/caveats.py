"""What stands between the numbers of a sweep and a conclusion: what is not in, what failed, what is not settled."""

from sweep.analysis.ranked import chance
from sweep.analysis.study import Study
from sweep.analysis.sweep_frame import SweepFrame
from sweep.report import words
from sweep.report.cards.isolation import edge_sentence


def chance_sentence(study: Study) -> str | None:
    """Say how many points err as often as guessing; None if none does."""
    table = study.table
    known, guessing = int((table["n"] > 0).sum()), int(table["at_chance"].sum())
    if not guessing:
        return None
    are = "is" if guessing == 1 else "are"
    limit = f"{words.number(chance(study.frame), 1).removesuffix('.0')}{words.metric().sign}"
    return f"{guessing} of {words.plural(known, 'point')} {are} at chance ({limit}) and not ranked: train longer."


def caveats(study: Study) -> list[str]:
    """Say what stands between the numbers and a conclusion."""
    counts, table = study.counts, study.table
    what = words.nuisance(list(study.frame.nuisance)) if study.frame.nuisance else "setting"
    says = [study.frame.metric_note] if study.frame.metric_note else []
    if counts.missing:
        says.append(
            f"{words.count(counts.missing)} of {words.plural(counts.total, 'run')} are not in yet"
            f"{': all numbers are provisional' if counts.done else ''}."
        )
    if counts.lost:
        runs = words.plural(counts.lost, "run")
        rule = ": a failure counts as worst where settings are chosen, and means are of the seeds that are left"
        diverged = f", {counts.diverged} of them by diverging" if counts.diverged else ""
        lost = f"{runs} diverged" if counts.diverged == counts.lost else f"{runs} failed{diverged}"
        says.append(f"{lost}{rule if counts.done else ''}.")
    if mixed := mixed_builds(study.frame):
        says.append(mixed)
    if waiting := int(((table["n"] > 0) & ~table["settled"].astype(bool)).sum()):
        says.append(
            f"{words.plural(waiting, 'point')} {'is' if waiting == 1 else 'are'} left out of comparisons: "
            "not all settings are in yet."
        )
    if edge := int((table["edge"].map(len) > 0).sum()):
        says.append(
            f"{edge} of {words.plural(len(table), 'point')} {_has(edge)} the best {what} at the edge of its list: "
            f"comparisons with {'it' if edge == 1 else 'them'} are not settled."
        )
    if (warning := edge_sentence(study)) and counts.done:
        says.append(warning)
    if flattered := int(table["single_seed"].sum()):
        says.append(
            f"For {words.plural(flattered, 'point')} there is one seed to choose the {what} on and to judge it by: "
            "that flatters."
        )
    return says


def mixed_builds(frame: SweepFrame) -> str | None:
    """Warn that runs were computed by different builds of torch, or on different machines; None if all are of one."""
    kinds = {"torch": "builds of torch", "machine": "kinds of machine", "card": "kinds of GPU"}
    mixed = {what: frame.versions[name] for name, what in kinds.items() if ", " in frame.versions.get(name, "")}
    if not mixed:
        return None
    which = words.several([f"{what} ({values})" for what, values in mixed.items()])
    return f"Runs were computed with different {which}: part of a difference between points may come from that."


def _has(n: int) -> str:
    return "have" if n > 1 else "has"
