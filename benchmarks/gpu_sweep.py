"""A sweep of 400 runs of one point, beside the rate of its steps alone."""

import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

from benchmarks.gpu_work import Work, network, recipe
from sweep.engine.ledger import Ledger
from sweep.engine.timed_steps import lane_step, random_images
from sweep.proxy.files import lacking
from sweep.proxy.lane_count import lanes_of
from sweep.proxy.platform import settled
from sweep.running import run
from sweep.space import Space
from sweep.watch import Silence

SPACE = """\
name: point
network:
  backbone: shufflenet_v2
  width: 0.1667
  image_size: 14
  stem_channels: {stem}
  last_channels: 64
  repeats: {repeats}
grid: [{{family: static}}]
proxy:
  dataset: {dataset}
  epochs: {epochs}
  batch_size: {batch}
  optimizer: {{name: adamw, lr: 0.02, weight_decay: 0.05}}
seeds: {seeds}
resources: {{gpus: {gpus}}}
"""


class _Clock(Silence):
    """When the first and the last results landed."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def landed(self, *_: object) -> None:
        self.times.append(time.perf_counter())


def sweep_of_a_point(work: Work) -> None:
    """`wn-sweep run` of the runs of one point, from the first step to the last row, start-up told apart."""
    from ruamel.yaml import YAML

    proxy, seeds, epochs = recipe(14, work, epochs=3), 4 if work.tiny else 400, 1 if work.tiny else 3
    if not work.tiny and lacking(proxy.dataset):
        work.say("sweep: Fashion-MNIST is not installed")
        return
    facts = proxy.dataset.counts()
    text = SPACE.format(
        stem=4 if work.tiny else 8,
        repeats="[1]" if work.tiny else "[1, 1, 1]",
        dataset=f"{{name: {proxy.dataset.name}, train: {facts[0]}, validation: {facts[1]}}}",
        epochs=epochs,
        batch=proxy.batch_size,
        seeds=seeds,
        gpus=0 if work.tiny else 1,
    )
    space = Space.parse(YAML(typ="safe").load(text))
    clock, inline = _Clock(), work.tiny or find_spec("ray") is None
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        run(space, results=f"{folder}/results", reports=f"{folder}/reports", watch=clock, inline=inline)
        ended = time.perf_counter()
        with Ledger.open(Path(folder) / "results/point/ledger.sqlite") as ledger:
            statuses = [*ledger.statuses().values()]
    point, data = network(14, "static", work), random_images(proxy, 14).on(work.platform.device)
    lanes = work.lanes or lanes_of(point, proxy, work.platform)
    with settled(work.platform, proxy):
        step = lane_step(point, proxy, work.platform, data, lanes)
        step()
        work.platform.synchronise()
        began = time.perf_counter()
        for _ in range(work.steps):
            step()
        work.platform.synchronise()
    alone = (time.perf_counter() - began) / work.steps / lanes * -(-facts[0] // proxy.batch_size) * epochs
    # what landed first had been trained for as long as every other group
    first, last = clock.times[0], clock.times[-1]
    groups = -(-seeds // lanes)
    whole = (last - first) * groups / max(1, groups - 1)
    share = alone * seeds / whole if whole > 0 else float("nan")
    work.say(
        f"sweep: {seeds} runs of {epochs} epochs, {statuses.count('done')} done: {whole:.1f} s from the first step to "
        f"the last row, {3600 * seeds / whole if whole else 0:,.0f} an hour; {share:.2f} of the rate of steps alone "
        f"({alone * seeds:.1f} s), asked for 0.5; start-up {max(0.0, last - whole - started):.1f} s, page "
        f"{ended - last:.1f} s{' (in one process, without Ray)' if inline else ''}"
    )
