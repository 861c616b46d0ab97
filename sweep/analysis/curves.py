"""Error against one axis, one line for each value of another: at shared nuisance settings, and tuned for each point."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from sweep.analysis.estimates import Estimate, Sample, average, estimate
from sweep.analysis.naive import Effect
from sweep.analysis.nuisance import Setting, Tuned, shown_settings
from sweep.analysis.order import is_blank, is_number, points, shown_key, sort_key
from sweep.analysis.ranked import at_chance, at_chance_with, fair, settled
from sweep.analysis.records import records
from sweep.analysis.replicates import shared_samples
from sweep.analysis.sweep_frame import SweepFrame

#: WeightNet's plane: any two of these axes determine the third.
PLANE = ("M", "G", "lambda")

#: Errors by point.
_Errors = Mapping[str, Sample]


@dataclass(frozen=True)
class Spot:
    """One point on a curve, or a level: its error at each seed that has one, in per cent."""

    point: str
    x: float
    sample: Sample
    #: seeds that the sweep asks for; with fewer errors the mean is over the runs that succeeded or finished so far
    seeds: int
    #: false for a tuned point whose settings could not all be compared yet
    settled: bool = True
    #: whether it is no better than guessing
    guesses: bool = False

    @property
    def errors(self) -> Mapping[int, float]:
        """The errors by seed."""
        return self.sample.values

    @property
    def whole(self) -> bool:
        """Whether it is settled and has an error at every seed."""
        return self.settled and len(self.errors) == self.seeds

    @property
    def mean(self) -> float:
        """The mean over the seeds that have an error, NaN if none has; a baseline's includes its extra seeds."""
        return self.sample.mean


@dataclass(frozen=True)
class Line:
    """The points of one family and one value of the second axis, by increasing x."""

    family: str
    #: the value of the second axis, None if there is no second axis
    by: Any
    spots: tuple[Spot, ...]


@dataclass(frozen=True)
class Panel:
    """All lines under one way to set the nuisance: a shared setting, or each point's own (None)."""

    setting: Setting | None
    lines: tuple[Line, ...]
    #: the baseline at the same setting; None if there is none, or several
    level: Spot | None


@dataclass(frozen=True)
class Spread:
    """Error at the smallest x less error at the largest, in points, paired by seed.

    n is 0 if either end is not settled, or if both are no better than guessing.
    """

    #: None for the tuned curve
    setting: Setting | None
    #: the line's family and value of the second axis; None for the mean over all lines
    line: tuple[str, Any] | None
    x_low: float
    x_high: float
    spread: Estimate
    #: this spread less the tuned one: what tuning each point took away
    taken: Estimate
    #: this spread and the tuned one, seed by seed
    effect: Effect


@dataclass(frozen=True)
class Curves:
    """The points that differ in nothing but `x`, `by` and family."""

    x: str
    by: str | None
    #: the values of other axes that all these points share, for axes with several values in the sweep
    fixed: Mapping[str, Any]
    #: one for each shared setting in the order of `nuisance.settings` (none if there is but one), then the tuned one
    panels: tuple[Panel, ...]
    spreads: tuple[Spread, ...]

    @property
    def tuned(self) -> Panel:
        """The panel of each point at its own setting."""
        return self.panels[-1]

    def to_frame(self, nuisance: Sequence[str]) -> pd.DataFrame:
        """Lay out every dot as a row, the data behind a figure of these curves.

        Args:
            nuisance: names of the nuisance axes, a column each; a tuned row leaves them empty.

        Returns:
            Columns `panel` (shared or tuned), the nuisance, `role` (line or baseline), `family`, `by` (the name that
            the second axis has), `x` (likewise), `point`, `seed`, `error` in per cent.
        """
        columns = ["panel", *nuisance, "role", "family", *([self.by] if self.by else []), self.x]
        rows: list[tuple[Any, ...]] = []
        for panel in sorted(self.panels, key=lambda panel: _file_key(panel.setting)):
            how: tuple[Any, ...] = ("tuned", *[None] * len(nuisance))
            if panel.setting is not None:
                how = ("shared", *panel.setting)
            for line in sorted(panel.lines, key=lambda line: (sort_key(line.by), line.family)):
                about = ("line", line.family, *([line.by] if self.by else []))
                for spot in line.spots:
                    rows += [(*how, *about, spot.x, spot.point, *dot) for dot in spot.errors.items()]
            if panel.level:
                about = ("baseline", "", *([None] if self.by else []))
                spot = panel.level
                rows += [(*how, *about, None, spot.point, *dot) for dot in spot.errors.items()]
        return pd.DataFrame(rows, columns=[*columns, "point", "seed", "error"])


@dataclass(frozen=True)
class _Rules:
    """What all panels share: seeds of a point, and the order of families."""

    seeds: int
    families: Callable[[Any], Any]


