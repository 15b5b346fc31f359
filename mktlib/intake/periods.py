"""Which days a row stands for: told by the row, by a line above the table, or counted from the first day of the report."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pandas as pd

from mktlib.intake.dates import day, days_in, in_order, period, span

ENDS = re.compile(r"\b(?:start|end|from|to|d[ée]but|fin|du|au|beginn|ende)\b", re.IGNORECASE)  # of the range of a report
COUNTED = re.compile(r"\d{1,4}")
MONTHS = {"month": 1, "quarter": 3, "year": 12}


def spans(there: Mapping[str, list[str]], unit: str | None = None) -> dict[str, list[str]]:
    """Cells of days that stand for several (a month, a week): their first and last. Two compared ranges must not share a day."""
    found = {cell: span(cell) for cell in set(there.get("date", ()))}
    told = sorted(two for two in set(found.values()) if two)
    if not told or (unit == "range" and any(one[1] >= other[0] for one, other in pairwise(told))):
        return {}
    both = [found[cell] or (cell, "") for cell in there["date"]]
    return {"date": [one for one, _ in both], "date_end": [other for _, other in both]}


def period_of(facts: dict[str, Any], there: Mapping[str, Any], rows: int, order: str | None) -> dict[str, list[str]]:
    """The range of days told above the table, where the table has no days of its own or only the first of them."""
    lines = [part for line in facts.get("preamble", ()) for part in (line, *line.split('"'))]
    told = [found for line in lines if (found := period(line, order))]
    ends = sorted({d for line in lines if ENDS.search(line) and len(d_in := days_in(line, order)) == 1 for d in d_in})
    first, last = told[0] if told else (ends[0], ends[-1]) if len(ends) == 2 else (None, None)
    if first is None or last is None:
        return {}
    facts["period"] = (str(first), str(last))
    if "date" not in there:
        return {"date": [str(first)] * rows, "date_end": [str(last)] * rows}
    if there.get("_unit") == "nth day":
        return {"date": [_counted(cell, first, last) for cell in there["date"]]}
    if there.get("_daily") or there.get("_unit"):
        return {}
    days = [days_in(cell, order) for cell in set(there["date"])]
    whole = first != last and all(d == [first] for d in days) and "date_end" not in there
    return {"date_end": [str(last)] * rows} if whole else {}


def _counted(cell: str, first: date, last: date) -> str:
    """The day that is so many after the first of the report ("0003"); what is no such day stays as it is.

    >>> _counted("0003", date(2026, 9, 1), date(2026, 9, 30)), _counted("0030", date(2026, 9, 1), date(2026, 9, 30))
    ('2026-09-04', '0030')
    """
    found = first + timedelta(days=int(cell)) if COUNTED.fullmatch(cell) else None
    return str(found) if found and found <= last else cell


def with_ends(log: pd.DataFrame, unit: str | None, told: Sequence[str] | None) -> pd.DataFrame:
    """The last day of rows that are a week, a month or a quarter and are dated by its first; no later than the report goes."""
    if unit not in ("week", *MONTHS) or "date" not in log or not pd.api.types.is_datetime64_any_dtype(log["date"]):
        return log
    step = pd.DateOffset(days=7) if unit == "week" else pd.DateOffset(months=MONTHS[unit])
    ends = log["date"] + step - pd.Timedelta(days=1)
    last = pd.Timestamp(told[1]) if told else None
    if last is not None:
        ends = ends.mask((ends > last) & (log["date"] <= last), last)
    if "date_end" in log:
        return log.assign(date_end=log["date_end"].fillna(ends))
    return pd.DataFrame({name: column for c in log for name, column in [(c, log[c]), *([("date_end", ends)] if c == "date" else [])]})


def within(texts: Sequence[str], told: Sequence[str] | None) -> str | None:
    """The one format in which every one of these slashed days lies in the range that the report tells; None where both do, or neither.

    >>> within(["01/09/2026", "07/09/2026"], ("2026-09-01", "2026-09-30")), within(["01/09/2026"], None)
    ('%d/%m/%Y', None)
    """
    if told is None:
        return None
    first, last = map(date.fromisoformat, told)
    fits = []
    for form in (in_order(texts, "dmy"), in_order(texts, "mdy")):
        days = [day(text, form) for text in texts if text]
        fits += [form] if all(isinstance(d, date) and first <= d <= last for d in days) else []
    return fits[0] if len(fits) == 1 else None
