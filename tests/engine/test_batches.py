"""How many runs a worker is given at a time, by playing a sweep through on paper."""

import heapq
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from sweep.engine.tune import BATCH_SECONDS, LEAST_SECONDS, _Progress


def played(runs, seconds, slots):
    """Batches in the order that they are taken, and when each worker ends, if each run takes so many seconds."""
    progress = _Progress([json.dumps({"key": key}) for key in range(runs)])
    free, batches, ends = [(0.0, worker) for worker in range(slots)], [], []
    flying = []
    while free:
        now, worker = heapq.heappop(free)
        landed = [key for when, key in flying if when <= now]
        flying = [(when, key) for when, key in flying if when > now]
        progress.over |= set(landed)
        progress.seconds += seconds * len(landed)
        if not progress.left:
            ends.append(now)
            continue
        batch = [json.loads(payload)["key"] for payload in progress.batch(slots)]
        batches.append(batch)
        flying += [(now + seconds * (i + 1), key) for i, key in enumerate(batch)]
        heapq.heappush(free, (now + seconds * len(batch), worker))
    return batches, ends


@settings(max_examples=60, deadline=None)
@given(
    runs=st.integers(1, 800), seconds=st.sampled_from([0.0, 0.001, 0.02, 0.1, 1.0, 7.0, 60.0]), slots=st.integers(1, 9)
)
def test_every_run_is_given_once_and_workers_end_together(runs, seconds, slots):
    batches, ends = played(runs, seconds, slots)
    assert sorted(key for batch in batches for key in batch) == list(range(runs))
    assert all(batches)
    # no worker is busy alone for longer than the last runs take that are worth being handed out together
    assert max(ends) - min(ends) <= 2 * max(seconds, LEAST_SECONDS) + 1e-9
    # nodes that join find something to do: only the first batches are blind to what a run takes
    assert all(seconds * len(batch) < BATCH_SECONDS + seconds for batch in batches[slots:])


def test_runs_of_no_length_come_in_few_batches():
    """Each batch costs what a trial of Tune does, whatever is in it."""
    assert len(played(100, 0.0, 2)[0]) <= 8
    assert len(played(20_000, 0.0, 2)[0]) <= 20_000 // 64 + 10
