"""Points and settings as samplers see them: numbers by their rank, other values as categories."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sweep.search.pool import Column

#: A point of another category is farther away than any number can be.
CATEGORY = 100.0
#: With more rows than these there is no lookup table.
MOST_EXACT = 20_000


class Axes:
    """Rows of axis values as Optuna sees them: numbers by their rank, others as categories."""

    def __init__(self, kind: str, columns: Mapping[str, Column], rows: int) -> None:
        #: axis -> how many values it has in the rows, if they are numbers
        self.ranks: dict[str, int] = {}
        #: axis -> its values in the rows, if they are not
        self.choices: dict[str, list[str]] = {}
        self._codes: dict[str, NDArray[np.float32]] = {}
        #: axis that some rows lack -> which ones
        self._absent: dict[str, NDArray[np.bool_]] = {}
        self._texts: dict[str, list[str]] = {}
        self._units: dict[str, float] = {}
        names = list(columns)
        if {"lambda", "M", "G"} <= set(names):  # G and either of the others determine the third
            names.remove(max("lambda", "M", key=lambda name: len(columns[name].values)))
        for name in names:
            column = columns[name]
            # a pool may hold only some combinations of its axes' values
            present = np.flatnonzero(np.bincount(column.codes, minlength=len(column.values))).tolist()
            distinct = {column.values[place] for place in present} - {None}
            if len(distinct) < 2:
                continue
            label = f"{kind} {name}"
            numeric = all(isinstance(value, (int, float)) or hasattr(value, "numerator") for value in distinct)
            numeric = numeric and not any(isinstance(value, bool) for value in distinct)
            ordered = sorted(distinct) if numeric else sorted(distinct, key=repr)
            rank = {value: place for place, value in enumerate(ordered)}
            ranks = [rank.get(value, np.nan) for value in column.values]
            codes = self._codes[label] = np.array(ranks, dtype=np.float32)[column.codes]
            if np.isnan(codes).any():
                self._absent[label] = np.isnan(codes)
            if numeric:
                self._units[label] = 1 / (len(ordered) - 1)
                self.ranks[label] = len(ordered)
            else:
                self.choices[label] = [repr(value) for value in ordered]
            self._texts[label] = [repr(value) for value in ordered]
        self._rows = rows
        # lookup table: a sampler's proposal -> the first row that matches it exactly
        self._exact: dict[tuple[Any, ...], int] = {}
        if self._codes and not self._absent and rows <= MOST_EXACT:
            values = [
                [self.choices[label][place] if label in self.choices else place for place in codes.astype(int).tolist()]
                for label, codes in self._codes.items()
            ]
            self._exact = {params: row for row, params in reversed(list(enumerate(zip(*values, strict=True))))}

    def nearest(self, params: Mapping[str, Any]) -> int:
        """Place of the first row that is nearest; an axis that a row does not have is not looked at."""
        exact = self._exact.get(tuple([params[label] for label in self._codes]))
        return int(self.distances(params).argmin()) if exact is None else exact

    def distances(self, params: Mapping[str, Any]) -> NDArray[np.float32]:
        """How far each row is, of shape (rows,): the axes' differences, as shares of their lengths, added up."""
        distance = np.zeros(self._rows, dtype=np.float32)
        for label, codes in self._codes.items():
            if label in self._units:
                off = np.abs(codes - np.float32(params[label])) * np.float32(self._units[label])
            else:
                off = np.float32(CATEGORY) * (codes != self.choices[label].index(params[label]))
            distance += np.where(self._absent[label], 0, off) if label in self._absent else off
        return distance

    def texts(self, params: Mapping[str, Any]) -> dict[str, str]:
        """Values in place of ranks, as texts that stay valid when an axis gets more values."""
        return {
            label: texts[params[label]] if label in self.ranks else params[label]
            for label, texts in self._texts.items()
        }

    def texts_of(self, row: int) -> dict[str, str]:
        """The row's own values as texts, of the axes that it has."""
        return {
            label: texts[int(self._codes[label][row])]
            for label, texts in self._texts.items()
            if not np.isnan(self._codes[label][row])
        }

    def params(self, row: int, texts: Mapping[str, str]) -> dict[str, Any]:
        """What a sampler asked for, by its texts: the rank of a number, the text of another value.

        An axis whose text is not known is that of the row, or in the middle where the row has none.
        """
        params: dict[str, Any] = {}
        for label, texts_of_axis in self._texts.items():
            places = {text: place for place, text in enumerate(texts_of_axis)}
            code = self._codes[label][row]
            of_row = (len(texts_of_axis) - 1) // 2 if np.isnan(code) else int(code)
            place = places.get(str(texts.get(label)), of_row)
            params[label] = place if label in self.ranks else texts_of_axis[place]
        return params
