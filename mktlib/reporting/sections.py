"""Facts to sentences: what a result found, how sure that is, and what it does not mean. One writer for each shape of result."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from typing import Any

import pandas as pd

from mktlib.reporting.apps import app_draft, coverage_draft, launch_draft
from mktlib.reporting.audience import audience_draft
from mktlib.reporting.credit import credit_draft
from mktlib.reporting.desk import desk_draft
from mktlib.reporting.drafts import Draft, Section, statistics
from mktlib.reporting.facts import Facts, content_axes, content_of, facts_of, spared
from mktlib.reporting.followers import cadence_draft, followers_draft, half_life_draft
from mktlib.reporting.forced import forced
from mktlib.reporting.found import told
from mktlib.reporting.geo import distance_draft, geo_design_draft, geo_lift_draft
from mktlib.reporting.grid import Grid, Spec, grid
from mktlib.reporting.hours import send_time_draft
from mktlib.reporting.kpis import kpis_draft
from mktlib.reporting.lift import panel_draft, uplift_draft
from mktlib.reporting.pages import page_brief_draft
from mktlib.reporting.people import customers_draft, influence_draft
from mktlib.reporting.places import catchments_draft, place_sheet_draft
from mktlib.reporting.programme import programme_draft, sends_draft
from mktlib.reporting.research import cards_draft, research_draft
from mktlib.reporting.review import learnt_draft, review_draft
from mktlib.reporting.rhythm import rhythm_draft
from mktlib.reporting.segments import segmentation_draft
from mktlib.reporting.sentiment import sentiment_draft
from mktlib.reporting.style import style_fit_draft, style_guide_draft
from mktlib.reporting.talk import reputation_draft
from mktlib.reporting.tests import comparison_draft, sample_size_draft
from mktlib.reporting.tracking import tracking_draft
from mktlib.reporting.valued import valued
from mktlib.reporting.voice import Voice, strength, telling, visible
from mktlib.reporting.watch import replay_draft, watch_draft
from mktlib.results import (
    AppBrief,
    Attribution,
    Audience,
    Backtest,
    Cadence,
    Catchments,
    Comparison,
    Customers,
    DeskPlay,
    DistanceEffect,
    Explanation,
    Followers,
    GeoDesign,
    GeoLift,
    HalfLife,
    Influence,
    KeywordCoverage,
    Kpis,
    LaunchSheet,
    Learning,
    Learnt,
    NetworkCards,
    PageBrief,
    PanelEffect,
    PlaceSheet,
    Plan,
    Programme,
    Replay,
    Reputation,
    Research,
    Result,
    Review,
    Rhythm,
    SampleSize,
    Scores,
    Segmentation,
    SendsCheck,
    SendTime,
    SentimentShare,
    Shortlist,
    StyleFit,
    StyleGuide,
    Tracking,
    Uplift,
    Watch,
)
from mktlib.wording import chances

MOST_FINDINGS = 12
LEAST_OPINION = 0.01
"""Less of it is said to be next to none."""


def scores_draft(voice: Voice, result: Scores, facts: Facts) -> Draft:
    """Who leads and how surely; what falls behind; how much of it is opinion."""
    axes = telling(facts["table"], result.by)
    headline = voice.say("scores.empty")
    if facts["best"]:
        headline = _best_cell(voice, facts, axes)
    fixed = voice.names((voice.label(a, v) for a, v in facts["fixed"].items()), most=9)
    sentences = [voice.say("scores.fixed", names=fixed)] if fixed else []
    sentences += [_verdict_counts(voice, facts)] if facts["cells"] else []
    sentences += [why_test(voice)] if facts["verdicts"]["test"] else []
    if facts["drop"]:
        stops = voice.names(voice.cell(row, axes) for row in facts["drop"])
        sentences.append(voice.count("scores.drop", len(facts["drop"]), names=stops))
    if 0 < facts["unseen"] < facts["cells"]:
        sentences.append(voice.count("scores.unseen", facts["unseen"]))
    rest = "opinion" if facts["opinion"] >= 0.5 else "data" if facts["opinion"] >= LEAST_OPINION else "all_data"
    sentences.append(voice.say(f"scores.{rest}", share=voice.percent(facts["opinion"])))
    spec: list[Spec] = [(c, "label") for c in axes]
    spec += [("rate", "rate"), ("range", "text")]
    spec += [("index", "whole"), ("p_best", "percent"), ("exposure", "number"), ("opinion", "percent")] if voice.analyst else []
    spec.append(("verdict", "label"))
    ends = [[voice.rate(x, result.metric, facts["currency"]) for x in facts["table"][c].head(40)] for c in ("low", "high")]
    shown = facts["table"].head(40).assign(range=[voice.span(*pair) for pair in zip(*ends, strict=True)])
    caption = voice.say("scores.caption", metric=voice.inner("metric", result.metric))
    known = statistics(voice, facts, exposure="number", events="number", cells="number", level="percent", opinion="percent")
    return Draft(
        headline=headline,
        sentences=sentences,
        tables=[grid(voice, shown, spec, caption=caption, facts=facts, rows=facts["cells"])],
        details=known,
        brief=_scores_brief(voice, facts),
    )


def _scores_brief(voice: Voice, facts: Facts) -> dict[str, list[str]]:
    """How much is settled; what to keep making, to stop and to test further."""
    if not facts["cells"]:
        return {}
    counted = facts["verdicts"]
    settled = voice.count("scores.settled", counted["make"] + counted["drop"], cells=voice.number(facts["cells"]))
    names = {k: contents_named(voice, [(c, facts) for c in facts[v]], spared(facts, v)) for k, v in (("keep", "make"), ("stop", "drop"))}
    advice = [voice.say(f"scores.{k}", names=voice.names(named)) for k, named in names.items() if named]
    advice += [voice.count("scores.test_next", counted["test"])] if counted["test"] else []
    return {"sure": [voice.say("scores.sure", settled=settled)], "next": advice}


def contents_named(voice: Voice, cells: Iterable[tuple[Mapping[Any, Any], Facts]], partly: Container[tuple[str, ...]]) -> list[str]:
    """Contents by name, once each; those that a verdict holds for in part only (`partly`) with whom it holds for."""
    named: dict[str, list[str]] = {}
    for cell, facts in cells:
        whom = _whom(voice, cell, facts) if content_of(cell, facts["by"]) in partly else ""
        named.setdefault(voice.cell(cell, content_axes(facts["by"])), []).append(whom)
    return [_content_named(voice, name, list(dict.fromkeys(w for w in whom if w))) for name, whom in named.items()]


def _content_named(voice: Voice, name: str, whom: list[str]) -> str:
    return voice.say("scores.for", name=name, whom=voice.names(whom, most=1)) if whom else name


def _whom(voice: Voice, cell: Mapping[Any, Any], facts: Facts) -> str:
    """The rest of a cell's axes, those that tell the cells of its content apart."""
    axes, table = content_axes(facts["by"]), facts["table"]
    same = table[(table[axes].astype(str) == [str(cell[a]) for a in axes]).all(axis=1)]
    return voice.cell(cell, telling(same, [a for a in facts["by"] if a not in axes]))


