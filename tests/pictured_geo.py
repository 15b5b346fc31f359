"""Small results of tests by area and of distance, each corner of their pictures in them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mktlib.results import DistanceEffect, GeoDesign, GeoLift

LIFTS = np.array([0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3])


def geo_design() -> GeoDesign:
    parts = []
    for pairs, weeks, fast in ((12, 8, 22.0), (12, 4, 14.0), (8, 8, 13.0)):
        power = 0.05 + 0.95 * (1 - np.exp(-((fast * LIFTS) ** 2)))
        low, high = np.maximum(power - 0.08, 0), np.minimum(power + 0.08, 1)
        parts.append(pd.DataFrame({"pairs": pairs, "weeks": weeks, "lift": LIFTS, "power": power, "low": low, "high": high}))
    table = pd.DataFrame({"pairs": [12, 12, 8], "weeks": [8, 4, 8], "treated": [12, 12, 8], "expected": [48_000.0, 24_000.0, 30_000.0]})
    table = table.assign(power=[0.7, 0.42, 0.37], false_alarm=[0.09, 0.1, 0.11], detectable=[0.061, 0.092, np.nan])
    table = table.assign(
        detectable_units=table["detectable"] * table["expected"], cost_per_unit=[6.8, 9.1, np.nan], chosen=[True, False, False]
    )
    arms = pd.DataFrame({"area": ["Lyon", "Lille", "a <b>town</b> with a very long name", "Brest", "Metz"], "pair": [1, 1, 2, 2, 0]})
    arms = arms.assign(arm=["treated", "held_out", "treated", "held_out", "outside"], per_week=[800.0, 760.0, 420.0, 410.0, 90.0])
    t = np.arange(104)
    wave = 1 + 0.2 * np.cos(2 * np.pi * t / 52)
    weeks = pd.DataFrame(
        {"week": pd.date_range("2024-01-01", periods=104, freq="7D"), "treated": wave + 0.02 * np.sin(t), "held_out": wave}
    )
    facts = {"outcome": "sales", "lift": 0.05, "alpha": 0.1, "level": 0.9, "currency": "EUR", "areas": 25, "weeks": 104, "cooldown": 2}
    facts |= {
        "budget": 20_000.0,
        "worth": 30.0,
        "verdict": "cannot_tell",
        "test_pairs": 12,
        "test_weeks": 8,
        "power": 0.7,
        "false_alarm": 0.09,
    }
    facts |= {"detectable": 0.061, "detectable_units": 2928.0, "cost_per_unit": 6.8, "break_even": 0.014, "windows": 24, "independent": 9.0}
    return GeoDesign(table=table, arms=arms, curve=pd.concat(parts, ignore_index=True), weeks=weeks,
                     facts=facts | {"held_out_share": 0.48, "enough": 0.8, "pairs_possible": 12})  # fmt: skip


def geo_lift() -> GeoLift:
    t = np.arange(62)
    usual = 5200 * (1 + 0.15 * np.cos(2 * np.pi * t / 52))
    on, late = (t >= 52) & (t < 60), t >= 60
    actual = usual * (1 + 0.09 * on + 0.03 * late) + 60 * np.sin(t)
    weeks = pd.DataFrame({"week": pd.date_range("2025-01-06", periods=62, freq="7D"), "actual": actual, "expected": usual})
    weeks["stretch"] = np.where(on, "test", np.where(late, "cooldown", "before"))
    inside = on | late
    far = np.cumsum(np.where(inside, actual - usual, 0))
    weeks = weeks.assign(low=np.where(inside, usual * 0.95, np.nan), high=np.where(inside, usual * 1.05, np.nan))
    spread = 700 * np.sqrt(np.cumsum(inside))
    weeks = weeks.assign(
        units=np.where(inside, far, np.nan),
        units_low=np.where(inside, far - spread, np.nan),
        units_high=np.where(inside, far + spread, np.nan),
    )
    row = {"stretch": "test", "weeks": 8, "actual": 49_000.0, "expected": 44_900.0, "lift": 0.091, "low": 0.03, "high": 0.15}
    row |= {"units": 4100.0, "units_low": 1400.0, "units_high": 6400.0, "p_value": 0.012, "worth": 123_000.0, "worth_low": 42_000.0}
    row |= {"worth_high": 192_000.0, "cost_per_unit": 4.9, "cost_per_unit_low": 3.1, "cost_per_unit_high": 14.3}
    after = row | {"stretch": "cooldown", "weeks": 2, "lift": 0.03, "low": -0.06, "high": 0.11, "p_value": 0.5}
    facts = {"outcome": "sales", "level": 0.9, "alpha": 0.1, "currency": "EUR", "method": "pairs", "assigned": "lot", "verdict": "lift"}
    facts |= {"reasons": (), "start": pd.Timestamp("2026-01-05"), "end": pd.Timestamp("2026-03-01"), "cooldown": 2, "pre_weeks": 104}
    facts |= {"first_day": pd.Timestamp("2026-01-05"), "last_day": pd.Timestamp("2026-03-01")}
    facts |= {"treated": 12, "held_out": 12, "pairs": 12, "cost": 20_000.0, "worth": 30.0, "detectable": 0.09, "noise": 0.03}
    facts |= {"first_day": pd.Timestamp("2026-01-05"), "last_day": pd.Timestamp("2026-03-01")}
    known = {"evidence": "randomised", "grade": "shown"}
    areas = pd.DataFrame(columns=["area", "arm", "pair", "before", "during", "change", "usual", "without"])
    table = pd.DataFrame([row, after, row | {"stretch": "whole", "weeks": 10, "lift": 0.08, "low": 0.02, "high": 0.13}])
    return GeoLift(table=table, weeks=weeks,
                   areas=areas, facts=facts | known | {"placebos": 24, "naive": 0.21, "plain": -0.12, "spill": None})  # fmt: skip


def distance() -> DistanceEffect:
    table = pd.DataFrame(
        {"distance": ["under 15 min", "15 to 25 min", "a very long way from here, more than 25 min"], "offers": [5562, 5611, 1511]}
    )
    table = table.assign(
        people=[567, 567, 560], raw=[0.61, 0.56, 0.43], rate=[0.55, 0.47, 0.41], low=[0.5, 0.42, 0.37], high=[0.6, 0.52, 0.46]
    )
    table = table.assign(
        difference=[0.0, -0.08, -0.14], difference_low=[0.0, -0.13, -0.2], difference_high=[0.0, -0.03, -0.08], overlap=[0.13, 0.15, 0.99]
    )
    kinds = pd.DataFrame({"kind": ["Coffee House", "Bar", "Restaurant(<20)"], "offers": [3996, 2017, 2786], "step": [-0.1, 0.2, -0.4]})
    kinds = kinds.assign(low=[-0.3, 0.05, -0.6], high=[0.1, 0.35, -0.2], own=[-0.12, 0.3, -0.5], near=[0.5, 0.3, 0.7], far=[0.48, 0.4, 0.5])
    rings = pd.DataFrame(
        {"distance": ["under 15 min", "15 to 25 min"], "people": [12_000.0, 40_000.0], "rate": [0.55, 0.47], "value": [2.8, 2.3]}
    )
    rings = rings.assign(value_low=2.0, value_high=3.2, total=[33_600.0, 92_000.0], total_low=1.0, total_high=2.0, beyond=False)
    facts = {"level": 0.9, "offers": 12_684, "comparable": 3108, "accepted": 7210, "people": 567, "kind": "couponType", "stated": True}
    facts |= {
        "trend": "falls",
        "p_value": 0.001,
        "p_kinds": 0.0004,
        "spread": 0.3,
        "monotone": True,
        "currency": "EUR",
        "distance": "minutes",
    }
    return DistanceEffect(table=table, kinds=kinds, rings=rings, facts=facts)


GEO = {"geo_design": geo_design(), "geo_lift": geo_lift(), "distance": distance()}
