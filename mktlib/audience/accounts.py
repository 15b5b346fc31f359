"""How an account does for each of its followers: rates of a network's days, each over its own denominator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mktlib.audience.asked import COLUMNS as ASKED
from mktlib.audience.days import FEWEST_BLOCKS, block_days, ratio
from mktlib.errors import DataError, Finding
from mktlib.intake.inputs import as_group, days_of, numbers
from mktlib.vocabulary import finding

MONTH = 30
RATES: Mapping[str, tuple[tuple[str, ...], str, float]] = {
    "engagement_per_follower": (("engagements",), "followers", MONTH),
    "engagement_per_reach": (("engagements",), "reach", 1),
    "reach_per_follower": (("reach",), "followers", 1),
    "clicks_per_follower": (("clicks",), "followers", MONTH),
    "clicks_per_reach": (("clicks",), "reach", 1),
    "visits_per_follower": (("profile_visits",), "followers", MONTH),
    "gain_per_follower": (("followers_gained",), "followers", MONTH),
    "loss_per_follower": (("followers_lost",), "followers", MONTH),
    "growth": (("followers_gained", "followers_lost"), "followers", MONTH),
}
"""rate: (what is counted, a second one taken off it), over what, and in how many days (1: on a day, 30: in thirty days)."""


def is_daily(frame: pd.DataFrame) -> bool:
    """Whether a frame has one row a network and day, not one a person."""
    return {"date", "followers"} <= set(map(str, frame.columns)) and not {"follows", "engaged", "orders"} & set(map(str, frame.columns))


def by_network(frame: pd.DataFrame, by: str, level: float) -> tuple[pd.DataFrame, dict[str, Any], list[Finding], pd.DataFrame]:
    """The table of networks, its facts and findings, and no questions."""
    when, found = days_of(frame, "date")
    if found or when.isna().all():
        raise DataError(found or [finding("E_MISSING_COLUMN", column="date", expected="date", found="")])
    group, known = as_group(frame[by]), when.notna()
    rates = {name: row for name, row in RATES.items() if all(c in frame for c in (*row[0], row[1]))}
    needed = list(dict.fromkeys(c for up, down, _ in rates.values() for c in (*up, down)) | {"followers": None})
    days = pd.DataFrame({c: numbers(frame, c, blank=np.nan) for c in needed})
    days = days.assign(group=group, date=when.dt.normalize())[known]
    days = days.groupby(["group", "date"], sort=True, as_index=False).sum(min_count=1)
    table = pd.DataFrame([_account(part, str(name), rates, level) for name, part in days.groupby("group", sort=True)])
    found = _gaps(table, known, int(pd.DataFrame({"group": group, "date": when.dt.normalize()})[known].duplicated().sum()))
    facts = {
        "grain": "network_day", "method": "weekly_blocks", "engagement_denominator": "followers", "days": int(days["date"].nunique()),
        "denominators": {name: f"{down}, {per} d" for name, (_, down, per) in rates.items()},
        "per_days": {name: per for name, (_, _, per) in rates.items()}, "first": days["date"].min(), "last": days["date"].max(),
        "block_days": block_days(int((days["date"].max() - days["date"].min()).days) + 1), "people": int(table["followers_last"].sum()),
        "absent": [c for c in ("reach", "engagements", "clicks", "followers_gained", "followers_lost") if c not in frame],
    }  # fmt: skip
    return table, facts, found, pd.DataFrame({c: pd.Series(dtype=float if c == "people" else object) for c in ASKED})


def _account(part: pd.DataFrame, name: str, rates: Mapping[str, Any], level: float) -> dict[str, Any]:
    """One row: sizes, then each rate with its range."""
    day = (part["date"] - part["date"].iloc[0]).dt.days.to_numpy()
    sizes = part["followers"].dropna()
    row: dict[str, Any] = {
        "group": name,
        "days": len(part),
        "followers_mean": sizes.mean(),
        "followers_last": 0.0 if sizes.empty else sizes.iloc[-1],
    }
    for rate, (up, down, per) in rates.items():
        counted = part[up[0]].to_numpy(float) - (part[up[1]].to_numpy(float) if len(up) > 1 else 0.0)
        mean, low, high = ratio(counted, part[down].to_numpy(float), day, level)
        row |= {
            rate: per * mean,
            f"{rate}_low": per * (low if rate == "growth" or np.isnan(low) else max(low, 0.0)),
            f"{rate}_high": per * high,
        }
    return row


def _gaps(table: pd.DataFrame, known: pd.Series, twice: int) -> list[Finding]:
    """What the days cannot say: networks with too few for a range, rows without a date; and days that stand several times."""
    short = table[table["days"] < 7 * FEWEST_BLOCKS]
    found = [
        finding("E_FEW_DAYS", level="note", column=str(g), found=str(d), expected=f">= {7 * FEWEST_BLOCKS}")
        for g, d in zip(short["group"], short["days"], strict=True)
    ]
    if twice:
        found.append(finding("E_DAYS_TWICE", level="warning", column="date", found=str(twice)))
    if not known.all():
        found.append(finding("E_NO_DATE", level="warning", column="date", found=str(int((~known).sum()))))
    return found
