"""The steps that narrow the ideas one by one, each a test of rows: what the brand, the brief and the tables allow, and what is beaten."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from mktlib.planning.brief import Brief
from mktlib.planning.ideas import GROUP
from mktlib.vocabulary import Tables

BETTER_THAN = 3
"""An idea falls only when so many of its group are surely better: the best one alone wears out."""
OPINION = 0.5
"""Above this share of opinion the tables' word on stages stands against a score."""


def sieves(brief: Brief, tables: Tables) -> dict[str, Callable[[pd.DataFrame], pd.Series]]:
    """reason -> test of the ideas that are left, in the order in which they are asked; True keeps a row."""
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
        "fit": lambda t: fits_stage(t, brief, tables),
        "excluded": not_excluded,
        "drop": lambda t: t["verdict"] != "drop",
        "dominated": lambda t: ~dominated(t),
    }


def fits_stage(table: pd.DataFrame, brief: Brief, tables: Tables) -> pd.Series:
    """Whether a content type suits the stage: where the tables see it, or the log has spoken, or a must-have names the type.

    The tables' word is general knowledge, so it decides only while a score is mostly opinion (`opinion` above one half), and it never
    leaves a stage without any idea.
    """
    kinds = {k: row["stages"] for k, row in tables.content_types.items()}
    pairs = zip(table["content_type"], table["stage"], strict=True)
    fits = pd.Series([s not in tables.stages or s in kinds.get(k, [s]) for k, s in pairs], index=table.index, dtype=bool)
    fits |= ~(table["opinion"] > OPINION) if "opinion" in table else True
    for want in (*brief.must_have, *brief.fixed_dates):
        if want.content_type:
            fits |= want.rows(table)
    return fits | ~table["stage"].isin(table.loc[fits, "stage"])


def _allowed(table: pd.DataFrame, tables: Tables) -> pd.Series:
    axes = ["content_type", "length", "channel"]
    kinds = table[axes].drop_duplicates()
    kinds["_ok"] = [tables.allows(dict(zip(axes, row, strict=True))) for row in kinds.to_numpy()]
    return pd.Series(table[axes].merge(kinds, on=axes, how="left")["_ok"].to_numpy(bool), index=table.index)


def dominated(table: pd.DataFrame) -> pd.Series:
    """Ideas whose high value for money lies below the low one of at least `BETTER_THAN` ideas of the same segment, stage and channel."""
    if table.empty:
        return pd.Series(False, index=table.index)
    low, high = (for_money(table, c) for c in ("low", "high"))
    rank = low.groupby([table[c] for c in GROUP]).rank(ascending=False, method="first")
    best = low[rank == BETTER_THAN].groupby([table[c] for c in GROUP]).max().rename("_bar").reset_index()
    bar = table[GROUP].merge(best, on=GROUP, how="left")["_bar"].to_numpy(float)
    return pd.Series(high.to_numpy() < np.nan_to_num(bar, nan=-np.inf), index=table.index)


def for_money(table: pd.DataFrame, column: str) -> pd.Series:
    """What one placement brings for each unit of money (and one more, so that what is free can be told apart), at its rate, low or high."""
    worth = table["value"] / table["rate"].where(table["rate"] > 0, np.nan) / (1.0 + table["lot_cost"])
    return worth * table[column]
