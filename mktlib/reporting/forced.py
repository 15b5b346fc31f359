"""Channels of a plan that should cost more than they bring: what the brief asks for has its price, and every reader is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from mktlib.reporting.facts import Facts
from mktlib.reporting.voice import Voice
from mktlib.results import Plan


def forced(voice: Voice, plan: Plan, facts: Facts) -> list[str]:
    """A sentence for each such channel: what it costs, what it should bring, and what in the brief keeps it in the plan."""
    if facts["objective"] not in (None, "value") or not {"value", "spend"} <= set(plan.schedule):
        return []
    out = []
    for channel, rows in plan.schedule.groupby("channel", sort=True):
        spend, value = (float(rows[c].sum()) for c in ("spend", "value"))
        if round(value) < round(spend):  # as they are said: two sums that read alike contradict the sentence
            told = {k: voice.money(round(x), facts["currency"]) for k, x in (("spend", spend), ("value", value))}
            reasons = list(_reasons(voice, plan, str(channel), rows, facts))
            why = voice.say("plan.forced.because", why=voice.names(reasons)) if reasons else ""
            out.append(voice.say("plan.forced.says", channel=voice.label("channel", channel), why=why, **told))
    return out


def _reasons(voice: Voice, plan: Plan, channel: str, rows: pd.DataFrame, facts: Facts) -> Iterator[str]:
    """What in the brief makes the plan buy a channel: its least buy, what is asked of it by name, the share of a stage."""
    brief: Any = getattr(plan, "brief", None)  # of a plan that was made or loaded
    terms = brief.channels.get(channel) if brief else None
    if terms and float(rows["spend"].sum()) - float(rows["spend"].min()) < terms.minimum:  # with one placement less it would be below
        yield voice.say("plan.forced.minimum", least=voice.money(terms.minimum, facts["currency"]))
    if brief and (channel in brief.least_a_week() or any(x.channel == channel for x in (*brief.must_have, *brief.fixed_dates))):
        yield voice.say("plan.forced.asked")
    binding = plan.binding
    held = set(binding.loc[binding["limit"] == "stage_share", "scope"].astype(str)) if len(binding) else set()
    stages = [s for s in dict.fromkeys(rows["stage"].astype(str)) if s in held]
    if stages:
        yield voice.count("plan.forced.stages", len(stages), names=voice.names(voice.label("stage", s) for s in stages))
