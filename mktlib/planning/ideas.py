"""From scores to priced ideas: what one placement of each cell costs and brings.

An idea is one cell of the scores with its price. Everything here is arithmetic on the table of scores; nothing is decided yet.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from scipy.stats import norm

from mktlib.errors import DataError
from mktlib.planning.brief import Brief
from mktlib.results import CELL, Scores
from mktlib.vocabulary import Tables, finding

PIECE = ["content_type", "style", "length", "stage"]
GROUP = ["segment", "stage", "channel"]


def steady(x: np.ndarray, digits: int = 6) -> np.ndarray:
    """Rounded to so many significant digits: the last bits differ from one processor to the next, and would choose another plan.

    >>> steady(np.array([0.0123456789, 0.0, 1234567.0]))
    array([1.23457e-02, 0.00000e+00, 1.23457e+06])
    """
    return np.array([float(f"{v:.{digits - 1}e}") for v in np.asarray(x, float)])


def whole_cells(scores: Scores, brief: Brief) -> pd.DataFrame:
    """The scores with every axis of a cell: a missing audience axis is crossed with the brief's levels, a missing content axis is "any"."""
    table = scores.table.reset_index(drop=True)
    table = table.assign(scored=range(len(table)))  # where it stands among the scores, so that it can be drawn with the others
    table = table.assign(**{c: steady(table[c].to_numpy(float)) for c in ("rate", "low", "high")})
    others = [axis for axis in scores.by if axis not in CELL]
    if "content_type" not in table and others:
        table["content_type"] = table[others].astype(str).agg(" / ".join, axis=1)
    levels = {"segment": list(brief.segments) or ["everyone"], "stage": list(brief.stages) or ["interest"], "channel": list(brief.channels)}
    for axis in CELL:
        if axis not in table:
            table = table.merge(pd.DataFrame({axis: levels.get(axis, ["any"])}), how="cross")
    for axis in CELL:
        table[axis] = table[axis].astype(object).astype(str)
    if table.duplicated(list(CELL)).any():
        found = [finding("E_PLAN_AXIS", column=a, found=a, hint=f'score_cells({a}="{table[a].iloc[0]}")') for a in others]
        raise DataError(found or finding("E_PLAN_AXIS", column="cells", found="cells", hint="drop_duplicates()"))
    return table


def priced(scores: Scores, brief: Brief, tables: Tables) -> pd.DataFrame:
    """Every cell with what one placement (a lot) of it costs and brings.

    Adds: rate_sd (sd of the logit, or of the log where rates may pass 1), event_value, message (reaches a named person), people
    (reachable), lot (impressions or messages of one placement), exposures (the metric's denominator in one lot), lot_cost,
    events, value, rank.
    """
    if scores.metric != brief.objective.metric:
        raise DataError(finding("E_PLAN_METRIC", column="objective.metric", found=brief.objective.metric, expected=scores.metric))
    table = whole_cells(scores, brief)
    if table.empty:
        raise DataError(finding("E_PLAN_EMPTY", found="0"))
    _refuse_no_rates(table, brief)
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
    table["events"] = table["exposures"] * table["rate"] * _scale(scores.metric, tables)
    table["value"] = table["events"] * table["event_value"]
    return table


def _refuse_no_rates(table: pd.DataFrame, brief: Brief) -> None:
    """Refuse scores whose rates are no numbers, are below nothing or without end: one finding a column."""
    found = []
    for column in ("rate", "low", "high"):
        values = table[column].to_numpy(float)
        bad = ~np.isfinite(values) | (values < 0)
        if bad.any():
            found.append(finding("E_PLAN_RATE", brief.language, column=column, found=str(values[bad][0]), rows=str(int(bad.sum()))))
    if found:
        raise DataError(found)


def _scale(metric: str, tables: Tables) -> float:
    """Events for each unit of the rate: a rate of money is told for so many exposures."""
    return 1 / float(tables.metrics.get(metric, {}).get("per", 1))


def _terms(key: tuple[str, str], metric: str, brief: Brief, tables: Tables) -> tuple[bool, float, float, float, float, bool]:
    """(message?, people, lot, metric exposures of one impression, price of one impression, or of one click when by_click)."""
    name, channel = key
    row, terms = tables.channels.get(channel, {}), brief.channels.get(channel)
    message = bool(row.get("personal", False))
    people = brief.people(name, channel, message=message)
    if terms is None:
        return message, people, 1.0, 1.0, 0.0, False
    lot = min(people, 7 * brief.most_a_day(channel) if message else terms.quantity)
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
