"""Money: scored directly, and as the chain of clicks, conversions and order values; against worlds with known truth."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.stats import gamma

from mktlib.errors import DataError, StoreError
from mktlib.intake import tally
from mktlib.planning import plan_campaign, read_brief
from mktlib.reporting import report
from mktlib.scoring import ChainScorer, ContentScorer, backtest, load_scorer
from mktlib.scoring.units import size_of_a_sale
from mktlib.simulate import load_sample, sample_path
from mktlib.vocabulary import load_tables

BY = ("segment", "style", "channel")


def world(seed: int, cell: int = 20_000, days: int = 7) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    """(log, cells, true value of each per thousand): clicks, conversions and gamma order values; every link differs by level and cell."""
    rng, dims = np.random.default_rng(seed), (4, 5, 3)
    at = np.indices(dims).reshape(3, -1).T
    cells = pd.DataFrame({a: [f"{a[:2]}{x}" for x in at[:, j]] for j, a in enumerate(BY)})
    click, sale, worth = (
        base * np.exp(sum(rng.normal(0, sd, d)[at[:, j]] for j, d in enumerate(dims)) + rng.normal(0, sd / 2, len(at)))
        for base, sd in ((0.02, 0.4), (0.03, 0.3), (40.0, 0.2))
    )
    seen = np.rint(np.maximum(rng.gamma(0.7, cell / 0.7, len(at)), 200) / days).astype(int)
    rows = []
    for day in range(days):
        clicks = rng.binomial(seen, click)
        sales = rng.binomial(clicks, sale)
        revenue = rng.gamma(2.0 * np.maximum(sales, 1e-9), worth / 2) * (sales > 0)
        rows.append(cells.assign(date=f"2026-10-{day + 1:02d}", impressions=seen, clicks=clicks, conversions=sales, revenue=revenue))
    return pd.concat(rows, ignore_index=True), cells, 1000 * click * sale * worth


def money(by: tuple[str, ...] = ("style",), **options: object) -> ContentScorer:
    return ContentScorer("value_per_mille", **{"by": by, "priors": "flat", **options})


@pytest.fixture(scope="module")
def log():
    return world(0)[0]


@pytest.fixture(scope="module")
def chain(log):
    return ChainScorer(by=BY, priors="flat").fit(log)


# ------------------------------------------------------------ the size of a sale


@pytest.mark.parametrize("shape", [0.4, 2.0])
def test_the_size_of_a_sale_is_that_of_the_world(shape):
    """Sales of gamma size: E v^2 / E v = mean * (1 + 1 / shape), for rows of many sales, of one, and of mostly none."""
    rng = np.random.default_rng(1)
    for expected in (20.0, 1.0, 0.05):
        sales = rng.poisson(expected * np.tile([0.5, 1.0, 2.0], 20_000))
        revenue = rng.gamma(shape * np.maximum(sales, 1e-9), 30 / shape) * (sales > 0)
        frame = pd.DataFrame({"style": np.tile(["a", "b", "c"], 20_000), "impressions": 100, "revenue": revenue})
        units = tally(frame, ["style"], metric="value_per_mille", moments=True)
        assert size_of_a_sale(units, ["style"]) == (pytest.approx(30 * (1 + 1 / shape), rel=0.05), True)


def test_the_size_of_a_sale_is_the_same_from_any_engine_and_order(log):
    found = [size_of_a_sale(tally(x, BY, metric="value_per_mille", moments=True), BY) for x in (log, pl.from_pandas(log), log[::-1])]
    assert found[1][0] == pytest.approx(found[0][0]) == found[2][0]
    rows = log.groupby(list(BY))
    mean = rows["revenue"].transform("sum") / rows["impressions"].transform("sum")
    kept = 1 - log["impressions"] / rows["impressions"].transform("sum")
    by_hand = ((log["revenue"] - log["impressions"] * mean) ** 2).sum() / (log["impressions"] * mean * kept).sum()
    assert found[0][0] == pytest.approx(by_hand)


def test_without_repeats_what_cells_differ_by_counts_as_luck_and_is_said(log):
    added = log.groupby(list(BY), as_index=False)[["revenue", "impressions"]].sum()
    from_rows, from_cells = money(BY).fit(log), money(BY).fit(added)
    assert "E_NO_REPEATS" in {f.code for f in from_cells.findings_} - {f.code for f in from_rows.findings_}
    assert from_cells.dispersion_ >= from_rows.dispersion_
    drawn, apart = (np.log(scorer.predict(added)).std() for scorer in (from_cells, from_rows))
    assert drawn < apart


def test_sales_that_are_counted_scatter_as_much_as_their_mean_until_repeats_tell():
    frame = pd.DataFrame({"style": ["a", "b"], "conversions": [40, 60], "revenue": [2000.0, 3000.0]})
    scorer = ContentScorer("order_value", by=("style",), priors="flat").fit(frame)
    assert scorer.dispersion_ == pytest.approx(2 * 50)
    assert "E_NO_REPEATS" in {f.code for f in scorer.findings_}


# ------------------------------------------------------------ money scored directly


def test_one_level_of_money_is_the_gamma_posterior():
    """With one cell only the level is open: rate ~ gamma(sales, exposure) up to the prior, which is wide."""
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"style": "a", "impressions": 1000, "revenue": 50.0 * rng.poisson(0.5, 2000)})
    scorer = money(pairs=False).fit(frame)
    sales, many = frame["revenue"].sum() / scorer.dispersion_, frame["impressions"].sum() / 1000 / scorer.dispersion_
    cell = pd.DataFrame({"style": ["a"]})
    assert scorer.predict(cell)[0] == pytest.approx(sales / many, rel=0.01)
    assert scorer.interval(cell)[0] == pytest.approx(gamma(sales + 0.5, scale=1 / many).ppf([0.05, 0.95]), rel=0.01)


def test_another_currency_changes_the_unit_and_nothing_else(log):
    cells = log[list(BY)].drop_duplicates()
    euros, yen = money(BY).fit(log), money(BY).fit(log.assign(revenue=160 * log["revenue"]))
    assert yen.dispersion_ == pytest.approx(160 * euros.dispersion_)
    np.testing.assert_allclose(yen.interval(cells), 160 * euros.interval(cells), rtol=1e-6)
    np.testing.assert_allclose(yen.interval(cells, exposure=5000), 160 * euros.interval(cells, exposure=5000), rtol=1e-6)
    assert (yen.score_cells().table["verdict"] == euros.score_cells().table["verdict"]).all()


def test_rates_of_money_given_one_by_one_are_the_log(log):
    cells, rates = log[list(BY)].drop_duplicates(), 1000 * log["revenue"] / log["impressions"]
    given = money(BY).fit(log[list(BY)], rates, exposure=log["impressions"])
    assert given.dispersion_ == pytest.approx(money(BY).fit(log).dispersion_)
    np.testing.assert_allclose(given.predict(cells), money(BY).fit(log).predict(cells), rtol=1e-6)
    assert 0.3 < given.score(log[list(BY)], rates, exposure=log["impressions"]) < 1


@pytest.mark.parametrize("revenue", [[0.0, 0, 0, 0], [-5.0, -1, -3, 0], [10.0, -4, 30, 5], [1e-6, 0, 2e-6, 1e-6], [1e12, 3e11, 0, 1e9]])
def test_refunds_and_no_revenue_at_all_are_answered(revenue, tmp_path):
    frame = pd.DataFrame({"style": ["a", "b", "a", "b"], "impressions": [1000, 2000, 1500, 500], "revenue": revenue})
    for priors in ("expert", "flat"):
        scorer = money(priors=priors).fit(frame)
        table = scorer.score_cells(within=()).table
        assert np.isfinite(table[["rate", "low", "high", "p_best", "opinion"]]).all(axis=None)
        assert (table["low"] <= table["rate"]).all()
        assert np.isfinite(scorer.interval(frame, exposure=100)).all()
        assert ("E_NO_EVENTS" in {f.code for f in scorer.findings_}) == (sum(revenue) <= 0)
        kept = load_scorer(scorer.save(tmp_path / "money.npz"))
        assert (kept.predict(frame) == scorer.predict(frame)).all()
        assert kept.dispersion_ == scorer.dispersion_


def test_the_table_tells_the_value_where_nothing_was_sold():
    frame = pd.DataFrame({"style": ["a", "b"], "impressions": [1000, 2000], "revenue": [0.0, 0.0]})
    low, high = money(priors="expert").fit(frame).interval(frame)[0]
    assert low < load_tables().base_rate("value_per_mille")[0] < high


def test_old_revenue_fades_and_sales_keep_their_size(log):
    whole, faded = money(BY).fit(log), money(BY, half_life_days=3).fit(log)
    assert faded.dispersion_ == pytest.approx(whole.dispersion_)
    assert faded.evidence_["count"].sum() < 0.7 * whole.evidence_["count"].sum()


def test_money_is_foretold_better_than_by_raw_rates(log):
    found = backtest(log, money(BY), every="2D")
    assert found.facts["gain"] > max(found.facts["gain_raw"], 0)
    assert np.isnan(found.facts["gain_pairs"])
    assert found.table["events"].sum() == pytest.approx(log[log["date"] >= "2026-10-03"]["revenue"].sum())
    assert 0.8 < found.facts["coverage"] <= 1


# ------------------------------------------------------------ the chain


def test_the_chain_multiplies_its_links_and_its_ends_are_those_of_the_draws(chain, log):
    cells = log[list(BY)].drop_duplicates().reset_index(drop=True)
    links = [ContentScorer(m, by=BY, priors="flat").fit(log) for m in ("click_rate", "conversion_rate", "order_value")]
    np.testing.assert_allclose(chain.predict(cells), 1000 * np.prod([s.predict(cells) for s in links], axis=0))
    drawn = chain.draws(cells, 40_000)
    np.testing.assert_allclose(drawn.mean(0), chain.predict(cells), rtol=0.02)
    np.testing.assert_allclose(np.quantile(drawn, [0.05, 0.95], axis=0).T, chain.interval(cells), rtol=0.03)
    table = chain.score_cells(cells, within=("segment",)).table
    for _, rows in table.groupby("segment"):
        won = np.bincount(drawn[:, rows.index].argmax(1), minlength=len(rows)) / len(drawn)
        assert np.abs(won - rows["p_best"]).max() < 0.05
        assert rows["p_best"].sum() == pytest.approx(1)


def test_each_link_explains_its_share_of_a_value(chain, tmp_path):
    cell = {"segment": "se1", "style": "st2", "channel": "ch0"}
    found = chain.explain(cell)
    assert list(found.table["level"]) == ["", "click_rate", "conversion_rate", "order_value"]
    assert found.facts["rate"] == pytest.approx(chain.predict(pd.DataFrame([cell]))[0])
    assert found.table["times"].prod() == pytest.approx(found.facts["rate"])
    said = report(found, language="fr", reader="analyst").save(tmp_path / "why.html").read_text(encoding="utf-8")
    assert "Panier moyen" in said
    assert "Taux de conversion" in said


@pytest.mark.parametrize("cell", [2000, 20_000, pytest.param(200_000, marks=pytest.mark.slow)])
def test_the_value_of_a_chain_lies_in_its_range_and_nearer_than_money_alone(cell, capsys):
    covered, error = np.zeros((2, 20)), np.zeros((2, 20))
    for seed in range(20):
        frame, cells, true = world(seed, cell)
        for j, scorer in enumerate((ChainScorer(by=BY, priors="flat"), money(BY))):
            low, high = scorer.fit(frame).interval(cells).T
            covered[j, seed] = np.mean((low <= true) & (true <= high))
            error[j, seed] = np.mean(np.log(scorer.predict(cells) / true) ** 2) ** 0.5
    with capsys.disabled():
        of, far = covered.mean(1), error.mean(1)
        print(f"\n{cell} impressions a cell: coverage chain {of[0]:.3f}, direct {of[1]:.3f}; error of the log {far[0]:.3f}, {far[1]:.3f}")
    assert (covered.mean(1) > 0.86).all()
    assert (covered.min(1) > 0.7).all()
    assert error[0].mean() < error[1].mean()


@pytest.mark.parametrize("shape", [0.4, 2.0])
def test_equals_are_not_told_apart_by_luck_of_money(shape):
    wrong = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        sales = rng.poisson(3.0, 280)
        revenue = rng.gamma(shape * np.maximum(sales, 1e-9), 40 / shape) * (sales > 0)
        frame = pd.DataFrame({"style": np.repeat([f"s{i}" for i in range(40)], 7), "impressions": 600, "revenue": revenue})
        wrong += money().fit(frame).score_cells(within=()).table["verdict"].isin(["make", "drop"]).any()
    assert wrong / 60 <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 60)


def test_a_better_value_is_named():
    rng = np.random.default_rng(3)
    expected = np.repeat([6.0] * 9 + [12.0], 14)
    frame = pd.DataFrame({"style": np.repeat([f"s{i}" for i in range(10)], 14), "impressions": 2000})
    frame["clicks"] = rng.binomial(2000, 0.05, 140)
    frame["conversions"] = rng.poisson(expected)
    frame["revenue"] = rng.gamma(2.0 * np.maximum(frame["conversions"], 1e-9), 20)
    table = ChainScorer(by=("style",), priors="flat").fit(frame).score_cells(within=()).table.set_index("style")
    assert table.loc["s9", "verdict"] == "make"
    assert table["p_best"].idxmax() == "s9"


def test_a_chain_is_kept_whole_or_refused(chain, log, tmp_path):
    file = chain.save(tmp_path / "chain.npz")
    kept = load_scorer(file)
    assert isinstance(kept, ChainScorer)
    assert list(kept.links_) == list(chain.links_)
    assert (kept.interval(log) == chain.interval(log)).all()
    pd.testing.assert_frame_equal(kept.score_cells().table, chain.score_cells().table, check_dtype=False)
    file.write_bytes(file.read_bytes()[:-200])
    with pytest.raises(StoreError):
        load_scorer(file)


def test_a_chain_asks_for_a_log_and_a_metric_that_has_one(log):
    for scorer, given in ((ChainScorer("click_rate", by=BY), (log,)), (ChainScorer(by=BY), (log, log["revenue"]))):
        with pytest.raises(DataError, match=r"value_per_mille|fit\(log\)"):
            scorer.fit(*given)
    with pytest.raises(DataError, match="conversions"):
        ChainScorer(by=BY).fit(log.drop(columns="conversions"))


def test_fractional_conversions_are_legal(log):
    """Platforms share one conversion among several clicks."""
    whole, shared = log[log["segment"] == "se0"], log[log["segment"] == "se0"].assign(conversions=lambda x: x["conversions"] * 0.75)
    cells = whole[list(BY)].drop_duplicates()
    ratio = ChainScorer(by=BY, priors="flat").fit(shared).predict(cells) / ChainScorer(by=BY, priors="flat").fit(whole).predict(cells)
    assert np.abs(np.log(ratio)).mean() < 0.1  # fewer conversions of a larger order each: the value stays


def test_links_that_do_not_follow_each_other_are_refused(tmp_path):
    file = tmp_path / "ours.toml"
    for chain, code in (('["click_rate", "order_value"]', "E_CHAIN"), ('["click_rat"]', "E_REFERENCE")):
        file.write_text(f"[metrics.value_per_mille]\nchain = {chain}\n", encoding="utf-8")
        with pytest.raises(DataError) as caught:
            load_tables(file)
        assert {f.code for f in caught.value.findings} == {code}


def test_a_plan_of_money_counts_money(tmp_path):
    """Value is the margin on revenue, revenue is exposures x rate / 1000; the plan's own check finds nothing."""
    brief = sample_path("briefs/sunglasses.toml").read_text(encoding="utf-8").replace('"click_rate"', '"value_per_mille"')
    file = tmp_path / "brief.toml"
    file.write_text(re.sub(r"(?m)^value = .*$", "value = 0.4", brief), encoding="utf-8")
    scores = ChainScorer(pairs=False).fit(load_sample("content_log")).score_cells()
    plan = plan_campaign(scores, read_brief(file))
    assert len(plan.check()) == 0
    assert plan.expected["value"] == pytest.approx(0.4 * plan.expected["events"], rel=1e-6)
    assert plan.expected["low"] < plan.expected["value"] < plan.expected["high"]
    first = plan.schedule[plan.schedule["quantity"] > 0].iloc[0]
    assert first["events"] <= first["exposure"] * first["rate"] / 1000 * (1 + 1e-9)
