"""`wn-sweep run benchmarks/quick_november.yaml` as the command does it, by the clock; one step of benchmarks/engine.py.

Ray's start is from its first process to the first run; we import and plan meanwhile.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

from sweep.space import Space

SPACE = Path(__file__).with_name("quick_november.yaml")


def main(workers):
    """Print the seconds of Ray's start, of training in all, and from the last result to the end."""
    loaded = Space.load(SPACE)
    from sweep.engine.executors import executor_for

    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        with executor_for(loaded, f"{folder}/results", workers) as executor:
            import sweep.api as api

            class Clock(api.Silence):
                first, last, seconds = None, None, 0.0

                def landed(self, run, result):
                    self.last = time.perf_counter()
                    self.first = self.first or self.last - result.seconds
                    self.seconds += result.seconds

            clock = Clock()
            made = api.run(
                loaded,
                results=f"{folder}/results",
                reports=f"{folder}/reports",
                watch=clock,
                executor=executor,
            )
            assert set(made.statuses) == {"done"}
        ended = time.perf_counter()
    print(json.dumps({"start": clock.first - began, "training": clock.seconds, "after": ended - clock.last}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
