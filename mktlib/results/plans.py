"""What is chosen, made and worth learning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from mktlib.results.shape import Result

CALENDAR: tuple[str, ...] = (
    "item", "content_type", "style", "length", "stage", "task", "owner", "due", "channel", "segment", "at", "quantity", "money",
)  # fmt: skip
"""The columns of a plan's calendar: one row a thing to make or to publish."""

MARGINS: tuple[str, ...] = ("entry", "limit", "scope", "unit", "step", "value", "low", "high", "spend")


@dataclass(frozen=True, kw_only=True, repr=False)
class Shortlist(Result):
    """What is left of a huge space of ideas. table: the kept ideas (cell columns + rate low high value rank). steps: step, kept, dropped,
    reason (a code: all, brand, channel, format, stage, fit, excluded, drop, dominated, shortlist). facts: metric, first, last, within."""

    steps: pd.DataFrame


@dataclass(frozen=True, kw_only=True, repr=False)
class Plan(Result):
    """One committed plan. table is `items`, one row a piece: item, content_type, style, length, stage, cost, days, week, status
    (make | hold).

    schedule: week, segment, stage, channel, item, quantity, spend, value, low, high (money or the objective's unit).
    limits: limit (code), scope, used, most, unit, price (what one more unit of the limit would add to the value; 0 when not binding).
    tests: item, segment, stage, channel, spend, reason. margins: what one more step of each limit that holds the plan back would bring:
    entry (path in the brief), limit, scope, unit, step, value, low, high, spend (more money than the plan spends, within its budget).
    expected: facts of the whole: value, low, high, p_loss, spend, bound, gap, greedy.
    facts: name, currency, first_day, last_day, weeks, budget, metric, objective and all of `expected`.
    """

    schedule: pd.DataFrame
    limits: pd.DataFrame
    tests: pd.DataFrame
    expected: Mapping[str, Any] = field(default_factory=dict)
    margins: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(MARGINS)))

    @property
    def items(self) -> pd.DataFrame:
        return self.table

    def calendar(self) -> pd.DataFrame:
        """What is to be done, by day; empty for a plan that does not know its days.

        One row a thing: item, content_type, style, length, stage, task (make | publish), owner, due, channel, segment, at, quantity, money.
        """
        return pd.DataFrame(columns=list(CALENDAR))

    @property
    def binding(self) -> pd.DataFrame:
        """The limits that hold the plan back (used up, and one more unit would add value); the weeks of one limit count once."""
        if self.limits.empty:
            return self.limits
        held = self.limits[(self.limits["used"] >= 0.999 * self.limits["most"]) & (self.limits["price"] > 0)]
        scope = held["scope"].astype(str).str.split(" / ").str[0].where(held["limit"] != "days", "all")
        return held.assign(scope=scope).drop_duplicates(["limit", "scope"], ignore_index=True)


@dataclass(frozen=True, kw_only=True, repr=False)
class Learning(Result):
    """What is worth learning next. table: one row an open question: question (Q01 ...), segment, stage, channel, cells (how many contents
    its test shows), contents (their words), sample_size (exposures of each), weeks, cost, worth, low, high, net, perfect (what knowing
    every rate would be worth), chosen (bool). tests: one row a tested content: question, the columns of `CELL`, sample_size, weeks, cost,
    rate, low, high, made (bool: the plan makes the piece anyway).
    facts: currency, metric, level, questions, chosen, budget, spend, worth, net, exchange, objective, joint, name.
    """

    tests: pd.DataFrame
