"""What an audience says of itself, in words: its groups, or its accounts; what it likes; what it asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mktlib.reporting.drafts import Draft, statistics
from mktlib.reporting.facts import Facts
from mktlib.reporting.grid import Grid, Spec, grid
from mktlib.reporting.voice import Voice
from mktlib.results import Audience

PEOPLE: tuple[Spec, ...] = (
    ("group", "label"), ("people", "number"), ("follow_rate", "percent"), ("engage_rate", "percent"), ("engage_per_follower", "percent"),
    ("buy_rate", "percent"), ("revenue_per_person", "money"), ("revenue_range", "text"), ("preferred_format", "label"),
    ("preferred_length", "label"), ("top_question", "label"),
)  # fmt: skip
ACCOUNT: tuple[Spec, ...] = (
    ("group", "label"), ("followers_last", "whole"), ("growth", "percent"), ("growth_range", "text"),
    ("engagement_per_follower", "percent"), ("engagement_per_reach", "percent"), ("reach_per_follower", "percent"),
    ("clicks_per_follower", "percent"),
)  # fmt: skip


def group_label(voice: Voice, by: str, group: Any) -> str:
    """A group in words; what stands for several, or for none, in the reader's own."""
    own = voice.tables.languages[voice.language]["labels"].get("group", {})
    return str(own[group]) if group in own else voice.label(by, group)


def audience_draft(voice: Voice, result: Audience, facts: Facts) -> Draft:
    """Who listens, or how accounts do; then what is liked and asked."""
    daily = result.facts.get("grain") == "network_day"
    draft = _account(voice, result, facts) if daily else _people(voice, result, facts)
    more = [*_liked(voice, result), *_asked(voice, result)]
    tables = [*draft.tables, *_more_tables(voice, result, facts)]
    return Draft(headline=draft.headline, sentences=[*draft.sentences, *more], tables=tables, details=draft.details)


def _people(voice: Voice, result: Audience, facts: Facts) -> Draft:
    best, second = facts["best"], facts["second"]
    headline = voice.count("audience.people", facts["people"], groups=voice.number(facts["groups"]))
    sentences = []
    if best:
        sure = second is None or float(best.get("buy_rate_low", 0)) > float(second["buy_rate"])
        values = {"name": group_label(voice, facts["by"], best["group"]), "rate": voice.percent(best["buy_rate"])}
        values["within"] = voice.within(voice.percent(best.get("buy_rate_low")), voice.percent(best.get("buy_rate_high")))
        sentences.append(headline)
        headline = voice.say("audience.shown" if sure else "audience.seems", **values)
        sentences.append(voice.say("audience.largest", name=group_label(voice, facts["by"], facts["largest"]["group"])))
    table = ranged(voice, _named(voice, result, facts), "revenue_per_person", "revenue_range", facts)
    shown = grid(voice, table, PEOPLE, caption=voice.say("audience.caption"), facts=facts)
    return Draft(headline=headline, sentences=sentences, tables=[shown], details=statistics(voice, facts, people="number", level="percent"))


def _account(voice: Voice, result: Audience, facts: Facts) -> Draft:
    """Growth and what each follower brings; the first place only where it is shown."""
    days = voice.number(int(result.facts.get("days", 0)))
    plain = voice.count("account.plain", len(result.table), days=days)
    sentences, headline = [plain], plain
    if (said := first_of(voice, result.table, "growth", facts["by"])) is not None and len(result.table) > 1:
        values, sure = said
        headline = voice.say("account.shown" if sure else "account.seems", **values)
    else:
        sentences = []
    engaged = first_of(voice, result.table, "engagement_per_follower", facts["by"])
    if engaged and engaged[1] and len(result.table) > 1:
        sentences.append(voice.say("account.engages", **engaged[0]))
    if result.table.filter(like="_low").isna().all(axis=None):
        sentences.append(voice.say("account.no_range"))
    table = ranged(voice, _named(voice, result, facts), "growth", "growth_range", facts, percent=True)
    shown = grid(voice, table, ACCOUNT, caption=voice.say("account.caption"), facts=facts)
    return Draft(headline=headline, sentences=sentences, tables=[shown], details=statistics(voice, facts, level="percent"))


