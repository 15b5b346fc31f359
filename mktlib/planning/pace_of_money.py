"""How the money of a running campaign goes, channel by channel: beside the plan, ahead, and whether it leaves the plan beyond chance.

Looking every day must not make an alarm of luck. The evidence of a channel is the likelihood ratio of "its spending is off by some
factor" (a normal mixture) to "as planned", its scale unknown (inverse gamma): under the plan a martingale, so that the chance that it
ever passes 1 / alpha is at most alpha (Ville 1939; Robbins 1970; Howard et al. 2021).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mktlib.planning.brief import Brief
from mktlib.planning.landing import sums_of
from mktlib.planning.track_log import KEY, Seen
from mktlib.planning.track_rows import DAYS
from mktlib.vocabulary import Tables

Array = NDArray[Any]
ALPHA = {"pace": 0.02, "stop": 0.019, "whole": 0.01, "check": 0.001}
"""Chance, over a whole campaign that runs as planned, of an alarm of each kind: 5 % together."""
MATTERS, EFFECT, FIRM = 0.05, 0.25, 8.0
"""Smallest deviation that is worth a decision; usual size of a real one; how many periods the usual scale counts for (judgement, 2026)."""
USUAL = {"day": 0.2, "week": 0.08}
"""Sd of a channel's spending in a period around its plan, before anything is known (judgement, 2026)."""
PACING = ("channel", "planned", "due", "ran", "spent", "projected", "low", "high", "maximum", "state", "e_value", "per_day", "recent")


def e_value(off: Array, usual: float) -> float:
    """Evidence that the mean of relative deviations is not 0; at any moment, however often one looks, above 1/a with chance a at most.

    >>> e_value(np.array([]), 0.08), e_value(np.array([0.3, 0.31, 0.29, 0.3]), 0.08) > 250, e_value(np.array([0.05, -0.06]), 0.08) < 1
    (1.0, True, True)
    """
    n, spread = len(off), (EFFECT / usual) ** 2
    apart = float((off**2).sum())
    nearer = apart - spread * float(off.sum()) ** 2 / (1 + n * spread)
    prior = FIRM * usual**2
    log = -0.5 * math.log1p(n * spread) + (FIRM + n) / 2 * math.log((prior + apart) / (prior + nearer))
    return math.exp(min(log, 700.0))


def pacing(
    table: pd.DataFrame,
    seen: Seen,
    share: Array,
    ahead: Array,
    brief: Brief,
    shares: Array,
    level: float,
    until: pd.Timestamp,
    tables: Tables,
) -> pd.DataFrame:
    """One row a channel in which money is planned or was spent; see `results.Tracking.pacing`.

    share: (rows,) of the plan that is behind. ahead: (draws, rows) money still to be spent, whether it is known or not.
    """
    names = sorted(set(table.loc[table["spend"] > 0, "channel"]) | set(seen.rows.loc[seen.rows["spend"].fillna(0) != 0, "channel"]))
    tails, rows = [(1 - level) / 2, (1 + level) / 2], []
    needed = max(1, len(names)) / ALPHA["pace"]
    for name in names:
        own = (table["channel"] == name).to_numpy()
        part, log = table[own], seen.rows[seen.rows["channel"] == name]
        told = log["spend"].notna().any()
        spent = float(log["spend"].sum()) if told else math.nan
        due, planned = float((part["spend"] * share[own]).sum()), float(part["spend"].sum())
        if not told and due == 0:
            spent = 0.0
        draws = (0.0 if math.isnan(spent) else spent) + ahead[:, own].sum(axis=1)
        low, high = (float(x) for x in np.quantile(draws, tails))
        off, usual = _periods(part, log, brief, shares, tables, daily=seen.daily)
        evidence, ran = e_value(off, usual), float((part["spend"] * part["gone"] * part["ran"]).sum())
        most = brief.channels[name].maximum if name in brief.channels else None
        first, last = _days_ahead(part, brief, until)
        left = (last - first).days if first is not None and last is not None else 0
        state = _state(spent, due, most, float(off.mean() if len(off) else 0.0), evidence >= needed, len(off))
        gone = max((until.date() - max(brief.first_day, brief.week_days(int(part["week"].min()))[0])).days, 0) if len(part) else 0
        row = (name, planned, due, ran, spent, float(draws.mean()), low, high, most, state, evidence)
        rows.append((*row, max(planned - spent, 0.0) / left if left else math.nan, spent / gone if gone else math.nan))
    out = pd.DataFrame(rows, columns=list(PACING))
    out.loc[out["state"] == "no_data", ["projected", "low", "high", "per_day", "recent"]] = math.nan
    return out.astype({"maximum": float})


def _state(spent: float, due: float, most: float | None, off: float, shown: bool, periods: int) -> str:
    """What a channel's money does, in one word."""
    if most is not None and spent > most:
        return "above_maximum"
    if math.isnan(spent):
        return "no_data"
    if shown and abs(off) >= MATTERS:
        return "over" if off > 0 else "under"
    return "on_plan" if periods else "early"


def _days_ahead(part: pd.DataFrame, brief: Brief, until: pd.Timestamp) -> tuple[Any, Any]:
    """(first, day after the last) of the days on which a channel still has money planned."""
    weeks = [int(w) for w in part.loc[part["spend"] > 0, "week"] if pd.Timestamp(brief.week_days(int(w))[-1]) >= until]
    if not weeks:
        return None, None
    first = max(pd.Timestamp(brief.week_days(min(weeks))[0]), until)
    return first, pd.Timestamp(brief.week_days(max(weeks))[-1]) + pd.Timedelta(days=1)


def _periods(part: pd.DataFrame, log: pd.DataFrame, brief: Brief, shares: Array, tables: Tables, *, daily: bool) -> tuple[Array, float]:
    """Relative deviations of money from the plan of what ran, by day, or by week (messages, weekly logs), and their usual sd."""
    name = part["channel"].iloc[0] if len(part) else ""
    by_day = daily and not tables.channels.get(name, {}).get("personal")
    if not by_day:
        some = part[part["ran"] & (part["lost"] == 0) & (part["gone"] >= 1) & part["paid"].notna() & (part["spend"] > 0)]
        sums = some.groupby("week")[["paid", "spend"]].sum()
        return (sums["paid"] / sums["spend"] - 1).to_numpy(float), USUAL["week"]
    spent = log[log["spend"].notna()].merge(part.loc[part["spend"] > 0, [*KEY, "week", "spend"]], on=[*KEY, "week"], suffixes=("_paid", ""))
    if spent.empty:
        return np.zeros(0), USUAL["day"]
    day = ((spent["start"] - pd.Timestamp(brief.first_day)).dt.days % DAYS).to_numpy()
    length = spent["week"].map({w: len(brief.week_days(int(w))) for w in spent["week"].unique()}).to_numpy(int)
    plan = spent["spend"].to_numpy(float) * shares[day] / np.cumsum(shares)[length - 1]
    of = np.unique(spent["start"].to_numpy(), return_inverse=True)[1]
    paid, due = sums_of(spent["spend_paid"].to_numpy(float), of), sums_of(plan, of)
    return np.asarray(paid / np.maximum(due, 1e-9) - 1)[due > 0], USUAL["day"]
