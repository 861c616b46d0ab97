"""Where runs are trained: the device, and the settings of PyTorch that they share there."""

import contextlib
import functools
import gc
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
import torch.utils.deterministic
from torch import Tensor, nn

from sweep.errors import SweepError
from sweep.proxy.card_settings import card_settings
from sweep.proxy.data import Split, load
from sweep.space import Proxy
from sweep.space.schema import Dataset, Resources

Step = Callable[[int], None]
#: Bytes of training and validation images that a card holds; of larger sets a batch at a time is copied there.
ON_CARD = 8 << 30


class PlatformError(SweepError):
    """A device that runs are to be trained on, and that is not there."""


@dataclass(frozen=True)
class Platform:
    """The kind of device that a run is trained on; part of the run's key where it is not the CPU.

    architecture: of the cards, as PyTorch names it ('sm_90'); '' for the CPU.
    """

    kind: Literal["cpu", "cuda"] = "cpu"
    architecture: str = ""

    @property
    def on_cpu(self) -> bool:
        """Whether it is the CPU."""
        return self.kind == "cpu"

    @property
    def device(self) -> torch.device:
        """The device on which tensors lie; of several cards the first that this process sees."""
        return torch.device("cpu") if self.on_cpu else torch.device("cuda", 0)

    def place(self, network: nn.Module, layout: torch.memory_format) -> nn.Module:
        """A network that was drawn on the CPU, on the device, its weights in a layout."""
        placed: nn.Module = network.to(self.device, memory_format=layout)  # type: ignore[call-overload]
        return placed

    def images(self, dataset: Dataset, image_size: int, draw: int | None = None) -> Split:
        """The images of a data set as `data.load` gives them: on the device, unless they are too many."""
        if self.on_cpu:
            return load(dataset, image_size, draw)
        return _on_card(dataset, image_size, draw, self.device)

    def precision(self, proxy: Proxy) -> contextlib.AbstractContextManager[Any]:
        """What a recipe's precision means for operators."""
        return torch.autocast(self.kind, torch.bfloat16, enabled=proxy.precision == "bfloat16")

    def step(self) -> contextlib.AbstractContextManager[Any]:
        """A training step, or judging a batch: nothing in it waits for the device."""
        return contextlib.nullcontext()

    def synchronise(self) -> None:
        """Wait until the device has done what it was given."""
        if not self.on_cpu:
            torch.cuda.synchronize(self.device)

    def warm_up(self) -> None:
        """Load what the first operations on a card wait for, which takes seconds."""
        if not self.on_cpu:
            image = torch.ones(1, 1, 8, 8, device=self.device)
            torch.mm(torch.conv2d(image, image)[0, 0], image[0, 0, :1])
            self.synchronise()

    def release(self) -> None:
        """Give the card's memory back that nothing uses any more."""
        if not self.on_cpu:
            # a cycle may hold tensors
            gc.collect()
            # a card that failed gives nothing back
            with contextlib.suppress(RuntimeError):
                torch.cuda.empty_cache()

    def captured(self, step: Step, sizes: Sequence[int], state: Callable[[], list[Tensor]]) -> Step:
        """A step for batches of some sizes as graphs of the device; on the CPU the step itself.

        `state` gives all tensors that a step changes.
        """
        if self.on_cpu:
            return step
        from sweep.proxy.captured import capture

        return capture(step, sizes, state)

    def versions(self) -> dict[str, str]:
        """The card and what drives it, for the record; nothing for the CPU."""
        if self.on_cpu:
            return {}
        return {"card": torch.cuda.get_device_name(self.device), "cuda": str(torch.version.cuda)}

    def insist(self) -> None:
        """Raise PlatformError, in words, if this process cannot train on it."""
        if not self.on_cpu and (reason := no_card()):
            raise PlatformError(reason)


CPU = Platform()


def platform_of(resources: Resources, elsewhere: bool = False) -> Platform:
    """The platform of a space's runs; raises PlatformError if it needs a card and none is known.

    `elsewhere`: whether runs are done on other machines, whose cards `resources.architecture` names.
    """
    if not resources.gpus:
        return CPU
    if reason := no_card():
        if not elsewhere:
            raise PlatformError(f"{reason}; set gpus to 0, or join a cluster that has GPUs (--address)")
        if resources.architecture is None:
            raise PlatformError(f"{reason}; name the cluster's with resources.architecture, such as sm_90 for an H100")
    return Platform("cuda", resources.architecture or _architecture())


