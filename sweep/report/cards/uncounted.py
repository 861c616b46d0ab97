"""Names the operations that a count of FLOPs leaves out: those for which fvcore has no rule."""

from sweep.analysis.sweep_frame import SweepFrame
from sweep.report import words

#: Points that are named at most.
NAMED = 6
#: Operations without a sum of products, which is what FLOPs count (of convolutions and fully-connected layers):
#: elementwise ones, reductions, changes of shape, norms. All others are named.
_PRODUCT_FREE = """
abs adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool2d add addcdiv addcmul alias
all amax amin any arange argmax argmin as_strided avg_pool1d avg_pool2d avg_pool3d batch_norm bernoulli
broadcast_to cat ceil celu chunk clamp clamp_max clamp_min clone constant_pad_nd contiguous copy cos cumsum
detach div dropout elu embedding empty eq erf exp expand expand_as eye feature_dropout fill flatten flip floor
floor_divide full gather ge gelu glu group_norm gt hardshrink hardsigmoid hardswish hardtanh index index_select
instance_norm item layer_norm le leaky_relu linspace log log1p log_softmax logical_and logical_not logical_or lt
masked_fill max max_pool1d max_pool2d max_pool3d maximum mean min minimum mish mul narrow ne neg new_zeros norm
normal ones ones_like pad permute pixel_shuffle pixel_unshuffle pow prelu prod rand randn reciprocal
reflection_pad2d relu relu6 repeat repeat_interleave replication_pad2d reshape rms_norm roll rrelu rsqrt rsub
select selu sigmoid sign silu sin size slice softmax softplus softsign split split_with_sizes sqrt square
squeeze stack std std_mean sub sum tan tanh threshold tile to transpose tril triu type_as unbind unflatten
unfold uniform unsqueeze upsample_bilinear2d upsample_nearest2d var var_mean view view_as where zero zeros
zeros_like
"""
PRODUCT_FREE = frozenset(_PRODUCT_FREE.split())


def uncounted_sentences(frame: SweepFrame) -> list[str]:
    """Name the multiplying operations that FLOPs leave out, with the points that they occur in."""
    operations: dict[tuple[str, ...], list[str]] = {}
    for operation, points in frame.uncounted.items():
        if operation.rstrip("_") not in PRODUCT_FREE:
            operations.setdefault(points, []).append(operation)
    total = frame.runs["point"].nunique()
    sentences = []
    for points, names in operations.items():
        labels = [words.shorten(label, 40) for label in points[:NAMED]]
        more = f" and {words.count(len(points) - NAMED)} more" if len(points) > NAMED else ""
        where = "all points" if len(points) == total > 1 else f"{', '.join(labels)}{more}"
        sentences.append(f"FLOPs of {where} leave out {words.several(names)}: fvcore has no count for that.")
    return sentences
