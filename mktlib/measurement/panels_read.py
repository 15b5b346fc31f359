"""A panel as a matrix of units and periods, with who is treated from when on; and what would make a comparison of it wrong in silence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mktlib.errors import DataError, Finding
from mktlib.intake import frame_of
from mktlib.intake.inputs import YES_NO, absent, as_group, days_of, moment, not_numbers, numbers
from mktlib.vocabulary import finding, masked, nearest

PEOPLE = ("member_id", "customer_id", "person_id", "user_id", "email", "e-mail", "phone")
UNLIKE = 3.0
"""Units whose means differ by more than so many times are compared in logs, where all is above 0."""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """y (units, periods), NaN where blank, in logs where `logs`; treated (units,) bool; start: the first treated period's place."""

    y: np.ndarray
    units: tuple[str, ...]
    times: pd.Index
    treated: np.ndarray
    start: int
    logs: bool
    findings: tuple[Finding, ...] = ()


def read_did(
    data: Any, *, unit: str, time: str, outcome: str, treated: Any, start: Any, end: Any, scale: str, found: list[Finding]
) -> Panel:
    """The matrix of a frame with one row a unit and period.

    Raises:
        DataError: every problem of the frame, after those already `found`.
    """
    frame = frame_of(data)
    problems = [*found, *absent(frame, [unit, time, outcome])]
    problems += [] if len(frame) else [finding("E_NO_ROWS")]
    if problems:
        raise DataError(problems)
    if unit.lower() in PEOPLE or any(u != masked(u) for u in map(str, frame[unit].dropna().unique()[:1000])):
        problems.append(finding("E_DID_PEOPLE", column=unit, found=unit))
    when, bad = _periods(frame, time)
    problems += bad + not_numbers(frame, outcome, signed=True)
    if problems:
        raise DataError(problems)
    known = when.notna() & as_group(frame[unit]).ne("(missing)")
    last, bad_end = _place(end, "end", when)
    kept = known & (when <= last) if last is not None else known
    rows = pd.DataFrame({"unit": _names(frame[unit])[kept], "time": when[kept], "y": numbers(frame, outcome, blank=np.nan)[kept]})
    twice = rows.duplicated(["unit", "time"])
    if twice.any():
        problems.append(finding("E_DID_TWICE", column=unit, found=rows.loc[twice, "unit"].iloc[0]))
    mine, first, wrong = _treated(frame[kept], rows, treated)
    begin, bad_start = _place(start, "start", when) if start is not None or first is None else (first, [])
    problems += [*bad_end, *wrong, *bad_start]
    if start is None and first is None and not wrong:
        problems.append(finding("E_OPTION", column="start", found="None", expected='start="2026-07-06"'))
    if problems:
        raise DataError(problems)
    return _matrix(rows, mine, begin, scale, outcome)


def _names(values: pd.Series) -> pd.Series:
    return as_group(values).str.replace(r"^(-?\d+)\.0$", r"\1", regex=True)


def _periods(frame: pd.DataFrame, time: str) -> tuple[pd.Series, list[Finding]]:
    """The column as numbers where it holds numbers, else as days."""
    values = frame[time]
    if pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype):
        return numbers(frame, time, blank=np.nan), not_numbers(frame, time, signed=True)
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        frame = frame.assign(**{time: values.dt.tz_localize(None)})  # the day on its own clock
    return days_of(frame, time)


def _place(given: Any, name: str, when: pd.Series) -> tuple[Any, list[Finding]]:
    """A period as the column of periods gives them."""
    if given is None or when.dtype.kind == "M":
        return moment(given, name)
    fine = isinstance(given, int | float | np.number) and not isinstance(given, bool) and np.isfinite(given)
    return (float(given), []) if fine else (None, [finding("E_OPTION", column=name, found=given, expected=f"{name}={when.median():g}")])


