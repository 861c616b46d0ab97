"""Settings of PyTorch for runs on a card, restored when the runs are over."""

import contextlib
import os
import warnings
from collections.abc import Iterator
from typing import Any

import torch
from torch.backends import cuda, cudnn

#: What cuBLAS needs to repeat its sums; read when it is first used.
WORKSPACE = {"CUBLAS_WORKSPACE_CONFIG": ":4096:8"}

#: In PyTorch's warnings about operations whose sums do not repeat.
DETERMINISM = "deterministic"


@contextlib.contextmanager
def card_settings(device: torch.device, tf32: bool, notes: list[str]) -> Iterator[None]:
    """Make a card the current device, multiply in TF32 or not, and repeat sums; note each operation that has no way to.

    Streams and graphs belong to the current device, whichever device their tensors lie on.
    """
    with torch.cuda.device(device), _workspace(), noted(notes), multiplying(tf32), _random_state():
        benchmark = cudnn.benchmark
        try:
            # a choice by timing may be another one the next time
            cudnn.benchmark = False
            yield
        finally:
            cudnn.benchmark = benchmark


@contextlib.contextmanager
def multiplying(tf32: bool) -> Iterator[None]:
    """Let matrix products and convolutions of float32 be computed in TF32, or not."""
    settings: tuple[Any, ...] = cuda.matmul, cudnn.conv, cudnn.rnn  # type: ignore[attr-defined]
    before, older = [each.fp32_precision for each in settings], _older(None)
    try:
        if older is not None:
            _older(tf32)
        for each in settings:
            each.fp32_precision = "tf32" if tf32 else "ieee"
        yield
    finally:
        if older is not None:
            _older(older)
        for each, precision in zip(settings, before, strict=True):
            # a setting gives what it inherits where it has no value: it is to go on inheriting
            each.fp32_precision = "none"
            if each.fp32_precision != precision:
                each.fp32_precision = precision


def _older(allowed: bool | None) -> bool | None:
    """What cuDNN's older setting is, which `torch.backends.cudnn.flags` reads, or becomes; None if newer ones disagree.

    PyTorch raises then, and says each time that the setting is an older one.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            if allowed is not None:
                cudnn.allow_tf32 = allowed
            return bool(cudnn.allow_tf32)
        except RuntimeError:
            return None


@contextlib.contextmanager
def noted(notes: list[str]) -> Iterator[None]:
    """Note operations that do not repeat to the bit; all other warnings are given on."""
    caught: list[warnings.WarningMessage] = []
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.filterwarnings("always", message=f"(?s).*{DETERMINISM}")
            yield
    finally:
        operations = {str(one.message).split(" ", 1)[0] for one in caught if DETERMINISM in str(one.message)}
        notes += [f"{name} does not repeat to the bit on a GPU" for name in sorted(operations)]
        for one in caught:
            if DETERMINISM not in str(one.message):
                warnings.warn_explicit(one.message, one.category, one.filename, one.lineno, source=one.source)


@contextlib.contextmanager
def _workspace() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in WORKSPACE}
    os.environ.update({name: value for name, value in WORKSPACE.items() if before[name] is None})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)


@contextlib.contextmanager
def _random_state() -> Iterator[None]:
    before = torch.cuda.get_rng_state() if torch.cuda.is_available() else None
    try:
        yield
    finally:
        if before is not None:
            # of a card that failed there is nothing to restore
            with contextlib.suppress(RuntimeError):
                torch.cuda.set_rng_state(before)
