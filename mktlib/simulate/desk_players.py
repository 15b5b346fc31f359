"""Three scripted players, to be beaten or to learn from. Each sees what a person at the desk sees, and nothing else.

- naive: even budgets, then more for what last week's report praises and less for the rest, bids after it too, every week anew.
- selective: the same, but among the ad sets alone that the careful one would buy. It parts the careful player's margin over the naive one
  into what leaving audiences out brings, and what steadiness, tests by lot and bids by worth bring.
- careful: leaves out audiences that would buy anyway, begins low with few ad sets, holds some people out by lot, and waits for late sales.
  Once, in week 3, it settles creatives, bids and budgets by what a sale is worth and how much of the credit is believed; then it only
  corrects bids by less than what starts the learning phase again: lower where the budget binds, higher where it does not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from mktlib.simulate.desk import AdDesk

Week = dict[str, dict[str, Any]]
TRUST: Mapping[str, float] = {"brand": 0.1, "retargeting": 0.2, "customers": 0.15, "engaged": 0.6, "prospecting": 0.95}
"""What a careful person believes of the credit by kind of audience before any test of one's own: a judgement (J)."""
UNSURE = 0.15
"""Spread of that belief."""
LEAST_TRUST, SETTLE, HELD, STEP = 0.5, 3, 0.1, 0.2
FIRST_BID, DOUBTED = 0.75, 6.0
"""Part of the lowest suggested bid to begin with; sales' worth of doubt about an ad set's own rate."""


def naive(desk: AdDesk) -> Week:
    """Chases the ROAS that was reported last week."""
    return _chased(desk, desk.ad_sets.set_index("ad_set"))


def selective(desk: AdDesk) -> Week:
    """Chases reported ROAS too, but never among people who would buy anyway."""
    return _chased(desk, _trusted(desk))


def _trusted(desk: AdDesk) -> pd.DataFrame:
    """The ad sets whose credit is believed for the better part."""
    sets = desk.ad_sets.set_index("ad_set")
    return sets[sets["kind"].map(TRUST) > LEAST_TRUST]


def _chased(desk: AdDesk, sets: pd.DataFrame) -> Week:
    share = pd.Series(1 / len(sets), index=sets.index)
    bid = sets[["bid_low", "bid_high"]].mean(axis=1)
    seen = desk.report("ad_set")
    last = seen[seen["week"] == desk.week - 1].set_index("ad_set")
    if len(last):
        roas = (last["value"] / last["spend"].clip(lower=1.0)).reindex(sets.index).fillna(0.0) + 0.05
        share, bid = roas / roas.sum(), bid * (roas / roas.median()).clip(0.6, 1.6)
    money = desk.left / (desk.weeks - desk.week + 1) / 7
    return {
        name: {"bid": round(float(bid[name]), 4), "budget": _cents(money * share[name])}
        for name in sets.index
        if money * share[name] >= 0.01
    }


def careful(desk: AdDesk) -> Week:
    """Steady, by what a sale is worth and what of the credit is believed."""
    sets = _trusted(desk)
    money = desk.left / (desk.weeks - desk.week + 1) / 7
    if desk.week < SETTLE or not len(desk.report()):
        each, low = _cents(money / len(sets)), sets["bid_low"]
        return {n: {"bid": max(FIRST_BID * float(low[n]), 0.01), "budget": each, "holdout": HELD} for n in sets.index if each > 0}
    worth = _worth(desk, sets)
    return _settled(desk, sets, worth, money) if desk.week == SETTLE else _corrected(desk, worth)


def _totals(desk: AdDesk) -> pd.DataFrame:
    """What is known of each ad set: the last week is left out where there are others, since its late sales are missing."""
    seen = desk.report("ad_set")
    seen = seen[seen["week"] < desk.week - 1] if desk.week > SETTLE else seen
    return seen.groupby("ad_set")[["impressions", "clicks", "spend", "conversions", "value"]].sum()


def _worth(desk: AdDesk, sets: pd.DataFrame) -> pd.Series:
    """What one unit of the bid (click, thousand impressions, sale) is believed to leave, EUR, shrunk towards all ad sets together."""
    terms, totals = desk.terms, _totals(desk).reindex(sets.index).fillna(0.0)
    unit = {"click": totals["clicks"], "mille": totals["impressions"] / 1000, "sale": totals["conversions"]}[terms["bid_unit"]]
    whole = float(totals["conversions"].sum() / max(unit.sum(), 1e-9)) or 1e-6
    rate = (totals["conversions"] + DOUBTED) / (unit + DOUBTED / whole)
    return rate * terms["basket"] * terms["margin"] * _believed(desk, sets, totals)


