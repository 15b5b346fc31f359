"""How many e-mails a month, in words: the best rhythm and its price, or that the log cannot tell and which test would."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mktlib.reporting.drafts import Draft, statistics
from mktlib.reporting.facts import Facts
from mktlib.reporting.grid import Spec, grid
from mktlib.reporting.voice import Voice
from mktlib.results import Rhythm
from mktlib.wording import chances

ANSWERS = ("randomised", "adjusted")
SEEN = 0.05
"""Chance of the placebo from which on it shows nothing hidden."""


def rhythm_draft(voice: Voice, result: Rhythm, facts: Facts) -> Draft:
    """Segments with an answer first, the largest first; then those that the log cannot tell, and the test for them."""
    sure = chances(float(facts.get("level", 0.9)), voice.language)
    rows = result.segments.to_dict("records")
    told = [r for r in rows if r["verdict"] in ANSWERS and pd.notna(r["best"])]
    rest = [r for r in rows if r["verdict"] not in ANSWERS]
    said = [s for r in sorted(told, key=lambda r: -r["people"]) for s in _told(voice, r, facts, sure)]
    said += _untold(voice, result, rest, facts, bool(told))
    known = statistics(voice, facts, people="number", people_months="number", mails="number", level="percent")
    said = said or [voice.say("rhythm.empty")]
    published = [_published(voice, result)] if not told and len(result.evidence) else []
    return Draft(headline=said[0], sentences=[*said[1:], *published], tables=_tables(voice, result, facts), details=known)


def _name(voice: Voice, segment: Any, facts: Facts) -> str:
    return voice.say("rhythm.all") if segment == "all" else voice.label(str(facts.get("by", "segment")), segment)


def _told(voice: Voice, row: Mapping[Any, Any], facts: Facts, sure: str) -> list[str]:
    """The rhythm, its flat zone and what others cost."""
    values = {k: voice.number(int(row[c])) for k, c in (("n", "best"), ("low", "flat_low"), ("high", "flat_high"))}
    key = "one" if values["low"] == values["high"] else "some"
    said = [voice.say(f"rhythm.{key}", group=_name(voice, row["segment"], facts), count=int(row["best"]), **values)]
    said += [s for side in ("few", "many") if (s := _cost(voice, row, side, facts, sure))]
    said += [voice.say("rhythm.edge", n=values["n"])] if row["at_edge"] else []
    return [" ".join(said)] if voice.reader == "client" else said


def _cost(voice: Voice, row: Mapping[Any, Any], side: str, facts: Facts, sure: str) -> str:
    """What fewer, or more, costs a customer; "" where no such rhythm was judged."""
    if pd.isna(row[f"{side}_at"]) or pd.isna(row[f"cost_{side}"]):
        return ""
    money = [voice.money(_rounded(float(row[f"cost_{side}{end}"])), str(facts.get("currency", "EUR"))) for end in ("", "_low", "_high")]
    shown = "shown" if row[f"cost_{side}_low"] > 0 else "maybe"
    values = {"n": voice.number(int(row[f"{side}_at"])), "cost": money[0], "within": voice.within(money[1], money[2]), "sure": sure}
    return voice.say(f"rhythm.{side}.{shown}", count=int(row[f"{side}_at"]), **values, months=voice.number(int(facts.get("horizon", 24))))


def _rounded(value: float) -> float:
    """Two figures that matter."""
    return float(f"{value:.2g}")


def _untold(voice: Voice, result: Rhythm, rest: list[dict[Any, Any]], facts: Facts, some: bool) -> list[str]:
    """Why the log cannot tell, and the test that would."""
    whole = next((r for r in rest if r["segment"] == "all"), None)
    if some:  # everyone's own verdict is of no use beside those of segments
        names = [_name(voice, r["segment"], facts) for r in rest if r["segment"] != "all"]
        return [voice.say("rhythm.others", names=voice.names(names))] if names else []
    if whole is None:
        return []
    said = [voice.say("rhythm.cannot", why=voice.say(f"rhythm.why.{whole['why']}"))]
    said += [voice.say("rhythm.unseen")] if whole["why"] == "drift" and whole["placebo"] >= SEEN else []
    test = result.trial[result.trial["segment"].eq("all") & result.trial["outcome"].eq("value")] if len(result.trial) else result.trial
    return [*said, _test(voice, test)] if len(test) and test["people"].notna().all() else [*said, voice.say("rhythm.test_unsized")]


def _test(voice: Voice, test: pd.DataFrame) -> str:
    row = test.iloc[0]
    arms = voice.names([voice.number(int(n)) for n in test["per_month"]], most=9)
    values = {"people": voice.number(int(row["people"])), "arms": arms, "months": voice.number(int(row["months"]))}
    said = voice.say("rhythm.test", **values, detects=voice.percent(float(row["detects"])))
    return said if bool(row["enough"]) else f"{said} {voice.say('rhythm.too_short', listed=voice.number(int(row['listed'])))}"


def _published(voice: Voice, result: Rhythm) -> str:
    """What was published, as what it is."""
    row = result.evidence[result.evidence["use"].eq("prior")].iloc[0]
    ends = {k: voice.number(float(row[k])) for k in ("best", "fewer", "more")} | {
        k: voice.percent(float(row[k])) for k in ("fewer_loses", "more_loses")
    }
    return voice.say("rhythm.published", year=str(int(row["year"])), source=voice.text(row["source"]), **ends)


def _tables(voice: Voice, result: Rhythm, facts: Facts) -> list[Any]:
    kind = str(facts.get("by", "segment"))
    names = [_name(voice, s, facts) if s == "all" or kind == "all" else voice.label(kind, s) for s in result.segments["segment"]]
    table = result.segments.assign(
        segment=names, verdict=[voice.say(f"rhythm.verdict.{v}") for v in result.segments["verdict"]],
        why=[voice.say(f"rhythm.short.{w}") if w else "" for w in result.segments["why"]],
    )  # fmt: skip
    spec: list[Spec] = [
        ("segment", "text"),
        ("people", "number"),
        ("usual", "number"),
        ("verdict", "text"),
        ("why", "text"),
        ("best", "number"),
    ]
    spec += [("flat_low", "number"), ("flat_high", "number"), ("cost_few", "money"), ("cost_many", "money")]
    if not voice.analyst:
        return [grid(voice, table, spec, caption=voice.say("rhythm.caption"), facts=facts)]
    spec += [("moves", "percent"), ("overlap", "percent"), ("effective", "number"), ("placebo", "percent")]
    curves: list[Spec] = [("outcome", "text"), ("per_month", "number"), ("months", "number"), ("mean", "number"), ("low", "number")]
    curves += [("high", "number"), ("naive", "number")]
    mine = result.curves[result.curves["segment"] == "all"] if len(result.curves) else result.curves
    mine = mine.assign(outcome=[voice.label("column", o) for o in mine["outcome"]])
    second = grid(voice, mine, curves, caption=voice.say("rhythm.curves"), facts=facts)
    return [grid(voice, table, spec, caption=voice.say("rhythm.caption"), facts=facts), second]
