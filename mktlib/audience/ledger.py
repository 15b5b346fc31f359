"""Followers as a ledger: yesterday's stock, plus who came, less who left, is today's; where it does not add up is said.

What breaks the ledger (a gap, a reset, a purge of robots) is no gain and no loss of people, and the weeks it touches say nothing of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mktlib.errors import DataError, Finding
from mktlib.intake.inputs import absent, as_group, moments, not_numbers, numbers
from mktlib.vocabulary import finding

STOCK, GAINED, LOST = "followers", "followers_gained", "followers_lost"
BREAKS = ("network", "date", "code", "found", "expected", "days")
LEAP, SPREADS = 0.1, 12.0
"""A reset: in one day a tenth of the stock, and so many times the usual change."""


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """One network, one row a day in order, days without a row as blanks: day (midnights), stock, gained, lost, net (blank where it is
    unknown or broken); snapshots: whether the days lie a week apart."""

    network: str
    day: pd.DatetimeIndex
    stock: np.ndarray
    gained: np.ndarray
    lost: np.ndarray
    net: np.ndarray


def read_ledgers(frame: pd.DataFrame, found: list[Finding]) -> tuple[list[Ledger], pd.DataFrame, list[Finding]]:
    """(one ledger a network, its breaks, notes).

    Raises:
        DataError: everything in `found`, and every problem of the frame.
    """
    found = [*found, *absent(frame, ("date",))]
    counts = [c for c in (STOCK, GAINED, LOST) if c in frame]
    if STOCK not in counts and GAINED not in counts:
        found += absent(frame, (STOCK,))
    found += [f for c in counts for f in not_numbers(frame, c)]
    when, bad = moments(frame, "date") if "date" in frame else (None, [])
    found += bad
    if frame.empty:
        found.append(finding("E_NO_ROWS", found="0"))
    if found:
        raise DataError(found)
    assert when is not None
    data = pd.DataFrame({c: numbers(frame, c, blank=np.nan).to_numpy() if c in counts else np.nan for c in (STOCK, GAINED, LOST)})
    data["day"] = when.dt.tz_localize(None).dt.normalize().to_numpy()
    data["network"] = (as_group(frame["network"]) if "network" in frame else pd.Series("all", index=frame.index)).to_numpy(object)
    data = data[data["day"].notna()]
    if data.empty:
        raise DataError(finding("E_NO_ROWS", found="0"))
    ledgers, breaks = [], []
    for name, part in data.groupby("network", sort=True):
        ledger, broken = _ledger(str(name), part.sort_values("day", kind="stable"))
        ledgers.append(ledger)
        breaks += broken
    table = pd.DataFrame(breaks, columns=list(BREAKS))
    return ledgers, table, _told(table)


def _ledger(name: str, part: pd.DataFrame) -> tuple[Ledger, list[dict[str, object]]]:
    broken = []
    again = part["day"].duplicated(keep="last")
    for day, count in part.loc[again, "day"].value_counts().sort_index().items():
        broken.append(_break(name, day, "twice", count + 1, 1))
    part = part[~again].set_index("day")
    whole = part.reindex(pd.date_range(part.index[0], part.index[-1]))
    if _snapshots(part.index):
        whole = part
    else:
        broken += _gaps(name, part.index)
    stock, gained, lost = (whole[c].to_numpy(float) for c in (STOCK, GAINED, LOST))
    before = np.concatenate([[np.nan], stock[:-1]])
    both = gained - lost
    net = np.where(np.isfinite(both), both, stock - before)
    for k in np.flatnonzero(np.isfinite(both) & np.isfinite(stock - before) & (np.abs(before + both - stock) > 0.5)):
        broken.append(_break(name, whole.index[int(k)], "identity", stock[k], before[k] + both[k]))
    for k in _resets(stock - before, before, both):
        broken.append(_break(name, whole.index[int(k)], "reset", stock[k], before[k]))
        if not np.isfinite(both[k]):
            net[k] = np.nan
    return Ledger(network=name, day=pd.DatetimeIndex(whole.index), stock=stock, gained=gained, lost=lost, net=net), broken


def _break(name: str, day: object, code: str, found: float, expected: float, days: int = 1) -> dict[str, object]:
    return dict(zip(BREAKS, (name, day, code, float(found), float(expected), days), strict=True))


def _snapshots(days: pd.Index) -> bool:
    """Whether rows lie a week apart (a stock noted once a week)."""
    return len(days) > 2 and float(np.median(np.diff(days.to_numpy()) / np.timedelta64(1, "D"))) == 7


def _gaps(name: str, days: pd.Index) -> list[dict[str, object]]:
    apart = (np.diff(days.to_numpy()) / np.timedelta64(1, "D")).astype(int)
    return [_break(name, days[int(k)] + pd.Timedelta(days=1), "gap", 0, apart[k] - 1, int(apart[k] - 1)) for k in np.flatnonzero(apart > 1)]


def _resets(step: np.ndarray, before: np.ndarray, both: np.ndarray) -> np.ndarray:
    """Days on which the stock leaps, and neither who came nor who left says why."""
    known = step[np.isfinite(step)]
    if len(known) < 10:
        return np.zeros(0, int)
    usual = max(1.4826 * float(np.median(np.abs(known - np.median(known)))), 1.0)
    strange = np.where(np.isfinite(both), step - both, step - np.median(known))
    leap = (np.abs(strange) > SPREADS * usual) & (np.abs(strange) > LEAP * np.maximum(before, 1))
    return np.flatnonzero(np.nan_to_num(leap, nan=0).astype(bool) & np.isfinite(step))


def _told(breaks: pd.DataFrame) -> list[Finding]:
    """One finding for each kind of break of a network: the first day, how many."""
    found = []
    for (network, code), part in breaks.groupby(["network", "code"], sort=True):
        first = part.iloc[0]
        values: dict[str, Any] = {"count": len(part), "day": str(pd.Timestamp(first["date"]).date()), "days": int(part["days"].sum())}
        values |= {"found": f"{first['found']:.0f}", "expected": f"{first['expected']:.0f}"}
        found.append(finding(f"N_LEDGER_{str(code).upper()}", level="warning", column=str(network), **values))
    return found


# ---------------------------------------------------------------- weeks


def weekly(ledger: Ledger) -> pd.DataFrame:
    """Whole weeks (Monday to Sunday; for weekly snapshots, from one to the next): week, at (number of the week), gained, lost, net.

    A week with a day that is not known is left out, unless the stock at both its ends is.
    """
    if _snapshots(ledger.day):
        frame = pd.DataFrame({"week": ledger.day, "net": ledger.net, "gained": ledger.gained, "lost": ledger.lost}).iloc[1:]
        at = np.rint((frame["week"] - pd.Timestamp("1970-01-05")).dt.days.to_numpy(float) / 7).astype(int)
        return frame.assign(at=at).dropna(subset=["net"]).reset_index(drop=True)[["week", "at", "gained", "lost", "net"]]
    monday = ledger.day - pd.to_timedelta(ledger.day.day_of_week, unit="D")
    frame = pd.DataFrame({"week": monday, "gained": ledger.gained, "lost": ledger.lost, "net": ledger.net})
    sums = frame.groupby("week").sum(min_count=7).reset_index()
    stock = pd.Series(ledger.stock, index=ledger.day)
    ends = stock.reindex(sums["week"] + pd.Timedelta(days=6)).to_numpy() - stock.reindex(sums["week"] - pd.Timedelta(days=1)).to_numpy()
    broken = pd.Series(~np.isfinite(ledger.net) & np.isfinite(ledger.stock), index=ledger.day)
    broken.iloc[:1] = False
    spoilt = sums["week"].isin(set(monday[broken.to_numpy()]))
    sums["net"] = sums["net"].where(sums["net"].notna(), pd.Series(ends).where(~spoilt.to_numpy()))
    sums["at"] = ((sums["week"] - pd.Timestamp("1970-01-05")).dt.days // 7).astype(int)
    return sums.dropna(subset=["net"]).reset_index(drop=True)[["week", "at", "gained", "lost", "net"]]