def _believed(desk: AdDesk, sets: pd.DataFrame, totals: pd.DataFrame) -> pd.Series:
    """Share of the credit that is believed: the judgement, and the test by lot as far as it tells."""
    prior = sets["kind"].map(TRUST)
    lift = desk.lift()
    if lift.empty:
        return prior
    both = lift.pivot_table(index="ad_set", columns="group", values=["people", "buyers"], aggfunc="sum")
    shown, held = both["buyers"]["shown"], both["buyers"]["held"]
    times = both["people"]["shown"] / both["people"]["held"]
    credit = totals["conversions"].reindex(both.index).clip(lower=1.0)
    found, noise = (shown - times * held) / credit, np.sqrt(shown + times**2 * (held + 1)) / credit
    weight = (1 / noise**2).reindex(sets.index).fillna(0.0)
    return ((prior / UNSURE**2 + weight * found.reindex(sets.index).fillna(0.0)) / (1 / UNSURE**2 + weight)).clip(0.05, 1.2)


def _settled(desk: AdDesk, sets: pd.DataFrame, worth: pd.Series, money: float) -> Week:
    """The one great change: creatives that sell, bids in one proportion to worth, budgets by what each ad set returns."""
    totals = _totals(desk).reindex(sets.index).fillna(0.0)
    unit = {"click": "clicks", "mille": "impressions", "sale": "conversions"}[desk.terms["bid_unit"]]
    units = totals[unit] / (1000 if unit == "impressions" else 1)
    returned = (worth * units / totals["spend"].clip(lower=1.0)).clip(upper=6.0)
    pays = returned > 0.9 if (returned > 0.9).any() else returned >= returned.max()
    share = (returned.where(pays, 0.0) - 0.5).clip(lower=0.0) * totals["spend"].clip(lower=1.0)
    share = share / share.sum() if share.sum() > 0 else pays / pays.sum()
    play: Week = {}
    low = sets["bid_low"]
    for name in sets.index[share > 0.02]:
        bid = min(float(worth[name]) / 1.15, 1.5 * FIRST_BID * float(low[name]) * max(float(returned[name]), 1.0) ** 0.5)
        play[name] = {"bid": max(bid, 0.01), "budget": _cents(money * share[name]), "creatives": _selling(desk, name), "holdout": 0.0}
    return {n: given for n, given in play.items() if given["budget"] > 0}


def _selling(desk: AdDesk, name: str) -> list[str]:
    """The creatives that are not clearly behind the best in credited sales a thousand impressions, shrunk towards the ad set's own."""
    seen = desk.report("ad")
    mine = seen[seen["ad_set"] == name].groupby("ad")[["impressions", "conversions"]].sum()
    whole = mine["conversions"].sum() / max(mine["impressions"].sum(), 1)
    if not whole:
        return list(mine.index)
    rate = (mine["conversions"] + DOUBTED) / (mine["impressions"] + DOUBTED / whole)
    return list(mine.index[rate >= 0.85 * rate.max()])


def _corrected(desk: AdDesk, worth: pd.Series) -> Week:
    """Small steps: below the budget's edge the bid rises towards what a unit is worth, at it the bid falls and the same money buys more."""
    before = desk.moves[-1]
    last = desk.report("ad_set")
    last = last[last["week"] == desk.week - 1].set_index("ad_set")
    play: Week = {}
    room = desk.left / 7 / max(sum(float(s["budget"]) for s in before.values()), 0.01)
    for name, setting in before.items():
        used = float(last["spend"].get(name, 0.0)) / (7 * float(setting["budget"]))
        step = 1 - STEP if used > 0.97 else 1 + STEP if used < 0.85 else 1.0
        ceiling = max(float(worth.get(name, setting["bid"])), (1 - STEP) * float(setting["bid"]))
        play[name] = {"bid": max(min(step * float(setting["bid"]), ceiling), 0.01)}
        if room < 1:
            play[name]["budget"] = max(_cents(float(setting["budget"]) * room), 0.01)
    return play


def _cents(value: float) -> float:
    return float(np.floor(100 * value) / 100)


PLAYERS: Mapping[str, Callable[[AdDesk], Week]] = {"naive": naive, "selective": selective, "careful": careful}
