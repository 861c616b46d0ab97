"""A worker: a Tune trial that takes work from the feed, step by step, for as long as there is any."""

import importlib
import math
import os
import platform
import time
from collections.abc import Callable
from typing import Any, NoReturn

import ray
from ray.tune import Trainable

from sweep.engine.environment import search_working_folders
from sweep.engine.feed import MOST
from sweep.engine.result import Result
from sweep.errors import CardError
from sweep.proxy.platform import Platform, PlatformError

#: Seconds of work that are taken and reported at once: both cost a few milliseconds.
AT_ONCE = 0.1


class Worker(Trainable):
    """A Tune trial that does work.

    A step takes works that together last a moment, or one that lasts longer, and reports their results.
    """

    def setup(self, config: dict[str, Any]) -> None:
        """Find the feed by its name, and the function that does a work."""
        module, name = config["do"].split(":")
        ours = module.startswith("sweep.")
        if not ours:
            search_working_folders()
        self._do: Callable[[str], list[Result]] = getattr(importlib.import_module(module), name)
        self._trains_on_gpu = ours and config["gpus"] > 0
        self._feed = ray.get_actor(config["feed"])
        self._most = 1

    def step(self) -> dict[str, Any]:
        """Do what the feed gives; the last step says that it was the last.

        A process without a GPU that it needs takes no work, and one that lost it does no more: it ends, so that the
        work is done by another one.
        """
        if self._trains_on_gpu:
            try:
                Platform("cuda").insist()
            except PlatformError as error:
                self._die(f"the worker on {platform.node()} has no GPU: {error}")
        works: list[str] | None = ray.get(self._feed.take.remote(self.trial_id, self._most))
        if works is None:
            return {"results": [], "done": True}
        started = time.perf_counter()
        try:
            results = [result.plain() for work in works for result in self._do(work)]
        except CardError as error:
            self._die(str(error))
        each = (time.perf_counter() - started) / len(works)
        self._most = MOST if each * MOST < AT_ONCE else max(1, math.floor(AT_ONCE / each))
        return {"results": results, "done": False}

    def _die(self, reason: str) -> NoReturn:
        """End this process at once: what would be cleared up may wait for the card for ever."""
        ray.get(self._feed.dies.remote(self.trial_id, reason))
        os._exit(1)