def first_of(voice: Voice, table: pd.DataFrame, column: str, kind: str) -> tuple[dict[str, str], bool] | None:
    """The row with the highest rate in words, and whether its range lies above the next; None where it has no range."""
    if column not in table or table[column].isna().all():
        return None
    rows = table.sort_values(column, ascending=False, kind="stable").to_dict("records")
    low, high = float(rows[0][f"{column}_low"]), float(rows[0][f"{column}_high"])
    if not np.isfinite([low, high]).all():
        return None
    name = rows[0]["network"] if "network" in rows[0] else rows[0]["group"]
    values = {"name": group_label(voice, kind, name), "rate": voice.percent(rows[0][column])}
    values["within"] = voice.within(voice.percent(low), voice.percent(high))
    return values, len(rows) < 2 or low > float(rows[1][column])


def _named(voice: Voice, result: Audience, facts: Facts) -> pd.DataFrame:
    """The table with groups, formats and lengths in words."""
    named = result.table.assign(group=[group_label(voice, facts["by"], g) for g in result.table["group"]])
    for column, kind in (("preferred_format", "content_type"), ("preferred_length", "length")):
        if column in named:
            named[column] = [voice.label(kind, v) if v else "" for v in named[column]]
    return named


def ranged(voice: Voice, table: pd.DataFrame, column: str, name: str, facts: Mapping[str, Any], *, percent: bool = False) -> pd.DataFrame:
    """The table with the range of a column in words."""
    ends = (f"{column}_low", f"{column}_high")
    if not set(ends) <= set(table.columns):
        return table
    currency = str(facts.get("currency", "EUR"))

    def said(value: float) -> str:
        return voice.percent(value) if percent else voice.money(value, currency)

    pairs = table[list(ends)].astype(float).to_numpy()
    return table.assign(**{name: [voice.span(said(a), said(b)) if np.isfinite([a, b]).all() else "–" for a, b in pairs]})


def _liked(voice: Voice, result: Audience) -> list[str]:
    """The content liked most, as strongly as it is shown."""
    if result.likes.empty:
        return []
    first = result.likes.sort_values("times", ascending=False, kind="stable").iloc[0]
    values = {"name": voice.label(first["axis"], first["value"]), "times": voice.number(float(first["times"]), 2)}
    values["within"] = voice.within(voice.percent(first["low"]), voice.percent(first["high"]))
    return [voice.say("likes.shown" if first["verdict"] == "better" else "likes.seems", **values)]


def _asked(voice: Voice, result: Audience) -> list[str]:
    """The question asked most."""
    if result.questions.empty:
        return []
    whole = result.questions.groupby("question", sort=True)["people"].sum().sort_values(ascending=False, kind="stable")
    return [voice.say("likes.asked", question=voice.text(whole.index[0]), many=voice.number(int(whole.iloc[0])))]


def _more_tables(voice: Voice, result: Audience, facts: Facts) -> list[Grid]:
    """What is liked and what is asked."""
    out = []
    if len(result.likes):
        named = result.likes.assign(
            value=[voice.label(a, v) for a, v in zip(result.likes["axis"], result.likes["value"], strict=True)],
            axis=[voice.column(str(a)) for a in result.likes["axis"]],
            range=[voice.span(*map(voice.percent, pair)) for pair in result.likes[["low", "high"]].astype(float).to_numpy()],
        )
        spec: list[Spec] = [
            ("axis", "text"),
            ("value", "text"),
            ("posts", "number"),
            ("rate", "percent"),
            ("range", "text"),
            ("verdict", "label"),
        ]
        out.append(grid(voice, named, spec, caption=voice.say("likes.caption"), facts={**facts, "metric": "engagement_rate"}, most=20))
    if len(result.questions):
        named = result.questions.assign(group=[group_label(voice, facts["by"], g) for g in result.questions["group"]])
        out.append(
            grid(
                voice,
                named,
                [("group", "text"), ("question", "text"), ("people", "number")],
                caption=voice.say("likes.questions"),
                facts=facts,
            )
        )
    return out
