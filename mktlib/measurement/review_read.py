"""A plan's promises and the results of a campaign, each brought down to one row a placement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from mktlib.errors import DataError, Finding
from mktlib.intake import tally
from mktlib.intake.inputs import days_of, need, not_numbers, numbers
from mktlib.results import Plan
from mktlib.vocabulary import Tables, finding, masked

KEY = ["item", "segment", "channel"]
OFF = ("cancelled", "canceled", "annulé", "annulée")


def promises(plan: Plan, per: float = 1.0) -> pd.DataFrame:
    """One row a placement: the rate that the plan counts on (its events, an idea's later lots for less where it wears; else its rate), how
    often it was to be shown, what it was to cost, and what one event is worth."""
    if wrong := _no_promise(plan.schedule):
        raise DataError(wrong)
    schedule = plan.schedule[plan.schedule["exposure"] > 0].astype(dict.fromkeys(KEY, "str"))
    worth = schedule["value"] if "value" in schedule else pd.Series(np.nan, index=schedule.index)
    fresh = schedule["exposure"] * schedule["rate"]
    expected = (schedule["events"] * per).fillna(fresh) if "events" in schedule else fresh
    sums = schedule.assign(worth=worth, expected=expected).groupby(KEY, as_index=False)
    first = {c: (c, "first") for c in ("stage", "rate", "rate_sd")}
    placed = sums.agg(
        **first, planned_spend=("spend", "sum"), planned_exposure=("exposure", "sum"), expected=("expected", "sum"),
        worth=("worth", lambda v: v.sum(min_count=1)),
    )  # fmt: skip
    if "events" in schedule:
        placed["rate"] = placed["expected"] / placed["planned_exposure"]
    return placed.assign(event_value=placed["worth"] / placed["expected"].where(placed["expected"] > 0)).drop(columns=["worth", "expected"])


def _no_promise(schedule: pd.DataFrame) -> list[Finding]:
    """Cells of a plan (edited by hand?) that promise nothing: no number, or no rate or doubt where something is to be shown."""
    if wrong := [f for c in ("exposure", "rate", "rate_sd", "spend") for f in not_numbers(schedule, c)]:
        return wrong
    blank = schedule.loc[schedule["exposure"] > 0, ["rate", "rate_sd"]].isna()
    return [
        finding("E_NOT_A_NUMBER", file="schedule", column=str(c), line=int(blank[c].to_numpy().argmax()) + 2, found="?")
        for c in blank
        if blank[c].any()
    ]


def pieces(plan: Plan) -> pd.DataFrame:
    names = [c for c in ("item", "content_type", "style", "length") if c in plan.items]
    return plan.items[names].astype({"item": "str"}).drop_duplicates("item")


def added(
    results: pd.DataFrame, metric: str, row: Mapping[str, Any], tables: Tables, value: str | None
) -> tuple[pd.DataFrame, list[Finding]]:
    """Results added up over weeks. A row that ran and whose count nobody wrote down is left out and said, never a 0."""
    need(results, [*KEY, *([value] if value else [])])
    results = results.assign(actual_spend=results["spend"]) if "spend" in results and "actual_spend" not in results else results
    frame, repeated = once(results.reset_index(drop=True).astype(dict.fromkeys(KEY, "str")))
    counted = [c for c in dict.fromkeys((row["count"], row["exposure"], *row.get("exposure_by_channel", {}).values())) if c in frame]
    wrong = [f for c in counted for f in not_numbers(frame, c)]
    wrong += [f for c in ("actual_spend", value) if c and c in frame for f in not_numbers(frame, c, signed=True)]
    if wrong:
        raise DataError(wrong)
    frame[counted] = frame[counted].assign(**{c: numbers(frame, c, blank=np.nan) for c in counted})
    idle = frame[counted].fillna(0).sum(axis=1) == 0
    blank = _blank(frame, row, idle)
    counts = tally(frame[~idle], KEY, metric=metric, tables=tables)
    above = counts[counts["count"] > counts["exposure"]] if row["family"] == "binomial" else counts.head(0)
    if len(above):
        pairs = zip(above["item"], above["count"], above["exposure"], strict=True)
        raise DataError([finding("E_CLICKS_GT_IMPRESSIONS", column=row["count"], found=f"{item}: {y} > {n}") for item, y, n in pairs])
    told = [*counts.attrs["findings"], *repeated]
    if {"due", "published"} <= set(frame):
        days, unread = zip(*(days_of(frame, c) for c in ("published", "due")), strict=True)
        frame["late_days"] = (days[0].dt.normalize() - days[1].dt.normalize()).dt.days
        told += [replace(f, level="warning") for some in unread for f in some]
    for name, column in (("actual_spend", "actual_spend"), ("money", value)):
        if column and column in frame:
            frame[name] = numbers(frame, column, blank=np.nan)
            frame[name] = frame[name].mask(blank, 0.0) if name == "money" else frame[name]
            told += [finding("E_NEGATIVE_SPEND", level="warning", column=column, found=f"{frame[name].clip(upper=0).sum():.2f}")] * bool(
                (frame[name] < 0).any()
            )
    frame["unknown"], frame["partly"] = ~idle, blank
    if "owner" in frame:  # an address or a handle is nobody's name in a table
        frame["owner"] = frame["owner"].fillna("").astype(str).str.strip().map(masked)
    how: dict[str, Any] = {"unknown": "any", "partly": "any"} | {c: "sum" for c in ("actual_spend",) if c in frame}
    how |= {"money": lambda v: v.sum(skipna=False)} if value else {}
    how |= {c: "first" for c in ("owner", "status", "due", "published") if c in frame} | {c: "max" for c in ("late_days",) if c in frame}
    out = frame.groupby(KEY, as_index=False).agg(how).merge(counts, on=KEY, how="left")
    return out.assign(unknown=out["unknown"] & out["count"].isna(), partly=out["partly"] & (out["exposure"] > 0)), told


def _blank(frame: pd.DataFrame, row: Mapping[str, Any], idle: pd.Series) -> pd.Series:
    """Rows whose count or exposure nobody wrote down; one called off, with nothing written, is none."""
    lacks = {c: frame[c].isna() if c in frame else pd.Series(True, index=frame.index) for c in (row["count"], row["exposure"])}
    chances = lacks[row["exposure"]]
    for channel, column in row.get("exposure_by_channel", {}).items():
        chances = chances.where(frame["channel"] != channel, frame[column].isna()) if column in frame else chances
    off = frame["status"].astype("str").str.strip().str.lower().isin(OFF) if "status" in frame else pd.Series(False, index=frame.index)
    return (lacks[row["count"]] | chances) & ~(idle & off)


def once(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
    """Rows of a day or a week that stand there twice, word for word, count once; without a day they may be two things, and are said."""
    twice = frame.duplicated()
    if not twice.any():
        return frame, []
    if not {"date", "week"} & set(frame):
        return frame, [finding("E_REPEATED_RESULTS", level="warning", found=str(int(twice.sum())))]
    return frame[~twice].reset_index(drop=True), [finding("E_TRACK_TWICE", level="warning", found=str(int(twice.sum())))]


def without_unmeasured(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
    """The placements less those that ran with nobody knowing how: they are neither "not executed" nor a promise kept or broken."""
    lost = rows["unknown"].astype("boolean").fillna(False).astype(bool)
    if not lost.any():
        return rows, []
    names = ", ".join(" / ".join(key) for key in rows.loc[lost, KEY].head(3).itertuples(index=False))
    told = finding("E_REVIEW_UNMEASURED", level="error" if lost.all() else "warning", found=str(int(lost.sum())), names=names)
    if lost.all():
        raise DataError(told)
    return rows[~lost].reset_index(drop=True), [told]


def partly_known(rows: pd.DataFrame) -> tuple[pd.Series, list[Finding]]:
    """(placements of which some weeks were not written down, what is said of them): how much less they were shown, nobody knows."""
    partly = rows["partly"].astype("boolean").fillna(False).astype(bool)
    names = ", ".join(" / ".join(key) for key in rows.loc[partly, KEY].head(3).itertuples(index=False))
    return partly, [finding("E_REVIEW_PARTLY", level="warning", found=str(int(partly.sum())), names=names)] if partly.any() else []


def first_day(plan: Plan | None) -> pd.Timestamp | None:
    """The first day of a plan that knows its brief."""
    first = getattr(getattr(plan, "brief", None), "first_day", None)
    return None if first is None else pd.Timestamp(first)


def dated(results: pd.DataFrame, plan: Plan | None) -> pd.DataFrame:
    """A number in `week` is a week of the plan; one that is none has no day."""
    first = first_day(plan)
    if first is None or "week" not in results or not pd.api.types.is_numeric_dtype(results["week"].dtype):
        return results
    number = pd.to_numeric(results["week"]).astype(float)
    number = number.where(number.between(1, 5_000) & (number % 1 == 0))
    return results.assign(week=first + pd.to_timedelta(7 * (number - 1), unit="D"))


def running(plan: Plan, results: pd.DataFrame) -> list[Finding]:
    """Results that end before the plan does: what is still to come is not "not executed"."""
    first = first_day(plan)
    column = next((c for c in ("date", "week") if c in results), None)
    if first is None or column is None or "week" not in plan.schedule:
        return []
    last = first + pd.Timedelta(days=7 * (int(plan.schedule.loc[plan.schedule["exposure"] > 0, "week"].max()) - 1))
    seen = days_of(dated(results, plan), column)[0].max()
    if pd.isna(seen) or seen.normalize() >= last:
        return []
    return [finding("E_REVIEW_RUNNING", level="warning", found=str(seen.date()), expected=str(last.date()))]


def unplanned(placed: pd.DataFrame, came: pd.DataFrame) -> list[Finding]:
    """What ran outside the plan is no promise kept or broken, but it is not passed over in silence."""
    extra = came.merge(placed[KEY], on=KEY, how="left", indicator=True).query("_merge == 'left_only'")
    if extra.empty:
        return []
    names = ", ".join(" / ".join(key) for key in extra[KEY].head(3).itertuples(index=False))
    return [finding("E_NOT_PLANNED", level="warning", found=str(len(extra)), names=names)]
