"""The section on when to send e-mails: an hour that is shown to be better than the one in use; else what is not known and would tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mktlib.reporting.drafts import Draft, statistics
from mktlib.reporting.facts import Facts
from mktlib.reporting.followers import runs, said_times, times_draft
from mktlib.reporting.grid import Grid, Spec, grid
from mktlib.reporting.voice import Voice
from mktlib.results import SendTime
from mktlib.wording import chances

ASIDE = ("opens", "machine_clicks", "automatic")


def send_time_draft(voice: Voice, result: SendTime, facts: Facts) -> Draft:
    """Times of posts, or of e-mails."""
    return _mails(voice, result, facts) if facts.get("kind") == "messages" else times_draft(voice, result, facts)


def _mails(voice: Voice, result: SendTime, facts: Facts) -> Draft:
    groups: list[dict[str, Any]] = [dict(g) for g in facts["groups"]]
    reference = str(facts["reference"])
    better, none = ([g for g in groups if g["verdict"] == verdict] for verdict in ("better", "no_better"))
    said = [_better(voice, result, g, facts) for g in better]
    if better:
        headline, sentences = said[0], said[1:]
    else:
        headline, sentences = voice.say("send_times.none" if none else "send_times.unknown", reference=reference), []
    sentences += [_none(voice, g, facts) for g in none]
    sentences += [voice.say(f"send_times.few_{g['reason']}", segment=_name(voice, g, facts)) for g in groups if g["verdict"] == "few"]
    sentences += [voice.count(f"send_times.{key}", facts[key]) for key in ASIDE if facts.get(key)]
    tables = [_table(voice, [*better, *none], facts)] if better or none else []
    known = statistics(voice, facts, level="percent", messages="number", delivered="number", clicks="number", p_value="percent")
    known += statistics(voice, facts, message_sd="number", sending_sd="number")
    return Draft(headline=headline, sentences=sentences, tables=tables, details=known)


def _name(voice: Voice, group: Mapping[str, Any], facts: Facts) -> str:
    if group["segment"] == "all" and facts.get("by") == "all":
        return voice.say("send_times.everyone")
    kind = str(facts.get("by", "segment"))
    return voice.label("segment" if kind == "all" else kind, group["segment"])


def _better(voice: Voice, result: SendTime, group: Mapping[str, Any], facts: Facts) -> str:
    mine = result.table[result.table["segment"] == group["segment"]]
    values = {"segment": _name(voice, group, facts), "reference": str(facts["reference"]), "when": _when(voice, mine)}
    values |= {"day": voice.say(f"weekday.{group['weekday']}"), "hour": str(group["hour"]), "lift": voice.percent(group["lift"])}
    within = voice.within(*(voice.percent(max(float(group[k]), 0.0)) for k in ("lift_low", "lift_high")))
    return voice.say("send_times.better", **values, within=within, sure=chances(float(facts["level"]), voice.language))


def _when(voice: Voice, mine: pd.DataFrame) -> str:
    """The hours that are named on every day to which e-mails were sent; where there are none, those of single days."""
    best = mine[mine["best"].astype(bool)]
    days = best.groupby("hour")["weekday"].nunique()
    always = [int(h) for h in days.index[days == mine.dropna(subset=["rate"])["weekday"].nunique()]]
    if always:
        return voice.names(voice.say("times.hours", first=first, last=last + 1) for first, last in runs(sorted(always)))
    return said_times(voice, best)


def _none(voice: Voice, group: Mapping[str, Any], facts: Facts) -> str:
    """What could still hide, and what would tell."""
    values = {"segment": _name(voice, group, facts), "reference": str(facts["reference"]), "hidden": voice.percent(group["hidden"])}
    values |= {"worth": voice.percent(float(facts["worth"])), "mails": voice.number(float(f"{group['needed']:.2g}"), 0)}
    return voice.count("send_times.hidden", int(group["needed_messages"]), **values)


def _table(voice: Voice, groups: list[dict[str, Any]], facts: Facts) -> Grid:
    """Best guesses, those that are shown first."""
    table = pd.DataFrame(groups)
    table = table.assign(
        segment=[_name(voice, g, facts) for g in groups], weekday=[voice.say(f"weekday.{g['weekday']}") for g in groups],
        shown=[g["verdict"] == "better" for g in groups],
    )  # fmt: skip
    spec: list[Spec] = [("segment", "text"), ("weekday", "text"), ("hour", "number"), ("shown", "yes"), ("lift", "percent")]
    spec += [("lift_low", "percent"), ("lift_high", "percent"), ("delivered", "whole"), ("clicks", "whole")]
    spec += [("p_better", "percent"), ("needed", "whole"), ("needed_messages", "whole")] if voice.analyst else []
    return grid(voice, table, spec, caption=voice.say("send_times.caption", reference=str(facts["reference"])), facts=facts)
