"""Two scripted players, to be beaten or to learn from. Each sees what a person at the desk sees, and nothing else.

- naive: even budgets, then more for what last week's report praises and less for the rest, bids after it too, every week anew.
- careful: steady budgets for few ad sets so that they learn, bids from what a sale is worth and how much of the credit is believed, a test by
  lot early, judged when the delay is over, small corrections, audiences that would buy anyway left out, a cap on frequency.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from mktlib.simulate.desk import AdDesk

Week = dict[str, dict[str, Any]]
DOUBT: Mapping[str, float] = {"brand": 0.1, "retargeting": 0.2, "customers": 0.15, "engaged": 0.6, "prospecting": 0.9}
"""What a careful person believes of the credit by kind of audience before any test of one's own: a judgement (J), told to nobody by reports."""


def naive(desk: AdDesk) -> Week:
    """Chases the ROAS that was reported last week."""
    sets = desk.ad_sets.set_index("ad_set")
    share = {name: 1 / len(sets) for name in sets.index}
    bid = dict(sets[["bid_low", "bid_high"]].mean(axis=1))
    seen = desk.report("ad_set")
    last = seen[seen["week"] == desk.week - 1].set_index("ad_set") if len(seen) else seen
    if len(last):
        roas = (last["value"] / last["spend"].clip(lower=1.0)).reindex(sets.index).fillna(0.0) + 0.05
        share = dict(roas / roas.sum())
        usual = float(np.median(roas))
        bid = {name: b * float(np.clip(roas[name] / usual, 0.6, 1.6)) for name, b in bid.items()}
    money = desk.left / (desk.weeks - desk.week + 1) / 7
    return {name: {"bid": round(bid[name], 4), "budget": _cents(money * share[name])} for name in sets.index if money * share[name] >= 0.01}


def careful(desk: AdDesk) -> Week:
    raise NotImplementedError


def _cents(value: float) -> float:
    return np.floor(100 * value) / 100


PLAYERS: Mapping[str, Callable[[AdDesk], Week]] = {"naive": naive, "careful": careful}
