"""From a log of any engine to counts per cell: added up where the rows lie, in one pass, the same integers everywhere.

Engines disagree on nulls, NaN, null keys and the sums of small integers. So every row is given a kind (0 where all is well), the
engine groups by cell and kind at once, and what comes back is a few cells among which the bad rows are counted already.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import narwhals as nw
import pandas as pd

from mktlib.errors import DataError, EncodingError, Finding, MktlibError, SchemaError
from mktlib.intake.engines import (
    ABOVE,
    KIND,
    LACKING,
    LARGE,
    ROWS,
    UNREAD,
    Source,
    added_up,
    as_lazy,
    as_number,
    as_pandas,
    first_line,
    is_whole,
    kinds,
    no_numbers,
    rows_of,
    spoilt,
    whole_if_exact,
    whole_text,
)
from mktlib.intake.levels import MISSING, words
from mktlib.intake.stored import opened, paths_of
from mktlib.results import CELL
from mktlib.vocabulary import Tables, finding, load_tables, nearest, progress

MOMENTS = ("count_count", "count_exposure", "exposure_exposure", "log_rows")
WHOLE = 2**53  # above it a float skips integers
PLAIN = r"-?(?:0|[1-9]\d{0,14})(?:\.\d+)?(?:e[-+]\d\d+)?"  # a number as programs write it; longer ones are names


@dataclass(frozen=True)
class _Asked:
    """What is to be counted, and by what."""

    by: tuple[str, ...]
    keep: tuple[str, ...]
    metric: str
    tables: Tables
    moments: tuple[str, ...]

    @property
    def row(self) -> Mapping[str, Any]:
        return self.tables.metrics[self.metric]

    @property
    def money(self) -> bool:
        return bool(self.row["family"] == "money")

    @property
    def numbers(self) -> tuple[str, ...]:
        """Every column that may hold a count or an exposure of the metric."""
        return (self.row["count"], self.row["exposure"], *self.row.get("exposure_by_channel", {}).values(), "count", "exposure")

    def counted(self, names: Sequence[str]) -> bool:
        """Whether the counts are called so already; the metric's own columns come first."""
        return {"count", "exposure"} <= set(names) and not {self.row["count"], self.row["exposure"]} <= set(names)

    def by_channel(self, names: Sequence[str], *, there: bool) -> dict[str, str]:
        """Channels with an exposure of their own that is there, or that the log lacks."""
        own = self.row.get("exposure_by_channel", {}) if "channel" in names and not self.counted(names) else {}
        return {c: e for c, e in own.items() if (e in names) == there}


def tally(
    log: Any,
    by: Sequence[str] = CELL,
    *,
    metric: str = "click_rate",
    tables: Tables | None = None,
    keep: Sequence[str] = (),
    moments: bool = False,
) -> pd.DataFrame:
    """Counts and exposures of a metric per cell.

    Args:
        log: a frame of pandas, polars (eager or lazy), pyarrow, DuckDB, Ibis or PySpark, or the path of a Parquet or CSV file, or a
            list of paths (one log, by the names of the columns); one row a day, a piece, or finer than `by`.
        by: the columns that name a cell; those that the log lacks are left out, with a finding.
        metric: a row of the metrics table, which names the count and the exposure (by channel where channels have their own).
        keep: further columns to keep apart if the log has them (the piece, the day).
        moments: also sums over the rows of products: count_count, count_exposure, exposure_exposure (floats), and the number of rows.

    Returns:
        One row a cell, sorted: the columns of `by`, then count and exposure (int64; count is a float where the metric is money).
        `.attrs["findings"]` says what was left out: a row whose count or exposure is null is never added as 0.

    Raises:
        DataError: a count or exposure column is missing, no metric has that name, the log is no frame and no readable file, a count is
            no number, negative or endless (with the number of such rows), or the sums pass 2**63.

    >>> log = pd.DataFrame({"style": ["playful", "playful"], "clicks": [1, None], "impressions": [100, 50]})
    >>> tally(log, by=["style"])
         style  count  exposure
    0  playful      1       100
    """
    tables, by = tables or load_tables(), (by,) if isinstance(by, str) else by
    if metric not in tables.metrics:
        raise DataError(finding("E_METRIC", found=metric, expected=", ".join(tables.metrics), hint=nearest(metric, tables.metrics)))
    asked = _Asked(tuple(by), tuple(keep), metric, tables, MOMENTS if moments else ())
    with opened(log, asked.numbers, (*by, *keep, "channel")) as source:
        counts = _tallied(source, asked)
    if source.text and _rounded(counts, asked.money):
        with opened(log, asked.numbers, (*by, *keep, "channel"), whole=True) as source:
            counts = _tallied(source, asked)
    return counts


