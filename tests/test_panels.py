"""What came on top in a panel of areas or weeks: by hand, against placebos, against drifts, and never a cause named."""

from __future__ import annotations

import itertools
import math
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest
from lifted import CAUSES, people, said
from pictured_lift import LIFT

import mktlib as mk
from mktlib.errors import DataError
from mktlib.measurement.panels import difference_in_differences
from mktlib.measurement.trends import baseline, changes, gap, places
from mktlib.measurement.uplift_effect import uplift
from mktlib.reporting.sections import section
from mktlib.reporting.voice import Voice
from mktlib.results.evidence import LEANING
from mktlib.vocabulary import load_tables


def panel(
    units: int = 14, treated: int = 6, periods: int = 24, start: int = 18, effect: float = 3.0, seed: int = 1, rho: float = 0.0
) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    y = rng.standard_normal((units, periods))
    for k in range(1, periods):
        y[:, k] += rho * y[:, k - 1]
    y += 20 + np.arange(units)[:, None] + 2 * rng.standard_normal(periods)
    y[:treated, start:] += effect
    day = pd.date_range("2026-01-05", periods=periods, freq="7D")
    frame = pd.DataFrame({"shop": np.repeat([f"s{u:02d}" for u in range(units)], periods), "week": np.tile(day, units), "sales": y.ravel()})
    return frame.assign(mine=frame["shop"].isin([f"s{u:02d}" for u in range(treated)]))


def read(frame: Any, **options: Any) -> Any:
    return difference_in_differences(
        frame, **{"unit": "shop", "time": "week", "outcome": "sales", "treated": "mine", "start": "2026-05-11"} | options
    )


def test_a_balanced_panel_is_the_difference_of_differences_by_hand():
    frame = panel()
    after = frame["week"] >= "2026-05-11"
    mean = lambda mine, late: frame.loc[(frame["mean_"] == mine) & late, "sales"].mean()  # noqa: E731
    frame = frame.assign(mean_=frame["mine"])
    by_hand = mean(True, after) - mean(True, ~after) - (mean(False, after) - mean(False, ~after))
    found = read(frame, before=18, scale="plain")
    assert found.facts["effect"] == pytest.approx(by_hand)
    assert found.periods.loc[found.periods["stretch"] == "after", "gap"].mean() == pytest.approx(by_hand)
    shuffled = read(frame.sample(frac=1, random_state=3), before=18, scale="plain")
    assert shuffled.facts["effect"] == pytest.approx(by_hand)


def test_a_few_treated_units_that_stray_more_than_the_others_do_not_get_their_range():
    """One treated shop that varies three times as much: the range of the others' spread held in 0.5 of 60 runs."""
    held = []
    for seed in range(60):
        frame = panel(units=12, treated=1, effect=0.0, seed=seed)
        mean = frame.loc[frame["mine"], "sales"].mean()
        frame["sales"] = frame["sales"].where(~frame["mine"], mean + 3 * (frame["sales"] - mean))
        luck = read(frame, scale="plain").table.iloc[0]
        held.append(luck["effect_low"] <= 0 <= luck["effect_high"])
    assert np.mean(held) >= 0.85
    many = read(panel(units=12, treated=6), scale="plain").table
    alone = read(panel(units=12, treated=1), scale="plain").table
    assert np.ptp(alone.loc[0, ["effect_low", "effect_high"]].to_numpy(float)) > np.ptp(many.loc[0, ["effect_low", "effect_high"]])


def test_blank_cells_do_not_bend_the_effect():
    frame = panel(units=30, treated=10, effect=3.0)
    rng = np.random.default_rng(0)
    late = frame["week"] >= "2026-06-01"
    frame["sales"] += np.where(frame["week"] == "2026-06-08", 40.0, 0.0)  # one great week for all, which the treated mostly lack
    hole = (frame["mine"] & (frame["week"] == "2026-06-08") & (rng.random(len(frame)) < 0.8)) | (rng.random(len(frame)) < 0.05)
    result = read(frame.assign(sales=frame["sales"].mask(hole)), scale="plain")
    assert late.any()
    assert result.facts["effect"] == pytest.approx(3.0, abs=1.2)
    assert "N_DID_UNBALANCED" in [f.code for f in result.findings]


@pytest.mark.parametrize("units", [(1, 19), (2, 12), (3, 5), (8, 8)])
def test_few_units_and_weeks_that_hang_together_do_not_fool_the_range(units):
    rng, n, start, found = np.random.default_rng(5), sum(units), 12, []
    treated = np.arange(n) < units[0]
    d = np.zeros((n, 20))
    d[treated, start:] = 1
    x = d - d.mean(1, keepdims=True) - d.mean(0) + d.mean()
    for _ in range(500):
        y = rng.standard_normal((n, 20))
        for k in range(1, 20):
            y[:, k] += 0.8 * y[:, k - 1]
        g = gap(changes(y, treated, start), treated, 0.9)
        z = y - y.mean(1, keepdims=True) - y.mean(0) + y.mean()
        b = (x * z).sum() / (x * x).sum()
        assert g.value == pytest.approx(b)
        error = math.sqrt(((z - b * x) ** 2).sum() / (19 * n - 20) / (x * x).sum())
        found.append((abs(g.value) <= g.wide, abs(b) <= 1.645 * error))
    ours, plain = np.mean(found, axis=0)
    assert 0.86 <= ours <= 0.95
    assert plain < 0.7


