"""What came on top, for people and for panels: against closed forms, brute force and worlds whose truth is known."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pictured_lift import LIFT
from scipy.stats import norm
from scipy.stats import t as student

import mktlib as mk
from mktlib.errors import DataError
from mktlib.measurement.panels import difference_in_differences
from mktlib.measurement.qini import SHARES, Ranked, qini
from mktlib.measurement.ratios import money_facts
from mktlib.measurement.segments import arms, pooled
from mktlib.measurement.trends import baseline, changes, gap, places
from mktlib.measurement.uplift_effect import uplift
from mktlib.reporting.sections import section
from mktlib.reporting.voice import Voice
from mktlib.results.evidence import LEANING
from mktlib.vocabulary import load_tables

HILLSTROM = Path(__file__).resolve().parents[2] / "shared" / "data" / "hillstrom" / "hillstrom.csv"
CAUSES = {"en": ("brought", "thanks to", "caused", "increase"), "fr": ("apporté", "grâce", "causé", "augment", "fait gagner")}


def people(n: int = 6000, seed: int = 1, **effects: float) -> pd.DataFrame:
    """A lot, a region whose effects are told, a column that means nothing, and a number."""
    rng = np.random.default_rng(seed)
    region = rng.choice(list(effects) or ["north", "south"], n)
    t = rng.integers(0, 2, n)
    chance = 0.1 + t * pd.Series(region).map(effects or {"north": 0.05, "south": 0.05}).to_numpy()
    frame = pd.DataFrame({"sent": t, "region": region, "shoe": rng.integers(36, 46, n), "bought": (rng.random(n) < chance).astype(int)})
    return frame.assign(letter=rng.choice(list("abcd"), n))


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


def said(result: Any, language: str, reader: str = "employer") -> str:
    s = section(Voice(language=language, tables=load_tables(), reader=reader), result)
    return "\n".join([s.title, s.headline, *s.sentences, *(x for part in s.brief.values() for x in part)])


@pytest.mark.parametrize(("language", "words"), [("en", "at least"), ("fr", "au moins")])
def test_at_least_is_said_where_there_is_no_most(language, words):
    frame = people(2000, north=0.0, south=0.0)
    result = uplift(frame, treatment="sent", outcome="bought", assigned="lot", spend=500.0, worth=20.0, unmeasured=0.3)
    assert result.facts["cost_per_high"] == math.inf
    assert words in said(result, language)
    assert "30" in said(result, language)
    assert words in said(LIFT["panel"], language)


# ---------------------------------------------------------------- panels


def panel(
    units: int = 14, treated: int = 6, periods: int = 24, start: int = 18, effect: float = 3.0, seed: int = 1, rho: float = 0.0
) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    y = rng.standard_normal((units, periods))
    for k in range(1, periods):
        y[:, k] += rho * y[:, k - 1]
    y += 20 + np.arange(units)[:, None] + 2 * rng.standard_normal(periods)
    y[:treated, start:] += effect
    day = pd.date_range("2026-01-05", periods=periods, freq="7D")
    frame = pd.DataFrame({"shop": np.repeat([f"s{u:02d}" for u in range(units)], periods), "week": np.tile(day, units), "sales": y.ravel()})
    return frame.assign(mine=frame["shop"].isin([f"s{u:02d}" for u in range(treated)]))


def read(frame: Any, **options: Any) -> Any:
    return difference_in_differences(
        frame, **{"unit": "shop", "time": "week", "outcome": "sales", "treated": "mine", "start": "2026-05-11"} | options
    )


def test_a_balanced_panel_is_the_difference_of_differences_by_hand():
    frame = panel()
    after = frame["week"] >= "2026-05-11"
    mean = lambda mine, late: frame.loc[(frame["mean_"] == mine) & late, "sales"].mean()  # noqa: E731
    frame = frame.assign(mean_=frame["mine"])
    by_hand = mean(True, after) - mean(True, ~after) - (mean(False, after) - mean(False, ~after))
    found = read(frame, before=18, scale="plain")
    assert found.facts["effect"] == pytest.approx(by_hand)
    assert found.periods.loc[found.periods["stretch"] == "after", "gap"].mean() == pytest.approx(by_hand)
    shuffled = read(frame.sample(frac=1, random_state=3), before=18, scale="plain")
    assert shuffled.facts["effect"] == pytest.approx(by_hand)


def test_a_few_treated_units_that_stray_more_than_the_others_do_not_get_their_range():
    """One treated shop that varies three times as much: the range of the others' spread held in 0.5 of 60 runs."""
    held = []
    for seed in range(60):
        frame = panel(units=12, treated=1, effect=0.0, seed=seed)
        mean = frame.loc[frame["mine"], "sales"].mean()
        frame["sales"] = frame["sales"].where(~frame["mine"], mean + 3 * (frame["sales"] - mean))
        luck = read(frame, scale="plain").table.iloc[0]
        held.append(luck["effect_low"] <= 0 <= luck["effect_high"])
    assert np.mean(held) >= 0.85
    many = read(panel(units=12, treated=6), scale="plain").table
    alone = read(panel(units=12, treated=1), scale="plain").table
    assert np.ptp(alone.loc[0, ["effect_low", "effect_high"]].to_numpy(float)) > np.ptp(many.loc[0, ["effect_low", "effect_high"]])


