"""Hours and days on which nothing may be sent, as rows of quiet.toml say, for arrays of local days and minutes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import numpy as np

from mktlib.vocabulary import Row, days_off

EPOCH = dt.date(1970, 1, 1)


def silent(rule: Row, day: np.ndarray, minute: np.ndarray, holidays: Mapping[str, Row]) -> np.ndarray:
    """Which moments fall into a rule's silence. day: since 1970-01-01 (n,); minute: of the day (n,).

    >>> rule = {"since": 20, "until": 8, "weekdays": [7], "holidays": []}
    >>> silent(rule, np.array([0, 0, 3]), np.array([7 * 60, 12 * 60, 720]), {}).tolist()  # a Thursday at 7 and at 12, a Sunday at 12
    [True, False, True]
    """
    since, until = 60 * rule["since"], 60 * rule["until"]
    night = (minute >= since) | (minute < until) if since > until else (minute >= since) & (minute < until)
    off = np.isin((day + 3) % 7 + 1, list(rule["weekdays"]))  # 1970-01-01 was a Thursday
    for name in rule["holidays"]:
        off |= np.isin(day, _holidays(holidays[name], day))
    return night | off


def _holidays(row: Row, day: np.ndarray) -> list[int]:
    if not len(day):
        return []
    years = range((EPOCH + dt.timedelta(days=int(day.min()))).year, (EPOCH + dt.timedelta(days=int(day.max()))).year + 1)
    return [(one - EPOCH).days for one in sorted(days_off(row, years))]
