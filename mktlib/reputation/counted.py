"""Mentions, or counts of them, laid on a grid of hours (or of days) in the zone in which people live."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from numbers import Number
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from mktlib.errors import DataError, Finding
from mktlib.intake import to_pandas
from mktlib.intake.dates import typed_days
from mktlib.intake.engines import EARLIEST, ENDLESS, LATEST, as_floats
from mktlib.reputation.baseline import Calendar
from mktlib.reputation.said import moments, read_mentions, words
from mktlib.vocabulary import Row, days_off, finding, nearest

LONGEST = 20 * 366
"""Days that are watched at most: beyond, a date is wrong."""
STEADY = 4
"""Gaps of one length between counts that are more than chance."""
LATE = np.where(np.arange(24) == 23, 1.0, 1e-7)
"""Days counted as a whole are known when they end."""


@dataclass(frozen=True)
class Counted:
    """count, negative, told (mentions of known tone), there (0 or 1), all (bins,), on the bins that `begin` (UTC).

    said: the mentions behind them (at, tone, topic, bin), None where only counts are known. toned: whether any tone is known; read: whether
    the lexicon read them.
    """

    begin: pd.DatetimeIndex
    calendar: Calendar
    count: np.ndarray
    negative: np.ndarray
    told: np.ndarray
    there: np.ndarray
    said: pd.DataFrame | None
    toned: bool
    daily: bool
    read: bool = False


@dataclass(frozen=True)
class Spans:
    """Times that are left out: those that were muted, and those without collection."""

    muted: tuple[tuple[pd.Timestamp, pd.Timestamp], ...] = ()
    gaps: tuple[tuple[pd.Timestamp, pd.Timestamp], ...] = ()

    def inside(self, at: pd.DatetimeIndex) -> np.ndarray:
        out = np.zeros(len(at), dtype=bool)
        for first, last in (*self.muted, *self.gaps):
            out |= (at >= first.floor("h")) & (at < last)
        return out


def counted(mentions: Any, *, brand: str, zone: str, as_of: pd.Timestamp | None, spans: Spans, holidays: Row | None) -> Counted:
    """The grid of a frame of mentions (at ...) or of counts (at, count, and perhaps negative).

    Raises:
        DataError: every problem at once.
    """
    frame = to_pandas(mentions).reset_index(drop=True)
    if "count" in frame:
        rows, said, read = _counts(frame, brand), None, False
    else:
        said = read_mentions(frame, brand=brand)
        read = bool(said.attrs["read"])
        said = said[said["brand"] == brand][["at", "tone", "topic"]]
        rows = said.assign(count=1.0, told=said["tone"].ne("").astype(float), negative=said["tone"].eq("negative").astype(float))
    rows = rows.assign(at=rows["at"].dt.tz_localize("UTC"))
    return replace(_grid(rows, said, zone, as_of, spans, holidays), read=read)


def _counts(frame: pd.DataFrame, brand: str) -> pd.DataFrame:
    """at, count, negative, told of counts by hour or by day."""
    found: list[Finding] = []
    if not isinstance(brand, str):
        raise DataError(finding("E_OPTION", column="brand", found=brand, expected="own"))
    if "at" not in frame:
        there = [str(c) for c in frame.columns]
        raise DataError(finding("E_MISSING_COLUMN", column="at", expected="at", found=", ".join(there), hint=nearest("at", there)))
    out = pd.DataFrame({"at": moments(frame["at"]), "brand": words(frame, "brand", brand)})
    for column in ("count", "negative"):
        given = frame[column] if column in frame else pd.Series(0.0, index=frame.index)
        out[column] = as_floats(given)
    tests = (
        ("E_BAD_DATE", "at", out["at"].isna()),
        ("E_NOT_A_NUMBER", "count", out["count"].isna()),
        ("E_NOT_FINITE", "count", out["count"].abs() >= ENDLESS),
        ("E_NEGATIVE_COUNT", "count", out["count"] < 0),
        ("E_NOT_INTEGER", "count", np.isfinite(out["count"]) & (out["count"] % 1 != 0)),
        ("E_NEGATIVE_COUNT", "negative", out["negative"] < 0),
        ("E_NOT_A_NUMBER", "negative", out["negative"].isna()),
        ("E_WATCH_SHARE", "negative", (out["negative"] > out["count"]) & (out["count"] >= 0)),
    )
    for code, column, bad in tests:
        if bad.any():
            at = int(bad.to_numpy().argmax())
            hint = typed_days(column, frame[column].iloc[at]) if code == "E_BAD_DATE" else None
            found.append(finding(code, column=column, line=at + 2, found=frame[column].iloc[at] if column in frame else None, hint=hint))
    brands = sorted(out["brand"].unique())
    if len(out) and brand not in brands:
        found.append(finding("E_OPTION", column="brand", found=brand, expected=", ".join(brands[:8]), hint=nearest(brand, brands)))
    if found:
        raise DataError(found)
    return out[out["brand"] == brand].assign(told=out["count"] if "negative" in frame else 0.0)


def _grid(rows: pd.DataFrame, said: pd.DataFrame | None, zone: str, as_of: Any, spans: Spans, holidays: Row | None) -> Counted:
    rows, daily = _known(rows, zone, as_of, counts=said is None)
    local = rows["at"].dt.tz_convert(zone)
    first, last = local.min().normalize(), rows["at"].max() if as_of is None else as_of
    days = (last - first).days + 1
    if days > LONGEST:
        raise DataError(finding("E_WATCH_SPAN", column="at", found=f"{rows['at'].min():%Y-%m-%d} - {last:%Y-%m-%d}", days=days))
    end = (local.max().normalize() + pd.DateOffset(days=1)).tz_convert("UTC") if daily else last + pd.Timedelta(1, "ns")
    at = pd.date_range(first.tz_convert("UTC"), end, freq="h", inclusive="left", unit="ns")
    here = at.tz_convert(zone)
    stamp = rows["at"] if not daily else _last_hour(rows["at"], zone)
    where = at.searchsorted(pd.DatetimeIndex(stamp).as_unit("ns"), side="right") - 1
    sums = {c: np.bincount(where, weights=rows[c], minlength=len(at)) for c in ("count", "negative", "told")}
    there = ~spans.inside(at) & (daily | (np.arange(len(at)) >= where.min()))
    if said is not None:
        said = rows[["at", "tone", "topic"]].assign(bin=where)
    numbers = {"count": sums["count"], "negative": sums["negative"], "told": sums["told"], "there": there.astype(float)}
    return Counted(at, _calendar(here, daily, holidays), **numbers, said=said, toned=bool(sums["told"].sum() > 0), daily=daily)


def _known(rows: pd.DataFrame, zone: str, as_of: Any, *, counts: bool) -> tuple[pd.DataFrame, bool]:
    """What was known as of then, and whether it was counted by the day: days told in UTC are the zone's own days."""
    local = rows["at"].dt.tz_convert(zone)
    daily = counts and _whole_days(rows["at"], local)
    if daily and (apart := _apart(local)) > 1:
        raise DataError(finding("E_WATCH_WEEKS", column="at", days=apart))
    if daily:
        if not (local.dt.hour == 0).all():
            local = rows["at"].dt.tz_localize(None).dt.tz_localize(zone, ambiguous=True, nonexistent="shift_forward")
        rows = rows.assign(at=local.dt.normalize().dt.tz_convert("UTC"))
    rows = rows if as_of is None else rows[rows["at"] <= as_of]
    if rows.empty:
        raise DataError(finding("E_NO_ROWS", found="0"))
    return rows, daily


