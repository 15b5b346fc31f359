"""Channels that a plan buys although they cost more than they bring are told to every reader, with what in the brief forces them."""

from __future__ import annotations

import dataclasses
import re

import pytest
from planned import SMALL, cells_of, scores_of

import mktlib as mk
from mktlib.planning import CampaignPlan, brief_from_text

DEAR = """display = {price = 5, quantity = 6000, minimum = 160, per_week = 3}
[presence]
display = 1
[production]"""


@pytest.fixture(scope="module")
def bought() -> CampaignPlan:
    """A plan that must buy display, which brings next to nothing."""
    scores = scores_of(cells_of(channel=["paid_social", "display"], content_type=["carousel", "display_banner"]))
    poor = scores.table.copy()
    poor.loc[poor["channel"].eq("display"), ["rate", "low", "high"]] = [0.0005, 0.0004, 0.0006]
    brief = brief_from_text(SMALL.replace("[production]", DEAR).replace("budget = 900", "budget = 3000"))
    return mk.plan_campaign(dataclasses.replace(scores, table=poor), brief)


def said(plan: mk.Plan, language: str, reader: str = "client") -> str:
    text = " ".join(mk.report(plan, language=language, reader=reader).sections[0].sentences)
    return re.sub("[\u00a0\u202f]", " ", text)


@pytest.mark.parametrize("reader", ["client", "employer", "team"])
def test_a_channel_that_the_brief_forces_is_said_to_cost_more_than_it_brings(bought, reader):
    spend, value = (round(float(bought.schedule.query("channel == 'display'")[c].sum())) for c in ("spend", "value"))
    assert value < spend
    english, french = (said(bought, language, reader) for language in ("en", "fr"))
    assert f"Display is expected to cost more than it brings: €{spend} is spent there, for €{value} on average." in english
    assert "It is in the plan because at least €160 has to be bought there and the brief asks for it by name." in english
    assert (
        f"Display : ce canal devrait coûter plus qu’il ne rapporte ; {spend} € y sont dépensés, pour {value} € attendus en moyenne."
        in french
    )
    assert "le brief l’impose : il faut y acheter au moins 160 € et il y est demandé nommément." in french
    assert "Paid social costs" not in english


def test_nothing_of_the_kind_is_said_where_it_is_not_so(bought):
    paying = dataclasses.replace(bought, schedule=bought.schedule.assign(value=bought.schedule["spend"]))
    clicks = dataclasses.replace(bought, facts={**bought.facts, "objective": "clicks"})
    even = dataclasses.replace(bought, schedule=bought.schedule.assign(value=bought.schedule["spend"] - 0.001))
    for plan in (paying, clicks, even):
        assert "cost more than it brings" not in said(plan, "en")
    bare = dataclasses.replace(bought, brief=bought.brief.model_copy(update={"presence": {}, "must_have": []}))
    roomy = bare.brief.channels | {"display": bare.brief.channels["display"].model_copy(update={"minimum": 0.0})}
    free = dataclasses.replace(bare, brief=bare.brief.model_copy(update={"channels": roomy}))
    assert "on average." in said(free, "en")
    assert "because" not in said(free, "en")


def test_a_share_of_a_stage_that_forces_a_channel_is_named():
    plan = mk.load_plan(mk.sample_path("plan"))
    held = plan.limits["limit"].eq("stage_share") & plan.limits["price"].gt(0) & plan.limits["used"].ge(0.999 * plan.limits["most"])
    assert held.any()
    stage = str(plan.limits.loc[held, "scope"].iloc[0])
    rows = plan.schedule["stage"].eq(stage) & plan.schedule["spend"].gt(0)
    channel = plan.schedule.loc[rows, "channel"].iloc[0]
    poor = plan.schedule.assign(value=plan.schedule["value"].where(plan.schedule["channel"] != channel, 0.0))
    text = said(dataclasses.replace(plan, schedule=poor), "en")
    assert "the brief keeps a share of the spend for" in text
    assert mk.load_tables().label("stage", stage, "en") in text