@pytest.mark.parametrize("k", [1, 2, 4])
def test_placebos_over_units_are_all_ways_to_pick_them(k):
    d = np.random.default_rng(k).normal(size=9)
    treated = np.arange(9) < k

    def size(mine: tuple[int, ...]) -> float:
        a, b = d[list(mine)], np.delete(d, list(mine))
        error = math.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b)) if len(a) > 1 else 1.0
        return abs(a.mean() - b.mean()) / error

    every = [size(c) for c in itertools.combinations(range(9), k)]
    assert places(d, treated) == (pytest.approx(np.mean(np.array(every) >= size(tuple(range(k))) - 1e-12)), 1 / len(every))


def test_a_group_that_already_drifted_gets_no_verdict():
    frame = panel(effect=0.0)
    frame["sales"] += frame["mine"] * 0.3 * ((frame["week"] - frame["week"].min()).dt.days / 7)
    result = read(frame, scale="plain")
    assert result.facts["pretrend"] == "shown"
    assert result.facts["grade"] == "too_early"
    assert result.facts["verdict"] == "cannot_tell"
    assert result.table["effect_low"].iloc[1] <= 0 <= result.table["effect_high"].iloc[1]
    assert "N_DID_PRETREND" in [f.code for f in result.findings]


def test_a_clear_effect_is_a_tendency_at_most_and_says_what_would_undo_it():
    facts = read(panel(effect=5.0), scale="plain").facts
    assert (facts["verdict"], facts["grade"], facts["evidence"]) == ("lift", "tendency", "quasi")
    assert facts["effect_low"] <= 5 <= facts["effect_high"]
    assert facts["vanishes"] > 1
    assert facts["p_units"] <= 0.001
    left = abs(facts["gap"]) - facts["vanishes"] * facts["drift"]
    width = (facts["effect_high"] - facts["effect_low"]) / 2 - facts["drift"]
    assert left == pytest.approx(width)  # so many drifts, and the range without drift touches none


def test_a_leaning_that_a_drift_could_explain_is_no_tendency():
    """One treated unit: the range at two chances in three leaves out nothing only where both groups go on alike."""
    result = read(panel(units=12, treated=1, effect=0.5, seed=2), scale="plain")
    assert result.facts["p_value"] < 1 - LEANING
    assert result.facts["pretrend"] == "not_shown"
    assert (result.facts["verdict"], result.facts["grade"]) == ("cannot_tell", "too_early")
    leans = read(panel(units=12, treated=1, effect=1.0, seed=2), scale="plain", level=0.95)
    assert (leans.facts["verdict"], leans.facts["grade"]) == ("cannot_tell", "tendency")
    for language, decide, which in (
        ("en", "Decide nothing", "Of the 18 periods before, the last"),
        ("fr", "Ne décidez rien", "Sur les 18"),
    ):
        voice = Voice(language=language, tables=load_tables(), reader="client")
        one, other = section(voice, result), section(voice, leans)
        assert one.brief["next"][0].startswith(decide)
        assert not other.brief["next"][0].startswith(decide)
        assert (which in one.brief["did"][0]) == (result.facts["baseline"] < 18)


def test_the_baseline_is_short_where_areas_wander_and_long_where_they_do_not():
    rng = np.random.default_rng(0)
    still, walk = rng.normal(size=(20, 80)), rng.normal(size=(20, 80)).cumsum(axis=1)
    everyone = np.ones(20, bool)
    assert baseline(walk, everyone, 4) <= 8 < baseline(still, everyone, 4)


def test_the_sample_of_areas_holds_its_truth():
    truth = mk.load_truth()["planted"]["geo_weeks"]
    result = difference_in_differences(
        mk.load_sample("geo_weeks"), unit="area", time="week", outcome="sales", treated="arm", start=truth["start"], end=truth["end"],
        spend=20_000.0, worth=truth["margin"],
    )  # fmt: skip
    assert result.facts["luck_low"] <= truth["lift"] <= result.facts["luck_high"]
    assert result.facts["lift_low"] <= truth["lift"] <= result.facts["lift_high"]
    assert result.facts["scale"] == "log"
    assert result.facts["roas_low"] < result.facts["roas"] < result.facts["roas_high"]