def test_blank_cells_do_not_bend_the_effect():
    frame = panel(units=30, treated=10, effect=3.0)
    rng = np.random.default_rng(0)
    late = frame["week"] >= "2026-06-01"
    frame["sales"] += np.where(frame["week"] == "2026-06-08", 40.0, 0.0)  # one great week for all, which the treated mostly lack
    hole = (frame["mine"] & (frame["week"] == "2026-06-08") & (rng.random(len(frame)) < 0.8)) | (rng.random(len(frame)) < 0.05)
    result = read(frame.assign(sales=frame["sales"].mask(hole)), scale="plain")
    assert late.any()
    assert result.facts["effect"] == pytest.approx(3.0, abs=1.2)
    assert "N_DID_UNBALANCED" in [f.code for f in result.findings]


@pytest.mark.parametrize("units", [(1, 19), (2, 12), (3, 5), (8, 8)])
def test_few_units_and_weeks_that_hang_together_do_not_fool_the_range(units):
    rng, n, start, found = np.random.default_rng(5), sum(units), 12, []
    treated = np.arange(n) < units[0]
    d = np.zeros((n, 20))
    d[treated, start:] = 1
    x = d - d.mean(1, keepdims=True) - d.mean(0) + d.mean()
    for _ in range(500):
        y = rng.standard_normal((n, 20))
        for k in range(1, 20):
            y[:, k] += 0.8 * y[:, k - 1]
        g = gap(changes(y, treated, start), treated, 0.9)
        z = y - y.mean(1, keepdims=True) - y.mean(0) + y.mean()
        b = (x * z).sum() / (x * x).sum()
        assert g.value == pytest.approx(b)
        error = math.sqrt(((z - b * x) ** 2).sum() / (19 * n - 20) / (x * x).sum())
        found.append((abs(g.value) <= g.wide, abs(b) <= 1.645 * error))
    ours, plain = np.mean(found, axis=0)
    assert 0.86 <= ours <= 0.95
    assert plain < 0.7


@pytest.mark.parametrize("k", [1, 2, 4])
def test_placebos_over_units_are_all_ways_to_pick_them(k):
    d = np.random.default_rng(k).normal(size=9)
    treated = np.arange(9) < k

    def size(mine: tuple[int, ...]) -> float:
        a, b = d[list(mine)], np.delete(d, list(mine))
        error = math.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b)) if len(a) > 1 else 1.0
        return abs(a.mean() - b.mean()) / error

    every = [size(c) for c in itertools.combinations(range(9), k)]
    assert places(d, treated) == (pytest.approx(np.mean(np.array(every) >= size(tuple(range(k))) - 1e-12)), 1 / len(every))


