"""A small review in which every corner of its pictures and tables is there, and what was learnt from it."""

from __future__ import annotations

import pandas as pd

from mktlib.results import Learnt, Review

SEGMENTS, TYPES = ("drivers", "parents", "students"), ("carousel", "short_video", "newsletter", "story")


def _row(k: int) -> dict[str, object]:
    predicted = 0.018 + 0.002 * k
    actual = predicted + (0.009 if k == 2 else -0.008 if k == 5 else 0.001 * (-1) ** k)
    return {
        "item": f"p{k:02d}", "content_type": TYPES[k % 4], "style": "playful", "stage": "decision", "segment": SEGMENTS[k % 3],
        "channel": "email", "owner": "Ana" if k % 2 else "", "status": "published", "due": "2026-10-12", "published": "2026-10-13",
        "planned_spend": 900.0, "actual_spend": 950.0, "planned_exposure": 8200.0, "exposure": 8000, "predicted": predicted,
        "low": predicted - 0.005, "high": predicted + 0.005, "actual": actual, "inside": abs(actual - predicted) <= 0.005,
        "late_days": k % 2, "surprise": (actual - predicted) / 0.003,
    }  # fmt: skip


def review() -> Review:
    calibration = pd.DataFrame(
        {"predicted": [0.02, 0.025, 0.03], "actual": [0.021, 0.024, 0.032], "low": [0.018, 0.021, 0.028], "high": [0.024, 0.027, 0.036],
         "items": [3, 3, 2]}
    )  # fmt: skip
    named = pd.DataFrame(
        {"axis": ["content_type", "placement"], "level": ["newsletter", "p05 / students / email"], "same_as": "", "placements": [2, 1],
         "promised": [600.0, 200.0], "came": [900.0, 140.0], "ratio": [1.5, 0.7], "low": [1.3, 0.6], "high": [1.8, 0.85], "z": [4.1, -3.9],
         "p": [4e-5, 1e-4], "grade": "tendency"}
    )  # fmt: skip
    levels = pd.DataFrame(
        {"axis": ["campaign", "segment", "segment", "segment", "placement"], "level": ["all", *SEGMENTS, "all"],
         "placements": [8, 3, 3, 2, 8], "ratio": [1.02, 1.3, 0.9, 0.96, None], "low": [0.8, 1.1, 0.7, 0.7, None],
         "high": [1.3, 1.5, 1.15, 1.3, None], "apart": [False, True, False, False, False], "share": [None, 0.6, 0.6, 0.6, 0.4],
         "grade": ["too_early", "tendency", "too_early", "too_early", "too_early"]}
    )  # fmt: skip
    gap = pd.DataFrame(
        {"step": ["planned", "not_run", "exposure", "rate", "worth", "came"], "value": [21_000.0, -900, -500, -400, 200, 19_400],
         "low": [None, None, None, -3_000.0, None, None], "high": [None, None, None, 3_000.0, None, None],
         "start": [0.0, 21_000, 20_100, 19_600, 19_200, 0], "end": [21_000.0, 20_100, 19_600, 19_200, 19_400, 19_400]}
    ).astype({"low": float, "high": float})  # fmt: skip
    owners = pd.DataFrame(
        {"owner": ["Ana", ""], "pieces": 4, "placements": 4, "not_run_placements": [1, 0], "late_pieces": [4, 0], "late_days": [1.0, 0],
         "planned_exposure": 32_800.0, "exposure": 32_000.0, "planned_spend": 3600.0, "actual_spend": 3800.0, "not_run_value": [-900.0, 0],
         "exposure_value": [-300.0, -200], "rate_value": [-500.0, 100], "worth_value": [100.0, 100], "gap": [-1600.0, 0]}
    )  # fmt: skip
    scores = pd.DataFrame(
        {"score": ["brier", "log", "crps"], "promised": [0.024, 4.1, 0.002], "base": [0.025, 4.6, 0.004], "skill": [0.04, 0.5, 0.5],
         "low": [0.01, 0.2, 0.3], "high": [0.07, 0.8, 0.7]}
    )  # fmt: skip
    versus = pd.DataFrame(
        {"channel": ["email", "paid_social"], "spend_plan": [7200.0, 0.0], "spend_other": [3600.0, 3600.0], "value_plan": [19_000.0, 0.0],
         "value_other": [9_500.0, 6_000.0], "difference": [5_900.0, -2_400.0], "low": [4_000.0, -5_000.0], "high": [7_900.0, 400.0],
         "grade": ["tendency", "tendency"]}
    )  # fmt: skip
    facts = {
        "items": 8, "inside": 6, "coverage": 0.75, "coverage_low": 0.4, "coverage_high": 0.94, "effective": 6.4, "weather": "segment",
        "promise": "broken", "pit_p": None, "pit_verdict": "too_few", "level": 0.9, "late": 4, "planned_spend": 7200.0,
        "actual_spend": 7600.0, "currency": "EUR", "metric": "click_rate", "value_planned": 21_000.0, "value_actual": 19_400.0,
        "predicted_total": 1_600.0, "actual_total": 1_616.0, "not_executed": 1, "gap_not_run": -900.0, "gap_exposure": -500.0,
        "gap_rate": -400.0, "gap_worth": 200.0, "gap_allowed": 3_000.0, "gap_grade": "too_early", "evidence": "observational",
        "grade": "too_early", "shared": "any", "unmeasured": None,
        "versus": {
            "name": "even", "kind": "even", "value_plan": 19_000.0, "value_other": 15_500.0, "cost": 0.0, "difference": 3_500.0,
            "low": 900.0, "high": 6_100.0, "p_better": 0.98, "opinion_plan": 0.0, "opinion_other": 0.3, "farthest": "paid_social",
            "farthest_times": 4.0, "evidence": "observational", "grade": "tendency",
        },
    }  # fmt: skip
    return Review(
        table=pd.DataFrame([_row(k) for k in range(8)]), facts=facts, calibration=calibration, surprises=named, levels=levels, gap=gap,
        owners=owners, scores=scores, versus=versus,
    )  # fmt: skip


def learnt() -> Learnt:
    table = pd.DataFrame(
        {"segment": ["drivers", "parents"], "content_type": "carousel", "rate": [0.031, 0.02], "low": [0.028, 0.018],
         "high": [0.034, 0.022], "exposure": [9000, 8000], "opinion": [0.02, 0.03], "verdict": ["make", "test"],
         "rate_before": [0.025, 0.02],
         "low_before": [0.012, 0.01], "high_before": [0.05, 0.04], "exposure_before": [0, 500], "opinion_before": [0.5, 0.3],
         "verdict_before": ["too_early", "test"], "run": True, "changed": [True, False]}
    )  # fmt: skip
    facts = {
        "metric": "click_rate", "level": 0.9, "by": ["segment", "content_type"], "cells": 2, "run": 2, "new": 1, "changed": 1,
        "opinion_before": 0.4, "opinion_after": 0.025, "width_before": 4.1, "width_after": 1.2, "make_before": 0, "make_after": 1,
        "drop_before": 0, "drop_after": 0, "as_of": "2026-11-15", "log_rows": 700, "rows": 40, "later": 0, "evidence": "observational",
        "grade": "tendency",
    }  # fmt: skip
    return Learnt(table=table, facts=facts)