def test_the_column_may_tell_the_start_and_names_may_tell_the_units():
    frame = panel()
    wanted = read(frame).facts["effect"]
    on = frame.assign(on=(frame["mine"] & (frame["week"] >= "2026-05-11")).astype(int))
    assert read(on, treated="on", start=None).facts["effect"] == wanted
    assert read(frame, treated=[f"s{u:02d}" for u in range(6)]).facts["effect"] == wanted
    numbered = frame.assign(week=(frame["week"] - frame["week"].min()).dt.days // 7)
    assert read(numbered, start=18).facts["effect"] == pytest.approx(wanted)
    assert read(pl.from_pandas(frame)).facts["effect"] == pytest.approx(wanted)
    assert read(duckdb.from_df(frame)).facts["effect"] == pytest.approx(wanted)


def staggered() -> pd.DataFrame:
    frame = panel()
    begin = np.where(frame["shop"].isin(["s00", "s01"]), pd.Timestamp("2026-03-02"), pd.Timestamp("2026-05-11"))
    return frame.assign(on=frame["mine"] & (frame["week"] >= begin))


def test_where_nobody_is_like_the_treated_there_is_nobody_to_compare_with():
    frame = people(800)
    with pytest.raises(DataError) as error:
        uplift(frame.assign(told=frame["sent"]), treatment="sent", outcome="bought", by=["told"], assigned="chosen")
    assert error.value.codes == ("E_UPLIFT_NOBODY_ALIKE",)
    mostly = frame.assign(told=np.where(np.arange(800) < 400, frame["sent"], 2))
    result = uplift(mostly, treatment="sent", outcome="bought", by=["told"], assigned="lot")
    assert result.facts["evidence"] == "observational"
    assert result.facts["outside"] == 400


BAD_PANELS: list[tuple[dict[str, Any], str]] = [
    ({"data": staggered(), "treated": "on", "start": None}, "E_DID_STAGGERED"),
    ({"data": panel().assign(on=lambda f: f["mine"] & (f["week"] == "2026-05-11")), "treated": "on"}, "E_DID_STOPS"),
    ({"data": pd.concat([panel(), panel().head(1)])}, "E_DID_TWICE"),
    ({"data": panel().rename(columns={"shop": "customer_id"}), "unit": "customer_id"}, "E_DID_PEOPLE"),
    ({"treated": ["s99"]}, "E_DID_UNIT"),
    ({"treated": []}, "E_DID_TREATED"),
    ({"treated": [f"s{u:02d}" for u in range(14)]}, "E_DID_TREATED"),
    ({"treated": [f"s{u:02d}" for u in range(12)]}, "E_DID_FEW"),
    ({"treated": "sales"}, "E_DID_TREATED"),
    ({"start": "2026-01-05"}, "E_DID_START"),
    ({"start": "2027-01-05"}, "E_DID_START"),
    ({"start": None}, "E_OPTION"),
    ({"start": "07/08/2026"}, "E_OPTION"),
    ({"before": 1}, "E_OPTION"),
    ({"scale": "lin"}, "E_OPTION"),
    ({"data": panel().assign(sales=lambda f: f["sales"] - 25), "scale": "log"}, "E_DID_LOG"),
    ({"outcome": "sale"}, "E_MISSING_COLUMN"),
    ({"data": panel().assign(sales="x")}, "E_NOT_A_NUMBER"),
    ({"data": panel().head(0)}, "E_NO_ROWS"),
    ({"data": panel().head(1)}, "E_DID_TREATED"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "code"), BAD_PANELS)
def test_what_is_wrong_with_a_panel_is_said(options, code):
    given = dict(options)
    with pytest.raises(DataError) as error:
        read(given.pop("data", panel()), **given)
    assert code in error.value.codes


def test_neighbours_that_feel_it_are_noticed():
    frame = panel(units=20, treated=5, effect=4.0)
    near = ["s05", "s06", "s07", "s08", "s09", "s10"]
    frame.loc[frame["shop"].isin(near) & (frame["week"] >= "2026-05-11"), "sales"] += 3.0
    touch = pd.DataFrame({"shop": ["s00"] * 6, "neighbour": near})
    result = read(frame, neighbours=touch, scale="plain")
    assert result.facts["spill"] < 0.01
    assert "N_DID_SPILL" in [f.code for f in result.findings]
    assert read(panel(units=20, treated=5), neighbours=touch).facts["spill"] > 0.1


@pytest.mark.parametrize("name", ["uplift", "panel"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_panel_never_names_a_cause_and_every_reader_is_told(name, language):
    for reader in ("client", "employer", "team"):
        told = said(LIFT[name], language, reader)
        assert "{" not in told
        assert not [w for w in CAUSES[language] if name == "panel" and w in told.lower()], told
    brief = section(Voice(language=language, tables=load_tables(), reader="client"), LIFT[name]).brief
    assert {"did", "brought", "sure", "next", "money"} <= set(brief)
