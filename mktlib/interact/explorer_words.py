"""What the explorer says: of a group of scores, and of a plan beside the first one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from mktlib.charts.canvas import OPINION_SHARE
from mktlib.planning import CampaignPlan
from mktlib.results import VERDICTS, Scores
from mktlib.vocabulary import Tables, phrase
from mktlib.wording import between, money, number, percent


def group_lines(group: Scores, name: str, language: str) -> Iterator[str]:
    """How much is known of a group: verdicts in words, what is opinion, what is evidence."""
    table, count = group.table, len(group.table)
    yield phrase("interact.group", language, name=name, count=count, contents=number(count, language))
    if not count:
        return
    kinds = [(v, int((table["verdict"] == v).sum())) for v in VERDICTS]
    listed = (phrase("interact.verdict", language, name=phrase(f"labels.verdict.{v}", language), count=n) for v, n in kinds if n)
    yield phrase("interact.verdicts", language, list=phrase("interact.join", language).join(listed))
    never, opinion = int((table["exposure"] <= 0).sum()), int((table["opinion"] >= OPINION_SHARE).sum())
    seen = number(float(table["exposure"].sum()), language, digits=0)
    yield phrase("interact.evidence", language, seen=seen, never=number(never, language), contents=number(count, language))
    share, told = percent(OPINION_SHARE, language, digits=0), number(opinion, language)
    yield phrase("interact.opinion", language, count=opinion, opinion=told, contents=number(count, language), share=share)


def group_name(levels: dict[str, str], tables: Tables, language: str) -> str:
    return ", ".join(tables.label(axis, level, language) for axis, level in levels.items()) or phrase("interact.everything", language)


def plan_lines(plan: CampaignPlan, first: CampaignPlan, language: str) -> Iterator[str]:
    """What a plan should bring, how good it is, and what differs from the first one."""
    expected = plan.expected

    def said(value: float) -> str:
        return amount(plan, value, language)

    level = percent(float(expected["level"]), language, digits=0)
    unit = {"kind": "money", "currency": plan.facts["currency"]} if of_money(plan) else {"kind": "number"}
    ends = between(round(float(expected["low"])), round(float(expected["high"])), language, **unit)
    yield phrase("interact.plan.value", language, value=said(expected["value"]), range=ends, level=level)
    pieces = int(plan.facts["pieces"])
    spend = money(round(float(expected["spend"])), plan.facts["currency"], language)
    yield phrase("interact.plan.made", language, count=pieces, pieces=number(pieces, language), spend=spend)
    if plan.facts["risk"]:
        share = percent(1 - plan.facts["risk"], language, digits=0)
        yield phrase("interact.plan.careful", language, share=share, value=said(expected["careful"]))
    room = (expected["bound"] - expected["careful"]) / max(abs(expected["careful"]), 1e-9)
    words = {"bound": said(expected["bound"]), "gap": percent(max(0.0, room), language, digits=1)}
    ideas, allowed = (number(int(plan.facts[k]), language) for k in ("ideas", "allowed"))
    yield phrase(
        "interact.plan.quick" if plan.facts.get("quick") else "interact.plan.ended", language, ideas=ideas, allowed=allowed, **words
    )
    yield from _beside(plan, first, language)


def _beside(plan: CampaignPlan, first: CampaignPlan, language: str) -> Iterator[str]:
    """The difference to the first plan, and whether it could be one of the answers' own making."""
    if plan is first:
        yield phrase("interact.plan.first", language)
        return
    difference = float(plan.expected["value"] - first.expected["value"])
    sign = "more" if difference >= 0 else "less"
    share = percent(abs(difference) / max(abs(float(first.expected["value"])), 1e-9), language, digits=1)
    yield phrase(f"interact.plan.{sign}", language, value=amount(plan, abs(difference), language), share=share)
    loose = max(float(p.expected["bound"] - p.expected["careful"]) for p in (plan, first))
    if abs(difference) <= loose:
        yield phrase("interact.plan.unsure", language, room=amount(plan, loose, language))


def of_money(plan: CampaignPlan) -> bool:
    return bool(plan.facts["objective"] == "value")


def amount(plan: CampaignPlan, value: Any, language: str) -> str:
    """Money, or events where the brief gives no value."""
    rounded = round(float(value))
    return money(rounded, plan.facts["currency"], language) if of_money(plan) else number(rounded, language)


def limit_rows(plan: CampaignPlan) -> pd.DataFrame:
    """limit, scope, used, most, unit, price (what one more unit would bring): the fullest first."""
    share = plan.limits["used"] / plan.limits["most"].where(plan.limits["most"] > 0)
    order = share.sort_values(ascending=False, kind="stable").index
    return plan.limits.loc[order].reset_index(drop=True)
