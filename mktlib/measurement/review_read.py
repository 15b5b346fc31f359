"""A plan's promises and the results of a campaign, each brought down to one row a placement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mktlib.errors import DataError, Finding
from mktlib.intake import tally
from mktlib.intake.inputs import need
from mktlib.results import Plan
from mktlib.vocabulary import Tables, finding

KEY = ["item", "segment", "channel"]


def promises(plan: Plan) -> pd.DataFrame:
    """One row a placement: its rate, how often it was to be shown, what it was to cost, and what one event at that rate is worth as the
    plan counts it (an idea's later lots for less, where the plan says that it wears)."""
    schedule = plan.schedule[plan.schedule["exposure"] > 0].astype(dict.fromkeys(KEY, "str"))
    worth = schedule["value"] if "value" in schedule else pd.Series(np.nan, index=schedule.index)
    sums = schedule.assign(worth=worth, expected=schedule["exposure"] * schedule["rate"]).groupby(KEY, as_index=False)
    first = {c: (c, "first") for c in ("stage", "rate", "rate_sd")}
    placed = sums.agg(
        **first, planned_spend=("spend", "sum"), planned_exposure=("exposure", "sum"), expected=("expected", "sum"),
        worth=("worth", lambda v: v.sum(min_count=1)),
    )  # fmt: skip
    return placed.assign(event_value=placed["worth"] / placed["expected"].where(placed["expected"] > 0)).drop(columns=["worth", "expected"])


def pieces(plan: Plan) -> pd.DataFrame:
    names = [c for c in ("item", "content_type", "style", "length") if c in plan.items]
    return plan.items[names].astype({"item": "str"}).drop_duplicates("item")


def added(
    results: pd.DataFrame, metric: str, row: Mapping[str, Any], tables: Tables, value: str | None
) -> tuple[pd.DataFrame, list[Finding]]:
    """Results added up over weeks. A row that ran and whose count nobody wrote down is left out and said, never a 0."""
    need(results, [*KEY, *([value] if value else [])])
    frame = results.reset_index(drop=True).astype(dict.fromkeys(KEY, "str"))
    exposures = {row["exposure"], *row.get("exposure_by_channel", {}).values()} & set(frame)
    numbers = frame[[c for c in (row["count"], *exposures) if c in frame]].apply(pd.to_numeric, errors="coerce")
    negative = [
        finding("E_NEGATIVE_COUNT", line=int(i) + 2, column=c, found=numbers[c][i]) for c in numbers for i in numbers.index[numbers[c] < 0]
    ]
    if negative:
        raise DataError(negative)
    idle = numbers.fillna(0).sum(axis=1) == 0
    counts = tally(frame[~idle], KEY, metric=metric, tables=tables)
    above = counts[counts["count"] > counts["exposure"]] if row["family"] == "binomial" else counts.head(0)
    if len(above):
        pairs = zip(above["item"], above["count"], above["exposure"], strict=True)
        raise DataError([finding("E_CLICKS_GT_IMPRESSIONS", column=row["count"], found=f"{item}: {y} > {n}") for item, y, n in pairs])
    twice = int(results.duplicated().sum())
    if {"due", "published"} <= set(frame):
        days = [pd.to_datetime(frame[c], errors="coerce", format="mixed", utc=True) for c in ("published", "due")]
        frame["late_days"] = (days[0] - days[1]).dt.days
    if "actual_spend" in frame:
        frame["actual_spend"] = _spent(frame["actual_spend"], "actual_spend")
    if value:
        frame["money"] = _spent(frame[value], value)
    how: dict[str, Any] = {c: "sum" for c in ("actual_spend",) if c in frame}
    how |= {"money": lambda v: v.sum(skipna=False)} if value else {}
    how |= {c: "first" for c in ("owner", "status", "due", "published") if c in frame} | {c: "max" for c in ("late_days",) if c in frame}
    details = frame.groupby(KEY, as_index=False).agg(how) if how else frame[KEY].drop_duplicates()
    repeated = [finding("E_REPEATED_RESULTS", level="warning", found=str(twice))] if twice else []
    return details.merge(counts, on=KEY, how="left"), [*counts.attrs["findings"], *repeated]


def _spent(money: pd.Series, name: str) -> pd.Series:
    """Money as numbers; blank where nobody knows, refused where it is no amount."""
    amount = pd.to_numeric(money, errors="coerce").astype(float)
    wrong = (amount.isna() & money.notna()) | np.isinf(amount) | (amount < 0)
    if wrong.any():
        i = int(wrong.to_numpy().argmax())
        raise DataError(finding("E_NOT_A_NUMBER", line=i + 2, column=name, found=money.iloc[i]))
    return amount


def unplanned(placed: pd.DataFrame, came: pd.DataFrame) -> list[Finding]:
    """What ran outside the plan is no promise kept or broken, but it is not passed over in silence."""
    extra = came.merge(placed[KEY], on=KEY, how="left", indicator=True).query("_merge == 'left_only'")
    if extra.empty:
        return []
    names = ", ".join(" / ".join(key) for key in extra[KEY].head(3).itertuples(index=False))
    return [finding("E_NOT_PLANNED", level="warning", found=str(len(extra)), names=names)]
