"""From a log of any engine to counts per cell: added up where the rows lie, the same integers everywhere.

Engines disagree on nulls, NaN, null keys and the sums of small integers; all four are settled here before anything is added.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import narwhals as nw
import pandas as pd

from mktlib.errors import DataError, Finding, MktlibError
from mktlib.results import CELL
from mktlib.vocabulary import Tables, finding, load_tables, nearest

MISSING = "(missing)"
MOMENTS = ("count_count", "count_exposure", "exposure_exposure", "log_rows")
ENDLESS = 1e18  # above it a 64-bit sum of a few rows wraps


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
        log: a frame of pandas, polars (eager or lazy), pyarrow, DuckDB, Ibis or PySpark; one row a day, a piece, or finer than `by`.
        by: the columns that name a cell; those that the log lacks are left out, with a finding.
        metric: a row of the metrics table, which names the count and the exposure (by channel where channels have their own).
        keep: further columns to keep apart if the log has them (the piece, the day).
        moments: also sums over the rows of products: count_count, count_exposure, exposure_exposure (floats), and the number of rows.

    Returns:
        One row a cell, sorted: the columns of `by`, then count and exposure (int64; count is a float where the metric is money).
        `.attrs["findings"]` says what was left out: a row whose count or exposure is null is never added as 0.

    Raises:
        DataError: a count or exposure column is missing, no metric has that name, or the log is no frame.

    >>> log = pd.DataFrame({"style": ["playful", "playful"], "clicks": [1, None], "impressions": [100, 50]})
    >>> tally(log, by=["style"])
         style  count  exposure
    0  playful      1       100
    """
    tables, by = tables or load_tables(), (by,) if isinstance(by, str) else by
    if metric not in tables.metrics:
        raise DataError(finding("E_METRIC", found=metric, expected=", ".join(tables.metrics), hint=nearest(metric, tables.metrics)))
    lazy = _lazy(log)
    schema = lazy.collect_schema()
    names, money = schema.names(), tables.metrics[metric]["family"] == "money"
    axes = [a for a in (*by, *keep) if a in names]
    found = [finding("E_AXIS_ABSENT", level="note", column=a) for a in by if a not in names]
    try:
        lazy, schema, left_out = _numbered(lazy, schema, axes, metric, tables, found)
    except MktlibError:
        raise
    except UnicodeError as error:
        raise DataError(finding("E_BAD_BYTES", found=str(error))) from error
    except Exception as error:  # each engine has its own word for text that is no number
        raise DataError(finding("E_NOT_A_NUMBER", column=metric, found=str(error).splitlines()[0][:80])) from error
    if left_out:
        found.append(finding("E_MISSING_COUNT", level="warning", found=str(left_out), metric=metric))
    lazy = lazy.filter(~(nw.col("count").is_null() | nw.col("exposure").is_null()))
    lazy = lazy.with_columns(*[nw.col(a).fill_null(MISSING) for a in axes]) if axes else lazy
    if moments:
        count, exposure = (nw.col(c).cast(nw.Float64) for c in ("count", "exposure"))
        products = (count * count, count * exposure, exposure * exposure, exposure * 0 + 1)
        lazy = lazy.with_columns(*[x.alias(name) for name, x in zip(MOMENTS, products, strict=True)])
    sums = [nw.col(c).sum() for c in ("count", "exposure", *(MOMENTS if moments else ()))]
    added = lazy.group_by(*axes).agg(*sums) if axes else lazy.select(*sums)
    exact = [nw.col(c).cast(nw.Int64) for c in ("count", "exposure") if schema[c].is_integer()]  # an engine's wider sums come out as floats
    summed = _pandas(added.with_columns(*exact) if exact else added)
    return _tidy(summed, axes, found, money, MOMENTS if moments else ())


def _numbered(lazy: Any, schema: Any, axes: list[str], metric: str, tables: Tables, found: list[Finding]) -> tuple[Any, Any, int]:
    """(the axes with count and exposure as numbers, their schema, how many rows lack one); notes on the way go to `found`."""
    names = schema.names()
    row = tables.metrics[metric]
    if not {"count", "exposure"} <= set(names) or {row["count"], row["exposure"]} <= set(names):  # the metric's own columns come first
        lazy = _with_counts(lazy, schema, metric, tables)
        found += _other_exposures(lazy, names, metric, tables)
        schema = lazy.collect_schema()
    numbers = [_number(nw.col(c), schema[c]).alias(c) for c in ("count", "exposure")]
    lazy = lazy.select(*[nw.col(a).cast(nw.String).alias(a) for a in axes], *numbers)
    floats = [c for c in ("count", "exposure") if not schema[c].is_integer()]
    return lazy, schema, _checked(lazy, metric, floats, tables.metrics[metric]["family"] == "money")


def _other_exposures(lazy: Any, names: list[str], metric: str, tables: Tables) -> list[Finding]:
    """Channels whose own exposure the log lacks, counted over the general one instead."""
    own = tables.metrics[metric].get("exposure_by_channel", {}) if "channel" in names else {}
    lost = {c: e for c, e in own.items() if e not in names}
    used = set(_pandas(lazy.select("channel").unique())["channel"].dropna().astype(str)) & lost.keys() if lost else set()
    other = tables.metrics[metric]["exposure"]
    return [finding("E_OTHER_EXPOSURE", level="warning", column=lost[c], found=c, expected=other) for c in sorted(used)]


