"""What a frame must be before anything is counted: every problem named by column, line and what was found."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterable, Mapping
from numbers import Number
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_object_dtype

from mktlib.errors import DataError, Finding
from mktlib.intake.dates import day_format, in_both, open_order, typed_days
from mktlib.intake.engines import ENDLESS, as_floats, as_moments
from mktlib.vocabulary import finding, lookup, masked, nearest
from mktlib.vocabulary.words import languages

NO_NAMES, NO_PEOPLE = {"sent", "delivered", "opens", "clicks", "bounces", "recipients"}, ("message", "campaign", "content")
YES_NO = {"yes": 1, "oui": 1, "y": 1, "o": 1, "true": 1, "vrai": 1, "no": 0, "non": 0, "n": 0, "false": 0, "faux": 0}
LARGEST = 1e15  # above it a float skips units, and sums of squares run over
EARLIEST, LATEST = pd.Timestamp("1990-01-01"), pd.Timestamp("2100-01-01")
WHOLE_DAY = len("20260930")
YEAR_LAST = re.compile(r"\d{1,2}[\s./-]+\d")


def numbers(frame: pd.DataFrame, column: str, *, blank: float = 0.0) -> pd.Series:
    """A column as floats; a blank cell of a count means none. A time, a duration or a complex number is no number."""
    return as_floats(frame[column]).fillna(blank)


def not_numbers(frame: pd.DataFrame, column: str, *, signed: bool = False) -> list[Finding]:
    """The first cell of a column that is neither a number, nor true or false, nor blank (lines count the header, as in a file)."""
    values = numbers(frame, column, blank=np.nan)
    wrong = unread(frame[column], values)
    for code, bad in (
        ("E_NOT_A_NUMBER", wrong),
        ("E_NOT_FINITE", np.abs(values.to_numpy()) >= ENDLESS),
        ("E_TOO_LARGE", (values.abs() > LARGEST).to_numpy()),
        ("E_NEGATIVE_COUNT", (values < 0).to_numpy() & (not signed)),
    ):
        if bad.any():
            at = int(bad.argmax())
            return [finding(code, column=column, line=at + 2, found=frame[column].iloc[at])]
    return []


def yes_as_one(frame: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
    """The frame with 1 for yes and 0 for no, in both languages, in some columns; every other cell as it is.

    >>> yes_as_one(pd.DataFrame({"unsubscribes": ["Oui", "non", "", "2"]}), ["unsubscribes"])["unsubscribes"].tolist()
    [1, 0, '', '2']
    """
    worded = [c for c in columns if c in frame and not pd.api.types.is_numeric_dtype(frame[c].dtype)]
    return frame.assign(**{c: _yes_as_one(frame[c]) for c in worded}) if worded else frame


def _yes_as_one(values: pd.Series) -> pd.Series:
    marks = values.astype(str).str.strip().str.lower().map(YES_NO)
    return values if marks.isna().all() else values.astype(object).where(marks.isna(), marks.fillna(0).astype(int).astype(object))


def absent(frame: pd.DataFrame, columns: Iterable[str]) -> list[Finding]:
    """A finding for each column that a frame lacks, with the name that looks most like it."""
    names = [str(c) for c in frame.columns]
    lacking = [c for c in columns if c not in names]
    return [finding("E_MISSING_COLUMN", column=c, expected=c, found=", ".join(names[:20]), hint=nearest(c, names)) for c in lacking]


def need(frame: pd.DataFrame, columns: Iterable[str]) -> None:
    """Raise DataError (E_MISSING_COLUMN, all at once) where a frame lacks a column."""
    if lacking := absent(frame, columns):
        raise DataError(lacking)


def absent_of_log(frame: pd.DataFrame, columns: Mapping[str, str]) -> list[Finding]:
    """A finding for each column (column: the row of `findings` that says what it is for) that a log of messages lacks.

    The nearest name is that of no count (`sent` is no moment) and of no message (`message_id` is nobody).

    >>> [f.hint for f in absent_of_log(pd.DataFrame({"sent": [1], "sent_on": ["2026-03-02"]}), {"sent_at": "E_MISSING_MOMENT"})]
    ['sent_on']
    """
    names = [str(c) for c in frame.columns]
    named = [n for n in names if n not in NO_NAMES and not any(word in n for word in NO_PEOPLE)]
    out = []
    for column, row in columns.items():
        if column not in names:
            said = {language: lookup(f"findings.{row}", language) for language in languages()}
            there, near = ", ".join(names[:20]), nearest(column, named)
            out.append(finding("E_MISSING_COLUMN", column=column, expected=column, found=there, hint=near, _said=said))
    return out


def days_of(frame: pd.DataFrame, column: str) -> tuple[pd.Series, list[Finding]]:
    """A column as moments of UTC without their zone, and what is wrong: its first cell that is no day, or days of an open order.

    Texts are ISO, or slashed (31/08/2026) where only one order of day and month fits the whole column; numbers are no days.
    """
    values = said_days(frame[column])
    if values.dtype.kind == "M" or isinstance(values.dtype, pd.DatetimeTZDtype):
        when = pd.to_datetime(values, utc=True)
    elif pd.api.types.is_numeric_dtype(values):
        when = pd.Series(pd.NaT, index=values.index).dt.tz_localize("UTC")
    else:
        texts = [str(t).strip() for t in values.dropna().unique()]
        if (open_ := open_order(texts)) is not None:
            at = int(values.astype(str).str.strip().eq(open_).to_numpy().argmax())
            told = finding("E_AMBIGUOUS_DATE", column=column, line=at + 2, found=open_, hint=typed_days(column, open_))
            return pd.Series(pd.NaT, index=values.index), [told]
        when = pd.to_datetime(values, errors="coerce", utc=True, format=day_format(texts) or "ISO8601")
    when = when.dt.tz_localize(None)
    when = when.where(when.between(EARLIEST, LATEST))
    bad = unread(values, when)
    if not bad.any():
        return when, []
    at = int(bad.argmax())
    return when, [
        finding("E_BAD_DATE", column=column, line=at + 2, found=frame[column].iloc[at], hint=typed_days(column, frame[column].iloc[at]))
    ]


def moments(frame: pd.DataFrame, column: str) -> tuple[pd.Series, list[Finding]]:
    """A column as moments of UTC, and its first cell that is none; numbers are no moments."""
    values = frame[column]
    when = as_moments(values)
    bad = unread(values, when)
    if not bad.any():
        return when, []
    at = int(bad.argmax())
    return when, [finding("E_BAD_DATE", column=column, line=at + 2, found=values.iloc[at], hint=typed_days(column, values.iloc[at]))]


def not_zone(zone: object) -> list[Finding]:
    """What is wrong with the name of a zone."""
    try:
        zoneinfo.ZoneInfo(str(zone))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return [finding("E_OPTION", column="zone", found=zone, expected="Europe/Paris")]
    return []


def moment(given: Any, name: str = "as_of") -> tuple[pd.Timestamp | None, list[Finding]]:
    """The day that an option of this name gives, None where none is asked for; and what is wrong with it.

    Texts are whole days, ISO or slashed in an order that they settle themselves (31/08/2026); any other is asked, never guessed.

    >>> moment("31/08/2026")[0], moment("07/08/2025", "start")[1][0].expected
    (Timestamp('2026-08-31 00:00:00'), 'start="2025-08-07" / start="2025-07-08"')
    """
    if given is None:
        return None, []
    text = "" if isinstance(given, Number) else str(given).strip()
    day = days_of(pd.DataFrame({name: pd.Series([text], dtype=object)}), name)[0].iloc[0] if len(text) >= WHOLE_DAY else pd.NaT
    if not pd.isna(day):
        return day, []
    both = [pd.to_datetime(text, format=order, errors="coerce") for order in in_both(text)]
    expected = " / ".join(dict.fromkeys(f'{name}="{d.date()}"' for d in both if not pd.isna(d))) or f'{name}="2026-09-30"'
    return None, [finding("E_OPTION", column=name, found=given, expected=expected)]


def settled(given: Any, name: str = "as_of") -> tuple[Any, list[Finding]]:
    """What an option of this name gives, as it is; a text of numbers with the year last as the day that it settles, else what is wrong.

    >>> settled("2026-11-05T08:00")[0], settled("31/08/2026")[0], settled("05/11/2026")[1][0].expected
    ('2026-11-05T08:00', Timestamp('2026-08-31 00:00:00'), 'as_of="2026-11-05" / as_of="2026-05-11"')
    """
    return moment(given, name) if isinstance(given, str) and YEAR_LAST.match(given.strip()) else (given, [])


def said_days(values: pd.Series) -> pd.Series:
    """A column of days in which anything may stand, as texts; any other as it is."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = pd.Series(values.to_numpy(), index=values.index, name=values.name)
    if not is_object_dtype(values.dtype):
        return values
    return pd.Series([_said(v) for v in values], index=values.index, dtype=object, name=values.name)


