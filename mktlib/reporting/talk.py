"""The talk about a brand, in words."""

from __future__ import annotations

import pandas as pd

from mktlib.reporting.drafts import Draft, statistics
from mktlib.reporting.facts import Facts
from mktlib.reporting.grid import Grid, Spec, grid
from mktlib.reporting.voice import Voice
from mktlib.results import Reputation


def reputation_draft(voice: Voice, result: Reputation, facts: Facts) -> Draft:
    """Whose talk it is, in which tone, about what, and how long people wait."""
    if result.table.empty:
        return Draft(headline=voice.count("reputation.alone", 0), sentences=[], tables=[], details=[])
    own, alone = result.table[result.table["brand"] == facts["brand"]].to_dict("records")[0], len(result.table) == 1
    brand = voice.label("brand", facts["brand"])
    headline = voice.count("reputation.alone", facts["mentions"])
    if not alone:
        ends = voice.within(voice.percent(own["share_of_voice_low"]), voice.percent(own["share_of_voice_high"]))
        headline = voice.say("reputation.voice", brand=brand, share=voice.percent(own["share_of_voice"]), within=ends)
    sentences = [] if alone else [voice.count("reputation.alone", facts["mentions"])]
    if facts["toned"]:
        tone = {k: voice.percent(own[f"negative{k and '_' + k}"]) for k in ("", "low", "high")}
        sentences.append(voice.say("reputation.negative", share=tone[""], within=voice.within(tone["low"], tone["high"])))
        sentences += [] if alone else [_beside(voice, result, facts)]
    if len(result.topics):
        first = result.topics.iloc[0]
        sentences.append(voice.say("reputation.topic", topic=voice.label("topic", first["topic"]), share=voice.percent(first["share"])))
    sentences += [_carried(voice, result)] if len(result.carriers) > 1 else []
    sentences += _waits(voice, result, facts)
    return Draft(
        headline=headline, sentences=sentences, tables=_tables(voice, result, facts), details=statistics(voice, facts, level="percent")
    )


def _beside(voice: Voice, result: Reputation, facts: Facts) -> str:
    """Whether any other brand is surely better or worse talked of."""
    ours = result.table["brand"] == facts["brand"]
    own, others = result.table[ours].to_dict("records")[0], result.table[~ours]
    better = others[others["net_sentiment_low"] > own["net_sentiment_high"]]
    worse = others[others["net_sentiment_high"] < own["net_sentiment_low"]]
    which = "better" if len(better) else "worse" if len(worse) else "alike"
    names = voice.names(voice.label("brand", b) for b in (better if len(better) else worse)["brand"])
    return voice.say(f"reputation.beside.{which}", names=names)


def _carried(voice: Voice, result: Reputation) -> str:
    loud = result.carriers.sort_values("reach_share", ascending=False, kind="stable").iloc[0]
    said = {k: voice.percent(float(loud[c])) for k, c in (("share", "share"), ("reach", "reach_share"))}
    return voice.say("reputation.carried", band=voice.label("band", loud["band"]), **said)


def _waits(voice: Voice, result: Reputation, facts: Facts) -> list[str]:
    if result.waits.empty:
        return []
    row = result.waits.iloc[0]
    asked = voice.count(f"reputation.asked.{facts['asked']}", int(row["asked"]))
    answered = {"asked": asked, "share": voice.percent(row["share"]), "hours": voice.number(row["within"])}
    ends = voice.within(voice.percent(row["share_low"]), voice.percent(row["share_high"]))
    said = [voice.say("reputation.answered", within=ends, **answered)]
    if pd.isna(row["median"]):
        return [*said, voice.say("reputation.no_median")]
    span = {k: voice.number(row[k], 1) if pd.notna(row[k]) else "–" for k in ("median", "low", "high")}
    return [*said, voice.say("reputation.median", median=span["median"], within=voice.within(span["low"], span["high"]))]


def _tables(voice: Voice, result: Reputation, facts: Facts) -> list[Grid]:
    brands: list[Spec] = [("brand", "label"), ("mentions", "number"), ("share_of_voice", "percent")]
    brands += [("net_sentiment", "percent"), ("negative", "percent")] if facts["toned"] else []
    brands += (
        [(f"{name}_{end}", "percent") for name in ("share_of_voice", "net_sentiment") for end in ("low", "high")] if voice.analyst else []
    )
    known = [(column, kind) for column, kind in brands if column in result.table]
    tables = [grid(voice, result.table, known, caption=voice.say("reputation.caption"), facts=facts)]
    if len(result.topics):
        topics: list[Spec] = [("topic", "label"), ("mentions", "number"), ("share", "percent")]
        topics += [("negative", "percent")] if facts["toned"] else []
        tables.append(grid(voice, result.topics, topics, caption=voice.say("reputation.topics"), facts=facts))
    if len(result.waits) and voice.analyst:
        waits: list[Spec] = [("network", "text"), ("asked", "number"), ("answered", "number"), ("median", "number")]
        waits += [("low", "number"), ("high", "number"), ("share", "percent")]
        named = [voice.say("reputation.all_networks") if n == "all" else voice.label("network", n) for n in result.waits["network"]]
        tables.append(grid(voice, result.waits.assign(network=named), waits, caption=voice.say("reputation.waits"), facts=facts))
    return tables
