"""Small pools with a planted truth, and races over them without any training."""

import numpy as np

from sweep.search import Answer, Barrier, History, Pool, Stop
from sweep.search.racing import Racing
from sweep.search.racing_claims import Front

#: Errors at the best setting, cheapest point first: the front is 0, 1, 3 and 5.
TUNED = np.array([20.0, 16.0, 18.0, 12.0, 14.0, 10.0, 13.0])
FRONT = {0, 1, 3, 5}
#: What each of three settings adds: points differ in which is best.
ADDED = np.array([[0, 3, 9], [3, 0, 3], [9, 3, 0], [0, 3, 9], [3, 0, 3], [9, 3, 0], [0, 3, 9]], dtype=float)
TRUTH = TUNED[:, None] + ADDED
SEEDS = (0, 1, 2)


def pool(points=7, seeds=SEEDS, baseline=None, **changes):
    """Seven points whose cost rises, three learning rates, three seeds."""
    arguments = {
        "points": [{"width": 8 * 2**place} for place in range(points)],
        "labels": [f"point {place}" for place in range(points)],
        "costs": {"flops": np.arange(1.0, points + 1)},
        "settings": [{"rate": rate} for rate in (0.01, 0.02, 0.04)],
        "seeds": tuple(seeds),
        "baseline": np.full(points, -1) if baseline is None else np.array(baseline),
        "key": lambda choice: repr(choice.run),
    }
    return Pool(**(arguments | changes))


def error(choice, truth=TRUTH, noise=0.4):
    """A run's error: the same for the same run, with an effect of its seed."""
    own = np.random.default_rng([choice.point, choice.setting, choice.seed]).normal()
    shared = np.random.default_rng([99, choice.seed]).normal()
    return float(truth[choice.point, choice.setting] + noise * (own + shared))


def answer(choice):
    return Answer("done", error=error(choice))


def front(of, tolerance=0.5):
    return Front(of.costs["flops"][:, None], tolerance)


def racing(of=None, **changes):
    of = of or pool()
    return Racing(of, front(of), **({"lag": 3} | changes))


def race(strategy, answering=answer, history=None, most=1_000):
    """Ask and answer until the strategy stops; the history, and why it stopped."""
    history = history or History()
    for number in range(len(history), most):
        choice = strategy.next(history.seen(number, strategy.lag), number)
        if isinstance(choice, Barrier):
            choice = strategy.next(history.seen(number, 0), number)
        if isinstance(choice, Stop):
            return history, choice.reason
        assert not history.seen(number, 0).asked(choice)
        history.ask(number, choice)
        history.answer(number, answering(choice))
    raise AssertionError("the race does not stop")


def seen_by(history):
    """A history with all its answers."""
    return history.seen(1 + len(history), 0)


def rows(history):
    """Number, choice and answer of every ask."""
    return list(seen_by(history))


def choices(history, phase=None):
    return [choice for _, choice, _ in history.seen(0, 0) if phase in (None, choice.phase)]