def _treated(frame: pd.DataFrame, rows: pd.DataFrame, treated: Any) -> tuple[set[str], Any, list[Finding]]:
    """(treated units, first treated period where a column tells it, what is wrong)."""
    units = list(rows["unit"].unique())
    if isinstance(treated, str) and treated in frame.columns:
        return _by_column(frame[treated], rows, treated)
    named = [treated] if isinstance(treated, str) else list(treated) if isinstance(treated, Iterable) else []
    named = list(_names(pd.Series(named, dtype=object))) if named else []
    wrong = [finding("E_DID_UNIT", column="treated", found=n, hint=nearest(n, units)) for n in named if n not in units]
    if not wrong and not 0 < len(set(named)) < len(units):
        wrong = [finding("E_DID_TREATED", column="treated", found=str(treated)[:60])]
    return set(named), None, wrong


def _by_column(values: pd.Series, rows: pd.DataFrame, name: str) -> tuple[set[str], Any, list[Finding]]:
    words = _names(values).str.lower()
    on = words.map({**{k: v for k, v in YES_NO.items()}, "1": 1, "0": 0, "treated": 1, "held_out": 0, "control": 0, "untreated": 0})
    if on.isna().any():
        return set(), None, [finding("E_DID_TREATED", column=name, found=words[on.isna()].iloc[0])]
    told = rows[["unit", "time"]].assign(on=on.to_numpy()).sort_values(["unit", "time"], kind="stable")
    ever = told.groupby("unit")["on"].agg(["min", "max"])
    mine = set(ever.index[ever["max"] == 1])
    if not 0 < len(mine) < len(ever):
        return set(), None, [finding("E_DID_TREATED", column=name, found=name)]
    if (ever["min"] == ever["max"]).all():
        return mine, None, []
    stops = told["on"].diff().lt(0) & told["unit"].eq(told["unit"].shift())
    if stops.any():
        return mine, None, [finding("E_DID_STOPS", column=name, found=told.loc[stops, "unit"].iloc[0])]
    starts = told[told["on"] == 1].groupby("unit")["time"].min().drop_duplicates().sort_values()
    if len(starts) > 1:
        said = ", ".join(str(s.date() if hasattr(s, "date") else f"{s:g}") for s in starts.iloc[:4])
        return mine, None, [finding("E_DID_STAGGERED", column=name, found=said)]
    return mine, starts.iloc[0], []


def _matrix(rows: pd.DataFrame, mine: set[str], begin: Any, scale: str, outcome: str) -> Panel:
    (unit, units), (time, times) = (pd.factorize(rows[c], sort=True) for c in ("unit", "time"))
    cells = np.full((len(units), len(times)), np.nan)
    cells[unit, time] = rows["y"]
    table = pd.DataFrame(cells, index=units, columns=times)
    table = table.loc[:, table[~table.index.isin(mine)].notna().any()]
    before = np.asarray(table.columns < begin)
    y = table.to_numpy(float)
    if before.sum() < 2 or (~before).sum() < 1:
        raise DataError(finding("E_DID_START", column="start", found=begin.date() if hasattr(begin, "date") else begin))
    seen = ~np.isnan(y)
    whole = (seen[:, before].sum(axis=1) >= 2) & (seen[:, ~before].sum(axis=1) >= 1)
    treated = np.array([u in mine for u in table.index])
    if (whole & treated).sum() < 1 or (whole & ~treated).sum() < 3:
        raise DataError(finding("E_DID_FEW", column=rows.columns[0], found=str(int(whole.sum()))))
    told = []
    if not whole.all():
        lost = [str(u) for u in table.index[~whole]]
        told.append(finding("N_DID_DROPPED", level="warning", found=", ".join(lost[:6]), many=str(len(lost))))
    y, treated = y[whole], treated[whole]
    blank = int(np.isnan(y).sum())
    if blank:
        told.append(finding("N_DID_UNBALANCED", level="note", found=str(blank), many=str(y.size)))
    logs = _in_logs(y, scale, outcome)
    return Panel(
        y=np.log(y) if logs else y, units=tuple(map(str, table.index[whole])), times=table.columns, treated=treated,
        start=int(before.sum()), logs=logs, findings=tuple(told),
    )  # fmt: skip


def _in_logs(y: np.ndarray, scale: str, outcome: str) -> bool:
    positive = bool(np.nanmin(y) > 0)
    if scale == "log" and not positive:
        raise DataError(finding("E_DID_LOG", column=outcome, found=f"{np.nanmin(y):g}"))
    if scale != "auto":
        return scale == "log"
    means = np.nanmean(y, axis=1)
    return positive and float(means.max() / means.min()) > UNLIKE
