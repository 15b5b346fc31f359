"""Who listens: rates against closed forms and their coverage, small groups hidden without losing anyone, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.special import betaln
from scipy.stats import beta

import mktlib as mk
from mktlib.audience import describe_audience, describe_influence
from mktlib.audience.asked import asked
from mktlib.audience.days import block_days, ratio
from mktlib.audience.groups import FEWEST, OTHERS, shrunk_rates
from mktlib.audience.influence import concentration, power
from mktlib.audience.likes import liked
from mktlib.audience.money import bca, per_head
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
    for _ in range(60):
        true = rng.beta(a, b, len(size))
        fit = shrunk_rates(rng.binomial(size, true), size, 0.9)
        inside.append((fit[:, 1] <= true) & (true <= fit[:, 2]))
    assert 0.85 <= np.mean(inside) <= 0.96
    assert np.min(np.mean(inside, axis=0)) > 0.75, "no size of group is left out"


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
    assert table.loc["city_trendsetters", "revenue_per_person"] == pytest.approx(people.loc[large, "revenue"].mean(), rel=0.06)
    followers = people[large & people["follows"].eq(1)]
    assert table.loc["city_trendsetters", "followers"] == len(followers)
    assert table.loc["city_trendsetters", "engage_per_follower"] == pytest.approx(followers["engaged"].mean(), abs=0.02)
    over = result.facts["denominators"]
    assert (over["engage_rate"], over["engage_per_follower"], over["revenue_per_person"]) == ("people", "followers", "people")
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
    people.loc[people.index[-13:], "question_asked"] = ["Z ?", *["z ?"] * 10, "y", "y"]
    people["orders"] = pd.array([pd.NA] * 49 + [2], "Int64")
    table = describe_audience(people).table.set_index("group")
    assert table.loc["(missing)", "people"] == 12
    assert table.loc["b", "top_question"] == "z ?", "spelt as most people spell it"
    assert table.loc["(missing)", "top_question"] == ""
    assert table.loc["b", "buy_rate"] > table.loc["(missing)", "buy_rate"]


def posts_of(**engaged: list[int]) -> pd.DataFrame:
    """Posts seen a thousand times each, with so many engagements."""
    rows = [(kind, 1000, y) for kind, ys in engaged.items() for y in ys]
    return pd.DataFrame(rows, columns=["content_type", "impressions", "engagements"])


def test_formats_are_judged_by_how_posts_differ_not_by_how_many_saw_them():
    rng = np.random.default_rng(5)
    spread = {s: np.round(50 * np.exp(rng.normal(-(s**2) / 2, s, 24))).astype(int).tolist() for s in (0.02, 0.6)}
    width = {}
    for s, ys in spread.items():
        row = liked(posts_of(story=ys, poll=list(reversed(ys)))).iloc[0]
        width[s] = row["high"] - row["low"]
        assert row["low"] < np.mean(ys) / 1000 < row["high"]
        assert row["verdict"] == "undecided"
    assert width[0.6] > 2 * width[0.02] > 0


def test_what_is_liked_is_compared_on_the_same_mix_of_networks():
    """Reels on a network where everything is engaged with do not beat stories because of the network."""
    rng = np.random.default_rng(6)
    rows = [
        (kind, network, 2000, rng.binomial(2000, rate))
        for kind, network, rate, count in (
            ("reel", "a", 0.08, 40),
            ("reel", "b", 0.02, 4),
            ("story", "a", 0.08, 4),
            ("story", "b", 0.02, 40),
        )
        for _ in range(count)
    ]
    posts = pd.DataFrame(rows, columns=["content_type", "network", "impressions", "engagements"])
    raw = (
        posts.groupby("content_type")[["engagements", "impressions"]]
        .sum()
        .assign(rate=lambda t: t["engagements"] / t["impressions"])["rate"]
    )
    assert raw["reel"] > 2.5 * raw["story"]
    told = liked(posts)
    assert told["verdict"].eq("undecided").all()
    assert told["rate"].max() < 1.15 * told["rate"].min()


def test_likes_hold_the_truth_and_seldom_crown_an_equal():
    rng, inside, crowned = np.random.default_rng(7), [], 0
    for _ in range(15):
        rate = np.repeat([0.03, 0.03, 0.03, 0.03, 0.03], 14) * np.exp(rng.normal(-0.08, 0.4, 70))
        posts = pd.DataFrame({"style": np.repeat(list("abcde"), 14), "impressions": 3000, "engagements": rng.binomial(3000, rate)})
        told = liked(posts)
        inside += told["low"].lt(0.03).to_numpy().tolist() and (told["low"].lt(0.03) & told["high"].gt(0.03)).tolist()
        crowned += told["verdict"].ne("undecided").any()
    assert np.mean(inside) > 0.85
    assert crowned <= 3


def test_every_problem_is_said_at_once():
    people = pd.DataFrame({"segmnt": ["a"] * 12, "follows": ["1"] * 11 + ["often"]})
    with pytest.raises(DataError) as refused:
        describe_audience(people, pd.DataFrame({"content_type": ["a"]}), level=90)
    codes = refused.value.codes
    assert codes.count("E_MISSING_COLUMN") == 3  # segment, and of posts impressions and engagements
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


# ---------------------------------------------------------------- money


def test_revenue_per_person_of_one_group_is_the_product_of_two_posteriors():
    """A second implementation: the same law drawn without any of the code."""
    paid = np.array([20.0, 35, 50, 80, 15, 60, 45, 30, 55, 25, 70, 40])
    got = per_head(np.r_[np.zeros(188), paid], np.zeros(200, int), 1)[0]
    rng, size = np.random.default_rng(1), 200_000
    cv2 = ((paid / paid.mean() - 1) ** 2).sum() / 11
    off = (paid / paid.mean() - 1) ** 2
    free = max(3, min(11, 22 / ((off**2).mean() / off.mean() ** 2 - 1)))
    shape = 12 * rng.chisquare(free, size) / (cv2 * free)
    draws = rng.beta(12.5, 188.5, size) * paid.mean() * shape / rng.gamma(shape)
    assert got[0] == pytest.approx(np.median(draws), rel=0.03)
    assert got[1:] == pytest.approx(np.quantile(draws, [0.05, 0.95]), rel=0.05)


@pytest.mark.parametrize("law", ["gamma", "lognormal"])
def test_the_range_of_revenue_per_person_holds_the_truth_as_often_as_promised(law):
    rng, inside = np.random.default_rng(2), []
    group = np.repeat(np.arange(5), [36, 230, 480, 530, 650])
    for _ in range(70):
        rate, mean = rng.beta(3, 40, 5), np.exp(rng.normal(4, 0.25, 5))
        size = rng.gamma(2, 0.5, len(group)) if law == "gamma" else np.exp(rng.normal(-0.32, 0.8, len(group)))
        amounts = np.where(rng.random(len(group)) < rate[group], size * mean[group], 0)
        told = per_head(amounts, group, 5)
        inside.append((told[:, 1] <= rate * mean) & (rate * mean <= told[:, 2]))
    assert 0.83 <= np.mean(inside) <= 0.96


def test_a_group_where_nobody_bought_is_not_sure_to_bring_nothing():
    amounts = np.r_[np.zeros(60), np.full(30, 50.0), np.full(30, 70.0), np.zeros(140)]
    told = per_head(amounts, np.repeat([0, 1], [60, 200]), 2)
    assert told[0, 1] >= 0
    assert 0 < told[0, 2] < told[1, 0]


def test_money_given_back_has_a_bootstrapped_range_and_too_little_money_has_none():
    rng = np.random.default_rng(3)
    back = np.r_[rng.gamma(2, 20, 300), -rng.gamma(2, 10, 30)]
    told = per_head(back, np.zeros(330, int), 1)[0]
    assert told[0] == pytest.approx(back.mean())
    error = back.std(ddof=1) / np.sqrt(330)
    assert told[1:] == pytest.approx([back.mean() - 1.645 * error, back.mean() + 1.645 * error], rel=0.05)
    assert np.isnan(per_head(np.r_[np.zeros(40), 5.0], np.zeros(41, int), 1)[0, 1:]).all()


def test_bca_leans_to_the_side_of_the_tail():
    own = np.random.default_rng(4).lognormal(0, 1.5, 60)
    low, high = bca(own, [0.05, 0.95], np.random.default_rng(0))
    assert high - own.mean() > 1.3 * (own.mean() - low)


# ---------------------------------------------------------------- days


def days_of(rng, days: int, rho: float) -> tuple[np.ndarray, np.ndarray]:
    """Reach and engagements of days that follow each other, at 4 % with a weekly wave."""
    e = np.empty(days)
    e[0] = rng.normal()
    for i in range(1, days):
        e[i] = rho * e[i - 1] + np.sqrt(1 - rho**2) * rng.normal()
    reach = rng.poisson(3000 * np.exp(0.2 * rng.normal(size=days)))
    wave = 1 + 0.3 * np.sin(2 * np.pi * np.arange(days) / 7)
    return rng.poisson(0.04 * reach * wave * np.exp(0.3 * e - 0.045)).astype(float), reach.astype(float)


def test_the_range_of_a_daily_rate_holds_the_truth_where_days_follow_each_other():
    rng, inside, naive = np.random.default_rng(8), [], []
    for _ in range(250):
        y, n = days_of(rng, 182, 0.6)
        rate, low, high = ratio(y, n, np.arange(182))
        inside.append(low <= 0.04 <= high)
        naive.append(abs(rate - 0.04) < 1.645 * np.sqrt(rate / n.sum()))
    assert 0.84 <= np.mean(inside) <= 0.95
    assert np.mean(naive) < 0.3, "counting people instead of weeks promises what it cannot keep"


def test_a_ratio_of_days_leaves_out_what_is_unknown_and_has_no_range_before_four_weeks():
    y, n = np.array([1.0, np.nan, 3.0] * 20), np.array([10.0, 10, 0] * 20)
    assert ratio(y, n, np.arange(60))[0] == pytest.approx(0.1)
    assert np.isnan(ratio(np.ones(20), np.full(20, 9.0), np.arange(20))[1:]).all()
    assert np.isnan(ratio(np.zeros(0), np.zeros(0), np.zeros(0))).all()
    assert block_days(20) == 7


def test_an_account_is_told_per_follower_with_the_denominator_named():
    frame = load_sample("followers")
    result = describe_audience(frame)
    assert result.facts["by"] == "network"
    assert result.facts["grain"] == "network_day"
    one = frame[frame["network"] == "tiktok"]
    row = result.table.set_index("group").loc["tiktok"]
    assert row["engagement_per_reach"] == pytest.approx(one["engagements"].sum() / one["reach"].sum())
    assert row["engagement_per_follower"] == pytest.approx(30 * one["engagements"].sum() / one["followers"].sum())
    assert row["growth"] == pytest.approx(30 * (one["followers_gained"] - one["followers_lost"]).sum() / one["followers"].sum())
    assert row["growth"] == pytest.approx(row["gain_per_follower"] - row["loss_per_follower"])
    assert result.facts["denominators"]["growth"] == "followers, 30 d"
    assert (result.table.filter(like="_low").to_numpy() < result.table.filter(like="_high").to_numpy()).all()
    shuffled = describe_audience(frame.sample(frac=1, random_state=1)).table
    pd.testing.assert_frame_equal(shuffled, result.table)


def test_an_account_with_few_days_bad_days_and_columns_missing():
    frame = load_sample("followers").query("network == 'tiktok'").head(15)[["date", "network", "followers", "engagements"]]
    result = describe_audience(frame)
    assert np.isnan(result.table["engagement_per_follower_low"]).all()
    assert [f.code for f in result.findings] == ["E_FEW_DAYS"]
    assert "reach" in result.facts["absent"]
    assert "reach_per_follower" not in result.table
    assert "E_DAYS_TWICE" in {f.code for f in describe_audience(pd.concat([frame, frame])).findings}
    with pytest.raises(DataError) as by:
        describe_audience(frame, by="what")
    assert by.value.codes == ("E_MISSING_COLUMN",)
    with pytest.raises(DataError) as caught:
        describe_audience(frame.assign(date="soon"))
    assert caught.value.codes == ("E_BAD_DATE",)
    with pytest.raises(DataError) as negative:
        describe_audience(frame.assign(engagements=-1, followers="many"), level=2)
    assert set(negative.value.codes) == {"E_NEGATIVE_COUNT", "E_NOT_A_NUMBER", "E_OPTION"}


# ---------------------------------------------------------------- questions


def test_a_question_of_few_people_is_counted_and_not_shown():
    said = ["Do they fit?"] * 12 + ["do they  fit?"] * 4 + ["Where is Ana, 06 12 34 56 78?"] * 3 + [""] * 5 + ["Both?"] * 12
    group = pd.Series(["a"] * 24 + ["a"] * 6 + ["b"] * 6)
    shown, count, hidden = asked(pd.Series(said), group)
    assert shown.to_dict("records") == [
        {"group": "a", "question": "Do they fit?", "people": 16},
        {"group": OTHERS, "question": "Both?", "people": 12},
    ]
    assert (count, hidden) == (31, 3)
    assert asked(pd.Series(["Call 06 12 34 56 78, ana@example.org?"] * 10), pd.Series(["a"] * 10))[0]["question"].tolist() == [
        "Call ***, a***@e***?"
    ]


# ---------------------------------------------------------------- influence


def test_concentration_against_the_definition_by_brute_force():
    x = np.random.default_rng(9).lognormal(0, 1, 150)
    gini = np.abs(x[:, None] - x[None, :]).sum() / (2 * len(x) ** 2 * x.mean())
    told = concentration(x)
    assert told[0, 0] == pytest.approx(gini)
    assert told[2, 0] == pytest.approx(np.sort(x)[-15:].sum() / x.sum())
    assert told[:, 1].min() > 0
    assert (told[:, 1] < told[:, 0]).all()
    assert (told[:, 0] < told[:, 2]).all()


@pytest.mark.parametrize("share_of_buyers", [1.0, 0.2], ids=["all", "one in five"])
def test_the_range_of_the_gini_holds_the_truth(share_of_buyers):
    rng, inside = np.random.default_rng(10), []
    truth = 1 - share_of_buyers * (1 - 0.5205)  # of a lognormal of sd 1: 2 Phi(1 / sqrt 2) - 1, and zeros beside it
    for _ in range(60):
        x = np.where(rng.random(300) < share_of_buyers, rng.lognormal(0, 1, 300), 0)
        _, low, high = concentration(x)[0]
        inside.append(low <= truth <= high)
    assert 0.78 <= np.mean(inside) <= 0.99


def test_an_even_share_and_a_sole_holder():
    assert concentration(np.full(50, 3.0))[0].tolist() == pytest.approx([0, 0, 0], abs=1e-12)
    sole = concentration(np.r_[np.zeros(199), 1.0])
    assert sole[0, 0] == pytest.approx(1 - 1 / 200)


def test_the_power_of_reach_is_found_under_scatter_and_between_networks():
    rng, inside = np.random.default_rng(11), []
    for _ in range(150):
        reach, network = np.exp(rng.normal(7, 0.8, 100)), rng.integers(0, 3, 100)
        shares = rng.poisson(0.001 * np.exp(0.5 * network) * reach**1.2 * rng.gamma(2, 0.5, 100))
        _, low, high = power(shares.astype(float), reach, network)
        inside.append(low <= 1.2 <= high)
    assert 0.82 <= np.mean(inside) <= 0.96
    assert np.isnan(power(np.ones(3), np.ones(3), np.zeros(3, int))).all()


def test_influence_adds_up_persons_names_nobody_and_tells_no_share_of_fewer_than_ten():
    rng = np.random.default_rng(12)
    rows = pd.DataFrame({"who": [f"Ana {k % 90}" for k in range(400)], "revenue": rng.gamma(1, 20, 400)})
    result = describe_influence(rows, person="who")
    row = result.table.iloc[0]
    whole = rows.groupby("who")["revenue"].sum().to_numpy()
    assert row["count"] == 90
    assert row["gini"] == pytest.approx(np.abs(whole[:, None] - whole[None, :]).sum() / (2 * 90**2 * whole.mean()))
    assert np.isnan(row[["top1", "top10"]].astype(float)).all(), "a tenth of ninety is nine people"
    assert result.lorenz["people"].diff().dropna().min() * 90 >= FEWEST - 1e-9
    assert "Ana" not in repr(vars(result))
    with pytest.raises(DataError) as few:
        describe_influence(rows.head(9), person="who")
    assert few.value.codes == ("E_FEW_PEOPLE",)


def test_those_who_share_are_told_in_bands_of_ten_and_more():
    sizes = [5] * 30 + [500] * 20 + [5_000] * 4 + [2_000_000]
    result = describe_influence(pd.DataFrame({"author_followers": sizes}))
    assert result.sharers["sharers"].min() >= FEWEST
    assert result.sharers["sharers"].sum() == 55
    assert result.sharers["followers"].sum() == sum(sizes) == result.facts["potential"]
    assert result.facts["potential_median"] == 5


def test_influence_refuses_what_it_cannot_read():
    with pytest.raises(DataError) as caught:
        describe_influence(pd.DataFrame({"a": [1]}), person="who", level=0)
    assert set(caught.value.codes) == {"E_MISSING_COLUMN", "E_OPTION"}
    none = describe_influence(pd.DataFrame({"reach": [0] * 30, "engagements": [3] * 30}))
    assert [f.code for f in none.findings] == ["E_NO_CONCENTRATION"]
    assert none.table["measure"].tolist() == ["engagements"]


# ---------------------------------------------------------------- what careless tables hold


def test_a_group_that_nobody_follows_from_leaves_the_others_their_rates():
    people = crowd(a=100, b=100, c=40).assign(follows=[1] * 60 + [0] * 40 + [1] * 50 + [0] * 90, engaged=[1, 0] * 120)
    table = describe_audience(people).table.set_index("group")
    expected = shrunk_rates(np.array([30, 25]), np.array([60, 50]))
    columns = ["engage_per_follower", "engage_per_follower_low", "engage_per_follower_high"]
    assert table.loc[["a", "b"], columns].to_numpy(float) == pytest.approx(expected)
    assert table.loc["c", columns].isna().all()


def test_rows_that_name_nobody_are_left_out_and_are_not_one_person():
    named = pd.DataFrame({"who": [f"p{k % 40}" for k in range(200)], "revenue": np.arange(200.0)})
    nobody = pd.DataFrame({"who": [None, "", " "] * 20, "revenue": 1e6})
    result = describe_influence(pd.concat([named, nobody], ignore_index=True), person="who", measures=["revenue"])
    assert result.table["gini"].tolist() == describe_influence(named, person="who", measures=["revenue"]).table["gini"].tolist()
    assert [(f.code, f.found) for f in result.findings] == [("E_NO_PERSON", "60")]


def test_an_address_is_masked_where_it_names_a_group():
    result = describe_audience(crowd(x=20, y=20).replace({"segment": {"y": "ana@example.org"}}))
    assert result.table["group"].tolist() == ["a***@e***", "x"]


@pytest.mark.parametrize("dtype", ["Int64", "boolean"])
def test_questions_of_any_type_are_read(dtype):
    people = crowd(a=20).assign(question_asked=pd.Series([1, None] * 10, dtype=dtype))
    assert describe_audience(people).facts["asked"] == 10


@pytest.mark.parametrize("cell", [[1], {"a": 1}, 3, 20260101, True], ids=str)
def test_a_cell_that_is_no_day_among_days_is_named(cell):
    days = pd.DataFrame({"date": pd.Series(["2026-01-01", cell, None], dtype=object), "network": "x", "followers": 10})
    with pytest.raises(DataError, match="line 3, date"):
        describe_audience(days)


def test_what_one_person_paid_is_not_told():
    people = crowd(a=12, b=500).assign(orders=[1] + [0] * 511, revenue=[123.45] + [0] * 511)
    table = describe_audience(people).table
    assert table["revenue_per_person"].isna().tolist() == [True, False]
    assert not np.isclose(table.select_dtypes(float) * table[["people"]].to_numpy(), 123.45).any()


def test_people_who_have_several_rows_are_told():
    people = crowd(a=30).assign(member_id=[*range(20), *range(10)])
    assert [(f.code, f.found) for f in describe_audience(people).findings] == [("E_PEOPLE_TWICE", "10")]
    assert describe_audience(people.assign(member_id=range(30))).findings == ()


@pytest.mark.parametrize("categories", [[1, 2], [1.0, 2.0]], ids=str)
def test_numbers_in_categories_are_no_days(categories):
    days = pd.DataFrame({"date": pd.Categorical(categories * 10), "network": "x", "followers": 10})
    with pytest.raises(DataError, match="line 2, date"):
        describe_audience(days)


def test_blank_shares_are_left_out_and_counted_and_a_fit_that_tells_nothing_is_not_told():
    rng = np.random.default_rng(4)
    posts = pd.DataFrame({"reach": rng.lognormal(8, 1, 200).round(), "shares": rng.poisson(4, 200).astype(float)})
    posts.loc[:6, "shares"] = np.nan
    found = mk.describe_influence(posts)
    row = found.table.set_index("measure").loc["shares"]
    assert row["count"] == 193
    assert row["zeros"] == (posts["shares"] == 0).sum() / 193
    assert [(f.column, f.found) for f in found.findings if f.code == "E_MISSING_COUNT"] == [("shares", "7")]
    posts.loc[7, ["reach", "shares"]] = [1e9, 5000.0]  # one post weighs more than all others together
    wild = mk.describe_influence(posts).facts
    assert np.isnan(wild["spread"]) or wild["spread_high"] - wild["spread_low"] < 4
    text = " ".join(mk.report(mk.describe_influence(posts), language="en").sections[0].sentences)
    assert "in proportion" not in text


def test_a_table_of_pounds_is_told_in_pounds():
    lines = pd.DataFrame({"customer_id": np.arange(60) % 20, "date": pd.date_range("2025-01-01", periods=60, freq="5D"), "amount": 10.0})
    told = mk.describe_customers(lines, currency="GBP")
    for content in (told, told.table):
        assert "£" in mk.table(content, language="en").to_string()
        assert "€" not in mk.table(content, language="en").to_string()
