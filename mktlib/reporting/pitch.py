"""What a client wants to know before the start: why these contents, what was set aside, how it is measured, when to stop."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from mktlib.reporting.facts import Facts, facts_of
from mktlib.reporting.grid import Spec, grid
from mktlib.reporting.sections import Section, limit_words, worth
from mktlib.reporting.voice import Voice
from mktlib.results import Plan, Result, Review, Shortlist
from mktlib.vocabulary import sending_rules

MOST_PIECES = 12
SETTLED = {"make": "shown", "test": "test", "too_early": "early"}


def pitched(results: Iterable[Result]) -> list[Plan]:
    """The plans that have not run yet: those of a report without a review."""
    every = list(results)
    return [] if any(isinstance(r, Review) for r in every) else [r for r in every if isinstance(r, Plan)]


def pitch(voice: Voice, plan: Plan, results: Iterable[Result]) -> list[Section]:
    """Three sections on a plan: its reasons, what it leaves out, its measures with the rule for stopping; none for an empty plan."""
    if plan.schedule.empty:
        return []
    facts = pitch_facts(plan)
    short = next((r for r in results if isinstance(r, Shortlist)), None)
    return [_why(voice, facts), *_aside(voice, plan, facts, short), _measures(voice, facts)]


def pitch_facts(plan: Plan) -> Facts:
    """Value by piece and by how settled it is; what should have come by half-time; the metric, the stages and the channels.

    half_low is the sum of the low ends of the placements until then: less comes at most as seldom as below one of them by itself.
    """
    facts, schedule = facts_of(plan), plan.schedule
    weeks = int(facts["weeks"] or schedule["week"].max())
    half = max(1, weeks // 2)
    early = schedule[schedule["week"] <= half]
    total = float(schedule["value"].sum())
    settled = schedule.groupby("verdict")["value"].sum() if "verdict" in schedule else pd.Series(dtype=float)
    return facts | {
        "by_piece": _by_piece(plan), "total": total, "weeks": weeks, "half": half,
        "half_value": float(early["value"].sum()), "half_low": float(early["low"].sum()) if "low" in schedule else 0.0,
        "settled": {v: float(settled.get(v, 0.0)) / total if total else 0.0 for v in SETTLED} if len(settled) else {},
        "stages": list(dict.fromkeys(schedule["stage"].astype(str))), "placed_on": sorted(schedule["channel"].astype(str).unique()),
        "allowed": plan.facts.get("allowed"), "ideas": plan.facts.get("ideas"),
    }  # fmt: skip


def _by_piece(plan: Plan) -> pd.DataFrame:
    """One row a piece, the one that brings most first: value, spend (cost and media); segment, channel, verdict of its best placement."""
    schedule = plan.schedule.sort_values("value", ascending=False, kind="stable")
    best = schedule.drop_duplicates("item").set_index("item")[[c for c in ("segment", "channel", "verdict") if c in schedule]]
    sums = plan.schedule.groupby("item")[["value", "spend"]].sum()
    columns = ["item", "content_type", "style", "length", "stage", "cost"]
    made = plan.items.loc[plan.items["status"] == "make", columns].drop_duplicates("item")
    table = made.merge(sums.join(best), left_on="item", right_index=True)
    table["spend"] = table["spend"] + table["cost"]
    return table.sort_values(["value", "item"], ascending=[False, True], kind="stable", ignore_index=True)


# ---------------------------------------------------------------- why


def _why(voice: Voice, facts: Facts) -> Section:
    table, headline, sentences = facts["by_piece"], voice.say("pitch.why.none"), []
    if len(table) and facts["total"] > 0:
        names = voice.names((_piece(voice, row) for row in table.head(3).to_dict("records")), most=3)
        share = voice.percent(float(table["value"].head(3).sum()) / facts["total"])
        headline = voice.count("pitch.why.headline", min(3, len(table)), names=names, share=share)
    for verdict, key in SETTLED.items():
        if facts["settled"].get(verdict):
            sentences.append(voice.say(f"pitch.why.{key}", share=voice.percent(facts["settled"][verdict])))
    reasons = [voice.say(f"pitch.reason.{SETTLED[v]}") if v in SETTLED else "" for v in table.get("verdict", pd.Series(dtype=object))]
    shown = table.assign(reason=reasons) if reasons else table
    unit = "money" if _in_money(facts) else "number"
    spec: list[Spec] = [("item", "text"), ("content_type", "label"), ("style", "label"), ("segment", "label"), ("channel", "label")]
    spec += [("value", unit), ("spend", "money"), ("reason", "text")]
    said = [grid(voice, shown, spec, caption=voice.say("pitch.why.caption"), facts=facts, most=MOST_PIECES)]
    return _section(voice, "why", headline, sentences, said)


def _in_money(facts: Facts) -> bool:
    return facts.get("objective") in (None, "value")


def _piece(voice: Voice, row: dict[str, Any]) -> str:
    return f"{voice.label('content_type', row['content_type'])} ({voice.text(row['item'])})"


def _section(voice: Voice, kind: str, headline: str, sentences: list[str], tables: list[Any]) -> Section:
    not_mean = (voice.say(f"pitch.{kind}.not_mean"),)
    title = voice.say(f"pitch.{kind}.title")
    return Section(kind=kind, title=title, headline=headline, sentences=tuple(sentences), tables=tuple(tables), not_mean=not_mean)


# ---------------------------------------------------------------- what was set aside


def _aside(voice: Voice, plan: Plan, facts: Facts, short: Shortlist | None) -> list[Section]:
    """Steps of the short list, where there is one; pieces that wait, and the limits that they wait for."""
    waiting = plan.items[plan.items["status"] == "hold"].reset_index(drop=True)
    alarms = _alarms(plan, waiting)
    sentences, tables = [], []
    if short is not None:
        cuts = [r for r in short.steps.to_dict("records") if r["dropped"] > 0]
        parts = [voice.count("pitch.aside.cut", r["dropped"], reason=voice.inner("reason", r["reason"])) for r in cuts]
        sentences += [voice.say("pitch.aside.cuts", parts=voice.names(parts, most=9))] if parts else []
        steps: list[Spec] = [("reason", "label"), ("kept", "number"), ("dropped", "number")]
        tables.append(grid(voice, short.steps, steps, caption=voice.say("shortlist.steps"), facts=facts))
    elif facts["allowed"] and facts["ideas"]:
        sentences.append(voice.count("pitch.aside.ideas", facts["allowed"], ideas=voice.number(facts["ideas"])))
    if len(waiting):
        spec: list[Spec] = [("item", "text"), ("content_type", "label"), ("style", "label"), ("length", "label"), ("stage", "label")]
        spec += [("cost", "money"), *([("reason", "text")] if alarms.any() else [])]
        reasons = [
            voice.say("pitch.aside.alarm_reason", topic=voice.text(t)) if t else voice.say("pitch.aside.other_reason") for t in alarms
        ]
        tables.append(grid(voice, waiting.assign(reason=reasons), spec, caption=voice.say("pitch.aside.caption"), facts=facts))
        counts = alarms[alarms != ""].value_counts(sort=False)
        sentences += [voice.count("pitch.aside.alarm", n, topic=voice.text(topic)) for topic, n in counts.items()]
        rest = int((alarms == "").sum())
        some = [f.found for f in plan.findings if f.code == "N_PLAN_HOLD" and f.found not in set(alarms)]  # no row tells which
        sentences += [voice.say("pitch.aside.alarm_some", topic=voice.text(topic)) for topic in some]
        if facts["binding"] and rest and not some:
            limits = voice.names((limit_words(voice, row) for row in facts["binding"]), most=2)
            sentences.append(voice.count("pitch.aside.rest" if rest < len(waiting) else "pitch.aside.held", rest, limits=limits))
    if not tables and not sentences:
        return []
    return [_section(voice, "aside", voice.count("pitch.aside.headline", len(waiting)), sentences, tables)]


def _alarms(plan: Plan, waiting: pd.DataFrame) -> pd.Series:
    """The topic whose alarm holds each waiting piece back, "" where none does."""
    found, topics = pd.Series("", index=waiting.index, dtype=object), getattr(getattr(plan, "brief", None), "topics", {})
    for topic in (str(f.found) for f in plan.findings if f.code == "N_PLAN_HOLD" and f.found in topics):
        known = {axis: word for axis, word in topics[topic].given().items() if axis in waiting}
        speaks = [all(row[axis] == word for axis, word in known.items()) for row in waiting.to_dict("records")]
        if known:
            found[np.array(speaks, dtype=bool) & (found == "").to_numpy()] = topic
    return found


# ---------------------------------------------------------------- measures and the rule for stopping


def _measures(voice: Voice, facts: Facts) -> Section:
    half = voice.number(facts["half"])
    if facts["half_low"] >= 1:
        amounts = {k: worth(voice, facts, facts[f"half_{k}"]) for k in ("value", "low")}
        headline = voice.say("pitch.stop.headline", week=half, one=voice.number(round(2 / max(1 - facts["level"], 0.01))), **amounts)
    else:
        headline = voice.say("pitch.stop.few", week=half)
    sentences = [voice.say("pitch.stop.rule")]
    if facts["tests"]:
        sentences.append(voice.say("pitch.stop.tests"))
    rules = sending_rules()
    if set(facts["placed_on"]) & set(rules["complaint_most"]["channels"]):
        ends = {k: voice.percent(float(rules[f"complaint_{k}"]["value"])) for k in ("target", "most")}
        sentences.append(voice.say("pitch.stop.complaints", **ends))
    spec: list[Spec] = [("stage", "text"), ("metric", "label"), ("counted", "text")]
    table = grid(voice, _measured(voice, facts), spec, caption=voice.say("pitch.stop.caption"), facts=facts)
    sentences.append(voice.say("pitch.stop.how"))
    return _section(voice, "stop", headline, sentences, [table])


def _measured(voice: Voice, facts: Facts) -> pd.DataFrame:
    """The plan's own metric, then the main one of each stage."""
    order, rows = voice.tables.stages, []
    if facts["metric"]:
        rows.append((voice.say("pitch.stop.whole"), str(facts["metric"])))
    stages = sorted((s for s in facts["stages"] if s in order), key=lambda s: order[s].get("order", 0))
    rows += [(voice.label("stage", s), order[s]["main_metric"]) for s in stages if order[s].get("main_metric")]
    table = pd.DataFrame(rows, columns=["stage", "metric"])
    return table.assign(counted=[_counted(voice, m, facts["placed_on"]) for m in table["metric"]])


def _counted(voice: Voice, metric: str, channels: list[str]) -> str:
    """How a metric is worked out: its count over the exposures of the plan's channels."""
    if metric not in voice.tables.metrics:
        return ""
    exposures = dict.fromkeys(voice.tables.exposure(metric, channel) for channel in channels or [""])
    said = voice.say("pitch.stop.or").join(voice.label("count", e) for e in exposures)
    return f"{voice.label('count', voice.tables.metrics[metric]['count'])} / {said}"
