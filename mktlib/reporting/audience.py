"""What an audience says of itself, in words."""

from __future__ import annotations

from mktlib.reporting.drafts import Draft, statistics
from mktlib.reporting.facts import Facts
from mktlib.reporting.grid import Spec, grid
from mktlib.reporting.voice import Voice
from mktlib.results import Audience


def audience_draft(voice: Voice, result: Audience, facts: Facts) -> Draft:
    best, second = facts["best"], facts["second"]
    headline = voice.count("audience.people", facts["people"], groups=voice.number(facts["groups"]))
    sentences = []
    if best:
        apart = second is None or float(best.get("buy_rate_low", 0)) > float(second["buy_rate"])
        values = {"name": voice.label(facts["by"], best["group"]), "rate": voice.percent(best["buy_rate"])}
        values["within"] = voice.within(voice.percent(best.get("buy_rate_low")), voice.percent(best.get("buy_rate_high")))
        headline = voice.say("audience.shown" if apart else "audience.seems", **values)
        sentences.append(voice.count("audience.people", facts["people"], groups=voice.number(facts["groups"])))
        sentences.append(voice.say("audience.largest", name=voice.label(facts["by"], facts["largest"]["group"])))
    spec: list[Spec] = [
        ("group", "label"),
        ("people", "number"),
        ("follow_rate", "percent"),
        ("engage_rate", "percent"),
        ("buy_rate", "percent"),
    ]
    spec += [("revenue_per_person", "money"), ("preferred_format", "label"), ("preferred_length", "label"), ("top_question", "label")]
    named = result.table.assign(group=[voice.label(facts["by"], g) for g in result.table["group"]]) if len(result.table) else result.table
    table = grid(voice, named, spec, caption=voice.say("audience.caption"), facts=facts)
    return Draft(headline=headline, sentences=sentences, tables=[table], details=statistics(voice, facts, people="number", level="percent"))
