"""What effects on people and on units say, in words: what came on top, for whom, whether choosing pays, and what cannot be claimed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mktlib.reporting.drafts import Draft, statistics
from mktlib.reporting.facts import Facts
from mktlib.reporting.grid import Grid, Spec, grid
from mktlib.reporting.voice import Voice
from mktlib.results import PanelEffect, Uplift
from mktlib.wording import chances

SHOWN_AT = 0.3
"""Share of people at which a rule is told: a budget for three in ten."""
IDLE = 0.005
"""A rule that leaves out fewer than so many, or takes no more, chooses nobody."""


def three(value: float) -> float:
    """Three figures: what is uncertain is not told to the last digit."""
    return float(f"{value:.3g}")


def _amount(voice: Voice, value: float, kind: str) -> str:
    """An effect for a person: points of percentage, or an amount."""
    (said,) = _plain(voice, [value], kind)
    return voice.say("uplift.points", value=said) if kind == "share" else said


def _plain(voice: Voice, values: Sequence[float], kind: str) -> list[str]:
    """Numbers without their unit, with as many digits as the largest of them needs."""
    shown = [100 * x if kind == "share" else x for x in values]
    most = max((abs(x) for x in shown if np.isfinite(x)), default=0.0)
    digits = 0 if most >= 100 else 1 if most >= 10 or (kind == "share" and most >= 1) else 2
    return [voice.number(x if abs(x) >= 0.5 * 10**-digits else 0.0, digits) if np.isfinite(x) else "–" for x in shown]


def _mean(voice: Voice, value: float, kind: str) -> str:
    return voice.percent(three(value)) if kind == "share" else voice.number(value, 2 if abs(value) < 100 else 0)


def _range(voice: Voice, low: float, high: float, kind: str) -> str:
    """between ... and ...; the unit said once."""
    said = voice.within(*_plain(voice, (low, high), kind))
    return voice.say("uplift.points", value=said) if kind == "share" else said


def _refused(voice: Voice, facts: Facts) -> list[str]:
    """Those who refused to be measured, where their share is known."""
    return [voice.say("unmeasured", share=voice.percent(facts["unmeasured"]))] if facts.get("unmeasured") else []


# ---------------------------------------------------------------- people


def uplift_draft(voice: Voice, result: Uplift, facts: Facts) -> Draft:
    """The effect on all, for whom it differs, whether choosing whom to treat would pay, and the money."""
    headline, sentences = _uplift_headline(voice, facts), [_who(voice, facts)]
    sentences += _differences(voice, result, facts)
    sentences += [*_choosing(voice, result, facts), *_refused(voice, facts)]
    money = money_sentences(voice, facts, "uplift")
    known = statistics(
        voice, facts | {"p_lift": facts["p_value"]}, level="percent", people="number", p_lift="number", chance="percent", qini="number"
    )
    brief = {"did": [_who(voice, facts)], "brought": [headline], "sure": [voice.sureness(facts["evidence"], facts["grade"])]}
    brief |= {"next": [_uplift_next(voice, facts)], "money": money}
    return Draft(headline=headline, sentences=[*sentences, *money], tables=_uplift_tables(voice, result, facts), details=known, brief=brief)


def _uplift_headline(voice: Voice, facts: Facts) -> str:
    kind, sign = facts["kind"], -1 if facts["verdict"] == "loses" else 1
    ends = sorted(sign * facts[f"effect_{e}"] for e in ("low", "high"))
    said = {"treated": voice.label("arm", facts["treated"]), "control": voice.label("arm", facts["control"])}
    said |= {"outcome": voice.inner("column", facts["outcome"]), "sure": chances(float(facts["level"]), voice.language)}
    said |= {"effect": _amount(voice, abs(facts["effect"]), kind), "within": _range(voice, ends[0], ends[1], kind)}
    said |= {"with_it": _mean(voice, facts["mean_treated"], kind), "without": _mean(voice, facts["mean_control"], kind)}
    seen = "" if facts["evidence"] == "randomised" else "_seen"
    return voice.say(f"uplift.{facts['verdict']}{seen}", **said)


def _who(voice: Voice, facts: Facts) -> str:
    many = {"treated": voice.label("arm", facts["treated"]), "control": voice.label("arm", facts["control"])}
    many |= {k: voice.number(facts[k]) for k in ("n_treated", "n_control")}
    return voice.say("uplift.lot" if facts["evidence"] == "randomised" else "uplift.no_lot", **many)


def _differences(voice: Voice, result: Uplift, facts: Facts) -> list[str]:
    """Columns whose segments are shown to differ, the first of them with its ends; that none is."""
    columns = result.columns[result.columns["segments"] > 1] if len(result.columns) else result.columns
    if columns.empty:
        return []
    said = []
    differ = columns[columns["verdict"] == "differ"].sort_values("p_value", kind="stable")
    for by in differ["by"].head(2):
        rows = result.table[result.table["by"] == by].sort_values("effect", kind="stable")
        ends = {k: _segment(voice, rows.iloc[at].to_dict(), facts) for k, at in (("most", -1), ("least", 0))}
        key = "differ" if facts["evidence"] == "randomised" else "differ_seen"
        said.append(voice.say(f"uplift.{key}", column=voice.label("column", by), **ends))
    alike = [voice.inner("column", c) for c in columns.loc[columns["verdict"] == "not_shown", "by"]]
    return said + ([voice.say("uplift.alike", names=voice.names(alike, most=6))] if alike else [])


def _segment(voice: Voice, row: Mapping[Any, Any], facts: Facts) -> str:
    by, segment = str(row["by"]), str(row["segment"])
    name = voice.say(f"uplift.{segment}") if segment in ("others", "all") else voice.label(by, segment)
    effect = _amount(voice, row["effect"], facts["kind"])
    return voice.say("uplift.segment", name=name, effect=effect, within=_range(voice, row["low"], row["high"], facts["kind"]))


def _choosing(voice: Voice, result: Uplift, facts: Facts) -> list[str]:
    """Whether a rule ranks people at all, what a part of the budget would then hold, and whether it beats treating all or none."""
    if facts["ranks"] == "not_tried" or result.curve.empty:
        return []
    at = result.curve.iloc[(result.curve["share"] - SHOWN_AT).abs().argmin()]
    whole = float(result.curve["gain"].iloc[-1])
    said = []
    if facts["ranks"] == "shown" and whole > 0 and facts["effect_low"] > 0:
        shares = {k: voice.percent(max(0.0, at[c] / whole)) for k, c in (("held", "gain"), ("low", "low"), ("high", "high"))}
        said.append(voice.say("uplift.ranks", share=voice.percent(SHOWN_AT), **shares))
    elif facts["ranks"] == "shown":
        said.append(voice.say("uplift.ranks_only"))
    else:
        said.append(voice.say("uplift.ranks_not"))
    idle = abs(facts["rule_share"] - (facts["rule_against"] == "all")) < IDLE
    key = f"targeting_same_{facts['rule_against']}" if idle else f"targeting_{facts['targeting']}"
    return [*said, voice.say(f"uplift.{key}", **_rule(voice, facts))]


def _rule(voice: Voice, facts: Facts) -> dict[str, str]:
    """The rule's share of people, and its gain for each thousand."""
    per = {f"gain{e}": 1000 * facts[f"rule_gain{e}"] for e in ("", "_low", "_high")}
    money = facts["rule_unit"] == "money"
    told = {k: voice.money(three(v), facts["currency"]) if money else voice.number(three(v)) for k, v in per.items()}
    against = voice.say(f"uplift.against_{facts['rule_against']}")
    unit = "" if money else f" ({voice.inner('column', facts['outcome'])})"
    return {"share": voice.percent(facts["rule_share"]), "against": against, "unit": unit, **told}


