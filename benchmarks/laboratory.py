"""What the report's cards say of the laboratory's runs (results/laboratory): the figures of docs/truth.md.

    make bench-laboratory

Printed to benchmarks/laboratory.txt.
"""

from sweep.analysis.metric import measured_by
from sweep.analysis.study import Study
from sweep.report import words
from sweep.report.cards import claims, finding, rate, separation, truth
from tests.laboratory import laboratory

STUDIES = {
    "short": "8 epochs, 8 seeds, ten rows",
    "long": "24 epochs, 3 seeds, eight rows",
    "deep": "8 epochs, deeper networks, three rows",
    "sgd": "8 epochs, SGD, three rows",
    "scaled": "8 epochs, the rate of the layer that generates kernels times 2 / lambda, three rows",
}


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


def main():
    print("Laboratory runs of pairs of Fashion-MNIST images, as the cards of a report tell them.")
    for name, about in STUDIES.items():
        for metric in ("error", "loss") if name in ("short", "long") else ("error",):
            with words.judged_by(metric):
                study = Study(measured_by(laboratory(name), metric))
                print(f"\n{name} ({about}), by {metric}")
                # what costs more or decides more is of no use where points have no FLOPs
                lines = [line for line in finding.lines(study) if line.startswith(("Does", "Is it"))]
                builders = [rate, separation] if metric == "error" else [rate]
                builders += [truth, claims] if name in ("short", "long") else []
                for module in builders:
                    for card in module.cards(study):
                        lines += card.says or [card.waits]
                        for table in card.tables:
                            lines += ["  " + " | ".join(column.title for column in table.columns)]
                            lines += ["  " + " | ".join(cell.text for cell in row) for row in table.rows]
                print("\n".join(plain(line) for line in lines))


if __name__ == "__main__":
    main()
