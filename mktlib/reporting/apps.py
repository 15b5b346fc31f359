"""What is said of an app: the chance to have the money back and what it hangs on, the weeks of its launch, the searches of its listing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from mktlib.reporting.drafts import Draft, statistics
from mktlib.reporting.facts import Facts
from mktlib.reporting.grid import Grid, Spec, grid
from mktlib.reporting.voice import Voice
from mktlib.results import AppBrief, KeywordCoverage, LaunchSheet
from mktlib.vocabulary import app_launch
from mktlib.wording import chances

CLEAR = 0.05
"""A difference in the chance that is worth a word."""


def app_draft(voice: Voice, result: AppBrief, facts: Facts) -> Draft:
    """The chance, when, with how many people; what it hangs on, and what would tell; the need and what would refute it."""
    said = {"months": voice.number(int(facts["horizon"])), "chance": chances(float(facts["p"]), voice.language)}
    headline = voice.say("app.headline" if not facts["certain"] else "app.certain", **said)
    sentences = [
        _money(voice, facts),
        *_when(voice, facts),
        *_decisive(voice, result, facts),
        *_need(voice, facts),
        *_people(voice, result),
    ]
    sentences += [_opinions(voice, facts)] if facts["opinions"] else []
    known = statistics(voice, facts, p="percent", p_error="percent", level="percent", draws="number")
    return Draft(headline=headline, sentences=sentences, tables=_app_tables(voice, result, facts), details=known)


def _money(voice: Voice, facts: Facts) -> str:
    ends = [voice.money(float(f"{facts[k]:.2g}"), facts["currency"]) for k in ("profit_low", "profit_high")]
    sure = chances(float(facts["level"]), voice.language)
    kept = voice.money(float(facts["kept"]) * float(facts["price"]), facts["currency"])
    values = {
        "price": voice.money(float(facts["price"]), facts["currency"]),
        "kept": kept,
        "model": voice.inner("app_model", facts["model"]),
    }
    return f"{voice.say('app.profit', within=voice.within(*ends), sure=sure)} {voice.say('app.price', **values)}"


def _when(voice: Voice, facts: Facts) -> list[str]:
    """The month in which what was spent is back, where it is within ten years."""
    low, middle, high = (float(facts[k]) for k in ("month_low", "month", "month_high"))
    if math.isinf(low):
        return [voice.say("app.never")]
    if math.isinf(high):
        return [voice.say("app.rarely" if math.isinf(middle) else "app.early", low=voice.number(int(low)))]
    ends = {k: voice.number(int(m)) for k, m in (("low", low), ("month", middle), ("high", high))}
    return [voice.say("app.month", **ends, sure=chances(float(facts["level"]), voice.language))]


def _decisive(voice: Voice, result: AppBrief, facts: Facts) -> list[str]:
    """What the chance hangs on most, and the test that would tell."""
    known = result.table["assumption"].eq(facts["decisive"])
    if not known.any() or float(facts["p_high"]) - float(facts["p_low"]) < CLEAR:
        return []
    row = result.table[known].iloc[0]
    ends = sorted((float(row["p_low"]), float(row["p_high"])))
    values = {k: chances(p, voice.language) for k, p in zip(("low", "high"), ends, strict=True)}
    out = [voice.say("app.decisive", name=voice.inner("assumption", row["assumption"]), **values)]
    needed = float(row["needed"])
    key = "app.settle_people" if math.isfinite(needed) else "app.settle"
    out.append(voice.say(key, test=voice.label("settle", row["settle"]), n=voice.number(float(f"{needed:.2g}"), 0)))
    worth = float(row["worth"])
    return [*out, voice.say("app.worth", worth=voice.money(float(f"{worth:.2g}"), facts["currency"]))] if worth > 0 else out


def _need(voice: Voice, facts: Facts) -> list[str]:
    need = voice.say("app.need", need=voice.text(facts["need"]))
    if facts["at_most"] is None:
        return [f"{need} {voice.say('app.need_open')}"]
    values = {"measure": voice.text(facts["measure"]), "least": voice.percent(float(facts["least"]))}
    values |= {"people": voice.number(int(facts["people"])), "at_most": voice.number(int(facts["at_most"]))}
    return [f"{need} {voice.say('app.need_false', **values)}"]


def _people(voice: Voice, result: AppBrief) -> list[str]:
    """How many people are needed, at the step nearest to money."""
    if result.breakeven.empty:
        return []
    row = result.breakeven.iloc[-1]
    ends = {f"{k}_{e}": _people_text(voice, row[f"{k}_{e}"]) for k in ("expected", "needed") for e in ("low", "high")}
    key = "app.people" if math.isfinite(float(row["needed_high"])) else "app.people_open" if math.isfinite(float(row["needed_low"])) else ""
    return [voice.say(key, **ends)] if key else []


def _people_text(voice: Voice, value: float) -> str:
    return voice.number(float(f"{value:.2g}"), 0) if math.isfinite(value) else "∞"


def _opinions(voice: Voice, facts: Facts) -> str:
    names = voice.names((voice.inner("assumption", x) for x in facts["opinions"]), most=6)
    return voice.count("app.opinions", len(facts["opinions"]), names=names)


def _app_tables(voice: Voice, result: AppBrief, facts: Facts) -> list[Grid]:
    shown = result.table.assign(
        explains=result.table["share"],
        to_count=result.table["needed"],
        range=[_range(voice, row, facts) for row in result.table.to_dict("records")],
        chance=[" / ".join(voice.percent(r[k]) for k in ("p_low", "p_high")) for r in result.table.to_dict("records")],
        basis=[voice.label("conf", c) for c in result.table["conf"]],
    )
    spec: list[Spec] = [("assumption", "label"), ("range", "text"), ("profit_low", "money"), ("profit_high", "money"), ("chance", "text")]
    spec += [("worth", "money"), ("explains", "percent"), ("to_count", "whole")] if voice.analyst else []
    spec += [("settle", "label"), ("basis", "text")]
    rounded = shown.assign(**{c: [float(f"{x:.3g}") for x in shown[c]] for c in ("profit_low", "profit_high", "worth")})
    tables = [grid(voice, rounded, spec, caption=voice.say("app.caption"), facts=facts, most=12)] if len(rounded) else []
    if len(result.audience):
        people: list[Spec] = [("group", "text"), ("people", "whole"), ("low", "whole"), ("high", "whole")]
        named = result.audience.assign(group=[voice.label("segment", g) for g in result.audience["group"]])
        tables.append(grid(voice, named, people, caption=voice.say("app.audience"), facts=facts))
    return tables


def _range(voice: Voice, row: Mapping[Any, Any], facts: Facts) -> str:
    if row["rate"]:
        return voice.span(voice.percent(row["low"]), voice.percent(row["high"]))
    ends = [float(f"{row[k]:.3g}") for k in ("low", "high")]
    if row["assumption"] == "visitors":
        return voice.span(*(voice.number(x) for x in ends))
    return voice.span(*(voice.money(x, facts["currency"]) for x in ends))


# ---------------------------------------------------------------- the launch


def launch_draft(voice: Voice, result: LaunchSheet, facts: Facts) -> Draft:
    """The day, what should come of it, what is tested with how many people, when to stop."""
    if result.funnel.empty:
        return Draft(headline=voice.say("launch.empty"), sentences=[], tables=[], details=[])
    last = result.funnel.iloc[-1]
    ends = [voice.number(float(f"{last[k]:.2g}"), 0) for k in ("people_low", "people_high")]
    values = {"day": voice.date(facts["launch"]), "store": voice.label("store", facts["store"]), "weeks": voice.number(int(facts["weeks"]))}
    headline = voice.say("launch.headline", **values, within=voice.within(*ends), sure=chances(float(facts["level"]), voice.language))
    sentences = [*_tests(voice, result, facts), *_rollout(voice, result, facts), _floor(voice, result)]
    sentences += [_opinions(voice, facts)] if facts["opinions"] else []
    known = statistics(voice, facts, level="percent", significance="percent", power="percent", tail="percent")
    return Draft(headline=headline, sentences=sentences, tables=_launch_tables(voice, result, facts), details=known)


def _tests(voice: Voice, result: LaunchSheet, facts: Facts) -> list[str]:
    tests = result.tests
    if tests.empty:
        return []
    names = [_named(voice, "tests", t) for t in tests.loc[tests["fits"].astype(bool), "test"]]
    first = tests.iloc[0]
    how = {
        "people": voice.number(int(first["people"])),
        "lift": voice.percent(float(facts["lift"])),
        "base": voice.percent(float(first["base"])),
    }
    said = (
        [voice.count("launch.tests", len(names), names=voice.names(names, most=4), **how)]
        if names
        else [voice.say("launch.no_test", **how)]
    )
    late = int((~tests["fits"].astype(bool)).sum())
    said += [voice.count("launch.late", late)] if late and names else []
    return [*said, voice.say("launch.looks", share=voice.percent(float(tests["false_alarm"].max())))]


def _rollout(voice: Voice, result: LaunchSheet, facts: Facts) -> list[str]:
    """The first step at which a bad version would be seen; that none would where none does."""
    bad = voice.percent(float(facts["crash_bad"]))
    first = [voice.say("launch.first")] if len(result.rollout) > 1 else []
    seen = result.rollout[result.rollout["caught"] >= facts["power"]]
    if seen.empty:
        return [*first, voice.say("launch.blind", bad=bad)]
    row = seen.iloc[0]
    values = {
        "share": voice.percent(float(row["share"])),
        "users": voice.number(int(row["users"])),
        "stop": voice.number(int(row["stop_at"])),
    }
    return [*first, voice.say("launch.rollout", **values, bad=bad, caught=chances(float(row["caught"]), voice.language))]


def _floor(voice: Voice, result: LaunchSheet) -> str:
    """That weeks have floors; that none has where the counts are so small that even nobody is no surprise."""
    return voice.say("launch.floor" if (result.watch["stop_below"] > 0).any() else "launch.no_floor")


def _named(voice: Voice, section: str, key: str) -> str:
    row = app_launch()[section].get(key)
    return str(row["label"][voice.language]) if row else voice.label("launch", key)


def _task(voice: Voice, row: Mapping[Any, Any]) -> str:
    if row["task"] == "test":
        return voice.say("launch.test", name=_named(voice, "tests", row["about"]))
    if row["task"] == "rollout":
        return voice.say("launch.step", share=voice.percent(float(row["share"])))
    return _named(voice, "tasks", row["task"])


def _launch_tables(voice: Voice, result: LaunchSheet, facts: Facts) -> list[Grid]:
    tasks = result.table.assign(task=[_task(voice, row) for row in result.table.to_dict("records")])
    tables = [_sheet(voice, tasks, [("week", "number"), ("day", "day"), ("task", "text")], "launch.tasks", facts, 30)]
    funnel = result.funnel.assign(funnel_step=[voice.label("app_step", s) for s in result.funnel["step"]])
    rates: list[Spec] = [
        ("funnel_step", "text"),
        ("rate", "percent"),
        ("rate_low", "percent"),
        ("rate_high", "percent"),
        ("people_low", "whole"),
    ]
    tables.append(_sheet(voice, funnel, [*rates, ("people", "whole"), ("people_high", "whole")], "launch.funnel", facts))
    steps: list[Spec] = [("share", "percent"), ("day", "day"), ("users", "whole"), ("stop_at", "whole")]
    steps += [("false_stop", "percent"), ("caught", "percent")] if voice.analyst else []
    reachable = result.rollout.assign(stop_at=result.rollout["stop_at"].where(result.rollout["stop_at"] <= result.rollout["users"]))
    tables.append(_sheet(voice, reachable, steps, "launch.steps", facts))
    floor = result.watch["stop_below"].where(result.watch["stop_below"] > 0)  # below nothing nothing can fall
    watch = result.watch.assign(
        over=result.watch["counted"], stop_below=floor, metric=[voice.label("assumption", m) for m in result.watch["metric"]]
    )
    floors: list[Spec] = [("week", "number"), ("metric", "text"), ("over", "whole"), ("stop_below", "percent")]
    tables.append(_sheet(voice, watch, floors, "launch.watch", facts, 40 if voice.analyst else 9))
    if voice.analyst and len(result.tests):
        named = result.tests.assign(test=[_named(voice, "tests", t) for t in result.tests["test"]])
        sizes: list[Spec] = [("test", "text"), ("people", "whole"), ("visitors", "whole"), ("weeks", "number"), ("first_week", "number")]
        tables.append(_sheet(voice, named, [*sizes, ("fits", "yes"), ("false_alarm", "percent")], "launch.sizes", facts))
    return [*tables, _reviews(voice, result, facts)]


def _sheet(voice: Voice, table: pd.DataFrame, spec: list[Spec], caption: str, facts: Facts, most: int = 12) -> Grid:
    return grid(voice, table, spec, caption=voice.say(caption), facts=facts, most=most)


def _reviews(voice: Voice, result: LaunchSheet, facts: Facts) -> Grid:
    """Rules about ratings, each with how far it is sure."""
    rows = result.reviews.to_dict("records")
    shown = pd.DataFrame(
        {
            "to_hold": [_named(voice, "reviews", r["rule"]) for r in rows],
            "value": [voice.say(f"launch.unit.{r['unit']}", n=voice.number(r["value"])) if pd.notna(r["value"]) else "" for r in rows],
            "basis": [voice.label("conf", r["conf"]) for r in rows],
        }
    )
    return grid(voice, shown, [("to_hold", "text"), ("value", "text"), ("basis", "text")], caption=voice.say("launch.reviews"), facts=facts)


# ---------------------------------------------------------------- searches


def coverage_draft(voice: Voice, result: KeywordCoverage, facts: Facts) -> Draft:
    """How many of the wanted searches the texts can answer, and which words are missing."""
    counted = dict(facts["counted"])
    found = counted.get("whole", 0) + counted.get("across", 0)
    headline = voice.count("coverage.headline", found, all=voice.number(int(facts["searches"])))
    missing = result.searches[result.searches["verdict"].isin(["absent", "unsearched"])]
    names = voice.names((f"{voice.text(r['search'])} ({_answer(voice, result, r)})" for r in missing.to_dict("records")), most=6)
    sentences = [voice.count("coverage.missing", len(missing), names=names)] if len(missing) else []
    spec: list[Spec] = [("locale", "text"), ("search", "text"), ("answer", "text"), ("missing", "text")]
    shown = result.searches.assign(answer=[_answer(voice, result, r) for r in result.searches.to_dict("records")])
    table = grid(voice, shown, spec, caption=voice.say("coverage.caption"), facts=facts, most=25)
    known = statistics(voice, {**facts, "found_searches": found}, searches="number", found_searches="number")
    return Draft(headline=headline, sentences=sentences, tables=[table], details=known)


def _answer(voice: Voice, result: KeywordCoverage, row: Mapping[Any, Any]) -> str:
    """Where a search stands; of one that stands nowhere as a whole though some words do, which words are missing."""
    mine = result.table[result.table["search"].eq(row["search"]) & result.table["locale"].eq(row["locale"])]
    if row["verdict"] == "absent" and mine["found"].sum() > 0:
        return voice.say("coverage.lacks", words=voice.text(row["missing"]))
    return voice.label("cover", row["verdict"])