def test_a_group_that_already_drifted_gets_no_verdict():
    frame = panel(effect=0.0)
    frame["sales"] += frame["mine"] * 0.3 * ((frame["week"] - frame["week"].min()).dt.days / 7)
    result = read(frame, scale="plain")
    assert result.facts["pretrend"] == "shown"
    assert result.facts["grade"] == "too_early"
    assert result.facts["verdict"] == "cannot_tell"
    assert result.table["effect_low"].iloc[1] <= 0 <= result.table["effect_high"].iloc[1]
    assert "N_DID_PRETREND" in [f.code for f in result.findings]


def test_a_clear_effect_is_a_tendency_at_most_and_says_what_would_undo_it():
    facts = read(panel(effect=5.0), scale="plain").facts
    assert (facts["verdict"], facts["grade"], facts["evidence"]) == ("lift", "tendency", "quasi")
    assert facts["effect_low"] <= 5 <= facts["effect_high"]
    assert facts["vanishes"] > 1
    assert facts["p_units"] <= 0.001
    left = abs(facts["gap"]) - facts["vanishes"] * facts["drift"]
    width = (facts["effect_high"] - facts["effect_low"]) / 2 - facts["drift"]
    assert left == pytest.approx(width)  # so many drifts, and the range without drift touches none


def test_a_leaning_that_a_drift_could_explain_is_no_tendency():
    """One treated unit: the range at two chances in three leaves out nothing only where both groups go on alike."""
    result = read(panel(units=12, treated=1, effect=0.5, seed=2), scale="plain")
    assert result.facts["p_value"] < 1 - LEANING
    assert result.facts["pretrend"] == "not_shown"
    assert (result.facts["verdict"], result.facts["grade"]) == ("cannot_tell", "too_early")
    leans = read(panel(units=12, treated=1, effect=1.0, seed=2), scale="plain", level=0.95)
    assert (leans.facts["verdict"], leans.facts["grade"]) == ("cannot_tell", "tendency")
    for language, decide, which in (
        ("en", "Decide nothing", "Of the 18 periods before, the last"),
        ("fr", "Ne décidez rien", "Sur les 18"),
    ):
        voice = Voice(language=language, tables=load_tables(), reader="client")
        one, other = section(voice, result), section(voice, leans)
        assert one.brief["next"][0].startswith(decide)
        assert not other.brief["next"][0].startswith(decide)
        assert (which in one.brief["did"][0]) == (result.facts["baseline"] < 18)


def test_the_baseline_is_short_where_areas_wander_and_long_where_they_do_not():
    rng = np.random.default_rng(0)
    still, walk = rng.normal(size=(20, 80)), rng.normal(size=(20, 80)).cumsum(axis=1)
    everyone = np.ones(20, bool)
    assert baseline(walk, everyone, 4) <= 8 < baseline(still, everyone, 4)


def test_the_sample_of_areas_holds_its_truth():
    truth = mk.load_truth()["planted"]["geo_weeks"]
    result = difference_in_differences(
        mk.load_sample("geo_weeks"), unit="area", time="week", outcome="sales", treated="arm", start=truth["start"], end=truth["end"],
        spend=20_000.0, worth=truth["margin"],
    )  # fmt: skip
    assert result.facts["luck_low"] <= truth["lift"] <= result.facts["luck_high"]
    assert result.facts["lift_low"] <= truth["lift"] <= result.facts["lift_high"]
    assert result.facts["scale"] == "log"
    assert result.facts["roas_low"] < result.facts["roas"] < result.facts["roas_high"]


