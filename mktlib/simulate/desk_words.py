"""The debrief of a play at the desk, in words: the result, the best, what the platform flattered, and what cost most."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pandas as pd

from mktlib.errors import Finding, Level
from mktlib.results import DeskPlay
from mktlib.vocabulary import finding
from mktlib.wording import Amount

MATTERS = 0.02
"""A cost is told from this share of the money spent."""


def debrief_of(play: DeskPlay, language: str) -> tuple[Finding, ...]:
    """The findings of a play, the result first, then what cost most."""
    return tuple(_said(play, language))


def _said(play: DeskPlay, language: str) -> Iterator[Finding]:
    facts, costs = play.facts, play.costs

    def tell(code: str, level: Level = "note", column: str | None = None, **values: Any) -> Finding:
        return finding(code, language, level=level, column=column, **values)

    def paid(value: float) -> Amount:
        return Amount(_whole(value), facts["currency"])

    yield tell(
        "DESK_RESULT",
        gain=paid(facts["gain"]),
        spent=paid(facts["spent"]),
        sales=Amount(int(facts["incremental"])),
        expected_gain=paid(facts["expected"]),
    )
    if facts["share_of_best"] is None:
        yield tell("DESK_NOTHING", spent=paid(facts["spent"]))
    elif not facts["spent"]:
        yield tell("DESK_KEPT", "warning", best=paid(facts["best"]), bound=paid(facts["bound"]))
    elif facts["expected"] <= 0:
        yield tell("DESK_LOST", "warning", lost=paid(-facts["expected"]), best=paid(facts["best"]), bound=paid(facts["bound"]))
    else:
        low = facts["share_of_best"] < 0.5
        shares: dict[str, Any] = {k: _percent(facts[k]) for k in ("share_of_best", "at_least")}
        yield tell("DESK_BEST", "warning" if low else "note", best=paid(facts["best"]), bound=paid(facts["bound"]), **shares)
    if facts["reported"] and facts["roas_reported"] is not None:
        over = facts["reported"] > 1.25 * facts["incremental"]
        per: dict[str, Any] = {f"{k}_per_100": paid(100 * facts[f"roas_{k}"]) for k in ("reported", "incremental")}
        per |= {
            "even_per_100": paid(100 / facts["margin"]),
            "spent_100": paid(100),
            "name": str(play.table.groupby("ad_set")["reported"].sum().idxmax()),
        }
        counts: dict[str, Any] = {k: Amount(int(facts[k])) for k in ("reported", "incremental")}
        yield tell("DESK_FLATTER", "warning" if over else "note", **counts, **per)
    least = MATTERS * max(facts["spent"], 1.0)
    off = costs[costs["code"] == "anyway"].set_index("ad_set")["money"]
    costs = costs[
        (costs["code"] != "bid") | (costs["money"] > costs["ad_set"].map(off).fillna(0.0))
    ]  # better off than at any bid: said once
    for row in costs[costs["money"] >= least].sort_values("money", ascending=False, kind="stable").to_dict("records"):
        yield from _cost(play, row, tell, paid)
    if facts["late"] > 0.02:
        yield tell("DESK_LATE", share=_percent(facts["late"]))


def _cost(play: DeskPlay, row: Mapping[Any, Any], tell: Any, paid: Callable[[float], Amount]) -> Iterator[Finding]:
    money, name = paid(row["money"]), str(row["ad_set"]) or None
    if row["code"] == "anyway":
        yield tell("DESK_ANYWAY", "warning", name, money=money, spend=paid(row["spend"]))
    elif row["code"] == "bid":
        yield tell("DESK_BID_HIGH" if row["value"] < 1 else "DESK_BID_LOW", "warning", name, money=money, factor=_percent(row["value"]))
    elif row["code"] == "unspent":
        yield tell("DESK_UNSPENT", "warning", money=money, left=paid(row["value"]))
    elif row["code"] == "restarts":
        yield tell("DESK_RESTARTS", "warning", money=money, restarts=int(play.table["restarts"].sum()))
    elif row["code"] == "learning":
        yield tell("DESK_LEARNING", money=money)
    else:
        yield tell("DESK_WEAR", "warning", money=money, share=_percent(1 - _kept(play.table)))


def _kept(table: pd.DataFrame) -> float:
    weight = table["clicks"].sum()
    return float((table["kept"] * table["clicks"]).sum() / weight) if weight else 1.0


def _whole(value: float) -> int:
    return round(float(value)) or 0


def _percent(share: float) -> int:
    return round(100 * float(share))