def no_card() -> str:
    """Why this process cannot use a GPU, in words; '' if it can."""
    if torch.version.cuda is None:
        return f"this machine's PyTorch ({torch.__version__}) is a build without CUDA"
    if not torch.cuda.is_available():
        return f"PyTorch {torch.__version__} finds no NVIDIA GPU, or no driver for it"
    try:
        capability, kernels = torch.cuda.get_device_capability(0), torch.cuda.get_arch_list()
        name = torch.cuda.get_device_name(0)
    except (RuntimeError, torch.cuda.DeferredCudaCallError) as error:
        reason, *_ = str(error).strip().split("\n")
        return f"PyTorch {torch.__version__} cannot use the GPU: {reason}"
    if not any(_runs_on(kernel, capability) for kernel in kernels):
        return (
            f"PyTorch {torch.__version__} has no kernels for the GPU, {name} (sm_{capability[0]}{capability[1]}), "
            f"only for {', '.join(kernels) or 'none'}: install a build of PyTorch for it"
        )
    return ""


def _runs_on(kernel: str, capability: tuple[int, int]) -> bool:
    """Whether a card runs kernels as torch.cuda.get_arch_list names them, such as sm_80, sm_90a or compute_90 (PTX).

    Machine code runs on the same major version from its minor version on, with an `a` on this very version; PTX is
    compiled by the driver for all later versions.
    """
    named = re.fullmatch(r"(sm|compute)_(\d+)(\d)([af]?)", kernel)
    if named is None:
        return False
    kind, version, suffix = named[1], (int(named[2]), int(named[3])), named[4]
    if suffix == "a":
        return version == capability
    return version <= capability and (version[0] == capability[0] or (kind == "compute" and not suffix))


def cards() -> int:
    """How many GPUs this process can use."""
    return 0 if no_card() else torch.cuda.device_count()


def here(wanted: Platform) -> Platform:
    """What a platform comes to on this machine: the same, or with another architecture."""
    if wanted.on_cpu:
        return wanted
    wanted.insist()
    return Platform(wanted.kind, _architecture())


def _architecture() -> str:
    major, minor = torch.cuda.get_device_capability(0)
    return f"sm_{major}{minor}"


@functools.lru_cache(maxsize=2)
def _on_card(dataset: Dataset, image_size: int, draw: int | None, device: torch.device) -> Split:
    split = load(dataset, image_size, draw)
    return split.on(device, images=split.bytes <= ON_CARD)


@contextlib.contextmanager
def settled(platform: Platform = CPU, proxy: Proxy | None = None) -> Iterator[list[str]]:
    """Settings of PyTorch that every run shares: one thread, the same bits whatever else runs, and no time lost.

    What the caller's process had set, its random state included, is restored. On a card some operations of networks of
    the user's own have no way to repeat to the bit: the list that is given names them, once the run is over.
    """
    threads, debug_mode = torch.get_num_threads(), torch.get_deterministic_debug_mode()
    filled = torch.utils.deterministic.fill_uninitialized_memory  # type: ignore[attr-defined]
    random_state, flushing = torch.get_rng_state(), _flushes_denormals()
    notes: list[str] = []
    with contextlib.ExitStack() as stack:
        if not platform.on_cpu:
            tf32 = proxy is not None and proxy.precision == "tf32"
            stack.enter_context(card_settings(platform.device, tf32, notes))
        try:
            torch.set_num_threads(1)
            # as torch.use_deterministic_algorithms, which takes two seconds to import a compiler that no run uses
            torch.set_deterministic_debug_mode("error" if platform.on_cpu else "warn")
            # no operation of ours reads what it has not written, so memory need not be filled to show that
            torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
            # AdamW's squares of small gradients are numbers that processors are slow with
            torch.set_flush_denormal(True)
            yield notes
        finally:
            torch.set_num_threads(threads)
            torch.set_deterministic_debug_mode(debug_mode)
            torch.utils.deterministic.fill_uninitialized_memory = filled  # type: ignore[attr-defined]
            torch.set_flush_denormal(flushing)
            torch.set_rng_state(random_state)


def _flushes_denormals() -> bool:
    """Whether this thread takes very small numbers for 0; PyTorch does not say what was set."""
    smallest = torch.tensor([torch.finfo(torch.float64).tiny], dtype=torch.float64)
    return float(smallest * 0.5) == 0.0
