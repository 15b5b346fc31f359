"""A crisis again, step by step, with no more than was known at each step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mktlib.errors import DataError, Finding
from mktlib.reputation.carriers import by_reach, told_reach
from mktlib.reputation.said import moments, read_mentions
from mktlib.reputation.terms import over_represented
from mktlib.results import Replay, Watch
from mktlib.vocabulary import finding

LEVELS: tuple[str, ...] = ("watch", "alert", "crisis")
BEFORE = pd.Timedelta(days=1)
"""How long before the alarm a replay starts at least: it shows the whole window that raised it."""
MEMORY = pd.Timedelta(days=180)
"""How far back the terms of the time before are read."""
STEPS: tuple[str, ...] = ("1h", "2h", "3h", "6h", "12h", "1D", "7D")
MOST_STEPS = 24


def replay_alarm(watch: Watch, mentions: Any, *, alarm: int | None = None, brand: str | None = None) -> Replay:
    """One alarm told as it went: at each step what had been counted, what was usual, how negative, how far carried, about what.

    Args:
        watch: what `watch_mentions` returned.
        mentions: what it was given.
        alarm: row of `watch.table`; default: the worst level, then the most mentions above what was usual.
        brand: ours; default: the one that was watched.

    Returns:
        `Replay`, a row a step (an hour, or longer where it lasted); no row uses a mention that came later. The terms are those of
        `over_represented`, against the half year before; a term that is named at one step of many may be luck.

    Raises:
        DataError: there is no alarm, or no such row; whatever `read_mentions` refuses.
    """
    if not isinstance(watch, Watch):
        raise DataError(finding("E_OPTION", column="watch", found=type(watch).__name__, expected="watch_mentions(...)"))
    table = watch.table.reset_index(drop=True)
    row = table.to_dict("records")[_which(table, alarm)]
    known = read_mentions(mentions, brand=brand or str(watch.facts.get("brand", "own")))
    known = known[known["brand"] == (brand or str(watch.facts.get("brand", "own")))]
    at, until = _moment(row["at"]), _moment(row.get("until"))
    last = known["at"].max() if pd.isna(until) else min(until, known["at"].max())
    window = row.get("window_hours", 0.0)
    start = (at - max(BEFORE, pd.Timedelta(hours=float(window) if pd.notna(window) else 0.0))).floor("h")
    if known.empty or last < start:
        raise DataError(finding("E_REPLAY_OTHER", column="mentions", found=f"{at:%Y-%m-%d %H:%M}"))
    step = next((s for s in STEPS if (last - start) / pd.Timedelta(s) <= MOST_STEPS), STEPS[-1])
    ends = pd.date_range(start, last + pd.Timedelta(step), freq=step)[1:]
    earlier = known[(known["at"] < start) & (known["at"] >= start - MEMORY)]
    during = known[(known["at"] >= start) & (known["at"] < ends[-1])]
    rows = [_step(during, earlier, end, pd.Timedelta(step)) for end in ends]
    steps = pd.DataFrame(rows).assign(expected=_usual(watch, ends, pd.Timedelta(step)), level=_standing(row, ends))
    followers = during["followers"].dropna()
    named = [r["term"] for r in rows if r["term"]]
    facts = {
        "topic": row.get("topic", ""), "level": row["level"], "first": at, "until": until, "step": step,
        "mentions": _told(row, "mentions", len(during)),
        "peak": steps["at"].iloc[int(steps["count"].to_numpy().argmax())], "term": named[-1] if named else "",
        "negative": _told(row, "negative", float(during["tone"].eq("negative").mean()) if len(during) else float("nan")),
        "carriers": by_reach(followers.to_numpy(), during.loc[followers.index, "tone"].eq("negative").to_numpy()).to_dict("records"),
    }  # fmt: skip
    terms = _terms(during, earlier)
    return Replay(table=steps[["at", "count", "expected", "total", "negative", "reach", "term", "level"]], terms=terms, facts=facts)


def _told(row: Mapping[Any, Any], name: str, ours: float) -> float:
    """What the watch says of the episode, so that both tell one number; ours where it says nothing."""
    said = row.get(name)
    return ours if said is None or pd.isna(said) else type(ours)(said)


def _which(table: pd.DataFrame, alarm: int | None) -> int:
    if table.empty:
        raise DataError(finding("E_NO_ALARM", column="watch", found="0"))
    if alarm is None:
        worst = table["level"].map({level: k for k, level in enumerate(LEVELS)})
        above = table["count"].astype(float) - table["expected"].astype(float)
        return int(pd.DataFrame({"worst": worst, "above": above}).sort_values(["worst", "above"], kind="stable").index[-1])
    if not isinstance(alarm, int) or isinstance(alarm, bool) or not -len(table) <= alarm < len(table):
        wrong: Finding = finding("E_OPTION", column="alarm", found=alarm, expected=f"0 ... {len(table) - 1}")
        raise DataError(wrong)
    return alarm % len(table)


def _moment(value: Any) -> Any:
    return pd.NaT if value is None or pd.isna(value) else moments(pd.Series([pd.Timestamp(value)]))[0]


def _step(during: pd.DataFrame, earlier: pd.DataFrame, end: pd.Timestamp, step: pd.Timedelta) -> dict[str, Any]:
    """What was known at the end of a step."""
    so_far = during[during["at"] < end]
    named = _terms(so_far, earlier)
    return {
        "at": end, "count": int((so_far["at"] >= end - step).sum()), "total": len(so_far),
        "negative": float(so_far["tone"].eq("negative").mean()) if len(so_far) and (so_far["tone"] != "").any() else float("nan"),
        "reach": told_reach(float(so_far["followers"].sum()), len(so_far)), "term": named["term"].iloc[0] if len(named) else "",
    }  # fmt: skip


def _terms(now: pd.DataFrame, earlier: pd.DataFrame) -> pd.DataFrame:
    said, before = now[now["text"] != ""], earlier[earlier["text"] != ""]
    return over_represented(list(said["text"]), list(before["text"]), days=(list(said["at"].dt.date), list(before["at"].dt.date)))


def _usual(watch: Watch, ends: pd.DatetimeIndex, step: pd.Timedelta) -> np.ndarray:
    """What was usual in each step, from the series of the watch; NaN where it does not say."""
    series = watch.series
    if series.empty:
        return np.full(len(ends), np.nan)
    at = moments(series["at"]) if series["at"].dt.tz is not None else series["at"]
    total = np.concatenate([[0.0], np.cumsum(series["expected"].fillna(0.0).to_numpy(float))])
    upto = [total[np.searchsorted(at.to_numpy(), moment.to_datetime64(), side="left")] for moment in [ends[0] - step, *ends]]
    return np.diff(upto)


def _standing(row: Mapping[Any, Any], ends: pd.DatetimeIndex) -> list[str]:
    """The level that stood at the end of each step: from when each was reached, where the watch tells it."""
    reached = {level: _moment(row.get(f"{level}_at")) for level in LEVELS}
    if all(pd.isna(when) for when in reached.values()):
        reached[str(row["level"])] = _moment(row["at"])
    return [next((level for level in reversed(LEVELS) if pd.notna(reached[level]) and reached[level] <= end), "") for end in ends]
