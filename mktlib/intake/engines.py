"""What engines do differently, done alike: frames in and out, numbers, keys, and the one group-by.

Sums of small integers wrap here and not there, NaN poisons a sum or is skipped, a group of nulls is kept or lost.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Number
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from mktlib.errors import DataError, Finding, SchemaError
from mktlib.vocabulary import finding, printable

UNREAD = " (no number)"  # ends the name of a column with the text that is no number
SLICE = 1_000_000  # rows
KIND, ROWS, FIRST = "kind of row", "number of rows", "first row"  # names that no column of a log has
BETWEEN = "\x1f"  # between such a text and the name of its file
ENDLESS = 1e18  # above it a 64-bit sum of a few rows wraps
LARGE = 2**32  # two thousand million rows below it do not wrap a 64-bit sum
EARLIEST, LATEST = pd.Timestamp("1990-01-01", tz="UTC"), pd.Timestamp("2100-01-01", tz="UTC")  # days outside are typing errors
HALVES = re.compile("[\ud800-\udfff]")
LACKING, BELOW, ABOVE, ENDLESS_COUNT, ENDLESS_EXPOSURE, UNREADABLE = 1, 2, 4, 8, 16, 32  # kinds of rows, added up; the last doubles


@dataclass(frozen=True)
class Source:
    """A log as lazy frames of narwhals, and the way in which a small frame made from one comes to pandas.

    parts: one, or the slices of a frame of pandas. file: its name, if it is one file. text: whether some numbers were read from text.
    halves: findings of the columns with halves of characters.
    """

    parts: Sequence[Any]
    collect: Callable[[Any], pd.DataFrame]
    file: str | None = None
    text: bool = False
    halves: tuple[Finding, ...] = ()


def as_lazy(log: Any) -> Any:
    """A frame of any engine as a lazy frame of narwhals.

    >>> as_lazy(pd.DataFrame({"a": [1]})).collect_schema().names()
    ['a']
    """
    if isinstance(log, pd.DataFrame) and isinstance(log.columns, pd.MultiIndex):
        raise DataError(finding("E_WRONG_FORMAT", found="DataFrame(columns=MultiIndex)"))
    try:
        frame: Any = nw.from_native(log)
    except TypeError as error:
        raise DataError(finding("E_WRONG_FORMAT", found=type(log).__name__)) from error
    except nw.exceptions.DuplicateError as error:
        twice = [str(c) for c in dict.fromkeys(log.columns) if list(log.columns).count(c) > 1]
        raise SchemaError([finding("E_DUPLICATE_COLUMN", column=c, found=c) for c in twice]) from error
    if isinstance(frame, nw.DataFrame):
        return frame.lazy()
    try:
        frame.collect_schema()
    except Exception as error:  # a closed connection, a file that is gone: each engine has its own word
        raise DataError(finding("E_ENGINE", found=first_line(error))) from error
    return frame


def first_line(error: Exception) -> str:
    """What an engine says, short enough for a sentence.

    >>> first_line(ValueError("no such column\\nat line 1"))
    'no such column'
    """
    return (str(error).splitlines() or [type(error).__name__])[0][:80]


def sliced(log: Any) -> list[Any]:
    """A log as lazy frames: one; of pandas slices, so that what is made of each on the way takes the room of the last.

    >>> [part.collect_schema().names() for part in sliced(pd.DataFrame({"a": [1]}))]
    [['a']]
    """
    if not isinstance(log, pd.DataFrame) or len(log) <= SLICE:
        return [as_lazy(_plain(log))]
    log = _plain(log)
    return [as_lazy(log.iloc[first : first + SLICE]) for first in range(0, len(log), SLICE)]


def _plain(log: Any) -> Any:
    """A frame of pandas whose text can be written; one with a column twice is refused by `as_lazy`."""
    return whole_text(log) if isinstance(log, pd.DataFrame) and log.columns.is_unique else log


def as_pandas(frame: Any) -> pd.DataFrame:
    """A lazy frame in pandas by the engine's own way out; polars in a stream, for its other engine holds the whole log at once."""
    how = {"engine": "streaming"} if frame.implementation.is_polars() else {}
    eager = frame.collect("pandas" if frame.implementation.is_duckdb() else None, **how)
    return pd.DataFrame(eager.to_pandas())