def money_sentences(voice: Voice, facts: Facts, kind: str) -> list[str]:
    """Cost of each one more, and what a unit spent brought; "at least" where there is no upper end."""
    if not facts.get("spend"):
        return []
    currency, seen = facts["currency"], "" if facts["evidence"] == "randomised" else "_seen"
    low, high = facts["cost_per_low"], facts["cost_per_high"]
    said = {"spend": voice.money(facts["spend"], currency), "outcome": voice.inner("column", facts["outcome"])}
    if not np.isfinite(low):
        out = [voice.say("incremental.cost_none", **said)]
    elif not np.isfinite(high):
        out = [voice.say(f"incremental.cost_open{seen}", **said, low=voice.money(three(low), currency))]
    else:
        ends = {k: voice.money(three(facts[f"cost_per{e}"]), currency) for k, e in (("cost", ""), ("low", "_low"), ("high", "_high"))}
        out = [voice.say(f"incremental.cost{seen}", **said, **ends)]
    if np.isfinite(facts["roas"]):
        one = voice.money(1.0, currency)
        ends = {k: voice.money(round(facts[f"roas{e}"], 2), currency) for k, e in (("roas", ""), ("low", "_low"), ("high", "_high"))}
        out.append(voice.say(f"incremental.roas{seen}", one=one, **ends) + " " + voice.say(f"incremental.pays_{facts['pays']}"))
    return out


