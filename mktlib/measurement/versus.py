"""The plan beside another that was not run, both valued with what is now known.

Nobody saw the other plan run: its value is a forecast from the same posterior, drawn together with the plan's own, so that what they share
cancels. A difference is at most a tendency, and where the other plan leans on cells that nobody has shown, it is mostly opinion.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mktlib.errors import DataError, Finding
from mktlib.intake.inputs import need, not_numbers
from mktlib.results import Plan
from mktlib.results.evidence import LEANING, grade
from mktlib.scoring import ContentScorer
from mktlib.vocabulary import Tables, finding

Array = NDArray[Any]
DRAWS = 2000
OPINION = 0.5
NEEDED = ("item", "segment", "channel", "stage", "exposure", "rate", "spend", "value")
CONTENT = ("content_type", "style", "length")


def placed(plan: Plan) -> pd.DataFrame:
    """The placements of a plan with the words of their cells and what one event is worth."""
    need(plan.schedule, list(NEEDED))
    if wrong := _no_plan(plan):
        raise DataError(wrong)
    rows = plan.schedule[plan.schedule["exposure"] > 0].reset_index(drop=True).astype({c: "str" for c in NEEDED[:4]})
    words = [c for c in CONTENT if c in plan.items and c not in rows]
    rows = rows.merge(plan.items[["item", *words]].astype({"item": "str"}).drop_duplicates("item"), on="item", how="left")
    expected = rows["exposure"] * rows["rate"]
    return rows.assign(event_value=(rows["value"] / expected.where(expected > 0)).fillna(0.0))


def _no_plan(plan: Plan) -> list[Finding]:
    """Cells of a plan (edited by hand?) that cannot be valued: no number, nothing written, a piece that is not among the pieces."""
    schedule = plan.schedule
    if wrong := [f for c in NEEDED[4:] for f in not_numbers(schedule, c)]:
        return wrong
    blank = schedule[list(NEEDED)].isna() & ~(schedule["exposure"] == 0).to_numpy()[:, None]
    found = [
        finding("E_NOT_A_NUMBER" if c in NEEDED[4:] else "E_OPTION", file="schedule", column=c, line=int(blank[c].argmax()) + 2, found="?")
        for c in NEEDED
        if blank[c].any()
    ]
    known = plan.items["item"].dropna().astype(str).tolist()
    strange = sorted({*schedule.loc[schedule["exposure"] > 0, "item"].dropna().astype(str)} - {*known})
    return found + [finding("E_OPTION", column="item", found=", ".join(strange[:3]), expected=", ".join(known[:3]))] * bool(strange)


def evenly(rows: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """The same pieces with the money of bought media spread evenly: over the channels, then over the placements of each.

    What costs nothing, and messages (whose number is that of those who agreed to them), stay as they were.
    """
    personal = rows["channel"].map(lambda c: bool(tables.channels.get(c, {}).get("personal", False)))
    bought = (rows["spend"] > 0) & ~personal.astype(bool)
    if not bought.any():
        return rows
    money = rows.loc[bought].groupby("channel")[["spend", "exposure"]].sum()
    price = money["spend"] / money["exposure"]
    each = float(money["spend"].sum()) / len(money) / rows.loc[bought].groupby("channel").size()
    spend = rows["spend"].where(~bought, rows["channel"].map(each))
    exposure = rows["exposure"].astype(float).where(~bought, spend / rows["channel"].map(price))
    return rows.assign(spend=spend, exposure=exposure)


def beside(plan: Plan, against: Plan | str, scorer: ContentScorer, *, level: float, tables: Tables) -> tuple[pd.DataFrame, dict[str, Any]]:
    """(by channel, facts) of the plan less the other: value, spend, value less spend, with paired draws of what is now known."""
    mine = placed(plan)
    if isinstance(against, str) and against != "even":
        raise DataError(finding("E_OPTION", column="against", found=against, expected='"even", Plan'))
    if not isinstance(against, (str, Plan)):
        raise DataError(finding("E_OPTION", column="against", found=type(against).__name__, expected='"even", Plan'))
    if isinstance(against, Plan) and (units := _units(plan)) != (others := _units(against)):
        raise DataError(finding("E_OPTION", column="against", found=", ".join(others), expected=", ".join(units)))
    other = evenly(mine, tables) if isinstance(against, str) else placed(against)
    lacking = [a for a in scorer.by_ if a not in mine or a not in other]
    if lacking:
        raise DataError([finding("E_MISSING_COLUMN", column=a, expected=a, found=", ".join(map(str, mine.columns))) for a in lacking])
    cells = pd.concat([mine, other])[list(scorer.by_)].astype("str").drop_duplicates(ignore_index=True)
    rates = scorer.draws(cells, DRAWS, random_state=scorer.random_state).astype(float)
    numbers = {tuple(row): k for k, row in enumerate(cells.itertuples(index=False))}
    per = float(tables.metrics.get(scorer.metric, {}).get("per", 1))
    worth = {name: _worth(rows, numbers, scorer.by_, per) for name, rows in (("plan", mine), ("other", other))}
    opinion = _opinion(scorer, cells)
    table = _by_channel(mine, other, worth, rates, level)
    fixed = _making(plan) - (_making(plan) if isinstance(against, str) else _making(against))
    cost = float(mine["spend"].sum() - other["spend"].sum()) + fixed
    net = rates @ (worth["plan"].sum(axis=0) - worth["other"].sum(axis=0)) - cost
    low, high = np.quantile(net, [(1 - level) / 2, (1 + level) / 2])
    lean = np.quantile(net, [(1 - LEANING) / 2, (1 + LEANING) / 2])
    shares = {name: _on_opinion(x.sum(axis=0), rates, opinion) for name, x in worth.items()}
    facts = {
        "name": against if isinstance(against, str) else str(against.facts.get("name", "")),
        "kind": "even" if isinstance(against, str) else "plan",
        "value_plan": float((rates @ worth["plan"].sum(axis=0)).mean()),
        "value_other": float((rates @ worth["other"].sum(axis=0)).mean()),
        "cost": cost, "difference": float(net.mean()), "low": float(low), "high": float(high), "p_better": float((net > 0).mean()),
        "opinion_plan": shares["plan"], "opinion_other": shares["other"], **_farthest(mine, other),
        "evidence": "observational",
        "grade": grade("observational", decided=bool(low > 0 or high < 0), leaning=bool(lean[0] > 0 or lean[1] < 0)),
    }  # fmt: skip
    return table, facts


def _units(plan: Plan) -> tuple[str, str]:
    """What a plan counts and in which money: only the same can be put beside each other."""
    return str(plan.facts.get("metric", "click_rate")), str(plan.facts.get("currency", "EUR"))


def _making(plan: Plan) -> float:
    made = plan.items[plan.items["status"] == "make"] if "status" in plan.items else plan.items
    return float(made["cost"].sum()) if "cost" in made else 0.0


def _worth(rows: pd.DataFrame, numbers: Mapping[tuple[str, ...], int], by: tuple[str, ...], per: float) -> Array:
    """(channels sorted over both plans are kept by row) what one unit of each cell's rate is worth: (rows, cells), summed by the caller."""
    at = np.array([numbers[tuple(map(str, key))] for key in rows[list(by)].itertuples(index=False)], np.int64)
    out = np.zeros((len(rows), len(numbers)))
    out[np.arange(len(rows)), at] = (rows["exposure"] * rows["event_value"]).to_numpy(float) / per
    return out


