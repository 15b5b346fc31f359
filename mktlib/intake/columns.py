"""Text cells into typed columns, and every cell that cannot be typed named.

An export is read as text first, because a reader that guesses types turns "NA" into nothing, "1,234" into something and 12/11 into
whichever month it likes. Each distinct text of a column is parsed once, so a long log costs little more than its distinct values.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import numpy as np
import pandas as pd

from mktlib.vocabulary import Tables

COUNTS = ("impressions", "reach", "delivered", "opens", "clicks", "engagements", "leads", "conversions", "unsubscribes")
MONEY = ("revenue", "margin", "spend")
Kind = Literal["count", "money", "date", "text"]
LARGEST = 2**53  # above it a float no longer holds every integer, and counts are added up as floats
SPACES = dict.fromkeys(map(ord, " \u00a0\u2009\u202f'’"))
NOT_FINITE = ("nan", "inf", "-inf", "+inf", "infinity", "-infinity")
CURRENCY = re.compile(r"^(?:€|\$|£|EUR|USD|GBP)|(?:€|\$|£|EUR|USD|GBP)$")
NUMBER = {
    mark: re.compile(rf"[-+]?(?:\d+|\d{{1,3}}(?:{other}\d{{3}})+)?(?:{re.escape(mark)}\d*)?(?:[eE][-+]?\d+)?")
    for mark, other in ((".", ","), (",", r"\."))
}
SLASHED = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})")
GROUPED = re.compile(r"[-+]?\d{1,3}([ \u00a0\u2009\u202f'’])\d{3}(?:\1\d{3})*(?:[.,]\d*)?")


@dataclass(frozen=True)
class Wrong:
    """One cell that cannot be used: position of its row, column, code of the finding, what stood there."""

    row: int
    column: str
    code: str
    found: str


def kind_of(name: str, tables: Tables) -> Kind:
    """What a canonical column holds: by its name, or because a metric counts it.

    >>> from mktlib.vocabulary import load_tables
    >>> [kind_of(name, load_tables()) for name in ("date", "visits", "spend", "segment")]
    ['date', 'count', 'money', 'text']
    """
    if name == "date":
        return "date"
    if name in MONEY or any(m["count"] == name and m["family"] == "money" for m in tables.metrics.values()):
        return "money"
    counted = any(name in (m["count"], m["exposure"], *m.get("exposure_by_channel", {}).values()) for m in tables.metrics.values())
    return "count" if name in COUNTS or counted else "text"


def votes(texts: Iterable[str]) -> tuple[dict[str, int], str | None]:
    """How many numbers can only be read with a decimal point or comma, and the first that could be read either way.

    >>> votes(["1.5", "1,234.5", "12", "1,234"])
    ({'.': 2, ',': 0}, '1,234')
    """
    sure, unsure = {".": 0, ",": 0}, None
    for raw in texts:
        text = bare(raw)
        marks = [c for c in text if c in ".,"]
        if not marks or not re.fullmatch(r"[-+]?[\d.,]+", text):
            continue
        last, other = marks[-1], "," if marks[-1] == "." else "."
        head, tail = text.lstrip("+-").rsplit(last, 1)
        if other in marks:
            sure[last] += marks.count(last) == 1
        elif len(marks) > 1:
            sure[other] += 1
        elif len(tail) != 3 or len(head) > 3 or head in ("", "0", "00", "000"):
            sure[last] += 1
        else:
            unsure = unsure or raw
    return sure, unsure


def decide(texts: Iterable[str]) -> tuple[str | None, str | None]:
    """(decimal mark, the number that leaves it open). Ten to one decides: the odd ones are then rejected, never misread.

    >>> decide(["12,5", "1.234,00"]), decide(["1,234", "7"]), decide(["7"])
    ((',', None), (None, '1,234'), ('.', None))
    """
    kept = list(texts)
    sure, unsure = votes(kept)
    most, least = (".", ",") if sure["."] >= sure[","] else (",", ".")
    if sure[most] == 0:
        return (None, unsure) if unsure else (".", None)
    if sure[most] <= 10 * sure[least]:
        return None, next(t for t in kept if votes([t])[0][least])
    return most, None


def bare(text: str) -> str:
    """A number without its currency and the spaces that group its digits.

    >>> bare("1 234,50 €"), bare("12 34")
    ('1234,50', '12 34')
    """
    text = CURRENCY.sub("", text.strip()).strip()
    return text.translate(SPACES) if GROUPED.fullmatch(text) else text


def number(text: str, mark: str) -> float | str:
    """The number that a text says with this decimal mark, or the code of what is wrong with it.

    >>> number("1.234,5", ","), number("1,5", "."), number("inf", "."), number("١٢", ".")
    (1234.5, 'E_NOT_A_NUMBER', 'E_NOT_FINITE', 'E_NOT_A_NUMBER')
    """
    if text.lower() in NOT_FINITE:
        return "E_NOT_FINITE"
    text = bare(text)
    if not text.isascii() or not NUMBER[mark].fullmatch(text) or not any(c.isdigit() for c in text.lower().split("e")[0]):
        return "E_NOT_A_NUMBER"
    value = float(text.replace("," if mark == "." else ".", "").replace(mark, "."))
    return value if math.isfinite(value) else "E_NOT_FINITE"


def count(text: str, mark: str) -> int | str:
    """A whole number of 0 or more, or the code of what is wrong.

    >>> [count(text, ".") for text in ("12", "12.0", "1,234", "2.5", "-3")]
    [12, 12, 1234, 'E_NOT_INTEGER', 'E_NEGATIVE_COUNT']
    """
    if text.isascii() and text.isdigit() and len(text) < 16:
        return int(text)
    value = number(text, mark)
    if isinstance(value, str):
        return value
    if value < 0:
        return "E_NEGATIVE_COUNT"
    if value > LARGEST:
        return "E_TOO_LARGE"
    return int(value) if value == int(value) else "E_NOT_INTEGER"


def day(text: str, date_format: str | None) -> date | str:
    """The day a text says: ISO (a time may follow), or the format that was given; 03/04 is nobody's to guess.

    >>> day("2026-02-28", None), day("2026-02-30", None), day("28/02/2026", "%d/%m/%Y")
    (datetime.date(2026, 2, 28), 'E_BAD_DATE', datetime.date(2026, 2, 28))
    """
    try:
        if date_format:
            return datetime.strptime(text, date_format).date()
        if not re.match(r"\d{4}-\d{2}-\d{2}(?:$|[T ]\d{2}:)", text):
            return "E_BAD_DATE"
        return datetime.fromisoformat(text).date()
    except ValueError:
        return "E_BAD_DATE"


def day_format(texts: Iterable[str]) -> str | None:
    """The one format that a column of days such as 31/08/2026 can have; None where day and month could be exchanged.

    >>> day_format(["31/08/2026", "01/02/2026"]), day_format(["08-31-2026"]), day_format(["03/04/2026"])
    ('%d/%m/%Y', '%m-%d-%Y', None)
    """
    found = [SLASHED.fullmatch(text) for text in texts if text]
    if not found or not all(found) or len({m[2] for m in found if m}) != 1:
        return None
    mark = found[0][2] if found[0] else ""
    first, second = (any(int(m[k]) > 12 for m in found if m) for k in (1, 3))
    return None if first == second else f"%d{mark}%m{mark}%Y" if first else f"%m{mark}%d{mark}%Y"


def typed(text: pd.Series, kind: Kind, *, mark: str = ".", date_format: str | None = None) -> tuple[pd.Series, list[Wrong]]:
    """A column of text as what it holds, and its wrong cells (null in the column). An empty cell is null and nothing is wrong with it.

    Args:
        text: strings, stripped, "" where empty; the index is kept.
        mark: decimal mark, "." or ",".

    Returns:
        counts as Int64, money as float64, dates as datetime64, text as it is with null for empty.

    >>> column, wrong = typed(pd.Series(["7", "", "-1"], name="clicks"), "count")
    >>> column.tolist(), [w.code for w in wrong]
    ([7, <NA>, <NA>], ['E_NEGATIVE_COUNT'])
    """
    if kind == "text":
        return text.where(text != "", None), []
    parse: Mapping[str, Callable[[str], Any]] = {
        "count": lambda cell: count(cell, mark),
        "money": lambda cell: number(cell, mark),
        "date": lambda cell: day(cell, date_format),
    }
    codes, words = pd.factorize(text)
    values = [None if word == "" else parse[kind](word) for word in words]
    bad = np.array([isinstance(value, str) for value in values], dtype=bool)
    rows = np.flatnonzero(bad[codes])
    wrong = [Wrong(int(i), str(text.name), values[codes[i]], words[codes[i]]) for i in rows]
    clean = [None if isinstance(value, str) else value for value in values]
    return _column(clean, kind).take(codes).set_axis(text.index).rename(str(text.name)), wrong


def _column(values: list[Any], kind: Kind) -> pd.Series:
    if kind == "count":
        return pd.Series(pd.array(values, dtype="Int64"))
    return pd.Series(values, dtype="float64") if kind == "money" else pd.Series(pd.to_datetime(pd.Series(values, dtype="object")))
