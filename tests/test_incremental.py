"""What money brought on top, by experiments only: Fieller's range, a test by areas, money that is uncertain."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from spent import LOG

import mktlib as mk
from mktlib.errors import DataError
from mktlib.measurement.ratios import over
from mktlib.results import Comparison, GeoLift


def arms(**facts: object) -> Comparison:
    table = {"arm": ["held_out", "ads"], "n": [5000, 5000], "mean": [0.02, 0.03], "lift": [0.0, 0.01], "low": [0.0, 0.004]}
    table |= {"high": [0.0, 0.016], "verdict": ["", "better"]}
    return Comparison(table=pd.DataFrame(table), facts={"evidence": "randomised", "control": "held_out", "level": 0.9} | facts)


def test_fieller_agrees_with_draws_and_says_when_there_is_no_end():
    rng, z = np.random.default_rng(1), norm.ppf(0.95)
    a, b = (30.0, 30 - 4 * z, 30 + 4 * z), (10.0, 10 - z, 10 + z)
    seen = over(a, b, 0.9)
    drawn = np.quantile(rng.normal(30, 4, 400_000) / rng.normal(10, 1, 400_000), [0.05, 0.95])
    assert (seen.low, seen.high) == pytest.approx(tuple(drawn), rel=0.02)
    root = [(a[0] - r * b[0]) / math.hypot(4, r) for r in (seen.low, seen.high)]
    assert np.abs(root) == pytest.approx(z)  # Fieller's own equation
    assert over(a, (1.0, -1.0, 3.0), 0.9).status == "unbounded"
    assert over((5.0, 5.0, 5.0), (1.0, -1.0, 3.0), 0.9).status == "no_high"
    assert over((5.0, 5.0, 5.0), (-2.0, -3.0, -1.0), 0.9).status == "none_gained"


def test_only_what_was_drawn_by_lot_has_an_incremental_roas():
    for evidence in ("quasi", "observational"):
        with pytest.raises(DataError) as error:
            mk.incremental_roas(arms(evidence=evidence), spend=1000, worth=60)
        assert [f.code for f in error.value.findings] == ["E_KPI_NO_TEST"]
    with pytest.raises(DataError):
        mk.incremental_roas(mk.kpis(LOG), spend=1000, worth=60)
    for spend in (0, 1e-300):
        with pytest.raises(DataError):
            mk.incremental_roas(arms(), spend=spend, worth=60)
    with pytest.raises(DataError) as error:
        mk.incremental_roas(arms(), spend=0, worth=(60, 70, 80), margin=2)
    assert {f.column for f in error.value.findings} == {"spend", "worth", "margin"}


def test_incremental_roas_from_a_test_by_areas_and_from_uncertain_money():
    weeks = pd.DataFrame({"stretch": ["test"], "units": [40.0], "units_low": [-5.0], "units_high": [85.0]})
    areas = GeoLift(table=weeks, facts={"assigned": "lot", "level": 0.9, "currency": "EUR"}, weeks=weeks, areas=weeks)
    result = mk.incremental_roas(areas, spend=2000, worth=90, margin=0.4)
    assert result.table["value"].tolist() == [1.8, 50.0]
    assert result.table["status"].tolist() == ["ok", "no_high"]
    assert result.table["verdict"].iloc[0] == "cannot_tell"
    known, unsure = (
        mk.incremental_roas(arms(), spend=1000, worth=60),
        mk.incremental_roas(arms(), spend=(1000, 900, 1100), worth=(60, 50, 70)),
    )
    assert np.subtract(*unsure.table[["high", "low"]].iloc[0]) > np.subtract(*known.table[["high", "low"]].iloc[0])
    assert known.facts["grade"] == "shown"
