"""A second pair of eyes on a plan's days: every publication held against the brief and the rules, without the code that placed it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from mktlib.planning.brief import Brief, FixedDate
from mktlib.vocabulary import Tables, load_tables, sending_rules

Row = tuple[str, str, float, float]
"""limit, scope, used, most"""


def broken_days(
    brief: Brief, items: pd.DataFrame, schedule: pd.DataFrame, calendar: pd.DataFrame, *, tables: Tables | None = None
) -> pd.DataFrame:
    """One row a limit that a calendar does not hold: limit, scope, used, most, over.

    calendar_mute, calendar_quiet: a publication in a mute, or in hours or on days of silence. calendar_week: on a day outside its week or
    the campaign. calendar_missing: placements of the plan that the calendar lacks, or has too often, or with another quantity.
    calendar_due: a piece due on the day it is shown or later (days). calendar_date: nothing that fits is out by a fixed date.
    calendar_bulk: more messages on a day than a sender may send who does not meet the rules for bulk.
    """
    tables = tables or load_tables()
    out = calendar[calendar["task"] == "publish"]
    odd = calendar[~calendar["task"].isin(["make", "publish"])]
    rows: list[Row] = [("calendar_missing", f"{row.item} / {row.task}", 1.0, 0.0) for row in odd.itertuples(index=False)]
    amounts = pd.to_numeric(out["quantity"], errors="coerce")
    wrong = out[~(amounts >= 0)]
    rows += [("calendar_missing", f"{row.item} / {row.quantity}", 1.0, 0.0) for row in wrong.itertuples(index=False)]
    for shown in out.itertuples(index=False):
        rows += _silences(brief, tables, shown)
    rows += _complete(brief, schedule, out)
    rows += _daily(brief, out)
    rows += _ready(items, calendar, out)
    rows += [row for date in brief.fixed_dates for row in _in_time(brief, tables, date, out)]
    table = pd.DataFrame(rows, columns=["limit", "scope", "used", "most"]).astype({"used": float, "most": float})
    table["over"] = table["used"] - table["most"]
    return table[~(table["over"] <= 1e-6)].reset_index(drop=True)


def _silences(brief: Brief, tables: Tables, shown: Any) -> Iterator[Row]:
    scope = f"{shown.item} / {shown.segment} / {shown.channel} / {shown.at}"
    if pd.isna(shown.at):
        yield "calendar_missing", scope, 1.0, 0.0
        return
    day = shown.at.date()
    for mute in brief.mutes:
        whom = (mute.segment is None or mute.segment == shown.segment) and (mute.channel is None or mute.channel == shown.channel)
        yield "calendar_mute", scope, float(whom and mute.first_day <= day <= mute.last_day), 0.0
    minute = shown.at.hour * 60 + shown.at.minute
    yield "calendar_quiet", scope, float(_forbidden(tables, str(shown.channel), day, minute)), 0.0


def _forbidden(tables: Tables, channel: str, day: dt.date, minute: int) -> bool:
    """Whether any rule wants a channel silent at a minute of a day."""
    for rule in tables.quiet.values():
        if channel not in rule["channels"]:
            continue
        start, end = 60 * rule["since"], 60 * rule["until"]
        length = (end - start) % 1440
        if (minute - start) % 1440 < length or day.isoweekday() in rule["weekdays"]:
            return True
        if any(_is_holiday(tables.holidays[name], day) for name in rule["holidays"]):
            return True
    return False


def _is_holiday(row: Mapping[str, Any], day: dt.date) -> bool:
    return f"{day:%m-%d}" in row["fixed"] or (day - _easter(day.year)).days in row["after_easter"]


def _easter(year: int) -> dt.date:
    """Easter Sunday of a Gregorian year (Meeus, Jones and Butcher).

    >>> _easter(2026).isoformat(), _easter(2027).isoformat()
    ('2026-04-05', '2027-03-28')
    """
    a, b, c = year % 19, year // 100, year % 100
    d, e = b // 4, b % 4
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    j, k = c // 4, c % 4
    m = (a + 11 * h) // 319
    r = (2 * e + 2 * j - k - h + m + 32) % 7
    month, day = divmod(h - m + r + 90, 25), (h - m + r + 19)
    return dt.date(year, month[0], (day + month[0]) % 32)


def _pairs(values: pd.Series) -> list[Any]:
    return list(values.items())


def _complete(brief: Brief, schedule: pd.DataFrame, out: pd.DataFrame) -> Iterator[Row]:
    """Every placement stands in the calendar once, in its own week and with its own quantity."""
    days = [-1 if pd.isna(at) else (at.date() - brief.first_day).days for at in out["at"]]
    late = [float(pd.isna(at) or not brief.first_day <= at.date() <= brief.last_day) for at in out["at"]]
    keys = zip(out["item"], out["segment"], out["channel"], (day // 7 + 1 for day in days), strict=True)
    placed = pd.Series(
        out["quantity"].to_numpy(float), index=pd.MultiIndex.from_tuples(list(keys), names=["item", "segment", "channel", "week"])
    )
    for key, outside in zip(placed.index, late, strict=True):
        yield "calendar_week", " / ".join(map(str, key)), outside, 0.0
    wanted = schedule.set_index(["item", "segment", "channel", "week"])["quantity"].astype(float)
    apart = wanted.groupby(level=[0, 1, 2, 3]).sum().sub(placed.groupby(level=[0, 1, 2, 3]).sum(), fill_value=0.0)
    for key, missing in _pairs(apart):
        yield "calendar_missing", " / ".join(map(str, key)), abs(float(missing)), 1e-6 * max(1.0, abs(float(missing)))


def _daily(brief: Brief, out: pd.DataFrame) -> Iterator[Row]:
    """Messages of a day, for a sender who must stay below bulk."""
    how, rules = brief.sending, sending_rules()
    if how.authenticated and how.one_click_unsubscribe and how.complaint_rate < rules["complaint_most"]["value"]:
        return
    rows = out[out["channel"].isin(list(rules["bulk_from"]["channels"])) & out["at"].notna()]
    for (channel, day), sent in _pairs(rows.groupby(["channel", rows["at"].dt.date])["quantity"].sum()):
        yield "calendar_bulk", f"{channel} / {day}", float(sent), rules["bulk_from"]["value"] - 1.0


def _ready(items: pd.DataFrame, calendar: pd.DataFrame, out: pd.DataFrame) -> Iterator[Row]:
    """A piece is due before the day on which it is first shown."""
    made = calendar[calendar["task"] == "make"]
    due, first = made.groupby("item")["due"].max(), out.groupby("item")["at"].min()
    for item in items.loc[items["status"] == "make", "item"]:
        ready, shown = pd.Timestamp(due.get(item, pd.NaT)), pd.Timestamp(first.get(item, pd.NaT))
        late = float("inf") if pd.isna(ready) or pd.isna(shown) else float((ready.date() - shown.date()).days + 1)
        if item in first.index:
            yield "calendar_due", str(item), late, 0.0


def _in_time(brief: Brief, tables: Tables, date: FixedDate, out: pd.DataFrame) -> Iterator[Row]:
    """Something that fits is out by a fixed date, where its week has an open day until then."""
    week = (date.day - brief.first_day).days // 7
    fits = out[date.rows(out)]
    shown: list[Any] = list(fits[fits["at"].notna()].itertuples(index=False))
    days = [row.at.date() for row in shown]
    able = [row for row in shown if (row.at.date() - brief.first_day).days // 7 == week]
    free = any(_free(brief, tables, row, brief.first_day + dt.timedelta(days=7 * week), date.day) for row in able)
    yield "calendar_date", f"{date.name or date.day}", float(free and not any(day <= date.day for day in days)), 0.0


def _free(brief: Brief, tables: Tables, shown: Any, first: dt.date, last: dt.date) -> bool:
    """Whether a placement could stand on some day from first to last."""
    for day in (first + dt.timedelta(days=k) for k in range((last - first).days + 1)):
        muted = any(
            m.first_day <= day <= m.last_day and m.segment in (None, shown.segment) and m.channel in (None, shown.channel)
            for m in brief.mutes
        )
        if not muted and not all(_forbidden(tables, str(shown.channel), day, 60 * hour) for hour in range(24)):
            return True
    return False
