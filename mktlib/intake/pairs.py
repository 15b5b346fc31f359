"""Pairs of columns added up where the rows lie: for each a sum over the rows in which both are known, so that no ratio mixes rows.

A cost per sale is the money of the rows whose sales are known over their sales; money of rows whose sales are blank is told apart, and
a blank is never 0. Everything is added up in one pass for each way to bundle rows (by day, by piece), on any engine.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from mktlib.errors import DataError, Finding, MktlibError
from mktlib.intake.counts import to_pandas
from mktlib.intake.engines import BETWEEN, ENDLESS, UNREAD, Source, added_up, as_number, first_line
from mktlib.intake.inputs import not_numbers
from mktlib.intake.stored import opened
from mktlib.vocabulary import finding, printable, progress

SHEET = re.compile(r"-?(\d{1,3}([\s.'’]\d{3})+(,\d+)?|\d+,\d+)")
"""A number as spreadsheets write it where the comma is a decimal one: 1 200,50."""

BUNDLE = "bundle"
DAY = 10  # letters of an ISO day
PARTS = ("n", "d", "e", "n_left", "d_left", "rows")


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """What is added up. pairs: name -> (column above, column below, column that counts the events above, or None). by: the columns whose
    groups are told apart. signed: columns that may be negative (money given back). days: columns of `by` and `bundled` that are moments."""

    pairs: Mapping[str, tuple[str, str, str | None]]
    by: Sequence[str] = ()
    signed: Collection[str] = ()
    days: Collection[str] = field(default_factory=tuple)

    @property
    def columns(self) -> list[str]:
        """Every column of numbers."""
        return list(dict.fromkeys(c for pair in self.pairs.values() for c in pair if c))


def names_of(log: Any) -> list[str]:
    """The columns of a log of any engine, or in files.

    >>> names_of(pd.DataFrame({"clicks": [1]}))
    ['clicks']
    """
    with opened(log, (), ()) as source:
        return [str(c) for c in source.parts[0].collect_schema().names()]


def paired_sums(log: Any, asked: Pairs, bundled: Sequence[str | None]) -> dict[str | None, pd.DataFrame]:
    """Sums of pairs, once for each column that bundles rows (None: all rows together).

    Args:
        log: a frame of pandas, polars, pyarrow or DuckDB, or the path of a CSV or Parquet file, or a list of paths.
        asked: the pairs and the groups.
        bundled: columns whose values bundle rows (a day, a piece, a person).

    Returns:
        For each of them one row a group and bundle: the columns of `by`, bundle (text), and for each pair "<name> n", "<name> d" (sums
        where both are known), "<name> e" (events there), "<name> n_left", "<name> d_left" (sums where the other is blank), "<name> rows".

    Raises:
        DataError: text that is no number, numbers below nothing or without end, by column.

    >>> log = pd.DataFrame({"spend": [5.0, 3.0], "clicks": [2, None], "day": ["2026-03-01", "2026-03-02"]})
    >>> sums = paired_sums(log, Pairs(pairs={"cpc": ("spend", "clicks", None)}), [None])[None]
    >>> sums[["cpc n", "cpc d", "cpc n_left"]].to_numpy().tolist()
    [[5.0, 2.0, 3.0]]
    """
    keys = [*asked.by, *(b for b in bundled if b), *asked.columns]
    try:
        with opened(log, asked.columns, keys) as source:
            frames = {b: _added(source, asked, b) for b in progress(bundled, desc="sums", disable=len(bundled) == 1)}
    except MktlibError:
        raise
    except Exception as error:  # each engine has its own word for text that is no number
        raise DataError(_why(log, asked, error)) from error
    refused = _refused(next(iter(frames.values())), asked)
    if refused:
        raise DataError(refused)
    return frames


def _why(log: Any, asked: Pairs, error: Exception) -> list[Finding]:
    """The cells that are no numbers, where the log is a frame that can be looked at; else what the engine says."""
    found: list[Finding] = []
    with suppress(Exception):
        frame = to_pandas(log)
        found = [f for c in asked.columns for f in not_numbers(frame, c, signed=True)]
    return found or [finding("E_ENGINE", found=first_line(error))]


def _added(source: Source, asked: Pairs, bundle: str | None) -> pd.DataFrame:
    """The sums for one way to bundle rows."""
    keys = [*asked.by, BUNDLE]
    parts = [source.collect(added_up(*_columns(part, asked, bundle, keys))) for part in source.parts]
    cells = pd.concat(parts, ignore_index=True)
    texts = [c for c in cells if str(c).endswith(UNREAD) and cells[c].notna().any()]
    if texts:
        raise DataError([_no_number(str(c), str(cells[c].dropna().min())) for c in texts])
    sums = [str(c) for c in cells if c not in keys and not str(c).endswith(UNREAD)]
    cells[sums] = cells[sums].astype(float).fillna(0.0)
    return cells if len(source.parts) == 1 else cells.groupby(keys, as_index=False, dropna=False, sort=False)[sums].sum()


def _no_number(column: str, said: str) -> Finding:
    text, _, file = said.rpartition(BETWEEN)
    code = "E_SHEET_NUMBER" if SHEET.fullmatch(text.strip()) else "E_NOT_A_NUMBER"
    return finding(code, column=column.removesuffix(UNREAD), file=file or None, found=printable(text, 40))


def _columns(lazy: Any, asked: Pairs, bundle: str | None, keys: list[str]) -> tuple[Any, list[str], list[str]]:
    """The rows with a number in each column that is to be added up, and their names."""
    schema = lazy.collect_schema()
    unread = [c + UNREAD for c in asked.columns if c + UNREAD in schema.names()]
    whole = nw.lit("") if bundle is None else _text(bundle, asked)
    days = [_text(c, asked).alias(c) for c in asked.by if c in asked.days]
    numbers = [as_number(nw.col(c), schema[c]).cast(nw.Float64).alias(f"{c} as number") for c in asked.columns]
    lazy = lazy.with_columns(whole.alias(BUNDLE), *numbers, *days)
    made = [_of_pair(name, pair) for name, pair in asked.pairs.items()]
    odd = [_odd(c, asked) for c in asked.columns]
    sums = [x for part in (*made, *odd) for x in part]
    lazy = lazy.select(*keys, *unread, *sums.copy())
    return lazy, keys, [c for c in lazy.collect_schema().names() if c not in keys and c not in unread]


def _text(column: str, asked: Pairs) -> Any:
    """A column as text; a moment as its day."""
    text = nw.col(column).cast(nw.String)
    return text.str.slice(0, DAY) if column in asked.days else text


def _of_pair(name: str, pair: tuple[str, str, str | None]) -> list[Any]:
    """The six columns of one pair."""
    above, below = (nw.col(f"{c} as number") for c in pair[:2])
    both = ~above.is_null() & ~below.is_null()
    events = nw.col(f"{pair[2]} as number") if pair[2] else nw.lit(0.0)
    values = (
        nw.when(both).then(above),
        nw.when(both).then(below),
        nw.when(both).then(events),
        nw.when(below.is_null()).then(above),
        nw.when(above.is_null()).then(below),
        both.cast(nw.Float64),
    )
    return [v.alias(f"{name} {part}") for v, part in zip(values, PARTS, strict=True)]


def _odd(column: str, asked: Pairs) -> list[Any]:
    """How many rows are below nothing or endless, and what was given back."""
    x = nw.col(f"{column} as number")
    below = (x < 0).cast(nw.Float64).fill_null(0.0).alias(f"{column} below")
    endless = ((x >= ENDLESS) | (x <= -ENDLESS)).cast(nw.Float64).fill_null(0.0).alias(f"{column} endless")
    return [below, endless, nw.when(x < 0).then(x).alias(f"{column} back")]


def _refused(cells: pd.DataFrame, asked: Pairs) -> list[Finding]:
    """Counts below nothing, and numbers without end."""
    found = []
    for column in asked.columns:
        rows = {"E_NOT_FINITE": int(cells[f"{column} endless"].sum()), "E_NEGATIVE_COUNT": int(cells[f"{column} below"].sum())}
        if column in asked.signed:
            rows.pop("E_NEGATIVE_COUNT")
        found += [finding(code, column=column, found=f"{n} rows") for code, n in rows.items() if n]
    return found


def given_back(cells: pd.DataFrame, columns: Collection[str]) -> dict[str, float]:
    """What was given back in each column of money: the sum of its negative rows."""
    back = {c: float(cells[f"{c} back"].sum()) for c in columns if f"{c} back" in cells}
    return {c: x for c, x in back.items() if x < 0 and np.isfinite(x)}
