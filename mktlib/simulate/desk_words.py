"""The debrief of a play at the desk, in words: the result, the best, what the platform flattered, and what cost most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mktlib.errors import Finding, Level
from mktlib.results import DeskPlay
from mktlib.vocabulary import finding, lookup
from mktlib.wording import Amount, Share, floored

MATTERS = 0.02
"""A cost is told from this share of the money spent, late sales from this share of all."""


@dataclass(frozen=True)
class Label:
    """An ad set as figures and reports call it."""

    ad_set: str

    def said(self, language: str) -> str:
        return str(lookup(f"labels.ad_set.{self.ad_set}", language) or self.ad_set)


class Teller:
    """The findings of one play in one language; its money in the currency of the play."""

    def __init__(self, play: DeskPlay, language: str) -> None:
        self.play, self.facts, self.language = play, play.facts, language

    def tell(self, code: str, level: Level = "note", **values: Any) -> Finding:
        return finding(code, self.language, level=level, **values)

    def paid(self, value: float) -> Amount:
        return Amount(round(float(value)) or 0, self.facts["currency"])


def debrief_of(play: DeskPlay, language: str) -> tuple[Finding, ...]:
    """The findings of a play, the result first, then what cost most."""
    teller = Teller(play, language)
    return (*_result(teller), *_credit(teller), *_costs(teller), *_late(teller))


def _result(to: Teller) -> Iterator[Finding]:
    """What it brought, and that against the best play found and the bound."""
    facts, paid = to.facts, to.paid
    gained: dict[str, Any] = {"gain": paid(facts["gain"]), "expected_gain": paid(facts["expected"])}
    yield to.tell(
        "DESK_RESULT", spent=paid(facts["spent"]), sales=Amount(int(facts["incremental"])), count=int(facts["incremental"]), **gained
    )
    most: dict[str, Any] = {"best": paid(facts["best"]), "bound": paid(facts["bound"])}
    if facts["share_of_best"] is None:
        yield to.tell("DESK_NOTHING", spent=paid(facts["spent"]))
    elif not facts["spent"]:
        yield to.tell("DESK_KEPT", "warning", **most)
    elif facts["expected"] <= 0:
        yield to.tell("DESK_LOST", "warning", lost=paid(-facts["expected"]), **most)
    else:
        shares: dict[str, Any] = {"share_of_best": Share(facts["share_of_best"]), "at_least": Share(floored(facts["at_least"]))}
        yield to.tell("DESK_BEST", "warning" if facts["share_of_best"] < 0.5 else "note", **most, **shares)


def _credit(to: Teller) -> Iterator[Finding]:
    """What the platform credits itself with, against what it brought."""
    facts, paid = to.facts, to.paid
    if not facts["reported"] or facts["roas_reported"] is None:
        return
    sales: dict[str, Any] = {k: Amount(int(facts[k])) for k in ("reported", "incremental")}
    per: dict[str, Any] = {f"{k}_per_100": paid(100 * facts[f"roas_{k}"]) for k in ("reported", "incremental")}
    per |= {"even_per_100": paid(100 / facts["margin"]), "spent_100": paid(100)}
    name = str(to.play.table.groupby("ad_set")["reported"].sum().idxmax())
    over, held = facts["reported"] > 1.25 * facts["incremental"], facts.get("held") or []
    code = "DESK_FLATTER_HELD" if name in held else "DESK_FLATTER"
    yield to.tell(code, "warning" if over else "note", **sales, **per, name=name, count=int(facts["reported"]))


def _costs(to: Teller) -> Iterator[Finding]:
    """What cost most, first. An ad set that is better off than at any bid is told of once."""
    costs, least = to.play.costs, MATTERS * max(to.facts["spent"], 1.0)
    off = costs[costs["code"] == "anyway"].set_index("ad_set")["money"]
    costs = costs[(costs["code"] != "bid") | (costs["money"] > costs["ad_set"].map(off).fillna(0.0))]
    for row in costs[costs["money"] >= least].sort_values("money", ascending=False, kind="stable").to_dict("records"):
        yield _cost(to, row)


def _cost(to: Teller, row: Mapping[Any, Any]) -> Finding:
    money, table = to.paid(row["money"]), to.play.table
    named: dict[str, Any] = {"ad_set": str(row["ad_set"]), "label": Label(str(row["ad_set"]))}
    if row["code"] == "anyway":
        return to.tell("DESK_ANYWAY", "warning", money=money, spend=to.paid(row["spend"]), **named)
    if row["code"] == "bid":
        code = "DESK_BID_HIGH" if row["value"] < 1 else "DESK_BID_LOW"
        return to.tell(code, "warning", money=money, factor=_percent(row["value"]), **named)
    if row["code"] == "unspent":
        return to.tell("DESK_UNSPENT", "warning", money=money, left=to.paid(row["value"]))
    if row["code"] == "restarts":
        times = int(table["restarts"].sum())
        return to.tell("DESK_RESTARTS", "warning", money=money, restarts=times, count=times)
    if row["code"] == "learning":
        return to.tell("DESK_LEARNING", money=money)
    return to.tell("DESK_WEAR", "warning", money=money, share=_percent(1 - _kept(table)))


def _late(to: Teller) -> Iterator[Finding]:
    if to.facts["late"] > MATTERS:
        yield to.tell("DESK_LATE", share=_percent(to.facts["late"]))


def _kept(table: pd.DataFrame) -> float:
    weight = table["clicks"].sum()
    return float((table["kept"] * table["clicks"]).sum() / weight) if weight else 1.0


def _percent(share: float) -> int:
    return round(100 * float(share))
