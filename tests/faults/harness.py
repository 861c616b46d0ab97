"""A real sweep, killed at random moments and started again, until it is done."""

import random
import signal
import time
from collections import Counter
from pathlib import Path

import pandas as pd
import processes
from sweeps import landed, rows, start

from sweep.space.schema import Resources

#: How often the space's runs are tried again.
RETRIES = Resources().retries
#: What is killed: one process by the name of its program, or all of them at once, as when the power goes.
VICTIMS = ("driver", "ray's driver", "worker", "raylet", "gcs_server", "any", "process group", "everything")
#: Counts by trace, which come in beside the runs.
COUNTED = ("traced_params", "traced_flops")
#: Seconds between two looks at the processes of a sweep.
LOOK = 0.5


def killed_sweeps(parent, text, kills, seed, **how):
    """Folders of sweeps of a space, each killed until it is done, `kills` times in all; `how`: what Tormentor takes."""
    killed = 0
    while killed < kills:
        folder = parent / f"killed {killed}"
        folder.mkdir()
        (folder / "small.yaml").write_text(text)
        tormentor = Tormentor(folder, seed + killed, **how)
        try:
            tormentor.until_done(kills - killed)
            assert tormentor.left_behind() == (set(), set())
        finally:
            tormentor.end()
        killed += tormentor.killed.total()
        yield folder
        print(f"{tormentor.name}{killed} kills: {dict(tormentor.killed)}", flush=True)


class Tormentor:
    """Starts a sweep again and again, and kills it `kills` times at moments that follow from the seed.

    ways: words of the command, of which every start takes some at random. pause: most seconds from a run that landed to
    the next kill. name: begins every line that is printed.
    """

    def __init__(self, folder, seed, ways=((),), pause=2.0, name=""):
        self.folder, self.chance = folder, random.Random(seed)
        self.ways, self.pause, self.name = ways, pause, name
        self.killed, self.next = Counter(), []
        self.seen, self.scratch = set(), set()
        self.had = pd.DataFrame()

    def until_done(self, kills):
        """Kill at most so often; the sweep is done when this returns."""
        while True:
            way = self.chance.choice(self.ways)
            process = start(self.folder, *way)
            worker_kills, before = 0, landed(self.folder)
            while process.poll() is None and self.killed.total() < kills:
                before = self._moment(process, before)
                below = self._look(process)
                # a run that more workers die of than are forgiven is a failed one, as it should be
                spared = set(processes.workers(below)) if worker_kills == RETRIES else set()
                victim, targets = self._choose(process, below - spared)
                worker_kills += bool(targets & set(processes.workers(below)))
                if process.poll() is None and targets:
                    self._note_what_is_in()
                    processes.end(targets)
                    self.killed[victim] += 1
                    words = " ".join(str(word) for word in way if word != "--no-report")
                    of = f" of {words}" if words else ""
                    print(
                        f"{time.strftime('%H:%M:%S')} {self.name}killed {victim}{of}, {len(self.had)} runs in",
                        flush=True,
                    )
                    if victim not in ("worker", "any"):
                        worker_kills = 0
            while process.poll() is None:
                self._look(process)
                time.sleep(LOOK)
            _, err = process.communicate()
            self._note_what_is_in()
            assert "Traceback" not in err, err
            if process.returncode == 0:
                assert err == ""
                return
            lost = process.returncode == 1 and "Ray ended 3 times without doing a run" in err
            assert lost or process.returncode == -signal.SIGKILL, (process.returncode, err)

    def _moment(self, process, before):
        """Wait for a moment: at once, while things start, or a little after another run has landed."""
        if self.chance.random() < 0.4:
            time.sleep(self.chance.uniform(0, 8))
        else:
            looked = 0.0
            while process.poll() is None and landed(self.folder) <= before:
                if time.monotonic() - looked > LOOK:
                    self._look(process)
                    looked = time.monotonic()
                time.sleep(0.05)
            time.sleep(self.chance.uniform(0, self.pause))
        return landed(self.folder)

    def _choose(self, process, below):
        """A victim that there is at the moment, and its processes; each victim comes once before any comes again."""
        by_name = {
            "driver": {process.pid},
            "ray's driver": processes.children(process.pid),
            "worker": set(processes.workers(below)),
            "raylet": processes.named(below, "raylet"),
            "gcs_server": processes.named(below, "gcs_server"),
            "any": below,
            "process group": processes.group(process.pid),
            "everything": {process.pid, *below},
        }
        present = {victim: sorted(by_name[victim] & {process.pid, *below}) for victim in VICTIMS}
        if not any(present[victim] for victim in self.next):
            self.next += self.chance.sample(VICTIMS, len(VICTIMS))
        victim = next((victim for victim in self.next if present[victim]), self.next[0])
        self.next.remove(victim)
        if victim in ("process group", "everything") or not present[victim]:
            return victim, set(present[victim])
        return victim, {self.chance.choice(present[victim])}

    def _look(self, process):
        below = processes.descendants(process.pid)
        self.seen |= processes.born(below)
        self.scratch |= processes.folders(below, "/tmp/wn-sweep-")
        return below

    def _note_what_is_in(self):
        """What landed is there, as it was: nothing lost, nothing done again."""
        now = rows(self.folder)
        if len(self.had):
            then = now.loc[self.had.index]
            for column in COUNTED:  # what was not counted yet may be counted since
                then[column] = then[column].where(self.had[column].notna())
            pd.testing.assert_frame_equal(then, self.had, check_dtype=False)
        self.had = now

    def left_behind(self, within=120.0):
        """Processes and folders that are left of all that was started."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            left = self._alive(), {folder for folder in self.scratch if Path(folder).exists()}
            if left == (set(), set()):
                break
            time.sleep(0.5)
        return left

    def end(self):
        """Kill whatever was seen and still runs."""
        processes.end({pid for pid, _ in self._alive()})

    def _alive(self):
        return self.seen & processes.born({pid for pid, _ in self.seen})