def test_the_column_may_tell_the_start_and_names_may_tell_the_units():
    frame = panel()
    wanted = read(frame).facts["effect"]
    on = frame.assign(on=(frame["mine"] & (frame["week"] >= "2026-05-11")).astype(int))
    assert read(on, treated="on", start=None).facts["effect"] == wanted
    assert read(frame, treated=[f"s{u:02d}" for u in range(6)]).facts["effect"] == wanted
    numbered = frame.assign(week=(frame["week"] - frame["week"].min()).dt.days // 7)
    assert read(numbered, start=18).facts["effect"] == pytest.approx(wanted)
    assert read(pl.from_pandas(frame)).facts["effect"] == pytest.approx(wanted)
    assert read(duckdb.from_df(frame)).facts["effect"] == pytest.approx(wanted)


def staggered() -> pd.DataFrame:
    frame = panel()
    begin = np.where(frame["shop"].isin(["s00", "s01"]), pd.Timestamp("2026-03-02"), pd.Timestamp("2026-05-11"))
    return frame.assign(on=frame["mine"] & (frame["week"] >= begin))


def test_where_nobody_is_like_the_treated_there_is_nobody_to_compare_with():
    frame = people(800)
    with pytest.raises(DataError) as error:
        uplift(frame.assign(told=frame["sent"]), treatment="sent", outcome="bought", by=["told"], assigned="chosen")
    assert error.value.codes == ("E_UPLIFT_NOBODY_ALIKE",)
    mostly = frame.assign(told=np.where(np.arange(800) < 400, frame["sent"], 2))
    result = uplift(mostly, treatment="sent", outcome="bought", by=["told"], assigned="lot")
    assert result.facts["evidence"] == "observational"
    assert result.facts["outside"] == 400


BAD_PANELS: list[tuple[dict[str, Any], str]] = [
    ({"data": staggered(), "treated": "on", "start": None}, "E_DID_STAGGERED"),
    ({"data": panel().assign(on=lambda f: f["mine"] & (f["week"] == "2026-05-11")), "treated": "on"}, "E_DID_STOPS"),
    ({"data": pd.concat([panel(), panel().head(1)])}, "E_DID_TWICE"),
    ({"data": panel().rename(columns={"shop": "customer_id"}), "unit": "customer_id"}, "E_DID_PEOPLE"),
    ({"treated": ["s99"]}, "E_DID_UNIT"),
    ({"treated": []}, "E_DID_TREATED"),
    ({"treated": [f"s{u:02d}" for u in range(14)]}, "E_DID_TREATED"),
    ({"treated": [f"s{u:02d}" for u in range(12)]}, "E_DID_FEW"),
    ({"treated": "sales"}, "E_DID_TREATED"),
    ({"start": "2026-01-05"}, "E_DID_START"),
    ({"start": "2027-01-05"}, "E_DID_START"),
    ({"start": None}, "E_OPTION"),
    ({"start": "07/08/2026"}, "E_OPTION"),
    ({"before": 1}, "E_OPTION"),
    ({"scale": "lin"}, "E_OPTION"),
    ({"data": panel().assign(sales=lambda f: f["sales"] - 25), "scale": "log"}, "E_DID_LOG"),
    ({"outcome": "sale"}, "E_MISSING_COLUMN"),
    ({"data": panel().assign(sales="x")}, "E_NOT_A_NUMBER"),
    ({"data": panel().head(0)}, "E_NO_ROWS"),
    ({"data": panel().head(1)}, "E_DID_TREATED"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "code"), BAD_PANELS)
def test_what_is_wrong_with_a_panel_is_said(options, code):
    given = dict(options)
    with pytest.raises(DataError) as error:
        read(given.pop("data", panel()), **given)
    assert code in error.value.codes


def test_neighbours_that_feel_it_are_noticed():
    frame = panel(units=20, treated=5, effect=4.0)
    near = ["s05", "s06", "s07", "s08", "s09", "s10"]
    frame.loc[frame["shop"].isin(near) & (frame["week"] >= "2026-05-11"), "sales"] += 3.0
    touch = pd.DataFrame({"shop": ["s00"] * 6, "neighbour": near})
    result = read(frame, neighbours=touch, scale="plain")
    assert result.facts["spill"] < 0.01
    assert "N_DID_SPILL" in [f.code for f in result.findings]
    assert read(panel(units=20, treated=5), neighbours=touch).facts["spill"] > 0.1


@pytest.mark.parametrize("name", ["uplift", "panel"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_panel_never_names_a_cause_and_every_reader_is_told(name, language):
    for reader in ("client", "employer", "team"):
        told = said(LIFT[name], language, reader)
        assert "{" not in told
        assert not [w for w in CAUSES[language] if name == "panel" and w in told.lower()], told
    brief = section(Voice(language=language, tables=load_tables(), reader="client"), LIFT[name]).brief
    assert {"did", "brought", "sure", "next", "money"} <= set(brief)


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