def _best_cell(voice: Voice, facts: Facts, axes: list[str]) -> str:
    best, metric, currency = facts["best"], facts["metric"], facts["currency"]
    rate, low, high = (voice.rate(best[k], metric, currency) for k in ("rate", "low", "high"))
    values = {"name": voice.cell(best, axes), "rate": rate, "within": voice.within(low, high), "metric": voice.inner("metric", metric)}
    return voice.say(f"scores.best.{strength(best['verdict'], best['opinion'])}", **values, sure=chances(facts["level"], voice.language))


def why_test(voice: Voice) -> str:
    """Why something is still a test, although its range may look clear."""
    return voice.say("scores.why_test", verdict=voice.label("verdict", "test"))


def _verdict_counts(voice: Voice, facts: Facts) -> str:
    counted = facts["verdicts"]
    parts = [voice.count(f"scores.verdicts.{v}", n) for v, n in counted.items() if n]
    return voice.count("scores.verdicts.all", facts["cells"], parts=voice.names(parts, most=9))


def plan_draft(voice: Voice, result: Plan, facts: Facts) -> Draft:
    """What is made, for how much, what it should bring, what holds it back."""
    spend = voice.money(round(facts["spend"]), facts["currency"])
    headline = voice.count("plan.headline", facts["pieces"], spend=spend)
    sentences = [*expected(voice, facts), *valued(voice, result, facts)]
    shares = [f"{voice.label('channel', c)} {voice.percent(share)}" for c, share in facts["channel_shares"].items()]
    if shares:
        shares.append(f"{voice.say('plan.production')} {voice.percent(facts['production_share'])}")
        sentences.append(voice.say("plan.channels", names=voice.names(shares, most=9)))
    sentences += forced(voice, result, facts)
    if facts["p_loss"] is not None and facts["margin"] is not None and 0 < facts["margin"] < 1:
        one, more = (voice.money(x, facts["currency"]) for x in (1.0, facts["margin"]))
        sentences.append(voice.say("plan.margin", one=one, more=more))
    if facts["media"] > 0 and facts["learning"] > 0:
        sentences.append(voice.say("plan.learning", share=voice.percent(facts["learning_share"])))
    sentences += [why_test(voice)] if facts["tests"] else []
    if facts["binding"]:
        limits = voice.names((limit_words(voice, row) for row in facts["binding"]), most=4)
        sentences.append(voice.count("plan.binding", len(facts["binding"]), names=limits))
    sure_ones = [row for row in facts["margins"] if row["low"] > 0]
    sentences += [_more(voice, facts, row) for row in sure_ones[:3]]
    tables = _plan_tables(voice, result, facts)
    known = statistics(voice, facts, bound="number", gap="percent", ceiling="number", greedy="number", level="percent", p_loss="percent")
    return Draft(headline=headline, sentences=sentences, tables=tables, details=known, brief=_plan_brief(voice, facts))