def _by_channel(mine: pd.DataFrame, other: pd.DataFrame, worth: Mapping[str, Array], rates: Array, level: float) -> pd.DataFrame:
    found = []
    for channel in sorted({*mine["channel"], *other["channel"]}):
        here = {"plan": (mine["channel"] == channel).to_numpy(), "other": (other["channel"] == channel).to_numpy()}
        value = {k: rates @ worth[k][here[k]].sum(axis=0) for k in here}
        spend = {"plan": float(mine.loc[here["plan"], "spend"].sum()), "other": float(other.loc[here["other"], "spend"].sum())}
        gap = value["plan"] - value["other"] - (spend["plan"] - spend["other"])
        ends = np.quantile(gap, [(1 - level) / 2, (1 + level) / 2])
        row: dict[str, Any] = {"channel": channel, "spend_plan": spend["plan"], "spend_other": spend["other"]}
        row |= {"value_plan": float(value["plan"].mean()), "value_other": float(value["other"].mean())}
        lean = np.quantile(gap, [(1 - LEANING) / 2, (1 + LEANING) / 2])
        sure = {"decided": bool(ends[0] > 0 or ends[1] < 0), "leaning": bool(lean[0] > 0 or lean[1] < 0)}
        found.append(row | {"difference": float(gap.mean()), "low": ends[0], "high": ends[1], "grade": grade("observational", **sure)})
    return pd.DataFrame(found)


def _opinion(scorer: ContentScorer, cells: pd.DataFrame) -> Array:
    """(cells,) whether what is known of each cell is opinion: nobody has shown it, or more of its rate is opinion than data."""
    table = scorer.score_cells(cells).table
    keys = table[list(scorer.by_)].astype("str").agg("|".join, axis=1)
    known = dict(zip(keys, (table["opinion"] >= OPINION) | (table["exposure"] <= 0), strict=True))
    return np.array([bool(known.get(key, True)) for key in cells.agg("|".join, axis=1)])


def _on_opinion(worth: Array, rates: Array, opinion: Array) -> float:
    """Share of a plan's value on cells of which what is known is opinion."""
    value = worth * rates.mean(axis=0)
    return float(value[opinion].sum() / max(value.sum(), 1e-300))


def _farthest(mine: pd.DataFrame, other: pd.DataFrame) -> dict[str, Any]:
    """The channel that the other plan would show most often beyond the plan: beyond what was shown, nobody knows how it wears."""
    both = [rows.groupby("channel")["exposure"].sum() for rows in (mine, other)]
    times = (both[1] / both[0].reindex(both[1].index)).fillna(np.inf).sort_values(ascending=False, kind="stable")
    return {"farthest": str(times.index[0]), "farthest_times": float(times.iloc[0])} if len(times) else {}
