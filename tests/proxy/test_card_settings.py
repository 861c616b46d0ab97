"""Settings of PyTorch for a card: set for runs, and left as they were, however they were set."""

import contextlib
import warnings

import pytest
import torch
from torch.backends import cuda, cudnn

from sweep.proxy.card_settings import card_settings, multiplying, noted

PRODUCTS = (cuda.matmul, cudnn.conv, cudnn.rnn)


def settings():
    """All ways in which PyTorch says whether TF32 is allowed; those that it refuses to say as such."""

    def said(ask):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return ask()
            except RuntimeError:
                return "contradictory"

    return (
        *(said(lambda each=each: each.fp32_precision) for each in (*PRODUCTS, cudnn, torch.backends)),
        said(lambda: cuda.matmul.allow_tf32),
        said(lambda: cudnn.allow_tf32),
        said(torch.get_float32_matmul_precision),
    )


#: As a user's module may set them.
WAYS = {
    "nothing": lambda: None,
    "new, products": lambda: setattr(cuda.matmul, "fp32_precision", "tf32"),
    "new, convolutions": lambda: setattr(cudnn.conv, "fp32_precision", "ieee"),
    "new, cuDNN": lambda: setattr(cudnn, "fp32_precision", "ieee"),
    "new, everything": lambda: setattr(torch.backends, "fp32_precision", "tf32"),
    "old, products": lambda: setattr(cuda.matmul, "allow_tf32", True),
    "old, cuDNN": lambda: setattr(cudnn, "allow_tf32", False),
    "high": lambda: torch.set_float32_matmul_precision("high"),
    "medium": lambda: torch.set_float32_matmul_precision("medium"),
}


@pytest.fixture
def as_pytorch_begins():
    """Each way is tried from what a new process has, and the next test has that too."""
    default = settings()
    yield default
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.set_float32_matmul_precision("highest")
        cudnn.allow_tf32 = True
        torch.backends.fp32_precision = cudnn.fp32_precision = cuda.matmul.fp32_precision = "none"
    assert settings() == default


@pytest.mark.parametrize("tf32", [False, True])
@pytest.mark.parametrize("way", WAYS)
def test_tf32_is_as_the_recipe_has_it_and_then_as_it_was(way, tf32, as_pytorch_begins):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        WAYS[way]()
    before = settings()
    assert way == "nothing" or before != as_pytorch_begins
    with multiplying(tf32):
        assert [each.fp32_precision for each in PRODUCTS] == ["tf32" if tf32 else "ieee"] * 3
    assert settings() == before


@pytest.mark.usefixtures("as_pytorch_begins")
def test_settings_go_on_inheriting():
    torch.backends.fp32_precision = "tf32"
    with multiplying(False):
        pass
    torch.backends.fp32_precision = "ieee"
    assert cuda.matmul.fp32_precision == "ieee"


@pytest.mark.usefixtures("as_pytorch_begins")
def test_a_network_may_use_the_older_settings_of_cudnn():
    with multiplying(False), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with cudnn.flags(enabled=False, allow_tf32=False):
            pass
        assert cudnn.conv.fp32_precision != "tf32"


def test_operations_that_do_not_repeat_are_noted_and_other_warnings_given_on():
    notes = []
    with warnings.catch_warnings(record=True) as given:
        warnings.simplefilter("default")
        with contextlib.suppress(ValueError), noted(notes):
            warnings.warn("put_ does not have a deterministic implementation, but you set", UserWarning, stacklevel=1)
            warnings.warn("the labels are odd", RuntimeWarning, stacklevel=1)
            raise ValueError
    assert notes == ["put_ does not repeat to the bit on a GPU"]
    assert [(str(one.message), one.category, one.filename) for one in given] == [
        ("the labels are odd", RuntimeWarning, __file__)
    ]


def test_runs_are_on_the_current_device(monkeypatch):
    """Streams and graphs are made on the current device, and this process's may be another one."""
    current = [3]

    @contextlib.contextmanager
    def device(wanted):
        current.append(wanted.index)
        yield
        current.pop()

    monkeypatch.setattr(torch.cuda, "device", device)
    with card_settings(torch.device("cuda", 0), False, []):
        assert current[-1] == 0
        assert not cudnn.benchmark
    assert current == [3]
