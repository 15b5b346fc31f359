"""Followers over time: where the gain of a week stands, which weeks were out of the ordinary, what comes next, what posts brought whom."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import binom

from mktlib.audience.attribution import LAGS, Brought, brought
from mktlib.audience.ledger import Ledger, read_ledgers, weekly
from mktlib.audience.level import drifting, unusual
from mktlib.audience.posted import days_since, twice
from mktlib.errors import Finding
from mktlib.glmm import mixing
from mktlib.intake import to_pandas
from mktlib.intake.inputs import absent, as_group, moments, not_numbers, numbers
from mktlib.results import Followers
from mktlib.vocabulary import finding, not_level, progress

HORIZON, BACK, LEAST, MOST = 4, 13, 8, 104
"""Weeks ahead, weeks to look back for a change, weeks below which nothing is said, weeks that are looked at."""
DAYS, FEWEST_POSTS = 730, 5
"""Days (the last ones) in which gains are told apart, and posts below which they are not."""
POSTS = ("post_id", "network", "at", "content_type", "brought", "low", "high", "shown", "reported")


def describe_followers(followers: Any, posts: Any = None, *, level: float = 0.9) -> Followers:
    """Gains and losses by network and week, what comes next, and which post brought whom.

    Args:
        followers: one row a network and day: date, network (where there is more than one), followers (the stock) or followers_gained
            with followers_lost, or all of them. A stock noted once a week will do for the weeks.
        posts: one row a post: at (a moment; without a zone UTC), network, and where they are there post_id, content_type and
            followers_gained (what the platform credits it with, compared and not believed).
        level: of the ranges.

    Returns:
        `Followers`. Levels are told from the last two years, and so is what posts brought. It is an association: people who would have
        come on those days anyway are told apart only as far as the days before and after show it.

    Raises:
        DataError: every problem at once.

    Weeks: a local level, perhaps with a steady slope (Harvey 1989), variances averaged over; out of the ordinary: deletion residuals, at
    most one false alarm in twenty quiet series. Posts: see `attribution`; "shown" holds at most 5 % of wrong claims, over all networks.

    >>> days = pd.date_range("2026-01-01", periods=120)
    >>> stock = pd.DataFrame({"date": days, "network": "x", "followers": 1000 + 3 * np.arange(120)})
    >>> described = describe_followers(stock)
    >>> round(float(described.table["per_week"].iloc[0]), 3), described.facts["measure"]
    (21.0, 'net')
    """
    frame, made = to_pandas(followers), None if posts is None else to_pandas(posts)
    found = not_level(level) + ([] if made is None else _refused(made))
    ledgers, breaks, notes = read_ledgers(frame, found)
    rows, weeks, ahead = [], [], []
    for ledger in ledgers:
        row, week, forecast = _over_time(ledger, level)
        rows.append(row)
        weeks.append(week)
        ahead.append(forecast)
    table = pd.DataFrame(rows)
    each, columns, told = _attributed(ledgers, made, level)
    table = table.merge(columns, on="network", how="left") if len(columns) else table
    measure = "gained" if any(np.isfinite(x.gained).any() for x in ledgers) else "net"
    facts = {"level": level, "networks": len(ledgers), "horizon": HORIZON, "lags": LAGS, "posts": len(each), "measure": measure}
    facts |= {"shown": int(each["shown"].sum()) if len(each) else 0, "breaks": len(breaks)}
    findings = (*notes, *_remarks(table), *told)
    known = _joined(weeks).drop(columns="at")  # numbers of weeks are for arithmetic alone
    return Followers(table=table, weeks=known, forecast=_joined(ahead), posts=each, breaks=breaks, facts=facts, findings=findings)


def _joined(frames: list[pd.DataFrame]) -> pd.DataFrame:
    some = [f for f in frames if len(f)]
    return pd.concat(some, ignore_index=True) if some else frames[0]


def _refused(posts: pd.DataFrame) -> list[Finding]:
    found = [*absent(posts, ("at",)), *twice(posts)]
    if "at" in posts:
        found += moments(posts, "at")[1]
    return found + (not_numbers(posts, "followers_gained") if "followers_gained" in posts else [])


# ---------------------------------------------------------------- weeks


def _over_time(ledger: Ledger, level: float) -> tuple[dict[str, Any], pd.DataFrame, pd.DataFrame]:
    """(the network's row, its weeks, the weeks to come)."""
    weeks = weekly(ledger).tail(MOST).reset_index(drop=True)
    row = _sums(ledger)
    blank = (
        "per_week",
        "per_week_low",
        "per_week_high",
        "change",
        "change_low",
        "change_high",
        "ahead",
        "ahead_low",
        "ahead_high",
        "coverage",
    )
    row |= {"weeks": len(weeks), "unusual": 0} | dict.fromkeys(blank, np.nan)
    weeks = weeks.assign(level=np.nan, low=np.nan, high=np.nan, unusual="")
    weeks.insert(0, "network", ledger.network)
    if len(weeks) < LEAST:
        return row, weeks, _forecast(ledger, np.zeros((0, 3)), weeks)
    at, y = weeks["at"].to_numpy(float), weeks["net"].to_numpy(float)
    weeks["unusual"] = _out_of_line(weeks, at)
    usual = (weeks["unusual"] == "").to_numpy()
    new = np.concatenate([at, at[-1] + 1 + np.arange(HORIZON)])
    asked, luck = _asked(at)
    told = drifting(y[usual], at[usual], new, asked, luck).ends(level)
    weeks[["level", "low", "high"]] = told[: len(at)]
    row |= {"unusual": int((~usual).sum())}
    for name, line in zip(("per_week", "change", "ahead"), (len(at) - 1, len(at), -1), strict=True):
        row |= dict(zip((name, f"{name}_low", f"{name}_high"), told[line], strict=True))
    if at[-1] - at[0] < BACK:
        row |= dict.fromkeys(("change", "change_low", "change_high"), np.nan)
    row |= _backtested(y, at, level)
    return row, weeks, _forecast(ledger, told[len(at) + 1 :], weeks)


def _asked(at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Combinations of levels that are asked for: each week's, the change over BACK weeks, then sums of 1 to HORIZON weeks to come."""
    n = len(at)
    change = np.zeros(n + HORIZON)
    change[n - 1] += 1
    change[int(np.argmin(np.abs(at - (at[-1] - BACK))))] -= 1
    sums = np.column_stack([np.zeros((HORIZON, n)), np.tri(HORIZON)])
    levels = np.column_stack([np.eye(n), np.zeros((n, HORIZON))])
    return np.vstack([levels, change, sums]), np.concatenate([np.zeros(n + 1), np.arange(1.0, HORIZON + 1)])


def _out_of_line(weeks: pd.DataFrame, at: np.ndarray) -> np.ndarray:
    """Which of gained and lost (on the scale on which counts vary alike), else of net, is out of the ordinary in each week."""
    out = np.full(len(weeks), "", object)
    measures = [m for m in ("gained", "lost") if weeks[m].notna().all()] or ["net"]
    for measure in measures:
        y = weeks[measure].to_numpy(float)
        odd = unusual(y if measure == "net" else np.sqrt(y + 0.375), at, 0.05 / len(measures))
        out[odd & (out == "")] = measure
    return out


def _backtested(y: np.ndarray, at: np.ndarray, level: float) -> dict[str, float]:
    """How often the range of the next weeks' gain, told each week from the weeks before, held what came; each origin a month apart."""
    inside, tried = 0, 0
    for end in range(16, len(y) - HORIZON + 1, HORIZON):
        if at[end + HORIZON - 1] - at[end - 1] != HORIZON:
            continue
        before, since = y[:end], at[:end]
        usual = ~unusual(before, since)
        asked = np.ones((1, HORIZON))
        new = at[end : end + HORIZON]
        _, low, high = drifting(before[usual], since[usual], new, asked, np.array([float(HORIZON)])).ends(level)[0]
        inside, tried = inside + bool(low <= y[end : end + HORIZON].sum() <= high), tried + 1
    return {"coverage": inside / tried if tried else np.nan, "tried": tried}


def _sums(ledger: Ledger) -> dict[str, Any]:
    """First and last day, stocks, and sums of what is known."""
    stock = ledger.stock[np.isfinite(ledger.stock)]
    first, last = (float(stock[0]), float(stock[-1])) if len(stock) else (np.nan, np.nan)
    gained, lost, net = (float(np.nansum(x)) if np.isfinite(x).any() else np.nan for x in (ledger.gained, ledger.lost, ledger.net))
    row = {"network": ledger.network, "first_day": ledger.day[0], "last_day": ledger.day[-1], "days": len(ledger.day)}
    return row | {"first": first, "last": last, "gained": gained, "lost": lost, "net": net}


def _forecast(ledger: Ledger, told: np.ndarray, weeks: pd.DataFrame) -> pd.DataFrame:
    """The sums of one to HORIZON weeks to come, and the stock that they lead to."""
    last = weeks["week"].iloc[-1] if len(weeks) else ledger.day[-1]
    known = pd.Series(ledger.stock, index=ledger.day)
    until = known.loc[: last + pd.Timedelta(days=6)].dropna()
    stock = float(until.iloc[-1]) if len(until) else np.nan
    table = pd.DataFrame({"network": ledger.network, "weeks": np.arange(1, len(told) + 1)})
    table["last_day"] = [last + pd.Timedelta(days=7 * k + 6) for k in table["weeks"]]
    for k, name in enumerate(("net", "low", "high")):
        table[name] = told[:, k]
        table["followers" if name == "net" else f"followers_{name}"] = np.maximum(stock + told[:, k], 0)
    return table


# ---------------------------------------------------------------- posts


def _attributed(ledgers: list[Ledger], posts: pd.DataFrame | None, level: float) -> tuple[pd.DataFrame, pd.DataFrame, list[Finding]]:
    """(one row a post, the columns of posts of each network, findings)."""
    empty = pd.DataFrame(columns=list(POSTS))
    if posts is None or posts.empty:
        return empty, pd.DataFrame(), []
    frame, notes = _frame(posts, ledgers)
    tried = []
    for ledger in progress(ledgers, desc="followers"):
        gains = _gains(ledger)
        mine = frame[(frame["network"] == ledger.network)]
        mine = mine[mine["day"].between(gains.index[0], gains.index[-1])] if len(gains) else mine.iloc[:0]
        if len(gains) < 60 or len(mine) < FEWEST_POSTS:
            continue
        day = (mine["day"] - gains.index[0]).dt.days.to_numpy()
        result = brought(gains.to_numpy(float), pd.DatetimeIndex(gains.index).day_of_week.to_numpy(), day, mine["left"].to_numpy(float))
        tried.append((ledger, mine, gains, result))
    if not tried:
        return empty, pd.DataFrame(), [*notes, finding("N_ATTRIBUTION_FEW", level="note", expected=f"{FEWEST_POSTS} / 60")]
    raised = mixing.holm(np.array([t[3].p_value for t in tried]))
    each = pd.concat([_each(mine, r, p, level) for (_, mine, _, r), p in zip(tried, raised, strict=True)], ignore_index=True)
    rows = pd.DataFrame([_whole(t[0].network, t[1], t[2], t[3], p, level) for t, p in zip(tried, raised, strict=True)])
    none = [str(n) for n in rows.loc[rows["p_value"] > 0.05, "network"]]
    told = [finding("N_ATTRIBUTION_OBSERVED", level="note"), *notes]
    told += [finding("N_ATTRIBUTION_NONE", level="note", found=", ".join(none))] if none else []
    return each, rows, told + _compared(rows)


def _frame(posts: pd.DataFrame, ledgers: list[Ledger]) -> tuple[pd.DataFrame, list[Finding]]:
    """Posts with a moment: post_id, network, at, content_type, reported, day (UTC midnights) and left (of that day)."""
    when = moments(posts, "at")[0]
    only = ledgers[0].network if len(ledgers) == 1 else "all"
    frame = pd.DataFrame({"at": when.dt.tz_localize(None)})
    frame["post_id"] = as_group(posts["post_id"]) if "post_id" in posts else [f"#{k + 1}" for k in range(len(posts))]
    frame["network"] = as_group(posts["network"]) if "network" in posts else only
    frame["content_type"] = as_group(posts["content_type"]) if "content_type" in posts else ""
    frame["reported"] = numbers(posts, "followers_gained", blank=np.nan) if "followers_gained" in posts else np.nan
    frame = frame[frame["at"].notna()].sort_values("at", kind="stable", ignore_index=True)
    days = days_since(frame["at"].dt.tz_localize("UTC"))
    frame = frame.assign(day=frame["at"].dt.normalize(), left=1 - days % 1)
    lost = ~frame["network"].isin([x.network for x in ledgers])
    notes = [finding("N_POSTS_ELSEWHERE", level="note", found=str(int(lost.sum())))] if lost.any() else []
    return frame, notes


def _gains(ledger: Ledger) -> pd.Series:
    """The longest run of days whose gain (else net change) is known, at most the last DAYS."""
    values = pd.Series(ledger.gained if np.isfinite(ledger.gained).any() else ledger.net, index=ledger.day)
    known = values.notna().to_numpy() & (np.concatenate([[1], np.diff(ledger.day) / np.timedelta64(1, "D")]) == 1)
    run = np.cumsum(~known)
    if not known.any():
        return values.iloc[:0]
    longest = pd.Series(run[known]).value_counts().index[0]
    return values[known & (run == longest)].tail(DAYS)


def _ends(result: Brought, p: float, level: float) -> np.ndarray:
    """(posts + 1, 3): a post brings nobody or somebody; where it is not shown that posts bring anybody, nobody is always possible."""
    told = result.mean, result.sd, result.weight, result.df
    ends = np.maximum(mixing.ends(*told, level), 0.0)
    ends[:, 2] = mixing.upper_of_positive(*told, (1 + level) / 2)
    return ends if p <= 0.05 else ends * np.array([1.0, 0.0, 1.0])


def _each(mine: pd.DataFrame, result: Brought, p: float, level: float) -> pd.DataFrame:
    ends = _ends(result, p, level)[:-1]
    nobody = mixing.below(np.full(result.mean.shape[1], 1e-6), result.mean, result.sd, result.weight, result.df)[:-1]
    shown = mixing.discovered(nobody) if p <= 0.05 else np.zeros(len(mine), bool)
    table = mine.assign(brought=ends[:, 0], low=ends[:, 1], high=ends[:, 2], shown=shown)
    return table[list(POSTS)]


def _whole(network: str, mine: pd.DataFrame, gains: pd.Series, result: Brought, p: float, level: float) -> dict[str, Any]:
    total = _ends(result, p, level)[-1]
    came = max(float(gains.sum()), 1.0)
    row: dict[str, Any] = {"network": network, "posts": len(mine), "p_value": p}
    for name, size in (("brought", 1.0), ("explained", came)):
        row |= dict(zip((name, f"{name}_low", f"{name}_high"), total / size, strict=True))
    row["half_days"] = result.half if p <= 0.05 else np.nan
    row["reported"] = float(mine["reported"].sum()) if mine["reported"].notna().any() else np.nan
    return row


def _compared(rows: pd.DataFrame) -> list[Finding]:
    """Networks whose own credit to posts lies outside what their days show."""
    found = []
    for row in rows.dropna(subset=["reported"]).to_dict("records"):
        if not row["brought_low"] <= row["reported"] <= row["brought_high"]:
            ends: dict[str, Any] = {"low": f"{row['brought_low']:.0f}", "high": f"{row['brought_high']:.0f}"}
            found.append(
                finding("N_ATTRIBUTION_REPORTED", level="note", column=str(row["network"]), found=f"{row['reported']:.0f}", **ends)
            )
    return found


def _remarks(table: pd.DataFrame) -> list[Finding]:
    """Series too short to be told, and forecasts that have kept their promise too seldom."""
    found = []
    for row in table.to_dict("records"):
        if row["weeks"] < LEAST:
            found.append(
                finding("N_FOLLOWERS_SHORT", level="note", column=str(row["network"]), found=str(row["weeks"]), expected=str(LEAST))
            )
        tried = int(row["tried"]) if "tried" in table and np.isfinite(row["tried"]) else 0
        if tried and binom.cdf(round(row["coverage"] * tried), tried, 0.9) < 0.05:
            kept = {"inside": round(row["coverage"] * tried), "count": tried}
            found.append(finding("N_FORECAST_NARROW", level="warning", column=str(row["network"]), **kept))
    return found
