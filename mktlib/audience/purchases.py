"""Invoices as they come (lines, credit notes, no name) to one row a customer and day; recency, frequency and money at any day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from mktlib.audience.btyd import Purchases
from mktlib.errors import Finding
from mktlib.intake.inputs import identities
from mktlib.vocabulary import finding


@dataclass(frozen=True)
class Book:
    """Days of customers in order of customer and day (all (n,)).

    who: numbers customers; day: days since 1970; money: net of what was given back; orders: how many invoices of purchases.
    """

    who: np.ndarray
    day: np.ndarray
    money: np.ndarray
    orders: np.ndarray
    customers: int
    facts: Mapping[str, Any] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    def until(self, day: int) -> Rfm:
        """Everything of before `day`, as recency, frequency and money of those who had bought by then."""
        kept = self.day < day
        who, when, money, orders = (x[kept] for x in (self.who, self.day, self.money, self.orders))
        buys = orders > 0
        first = np.full(self.customers, np.iinfo(np.int64).max)
        last = np.full(self.customers, -1)
        np.minimum.at(first, who[buys], when[buys])
        np.maximum.at(last, who[buys], when[buys])
        known = last >= 0
        count = np.bincount(who[buys], minlength=self.customers)[known]
        spent = np.bincount(who, money, self.customers)[known]
        return Rfm(np.flatnonzero(known), day - last[known], count, spent, (last - first)[known], (day - first)[known])

    def buyers(self, since: int, until: int) -> np.ndarray:
        """Whether each customer bought on a day from `since` on and before `until` (customers,)."""
        kept = (self.day >= since) & (self.day < until) & (self.orders > 0)
        return np.bincount(self.who[kept], minlength=self.customers) > 0


@dataclass(frozen=True)
class Rfm:
    """Of each customer known by a day: days since the last purchase, days with a purchase, net money, days from the first purchase to the
    last, and to the day (all (n,))."""

    who: np.ndarray
    recency: np.ndarray
    frequency: np.ndarray
    money: np.ndarray
    active: np.ndarray
    age: np.ndarray

    def seen(self) -> Purchases:
        return Purchases.of(self.frequency - 1.0, self.active.astype(float), self.age.astype(float))

    def scores(self) -> tuple[np.ndarray, np.ndarray]:
        """(recency, value): 1 to 5 each; value is the mean of the scores of frequency and money, a half rounded up."""
        value = (fifths(self.frequency, lowest=True) + fifths(self.money) + 1) // 2
        return fifths(-self.recency), value


def fifths(x: np.ndarray, *, lowest: bool = False) -> np.ndarray:
    """1 (low) to 5 (high) by where a value stands among all; equal values stand together, in the middle of their places.

    With `lowest`, at the lowest of their places: those who bought once are never called frequent, however many they are.

    >>> fifths(np.array([1, 1, 1, 1, 1, 1, 2, 3, 4, 5])).tolist()
    [2, 2, 2, 2, 2, 2, 4, 4, 5, 5]
    >>> fifths(np.array([1, 1, 1, 1, 1, 1, 2, 3, 4, 5]), lowest=True).tolist()
    [1, 1, 1, 1, 1, 1, 4, 4, 5, 5]
    """
    _, at, count = np.unique(x, return_inverse=True, return_counts=True)
    place = (count.cumsum() - count) if lowest else (count.cumsum() - count / 2)
    return np.minimum((place * 5 / len(x)).astype(int) + 1, 5)[at]


def groups_of(recency: np.ndarray, value: np.ndarray, rows: Mapping[str, Mapping[str, Any]]) -> np.ndarray:
    """The first row of customer_groups.toml whose ranges hold a pair of scores; "(none)" where no row does (n,)."""
    out = np.full(len(recency), "(none)", dtype=object)
    for name, row in reversed(list(rows.items())):
        (least, most), (low, high) = row["recency"], row["value"]
        out[(recency >= least) & (recency <= most) & (value >= low) & (value <= high)] = name
    return out


def book(
    frame: pd.DataFrame, customer: str, when: pd.Series, amount: np.ndarray, invoice: pd.Series | None, as_of: pd.Timestamp | None
) -> Book:
    """Invoice lines to days of customers; what cannot be used is counted, in people or in money, and named."""
    ids = identities(frame[customer])
    known = ids.ne("").to_numpy()
    dated, counted = when.notna().to_numpy(), np.isfinite(amount)
    late = dated & (when >= as_of).to_numpy() if as_of is not None else np.zeros(len(frame), bool)
    kept = known & dated & counted & ~late
    back = (amount < 0) & kept
    facts = {
        "rows": len(frame), "no_customer": int((~known).sum()), "no_customer_money": float(np.nansum(amount[~known & counted])),
        "given_back": int(back.sum()), "given_back_money": float(-amount[back].sum()) + 0.0, "no_date": int((known & ~dated).sum()),
        "no_amount": int((known & dated & ~counted).sum()), "after": int((known & late).sum()), "zero": int((kept & (amount == 0)).sum()),
    }  # fmt: skip
    who, _ = pd.factorize(ids[kept], sort=True)
    day = when[kept].to_numpy().astype("datetime64[D]").astype(np.int64)
    paid = amount[kept]
    receipts = pd.factorize(identities(invoice[kept]) if invoice is not None else when[kept])[0]
    lines = pd.DataFrame({"who": who, "day": day, "invoice": receipts, "money": paid})
    invoices = lines.groupby(["who", "day", "invoice"], sort=True, as_index=False)["money"].sum()
    days = invoices.assign(orders=invoices["money"] > 0).groupby(["who", "day"], sort=True, as_index=False)[["money", "orders"]].sum()
    buyers = days.loc[days["orders"] > 0, "who"].nunique()
    facts |= {"purchases": int(days["orders"].sum()), "only_back": int(days["who"].nunique() - buyers), "revenue": float(paid.sum())}
    return Book(
        who=days["who"].to_numpy(), day=days["day"].to_numpy(), money=days["money"].to_numpy(), orders=days["orders"].to_numpy(),
        customers=int(who.max()) + 1 if len(who) else 0, facts=facts, findings=tuple(_told(facts)),
    )  # fmt: skip


def _told(facts: Mapping[str, Any]) -> Sequence[Finding]:
    """What was left out, or counted otherwise than one may think."""
    codes = (
        ("no_customer", "E_NO_CUSTOMER"), ("no_date", "E_NO_DATE"), ("no_amount", "E_NO_AMOUNT"), ("after", "E_AFTER"),
        ("given_back", "E_GIVEN_BACK"), ("only_back", "E_ONLY_BACK"),
    )  # fmt: skip
    share = facts["no_customer"] / max(facts["rows"], 1)
    return [
        finding(code, level="warning" if name == "no_customer" and share > 0.05 else "note", found=str(facts[name]))
        for name, code in codes
        if facts[name]
    ]
