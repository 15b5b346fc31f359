"""An alarm in words: what went out of the ordinary, how surely, and what a quiet year would have shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mktlib.reporting.drafts import Draft, statistics
from mktlib.reporting.facts import Facts
from mktlib.reporting.grid import Spec, grid
from mktlib.reporting.voice import Voice
from mktlib.results import Replay, Watch

LOUD = ("crisis", "alert")
SAID = {"expected": "usually", "usual": "usually", "negative_usual": "usually_negative", "total": "so_far", "term": "word"}
"""Columns as this page calls them."""


def watch_draft(voice: Voice, result: Watch, facts: Facts) -> Draft:
    """The worst alarm first; how many were raised beside how many luck was allowed; what stands now."""
    loud = result.table[result.table["level"].isin(LOUD)]
    worst = loud.assign(order=loud["level"].map({"crisis": 0, "alert": 1})).sort_values(["order", "at"], kind="stable").head(1)
    watched = float(facts.get("watched_years") or 0.0)
    headline = _alarm(voice, worst.to_dict("records")[0]) if len(worst) else voice.say("watch.quiet" if watched else "watch.blind")
    sentences = [_promise(voice, facts, len(loud))] if 12 * watched >= 1 else []
    standing = result.table[result.table["level"].isin(facts.get("standing", ())) & result.table["until"].isna()]
    names = voice.names(_topic(voice, t) for t in dict.fromkeys(standing["topic"]))
    sentences.append(voice.say("watch.standing", names=names) if len(standing) else voice.say("watch.over"))
    if facts.get("history_days"):
        since = facts.get("watched_from")
        told = {"days": voice.number(facts["history_days"]), "since": voice.date(since) if since is not None else "–"}
        sentences.insert(0, voice.say("watch.history" if watched else "watch.history_none", **told))
    spec: list[Spec] = [
        ("at", "day"),
        ("level", "text"),
        ("topic", "text"),
        ("mentions", "number"),
        ("usually", "whole"),
        ("negative", "percent"),
        ("usually_negative", "percent"),
    ]
    spec += [("count", "number"), ("expected", "number"), ("ratio_low", "number"), ("ratio_high", "number")] if voice.analyst else []
    spec.append(("until", "day"))
    shown = (result.table if voice.analyst else loud).sort_values("at", kind="stable")
    levels = [voice.say(f"watch.level.{level}") for level in shown["level"]]
    named = shown.assign(level=levels, topic=[_topic(voice, t) for t in shown["topic"]])
    named = named.rename(columns={k: v for k, v in SAID.items() if k != "expected"})
    known = [pair for pair in spec if pair[0] in named]
    tables = [grid(voice, named, known, caption=voice.say("watch.caption"), facts=facts)] if len(named) else []
    details = statistics(voice, facts, per_day="number", dispersion="number")
    return Draft(headline=headline, sentences=sentences, tables=tables, details=details)


def _topic(voice: Voice, topic: Any) -> str:
    return voice.label("topic", topic) if isinstance(topic, str) and topic else voice.say("watch.no_topic")


def _alarm(voice: Voice, row: Mapping[Any, Any]) -> str:
    said, usual = row.get("mentions", row["count"]), row.get("usual", row["expected"])
    values = {"day": voice.date(row["at"]), "topic": _topic(voice, row["topic"]), "usual": voice.number(round(float(usual)))}
    bad, before = row.get("negative"), row.get("negative_usual")
    if row.get("detector") == "tone" and said < 1.5 * usual and bad is not None and before is not None:
        shares = {"share": voice.percent(float(bad)), "before": voice.percent(float(before))}
        return voice.say(f"watch.sour.{row['level']}", **values, **shares)
    headline = voice.count(f"watch.{row['level']}", int(said), **values)
    return headline if bad is None or pd.isna(bad) else f"{headline} {voice.say('watch.negative', share=voice.percent(float(bad)))}"


def _promise(voice: Voice, facts: Facts, raised: int) -> str:
    allowed = float(facts["false_alarms_per_year"]) * float(facts["watched_years"])
    values = {"allowed": voice.number(allowed, 1), "yearly": voice.number(float(facts["false_alarms_per_year"]))}
    return voice.count("watch.promise", raised, months=voice.number(12 * float(facts["watched_years"]), 0), **values)


def replay_draft(voice: Voice, result: Replay, facts: Facts) -> Draft:
    """What was known when, and who carried it."""
    when = {"day": voice.date(facts["first"]), "step": voice.say(f"replay.steps.{facts['step']}")}
    headline = voice.count("replay.headline", facts["mentions"], topic=_topic(voice, facts.get("topic") or facts.get("term")), **when)
    sentences = []
    first = result.table[result.table["term"] != ""].head(1)
    if len(first):
        sentences.append(voice.say("replay.term", term=voice.text(first["term"].iloc[0]), at=voice.date(first["at"].iloc[0])))
    if facts["carriers"]:
        loud = max(facts["carriers"], key=lambda band: band["reach_share"])
        said = {"share": voice.percent(float(loud["share"])), "reach": voice.percent(float(loud["reach_share"]))}
        sentences.append(voice.say("reputation.carried", band=voice.label("band", loud["band"]), **said))
    spec: list[Spec] = [("at", "moment"), ("count", "number"), ("usually", "number"), ("so_far", "number"), ("negative", "percent")]
    spec += [("reach", "number"), ("word", "text"), ("level", "text")]
    begun = int((result.table["level"] != "").to_numpy().argmax()) if len(result.table) else 0
    steps = result.table if voice.analyst else result.table.iloc[max(begun - 1, 0) :]
    levels = [voice.say(f"watch.level.{level or 'calm'}") for level in steps["level"]]
    tables = [grid(voice, steps.assign(level=levels).rename(columns=SAID), spec, caption=voice.say("replay.caption"), facts=facts)]
    if len(result.terms):
        terms: list[Spec] = [
            ("word", "text"),
            ("now", "number"),
            ("before", "number"),
            ("share_now", "percent"),
            ("share_before", "percent"),
        ]
        tables.append(grid(voice, result.terms.rename(columns=SAID), terms, caption=voice.say("replay.terms"), facts=facts))
    known = statistics(voice, facts, mentions="number", negative="percent")
    return Draft(headline=headline, sentences=sentences, tables=tables, details=known)
