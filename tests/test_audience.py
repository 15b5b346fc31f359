"""Who listens: rates against closed forms and a simulation, small groups folded, wrong input named."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta

from mktlib.audience import describe_audience, shrunk_rates
from mktlib.errors import DataError
from mktlib.simulate import load_sample


def test_one_group_is_a_beta_posterior():
    total = 30.5 / 101
    mean, low, high = shrunk_rates(np.array([30]), np.array([100]))[0]
    a, b = 30 + total, 70 + 1 - total
    assert (mean, low, high) == pytest.approx((a / (a + b), beta.ppf(0.05, a, b), beta.ppf(0.95, a, b)), abs=1e-12)


def test_ranges_hold_the_truth_nine_times_in_ten():
    rng, inside = np.random.default_rng(5), []
    for _ in range(200):
        true, n = rng.beta(6, 24, 12), rng.integers(20, 400, 12)
        told = shrunk_rates(rng.binomial(n, true), n)
        inside += ((told[:, 1] <= true) & (true <= told[:, 2])).tolist()
    assert 0.86 <= np.mean(inside) <= 0.94  # 2,400 groups: three standard errors are 0.018, the rest is plug-in strength


def test_small_groups_are_folded_and_nobody_is_lost():
    people = pd.DataFrame({"segment": ["a"] * 40 + ["b"] * 30 + ["c"] * 4 + [None] * 12, "follows": 1, "orders": 0, "revenue": 2.0})
    told = describe_audience(people)
    assert dict(zip(told.table["group"], told.table["people"], strict=True)) == {"(missing)": 12, "a": 40, "b": 30, "others": 4}
    assert told.table["people"].sum() == len(people)
    assert told.table["share"].sum() == pytest.approx(1)
    assert [f.code for f in told.findings] == ["E_FOLDED"]


def test_formats_are_what_posts_earned():
    told = describe_audience(load_sample("audience"), load_sample("posts"))
    posts = load_sample("posts").groupby("content_type")[["engagements", "impressions"]].sum()
    for row in told.facts["formats"]:
        kind = posts.loc[row["content_type"]]
        assert row["rate"] == pytest.approx(kind["engagements"] / kind["impressions"])
        assert row["low"] < row["rate"] < row["high"]


def test_a_missing_column_is_named():
    with pytest.raises(DataError) as refused:
        describe_audience(pd.DataFrame({"segmant": ["a"], "follows": [1]}))
    assert refused.value.findings[0].column == "segment"
    assert refused.value.findings[0].hint == "segmant"
