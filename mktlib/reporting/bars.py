"""The numbers behind a table that a chart can be drawn from again: one value a row, its range where there is one, by the row's own name."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any

import numpy as np
import pandas as pd

from mktlib.wording import between, money, number, percent, say

UNITS = {"percent": "percent", "money": "money", "number": "number", "whole": "number", "times": "number"}
NAMES = frozenset({"label", "text", "day", "week", "moment"})
ENDS = ("low", "high")
INSIDE = 0.95
"""A value has a range where at least this share of the rows lies inside it."""
LONGEST, SHORTENED = 48, 64
"""Letters of a name beside a bar: beyond the first some of its words are left out, beyond the second it is cut."""


@dataclass(frozen=True, kw_only=True)
class Bars:
    """One value a row: `low` and `high` are its range (None: it has none), `opinion` rows stand on opinion more than on data.

    parts: the words that tell the rows apart, some for each row. unit: "percent" (fractions), "money" (of `currency`) or "number".
    rows: how many rows the table has in all. beside: the name of a second value a row and these values, where there is one (what came
    beside what was promised).
    """

    measure: str
    unit: str
    currency: str
    parts: tuple[tuple[str, ...], ...]
    values: tuple[float, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    opinion: tuple[bool, ...]
    rows: int
    beside: tuple[str, tuple[float, ...]] | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(" · ".join(words) for words in self.parts)

    @property
    def short_labels(self) -> tuple[str, ...]:
        """The names of the rows with as few of their last words as still tell them apart, where they are long."""
        used = list(range(len(self.parts[0])))
        for i in reversed(used[1:]):
            fewer = [k for k in used if k != i]
            if max(map(len, _joined(self.parts, used))) > LONGEST and len(set(_joined(self.parts, fewer))) == len(self.parts):
                used = fewer
        return tuple(text if len(text) <= SHORTENED else text[: SHORTENED - 1].rstrip() + "…" for text in _joined(self.parts, used))

    def first(self, most: int) -> Bars:
        """The first rows alone."""
        by_row = ("parts", "values", "low", "high", "opinion")
        beside = (self.beside[0], self.beside[1][:most]) if self.beside else None
        return replace(self, beside=beside, **{name: getattr(self, name)[:most] for name in by_row})

    @property
    def ranged(self) -> bool:
        return any(x is not None for x in self.low)

    def said(self, language: str) -> list[str]:
        """Each row in words: its name, its value, and its range."""
        return [self._row(i, language) + self._beside(i, language) for i in range(len(self.parts))]

    def _beside(self, i: int, language: str) -> str:
        if not self.beside:
            return ""
        return f", {say('report.slide.row', language, name=self.beside[0], value=self._how(language)(self.beside[1][i]))}"

    def _how(self, language: str) -> Callable[[float], str]:
        how: Mapping[str, Callable[[float], str]] = {
            "percent": lambda x: percent(x, language),
            "money": lambda x: money(x, self.currency, language),
            "number": lambda x: number(x, language),
        }
        return how[self.unit]

    def _row(self, i: int, language: str) -> str:
        values, low, high = {"name": self.labels[i], "value": self._how(language)(self.values[i])}, self.low[i], self.high[i]
        if low is None or high is None:
            return say("report.slide.row", language, **values)
        return say("report.slide.row_range", language, range=between(low, high, language, kind=self.unit, currency=self.currency), **values)


def bars_of(
    table: pd.DataFrame, kinds: Sequence[tuple[str, str]], heads: Sequence[str], cells: Sequence[Sequence[str]], **about: Any
) -> Bars | None:
    """What can be drawn of the first rows of a table, or None: no numbers, several of them without a range, rows that share a name.

    kinds: (column, kind of value) of the columns shown; heads and cells: what is shown, one cell a kind. about: `drawn` (the last
    kind is the one to draw), `beside` (column and name of a second value of that kind, or None), `units` (how the kinds that depend
    on the result are to be read), `currency`, `rows`, `opinion`.
    """
    shown = table.head(len(cells))
    at, ends = _measured(shown, kinds, named=about["drawn"])
    if at is None:
        return None
    column, kind = kinds[at]
    names = list(takewhile(lambda i: kinds[i][1] in NAMES, range(at)))
    if about["drawn"]:  # further on, what is drawn stands as text
        names = next((names[:n] for n in range(1, len(names)) if len({tuple(row[:n]) for row in cells}) == len(cells)), names)
    telling = [i for i in names if len({row[i] for row in cells}) > 1] or names[:1]
    parts = [tuple(row[i] for i in telling) for row in cells]
    times = 100.0 if kind == "points" else 1.0
    values = _numbers(shown, column) * times
    low, high = _ends(shown, ends, times)
    more = _numbers(shown, about["beside"][0]) * times if about.get("beside") else values
    kept = [i for i in range(len(parts)) if math.isfinite(values[i]) and math.isfinite(more[i])]
    if len(kept) < 2 or not telling or len({parts[i] for i in kept}) < len(kept):
        return None
    return Bars(
        measure=heads[at], unit=UNITS.get(about["units"].get(kind, kind), "number"), currency=about["currency"],
        parts=tuple(parts[i] for i in kept), values=tuple(float(values[i]) for i in kept), low=tuple(low[i] for i in kept),
        high=tuple(high[i] for i in kept), opinion=tuple(bool(about["opinion"][i]) for i in kept), rows=about["rows"],
        beside=(about["beside"][1], tuple(float(more[i]) for i in kept)) if about.get("beside") else None,
    )  # fmt: skip


def _measured(table: pd.DataFrame, kinds: Sequence[tuple[str, str]], *, named: bool) -> tuple[int | None, tuple[str, str]]:
    """Which column is drawn, and the columns of its range: one that has a range, else the only number, where no other has a range.

    named: the last one is the one to draw.
    """
    among = range(len(kinds))[-1:] if named else range(len(kinds))
    numeric = [i for i in among if kinds[i][1] not in NAMES | {"yes"} and pd.api.types.is_numeric_dtype(table[kinds[i][0]].dtype)]
    numeric = [i for i in numeric if not kinds[i][0].endswith(ENDS)]
    order = list(table.columns)
    plain = [i for i in numeric if "low" in order and order.index(kinds[i][0]) < order.index("low")]
    nearest = (
        numeric[-1:] if named else sorted(plain, key=lambda i: order.index(kinds[i][0]))[-1:]
    )  # low and high are of what stands just before them
    for i in numeric:
        own = (f"{kinds[i][0]}_low", f"{kinds[i][0]}_high")
        for ends in (own, *([("low", "high")] if i in nearest else [])):
            if set(ends) <= set(order) and _inside(table, kinds[i][0], ends):
                return i, ends
    ranged = any(str(c).endswith(ENDS) for c in table.columns)
    return (numeric[0], ("", "")) if len(numeric) == 1 and not ranged else (None, ("", ""))


def _inside(table: pd.DataFrame, column: str, ends: tuple[str, str]) -> bool:
    value, low, high = (_numbers(table, c) for c in (column, *ends))
    known = np.isfinite(value) & np.isfinite(low) & np.isfinite(high)
    near = 1e-9 * np.abs(value[known])
    held = (low[known] <= value[known] + near) & (value[known] <= high[known] + near)
    return bool(known.any() and held.mean() >= INSIDE)


def _ends(table: pd.DataFrame, ends: tuple[str, str], times: float) -> tuple[list[float | None], list[float | None]]:
    """The range of each row: both of its ends, or neither."""
    if not all(ends):
        return [None] * len(table), [None] * len(table)
    pairs = list(zip(*(_numbers(table, end) * times for end in ends), strict=True))
    whole = [bool(np.isfinite(pair).all()) for pair in pairs]
    low, high = ([float(pair[side]) if known else None for pair, known in zip(pairs, whole, strict=True)] for side in (0, 1))
    return low, high


def _numbers(table: pd.DataFrame, column: str) -> np.ndarray:
    return pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=float, na_value=np.nan)


def _joined(parts: Sequence[Sequence[str]], used: Sequence[int]) -> list[str]:
    return [" · ".join(words[i] for i in used) for words in parts]
