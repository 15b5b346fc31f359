"""What tests by area and distances say, in words: whether a test can tell, what it told, how far people go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mktlib.charts.geo import with_unit
from mktlib.reporting.drafts import Draft, statistics
from mktlib.reporting.facts import Facts
from mktlib.reporting.grid import Grid, Spec, grid
from mktlib.reporting.voice import Voice
from mktlib.results import DistanceEffect, GeoDesign, GeoLift
from mktlib.wording import chances

FEW = 6
"""Areas that are told by name."""


def two(value: float) -> float:
    """Two figures: what is uncertain is not told to the last digit."""
    return float(f"{value:.2g}")


def amount(voice: Voice, value: float) -> str:
    """A number of things to two figures, whole."""
    return voice.number(round(two(value)), 0)


# ---------------------------------------------------------------- design


def geo_design_draft(voice: Voice, result: GeoDesign, facts: Facts) -> Draft:
    """Whether a test can tell the lift asked for, from which lift on, who is held out, how often it cries wolf."""
    if facts["verdict"] == "impossible":
        have = facts["areas"] if facts["lacking"] == "areas" else facts["weeks"]
        headline = voice.say(f"geo_design.impossible_{facts['lacking']}", have=voice.number(have), need=voice.number(facts["need"]))
        return Draft(headline=headline, sentences=[], tables=[], details=[])
    sizes = {"pairs": voice.number(facts["test_pairs"]), "weeks": voice.number(facts["test_weeks"])}
    key = "can" if facts["verdict"] == "can_tell" else "cannot"
    headline = voice.say(f"geo_design.{key}", lift=voice.percent(facts["lift"]), power=voice.percent(facts["power"]), **sizes)
    outcome = voice.inner("column", facts["outcome"])
    sentences = [*_seen(voice, facts, outcome), _groups(voice, result, facts, outcome)]
    alarm, promised = voice.percent(two(facts["false_alarm"])), voice.percent(facts["alpha"])
    sentences.append(voice.say("geo_design.alarms", windows=voice.number(facts["windows"]), alarm=alarm, promised=promised))
    sentences += [voice.count("geo_design.cooldown", facts["cooldown"])] if facts["cooldown"] else []
    known = statistics(voice, facts | {"geo_pairs": facts["test_pairs"]}, geo_pairs="number", windows="number", independent="number")
    return Draft(headline=headline, sentences=sentences, tables=_design_tables(voice, result, facts), details=known)


def _seen(voice: Voice, facts: Facts, outcome: str) -> list[str]:
    """The smallest lift noticed and its money."""
    if not np.isfinite(facts["detectable"]):
        return [voice.say("geo_design.never")]
    units = amount(voice, facts["detectable_units"])
    said = [voice.say("geo_design.from", detectable=voice.percent(two(facts["detectable"])), units=units, outcome=outcome)]
    if np.isfinite(facts["cost_per_unit"]):
        said.append(voice.say("geo_design.cost", cost=voice.money(two(facts["cost_per_unit"]), facts["currency"])))
    if np.isfinite(facts["break_even"]):
        said.append(voice.say("geo_design.break_even", lift=voice.percent(two(facts["break_even"]))))
        said += [voice.say("geo_design.blind")] if facts["break_even"] < facts["detectable"] else []
    return said


def _groups(voice: Voice, result: GeoDesign, facts: Facts, outcome: str) -> str:
    count = result.arms["arm"].value_counts()
    many = {"treated": voice.number(int(count.get("treated", 0))), "held": voice.number(int(count.get("held_out", 0)))}
    return voice.say("geo_design.groups", share=voice.percent(facts["held_out_share"]), outcome=outcome, **many)


def _design_tables(voice: Voice, result: GeoDesign, facts: Facts) -> list[Grid]:
    names = {c: f"geo_{c}" for c in ("pairs", "weeks", "power", "false_alarm", "detectable", "cost_per_unit", "chosen")}
    spec: list[Spec] = [("geo_pairs", "number"), ("geo_weeks", "number"), ("geo_power", "percent"), ("geo_false_alarm", "percent")]
    spec += [("geo_detectable", "percent"), ("geo_cost_per_unit", "money"), ("geo_chosen", "yes")]
    tables = [grid(voice, result.table.rename(columns=names), spec, caption=voice.say("geo_design.caption"), facts=facts)]
    arms = result.arms.assign(arm=[voice.say(f"geo_design.arm.{a}") for a in result.arms["arm"]])
    arms = arms.rename(columns={c: f"geo_{c}" for c in arms})
    each: list[Spec] = [("geo_pair", "number"), ("geo_area", "text"), ("geo_arm", "text"), ("geo_per_week", "whole")]
    return [*tables, grid(voice, arms, each, caption=voice.say("geo_design.arms"), facts=facts, most=len(arms))]


# ---------------------------------------------------------------- reading


def geo_lift_draft(voice: Voice, result: GeoLift, facts: Facts) -> Draft:
    """The lift with its range, what it is in units and money, how it was assigned; or that the test cannot tell."""
    if result.table.empty:
        return Draft(headline=voice.say("comparison.empty"), sentences=[], tables=[], details=[])
    row, verdict = result.table.iloc[0].to_dict(), facts["verdict"]
    sure, outcome = chances(float(facts["level"]), voice.language), voice.inner("column", facts["outcome"])
    sign = -1 if verdict == "loss" else 1
    ends = sorted(sign * row[k] for k in ("low", "high"))
    said = {"lift": voice.percent(two(abs(row["lift"]))), "low": _share(voice, ends[0]), "high": _share(voice, ends[1])}
    seen = "_seen" if verdict in ("lift", "loss") and facts.get("evidence") != "randomised" else ""
    headline = voice.say(f"geo_lift.{verdict}{seen}", outcome=outcome, sure=sure, **said)
    sentences = [_when_and_where(voice, result, facts)]
    if verdict == "lift":
        sentences += _gain(voice, row, facts)
    if verdict == "cannot_tell" and np.isfinite(facts["detectable"]):
        sentences.append(voice.say("geo_lift.sees", detectable=voice.percent(two(facts["detectable"]))))
    if len(result.table) == 3 and verdict in ("lift", "loss"):
        whole = result.table.iloc[2]
        sentences.append(voice.say("geo_lift.whole", low=_share(voice, whole["low"]), high=_share(voice, whole["high"])))
    sentences.append(voice.say(f"geo_lift.{facts['assigned']}"))
    if voice.analyst and verdict != "not_read":
        sentences.append(voice.say("geo_lift.naive", naive=_share(voice, facts["naive"]), plain=_share(voice, facts["plain"])))
    known = statistics(
        voice, facts | {"p_lift": row["p_value"]}, level="percent", p_lift="number", noise="number", placebos="number", pre_weeks="number"
    )
    brief = _lift_brief(voice, row, facts, headline, sentences[0])
    return Draft(headline=headline, sentences=sentences, tables=[_lift_table(voice, result, facts)], details=known, brief=brief)


def _lift_brief(voice: Voice, row: Mapping[Any, Any], facts: Facts, headline: str, ran: str) -> dict[str, list[str]]:
    """Where and when it ran, the lift, how it was assigned, and what follows from it."""
    gain = _gain(voice, row, facts) if facts["verdict"] == "lift" else []
    grade = facts.get("grade")
    sure = [voice.sureness(facts["evidence"], grade)] if grade and facts["verdict"] != "not_read" else []
    return {"did": [ran], "brought": [headline, *gain[:1]], "sure": sure, "money": gain[1:], "next": [_lift_next(voice, row, facts)]}


def _lift_next(voice: Voice, row: Mapping[Any, Any], facts: Facts) -> str:
    """Go on or not only where a lot was drawn and the whole range is on one side of the cost; else what would tell."""
    if facts["verdict"] == "not_read":
        return voice.say("geo_lift.next.mend")
    if facts["verdict"] == "cannot_tell":
        return voice.say("geo_lift.next.larger")
    if facts.get("evidence") != "randomised":
        return voice.say("geo_lift.next.draw")
    if facts["verdict"] == "loss":
        return voice.say("geo_lift.next.stop")
    if facts["cost"] is None or not np.isfinite(row["worth"]):
        return voice.say("geo_lift.next.worth")
    pays = "pays" if row["worth_low"] > facts["cost"] else "loses" if row["worth_high"] < facts["cost"] else "open"
    return voice.say(f"geo_lift.next.{pays}")


def _when_and_where(voice: Voice, result: GeoLift, facts: Facts) -> str:
    """The days of the campaign, and the areas that had it, by name where they are few."""
    names = list(result.areas.loc[result.areas["arm"] == "treated", "area"])
    few = {"names": voice.names([voice.text(n) for n in names], most=FEW)} if 0 < len(names) <= FEW else {}
    days = {"first": voice.date(facts["first_day"]), "last": voice.date(facts["last_day"]), "held": voice.number(facts["held_out"])}
    return voice.count("geo_lift.ran_named" if few else "geo_lift.ran", facts["treated"], **days, **few)


def _share(voice: Voice, value: float) -> str:
    """A lift to half a point."""
    return voice.percent(round(float(value), 3 if abs(value) < 0.1 else 2)) if np.isfinite(value) else "–"


def _gain(voice: Voice, row: Mapping[Any, Any], facts: Facts) -> list[str]:
    """Units and money of a lift that is shown."""
    units = {k: amount(voice, row[c]) for k, c in (("units", "units"), ("low", "units_low"), ("high", "units_high"))}
    said = [voice.say("geo_lift.units", **units)]
    if np.isfinite(row["cost_per_unit"]):
        cost = {
            k: voice.money(two(row[f"cost_per_unit{e}"]), facts["currency"])
            for k, e in (("cost", ""), ("low", "_low"), ("high", "_high"))
            if np.isfinite(row[f"cost_per_unit{e}"])
        }
        said.append(voice.say("geo_lift.cost" if "high" in cost else "geo_lift.cost_open", **cost))
    if np.isfinite(row["worth"]) and facts["cost"] is not None:
        worth = {
            k: voice.money(two(row[c]), facts["currency"]) for k, c in (("worth", "worth"), ("low", "worth_low"), ("high", "worth_high"))
        }
        said.append(voice.say("geo_lift.worth", cost=voice.money(facts["cost"], facts["currency"]), **worth))
    return said


def _lift_table(voice: Voice, result: GeoLift, facts: Facts) -> Grid:
    table = result.table.assign(stretch=[voice.say(f"geo_lift.stretch.{s}") for s in result.table["stretch"]])
    table = table.rename(columns={c: f"geo_{c}" for c in ("stretch", "actual", "expected", "lift", "units")})
    spec: list[Spec] = [("geo_stretch", "text"), ("geo_actual", "whole"), ("geo_expected", "whole"), ("geo_lift", "percent")]
    spec += [("low", "percent"), ("high", "percent"), ("geo_units", "whole")]
    return grid(voice, table, spec, caption=voice.say("geo_lift.caption"), facts=facts)


# ---------------------------------------------------------------- distance


def distance_draft(voice: Voice, result: DistanceEffect, facts: Facts) -> Draft:
    """How acceptance changes with distance, on how many comparable offers, for which kinds."""
    if result.table.empty:
        return Draft(headline=voice.say("comparison.empty"), sentences=[], tables=[], details=[])
    near, far = result.table.iloc[0].to_dict(), result.table.iloc[-1].to_dict()
    sure = chances(float(facts["level"]), voice.language)
    ends = {"first": _class(voice, near["distance"], facts), "last": _class(voice, far["distance"], facts)}
    rates = {"near": _share(voice, near["rate"]), "far": _share(voice, far["rate"])}
    headline = voice.say(f"distance.{facts['trend']}", **ends, **rates)
    sentences = [voice.say("distance.stated")] if facts["stated"] else []
    if facts["trend"] != "not_comparable":
        gap = {k: voice.number(100 * far[c], 1) for k, c in (("gap", "difference"), ("low", "difference_low"), ("high", "difference_high"))}
        sentences.append(voice.say("distance.range", sure=sure, **gap))
    raw = {"near": _share(voice, near["raw"]), "far": _share(voice, far["raw"])}
    sentences.append(voice.say("distance.raw", **raw))
    if facts["comparable"] < facts["offers"]:
        sentences.append(voice.say("distance.comparable", many=voice.number(facts["comparable"]), all=voice.number(facts["offers"])))
    sentences += [*_by_kind(voice, result, facts), *_net(voice, (near, far), facts, ends)]
    known = statistics(
        voice,
        facts | {"p_trend": facts["p_value"]},
        level="percent",
        offers="number",
        comparable="number",
        p_trend="number",
        p_kinds="number",
    )
    return Draft(headline=headline, sentences=sentences, tables=_distance_tables(voice, result, facts), details=known)


def _class(voice: Voice, name: Any, facts: Facts) -> str:
    """A class of distance, with its unit where it is a number."""
    return voice.text(with_unit(str(name), facts.get("unit")))


def _net(voice: Voice, rows: tuple[Mapping[Any, Any], ...], facts: Facts, ends: Mapping[str, str]) -> list[str]:
    """What an offer brings less what it costs, at the nearest and the farthest."""
    worth, cost = facts.get("value"), float(facts.get("cost") or 0)
    if worth is None or not all(np.isfinite(row["rate"]) for row in rows):
        return []
    money = {
        f"{name}{end}": voice.money(two(float(worth) * row[column] - cost), facts["currency"])
        for name, row in zip(("near", "far"), rows, strict=True)
        for end, column in (("", "rate"), ("_low", "low"), ("_high", "high"))
    }
    each = {k: voice.money(float(v), facts["currency"]) for k, v in (("worth", worth), ("cost", cost))}
    return [voice.say("distance.net", **ends, **each, **money)]


def _by_kind(voice: Voice, result: DistanceEffect, facts: Facts) -> list[str]:
    """Kinds whose own trend is shown, where kinds are shown to differ at all; that none is, where they are not."""
    if result.kinds.empty or not np.isfinite(facts["p_kinds"]):
        return []
    if facts["p_kinds"] > 0.05:
        return [voice.say("distance.kinds_alike")]
    said, kind = [], str(facts["kind"])
    for key, mine in (("fall", result.kinds["high"] < 0), ("rise", result.kinds["low"] > 0)):
        names = [voice.label(kind, k) for k in result.kinds.loc[mine, "kind"]]
        said += [voice.say(f"distance.kinds_{key}", names=voice.names(names, most=4))] if names else []
    return said


def _distance_tables(voice: Voice, result: DistanceEffect, facts: Facts) -> list[Grid]:
    names = {"distance": "distance_class", "offers": "distance_offers", "raw": "distance_raw", "rate": "distance_rate"}
    spec: list[Spec] = [("distance_class", "text"), ("distance_offers", "number"), ("distance_rate", "percent"), ("low", "percent")]
    spec += [("high", "percent"), ("distance_raw", "percent")]
    named = result.table.assign(distance=[_class(voice, d, facts) for d in result.table["distance"]])
    tables = [grid(voice, named.rename(columns=names), spec, caption=voice.say("distance.caption"), facts=facts)]
    if len(result.kinds):
        kinds = result.kinds.assign(kind=[voice.label(str(facts["kind"]), k) for k in result.kinds["kind"]])
        kinds = kinds.rename(columns={c: f"distance_{c}" for c in ("kind", "offers", "near", "far")})
        own: list[Spec] = [
            ("distance_kind", "text"),
            ("distance_offers", "number"),
            ("distance_near", "percent"),
            ("distance_far", "percent"),
        ]
        tables.append(grid(voice, kinds, own, caption=voice.say("distance.kinds"), facts=facts))
    if len(result.rings) and result.rings["value"].notna().any():
        names = {"distance": "distance_class", "people": "distance_people", "rate": "distance_rate", "value": "distance_value"}
        rings = (
            result.rings.assign(distance=[_class(voice, d, facts) for d in result.rings["distance"]])
            .drop(columns=["total"])
            .rename(columns=names | {"value_low": "low", "value_high": "high"})
        )
        each: list[Spec] = [
            ("distance_class", "text"),
            ("distance_people", "whole"),
            ("distance_rate", "percent"),
            ("distance_value", "money"),
        ]
        tables.append(grid(voice, rings, [*each, ("low", "money"), ("high", "money")], caption=voice.say("distance.rings"), facts=facts))
    return tables
