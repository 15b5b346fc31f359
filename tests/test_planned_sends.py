"""What a plan makes of flows and of what was already sent: caps a person hold across both."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from test_programme import log, sends_with

from mktlib.contacts import load_of, reserved
from mktlib.errors import DataError, PlanError
from mktlib.mailing import check_sends, email_programme
from mktlib.planning import brief_from_text, plan_campaign
from mktlib.planning.already import over_with_log, read_log
from mktlib.results import CELL, Scores
from mktlib.vocabulary import load_tables, lookup

BRIEF = """
first_day = 2026-10-05
last_day = 2026-11-01
budget = 900
test_share = 0
[objective]
value = 2.0
[segments]
parents = {size = 20000, consent = {email = 0.2}, cap_per_week = 2, cap_per_month = 6}
[channels]
email = 0.005
[production]
default = {cost = 60, days = 1, most = 3}
"""


def scores() -> Scores:
    kinds = ("promo_email", "newsletter", "welcome_email")
    table = pd.DataFrame([("parents", "decision", kind, "playful", "short", "email") for kind in kinds], columns=list(CELL))
    known = {"rate": [0.02, 0.018, 0.016], "low": 0.01, "high": 0.03, "p_best": 0.3, "exposure": 1e4, "opinion": 0.2, "verdict": "make"}
    return Scores(table=table.assign(index=100.0, **known), by=CELL, within=("segment", "stage"), metric="click_rate")


def mails(plan: Any) -> pd.Series:
    """Messages that one person gets in each week."""
    return plan.schedule.groupby("week")["quantity"].sum() / 4_000


def test_flows_of_a_brief_take_their_part_of_the_caps_and_nothing_twice():
    free = plan_campaign(scores(), brief_from_text(BRIEF))
    beside = plan_campaign(scores(), brief_from_text(BRIEF + "[flows]\nwelcome = 0.3\nabandoned_basket = 0.2\n"))
    assert mails(free).max() == pytest.approx(2)
    assert mails(free).sum() == pytest.approx(6)
    taken = {w: reserved(load_of(load_tables().flows, {"welcome": 0.3, "abandoned_basket": 0.2}, w)) for w in (7, 28)}
    assert (taken[7], taken[28]) == (3, 5)
    assert mails(beside).sum() <= 6 - taken[28] + 1e-9
    assert beside.brief.segments["parents"].cap_per_month == 6 - taken[28]
    assert beside.check().empty
    assert {f.code for f in beside.findings} >= {"N_PLAN_FLOWS", "W_PLAN_FLOWS_FULL"}
    again = plan_campaign(scores(), beside.brief)
    assert again.brief.segments == beside.brief.segments


def test_a_small_flow_leaves_room_for_campaigns():
    plan = plan_campaign(scores(), brief_from_text(BRIEF + "[flows]\nwelcome = 0.1\n"))
    assert 0 < mails(plan).sum() < 6
    found = next(f for f in plan.findings if f.code == "N_PLAN_FLOWS")
    assert found.column.startswith("segments.parents.cap_per_")
    assert found.values["reserved"] == int(found.found) - found.values["most"]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_wrong_flow_names_the_nearest_one(language):
    with pytest.raises(DataError) as refused:
        brief_from_text(f'language = "{language}"\n' + BRIEF + "[flows]\nwelcom = 0.1\nbirthday = 1.5\n")
    found = {f.column: f for f in refused.value.findings}
    assert found["flows.welcom"].hint == "welcome"
    assert "flows.birthday" in found


def test_a_plan_that_breaks_a_cap_with_what_was_already_sent_is_refused():
    """B53 in the planner: messages of September and of the plan's first week, counted together for one person."""
    already = log(*[("m1", f"2026-09-{d}T10:00", "parents") for d in (10, 17, 24, 28, 30)], ("m2", "2026-09-30T10:00", "elsewhere"),
                  columns="member_id sent_at segment")  # fmt: skip
    brief = brief_from_text(BRIEF)
    plan = plan_campaign(scores(), brief)
    with pytest.raises(PlanError) as refused:
        plan_campaign(scores(), brief, sends=already)
    found = refused.value.findings[0]
    assert set(refused.value.codes) == {"E_FREQUENCY_CAP"}
    assert re.fullmatch("person-[0-9a-f]{16}", found.values["person"])
    assert (found.values["cap"], found.values["window"], found.values["people"]) == (6, 28, 1)
    assert found.values["count"] > 6
    assert found.values["first"] < "2026-10-05" <= found.values["last"]
    assert found.column == "segments.parents.cap_per_month"
    over = plan.check(sends=already)
    assert set(over["limit"]) == {"frequency_cap"}
    assert plan.check(sends=already[already["member_id"] == "m2"]).empty


