"""Small results of what came on top, each corner of their pictures in them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mktlib.results import PanelEffect, Uplift

SEGMENTS = (
    ("channel", "North", 5200, 0.082, 0.051, 0.024, 0.046), ("channel", "South", 4100, 0.061, 0.024, 0.017, 0.039),
    ("channel", "a <b>segment</b> with a very long name indeed", 900, 0.05, -0.012, -0.01, 0.034),
    ("channel", "others", 14, 0.1, 0.2, -0.02, 0.06), ("channel / newbie", "channel web / newbie 1", 3300, 0.09, 0.07, 0.05, 0.08),
    ("channel / newbie", "channel phone / newbie 0", 2900, 0.03, -0.03, -0.038, -0.004),
)  # fmt: skip


def uplift() -> Uplift:
    rows = []
    for by, segment, people, with_it, alone, low, high in SEGMENTS:
        effect = (low + high) / 2
        verdict = "gains" if low > 0 else "loses" if high < 0 else "cannot_tell"
        row = {"by": by, "segment": segment, "people": people, "treated": people // 2, "control": people - people // 2}
        row |= {
            "mean_treated": with_it,
            "mean_control": with_it - alone,
            "alone": alone,
            "alone_low": alone - 0.03,
            "alone_high": alone + 0.03,
        }
        row |= {
            "effect": effect,
            "low": low,
            "high": high,
            "grade": "too_early" if verdict == "cannot_tell" else "shown",
            "verdict": verdict,
        }
        row |= {"cost_per": 4.0, "cost_per_low": 2.5, "cost_per_high": np.inf if low <= 0 else 9.0}
        rows.append(row | {"roas": 25 * effect, "roas_low": 25 * low, "roas_high": 25 * high})
    columns = pd.DataFrame({"by": ["channel", "channel / newbie"], "segments": [4, 2], "p_value": [0.4, 0.002], "spread": [0.01, 0.05]})
    columns = columns.assign(spread_low=[0.001, 0.02], spread_high=[0.03, 0.12], verdict=["not_shown", "differ"])
    share = np.linspace(0, 1, 101)
    gain = 0.03 * share + 0.05 * share * (1 - share)
    wide = 0.012 * np.sqrt(share)
    curve = pd.DataFrame({"share": share, "gain": gain, "low": gain - wide, "high": gain + wide, "by_lot": gain[-1] * share})
    balance = pd.DataFrame({"by": columns["by"], "gap": [0.01, 0.02], "p_value": [0.8, 0.5], "fair": [True, True]})
    facts = {"outcome": "conversion", "treatment": "mail", "treated": "reminder", "control": "none", "kind": "share", "currency": "EUR"}
    facts |= {"level": 0.9, "people": 10_214, "n_treated": 5107, "n_control": 5107, "mean_treated": 0.074, "mean_control": 0.044}
    facts |= {"chance": 0.5, "effect": 0.03, "effect_low": 0.02, "effect_high": 0.04, "lift": 0.68, "lift_low": 0.4, "lift_high": 1.0}
    facts |= {"brought": 153.2, "brought_low": 102.1, "brought_high": 204.3, "p_value": 1e-6, "evidence": "randomised", "grade": "shown"}
    facts |= {"verdict": "gains", "p_balance": 0.5, "qini": 0.008, "qini_low": 0.003, "qini_high": 0.013, "ranks": "shown"}
    facts |= {"rule_share": 0.62, "rule_gain": 0.04, "rule_gain_low": -0.01, "rule_gain_high": 0.09, "rule_unit": "money"}
    facts |= {"rule_against": "all", "targeting": "not_shown", "spend": 600.0, "worth": 6.0, "cost_per": 3.92, "cost_per_low": 2.94}
    facts |= {"cost_per_high": 5.88, "roas": 1.53, "roas_low": 1.02, "roas_high": 2.04, "pays": "yes", "window_days": 14}
    return Uplift(
        table=pd.DataFrame(rows), columns=columns, curve=curve, balance=balance,
        facts=facts | {"unmeasured": 0.2, "left_out": 3, "outside": 0},
    )  # fmt: skip


def panel() -> PanelEffect:
    t = np.arange(30)
    after, gap = t >= 22, np.where(t >= 22, 0.09, 0.0) + 0.03 * np.sin(1.3 * t)
    periods = pd.DataFrame({"time": pd.date_range("2026-01-05", periods=30, freq="7D"), "stretch": np.where(after, "after", "before")})
    periods = periods.assign(actual=500 * np.exp(gap), expected=500.0, gap=gap, low=gap - 0.05, high=gap + 0.05)
    periods.loc[3, ["gap", "low", "high"]] = np.nan
    tried = 0.045 * np.sin(np.arange(12))
    time = pd.DataFrame(
        {"kind": "time", "start": periods["time"].iloc[4:16].to_numpy(), "effect": tried, "low": tried - 0.04, "high": tried + 0.04}
    )
    unit = pd.DataFrame(
        {"kind": "unit", "start": periods["time"].iloc[22], "effect": np.linspace(-0.12, 0.13, 9), "low": np.nan, "high": np.nan}
    )
    rows = [
        {"way": "luck", "effect": 45.0, "effect_low": 22.0, "effect_high": 66.0, "lift": 0.094, "lift_low": 0.04, "lift_high": 0.15},
        {"way": "drift", "effect": 45.0, "effect_low": -1.0, "effect_high": 87.0, "lift": 0.094, "lift_low": -0.003, "lift_high": 0.21},
    ]
    table = pd.DataFrame(rows)
    table = table.assign(in_all=4320.0, in_all_low=[2112.0, -96.0], in_all_high=[6336.0, 8352.0])
    facts = {
        "outcome": "sales",
        "unit": "area",
        "time": "week",
        "level": 0.9,
        "scale": "log",
        "currency": "EUR",
        "start": periods["time"].iloc[22],
    }
    facts |= {"periods": 30, "before": 22, "after": 8, "baseline": 8, "baseline_from": "data"}
    facts |= {"treated": 12, "compared": 9, "evidence": "quasi", "unmeasured": None}
    facts |= {"gap": 0.09, "effect": 45.0, "effect_low": -1.0, "effect_high": 87.0, "lift": 0.094, "lift_low": -0.003, "lift_high": 0.21}
    facts |= {"luck_low": 0.04, "luck_high": 0.15, "p_value": 0.01, "p_units": 0.02, "least_p": 0.0002, "grade": "tendency"}
    facts |= {"verdict": "cannot_tell", "trend": 0.001, "trend_low": -0.002, "trend_high": 0.004, "p_trend": 0.4, "blind": 0.006}
    facts |= {"blind_bias": 0.05, "drift": 0.045, "vanishes": 0.9, "pretrend": "not_shown", "p_before": 0.8, "odd_starts": 1, "starts": 12}
    facts |= {"correlation": 0.5, "spill": None, "near": None, "spend": 20_000.0, "worth": 38.0, "cost_per": 4.6, "cost_per_low": 2.4}
    facts |= {"cost_per_high": np.inf, "roas": 8.2, "roas_low": -0.2, "roas_high": 15.9, "pays": "cannot_tell"}
    return PanelEffect(table=table, periods=periods, placebos=pd.concat([time, unit], ignore_index=True), facts=facts)


LIFT = {"uplift": uplift(), "panel": panel()}
