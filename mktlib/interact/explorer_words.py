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


def plan_lines(plan: CampaignPlan, first: CampaignPlan, language: str, *, least: float | None = None) -> Iterator[str]:
    """What a plan should bring, how good it is, and what differs from the first one; `least`: a budget with which an empty plan would
    not be empty."""
    if plan.schedule.empty:
        yield _nothing(plan, least, language)
    else:
        yield from _planned(plan, language)
    yield from _beside(plan, first, language)


def _nothing(plan: CampaignPlan, least: float | None, language: str) -> str:
    """That nothing can be bought, and what it would take; a bound says nothing there."""
    budget, missed = plan.brief.budget, "missed" if plan.facts.get("quick") else "made_none"
    key = "never" if least is None else missed if least <= budget + 1e-6 else "nothing"
    sums = {"budget": budget, "least": least or 0.0, "spend": 0.0}
    return phrase(f"interact.plan.{key}", language, **{k: money(round(v), plan.facts["currency"], language) for k, v in sums.items()})


def _planned(plan: CampaignPlan, language: str) -> Iterator[str]:
    expected = plan.expected

    def said(value: float) -> str:
        return amount(plan, value, language)

    level = percent(float(expected["level"]), language, digits=0)
    unit = {"kind": "money", "currency": plan.facts["currency"]} if of_money(plan) else {"kind": "number"}
    ends = between(round(float(expected["low"])), round(float(expected["high"])), language, **unit)
    yield phrase("interact.plan.value", language, value=said(expected["value"]), range=ends, level=level)
    pieces = int(plan.facts["pieces"])
    spend = money(round(float(expected["spend"])), plan.facts["currency"], language)
    made = "made" if pieces else "made_none"
    yield phrase(f"interact.plan.{made}", language, count=pieces, pieces=number(pieces, language), spend=spend)
    if plan.facts["risk"]:
        share = percent(1 - plan.facts["risk"], language, digits=0)
        yield phrase("interact.plan.careful", language, share=share, value=said(expected["careful"]))
    words = {"bound": said(expected["bound"]), "gap": _of("gap", expected["bound"] - expected["careful"], expected["careful"], language)}
    ideas, allowed = (number(int(plan.facts[k]), language) for k in ("ideas", "allowed"))
    yield phrase(
        "interact.plan.quick" if plan.facts.get("quick") else "interact.plan.ended", language, ideas=ideas, allowed=allowed, **words
    )


def _beside(plan: CampaignPlan, first: CampaignPlan, language: str) -> Iterator[str]:
    """The difference to the first plan, and whether it could be one of the answers' own making."""
    if plan is first:
        yield phrase("interact.plan.first", language)
        return
    difference = float(plan.expected["value"] - first.expected["value"])
    sign = "more" if difference >= 0 else "less"
    share = _of("share", abs(difference), first.expected["value"], language)
    yield phrase(f"interact.plan.{sign}", language, value=amount(plan, abs(difference), language), share=share)
    if plan.schedule.empty or first.schedule.empty:
        return
    loose = max(float(p.expected["bound"] - p.expected["careful"]) for p in (plan, first))
    if abs(difference) <= loose:
        yield phrase("interact.plan.unsure", language, room=amount(plan, loose, language))


def _of(key: str, part: Any, whole: Any, language: str) -> str:
    """A part of a whole in brackets; of a whole that is said to be 0, nothing."""
    if not round(abs(float(whole))):
        return ""
    share = percent(max(0.0, float(part)) / abs(float(whole)), language, digits=1)
    return phrase(f"interact.plan.{key}", language, **{key: share})


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
