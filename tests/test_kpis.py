"""Figures of money: the sums and denominators, the ranges, what pays, and everything that a log may hold that is no number."""

from __future__ import annotations

import math
import re

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.stats import chi2
from spent import LOG, TABLES, codes, days, value

import mktlib as mk
from mktlib.errors import DataError
from mktlib.measurement.kpi_ranges import Layout, Sums, believed, mean_range, plain, scatter, summed
from mktlib.measurement.kpi_rows import Figure, told
from mktlib.measurement.ratios import over
from mktlib.results.evidence import grade

# ---------------------------------------------------------------- definitions


@pytest.mark.parametrize("key", [k for k, r in TABLES.kpis.items()])
def test_the_example_of_each_definition_gives_its_value(key):
    row = TABLES.kpis[key]
    above, below = (row["example"][row[side]] for side in ("numerator", "denominator"))
    worth = row.get("factor", 1) * above / below - row.get("less", 0)
    assert math.isclose(1 - worth if row.get("minus") else worth, row["value"])
    if "made_by" not in row:
        example = pd.DataFrame([dict(row["example"])])
        assert math.isclose(mk.kpis(example, kpis=key, currency="EUR").table["value"].iloc[-1], row["value"])


def test_every_figure_of_the_shared_list_is_there():
    own = {"reach": "a count", "follower_growth": "no ratio of counts of one log"}
    path = mk.sample_path("content_log.csv").parents[3] / "shared" / "facts" / "kpis.csv"
    if not path.exists():
        pytest.skip("the shared list of figures is absent")
    assert set(pd.read_csv(path)["kpi"]) - set(TABLES.kpis) == set(own)


def test_a_company_adds_a_figure_of_its_own(tmp_path):
    ours = tmp_path / "ours.toml"
    row = """[kpis.cost_per_demo]
label = { en = "Cost per demo", fr = "Coût par démo" }
numerator = "spend"
denominator = "demos"
unit = "currency"
random = "denominator"
better = "low"
money = ["spend"]
per = { en = "per demo", fr = "par démo" }
of = { en = ["demo", "demos"], fr = ["démo", "démos"] }
says = { en = "a demo cost {value}", fr = "une démo a coûté {value}" }
source = "ours"
conf = "J"
"""
    ours.write_text(row, encoding="utf-8")
    tables = mk.load_tables(ours)
    result = mk.kpis(pd.DataFrame({"spend": [90.0], "demos": [3]}), kpis="cost_per_demo", tables=tables, currency="EUR")
    assert value(result, "total", "cost_per_demo") == 30
    ours.write_text(row.replace("{value}", "{nothing}").replace('"denominator"\nbetter', '"luck"\nbetter'), encoding="utf-8")
    with pytest.raises(DataError) as error:
        mk.load_tables(ours)
    assert {f.column for f in error.value.findings} == {"kpis.cost_per_demo.random", "kpis.cost_per_demo.says"}


# ---------------------------------------------------------------- sums


def test_a_total_is_the_ratio_of_sums_and_names_what_it_is_counted_over():
    result = mk.kpis(LOG, by="channel")
    total = result.table[result.table["of"] == "total"].set_index("kpi")
    assert total.loc["cpa", "value"] == pytest.approx(LOG["spend"].sum() / LOG["conversions"].sum())
    assert total.loc["cpm", "value"] == pytest.approx(1000 * LOG["spend"].sum() / LOG["impressions"].sum())
    each = result.table[(result.table["of"] == "group") & (result.table["kpi"] == "ctr")]
    assert total.loc["ctr", "value"] != pytest.approx(each["value"].mean())
    assert total.loc["cpc", ["per", "denominator", "numerator", "unit"]].tolist() == ["clicks", 1900.0, 1000.0, "currency"]


def test_channels_that_cost_nothing_are_told_apart():
    result = mk.kpis(LOG, by="channel")
    assert value(result, "email", "cpa", "status") == "no_cost"
    assert math.isnan(value(result, "email", "cpa"))
    assert value(result, "paid", "cpa") == 25
    assert value(result, "total", "cpa") == pytest.approx(50 / 3)
    assert "N_KPI_BLENDED" in codes(result)
    assert "N_KPI_BLENDED" not in codes(mk.kpis(LOG[LOG["channel"] != "email"], by="channel"))


