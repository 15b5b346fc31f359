"""How many people a test takes: as other implementations say, as often told as promised, and what cannot be is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import tea_tasting as tt
from looked import LOOKS, daily

from mktlib.errors import DataError
from mktlib.measurement import power, sample_size, sequences
from mktlib.measurement.contrasts import Reading, contrast, means


def test_one_look_is_as_large_as_by_tea_tasting():
    for sd, lift in ((10.0, 0.5), (3.0, 0.2)):
        data = pd.DataFrame({"y": np.array([-1.0, 1.0] * 500) * sd / np.sqrt(1000 / 999) + 20})
        known = tt.Mean("y", alpha=0.05, power=0.8, effect_size=lift, use_t=False).solve_power(data, "n_obs")[0].n_obs
        ours = sample_size(baseline=20, kind="mean", sd=sd, lift=lift, look="fixed").facts
        assert ours["people"] == pytest.approx(known, rel=2e-3)
        assert ours["dearer"] == 1


def test_chances_of_being_told_are_those_of_the_walk():
    rng, runs, drift = np.random.default_rng(5), 20_000, 3.0
    part = np.arange(1, LOOKS + 1) / LOOKS
    walk = np.cumsum(rng.standard_normal((runs, LOOKS)) / np.sqrt(LOOKS) + drift / LOOKS, axis=1) / np.sqrt(part)
    told = np.maximum.accumulate(np.abs(walk) > sequences.reach(sequences.spreads(part, 1.0, 0.05), 0.05), axis=1)
    assert power.passed(drift, alpha=0.05) == pytest.approx(told.mean(axis=0), abs=3 * 0.5 / np.sqrt(runs))
    assert power.passed(0.0, alpha=0.05)[-1] < 0.05
    usual = np.where(told.any(axis=1), told.argmax(axis=1) + 1, LOOKS).mean() / LOOKS
    assert power.usual_end(drift, alpha=0.05) == pytest.approx(usual, abs=0.01)


@pytest.mark.parametrize(("baseline", "lift"), [(0.10, 0.03), (0.6, -0.06)])
def test_a_test_of_the_size_named_tells_the_lift_as_often_as_promised(baseline, lift):
    size, runs, rng = sample_size(baseline=baseline, lift=lift).facts, 250, np.random.default_rng(2)
    day = -(-size["n"] // LOOKS)
    arms = [np.tile([0.0, 1.0, 0.0], (runs, day * LOOKS, 1)) for _ in range(2)]
    for k, rate in enumerate((baseline, baseline + lift)):
        arms[k][..., 0] = rng.random((runs, day * LOOKS)) < rate
    seen = means(daily(arms, True), covariate=False)
    how = Reading(look="any", planned=float(size["people"]), tuned=0.05)
    told = contrast(seen.of(slice(1, None, 2)), seen.of(slice(0, None, 2)), how, 0.05)
    share = (told.p.reshape(runs, LOOKS) <= 0.05).any(axis=1).mean()
    assert 0.8 - 3 * 0.4 / np.sqrt(runs) < share < 0.8 + 3 * 0.4 / np.sqrt(runs)


def test_a_size_answers_every_question_of_its_curve():
    size = sample_size(baseline=0.1, lift=0.02, traffic=500, arms=3)
    at = np.interp(size.facts["n"], size.curve["n"], size.curve["detectable"])
    assert at == pytest.approx(0.02, rel=1e-2)
    assert (size.curve["detectable"] >= size.curve["detectable_fixed"]).all()
    assert (size.table["days"] == np.ceil(size.table["people"] / 500)).all()
    assert sample_size(baseline=0.1, lift=0.02, correlation=0.6, kind="mean", sd=1).facts["saved"] == pytest.approx(0.36)
    assert "N_FEW_EVENTS" in {f.code for f in sample_size(baseline=0.001, relative=8, look="fixed").findings}
    assert "N_TOO_LONG" in {f.code for f in sample_size(baseline=0.01, relative=0.05, traffic=100).findings}


@pytest.mark.parametrize("look", ["any", "fixed"])
@pytest.mark.parametrize(
    ("people", "more"),
    [
        (3000, {"baseline": 0.08}),
        (2999, {"baseline": 0.08, "arms": 3, "ratio": [2, 1, 1]}),
        (500, {"baseline": 20, "kind": "mean", "sd": 12.0}),
        (10_000_000, {"baseline": 0.3, "kind": "count", "correlation": 0.5}),
    ],
)
def test_the_lift_that_so_many_people_tell_takes_so_many_people(people, more, look):
    least = sample_size(people=people, look=look, **more).facts
    back = sample_size(lift=least["lift"], look=look, **more).facts
    assert (back["n"], back["people"]) == (least["n"], least["people"])
    assert people - len(least["shares"]) / min(least["shares"]) < least["people"] <= people
    assert sample_size(lift=least["lift"] * 0.99, look=look, **more).facts["people"] > people


@pytest.mark.parametrize(
    "wrong",
    [
        {"baseline": 0},
        {"baseline": 1},
        {"baseline": np.nan},
        {"baseline": "10 %"},
        {"baseline": 0.9, "lift": 0.2},
        {"baseline": 0.1, "lift": 0},
        {"baseline": 0.1, "lift": 0.01, "relative": 0.1},
        {"baseline": 20, "kind": "mean", "lift": 1},
        {"baseline": 20, "kind": "means"},
        {"baseline": 0.1, "power": 1},
        {"baseline": 0.1, "arms": 1},
        {"baseline": 0.1, "arms": 3, "ratio": [1, 1]},
        {"baseline": 0.1, "correlation": 1},
        {"baseline": 0.1, "traffic": 0},
        {"baseline": 0.1, "people": 1},
        {"baseline": 0.1, "people": 3},
        {"baseline": 0.1, "people": 3000, "lift": 0.02},
        {"baseline": 0.1, "people": 3000, "relative": 0.2},
        {"baseline": 0.1, "level": 1},
        {"baseline": -3, "kind": "count", "lift": 1},
    ],
)
def test_a_size_that_cannot_be_is_refused(wrong):
    with pytest.raises(DataError) as caught:
        sample_size(**wrong)
    assert set(caught.value.codes) == {"E_OPTION"}
