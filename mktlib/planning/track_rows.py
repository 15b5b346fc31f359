"""A plan's placements, week by week, beside what is known of them: what one measured, what is still ahead."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mktlib.planning.brief import Brief
from mktlib.planning.track_log import KEY, Seen
from mktlib.vocabulary import Tables

Array = NDArray[Any]
DAYS = 7


def placements(schedule: pd.DataFrame) -> pd.DataFrame:
    """One row a placement and week: item, segment, channel, week, spend, exposure, events, value (sums), rate (of one event to a chance as
    the plan counts it, wear included), sd (of the log of the rate), worth (of an event)."""
    rows = schedule.astype(dict.fromkeys(KEY, "str"))
    events = rows["events"] if "events" in rows else rows["exposure"] * rows["rate"]
    rows = rows.assign(events=events, weighted=rows["rate_sd"] * rows["exposure"])
    sums = rows.groupby([*KEY, "week"], as_index=False)[["spend", "exposure", "events", "value", "weighted"]].sum()
    sums = sums[(sums["exposure"] > 0) | (sums["spend"] > 0)].reset_index(drop=True)
    rate = (sums["events"] / sums["exposure"].where(sums["exposure"] > 0)).fillna(0.0)
    sd = (sums["weighted"] / sums["exposure"].where(sums["exposure"] > 0)).fillna(0.0)
    worth = (sums["value"] / sums["events"].where(sums["events"] > 0)).fillna(0.0)
    return sums.drop(columns="weighted").assign(rate=rate, sd=sd, worth=worth)


def weekday_shares(seen: Seen, brief: Brief, tables: Tables) -> Array:
    """(7,) the share of a week that falls on each of its days, the first being that of the campaign's first day: even, drawn towards what
    whole weeks of a daily log showed."""
    even = np.full(DAYS, 1 / DAYS)
    if not seen.daily:
        return even
    personal = [c for c in seen.rows["channel"].unique() if tables.channels.get(c, {}).get("personal")]
    rows = seen.rows[~seen.rows["channel"].isin(personal)]
    day = (rows["start"] - pd.Timestamp(brief.first_day)).dt.days
    whole = [w for w in range(1, brief.weeks + 1) if day[rows["week"] == w].nunique() == DAYS]
    if not whole:
        return even
    some = rows["week"].isin(whole)
    sums = rows.loc[some, "exposure"].groupby(day[some] % DAYS).sum().reindex(range(DAYS), fill_value=0.0).to_numpy(float)
    return np.asarray((len(whole) * sums / max(sums.sum(), 1e-9) + even) / (len(whole) + 1))


def planned_until(rows: pd.DataFrame, brief: Brief, calendar: pd.DataFrame, until: pd.Timestamp, shares: Array, tables: Tables) -> Array:
    """(rows,) the share of each placement that the plan has behind it on a day: of messages what was to have left, of the rest the days."""
    begun = (until.date() - brief.first_day).days
    by_week = {}
    for week in range(1, brief.weeks + 1):
        days = len(brief.week_days(week))
        gone = min(max(begun - DAYS * (week - 1), 0), days)
        by_week[week] = float(shares[:gone].sum() / shares[:days].sum()) if days else 1.0
    share = rows["week"].map(by_week).fillna(1.0).to_numpy(float).copy()
    personal = rows["channel"].map(lambda c: bool(tables.channels.get(c, {}).get("personal"))).to_numpy(bool)
    if not (some := personal & (share > 0) & (share < 1)).any():
        return share
    out = calendar[calendar["task"] == "publish"]
    week = (out["at"].dt.normalize() - pd.Timestamp(brief.first_day)).dt.days // DAYS + 1
    out = out.assign(week=week, gone=out["quantity"].where(out["at"] < until, 0.0))
    sums = out.groupby([*KEY, "week"])[["gone", "quantity"]].sum()
    left = (sums["gone"] / sums["quantity"].where(sums["quantity"] > 0)).fillna(0.0)
    own = pd.MultiIndex.from_frame(rows.loc[some, [*KEY, "week"]])
    share[some] = left.reindex(own).fillna(0.0).to_numpy(float)
    return share


@dataclass(frozen=True)
class Beside:
    """table: `placements` with n, y, paid (measured; paid NaN where no money was told), ripe (n, less what has yet to be counted of it),
    gone (planned share behind), known (bool: the week was measured at all), ran (bool), ahead (share still to come), left (share that has
    not run, whether or not it can still), lost (share of its week that had gone when its late piece came out). strays: rows
    of the log that belong to no placement."""

    table: pd.DataFrame
    strays: pd.DataFrame


def beside(
    rows: pd.DataFrame, seen: Seen, gone: Array, pieces: pd.DataFrame, first: dt.date, as_of: pd.Timestamp, lag: float, tables: Tables
) -> Beside:
    """Plan and log joined; a placement without a row in a week that was measured, on a channel that was, did not run. One whose count or
    exposure is blank did, nobody knows how: it is still open."""
    came = seen.rows.assign(ripe=seen.rows["exposure"] * _ripe(seen.rows, as_of, lag))
    sums = came.groupby([*KEY, "week"], as_index=False)[["exposure", "count", "ripe"]].sum()
    money = came.groupby([*KEY, "week"], as_index=False)["spend"].sum(min_count=1)
    sums = sums.assign(paid=money["spend"]).rename(columns={"exposure": "n", "count": "y"})
    table = rows.merge(sums, on=[*KEY, "week"], how="left")
    asked = pd.MultiIndex.from_frame(table[[*KEY, "week"]]).isin(pd.MultiIndex.from_frame(seen.blank[[*KEY, "week"]])) & table["n"].isna()
    known = (table["week"].isin(set(seen.rows["week"])) & table["channel"].isin(set(seen.rows["channel"]))).to_numpy(bool) & ~asked
    table[["n", "y", "ripe"]] = table[["n", "y", "ripe"]].fillna(0.0)
    ran = (table["n"] > 0).to_numpy()
    personal = table["channel"].map(lambda c: bool(tables.channels.get(c, {}).get("personal"))).to_numpy(bool)
    gone = np.where(personal & ran & (gone > 0), 1.0, gone) * known
    out = pieces.loc[pieces["state"].isin(["out", "late_out"]), "item"]
    waits = ~table["item"].isin(set(out)).to_numpy(bool) & ~ran
    lost = _lost(table, pieces, first)
    table = table.assign(gone=gone, known=known, ran=ran, ahead=1 - gone, left=np.where(waits, 1.0, 1 - gone), lost=lost)
    keys = pd.MultiIndex.from_frame(rows[KEY]).unique()
    strange = ~pd.MultiIndex.from_frame(seen.rows[KEY]).isin(keys) if len(seen.rows) else np.zeros(0, bool)
    return Beside(table, seen.rows[strange])


def _lost(table: pd.DataFrame, pieces: pd.DataFrame, first: dt.date) -> Array:
    """(rows,) share of a placement's week that had gone when its piece came out, late; 0 for others."""
    late = pieces[pieces["state"] == "late_out"].set_index("item")["published"]
    start = pd.Timestamp(first) + pd.to_timedelta(DAYS * (table["week"] - 1), unit="D")
    out = pd.Series(pd.to_datetime(late.reindex(table["item"]).to_numpy()), index=table.index)
    return ((out - start).dt.days / DAYS).fillna(0.0).clip(0.0, 1.0).to_numpy(float)


def _ripe(rows: pd.DataFrame, as_of: pd.Timestamp, lag: float) -> Array:
    """(rows,) share of what a row will bring that is counted by now: events follow their exposure by `lag` days, exponential."""
    if lag <= 0 or rows.empty:
        return np.ones(len(rows))
    days = (rows["end"] - rows["start"]).dt.days.to_numpy()
    since = ((as_of - rows["start"]).dt.total_seconds() / 86_400).to_numpy(float)
    ages = np.maximum(since[:, None] - np.arange(days.max()) - 0.5, 0.0)
    inside = np.arange(days.max()) < days[:, None]
    return np.asarray(np.where(inside, 1 - np.exp(-ages / lag), 0.0).sum(axis=1) / days)


def days_left(brief: Brief, until: dt.date) -> int:
    """Days of the campaign that are still to come."""
    return max(0, (brief.last_day - max(until, brief.first_day)).days + 1)
