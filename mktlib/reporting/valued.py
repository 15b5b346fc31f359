"""What the money of a plan rests on: the client's own value of what is counted, which nothing here has measured."""

from __future__ import annotations

from typing import Any

from mktlib.reporting.facts import Facts
from mktlib.reporting.voice import Voice
from mktlib.results import Plan


def valued(voice: Voice, plan: Plan, facts: Facts) -> list[str]:
    """At what a click, a lead ... is counted, by stage where that differs; nothing of a plan that counts no money or knows no brief."""
    brief: Any = getattr(plan, "brief", None)  # of a plan that was made or loaded
    count = voice.tables.metrics.get(str(facts["metric"]), {}).get("count")
    if brief is None or facts["objective"] != "value" or not count or plan.schedule.empty:
        return []
    bought = set(plan.schedule["stage"].astype(str))
    order = [s for s in voice.tables.stages if s in bought]
    each = {s: float(brief.event_value(s)) for s in (*order, *sorted(bought.difference(order)))}
    one = voice.count(f"objective.{count}", 1) if voice.knows(f"objective.{count}") else f"1 × {voice.inner('column', count)}"
    if len(set(each.values())) == 1:
        return [voice.say("plan.valued", one=one, value=voice.money(next(iter(each.values())), facts["currency"]))]
    told = (voice.say("plan.valued_stage", stage=voice.label("stage", s), value=voice.money(x, facts["currency"])) for s, x in each.items())
    return [voice.say("plan.valued_stages", one=one, names=voice.names(told, most=9))]