def test_messages_of_log_and_plan_are_counted_as_one_by_one():
    """Windows may end with a message of either: what is planned elsewhere for the day after counts too."""
    brief = brief_from_text(BRIEF)
    plan, rng = plan_campaign(scores(), brief), np.random.default_rng(2)
    start = pd.Timestamp("2026-09-01")
    sent_at = start + pd.to_timedelta(rng.integers(0, 80, 120), "D")
    frame = pd.DataFrame({"member_id": rng.integers(0, 30, 120), "sent_at": sent_at, "message_id": range(120)})
    frame["segment"] = np.where(rng.random(120) < 0.5, "parents", None)
    out = plan.calendar()
    out = out[(out["task"] == "publish") & (out["channel"] == "email")]
    days, share = out["at"].dt.normalize(), (out["quantity"] / 4_000).to_numpy()
    expected = {}
    for person, mine in frame.groupby("member_id"):
        for window, cap in ((7, 2), (28, 6)):
            for day in pd.date_range("2026-09-01", "2026-12-31"):
                inside = (mine["sent_at"] <= day) & (mine["sent_at"] > day - pd.Timedelta(days=window))
                planned = share[((days <= day) & (days > day - pd.Timedelta(days=window))).to_numpy()].sum()
                if inside.any() and planned and inside.sum() + planned > max(cap + 1e-6, expected.get((person, window), 0)):
                    expected[person, window] = inside.sum() + planned
    found = over_with_log(brief, plan.calendar(), read_log(brief, frame)[0])
    assert len(found) == len(expected) > 0
    assert sorted(found["messages"]) == pytest.approx(sorted(expected.values()))
    assert (found["first_day"] <= found["last_day"]).all()


def test_a_message_planned_elsewhere_for_the_day_after_breaks_a_cap():
    brief = brief_from_text(BRIEF)
    plan = plan_campaign(scores(), brief)
    out = plan.calendar()
    last = out.loc[(out["task"] == "publish") & (out["channel"] == "email"), "at"].max() + pd.Timedelta(days=1)
    elsewhere = pd.DataFrame({"member_id": "m1", "sent_at": [last, last + pd.Timedelta(hours=1)], "segment": "parents"})
    assert set(plan.check(sends=elsewhere)["limit"]) == {"frequency_cap"}


def test_a_log_that_names_no_segment_of_the_brief_is_told():
    plan = plan_campaign(scores(), brief_from_text(BRIEF), sends=log(("m1", "2026-10-05", "parent"), columns="member_id sent_at segment"))
    found = next(f for f in plan.findings if f.code == "W_PLAN_SENDS")
    assert (found.found, found.hint) == ("parent", "parents")


def test_words_of_rules_and_verdicts_are_in_both_languages():
    found = check_sends(sends_with(0, 10), cap_7=2, cap_30=6, new_since="2026-04-06")
    for language in ("en", "fr"):
        assert all(lookup(f"labels.sends_rule.{rule}", language) for rule in found.table["rule"])
        assert all(lookup(f"labels.sends_verdict.{verdict}", language) for verdict in found.table["verdict"])


def test_wrong_rows_of_flows_are_refused_with_what_to_type(tmp_path):
    own = tmp_path / "ours.toml"
    row = '[flows.ours]\nlabel = { en = "Ours", fr = "Le nôtre" }\ntrigger = "x"\nstage = "lojalty"\n'
    own.write_text(row + 'days = [3, 1]\ncap = 0\nmeasure = "clicks"\n', "utf-8")
    with pytest.raises(DataError) as refused:
        load_tables(own)
    assert {f.column for f in refused.value.findings} >= {f"flows.ours.{name}" for name in ("trigger", "stage", "days", "cap", "measure")}


def test_a_flow_of_ones_own_counts_in_a_programme_and_in_a_plan(tmp_path):
    own = tmp_path / "ours.toml"
    row = '[flows.tasting]\nlabel = { en = "Tasting", fr = "Dégustation" }\ntrigger = { en = "a visit", fr = "une visite" }\n'
    own.write_text(row + 'stage = "loyalty"\ndays = [0, 1, 2, 3]\ncap = 4\nmeasure = "click_rate"\n', "utf-8")
    tables = load_tables(own)
    assert email_programme({"tasting": 0.2}, tables=tables).left["reserved"].tolist() == [2, 4]
    plan = plan_campaign(scores(), brief_from_text(BRIEF + "[flows]\ntasting = 0.2\n", tables=tables), tables=tables)
    assert plan.brief.segments["parents"].cap_per_week == 0
