"""Small results of money, made by hand: each status, each verdict, a hostile group in them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mktlib.results import Kpis

NAN = np.nan
ROAS = (
    ("display", "group", 5.18, 4.07, 6.52, "ok", 13_463.85, 2_599.56, "pays", "tendency"),
    ("organic_social", "group", NAN, NAN, NAN, "no_cost", 48_465.0, 0.0, "no_cost", ""),
    ("paid_search", "group", 0.94, 0.68, 1.28, "ok", 7_176.0, 7_627.39, "loses", "tendency"),
    ("paid_social", "group", 2.6, 1.6, 4.1, "ok", 5_200.0, 2_000.0, "cannot_tell", "too_early"),
    ("a <b>channel</b> with a very long name", "group", 0.0, 0.0, 1.9, "at_most", 0.0, 300.0, "cannot_tell", "tendency"),
    ("paid", "paid", 2.06, 1.6, 2.6, "ok", 25_839.85, 12_526.95, "cannot_tell", "too_early"),
    ("total", "total", 5.93, 4.8, 7.2, "ok", 74_304.85, 12_526.95, "pays", "tendency"),
)
CPA = (
    ("display", "group", NAN, 79.3, NAN, "at_least", 420.0, 0.0, "", ""),
    ("email", "group", NAN, NAN, NAN, "no_cost", 0.0, 14.0, "", ""),
    ("paid_search", "group", 31.0, 19.2, 53.2, "ok", 620.0, 20.0, "", ""),
    ("paid_social", "group", NAN, NAN, NAN, "credit", -20.0, 1.0, "", ""),
    ("total", "total", 48.57, 31.4, 77.6, "ok", 1_020.0, 21.0, "", ""),
)


def _table(rows: tuple[tuple[object, ...], ...], kpi: str, unit: str, per: str, even: float) -> pd.DataFrame:
    columns = ["group", "of", "value", "low", "high", "status", "numerator", "denominator", "verdict", "grade"]
    table = pd.DataFrame(rows, columns=columns)
    table = table.assign(kpi=kpi, unit=unit, per=per, rows=40, left_out=0.0, scatter=1.6, scatter_by="day", break_even=even, p_value=NAN)
    return table.assign(channel=table["group"].where(table["of"] == "group", ""))


def _facts(kpi: str, made_by: str = "kpis", **more: object) -> dict[str, object]:
    facts: dict[str, object] = {
        "made_by": made_by, "evidence": "observational", "grade": "too_early", "level": 0.9, "kpi": kpi, "kpis": [kpi], "by": ["channel"],
        "currency": "EUR", "groups": 5, "spend": 12_526.95, "margin": None, "margin_from": "", "break_even": NAN, "free": [],
        "counted": {}, "given_back": {}, "planned_spend": None, "actual_spend": None, "folded": 0, "unmeasured": None,
    }  # fmt: skip
    return facts | more


def roas() -> Kpis:
    table = pd.concat([_table(ROAS, "roas", "ratio", "spend", 2.5), _table(CPA, "cpa", "currency", "conversions", NAN).tail(1)])
    facts = _facts("roas", margin=0.4, margin_from="share", break_even=2.5, planned_spend=12_600.0, actual_spend=12_526.95, unmeasured=0.3)
    return Kpis(table=table.reset_index(drop=True), facts=facts)


def cpa() -> Kpis:
    return Kpis(table=_table(CPA, "cpa", "currency", "conversions", NAN), facts=_facts("cpa"))


def incremental() -> Kpis:
    one = ("total", "total", 1.5, -0.3, 3.3, "ok", 1_500.0, 1_000.0, "cannot_tell", "too_early")
    two = ("total", "total", 40.0, 18.2, NAN, "no_high", 1_000.0, 25.0, "", "")
    table = pd.concat([_table((one,), "incremental_roas", "ratio", "spend", 2.5), _table((two,), "incremental_cpa", "currency", "x", NAN)])
    facts = _facts("incremental_roas", "incremental_roas", by=[], groups=0, evidence="randomised", margin=0.4, margin_from="share")
    facts |= {"break_even": 2.5, "brought": 25.0, "brought_low": -5.0, "brought_high": 55.0, "worth": 60.0, "source": "Comparison"}
    return Kpis(table=table.drop(columns="channel").reset_index(drop=True), facts=facts)


def lifetime() -> Kpis:
    rows = {
        "retention": ("total", "total", 0.8, 0.75, 0.84, "ok", 160.0, 200.0, "", ""),
        "ltv": ("total", "total", 80.0, 66.0, 99.0, "ok", 16_000.0, 200.0, "", ""),
        "cac": ("total", "total", 40.0, 34.0, 47.0, "ok", 4_000.0, 100.0, "", ""),
        "ltv_cac": ("total", "total", 2.0, 1.56, 2.6, "ok", 80.0, 40.0, "pays", "tendency"),
    }
    kinds = {"retention": ("fraction", "customers"), "ltv": ("currency", "customers"), "cac": ("currency", "new_customers")}
    parts = [_table((r,), k, *kinds.get(k, ("ratio", "cac")), 1.0 if k == "ltv_cac" else NAN) for k, r in rows.items()]
    facts = _facts("ltv_cac", "lifetime_value", by=[], groups=0, grade="tendency", break_even=1.0, horizon=24, discount=0.01)
    facts |= {"retained": 160, "customers": 200}
    return Kpis(table=pd.concat(parts).drop(columns="channel").reset_index(drop=True), facts=facts)


KPIS = {"kpis": roas(), "kpis_cost": cpa(), "kpis_test": incremental(), "kpis_life": lifetime()}
