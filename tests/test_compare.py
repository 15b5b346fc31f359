"""Tests of arms: the promise at all looks, agreement with other implementations, what is withheld, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest
import tea_tasting as tt
from looked import LOOKS, daily
from scipy.stats import binom, binomtest
from tea_tasting.metrics.mean import MeanResult

from mktlib.charts import show
from mktlib.errors import DataError
from mktlib.measurement import compare, power, sample_size, sequences
from mktlib.measurement.contrasts import Reading, contrast, exact_once, means
from mktlib.measurement.correcting import corrected
from mktlib.measurement.mismatch import MISMATCH
from mktlib.reporting.sections import section
from mktlib.reporting.voice import Voice
from mktlib.results import Comparison
from mktlib.vocabulary import load_tables, lookup

HILLSTROM = Path(__file__).resolve().parents[2] / "shared" / "data" / "hillstrom" / "hillstrom.csv"


def drawn(n: int = 2_000, seed: int = 0, gain: float = 0.0, arms: int = 2) -> pd.DataFrame:
    """Arms a (the control), b, ...: the last does `gain` better; spend follows what was spent before."""
    rng = np.random.default_rng(seed)
    arm = np.repeat(list("abcdefgh")[:arms], n)
    before = rng.gamma(2.0, 10.0, len(arm))
    rate = 0.2 + gain * (arm == arm[-1])
    visit = (rng.random(len(arm)) < rate).astype(int)
    frame = pd.DataFrame({"arm": arm, "visit": visit, "before": before, "spend": visit * before * rng.lognormal(0, 0.5, len(arm))})
    return frame.assign(visits=1 + rng.poisson(1.0, len(arm)), half=rng.choice(["x", "y"], len(arm)), person=np.arange(len(arm)))


def codes(result: Comparison) -> set[str]:
    return {f.code for f in result.findings}


# ---------------------------------------------------------------- the promise at all looks


def test_the_bound_is_the_closed_form_of_one_planned_size():
    spread = sequences.spreads(np.array([10.0, 500.0, 1e6]), 1_000.0, 0.05)
    r = spread[:, 0]
    assert np.allclose(sequences.reach(spread, 0.05) ** 2, (1 + 1 / r) * (2 * np.log(1 / 0.05) + np.log1p(r)))
    assert np.allclose(sequences.log_evidence(sequences.reach(spread, 0.05), spread), np.log(20))
    mixed = sequences.spreads(np.array([10.0, 500.0, 1e6]), None, 0.05)
    assert np.allclose(sequences.log_evidence(sequences.reach(mixed, 0.05), mixed), np.log(20))


def test_no_other_tuning_is_narrower_at_the_planned_size():
    at = [float(sequences.reach(np.array([r]), 0.05)) for r in sequences.tuning(0.05) * np.array([0.8, 1.0, 1.25])]
    assert at[1] < min(at[0], at[2])


@pytest.mark.parametrize("planned", [2_000.0, None])
def test_a_walk_without_drift_hardly_ever_leaves_its_range(planned):
    """400 looks at a growing distance, far beyond the plan: at most 5 %, and 3 errors of simulation."""
    rng, runs = np.random.default_rng(4), 2_000
    n = np.unique(np.geomspace(20, 100_000, 400).astype(int))
    steps = rng.standard_normal((runs, len(n))) * np.sqrt(np.diff(n, prepend=0))
    z = np.cumsum(steps, axis=1) / np.sqrt(n)
    wrong = (np.abs(z) > sequences.reach(sequences.spreads(n, planned, 0.05), 0.05)).any(axis=1).mean()
    assert 0.005 < wrong <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / runs)


@pytest.mark.parametrize("share", [0.5, 0.1])
def test_events_that_are_coins_are_exact_at_every_event(share):
    """The chance of ever crossing in 300 events, added up over all ways that they can fall: no simulation, no approximation."""
    alpha, chance, crossed = 0.05, np.array([1.0]), 0.0
    weight = np.asarray([1.0, 10.0, 100.0, 1_000.0, 10_000.0])
    for events in range(1, 301):
        step = np.zeros(events + 1)
        step[: len(chance)] += chance * (1 - share)
        step[1:] += chance * share
        k = np.arange(events + 1)
        out = sequences.log_evidence_of_events(k, events - k, np.full(events + 1, share), weight, share) >= np.log(1 / alpha)
        crossed += step[out].sum()
        chance = np.where(out, 0.0, step)
    assert 0.001 < crossed <= alpha


def test_a_range_of_events_refuses_the_ratios_that_its_evidence_refuses():
    k, k0, n, n0 = (np.array([x], float) for x in (30, 12, 4_000, 5_000))
    low, high, p = sequences.events_range(k, k0, n, n0, None, 0.05, 0.05)
    weight = sequences.weights_of_events(n + n0, k + k0, None, 0.05)
    for ratio in (float(low[0]), float(high[0])):
        share = np.array([ratio * n[0] / (ratio * n[0] + n0[0])])
        assert sequences.log_evidence_of_events(k, k0, share, weight, n / (n + n0)) == pytest.approx(np.log(20), abs=1e-6)
    assert (p[0] <= 0.05) == (low[0] > 1 or high[0] < 1)
    assert np.isinf(sequences.events_range(k, k0 * 0, n, n0, None, 0.05, 0.05)[1][0])


def equal(kind: str, rng: np.random.Generator, runs: int, n: int) -> np.ndarray:
    """(runs, people, 3) outcomes of equal arms."""
    shape, out = (runs, n), np.zeros((runs, n, 3))
    out[..., 1] = 1 + rng.poisson(1.0, shape) if kind == "ratio" else 1
    bought = rng.random(shape) < 0.0057
    before = rng.gamma(0.5, 2.0, shape)
    out[..., 0] = {
        "rare": bought,
        "common": rng.random(shape) < 0.15,
        "spend": bought * rng.lognormal(4, 1.2, shape),
        "heavy": rng.pareto(2.1, shape),
        "count": rng.negative_binomial(0.3, 0.6, shape),
        "ratio": (rng.random(shape) < 0.1) * out[..., 1] * rng.lognormal(0, 1, shape),
        "covariate": (rng.random(shape) < 0.2) * before * rng.lognormal(0, 0.5, shape),
    }[kind]
    out[..., 2] = before if kind == "covariate" else 0
    return out


@pytest.mark.parametrize("day", [4, 60])
@pytest.mark.parametrize("kind", ["rare", "common", "spend", "heavy", "count", "ratio", "covariate"])
def test_equal_arms_looked_at_28_times_get_a_winner_in_at_most_one_test_of_twenty(kind, day):
    """The false winners of looking daily at z > 1.96 are about one in four: the same simulation shows both."""
    runs, seed = 300, {"rare": 1, "common": 2, "spend": 3, "heavy": 4, "count": 5, "ratio": 6, "covariate": 7}[kind]
    rng = np.random.default_rng((seed, day))
    sums = daily([equal(kind, rng, runs, day * LOOKS) for _ in range(2)], kind in ("rare", "common"))
    seen = means(sums, covariate=kind == "covariate")
    arm, control = seen.of(slice(1, None, 2)), seen.of(slice(0, None, 2))
    ours = [contrast(arm, control, Reading(look="any", planned=p, tuned=0.05), 0.05) for p in (2.0 * day * LOOKS, None)]
    for told in ours:
        assert (told.p.reshape(runs, LOOKS) <= 0.05).any(axis=1).mean() <= 0.05
    if day == 60 and kind not in ("rare", "spend"):  # with 10 buyers in all, the naive rule has little to be wrong about
        z = np.abs(ours[0].lift) / ours[0].error
        assert (z.reshape(runs, LOOKS) > 1.96).any(axis=1).mean() > 0.15


def test_a_range_leaves_out_no_difference_exactly_where_its_p_value_says_so():
    rng = np.random.default_rng(0)
    for planned in (5_000.0, None):
        for kind in ("rare", "common", "count"):
            gain = equal(kind, rng, 60, 60 * LOOKS)
            gain[..., 0] += (gain[..., 0] == 0) * (rng.random(gain.shape[:2]) < 0.03)
            sums = daily([equal(kind, rng, 60, 60 * LOOKS), gain], kind != "count")
            seen = means(sums, covariate=False)
            told = contrast(seen.of(slice(1, None, 2)), seen.of(slice(0, None, 2)), Reading(look="any", planned=planned, tuned=0.05), 0.05)
            out = (told.low > 0) | (told.high < 0)
            assert (out == (told.p <= 0.05)).all()
            assert 0 < out.mean() < 1
            known = np.isfinite(told.ratio_low)
            assert ((told.ratio_low > 1) | (told.ratio_high < 1))[known].tolist() == out[known].tolist()


def test_ranges_hold_the_truth_at_all_looks_where_arms_differ():
    """Coverage of a true difference over 28 looks together."""
    rng, runs = np.random.default_rng(9), 300
    arms = [equal("spend", rng, runs, 100 * LOOKS) for _ in range(2)]
    arms[1][..., 0] = (rng.random(arms[1].shape[:2]) < 0.02) * rng.lognormal(4, 1.2, arms[1].shape[:2])
    truth = (0.02 - 0.0057) * np.exp(4 + 1.2**2 / 2)
    seen = means(daily(arms, False), covariate=False)
    told = contrast(seen.of(slice(1, None, 2)), seen.of(slice(0, None, 2)), Reading(look="any", planned=5_600.0, tuned=0.05), 0.05)
    lost = ((told.low > truth) | (told.high < truth)).reshape(runs, LOOKS).any(axis=1).mean()
    assert lost <= 0.05


# ---------------------------------------------------------------- one look: other implementations


def test_one_look_is_tea_tasting_with_and_without_a_covariate_and_for_ratios():
    data = drawn(seed=3, gain=0.03)
    known = tt.Experiment(
        spend=tt.Mean("spend", use_t=True),
        less=tt.Mean("spend", "before", use_t=True),
        ratio=tt.RatioOfMeans("spend", "visits", use_t=True),
    ).analyze(data.assign(variant=(data["arm"] == "b").astype(int)))
    for options, name, near in (
        ({"metric": "spend"}, "spend", 1e-9),
        ({"metric": ("spend", "visits")}, "ratio", 1e-9),
        ({"metric": "spend", "covariate": "before"}, "less", 2e-3),  # its slope is that of both arms as one, ours that within arms
    ):
        row = compare(data, arm="arm", look="fixed", **options).table.iloc[1]
        other = known[name]
        seen = [row["lift"], row["low"], row["high"], row["p_value"]]
        assert seen == pytest.approx(
            [other.effect_size, other.effect_size_ci_lower, other.effect_size_ci_upper, other.pvalue], rel=near, abs=near
        )


def test_few_events_at_one_look_are_the_exact_binomial():
    k, k0, n, n0 = (np.array([x], float) for x in (7, 1, 1_500, 1_000))
    low, high, p = exact_once(k, k0, n, n0, 0.05)
    known = binomtest(7, 8, 0.6).proportion_ci(0.95, "exact")
    share = np.array([x[0] * n[0] / (x[0] * n[0] + n0[0]) for x in (low, high)])
    assert share == pytest.approx([known.low, known.high])
    assert p[0] == pytest.approx(min(1, 2 * binom.sf(6, 8, 0.6)))
    data = pd.DataFrame({"arm": ["a"] * 1_000 + ["b"] * 1_500, "y": [1] + [0] * 999 + [1] * 7 + [0] * 1_493})
    row = compare(data, metric="y", arm="arm", look="fixed", ratio=[2, 3]).table.iloc[1]
    assert row["p_value"] == pytest.approx(p[0])


def test_false_discoveries_are_adjusted_as_by_tea_tasting():
    p = np.array([0.001, 0.02, 0.03, 0.2, 0.9])
    results = {(0, i): tt.experiment.ExperimentResult({"m": MeanResult(*[1.0] * 8, float(x), 1.0)}) for i, x in enumerate(p, 1)}
    known = tt.adjust_fdr(results, arbitrary_dependence=False)
    assert corrected(p, 0.05, "fdr")[0] == pytest.approx([r["pvalue_adj"] for r in known.to_dicts()])
    assert corrected(p, 0.05, "fwer")[0] == pytest.approx(np.minimum(5 * p, 1))
    assert corrected(p, 0.05, "none")[1] == 0.05


@pytest.mark.parametrize("correction", ["fwer", "fdr", "none"])
@pytest.mark.parametrize("look", ["any", "fixed"])
def test_with_several_arms_verdict_and_range_agree(correction, look):
    data = pd.concat([drawn(3_000, 5, 0.06, arms=3), drawn(3_000, 6, 0.0, arms=2).assign(arm="d")])
    result = compare(data, metric="visit", arm="arm", look=look, correction=correction, ratio=[1, 1, 1, 2])
    table = result.table.iloc[1:]
    assert ((table["low"] > 0) | (table["high"] < 0)).tolist() == (table["verdict"] != "undecided").tolist()
    assert table.set_index("arm").loc["c", ["verdict", "grade"]].tolist() == ["better", "shown"]


def test_a_covariate_takes_off_what_it_foretells_and_says_how_much():
    data = drawn(4_000, 1, 0.0)
    data["spend"] = data["before"] + np.random.default_rng(0).normal(0, 5, len(data))
    plain, less = (compare(data, metric="spend", arm="arm", covariate=c) for c in (None, "before"))
    expected = np.corrcoef(data["spend"], data["before"])[0, 1] ** 2
    assert less.facts["saved"] == pytest.approx(expected, abs=0.01)
    widths = [(r.table["high"] - r.table["low"])[1] for r in (less, plain)]
    assert widths[0] / widths[1] == pytest.approx(np.sqrt(1 - expected), abs=0.02)
    assert "N_COVARIATE_BEFORE" in codes(less)


# ---------------------------------------------------------------- the lot


def test_a_broken_lot_names_no_winner_and_says_so():
    data = drawn(3_000, 1, 0.2)
    broken = data[~((data["arm"] == "b") & (data["person"] % 6 == 0))]
    result = compare(broken, metric="visit", arm="arm")
    assert "E_SAMPLE_RATIO" in codes(result)
    assert result.facts["withheld"] == "mismatch"
    assert result.table["verdict"].eq("undecided").all()
    assert result.table["grade"].iloc[1] == "too_early"
    meant = compare(broken, metric="visit", arm="arm", ratio={"a": 6, "b": 5})
    assert meant.table["verdict"].iloc[1] == "better"
    assert compare(broken, metric="visit", arm="arm", assigned="chosen").facts["withheld"] == ""


@pytest.mark.parametrize("expected", [(0.5, 0.5), (0.8, 0.2), (0.4, 0.3, 0.3)])
def test_a_lot_that_was_kept_is_hardly_ever_called_broken_in_daily_looks(expected):
    rng, shares = np.random.default_rng(3), np.array(expected)
    counts = np.cumsum(rng.multinomial(100, shares, size=(4_000, LOOKS)), axis=1)
    assert (sequences.mismatch_p(counts, shares) < MISMATCH).any(axis=1).mean() <= 2 * MISMATCH
    moved = shares + np.array([0.05, -0.05] + [0] * (len(shares) - 2))
    assert (sequences.mismatch_p(rng.multinomial(8_000, moved, size=100), shares) < MISMATCH).mean() > 0.9


def test_a_person_in_two_arms_is_in_neither():
    data = pd.concat([drawn(500, 1), drawn(500, 2)])
    twice = data.iloc[[0]].assign(arm="b")
    result = compare(pd.concat([data, twice]), metric="visit", arm="arm", unit="person")
    assert result.facts["people"] == 999
    assert "E_TWO_ARMS" in codes(result)


def test_rows_of_a_person_are_added_up():
    whole = drawn(800, 4).assign(spend=lambda d: d["spend"].round(2))
    parts = pd.concat([whole.assign(spend=whole["spend"] / 4), whole.assign(spend=whole["spend"] * 3 / 4)])
    one, two = (compare(d, metric="spend", arm="arm", unit="person", covariate="before").table for d in (whole, parts))
    pd.testing.assert_frame_equal(one, two)


def test_counts_of_people_are_their_rows():
    data = drawn(1_500, 8, 0.05)
    counts = data.groupby("arm", as_index=False).agg(sent=("visit", "size"), visit=("visit", "sum"))
    rows, added = compare(data, metric="visit", arm="arm").table, compare(counts, metric="visit", arm="arm", people="sent").table
    pd.testing.assert_frame_equal(rows, added)


def test_a_name_of_the_tables_takes_its_columns_and_its_way():
    rng, n = np.random.default_rng(2), 8_000
    data = pd.DataFrame({"arm": np.repeat(["a", "b"], n // 2), "delivered": 1 + rng.poisson(2, n)})
    data["unsubscribes"] = rng.binomial(data["delivered"], np.where(data["arm"] == "b", 0.02, 0.05))
    result = compare(data, metric="unsubscribe_rate", arm="arm")
    assert (result.facts["measure"], result.facts["unit"], result.facts["better"]) == ("ratio", "percent", "low")
    assert result.table["verdict"].iloc[1] == "better"
    assert result.table["lift"].iloc[1] < 0
    assert compare(data, metric="unsubscribe_rate", arm="arm", better="high").table["verdict"].iloc[1] == "worse"


# ---------------------------------------------------------------- how strongly it may be said


def test_grades_follow_the_rule_and_nothing_is_shown_without_a_lot():
    wins = compare(drawn(4_000, 1, 0.06), metric="visit", arm="arm")
    assert (wins.table["grade"].iloc[1], wins.facts["grade"], wins.facts["evidence"]) == ("shown", "shown", "randomised")
    seen = compare(drawn(4_000, 1, 0.06), metric="visit", arm="arm", assigned="chosen")
    assert (seen.facts["grade"], seen.facts["evidence"]) == ("tendency", "observational")
    assert "N_CHOSEN" in codes(seen)
    same = compare(drawn(30_000, 1), metric="visit", arm="arm", least=0.03)
    assert same.table[["verdict", "grade"]].iloc[1].tolist() == ["undecided", "no_difference"]
    assert np.isnan(same.table["more"].iloc[1])


def test_how_many_more_is_what_such_a_test_then_needs():
    """A test of the size named tells `least` in about 8 of 10 runs or more (the boundary may be crossed on the way)."""
    small = compare(drawn(1_000, 11), metric="visit", arm="arm", least=0.04, planned=2_000)
    total = small.facts["people"] + small.table["more"].iloc[1]
    assert total == pytest.approx(sample_size(baseline=0.2, lift=0.04).facts["people"], rel=0.3)
    hopeless = compare(drawn(1_000, 11), metric="visit", arm="arm", least=1e-5)
    assert np.isinf(hopeless.table["more"].iloc[1])


def test_words_without_a_lot_name_no_cause_in_either_language():
    result = compare(drawn(4_000, 1, 0.06), metric="visit", arm="arm", assigned="chosen", by="half")
    causes = ("bring", "brought", "cause", "thanks to", "increase", "better than", "apport", "grâce", "augment", "fait mieux")
    for language in ("en", "fr"):
        for reader in ("client", "employer", "team"):
            told = section(Voice(language=language, tables=load_tables(), reader=reader), result)
            said = " ".join([told.headline, *told.sentences, *(x for part in told.brief.values() for x in part)]).lower()
            assert not [word for word in causes if word in said], said


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_state_is_told(language):
    data = drawn(3_000, 1, 0.06)
    tests = {
        "shown": compare(data, metric="visit", arm="arm"),
        "worse": compare(data, metric="visit", arm="arm", control="b"),
        "too_early": compare(drawn(40, 3), metric="visit", arm="arm"),
        "no_difference": compare(drawn(30_000, 1), metric="visit", arm="arm", least=0.03),
        "withheld": compare(data[data.index % 5 > 0], metric="visit", arm="arm", ratio=[1, 2]),
        "no_range": compare(data.assign(spend=0.0), metric="spend", arm="arm", currency="EUR"),
        "seen": compare(data, metric="visit", arm="arm", assigned="chosen"),
        "tendency_better": compare(drawn(1_500, 11, 0.04), metric="visit", arm="arm"),
        "tendency_worse": compare(drawn(1_500, 11, 0.04), metric="visit", arm="arm", control="b"),
    }
    heads = {}
    for state, result in tests.items():
        told = section(Voice(language=language, tables=load_tables(), reader="team"), result)
        start = str(lookup(f"report.arms.{state}", language)).split("{")[0]
        assert told.headline.startswith(start), (state, told.headline)
        assert told.brief["did"]
        assert told.brief["next"]
        heads[state] = told.headline
    assert len(set(heads.values())) == len(heads)


def test_two_rates_and_their_difference_add_up_and_a_letter_is_no_place():
    result = compare(drawn(3_000, 1, 0.06).rename(columns={"visit": "y"}), metric="y", arm="arm")
    head = section(Voice(language="en", tables=load_tables(), reader="client"), result).headline
    assert "on y:" in head
    own, base, lift = (float(x) for x in re.findall(r"([\d.]+)(?:%| points)", head)[:3])
    assert own - base == pytest.approx(lift, abs=0.11)


def test_many_arms_are_tuned_for_the_two_that_a_difference_has():
    """The planned people of all arms are those of `sample_size`; a difference of two of five arms has two fifths of them."""
    data = drawn(2_000, 3, arms=5)
    five = compare(data, metric="spend", arm="arm", planned=10_000, correction="none").table.set_index("arm")
    pair = compare(data[data["arm"].isin(["a", "c"])], metric="spend", arm="arm", planned=4_000).table.set_index("arm")
    assert five.loc["c", ["low", "high"]].tolist() == pytest.approx(pair.loc["c", ["low", "high"]].tolist())
    result = compare(data, metric="visit", arm="arm", planned=10_000)
    error = np.sqrt(2 * 0.2 * 0.8 / 2_000)
    assert result.facts["planned"] == 10_000
    assert result.facts["detectable"] == pytest.approx(error * power.needed(0.8, look="any", alpha=0.0125, tuned=0.05), rel=0.12)


# ---------------------------------------------------------------- segments


def test_equal_segments_are_hardly_ever_told_apart_and_different_ones_are():
    wrong = [compare(drawn(1_000, seed, 0.03), metric="visit", arm="arm", by="half").targeting["differs"].iloc[0] for seed in range(40)]
    assert np.mean(wrong) <= 0.05
    data = drawn(6_000, 1)
    rng = np.random.default_rng(1)
    rate = 0.2 + 0.1 * (data["arm"] == "b") * np.where(data["half"] == "x", 1, -1)
    data["visit"] = (rng.random(len(data)) < rate).astype(int)
    result = compare(data, metric="visit", arm="arm", by="half")
    row = result.targeting.iloc[0]
    assert row["differs"]
    assert row["switch"] == 1
    assert row["gain_high"] >= 0.05  # half of the people would gain 0.1
    assert result.segments.set_index("segment")["verdict"].to_dict() == {"x": "better", "y": "worse"}


def test_small_segments_are_folded_and_keep_their_people():
    data = drawn(1_000, 3).assign(town=lambda d: np.where(d["person"] % 400 == 0, "hamlet " + d["person"].astype(str), "city"))
    segments = compare(data, metric="visit", arm="arm", by="town").segments
    assert set(segments["segment"]) == {"city", "(others)"}
    assert segments["n"].sum() == 1_000


@pytest.mark.skipif(not HILLSTROM.exists(), reason="the shared copy of Hillstrom's test is not here")
def test_hillstrom_is_read_right_and_targeting_gains_nothing():
    data = pd.read_csv(HILLSTROM)
    by = ["newbie", "channel", "mens", "womens", "zip_code", "history_segment"]
    visit, bought, spent = (
        compare(data, metric=m, arm="segment", control="No E-Mail", by=by if m == "visit" else None)
        for m in ("visit", "conversion", "spend")
    )
    table = visit.table.set_index("arm")
    assert table["lift"].round(4).to_dict() == {"No E-Mail": 0, "Mens E-Mail": 0.0766, "Womens E-Mail": 0.0452}
    assert table["grade"].iloc[1:].eq("shown").all()
    assert bought.table["lift"].round(4).tolist()[1:] == [0.0068, 0.0031]
    assert bought.table["verdict"].tolist()[1:] == ["better", "better"]
    assert spent.table["lift"].round(2).tolist()[1:] == [0.77, 0.42]
    assert spent.table["grade"].tolist()[1:] == ["shown", "tendency"]  # at one look 0.13 to 0.72 $; at all looks 0 is not ruled out
    assert visit.facts["withheld"] == ""
    assert set(visit.targeting["best"]) == {"Mens E-Mail"}
    assert visit.targeting["switch"].eq(0).all()
    assert visit.targeting["gain_high"].max() < 0.012
    told = section(Voice(language="en", tables=load_tables(), reader="client"), visit)
    assert any("gains nothing that the test can show" in s for s in told.sentences)


# ---------------------------------------------------------------- what comes in


def test_every_engine_reads_alike():
    data = drawn(500, 2, 0.05)
    frames: dict[str, Any] = {"pandas": data, "polars": pl.from_pandas(data), "lazy": pl.from_pandas(data).lazy()}
    frames["duckdb"] = duckdb.from_df(data)
    tables = [compare(f, metric="spend", arm="arm", covariate="before", by="half").table for f in frames.values()]
    for other in tables[1:]:
        pd.testing.assert_frame_equal(tables[0], other)


def test_blanks_are_no_zeros_and_uneven_ones_are_said():
    data = drawn(2_000, 2).astype({"visit": float})
    data.loc[(data["arm"] == "b") & (data["person"] % 5 == 0), "visit"] = np.nan
    result = compare(data, metric="visit", arm="arm")
    assert {"N_NO_OUTCOME", "E_LOST_UNEVENLY"} <= codes(result)
    assert result.table["n"].tolist() == [2_000, 1_600]
    assert result.facts["withheld"] == ""  # the lot was kept: what was lost is another matter, and said


def test_a_covariate_from_after_the_start_is_found_out():
    data = drawn(2_000, 3, 0.2)
    result = compare(data, metric="spend", arm="arm", covariate="visit")
    assert "E_COVARIATE_DIFFERS" in codes(result)
    assert result.facts["covariate"] is None
    plain = compare(data, metric="spend", arm="arm").table
    pd.testing.assert_frame_equal(result.table, plain)


def test_segments_that_the_arm_changed_are_found_out():
    """Who came back is no segment: the arm decided it. One that was there before is left in peace."""
    data = drawn(4_000, 3, 0.2).assign(back=lambda d: np.where(d["visit"] == 1, "back", "gone"))
    assert "E_SEGMENTS_DIFFER" in codes(compare(data, metric="spend", arm="arm", by="back"))
    assert "E_SEGMENTS_DIFFER" not in codes(compare(data, metric="spend", arm="arm", by=["half", "half"]))
    assert "E_SEGMENTS_DIFFER" not in codes(compare(data, metric="spend", arm="arm", by="back", assigned="chosen"))


def test_numbers_of_people_and_half_a_point_as_a_half_are_asked_about():
    assert "N_LIKE_NAMES" in codes(compare(drawn(50), metric="person", arm="arm"))
    assert "N_LIKE_NAMES" not in codes(compare(drawn(50), metric="visits", arm="arm"))
    assert "N_LEAST_LARGE" in codes(compare(drawn(50), metric="visit", arm="arm", least=0.5))
    assert "N_LEAST_LARGE" not in codes(compare(drawn(50), metric="visit", arm="arm", least=0.005))


def test_yes_is_one_and_a_number_of_an_arm_is_whole_beside_a_blank():
    data = drawn(500, 1, 0.1)
    worded = data.assign(visit=np.where(data["visit"] == 1, "Oui", "non"))
    pd.testing.assert_frame_equal(compare(worded, metric="visit", arm="arm").table, compare(data, metric="visit", arm="arm").table)
    numbered = data.assign(arm=np.where(data["arm"] == "a", 0.0, 1.0))
    numbered.loc[3, "arm"] = np.nan
    assert compare(numbered, metric="visit", arm="arm", control=0).table["arm"].tolist() == ["0", "1"]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_single_look_that_was_taken_is_not_prolonged(language):
    """Whoever adds people to a test that was to be read once has looked twice."""
    options: dict[str, Any] = {"metric": "visit", "arm": "arm", "look": "fixed"}
    start = str(lookup("report.arms.next_once", language)).split("{")[0]
    voice = Voice(language=language, tables=load_tables(), reader="client")
    for planned, ended in ((None, True), (600, True), (5_000, False)):
        for least in (None, 0.04):
            told = section(voice, compare(drawn(300, 3), planned=planned, least=least, **options)).brief["next"]
            assert told[0].startswith(start) == ended
            assert ("new test" in told[1] or "nouveau test" in told[1]) == ended


@pytest.mark.parametrize(("language", "new", "sure"), [("en", "new test", "19 chances in 20"), ("fr", "nouveau test", "19 chances sur 20")])
def test_the_planned_end_of_a_test_that_may_be_looked_at_is_an_end(language, new, sure):
    """No "go on" past what was planned; every range with its chances."""
    start = str(lookup("report.arms.next_end", language)).split("{")[0]
    voice = Voice(language=language, tables=load_tables(), reader="client")
    for planned, ended in ((None, False), (600, True), (630, True), (5_000, False)):
        told = section(voice, compare(drawn(300, 3), metric="visit", arm="arm", planned=planned))
        assert told.brief["next"][0].startswith(start) == ended
        assert (new in told.brief["next"][1]) == ended
        assert sure in told.headline


def test_a_leaning_is_for_the_better_where_less_is_better():
    data = drawn(1_500, 11, 0.04)
    voice = Voice(language="en", tables=load_tables(), reader="client")
    said = {b: section(voice, compare(data, metric="visit", arm="arm", better=b)).headline for b in ("high", "low")}
    assert "doing better" in said["high"]
    assert "doing worse" in said["low"]


def test_a_picture_says_no_winner_where_the_difference_does_not_matter():
    result = compare(drawn(60_000, 1, 0.01), metric="visit", arm="arm", least=0.05)
    assert result.table[["verdict", "grade"]].iloc[1].tolist() == ["better", "no_difference"]
    assert str(lookup("charts.comparison.same", "en")).format(control="a") in show(result).text


def test_one_great_spender_is_said():
    data = drawn(500, 3).assign(spend=lambda d: np.where(d["person"] == 7, 1e6, d["spend"]))
    assert "N_ONE_PERSON" in codes(compare(data, metric="spend", arm="arm"))


def test_hostile_names_stay_names_and_nobody_is_shown():
    names = ["<script>alert(1)</script>", "=cmd|' /C calc'!A0", "ana@example.org"]
    data = drawn(300, 1, arms=3).assign(arm=lambda d: d["arm"].map(dict(zip("abc", names, strict=True))))
    result = compare(data, metric="visit", arm="arm")
    assert "ana@example.org" not in result.table["arm"].tolist()
    assert len(result.table) == 3


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"metric": "visitt"}, {"E_MISSING_COLUMN"}),
        ({"metric": ("spend", "visits", "half")}, {"E_OPTION"}),
        ({"arm": "nobody", "control": "z"}, {"E_MISSING_COLUMN"}),
        ({"control": "z"}, {"E_OPTION"}),
        ({"look": "daily", "correction": "bonferroni", "assigned": "yes", "better": "up"}, {"E_OPTION"}),
        ({"least": -1, "planned": 0, "unmeasured": 30, "level": 95}, {"E_OPTION"}),
        ({"ratio": {"a": 1, "z": 1}}, {"E_OPTION"}),
        ({"ratio": [1, 0]}, {"E_OPTION"}),
        ({"metric": "half"}, {"E_NOT_A_NUMBER"}),
        ({"data": drawn(50).iloc[:0]}, {"E_NO_PEOPLE"}),
        ({"data": drawn(50).query("arm == 'a'")}, {"E_ONE_ARM"}),
        ({"data": drawn(50).assign(arm=lambda d: d["person"])}, {"E_MANY_ARMS"}),
        ({"data": drawn(50).assign(visit=np.nan)}, {"E_NO_PEOPLE", "N_NO_OUTCOME"}),
        ({"data": pd.concat([drawn(50), drawn(50).assign(arm="c")]), "unit": "person"}, {"E_NO_PEOPLE", "E_TWO_ARMS"}),
        ({"metric": "spend", "covariate": "spend"}, {"E_OPTION"}),
        ({"data": drawn(50).assign(visit=np.inf)}, {"E_NOT_FINITE"}),
        ({"data": drawn(50).assign(visits=0), "metric": ("spend", "visits")}, {"E_NO_DENOMINATOR"}),
        ({"people": "visits", "metric": "spend"}, {"E_EVENTS_GT_PEOPLE", "E_NOT_INTEGER"}),
        ({"data": pd.DataFrame({"arm": ["a", "b"], "visit": [0.1, 0.2], "n": [1_000, 1_000]}), "people": "n"}, {"E_NOT_INTEGER"}),
        ({"by": "visit"}, {"E_OPTION"}),
        ({"by": ["half", "arm"]}, {"E_OPTION"}),
        ({"by": 5}, {"E_OPTION"}),
        ({"tables": 3, "currency": "euro"}, {"E_OPTION"}),
        ({"metric": "arm"}, {"E_OPTION"}),
        ({"people": "visits", "metric": "visit", "covariate": "before"}, {"E_OPTION"}),
    ],
)
def test_what_would_be_a_wrong_number_is_refused_with_what_to_type(change, found):
    options: dict[str, Any] = {"data": drawn(50), "metric": "visit", "arm": "arm", **change}
    with pytest.raises(DataError) as caught:
        compare(options.pop("data"), **options)
    assert set(caught.value.codes) == found
    for code in found:
        assert lookup(f"findings.{code}.says", "fr") != lookup(f"findings.{code}.says", "en")


def test_an_arm_without_people_has_no_range():
    counts = pd.DataFrame({"arm": ["a", "b", "c"], "k": [2, 3, 0], "n": [100, 100, 0]})
    result = compare(counts, metric="k", arm="arm", people="n", assigned="chosen")
    assert "N_NO_RANGE" in codes(result)
    assert result.table["low"].isna().tolist() == [False, False, True]


@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_handful_of_people_gives_no_winner_and_no_crash(n):
    for metric in ("visit", "spend", ("spend", "visits")):
        for look in ("any", "fixed"):
            table = compare(drawn(n), metric=metric, arm="arm", look=look, by="half").table
            assert table["verdict"].eq("undecided").all()