def _plan_brief(voice: Voice, facts: Facts) -> dict[str, list[str]]:
    """What is made, when and where; for an employer what that was planned to cost."""
    contents = voice.count("plan.contents", facts["pieces"])
    where = voice.names((voice.label("channel", c) for c in facts["channels"]), most=9)
    days = {k: voice.date(facts[f"{k}_day"]) for k in ("first", "last") if facts[f"{k}_day"] is not None}
    did = voice.say("plan.did_named" if len(days) == 2 else "plan.did", contents=contents, channels=where, **days)
    paid = {k: voice.money(round(facts[k]), facts["currency"]) for k in ("spend", "production", "media")}
    return {"did": [did], "money": [voice.say("plan.paid", **paid)]} if facts["channels"] else {}


def _more(voice: Voice, facts: Facts, row: Mapping[str, Any]) -> str:
    """What one more step of a limit would bring: one more working day a week, one more message."""
    step = voice.money(round(row["step"]), facts["currency"]) if row["unit"] == "money" else ""
    what = voice.say(f"plan.more.{row['limit']}", scope=voice.label("scope", row["scope"]), step=step)
    value, *ends = (worth(voice, facts, _rounded(row[k])) for k in ("value", "low", "high"))
    return voice.say("plan.more.says", what=what, value=value, within=voice.within(*ends), sure=chances(facts["level"], voice.language))


def limit_words(voice: Voice, row: Mapping[str, Any]) -> str:
    scope = str(row.get("scope") or "")
    name = voice.label("limit", row["limit"])
    return voice.say("pair", name=name, value=_scope(voice, scope)) if scope and scope not in ("all", row["limit"]) else name


def _scope(voice: Voice, scope: str) -> str:
    """What a limit is about; "parents / 3" is the parents in week 3."""
    name, _, week = scope.partition(" / ")
    said = [voice.label("scope", name)] if name else []
    return ", ".join([*said, *([f"{voice.label('column', 'week').lower()} {week}"] if week else [])])


