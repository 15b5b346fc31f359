"""A review in words: whether promises held, what surprised (told once), where the value went, and the plan beside another; what was learnt.

Nothing of it was drawn by lot: results came in above or below a promise, and no word here says what made them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mktlib.reporting.drafts import Draft, statistics
from mktlib.reporting.grid import Grid, Spec, grid
from mktlib.reporting.reviewed import PARTS
from mktlib.reporting.voice import Voice, visible
from mktlib.results import Learnt, Review
from mktlib.wording import chances

Facts = dict[str, Any]
MOST_NAMED = 4
FEW = 3
"""Independent results below which nothing is said of how many ranges hold."""
FAR = 2.0
"""Times what was ever shown beyond which a channel of another plan is said to be pushed."""


def review_draft(voice: Voice, result: Review, facts: Facts) -> Draft:
    """Promise and outcome, the surprises told once, where the value went, another plan; money and delay."""
    promised = chances(facts["level"], voice.language)
    told = {"items": voice.number(facts["items"]), "promised": promised, "names": _named(voice, facts)}
    key = "missed" if facts["promise"] == "broken" and not told["names"] else facts["promise"]
    headline = voice.count(f"review.{key}", facts["inside"], **told)
    sentences = [*_weather(voice, facts), *_surprises(voice, facts)]
    sentences += [voice.count("review.late", facts["late"])] if facts["late"] else []
    sentences += [voice.count("review.idle", facts["not_executed"])] if facts["not_executed"] else []
    money = [*_spend(voice, facts), *_value(voice, facts)]
    beside = _versus(voice, facts)
    share = {"coverage": facts["inside"] / facts["items"] if facts["items"] else 0.0}
    known = statistics(
        voice, facts | share, items="number", inside="number", coverage="percent", coverage_low="percent", coverage_high="percent",
        effective="number", pit_p="number", level="percent",
    )  # fmt: skip
    brief = {"did": _did(voice, facts), "brought": _brought(voice, facts)}
    brief |= {"sure": _sure(voice, facts, headline), "next": _next(voice, facts)}
    return Draft(
        headline=headline, sentences=[*sentences, *money, *beside], tables=_tables(voice, result, facts), details=known,
        brief=brief | {"money": [*_value(voice, facts)[:1], *(beside[:1] or _spend(voice, facts))]} if facts["items"] else {},
    )  # fmt: skip


# ---------------------------------------------------------------- sentences


def _weather(voice: Voice, facts: Facts) -> list[str]:
    """How many independent results these are worth, for the team; which way promises erred, for everyone."""
    said = []
    if voice.analyst and facts["effective"] and facts["effective"] < FEW:
        said.append(voice.say("review.weather_few"))
    elif voice.analyst and facts["effective"] and facts["coverage_low"] is not None:
        ends = (voice.percent(facts[f"coverage_{k}"]) for k in ("low", "high"))
        shared = voice.inner("column", facts["weather"]) if facts["weather"] != "placement" else voice.say("review.alone")
        said.append(voice.count("review.weather", round(facts["effective"]), within=voice.within(*ends), shared=shared))
    if facts["pit_verdict"] in ("too_high", "too_low", "too_narrow", "too_wide"):
        said.append(voice.say(f"review.shape.{facts['pit_verdict']}"))
    return said


def _surprises(voice: Voice, facts: Facts) -> list[str]:
    if not facts["judged"] or facts["promise"] == "broken":  # then the headline names them
        return []
    if not facts["surprises"]:
        return [voice.say("review.no_surprise")]
    many = len(_plain(voice, facts))
    return [voice.count("review.surprises", many, names=_named(voice, facts))] if many else []


def _plain(voice: Voice, facts: Facts) -> list[Mapping[Any, Any]]:
    """The surprises that a page may name: for a client or an employer, those that stand without the others being taken off."""
    return [r for r in facts["surprises"] if voice.analyst or r["plain"]]


def _named(voice: Voice, facts: Facts) -> str:
    return voice.names((surprise(voice, row, facts) for row in _plain(voice, facts)), most=MOST_NAMED)


def surprise(voice: Voice, row: Mapping[Any, Any], facts: Facts) -> str:
    """What is named, what came beside what was promised; for the team, how many times the promise that is, net of the others named."""
    ends = {k: _events(voice, float(row[k]), facts) for k in ("came", "promised")}
    said = {"name": _name(voice, row), "times": voice.number(float(row["times"]), 2), **ends}
    net = voice.number(float(row["ratio"]), 2)
    return voice.say("review.surprise_net", net=net, **said) if voice.analyst else voice.say("review.surprise", **said)


def _events(voice: Voice, value: float, facts: Facts) -> str:
    """A number of events, so that a reader can divide one by the other."""
    if voice.tables.metrics.get(str(facts["metric"]), {}).get("family") == "money":
        return voice.money(round(value), facts["currency"])
    return voice.number(value, 0 if value >= 100 or value == round(value) else 1)


def _name(voice: Voice, row: Mapping[Any, Any]) -> str:
    if row["axis"] == "campaign":
        return voice.say("review.campaign")
    if row["axis"] == "placement":
        item, segment, channel = [*str(row["level"]).split(" / "), "", ""][:3]
        words = {"segment": voice.label("segment", segment), "channel": voice.label("channel", channel)}
        return voice.say("review.placement", item=visible(item), **words)
    name = voice.label(str(row["axis"]), row["level"])
    return voice.count("review.group", int(row["placements"]), axis=voice.inner("column", row["axis"]), name=name)


def _spend(voice: Voice, facts: Facts) -> list[str]:
    if not np.isfinite(facts["actual_spend"]):
        return []
    return [voice.say("review.spend", **{k: voice.money(round(facts[k]), facts["currency"]) for k in ("planned_spend", "actual_spend")})]


def _value(voice: Voice, facts: Facts) -> list[str]:
    """Value planned and come, the parts of the difference, and whether the rates are within what was promised."""
    if facts["value_planned"] is None or facts["value_actual"] is None:
        return []
    said = [voice.say("review.value", **{k: voice.money(round(facts[k]), facts["currency"]) for k in ("value_planned", "value_actual")})]
    if facts["gap_rate"] is None:
        return said
    parts = [(k, round(facts[f"gap_{k}"])) for k in PARTS if round(facts[f"gap_{k}"] or 0)]
    if parts:
        names = voice.names((voice.say(f"review.part.{k}", money=_signed(voice, x, facts["currency"])) for k, x in parts), most=9)
        said.append(voice.say("review.gap", names=names))
    key = "within" if facts["gap_grade"] == "too_early" else "leaning" if abs(facts["gap_rate"]) <= facts["gap_allowed"] else "beyond"
    return [*said, voice.say(f"review.allowed.{key}", allowed=voice.money(round(facts["gap_allowed"]), facts["currency"]))]


def _signed(voice: Voice, value: float, currency: str) -> str:
    return ("+" if value > 0 else "") + voice.money(value, currency)


def _versus(voice: Voice, facts: Facts) -> list[str]:
    """The plan beside another, at most as a tendency, and what the other one's value rests on."""
    other = facts["versus"]
    if not other:
        return []
    name = voice.say("review.even") if other["kind"] == "even" else voice.say("review.other", name=voice.text(other["name"]))
    key = "open" if other["grade"] == "too_early" else "more" if other["difference"] > 0 else "less"
    ends = (-other["high"], -other["low"]) if key == "less" else (other["low"], other["high"])
    low, high = (voice.money(round(x), facts["currency"]) for x in ends)
    told = {"difference": voice.money(round(abs(other["difference"])), facts["currency"]), "within": voice.within(low, high), "name": name}
    said = [voice.say(f"review.versus.{key}", **told, sure=chances(facts["level"], voice.language))]
    if other["opinion_other"] >= 0.1:
        said.append(voice.say("review.versus.opinion", share=voice.percent(other["opinion_other"])))
    times = other.get("farthest_times", 0.0)
    if np.isfinite(times) and times > FAR:
        pushed = {"channel": voice.inner("channel", other["farthest"]), "times": voice.number(times, 0 if times >= 10 else 1)}
        said.append(voice.say("review.versus.pushed", **pushed))
    return [*said, voice.say("review.versus.seen")]


