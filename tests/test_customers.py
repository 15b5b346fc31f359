"""Who buys again: the model against its own definition and against customers made to its law, groups, and what invoices really hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.stats import beta, gamma

import mktlib as mk
from mktlib.audience import btyd
from mktlib.audience.customers import describe_customers, next_period
from mktlib.audience.groups import FEWEST, OTHERS
from mktlib.audience.purchases import fifths, groups_of
from mktlib.errors import DataError
from mktlib.vocabulary import load_tables

RETAIL = Path(__file__).resolve().parents[2] / "shared" / "data" / "online_retail" / "online_retail.parquet"
TRUTH = np.log([0.6, 40.0, 0.8, 3.0])


def buyers(rng: np.random.Generator, people: int, days: int, logs: np.ndarray = TRUTH) -> list[np.ndarray]:
    """Days of purchase of customers made to the law of the BG/NBD, each from a first day of his own."""
    r, alpha, a, b = np.exp(logs)
    out = []
    for rate, leaves, first in zip(
        rng.gamma(r, 1 / alpha, people), rng.beta(a, b, people), rng.uniform(0, days * 0.6, people), strict=True
    ):
        at, when = first, [first]
        while (at := at + rng.exponential(1 / max(rate, 1e-12))) <= days:
            when.append(at)
            if rng.random() < leaves:
                break
        out.append(np.array(when))
    return out


def invoices(people: list[np.ndarray], rng: np.random.Generator) -> pd.DataFrame:
    rows = [
        (f"c{k}", pd.Timestamp("2025-01-01") + pd.Timedelta(days=float(t)), float(rng.gamma(3, 15)))
        for k, d in enumerate(people)
        for t in d
    ]
    return pd.DataFrame(rows, columns=["customer_id", "date", "amount"])


# ---------------------------------------------------------------- the model


def test_the_likelihood_is_what_integrating_over_customers_gives():
    """Fader, Hardie and Lee's equation 6 against the integral of equation 3 over rates and chances of leaving."""
    r, alpha, a, b = 0.6, 5.0, 0.8, 2.5
    middles = (np.arange(2000) + 0.5) / 2000
    rate, p = gamma.ppf(middles, r, scale=1 / alpha)[:, None], beta.ppf(middles, a, b)[None, :]
    for x, tx, end in ((0, 0.0, 12.0), (2, 7.0, 12.0), (3, 11.5, 12.0)):
        stays = (1 - p) ** x * rate**x * np.exp(-rate * end)
        left = p * (1 - p) ** (x - 1) * rate**x * np.exp(-rate * tx) if x else 0.0
        expected = np.log((stays + left).mean())
        seen = btyd.Purchases.of(*(np.array([float(v)]) for v in (x, tx, end)))
        assert btyd.loglik(np.log([r, alpha, a, b]), seen) == pytest.approx(expected, abs=2e-3)


def test_customers_made_to_the_law_are_learnt_and_foretold():
    rng = np.random.default_rng(1)
    people = buyers(rng, 6000, 460)
    cut, horizon = 365.0, 90.0
    past = [d[d < cut] for d in people if d[0] < cut]
    x, tx, end = (np.array(v, float) for v in zip(*((len(d) - 1, d[-1] - d[0], cut - d[0]) for d in past), strict=True))
    came = np.array([((d >= cut) & (d < cut + horizon)).sum() for d in people if d[0] < cut])
    fitted = btyd.fit(btyd.Purchases.of(x, tx, end))
    error = np.sqrt(np.diag(fitted.covariance))
    assert (np.abs(fitted.logs - TRUTH) < 3 * error).all()
    chance, number = (f(fitted.logs, x, tx, end, horizon) for f in (btyd.again, btyd.purchases))
    assert chance.mean() == pytest.approx((came > 0).mean(), abs=0.012)
    assert number.mean() == pytest.approx(came.mean(), rel=0.08)
    for low, high in ((0, 0.1), (0.1, 0.3), (0.3, 0.6), (0.6, 1)):  # calibrated along the whole scale
        band = (chance >= low) & (chance < high)
        if band.sum() > 100:
            assert chance[band].mean() == pytest.approx((came[band] > 0).mean(), abs=3.5 * 0.5 / np.sqrt(band.sum()))


