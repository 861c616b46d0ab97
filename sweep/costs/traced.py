"""What fvcore counts when it traces the real module: the second opinion on the closed form."""

import logging
from dataclasses import dataclass

import torch
from fvcore.nn import ActivationCountAnalysis, FlopCountAnalysis

from sweep.errors import NetworkError
from sweep.networks import Cost, build
from sweep.space import Point
from sweep.space.guard import UserCodeError, guarded

#: fvcore counts these as FLOPs; the paper, and we, count convolutions and fully-connected layers alone.
NOT_COUNTED = ("aten::batch_norm", "aten::adaptive_avg_pool2d")
#: Operations that fvcore has no count for, and that multiply no weights: by definition they have no FLOPs here.
_NAMES = (
    "abs", "add", "addcmul", "alpha_dropout", "amax", "amin", "avg_pool1d", "avg_pool2d", "cat", "celu", "chunk",
    "clamp", "clamp_min", "constant_pad_nd", "cos", "cumsum", "div", "dropout", "elu", "exp", "expand_as",
    "feature_dropout", "floor_divide", "gelu", "glu", "group_norm", "hardsigmoid", "hardswish", "hardtanh",
    "instance_norm", "layer_norm", "leaky_relu", "local_response_norm", "log", "log_softmax", "logsigmoid", "max",
    "max_pool1d", "max_pool2d", "mean", "min", "mish", "mul", "neg", "norm", "pad", "pixel_shuffle",
    "pixel_unshuffle", "pow", "reciprocal", "relu", "relu6", "repeat", "repeat_interleave", "roll", "rsqrt", "rsub",
    "selu", "sigmoid", "silu", "sin", "softmax", "softplus", "softsign", "split", "sqrt", "square", "stack", "std",
    "sub", "sum", "tanh", "threshold", "unfold", "upsample_bilinear2d", "upsample_nearest2d", "var", "zeros_like",
)  # fmt: skip
WITHOUT_WEIGHTS = frozenset(f"aten::{name}" for name in _NAMES)


@dataclass(frozen=True)
class Trace:
    """fvcore's count of a module on one sample."""

    total: Cost
    #: multiply-adds by the name of every module
    flops_by_module: dict[str, int]
    #: operations that fvcore has no rule for, with how often they occur; in our networks none multiplies weights
    skipped: dict[str, int]

    @property
    def uncounted(self) -> tuple[str, ...]:
        """Operations among the skipped ones that may multiply weights: FLOPs lack what they multiply."""
        return tuple(sorted(name.removeprefix("aten::") for name in self.skipped.keys() - WITHOUT_WEIGHTS))


def trace(point: Point, channels: int, classes: int) -> Trace:
    """Build a resolved point's network, run one sample through it, and count.

    Raises NetworkError if there is no such network.
    """
    network = build(point, channels, classes).eval()
    # more threads do not speed up one sample, and take cores from other processes
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        if not point.own_network:
            return _trace(network, point, channels)
        with guarded():
            return _trace(network, point, channels)
    except UserCodeError as error:
        raise NetworkError(f"{point.backbone} {error}") from None
    finally:
        torch.set_num_threads(threads)


def _trace(network: torch.nn.Module, point: Point, channels: int) -> Trace:
    size = point.image_size or 1
    sample = torch.zeros(1, channels, size, size)
    # fvcore reports what it skips by logging; Trace.skipped says it instead
    logging.getLogger("fvcore.nn.jit_analysis").setLevel(logging.ERROR)
    # a handle of None is not enough: fvcore goes on using its own for an operation that it knows
    flops = FlopCountAnalysis(network, sample).set_op_handle(**dict.fromkeys(NOT_COUNTED, lambda inputs, outputs: 0))
    for analysis in (flops, activations := ActivationCountAnalysis(network, sample)):
        analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False).tracer_warnings("none")
    total = Cost(
        sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad),
        int(flops.total()),
        int(activations.total()),
    )
    by_module = {name: int(count) for name, count in flops.by_module().items()}
    return Trace(total, by_module, dict(flops.unsupported_ops()))