@pytest.mark.parametrize("engine", ["polars", "lazy", "arrow", "duckdb", "csv", "parquet", "list"])
def test_every_engine_and_file_gives_the_same(engine, tmp_path):
    frame = pl.from_pandas(LOG)
    paths = [tmp_path / "a.csv", tmp_path / "b.csv"]
    LOG.iloc[:30].to_csv(paths[0], index=False)
    LOG.iloc[30:].to_csv(paths[1], index=False)
    LOG.to_csv(tmp_path / "all.csv", index=False)
    frame.write_parquet(tmp_path / "all.parquet")
    made = {
        "polars": frame,
        "lazy": frame.lazy(),
        "arrow": frame.to_arrow(),
        "duckdb": duckdb.sql("SELECT * FROM frame"),
        "csv": tmp_path / "all.csv",
        "parquet": str(tmp_path / "all.parquet"),
        "list": paths,
    }
    pd.testing.assert_frame_equal(mk.kpis(LOG, by="channel").table, mk.kpis(made[engine], by="channel").table)


def test_the_order_of_rows_changes_nothing():
    shuffled = LOG.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(mk.kpis(LOG, by="channel").table, mk.kpis(shuffled, by="channel").table, rtol=1e-12)


def test_weeks_are_made_of_days():
    result = mk.kpis(LOG, by="week", kpis="cpc")
    assert result.table["week"].tolist()[:3] == ["2026-03-02", "2026-03-09", "2026-03-16"]


def test_a_blank_is_left_out_and_said_and_is_no_0():
    blank = LOG.assign(revenue=LOG["revenue"].where(LOG["date"] > "2026-03-11"))
    zero = LOG.assign(revenue=LOG["revenue"].where(LOG["date"] > "2026-03-11", 0.0))
    assert value(mk.kpis(blank, by="channel"), "paid_search", "roas") == 6.5
    assert value(mk.kpis(zero, by="channel"), "paid_search", "roas") == 3.25
    told_of = [f for f in mk.kpis(blank, by="channel").findings if f.code == "N_KPI_LEFT_OUT"]
    assert [f.values["amount"] for f in told_of] == [500, 30]
    assert value(mk.kpis(blank, by="channel"), "total", "roas", "left_out") == 500
    assert value(mk.kpis(blank, by="channel"), "total", "cpa", "left_out") == 0


def test_groups_of_few_people_are_told_together():
    people = pd.DataFrame({"member_id": [f"m{i}" for i in range(40)], "segment": ["a"] * 25 + ["b"] * 8 + ["c"] * 7})
    people = people.assign(delivered=1, opens=[1, 0] * 20)
    result = mk.kpis(people, by="segment", kpis="open_rate")
    assert result.table["group"].tolist() == ["a", "others", "total"]
    assert result.table["denominator"].tolist() == [25, 15, 40]
    assert "N_KPI_FOLDED" in codes(result)
    assert mk.kpis(people, by="member_id", kpis="open_rate").table["group"].tolist() == ["others", "total"]


# ---------------------------------------------------------------- what a log may hold


def test_no_sale_is_a_range_and_never_infinity():
    result = mk.kpis(LOG, by="channel")
    row = result.table[(result.table["group"] == "display") & (result.table["kpi"] == "cpa")].iloc[0]
    assert row["status"] == "at_least"
    assert math.isnan(row["value"])
    assert math.isnan(row["high"])
    assert 600 / 6 < row["low"] < 600 / 3  # between a clumping count and Poisson's own bound
    assert not np.isinf(result.table.select_dtypes("number").to_numpy()).any()
    for language in ("en", "fr"):
        for reader in ("client", "employer", "team"):
            text = re.sub(
                "<style.*?</style>|<[^>]+>",
                " ",
                str(mk.report(mk.kpis(LOG, by="channel", kpis="cpa"), language=language, reader=reader).html),
                flags=re.DOTALL,
            )
            assert not re.search(r"\b(nan|NaN|inf|infinity|None)\b", text)


CASES = {
    "nothing spent": ({"spend": 0.0}, "cpa", "no_cost"),
    "more given back": ({"spend": -5.0}, "cpa", "credit"),
    "given back, roas": ({"spend": -5.0}, "roas", "credit"),
    "no click": ({"clicks": 0}, "cvr", "no_exposure"),
    "no click to pay for": ({"clicks": 0}, "cpc", "at_least"),
    "no revenue": ({"revenue": 0.0, "conversions": 0}, "roas", "none_sold"),
    "one row": ({}, "aov", "ok"),
}