def _checked(lazy: Any, metric: str, floats: list[str], money: bool) -> int:
    """How many rows lack a number; a count below nothing or without end is refused before it hides in a sum."""
    lacking = nw.col("count").is_null() | nw.col("exposure").is_null()
    tests = {"left_out": lacking, "below": nw.col("exposure") < 0}
    tests["below"] = tests["below"] if money else tests["below"] | (nw.col("count") < 0)
    for name in floats:
        tests[f"endless_{name}"] = (nw.col(name) >= ENDLESS) | (nw.col(name) <= -ENDLESS)
    seen = _pandas(lazy.select(*[x.fill_null(False).cast(nw.Int64).sum().alias(k) for k, x in tests.items()])).fillna(0).iloc[0]
    wrong = [*((f"endless_{c}", "E_NOT_FINITE") for c in floats), ("below", "E_NEGATIVE_COUNT")]
    refused = [finding(code, column=metric, found=f"{int(seen[k])} rows") for k, code in wrong if seen[k]]
    if refused:
        raise DataError(refused)
    return int(seen["left_out"])


def _lazy(log: Any) -> Any:
    try:
        frame: Any = nw.from_native(log)
    except TypeError as error:
        raise DataError(finding("E_WRONG_FORMAT", found=type(log).__name__)) from error
    except nw.exceptions.DuplicateError as error:
        twice = [str(c) for c in dict.fromkeys(log.columns) if list(log.columns).count(c) > 1]
        raise DataError([finding("E_DUPLICATE_COLUMN", column=c, found=c) for c in twice]) from error
    return frame.lazy() if isinstance(frame, nw.DataFrame) else frame


def _with_counts(lazy: Any, schema: Any, metric: str, tables: Tables) -> Any:
    """The metric's own columns as `count` and `exposure`, the exposure chosen row by row by channel."""
    row, names = tables.metrics[metric], schema.names()
    wanted = [row["count"], row["exposure"]]
    by_channel = {c: e for c, e in row.get("exposure_by_channel", {}).items() if e in names} if "channel" in names else {}
    if row["exposure"] not in names and by_channel:
        wanted = [row["count"]]
    lacking = [w for w in wanted if w not in names]
    if lacking:
        raise DataError(
            [finding("E_MISSING_COLUMN", column=c, expected=c, found=", ".join(names), hint=nearest(c, names)) for c in lacking]
        )
    used = {row["exposure"], *by_channel.values()} & set(names)
    whole = all(schema[c].is_integer() for c in used)
    read = {c: nw.col(c).cast(nw.Int64) if whole else _number(nw.col(c), schema[c]).cast(nw.Float64) for c in used}
    exposure = read.get(row["exposure"], nw.lit(None, dtype=nw.Int64 if whole else nw.Float64))
    for channel, column in by_channel.items():
        exposure = nw.when(nw.col("channel") == channel).then(read[column]).otherwise(exposure)
    return lazy.with_columns(nw.col(row["count"]).alias("count"), exposure.alias("exposure"))


def _number(column: Any, kind: Any) -> Any:
    """Integers as 64-bit ones, so that no sum of small ones wraps; anything else as a float that is null, never NaN."""
    if kind.is_integer():
        return column.cast(nw.Int64)
    value = column.cast(nw.Float64)
    return nw.when(value == value).then(value)  # NaN is the one value that is not itself (engines that order NaN see it below)


def to_pandas(frame: Any) -> pd.DataFrame:
    """A frame of any engine in pandas.

    >>> to_pandas(pd.DataFrame({"a": [1]})).shape
    (1, 1)
    """
    return _pandas(_lazy(frame))


def _pandas(frame: Any) -> pd.DataFrame:
    """A small frame in pandas, whatever the engine: through the engine's own way out, then narwhals."""
    eager = frame.collect() if isinstance(frame, nw.LazyFrame) else frame
    return pd.DataFrame(eager.to_pandas())


def _tidy(summed: pd.DataFrame, axes: list[str], found: list[Finding], money: bool, more: Sequence[str]) -> pd.DataFrame:
    missing = [a for a in axes if (summed[a] == MISSING).any()]
    found += [finding("E_NULL_KEY", level="warning", column=a) for a in missing]
    for name in ("count", "exposure"):
        summed[name] = summed[name].astype(float) if money and name == "count" else _whole(summed[name])
    out = summed[[*axes, "count", "exposure", *more]]
    out = out.sort_values(axes, kind="stable").reset_index(drop=True) if axes else out
    for a in axes:
        out[a] = out[a].astype(str)
    out.attrs["findings"] = tuple(found)
    return out


def _whole(sums: pd.Series) -> pd.Series:
    """As int64 where nothing is lost by it: an engine may answer with decimals, floats or integers wider than its own."""
    if pd.api.types.is_integer_dtype(sums):
        return sums.astype("int64")
    values = [0 if pd.isna(v) else v for v in sums]
    whole = all(math.isfinite(v) and v == int(v) for v in values)
    return pd.Series([int(v) for v in values] if whole else [float(v) for v in values], sums.index, dtype="int64" if whole else "float64")