# ---------------------------------------------------------------- the single page


def _did(voice: Voice, facts: Facts) -> list[str]:
    said = [voice.count("review.did", facts["items"])]
    return said + ([voice.count("review.idle", facts["not_executed"])] if facts["not_executed"] else [])


def _brought(voice: Voice, facts: Facts) -> list[str]:
    if facts["actual_total"] is None or facts["predicted_total"] is None:
        return []
    row = voice.tables.metrics.get(str(facts["metric"]), {})
    what = voice.label("column", row.get("count", facts["metric"]))
    totals = {"came": voice.number(round(facts["actual_total"])), "promised": voice.number(round(facts["predicted_total"]))}
    if row.get("family") == "money":
        return []
    return [voice.say("review.brought", what=what, **totals)]


def _sure(voice: Voice, facts: Facts, headline: str) -> list[str]:
    return [headline, voice.sureness(facts["evidence"], facts["grade"])] if facts["evidence"] else [headline]


def _next(voice: Voice, facts: Facts) -> list[str]:
    """Where to look first, else what to run, else to plan from what was learnt."""
    if told := _plain(voice, facts):
        return [voice.say("review.next.look", name=_name(voice, told[0]))]
    return [voice.count("review.next.idle", facts["not_executed"])] if facts["not_executed"] else [voice.say("review.next.learn")]