def test_the_chance_of_coming_back_agrees_with_the_number_expected():
    """For a short time nobody buys twice, so that the chance of one purchase and the number expected are one thing."""
    x, tx, end = np.array([0.0, 1, 4]), np.array([0.0, 30, 200]), np.array([100.0, 100, 210])
    chance, number = (f(TRUTH, x, tx, end, 0.01) for f in (btyd.again, btyd.purchases))
    assert chance == pytest.approx(number, rel=1e-3)
    assert btyd.alive(TRUTH, x, tx, end)[0] == 1, "who never came back had no occasion to leave"


def test_too_few_who_came_back_have_no_model():
    assert btyd.fit(btyd.Purchases.of(np.zeros(200), np.zeros(200), np.full(200, 90.0))) is None


# ---------------------------------------------------------------- the next period


@pytest.mark.parametrize("wave", [0.0, 0.4], ids=["even", "seasons"])
def test_the_range_of_the_next_period_holds_it_as_often_as_promised(wave):
    rng, inside, naive = np.random.default_rng(2), [], []
    for _ in range(120):
        people, odds = rng.integers(40, 900, (5, 5)), rng.normal(-0.5, 0.6, 5)
        rates = 1 / (1 + np.exp(-(odds[:, None] + rng.normal(0, wave, 5))))
        told = next_period(rng.binomial(people, rates)[:, :4].astype(float), people[:, :4].astype(float))
        inside += ((told[:, 1] <= rates[:, 4]) & (rates[:, 4] <= told[:, 2])).tolist()
        error = 1.645 * np.sqrt(told[:, 0] * (1 - told[:, 0]) / people[:, :4].sum(axis=1))
        naive += (np.abs(told[:, 0] - rates[:, 4]) < error).tolist()
    assert np.mean(inside) >= 0.86
    if wave:
        assert np.mean(inside) <= 0.97
        assert np.mean(naive) < 0.5


def test_one_period_has_the_range_of_its_people_and_none_has_none():
    told = next_period(np.array([[30.0], [0]]), np.array([[100.0], [0]]))
    assert told[0] == pytest.approx([30.5 / 101, *beta(30.5, 70.5).ppf([0.05, 0.95])], abs=1e-6)
    assert np.isnan(told[1]).all()
    assert np.isnan(next_period(np.zeros((2, 0)), np.zeros((2, 0)))).all()


# ---------------------------------------------------------------- scores and groups


def test_every_pair_of_scores_has_a_group_and_the_first_row_wins():
    recency, value = (v.ravel() for v in np.meshgrid(np.arange(1, 6), np.arange(1, 6)))
    groups = groups_of(recency, value, load_tables().customer_groups)
    assert "(none)" not in groups
    assert set(groups) == set(load_tables().customer_groups)
    told = dict(zip(zip(recency.tolist(), value.tolist(), strict=True), groups, strict=True))
    assert (told[5, 5], told[1, 5], told[5, 1], told[1, 1]) == ("champions", "cannot_lose", "newcomers", "asleep")


@pytest.mark.parametrize(
    ("values", "lowest", "scores"),
    [
        ([10, 20, 30, 40, 50], False, [1, 2, 3, 4, 5]),
        ([1, 1, 1, 1, 9], True, [1, 1, 1, 1, 5]),
        ([7, 7, 7], False, [3, 3, 3]),
        ([7, 7, 7], True, [1, 1, 1]),
        ([5], False, [3]),
    ],
)
def test_equal_values_have_equal_scores(values, lowest, scores):
    assert fifths(np.array(values), lowest=lowest).tolist() == scores


# ---------------------------------------------------------------- invoices as they are


