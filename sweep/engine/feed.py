"""The feed: an actor from which workers take their next work."""

import asyncio
import math
from collections import deque
from collections.abc import Sequence
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

#: Works that a worker is given at once, at most.
MOST = 64


class Feed:
    """Hands out each work once, and records which worker has it.

    Workers wait here for more, so that one that has nothing to do is not ended and started anew.
    """

    def __init__(self) -> None:
        self._works: deque[str] = deque()
        #: works that are handed out one at a time, since a worker died with them
        self._alone: deque[str] = deque()
        self._given: dict[str, list[str]] = {}
        #: why workers end their processes
        self._reasons: dict[str, str] = {}
        self._ended = False
        self._news = asyncio.Condition()

    async def put(self, works: Sequence[str], alone: bool = False) -> None:
        """Add works."""
        async with self._news:
            (self._alone if alone else self._works).extend(works)
            self._news.notify_all()

    async def take(self, worker: str, most: int) -> list[str] | None:
        """The next works for a worker that is done with what it had; None when there will be no more."""
        self._given.pop(worker, None)
        async with self._news:
            await self._news.wait_for(lambda: self._works or self._alone or self._ended)
            if self._ended:
                return None
            if self._alone:
                works = [self._alone.popleft()]
            else:
                # the last works are divided, so that no worker is idle
                share = math.ceil(len(self._works) / (2 * (1 + len(self._given))))
                works = [self._works.popleft() for _ in range(min(most, MOST, share))]
            self._given[worker] = works
            return works

    async def given(self, worker: str) -> list[str]:
        """What a worker was given last; it has nothing any more."""
        return self._given.pop(worker, [])

    async def dies(self, worker: str, reason: str) -> None:
        """Note why a worker is about to end its process."""
        self._reasons[worker] = reason

    async def reason(self, worker: str) -> str:
        """Why a worker ended its process; '' if it did not say."""
        return self._reasons.pop(worker, "")

    async def wants_workers(self, workers: int) -> bool:
        """Whether there is work that none of so many workers, busy or about to ask, will take at once."""
        return len(self._works) + len(self._alone) > workers - len(self._given)

    async def end(self) -> None:
        """Tell every worker that there will be no more."""
        async with self._news:
            self._ended = True
            self._news.notify_all()


def new_feed(name: str) -> Any:
    """A feed that workers find by its name, on the node of this process: other nodes may leave."""
    strategy = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    actor = ray.remote(Feed).options(name=name, num_cpus=0, max_concurrency=10_000, scheduling_strategy=strategy)
    return actor.remote()
