"""Several runs of one point trained as one network: a run's outcome depends neither on the others nor on its place."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from sweep.networks import build, drawn, seeded
from sweep.networks.lanes import LaneNetwork
from sweep.proxy.augment import Drawn
from sweep.proxy.batches import drawn_epoch, stretches
from sweep.proxy.checkpoint import Checkpoint
from sweep.proxy.data import Split, load, subset_of
from sweep.proxy.lane_steps import LaneJudge, LaneSteps
from sweep.proxy.platform import Platform, settled
from sweep.proxy.train import JUDGED, Outcome, OutOfTime
from sweep.proxy.weights import Weights
from sweep.space import Point, Proxy, canonical

#: What the runs of a group may differ in, beside their seeds.
OWN = ("lr", "weight_decay", "momentum")


@dataclass
class LaneRun:
    """A run that is trained in a lane: its recipe and seed, where it is kept, and how far it is."""

    proxy: Proxy
    seed: int
    checkpoint: Checkpoint | None = None
    weights: Weights | None = None
    state: dict[str, Any] | None = None
    losses: list[float] = field(default_factory=list)
    outcome: Outcome | OutOfTime | None = None

    def __post_init__(self) -> None:
        self.generators = (seeded(self.seed, "order of images"), seeded(self.seed, "augmentation"))
        self.recipe = canonical(self.proxy.decisive())

    @property
    def seconds(self) -> float:
        """Seconds of earlier attempts that a checkpoint connects."""
        return 0.0 if self.state is None else float(self.state["seconds"])

    @property
    def progress(self) -> tuple[int, int]:
        """Epochs and batches that are done."""
        return (0, 0) if self.state is None else (len(self.state["losses"]), self.state["batch"])

    def load(self, epochs: int, batches: int) -> None:
        """Become what the checkpoint holds, if it is of this recipe."""
        state = None if self.checkpoint is None else self.checkpoint.load()
        if self.checkpoint is None or state is None:
            return
        try:
            numbers = (*state["losses"], state["seconds"])
            if (
                state["recipe"] != self.recipe
                or not len(state["losses"]) < epochs
                or not 0 < state["batch"] <= batches
                or not all(isinstance(number, float) and math.isfinite(number) for number in numbers)
            ):
                raise ValueError("not the state of this run")
            for generator, before in zip(self.generators, state["generators"], strict=True):
                generator.set_state(before)
        except Exception:
            self.begin_anew()
            return
        self.state, self.losses = state, list(state["losses"])

    def begin_anew(self) -> None:
        """Set a checkpoint aside that is whole, and yet not of this run: no reason to fail it."""
        if self.checkpoint is not None:
            self.checkpoint.set_aside("not of this recipe")
        self.state, self.losses = None, []
        self.generators = (seeded(self.seed, "order of images"), seeded(self.seed, "augmentation"))


def group_of(proxy: Proxy) -> str:
    """The canonical text that the recipes of runs share that can be trained together."""
    decisive = proxy.decisive()
    chosen = decisive.optimizer.chosen
    shared = chosen.model_copy(update={"momentum": None}) if hasattr(chosen, "momentum") else chosen
    optimizer = decisive.optimizer.model_copy(update={"lr": 1.0, "weight_decay": 0.0, "chosen": shared})
    return canonical(decisive.model_copy(update={"optimizer": optimizer, "label_smoothing": 0.0}))


def train_together(
    point: Point, runs: Sequence[LaneRun], count: int, platform: Platform, dtype: torch.dtype = torch.float32
) -> list[Outcome | OutOfTime]:
    """Train runs of a point in `count` lanes, and give what each came to, in their order.

    Recipes differ at most in learning rate, weight decay, momentum and label smoothing. A lane that no run is in is
    trained like the first, so that the number of runs changes nothing. `seconds` of a run are its share of the time.
    Runs whose checkpoints are not from the same step are trained one group after the other.
    Raises whatever the network raises, for all of them.
    """
    proxy = runs[0].proxy
    assert len({group_of(run.proxy) for run in runs}) == 1
    with settled(platform, proxy) as notes:
        data = platform.images(proxy.dataset.whole, point.image_size or 1)
        count_of_images = proxy.dataset.counts()[0]
        # the last batch may be smaller, but batch norm cannot train on a single image
        epoch = [batch for batch in stretches(count_of_images, proxy.batch_size) if batch.stop - batch.start > 1]
        for run in runs:
            run.load(proxy.epochs, len(epoch))
        while waiting := [run for run in runs if run.outcome is None]:
            progress = min(run.progress for run in waiting)
            group = [run for run in waiting if run.progress == progress][:count]
            _Group(point, group, count, data, epoch, platform, dtype).train(progress)
    outcomes = []
    for run in runs:
        assert run.outcome is not None
        with_notes = notes and isinstance(run.outcome, Outcome)
        outcomes.append(replace(run.outcome, notes=tuple(notes)) if with_notes else run.outcome)  # type: ignore[type-var]
    return outcomes


class _Group:
    """Runs that are at the same step."""

    def __init__(
        self,
        point: Point,
        runs: Sequence[LaneRun],
        count: int,
        data: Split,
        epoch: Sequence[slice],
        platform: Platform,
        dtype: torch.dtype,
    ) -> None:
        self._point, self._runs, self._data, self._epoch, self._platform = point, runs, data, epoch, platform
        proxy, self._began = runs[0].proxy, time.perf_counter()
        recipes = [runs[lane if lane < len(runs) else 0].proxy for lane in range(count)]
        facts = proxy.facts
        by_seed = {run.seed: drawn(point, facts.channels, facts.classes, run.seed) for run in runs}
        products = torch.bfloat16 if proxy.precision == "bfloat16" else None
        networks = [by_seed[run.seed] for run in runs]
        #: of each run the images that it trains on, and which of all they are
        self._parts: list[Split] = [data] * len(runs)
        self._at: list[Tensor | None] = [None] * len(runs)
        if proxy.dataset.subset is not None:
            size, draws = point.image_size or 1, [proxy.dataset.draw(run.seed) for run in runs]
            self._parts = [load(proxy.dataset, size, draw) for draw in draws]
            self._at = [subset_of(data, proxy.dataset, draw or 0) for draw in draws]
        self._network = LaneNetwork(networks, count, data.device, dtype, products)
        parts = [self._parts[lane if lane < len(runs) else 0] for lane in range(count)]
        own = parts if proxy.dataset.subset is not None else None
        self._steps = LaneSteps(self._network, recipes, data, proxy.epochs * len(epoch), own)
        self._before: dict[int, list[Tensor]] = {}

    def train(self, progress: tuple[int, int]) -> None:
        """Train from so many epochs and batches to the end, and give each run its outcome."""
        steps, proxy, runs = self._steps, self._runs[0].proxy, self._runs
        if not self._restored():
            return
        epoch, batch = progress
        sizes = [part.stop - part.start for part in self._epoch]
        step: Callable[[int], None] | None = None
        drawn = self._draw()
        for number in range(epoch, proxy.epochs):
            self._before, images = drawn
            steps.begin_epoch(images)
            if batch < len(self._epoch):
                # captured at the first image: after the last batch's there are not enough for the others
                step = step or self._step(sizes)
                steps.go_to(self._epoch[batch].start)
            while batch < len(self._epoch):
                self._look_at_the_clock(number)
                if self._over:
                    return
                assert step is not None
                with self._platform.step():
                    step(sizes[batch])
                batch += 1
                self._keep(batch)
            batch = 0
            if number + 1 < proxy.epochs:
                # while the device is still at work
                drawn = self._draw()
            for run, total in zip(runs, (steps.total.cpu() / len(self._epoch)).tolist(), strict=False):
                if run.outcome is None:
                    run.losses.append(total)
                    if not math.isfinite(total):
                        run.outcome = Outcome("diverged", None, None, tuple(run.losses), self._seconds(run))
            steps.total.zero_()
            if self._over:
                return
        self._judge()

    def _step(self, sizes: Sequence[int]) -> Callable[[int], None]:
        """A step for batches of these sizes; captured, unless images are too many for the device."""
        if self._data.train.device != self._data.device:
            return self._steps
        return self._platform.captured(self._steps, sorted({*sizes}, reverse=True), self._steps.tensors)

    def _restored(self) -> bool:
        """Take up what the checkpoints hold; False if that of some run is none of it, which then begins anew."""
        for lane in range(self._network.count):
            run = self._run_of(lane)
            if run.state is None:
                continue
            try:
                self._network.load(lane, run.state["network"])
                self._steps.optimizer.restore(lane, run.state["optimizer"])
                self._steps.total[lane] = run.state["total"]
            except Exception:
                run.begin_anew()
                return False
        return True

    def _run_of(self, lane: int) -> LaneRun:
        return self._runs[lane if lane < len(self._runs) else 0]

    @property
    def _over(self) -> bool:
        return all(run.outcome is not None for run in self._runs)

    def _seconds(self, run: LaneRun) -> float:
        return run.seconds + (time.perf_counter() - self._began) / len(self._runs)

    def _draw(self) -> tuple[dict[int, list[Tensor]], list[tuple[Tensor, Drawn]]]:
        """What each run's generators were, and what they draw for the next epoch of each lane, as for the run alone."""
        before = {id(run): [generator.get_state() for generator in run.generators] for run in self._runs}
        by_run = []
        for run, part, at in zip(self._runs, self._parts, self._at, strict=True):
            order, random = drawn_epoch(part, run.proxy, run.generators)
            by_run.append((order if at is None else at[order], random))
        lanes = range(self._network.count)
        return before, [by_run[lane if lane < len(by_run) else 0] for lane in lanes]

    def _look_at_the_clock(self, epoch: int) -> None:
        for run in self._runs:
            limit = run.proxy.timeout
            if run.outcome is None and limit is not None and self._seconds(run) > limit:
                run.outcome = OutOfTime(f"not done after {limit:g} s, in epoch {epoch + 1} of {run.proxy.epochs}")

    def _keep(self, batch: int) -> None:
        """Keep what is due; runs that are over keep nothing more."""
        going = [(lane, run, run.checkpoint) for lane, run in enumerate(self._runs) if run.outcome is None]
        if not any(checkpoint is not None and checkpoint.due() for _, _, checkpoint in going):
            return
        for lane, run, checkpoint in going:
            if checkpoint is None:
                continue
            checkpoint.save(
                {
                    "network": self._network.state_dict(lane),
                    "optimizer": self._steps.optimizer.state(lane),
                    "total": self._steps.total[lane].cpu().clone(),
                    "losses": list(run.losses),
                    "batch": batch,
                    "seconds": self._seconds(run),
                    "generators": self._before[id(run)],
                    "recipe": run.recipe,
                }
            )

    def _judge(self) -> None:
        steps = int(self._steps.optimizer.taken)
        self._steps.optimizer.take_over()
        self._network.train(False)
        judge = LaneJudge(self._network, self._data, self._runs[0].proxy, self._steps.moments)
        for batch in stretches(len(judge.shown), JUDGED):
            with self._platform.step():
                judge(batch)
        wrong, loss, finite = judge.wrong.tolist(), judge.loss.tolist(), judge.finite.tolist()
        for lane, run in enumerate(self._runs):
            if run.outcome is not None:
                continue
            seconds, count = self._seconds(run), len(judge.shown)
            if not finite[lane]:
                run.outcome = Outcome("diverged", None, None, tuple(run.losses), seconds)
                continue
            if run.weights is not None:
                facts = run.proxy.facts
                network = build(self._point, facts.channels, facts.classes)
                network.load_state_dict(self._network.state_dict(lane, steps))
                run.weights.save(network)
            error = 100 * wrong[lane] / count
            run.outcome = Outcome("done", error, loss[lane] / count, tuple(run.losses), seconds)
