"""A review that attacks itself: surprises that luck does not name, errors that know shared weather, parts that add up."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictured_review import learnt as pictured_learnt
from pictured_review import review as pictured
from reviewed import plan_of, results_of
from scipy.special import expit
from scipy.stats import binom

from mktlib.errors import DataError
from mktlib.glmm.predictive import center_of, drawn, log_chance, normal_score, predictive, reached
from mktlib.measurement import review_campaign
from mktlib.measurement.gap import PARTS, by_owner, parts
from mktlib.measurement.kept import coverage, crps, groupings, histogram, scores, shape
from mktlib.measurement.surprise import Deviations, deviations, named, pooled, told
from mktlib.planning import load_plan
from mktlib.planning.track_ahead import Job, at, landing_of
from mktlib.planning.track_rows import placements
from mktlib.reporting import report
from mktlib.results import Plan
from mktlib.simulate import load_sample, sample_path
from mktlib.vocabulary import load_tables

# ---------------------------------------------------------------- the place and the chance of what came


def test_the_chance_of_each_count_adds_up_to_one_and_is_the_binomial_where_the_rate_is_sure() -> None:
    y = np.arange(41.0)
    one = np.ones(41)
    wide = np.exp(log_chance(y, 0.1 * one, 0.8 * one, 40 * one))
    assert abs(wide.sum() - 1) < 1e-6
    assert abs(wide @ y - 4.0) < 1e-3  # the mean is the promised one
    assert np.allclose(log_chance(y, 0.1 * one, 1e-9 * one, 40 * one), binom.logpmf(y, 40, 0.1), atol=1e-6)


def test_the_score_of_a_whole_distribution_is_the_exact_one() -> None:
    n, y, p, sd = 40, np.array([0.0, 4, 20]), 0.1, 0.8
    one = np.ones(3)
    cdf = np.cumsum(np.exp(log_chance(np.arange(n + 1.0), p * np.ones(n + 1), sd * np.ones(n + 1), n * np.ones(n + 1))))
    exact = [((cdf[:-1] - (np.arange(n) >= k)) ** 2).sum() / n for k in y]
    assert np.allclose(crps(y, p * one, sd * one, n * one, family="binomial", size=20_000), exact, atol=2e-3)


@pytest.mark.parametrize("family", ["binomial", "poisson", "money"])
def test_what_comes_as_promised_is_a_standard_normal_with_flat_places(family: str) -> None:
    rng, n = np.random.default_rng(5), 1500
    rate, sd, exposure = rng.uniform(0.01, 0.1, n), rng.uniform(0.1, 0.6, n), rng.integers(200, 50_000, n).astype(float)
    y = drawn(rate, sd, exposure, 1, rng, family=family)[:, 0]
    z = normal_score(y, rate, sd, exposure, family=family)
    assert abs(z.mean()) < 0.09
    assert 0.94 < z.std() < 1.06
    assert np.abs(histogram(reached(y, rate, sd, exposure, family=family))["share"] - 0.1).max() < 0.03


# ---------------------------------------------------------------- surprises


def campaign(n: int = 60) -> tuple[pd.DataFrame, np.ndarray, np.ndarray, np.ndarray]:
    """A campaign of three channels, four segments, twelve pieces; rates as a scorer promises them."""
    rng = np.random.default_rng(1)
    table = pd.DataFrame(
        {"item": [f"P{k % 12:02d}" for k in range(n)], "segment": rng.choice(list("abcd"), n), "channel": rng.choice(["x", "y", "z"], n)}
    )
    table["content_type"] = table["item"].map(lambda i: "t" + str(int(i[1:]) % 4))
    return table, rng.uniform(0.01, 0.08, n), rng.uniform(0.3, 0.5, n), rng.integers(5_000, 40_000, n).astype(float)


def came(shift: Any, shared: float, rng: np.random.Generator) -> np.ndarray:
    """Counts of rates drawn from the promise, of which a share of the doubt is common to all."""
    _, rate, sd, n = campaign()
    common = np.sqrt(shared) * rng.standard_normal() + np.sqrt(1 - shared) * rng.standard_normal(len(rate))
    return rng.binomial(n.astype(int), expit(center_of(rate, sd) + shift + sd * common)).astype(float)


def names(shift: Any, shared: float, rng: np.random.Generator, known: np.ndarray | None = None) -> pd.DataFrame:
    """What is named of one campaign, its gaps drawn on the scale of the link (counts are tried in a test of their own)."""
    table, rate, sd, n = campaign()
    luck = 1 / (n * rate * (1 - rate))
    common = np.sqrt(shared) * rng.standard_normal() + np.sqrt(1 - shared) * rng.standard_normal(len(rate))
    gap = shift + sd * common + np.sqrt(luck) * rng.standard_normal(len(rate))
    return named(table, Deviations(gap, sd, luck, known), rate, n, family="binomial")


@pytest.mark.parametrize("shared", [0.0, pytest.param(0.5, marks=pytest.mark.slow), 0.95])
def test_pieces_that_keep_their_promise_are_named_in_at_most_one_review_in_twenty(shared: float) -> None:
    """However the doubts move together: the promise does not say."""
    rng, runs = np.random.default_rng(2), 400
    found = np.mean([len(names(0.0, shared, rng)) > 0 for _ in range(runs)])
    assert found <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / runs)


def test_counts_that_keep_their_promise_are_rarely_named_and_a_channel_that_does_not_is_named_once() -> None:
    table, rate, sd, n = campaign()
    rng, shift = np.random.default_rng(3), np.where(campaign()[0]["channel"] == "y", -2.2, 0.0)

    def found(y: np.ndarray) -> list[tuple[str, str]]:
        got = named(table, deviations(y, rate, sd, n, family="binomial"), rate, n, family="binomial")
        return list(zip(got["axis"], got["level"], strict=True))

    assert sum(len(found(came(0.0, 0.0, rng))) > 0 for _ in range(20)) <= 3
    assert sum(found(came(shift, 0.0, rng)) == [("channel", "y")] for _ in range(10)) >= 8


def test_one_common_cause_is_told_once() -> None:
    rng, table = np.random.default_rng(3), campaign()[0]
    runs = [names(np.where(table["channel"] == "y", -2.2, 0.0), 0.0, rng) for _ in range(100)]
    assert all(len(r) for r in runs)
    assert np.mean([(r["axis"].iloc[0], r["level"].iloc[0]) == ("channel", "y") for r in runs]) >= 0.95
    assert np.mean([len(r) for r in runs]) <= 1.2
    assert abs(np.mean([float(r["effect"].iloc[0]) for r in runs]) + 2.2) < 0.1


def test_a_single_piece_and_a_channel_are_told_apart() -> None:
    rng, table = np.random.default_rng(4), campaign()[0]
    alone = int(np.flatnonzero(table["channel"] == "x")[0])
    shift = np.where(table["channel"] == "y", -2.5, 0.0)
    shift[alone] = 3.0
    found = [set(zip(r["axis"], r["level"], strict=True)) for r in (names(shift, 0.0, rng) for _ in range(40))]
    assert np.mean([{("channel", "y"), ("placement", str(alone))} <= f for f in found]) >= 0.9


@pytest.mark.slow
def test_knowing_how_doubts_move_together_names_groups_sooner_and_still_not_by_luck() -> None:
    rng, n = np.random.default_rng(6), len(campaign()[0])
    shift, alone = np.where(campaign()[0]["channel"] == "y", -0.45, 0.0), np.eye(n)
    sooner, blind = (np.mean([len(names(shift, 0.0, rng, k)) > 0 for _ in range(60)]) for k in (alone, None))
    assert sooner >= blind + 0.3
    half = 0.5 * np.ones((n, n)) + 0.5 * alone
    assert np.mean([len(names(0.0, 0.5, rng, half)) > 0 for _ in range(300)]) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 300)


def test_levels_are_pooled_and_what_all_share_is_found() -> None:
    table, rate, sd, n = campaign()
    y = came(np.where(table["channel"] == "y", -1.2, 0.0), 0.0, np.random.default_rng(7))
    found = pooled(table, rate, sd, n, y, family="binomial", level=0.9).set_index(["axis", "level"])
    row = found.loc[("channel", "y")]
    assert row["apart"]
    assert row["low"] < np.exp(-1.2 * 2 / 3) < row["high"]  # a channel of three stands two thirds of the shift below the mean of all
    assert not found.loc["segment", "apart"].any()
    assert found.loc[("channel", "y"), "share"] > found.loc[("segment", "a"), "share"]


def test_a_surprise_says_how_many_times_the_promise_came() -> None:
    table, rate, sd, n = campaign()
    y = came(np.where(table["channel"] == "y", -2.2, 0.0), 0.0, np.random.default_rng(8))
    dev = deviations(y, rate, sd, n, family="binomial")
    row = told(named(table, dev, rate, n, family="binomial"), table, rate, n, y, family="binomial", level=0.9).iloc[0]
    mine = (table["channel"] == "y").to_numpy()
    assert (row["placements"], row["came"]) == (mine.sum(), y[mine].sum())
    assert row["low"] < row["came"] / row["promised"] < row["high"]


# ---------------------------------------------------------------- coverage, scores, places


@pytest.mark.parametrize("axis", ["segment", *(pytest.param(axis, marks=pytest.mark.slow) for axis in ("item", None))])
def test_the_interval_of_coverage_knows_that_pieces_share_weather(axis: str | None) -> None:
    table, rate, sd, n = campaign()
    rng, ends, groups = np.random.default_rng(9), predictive(rate, sd, n, 0.9), groupings(table)
    code = pd.factorize(table[axis])[0] if axis else np.arange(len(table))
    held, plain = [], []
    for _ in range(200):
        common = np.sqrt(0.6) * rng.standard_normal(code.max() + 1)[code] + np.sqrt(0.4) * rng.standard_normal(len(rate))
        y = rng.binomial(n.astype(int), expit(center_of(rate, sd) + sd * common))
        inside = (y >= ends[:, 0]) & (y <= ends[:, 1])
        told_ = coverage(inside, groups, 0.9)
        held.append(told_["coverage_low"] <= 0.9 <= told_["coverage_high"])
        alone = coverage(inside, {}, 0.9)
        plain.append(alone["coverage_low"] <= 0.9 <= alone["coverage_high"])
    assert np.mean(held) >= 0.88
    if axis == "segment":
        assert np.mean(plain) < 0.85  # what independent pieces would say is too sure


def test_flat_places_are_rarely_doubted_and_wrong_promises_are_found() -> None:
    """The level is promised (5 %, here within an error of 50 campaigns). The power is not: 0.8 and 0.4 lie below what was
    measured (benchmarks/README.md) and only guard it; ranges three times too narrow are found in 72 of 100."""
    table, rate, sd, n = campaign()
    rng, groups = np.random.default_rng(10), groupings(table)

    def verdicts(shift: float, wide: float, runs: int) -> list[str]:
        out = []
        for _ in range(runs):
            y = rng.binomial(n.astype(int), expit(center_of(rate, sd) + shift + wide * sd * rng.standard_normal(len(rate))))
            out.append(shape(reached(y, rate, sd, n), groups)["pit_verdict"])
        return out

    assert np.mean([v != "holds" for v in verdicts(0.0, 1.0, 50)]) <= 0.08
    assert np.mean([v == "too_high" for v in verdicts(-0.9, 1.0, 10)]) >= 0.8
    assert np.mean([v == "too_narrow" for v in verdicts(0.0, 3.0, 20)]) >= 0.4


def test_a_promise_that_knows_more_scores_better_than_one_for_all() -> None:
    table, rate, sd, n = campaign()
    y = came(0.0, 0.0, np.random.default_rng(11))
    found = scores(table, y, rate, sd, n, family="binomial", level=0.9).set_index("score")
    assert (found["skill"] > 0).all()
    by_hand = [((y * (1 - p) ** 2 + (n - y) * p**2).sum() / n.sum()) for p in (rate, (n * rate).sum() / n.sum())]
    assert np.allclose(found.loc["brier", ["promised", "base"]].astype(float), by_hand)
    worse = scores(table, y, rate[::-1], sd, n, family="binomial", level=0.9).set_index("score")
    assert (worse["promised"] > found["promised"]).all()


# ---------------------------------------------------------------- the gap


rows_of = st.lists(
    st.tuples(st.integers(1, 10**6), st.floats(1e-4, 0.9), st.floats(0, 50), st.integers(0, 10**6), st.floats(0, 1), st.floats(0, 1e5)),
    min_size=1,
    max_size=12,
)


@settings(max_examples=80, deadline=None)
@given(rows_of, st.booleans())
def test_the_parts_of_the_gap_add_up(drawn_: list[tuple[float, ...]], priced: bool) -> None:
    planned, rate, worth, n, share, money = (np.array(x, float) for x in zip(*drawn_, strict=True))
    rows = pd.DataFrame({"planned_exposure": planned, "rate": rate, "event_value": worth, "exposure": n, "count": np.floor(n * share)})
    rows = rows.assign(planned_spend=10.0, actual_spend=12.0, item=[f"P{k}" for k in range(len(n))], owner="A")
    each = parts(rows, money if priced else None)
    whole = each[list(PARTS)].sum(axis=1)
    assert np.allclose(each["planned"] + whole, each["came"], rtol=1e-9, atol=1e-6 * (1 + each["planned"].abs()))
    assert np.allclose(each[["spend_not_run", "spend_exposure", "spend_price"]].sum(axis=1), 2.0, atol=1e-6 * (1 + n / planned) * 10)
    assert np.isclose(by_owner(rows, each)["gap"].sum(), whole.sum())


def test_a_gap_worked_out_by_hand() -> None:
    review = review_campaign(plan_of(), results_of(), value="money")
    whole = review.gap.set_index("step")["value"]
    assert whole["planned"] == 130.0
    assert np.isclose(whole["exposure"], -100 * 0.02 + 100 * 0.03)
    assert np.isclose(whole["rate"], (15 - 18) + (80 - 63) + (40 - 50))
    assert np.isclose(whole["worth"], (30 - 15) + (90 - 80) + (1 - 40))
    assert np.isclose(whole["came"], 121.0)
    idle = review_campaign(plan_of(), results_of().query("item != 'P2'"))
    assert idle.gap.set_index("step")["value"]["not_run"] == -50.0
    assert dict(zip(review.owners["owner"], review.owners["gap"].round(6), strict=True)) == {"Bo": -49.0, "Ana": 40.0}
    assert idle.facts["evidence"] == "observational"
    assert idle.facts["grade"] in ("tendency", "too_early")


# ---------------------------------------------------------------- results as they come


def test_hard_results_are_read_or_refused_in_words() -> None:
    plan = plan_of()
    review_campaign(plan, results_of().drop(columns=["owner", "actual_spend", "due", "published", "week", "money"]))
    one = review_campaign(plan, results_of().head(1))
    assert (one.facts["items"], one.facts["pit_verdict"], one.facts["not_executed"]) == (1, "too_few", 2)
    gone = review_campaign(plan, results_of(clicks=0, impressions=0, delivered=0))
    assert (gone.facts["items"], gone.facts["promise"], gone.facts["value_actual"]) == (0, "empty", 0.0)
    assert gone.gap.set_index("step")["value"]["not_run"] == -130.0
    huge = review_campaign(plan, results_of(impressions=[2 * 10**9, 10**9, None], clicks=[4 * 10**7, 3 * 10**7, 40]))
    assert np.isfinite(huge.table["surprise"]).all()
    twice = review_campaign(plan, pd.concat([results_of(), results_of()]))
    assert [f.code for f in twice.findings] == ["E_TRACK_TWICE"]
    assert twice.facts["actual_total"] == review_campaign(plan, results_of()).facts["actual_total"]
    undated = results_of().drop(columns="week")
    assert "E_REPEATED_RESULTS" in [f.code for f in review_campaign(plan, pd.concat([undated, undated])).findings]
    with pytest.raises(DataError) as caught:
        review_campaign(plan, results_of(), level=2, against="even", unmeasured=7, tables="x")  # type: ignore[arg-type]
    assert len(caught.value.findings) == 4
    with pytest.raises(DataError):
        review_campaign(plan, results_of(), value="no such column")


def test_a_placement_whose_count_nobody_wrote_down_is_neither_kept_nor_not_executed() -> None:
    review = review_campaign(plan_of(), results_of(clicks=[15, 80, None]))
    assert [f.code for f in review.findings] == ["E_MISSING_COUNT", "E_REVIEW_UNMEASURED"]
    assert (review.facts["items"], review.facts["not_executed"], review.facts["value_planned"]) == (2, 0, 80.0)
    whole = review.gap.set_index("step")["value"]
    assert np.isclose(whole["planned"] + whole[list(PARTS)].sum(), whole["came"])
    with pytest.raises(DataError) as caught:
        review_campaign(plan_of(), results_of(clicks=None))
    assert list(caught.value.codes) == ["E_REVIEW_UNMEASURED"]


@pytest.mark.parametrize("column", ["clicks", "both"])
def test_weeks_nobody_wrote_down_are_not_shown_less(column: str) -> None:
    """Half of a placement's weeks blank: its gap has no part of being shown less, as if the plan had been for the weeks that are known."""
    weeks = results_of(impressions=[450, 2100, None], clicks=[8.0, 80.0, 40.0])
    second = weeks.head(1).assign(week="2026-10-12")
    second[["clicks", "impressions"] if column == "both" else [column]] = np.nan
    some = pd.concat([weeks, second], ignore_index=True)
    review = review_campaign(plan_of(), some, value="money")
    assert "E_REVIEW_PARTLY" in [f.code for f in review.findings]
    mine = review.table.query("item == 'P1' and segment == 'a'").iloc[0]
    assert (mine["planned_value"], mine["exposure_value"], mine["worth_value"]) == (9.0, 0.0, 30.0 - 8.0)
    whole = review.gap.set_index("step")["value"]
    assert np.isclose(whole["planned"] + whole[list(PARTS)].sum(), whole["came"])
    assert review.facts["value_planned"] == whole["planned"]
    off = review_campaign(plan_of(), some.assign(status=["", "", "", "cancelled"]))
    assert ("E_REVIEW_PARTLY" in [f.code for f in off.findings]) == (column != "both")  # called off, nothing written: it did not run
    assert not review_campaign(plan_of(), weeks).findings