def _uplift_next(voice: Voice, facts: Facts) -> str:
    if facts["evidence"] != "randomised":
        return voice.say("uplift.next.draw")
    if facts["verdict"] == "cannot_tell":
        return voice.say("uplift.next.larger")
    if facts["pays"] in ("no", "cannot_tell"):
        return voice.say(f"uplift.next.pays_{facts['pays']}")
    if facts["verdict"] == "loses":
        return voice.say("uplift.next.stop")
    return voice.say("uplift.next.choose" if facts["targeting"] == "gains" else "uplift.next.all")


def _uplift_tables(voice: Voice, result: Uplift, facts: Facts) -> list[Grid]:
    kind = facts["kind"]
    named = result.table.assign(
        by=[voice.label("column", b) for b in result.table["by"]],
        segment=[
            voice.say(f"uplift.{s}") if s in ("others", "all") else voice.label(str(b), s)
            for b, s in zip(result.table["by"], result.table["segment"], strict=True)
        ],
        grade=[voice.label("grade", g) for g in result.table["grade"]],
        effect=[_amount(voice, x, kind) for x in result.table["effect"]],
        drawn=result.table["effect"],
        drawn_low=result.table["low"],
        drawn_high=result.table["high"],
        lift_range=[voice.span(*_plain(voice, list(ends), kind)) for ends in result.table[["low", "high"]].to_numpy(float)],
        alone=[_amount(voice, x, kind) for x in result.table["alone"]],
    )
    share = "percent" if kind == "share" else "number"
    spec: list[Spec] = [("by", "text"), ("segment", "text"), ("people", "number"), ("mean_treated", share), ("mean_control", share)]
    spec += [("effect", "text"), ("lift_range", "text"), ("grade", "text")]
    spec += [("alone", "text")] if voice.analyst else []
    if "roas" in named:
        named["roas_range"] = [
            voice.span(*(voice.number(round(x, 2)) for x in e)) for e in named[["roas_low", "roas_high"]].to_numpy(float)
        ]
        spec += [("roas", "number"), ("roas_range", "text")] if voice.reader == "employer" or voice.analyst else []
    drawn = ("drawn", "points" if kind == "share" else "number", voice.column("effect"))
    tables = [grid(voice, named, spec, caption=voice.say("uplift.caption"), facts=facts, most=40, drawn=drawn)]
    if voice.analyst and len(result.columns):
        columns = result.columns.assign(
            by=[voice.label("column", b) for b in result.columns["by"]],
            verdict=[voice.label("verdict", v) for v in result.columns["verdict"]],
        )
        each: list[Spec] = [("by", "text"), ("segments", "number"), ("p_value", "number"), ("verdict", "text")]
        tables.append(grid(voice, columns, each, caption=voice.say("uplift.columns"), facts=facts))
        balance = result.balance.assign(by=[voice.label("column", b) for b in result.balance["by"]])
        alike: list[Spec] = [("by", "text"), ("gap", "number"), ("p_value", "number"), ("fair", "yes")]
        tables.append(grid(voice, balance, alike, caption=voice.say("uplift.balance"), facts=facts))
    return tables


# ---------------------------------------------------------------- panels


def panel_draft(voice: Voice, result: PanelEffect, facts: Facts) -> Draft:
    """The effect with what drifting apart could hide in it, what earlier starts show, and the money; or that it cannot be told."""
    headline = _panel_headline(voice, facts)
    sentences = [_compared(voice, facts), *_hidden(voice, facts), *_refused(voice, facts)]
    money = money_sentences(voice, facts, "panel")
    known = statistics(
        voice, facts | {"p_lift": facts["p_value"]}, level="percent", p_lift="number", p_units="number", p_trend="number",
        drift="number", vanishes="number", correlation="number", baseline="number",
    )  # fmt: skip
    brief = {"did": [_compared(voice, facts)], "brought": [headline], "sure": [voice.sureness("quasi", facts["grade"])]}
    brief |= {"next": [voice.say(f"panel.next.{_panel_next(facts)}")], "money": money}
    return Draft(headline=headline, sentences=[*sentences, *money], tables=[_panel_table(voice, result, facts)], details=known, brief=brief)


