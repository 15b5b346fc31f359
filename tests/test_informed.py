"""What other analyses say before a plan is made: rhythms, hours, places and alarms that come in as arguments."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mktlib.errors import PlanError
from mktlib.planning import brief_from_text, plan_campaign
from mktlib.planning.informed import informed, on_hold
from mktlib.results import CELL, Rhythm, Scores, SendTime, Watch

TEXT = """
first_day = 2026-10-05
last_day = 2026-11-01
budget = 900
test_share = 0
[objective]
value = 2.0
[segments]
parents = {size = 20000, consent = {email = 0.2}, cap_per_week = 2, cap_per_month = 6}
drivers = {size = 10000, consent = {email = 0.3}, cap_per_week = 1, cap_per_month = 4}
[channels]
email = 0.005
paid_social = {price = 10, quantity = 6000, per_week = 2}
[places.shop]
share = 0.5
channels = ["paid_social"]
[production]
default = {cost = 60, days = 1, most = 2}
[topics.delivery]
content_type = "promo_email"
"""


@pytest.fixture(scope="module")
def scores() -> Scores:
    rows = [
        row for row in itertools.product(
            ["parents", "drivers"], ["decision"], ["promo_email", "newsletter", "carousel"], ["playful"], ["short", "none"],
            ["email", "paid_social"],
        ) if (row[2] == "carousel") == (row[5] == "paid_social") and (row[2] == "carousel") == (row[4] == "none")
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=list(CELL))
    rate = 0.02 * np.exp(np.random.default_rng(0).normal(0, 0.3, len(table)))
    known = {"rate": rate, "low": rate * 0.8, "high": rate * 1.25, "p_best": 0.1, "exposure": 1e4, "opinion": 0.2, "verdict": "make"}
    return Scores(table=table.assign(index=100.0, **known), by=CELL, within=("segment", "stage"), metric="click_rate")


def alarms(*rows: tuple[str, str, str]) -> Watch:
    table = pd.DataFrame(rows, columns=["at", "level", "topic"]).assign(count=9, expected=2.0)
    return Watch(table=table)


def mails(plan: Any, segment: str) -> pd.Series:
    """Messages that one person gets in each week."""
    rows = plan.schedule[(plan.schedule["channel"] == "email") & (plan.schedule["segment"] == segment)]
    people = plan.brief.segments[segment].agreed("email")
    return (rows.groupby("week")["quantity"].sum() / people).round(6)


def test_nobody_gets_more_messages_than_the_best_rhythm(scores: Scores) -> None:
    brief = brief_from_text(TEXT)
    table = pd.DataFrame(
        {"segment": ["parents", "parents", "all"], "per_month": [2, 8, 3], "value": [5.0, 1.0, 2.0], "best": [True, False, True]}
    )
    free, bound = plan_campaign(scores, brief), plan_campaign(scores, brief, rhythm=Rhythm(table=table))
    assert mails(free, "parents").sum() > 2
    assert mails(bound, "parents").sum() <= 2
    assert mails(bound, "drivers").sum() <= 3
    assert bound.check().empty
    assert [(f.column, f.found) for f in bound.findings if f.code == "N_PLAN_RHYTHM"] == [
        ("segments.parents.cap_per_month", "6"),
        ("segments.drivers.cap_per_month", "4"),
    ]


def test_messages_leave_at_the_hour_at_which_they_are_read(scores: Scores) -> None:
    table = pd.DataFrame({"segment": ["parents", "all"], "weekday": [2, 3], "hour": [18, 7], "rate": [0.1, 0.1], "best": [True, True]})
    plan = plan_campaign(scores, brief_from_text(TEXT), send_time=SendTime(table=table))
    sent = plan.calendar().query("channel == 'email'")
    hours = sent.groupby("segment")["at"].agg(lambda at: set(pd.to_datetime(at).dt.hour))
    assert hours["parents"] == {18}
    assert hours["drivers"] <= {7, 8}  # a rule of silence may move it to the next open hour
    assert plan.check().empty


def test_people_counted_near_a_place_are_all_that_is_bought_there(scores: Scores) -> None:
    brief = brief_from_text(TEXT)
    counted = pd.DataFrame({"place": ["shop", "shop", "mall"], "segment": ["parents", "drivers", "parents"], "people": [2000, 0, 7]})
    known, found = informed(brief, places=counted)
    assert known.places["shop"].share == {"parents": 0.1, "drivers": 0.0}
    assert [(f.code, f.found) for f in found] == [("N_PLAN_PLACE", "mall")]
    plan = plan_campaign(scores, brief, places=counted)
    ads = plan.schedule.query("channel == 'paid_social'")
    assert set(ads["segment"]) <= {"parents"}
    assert (ads.groupby("item")["quantity"].sum() <= 3 * 0.1 * 0.6 * 20000 * 1.01).all()
    assert plan.check().empty
    assert informed(brief, places=counted.drop(columns="segment"))[0].places["shop"].near("drivers") == pytest.approx(2000 / 30000)


def test_pieces_on_a_topic_wait_while_its_alarm_stands(scores: Scores) -> None:
    brief = brief_from_text(TEXT)
    plan = plan_campaign(scores, brief, watch=alarms(("2026-10-02", "alert", "delivery")))
    waiting = plan.items.query("status == 'hold'")
    assert "promo_email" in set(waiting["content_type"])
    assert "promo_email" not in set(plan.items.query("status == 'make'")["content_type"])
    assert not plan.schedule["item"].isin(waiting["item"]).any()
    assert "N_PLAN_HOLD" in [f.code for f in plan.findings]
    assert plan.check().empty


@pytest.mark.parametrize(
    "row", [("2026-10-02", "watch", "delivery"), ("2026-09-01", "crisis", "delivery"), ("2026-12-01", "alert", "delivery")]
)
def test_what_is_no_alarm_or_stands_no_longer_holds_nothing(row: tuple[str, str, str], scores: Scores) -> None:
    ideas, brief = scores.table, brief_from_text(TEXT)
    left, held, found = on_hold(ideas, brief, alarms(row))
    assert (len(left), len(held), found) == (len(ideas), 0, [])


def test_an_alarm_on_a_topic_that_the_brief_does_not_know_is_told_and_a_crisis_stops_everything(scores: Scores) -> None:
    brief = brief_from_text(TEXT)
    plan = plan_campaign(scores, brief, watch=alarms(("2026-10-04", "alert", "lenses")))
    assert [f.found for f in plan.findings if f.code == "N_PLAN_ALERT"] == ["lenses"]
    assert "promo_email" in set(plan.items.query("status == 'make'")["content_type"])
    with pytest.raises(PlanError) as caught:
        plan_campaign(scores, brief, watch=alarms(("2026-10-04", "crisis", "lenses")))
    assert caught.value.codes == ("E_PLAN_HOLD",)


def test_an_alarm_that_was_ended_holds_nothing(scores: Scores) -> None:
    watch = Watch(table=alarms(("2026-10-02", "crisis", "delivery")).table.assign(until="2026-10-03"))
    assert on_hold(scores.table, brief_from_text(TEXT), watch)[2] == []


def test_an_alarm_that_a_watch_still_sees_holds_however_long_it_has_stood(scores: Scores) -> None:
    old = alarms(("2026-08-20", "crisis", "delivery")).table.assign(until=pd.NaT)
    seen = Watch(table=old, facts={"as_of": pd.Timestamp("2026-10-03", tz="UTC")})
    assert [f.code for f in on_hold(scores.table, brief_from_text(TEXT), seen)[2]] == ["N_PLAN_HOLD"]
    assert on_hold(scores.table, brief_from_text(TEXT), Watch(table=old))[2] == []


def test_a_crisis_without_a_topic_is_named_as_one(scores: Scores) -> None:
    with pytest.raises(PlanError, match="–"):
        on_hold(scores.table, brief_from_text(TEXT), alarms(("2026-10-04", "crisis", "")))
