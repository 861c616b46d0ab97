"""The learning rate of each step, as a share of the recipe's."""

import math

from sweep.space import Proxy

#: One cycle: the share of the steps that rise, where they begin, and how far below that they end (torch.optim's own).
RISE, BEGIN, END = 0.3, 1 / 25, 1e-4


def rate(proxy: Proxy, step: int, steps: int) -> float:
    """The learning rate of step `step` of `steps`, counted from 0.

    - one_cycle: from 1/25 of the rate up to all of it by a half cosine in three tenths of the steps, and down to
      1/250,000: the rates of PyTorch's OneCycleLR (Smith and Topin 2017, arXiv 1708.07120). Momentum stays as the
      recipe says, where OneCycleLR lets it fall and rise against the rate.
    - linear: down to nothing by equal steps, as in the official WeightNet code.
    - cosine: down to nothing by a half cosine (Loshchilov and Hutter 2017, arXiv 1608.03983).

    The latter two begin after `warmup` epochs, in which the rate rises to its full height by equal steps.
    """
    if proxy.schedule == "one_cycle":
        return proxy.optimizer.lr * _one_cycle(step, steps)
    warm = min(steps, round((proxy.warmup or 0) * steps / proxy.epochs))
    if step < warm:
        return proxy.optimizer.lr * (step + 1) / (warm + 1)
    past = (step - warm) / max(1, steps - warm)
    return proxy.optimizer.lr * (1 - past if proxy.schedule == "linear" else (1 + math.cos(math.pi * past)) / 2)


def _one_cycle(step: int, steps: int) -> float:
    top = RISE * steps - 1
    if step <= top:
        return _half_cosine(BEGIN, 1, step / top if top else 1.0)
    return _half_cosine(1, BEGIN * END, (step - top) / (steps - 1 - top) if steps - 1 > top else 1.0)


def _half_cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) / 2 * (1 + math.cos(math.pi * share))
