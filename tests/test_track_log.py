"""A running campaign whose log is bad: what nobody wrote down is unknown, what is wrong is said at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tracked import by_day, kept_promise, same, small_plan

import mktlib as mk
from mktlib.errors import DataError
from mktlib.planning import CampaignPlan


@pytest.fixture(scope="module")
def plan() -> CampaignPlan:
    return small_plan()


@pytest.fixture(scope="module")
def sample() -> tuple[CampaignPlan, pd.DataFrame]:
    return mk.load_plan(mk.sample_path("plan")), mk.load_sample("results")


def codes(seen) -> set[str]:
    return {f.code for f in seen.findings}


def test_rows_of_other_pieces_twice_or_without_a_day(plan):
    log = kept_promise(plan)
    clean = mk.track_campaign(plan, log, as_of="2026-10-26")
    stray = log.head(1).assign(item="P99")
    told = mk.track_campaign(plan, pd.concat([log, log.head(2), stray, log.tail(1).assign(week=pd.NaT)]), as_of="2026-10-26")
    assert {"E_TRACK_TWICE", "E_NOT_PLANNED", "E_TRACK_NO_DATE"} <= codes(told)
    assert told.landing.set_index("measure").loc["events", "so_far"] == clean.landing.set_index("measure").loc["events", "so_far"]
    assert told.facts["spent"] == pytest.approx(clean.facts["spent"] + stray["actual_spend"].iloc[0])  # spent is spent


@pytest.mark.slow
def test_running_totals_are_read_as_such(sample):
    plan, log = sample
    totals = log.sort_values(["item", "segment", "channel", "week"], kind="stable").copy()
    for column in ("impressions", "delivered", "clicks", "actual_spend"):
        totals[column] = totals[column].astype(float).fillna(0.0)
        totals[column] = totals.groupby(["item", "segment", "channel"])[column].cumsum()
    told, clean = (mk.track_campaign(plan, x, as_of="2026-10-26") for x in (totals, log))
    assert "E_TRACK_TOTALS" in codes(told)
    assert "E_TRACK_TOTALS" not in codes(clean)
    assert told.facts["spent"] == pytest.approx(clean.facts["spent"])
    assert np.allclose(told.landing["so_far"], clean.landing["so_far"])


@pytest.mark.parametrize("column", ["clicks", pytest.param("impressions", marks=pytest.mark.slow)])
def test_a_count_or_exposure_nobody_wrote_down_is_unknown_and_not_nothing(plan, column):
    log = kept_promise(plan)
    log[column] = log[column].astype(float)
    some = log.assign(**{column: log[column].where(log.index != 0)})
    whole, one, none = (mk.track_campaign(plan, x, as_of="2026-10-19") for x in (log, some, log.assign(**{column: np.nan})))
    assert "E_TRACK_BLANK" not in codes(whole)
    assert "E_TRACK_BLANK" in codes(one)
    assert "E_TRACK_BLANK" in codes(none)
    for seen in (one, none):
        assert seen.table["decision"].tolist() == ["none"]
        events = seen.landing.set_index("measure").loc["events"]
        assert events["low"] < 5600 < events["high"]
        assert seen.facts["out"] == whole.facts["out"]


def test_days_of_pieces_that_cannot_be_read_are_said(plan):
    seen = mk.track_campaign(plan, kept_promise(plan).assign(due="05/10/2026", published="soon"), as_of="2026-10-12")
    assert {"E_AMBIGUOUS_DATE", "E_BAD_DATE"} <= codes(seen)


def test_swapped_columns_are_refused(plan):
    with pytest.raises(DataError) as error:
        mk.track_campaign(plan, kept_promise(plan).rename(columns={"clicks": "impressions", "impressions": "clicks"}), as_of="2026-10-26")
    assert {f.code for f in error.value.findings} == {"E_CLICKS_GT_IMPRESSIONS"}


def test_a_piece_due_after_the_log_ends_is_not_called_unheard(plan):
    log = kept_promise(plan)
    seen = mk.track_campaign(plan, log.head(0), as_of="2026-10-14")
    assert seen.table["decision"].tolist() == ["none"]
    assert seen.late.empty
    assert (seen.landing["forecast"] / seen.landing["promised"]).between(0.85, 1.02).all()


def test_a_week_without_rows_is_unknown_and_not_nothing(plan):
    log = kept_promise(plan)
    seen = mk.track_campaign(plan, log[log["week"] != pd.Timestamp("2026-10-12")], as_of="2026-10-26")
    assert "E_TRACK_GAP" in codes(seen)
    events = seen.landing.set_index("measure").loc["events"]
    assert events["low"] < 5600 < events["high"]
    assert events["so_far"] < 3700
    stale = mk.track_campaign(plan, log[log["week"] < "2026-10-12"], as_of="2026-10-30")
    assert {"E_TRACK_STALE", "E_TRACK_GAP"} <= codes(stale)


def test_every_problem_is_told_at_once(plan):
    log = kept_promise(plan)
    log["clicks"] = log["clicks"].astype(object)
    log.loc[0, "clicks"] = "many"
    log["impressions"] = log["impressions"].astype(float)
    log.loc[1, "impressions"] = -5
    with pytest.raises(DataError) as error:
        mk.track_campaign(plan, log.assign(currency="USD"), as_of="2026-11-09")
    assert {f.code for f in error.value.findings} == {"E_NOT_A_NUMBER", "E_NEGATIVE_COUNT", "E_TRACK_CURRENCY"}
    with pytest.raises(DataError) as error:
        mk.track_campaign(plan, log.drop(columns=["clicks", "week"]), as_of="2026-11-09")
    assert {f.column for f in error.value.findings} == {"clicks", "week"}
    with pytest.raises(DataError) as error:
        mk.track_campaign(plan, log, as_of="soon", level=2, lag_days=-1, zone="Mars", unmeasured=3, random_state=-1, tables="x")
    assert {f.column for f in error.value.findings} == {"as_of", "level", "lag_days", "zone", "unmeasured", "random_state", "tables"}
    with pytest.raises(DataError, match="P9"):
        mk.track_campaign(plan, kept_promise(plan).assign(item="P9"), as_of="2026-11-09")
    with pytest.raises(DataError):
        mk.track_campaign("plan", log, as_of="2026-11-09")
    money = replace(plan, facts={**plan.facts, "metric": "order_value"})
    with pytest.raises(DataError) as error:
        mk.track_campaign(money, kept_promise(plan), as_of="2026-11-09")
    assert error.value.findings[0].code == "E_TRACK_METRIC"


@pytest.mark.parametrize("log", [kept_promise(small_plan()).head(0), kept_promise(small_plan()).head(1)])
def test_an_empty_log_and_one_row(plan, log):
    seen = mk.track_campaign(plan, log, as_of="2026-10-26")
    assert np.isfinite(seen.landing[["forecast", "low", "high"]]).all(axis=None)


def test_week_numbers_other_frames_and_owners_that_are_addresses(plan):
    log = kept_promise(plan).assign(owner="ines@example.org")
    log["week"] = plan.schedule["week"].to_numpy()
    polars = pytest.importorskip("polars")
    late = log[log["item"] != "P1"]
    a, b = (mk.track_campaign(plan, x, as_of="2026-10-26") for x in (log, polars.from_pandas(log)))
    same(a, b)
    assert a.facts["measured_to"] == "2026-10-25"
    late = log.assign(published=pd.Timestamp("2026-10-08"))
    assert not mk.track_campaign(plan, late, as_of="2026-10-26").late["owner"].str.contains("example|ines").any()


def test_a_plan_without_placements_is_refused_and_one_without_promises_has_no_events(plan):
    with pytest.raises(DataError) as error:
        mk.track_campaign(replace(plan, schedule=plan.schedule.head(0)), kept_promise(plan), as_of="2026-10-19")
    assert error.value.findings[0].code == "E_PLAN_EMPTY"
    blank = replace(plan, schedule=plan.schedule.assign(rate=0.0, events=0.0, value=0.0))
    told = mk.track_campaign(blank, kept_promise(plan).assign(clicks=0), as_of="2026-10-19").landing.set_index("measure")
    assert told.loc["events", "high"] == 0
    assert told.loc["spend", "forecast"] > 1000


def test_days_with_an_offset_are_days_of_the_campaign(plan):
    daily = by_day(kept_promise(plan))
    here = daily.assign(date=daily["date"].dt.tz_localize("Europe/Paris").astype(str))
    seen = mk.track_campaign(plan, here, as_of="2026-10-20T23:30:00Z", zone="Europe/Paris")
    assert seen.facts["measured_to"] == "2026-10-20"  # in Paris it is the 21st already
    assert seen.facts["spent"] == pytest.approx(daily.loc[daily["date"] < "2026-10-21", "actual_spend"].sum())
