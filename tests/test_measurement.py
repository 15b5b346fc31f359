"""The promise beside what came: ranges that hold as often as they say, nothing judged that never ran; policies without bias."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit
from scipy.stats import betabinom, binom, lognorm, poisson

from mktlib.errors import DataError
from mktlib.measurement import compare_policies, predictive, review_campaign, targeting_gain
from mktlib.planning import load_plan
from mktlib.results import Plan
from mktlib.scoring import ContentScorer
from mktlib.simulate import load_sample, sample_path
from mktlib.vocabulary import lookup

# ---------------------------------------------------------------- the range


@pytest.mark.parametrize(("p", "n"), [(0.03, 1), (0.03, 40), (0.5, 101), (0.001, 250_000), (0.97, 3_000)])
def test_a_rate_known_for_certain_leaves_the_binomial(p: float, n: int) -> None:
    low, high = predictive(np.array([p]), np.array([1e-12]), np.array([n]), 0.9)[0]
    assert (low, high) == (binom.ppf(0.05, n, p), binom.ppf(0.95, n, p))


@pytest.mark.parametrize(("p", "sd", "n"), [(0.05, 0.3, 1_000_000), (0.02, 0.6, 900), (0.4, 1.0, 50), (0.01, 1.2, 30_000)])
def test_the_range_is_that_of_a_long_simulation_of_the_same_promise(p: float, sd: float, n: int) -> None:
    """The mean rate is the promised one (a mean, not a median), and each tail holds its 5 %."""
    z = np.random.default_rng(3).standard_normal(400_000)
    centers = np.linspace(logit(p) - sd**2, logit(p) + sd**2, 401)
    center = centers[np.argmin([abs(expit(c + sd * z[:20_000]).mean() - p) for c in centers])]
    counts = np.random.default_rng(4).binomial(n, expit(center + sd * z))
    low, high = predictive(np.array([p]), np.array([sd]), np.array([n]), 0.9)[0]
    assert (counts < low).mean() <= 0.055
    assert (counts <= low).mean() >= 0.045
    assert (counts <= high).mean() >= 0.945
    assert (counts < high).mean() <= 0.955


def test_the_range_agrees_with_the_beta_binomial_where_both_doubts_are_small() -> None:
    p, n, sd = 0.2, 5_000, 0.05
    size = 1 / (sd**2 * p * (1 - p)) - 1
    closed = betabinom.ppf([0.05, 0.95], n, p * size, (1 - p) * size)
    assert np.abs(predictive(np.array([p]), np.array([sd]), np.array([n]))[0] - closed).max() <= 3


def test_other_families_have_their_own_luck() -> None:
    one, certain = np.array([2.5]), np.array([1e-12])
    assert predictive(one, certain, np.array([40]), family="poisson")[0].tolist() == [poisson.ppf(0.05, 100), poisson.ppf(0.95, 100)]
    sums = predictive(np.array([0.5]), np.array([0.4]), np.array([1000]), family="money")[0]
    assert np.allclose(sums, lognorm(0.4, scale=500 * np.exp(-0.08)).ppf([0.05, 0.95]))


@settings(max_examples=60, deadline=None)
@given(st.floats(1e-6, 0.999), st.floats(0, 2), st.integers(1, 10**9), st.sampled_from([0.5, 0.8, 0.9]))
def test_a_range_is_whole_inside_what_can_happen_and_grows_with_its_level(p: float, sd: float, n: int, level: float) -> None:
    narrow, wide = (predictive(np.array([p]), np.array([sd]), np.array([n]), at)[0] for at in (level, 0.95))
    assert 0 <= wide[0] <= narrow[0] <= narrow[1] <= wide[1] <= n
    assert (narrow % 1 == 0).all()


def test_promised_nine_times_in_ten_holds_nine_times_in_ten() -> None:
    """Rates drawn from the promise, counts from the rates, over many pieces with few and many chances."""
    rng = np.random.default_rng(11)
    pieces = 1_500
    center, sd, n = rng.normal(-3, 0.5, pieces), rng.uniform(0.1, 0.8, pieces), rng.integers(50, 200_000, pieces)
    promised = expit(center[:, None] + sd[:, None] * rng.standard_normal((pieces, 1_000))).mean(axis=1)
    came = rng.binomial(n, expit(center + sd * rng.standard_normal(pieces)))
    ends = predictive(promised, sd, n, 0.9)
    inside = ((came >= ends[:, 0]) & (came <= ends[:, 1])).mean()
    assert 0.88 <= inside <= 0.93  # 0.9 + the last whole count, +- 3 errors of 0.008


# ---------------------------------------------------------------- the review


def promised(**columns: Any) -> Plan:
    schedule = pd.DataFrame(
        {
            "week": [1, 2, 1, 1],
            "segment": "parents",
            "stage": "decision",
            "channel": ["email", "email", "display", "email"],
            "item": ["P1", "P1", "P2", "P3"],
            "exposure": [1000, 1000, 5000, 2000],
            "quantity": [1000, 1000, 5000, 2000],
            "rate": [0.05, 0.05, 0.01, 0.02],
            "rate_sd": [0.1, 0.1, 0.2, 0.1],
            "spend": [10.0, 10.0, 50.0, 20.0],
            "value": [50.0, 50.0, 50.0, 40.0],
        }
    ).assign(**columns)
    items = pd.DataFrame({"item": ["P1", "P2", "P3"], "content_type": "blog_post", "style": "playful", "length": "short"})
    facts = {"metric": "click_rate", "currency": "EUR"}
    return Plan(table=items, schedule=schedule, limits=pd.DataFrame(), tests=pd.DataFrame(), expected={"value": 190.0}, facts=facts)


def came() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "item": ["P1", "P1", "P2", "P3"],
            "segment": "parents",
            "channel": ["email", "email", "display", "email"],
            "delivered": [900, 1100, None, None],
            "impressions": [None, None, 4000, None],
            "clicks": [45, 55, 200, None],
            "due": ["2026-10-05", "2026-10-12", "2026-10-05", "2026-10-05"],
            "published": ["2026-10-05", "2026-10-15", "2026-10-04", None],
            "actual_spend": [9.0, 11.0, 40.0, 0.0],
        }
    )


def test_each_piece_is_judged_on_the_exposure_that_it_got() -> None:
    review = review_campaign(promised(), came())
    table = review.table.set_index("item")
    assert table.loc[["P1", "P2", "P3"], "exposure"].tolist() == [2000, 4000, 0]
    assert table.loc["P1", ["actual", "predicted"]].tolist() == [0.05, 0.05]
    assert table.loc["P2", "actual"] == 0.05
    assert bool(table.loc["P1", "inside"])
    assert not bool(table.loc["P2", "inside"])
    assert table.loc["P2", "surprise"] > 3
    ends = predictive(np.array([0.05]), np.array([0.1]), np.array([2000]))[0] / 2000
    assert table.loc["P1", ["low", "high"]].tolist() == ends.tolist()
    facts = review.facts
    assert (facts["items"], facts["inside"], facts["coverage"], facts["late"]) == (2, 1, 0.5, 1)
    assert (facts["planned_spend"], facts["actual_spend"]) == (90.0, 60.0)
    assert (facts["predicted_total"], facts["actual_total"]) == (140.0, 300.0)
    assert (facts["value_planned"], facts["value_actual"]) == (190.0, 300.0)
    assert table.loc["P1", "late_days"] == 3


def test_what_never_ran_is_not_executed_and_no_wrong_promise() -> None:
    review = review_campaign(promised(), came())
    row = review.table.set_index("item").loc["P3"]
    assert (row["status"], row["exposure"], review.facts["not_executed"]) == ("cancelled", 0, 1)
    assert pd.isna(row["inside"])
    assert np.isnan(row["actual"])
    assert np.isnan(row["surprise"])
    assert review.calibration["items"].sum() == 2
    gone = review_campaign(promised(), came().query("item != 'P3'"))
    assert gone.facts["not_executed"] == 1
    assert gone.table.set_index("item").loc["P3", "status"] == "cancelled"


def test_a_count_that_nobody_wrote_down_is_left_out_and_said_never_a_zero() -> None:
    results = came().assign(clicks=[45, None, 40, None])
    review = review_campaign(promised(), results)
    assert review.table.set_index("item").loc["P1", "exposure"] == 900
    assert [(f.code, f.found) for f in review.findings] == [("E_MISSING_COUNT", "1"), ("E_REVIEW_PARTLY", "1")]


def test_what_ran_outside_the_plan_is_said() -> None:
    extra = came().iloc[[0]].assign(item="P9")
    review = review_campaign(promised(), pd.concat([came(), extra]))
    assert [(f.code, f.found) for f in review.findings] == [("E_NOT_PLANNED", "1")]
    assert "P9 / parents / email" in review.findings[0].text
    assert "P9" not in set(review.table["item"])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"clicks": [45, 55, 4001, None]}, "E_CLICKS_GT_IMPRESSIONS"),
        ({"clicks": [45, -1, 40, None]}, "E_NEGATIVE_COUNT"),
        ({"item": ["X", "X", "Y", "Z"]}, "E_NO_MATCH"),
    ],
)
def test_results_that_cannot_be_are_refused(change: dict[str, Any], code: str) -> None:
    with pytest.raises(DataError) as caught:
        review_campaign(promised(), came().assign(**change))
    assert set(caught.value.codes) == {code}


def test_columns_that_are_missing_are_named() -> None:
    with pytest.raises(DataError) as caught:
        review_campaign(promised(), came().drop(columns=["segment", "item"]))
    assert [(f.code, f.column) for f in caught.value.findings] == [("E_MISSING_COLUMN", "item"), ("E_MISSING_COLUMN", "segment")]
    plan = promised()
    with pytest.raises(DataError, match="rate_sd"):
        review_campaign(
            Plan(table=plan.items, schedule=plan.schedule.drop(columns="rate_sd"), limits=plan.limits, tests=plan.tests), came()
        )


def test_the_order_of_rows_and_the_engine_change_nothing() -> None:
    pl = pytest.importorskip("polars")
    review = review_campaign(promised(), came())
    for other in (came().sample(frac=1, random_state=1), pl.from_pandas(came())):
        pd.testing.assert_frame_equal(review_campaign(promised(), other).table, review.table, check_dtype=False)


def test_the_metric_of_the_plan_is_the_one_reviewed() -> None:
    plan = promised()
    visits = Plan(table=plan.items, schedule=plan.schedule, limits=plan.limits, tests=plan.tests, facts={"metric": "visit_rate"})
    results = came().assign(visits=[45, 55, 40, None], people=[900, 1100, 4000, None], clicks=0)
    assert review_campaign(visits, results).facts["actual_total"] == 140


def test_the_calibration_says_how_far_the_pieces_of_a_group_lie_apart() -> None:
    """20 pieces of one rate but with luck of their own: the range of the mean covers the truth as often as it says."""
    rng, held = np.random.default_rng(5), []
    names = [f"P{i:02d}" for i in range(20)]
    frame = pd.DataFrame(
        {"item": names, "segment": "a", "stage": "s", "channel": "display", "exposure": 3000, "rate": 0.05, "rate_sd": 0.4}
    )
    items = pd.DataFrame({"item": names, "content_type": "c"})
    plan = Plan(table=items, schedule=frame.assign(spend=1.0), limits=frame, tests=frame)
    for _ in range(40):
        rates = np.clip(rng.normal(0.05, 0.015, 20), 0.001, 1)
        results = frame[["item", "segment", "channel"]].assign(impressions=3000, clicks=rng.binomial(3000, rates))
        bins = review_campaign(plan, results).calibration
        held += ((bins["low"] <= 0.05) & (bins["high"] >= 0.05)).tolist()
    assert len(held) == 200
    assert 0.85 <= np.mean(held) <= 0.96


def test_the_review_of_the_story_keeps_its_promise_and_finds_the_late_and_the_lost() -> None:

    results = load_sample("results")
    review = review_campaign(load_plan(sample_path("plan")), results)
    assert binom.cdf(review.facts["inside"], review.facts["items"], 0.9) > 0.01
    assert review.facts["late"] == results.loc[results["published"] > results["due"], "item"].nunique() > 0
    idle = results.groupby(["item", "segment", "channel"])[["impressions", "delivered"]].sum().sum(axis=1) == 0
    assert review.facts["not_executed"] == idle.sum() > 0
    assert review.facts["actual_total"] == results["clicks"].sum()
    assert round(review.facts["actual_spend"], 2) == round(results["actual_spend"].sum(), 2)


# ---------------------------------------------------------------- policies


def drawn(n: int, seed: int, gain: float, chance: float = 0.5) -> tuple[pd.DataFrame, np.ndarray]:
    """Two kinds of people; arm b brings `gain` more to the second kind and as much less to the first."""
    rng = np.random.default_rng(seed)
    kind, arm = rng.integers(0, 2, n), np.where(rng.random(n) < chance, "a", "b")
    rate = 0.2 + gain * (arm == "b") * (2 * kind - 1)
    return pd.DataFrame({"arm": arm, "y": (rng.random(n) < rate).astype(int), "kind": kind}), np.where(kind == 1, "b", "a")


def judge(data: pd.DataFrame, chosen: np.ndarray, propensity: Any = 0.5) -> pd.DataFrame:
    policies = {"targeted": chosen, "all a": np.full(len(data), "a")}
    table = compare_policies(data, policies, arm="arm", outcome="y", propensity=propensity, control="all a").table
    return table.set_index("arm")


def test_estimates_are_the_closed_form_on_a_table_small_enough_to_add_up_by_hand() -> None:
    data = pd.DataFrame({"arm": ["a", "a", "b", "b"], "y": [1, 0, 1, 1]})
    table = judge(data, np.array(["a", "b", "a", "b"]))
    assert table.loc["targeted", "mean"] == (1 + 1) / 0.5 / 4
    assert table.loc["all a", "mean"] == 1 / 0.5 / 4
    gain = np.array([0, 0, 0, 2.0])
    reach = 1.6448536 * gain.std(ddof=1) / 2
    assert np.allclose(table.loc["targeted", ["lift", "low", "high"]].astype(float), [0.5, 0.5 - reach, 0.5 + reach])
    assert table.loc["all a", ["lift", "low", "high", "verdict"]].tolist() == [0, 0, 0, "undecided"]


def test_the_range_of_a_lift_covers_the_truth_and_equal_policies_are_rarely_told_apart() -> None:
    held, told = [], []
    for seed in range(400):
        row = judge(*drawn(1_500, seed, 0.08)).loc["targeted"]
        held.append(row["low"] <= 0.04 <= row["high"])
        told.append(judge(*drawn(1_500, seed + 1_000, 0.0)).loc["targeted", "verdict"] != "undecided")
    assert 0.86 <= np.mean(held) <= 0.94
    assert 0.06 <= np.mean(told) <= 0.14


def test_uneven_chances_are_weighed_back() -> None:
    data, chosen = drawn(60_000, 8, 0.1, chance=0.8)
    row = judge(data, chosen, np.where(data["arm"] == "a", 0.8, 0.2)).loc["targeted"]
    assert (row["verdict"], row["low"] <= 0.05 <= row["high"]) == ("better", True)
    assert judge(data, np.where(chosen == "a", "b", "a"), np.where(data["arm"] == "a", 0.8, 0.2)).loc["targeted", "verdict"] == "worse"


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({"control": "all_a"}, {"E_OPTION"}),
        ({"propensity": 0.0}, {"E_OPTION"}),
        ({"propensity": np.full(3, 0.5)}, {"E_LENGTH"}),
        ({"policies": {"all a": np.full(7, "a")}}, {"E_LENGTH"}),
        ({"outcome": "z"}, {"E_MISSING_COLUMN"}),
        ({"data": pd.DataFrame({"arm": ["a", None], "y": [1, 0]}), "policies": {"all a": ["a", "a"]}}, {"E_MISSING_OUTCOME"}),
        ({"control": "b", "propensity": 2.0}, {"E_OPTION"}),
    ],
)
def test_an_estimate_that_would_be_wrong_in_silence_is_refused(change: dict[str, Any], codes: set[str]) -> None:
    data, _ = drawn(50, 1, 0.1)
    given_ = {"data": data, "policies": {"all a": np.full(50, "a")}, "arm": "arm", "outcome": "y", "propensity": 0.5, "control": "all a"}
    given_ |= change
    with pytest.raises(DataError) as caught:
        compare_policies(given_.pop("data"), given_.pop("policies"), **given_)
    assert set(caught.value.codes) == codes
    for code in codes:
        assert lookup(f"findings.{code}.says", "fr") != lookup(f"findings.{code}.says", "en")


@pytest.mark.parametrize("share", [0.5, 0.8])
def test_arms_of_unequal_size_show_no_gain_where_there_is_none(share):
    """80 of 100 got one arm, both at 10 %: weights of one half for all would call the larger arm better every time."""
    rng, wrong = np.random.default_rng(3), 0
    for seed in range(20):
        n = 4000
        log = pd.DataFrame({
            "segment": rng.choice(["p", "q"], n), "arm": np.where(rng.random(n) < share, "a", "b"),
            "clicks": rng.binomial(1, 0.1, n), "impressions": 1,
        })  # fmt: skip
        found = targeting_gain(log, ContentScorer(by=("segment", "arm"), priors="flat"), arm="arm", seed=seed)
        wrong += (found.table["verdict"] != "undecided").any()
        assert found.findings == ()
    assert wrong <= 7  # two comparisons a run at 90 %


def test_arms_that_were_not_drawn_alike_are_said():
    rng, n = np.random.default_rng(0), 4000
    segment = rng.choice(["p", "q"], n)
    arm = np.where(rng.random(n) < np.where(segment == "p", 0.8, 0.3), "a", "b")
    log = pd.DataFrame({"segment": segment, "arm": arm, "clicks": rng.binomial(1, 0.1, n), "impressions": 1})
    found = targeting_gain(log, ContentScorer(by=("segment", "arm"), priors="flat"), arm="arm")
    assert "E_NOT_RANDOM" in [f.code for f in found.findings]


def test_results_that_stand_there_twice_are_said_and_money_that_is_none_refused():
    plan, results = load_plan(sample_path("plan")), load_sample("results")
    codes = [f.code for f in review_campaign(plan, pd.concat([results, results])).findings]
    assert "E_TRACK_TWICE" in codes
    assert "E_TRACK_TWICE" not in [f.code for f in review_campaign(plan, results).findings]
    with pytest.raises(DataError):
        review_campaign(plan, results.assign(actual_spend="much"))
