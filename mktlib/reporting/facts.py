"""The few numbers and names that the sentences of a report need, worked out from a result's table and facts; no prose."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd

from mktlib.glmm.proportions import luck
from mktlib.reporting.reviewed import review_facts
from mktlib.results import VERDICTS, Audience, Backtest, Comparison, Explanation, Learning, Plan, Result, Review, Scores, Shortlist

Facts = dict[str, Any]


def scores_facts(result: Scores) -> Facts:
    """Counts of verdicts, the best cell, the cells to stop, best first; what was never shown as such comes after what was."""
    never = result.table["exposure"] <= 0
    table = result.table.assign(_never=never).sort_values(["_never", "rate"], ascending=[True, False], kind="stable").drop(columns="_never")
    shown = table[(table["verdict"] == "make") & (table["opinion"] < 0.5)]
    best = shown if len(shown) else table
    counts = {v: int((table["verdict"] == v).sum()) for v in VERDICTS}
    return {
        "cells": len(table), "unseen": int(never.sum()),
        "fixed": {a: table[a].iloc[0] for a in result.by if a in table and len(table) > 1 and len(table[a].unique()) == 1},
        "verdicts": counts, "metric": result.metric, "level": result.level, "by": list(result.by),
        "exposure": float(result.facts.get("impressions", table["exposure"].sum())), "events": result.facts.get("events"),
        "opinion": float(result.facts.get("opinion", table["opinion"].mean() if len(table) else 1.0)),
        "currency": result.facts.get("currency", "EUR"), "best": best.iloc[0].to_dict() if len(best) else None,
        "make": table[table["verdict"] == "make"].to_dict("records"),
        "drop": table[table["verdict"] == "drop"].iloc[::-1].to_dict("records"), "table": table,
    }  # fmt: skip


def plan_facts(result: Plan) -> Facts:
    """Pieces, money, what it should bring, how likely a loss is, which limits hold it back."""
    known = {**result.expected, **result.facts}
    spend = float(known.get("spend", result.schedule["spend"].sum()))
    made = result.items[result.items["status"] == "make"]
    media, learning = float(result.schedule["spend"].sum()), float(result.tests["spend"].sum()) if len(result.tests) else 0.0
    channels = result.schedule.groupby("channel")["spend"].sum().sort_values(ascending=False, kind="stable").to_dict()
    production = float(made["cost"].sum())
    return {
        **{k: known.get(k) for k in ("name", "first_day", "last_day", "weeks", "budget", "metric", "objective")},
        **{k: known.get(k) for k in ("bound", "gap", "ceiling", "greedy")},
        **{k: _float(known.get(k)) for k in ("value", "low", "high", "p_loss", "margin")},
        "currency": known.get("currency", "EUR"), "level": float(known.get("level", 0.9)), "spend": spend, "pieces": len(made),
        "held": int((result.items["status"] == "hold").sum()), "on_test": _on_test(result),
        "tests": int(result.tests["item"].nunique()) if len(result.tests) else 0, "binding": result.binding.to_dict("records"),
        "margins": result.margins.to_dict("records"),
        "channels": channels, "channel_shares": {c: m / spend for c, m in channels.items()} if spend > 0 else {},
        "production": production, "production_share": production / spend if spend > 0 else 0.0, "media": media,
        "learning": learning, "learning_share": learning / media if media > 0 else 0.0,
    }  # fmt: skip


def _on_test(plan: Plan) -> int:
    """Pieces whose every placement is a test."""
    keys = ["item", "segment", "channel"]
    tests = plan.tests[[c for c in keys if c in plan.tests]].drop_duplicates()
    placed = plan.schedule[[c for c in tests if c in plan.schedule]].drop_duplicates()
    whole = placed.merge(tests, how="left", indicator=True).groupby("item")["_merge"].apply(lambda m: bool((m == "both").all()))
    return int(((plan.items["status"] == "make") & plan.items["item"].isin(whole[whole].index)).sum())


def backtest_facts(result: Backtest) -> Facts:
    keys = ("gain", "gain_raw", "coverage", "level")
    known = {**{k: _float(result.facts.get(k)) for k in keys}, **{k: result.facts.get(k) for k in ("metric", "folds", "kind")}}
    cells = len(result.cells)
    inside = None if known["coverage"] is None else round(known["coverage"] * cells)
    return {**known, "cells": cells, "inside": inside, "ranges": _ranges_held(inside, cells, known["level"])}


TOLERATED, TOO_LOW, REFUSED = 0.05, 0.2, 0.05
"""Points below the promise that are still called honest; points below it that honest ranges must rule out; how rare luck must be."""


def _ranges_held(inside: int | None, cells: int, level: float | None) -> str:
    """Whether as many cells fell inside as was promised: "honest", "narrow", or "few" where their number cannot tell (binomial test)."""
    if inside is None or level is None or not cells:
        return "few"
    if inside / cells < level - TOLERATED:
        return "narrow" if luck(inside, cells, level)[0] < REFUSED else "few"
    return "honest" if luck(inside, cells, max(0.0, level - TOO_LOW))[1] < REFUSED else "few"


def audience_facts(result: Audience) -> Facts:
    """The largest group and the one that buys most."""
    table = result.table
    best = table.sort_values("buy_rate", ascending=False, kind="stable") if len(table) and "buy_rate" in table else table.head(0)
    size = "people" if "people" in table else "followers_last"
    large = table.sort_values(size, ascending=False, kind="stable") if len(table) else table
    return {
        "by": result.facts.get("by", "segment"), "grain": result.facts.get("grain", "person"),
        "people": int(result.facts.get("people", table["people"].sum() if "people" in table else 0)),
        "buyers": result.facts.get("buyers"), "level": float(result.facts.get("level", 0.9)), "groups": len(table),
        "best": best.iloc[0].to_dict() if len(best) else None, "second": best.iloc[1].to_dict() if len(best) > 1 else None,
        "largest": large.iloc[0].to_dict() if len(large) else None,
        "currency": result.facts.get("currency", "EUR"),
    }  # fmt: skip


def comparison_facts(result: Comparison) -> Facts:
    table, control = result.table, result.facts.get("control")
    arms = table[table["arm"] != control].sort_values("lift", ascending=False, kind="stable")
    better = arms[arms["verdict"] == "better"]
    return {
        **result.facts, "first": result.facts.get("best"), "switches": bool((result.targeting["switch"] > 0).any()),
        "metric": result.facts.get("metric", ""), "control": control, "level": float(result.facts.get("level", 0.9)),
        "kind": result.facts.get("kind", "arms"), "held_out": result.facts.get("held_out"), "currency": result.facts.get("currency", "EUR"),
        "best": (better if len(better) else arms).iloc[0].to_dict() if len(arms) else None,
        "better": len(better), "less_is_better": result.facts.get("better") == "low", "arms": result.facts.get("arms", len(arms)),
    }  # fmt: skip


def explanation_facts(result: Explanation) -> Facts:
    known, table = result.facts, result.table[result.table["term"] != "average"]
    order = table.loc[table["effect"].abs().sort_values(ascending=False, kind="stable").index]
    keys = ("cell", "metric")
    return {
        **{k: known.get(k) for k in keys}, **{k: _float(known.get(k)) for k in ("rate", "low", "high", "average", "opinion")},
        "currency": known.get("currency", "EUR"),
        "up": order[order["effect"] > 0].head(3).to_dict("records"), "down": order[order["effect"] < 0].head(3).to_dict("records"),
        "table": order,
    }  # fmt: skip


def shortlist_facts(result: Shortlist) -> Facts:
    steps = result.steps
    largest = steps.sort_values("dropped", ascending=False, kind="stable").head(1).to_dict("records")
    first = int(result.facts.get("first", steps["kept"].iloc[0] if len(steps) else len(result.table)))
    last = int(result.facts.get("last", steps["kept"].iloc[-1] if len(steps) else len(result.table)))
    return {
        "first": first, "last": last, "metric": result.facts.get("metric", ""), "currency": result.facts.get("currency", "EUR"),
        "largest": largest[0] if largest else None, "best": result.table.iloc[0].to_dict() if len(result.table) else None,
    }  # fmt: skip


def learning_facts(result: Learning) -> Facts:
    known = result.facts
    return {
        **{k: _float(known.get(k, 0.0)) for k in ("budget", "spend", "worth", "net")}, "level": float(known.get("level", 0.9)),
        "metric": known.get("metric", ""), "currency": known.get("currency", "EUR"), "objective": known.get("objective", "value"),
        "questions": len(result.table), "chosen": int(result.table["chosen"].astype(bool).sum()),
    }  # fmt: skip


def _float(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)


FACTS: Mapping[type[Result], Callable[[Any], Facts]] = {
    Scores: scores_facts, Plan: plan_facts, Review: review_facts, Backtest: backtest_facts, Audience: audience_facts,
    Comparison: comparison_facts, Explanation: explanation_facts, Shortlist: shortlist_facts, Learning: learning_facts,
}  # fmt: skip


def facts_of(result: Result) -> Facts:
    """The facts of any known shape; a shape that is not known keeps its own."""
    make = next((FACTS[t] for t in type(result).__mro__ if t in FACTS), None)
    return make(result) if make else dict(result.facts)


def decision(results: Iterable[Result]) -> Facts:
    """What to make, stop and test, from the plans and scores among the results.

    A content is a type in a style, not a cell: one that does badly for one segment and well for another is not stopped. One that does badly
    for some and well for nobody is stopped for those alone (`part`); `stop` counts those that do badly in every cell scored; `stops` has
    the cells of both. A piece of the plan is a test where all its placements are: the plan alone says so, so that every page that tells of
    it counts the same.
    """
    everything = [(r, facts_of(r)) for r in results]
    plans = [f for r, f in everything if isinstance(r, Plan)]
    scores = [f for r, f in everything if isinstance(r, Scores)]
    counted = {v: sum(f["verdicts"][v] for f in scores) for v in VERDICTS}
    proven = {key for f in scores for key in contents(f["make"], f["by"])}
    scored = {key for f in scores for key in contents(f["table"].to_dict("records"), f["by"])}
    stops = [(cell, f) for f in scores for cell in f["drop"] if content_of(cell, f["by"]) not in proven]
    stopped = {content_of(cell, f["by"]) for cell, f in stops}
    partly = {key for f in scores for key in spared(f, "drop")}
    tests = sum(f["on_test"] for f in plans)
    ends = {"stop": len(stopped - partly), "part": len(stopped & partly)}
    return {
        "make": sum(f["pieces"] for f in plans) - tests if plans else len(proven),
        **ends, "stops": stops, "partly": partly, "test": tests if plans else 0,
        "scored": len(scored), "settled": {"shown": len(proven), **ends, "undecided": len(scored - proven - stopped)},
        "too_early": counted["too_early"], "plans": plans, "scores": scores,
    }  # fmt: skip


def content_axes(by: list[str]) -> list[str]:
    """The axes that name a content, where there are any; else all of them."""
    return [a for a in ("content_type", "style", "message") if a in by] or list(by)


def content_of(cell: Mapping[Any, Any], by: list[str]) -> tuple[str, ...]:
    return tuple(str(cell[a]) for a in content_axes(by))


def contents(cells: Iterable[Mapping[Any, Any]], by: list[str]) -> set[tuple[str, ...]]:
    return {content_of(cell, by) for cell in cells}


def spared(facts: Facts, verdict: str) -> set[tuple[str, ...]]:
    """The contents of which a cell has another verdict, so that this one is never said of the whole content."""
    table = facts["table"]
    return contents(table[table["verdict"] != verdict].to_dict("records"), facts["by"])
