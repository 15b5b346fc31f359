"""What a customer is worth: sums over a horizon, what is refused, and ranges that hold."""

from __future__ import annotations

import numpy as np
import pytest
from spent import value

import mktlib as mk
from mktlib.errors import DataError
from mktlib.measurement.kpi_lifetime import periods


@pytest.mark.parametrize(
    ("share", "discount", "horizon"), [(0.8, 0.1, 24), (0.5, 0.0, 3), (0.99, 0.02, 200), (1.0, 0.0, 12), (0.0, 0.0, 5)]
)
def test_periods_are_the_sum_over_the_horizon(share, discount, horizon):
    by_hand = sum((share / (1 + discount)) ** t for t in range(1, horizon + 1))
    assert periods(np.array([share]), discount, horizon)[0] == pytest.approx(by_hand)
    if share < 1:
        endless = periods(np.array([share]), discount, None)[0]
        assert endless == pytest.approx(share / (1 + discount - share))
        assert endless == pytest.approx(periods(np.array([share]), discount, 20_000)[0])


def test_lifetime_value_refuses_a_sum_without_an_end_and_what_is_no_count():
    with pytest.raises(DataError) as error:
        mk.lifetime_value(30.0, retained=200, customers=200, horizon=None)
    assert [f.code for f in error.value.findings] == ["E_KPI_RETENTION"]
    assert value(mk.lifetime_value(30.0, retained=200, customers=200, horizon=12), "total", "ltv") == 360
    with pytest.raises(DataError) as error:
        mk.lifetime_value(
            [1.0, 2.0], retained=3, customers=2, horizon=0, discount=-1, cac=(0, 1), level=2, random_state=-1, currency="€", first="no"
        )
    assert len(error.value.findings) == 9


def test_no_new_customer_leaves_an_upper_end_for_the_ratio():
    table = mk.lifetime_value(30.0, retained=160, customers=200, horizon=24, cac=(4000.0, 0)).table.set_index("kpi")
    assert table["status"].to_dict() == {"retention": "ok", "ltv": "ok", "cac": "at_least", "ltv_cac": "at_most"}
    assert table.loc["ltv_cac", "value"] == 0
    assert 1000 < table.loc["cac", "low"] < 4000


def test_ltv_to_cac_lies_in_its_range_as_often_as_promised():
    rng, inside = np.random.default_rng(4), []
    truth = 30 * periods(np.array([0.8]), 0.02, 24)[0] / 40
    for run in range(80):
        margins = rng.gamma(2, 15, 60)
        result = mk.lifetime_value(
            margins, retained=int(rng.binomial(150, 0.8)), customers=150, horizon=24, discount=0.02, cac=(4000, int(rng.poisson(100))),
            random_state=run,
        )  # fmt: skip
        row = result.table.iloc[-1]
        inside.append(row["low"] <= truth <= row["high"])
    assert 0.82 <= np.mean(inside) <= 0.98
