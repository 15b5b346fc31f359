"""The words of a report: labels, numbers and sentences in one language, and how strongly a thing may be said.

A strong word is earned: the verdict is decided and less than half of the number is opinion. Everything else is said as a maybe.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mktlib.vocabulary import Tables, lookup
from mktlib.wording import day, list_of, money, number, percent, say, visible

OPINION_SHARE = 0.5
LONGEST = 140
LEAST = 0.0001
"""Smaller numbers are said to be below it, never to be 0."""


def strength(verdict: str, opinion: float) -> str:
    """ "shown", "seems" or "early": how strongly a cell may be spoken of."""
    if verdict in ("make", "drop", "better", "worse") and opinion < OPINION_SHARE:
        return "shown"
    return "early" if verdict == "too_early" or opinion >= OPINION_SHARE else "seems"


@dataclass(frozen=True, kw_only=True)
class Voice:
    """One language, the tables it takes its labels from, and the reader it speaks to ("client", "employer" or "team").

    held: whether a holdout of a channel stands among the results, so that no other result may say that there is none.
    """

    language: str
    tables: Tables
    reader: str
    held: bool = False

    @property
    def analyst(self) -> bool:
        return self.reader in ("team", "analyst")

    def say(self, key: str, **values: Any) -> str:
        return say(f"report.{key}", self.language, **values)

    def knows(self, key: str) -> bool:
        """Whether the language has this phrase of the report."""
        return lookup(f"report.{key}", self.language) is not None

    def count(self, key: str, value: float, **values: Any) -> str:
        """A phrase with a plural; the number itself is said in the reader's convention."""
        return self.say(key, count=int(value), many=self.number(int(value)), **values)

    def label(self, kind: str, key: Any) -> str:
        return self.text(self.tables.label(kind, str(key), self.language))

    def text(self, value: Any) -> str:
        """Someone's own words: nothing hidden in them, and not too long."""
        text = visible(str(value))
        return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"

    def number(self, value: float, digits: int | None = None) -> str:
        if value is None or not np.isfinite(value):
            return "–"
        if digits is None:
            digits = 0 if abs(value) >= 100 or float(value).is_integer() else 1 if abs(value) >= 10 else 2
            if 0 < value < LEAST:
                return f"<\u00a0{number(LEAST, self.language, digits=4)}"
            if 0 < abs(value) < 0.01:
                digits = min(4, math.ceil(-math.log10(abs(value))))  # a small p is not 0.00
        return number(float(value), self.language, digits=digits)

    def percent(self, value: float) -> str:
        """Two or three figures that matter: 45 %, 3.1 %, 0.12 %."""
        if value is None or not np.isfinite(value):
            return "–"
        return percent(float(value), self.language)

    def money(self, value: float, currency: str) -> str:
        return "–" if value is None or not np.isfinite(value) else money(float(value), currency, self.language)

    def rate(self, value: float, metric: str, currency: str = "EUR") -> str:
        """A value of a metric in the metric's own unit."""
        row = self.tables.metrics.get(metric, {})
        return self.money(value, currency) if row.get("family") == "money" else self.percent(value)

    def graded(self, grade: str) -> str:
        """How strongly something is said, inside a sentence: "shown by a test", "a tendency to confirm" (see `results.evidence`)."""
        return self.inner("grade", grade)

    def sureness(self, evidence: str, grade: str) -> str:
        """The sentence on how sure a result is: the grade, and what kind of evidence allows no more than that."""
        key = f"{grade}_held" if self.held and evidence == "observational" else grade
        return self.say(f"sure.{evidence}.{key}", grade=self.label("grade", grade))

    def span(self, low: str, high: str) -> str:
        return self.say("span", low=low, high=high)

    def within(self, low: str, high: str) -> str:
        return self.say("within", low=low, high=high)

    def inner(self, kind: str, key: Any) -> str:
        """A label inside a sentence: no capital, unless it is an acronym."""
        text = self.label(kind, key)
        return text if text[1:2].isupper() else text[:1].lower() + text[1:]

    def names(self, items: Iterable[str], most: int = 3) -> str:
        """A list as one says it, the rest counted."""
        named = list(items)
        rest = len(named) - most
        shown = named if rest <= 0 else [*named[:most], self.count("others", rest)]
        return list_of(shown, self.language)

    def cell(self, row: Mapping[str, Any] | pd.Series, by: Iterable[str]) -> str:
        """A cell in words, its axes in the order given."""
        return " · ".join(self.label(c, row[c]) for c in by if c in row)

    def column(self, name: str) -> str:
        """The head of a column: this report's own word for it, else its label."""
        own = self.tables.languages[self.language]["report"]["column"]
        return self.say(f"column.{name}") if name in own else self.label("column", name)

    def date(self, value: Any) -> str:
        """A day in words, or the text itself where it is no date."""
        when = pd.to_datetime(value, errors="coerce")
        return visible(str(value)) if pd.isna(when) else day(when.date(), self.language)


def telling(table: pd.DataFrame, by: Iterable[str]) -> list[str]:
    """The axes that tell rows apart (at least one where there is any)."""
    axes = [c for c in by if c in table.columns]
    return [c for c in axes if len(table[c].unique()) > 1] or axes[:1]
