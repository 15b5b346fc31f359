"""Where the value went between the plan and what came: what never ran, what was shown less, the rate, what an event was worth.

The parts add up to the gap, placement by placement: with planned exposure N, promised rate p and planned worth w of an event, and n, r, v
of what came,  n r v - N p w  =  [never ran: - N p w]  +  (n - N) p w  +  n (r - p) w  +  n r (v - w).  Quantity is valued at the promised
rate, and the rate on what was really shown, as an analysis of price and volume does (Horngren, Datar & Rajan, Cost Accounting, ch. 14).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from mktlib.measurement.surprise import Deviations

Array = NDArray[Any]
PARTS = ("not_run", "exposure", "rate", "worth")
"""The parts of the gap, the first two of execution."""
SPENDS = ("spend_not_run", "spend_exposure", "spend_price")
OWNERS = (
    "owner", "pieces", "placements", "not_run_placements", "late_pieces", "late_days", "planned_exposure", "exposure", "planned_spend",
    "actual_spend", *(f"{p}_value" for p in PARTS), "gap",
)  # fmt: skip


def parts(rows: pd.DataFrame, money: Array | None = None) -> pd.DataFrame:
    """One row a placement: planned (value), the PARTS, came (value), and the parts of what it cost more.

    rows: planned_exposure, rate (an event an exposure), event_value, exposure, count, planned_spend and, where known, actual_spend.
    money (n,): what the events of each placement brought, NaN where nobody knows; default the planned worth of each event.
    """
    planned, n, p = (rows[c].to_numpy(float) for c in ("planned_exposure", "exposure", "rate"))
    w, y, ran = _worths(rows), rows["count"].to_numpy(float), rows["exposure"].to_numpy(float) > 0
    came = y * w if money is None else np.where(np.isnan(money), y * w, money)
    out = pd.DataFrame(
        {
            "planned": planned * p * w,
            "not_run": np.where(ran, 0.0, -planned * p * w),
            "exposure": np.where(ran, (n - planned) * p * w, 0.0),
            "rate": np.where(ran, (y - n * p) * w, 0.0),
            "worth": np.where(ran, came - y * w, 0.0),
            "came": np.where(ran, came, 0.0),
        }
    )
    if "actual_spend" in rows:
        cost, paid = rows["planned_spend"].to_numpy(float), rows["actual_spend"].fillna(0).to_numpy(float)
        share = np.where(ran, n / np.maximum(planned, 1e-300), 0.0)
        out["spend_not_run"] = np.where(ran, 0.0, -cost)
        out["spend_exposure"] = np.where(ran, cost * (share - 1), 0.0)
        out["spend_price"] = paid - cost * share
    return out


def _worths(rows: pd.DataFrame) -> Array:
    """What an event is worth; that of the whole plan where a placement was promised none."""
    w = rows["event_value"].to_numpy(float)
    known = ~np.isnan(w)
    expected = (rows["planned_exposure"] * rows["rate"]).to_numpy(float)
    mean = float((w[known] * expected[known]).sum() / max(float(expected[known].sum()), 1e-300)) if known.any() else np.nan
    return np.where(known, w, mean)


def steps(each: pd.DataFrame, allowed: float) -> pd.DataFrame:
    """The waterfall: planned, the parts, came. Columns: step, value, low, high (what the promised doubts and luck allow the rate), start,
    end (where the bar stands)."""
    names = ["planned", *PARTS, "came"]
    values = [float(each[c].sum()) for c in names]
    ends = np.cumsum(values[:-1])
    start = np.array([0.0, *ends[:-1], 0.0])
    end = np.array([*ends, values[-1]])
    low = [np.nan] * len(names)
    high = list(low)
    low[names.index("rate")], high[names.index("rate")] = -allowed, allowed
    return pd.DataFrame({"step": names, "value": values, "low": low, "high": high, "start": start, "end": end})


def rate_spread(dev: Deviations, rate: Array, exposure: Array, worth: Array, family: str) -> float:
    """sd of the value that the promised rates may come in away from their means, by their doubts and by luck."""
    slope = exposure * worth * rate * ((1 - rate) if family == "binomial" else 1.0)
    return float(dev.spread(slope[None, :])[0])


def within(sd: float, level: float) -> float:
    return float(ndtri(0.5 + level / 2)) * sd


def by_owner(rows: pd.DataFrame, each: pd.DataFrame) -> pd.DataFrame:
    """The execution by who answered for it, the widest gap first; "" where nobody is named. Columns: OWNERS."""
    owner = rows["owner"].fillna("").astype(str) if "owner" in rows else pd.Series("", index=rows.index)
    ran = rows["exposure"] > 0
    late = rows["late_days"].where(ran) if "late_days" in rows else pd.Series(np.nan, index=rows.index)
    frame = rows[["item", "planned_exposure", "exposure", "planned_spend"]].assign(owner=owner, not_run_placements=~ran, late_days=late)
    frame["actual_spend"] = rows.get("actual_spend", np.nan)
    frame = frame.reset_index(drop=True).assign(**{f"part_{k}": each[k].to_numpy() for k in PARTS})
    found = []
    for name, mine in frame.groupby("owner", sort=True):
        row: dict[str, Any] = {"owner": name, "pieces": mine["item"].nunique(), "placements": len(mine)}
        row |= {"not_run_placements": int(mine["not_run_placements"].sum()), "late_days": float(mine["late_days"].max())}
        row["late_pieces"] = int(mine.loc[mine["late_days"] > 0, "item"].nunique())
        row |= {k: float(mine[k].sum()) for k in ("planned_exposure", "exposure", "planned_spend")}
        row["actual_spend"] = float(mine["actual_spend"].sum(min_count=1))
        parts_ = {f"{k}_value": float(mine[f"part_{k}"].sum()) for k in PARTS}
        found.append(row | parts_ | {"gap": sum(parts_.values())})
    table = pd.DataFrame(found, columns=list(OWNERS))
    return table.loc[table["gap"].abs().sort_values(ascending=False, kind="stable").index].reset_index(drop=True)