def curves(frame: SweepFrame, tuned: Tuned, x: str, by: str | None = None) -> tuple[Curves, ...]:
    """Collect error against `x`, one line a value of `by`, without ever mixing points that differ in another axis.

    Points that differ in other axes come in `Curves` of their own, the one with most points first. Of M, G and lambda
    two determine the third, and a family is a line of its own, so neither splits the curves.

    Args:
        frame: the sweep.
        tuned: `nuisance.tune` of the same sweep.
        x: a numeric axis; points to which it does not apply are left out.
        by: another axis, or None for one line a family.

    Returns:
        Empty if no two points differ in `x` alone.
    """
    listed = [_clean(row) for row in records(points(frame))]
    placed = [row for row in listed if is_number(row[x]) and not (by and is_blank(row[by]))]
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    split_axes = _split_axes(frame, placed, x, by)
    for row in placed:
        groups.setdefault(tuple(row[axis] for axis in split_axes), []).append(row)
    fixed_axes = _varying_axes(split_axes, list(groups))
    rules = _Rules(len(frame.seeds), shown_key(frame, "family"))
    waiting = set(tuned.points["point"]) - settled(tuned)
    errors_by_setting: list[tuple[Setting | None, _Errors]] = [(None, tuned.samples)]
    if len(shown := shown_settings(frame)) > 1:
        by_setting = shared_samples(frame)
        errors_by_setting = [*((setting, by_setting.get(setting, {})) for setting in shown), *errors_by_setting]
    guessing = [
        at_chance(frame, tuned) if setting is None else at_chance_with(frame, setting, errors)
        for setting, errors in errors_by_setting
    ]
    result = []
    for values, rows in groups.items():
        panels = tuple(
            _panel(setting, errors, rows, x, by, rules, waiting if setting is None else set(), guesses)
            for (setting, errors), guesses in zip(errors_by_setting, guessing, strict=True)
        )
        if any(len({spot.x for spot in line.spots}) > 1 for line in panels[-1].lines):
            fixed = {axis: values[split_axes.index(axis)] for axis in fixed_axes}
            result.append(Curves(x, by, fixed, panels, _spreads(panels)))
    return tuple(sorted(result, key=lambda group: -sum(len(line.spots) for line in group.tuned.lines)))


def _file_key(setting: Setting | None) -> tuple[bool, list[Any]]:
    """The sort key of panels in files: shared settings by value, then the tuned one."""
    return setting is None, [sort_key(value) for value in setting or ()]


def _clean(row: Mapping[str, Any]) -> dict[str, Any]:
    """Replace blanks by '', since NaN does not equal NaN."""
    return {str(name): "" if is_blank(value) else value for name, value in row.items()}


def _split_axes(frame: SweepFrame, placed: Sequence[Mapping[str, Any]], x: str, by: str | None) -> list[str]:
    """Name the axes that split points into curves of their own."""
    split_axes = [axis for axis in frame.axes if axis not in (x, by, "family")]
    for axis in [axis for axis in split_axes if axis in PLANE] if {x, by} & set(PLANE) else []:
        remaining = [name for name in (*split_axes, "family", x, by) if name != axis and name in frame.axes]
        if len({tuple(row[name] for name in remaining) for row in placed}) == len(placed):
            split_axes.remove(axis)
    return split_axes


def _varying_axes(split_axes: Sequence[str], groups: Sequence[tuple[Any, ...]]) -> list[str]:
    """Name the axes that tell groups apart, without those of the plane that follow from the rest."""
    varying = [axis for i, axis in enumerate(split_axes) if len({group[i] for group in groups}) > 1]
    for axis in [axis for axis in varying if axis in PLANE]:
        positions = [split_axes.index(name) for name in varying if name != axis]
        if len({tuple(group[i] for i in positions) for group in groups}) == len(groups):
            varying.remove(axis)
    return varying


def _panel(
    setting: Setting | None,
    errors: _Errors,
    rows: Sequence[Mapping[str, Any]],
    x: str,
    by: str | None,
    rules: _Rules,
    waiting: Collection[str],
    guessing: Collection[str],
) -> Panel:
    lines: dict[tuple[str, Any], list[Spot]] = {}
    for row in rows:
        label = row["point"]
        spot = _spot(label, float(row[x]), errors, rules, waiting, guessing)
        lines.setdefault((str(row.get("family", "")), row[by] if by else None), []).append(spot)
    baselines = {row["baseline"] for row in rows} - {""}
    level = None
    if len(baselines) == 1 and (label := baselines.pop()) in errors:
        level = _spot(label, math.nan, errors, rules, waiting, guessing)
    ordered = sorted(lines.items(), key=lambda item: (sort_key(item[0][1]), rules.families(item[0][0])))
    return Panel(
        setting,
        tuple(
            Line(family, value, tuple(sorted(spots, key=lambda spot: (spot.x, spot.point))))
            for (family, value), spots in ordered
        ),
        level,
    )


def _spot(
    label: str, x: float, errors: _Errors, rules: _Rules, waiting: Collection[str], guessing: Collection[str]
) -> Spot:
    spot = Spot(label, x, errors.get(label, Sample({})), rules.seeds, label not in waiting)
    return replace(spot, guesses=label in guessing)


def _spreads(panels: Sequence[Panel]) -> tuple[Spread, ...]:
    """Compare every panel's spreads with those of the tuned one, line by line and over all lines together."""
    tuned = _by_line(panels[-1])
    spreads = []
    for panel in panels:
        for line, (x_low, x_high, spread) in _by_line(panel).items():
            effect = Effect(spread, tuned[line][2])
            spreads.append(Spread(panel.setting, line, x_low, x_high, estimate(spread), effect.taken, effect))
    return tuple(spreads)


def _by_line(panel: Panel) -> dict[tuple[str, Any] | None, tuple[float, float, Sample]]:
    """Measure the spread of each line at each seed, and, under None, their mean if all lines have the same ends."""
    spreads: dict[tuple[str, Any] | None, tuple[float, float, Sample]] = {}
    for line in panel.lines:
        first, last = line.spots[0], line.spots[-1]
        if first.x < last.x:
            comparable = fair((first.settled, last.settled), (first.guesses, last.guesses))
            spreads[line.family, line.by] = (first.x, last.x, first.sample - last.sample if comparable else Sample({}))
    if len(spreads) > 1 and len({(low, high) for low, high, _ in spreads.values()}) == 1:
        low, high, _ = next(iter(spreads.values()))
        spreads[None] = (low, high, average([spread for _, _, spread in spreads.values()]))
    return spreads
