"""Numbers read back from a page: how a reader of each language finds them, and what a result holds that may be shown."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from babel import Locale

from mktlib.errors import Finding
from mktlib.results import Result
from mktlib.vocabulary import load_tables


class Shown(NamedTuple):
    """A number as shown: its value, decimals and unit (percent, date, or plain)."""

    value: float
    decimals: int
    unit: str
    text: str = ""

    @property
    def said(self) -> tuple[float, str]:
        return round(abs(self.value), 6), self.unit


WRITTEN = {
    "en": re.compile(r"(?<![\w.,])[-−+]?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?(?:e[+-]\d+)?(\s?%)?"),
    "fr": re.compile(r"(?<![\w.,])[-−+]?(?:\d{1,3}(?:[\u202f\u00a0]\d{3})+(?!\d)|\d+)(?:,\d+)?(\s?%)?"),
}
TYPED = re.compile(r"\w+=(?:\{[^}]*\}|\[[^\]]*\]|\([^)]*\)|\"[^\"]*\"|[\d.]+)|\bmk\.\w+\([^)]*\)")
"""What is to be typed: written as Python, in any language."""
ISO = re.compile(r"(?<!\d)(\d{4})-(\d\d)-(\d\d)(?!\d)")
CLOCK = re.compile(r"(?<!\d)(\d{1,2}):(\d\d)(?!\d)")


@lru_cache
def months(language: str) -> dict[str, int]:
    """Month names as shown, long and short, by number."""
    locale = Locale.parse(load_tables().languages[language]["marks"]["locale"])
    named = {}
    for width in ("wide", "abbreviated"):
        for form in ("format", "stand-alone"):
            named |= {str(name): n for n, name in locale.months[form][width].items()}
    return named


@lru_cache
def day_pattern(language: str) -> re.Pattern[str]:
    names = "|".join(re.escape(n) for n in sorted(months(language), key=len, reverse=True))
    return re.compile(rf"(?<!\d)(\d{{1,2}})(?:er)?\.?\s({names})(?:\s(\d{{4}}))?(?!\w)")


def numbers(text: str, language: str) -> list[Shown]:
    """Every number of a text in a language: days first (as 20261005, or 1005 without a year), then hours, then the others.

    >>> [n[:3] for n in numbers("3,5\\u202f% de 40\\u202f000\\u202f€ le 1er octobre 2026", "fr")]
    [(20261001.0, 0, 'date'), (3.5, 1, 'percent'), (40000.0, 0, 'plain')]
    >>> [n[:3] for n in numbers("€1,234.50 at 9 chances in 10", "en")]
    [(1234.5, 2, 'plain'), (9.0, 0, 'plain'), (10.0, 0, 'plain')]
    """
    found = []

    def day(match: re.Match[str]) -> str:
        year, month = int(match[3] or 0), months(language)[match[2]]
        found.append(Shown(float(year * 10000 + month * 100 + int(match[1])), 0, "date", match[0]))
        return " … "

    def clock(match: re.Match[str]) -> str:
        found.append(Shown(int(match[1]) + int(match[2]) / 60, 4, "plain", match[0]))
        return " … "

    def iso(match: re.Match[str]) -> str:
        found.append(Shown(float("".join(match.groups())), 0, "date", match[0]))
        return " … "

    rest = CLOCK.sub(clock, day_pattern(language).sub(day, ISO.sub(iso, text)))
    for match in WRITTEN[language].finditer(rest):
        bare = match[0].replace("−", "-").removesuffix("%").strip()
        bare = bare.replace(",", "") if language == "en" else re.sub(r"[\u202f\u00a0]", "", bare).replace(",", ".")
        decimals = len(bare.partition("e")[0].partition(".")[2])
        found.append(Shown(float(bare), decimals, "percent" if match[1] else "plain", match[0]))
    return found


# ---------------------------------------------------------------- what a result holds


def values_of(thing: Any) -> Iterator[float]:
    """Every number that is held: in frames, facts, lists, strings and findings; with its counts and sums."""
    if isinstance(thing, Result):
        for field in dataclasses.fields(thing):
            yield from values_of(getattr(thing, field.name))
    elif isinstance(thing, Finding):
        yield from values_of([thing.line, thing.found, thing.expected, thing.hint, thing.column, dict(thing.values)])
    elif isinstance(thing, pd.DataFrame):
        yield from _of_frame(thing)
    elif isinstance(thing, pd.Series):
        yield from values_of(list(thing))
    elif isinstance(thing, Mapping):
        yield len(thing)
        yield from values_of(list(thing) + list(thing.values()))
    elif isinstance(thing, list | tuple | set | np.ndarray):
        yield len(thing)
        for part in thing:
            yield from values_of(part)
    else:
        yield from _of_scalar(thing)


def _of_scalar(x: Any) -> Iterator[float]:
    if isinstance(x, bool | np.bool_) or x is None:
        return
    if isinstance(x, int | float | np.number):
        if np.isfinite(x):
            yield float(x)
    elif isinstance(x, pd.Timestamp | dt.date | np.datetime64):
        if not pd.isna(x):
            yield from _of_day(pd.Timestamp(x))
    elif isinstance(x, str):
        if re.match(r"\d{4}-\d\d-\d\d", x) and not pd.isna(day := pd.to_datetime(x, errors="coerce")):
            yield from _of_day(day)
        yield from (float(n.replace(",", ".")) for n in re.findall(r"\d+(?:[.,]\d+)?", x))
        yield from (float(n.replace(",", "")) for n in re.findall(r"\d{1,3}(?:,\d{3})+", x))


def _of_day(day: pd.Timestamp) -> Iterator[float]:
    yield from (day.year * 10000 + day.month * 100 + day.day, day.month * 100 + day.day, day.year, day.hour + day.minute / 60)


def _of_frame(frame: pd.DataFrame) -> Iterator[float]:
    yield len(frame)
    for name in frame.columns:
        column = frame[name]
        yield from values_of(str(name))
        yield from (float(n) for n in (column.notna().sum(), column.isna().sum()))
        if pd.api.types.is_bool_dtype(column):
            yield from (float(column.sum()), float((~column).sum()))
        elif pd.api.types.is_numeric_dtype(column):
            known = column.dropna().to_numpy(float)
            yield from known[np.isfinite(known)]
            yield from (float(known.sum()), float((known > 0).sum()), float((known < 0).sum()))
        else:
            yield from values_of(list(column))
            yield from (float(n) for n in column.astype(str).value_counts())
            yield float(column.astype(str).nunique())


class Pool:
    """The numbers that a page may show, and whether one of them is what was shown."""

    def __init__(self, values: Iterable[float]) -> None:
        known = np.unique(np.abs(np.fromiter(values, float)))
        self.known = known[np.isfinite(known)]

    def holds(self, shown: Shown) -> bool:
        """Equal after rounding to the digits shown; or to two or three figures, where no more are shown."""
        x, scale = abs(shown.value), 100.0 if shown.unit == "percent" else 1.0
        half = 0.5 * 10.0**-shown.decimals
        if x and shown.unit != "date":
            size, figures = np.floor(np.log10(x)), (1, 2) if not shown.decimals or _padded(shown) else (2,)
            half = max(half, *(0.5 * 10.0 ** (size - k) for k in figures if round(x / 10 ** (size - k), 6).is_integer()), 0)
        low, high = np.searchsorted(self.known * scale, [x - half * (1 + 1e-9) - 1e-12, x + half * (1 + 1e-9) + 1e-12])
        return bool(high > low)


def _padded(shown: Shown) -> bool:
    """Two figures with a nought behind them: money is told in cents, whatever is known of it."""
    return shown.decimals > 1 and round(abs(shown.value) * 10**shown.decimals) % 10 == 0


# ---------------------------------------------------------------- what a language says by itself


@lru_cache
def fixed(language: str) -> tuple[re.Pattern[str], ...]:
    """The numbers that stand in the sentences and labels of a language themselves ("one in 10", "5% of wrong calls", "30-second video")."""
    spoken = load_tables().languages[language]
    texts = set(_leaves(spoken)) | set(_leaves(_labels(language)))
    pieces = {p.strip() for text in texts for p in re.split(r"\{[^{}]*\}", text) if re.search(r"\d", p)}
    worded = sorted((p for p in pieces if len(re.findall(r"[^\W\d_]", p)) >= 3), key=len, reverse=True)
    return tuple(re.compile(rf"{'' if not p[0].isalnum() else BEFORE}{re.escape(p)}{'' if not p[-1].isalnum() else AFTER}") for p in worded)


BEFORE, AFTER = r"(?<![\w.,])", r"(?!\w)"


def _labels(language: str) -> list[Any]:
    from mktlib.vocabulary.tables import packaged

    return list(_in_language(packaged(), language))


def _in_language(node: Any, language: str) -> Iterator[str]:
    """Every text that rows of the tables give for a language."""
    if isinstance(node, Mapping):
        said = node.get(language)
        if isinstance(said, str) and "en" in node:
            yield said
        for part in node.values():
            yield from _in_language(part, language)
    elif isinstance(node, list | tuple):
        for part in node:
            yield from _in_language(part, language)


def _leaves(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, Mapping):
        for part in node.values():
            yield from _leaves(part)
    elif isinstance(node, list | tuple):
        for part in node:
            yield from _leaves(part)


def without_fixed(text: str, language: str) -> str:
    """The text without the numbers that the language's own sentences hold, and without what is to be typed."""
    text = TYPED.sub(" … ", text)
    for pattern in fixed(language):
        text = pattern.sub(" … ", text)
    return text


def multiset(texts: Iterable[str], language: str, *, whole: bool) -> Counter[tuple[float, str]]:
    """How often each number is shown; whole: with those of the language's own sentences."""
    read = (TYPED.sub(" … ", text) if whole else without_fixed(text, language) for text in texts)
    return Counter(n.said for text in read for n in numbers(text, language))


class Texts(HTMLParser):
    """Everything that a page says: its text, and what is read aloud in place of pictures."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self.style = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.style = tag == "style"
        self.said += [value for name, value in attrs if name in ("alt", "aria-label", "title") and value]

    def handle_endtag(self, tag: str) -> None:
        self.style = self.style and tag != "style"

    def handle_data(self, data: str) -> None:
        if not self.style and data.strip():
            self.said.append(data)


def unexplained(texts: Iterable[str], language: str, pool: Pool) -> list[tuple[str, str]]:
    """(number, where it stands) for each number that is none of the pool's."""
    found = []
    for text in texts:
        points = "point" in text
        for n in numbers(without_fixed(text, language), language):
            if not pool.holds(n) and not (points and pool.holds(n._replace(unit="percent"))):
                found.append((n.text.strip(), text[:120]))
    return found
