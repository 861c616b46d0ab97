"""Proxies on one GPU: first that they are right, then how many an hour, in under eight minutes.

    make bench-gpu                              # or python -m benchmarks.gpu, where there is no make
    python -m benchmarks.gpu --dry-run          # every section on the CPU, tiny: shows that the script works
    python -m benchmarks.gpu --only rates sweep

Sections in order of importance, each printed as it ends, and written to benchmarks/gpu.txt. A section that fails says
so, and the next begins; none begins after LIMIT seconds. The sweep and the seeds train on Fashion-MNIST where it is
installed; what is timed alone is Fashion-MNIST or random images, which take the same time.
"""

import argparse
import dataclasses
import platform as machine
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F

from benchmarks.gpu_checks import correct, lanes_and_seeds, repeatable
from benchmarks.gpu_sweep import sweep_of_a_point
from benchmarks.gpu_work import POINTS, Work, network, recipe
from sweep.engine.timed_steps import lane_step, network_step, random_images
from sweep.networks import table_of
from sweep.networks.lane_operations import pixelwise
from sweep.proxy.data import Split, load
from sweep.proxy.files import lacking
from sweep.proxy.lane_count import lanes_of
from sweep.proxy.platform import Platform, here, no_card, settled

#: Seconds after which no section begins.
LIMIT = 430.0
#: Steps of a run, and runs an hour that are asked for: fashion's recipe at 14 x 14, and quick_november's network
#: at 3 x 32 x 32.
STEPS = {14: 2350, 32: 2110}
ASKED = {(14, "static"): 25_000, (14, "(2, 2)"): 16_000, (32, "static"): 5_000, (32, "(2, 2)"): 4_000}
#: What a prototype reached on one H100, runs an hour (see sweep/proxy/lane_count.py).
PROTOTYPE = {(14, "static"): 13_800, (14, "(2, 2)"): 8_600, (32, "static"): 1_830, (32, "(2, 2)"): 1_440}
#: How many times as fast a captured step is to be as an eager one, both of one run.
CAPTURED = {14: 5.0, 32: 3.0}


def images(work: Work, size: int) -> Split:
    """Fashion-MNIST at 14 x 14, or padded to 32 x 32 in three colours; random where it is not installed."""
    fashion = recipe(14, work).dataset
    if work.tiny or lacking(fashion):
        return random_images(recipe(size, work), size).on(work.platform.device)
    split = load(fashion, 14 if size == 14 else 28)
    if size == 32:

        def colour(pixels: torch.Tensor) -> torch.Tensor:
            return F.pad(pixels, (2,) * 4).expand(-1, 3, -1, -1).contiguous()

        mean, deviation = (each.repeat(3, 1, 1) for each in (split.mean, split.deviation))
        padded = {"train": colour(split.train), "validation": colour(split.validation)}
        split = dataclasses.replace(split, **padded, mean=mean, deviation=deviation)
    return split.on(work.platform.device)


def milliseconds(work: Work, step: Callable[[], None], steps: int) -> float:
    """Of a step, after a few to warm up."""
    for _ in range(3):
        step()
    work.platform.synchronise()
    started = time.perf_counter()
    for _ in range(steps):
        step()
    work.platform.synchronise()
    return 1e3 * (time.perf_counter() - started) / steps


def rates(work: Work) -> None:
    """Runs an hour by steps alone, and what capturing a step gains."""
    for size in (14, 32):
        data, found = images(work, size), {}
        for precision in ("float32", "bfloat16"):
            proxy = recipe(size, work, precision)
            with settled(work.platform, proxy):
                for name in ("static", "(2, 2)"):
                    point = network(size, name, work)
                    lanes = work.lanes or lanes_of(point, proxy, work.platform)
                    ms = milliseconds(work, lane_step(point, proxy, work.platform, data, lanes), work.steps) / lanes
                    hour = 3.6e6 / (ms * STEPS[size])
                    text = f"rates: {size} px, {name}, {precision}: {ms:.3f} ms a run's step, {hour:,.0f} runs an hour"
                    text += f" ({lanes} lanes; asked for {ASKED[size, name]:,}, prototype {PROTOTYPE[size, name]:,})"
                    work.say(text)
                    found[name, precision] = ms
                    if precision == "bfloat16":
                        continue
                    captured = milliseconds(work, lane_step(point, proxy, work.platform, data, 1), work.steps)
                    eager = milliseconds(work, network_step(point, proxy, work.platform, data), work.steps)
                    gain = f"{eager / captured:.1f} times as fast, asked for {CAPTURED[size]:g}"
                    work.say(f"rates: {size} px, {name}: eager {eager:.2f} ms, captured {captured:.2f}: {gain}")
        ratio = found["(2, 2)", "float32"] / found["static", "float32"]
        work.say(f"rates: {size} px: (2, 2) takes {ratio:.2f} times static, asked for at most 1.6")


