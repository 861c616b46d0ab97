"""The table of points in LaTeX, by booktabs."""

import math
from collections.abc import Mapping
from typing import Any

from sweep.analysis.estimates import read
from sweep.analysis.ranked import judged
from sweep.analysis.records import records
from sweep.analysis.replicates import difference
from sweep.analysis.study import Study
from sweep.report import words

#: Characters that are special in TeX, and signs that need mathematics or a name.
_ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "{''}",
    "[": "{[}",  # at the start of a row TeX would read it as the argument of the previous row
    "]": "{]}",
    "λ": r"$\lambda$",
    "±": r"$\pm$",
    "×": r"$\times$",
    "…": r"\ldots{}",
    "–": "--",
    "\N{MINUS SIGN}": "$-$",
    "\N{NO-BREAK SPACE}": "~",
    "\N{NARROW NO-BREAK SPACE}": r"\,",
    "\N{THIN SPACE}": r"\,",
}


_ABOUT = {"error": "Error: top-1 validation error", "loss": "Loss: validation cross-entropy in nats"}


def escape(text: str) -> str:
    """Escape any text for TeX, on one line."""
    line = " ".join(part for part in text.replace("\N{NO-BREAK SPACE}", "\0").split(" "))
    line = "".join(char if char.isprintable() or char in _ESCAPES or char == "\0" else " " for char in line)
    return "".join(_ESCAPES.get(char, char) for char in line.replace("\0", "\N{NO-BREAK SPACE}"))


def latex_table(study: Study) -> str:
    """Write the points as a `tabular`, to be read by \\input inside a `table` of one's own.

    A row a point, in the order of the report: error (mean and standard deviation over seeds), its 95 % interval, the
    paired difference to the baseline, parameters and FLOPs. The lowest mean is bold, and so are differences whose
    interval excludes zero.
    """
    table = study.table
    rows = records(table)
    baselines = [label for label in dict.fromkeys(table["baseline"].tolist()) if label]
    ranked_rows = records(judged(table))
    best = min(ranked_rows, key=lambda row: row["mean"], default={"point": None})["point"]
    metric = words.metric()
    heads = ["point", f"{metric.noun}, {metric.unit}", "95 % interval", "seeds"]
    if baselines:
        heads.append(
            f"difference to {words.shorten(baselines[0], 40) if len(baselines) == 1 else 'baseline'}, {metric.points}"
        )
    heads += ["params", "FLOPs"]
    lines = [
        f"% The sweep {escape(study.frame.name)}, by wn-sweep; needs \\usepackage{{booktabs}};",
        "% of letters beyond ASCII, which a person's own names may have, also XeLaTeX or LuaLaTeX.",
        f"% {_ABOUT[metric.noun]} at the last epoch, mean and standard deviation over seeds, each point at its",
        "% own nuisance setting. Differences are paired by seed. FLOPs are multiply-adds per sample.",
        *(["% Two seeds give no useful interval of a mean."] if (table["n"] == 2).any() else []),
        f"\\begin{{tabular}}{{l{'r' * (len(heads) - 1)}}}",
        "\\toprule",
        _row([escape(head) for head in heads]),
        "\\midrule",
    ]
    lines += [_row(_cells(row, row["point"] == best, bool(baselines))) for row in rows]
    return "\n".join([*lines, "\\bottomrule", "\\end{tabular}", ""])


def _cells(row: Mapping[str, Any], best: bool, compared: bool) -> list[str]:
    error, interval = "--", "--"
    if row["n"]:
        spread = f" ± {words.number(row['sd'])}" if math.isfinite(row["sd"]) else ""
        error = _bold(escape(f"{words.number(row['mean'])}{spread}"), best)
    if row["n"] > 1 and math.isfinite(row["low"]):
        interval = "--" if row["n"] == 2 else escape(words.error_interval(read(row)).strip())
    cells = [
        escape(words.shorten(row["point"], 90)),
        error,
        interval,
        f"{row['n']}{f' + {extra}' if (extra := row['n_extra']) else ''}",
    ]
    if compared:
        against = difference(row)
        inside = f" [{words.number(against.low)}, {words.number(against.high)}]" if math.isfinite(against.low) else ""
        cells.append(_bold(escape(f"{words.signed(against.mean)}{inside}"), against.clear) if against.n else "--")
    return cells + [escape(words.count(row[cost])) for cost in ("params", "flops")]


def _bold(text: str, bold: bool) -> str:
    # mathematics is bold in an argument of its own
    return f"\\textbf{{\\boldmath {text}}}" if bold else text


def _row(cells: list[str]) -> str:
    return " & ".join(cells) + r" \\"