def _panel_next(facts: Facts) -> str:
    """What follows: nothing is decided on what leans to no side."""
    if facts["verdict"] != "cannot_tell":
        return "draw"
    return "leaning" if facts["grade"] == "tendency" else "larger"


def _lift(voice: Voice, value: float) -> str:
    return voice.percent(round(float(value), 3 if abs(value) < 0.1 else 2)) if np.isfinite(value) else "–"


def _panel_headline(voice: Voice, facts: Facts) -> str:
    sign, outcome = _sign(facts), voice.inner("column", facts["outcome"])
    ends = sorted(sign * facts[f"lift_{e}"] for e in ("low", "high"))
    said = {"lift": _lift(voice, abs(facts["lift"])), "low": _lift(voice, ends[0]), "high": _lift(voice, ends[1])}
    said |= {f"luck_{k}": _lift(voice, _sign(facts) * x) for k, x in zip(("low", "high"), _luck(facts), strict=True)}
    key = _panel_key(facts)
    return voice.say(f"panel.{key}", outcome=outcome, sure=chances(float(facts["level"]), voice.language), **said)


def _sign(facts: Facts) -> int:
    return -1 if facts["lift"] < 0 else 1


def _luck(facts: Facts) -> list[float]:
    """Ends of the range if both groups go on alike, the nearer to none first."""
    return sorted((facts["luck_low"], facts["luck_high"]), key=lambda x: _sign(facts) * x)


def _panel_key(facts: Facts) -> str:
    """A lift, a loss; a leaning that a drift could explain; or nothing, above or below."""
    if not np.isfinite(facts["lift"]):
        return "untold"
    if facts["verdict"] != "cannot_tell":
        return str(facts["verdict"])
    side = "below" if facts["lift"] < 0 else "above"
    return f"leaning_{side}" if facts["grade"] == "tendency" else f"nothing_{side}"


def _compared(voice: Voice, facts: Facts) -> str:
    start = facts["start"]
    when = voice.date(start) if isinstance(start, pd.Timestamp) else voice.number(float(start))
    many = {k: voice.number(facts[k]) for k in ("treated", "compared", "baseline", "after")}
    said = voice.count("panel.compared", facts["treated"], start=when, **many)
    if facts["baseline"] >= facts["before"]:
        return said
    why = voice.say(f"panel.baseline_{facts['baseline_from']}", baseline=many["baseline"], before=voice.number(facts["before"]))
    return f"{said} {why}"


def _hidden(voice: Voice, facts: Facts) -> list[str]:
    """Luck alone, the drift before, and how much of it would undo the effect."""
    luck = {k: _lift(voice, facts[f"luck_{k}"]) for k in ("low", "high")}
    said = [voice.say("panel.luck", **luck)]
    if facts["pretrend"] == "not_tried":
        return [*said, voice.say("panel.untried")]
    tried = {"odd": voice.number(facts["odd_starts"]), "starts": voice.number(facts["starts"])}
    said.append(voice.say("panel.pretrend_shown" if facts["pretrend"] == "shown" else "panel.pretrend_not", **tried))
    if facts["vanishes"] > 0 and np.isfinite(facts["vanishes"]):
        said.append(voice.say("panel.vanishes", times=voice.number(three(facts["vanishes"]), 1)))
    return said


def _panel_table(voice: Voice, result: PanelEffect, facts: Facts) -> Grid:
    table = result.table.assign(way=[voice.say(f"panel.way.{w}") for w in result.table["way"]])
    for name, say in (("lift", lambda x: _lift(voice, x)), ("in_all", lambda x: voice.number(float(f"{x:.3g}"), 0))):
        table[f"{name}_range"] = [voice.span(*(say(x) for x in ends)) for ends in table[[f"{name}_low", f"{name}_high"]].to_numpy(float)]
    spec: list[Spec] = [("way", "text"), ("lift", "percent"), ("lift_range", "text"), ("in_all", "whole"), ("in_all_range", "text")]
    return grid(voice, table, spec, caption=voice.say("panel.caption"), facts=facts)
