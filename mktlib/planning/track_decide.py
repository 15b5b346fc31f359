"""What is to be decided now, in one short list: each with its reason, its amount and its day, the largest stake first.

Facts (a piece that is not out, a channel above its maximum) need no statistics. What rests on numbers is only decided where it is shown
by a rule that may be looked at daily.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from mktlib.planning.brief import Brief
from mktlib.planning.track_late import working_days
from mktlib.results.evidence import grade
from mktlib.vocabulary import Tables

COLUMNS = ("decision", "item", "channel", "to", "owner", "days", "amount", "deadline", "stake", "found", "usual", "grade")
WAITING = {"late": "publish", "unheard": "answer", "cancelled": "replace"}
LEAST = 0.01
"""Money that is not worth moving: below this share of the budget."""


def next_working_day(day: dt.date, tables: Tables) -> dt.date:
    """The day itself, or the first working day after it."""
    while working_days(day - dt.timedelta(days=1), day, tables) == 0:
        day += dt.timedelta(days=1)
    return day


def decisions(
    late: pd.DataFrame, pacing: pd.DataFrame, units: pd.DataFrame, whole: dict[str, Any], brief: Brief, as_of: pd.Timestamp, tables: Tables,
    *, left: dict[tuple[str, str], float], worth: dict[str, float],
) -> pd.DataFrame:  # fmt: skip
    """One row a decision; one of `none` where there is nothing to decide.

    units: pieces and channels with verdict and check. whole: shown, found (ratio), stake. left: money ahead by piece and channel. worth:
    value of a unit of money by channel.
    """
    rows = [*_of_pieces(late, whole["over"]), *_of_money(pacing, worth, whole["over"])]
    stops = list(_stops(units, left))
    rows += [*_checks(units), *stops, *_moves(late, pacing, stops, left, worth, brief)]
    if whole["shown"]:
        seen = grade("observational", decided=True, leaning=True)
        rows.append({"decision": "look_again", "stake": whole["stake"], "found": whole["found"], "usual": 1.0, "grade": seen})
    if not rows:
        rows = [{"decision": "none", "stake": 0.0}]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table["deadline"] = pd.Timestamp(next_working_day(as_of.date(), tables)) if table["decision"].iloc[0] != "none" else pd.NaT
    words = {c: table[c].astype(object).where(table[c].notna(), "").astype("str") for c in ("item", "channel", "to", "owner", "grade")}
    table = table.assign(**words).astype(dict.fromkeys(("days", "amount", "stake", "found", "usual"), float))
    return table.sort_values(["stake", "decision", "item"], ascending=[False, True, True], kind="stable", ignore_index=True)


def _of_pieces(late: pd.DataFrame, over: bool) -> Iterator[dict[str, Any]]:
    """A piece that is late is published, one of which nothing was heard is asked for, one that was called off is replaced."""
    for row in [] if over else late.to_dict("records"):
        if row["state"] in WAITING:
            yield {
                "decision": WAITING[row["state"]], "item": row["item"], "owner": row["owner"], "days": float(row["days"]),
                "amount": row["spend"], "stake": row["value"], "found": float(row["days"]), "usual": 0.0,
            }  # fmt: skip


def _of_money(pacing: pd.DataFrame, worth: dict[str, float], over: bool) -> Iterator[dict[str, Any]]:
    """A channel above its maximum stops; one that is shown to leave the plan is brought back to it."""
    for row in [] if over else pacing.to_dict("records"):
        value = worth.get(row["channel"], 1.0) or 1.0
        if row["state"] == "above_maximum":
            off = row["spent"] - row["maximum"]
            yield {
                "decision": "halt", "channel": row["channel"], "amount": off, "stake": off * max(value, 1.0), "found": row["spent"],
                "usual": row["maximum"],
            }  # fmt: skip
        elif row["state"] in ("over", "under") and row["ran"] > 0 and not math.isnan(row["per_day"]):
            yield {
                "decision": "slow_down" if row["state"] == "over" else "speed_up", "channel": row["channel"], "amount": row["per_day"],
                "stake": abs(row["projected"] - row["planned"]) * value, "found": row["spent"] / row["ran"], "usual": 1.0,
                "grade": grade("observational", decided=True, leaning=True),
            }  # fmt: skip


def _stops(units: pd.DataFrame, left: dict[tuple[str, str], float]) -> Iterator[dict[str, Any]]:
    for row in units[units["verdict"] == "stop"].to_dict("records"):
        money = left.get((row["item"], row["channel"]), 0.0)
        yield {
            "decision": "stop", "item": row["item"], "channel": row["channel"], "amount": money,
            "stake": (row["price"] - row["worth"]) * money, "found": row["worth"], "usual": row["price"],
            "grade": grade("observational", decided=True, leaning=True),
        }  # fmt: skip


def _checks(units: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """A piece on a channel of whose events next to nothing arrives: its link, or how they are counted."""
    for row in units[units["check"]].to_dict("records"):
        yield {
            "decision": "check", "item": row["item"], "channel": row["channel"], "found": row["actual"], "usual": row["expected"],
            "stake": row["promised"] * (1 - row["observed"]), "grade": grade("observational", decided=True, leaning=True),
        }  # fmt: skip


def _moves(
    late: pd.DataFrame, pacing: pd.DataFrame, stops: list[dict[str, Any]], left: dict[tuple[str, str], float], worth: dict[str, float],
    brief: Brief,
) -> Iterator[dict[str, Any]]:  # fmt: skip
    """Money that is free (of pieces called off, of what is stopped) goes where it is worth most and a maximum leaves room."""
    free: dict[str, float] = {}
    called_off = set(late.loc[late["state"] == "cancelled", "item"])
    for (item, channel), money in left.items():
        if item in called_off:
            free[channel] = free.get(channel, 0.0) + money
    for row in stops:
        free[row["channel"]] = free.get(row["channel"], 0.0) + row["amount"]
    rooms = {
        row["channel"]: row["maximum"] - row["projected"] for row in pacing.to_dict("records")
        if row["state"] in ("on_plan", "under", "early") and np.isfinite(row["maximum"])
    }  # fmt: skip
    for channel, money in sorted(free.items(), key=lambda pair: -pair[1]):
        for to in sorted(rooms, key=lambda name: -worth.get(name, 0.0)):
            amount = min(money, rooms[to])
            if to != channel and amount >= LEAST * brief.budget and worth.get(to, 0.0) > 0:
                rooms[to], money = rooms[to] - amount, money - amount
                yield {
                    "decision": "move", "channel": channel, "to": to, "amount": amount, "stake": amount * worth[to], "found": worth[to],
                    "usual": worth.get(channel, math.nan),
                }  # fmt: skip
