"""Processes and sockets as the kernel lists them."""

import contextlib
import os
import signal
from pathlib import Path


def _stat(pid):
    """(state, parent) of a process, or None if it is gone."""
    try:
        state, parent = (Path("/proc") / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()[:2]
    except OSError:
        return None
    return None if state in "ZX" else (state, int(parent))


def _command(pid):
    try:
        return (Path("/proc") / str(pid) / "cmdline").read_text()
    except OSError:
        return ""


def alive(pids):
    """Those of the processes that still run."""
    return {pid for pid in pids if _stat(pid) is not None}


def born(pids):
    """Those of the processes that still run, with the moment of their birth: an id comes back when it has been free."""
    found = set()
    for pid in alive(pids):
        with contextlib.suppress(OSError):
            found.add((pid, (Path("/proc") / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()[19]))
    return found


def descendants(pid):
    """Ids of all processes below a process."""
    parents = {int(p.name): _stat(p.name) for p in Path("/proc").iterdir() if p.name.isdigit()}
    found, layer = set(), {pid}
    while layer:
        layer = {child for child, stat in parents.items() if stat and stat[1] in layer} - found
        found |= layer
    return found


def workers(pids):
    """Those of the processes that Ray named after a trainable: between trials by its class, within one by Tune's."""
    titles = {pid: _command(pid) for pid in pids}
    return [pid for pid, title in titles.items() if title.startswith(("ray::Worker", "ray::ResourceTrainable"))]


def end(pids):
    """Kill what still runs."""
    for pid in alive(pids):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def listening(pids):
    """Addresses, in the kernel's hexadecimal, at which processes listen by TCP."""
    inodes = set()
    for pid in pids:
        try:
            inodes |= {str(fd.readlink()) for fd in (Path("/proc") / str(pid) / "fd").iterdir()}
        except OSError:
            continue
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for row in Path(table).read_text().splitlines()[1:]:
            fields = row.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in inodes:
                found.add(fields[1].split(":")[0])
    return found


def children(pid):
    """Ids of the processes that a process has started itself."""
    return {child for child in descendants(pid) if (_stat(child) or ("", 0))[1] == pid}


def named(pids, program):
    """Those of the processes that run a program of this name."""
    return {pid for pid in pids if Path(_command(pid).split("\0")[0]).name == program}


def group(pid):
    """Ids of all processes in the process group of a process."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            found |= {int(process.name)} if os.getpgid(int(process.name)) == os.getpgid(pid) else set()
        except OSError:
            continue
    return found


def folders(pids, prefix):
    """Folders under which processes have files open, of those whose paths start with a prefix."""
    found = set()
    for pid in pids:
        try:
            files = [str(fd.readlink()) for fd in (Path("/proc") / str(pid) / "fd").iterdir()]
        except OSError:
            continue
        found |= {prefix + file.removeprefix(prefix).split("/")[0] for file in files if file.startswith(prefix)}
    return found