def _plan_tables(voice: Voice, result: Plan, facts: Facts) -> list[Grid]:
    items: list[Spec] = [("item", "text"), ("content_type", "label"), ("style", "label"), ("length", "label"), ("stage", "label")]
    items += [("week", "week")]
    items += [("cost", "money"), *([("status", "label")] if voice.analyst else [])]
    made = result.items[result.items["status"] == "make"]  # what waits is for those who plan, not for those who read
    tables = [grid(voice, result.items if voice.analyst else made, items, caption=voice.say("plan.caption"), facts=facts, most=25)]
    tests: list[Spec] = [
        ("item", "text"),
        ("segment", "label"),
        ("stage", "label"),
        ("channel", "label"),
        ("spend", "money"),
        ("reason", "label"),
    ]
    if len(result.tests):
        dear = result.tests.sort_values("spend", ascending=False, kind="stable")
        tables.append(grid(voice, dear, tests, caption=voice.say("plan.tests"), facts=facts))
    limits: list[Spec] = [
        ("limit", "label"),
        ("scope", "text"),
        ("used", "number"),
        ("most", "number"),
        ("unit", "label"),
        ("price", "number"),
    ]
    if voice.analyst and len(result.margins):
        unit = "money" if facts["objective"] == "value" else "number"
        more: list[Spec] = [("entry", "text"), ("step", "number"), ("value", unit), ("low", unit), ("high", unit)]
        tables.append(grid(voice, result.margins, more, caption=voice.say("plan.more.caption"), facts=facts))
    if voice.analyst and len(result.limits):
        weeks = result.limits["limit"] == "days"
        named = result.limits.assign(
            scope=[_scope(voice, f" / {x}" if w else str(x)) for x, w in zip(result.limits["scope"], weeks, strict=True)]
        )
        tables.append(grid(voice, named, limits, caption=voice.say("plan.limits"), facts=facts))
    return tables


def expected(voice: Voice, facts: Facts) -> list[str]:
    """What a plan should bring, in ranges and chances; nothing where the plan does not say."""
    if facts.get("pieces") == 0:  # a plan of nothing loses nothing, and promises nothing
        return [voice.say("plan.nothing")]
    said = []
    if facts["value"] is not None and facts["low"] is not None and facts["high"] is not None:
        span = voice.span(*(worth(voice, facts, facts[k]) for k in ("low", "high")))
        sure = chances(facts["level"], voice.language)
        said.append(voice.say("plan.expected", span=span, value=worth(voice, facts, facts["value"]), sure=sure))
    if facts["p_loss"] is not None:
        key = "plan.loss.likely" if facts["p_loss"] > 0.5 else "plan.loss.possible" if facts["p_loss"] >= 0.05 else "plan.loss.unlikely"
        said.append(voice.say(key, sure=chances(facts["p_loss"], voice.language)))
    return said


def worth(voice: Voice, facts: Facts, value: float) -> str:
    objective = facts.get("objective")
    if objective in ("leads", "conversions", "clicks", "followers", "sales"):
        return voice.count(f"objective.{objective}", round(value))
    return voice.money(round(value), facts["currency"])


def backtest_draft(voice: Voice, result: Backtest, facts: Facts) -> Draft:
    gain, raw = facts["gain"] or 0.0, facts["gain_raw"] or 0.0
    key = "better" if gain > max(raw, 0) else "worse"
    headline = voice.say(f"backtest.{key}", gain=voice.percent(gain), gain_raw=voice.percent(raw))
    values = {k: voice.percent(facts[k]) for k in ("coverage", "level")} | {k: voice.number(facts[k]) for k in ("inside", "cells")}
    sentences = [voice.say(f"backtest.{facts['ranges']}", **values)] if facts["cells"] and facts["inside"] is not None else []
    spec: list[Spec] = [("fold", "label"), ("cells", "number"), ("exposure", "number"), ("events", "number")]
    spec += [
        ("gain", "percent"),
        ("gain_raw", "percent"),
        ("gain_beta_binomial", "percent"),
        ("gain_pairs", "percent"),
        ("coverage", "percent"),
    ]
    table = grid(voice, result.table, spec, caption=voice.say("backtest.caption"), facts=facts)
    return Draft(headline=headline, sentences=sentences, tables=[table], details=statistics(voice, facts, folds="number", level="percent"))


