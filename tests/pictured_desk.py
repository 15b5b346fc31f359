"""Small plays at the ad desk, made by hand: one that gains, one that loses, one world without anything to gain."""

from __future__ import annotations

import pandas as pd

from mktlib.results import DeskPlay

ROWS = (
    (1, "Retention", "site_visitors", "retargeting", 900.0, 120_000, 1_100, 110, 9_900.0, 8, 700.0, False, 1.0, 0.93),
    (2, "Retention", "site_visitors", "retargeting", 900.0, 130_000, 1_020, 104, 9_360.0, 6, 520.0, True, 0.57, 0.81),
    (1, "Prospecting", "lookalike", "prospecting", 700.0, 150_000, 1_600, 24, 2_160.0, 27, 2_430.0, False, 1.0, 0.98),
    (2, "Prospecting", "lookalike", "prospecting", 700.0, 160_000, 1_650, 31, 2_800.0, 33, 2_950.0, False, 0.29, 0.95),
    (2, "Prospecting", "a <b>set</b> with a very long name of its own", "engaged", 10.0, 900, 4, 0, 0.0, 0, 0.0, False, 1.0, 1.0),
)
COLUMNS = ["week", "campaign", "ad_set", "kind", "spend", "impressions", "clicks", "reported", "reported_value", "incremental"]
COLUMNS += ["incremental_value", "restarts", "learning", "kept"]
COSTS = (
    ("anyway", "site_visitors", 1_310.0, float("nan"), 1_800.0),
    ("bid", "lookalike", 260.0, 1.2, 1_400.0),
    ("learning", "", 210.0, float("nan"), 3_210.0),
    ("restarts", "", 64.0, float("nan"), 3_210.0),
    ("wear", "", 150.0, float("nan"), 3_210.0),
    ("unspent", "", 120.0, 790.0, 790.0),
)


def _play(gain: float, expected: float, best: float, bound: float, **more: object) -> DeskPlay:
    table = pd.DataFrame(ROWS, columns=COLUMNS)
    table.insert(11, "gain", (0.4 * table["incremental_value"] - table["spend"]).round(2))
    facts: dict[str, object] = {
        "platform": "meta",
        "seed": 3,
        "currency": "EUR",
        "budget": 4_000.0,
        "weeks": 2,
        "played": 2,
        "spent": 3_210.0,
    }
    facts |= {"reported": 269.0, "reported_value": 24_220.0, "incremental": 74.0, "incremental_value": 6_600.0, "roas_reported": 7.5452}
    facts |= {"roas_incremental": 2.0561, "gain": gain, "expected": expected, "best": best, "bound": bound, "late": 0.27, "margin": 0.4}
    share = {"share_of_best": expected / best, "at_least": expected / bound} if best > 0 else {"share_of_best": None, "at_least": None}
    found = [("lookalike", "Prospecting", "prospecting", 16.2, "wide", ("Video",), 2_900.0, 1_100.0, 1_400.0, 600.0)]
    found += [("site_visitors", "Retention", "retargeting", 0.0, "usual", ("Offer",), 0.0, 0.0, 1_800.0, -1_300.0)]
    columns = ["ad_set", "campaign", "kind", "bid", "audience", "creatives", "spend", "gain", "yours", "yours_gain"]
    costs = pd.DataFrame(COSTS, columns=["code", "ad_set", "money", "value", "spend"])
    return DeskPlay(table=table, costs=costs, best=pd.DataFrame(found, columns=columns), facts=facts | {"basket": 90.0} | share | more)


DESK = {
    "desk_gained": _play(410.0, 540.0, 1_100.0, 1_420.0),
    "desk_lost": _play(-570.0, -430.0, 1_100.0, 1_420.0),
    "desk_nothing": _play(-570.0, -430.0, 0.0, 0.0),
}