def to_pandas(frame: Any) -> pd.DataFrame:
    """A frame of any engine in pandas.

    >>> to_pandas(pd.DataFrame({"a": [1]})).shape
    (1, 1)
    """
    return whole_text(as_pandas(as_lazy(frame)))


def frame_of(data: Any) -> pd.DataFrame:
    """A frame of any engine in pandas, or the rows of a CSV or Parquet file (a path, or several).

    In a CSV a column is one of numbers, or of true and false, where every cell that is not blank is one; 007 and NA are words.
    """
    if not paths_of(data):
        return to_pandas(data)
    with opened(data, (), ()) as source:
        frame = source.collect(source.parts[0])
    return frame.apply(_typed) if len(frame) else frame


def _typed(values: pd.Series) -> pd.Series:
    """A column of text as what it says."""
    if not pd.api.types.is_string_dtype(values.dtype):
        return values
    texts = values.where(values.notna() & values.str.strip().ne(""))
    said = texts.dropna().str.strip()
    if said.empty:
        return texts.astype(float)
    if said.str.fullmatch(PLAIN).all():
        return pd.to_numeric(texts)
    return texts.str.strip().str.lower().eq("true") if len(said) == len(texts) and said.str.lower().isin(["true", "false"]).all() else texts


def _rounded(counts: pd.DataFrame, money: bool) -> bool:
    """Whether floats read from text are to be read again as integers: whole sums, too large for a float to be sure."""
    sums = counts[["exposure"] if money else ["count", "exposure"]]
    return bool(sums.dtypes.eq("int64").all() and (sums >= WHOLE).any(axis=None))


def _tallied(source: Source, asked: _Asked) -> pd.DataFrame:
    names = source.parts[0].collect_schema().names()
    axes = list(dict.fromkeys(a for a in (*asked.by, *asked.keep) if a in names))
    lost = asked.by_channel(names, there=False)
    cells = _cells(source, asked, [*axes, *({"channel"} - {*axes} if lost else ())])
    refused = [*spoilt(cells, asked.metric, source.file), *no_numbers(cells)]
    if refused:
        raise DataError(refused)
    absent = [a for a in asked.by if a not in names]
    found = [*source.halves, *([finding("E_AXIS_ABSENT", level="note", column=", ".join(absent), count=len(absent))] if absent else [])]
    found += _other_exposures(cells, lost, asked.row["exposure"])
    left_out = rows_of(cells, LACKING)
    if left_out:
        found.append(finding("E_MISSING_COUNT", level="warning", found=str(left_out), metric=asked.metric))
    return _tidy(cells[cells[KIND] & LACKING == 0], axes, found, asked)


# ---------------------------------------------------------------- the one pass


def _cells(source: Source, asked: _Asked, keys: list[str]) -> pd.DataFrame:
    """The sums and the number of rows of each cell and kind."""
    try:
        parts = progress(source.parts, unit="part", disable=len(source.parts) == 1)
        rows = (_numbered(part, source.file, keys, asked) for part in parts)
        added = [source.collect(added_up(part, [*keys, KIND], ["count", "exposure", *asked.moments])) for part in rows]
        cells = pd.concat(added, ignore_index=True).astype({KIND: "int64"})
        if rows_of(cells, ABOVE):
            _refuse_wrapped(source, asked)
        return cells
    except MktlibError:
        raise
    except UnicodeError as error:
        raise EncodingError(finding("E_BAD_BYTES", found=str(error))) from error
    except Exception as error:  # each engine has its own word for text that is no number, and for a sum without room
        _refuse_wrapped(source, asked)
        code = "E_NOT_A_NUMBER" if _may_be_text(source, asked) and not isinstance(error, OSError | MemoryError) else "E_ENGINE"
        raise DataError(finding(code, file=source.file, column=asked.metric, found=first_line(error))) from error


def _may_be_text(source: Source, asked: _Asked) -> bool:
    """Whether a column that the counts are read from is not one of numbers; a log that cannot be asked any more is none of text."""
    with suppress(Exception):
        schema = source.parts[0].collect_schema()
        return not all(schema[c].is_numeric() for c in _read(schema.names(), asked) if c in schema)
    return False