def test_wrong_cells_are_told_with_their_line_and_a_credit_note_is_kept() -> None:
    with pytest.raises(DataError) as caught:
        review_campaign(plan_of(), results_of(clicks=[15, "many", 40], impressions=[-900, 2100, None], actual_spend=["x", 21.0, 2.0]))
    assert {(f.code, f.line) for f in caught.value.findings} == {("E_NOT_A_NUMBER", 3), ("E_NEGATIVE_COUNT", 2), ("E_NOT_A_NUMBER", 2)}
    mixed = review_campaign(plan_of(), results_of(impressions=pd.Series([900, 2100, pd.NA], dtype=object)))
    assert mixed.facts["items"] == 3
    credit = review_campaign(plan_of(), results_of(actual_spend=[9.0, 21.0, -2.0]))
    assert credit.facts["actual_spend"] == 28.0
    assert [f.code for f in credit.findings] == ["E_NEGATIVE_SPEND"]
    with pytest.raises(DataError):
        review_campaign(results_of(), plan_of())  # type: ignore[arg-type]


def test_days_whose_order_is_open_are_said_and_make_nobody_late() -> None:
    late = review_campaign(plan_of(), results_of(due="05/10/2026", published="07/10/2026"))
    assert {f.code for f in late.findings} == {"E_AMBIGUOUS_DATE"}
    assert late.facts["late"] == 0
    assert review_campaign(plan_of(), results_of(due="15/10/2026", published="17/10/2026")).facts["late"] == 2