def numbers_of_lanes(work: Work) -> None:
    """Milliseconds of a run's step by the number of lanes: what the rule rests on."""
    for size, counts in ((14, (1, 4, 16, 32, 64, 128)), (32, (1, 4, 8, 16, 32))):
        data, proxy = images(work, size), recipe(size, work)
        for name in POINTS:
            point, told = network(size, name, work), []
            for lanes in counts[: 2 if work.tiny else None]:
                try:
                    with settled(work.platform, proxy):
                        step = lane_step(point, proxy, work.platform, data, lanes)
                        told.append(f"{lanes}: {milliseconds(work, step, max(2, work.steps // 2)) / lanes:.3f}")
                except torch.OutOfMemoryError:
                    told.append(f"{lanes}: out of memory")
                # before the next number: this one's step and graph hold much of the card
                step = None
                work.platform.release()
            work.say(f"lanes: {size} px, {name}: {', '.join(told)} ms")


def grouped(work: Work) -> None:
    """1x1 convolutions of all lanes as products, beside one convolution whose groups are the lanes."""
    for size in (14, 32):
        point, proxy = network(size, "static", work), recipe(size, work)
        lanes = work.lanes or lanes_of(point, proxy, work.platform)
        convs = [c for block in table_of(point, 1, 10).blocks for _, c in block.convs() if c.k == 1]
        totals = {"products": 0.0, "grouped convolutions": 0.0}
        for conv in dict.fromkeys(convs):
            device, batch = work.platform.device, proxy.batch_size
            x = torch.randn(lanes, conv.inp, batch, conv.size, conv.size, device=device, requires_grad=True)
            w = torch.randn(lanes, conv.oup, conv.inp, device=device, requires_grad=True)
            as_groups = x.detach().permute(2, 0, 1, 3, 4).flatten(1, 2).contiguous().requires_grad_()

            def products(x: torch.Tensor = x, w: torch.Tensor = w) -> None:
                pixelwise(x, w).sum().backward()

            def groups(x: torch.Tensor = as_groups, w: torch.Tensor = w, lanes: int = lanes) -> None:
                F.conv2d(x, w.flatten(0, 1)[..., None, None], groups=lanes).sum().backward()

            for way, step in (("products", products), ("grouped convolutions", groups)):
                totals[way] += milliseconds(work, step, max(2, work.steps // 4))
        ratio = totals["grouped convolutions"] / totals["products"]
        work.say(
            f"grouped: {size} px, static, 1x1 convolutions forward and backward in {lanes} lanes: "
            f"{'; '.join(f'{way} {ms:.2f} ms' for way, ms in totals.items())}; {ratio:.1f} times"
        )


def profile(work: Work) -> None:
    """Where the time of a step goes, by operator."""
    from torch.profiler import ProfilerActivity
    from torch.profiler import profile as profiled

    data, proxy = images(work, 14), recipe(14, work)
    kind, column = (ProfilerActivity.CPU, "self_cpu_time_total")
    if not work.platform.on_cpu:
        kind, column = (ProfilerActivity.CUDA, "self_cuda_time_total")
    for name in ("static", "(2, 2)"):
        point = network(14, name, work)
        lanes = work.lanes or lanes_of(point, proxy, work.platform)
        with settled(work.platform, proxy):
            step = lane_step(point, proxy, work.platform, data, lanes, captured=False)
            step()
            with profiled(activities=[kind]) as found:
                step()
                work.platform.synchronise()
        table = found.key_averages().table(sort_by=column, row_limit=12, max_name_column_width=60)
        work.say(f"profile: 14 px, {name}, {lanes} lanes, one step\n{table}")


SECTIONS: dict[str, Callable[[Work], None]] = {
    "correct": correct,
    "repeatable": repeatable,
    "rates": rates,
    "sweep": sweep_of_a_point,
    "seeds": lanes_and_seeds,
    "grouped": grouped,
    "lanes": numbers_of_lanes,
    "profile": profile,
}


def driver() -> str:
    """The version of the NVIDIA driver."""
    asked = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split("\n")[0]
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def main() -> None:
    """Do the sections, and write what they say beside this file."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--dry-run", action="store_true", help="every section on the CPU, tiny; nothing is written")
    words.add_argument("--only", nargs="+", choices=SECTIONS, default=[*SECTIONS], metavar="SECTION")
    words.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".txt"))
    given = words.parse_args()
    if not given.dry_run and (reason := no_card()):
        sys.exit(f"{reason}; --dry-run shows that the script works")
    out = None if given.dry_run else given.out.open("w")
    started = time.perf_counter()

    def say(text: str) -> None:
        line = f"[{time.perf_counter() - started:6.1f}] {text}"
        print(line, flush=True)
        if out is not None:
            print(line, file=out, flush=True)

    platform = Platform() if given.dry_run else here(Platform("cuda"))
    work = Work(platform, say, tiny=given.dry_run, limit=started + LIMIT)
    card = "no GPU: a dry run" if given.dry_run else f"{platform.versions()['card']}, driver {driver()}"
    say(f"# {card}, CUDA {torch.version.cuda}, torch {torch.__version__}, Python {machine.python_version()}")
    failed = 0
    for name in given.only:
        if time.perf_counter() > work.limit:
            say(f"{name}: not begun, the time is up")
            continue
        try:
            SECTIONS[name](work)
        except Exception:
            failed += 1
            say(f"{name}: failed\n{traceback.format_exc(limit=-6)}")
        platform.release()
    say(f"{len(given.only) - failed} of {len(given.only)} sections without a failure")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
