"""Two ways to compute the same: equal in values and in gradients."""

import torch


def assert_alike(ours, truth, sources, seed=0):
    """Same values, and same gradients of the sources under random weights of the outputs."""
    torch.testing.assert_close(ours, truth)
    weights = torch.randn(truth.shape, dtype=truth.dtype, generator=torch.Generator().manual_seed(seed))
    mine, wanted = (torch.autograd.grad((y * weights).sum(), sources, retain_graph=True) for y in (ours, truth))
    for index, (a, b) in enumerate(zip(mine, wanted, strict=True)):
        torch.testing.assert_close(a, b, msg=lambda told, index=index: f"gradient of source {index}: {told}")
        assert b.abs().max() > 0, f"the truth does not depend on source {index}"