@pytest.mark.parametrize("name", CASES)
def test_what_has_no_figure_says_why(name):
    changed, key, status = CASES[name]
    table = mk.kpis(LOG.assign(**changed), kpis=key).table
    assert table["status"].tolist()[-1] == status


def test_a_credit_note_stays_in_the_sums_and_is_said():
    back = LOG.assign(spend=LOG["spend"].where(LOG.index != 0, -15.0))
    result = mk.kpis(back, kpis="cpc")
    assert value(result, "total", "cpc") == pytest.approx((1000 - 45) / 1900)
    assert result.facts["given_back"] == {"spend": -15.0}
    assert "E_NEGATIVE_SPEND" in codes(result)


def test_refunds_and_losses_have_a_range_too():
    lost = LOG.assign(margin=np.where(LOG.index % 6 == 2, -40.0, LOG["revenue"] * 0.3))
    row = mk.kpis(lost, kpis="roi").table.iloc[-1]
    assert row["status"] == "ok"
    assert row["low"] < row["value"] < row["high"]


def test_more_conversions_than_clicks_is_no_share():
    seen = LOG.assign(conversions=LOG["clicks"] + 5)
    result = mk.kpis(seen, kpis="cvr")
    assert value(result, "total", "cvr") > 1
    assert value(result, "total", "cvr", "high") > value(result, "total", "cvr")
    assert "N_KPI_OVER_ONE" in codes(result)