def lines() -> pd.DataFrame:
    """Forty customers over a year with a credit note, lines of nobody, a return without a purchase, and a later day."""
    rng = np.random.default_rng(3)
    rows = [
        (f"c{k}", f"2025-{m:02d}-{1 + k % 27:02d}", f"i{k}-{m}", float(rng.integers(5, 90)))
        for k in range(40)
        for m in range(1, 13, 1 + k % 4)
    ]
    frame = pd.DataFrame(rows, columns=["customer_id", "date", "invoice", "amount"])
    more = [
        ("c0", "2025-01-05", "x1", -3.0),
        (None, "2025-02-01", "x2", 500.0),
        ("", "2025-02-01", "x3", 20.0),
        ("back", "2025-03-01", "x4", -9.0),
    ]
    return pd.concat([frame, pd.DataFrame([*more, ("c1", "2026-01-01", "x5", 99.0)], columns=frame.columns)], ignore_index=True)


def test_money_and_people_are_counted_to_the_cent():
    frame = lines()
    result = describe_customers(frame, invoice="invoice", as_of="2026-01-01")
    facts = result.facts
    named = frame[frame["customer_id"].fillna("").ne("") & frame["date"].lt("2026-01-01")]
    assert facts["revenue"] == pytest.approx(named["amount"].sum())
    assert result.table["revenue"].sum() == pytest.approx(named["amount"].sum() + 9)
    assert (facts["no_customer"], facts["given_back"], facts["only_back"], facts["after"]) == (2, 2, 1, 1)
    assert facts["no_customer_share"] == pytest.approx(520 / (520 + named["amount"].sum()))
    assert result.table["people"].sum() == facts["customers"] == 40
    assert {f.code for f in result.findings} >= {"E_NO_CUSTOMER", "E_GIVEN_BACK", "E_ONLY_BACK", "E_AFTER"}
    assert "c17" not in repr(vars(result))


def test_small_groups_are_folded_and_no_cell_is_small():
    result = describe_customers(lines(), invoice="invoice")
    assert result.table["people"].min() >= FEWEST
    assert result.scores["people"].min() >= FEWEST
    assert result.check["people"].min() >= FEWEST
    assert result.scores["people"].sum() == 40
    assert OTHERS in result.table["group"].tolist()


def test_what_came_back_is_counted_at_earlier_cuts():
    """Twenty buy every month and twenty bought once: the former come back in every period, the latter in none."""
    days = pd.date_range("2025-01-01", "2025-12-28", freq="30D")
    often = pd.DataFrame([(f"a{k}", d, 20.0 + k) for k in range(30) for d in days], columns=["customer_id", "date", "amount"])
    once = pd.DataFrame([(f"b{k}", pd.Timestamp("2025-01-02"), 5.0) for k in range(30)], columns=["customer_id", "date", "amount"])
    result = describe_customers(pd.concat([often, once]), horizon=90)
    table = result.table.set_index("group")
    assert result.facts["cuts"] == 3
    assert table.loc["asleep", "people"] == 30
    assert table.loc["asleep", "repeat"] < 0.03
    assert table.drop(index="asleep")["repeat"].min() > 0.95


def test_short_books_tell_no_repeats_and_one_period_says_so():
    frame = lines()
    short = describe_customers(frame, horizon=300)
    assert np.isnan(short.table["repeat"]).all()
    assert "E_SHORT_HISTORY" in {f.code for f in short.findings}
    assert "E_ONE_PERIOD" in {f.code for f in describe_customers(frame, horizon=150).findings}


def test_a_model_that_was_wrong_at_the_last_cut_is_named():
    rng = np.random.default_rng(4)
    frame = invoices(buyers(rng, 700, 360), rng)
    assert "E_MODEL_OFF" not in {f.code for f in describe_customers(frame).findings}
    rush = pd.DataFrame({"customer_id": frame["customer_id"].unique(), "date": pd.Timestamp("2025-12-20"), "amount": 30.0})
    assert "E_MODEL_OFF" in {f.code for f in describe_customers(pd.concat([frame, rush])).findings}


def test_two_columns_are_multiplied_and_any_engine_will_do():
    frame = lines().assign(quantity=2.0)
    whole = describe_customers(frame.assign(amount=frame["amount"] * 2))
    pair = describe_customers(pl.from_pandas(frame), amount=("quantity", "amount"))
    pd.testing.assert_frame_equal(whole.table, pair.table)


