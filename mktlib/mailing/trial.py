"""The test that would tell: three rhythms drawn by lot, and how many people each needs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from mktlib.mailing.months import Months

MONTHS = 3
DETECTS = {"value": 0.2, "leave": 0.5}
"""Shares by which an arm must differ from another for the test to see it in 8 cases of 10: value a customer and month; leavers."""
POWER, WRONG = 0.8, 0.05


def to_run(months: Months, name: str, most: int) -> list[dict[str, Any]]:
    """Rows of `Rhythm.trial` for one segment: one an outcome and arm."""
    mailed = months.mails[months.mails > 0]
    usual = int(np.clip(round(float(mailed.mean())) if len(mailed) else 4, 1, most))
    arms = sorted({max(1, usual // 2), usual, min(most, 2 * usual)})
    rows: list[dict[str, Any]] = []
    there = len(np.unique(months.person))
    for outcome, differs in DETECTS.items():
        need = _needed(months, outcome, differs, len(arms))
        about = {"outcome": outcome, "months": MONTHS, "people": need, "detects": differs, "listed": there}
        rows += [{"segment": name, "per_month": arm, **about, "enough": bool(need * len(arms) <= there)} for arm in arms]
    return rows


def _needed(months: Months, outcome: str, differs: float, arms: int) -> float:
    """People an arm (rounded up to tens): two means, all pairs of arms together wrong in 5 % at most (Bonferroni)."""
    y = months.outcomes["value"] if outcome == "value" else months.left.astype(float)
    if not y.any():
        return float("nan")
    first = np.searchsorted(months.person, months.person, side="left")
    early = np.arange(len(y)) - first < MONTHS
    person = pd.factorize(months.person[early])[0]
    total, n = np.bincount(person, y[early]), np.bincount(person)
    each = total if outcome == "leave" else total / n
    whole = each if outcome == "leave" and months.months < MONTHS else each[n == n.max()] if outcome == "value" else each
    mean, spread = float(whole.mean()), float(whole.var())
    if mean <= 0 or len(whole) < 10 or (differs * mean) ** 2 <= 0:  # so small that its square is nothing
        return float("nan")
    pairs = arms * (arms - 1) / 2
    z = norm.ppf(1 - WRONG / 2 / pairs) + norm.ppf(POWER)
    return float(np.ceil(2 * z**2 * spread / (differs * mean) ** 2 / 10) * 10)


def arms_table(months: Months, name: str, rhythm_of: np.ndarray, level: float) -> pd.DataFrame:
    """What each arm brought, plain means of those assigned to it, and how far it is from the first arm, with ranges.

    Each person assigned to an arm counts with all his months of the test, those after he left as nothing: a difference in means, whatever
    the arm did to who stayed.
    """
    told = months.arm >= 0
    if not told.any():
        return pd.DataFrame()
    whole = pd.DataFrame({"person": months.person[told], "arm": months.arm[told], "entry": months.month[told]})
    people = whole.groupby("person", sort=True).agg(arm=("arm", "first"), entry=("entry", "min"), arms=("arm", "nunique"))
    people["seen"] = months.months - people["entry"]
    rows = []
    z = norm.ppf((1 + level) / 2)
    for outcome, y in [*months.outcomes.items(), ("leave", months.left.astype(float))]:
        total = pd.Series(y[told]).groupby(months.person[told]).sum().reindex(people.index).to_numpy()
        each = total if outcome == "leave" else total / people["seen"].to_numpy()
        base: tuple[float, float] | None = None
        for arm in sorted(people["arm"].unique(), key=lambda a: rhythm_of[a]):
            mine = each[people["arm"].to_numpy() == arm]
            mean, variance = float(mine.mean()), float(mine.var(ddof=1) / len(mine)) if len(mine) > 1 else float("nan")
            base = base or (mean, variance)
            gap, half = mean - base[0], z * np.sqrt(variance + base[1])
            first = base == (mean, variance)
            row = {
                "segment": name,
                "outcome": outcome,
                "arm": months.arms[arm],
                "per_month": rhythm_of[arm],
                "people": len(mine),
                "mean": mean,
            }
            row |= {"difference": gap, "low": np.nan if first else gap - half, "high": np.nan if first else gap + half}
            rows.append(row)
    return pd.DataFrame(rows)
