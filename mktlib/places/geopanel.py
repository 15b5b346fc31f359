"""Sales by area and week as one matrix, and what is wrong with the rows it was made of.

A blank is unknown and never a zero: it is filled with what the area's size and the week's weather say, and counted. Days are added up to
whole weeks; a week that begins or ends outside the data is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mktlib.errors import DataError, Finding
from mktlib.intake import to_pandas
from mktlib.intake.inputs import absent, as_group, days_of, not_numbers, numbers
from mktlib.vocabulary import finding

MOST_ABSENT = 0.1
"""Share of weeks that an area may lack, or may have sold nothing in, and still be judged."""
YEAR = 52


@dataclass(frozen=True, kw_only=True)
class Panel:
    """areas (A,) names; weeks (W,) first days, ascending; y (A, W) the outcome, without blanks; filled: cells that were blank;
    gaps: weeks nobody reported; dropped: areas left out."""

    areas: tuple[str, ...]
    weeks: pd.DatetimeIndex
    y: np.ndarray
    filled: int = 0
    gaps: tuple[pd.Timestamp, ...] = ()
    dropped: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    def rows(self, names: list[str]) -> np.ndarray:
        """Where each of these areas stands."""
        place = {name: k for k, name in enumerate(self.areas)}
        return np.array([place[name] for name in names], dtype=int)

    def before(self, week: int) -> Panel:
        """The weeks before one of them."""
        return Panel(areas=self.areas, weeks=self.weeks[:week], y=self.y[:, :week], findings=self.findings)


def read_panel(history: Any, *, areas: str, weeks: str, outcome: str, found: list[Finding] | None = None) -> Panel:
    """The matrix of a frame with one row an area and week (or day); rows of one area and week are added up.

    Raises:
        DataError: every problem of the frame, after those already `found`.
    """
    problems = list(found or [])
    frame = to_pandas(history)
    problems += absent(frame, [areas, weeks, outcome])
    if problems:
        raise DataError(problems)
    if isinstance(frame[weeks].dtype, pd.DatetimeTZDtype):
        frame = frame.assign(**{weeks: frame[weeks].dt.tz_localize(None)})  # the day on its own clock
    when, bad = days_of(frame, weeks)
    problems += bad + not_numbers(frame, outcome)
    problems += [] if len(frame) else [finding("E_NO_ROWS")]
    if problems:
        raise DataError(problems)
    name, value = as_group(frame[areas]), numbers(frame, outcome, blank=np.nan)
    known = when.notna() & name.ne("(missing)")
    if not known.any():
        raise DataError(finding("E_NO_ROWS"))
    rows = pd.DataFrame({"area": name[known], "day": when[known].dt.normalize(), "y": value[known]})
    return _shaped(rows, _left_out(int((~known).sum())))


def _left_out(count: int) -> list[Finding]:
    return [finding("N_GEO_UNPLACED", level="warning", found=str(count))] if count else []


def _shaped(rows: pd.DataFrame, told: list[Finding]) -> Panel:
    week, daily = _week_of(rows["day"])
    rows = rows.assign(week=week)
    if daily:
        rows = _whole_weeks(rows)
    many = int(rows.duplicated(["area", "week"]).sum())
    if many and not daily:
        told.append(finding("N_GEO_SUMMED", level="warning", found=str(many)))
    wide = rows.groupby(["area", "week"], as_index=False)["y"].sum(min_count=1).pivot_table("y", "area", "week", dropna=False)
    every = pd.date_range(wide.columns.min(), wide.columns.max(), freq="7D")
    gaps = tuple(w for w in every if w not in wide.columns)
    wide = wide.reindex(columns=every)
    return _complete(wide, gaps, told)


def _week_of(day: pd.Series) -> tuple[pd.Series, bool]:
    """The first day of each row's week: the day itself where all fall on one weekday, else its Monday."""
    if (day.dt.day_of_week == day.dt.day_of_week.iloc[0]).all():
        return day, False
    return day - pd.to_timedelta(day.dt.day_of_week, unit="D"), True


def _whole_weeks(rows: pd.DataFrame) -> pd.DataFrame:
    """Daily rows without a first or last week that is not seen whole."""
    first, last = rows["day"].min(), rows["day"].max()
    whole = (rows["week"] >= first) & (rows["week"] + pd.Timedelta(days=6) <= last)
    return rows[whole] if whole.any() else rows


def _complete(wide: pd.DataFrame, gaps: tuple[pd.Timestamp, ...], told: list[Finding]) -> Panel:
    y = wide.to_numpy(float)
    reported = np.isfinite(y).any(axis=0)
    if not reported.any() or len(gaps) > MOST_ABSENT * len(wide.columns):
        raise DataError(finding("E_GEO_SPARSE", found=str(int(reported.sum())), many=str(len(wide.columns))))
    thin = np.isnan(y[:, reported]).mean(axis=1) > MOST_ABSENT
    quiet = (np.nan_to_num(y[:, reported]) <= 0).mean(axis=1) > MOST_ABSENT
    out = thin | quiet
    dropped = tuple(str(a) for a in wide.index[out])
    if dropped:
        told.append(finding("N_GEO_DROPPED", level="warning", found=", ".join(dropped[:5]), many=str(len(dropped))))
    y = y[~out]
    blank = int(np.isnan(y[:, reported]).sum())
    if blank:
        told.append(finding("N_GEO_FILLED", level="warning", found=str(blank)))
    if gaps:
        told.append(finding("N_GEO_GAPS", level="warning", found=", ".join(str(g.date()) for g in gaps[:4]), many=str(len(gaps))))
    names = tuple(str(a) for a in wide.index[~out])
    if not names:
        raise DataError(finding("E_GEO_NONE", found=str(len(wide))))
    return Panel(
        areas=names, weeks=pd.DatetimeIndex(wide.columns), y=filled(y), filled=blank, gaps=gaps, dropped=dropped, findings=tuple(told)
    )


def filled(y: np.ndarray) -> np.ndarray:
    """Blanks as the area's mean times the week's usual share of a mean; a week without any report lies between its neighbours.

    >>> filled(np.array([[10.0, 20.0], [5.0, np.nan]])).round(6).tolist()
    [[10.0, 20.0], [5.0, 10.0]]
    """
    if not np.isnan(y).any():
        return y
    known = np.isfinite(y)
    shape = np.ones(y.shape[1])
    for _ in range(60):  # size and weather by turns, as in a table with blanks
        size = np.where(known, y, 0).sum(axis=1) / np.maximum((known * shape).sum(axis=1), 1e-12)
        week = np.where(known, y, 0).sum(axis=0) / np.maximum((known * size[:, None]).sum(axis=0), 1e-12)
        seen = known.any(axis=0)
        shape = np.interp(np.arange(len(week)), np.flatnonzero(seen), week[seen]) if seen.any() else shape
    return np.where(known, y, size[:, None] * shape[None, :])
