"""Influence and customers in words: on how few it rests, what goes further, who buys again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mktlib.reporting.audience import ranged
from mktlib.reporting.drafts import Draft, statistics
from mktlib.reporting.facts import Facts
from mktlib.reporting.grid import Grid, Spec, grid
from mktlib.reporting.voice import Voice
from mktlib.results import Customers, Influence
from mktlib.wording import say

MEASURES = ("revenue", "orders", "engagements", "shares", "clicks", "reach", "impressions")


ABOUT = 0.25
"""About in proportion: the range of the power lies within so much of 1."""


def influence_draft(voice: Voice, result: Influence, facts: Facts) -> Draft:
    """How concentrated the most telling measure is, then who shares and whether what is shared goes further."""
    said = [*_concentration(voice, result.table), *_sharing(voice, facts), *_sharers(voice, facts)]
    headline = said[0] if said else voice.say("influence.empty")
    tables = [_measures(voice, result.table, facts)] if len(result.table) else []
    if len(result.sharers):
        named = result.sharers.assign(band=[_band(voice, row) for row in result.sharers.to_dict("records")])
        spec: list[Spec] = [("band", "text"), ("sharers", "number"), ("followers", "number"), ("share", "percent")]
        tables.append(grid(voice, named, spec, caption=voice.say("influence.bands"), facts=facts))
    return Draft(headline=headline, sentences=said[1:], tables=tables, details=statistics(voice, facts, level="percent"))


def _band(voice: Voice, row: Any) -> str:
    """A band of followers in words."""
    least, most = (voice.number(float(row[k]), 0) for k in ("least", "most"))
    key = "band_above" if not np.isfinite(row["most"]) else "band_below" if not row["least"] else "band_between"
    return say(f"charts.people.{key}", voice.language, least=least, most=most)


def _concentration(voice: Voice, table: pd.DataFrame) -> list[str]:
    """The share of the foremost tenth where it may be told, else the Gini coefficient; and those who bring nothing."""
    if table.empty:
        return []
    order = {m: k for k, m in enumerate(MEASURES)}
    row = min(table.to_dict("records"), key=lambda r: order.get(r["measure"], len(order)))
    unit, measure = voice.say(f"influence.{row['unit']}"), voice.inner("measure", row["measure"])
    if np.isfinite(row["top10"]):
        within = voice.within(voice.percent(row["top10_low"]), voice.percent(row["top10_high"]))
        said = [voice.say("influence.top", unit=unit, share=voice.percent(row["top10"]), measure=measure, within=within)]
    else:
        within = voice.within(voice.number(row["gini_low"], 2), voice.number(row["gini_high"], 2))
        said = [voice.say("influence.gini", measure=measure, gini=voice.number(row["gini"], 2), within=within)]
    return [
        *said,
        *([voice.say("influence.zeros", zeros=voice.percent(row["zeros"]), unit=unit, measure=measure)] if row["zeros"] >= 0.1 else []),
    ]


def _sharing(voice: Voice, facts: Facts) -> list[str]:
    """How often people share, and how that grows with reach."""
    if facts.get("shares_per_thousand") is None:
        return []
    within = voice.within(*(voice.number(facts[f"shares_per_thousand_{end}"], 1) for end in ("low", "high")))
    said = [voice.say("influence.shares", rate=voice.number(facts["shares_per_thousand"], 1), within=within)]
    low, high = facts.get("spread_low", np.nan), facts.get("spread_high", np.nan)
    key = "spread_more" if low > 1 else "spread_less" if high < 1 else "spread_even" if low > 1 - ABOUT and high < 1 + ABOUT else ""
    return [*said, *([voice.say(f"influence.{key}")] if key else [])]


def _sharers(voice: Voice, facts: Facts) -> list[str]:
    """How many followers those who share have."""
    if not facts.get("sharers"):
        return []
    said = [voice.say("influence.sharers", potential=voice.number(facts["potential"]), median=voice.number(facts["potential_median"], 0))]
    if np.isfinite(facts.get("largest_share", np.nan)):
        within = voice.within(*(voice.percent(facts[f"largest_share_{end}"]) for end in ("low", "high")))
        said.append(voice.say("influence.largest", share=voice.percent(facts["largest_share"]), within=within))
    return said


def _measures(voice: Voice, table: pd.DataFrame, facts: Facts) -> Grid:
    spec: list[Spec] = [("measure", "label"), ("zeros", "percent"), ("top10", "percent"), ("top_range", "text")]
    spec += [("top1", "percent"), ("gini", "number")] if voice.analyst else []
    return grid(
        voice, ranged(voice, table, "top10", "top_range", facts, percent=True), spec, caption=voice.say("influence.caption"), facts=facts
    )


# ---------------------------------------------------------------- customers


def customers_draft(voice: Voice, result: Customers, facts: Facts) -> Draft:
    """The group that brings most, how many such people came back, who is least likely to, and what is not spoken of."""
    table = result.table
    if table.empty:
        return Draft(headline=voice.say("customers.empty"), sentences=[], tables=[], details=[])
    first = table.iloc[int(table["revenue_share"].fillna(-1).to_numpy().argmax())]
    shares = {"people": voice.percent(first["share"]), "share": voice.percent(first["revenue_share"])}
    headline = voice.say("customers.headline", name=voice.label("customer_group", first["group"]), **shares)
    spec: list[Spec] = [
        ("customer_group", "text"), ("people", "number"), ("share", "percent"), ("revenue_share", "percent"), ("recency", "whole"),
        ("frequency", "whole"), ("money", "money"), ("repeat", "percent"), ("repeat_range", "text"),
    ]  # fmt: skip
    spec += [("expected", "percent"), ("next_purchases", "number")] if voice.analyst else []
    named = table.assign(customer_group=[voice.label("customer_group", g) for g in table["group"]])
    named = ranged(voice, named, "repeat", "repeat_range", facts, percent=True)
    tables = [grid(voice, named, spec, caption=voice.say("customers.caption"), facts=facts)]
    tables += _analyst_tables(voice, result, facts) if voice.analyst else []
    return Draft(
        headline=headline, sentences=_customer_sentences(voice, table, first, facts), tables=tables,
        details=statistics(voice, facts, level="percent"),
    )  # fmt: skip


def _customer_sentences(voice: Voice, table: pd.DataFrame, first: pd.Series, facts: Facts) -> list[str]:
    said, horizon = [], voice.number(int(facts["horizon"]))
    if np.isfinite(first["repeat"]):
        said.append(voice.say("customers.repeat", rate=voice.percent(first["repeat"]), horizon=horizon, within=_within(voice, first)))
    known = table[table["repeat"].notna()]
    if len(known) > 1:
        least = known.iloc[int(known["repeat"].to_numpy().argmin())]
        name = voice.label("customer_group", least["group"])
        said.append(voice.say("customers.lost", name=name, rate=voice.percent(least["repeat"]), within=_within(voice, least)))
    if known.empty:
        said.append(voice.say("customers.no_history"))
    said.append(voice.say("customers.once", share=voice.percent(facts["one_time"]), many=voice.number(facts["customers"])))
    if np.isfinite(facts.get("top_tenth", np.nan)):
        said.append(voice.say("customers.top", share=voice.percent(facts["top_tenth"])))
    if np.isfinite(facts.get("no_customer_share", np.nan)) and facts["no_customer_share"] > 0:
        said.append(voice.say("customers.no_customer", share=voice.percent(facts["no_customer_share"])))
    return said


def _within(voice: Voice, row: pd.Series) -> str:
    return voice.within(voice.percent(row["repeat_low"]), voice.percent(row["repeat_high"]))


def _analyst_tables(voice: Voice, result: Customers, facts: Facts) -> list[Grid]:
    """The pairs of scores, and how the model did at the last cut."""
    scores: list[Spec] = [("recency_score", "whole"), ("value_score", "whole"), ("people", "number"), ("revenue", "money")]
    out = [grid(voice, result.scores, scores, caption=voice.say("customers.scores"), facts=facts)]
    if len(result.check):
        named = result.check.assign(customer_group=[voice.label("customer_group", g) for g in result.check["group"]])
        check: list[Spec] = [
            ("customer_group", "text"),
            ("people", "number"),
            ("foretold", "percent"),
            ("came", "percent"),
            ("low", "percent"),
            ("high", "percent"),
        ]
        out.append(grid(voice, named, check, caption=voice.say("customers.check"), facts=facts))
    return out