# ---------------------------------------------------------------- tables


def _tables(voice: Voice, result: Review, facts: Facts) -> list[Grid]:
    spec: list[Spec] = [("item", "text"), ("content_type", "label"), ("segment", "label"), ("channel", "label")]
    spec += [("predicted", "outcome"), ("low", "outcome"), ("high", "outcome"), ("actual", "outcome")]
    spec += [("inside", "yes"), ("late_days", "number")]
    spec += [("surprise", "number"), ("planned_spend", "money"), ("actual_spend", "money")] if voice.analyst else []
    order = result.table.loc[result.table["surprise"].abs().sort_values(ascending=False, kind="stable").index]
    tables = [grid(voice, order, spec, caption=voice.say("review.caption"), facts=facts, beside="actual")]
    if told := _plain(voice, facts):
        tables.insert(0, _far_out(voice, told, facts))
    return [*tables, *(_of_team(voice, result, facts) if voice.analyst else [])]


def _far_out(voice: Voice, told: list[Mapping[Any, Any]], facts: Facts) -> Grid:
    """The surprises: promised, came, and one over the other; for the team, times the promise net of the others named, with its range."""
    named = pd.DataFrame([dict(r) for r in told])
    named = named.assign(review_what=[_name(voice, r) for r in told], review_times=named["times"], review_net=named["ratio"])
    for head, column in (("review_expected", "promised"), ("review_came", "came")):
        named[head] = [_events(voice, float(x), facts) for x in named[column]]
    spec: list[Spec] = [("review_what", "text"), ("review_expected", "text"), ("review_came", "text"), ("review_times", "times")]
    spec += [("review_net", "times"), ("low", "times"), ("high", "times"), ("grade", "label")] if voice.analyst else []
    caption = voice.say("review.surprises_net" if voice.analyst else "review.surprises_caption")
    return grid(voice, named, spec, caption=caption, facts=facts)


