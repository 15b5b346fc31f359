"""Credit in words: what is attributed to whom, whether that hangs on the rule, and how far it is from what a holdout shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mktlib.reporting.drafts import Draft, statistics
from mktlib.reporting.facts import Facts
from mktlib.reporting.grid import Grid, Spec, grid
from mktlib.reporting.voice import Voice
from mktlib.results import Attribution
from mktlib.wording import chances

MOST_NAMES = 4


def credit_draft(voice: Voice, result: Attribution, facts: Facts) -> Draft:
    """Whom the purchases are attributed to, by how many rules; the holdout, where there is one, before all else that could be done."""
    people = voice.number(facts["people"])
    if not facts["credited"] or result.table.empty:
        headline = voice.say("credit.untold" if facts["conversions"] else "credit.none", people=people)
        return Draft(headline=headline, sentences=[], tables=[], details=[])
    sure, own = chances(float(facts["level"]), voice.language), result.table[result.table["channel"] != "others"]
    row = (own if len(own) else result.table).iloc[0].to_dict()
    headline = _headline(voice, row, facts, sure)
    sentences = [*_rules(voice, result, row, facts), *_verdicts(voice, result), *(lift := _lift(voice, result, facts, sure))]
    sentences += [voice.say("credit.absent", channel=_channel(voice, facts["held_channel"]))] if lift and _absent(result) else []
    money = _money(voice, row, facts, sure)
    known = statistics(voice, facts, level="percent", draws="number", lookback_days="number", half_life_days="number", journeys="number")
    brief = {"did": [voice.count("credit.followed", facts["conversions"], people=people)], "brought": _answer(headline, lift)}
    brief |= {"sure": _sure(voice, result, facts), "next": [_next(voice, result, facts, row)], "money": money}
    return Draft(headline=headline, sentences=[*sentences, *money], tables=_tables(voice, result, facts), details=known, brief=brief)


def _channel(voice: Voice, name: Any) -> str:
    return voice.say("credit.quoted", name=voice.label("channel", name))


def _rule(voice: Voice, method: Any) -> str:
    return voice.say(f"credit.rule.{method}")


def _headline(voice: Voice, row: Mapping[Any, Any], facts: Facts, sure: str) -> str:
    within = _ends(voice, row["credit_low"], row["credit_high"])
    said = {"channel": _channel(voice, row["channel"]), "rule": _rule(voice, facts["method"]), "share": voice.percent(row["share"])}
    return voice.say(
        "credit.headline", credit=_whole(voice, row["credit"]), many=voice.number(facts["credited"]), sure=sure, within=within, **said
    )


def _rules(voice: Voice, result: Attribution, row: Mapping[Any, Any], facts: Facts) -> list[str]:
    """From where to where by the other rules, and how many put it first."""
    mine = result.agreement[result.agreement["channel"] == row["channel"]].iloc[0]
    if facts["channels"] == 1:
        return []
    said = {"least": voice.percent(mine["least"]), "most": voice.percent(mine["most"])}
    names = {f"{k}_rule": _rule(voice, mine[f"{k}_method"]) for k in ("least", "most")}
    own = result.methods[result.methods["channel"] != "others"]
    first = int(own.loc[own.groupby("method")["share"].idxmax(), "channel"].eq(row["channel"]).sum())
    told = [voice.say("credit.alike_rules" if mine["verdict"] == "holds" else "credit.other_rules", **said, **names)]
    return [*told, voice.count("credit.first", first, all=voice.number(own["method"].nunique()))]


def _verdicts(voice: Voice, result: Attribution) -> list[str]:
    """Which credits hold under every rule, and which hang on one."""
    order = {name: k for k, name in enumerate(result.table["channel"])}
    said = []
    for verdict, key in (("holds", "credit.holds"), ("hangs", "credit.hangs"), ("cannot_tell", "credit.unsure")):
        names = sorted(result.agreement.loc[result.agreement["verdict"] == verdict, "channel"], key=lambda n: order[n])
        said += [voice.say(key, names=voice.names((_channel(voice, n) for n in names), most=MOST_NAMES))] if names else []
    return said


def _whole(voice: Voice, value: float) -> str:
    return voice.number(round(abs(float(value))), 0)


def _ends(voice: Voice, low: float, high: float) -> str:
    """Between two numbers of purchases, whole; below none, as so many fewer and more."""
    return voice.within(*(_change(voice, x, signed=round(float(low)) < 0) for x in (low, high)))


def _change(voice: Voice, value: float, *, signed: bool) -> str:
    """A whole number of purchases; `signed` says fewer or more."""
    whole = round(float(value))
    if not signed or not whole:
        return voice.number(abs(whole), 0)
    return voice.say("credit.fewer" if whole < 0 else "credit.more", many=voice.number(abs(whole), 0))


def _lift(voice: Voice, result: Attribution, facts: Facts, sure: str) -> list[str]:
    """What the lot shows of the channel, and how far the credit by the rule in use is from it."""
    if result.lift.empty:
        return []
    row = result.lift.iloc[0].to_dict()
    name, sign = _channel(voice, row["channel"]), -1 if row["high"] < 0 else 1
    key = "lift_none" if row["grade"] != "shown" else "lift_up" if sign > 0 else "lift_down"
    ends = sorted(sign * row[f"incremental_{e}"] for e in ("low", "high"))
    said = {"channel": name, "rate": _rate(voice, row["rate"]), "rate_held": _rate(voice, row["rate_held"])}
    said |= {"people": voice.number(row["people"]), "held": voice.number(row["people_held"]), "lift": _whole(voice, row["incremental"])}
    told = [voice.say(f"credit.{key}", sure=sure, within=_ends(voice, *ends), **said)]
    return [*told, *_gap(voice, result, facts, name, sure)]


def _shown(voice: Voice, row: Mapping[Any, Any] | pd.Series) -> str:
    """The purchases that a holdout shows; none, where it shows fewer but not surely so."""
    if round(float(row["incremental"])) <= 0 <= float(row["incremental_high"]):
        return voice.say("credit.none_shown")
    return voice.say("credit.shown", lift=_change(voice, row["incremental"], signed=float(row["incremental"]) < 0))


def _rate(voice: Voice, value: float) -> str:
    """For 100 people."""
    return voice.number(100 * float(value), 1)


def _gap(voice: Voice, result: Attribution, facts: Facts, name: str, sure: str) -> list[str]:
    """The credit by the rule in use beside what the holdout itself shows, with its range; and how many rules it rules out."""
    same = result.gaps[result.gaps["method"] == facts["method"]]
    if same.empty:
        return []
    row, mine = result.lift.iloc[0], same.iloc[0]
    said = {"channel": name, "credit": _whole(voice, mine["credit"]), "shows": _shown(voice, row)}
    said |= {"within": _ends(voice, row["incremental_low"], row["incremental_high"]), "sure": sure}
    if _absent(result):
        return [voice.say("credit.gap_absent", **said)]
    many = int((result.gaps["grade"] == "shown").sum())
    rules = [voice.count("credit.gap_rules", many, all=voice.number(len(result.gaps)))] if many else []
    return [voice.say("credit.gap_far" if mine["grade"] == "shown" else "credit.gap_open", **said), *rules]


def _absent(result: Attribution) -> bool:
    """Whether people of the lot may be missing, so that the lift may be wrong."""
    return any(f.code == "N_HOLDOUT_ABSENT" for f in result.findings)


def _answer(headline: str, lift: list[str]) -> list[str]:
    """What a single page says, never the credit without what the lot says of it: where one sentence tells both, that one alone."""
    return lift[1:2] or [headline]


def _sure(voice: Voice, result: Attribution, facts: Facts) -> list[str]:
    if not facts["lift_grade"]:
        return [voice.sureness("observational", facts["grade"])]
    channel = _channel(voice, facts["held_channel"])
    if _absent(result):
        return [voice.say("credit.absent", channel=channel)]
    return [voice.say("credit.held_sure", channel=channel, grade=voice.graded(facts["lift_grade"]))]


def _next(voice: Voice, result: Attribution, facts: Facts, row: Mapping[Any, Any]) -> str:
    if result.lift.empty:
        return voice.say("credit.next_hold", channel=_channel(voice, row["channel"]))
    if _absent(result):
        return voice.say("credit.next_count", channel=_channel(voice, facts["held_channel"]))
    far = (result.gaps.loc[result.gaps["method"] == facts["method"], "grade"] == "shown").any()
    key = "next_gap" if far or facts["lift_grade"] == "shown" else "next_open"
    return voice.say(f"credit.{key}", channel=_channel(voice, facts["held_channel"]))


def _money(voice: Voice, row: Mapping[Any, Any], facts: Facts, sure: str) -> list[str]:
    if not facts["value"] or not np.isfinite(row.get("value", np.nan)):
        return []
    value, low, high = (voice.money(float(f"{row[c]:.3g}"), facts["currency"]) for c in ("value", "value_low", "value_high"))
    said = {"channel": _channel(voice, row["channel"]), "sure": sure, "within": voice.within(low, high)}
    said["rule"] = _rule(voice, facts["method"])
    return [voice.say("credit.money", value=value, **said)]


def _tables(voice: Voice, result: Attribution, facts: Facts) -> list[Grid]:
    rule = _rule(voice, facts["method"])
    table = result.table.assign(
        credit=[round(x) for x in result.table["credit"]],
        credit_range=[_range(voice, r["credit_low"], r["credit_high"]) for r in result.table.to_dict("records")],
        credit_share=result.table["share"],
        credit_value=result.table.get("value", pd.Series(np.nan, index=result.table.index)),
        credit_verdict=[voice.label("credit_verdict", v) for v in result.table["verdict"]],
    )
    spec: list[Spec] = [
        ("channel", "label"),
        ("people", "whole"),
        ("credit", "whole"),
        ("credit_range", "text"),
        ("credit_share", "percent"),
    ]
    spec += [("credit_value", "money")] if facts["value"] else []
    caption = voice.say("credit.caption", rule=rule)
    if len(result.lift):
        lift = result.lift.iloc[0]
        name, within = _channel(voice, lift["channel"]), _ends(voice, lift["incremental_low"], lift["incremental_high"])
        caption = voice.say("credit.caption_held", rule=rule, channel=name, shows=_shown(voice, lift), within=within)
    tables = [grid(voice, table, [*spec, ("credit_verdict", "text")], caption=caption, facts=facts)]
    if voice.analyst:
        tables.append(_every_rule(voice, result, facts))
    if len(result.gaps):
        gaps = result.gaps.assign(
            credit_rule=[voice.label("credit_rule", m) for m in result.gaps["method"]],
            credit=[round(x) for x in result.gaps["credit"]],
            credit_lift=[round(x) for x in result.gaps["incremental"]],
            credit_gap=[round(x) for x in result.gaps["gap"]],
            credit_range=[_range(voice, *r) for r in result.gaps[["low", "high"]].to_numpy()],
        )
        each: list[Spec] = [("credit_rule", "text"), ("credit", "whole"), ("credit_lift", "whole"), ("credit_gap", "whole")]
        caption = voice.say("credit.gaps", channel=voice.label("channel", facts["held_channel"]))
        tables.append(grid(voice, gaps, [*each, ("credit_range", "text")], caption=caption, facts=facts))
    return tables


def _range(voice: Voice, low: float, high: float) -> str:
    return voice.span(*(voice.number(round(float(x)) + 0.0, 0) for x in (low, high)))


def _every_rule(voice: Voice, result: Attribution, facts: Facts) -> Grid:
    """Rules side by side, each share with its range."""
    order = {name: k for k, name in enumerate(result.table["channel"])}
    long = result.methods.assign(
        credit_rule=[voice.label("credit_rule", m) for m in result.methods["method"]],
        credit_share=result.methods["share"],
        credit_share_range=[voice.span(*map(voice.percent, r)) for r in result.methods[["low", "high"]].to_numpy()],
    ).sort_values("channel", key=lambda c: c.map(order), kind="stable")
    spec: list[Spec] = [("channel", "label"), ("credit_rule", "text"), ("credit_share", "percent"), ("credit_share_range", "text")]
    return grid(voice, long, spec, caption=voice.say("credit.all_rules"), facts=facts, most=10 * len(LISTED), rows=len(long))


LISTED = ("first", "last", "linear", "time_decay", "position", "markov", "shapley")
