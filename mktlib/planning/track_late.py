"""Which pieces of a running campaign are late, by how many working days, by whom, and what waits for them."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from mktlib.planning.brief import Brief
from mktlib.planning.calendar import owner_of
from mktlib.planning.track_log import Seen
from mktlib.vocabulary import Tables, days_off

MISSED, LATE_SHARE, DELAY = 0.05, 0.25, 3.0
"""Before anything is known: share of pieces that never come, share that come late, and mean working days of these (our judgement, 2026)."""
LATE = ("item", "content_type", "owner", "due", "published", "state", "days", "spend", "value")


def working_days(first: dt.date, last: dt.date, tables: Tables) -> int:
    """Working days after the first day, up to and with the last: weekends and public holidays of the tables are none.

    >>> from mktlib.vocabulary import load_tables
    >>> working_days(dt.date(2026, 10, 16), dt.date(2026, 10, 20), load_tables())
    2
    """
    if last <= first:
        return 0
    off = {day for row in tables.holidays.values() for day in days_off(row, range(first.year, last.year + 1))}
    days = (first + dt.timedelta(days=k) for k in range(1, (last - first).days + 1))
    return sum(day.isoweekday() <= 5 and day not in off for day in days)


def states(brief: Brief, items: pd.DataFrame, calendar: pd.DataFrame, seen: Seen, as_of: pd.Timestamp, tables: Tables) -> pd.DataFrame:
    """One row a piece that is made: item, content_type, owner, due (the log's, else its first day out in the calendar), published, ran,
    state (waits: not due yet; out; late_out; late; unheard; cancelled), days (working days late)."""
    made = items.loc[items["status"] == "make", ["item", "content_type"]].astype({"item": "str"}).drop_duplicates("item")
    first = calendar[calendar["task"] == "publish"].groupby("item")["at"].min().dt.normalize()
    shown = [seen.rows[seen.rows["exposure"] > 0], seen.blank]
    ran = pd.concat([some[["item", "start"]] for some in shown]).groupby("item")["start"].min()
    out = made.merge(seen.pieces, on="item", how="left")
    planned = _of(first, out["item"])
    heard = out["item"].isin(seen.pieces["item"])
    out["due"] = out["due"].fillna(planned)
    out["owner"] = out["owner"].where(out["owner"].notna(), [owner_of(brief, str(kind)) for kind in out["content_type"]])
    out["ran"] = out["item"].isin(ran.index)
    published = out["published"].fillna(_of(ran, out["item"]))
    today = as_of.normalize()
    late = [working_days(d.date(), (p if pd.notna(p) else today).date(), tables) if pd.notna(d) else 0
            for d, p in zip(out["due"], published, strict=True)]  # fmt: skip
    called_off = out["cancelled"].astype("boolean").fillna(False).astype(bool) & ~out["ran"]
    owing = published.isna() & (out["due"] < today)
    silent = owing & (out["due"] < seen.until)  # silence says something only as far as the log reaches
    kinds = [called_off, owing & heard, silent, published.notna() & (np.array(late) > 0), published.notna()]
    out["state"] = np.select([k.to_numpy(bool) for k in kinds], ["cancelled", "late", "unheard", "late_out", "out"], "waits")
    out["days"] = np.where(out["state"].isin(["late", "unheard", "late_out"]), late, 0)
    return out.drop(columns="cancelled").assign(published=published)


def _of(days: pd.Series, items: pd.Series) -> pd.Series:
    """The day of each piece, missing where it has none."""
    return pd.Series(days.reindex(items).to_numpy(), index=items.index).astype("datetime64[s]")


def late_table(pieces: pd.DataFrame, schedule: pd.DataFrame) -> pd.DataFrame:
    """Pieces that were due and are late or never came, the most waiting value first. schedule: with `left`, the share that has not run."""
    waiting = schedule.assign(spend=schedule["spend"] * schedule["left"], value=schedule["value"] * schedule["left"])
    sums = waiting.groupby("item")[["spend", "value"]].sum()
    some = pieces[pieces["state"].isin(["late", "unheard", "cancelled", "late_out"])].copy()
    for column in ("spend", "value"):
        owed = sums[column].reindex(some["item"]).fillna(0.0).to_numpy(float)
        some[column] = np.where(some["state"] != "late_out", owed, 0.0)
    return some.sort_values(["value", "days", "item"], ascending=[False, False, True], kind="stable", ignore_index=True)[list(LATE)]


def chance_of_running(pieces: pd.DataFrame) -> np.ndarray:
    """(pieces,) chance that each piece still comes. One that is out does, one called off does not; of the others by what was seen so far
    (Beta prior of weight 20) and, for a late one, by how long it is awaited (exponential delays)."""
    state = pieces["state"].to_numpy()
    due = np.isin(state, ["out", "late_out", "cancelled"])
    never = (20 * MISSED + (state == "cancelled").sum()) / (20 + due.sum())
    awaited = LATE_SHARE * np.exp(-pieces["days"].to_numpy(float) / DELAY)
    late = (1 - never) * awaited / ((1 - never) * awaited + never)
    return np.select(
        [np.isin(state, ["out", "late_out"]), state == "cancelled", np.isin(state, ["late", "unheard"])], [1.0, 0.0, late], 1 - never
    )


def chance_of_being_late(pieces: pd.DataFrame) -> float:
    """Chance that a piece that is not due yet will be late, by what was seen so far (Beta prior of weight 10)."""
    late = pieces["state"].isin(["late_out", "late", "unheard"]).sum()
    return float((10 * LATE_SHARE + late) / (10 + (pieces["state"] != "waits").sum()))
