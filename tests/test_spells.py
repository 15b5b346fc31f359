"""Days that hang together and few pieces: seldom seen where they are not, wider ranges where they are."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from spent import TABLES, codes, days, value

import mktlib as mk
from mktlib.charts import describe, plot
from mktlib.errors import DataError
from mktlib.measurement import kpi_rows
from mktlib.measurement.kpi_ranges import Layout, believed, summed
from mktlib.measurement.kpi_rows import Cell, Figure, told
from mktlib.measurement.kpi_spells import CLEAR, lasting, spells_in
from mktlib.results.money import ENOUGH_SPELLS
from mktlib.vocabulary import phrase


def test_good_and_bad_weeks_are_seen_between_stretches_of_days():
    """Four weeks, two of them good: days of one stretch are alike, so that single days tell too little of the scatter."""
    clicks = np.repeat([120, 60, 120, 60], 7)
    log = pd.DataFrame({"date": pd.date_range("2026-03-02", periods=28), "impressions": 9000, "clicks": clicks, "spend": 30.0})
    row = mk.kpis(log, kpis="cpc", currency="EUR").table.iloc[-1]
    assert row["scatter_by"] == "spells"
    assert 0 < row["spells"] < ENOUGH_SPELLS
    shuffled = mk.kpis(log.assign(clicks=np.random.default_rng(1).permutation(clicks)), kpis="cpc", currency="EUR").table.iloc[-1]
    assert row["high"] - row["low"] > 1.3 * (shuffled["high"] - shuffled["low"])


def test_the_fewer_orders_the_further_the_next_record_may_lie():
    three, thirty = (summed(np.full(n, 50.0), np.full(n, 10.0), np.ones(n)) for n in (3, 30))
    highs = [believed(s, 1.2, 8.0).high for s in (three, thirty)]
    added = [float((count * unit).mean()) - s.total for (count, unit), s in zip(highs, (three, thirty), strict=True)]
    assert added[0] == pytest.approx(4 * 50, rel=0.01)
    assert 1.6 * added[1] < added[0]


def dated(n: int, **columns: object) -> pd.DataFrame:
    return pd.DataFrame({"date": pd.date_range("2026-03-02", periods=n), "spend": 30.0, "currency": "EUR"} | columns)


def lucky(rng: np.random.Generator, n: int, last: float) -> np.ndarray:
    """Luck of each day (sd 0.5 of its logarithm, 1 on average), of which the next one keeps a share."""
    luck = rng.normal(size=n)
    for k in range(1, n):
        luck[k] = last * luck[k - 1] + math.sqrt(1 - last**2) * luck[k]
    return np.exp(0.5 * luck - 0.125)


def strays(came: np.ndarray, over_: np.ndarray) -> np.ndarray:
    return came - came.sum(axis=1, keepdims=True) / over_.sum(axis=1, keepdims=True) * over_


@pytest.mark.parametrize("n", [14, 28, 90])
def test_days_that_do_not_hang_together_are_seldom_said_to(n):
    """No more often than the level that is stated, weekends that bring twice as much among them."""
    rng = np.random.default_rng(n)
    over_ = rng.lognormal(0, 0.8, (1500, n))
    for season in (np.ones(n), np.where(np.arange(n) % 7 >= 5, 2.0, 1.0)):
        came = strays(rng.poisson(10 * over_ * season).astype(float), over_)
        said = np.mean([lasting(s, o) < CLEAR for s, o in zip(came, over_, strict=True)])
        assert said <= CLEAR + 2 * math.sqrt(CLEAR * (1 - CLEAR) / 1500)


def test_the_variance_of_spells_is_that_of_the_slow_cosines():
    strayed = np.repeat([1.0, -1.0], 30)
    seen = spells_in(strayed, np.ones(60))
    by_hand = [sum(math.cos(math.pi * j * (t + 0.5) / 60) * x for t, x in enumerate(strayed)) for j in (1, 2, 3)]
    assert seen is not None
    assert seen.variance == pytest.approx(2 * np.mean(np.square(by_hand)))
    assert seen.df == 3
    assert seen.spells == pytest.approx(60 * 60 / seen.variance)
    assert spells_in(np.tile([1.0, -1.0], 30), np.ones(60)) is None


@pytest.mark.parametrize(("n", "least"), [(28, 0.78), (90, 0.85)])
def test_ranges_of_days_that_hang_together_hold(n, least):
    """Of 0.9 not all: 28 days are five spells. Taken for independent days they held in 0.6, 90 days in 0.8."""
    rng, figure, inside, found = np.random.default_rng(n), Figure.of(TABLES.kpis["cpc"]), [], []
    for _ in range(150):
        clicks = rng.poisson(300 * lucky(rng, n, 0.7))
        seen = told(figure, days(above=np.full(n, 100.0), below=clicks), [], 0.9)
        inside.append(seen.low <= 100 / 300 <= seen.high)
        found.append(seen.spells > 0)
    assert np.mean(found) > 0.85
    assert np.mean(inside) >= least


def test_too_few_spells_or_days_are_said_and_judged_with_care():
    lasts = dated(28, conversions=np.repeat([12, 4, 12, 4], 7)).assign(revenue=lambda f: 50.0 * f["conversions"])
    mixed = lasts.assign(conversions=np.random.default_rng(1).permutation(lasts["conversions"])).assign(
        revenue=lambda f: 50.0 * f["conversions"]
    )
    short, no_days = mixed.head(13), mixed.head(13).drop(columns="date")
    cases = [(lasts, 0.1, "N_KPI_FEW_SPELLS", "cannot_tell"), (mixed, 0.1, None, "pays")]
    cases += [(log, m, "N_KPI_SHORT", v) for log in (short, no_days) for m, v in ((0.1, "cannot_tell"), (0.9, "pays"))]
    for log, margin, code, verdict in cases:
        result = mk.kpis(log, kpis="roas", margin=margin)
        assert value(result, "total", "roas", "verdict") == verdict
        assert result.facts["grade"] == ("tendency" if verdict == "pays" else "too_early")
        assert codes(result) & {"N_KPI_FEW_SPELLS", "N_KPI_SPELLS", "N_KPI_SHORT"} == ({code} if code else set())
    for language, says in (("en", "come in spells"), ("fr", "viennent par périodes")):
        assert says in mk.report(mk.kpis(lasts, kpis="roas", margin=0.5), language=language, reader="client").html


def each(**groups: np.ndarray) -> pd.DataFrame:
    """Logs by day of channels, one sale at 50 each."""
    logs = [dated(len(sold), channel=c, conversions=sold, revenue=50.0 * sold) for c, sold in groups.items()]
    return pd.concat(logs, ignore_index=True)


LUCK = {f"g{k}": np.random.default_rng(k).poisson(4.0, 28) for k in range(12)}
OPEN = {
    "reached": (each(a=LUCK["g0"]), 0.15),
    "short": (each(a=np.array([5, 7, 6, 6, 5, 7])), 0.15),
    "spells": (each(a=np.repeat([14, 6, 14, 6], 7)), 0.3),
    "many": (each(a=np.random.default_rng(0).poisson(5.2, 28), **LUCK), 0.14),
}
"""Logs of which it cannot be told whether they pay: one side of break-even or both, and why."""


@pytest.mark.parametrize("why", OPEN)
def test_what_keeps_a_verdict_open_is_in_the_table_and_on_every_page(why):
    log, margin = OPEN[why]
    result = mk.kpis(log, by="channel", kpis="roas", margin=margin)
    row = result.table[(result.table["group"] == "a") & (result.table["kpi"] == "roas")].iloc[0]
    assert (row["verdict"], row["why"]) == ("cannot_tell", why)
    assert (row["low"] > row["break_even"] or row["high"] < row["break_even"]) == (why != "reached")
    assert result.table["why"].ne("").eq(result.table["verdict"].eq("cannot_tell")).all()
    for language in ("en", "fr"):
        groups = str(result.facts["groups"])
        says = phrase(f"report.kpis.because.{why}", language, spells="20", days="14", groups=groups)
        for reader in ("client", "team"):
            page = mk.report(result, language=language, reader=reader)
            said = " ".join(s for section in page.sections for s in (section.headline, *section.sentences))
            assert says in said
            assert {"en": "divided by the margin", "fr": "divisé par la marge"}[language] in said
        assert phrase(f"labels.why.{why}", language) in page.html
        drawn = describe(plot(result, language=language), language)
        assert (f"({phrase(f'labels.why.{why}', language)})" in drawn) == (why != "reached")


def test_a_margin_that_differs_from_sale_to_sale_may_keep_a_verdict_open():
    log = dated(30, conversions=4, revenue=120.0, margin=np.where(np.arange(30) % 10 == 4, 500.0, 10.0))
    row = mk.kpis(log, kpis="roas", margin="margin").table.iloc[-1]
    assert (row["verdict"], row["why"]) == ("cannot_tell", "margin")
    assert row["high"] < row["break_even"] or row["low"] > row["break_even"]


def test_a_share_of_a_revenue_that_is_not_there_is_refused_by_name():
    with pytest.raises(DataError, match="revenue"):
        mk.kpis(dated(5, conversions=np.full(5, 3)), margin=0.4)


def test_money_with_refunds_is_wider_too_where_days_hang_together():
    margin = np.repeat([40.0, -10.0, 40.0, -10.0], 7)
    lasts, mixed = (
        mk.kpis(dated(28, margin=m, revenue=100.0), kpis="roi").table.iloc[-1]
        for m in (margin, np.random.default_rng(3).permutation(margin))
    )
    assert lasts["scatter_by"] == "spells"
    assert mixed["scatter_by"] != "spells"
    assert lasts["high"] - lasts["low"] > 1.5 * (mixed["high"] - mixed["low"])


def unlike_pieces(rng: np.random.Generator, many: int) -> Cell:
    """Pieces whose rate differs twofold, 100 sales expected of each."""
    sales = rng.poisson(100 * np.exp(0.7 * rng.normal(size=many) - 0.245)).astype(float)
    sides = {"above": np.full(many, 600.0), "below": sales, "events": np.zeros(many)}
    return Cell(**{k: {"piece": x} for k, x in sides.items()}, layout={"piece": Layout.plain(many)}, rows=many, left=0.0, left_below=False)


def test_few_pieces_that_bring_unlike_give_a_range_for_pieces_like_these():
    rng, figure = np.random.default_rng(5), Figure.of(TABLES.kpis["cpa"])
    seen = [told(figure, unlike_pieces(rng, 6), [], 0.9) for _ in range(150)]
    assert np.mean([s.low <= 6 <= s.high for s in seen]) >= 0.9 - 3 * math.sqrt(0.09 / 150)
    assert np.mean([s.pieces == 6 for s in seen]) > 0.95


def test_spells_and_pieces_never_make_a_range_narrower(monkeypatch):
    rng, figure, seen = np.random.default_rng(7), Figure.of(TABLES.kpis["cpa"]), 0
    for _ in range(60):
        pieces = unlike_pieces(rng, 7)
        sales = rng.poisson(10 * lucky(rng, 40, 0.6)).astype(float)
        by_day = days(above=np.full(40, 105.0), below=sales)
        one = Cell(
            **{k: {**getattr(by_day, k), **getattr(pieces, k)} for k in ("above", "below", "events", "layout")},
            rows=40, left=0.0, left_below=False,
        )  # fmt: skip
        with monkeypatch.context() as patched:
            patched.setattr(kpi_rows, "_slow", lambda *_: {})
            plain_ = told(figure, one, [], 0.9)
        wide = told(figure, one, [], 0.9)
        seen += wide.scatter_by in ("spells", "piece")
        assert wide.high / wide.low > 0.97 * plain_.high / plain_.low
    assert seen > 30


@pytest.mark.parametrize(
    ("rates", "code"),
    [((2, 6, 18), "N_KPI_THESE_PIECES"), ((1, 2, 6, 9, 12, 18), "N_KPI_FEW_PIECES"), ((6, 6, 6), None), (range(1, 13), None)],
)
def test_few_pieces_that_bring_unlike_are_said(rates, code):
    rng = np.random.default_rng(6)
    log = pd.concat([dated(20, content_id=f"p{k}", conversions=rng.poisson(r, 20)) for k, r in enumerate(rates)])
    assert codes(mk.kpis(log, kpis="cpa")) & {"N_KPI_FEW_PIECES", "N_KPI_THESE_PIECES"} == ({code} if code else set())
