"""What was already sent, beside what a plan would send: nobody may get more than they bear, across campaigns and across months.

The limits of a plan count its own messages by segment. Who got messages before it began, or gets them from elsewhere, is a person of a
log; that person's days and the plan's are counted together.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from mktlib.contacts import Sent, read_sends
from mktlib.errors import Finding
from mktlib.planning.brief import Brief, Segment
from mktlib.vocabulary import finding, load_tables, nearest

WINDOWS = {7: "cap_per_week", 28: "cap_per_month"}
EPOCH = dt.date(1970, 1, 1)
COLUMNS = ("person", "segment", "window", "messages", "cap", "first_day", "last_day")
MOST_TOLD = 3
SMALL = 1e-6


def read_log(brief: Brief, sends: Any, *, zone: str = "Europe/Paris") -> tuple[Sent, list[Finding]]:
    """(a log with one row a message, what is to be told of it): member_id, sent_at, and segment where it is known.

    Raises:
        DataError: what is wrong with the log, all at once.
    """
    sent = read_sends(sends, zone=zone)
    found = [_told(f, zone, brief.language) for f in sent.found]
    named = sorted(set(_segments(sent)) - {""})
    if named and not set(named) & set(brief.segments):
        said: dict[str, Any] = {"expected": ", ".join(brief.segments), "hint": nearest(named[0], brief.segments)}
        found.append(finding("W_PLAN_SENDS", brief.language, level="warning", column="sends.segment", found=", ".join(named[:5]), **said))
    return sent, found


def _told(found: Finding, zone: str, language: str) -> Finding:
    """What is to be told of a log; here a zone is told by an offset alone."""
    hint = f'sends["sent_at"] = sends["sent_at"].dt.tz_localize("{zone}")' if found.code == "W_SENDS_ZONE" else None
    said: dict[str, Any] = {"level": found.level, "column": found.column, "line": found.line, "found": found.found}
    return finding(found.code, language, **said, hint=hint, zone=zone)


def over_with_log(brief: Brief, calendar: pd.DataFrame, sent: Sent) -> pd.DataFrame:
    """One row a person and window over the segment's cap once the plan's messages are added to the log's (columns COLUMNS).

    calendar: the plan's, whose messages go out on its days; a message to part of a segment counts as that part of one. sent: from
    `read_log`; who has no segment in it is counted in each, who has several in each of them, always with all their messages.
    """
    rows = [row for name in brief.segments for row in _segment(brief, name, calendar, sent)]
    return pd.DataFrame(rows, columns=list(COLUMNS)).sort_values(
        ["messages", "person", "window"], ascending=[False, True, True], kind="stable", ignore_index=True
    )


def _segment(brief: Brief, name: str, calendar: pd.DataFrame, sent: Sent) -> Iterator[tuple[Any, ...]]:
    """The fullest days of each person of a segment, of all that end with a message and hold one of the log and one of the plan."""
    days, weight = _planned(brief, name, calendar)
    mine = _of_segment(sent, name)
    if not len(days) or not mine.any():
        return
    person, day = sent.person[mine], sent.day[mine].astype(np.int64)
    people = np.unique(person)
    step = int(max(day.max(), days.max()) - min(day.min(), days.min())) + 100
    base = int(min(day.min(), days.min())) - 50
    key = np.sort(person.astype(np.int64) * step + day - base)
    for window, entry in WINDOWS.items():
        cap = float(getattr(brief.segments[name], entry))
        best, at = np.zeros(len(people)), np.zeros(len(people), np.int64)
        later = np.unique(day[(day > days.min()) & (day < days.max() + window)])  # messages planned elsewhere
        for t in np.union1d(days, later):
            ends = people.astype(np.int64) * step + t - base
            logged = np.searchsorted(key, ends, "right") - np.searchsorted(key, ends - window, "right")
            planned = weight[(days > t - window) & (days <= t)].sum()
            both = np.where((logged > 0) & (planned > 0), logged + planned, 0.0)
            best, at = np.where(both > best, both, best), np.where(both > best, t, at)
        for k in np.flatnonzero(best > cap + SMALL):
            days_there = [
                *day[(person == people[k]) & (day > at[k] - window) & (day <= at[k])],
                *days[(days > at[k] - window) & (days <= at[k])],
            ]
            yield sent.pseudonym(int(people[k])), name, window, float(best[k]), cap, _date(min(days_there)), _date(at[k])


def _segments(sent: Sent) -> np.ndarray:
    """The segment of each message, "" where the log names none."""
    if "segment" not in sent.frame:
        return np.full(len(sent.day), "", dtype=object)
    values = sent.frame["segment"].astype(object)
    return values.where(values.notna(), "").astype(str).str.strip().to_numpy(dtype=object)


def _of_segment(sent: Sent, name: str) -> np.ndarray:
    """Which messages went to people of a segment, or to people of no known one."""
    named = _segments(sent)
    return np.isin(sent.person, sent.person[named == name]) | ~np.isin(sent.person, sent.person[named != ""])


def _planned(brief: Brief, name: str, calendar: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """(days, messages of one person who agreed) of what the plan sends a segment."""
    personal = [c for c, row in load_tables().channels.items() if row.get("personal")]
    rows = calendar[(calendar["task"] == "publish") & (calendar["segment"] == name) & calendar["channel"].isin(personal)]
    people = np.array([(brief.segments.get(name) or Segment()).agreed(str(c)) for c in rows["channel"]])
    days = np.array([(pd.Timestamp(at).date() - EPOCH).days for at in rows["at"]], dtype=np.int64)
    quantity = rows["quantity"].to_numpy(float)
    return days, np.divide(quantity, people, out=np.zeros(len(rows)), where=people > 0).clip(max=1.0)


def _date(day: Any) -> dt.date:
    return EPOCH + dt.timedelta(days=int(day))


def as_limits(over: pd.DataFrame) -> pd.DataFrame:
    """Everyone over a cap as broken limits: limit, scope, used, most, over."""
    scope = over["person"] + " / " + over["first_day"].astype(str) + " / " + over["last_day"].astype(str)
    table = pd.DataFrame({"limit": "frequency_cap", "scope": scope, "used": over["messages"], "most": over["cap"]})
    return table.assign(over=table["used"] - table["most"])


def _whole(count: float) -> float:
    """A count without a decimal where it has none."""
    return int(count) if float(count).is_integer() else round(float(count), 1)


def refusals(over: pd.DataFrame, brief: Brief) -> list[Finding]:
    """E_FREQUENCY_CAP of everyone over a cap, the first three by name."""
    people = over["person"].nunique()
    return [_refusal(row, people, brief.language) for row in over.head(MOST_TOLD).to_dict("records")]


def _refusal(row: Mapping[Any, Any], people: int, language: str) -> Finding:
    where = f"segments.{row['segment']}.{WINDOWS[int(row['window'])]}"
    values: dict[str, Any] = {"count": _whole(row["messages"]), "cap": _whole(row["cap"]), "window": int(row["window"]), "people": people}
    values |= {"first": str(row["first_day"]), "last": str(row["last_day"]), "person": row["person"]}
    found = f"{row['messages']:.3g}"
    return finding("E_FREQUENCY_CAP", language, column=where, found=found, **values)
