"""Whether what a sweep calls decided survives other seeds and other draws of the training images; `make quick-confirm`.

The space is run with its own seeds, with ten others, and with eight others of which each draws its own training images
(`subset: by seed`, which a space may have by itself). Ledgers are kept in .quick-confirm/, so that it goes on where it
was interrupted; the runs are written to quick_confirm.csv beside this file. Exit code 1 if the first sweep decides
nothing, or the sign of a difference that it calls decided turns.
"""

import sys
from pathlib import Path

import pandas as pd

from sweep import Ledger, frame
from sweep.analysis.study import Study
from sweep.analysis.verdict import Compared
from sweep.api import run
from sweep.report.cards.finding import comparison
from sweep.space import Space, find

FOLDER = Path(".quick-confirm")
#: Ten other seeds, and eight that draw training images of their own.
SEEDS, DRAWS = list(range(100, 110)), list(range(200, 208))


def main(name: str) -> int:
    """Print a table of every comparison of the main axes in each sweep, and answer the exit code."""
    space = Space.load(find(name))
    data = dict(space.data)
    drawn = {**data["proxy"], "dataset": {**data["proxy"]["dataset"], "subset": "by seed"}}
    sweeps = {
        "its own seeds": data,
        "ten other seeds": {**data, "seeds": SEEDS},
        "eight other draws": {**data, "seeds": DRAWS, "proxy": drawn},
    }
    studies = {title: _study(title, made) for title, made in sweeps.items()}
    runs = pd.concat([study.frame.runs.assign(sweep=title) for title, study in studies.items()])
    columns = ["sweep", "point", *(name for name in runs if name in space.nuisance), "seed", "error", "loss"]
    runs[columns].round(6).to_csv(Path(__file__).with_suffix(".csv"), index=False)
    found = {title: _compared(study) for title, study in studies.items()}
    names = list(found["its own seeds"])
    print(f"{name}: differences in points of error, with 95 % intervals\n")
    print(f"{'comparison':24}" + "".join(f"{title:>34}" for title in found))
    turned = []
    for one in names:
        print(f"{one:24}" + "".join(f"{_told(by_name.get(one)):>34}" for by_name in found.values()))
        first, *others = (by_name.get(one) for by_name in found.values())
        if first is not None and first.difference.clear:
            signs = {first.difference.mean > 0, *(other.difference.mean > 0 for other in others if other)}
            turned += [one] if len(signs) > 1 else []
    decided = [one for one, compared in found["its own seeds"].items() if compared.answer != "not yet"]
    print(f"\ndecided by its own seeds: {', '.join(decided) or 'nothing'}")
    print(f"signs of these that turn: {', '.join(turned) or 'none'}")
    return int(bool(turned) or not decided)


def _study(title: str, data: dict[str, object]) -> Study:
    """Run a sweep and study it."""
    named = Space.parse({**data, "name": f"{data['name']}-{title.replace(' ', '-')}"})
    print(f"running {named.name}", file=sys.stderr)
    summary = run(named, results=FOLDER / "results", reports=None)
    with Ledger.open(summary.ledger) as ledger:
        return Study(frame(ledger))


def _compared(study: Study) -> dict[str, Compared]:
    """The comparisons of the main axes by name."""
    return {
        comparison(one.contrast).replace("\N{NO-BREAK SPACE}", " "): one for v in study.verdicts for one in v.compared
    }


def _told(one: Compared | None) -> str:
    if one is None:
        return "-"
    found = one.difference
    return f"{found.mean:+.2f} [{found.low:+.2f}, {found.high:+.2f}] {one.answer}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