def _numbered(lazy: Any, file: str | None, keys: list[str], asked: _Asked) -> Any:
    """The keys, count and exposure as numbers, the kind of each row, the products, and the text that is no number."""
    names = lazy.collect_schema().names()
    lazy = lazy if asked.counted(names) else _with_counts(lazy, file, asked)
    schema = lazy.collect_schema()
    numbers = [as_number(nw.col(c), schema[c]).alias(c) for c in ("count", "exposure")]
    unread = [c + UNREAD for c in _read(names, asked) if c + UNREAD in names]
    lazy = lazy.select(*keys, *numbers, *unread)  # keys as they lie: they are put into words once they are few
    lazy = lazy.with_columns(kinds(lazy.collect_schema(), asked.money, unread))
    count, exposure = (nw.col(c).cast(nw.Float64) for c in ("count", "exposure"))
    products = (count * count, count * exposure, exposure * exposure, exposure * 0 + 1)
    return lazy.with_columns(*[x.alias(name) for name, x in zip(asked.moments, products, strict=False)]) if asked.moments else lazy


def _with_counts(lazy: Any, file: str | None, asked: _Asked) -> Any:
    """The metric's own columns as `count` and `exposure`, the exposure chosen row by row by channel."""
    row, schema = asked.row, lazy.collect_schema()
    names = [n for n in schema.names() if not n.endswith(UNREAD)]
    by_channel = asked.by_channel(names, there=True)
    lacking = [w for w in (row["count"], row["exposure"]) if w not in names and not (w == row["exposure"] and by_channel)]
    where: dict[str, Any] = {"file": file, "found": ", ".join(names)}
    if lacking:
        raise SchemaError([finding("E_MISSING_COLUMN", column=c, expected=c, hint=nearest(c, names), **where) for c in lacking])
    used = {row["exposure"], *by_channel.values()} & set(names)
    whole = all(is_whole(schema[c]) for c in used)
    read = {c: as_number(nw.col(c), schema[c]).cast(nw.Int64 if whole else nw.Float64) for c in used}
    exposure: Any = read.get(row["exposure"])
    for channel, column in by_channel.items():
        its_own = nw.when(nw.col("channel") == channel).then(read[column])
        exposure = its_own if exposure is None else its_own.otherwise(exposure)
    return lazy.with_columns(nw.col(row["count"]).alias("count"), exposure.alias("exposure"))


def _read(names: Sequence[str], asked: _Asked) -> list[str]:
    """The columns that the counts are read from."""
    if asked.counted(names):
        return ["count", "exposure"]
    return list(dict.fromkeys([asked.row["count"], asked.row["exposure"], *asked.by_channel(names, there=True).values()]))


def _refuse_wrapped(source: Source, asked: _Asked) -> None:
    """Sums beyond 64 bits wrap in some engines and stop others: a second look, taken only where single rows are that large."""
    total = 0
    with suppress(Exception):
        total = max(sum(_in_halves(source, asked, column)) for column in ("count", "exposure"))
    if total >= 2**63:
        raise DataError(finding("E_TOO_LARGE", file=source.file, column=asked.metric, found=str(total), expected=str(2**63 - 1)))


def _in_halves(source: Source, asked: _Asked, column: str) -> Iterator[int]:
    """The sum of each part, added up in halves of a number that have room."""
    low = nw.col(column) % LARGE
    halves = [((nw.col(column) - low) // LARGE).sum().alias("high"), low.sum().alias("low")]
    for part in source.parts:
        sums = source.collect(_numbered(part, source.file, [], asked).select(*halves))
        yield int(sums["high"].iloc[0]) * LARGE + int(sums["low"].iloc[0])


def _other_exposures(cells: pd.DataFrame, lost: Mapping[str, str], other: str) -> list[Finding]:
    """Channels whose own exposure the log lacks, counted over the general one instead."""
    used = {*cells["channel"].dropna().unique()} & lost.keys() if lost else set()
    return [finding("E_OTHER_EXPOSURE", level="warning", column=lost[c], found=c, expected=other) for c in sorted(used)]


def _tidy(cells: pd.DataFrame, axes: list[str], found: list[Finding], asked: _Asked) -> pd.DataFrame:
    """Cells that differ in kind alone are one; sorted, in the types that are promised."""
    numbers = ["count", "exposure", *asked.moments]
    named = cells.assign(**{a: words(cells[a]) for a in axes})
    blank = named[axes].isin([MISSING])
    if blank.any(axis=None):
        rows, told = int(cells.loc[blank.any(axis=1), ROWS].sum()), ", ".join(a for a in axes if blank[a].any())
        found.append(finding("E_NULL_KEY", level="warning", column=told, count=rows))
    out = named.groupby(axes, as_index=False)[numbers].sum() if axes else pd.DataFrame({n: [named[n].sum()] for n in numbers})
    for name in ("count", "exposure"):
        out[name] = out[name].astype(float) if asked.money and name == "count" else whole_if_exact(out[name])
    out.attrs["findings"] = tuple(found)
    return out
