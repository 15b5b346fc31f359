"""Text cells into typed columns, and every cell that cannot be typed named.

An export is read as text first, because a reader that guesses types turns "NA" into nothing, "1,234" into something and 12/11 into
whichever month it likes. Each distinct text of a column is parsed once, so a long log costs little more than its distinct values.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from mktlib.intake.dates import day
from mktlib.intake.headers import CODES
from mktlib.vocabulary import Tables

COUNTS = (
    "impressions", "reach", "sent", "delivered", "opens", "clicks", "clicks_all", "engagements", "views", "sessions", "leads",
    "conversions", "unsubscribes", "complaints", "bounces", "likes", "comments", "shares", "saves", "follows",
)  # fmt: skip
MONEY = ("revenue", "margin", "spend")
DATES = ("date", "date_end")
Kind = Literal["count", "net", "seconds", "fraction", "money", "micros", "percent", "latitude", "longitude", "date", "text"]
KINDS: tuple[Kind, ...] = ("count", "net", "seconds", "fraction", "money", "micros", "percent", "latitude", "longitude", "date", "text")
MISSING = ("-", "--", "—", "–", "n/a", "n.d.", "(not set)", "(other)")
"""Cells that say nothing where a number should stand."""
CENSORED = re.compile(r"[<>≤≥]\s*=?\s*\d[\d.,]*\s*%?")
ENDS = {"latitude": 90.0, "longitude": 180.0}
LARGEST = 2**53  # above it a float no longer holds every integer, and counts are added up as floats
SPACES = dict.fromkeys(map(ord, " \u00a0\u2009\u202f'’"))
NOT_FINITE = ("nan", "inf", "-inf", "+inf", "infinity", "-infinity")
CURRENCY = re.compile(rf"^(?:[€$£¥]|(?:{'|'.join(sorted(CODES))})(?![A-Za-z]))|(?:[€$£¥]|(?<![A-Za-z])(?:{'|'.join(sorted(CODES))}))$")
NUMBER = {
    mark: re.compile(rf"[-+]?(?:\d+|\d{{1,3}}(?:{other}\d{{3}})+)?(?:{re.escape(mark)}\d*)?(?:[eE][-+]?\d+)?")
    for mark, other in ((".", ","), (",", r"\."))
}
GROUPED = re.compile(r"[-+]?\d{1,3}([ \u00a0\u2009\u202f'’])\d{3}(?:\1\d{3})*(?:[.,]\d*)?")
THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:([.,])\d{3})(?:\1\d{3})*")
EXACT = "\u2396"
"""The decimal mark of a cell that was a number in its workbook or frame: nobody need guess it. Behind a number: too long to be whole."""


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
    if name in DATES:
        return "date"
    if name == "conversions":
        return "fraction"  # attribution shares one sale among several ads
    if name in ENDS:
        return "latitude" if name == "latitude" else "longitude"
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
        text = bare(raw.rstrip("% \u00a0\u202f"))
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
    if EXACT in text:
        text, mark = text.replace(EXACT, ".").rstrip("."), "."
    text = bare(text)
    if not text.isascii() or not NUMBER[mark].fullmatch(text) or not any(c.isdigit() for c in text.lower().split("e")[0]):
        return "E_NOT_A_NUMBER"
    value = float(text.replace("," if mark == "." else ".", "").replace(mark, "."))
    return value if math.isfinite(value) else "E_NOT_FINITE"


def count(text: str, mark: str) -> int | str:
    """A whole number of 0 or more, or the code of what is wrong.

    Three digits behind a mark are thousands, whichever mark it is.

    >>> [count(text, ".") for text in ("12", "12.0", "1,234", "1.234", "2.5", "-3")]
    [12, 12, 1234, 1234, 'E_NOT_INTEGER', 'E_NEGATIVE_COUNT']
    """
    if text.isascii() and text.isdigit() and len(text) < 16:
        return int(text)
    said = bare(text)
    value = float(re.sub("[.,]", "", said)) if THOUSANDS.fullmatch(said) else number(text, mark)
    if isinstance(value, str):
        return value
    if value < 0:
        return "E_NEGATIVE_COUNT"
    if value > LARGEST:
        return "E_TOO_LARGE"
    return int(value) if value == int(value) else "E_NOT_INTEGER"


def net(text: str, mark: str) -> int | str:
    """A whole number of either sign: gains less losses.

    >>> net("-4", "."), net("1,204", ".")
    (-4, 1204)
    """
    value = count(text.lstrip("-−"), mark)
    return -value if isinstance(value, int) and text[:1] in "-−" else value


def seconds(text: str, mark: str) -> float | str:
    """A length of time in seconds, written so or as h:mm:ss.

    >>> seconds("1:11:11", "."), seconds("0:52", "."), seconds("45.5", ".")
    (4271.0, 52.0, 45.5)
    """
    parts = [number(part, mark) for part in text.split(":")]
    if any(isinstance(part, str) or part < 0 for part in parts) or len(parts) > 3:
        return "E_NOT_A_NUMBER"
    return float(sum(float(part) * 60**k for k, part in enumerate(reversed(parts))))


def fraction(text: str, mark: str) -> float | str:
    """A number of 0 or more, whole or not.

    >>> fraction("2,5", ","), fraction("-1", ".")
    (2.5, 'E_NEGATIVE_COUNT')
    """
    value = number(text, mark)
    return "E_NEGATIVE_COUNT" if isinstance(value, float) and value < 0 else value


def percent(text: str, mark: str) -> float | str:
    """A share, written with a percent sign or without.

    >>> percent("1,5 %", ","), percent("0.015", ".")
    (0.015, 0.015)
    """
    value = number(text.rstrip("% \u00a0\u202f"), mark)
    return value / 100 if isinstance(value, float) and text.rstrip().endswith("%") else value


def coordinate(text: str, mark: str, most: float) -> float | str:
    """Degrees within their range, 0 set apart: a phone that does not know where it is says so.

    >>> coordinate("48.85", ".", 90.0), coordinate("181", ".", 180.0), coordinate("0", ".", 90.0)
    (48.85, 'E_COORDINATE', 'E_COORDINATE')
    """
    value = number(text, mark)
    return "E_COORDINATE" if isinstance(value, str) or abs(value) > most or value == 0 else value


def typed(
    text: pd.Series, kind: Kind, *, mark: str = ".", date_format: str | None = None, zone: str | None = None, missing: Iterable[str] = ()
) -> tuple[pd.Series, list[Wrong]]:
    """A column of text as what it holds, and its wrong cells (null in the column). An empty cell is null and nothing is wrong with it.

    A bound in place of a number ("< 10%") is null too, and told with the code E_CENSORED_VALUE.

    Args:
        text: strings, stripped, "" where empty; the index is kept.
        mark: decimal mark, "." or ",".
        date_format, zone: see `dates.day`. missing: further words for an empty cell.

    Returns:
        counts as Int64, money, fractions, percents and degrees as float64, dates as datetime64, text as it is with null for empty.

    >>> column, wrong = typed(pd.Series(["7", "", "-1"], name="clicks"), "count")
    >>> column.tolist(), [w.code for w in wrong]
    ([7, <NA>, <NA>], ['E_NEGATIVE_COUNT'])
    """
    if kind == "text":
        return unmarked(text).where(text != "", None), []
    parse: Mapping[str, Callable[[str], Any]] = {
        "count": lambda cell: count(cell, mark),
        "net": lambda cell: net(cell, mark),
        "seconds": lambda cell: seconds(cell, mark),
        "fraction": lambda cell: fraction(cell, mark),
        "money": lambda cell: number(cell, mark),
        "micros": lambda cell: number(cell, mark),
        "percent": lambda cell: percent(cell, mark),
        "date": lambda cell: day(cell, date_format, zone),
        "latitude": lambda cell: coordinate(cell, mark, ENDS["latitude"]),
        "longitude": lambda cell: coordinate(cell, mark, ENDS["longitude"]),
    }
    nothing = {"", *MISSING, *missing}
    codes, words = pd.factorize(text)
    values = [None if word in nothing else _said(word, parse[kind], kind) for word in words]
    bad = np.array([isinstance(value, str) for value in values], dtype=bool)
    rows = np.flatnonzero(bad[codes])
    wrong = [Wrong(int(i), str(text.name), values[codes[i]], words[codes[i]].replace(EXACT, ".")) for i in rows]
    clean = [None if isinstance(value, str) else value for value in values]
    return _column(clean, kind).take(codes).set_axis(text.index).rename(str(text.name)), wrong


def unmarked(text: pd.Series) -> pd.Series:
    """Text as people write it: numbers of a workbook with a point."""
    return text.str.rstrip(EXACT).str.replace(EXACT, ".", regex=False) if text.str.contains(EXACT).any() else text


def _said(word: str, parse: Callable[[str], Any], kind: Kind) -> Any:
    return "E_CENSORED_VALUE" if kind != "date" and CENSORED.fullmatch(word) else parse(word)


def _column(values: list[Any], kind: Kind) -> pd.Series:
    if kind in ("count", "net"):
        return pd.Series(pd.array(values, dtype="Int64"))
    if kind == "date":
        return pd.Series(pd.to_datetime(pd.Series(values, dtype="object")))
    numbers = pd.Series(values, dtype="float64")
    return numbers / 1e6 if kind == "micros" else numbers
