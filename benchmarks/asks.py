"""What an ask of each strategy costs, beside Optuna's own samplers; written to benchmarks/asks.txt.

    python -m benchmarks.asks [NAME...]     rows of these strategies, or of all; the others stay as they are

Seconds of one core, of a pool of 1,000 points (three axes of ten values), three settings and five seeds. `ours` has the
history, the pool and the study; `Optuna's` is its ask and tell with a study and a sampler that are kept. Every turn has
a seed of its own, as the points that are asked for decide how long the next one takes. A race plans asks in advance:
`longest` is the one that took the most time. Set OMP_NUM_THREADS=1: threads of small products wait for one another.
"""

import gc
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import optuna

from sweep.search import Answer, Barrier, History, Pool, Stop
from sweep.search.optuna_samplers import GENETIC, POPULATION
from sweep.search.strategy import STRATEGIES

OUT = Path(__file__).with_suffix(".txt")
AXIS, SETTINGS, SEEDS, LAG = 10, 3, 5, 8
#: Both begin warm, as what is imported and set up once is neither's; then they take turns.
WARM, TURNS = 15, {"nsga2": 5, "nsga3": 5, "tpe": 3, "gp": 3}
#: An ask of a genetic sampler takes less than a millisecond: the least of so many times counts.
REPEATS = 3
#: Of more asks than these so many turns are enough.
FEW_TURNS, MANY_ASKS = {"nsga2": 3, "nsga3": 3}, 200
#: Strategy -> numbers of asks after which the cost of the last tenth of them is told.
ASKS = {
    "grid": (1_000, 10_000),
    "random": (1_000, 10_000),
    "qmc": (1_000,),
    "nsga2": (200, 1_000),
    "nsga3": (200, 1_000),
    "tpe": (200, 1_000),
    "cmaes": (200, 1_000),
    "gp": (40,),
    "racing": (200, 1_000),
}
OWN = {
    "nsga2": lambda seed: optuna.samplers.NSGAIISampler(seed=seed, population_size=POPULATION),
    "nsga3": lambda seed: optuna.samplers.NSGAIIISampler(seed=seed, population_size=POPULATION),
    "tpe": lambda seed: optuna.samplers.TPESampler(seed=seed),
    "gp": lambda seed: optuna.samplers.GPSampler(seed=seed),
}


def pool(points=AXIS**3):
    rows = [{"a": n % AXIS, "b": n // AXIS % AXIS, "c": n // AXIS**2} for n in range(points)]
    return Pool(
        points=rows,
        labels=[str(row) for row in rows],
        costs={"flops": np.array([1.0 + row["a"] + row["b"] for row in rows])},
        settings=[{"rate": rate} for rate in range(SETTINGS)],
        seeds=tuple(range(SEEDS)),
        baseline=np.full(points, -1),
        key=lambda choice: repr(choice.run),
    )


def error(values, generator):
    """Falls along every axis, with noise."""
    return float(60 - 2 * sum(values) + generator.normal())


def settings_of(name, runs, seed=0):
    if name == "grid":
        return {}
    if name == "racing":
        return {"runs": runs, "confirm": 0, "seed": seed}
    objectives = ("error",) if name == "cmaes" else ("error", "flops")
    return {"runs": runs, "objectives": objectives, "confirm": 0, "lag": LAG, "seed": seed}


def ours(name, asks, seed=0):
    """Seconds of each ask."""
    # a race of all 1,000 points asks for hundreds of runs before it thinks
    of = pool(200 if name == "racing" and asks < AXIS**3 else AXIS**3)
    strategy, history, generator, costs = (
        STRATEGIES[name](of, settings_of(name, asks, seed)),
        History(),
        np.random.default_rng(seed),
        [],
    )
    lag = strategy.lag
    for number in range(asks):
        begun = time.process_time()
        choice = strategy.next(history.seen(number, lag), number)
        if isinstance(choice, Barrier):
            choice = strategy.next(history.seen(number, 0), number)
        if isinstance(choice, Stop):
            break
        history.ask(number, choice)
        history.answer(number, Answer("done", error(of.points[choice.point].values(), generator)))
        costs.append(time.process_time() - begun)
    return np.array(costs)


def own(name, asks, seed=0):
    """Seconds of each ask of Optuna's own sampler."""
    study = optuna.create_study(directions=["minimize"] * 2, sampler=OWN[name](seed))
    integer = optuna.distributions.IntDistribution
    space = {**{axis: integer(0, AXIS - 1) for axis in "abc"}, "rate": integer(0, SETTINGS - 1)}
    generator, costs, pending = np.random.default_rng(seed), [], []
    for _ in range(asks):
        begun = time.process_time()
        trial = study.ask(space)
        pending.append(trial)
        # as many open runs as ours
        if len(pending) > LAG:
            told = pending.pop(0)
            values = [told.params[axis] for axis in "abc"]
            study.tell(told, [error(values, generator), 1.0 + values[0] + values[1]])
        costs.append(time.process_time() - begun)
    return np.array(costs)


def turn(name, asks, seed=0):
    """Seconds of each ask of ours, and of Optuna's own where there is one."""
    # a turn is the same whenever it is repeated, but for what else the machine does
    repeats = REPEATS if name in GENETIC else 1
    return tuple(
        np.min([_once(each, name, asks, seed) for _ in range(repeats)], axis=0)
        for each in ((ours, own) if name in OWN else (ours,))
    )


def _once(each, *arguments):
    gc.collect()
    return each(*arguments)


def late(costs):
    """Milliseconds of the last tenth of the asks and of all, on average, and of the longest one."""
    return 1e3 * np.array([costs[-len(costs) // 10 :].mean(), costs.mean(), costs.max()])


def main():
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    names = sys.argv[1:] or list(ASKS)
    head = f"{'':10}{'asks':>8}{'last tenth, ms':>18}{'all, ms':>12}{'longest':>12}{'Optuna, all, ms':>19}{'ratio':>8}"
    kept = OUT.read_text().splitlines()[1:] if OUT.exists() else []
    rows = {name: [line for line in kept if line.split()[0] == name] for name in ASKS}
    for name in names:
        rows[name] = []
        if name in OWN:
            turn(name, WARM)
        for asks in ASKS[name]:
            turns = (TURNS if asks <= MANY_ASKS else FEW_TURNS).get(name, 1)
            costs, *theirs = zip(*(turn(name, asks, seed) for seed in range(turns)), strict=True)
            last, mean, longest = np.mean([late(each) for each in costs], axis=0)
            line = f"{name:10}{len(costs[0]):8,}{last:18.2f}{mean:12.2f}{longest:12.2f}"
            if name in OWN:
                other = np.mean([late(each) for each in theirs[0]], axis=0)[1]
                line += f"{other:19.2f}{mean / other:8.2f}"
            rows[name].append(line)
            print(line, flush=True)
    OUT.write_text("\n".join([head, *(line for name in ASKS for line in rows[name])]) + "\n")


if __name__ == "__main__":
    main()