def whole_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Halves of a character (lone surrogates), which neither a file nor a column of text can hold, as question marks.

    >>> whole_text(pd.DataFrame({"a": pd.Series(["\\ud83d", "b", None], dtype=object)}))["a"].tolist()[:2]
    ['?', 'b']
    """
    out = frame.copy(deep=False)
    for column in _halved(frame):
        out[column] = [HALVES.sub("?", v) if isinstance(v, str) else v for v in frame[column]]
    return out


def half_text(log: Any) -> tuple[Finding, ...]:
    """A finding for each column of a frame of pandas whose text holds half a character; no other engine can hold any.

    >>> [f.column for f in half_text(pd.DataFrame({"a": pd.Series(["\\ud83d"], dtype=object), "b": "x"}))]
    ['a']
    """
    halved = _halved(log) if isinstance(log, pd.DataFrame) and log.columns.is_unique else {}
    return tuple(finding("E_HALF_CHARACTER", level="warning", column=str(c), found=HALVES.sub("?", v)[:40]) for c, v in halved.items())


def _halved(frame: pd.DataFrame) -> dict[Any, str]:
    """The columns with half a character in their text, and the first such text of each."""
    objects = frame.columns[[pd.api.types.is_object_dtype(kind) for kind in frame.dtypes]]
    found = {c: next((v for v in frame[c] if isinstance(v, str) and not v.isascii() and HALVES.search(v)), "") for c in objects}
    return {c: v for c, v in found.items() if v}


def as_floats(values: pd.Series) -> pd.Series:
    """A column as floats, NaN where there is no number; times, durations and complex numbers are none, whatever pandas makes of them.

    >>> as_floats(pd.Series(["1", "x", None])).tolist(), as_floats(pd.Series([pd.Timedelta("3h")])).tolist()
    ([1.0, nan, nan], [nan])
    """
    plain = values.dtype.kind in "iufb"
    found = pd.to_numeric(values if plain else values.astype(object), errors="coerce")
    if found.dtype.kind == "c":
        return pd.Series(np.nan, index=values.index)
    return found.astype("Float64").astype(float)


def as_moments(values: pd.Series) -> pd.Series:
    """A column as moments of UTC: ISO texts, and times of their own zone or of none; a number or a time of another century is NaT.

    >>> as_moments(pd.Series(["2026-03-01T09:00+01:00", 20260301, "1/3/2026"])).dt.hour.tolist()
    [8.0, nan, nan]
    """
    if is_numeric_dtype(values):
        return pd.Series(pd.NaT, index=values.index, dtype="datetime64[ns, UTC]")
    dated = isinstance(values.dtype, np.dtype | pd.DatetimeTZDtype) and values.dtype.kind == "M"
    plain = dated or isinstance(values.dtype, pd.StringDtype)
    texts = values if plain else pd.Series([None if isinstance(v, Number) else v for v in values], index=values.index, dtype=object)
    when = pd.to_datetime(texts, utc=True, errors="coerce", format=None if dated else "ISO8601")
    return when.where(when.between(EARLIEST, LATEST))


def is_whole(kind: Any) -> bool:
    """Whether a type of narwhals holds integers only.

    >>> is_whole(nw.Int8()), is_whole(nw.Decimal(9, 2)), is_whole(nw.Decimal(9, 0))
    (True, False, True)
    """
    return bool(kind.is_integer() or (kind.is_decimal() and getattr(kind, "scale", 1) == 0))


def as_number(column: Any, kind: Any) -> Any:
    """Integers as 64-bit ones, so that no sum of small ones wraps; anything else as a float that is null, never NaN."""
    if is_whole(kind):
        return column.cast(nw.Int64)
    value = column.cast(nw.Float64)
    return nw.when(~value.is_nan()).then(value)


def kinds(schema: Any, money: bool, unread: Sequence[str]) -> Any:
    """What is odd about a row, as a sum of kinds; nearly all rows are told to be fine by the first few comparisons."""
    count, exposure = nw.col("count"), nw.col("exposure")
    fine = (count >= (-LARGE if money else 0)) & (count < LARGE) & (exposure >= 0) & (exposure < LARGE)
    odd = {LACKING: count.is_null() | exposure.is_null(), BELOW: (exposure < 0) if money else (exposure < 0) | (count < 0)}
    if schema["count"].is_integer() or schema["exposure"].is_integer():
        odd[ABOVE] = (count >= LARGE) | (exposure >= LARGE)
    for name, endless in (("count", ENDLESS_COUNT), ("exposure", ENDLESS_EXPOSURE)):
        if not schema[name].is_integer():
            odd[endless] = (nw.col(name) >= ENDLESS) | (nw.col(name) <= -ENDLESS)
    for i, name in enumerate(unread):
        fine, odd[UNREADABLE << i] = fine & nw.col(name).is_null(), ~nw.col(name).is_null()
    added = sum(test.fill_null(False).cast(nw.Int32) * kind for kind, test in odd.items())
    return nw.when(fine).then(nw.lit(0, nw.Int32)).otherwise(added).alias(KIND)


def added_up(lazy: Any, keys: Sequence[str], sums: Sequence[str]) -> Any:
    """One row for each combination of the keys: the sums, the number of rows, and the first of each text that is no number.

    Args:
        lazy: a lazy frame of narwhals with the keys, the columns to sum (64-bit integers or floats), and columns that end in UNREAD.
    """
    schema, native = lazy.collect_schema(), lazy.to_native()
    if isinstance(native, pd.DataFrame):
        return nw.from_native(by_codes(native, keys, sums)).lazy()
    unread = [nw.col(c).min() for c in schema.names() if c.endswith(UNREAD)]
    added = lazy.group_by(*keys).agg(*[nw.col(c).sum() for c in sums], nw.len().alias(ROWS), *unread)
    whole = [nw.col(c).fill_null(0).cast(nw.Int64) for c in sums if schema[c].is_integer()]  # wider sums, or with a null, come as floats
    return added.with_columns(*whole) if whole else added


def by_codes(frame: pd.DataFrame, keys: Sequence[str], sums: Sequence[str]) -> pd.DataFrame:
    """The same in pandas: each key in small integers, all keys in one, so that text is looked at once.

    >>> by_codes(pd.DataFrame({"style": ["a", None, "a"], "clicks": [1, 2, 3]}), ["style"], ["clicks"])
      style  clicks  number of rows
    0     a       4               2
    1   NaN       2               1
    """
    cell = _one_code([_coded(frame[key]) for key in keys])
    groups = frame[[*sums]].assign(**{FIRST: np.arange(len(frame))}).groupby(cell, sort=False)
    added = groups[[*sums]].sum().assign(**{ROWS: groups.size()}).reset_index(drop=True)
    return frame[[*keys]].iloc[groups[FIRST].min()].reset_index(drop=True).join(added)


def _coded(column: pd.Series) -> tuple[np.ndarray, int]:
    """(the place of each value among the distinct ones, -1 for a null; how many they are)."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy(), len(column.cat.categories)
    codes, seen = pd.factorize(column)
    return codes, len(seen)


