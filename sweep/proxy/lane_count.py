"""How many runs of a point are trained together: as the recipe says, or on a GPU by a rule from sizes.

It never depends on how many runs there are, and it is part of a run's key: libraries choose how to add up by the sizes
that they are given, so that another number of lanes might give other last bits. Missing lanes are padded.

What the rule rests on was measured with a prototype on one H100 (80 GB HBM3, PyTorch 2.11, float32), milliseconds of a
step of 256 images of one run, the whole step a CUDA graph; this code has not been measured on a card yet:

    network and images                        1 lane   16 lanes   64 lanes
    those of pairs, 14 x 14: static            0.85     0.166      0.111
    those of pairs: WeightNet (2, 2)           1.35     0.254      0.179
    those of pairs: WeightNet (8, 1)           1.37     0.264      0.191
    quick's of November, 3 x 32 x 32: static   2.57     0.93
    the same: WeightNet (2, 2)                 3.35     1.19
"""

import functools

from sweep.networks import family_of, table_of
from sweep.networks.network import total_cost
from sweep.proxy.platform import Platform
from sweep.space import Point, Proxy

#: Lanes at most, and activations of a step in all of them: 1.5 GiB of float32, of which a step holds several copies.
#: By it the networks of pairs have 64 lanes, and those of quick until November 2026 at 3 x 32 x 32 have 16.
MOST_LANES, MOST_ACTIVATIONS = 64, 3 << 27


def lanes_of(point: Point, proxy: Proxy, platform: Platform) -> int:
    """The number of lanes of a resolved point's runs; 1: each is trained alone.

    It is 1 for a network of the user's own, whose operations are not known, and for one that fills a card by itself.
    On a CPU the recipe may ask for lanes: with batches of 25 images they take half of the time, with 256 hardly less
    (benchmarks/lanes.txt).
    """
    if point.own_network:
        return 1
    if proxy.lanes is not None:
        return proxy.lanes
    if platform.on_cpu:
        return 1
    facts = proxy.facts
    fits = MOST_ACTIVATIONS // (proxy.batch_size * _activations(point, facts.channels, facts.classes))
    return 1 << min(MOST_LANES, max(1, fits)).bit_length() - 1


@functools.lru_cache(maxsize=1024)
def _activations(point: Point, channels: int, classes: int) -> int:
    """Numbers that a network computes for an image, generated kernels among them."""
    return max(1, int(total_cost(table_of(point, channels, classes), family_of(point)).activations))
