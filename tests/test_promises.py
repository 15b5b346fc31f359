"""Promises of the scorer that no formula gives: what must rise rises, days that scatter widen, the prior decides nothing that data can."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.special import expit

from mktlib import glmm
from mktlib.scoring import ContentScorer

ROOT = Path(__file__).resolve().parents[1]


def named(rates: np.ndarray, **columns: object) -> pd.DataFrame:
    return pd.DataFrame({"style": [f"s{i:02d}" for i in range(len(rates))], **columns})


counts = st.lists(st.tuples(st.integers(0, 60), st.integers(60, 5000)), min_size=2, max_size=6)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(counts, st.integers(0, 5))
def test_a_click_more_never_lowers_a_rate_and_an_exposure_more_never_raises_it(cells, at):
    y, n = np.array(cells, float).T
    at %= len(y)
    codes, one = np.arange(len(y))[:, None], np.arange(len(y)) == at

    def rate(y: np.ndarray, n: np.ndarray) -> float:
        return float(glmm.fit(codes, y, n, dims=(len(y),), terms="main", center=-4.0, sds=[0.5, 0.1]).rate(codes[one])[0])

    assert rate(y + one, n) >= rate(y, n) * (1 - 1e-9)
    assert rate(y, n + one) <= rate(y, n) * (1 + 1e-9)


@pytest.mark.parametrize("phi", [2, 5])
def test_days_that_scatter_are_told_and_their_ranges_keep_their_promise(phi):
    """24 cells over 28 days; a cell's day has its own rate, so that its clicks vary phi times as much as by chance."""
    told, covered = [], []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        rates, day = expit(-3.5 + 0.3 * rng.standard_normal(24)), 400
        size = (day - 1) / (phi - 1) - 1  # of a beta-binomial with that overdispersion
        clicks = rng.binomial(day, rng.beta(rates[:, None] * size, (1 - rates[:, None]) * size, (24, 28)))
        log = pd.concat([named(rates, date=f"2026-09-{d + 1:02d}", clicks=clicks[:, d], impressions=day) for d in range(28)])
        scorer = ContentScorer(by=("style",), priors="flat").fit(log)
        told.append("E_OVERDISPERSED" in {f.code for f in scorer.findings_})
        low, high = scorer.interval(named(rates)).T
        covered.append(np.mean((low <= rates) & (rates <= high)))
    assert all(told)
    assert np.mean(covered) >= 0.85


def test_rows_of_an_hour_a_day_or_all_time_score_alike():
    rng = np.random.default_rng(4)
    hours = pd.DataFrame({"style": np.repeat(["a", "b", "c"], 48), "date": np.tile(np.repeat(["2026-09-01", "2026-09-02"], 24), 3)})
    hours = hours.assign(impressions=rng.integers(50, 500, 144), clicks=rng.binomial(50, 0.1, 144))
    days, total = (hours.groupby(k, as_index=False)[["clicks", "impressions"]].sum() for k in (["style", "date"], ["style"]))
    tables = [ContentScorer(by=("style",)).fit(x).score_cells(within=()).table for x in (hours, days, total)]
    for other in tables[1:]:
        pd.testing.assert_frame_equal(tables[0], other, rtol=1e-9)


def test_twice_the_prior_sds_change_no_decision_that_data_can_make():
    """Twelve cells of 5,000 impressions and more: verdicts and clear first choices are the data's."""
    for seed in range(15):
        rng = np.random.default_rng(seed)
        codes = np.array([(i, j) for i in range(3) for j in range(4)])
        n = rng.integers(5000, 20_000, 12).astype(float)
        y = rng.binomial(n.astype(int), expit(-3.5 + 0.4 * rng.standard_normal(12))).astype(float)
        single, double = (
            glmm.fit(codes, y, n, dims=(3, 4), terms="main", center=-3.5, scale=0.5 * x, own_scale=0.4 * x).best(
                codes, codes[:, 0], size=4000, rng=np.random.default_rng(0)
            )
            for x in (1, 2)
        )
        for rows in codes[:, 0] == np.arange(3)[:, None]:
            first = single[rows].argmax()
            assert double[rows].argmax() == first or single[rows][first] < 0.6
        assert np.abs(single - double).max() < 0.1


def test_p_best_is_a_probability_and_beats_the_raw_rates_choice():
    """Six cells of a thousand impressions: the stated chance is how often it comes true, and its Brier score is the lower one."""
    stated, true, raw_brier, brier = [], [], [], []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        rates = expit(-3.5 + 0.35 * rng.standard_normal(6))
        clicks = rng.binomial(1000, rates)
        table = ContentScorer(by=("style",), priors="flat").fit(named(rates, clicks=clicks, impressions=1000)).score_cells(within=()).table
        hit = np.arange(6) == rates.argmax()
        stated += table["p_best"].tolist()
        true += hit.tolist()
        brier.append(((table["p_best"] - hit) ** 2).sum())
        raw_brier.append((((clicks == clicks.max()) / (clicks == clicks.max()).sum() - hit) ** 2).sum())
    stated, true = np.array(stated), np.array(true)
    for low, high in ((0.0, 0.2), (0.2, 0.5), (0.5, 1.01)):
        some = (stated >= low) & (stated < high)
        error = np.sqrt(true[some].mean() * (1 - true[some].mean()) / some.sum())
        assert abs(stated[some].mean() - true[some].mean()) < 0.05 + 2 * error
    assert np.mean(brier) < 0.9 * np.mean(raw_brier)


def test_two_machines_of_different_settings_write_the_same_page():
    """Hash seed, threads, time zone, locale, and the processor's own way to add up: the page, the scores and the plan are the same."""
    code = (
        "import hashlib, mktlib as mk\n"
        "log = mk.load_sample('content_log')\n"
        "scores = mk.ContentScorer(by=('segment', 'content_type', 'channel')).fit(log).score_cells()\n"
        "page = mk.report(scores, language='fr').html + scores.table.round(6).to_csv()\n"
        "plan = mk.plan_campaign(mk.ContentScorer().fit(log).score_cells(), mk.read_brief(mk.sample_path('briefs/sunglasses.toml')))\n"
        "page += plan.schedule.round(4).to_csv() + plan.limits.round(4).to_csv()\n"
        "print(hashlib.sha256(page.encode()).hexdigest())"
    )
    settings_of = [
        {
            "PYTHONHASHSEED": "0",
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "TZ": "UTC",
            "LC_ALL": "C.UTF-8",
            "OPENBLAS_CORETYPE": "Haswell",
        },
        {
            "PYTHONHASHSEED": "1",
            "OMP_NUM_THREADS": "2",
            "OPENBLAS_NUM_THREADS": "2",
            "TZ": "Asia/Tokyo",
            "LC_ALL": "C",
            "OPENBLAS_CORETYPE": "Prescott",
        },
    ]
    runs = [
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, env={**os.environ, **s}, capture_output=True, text=True, check=True)
        for s in settings_of
    ]
    assert runs[0].stdout == runs[1].stdout != ""