def test_the_review_and_the_tracking_of_an_ended_campaign_tell_the_same_value() -> None:
    """Both count on the plan's events, wear included; a rate before wear would make every plan that wears fall short."""
    plan, results = load_plan(sample_path("plan")), load_sample("results")
    facts = review_campaign(plan, results).facts
    tables = load_tables()
    job = Job(plan, plan.calendar(), placements(plan.schedule), results, tables.metrics["click_rate"], 0.9, 0.0, None, 0, tables)
    end = landing_of(job, at(job, pd.Timestamp("2026-12-01"))).set_index("measure")  # as `track_campaign`, without the path to it
    assert facts["value_actual"] == pytest.approx(end.loc["value", "so_far"])
    assert facts["value_planned"] == pytest.approx(end.loc["value", "promised"])
    assert facts["actual_total"] == end.loc["events", "so_far"]
    worn = plan_of(events=[18.0, 45.0, 40.0])
    table = review_campaign(worn, results_of()).table
    assert np.allclose(table["predicted"], [0.018, 0.0225, 0.08])
    assert np.isclose(review_campaign(worn, results_of()).facts["value_actual"], 15 * 20 / 18 + 80 * 60 / 45 + 40 * 50 / 40)


@pytest.mark.parametrize(("column", "value"), [("rate", np.nan), ("rate_sd", np.nan), ("exposure", np.inf), ("rate", "x"), ("spend", -1.0)])
def test_a_plan_that_promises_nothing_is_refused(column: str, value: Any) -> None:
    with pytest.raises(DataError) as caught:
        review_campaign(plan_of(**{column: value}), results_of())
    assert column in {f.column for f in caught.value.findings}


