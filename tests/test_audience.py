"""Who listens: rates against closed forms and their coverage, small groups hidden without losing anyone, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.special import betaln
from scipy.stats import beta

from mktlib.audience import describe_audience
from mktlib.audience.groups import FEWEST, OTHERS, shrunk_rates
from mktlib.errors import DataError
from mktlib.simulate import load_sample


def crowd(**sizes: int) -> pd.DataFrame:
    return pd.DataFrame({"segment": [g for g, n in sizes.items() for _ in range(n)]}).assign(follows=1, engaged=0, orders=0)


def test_one_group_alone_has_jeffreys_interval():
    expected = beta(30.5, 70.5)
    assert shrunk_rates(np.array([30]), np.array([100]))[0] == pytest.approx((30.5 / 101, expected.ppf(0.05), expected.ppf(0.95)), abs=1e-8)


def test_two_groups_are_what_summing_over_every_prior_by_brute_force_gives():
    hits, n = np.array([3, 20]), np.array([10, 40])
    mean, strength = np.meshgrid((np.arange(400) + 0.5) / 400, np.geomspace(0.5, 8000, 400))
    a, b = mean * strength, (1 - mean) * strength
    likely = sum(betaln(y + a, m - y + b) - betaln(a, b) for y, m in zip(hits, n, strict=True))
    weight = np.exp(likely) * strength / (strength + 10) ** 2 / np.sqrt(mean * (1 - mean))
    expected = [((y + a) / (m + strength) * weight).sum() / weight.sum() for y, m in zip(hits, n, strict=True)]
    assert shrunk_rates(hits, n)[:, 0] == pytest.approx(expected, abs=0.002)


def test_groups_that_differ_only_by_luck_are_pulled_together_and_groups_that_differ_are_not():
    rng = np.random.default_rng(3)
    n = np.array([12, 40, 300, 900, 900])
    hits = rng.binomial(n, 0.3)
    equal = shrunk_rates(hits, n)
    assert np.ptp(equal[:, 0]) < 0.6 * np.ptp(hits / n)
    rates = np.array([0.05, 0.2, 0.35, 0.5, 0.65])
    hits = np.round(rates * n).astype(int)
    apart = shrunk_rates(hits, n)
    raw = hits / n
    pulled = np.abs(apart[:, 0] - raw)
    assert pulled[0] > 5 * pulled[3], "the small group moves, the large one stays"
    assert pulled[2:].max() < 0.02
    assert apart[0, 0] > raw[0], "towards the others"


@pytest.mark.parametrize(("a", "b"), [(4, 12), (40, 120), (2, 60)], ids=["far apart", "close", "rare"])
@pytest.mark.parametrize("n", [(15, 30, 60, 120, 240, 480, 900), (36, 230, 480, 480, 530, 650)], ids=["unequal", "as in the sample"])
def test_the_ranges_hold_the_true_rate_as_often_as_they_promise(a, b, n):
    rng, size = np.random.default_rng(11), np.array(n)
    inside = []
    for _ in range(150):
        true = rng.beta(a, b, len(size))
        fit = shrunk_rates(rng.binomial(size, true), size, 0.9)
        inside.append((fit[:, 1] <= true) & (true <= fit[:, 2]))
    assert 0.865 <= np.mean(inside) <= 0.95
    assert np.min(np.mean(inside, axis=0)) > 0.82, "no size of group is left out"


def test_a_wider_level_gives_a_wider_range_and_the_mean_stays():
    people = load_sample("audience")
    narrow, wide = (describe_audience(people, level=level).table for level in (0.5, 0.95))
    assert (narrow["buy_rate_low"] > wide["buy_rate_low"]).all()
    assert (narrow["buy_rate_high"] < wide["buy_rate_high"]).all()
    pd.testing.assert_series_equal(narrow["buy_rate"], wide["buy_rate"])


def test_the_sample_is_counted_right():
    people = load_sample("audience")
    result = describe_audience(people, load_sample("posts"))
    table = result.table.set_index("group")
    assert table["people"].to_dict() == people["segment"].value_counts().to_dict()
    assert table["share"].sum() == pytest.approx(1)
    assert result.facts["people"] == len(people)
    assert result.facts["buyers"] == int((people["orders"] > 0).sum())
    large = people["segment"] == "city_trendsetters"
    assert table.loc["city_trendsetters", "follow_rate"] == pytest.approx(people.loc[large, "follows"].mean(), abs=0.01)
    assert table.loc["city_trendsetters", "revenue_per_person"] == pytest.approx(people.loc[large, "revenue"].mean())
    asked = people.loc[large & people["question_asked"].ne(""), "question_asked"].value_counts()
    assert asked[table.loc["city_trendsetters", "top_question"]] == asked.max()
    for rate in ("follow_rate", "engage_rate", "buy_rate"):
        assert table[f"{rate}_low"].lt(table[rate]).all()
        assert table[rate].lt(table[f"{rate}_high"]).all()


def test_small_groups_are_shown_together_and_nobody_is_lost():
    result = describe_audience(crowd(a=50, b=FEWEST, tiny=FEWEST - 1, zoo=4))
    assert result.table["group"].tolist() == ["a", "b", OTHERS]
    assert result.table["people"].tolist() == [50, FEWEST, FEWEST + 3]
    assert [f.code for f in result.findings] == ["E_FOLDED"]
    assert result.facts["folded"] == 2


def test_the_others_are_never_so_few_that_one_of_them_can_be_told():
    result = describe_audience(crowd(a=50, b=12, lone=1))
    assert result.table.set_index("group")["people"].to_dict() == {"a": 50, OTHERS: 13}
    assert describe_audience(crowd(a=7, b=6)).table["people"].tolist() == [13]
    with pytest.raises(DataError) as caught:
        describe_audience(crowd(a=4, b=3))
    assert caught.value.codes == ("E_FEW_PEOPLE",)
    assert describe_audience(crowd(a=50, b=12)).findings == ()


def test_the_others_come_last_even_where_the_alphabet_says_otherwise():
    assert describe_audience(crowd(parents=20, zoo=20, x=9, y=9)).table["group"].tolist() == ["parents", "zoo", OTHERS]


def test_blank_answers_and_blank_groups():
    people = crowd(a=30, b=20)
    people.loc[:11, "segment"] = None
    people["question_asked"] = ""
    people.loc[people.index[-3:], "question_asked"] = ["z", "z", "y"]
    people["orders"] = pd.array([pd.NA] * 49 + [2], "Int64")
    table = describe_audience(people).table.set_index("group")
    assert table.loc["(missing)", "people"] == 12
    assert table.loc["b", "top_question"] == "z"
    assert table.loc["(missing)", "top_question"] == ""
    assert table.loc["b", "buy_rate"] > table.loc["(missing)", "buy_rate"]


def test_formats_are_judged_by_how_posts_differ_not_by_how_many_saw_them():
    calm = pd.DataFrame({"content_type": "story", "impressions": [1000] * 8, "engagements": [50] * 8})
    wild = pd.DataFrame({"content_type": "carousel", "impressions": [1000] * 8, "engagements": [0, 100] * 4})
    once = pd.DataFrame({"content_type": "poll", "impressions": [100, 0], "engagements": [10, 0]})
    formats = {f["content_type"]: f for f in describe_audience(crowd(a=20), pd.concat([calm, wild, once])).facts["formats"]}
    assert formats["story"]["rate"] == formats["carousel"]["rate"] == 0.05
    width = {k: f["high"] - f["low"] for k, f in formats.items()}
    assert width["carousel"] > 4 * width["story"] > 0
    assert width["story"] == pytest.approx(2 * 1.644854 * np.sqrt(0.05 * 0.95 / 8000), rel=1e-5)
    assert formats["poll"]["posts"] == 1
    assert formats["poll"]["low"] < 0.1 < formats["poll"]["high"]


def test_every_problem_is_said_at_once():
    people = pd.DataFrame({"segmnt": ["a"] * 12, "follows": ["1"] * 11 + ["often"]})
    with pytest.raises(DataError) as refused:
        describe_audience(people, pd.DataFrame({"content_type": ["a"]}), level=90)
    codes = refused.value.codes
    assert codes.count("E_MISSING_COLUMN") == 3
    assert {"E_NOT_A_NUMBER", "E_OPTION"} < set(codes)
    number = next(f for f in refused.value.findings if f.code == "E_NOT_A_NUMBER")
    assert (number.line, number.column, number.found) == (13, "follows", "often")
    assert "segmnt" in (refused.value.findings[0].hint or "")


def test_nobody_is_no_audience():
    with pytest.raises(DataError) as refused:
        describe_audience(crowd(a=0))
    assert refused.value.codes == ("E_NO_ROWS",)
    with pytest.raises(DataError) as without:
        describe_audience(pd.DataFrame({"segment": ["a"] * 20}))
    assert without.value.codes == ("E_MISSING_COLUMN",)


def test_the_callers_frame_is_left_as_it_was():
    people = load_sample("audience")
    before = people.copy(deep=True)
    describe_audience(people)
    pd.testing.assert_frame_equal(people, before)


def test_any_engine_will_do_and_a_count_below_nothing_will_not():
    people = pd.DataFrame({"segment": ["a"] * 20 + ["b"] * 20, "orders": [1, 0] * 20, "follows": [None] * 40})
    table = describe_audience(pl.from_pandas(people)).table
    assert table["group"].tolist() == ["a", "b"]
    assert "follow_rate" not in table
    with pytest.raises(DataError) as caught:
        describe_audience(people.assign(orders=-1))
    assert caught.value.codes == ("E_NEGATIVE_COUNT",)
