"""How many CPUs may be used, with the files that the kernel shows in containers, batch systems and plain machines."""

import os

import pytest

from sweep import cpus as module
from sweep.cpus import cpus
from sweep.engine.cores import workers_for
from sweep.space.schema import Resources

DOCKER_V1 = "11:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n0::/docker/abc\n"


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine of 64 cores with control groups: what /proc/self says, and files of quotas."""

    def machine(cgroup, mounts, files):
        proc = tmp_path / "proc"
        proc.mkdir()
        if cgroup is not None:
            (proc / "cgroup").write_text(cgroup)
        lines = [
            f"30 23 0:28 {root} {tmp_path}/{at} rw - {kind} {kind} {options}" for root, at, kind, options in mounts
        ]
        (proc / "mountinfo").write_text("\n".join(["22 1 8:1 / / rw - ext4 /dev/sda1 rw", *lines, "broken"]) + "\n")
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        monkeypatch.setattr(module, "_PROC", proc)
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)))

    return machine


V1 = [("/", "fs/cpu", "cgroup", "rw,cpu,cpuacct"), ("/", "fs/memory", "cgroup", "rw,memory")]
V1_IN_A_CONTAINER = [("/docker/abc", "fs/cpu", "cgroup", "rw,cpu,cpuacct")]
CPUSET = [("/", "fs/cpuset", "cgroup", "rw,cpuset")]
V2 = [("/", "fs", "cgroup2", "rw")]
BOTH = [*V1, ("/", "fs/unified", "cgroup2", "rw")]


def v1(folder, quota, period=100_000):
    return {f"{folder}/cpu.cfs_quota_us": f"{quota}\n", f"{folder}/cpu.cfs_period_us": f"{period}\n"}


def v2(folder, quota, period=100_000):
    return {f"{folder}/cpu.max": f"{quota} {period}\n"}


CASES = {
    "docker --cpus=2": ("0::/\n", V2, v2("fs", 200_000), 2),
    "no limit": ("0::/\n", V2, v2("fs", "max"), 64),
    "the root of a machine has no file": ("0::/\n", V2, {}, 64),
    "systemd-run -p CPUQuota=150%": ("0::/system.slice/r\n", V2, v2("fs/system.slice/r", 150_000), 1),
    "a quota above": ("0::/user/a/b\n", V2, v2("fs/user", 300_000) | v2("fs/user/a/b", "max"), 3),
    "the least counts": ("0::/a/b\n", V2, v2("fs/a", 300_000) | v2("fs/a/b", 800_000), 3),
    "half a CPU": ("0::/\n", V2, v2("fs", 50_000), 1),
    "more than there are": ("0::/\n", V2, v2("fs", 12_800_000), 64),
    "another period": ("0::/\n", V2, v2("fs", 40_000, 10_000), 4),
    "docker --cpus=2, version 1": (DOCKER_V1, V1_IN_A_CONTAINER, v1("fs/cpu", 200_000), 2),
    "no limit, version 1": (DOCKER_V1, V1, v1("fs/cpu/docker/abc", -1), 64),
    "a group, version 1": (DOCKER_V1, V1, v1("fs/cpu/docker/abc", 250_000, 50_000), 5),
    "both versions": (DOCKER_V1, BOTH, v1("fs/cpu/docker", 700_000) | v2("fs/unified/docker/abc", 600_000), 6),
    "cpuset is not cpu": ("3:cpuset:/\n1:cpu:/\n", CPUSET, v1("fs/cpuset", 100_000), 64),
    "a group outside of what is mounted": ("0::/../other\n", V2, v2("fs", 400_000), 4),
    "no control groups": (None, [], {}, 64),
    "nonsense": ("\n:\n0::/\n", V2, v2("fs", "many", 0), 64),
    "a period of nothing": ("0::/\n", V2, v2("fs", 100_000, 0), 64),
}


@pytest.mark.parametrize("name", CASES)
def test_quotas_of_control_groups_count(name, machine):
    cgroup, mounts, files, expected = CASES[name]
    machine(cgroup, mounts, files)
    assert cpus() == expected
    assert workers_for(Resources(cpus=1)) == expected
    assert workers_for(Resources(cpus=2)) == max(1, expected // 2)
    assert workers_for(Resources(cpus=1), 5) == 5


def test_the_affinity_counts_too(machine, monkeypatch):
    machine("0::/\n", V2, {"fs/cpu.max": "800000 100000"})
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 5, 7})
    assert cpus() == 3


def test_this_machine():
    assert 1 <= cpus() <= os.cpu_count()