def explanation_draft(voice: Voice, result: Explanation, facts: Facts) -> Draft:
    metric, currency = str(facts["metric"] or ""), facts["currency"]
    cell = facts["cell"] if isinstance(facts["cell"], Mapping) else {}
    values = {k: voice.rate(facts[k], metric, currency) for k in ("rate", "average")}
    early = facts["opinion"] is not None and facts["opinion"] >= 0.5
    headline = voice.say("explanation.early" if early else "explanation.headline", name=voice.cell(cell, cell), **values)
    sentences = []
    for side in ("up", "down"):
        if facts[side]:
            sentences.append(
                voice.say(
                    f"explanation.{side}", names=voice.names(f"{term(voice, r)} (× {voice.number(r['times'], 2)})" for r in facts[side])
                )
            )
    named = facts["table"].assign(term=[term(voice, r) for r in facts["table"].to_dict("records")])
    spec: list[Spec] = [("term", "label"), ("times", "times"), ("opinion", "percent")]
    table = grid(voice, named, spec, caption=voice.say("explanation.caption"), facts=facts)
    return Draft(headline=headline, sentences=sentences, tables=[table], details=statistics(voice, facts, opinion="percent"))


def term(voice: Voice, row: Mapping[str, Any]) -> str:
    """A term in words: its levels' labels, joined where two axes cross."""
    axes = [t for t in str(row["term"]).replace("×", ":").replace(" ", "").split(":") if t]
    level = row["level"]
    levels = (
        list(level) if isinstance(level, list | tuple) else [p.strip() for p in str(level).replace("×", "|").replace(":", "|").split("|")]
    )
    if len(axes) != len(levels) or not any(levels):
        return voice.label("term", row["term"])
    return " × ".join(voice.label(a, v) for a, v in zip(axes, levels, strict=True))


def shortlist_draft(voice: Voice, result: Shortlist, facts: Facts) -> Draft:
    headline = voice.count("shortlist.headline", facts["last"], first=voice.number(facts["first"]))
    sentences, largest = [], facts["largest"]
    if largest and largest["dropped"]:
        reason = voice.label("reason", largest["reason"])
        sentences.append(voice.count("shortlist.largest", largest["dropped"], reason=reason))
    words = [c for c in result.table.columns if not pd.api.types.is_numeric_dtype(result.table[c].dtype) and c != "verdict"]
    axes = telling(result.table, words)
    spec: list[Spec] = [*((c, "label") for c in axes), ("rate", "rate"), ("low", "rate"), ("high", "rate")]
    tables = [grid(voice, result.table, spec, caption=voice.say("shortlist.caption"), facts=facts)]
    steps: list[Spec] = [("reason", "label"), ("kept", "number"), ("dropped", "number")]
    tables += [grid(voice, result.steps, steps, caption=voice.say("shortlist.steps"), facts=facts)] if voice.analyst else []
    return Draft(headline=headline, sentences=sentences, tables=tables, details=statistics(voice, facts, first="number", last="number"))