@pytest.mark.parametrize(
    ("change", "options", "codes"),
    [
        ({}, {"customer": "who", "level": 2}, ("E_MISSING_COLUMN", "E_OPTION")),
        ({"amount": "much"}, {}, {"E_NOT_A_NUMBER"}),
        ({"amount": np.inf}, {}, {"E_NOT_FINITE"}),
        ({"date": "03/04/2025"}, {}, {"E_AMBIGUOUS_DATE"}),
        ({"date": "soon"}, {"as_of": "then"}, ("E_BAD_DATE", "E_OPTION")),
        ({}, {"tables": "x"}, ("E_OPTION",)),
        ({}, {"horizon": 0}, {"E_OPTION"}),
        ({}, {"amount": ("amount", "amount", "amount")}, {"E_OPTION"}),
        ({"customer_id": "one"}, {}, {"E_FEW_PEOPLE"}),
        ({"amount": -1.0}, {}, {"E_FEW_PEOPLE"}),
    ],
    ids=str,
)
def test_what_cannot_be_read_is_refused_by_name(change, options, codes):
    with pytest.raises(DataError) as refused:
        describe_customers(lines().assign(**change), **options)
    assert set(refused.value.codes) == set(codes)


def test_no_invoices_are_no_customers():
    with pytest.raises(DataError) as refused:
        describe_customers(lines().head(0))
    assert refused.value.codes == ("E_NO_ROWS",)


def test_a_firm_may_have_groups_of_its_own(tmp_path):
    own = tmp_path / "ours.toml"
    own.write_text(
        '[customer_groups.champions]\nlabel = { en = "Stars", fr = "Vedettes" }\nrecency = [5, 5]\nvalue = [5, 5]\n', encoding="utf-8"
    )
    tables = mk.load_tables(own)
    assert tables.label("customer_group", "champions", "fr") == "Vedettes"
    assert groups_of(np.array([4]), np.array([5]), tables.customer_groups)[0] == "loyal"
    own.write_text('[customer_groups.x]\nlabel = { en = "X", fr = "X" }\nrecency = [6, 1]\n', encoding="utf-8")
    with pytest.raises(DataError) as refused:
        mk.load_tables(own)
    assert set(refused.value.codes) == {"E_OPTION", "E_MISSING_ENTRY"}


@pytest.mark.skipif(not RETAIL.exists(), reason="the public invoices are not at hand")
def test_real_invoices():
    frame = pd.read_parquet(RETAIL)
    result = describe_customers(frame, customer="CustomerID", date="InvoiceDate", amount=("Quantity", "UnitPrice"), invoice="InvoiceNo")
    facts, table = result.facts, result.table.set_index("group")
    assert (facts["customers"], facts["no_customer"]) == (4338, 135_080)
    bought = frame[frame["CustomerID"].notna()]
    assert facts["revenue"] == pytest.approx((bought["Quantity"] * bought["UnitPrice"]).sum())
    assert table.loc["champions", "repeat"] > table.loc["asleep", "repeat_high"]
    assert facts["cuts"] == 3


@pytest.mark.parametrize(
    "written",
    [lambda n: f" {n} ", lambda n: float(n), lambda n: n, lambda n: f"{n}.0"],
    ids=["blanks", "float", "mixed", "text of a float"],
)
def test_one_customer_is_one_however_his_number_is_written(written):
    ids = pd.Series([written(k % 25) if k // 25 % 2 else str(k % 25) for k in range(200)], dtype=object)
    lines = pd.DataFrame({"customer_id": ids, "date": pd.date_range("2025-01-01", periods=200, freq="36h"), "amount": 10.0})
    assert describe_customers(lines).facts["customers"] == 25
    capitals = lines.assign(customer_id=[f"{'aA'[k // 25 % 2]}{k % 25}@example.org" for k in range(200)])
    assert describe_customers(capitals).facts["customers"] == 25