def test_owners_that_are_addresses_are_masked_and_blanks_are_one() -> None:
    review = review_campaign(plan_of(rate=[0.0, 0.03, 0.1]), results_of(owner=["ana@example.com", None, " "]))
    assert "ana" not in review.owners.to_string() + review.table.to_string()
    assert len(review.owners) == 2


def test_a_campaign_that_still_runs_is_said() -> None:
    results = load_sample("results")
    plan = load_plan(sample_path("plan"))
    early = review_campaign(plan, results[results["week"] < "2026-10-26"])
    assert "E_REVIEW_RUNNING" in [f.code for f in early.findings]
    assert "E_REVIEW_RUNNING" not in [f.code for f in review_campaign(plan, results).findings]


def test_engines_agree() -> None:
    pl, duckdb = pytest.importorskip("polars"), pytest.importorskip("duckdb")
    frame = results_of()
    whole = review_campaign(plan_of(), frame)
    for other in (pl.from_pandas(frame), duckdb.from_df(frame)):
        again = review_campaign(plan_of(), other)
        pd.testing.assert_frame_equal(again.table, whole.table, check_dtype=False)
        pd.testing.assert_frame_equal(again.gap, whole.gap)


def test_a_plan_without_value_is_reviewed_without_a_gap() -> None:
    plan = plan_of()
    bare = Plan(table=plan.items, schedule=plan.schedule.drop(columns="value"), limits=plan.limits, tests=plan.tests, facts=plan.facts)
    review = review_campaign(bare, results_of())
    assert review.gap.empty
    assert review.facts["value_actual"] is None
    assert review.facts["grade"] == "too_early"