def learning_draft(voice: Voice, result: Learning, facts: Facts) -> Draft:
    """Which tests are worth their cost, the best of them in a sentence each, and what that is an average of."""
    picked = result.table[result.table["chosen"].astype(bool)]
    spent, answer = _two_figures(voice, facts, "spend"), _two_figures(voice, facts, "worth")
    headline = voice.say("learning.headline_none")
    if len(picked):
        headline = voice.count("learning.headline", len(picked), cost=spent, worth=answer)
    sentences = [_test_words(voice, result, facts, row) for _, row in picked.head(3).iterrows()]
    sentences += [voice.say("learning.change")] if len(picked) else []
    sentences.append(voice.say("learning.budget", budget=_two_figures(voice, facts, "budget")))
    worth_as = "money" if facts["objective"] == "value" else "number"
    spec: list[Spec] = [("question", "text"), ("segment", "label"), ("stage", "label"), ("channel", "label"), ("sample_size", "whole")]
    spec += [("weeks", "number"), ("cost", "money"), ("worth", worth_as), ("low", worth_as), ("high", worth_as), ("chosen", "yes")]
    cells: list[Spec] = [("question", "text"), *((a, "label") for a in ("content_type", "style", "length")), ("sample_size", "whole")]
    rounded = result.table.assign(**{c: [_rounded(x) for x in result.table[c]] for c in ("cost", "worth", "low", "high", "sample_size")})
    asked = result.tests[result.tests["question"].isin(picked["question"])]
    tables = [grid(voice, rounded, spec, caption=voice.say("learning.caption"), facts=facts)]
    tables += [grid(voice, asked, cells, caption=voice.say("learning.tests"), facts=facts)] if len(asked) else []
    return Draft(headline=headline, sentences=sentences, tables=tables, details=statistics(voice, facts, level="percent"))


def _rounded(value: float) -> float:
    """Two figures: what is expected is not known to the cent."""
    return float(f"{float(value):.2g}")


def _two_figures(voice: Voice, facts: Facts, key: str) -> str:
    value = _rounded(facts[key])
    if key == "worth" and facts["objective"] != "value":
        return voice.count("learning.events", value)
    return voice.money(value, facts["currency"])


def _test_words(voice: Voice, result: Learning, facts: Facts, row: pd.Series) -> str:
    """Who and where, what is shown side by side, for how long, at what cost, for an answer worth how much."""
    cells = result.tests[result.tests["question"] == row["question"]]
    axes = telling(cells, ("content_type", "style", "length"))
    contents = voice.names((voice.cell(c, axes) for c in cells.to_dict("records")), most=4)
    where = voice.cell(row, ("segment", "stage", "channel"))
    told = {k: _two_figures(voice, {**facts, k: row[k]}, k) for k in ("cost", "worth")}
    key = "learning.test" if row["cost"] > 0 else "learning.free"
    return voice.say(key, count=int(row["weeks"]), weeks=voice.number(int(row["weeks"])), where=where, contents=contents, **told)


def plain_draft(voice: Voice, result: Result, facts: Facts) -> Draft:
    """Any other result: its table, as it is."""
    spec: list[Spec] = [(str(c), "number" if result.table[c].dtype.kind in "iuf" else "label") for c in result.table.columns[:8]]
    table = grid(voice, result.table, spec, caption=voice.say("plain.caption"), facts=facts)
    return Draft(headline=voice.count("plain.headline", len(result.table)), sentences=[], tables=[table], details=[])