def _said(cell: Any) -> str | None:
    """A cell of a mixed column as the text of a day; a number is none."""
    if isinstance(cell, Number):
        return None if cell != cell else "?"
    return None if cell is None or cell is pd.NA or cell is pd.NaT else str(cell)


def identities(values: pd.Series) -> pd.Series:
    """Who, as text; "" where nobody is named. One person is one, be his number 12, 12.0 or "12 ", whatever the capitals of his address.

    >>> identities(pd.Series([12, 12.0, "12 ", "Ana@example.org", None], dtype=object)).tolist()
    ['12', '12', '12', 'ana@example.org', '']
    """
    text = values.astype(object).where(values.notna(), "").astype(str).str.strip().str.replace(r"^(-?\d+)\.0$", r"\1", regex=True)
    return text.where(~text.str.contains("@", regex=False), text.str.lower())


def twice(frame: pd.DataFrame) -> list[Finding]:
    """Rows of people who have one already, where a column says who they are."""
    for column in [c for c in ("member_id", "customer_id", "person_id", "user_id") if c in frame]:
        who = identities(frame[column])
        if count := int(who[who.ne("")].duplicated().sum()):
            return [finding("E_PEOPLE_TWICE", level="warning", column=column, found=str(count))]
    return []


def as_group(values: pd.Series) -> pd.Series:
    """A column of groups as text; a blank is a group of its own, "(missing)"; an address in it is masked."""
    text = values.astype(object).where(values.notna(), "").astype(str).str.strip().replace("", "(missing)")
    marked = text.str.contains("@|＠|%40")
    return text.where(~marked, text[marked].map(masked)) if marked.any() else text


def unread(column: pd.Series, values: pd.Series) -> np.ndarray:
    """Which cells say something that was not understood (n,)."""
    lost = (values.isna() & column.notna()).to_numpy(bool)
    if lost.any():
        lost = lost & column.astype(str).str.strip().ne("").to_numpy(bool)
    return lost
