"""How many CPUs this process may use: its affinity, and the quota of its control groups."""

import math
import os
from collections.abc import Iterator
from pathlib import Path

_PROC = Path("/proc/self")


def cpus() -> int:
    """The number of CPUs that this process may keep busy, at least 1.

    In a container with `--cpus=2` on a machine of 64 cores the affinity is 64, and the quota 2. Quotas are those of
    control groups, version 1 (cpu.cfs_quota_us) and 2 (cpu.max), of any group above as well. Half a CPU counts as 1.
    """
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, math.floor(min([affinity, *_quotas()])))


def _quotas() -> Iterator[float]:
    """The quotas of this process's control groups and of those above, in CPUs."""
    for mount, group in _groups():
        for folder in (mount / group, *(mount / group).parents):
            if not folder.is_relative_to(mount):
                break
            yield from _quota(folder)


def _groups() -> Iterator[tuple[Path, Path]]:
    """Where control groups for CPUs are mounted, with the group of this process below."""
    groups: dict[str, str] = {}
    for line in _lines(_PROC / "cgroup"):
        # hierarchy:controllers:group; version 2 has no controllers
        _, _, fields_after = line.partition(":")
        controllers, _, group = fields_after.partition(":")
        groups |= dict.fromkeys(controllers.split(","), group)
    for line in _lines(_PROC / "mountinfo"):
        before, _, after = line.partition(" - ")
        fields, kind = before.split(), after.split()
        if len(fields) < 5 or len(kind) < 3 or kind[0] not in {"cgroup", "cgroup2"}:
            continue
        controller = "" if kind[0] == "cgroup2" else "cpu"
        if controller in groups and (not controller or "cpu" in kind[2].split(",")):
            # in a container only the part below `root` may be mounted
            root, mount = fields[3], Path(fields[4].replace("\\040", " "))
            group = groups[controller]
            inside = os.path.relpath(group, root) if Path(group).is_relative_to(root) else "."
            yield mount, Path(inside)


def _quota(folder: Path) -> Iterator[float]:
    numbers = " ".join(_lines(folder / "cpu.max")).split()
    if not numbers:
        numbers = _lines(folder / "cpu.cfs_quota_us") + _lines(folder / "cpu.cfs_period_us")
    # "max" and -1 mean that there is none
    if len(numbers) == 2 and all(number.isdigit() and int(number) for number in numbers):
        yield int(numbers[0]) / int(numbers[1])


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
