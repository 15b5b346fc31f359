"""Who gets more messages than a cap allows, in any 7 or 30 days on end, all campaigns and channels together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mktlib.contacts.log import Sent
from mktlib.contacts.rolling import at_most, rolling
from mktlib.errors import Finding
from mktlib.vocabulary import finding

MOST_TOLD = 3
"""People that findings name one by one, those with the most first; the table holds all."""
OVER = ("person", "window", "messages", "cap", "first_day", "last_day", "campaigns", "channels", "line")


@dataclass(frozen=True)
class Cap:
    """At most so many messages in any so many days."""

    window: int
    most: int


@dataclass(frozen=True)
class Over:
    """table: one row a person and window over a cap, the most messages first (columns of OVER; line: of the last message in the log).
    most: window -> the highest count of each person (people,)."""

    table: pd.DataFrame
    most: Mapping[int, np.ndarray]


def asked_caps(caps: Mapping[int, Any], *, names: Mapping[int, str]) -> tuple[list[Cap], list[Finding]]:
    """(caps by window, what is wrong with them); None is no cap."""
    wrong = [
        finding("E_OPTION", column=names[window], found=repr(most), expected=f"{names[window]}=4")
        for window, most in caps.items()
        if most is not None and (isinstance(most, bool) or not isinstance(most, int | np.integer) or most < 0)
    ]
    return ([] if wrong else [Cap(window, int(most)) for window, most in caps.items() if most is not None]), wrong


def over_caps(sent: Sent, caps: Sequence[Cap], *, since: dt.date | None = None) -> Over:
    """Everyone over a cap; `since`: only where the last message of those days is of that day or later."""
    people, most, parts = len(sent.names), dict[int, np.ndarray](), list[pd.DataFrame]()
    late = np.ones(len(sent.day), bool) if since is None else sent.day >= (since - dt.date(1970, 1, 1)).days
    for cap in caps:
        count = rolling(sent.person, sent.day, cap.window)
        most[cap.window] = at_most(sent.person, count, people)
        parts.append(_worst(sent, np.where(late, count, 0), cap))
    parts = [p for p in parts if len(p)]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(OVER))
    return Over(table, most)


def _worst(sent: Sent, count: np.ndarray, cap: Cap) -> pd.DataFrame:
    """One row a person: the days in which they got most."""
    at = np.flatnonzero(count > cap.most)
    order = at[np.lexsort((sent.line[at], -sent.day[at], -count[at]))]  # the fullest days, the latest of equals, the earliest line
    _, first = np.unique(sent.person[order], return_index=True)
    worst = order[np.sort(first)]
    rows = [_row(sent, int(i), int(count[i]), cap, mine) for i, mine in zip(worst, _windows(sent, worst, cap.window), strict=True)]
    return pd.DataFrame(rows, columns=list(OVER))


def _windows(sent: Sent, worst: np.ndarray, window: int) -> list[np.ndarray]:
    """The messages of each of those windows."""
    order = np.lexsort((sent.line, sent.day, sent.person))
    person, day = sent.person[order], sent.day[order]
    starts, ends = np.searchsorted(person, sent.person[worst], "left"), np.searchsorted(person, sent.person[worst], "right")
    found = []
    for start, end, last in zip(starts, ends, sent.day[worst], strict=True):
        mine = order[start:end]
        found.append(mine[(day[start:end] > last - window) & (day[start:end] <= last)])
    return found


def _row(sent: Sent, i: int, count: int, cap: Cap, mine: np.ndarray) -> tuple[Any, ...]:
    names = sorted({str(c) for c in sent.campaign[mine] if c != ""})
    days = (_date(int(sent.day[mine].min())), _date(int(sent.day[mine].max())))
    channels = ", ".join(sorted({str(c) for c in sent.channel[mine]}))
    return (sent.pseudonym(int(sent.person[i])), cap.window, count, cap.most, *days, len(names), channels, int(sent.line[mine].max()))


def _date(day: int) -> dt.date:
    return dt.date(1970, 1, 1) + dt.timedelta(days=day)


def told_over(over: Over, language: str | None = None) -> list[Finding]:
    """E_FREQUENCY_CAP of each person over a cap, the first three by name, all of them counted."""
    found = []
    for _, table in over.table.groupby("window", sort=True):
        rows = table.sort_values(["messages", "person"], ascending=[False, True], kind="stable")
        found += [_told(row, len(rows), language) for row in rows.head(MOST_TOLD).to_dict("records")]
    return found


def _told(row: Mapping[Any, Any], people: int, language: str | None) -> Finding:
    days = {"first": str(row["first_day"]), "last": str(row["last_day"])}
    counts = {"count": int(row["messages"]), "cap": int(row["cap"]), "window": int(row["window"]), "campaigns": int(row["campaigns"])}
    values = {**days, **counts, "person": row["person"], "people": people}
    return finding("E_FREQUENCY_CAP", language, column="member_id", line=int(row["line"]), found=str(row["messages"]), **values)
