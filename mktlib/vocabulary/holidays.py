"""The public holidays that a row of `holidays` names, as days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import lru_cache

from dateutil.easter import easter

from mktlib.vocabulary.rows import Row


def days_off(row: Row, years: Iterable[int]) -> frozenset[dt.date]:
    """The holidays of some years: those of a fixed day, and those counted from Easter.

    >>> sorted(day.isoformat() for day in days_off({"fixed": ["05-01"], "after_easter": [1]}, [2026]))
    ['2026-04-06', '2026-05-01']
    """
    fixed, moving = tuple(row["fixed"]), tuple(row["after_easter"])
    return frozenset().union(*(_of_year(fixed, moving, int(year)) for year in years))


@lru_cache(maxsize=256)
def _of_year(fixed: tuple[str, ...], after_easter: tuple[int, ...], year: int) -> frozenset[dt.date]:
    sunday = easter(year)
    moving = {sunday + dt.timedelta(days=k) for k in after_easter}
    return frozenset(moving | {dt.date.fromisoformat(f"{year}-{day}") for day in fixed if day != "02-29"})
