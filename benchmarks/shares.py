"""How often a planted share of an effect that tuning takes is called mostly a rate effect, and how often its interval
holds it: `python -m benchmarks.shares [sweeps]`, a minute; printed to benchmarks/shares.txt by `make bench-shares`.
"""

import sys
from collections import Counter

import numpy as np

from sweep.analysis.nuisance import tune
from sweep.analysis.question import Contrast, Pair
from sweep.analysis.rate import rate_effects
from tests.analysis.frames import sweep_frame

POINTS, EFFECT, NOISE, CORRELATION, SEEDS = 10, 0.84, 0.22, 0.53, 6
#: How much more error the first point has at each rate than at its best one: some 0.34 points times squared octaves.
#: The laboratory has that on average in short runs (results/laboratory): 1.34 from 0.04 to 0.01, 0.39 to 0.02.
RATES, ABOVE = (0.01, 0.02, 0.04, 0.08), (1.35, 0.34, 0.0, 0.34)
VERDICTS = ("mostly the rate", "less than half", "not decided", "no effect", "not tuned")
ABOUT = f"""\
Planted sweeps of {POINTS} points at {len(RATES)} rates, {SEEDS} seeds. At the lowest rate the last point has {EFFECT}
points less error than the first, tuned what the share leaves of that. Deviation of a run {NOISE}, correlation between
settings of a point at a seed {CORRELATION}. Verdicts in % of {{}} sweeps; cover: how often the share's 95 % interval
holds the planted share, where an effect shows at the lowest rate."""


def planted(share, rng, seeds=SEEDS):
    """A sweep whose first and last point differ by EFFECT at the lowest rate, of which tuning takes a share."""
    place = np.linspace(0, 1, POINTS)
    truth = 46 + np.array(ABOVE)[None] - EFFECT * place[:, None] * (1 - share * np.array([0, 1, 1, 1.0])[None])
    luck = rng.normal(size=(1, 1, seeds)) * NOISE
    own = rng.normal(size=(POINTS, 1, seeds)) * np.sqrt(CORRELATION)
    rest = rng.normal(size=(POINTS, len(RATES), seeds)) * np.sqrt(1 - CORRELATION)
    errors = truth[..., None] + luck + NOISE * (own + rest)
    return sweep_frame(
        {f"point {i}": table for i, table in enumerate(errors.tolist())}, nuisance={"optimizer.lr": RATES}
    )


def judge(share, rng, seeds=SEEDS):
    """What is said of the contrast of the last and the first point of a planted sweep."""
    frame = planted(share, rng, seeds)
    contrast = Contrast("point", "last", "first", (Pair(f"point {POINTS - 1}", "point 0", {}, 1.0, 1.0),))
    return rate_effects(frame, tune(frame), [contrast])[0]


def main(sweeps):
    print(ABOUT.format(sweeps))
    print(f"{'share taken':>12}" + "".join(f"{name:>18}" for name in VERDICTS) + f"{'cover':>8}{'mean share':>12}")
    for share in (0.0, 0.25, 0.75, 1.0):
        rng = np.random.default_rng(round(100 * share))
        found = [judge(share, rng) for _ in range(sweeps)]
        counts = Counter(one.verdict for one in found)
        told = [one.share for one in found if np.isfinite(one.share.mean)]
        cover = 100 * np.mean([one.low <= share <= one.high for one in told])
        row = "".join(f"{100 * counts[name] / sweeps:18.1f}" for name in VERDICTS)
        print(f"{share:12.2f}{row}{cover:8.1f}{np.mean([one.mean for one in told]):12.2f}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
