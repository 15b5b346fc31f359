"""What came on top, for people: against closed forms, brute force and worlds whose truth is known."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from lifted import CAUSES, people, said
from pictured_lift import LIFT
from scipy.stats import norm
from scipy.stats import t as student

from mktlib.errors import DataError
from mktlib.measurement.qini import SHARES, Ranked, qini
from mktlib.measurement.ratios import money_facts
from mktlib.measurement.segments import arms, pooled
from mktlib.measurement.uplift_effect import uplift

HILLSTROM = Path(__file__).resolve().parents[2] / "shared" / "data" / "hillstrom" / "hillstrom.csv"


# ---------------------------------------------------------------- effects


def test_one_segment_is_the_plain_difference_of_means():
    frame = people()
    facts = uplift(frame, treatment="sent", outcome="bought", assigned="lot").facts
    a, b = (frame.loc[frame["sent"] == k, "bought"] for k in (1, 0))
    error = math.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))
    assert facts["effect"] == pytest.approx(a.mean() - b.mean(), abs=1e-12)
    assert facts["effect_high"] - facts["effect"] == pytest.approx(1.6449 * error, rel=1e-3)
    assert facts["brought"] == pytest.approx(facts["effect"] * len(a))
    assert facts["grade"] == "shown"


def test_a_lift_over_the_control_is_fiellers_range():
    frame = people(3000)
    facts = uplift(frame, treatment="sent", outcome="bought", assigned="lot").facts
    a, b = (frame.loc[frame["sent"] == k, "bought"] for k in (1, 0))
    va, vb = a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)
    ratio = np.linspace(0.5, 4, 350_001)
    inside = ratio[np.abs(a.mean() - ratio * b.mean()) <= norm.ppf(0.95) * np.sqrt(va + ratio**2 * vb)]
    assert facts["lift_low"] == pytest.approx(inside[0] - 1, abs=1e-3)
    assert facts["lift_high"] == pytest.approx(inside[-1] - 1, abs=1e-3)


def test_pooled_effects_are_those_of_plain_sums_over_a_fine_grid():
    """A second implementation: the same model, each effect, the mean and the spread on even grids."""
    raw, variance = np.array([0.02, 0.05, 0.11, 0.04]), np.array([1.0, 2.0, 3.0, 1.5]) * 1e-4
    effect, mean = np.linspace(-0.25, 0.35, 1201), np.linspace(-0.06, 0.16, 111)
    scale = 2 * math.sqrt(4 / (1 / variance).sum())
    mass, whole = np.zeros((len(effect), 4)), 0.0
    seen = norm.pdf(effect[:, None], raw, np.sqrt(variance))
    for tau in np.exp(np.linspace(math.log(scale / 60), math.log(scale * 60), 60)):
        prior = student.pdf((effect[:, None] - mean) / tau, 3) / tau
        each = seen.T @ prior  # (segments, means)
        together = each.prod(axis=0) * tau * scale / (scale + tau) ** 2
        whole += together.sum()
        for s in range(4):
            mass[:, s] += seen[:, s] * (prior @ (together / each[s]))
    upto = np.cumsum(mass / mass.sum(axis=0), axis=0)
    wanted = [[np.average(effect, weights=mass[:, s]), *np.interp([0.05, 0.95], upto[:, s], effect)] for s in range(4)]
    assert whole > 0
    assert pooled(raw, variance, 0.9).ends == pytest.approx(np.array(wanted), abs=1e-3)


@pytest.mark.parametrize("spread", [0.0, 0.01, 0.03])
def test_the_segment_picked_for_its_number_is_not_overstated(spread):
    rng, variance, found = np.random.default_rng(4), np.linspace(1, 6, 10) * 1e-4, []
    for _ in range(100):
        true = 0.04 + spread * rng.standard_normal(10)
        raw = true + np.sqrt(variance) * rng.standard_normal(10)
        ends = pooled(raw, variance, 0.9).ends
        top, best = int(ends[:, 0].argmax()), int(raw.argmax())
        found.append((ends[top, 0] - true[top], ends[top, 1] <= true[top] <= ends[top, 2], raw[best] - true[best]))
    bias, holds, own = np.mean(found, axis=0)
    assert own > 0.012  # its own average promises too much
    assert abs(bias) < own / 3
    assert holds > 0.86


def test_segments_that_are_alike_are_said_to_differ_about_as_often_as_promised():
    rng, said = np.random.default_rng(8), 0
    code = np.repeat(np.arange(12), 1500)
    for _ in range(70):
        t = rng.integers(0, 2, len(code)).astype(float)
        y = (rng.random(len(code)) < 0.01 + 0.005 * t).astype(float)  # rare, so that some segments see hardly any
        a = arms(code, 12, t, y, np.full(len(code), 0.5))
        said += pooled(a.raw, a.variance, 0.9).p_value <= 0.05
    assert said <= 8


def test_differences_that_are_there_are_found_and_others_are_not():
    result = uplift(
        people(20_000, north=0.02, south=0.09), treatment="sent", outcome="bought", by=["region", "letter", "shoe"], assigned="lot"
    )
    verdicts = dict(zip(result.columns["by"], result.columns["verdict"], strict=True))
    assert verdicts == {"region": "differ", "letter": "not_shown", "shoe": "not_shown"}
    north, south = result.table[result.table["by"] == "region"].sort_values("segment").to_dict("records")
    assert north["low"] <= 0.02 <= north["high"]
    assert south["low"] <= 0.09 <= south["high"]
    assert result.facts["ranks"] == "shown"
    assert result.facts["qini_low"] <= 0.07 / 8 <= result.facts["qini_high"]  # two halves, effects 0.07 apart
    assert result.facts["targeting"] != "gains"  # everybody gains: no choice beats treating all


def test_a_rule_that_pays_is_found_where_treating_some_does_harm():
    frame = people(20_000, north=-0.06, south=0.09)
    facts = uplift(frame, treatment="sent", outcome="bought", by=["region", "letter"], assigned="lot").facts
    assert facts["targeting"] == "gains"
    assert facts["rule_share"] == pytest.approx(0.5, abs=0.05)
    assert facts["rule_gain_low"] <= 0.03 <= facts["rule_gain_high"]


# ---------------------------------------------------------------- Qini


def test_the_curve_and_its_area_are_sums_over_people():
    rng = np.random.default_rng(2)
    half, score, foretold = rng.integers(0, 2, 90), rng.normal(1, 2, 90), rng.permutation(90) / 90
    found = qini(Ranked(half=half, score=score, foretold=foretold), 0.9, 0)
    areas, curve = [], np.zeros(len(SHARES))
    for k in (0, 1):
        z = score[half == k][np.argsort(-foretold[half == k])]
        upto = np.r_[0, np.cumsum(z)] / len(z)
        at = np.arange(len(z) + 1) / len(z)
        curve += np.interp(SHARES, at, upto) * len(z) / 90
        areas.append((len(z) / 90) * np.mean(z * (0.5 - (np.arange(len(z)) + 0.5) / len(z))))
    assert found.curve[:, 0] == pytest.approx(curve)
    assert found.curve[-1, 0] == pytest.approx(score.mean())
    assert found.area[0] == pytest.approx(sum(areas), abs=2e-3)


def test_the_range_of_the_area_is_as_wide_as_luck_makes_it():
    rng, areas, wide = np.random.default_rng(3), [], []
    for k in range(40):
        n = 800
        found = qini(Ranked(half=rng.integers(0, 2, n), score=rng.normal(1, 3, n), foretold=rng.integers(0, 6, n) / 6), 0.9, k)
        areas.append(found.area[0])
        wide.append(found.area[2] - found.area[0])
    ratio = np.mean(wide) / 1.645 / np.std(areas)
    assert 1.1 < ratio < 1.8  # halves that are independent here: their errors are added as if they went together


def test_a_lot_drawn_from_the_same_seed_does_not_meet_the_halves():
    """Callers draw lots with default_rng(0) too; were the halves drawn so, one would hold the treated and the other the rest."""
    t = np.random.default_rng(0).integers(0, 2, 1000)
    frame = pd.DataFrame({"t": t, "y": np.arange(1000) % 7 == 0, "g": np.arange(1000) % 3})
    result = uplift(frame, treatment="t", outcome="y", by="g", assigned="lot")
    assert np.isfinite(result.facts["qini"])


# ---------------------------------------------------------------- who was treated


def test_chances_that_differ_by_segment_are_told_and_undone():
    rng, n = np.random.default_rng(6), 20_000
    loyal = rng.random(n) < 0.5
    chance = np.where(loyal, 0.8, 0.2)
    t = rng.random(n) < chance
    y = rng.random(n) < 0.05 + 0.2 * loyal + 0.03 * t
    frame = pd.DataFrame({"t": t, "loyal": loyal, "y": y, "chance": chance})
    told = uplift(frame, treatment="t", outcome="y", by="loyal", assigned="lot", propensity="chance")
    assert told.facts["evidence"] == "randomised"
    assert told.facts["effect_low"] <= 0.03 <= told.facts["effect_high"]
    hidden = uplift(frame, treatment="t", outcome="y", by="loyal", assigned="lot")
    assert hidden.facts["evidence"] == "observational"
    assert not hidden.balance["fair"].any()
    assert "N_UPLIFT_UNFAIR" in [f.code for f in hidden.findings]
    assert hidden.facts["effect"] == pytest.approx(0.03, abs=0.02)  # like compared with like; the plain difference is 0.15
    assert frame.loc[t, "y"].mean() - frame.loc[~t, "y"].mean() > 0.1


@pytest.mark.parametrize(("assigned", "code"), [(None, "N_UPLIFT_LOT_UNTOLD"), ("chosen", "N_UPLIFT_NO_LOT")])
def test_without_a_lot_nothing_is_shown_and_no_cause_is_named(assigned, code):
    result = uplift(people(9000), treatment="sent", outcome="bought", by="region", assigned=assigned, spend=100.0, worth=5.0)
    assert code in [f.code for f in result.findings]
    assert result.facts["grade"] == "tendency"
    assert set(result.table["grade"]) <= {"tendency", "too_early"}
    for language, words in CAUSES.items():
        told = said(result, language)
        assert not [w for w in words if w in told.lower()], told


def test_a_missing_outcome_that_one_arm_lacks_more_often_is_a_warning():
    frame = people()
    lost = frame.assign(bought=frame["bought"].where((frame["sent"] == 0) | (np.arange(len(frame)) % 3 > 0)))
    codes = [f.code for f in uplift(lost, treatment="sent", outcome="bought", assigned="lot").findings]
    assert "N_UPLIFT_LOST_UNALIKE" in codes
    even = frame.assign(bought=frame["bought"].where(np.arange(len(frame)) % 10 > 0))
    result = uplift(even, treatment="sent", outcome="bought", assigned="lot")
    assert "N_UPLIFT_BLANK" in [f.code for f in result.findings]
    assert result.facts["people"] == 5400


# ---------------------------------------------------------------- what comes in


def coded(frame: pd.DataFrame, way: str) -> tuple[Any, dict[str, Any]]:
    t = frame["sent"]
    ways: dict[str, tuple[Any, dict[str, Any]]] = {
        "bool": (frame.assign(sent=t == 1), {}), "float": (frame.assign(sent=t.astype(float)), {"control": 0}),
        "text": (frame.assign(sent=np.where(t == 1, "mail", "rest")), {"control": "rest"}),
        "oui": (frame.assign(sent=np.where(t == 1, "Oui", "Non")), {}),
        "categories": (frame.assign(sent=pd.Categorical(np.where(t == 1, "mail", "rest"))), {"treated": "mail", "control": "rest"}),
        "polars": (pl.from_pandas(frame), {}), "arrow": (pa.Table.from_pandas(frame), {}),
        "duckdb": (duckdb.from_df(frame), {}), "outcome in words": (frame.assign(bought=np.where(frame["bought"] == 1, "yes", "no")), {}),
    }  # fmt: skip
    return ways[way]


@pytest.mark.parametrize("way", ["bool", "float", "text", "oui", "categories", "polars", "arrow", "duckdb", "outcome in words"])
def test_the_same_people_in_any_dress_give_the_same_numbers(way):
    frame = people(2000)
    data, more = coded(frame, way)
    wanted = uplift(frame, treatment="sent", outcome="bought", by="region", assigned="lot")
    found = uplift(data, treatment="sent", outcome="bought", by="region", assigned="lot", **more)
    assert found.table["effect"].tolist() == pytest.approx(wanted.table["effect"].tolist())
    assert found.facts["qini"] == pytest.approx(wanted.facts["qini"])


def test_numbers_of_numpy_names_that_are_numbers_and_a_column_crossed_with_itself_are_read():
    frame = people(400)
    wanted = uplift(frame, treatment="sent", outcome="bought", by="region", spend=10.0, worth=3.0, window_days=14)
    odd = frame.rename(columns={"region": 7})
    options = {"spend": np.int64(10), "worth": np.int64(3), "window_days": np.int64(14)}
    found = uplift(odd, treatment="sent", outcome="bought", by=[("7", "7")], **options)
    assert found.facts["roas"] == wanted.facts["roas"]
    assert found.table["effect"].tolist() == wanted.table["effect"].tolist()
    assert list(odd.columns) == [7 if c == "region" else c for c in frame.columns]


@pytest.mark.parametrize(
    ("buyers", "verdict", "strongest"), [(1, "cannot_tell", "too_early"), (4, "cannot_tell", "tendency"), (9, "gains", "shown")]
)
def test_a_handful_of_buyers_who_may_all_be_in_one_arm_by_luck_show_nothing(buyers, verdict, strongest):
    """Four of four in one arm is luck in one of eight draws, whatever the normal law says (1.96 standard errors)."""
    frame = pd.DataFrame({"sent": [0, 1] * 500, "bought": 0.0})
    frame.loc[frame.index[frame["sent"] == 1][:buyers], "bought"] = 50.0
    facts = uplift(frame, treatment="sent", outcome="bought", assigned="lot").facts
    assert (facts["verdict"], facts["grade"]) == (verdict, strongest)
    assert facts["p_value"] >= 0.999 * min(2 * 0.5**buyers, 0.8)
    assert (facts["effect_low"] <= 0) == (verdict == "cannot_tell")


BAD_PEOPLE: list[tuple[dict[str, Any], tuple[str, ...]]] = [
    ({"treatment": "sant"}, ("E_MISSING_COLUMN",)),
    ({"treatment": "letter"}, ("E_OPTION", "E_OPTION")),
    ({"treatment": "letter", "control": "z"}, ("E_OPTION",)),
    ({"treatment": "letter", "control": "a"}, ("E_OPTION",)),
    ({"treatment": "letter", "treated": "a", "control": "a"}, ("E_OPTION",)),
    ({"outcome": "letter"}, ("E_NOT_A_NUMBER",)),
    ({"by": ["sent"]}, ("E_OPTION",)),
    ({"outcome": "sent"}, ("E_OPTION",)),
    ({"currency": "€"}, ("E_OPTION",)),
    ({"by": 5}, ("E_OPTION",)),
    ({"by": [("region", 3)], "seed": "x", "window_days": -1}, ("E_OPTION",) * 3),
    ({"by": ["nowhere", ("region", "none")]}, ("E_MISSING_COLUMN", "E_MISSING_COLUMN")),
    ({"propensity": 1.5, "level": 2, "spend": -1, "worth": "a", "unmeasured": 1, "assigned": "coin"}, ("E_OPTION",) * 6),
    ({"propensity": "shoe"}, ("E_OPTION",)),
    ({"data": people(0)}, ("E_NO_ROWS",)),
    ({"data": people(1)}, ("E_ONE_LEVEL",)),
    ({"data": people(200).assign(sent=1)}, ("E_ONE_LEVEL",)),
    ({"data": people(12)}, ("E_UPLIFT_FEW",)),
    ({"data": people(200).assign(bought=[*[0.0] * 199, np.inf])}, ("E_NOT_FINITE",)),
]  # fmt: skip


@pytest.mark.parametrize(("options", "codes"), BAD_PEOPLE)
def test_what_is_wrong_with_people_is_said_at_once(options, codes):
    given = {"data": people(400), "treatment": "sent", "outcome": "bought", "by": ["region"]} | options
    with pytest.raises(DataError) as error:
        uplift(given.pop("data"), **given)
    assert tuple(dict.fromkeys(error.value.codes)) == tuple(dict.fromkeys(codes))
    assert len(error.value.codes) <= len(codes) + 1


def test_tiny_segments_are_told_together_and_nobody_is_lost():
    frame = people(3000)
    frame["town"] = np.where(np.arange(3000) < 4, "hamlet", np.where(np.arange(3000) < 7, "<script>alert(1)</script>", frame["region"]))
    frame["customer"] = [f"c{k}" for k in range(3000)]
    frame.loc[:50, "letter"] = None
    frame["one"] = "same"
    result = uplift(frame, treatment="sent", outcome="bought", by=["town", "customer", "letter", "one", "shoe"], assigned="lot")
    sizes = result.table.groupby("by")["people"].sum()
    assert (sizes == 3000).all()
    assert result.table["people"].min() >= 10
    assert "hamlet" not in set(result.table["segment"])
    assert result.table.loc[result.table["by"] == "customer", "segment"].tolist() == ["others"]
    assert "(missing)" in set(result.table["segment"])
    assert dict(zip(result.columns["by"], result.columns["verdict"], strict=True))["one"] == "one_segment"
    assert (result.table["by"] == "shoe").sum() == 5  # ten sizes in fifths


@pytest.mark.parametrize("outcome", [np.zeros(600), np.ones(600), np.r_[1e12, np.zeros(599)], -np.arange(600.0)])
def test_outcomes_at_the_edge_give_numbers_or_none(outcome):
    frame = people(600).assign(bought=outcome)
    result = uplift(frame, treatment="sent", outcome="bought", by=["region"], assigned="lot", spend=10.0, worth=1.0)
    assert np.isfinite(result.table[["effect", "low", "high"]].to_numpy(float)).all()
    assert said(result, "fr")


# ---------------------------------------------------------------- money


@pytest.mark.parametrize(
    ("brought", "cost", "pays"),
    [
        ((100.0, 50.0, 150.0), (10.0, 1000 / 150, 20.0), "yes"),
        ((100.0, -20.0, 220.0), (10.0, 1000 / 220, math.inf), "cannot_tell"),
        ((-10.0, -20.0, 5.0), (math.inf, 200.0, math.inf), "no"),
        ((-10.0, -20.0, -5.0), (math.nan,) * 3, "no"),
    ],
)
def test_money_has_no_upper_end_where_nothing_may_have_come(brought, cost, pays):
    facts = money_facts(brought, 1000.0, 25.0)
    assert [facts[f"cost_per{e}"] for e in ("", "_low", "_high")] == pytest.approx(cost, nan_ok=True)
    assert [facts[f"roas{e}"] for e in ("", "_low", "_high")] == pytest.approx([x / 40 for x in brought])
    assert facts["pays"] == pays


@pytest.mark.parametrize(("language", "words"), [("en", "at least"), ("fr", "au moins")])
def test_at_least_is_said_where_there_is_no_most(language, words):
    frame = people(2000, north=0.0, south=0.0)
    result = uplift(frame, treatment="sent", outcome="bought", assigned="lot", spend=500.0, worth=20.0, unmeasured=0.3)
    assert result.facts["cost_per_high"] == math.inf
    assert words in said(result, language)
    assert "30" in said(result, language)
    assert words in said(LIFT["panel"], language)


# ---------------------------------------------------------------- real people


@pytest.mark.skipif(not HILLSTROM.exists(), reason="the shared data (hillstrom) are not here")
@pytest.mark.parametrize(("treated", "effect", "ranks"), [("Mens E-Mail", 0.0766, "not_shown"), ("Womens E-Mail", 0.0452, "shown")])
def test_hillstrom_is_read_right(treated, effect, ranks):
    result = uplift(
        pd.read_csv(HILLSTROM), treatment="segment", outcome="visit", treated=treated, control="No E-Mail", assigned="lot", window_days=14,
        by=[("mens", "womens"), "zip_code", "newbie", "channel", "history_segment"],
    )  # fmt: skip
    facts = result.facts
    assert facts["effect"] == pytest.approx(effect, abs=5e-5)
    assert (facts["grade"], facts["evidence"], facts["ranks"]) == ("shown", "randomised", ranks)
    assert facts["targeting"] != "gains"  # sending to all is not shown to be beaten
    assert result.columns.loc[result.columns["verdict"] == "differ", "by"].tolist() == ["mens / womens"]
