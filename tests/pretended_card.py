"""A card that is pretended: what a sweep does on a GPU, computed on the CPU."""

import contextlib
import sys

import torch

from sweep.proxy.data import load
from sweep.proxy.platform import Platform

CARD = "NVIDIA Pretended 9000"


def pretend(monkeypatch, cards=1, architecture="sm_90"):
    """Let this process find so many cards; their tensors lie on the CPU, and nothing is captured."""
    module = sys.modules["sweep.proxy.platform"]
    monkeypatch.setattr(module, "no_card", lambda: "")
    monkeypatch.setattr(module, "cards", lambda: cards)
    monkeypatch.setattr(module, "_architecture", lambda: architecture)
    monkeypatch.setattr(module, "card_settings", lambda *of: contextlib.nullcontext())
    monkeypatch.setattr(Platform, "device", property(lambda self: torch.device("cpu")))
    monkeypatch.setattr(Platform, "images", lambda self, *of: load(*of))
    monkeypatch.setattr(Platform, "synchronise", lambda self: None)
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    monkeypatch.setattr(Platform, "captured", lambda self, step, sizes, state: step)
    monkeypatch.setattr(Platform, "versions", lambda self: {} if self.on_cpu else {"card": card_name(), "cuda": "13.0"})
    monkeypatch.setattr(
        Platform,
        "precision",
        lambda self, proxy: torch.autocast("cpu", torch.bfloat16, enabled=proxy.precision == "bfloat16"),
    )
    monkeypatch.setattr(sys.modules[__name__], "_NAME", [CARD])


_NAME = [CARD]


def card_name():
    """The card's name, as a test has it."""
    return _NAME[0]