def _of_team(voice: Voice, result: Review, facts: Facts) -> list[Grid]:
    """Who answered for what, what levels share, how well the promises were sharp, and the other plan by channel."""
    out = []
    if len(result.owners):
        names = {"not_run_value": "review_not_run", "exposure_value": "review_exposure", "rate_value": "review_rate", "gap": "review_gap"}
        names |= {"pieces": "review_pieces", "late_pieces": "review_late", "not_run_placements": "review_idle"}
        own: list[Spec] = [("owner", "text"), ("review_pieces", "number"), ("review_idle", "number"), ("review_late", "number")]
        own += [("planned_spend", "money"), ("actual_spend", "money"), ("review_not_run", "money"), ("review_exposure", "money")]
        own += [("review_rate", "money"), ("review_gap", "money")]
        whole = {"planned_spend", "actual_spend", *names} & set(result.owners)
        rounded = result.owners.assign(**{c: result.owners[c].astype(float).round() for c in sorted(whole)}).rename(columns=names)
        out.append(grid(voice, rounded, own, caption=voice.say("review.owners_caption"), facts=facts))
    apart = result.levels[result.levels["apart"].astype(bool)] if len(result.levels) else result.levels
    if len(apart):
        shown = apart.assign(review_what=[_name(voice, r) for r in apart.to_dict("records")], review_times=apart["ratio"])
        pooled: list[Spec] = [("review_what", "text"), ("review_times", "times"), ("low", "times"), ("high", "times"), ("grade", "label")]
        out.append(grid(voice, shown, pooled, caption=voice.say("review.levels_caption"), facts=facts))
    if len(result.scores):
        scores = result.scores.assign(review_score=[voice.say(f"review.score.{s}") for s in result.scores["score"]])
        figures = {"promised": "review_promised", "base": "review_base", "skill": "review_skill", "low": "low", "high": "high"}
        scores = scores.assign(**{c: [voice.number(float(x), 4) for x in scores[c]] for c in figures}).rename(columns=figures)
        kept: list[Spec] = [("review_score", "text"), *((c, "text") for c in figures.values())]
        out.append(grid(voice, scores, kept, caption=voice.say("review.scores_caption"), facts=facts))
    if len(result.versus):
        money = ("spend_plan", "spend_other", "value_plan", "value_other", "difference")
        names = {c: f"review_{c}" for c in money}
        rounded = result.versus.assign(**{c: result.versus[c].round() for c in (*money, "low", "high")}).rename(columns=names)
        beside: list[Spec] = [("channel", "label"), *((n, "money") for n in names.values()), ("low", "money"), ("high", "money")]
        out.append(grid(voice, rounded, [*beside, ("grade", "label")], caption=voice.say("review.versus_caption"), facts=facts))
    return out


# ---------------------------------------------------------------- what was learnt


def learnt_draft(voice: Voice, result: Learnt, facts: Facts) -> Draft:
    """How much opinion became data, and which verdicts moved."""
    widths = {when: voice.number(float(facts[f"width_{when}"]), 1) for when in ("before", "after")}
    headline = voice.count("learnt.headline", facts["run"], **widths)
    sentences = [voice.count("learnt.new", facts["new"])] if facts["new"] else []
    sentences.append(voice.count("learnt.changed", facts["changed"]) if facts["changed"] else voice.say("learnt.same"))
    counts = {f"{v}_{w}": voice.number(facts[f"{v}_{w}"]) for v in ("make", "drop") for w in ("before", "after")}
    sentences.append(voice.say("learnt.verdicts", **counts))
    sentences += [voice.say("learnt.as_of", day=voice.date(facts["as_of"]))] if facts["as_of"] else []
    moved = result.table[result.table["changed"].astype(bool)]
    before = [voice.label("verdict", v) if isinstance(v, str) else "" for v in moved["verdict_before"]]
    named = moved.assign(review_before=before, review_rate_before=moved["rate_before"])
    spec: list[Spec] = [*((a, "label") for a in facts["by"]), ("review_rate_before", "rate")]
    spec += [("rate", "rate"), ("low", "rate"), ("high", "rate")]
    spec += [("review_before", "text"), ("verdict", "label")]
    tables = [grid(voice, named, spec, caption=voice.say("learnt.caption"), facts=facts)] if len(moved) else []
    known = statistics(voice, facts, cells="number", opinion_before="percent", opinion_after="percent", log_rows="number", rows="number")
    brief = {"next": [voice.count("learnt.next", facts["make_after"])] if facts["make_after"] else []}
    return Draft(headline=headline, sentences=sentences, tables=tables, details=known, brief=brief)