def _one_code(coded: Sequence[tuple[np.ndarray, int]]) -> np.ndarray:
    """One integer (n,) for each combination of codes."""
    code, size = np.zeros(len(coded[0][0]), dtype=np.int64), 1
    for mine, levels in coded:
        if size * (levels + 1) > 2**62:
            code, seen = pd.factorize(code)
            size = len(seen)
        code *= levels + 1
        code += mine
        size *= levels + 1
    return code


def whole_if_exact(sums: pd.Series) -> pd.Series:
    """As int64 where nothing is lost by it: an engine may answer with decimals, floats or integers wider than its own."""
    if pd.api.types.is_integer_dtype(sums):
        return sums.astype("int64")
    values = [0 if pd.isna(v) else v for v in sums]
    whole = all(math.isfinite(v) and v == int(v) for v in values)
    return pd.Series([int(v) for v in values] if whole else [float(v) for v in values], sums.index, dtype="int64" if whole else "float64")


# ---------------------------------------------------------------- what the kinds say


def rows_of(cells: pd.DataFrame, kind: int) -> int:
    """How many rows of the log are of a kind.

    >>> rows_of(pd.DataFrame({KIND: [0, BELOW, BELOW + LACKING], ROWS: [90, 3, 2]}), BELOW)
    5
    """
    return int(cells.loc[cells[KIND] & kind > 0, ROWS].sum())


def spoilt(cells: pd.DataFrame, metric: str, file: str | None) -> list[Finding]:
    """A count below nothing or without end is refused before it hides in a sum."""
    wrong = {ENDLESS_COUNT: "E_NOT_FINITE", ENDLESS_EXPOSURE: "E_NOT_FINITE", BELOW: "E_NEGATIVE_COUNT"}
    rows = {kind: rows_of(cells, kind) for kind in wrong}
    return [finding(code, file=file, column=metric, found=f"{rows[kind]} rows") for kind, code in wrong.items() if rows[kind]]


def no_numbers(cells: pd.DataFrame) -> list[Finding]:
    """For each column with text that is no number: the first such text, the file where it stands, and in how many rows there is one."""
    found = []
    for i, name in enumerate(c for c in cells.columns if c.endswith(UNREAD)):
        rows = rows_of(cells, UNREADABLE << i)
        if rows:
            text, _, file = cells[name].dropna().min().rpartition(BETWEEN)
            said = f"{printable(text, 40)} (× {rows})"
            found.append(finding("E_NOT_A_NUMBER", file=file, column=name.removesuffix(UNREAD), found=said, rows=rows))
    return found