WRITERS: Mapping[type[Result], tuple[str, Callable[[Voice, Any, Facts], Draft]]] = {
    Scores: ("scores", scores_draft), Plan: ("plan", plan_draft), Review: ("review", review_draft), Learnt: ("learnt", learnt_draft),
    Backtest: ("backtest", backtest_draft), Segmentation: ("segmentation", segmentation_draft),
    Followers: ("followers", followers_draft), HalfLife: ("half_life", half_life_draft), Cadence: ("cadence", cadence_draft),
    Rhythm: ("rhythm", rhythm_draft), Programme: ("programme", programme_draft), SendsCheck: ("sends", sends_draft),
    SendTime: ("times", send_time_draft), Audience: ("audience", audience_draft), Influence: ("influence", influence_draft),
    Customers: ("customers", customers_draft), Research: ("research", research_draft), NetworkCards: ("cards", cards_draft),
    SampleSize: ("sample_size", sample_size_draft),
    Comparison: ("comparison", comparison_draft), Explanation: ("explanation", explanation_draft),
    Shortlist: ("shortlist", shortlist_draft), Learning: ("learning", learning_draft), Reputation: ("reputation", reputation_draft),
    Watch: ("watch", watch_draft), Replay: ("replay", replay_draft), SentimentShare: ("sentiment", sentiment_draft),
    GeoDesign: ("geo_design", geo_design_draft), GeoLift: ("geo_lift", geo_lift_draft),
    DistanceEffect: ("distance", distance_draft), Uplift: ("uplift", uplift_draft), PanelEffect: ("panel", panel_draft),
    Attribution: ("credit", credit_draft), Catchments: ("catchments", catchments_draft), PlaceSheet: ("place_sheet", place_sheet_draft),
    PageBrief: ("page_brief", page_brief_draft),
    AppBrief: ("app", app_draft), LaunchSheet: ("launch", launch_draft), KeywordCoverage: ("coverage", coverage_draft),
    StyleGuide: ("style_guide", style_guide_draft), StyleFit: ("style_fit", style_fit_draft),
    Tracking: ("tracking", tracking_draft),
    DeskPlay: ("desk", desk_draft),
    Kpis: ("kpis", kpis_draft),
}  # fmt: skip


def section(voice: Voice, result: Result) -> Section:
    """One result in words."""
    kind, write = next((WRITERS[t] for t in type(result).__mro__ if t in WRITERS), ("plain", plain_draft))
    facts = facts_of(result)
    draft = write(voice, result, facts)
    if kind == "audience" and facts.get("grain") == "network_day":
        kind = "account"
    if kind == "comparison" and facts["kind"] == "policies":
        kind = "policies"
    if kind == "times" and facts.get("kind") == "messages":
        kind = "send_times"
    if kind == "kpis":
        kind = {"incremental_roas": "kpis_test", "lifetime_value": "kpis_life"}.get(str(facts["made_by"]), kind)
    not_mean = [voice.say(f"{kind}.not_mean"), *([voice.say(f"{kind}.not_mean_analyst")] if voice.analyst and kind in DEEPER else [])]
    kept = [f for f in result.findings if voice.analyst or "person" not in f.values]  # one person is no matter for a client's page
    findings = [told(voice, f) for f in kept[:MOST_FINDINGS]]
    if len(kept) > MOST_FINDINGS:
        findings.append(voice.count("more_findings", len(kept) - MOST_FINDINGS))
    details = [*draft.details, *_sources(voice, facts)] if voice.analyst else []
    return Section(
        kind=kind, title=_title(voice, kind, facts), headline=draft.headline, sentences=tuple(draft.sentences), tables=tuple(draft.tables),
        not_mean=tuple(not_mean), findings=tuple(findings), details=tuple(details),
        brief={part: tuple(said) for part, said in draft.brief.items() if said},
        evidence=str(facts.get("evidence") or ""), grade=str(facts.get("grade") or ""),
    )  # fmt: skip


def _title(voice: Voice, kind: str, facts: Facts) -> str:
    """A title that says "brought" is for what a lot was drawn for; without one, it says what was seen."""
    seen = facts.get("evidence") not in (None, "randomised") and voice.knows(f"{kind}.title_seen")
    return voice.say(f"{kind}.title_seen" if seen else f"{kind}.title")


DEEPER = frozenset(
    {
        "scores", "plan", "review", "learnt", "backtest", "comparison", "policies", "segmentation", "followers", "half_life", "cadence",
        "times", "credit", "catchments", "send_times", "rhythm", "geo_design", "geo_lift", "distance", "uplift", "panel",
        "tracking", "kpis",
    }
)  # fmt: skip


def _sources(voice: Voice, facts: Facts) -> list[tuple[str, str]]:
    """Where the opinions in the scores come from."""
    if "verdicts" not in facts:
        return []
    sources = dict.fromkeys(str(o["source"]) for o in voice.tables.opinions(facts["metric"]) if o.get("source"))
    return [(voice.say("detail.sources"), "; ".join(visible(s) for s in list(sources)[:6]))] if sources else []
