"""Sweeps without training: results are made up from keys, runs end in any order, and the driver is killed."""

import random

from ledgers import result
from ruamel.yaml import YAML
from small import SMALL

from sweep.costs import plan
from sweep.engine.ledger import Ledger
from sweep.engine.loop import Loop
from sweep.engine.planned_runs import PlannedRuns
from sweep.space import Space


def runs_of(**changes):
    """The runs of the small space with some sections changed."""
    return PlannedRuns(plan(Space.parse({**YAML(typ="safe").load(SMALL), **changes}), traced=False))


def outcome(run):
    """What a run gives: made up, and always the same."""
    drawn = random.Random(run.key)
    status = "failed" if drawn.random() < 0.15 else "done"
    return result(run, status, drawn.uniform(5, 90), kind="" if status == "done" else "ValueError")


class Killed(Exception):  # noqa: N818 - nothing is wrong with the sweep
    """The driver is killed."""


class Shuffled:
    """An executor of so many workers whose runs end in any order, and that is killed after so many results."""

    def __init__(self, workers, seed, kill_after=10**9):
        self.workers, self.chance, self.left = workers, random.Random(seed), kill_after
        self.works, self.seen_at_once = [], 0

    def submit(self, works):
        self.works += works
        self.seen_at_once = max(self.seen_at_once, len(self.works))

    def wait(self):
        busy = self.works[: self.workers]
        ended = self.chance.sample(busy, self.chance.randint(1, len(busy)))
        if self.left < len(ended):
            raise Killed
        self.left -= len(ended)
        self.works = [work for work in self.works if work not in ended]
        return [outcome(run) for work in ended for run in work.runs]


def sweep(path, strategy, executor, runs):
    """One call of `run`: what is asked, noted, done and recorded; gives the runs that landed."""
    with Ledger.create(path) as ledger:
        ledger.describe("small", {}, runs.plan.axes, runs.described())
        asks, answers = ledger.asks(), ledger.answers()
        history, stale = runs.history(asks, answers)
        ledger.ask(stale)
        landed = []
        number = max((ask.number for ask in asks), default=-1) + 1
        Loop(strategy, runs, history, number, answers).do(ledger, executor, None, landed.extend)
        return landed


def disturbed(path, make, workers, seed, kills, runs):
    """A sweep that is killed after so many results, again and again, and then goes on to its end."""
    for number, kill_after in enumerate(kills):
        try:
            sweep(path, make(), Shuffled(workers, seed + number, kill_after), runs)
        except Killed:
            continue
    executor = Shuffled(workers, seed)
    sweep(path, make(), executor, runs)
    return executor


def held(path):
    """Asks and outcomes, in the order of asking."""
    with Ledger.open(path) as ledger:
        outcomes = ledger.outcomes()
        return [(ask, outcomes.get(ask.key)) for ask in ledger.asks()]