def _whole_days(at: pd.Series, local: pd.Series) -> bool:
    """Whether counts stand for days: every one at midnight, in UTC or in the zone, and no two hours of one day."""
    return bool(len(at) > 1 and any((t == t.dt.normalize()).all() for t in (at, local)))


def _apart(local: pd.Series) -> int:
    """How many days lie between counts that come at a steady pace (by week, by month); else 1."""
    gaps = np.diff(np.unique(local.dt.tz_localize(None).dt.normalize().to_numpy())) / np.timedelta64(1, "D")
    steady = len(gaps) >= STEADY and gaps.min() >= 2 and gaps.max() <= 1.2 * gaps.min()
    return round(float(np.median(gaps))) if steady else 1


def _last_hour(at: pd.Series, zone: str) -> pd.Series:
    """The hour that ends with the local day that `at` begins."""
    return ((at.dt.tz_convert(zone).dt.normalize() + pd.DateOffset(days=1)) - pd.Timedelta(hours=1)).dt.tz_convert("UTC")


def _calendar(here: pd.DatetimeIndex, daily: bool, holidays: Row | None) -> Calendar:
    date = here.normalize()
    start = np.flatnonzero(np.r_[True, date[1:] != date[:-1]])
    days = here[start]
    off = days_off(holidays, set(days.year)) if holidays else frozenset()  # public holidays are taken as Sundays
    weekday = np.array([6 if day.date() in off else day.weekday() for day in days])
    start = np.r_[start, len(here)]
    hour = here.hour.to_numpy()
    return Calendar(start, weekday, hour, LATE) if daily else Calendar(start, weekday, hour)


def spans_of(given: Any, name: str, zone: str) -> tuple[list[tuple[pd.Timestamp, pd.Timestamp]], list[Finding]]:
    """(first, end) pairs in UTC of a frame with since and until, or of pairs of days or times; a day ends with itself."""
    if given is None:
        return [], []
    if isinstance(given, pd.DataFrame):
        given = list(zip(given.get("since", []), given.get("until", []), strict=False))
    out: list[tuple[pd.Timestamp, pd.Timestamp]] = []
    for pair in given if isinstance(given, Iterable) else [given]:
        try:
            first, last = pair
            begin, end = _moment(first, zone), _moment(last, zone, end=True)
            if not begin < end:
                raise ValueError
        except (ValueError, TypeError):
            return [], [finding("E_OPTION", column=name, found=pair, expected='[("2026-06-01", "2026-06-03")]')]
        out.append((begin, end))
    return out, []


def until_of(as_of: Any, zone: str) -> tuple[pd.Timestamp | None, list[Finding]]:
    """As of when in UTC, None where nothing is asked; a day is its beginning."""
    try:
        return None if as_of is None else _moment(as_of, zone), []
    except (ValueError, TypeError):
        return None, [finding("E_OPTION", column="as_of", found=as_of, expected='as_of="2026-09-30"')]


def _moment(value: Any, zone: str, *, end: bool = False) -> pd.Timestamp:
    """A day or a time in UTC; without a zone of its own it is told in ours."""
    if isinstance(value, Number):
        raise ValueError
    time = pd.Timestamp(pd.to_datetime(value, format="ISO8601") if isinstance(value, str) else value)
    if time is pd.NaT:
        raise ValueError
    whole = time == time.normalize() and time.tzinfo is None
    time = time.tz_localize(ZoneInfo(zone), ambiguous=True, nonexistent="shift_forward") if time.tzinfo is None else time
    time = (time + pd.DateOffset(days=1) if whole and end else time).tz_convert("UTC")
    if not EARLIEST <= time <= LATEST:
        raise ValueError
    return time