REFUSED = {
    "groups that are no names": ({"by": 5}, {}, {"E_MISSING_COLUMN"}),
    "groups called as a column of the answer": ({"by": "value"}, {"value": "x"}, {"E_OPTION"}),
    "figures that are no names": ({"kpis": 5}, {}, {"E_OPTION"}),
    "rates that are a list": ({"rates": [1, 2]}, {}, {"E_RATES"}),
    "a sign for a currency": ({"currency": "€"}, {}, {"E_OPTION"}),
    "unknown figure": ({"kpis": "cpq"}, {}, {"E_OPTION"}),
    "made elsewhere": ({"kpis": "ltv"}, {}, {"E_KPI_ELSEWHERE"}),
    "no such group": ({"by": "chanel"}, {}, {"E_MISSING_COLUMN"}),
    "column lacking": ({"kpis": ["cpl", "vtr"]}, {}, {"E_MISSING_COLUMN"}),
    "margin of 40": ({"margin": 40}, {}, {"E_OPTION"}),
    "margin column": ({"margin": "marge"}, {}, {"E_MISSING_COLUMN"}),
    "level": ({"level": 90}, {}, {"E_OPTION"}),
    "currency": ({"currency": "euro"}, {}, {"E_OPTION"}),
    "unmeasured": ({"unmeasured": 30}, {}, {"E_OPTION"}),
    "another currency": ({"currency": "USD"}, {}, {"E_MIXED_CURRENCY"}),
    "two currencies": ({}, {"currency": ["EUR", "USD", "USD"] * 20}, {"E_MIXED_CURRENCY"}),
    "rates lack one": ({"rates": {"EUR": 1}}, {"currency": ["EUR", "USD", "USD"] * 20}, {"E_RATES"}),
    "negative clicks": ({}, {"clicks": -1}, {"E_NEGATIVE_COUNT"}),
    "endless money": ({}, {"spend": math.inf}, {"E_NOT_FINITE"}),
    "text": ({}, {"clicks": ["ten", 1, 2] * 20}, {"E_NOT_A_NUMBER"}),
    "a date that is none": ({"by": "week"}, {"date": "soon"}, {"E_BAD_DATE"}),
    "all blank": ({"kpis": "cpc"}, {"spend": np.nan}, {"E_KPI_ALL_BLANK"}),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_wrong_is_refused_by_name(name):
    options, changed, expected = REFUSED[name]
    with pytest.raises(DataError) as error:
        mk.kpis(LOG.assign(**changed), **options)
    assert {f.code for f in error.value.findings} == expected


def test_everything_wrong_is_said_at_once_and_an_empty_log_too():
    with pytest.raises(DataError) as error:
        mk.kpis(LOG, by="chanel", kpis=["cpq", "vtr"], margin=-1)
    assert len(error.value.findings) == 4
    with pytest.raises(DataError) as error:
        mk.kpis(LOG.head(0))
    assert error.value.findings[0].code == "E_NO_ROWS"
    with pytest.raises(DataError) as error:
        mk.kpis(LOG[["date"]])
    assert error.value.findings[0].code == "E_KPI_NONE"


def test_a_group_asked_for_twice_is_told_once():
    once, twice = (mk.kpis(LOG, by=by, kpis="cpc").table for by in ("channel", ["channel", "channel"]))
    pd.testing.assert_frame_equal(once, twice)


def test_a_value_without_end_and_an_effect_of_exactly_none_have_no_cost():
    assert over((10.0, 10.0, 10.0), (0.0, 0.0, 0.0), 0.9).status == "none_gained"
    assert over((10.0, 8.0, 12.0), (0.0, 0.0, 0.0), 0.9).status == "unbounded"


def test_two_currencies_with_rates_are_one():
    mixed = LOG.assign(currency=np.where(LOG["channel"] == "display", "USD", "EUR"))
    result = mk.kpis(mixed, rates={"EUR": 1, "USD": 0.9})
    assert value(result, "total", "cpc") == pytest.approx((600 * 0.9 + 400) / 1900)
    assert result.facts["currency"] == "EUR"
    signs = mk.kpis(LOG.assign(currency=["€", "eur ", "EUR"] * 20), currency="EUR")
    assert signs.facts["currency"] == "EUR"


def test_without_a_margin_there_is_no_roi_and_it_says_what_to_give():
    result = mk.kpis(LOG, kpis=["roas", "roi"])
    assert set(result.table["kpi"]) == {"roas"}
    assert "N_KPI_NO_MARGIN" in codes(result)
    given = mk.kpis(LOG, margin=0.5)
    assert value(given, "paid", "roi") == pytest.approx(0.5 * value(given, "paid", "roas") - 1)
    assert given.facts["break_even"] == 2


def test_hostile_names_stay_text():
    named = LOG.assign(channel=LOG["channel"].replace("display", "<script>alert(1)</script>$x_{$"))
    result = mk.kpis(named, by="channel", margin=0.4)
    mk.plot(result)
    assert "<script>alert" not in mk.report(result, reader="team").html


# ---------------------------------------------------------------- ranges


def test_a_count_of_known_scatter_has_garwoods_range():
    """Scatter 1, known: exact limits from the chi-square law."""
    own = summed(np.array([7.0]), np.array([1.0]))
    low, high = believed(own, 1.0, 1e9).ends(0.9)
    assert low == pytest.approx(chi2.ppf(0.05, 14) / 2, rel=1e-5)
    assert high == pytest.approx(chi2.ppf(0.95, 16) / 2, rel=1e-5)


def test_a_share_of_known_scatter_has_the_exact_range():
    own = summed(np.array([3.0]), np.array([40.0]), bounded=True)
    low, high = believed(own, 1.0, 1e9, bounded=True).ends(0.9)
    assert low / 40 == pytest.approx(0.02075, abs=2e-4)  # Clopper and Pearson of 3 of 40
    assert high / 40 == pytest.approx(0.18264, abs=2e-4)


def test_unequal_spending_is_no_scatter_and_strata_explain_what_they_can():
    spend = np.array([10.0, 20.0, 40.0, 80.0])
    assert summed(spend / 10, spend).variance == pytest.approx(0)
    total, over_ = np.array([1.0, 50.0, 1.0, 50.0]), np.full(4, 10.0)
    layout = Layout(bundle=np.array([0, 0, 1, 1]), stratum=np.array([0, 1, 0, 1]))
    assert summed(total, over_, layout=layout).variance == pytest.approx(0)
    alone = Layout(bundle=np.arange(4), stratum=np.arange(4))
    assert summed(total, over_, layout=alone).variance == pytest.approx(summed(total, over_).variance)


def test_scatter_is_told_by_other_groups_where_a_group_is_small():
    rng = np.random.default_rng(3)
    wild = [summed(rng.negative_binomial(2.5, 1 / 5, 40).astype(float), np.ones(40)) for _ in range(5)]
    one = summed(np.array([8.0]), np.array([1.0]))
    assert scatter(one, wild)[0] > 3 * scatter(one, [])[0] / 1.5
    assert scatter(one, [])[0] == pytest.approx(1.2)


def test_a_range_widens_with_the_level_and_narrows_with_the_count():
    few, many = (summed(np.full(20, k / 20), np.ones(20)) for k in (10.0, 1000.0))
    a, b, c = (believed(few, 1.2, 8).ends(level) for level in (0.5, 0.9, 0.99))
    assert c[0] < b[0] < a[0] < 10 < a[1] < b[1] < c[1]
    wide = [np.subtract(*believed(s, 1.2, 8).ends(0.9)[::-1]) / s.total for s in (few, many)]
    assert wide[1] < wide[0] / 5


def test_p_value_and_range_agree():
    belief = believed(summed(np.full(20, 2.0), np.ones(20)), 1.3, 15)
    low, high = belief.ends(0.9)
    assert belief.p_value(low) == pytest.approx(0.1, abs=1e-4)
    assert belief.p_value(high) == pytest.approx(0.1, abs=1e-4)
    some = plain(np.array([5.0, -2.0, 4.0]), np.ones(3))
    assert some.p_value(some.ends(0.9)[0]) == pytest.approx(0.1)


def test_a_mean_order_has_students_range():
    each = np.array([20.0, 35.0, 50.0, 28.0, 41.0])
    low, high = mean_range(each, np.ones(5), 0.9)
    assert low < each.mean() < high
    assert math.log(high / each.mean()) == pytest.approx(math.log(each.mean() / low))
    assert 2 * math.sqrt(each.var(ddof=1) / 5) < (high - low) / 2 < 3.5 * math.sqrt(each.var(ddof=1) / 5)


@pytest.mark.parametrize(
    ("phi", "expected", "least"), [(1, 0.3, 0.88), (1, 3, 0.88), (1, 30, 0.88), (2, 10, 0.86), (5, 3, 0.85), (5, 100, 0.85)]
)
def test_the_cost_of_a_sale_lies_in_its_range_as_often_as_promised(phi, expected, least):
    rng = np.random.default_rng([int(10 * expected), phi])
    figure, inside = Figure.of(TABLES.kpis["cpa"]), []
    for _ in range(150):
        spend = 100 * rng.lognormal(0, 0.4, 30)
        mean = expected * spend / spend.sum()
        sales = rng.poisson(mean) if phi == 1 else rng.negative_binomial(mean / (phi - 1), 1 / phi)
        seen = told(figure, days(above=spend, below=sales), [], 0.9)
        inside.append(not seen.low > spend.sum() / expected and not seen.high < spend.sum() / expected)
    assert np.mean(inside) >= least - 2 * math.sqrt(least * (1 - least) / 150)


@pytest.mark.parametrize(("tail", "orders"), [(0.5, 3), (1.0, 10), (1.0, 100)])
def test_revenue_with_large_orders_lies_in_its_range(tail, orders):
    rng = np.random.default_rng(orders)
    figure, inside = Figure.of(TABLES.kpis["roas"]), []
    truth = orders * 50 * math.exp(tail**2 / 2) / 3000
    for _ in range(150):
        sold = rng.poisson(orders / 30, 30)
        revenue = np.bincount(np.repeat(np.arange(30), sold), rng.lognormal(math.log(50), tail, sold.sum()), 30)
        seen = told(figure, days(above=revenue, below=np.full(30, 100.0), events=sold), [], 0.9, 50.0)
        inside.append(not seen.low > truth and not seen.high < truth)
    assert np.mean(inside) >= 0.85 - 2 * math.sqrt(0.85 * 0.15 / 150)


# ---------------------------------------------------------------- what pays


def test_groups_are_judged_together_and_a_log_shows_a_tendency_at_most():
    result = mk.kpis(LOG, by="channel", margin=0.5)
    table = result.table[result.table["kpi"] == "roas"].set_index("group")
    assert table["verdict"].to_dict() | {"total": "", "paid": ""} == {
        "display": "loses",
        "email": "no_cost",
        "paid_search": "pays",
        "paid": "",
        "total": "",
    }
    assert set(table["grade"]) <= {"", "tendency", "too_early"}
    assert result.facts["evidence"] == "observational"
    assert grade("observational", decided=True, leaning=True) == "tendency"


@pytest.mark.slow
def test_equal_groups_that_break_even_are_seldom_said_to_pay_or_lose():
    wrong, rng = [], np.random.default_rng(8)
    for _ in range(60):
        sold = rng.poisson(10, (10, 30))
        parts = [
            pd.DataFrame({"channel": f"c{k}", "date": range(30), "spend": 100.0, "conversions": n, "revenue": 50.0 * n})
            for k, n in enumerate(sold)
        ]
        log = pd.concat(parts).assign(
            date=lambda f: (pd.Timestamp("2026-03-02") + pd.to_timedelta(f["date"], unit="D")).dt.strftime("%Y-%m-%d")
        )
        table = mk.kpis(log, by="channel", kpis="roas", margin=0.2, currency="EUR").table
        wrong.append(table.loc[table["of"] == "group", "verdict"].isin(["pays", "loses"]).any())
    assert np.mean(wrong) <= 0.1 + 2 * math.sqrt(0.09 / 60)


def test_unmeasured_is_said_and_scales_nothing():
    plain_, told_ = mk.kpis(LOG, kpis="roas"), mk.kpis(LOG, kpis="roas", unmeasured=0.3)
    pd.testing.assert_frame_equal(plain_.table, told_.table)
    assert "30" in mk.report(told_, reader="team").html
    assert told_.facts["unmeasured"] == 0.3


def test_a_plan_stands_beside_what_was_spent():
    result = mk.kpis(mk.load_sample("results"), kpis="roas", margin=0.45)
    rows = mk.load_sample("results")[["planned_spend", "actual_spend"]].dropna()
    assert result.facts["planned_spend"] == pytest.approx(rows["planned_spend"].sum())
    assert result.facts["actual_spend"] == pytest.approx(rows["actual_spend"].sum())


# ---------------------------------------------------------------- sums and words


def test_words_of_causes_are_for_experiments_only():
    causal = re.compile(r"\b(brought|bring|caused?|thanks to|apporté|grâce à|rapporté)\b", re.IGNORECASE)
    for language in ("en", "fr"):
        for key, row in TABLES.kpis.items():
            if "made_by" not in row:
                assert not causal.search(row["says"][language]), key


def test_sums_without_events_know_nothing_of_scatter():
    none = Sums(total=0.0, over=10.0, variance=math.nan, floor=0.0, clusters=0.0, events=0.0, largest=0.0)
    assert none.df == 0.0
    assert believed(none, 1.0, 1e9).ends(0.9)[1] == pytest.approx(-math.log(0.05), rel=1e-4)


def test_few_or_large_orders_are_said_of_revenue_and_of_the_mean_order():
    few = LOG.assign(conversions=[0, 0, 1] * 20)
    told_of = [f.column for f in mk.kpis(few, kpis=["roas", "aov", "cpa"]).findings if f.code == "N_KPI_FEW_ORDERS"]
    assert told_of == ["roas, aov"]
    large = LOG.assign(revenue=LOG["revenue"].where(LOG.index != 5, 50_000.0), conversions=LOG["conversions"] * 10)
    assert "N_KPI_FEW_ORDERS" in codes(mk.kpis(large, kpis="roas"))
    assert "N_KPI_FEW_ORDERS" not in codes(mk.kpis(LOG.assign(conversions=LOG["conversions"] * 10), kpis="roas"))


# ---------------------------------------------------------------- text and money that are none


def test_a_scatter_that_was_assumed_is_said():
    months = pd.DataFrame({"month": ["2026-01", "2026-02", "2026-03"], "spend": [100.0, 120, 90], "conversions": [10, 12, 9]})
    daily = pd.DataFrame({"date": pd.date_range("2026-01-01", periods=30), "spend": 10.0, "conversions": np.arange(30) % 5})
    for log, assumed in ((months, True), (daily, False)):
        result = mk.kpis(log, kpis="cpa", currency="EUR")
        assert ("N_KPI_ASSUMED" in codes(result)) == assumed
        for language, says in (("en", "stray by luck was assumed"), ("fr", "a été supposée")):
            for reader in ("client", "employer", "team"):
                assert (says in mk.report(result, language=language, reader=reader).html) == assumed


@pytest.mark.parametrize("cell", ["1 200,50", "1\u202f200,50", "800,00", "1.200,50", "1 200"])
def test_a_sheet_with_a_decimal_comma_is_sent_to_the_reader_of_exports(tmp_path, cell):
    path = tmp_path / "costs.csv"
    path.write_text(f"date;spend;conversions\n2026-01-01;{cell};48\n2026-01-02;12,00;12\n", encoding="utf-8")
    with pytest.raises(DataError, match="read_export") as caught:
        mk.kpis(path)
    assert caught.value.codes == ("E_SHEET_NUMBER",)
    columns = tmp_path / "map.toml"
    columns.write_text('separator = ";"\ndecimal = ","\n[columns]\ndate = "date"\nspend = "spend"\nconversions = "conversions"\n')
    assert mk.kpis(mk.read_export(path, columns), kpis="cpa").table["denominator"].tolist() == [60.0]


def test_halves_of_characters_are_shown_as_question_marks_and_said():
    halved = LOG.assign(channel=pd.Series(["a\ud83d", "b", "c"] * 20, dtype=object), content_id=pd.Series(["\udc00"] * 60, dtype=object))
    result = mk.kpis(halved, by="channel", kpis="cpa")
    assert result.table["group"].tolist()[:1] == ["a?"]
    assert [f.column for f in result.findings if f.code == "E_HALF_CHARACTER"] == ["channel", "content_id"]
    scorer = mk.ContentScorer(by=("channel",), priors="flat").fit(halved)
    assert "E_HALF_CHARACTER" in {f.code for f in scorer.findings_}
    assert "a?" in scorer.levels_["channel"]


@pytest.mark.parametrize("column", ["spend", "revenue", "conversions"])
def test_next_to_nothing_is_nothing(column):
    tiny, none = (mk.kpis(LOG.assign(**{column: x}), by="channel", margin=0.4) for x in (1e-300, 0.0))
    pd.testing.assert_frame_equal(tiny.table, none.table)


def test_every_figure_of_cost_that_was_asked_stands_on_the_single_page():
    log = pd.DataFrame({"channel": ["a", "a", "b", "b"], "spend": [500.0, 480.0, 200.0, 150.0], "conversions": [21, 19, 0, 0]})
    log = log.assign(date=["2026-05-04", "2026-05-05"] * 2, revenue=[1500.0, 1300.0, 0.0, 0.0])
    result = mk.kpis(log, by="channel", kpis=["cpa", "roas", "roi"], margin=0.4)
    both = (("en", r"B at least €\d+", "Cost per acquisition €"), ("fr", r"B au moins \d+", "Coût par acquisition "))
    for language, least, whole in both:
        client, employer = (mk.report(result, language=language, reader=reader).html for reader in ("client", "employer"))
        assert whole in client
        assert re.search(least, employer)
        assert not re.search(least, client)  # what each channel cost is told to whoever pays


def test_one_far_group_does_not_squash_the_others_where_another_brought_nothing():
    log = pd.DataFrame({"channel": ["a", "b", "c"] * 2, "spend": [80.0, 3700.0, 350.0] * 2, "conversions": [60, 150, 0] * 2})
    log = log.assign(revenue=[4000.0, 9000.0, 0.0] * 2, date=["2026-05-04"] * 3 + ["2026-05-05"] * 3)
    ax = mk.plot(mk.kpis(log, by="channel", kpis="roas", margin=0.4))
    assert ax.get_xscale() == "symlog"
    left, right = ax.get_xlim()
    assert left == 0
    assert right > 4000 / 80


@pytest.mark.parametrize("name", ["total", "paid"])
def test_a_group_may_bear_the_name_of_the_whole(name):
    log = pd.DataFrame({"channel": ["mail", "a", "b"] * 20, "spend": [0.0, 30.0, 20.0] * 20, "conversions": [2, 1, 8] * 20})
    log = log.assign(revenue=log["conversions"] * 20.0, date=np.repeat(pd.date_range("2026-01-01", periods=20), 3), currency="EUR")
    plain = mk.kpis(log, by="channel", kpis=["cpa", "roas"], margin=0.5)
    named = mk.kpis(log.replace({"channel": {"a": name}}), by="channel", kpis=["cpa", "roas"], margin=0.5)
    apart = {"a": "group", name: "group"}
    for frame in (plain.table, named.table):
        frame["who"] = [apart.get(c, c) for c in frame["channel"]]
    numbers = [t.table.drop(columns=["channel", "group"]).sort_values(["of", "who", "kpi"], ignore_index=True) for t in (plain, named)]
    pd.testing.assert_frame_equal(*numbers)
    assert plain.facts["grade"] == named.facts["grade"]
    assert plain.facts["break_even"] == named.facts["break_even"]