# ---------------------------------------------------------------- words

CAUSAL = {
    "en": r"\b(thanks to|increased?|brought|drove|because of)\b",
    "fr": r"\b(grâce à|apport\w*|provoqu\w*|augment\w*|fait gagner|en raison de)\b",
}


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("reader", ["client", "employer", "team"])
def test_no_word_of_a_review_says_what_made_it(language: str, reader: str) -> None:
    made = report(pictured(), pictured_learnt(), language=language, reader=reader)
    said = " ".join([*made.opening, *(x for s in made.sections for x in (s.headline, *s.sentences, *s.not_mean))]).lower()
    assert re.search(CAUSAL[language], said) is None
    assert "newsletter" in said or language == "fr"
    if reader == "client":
        assert "€" not in said


def test_a_promise_that_broke_is_told_by_name_and_money_only_where_it_is_asked_for() -> None:
    made = report(pictured(), language="en", reader="team")
    section = made.sections[0]
    assert "Where the promise broke has a name: Newsletter" in section.headline
    assert any("€3,500 more than the same pieces" in s for s in section.sentences)
    assert any("30%" in s and "opinion" in s for s in section.sentences)
    assert any("Nobody saw the other plan run" in s for s in section.sentences)


def test_a_client_can_work_out_every_multiple_and_reads_no_net_one() -> None:
    """A surprise is told as what came over what was promised; the multiple with the others taken off is the team's."""
    net = pd.DataFrame(
        {"axis": ["campaign", "placement", "placement"], "level": ["all", "p05 / students / email", "p00 / drivers / email"], "same_as": "",
         "placements": [8, 1, 1], "promised": [1000.0, 200.0, 160.0], "came": [1110.0, 66.0, 155.0], "ratio": [1.32, 0.27, 0.61],
         "low": [1.25, 0.21, 0.62], "high": [1.39, 0.29, 0.84], "z": 4.0, "p": 1e-4, "grade": "tendency"}
    )  # fmt: skip
    result = dataclasses.replace(pictured(), surprises=net)
    for language, mark in (("en", "."), ("fr", ",")):
        pages = (report(result, language=language, reader=r).html for r in ("client", "team"))
        client, team = (re.sub(r"(?s)<style.*?</style>", "", page) for page in pages)
        for plain in (f"1{mark}11", f"0{mark}33"):
            assert plain in client
            assert plain in team
        for hidden in (f"1{mark}32", f"0{mark}27", f"0{mark}61", f"0{mark}97"):  # p00 is inside its own range
            assert hidden not in client
        assert f"0{mark}61" in team
