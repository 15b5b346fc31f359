"""The limits of a brief, kept by the solver and by a second check: presence, consent, bulk mail, places, caps."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pandas as pd
import pytest
from briefed import brief_of, scores_for

from mktlib.errors import PlanError
from mktlib.planning import plan_campaign
from mktlib.planning.ideas import priced
from mktlib.vocabulary import load_tables, sending_rules

BASE = {
    "first_day": dt.date(2026, 10, 5), "last_day": dt.date(2026, 11, 1), "budget": 4000.0, "test_share": 0.0, "objective": {"value": 2.0},
    "brand": {"allowed": ["playful"]}, "stages": {"decision": 0.0}, "lengths": ["short"],
    "segments": {
        "parents": {"size": 50_000, "consent": {"email": 0.4, "sms": 0.1, "push": 0.1}, "cap_per_week": 2, "cap_per_month": 6},
        "drivers": {"size": 30_000, "consent": {"email": 0.2, "sms": 0.1}},
    },
    "channels": {"email": {"price": 0.001}, "sms": {"price": 0.05}, "push": {"price": 0.001},
                 "display": {"price": 3.0}, "organic_social": {"quantity": 5000.0, "per_week": 1}},
    "production": {k: {"cost": 50.0, "days": 1.0} for k in ("promo_email", "sms", "push_notification", "banner", "social_image")},
}  # fmt: skip


def planned(**more):
    brief = brief_of({**BASE, **more})
    made = plan_campaign(scores_for(brief), brief)
    assert made.check().empty, made.check()
    return made


def spoken_to(made, channel: str, week: int | None = None) -> pd.DataFrame:
    rows = made.schedule[made.schedule["channel"] == channel]
    return rows if week is None else rows[rows["week"] == week]


def broken(made, **change) -> pd.DataFrame:
    return replace(made, **change).check().set_index("limit")


def under(made, **more):
    """The plan, judged by another brief."""
    return replace(made, brief=brief_of({**BASE, **more})).check().set_index("limit")


def test_the_defaults_of_the_new_entries_change_nothing():
    made = planned()
    spelt = planned(
        presence={}, places={}, sending={"authenticated": True, "one_click_unsubscribe": True, "complaint_rate": 0.0}, team={"owner": ""},
        segments={k: {**row, "inactive_months": 36} for k, row in BASE["segments"].items()},
    )  # fmt: skip
    pd.testing.assert_frame_equal(made.schedule, spelt.schedule)
    pd.testing.assert_frame_equal(made.limits, spelt.limits)


@pytest.mark.parametrize(("asked", "channel", "least"), [
    ({"display": 2}, "display", 2), ({"instagram": 1, "facebook": 1}, "organic_social", 2),
    ({"instagram": 1, "organic_social": 3}, "organic_social", 3),
])  # fmt: skip
def test_presence_is_kept_in_every_week_that_is_open(asked, channel, least):
    mutes = [{"first_day": dt.date(2026, 10, 12), "last_day": dt.date(2026, 10, 18)}]
    made = planned(presence=asked, mutes=mutes)
    for week in (1, 3, 4):
        rows = spoken_to(made, channel, week)
        lot = {"display": 10_000, "organic_social": 5000}[channel]
        assert (rows["quantity"] / lot).sum() >= least - 1e-6
    assert spoken_to(made, channel, 2).empty
    assert {f.column for f in made.findings if f.code == "N_PLAN_NETWORK"} == {
        f"presence.{n}" for n in asked if n in load_tables().networks
    }
    cut = broken(made, schedule=made.schedule[~((made.schedule["channel"] == channel) & (made.schedule["week"] == 3))])
    assert cut.loc[["presence"], "scope"].tolist() == [f"{channel} / 3"]
    assert cut.loc[["presence"], "over"].tolist() == [least]


def test_presence_that_cannot_be_had_is_said():
    with pytest.raises(PlanError) as caught:
        planned(presence={"display": 1}, exclude=[{"channel": "display"}])
    assert [(f.code, f.column) for f in caught.value.findings] == [("E_PLAN_NO_IDEA", "presence.display")]
    with pytest.raises(PlanError) as caught:
        planned(presence={"display": 1}, team={"days_per_week": 0.5})  # nothing can be out in the first week
    assert "presence.display" in {f.column for f in caught.value.findings}


def consenting(day: dt.date, months: int) -> dict:
    return {**BASE["segments"], "parents": {**BASE["segments"]["parents"], "consent_date": day, "inactive_months": months}}


@pytest.mark.parametrize(("day", "months", "last_week"), [
    (dt.date(2026, 4, 18), 6, 2),  # until Sunday 18 October, the end of week 2
    (dt.date(2026, 4, 17), 6, 1),  # until Saturday: week 2 would send on a day too late
    (dt.date(2023, 9, 1), 36, 0), (dt.date(2026, 4, 30), 6, 3), (dt.date(2026, 4, 30), 7, 4),
])  # fmt: skip
def test_nobody_is_written_to_once_consent_has_run_out(day, months, last_week):
    made = planned(segments=consenting(day, months))
    messages = made.schedule[made.schedule["channel"].isin(["email", "sms", "push"])]
    parents = messages[messages["segment"] == "parents"]
    assert (parents["week"] <= last_week).all()
    assert parents.empty == (last_week == 0)
    assert [week for week in range(1, 5) if made.brief.open_days(week, "parents", "email")] == list(range(1, last_week + 1))
    assert (messages["segment"] == "drivers").any()
    assert (len([f for f in made.findings if f.code == "N_PLAN_CONSENT"]) == 1) == (last_week < 4)
    if last_week < 4:
        found = under(planned(), segments=consenting(day, months))
        assert "consent" in found.index
        assert all(" / parents / " in scope for scope in found.loc[["consent"], "scope"])
        assert found.loc[["consent"], "scope"].str.rsplit(" / ").str[-1].astype(int).min() > last_week


def test_the_inactivity_limit_comes_from_the_tables():
    row = sending_rules()["retention"]
    assert row["value"] == 36
    assert "CNIL" in row["source"]
    assert brief_of(BASE).segments["parents"].inactive_months == row["value"]
    for rule in sending_rules().values():
        assert rule["source"]
        assert rule["conf"] in set("VRSKJ")
        assert set(rule["channels"]) <= set(load_tables().channels)


@pytest.mark.parametrize("sending", [{"authenticated": False}, {"one_click_unsubscribe": False}, {"complaint_rate": 0.003}])
def test_who_may_not_send_in_bulk_stays_below_it(sending):
    mutes = [{"first_day": dt.date(2026, 10, 12), "last_day": dt.date(2026, 10, 14), "channel": "email"}]
    free, made = planned(), planned(sending=sending, mutes=mutes)
    mails = made.schedule[made.schedule["channel"] == "email"].groupby("week")["quantity"].sum()
    assert len(mails) >= 3
    for week, sent in mails.items():
        assert sent <= 4999 * (4 if week == 2 else 7) + 1e-6
    assert "N_PLAN_BULK" in {f.code for f in made.findings}
    assert (free.schedule[free.schedule["channel"] == "email"].groupby("week")["quantity"].sum() > 7 * 4999).any()
    found = under(free, sending=sending).loc[["bulk_sending"]]
    assert (found["most"] == 7 * 4999).all()
    assert found["scope"].str.startswith("email / ").all()
    assert set(made.limits.loc[made.limits["limit"] == "bulk_sending", "scope"]) >= {"email / 1", "email / 2", "email / 3", "email / 4"}


def test_a_long_list_is_written_to_in_parts_where_bulk_is_not_allowed():
    people = {"parents": {"size": 200_000, "consent": {"email": 0.5}}}
    made = planned(segments=people, sending={"authenticated": False}, must_have=[{"channel": "email", "least": 2}])
    mails = made.schedule[made.schedule["channel"] == "email"]
    assert len(mails) >= 2
    assert mails["quantity"].max() <= 7 * 4999


def test_a_segment_with_fewer_open_days_may_be_sent_less():
    mutes = [{"first_day": dt.date(2026, 10, 5), "last_day": dt.date(2026, 10, 9), "segment": "parents"}]
    made = planned(sending={"authenticated": False}, mutes=mutes)
    assert spoken_to(made, "email", 1).query("segment == 'parents'")["quantity"].sum() <= 2 * 4999
    row = spoken_to(made, "email", 3).head(1).assign(week=1, segment="parents", quantity=15_000.0)
    found = broken(made, schedule=pd.concat([made.schedule, row], ignore_index=True))
    assert "email / parents / 1" in found.loc[["bulk_sending"], "scope"].tolist()


def test_complaints_are_a_warning_before_they_are_a_limit():
    codes = {rate: {f.code for f in planned(sending={"complaint_rate": rate}).findings} for rate in (0.0009, 0.001, 0.0029, 0.003)}
    assert not codes[0.0009] & {"N_PLAN_COMPLAINTS", "N_PLAN_BULK"}
    assert "N_PLAN_COMPLAINTS" in codes[0.001] & codes[0.0029] & codes[0.003]
    assert "N_PLAN_BULK" not in codes[0.0029]
    assert "N_PLAN_BULK" in codes[0.003]


def test_a_place_leaves_only_those_who_live_near():
    places = {"shop": {"share": {"parents": 0.1}, "channels": ["display"]}, "stand": {"share": 0.05, "channels": ["display"]}}
    brief = brief_of({**BASE, "places": places})
    ideas = priced(scores_for(brief), brief, load_tables()).drop_duplicates(["segment", "channel"]).set_index(["segment", "channel"])
    assert ideas.loc[("parents", "display"), "people"] == pytest.approx(50_000 * 0.6 * 0.15)
    assert ideas.loc[("parents", "display"), "lot"] == 4500
    assert ideas.loc[("drivers", "display"), "people"] == pytest.approx(30_000 * 0.6 * 0.05)
    assert ideas.loc[("parents", "email"), "people"] == pytest.approx(20_000)
    made = planned(places=places)
    assert len(spoken_to(made, "display"))
    assert (spoken_to(made, "display").groupby(["item", "segment"])["quantity"].sum() <= 3 * 4500 * 1.5 + 1e-6).all()
    found = under(planned(), places=places)
    assert {"placement", "repeat"} <= set(found.index)
    assert all(" / display" in scope for scope in found.loc[["placement", "repeat"], "scope"])


def test_a_place_where_nobody_lives_takes_the_channel_out():
    made = planned(places={"shop": {"share": {"drivers": 0.5}, "channels": ["display", "email"]}})
    near = made.schedule[made.schedule["channel"].isin(["display", "email"])]
    assert set(near["segment"]) == {"drivers"}


def test_a_person_is_not_written_to_more_often_than_agreed_whatever_the_channel():
    """B53 at the level of segments: e-mail, SMS and push add up; the row names the segment, the count, the cap and the week."""
    made = planned()
    messages = made.schedule[made.schedule["channel"].isin(["email", "sms", "push"]) & (made.schedule["segment"] == "parents")]
    row, agreed = messages.head(1), {"email": 20_000.0, "sms": 5000.0, "push": 5000.0}
    by_hand = [row.assign(channel=c, week=w, quantity=agreed[c], spend=0.0) for c in agreed for w in (2, 3, 4)]
    others = made.schedule[~made.schedule.index.isin(messages.index)]
    found = broken(made, schedule=pd.concat([others, *by_hand], ignore_index=True))
    week = found.loc[["messages_week"]].set_index("scope")
    assert week[["used", "most"]].to_numpy().tolist() == [[3.0, 2.0]] * 3
    assert week.index.tolist() == ["parents / 2", "parents / 3", "parents / 4"]
    month = found.loc[["messages_month"]].set_index("scope")
    assert month.loc["parents / 1", ["used", "most"]].tolist() == [9.0, 6.0]


def test_a_plan_that_lost_its_tests_is_seen():
    """The share is waived where nothing was left to learn from, but not where the plan said that it holds it."""
    made = planned(test_share=0.2)
    assert "test_share" in set(made.limits["limit"])
    sure = made.schedule.assign(verdict="make")
    assert broken(made, schedule=sure).loc["test_share", ["used", "most"]].tolist() == [1.0, 0.8]
    assert replace(made, schedule=sure, limits=made.limits[made.limits["limit"] != "test_share"]).check().empty
