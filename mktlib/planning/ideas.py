"""From scores to priced ideas, and from a huge space of ideas to a short list, with the count and the reason at each step.

An idea is one cell with what a placement of it costs and brings. Everything here is arithmetic on the table of scores; nothing is
decided yet.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from scipy.stats import norm

from mktlib.errors import DataError
from mktlib.planning.brief import Brief, Segment
from mktlib.results import CELL, Scores, Shortlist
from mktlib.vocabulary import Tables, finding, load_tables

PIECE = ["content_type", "style", "length", "stage"]
GROUP = ["segment", "stage", "channel"]
BETTER_THAN = 3
"""An idea falls only when so many of its group are surely better: the best one alone wears out."""


def shortlist(scores: Scores, brief: Brief, *, keep: int = 200, tables: Tables | None = None) -> Shortlist:
    """Narrow the scored cells to the ideas worth planning with.

    Steps, in this order: styles that the brand allows, channels that the brief buys, formats that the tables allow there, wanted
    stages and segments, exclusions, cells shown to fall below their group, dominated ideas (at least three ideas of the same
    segment, stage and channel whose low value for money is above this one's high), and the `keep` that together serve most people.

    Returns
    -------
    Shortlist
        table: the columns of `CELL`, rate, low, high, value (money or events for one placement), rank (1 is best); steps: step, kept,
        dropped, reason.

    Raises
    ------
    DataError
        When the scores hold no cell, or the metric is not the brief's.
    """
    tables = tables or load_tables()
    ideas = priced(scores, brief, tables)
    steps = [(0, len(ideas), 0, "all")]
    for reason, test in _sieves(brief, tables).items():
        left = ideas[test(ideas)]
        steps.append((len(steps), len(left), len(ideas) - len(left), reason))
        ideas = left
    chosen = served(ideas, brief, keep)
    steps.append((len(steps), len(chosen), len(ideas) - len(chosen), "shortlist"))
    chosen = chosen.sort_values(["value", *CELL], ascending=[False] + [True] * len(CELL), kind="stable").reset_index(drop=True)
    chosen["rank"] = np.arange(1, len(chosen) + 1)
    columns = [*CELL, "rate", "low", "high", "value", "rank", "rate_sd", "verdict", "lot", "lot_cost", "people", "exposures", "message"]
    facts = {"metric": scores.metric, "first": steps[0][1], "last": len(chosen), "within": list(scores.within), "level": scores.level}
    return Shortlist(table=chosen[columns], facts=facts, steps=pd.DataFrame(steps, columns=["step", "kept", "dropped", "reason"]))


def _sieves(brief: Brief, tables: Tables) -> dict[str, Callable[[pd.DataFrame], pd.Series]]:
    allowed, forbidden = brief.brand.allowed, brief.brand.forbidden
    wanted: dict[str, list[str]] = {"stage": list(brief.stages), "segment": list(brief.segments)}

    def in_brief(t: pd.DataFrame) -> pd.Series:
        keep = pd.Series(True, index=t.index)
        for axis, levels in wanted.items():
            keep &= t[axis].isin(levels) if levels else True
        return keep & (t["event_value"] > 0)

    def not_excluded(t: pd.DataFrame) -> pd.Series:
        out = pd.Series(False, index=t.index)
        for row in brief.exclude:
            out |= row.rows(t)
        return ~out

    return {
        "brand": lambda t: (t["style"].isin(allowed) if allowed else True) & ~t["style"].isin(forbidden) & (t["style"] != ""),
        "channel": lambda t: t["channel"].isin(list(brief.channels)) & (t["people"] >= 1),
        "format": lambda t: _allowed(t, tables) & (not brief.lengths or t["length"].isin([*brief.lengths, "none"])),
        "stage": in_brief,
        "excluded": not_excluded,
        "drop": lambda t: t["verdict"] != "drop",
        "dominated": lambda t: ~dominated(t),
    }


def _allowed(table: pd.DataFrame, tables: Tables) -> pd.Series:
    axes = ["content_type", "length", "channel"]
    kinds = table[axes].drop_duplicates()
    kinds["_ok"] = [tables.allows(dict(zip(axes, row, strict=True))) for row in kinds.to_numpy()]
    return pd.Series(table[axes].merge(kinds, on=axes, how="left")["_ok"].to_numpy(bool), index=table.index)


def whole_cells(scores: Scores, brief: Brief) -> pd.DataFrame:
    """The scores with every axis of a cell: a missing audience axis is crossed with the brief's levels, a missing content axis is "any"."""
    table = scores.table.reset_index(drop=True).copy()
    others = [axis for axis in scores.by if axis not in CELL]
    if "content_type" not in table and others:
        table["content_type"] = table[others].astype(str).agg(" / ".join, axis=1)
    levels = {"segment": list(brief.segments) or ["everyone"], "stage": list(brief.stages) or ["interest"], "channel": list(brief.channels)}
    for axis in CELL:
        if axis not in table:
            table = table.merge(pd.DataFrame({axis: levels.get(axis, ["any"])}), how="cross")
    for axis in CELL:
        table[axis] = table[axis].astype(object).astype(str)
    return table.drop_duplicates(list(CELL), ignore_index=True)


def priced(scores: Scores, brief: Brief, tables: Tables) -> pd.DataFrame:
    """Every cell with what one placement (a lot) of it costs and brings.

    Adds: rate_sd (sd of the logit, or of the log where rates may pass 1), event_value, message (reaches a named person), people
    (reachable), lot (impressions or messages of one placement), exposures (the metric's denominator in one lot), lot_cost, value, rank.
    """
    if scores.metric != brief.objective.metric:
        raise DataError(finding("E_PLAN_METRIC", column="objective.metric", found=brief.objective.metric, expected=scores.metric))
    table = whole_cells(scores, brief)
    if table.empty:
        raise DataError(finding("E_PLAN_EMPTY", found="0"))
    verdict = table["verdict"].astype(str) if "verdict" in table else "too_early"
    table = table.assign(rate_sd=_spread(table, scores.level), verdict=verdict)
    table["event_value"] = table["stage"].map({s: brief.event_value(s) for s in table["stage"].unique()})
    pairs = list(zip(table["segment"], table["channel"], strict=True))
    facts = {key: _terms(key, scores.metric, brief, tables) for key in sorted(set(pairs))}
    for k, name in enumerate(("message", "people", "lot", "passing", "unit_price", "by_click")):
        table[name] = [facts[p][k] for p in pairs]
    table["exposures"] = table["lot"] * table["passing"]
    clicks = table["rate"] if scores.metric == "click_rate" else table["passing"].where(table["passing"] < 1, 0.01)
    table["lot_cost"] = table["lot"] * table["unit_price"] * np.where(table["by_click"], clicks, 1.0)
    table["value"] = table["exposures"] * table["rate"] * table["event_value"] * _scale(scores.metric, tables)
    return table


def _scale(metric: str, tables: Tables) -> float:
    """Events for each unit of the rate: a rate of money is told for a thousand exposures."""
    return 0.001 if tables.metrics.get(metric, {}).get("family") == "money" else 1.0


def _terms(key: tuple[str, str], metric: str, brief: Brief, tables: Tables) -> tuple[bool, float, float, float, float, bool]:
    """(message?, people, lot, metric exposures of one impression, price of one impression, or of one click when by_click)."""
    name, channel = key
    segment = brief.segments.get(name) or Segment()
    row, terms = tables.channels.get(channel, {}), brief.channels.get(channel)
    message = bool(row.get("personal", False))
    people = segment.agreed(channel) if message else segment.size * segment.reach
    if terms is None:
        return message, people, 1.0, 1.0, 0.0, False
    lot = people if message else min(terms.quantity, people)
    unit = terms.unit or row.get("cost_unit", "thousand_impressions")
    of_clicks = metric in tables.metrics and tables.exposure(metric, channel) == "clicks"
    passing = tables.base_rate("click_rate", channel)[0] if of_clicks else 1.0
    price = {"thousand_impressions": terms.price / 1000, "none": 0.0}.get(str(unit), terms.price)
    return message, people, max(1.0, float(np.floor(lot))), passing, price, unit == "click"


def _spread(table: pd.DataFrame, level: float) -> np.ndarray:
    """Sd on the link scale, read back from the interval."""
    low, high = (np.clip(table[c].to_numpy(float), 1e-9, None) for c in ("low", "high"))
    change = link(high.max() if len(high) else 0.0)[0]
    return np.maximum(change(high) - change(low), 0.0) / (2 * norm.ppf(0.5 + level / 2))


def link(largest: float) -> tuple[Callable[[np.ndarray], np.ndarray], Callable[[np.ndarray], np.ndarray]]:
    """(link, inverse): the log-odds for shares, the logarithm where a rate passes 1."""
    return (lambda x: logit(np.minimum(x, 1 - 1e-9)), expit) if largest < 1 else (np.log, np.exp)


def dominated(table: pd.DataFrame) -> pd.Series:
    """Ideas whose high value for money lies below the low one of at least `BETTER_THAN` ideas of the same segment, stage and channel."""
    if table.empty:
        return pd.Series(False, index=table.index)
    worth = table["value"] / table["rate"].where(table["rate"] > 0, np.nan) / (1.0 + table["lot_cost"])
    low, high = (worth * table[c] for c in ("low", "high"))
    rank = low.groupby([table[c] for c in GROUP]).rank(ascending=False, method="first")
    best = low[rank == BETTER_THAN].groupby([table[c] for c in GROUP]).max().rename("_bar").reset_index()
    bar = table[GROUP].merge(best, on=GROUP, how="left")["_bar"].to_numpy(float)
    return pd.Series(high.to_numpy() < np.nan_to_num(bar, nan=-np.inf), index=table.index)


def served(ideas: pd.DataFrame, brief: Brief, keep: int) -> pd.DataFrame:
    """The ideas of the pieces that together serve most: pieces are added while they add value somewhere, in layers, must-haves first."""
    if len(ideas) <= keep:
        return ideas
    piece, groups = _codes(ideas, PIECE), _codes(ideas, GROUP)
    potential = np.zeros((piece.max() + 1, groups.max() + 1))
    runs = np.minimum(np.maximum(1.0, ideas["people"] / ideas["lot"]), brief.budget / 4 / np.maximum(ideas["lot_cost"], 1e-9))
    np.maximum.at(potential, (piece, groups), (ideas["value"] * runs).to_numpy(float))
    kinds = ideas.assign(_p=piece).groupby("_p")["content_type"].first().to_dict()
    cost = np.array([brief.making(kinds[p])[0] + 0.01 * brief.budget for p in range(len(potential))])
    rows = _reserved(ideas, piece, potential, brief)
    for p in _layers(potential, cost):
        if len(rows) >= keep:
            break
        rows += [int(r) for r in np.flatnonzero(piece == p) if r not in rows]
    return ideas.iloc[sorted(dict.fromkeys(rows[:keep]))]


def _codes(table: pd.DataFrame, axes: list[str]) -> np.ndarray:
    return table.groupby(axes, sort=True, observed=True).ngroup().to_numpy()


def _reserved(ideas: pd.DataFrame, piece: np.ndarray, potential: np.ndarray, brief: Brief) -> list[int]:
    """Rows that a plan needs whatever their rank: the best pieces of each must-have and fixed date, and a few to learn from."""
    total = potential.sum(axis=1)
    rows: list[int] = []
    for want in (*brief.must_have, *brief.fixed_dates):
        fits = want.rows(ideas).to_numpy()
        best = sorted(set(piece[fits]), key=lambda p: (-total[p], p))[: getattr(want, "least", 1) + 1]
        rows += [int(r) for p in best for r in np.flatnonzero((piece == p) & fits)[:4]]
    learn = ideas["verdict"].isin(["test", "too_early"]).to_numpy()
    if brief.test_share > 0 and learn.any():
        order = np.argsort(-ideas["value"].to_numpy(float) * learn, kind="stable")[:6]
        rows += [int(r) for r in order if learn[r]]
    return list(dict.fromkeys(rows))


def _layers(potential: np.ndarray, cost: np.ndarray) -> list[int]:
    """Pieces in the order in which each adds most, for its money, to the best of every group; when nothing is left to add, again."""
    order: list[int] = []
    left = np.ones(len(potential), bool)
    while left.any():
        best = np.zeros(potential.shape[1])
        before = len(order)
        while left.any():
            gain = np.where(left, np.maximum(potential - best, 0.0).sum(axis=1) / cost, -1.0)
            p = int(np.argmax(gain))
            if gain[p] <= 0 or len(order) - before >= 25:
                break
            order.append(p)
            left[p], best = False, np.maximum(best, potential[p])
        if len(order) == before or len(order) >= 120:
            break
    return order
