"""The numbers and names that the sentences about a review need; no prose."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mktlib.results import Review

Facts = dict[str, Any]
PARTS = ("not_run", "exposure", "rate", "worth")


def luck(inside: int, items: int, level: float) -> float:
    """Probability of at most `inside` of `items` falling inside intervals that keep their level (binomial tail).

    >>> round(luck(6, 8, 0.9), 3)
    0.187
    """
    return sum(math.comb(items, k) * level**k * (1 - level) ** (items - k) for k in range(inside + 1))


def review_facts(result: Review) -> Facts:
    """How many promises were kept, what surprised, where the value went, and what another plan would be worth."""
    known, table = result.facts, result.table
    came = table[table["actual"].notna()]
    inside = came["inside"].astype(bool)
    values = came[["predicted", "actual"]].to_numpy(float)
    items, kept = int(known.get("items", len(came))), int(known.get("inside", inside.sum()))
    level, high = float(known.get("level", 0.9)), known.get("coverage_high")
    numbers = ("value_planned", "value_actual", "predicted_total", "actual_total", "coverage_low", "coverage_high", "effective", "pit_p")
    parts = {f"gap_{k}": _float(known.get(f"gap_{k}")) for k in (*PARTS, "allowed")}
    return {
        "items": items, "inside": kept, "level": level, "promise": _promise(items, kept, level, known, high),
        **{k: known.get(k) for k in ("metric", "owner", "weather", "pit_verdict", "shared", "versus", "evidence", "grade", "gap_grade")},
        **{k: _float(known.get(k)) for k in numbers}, **parts, "unmeasured": known.get("unmeasured"),
        "not_executed": int(known.get("not_executed") or 0), "currency": known.get("currency", "EUR"),
        "late": int(known.get("late", (table["late_days"] > 0).sum() if "late_days" in table else 0)),
        **{k: float(known.get(k, table[k].sum() if k in table else np.nan)) for k in ("planned_spend", "actual_spend")},
        "above": int((~inside & (came["actual"] > came["predicted"])).sum()),
        "below": int((~inside & (came["actual"] < came["predicted"])).sum()),
        "surprises": _surprises(result), "judged": len(result.scores) > 0,
        "as_rates": bool(values.size and np.nanmax(values) <= 1),
    }  # fmt: skip


def _surprises(result: Review) -> list[dict[Any, Any]]:
    """What is named, with what came over what was promised (`times`; `ratio` is net of the others named), and whether that alone tells it:
    a group lies on the side it is named for; a placement is outside its own range, on that side."""
    out = []
    for row in result.surprises.to_dict("records"):
        times = row["came"] / row["promised"] if row["promised"] > 0 else math.nan
        plain = (times - 1) * (row["ratio"] - 1) > 0
        if row["axis"] == "placement" and plain:
            names = result.table[["item", "segment", "channel"]].astype("str").agg(" / ".join, axis=1)
            mine = result.table[names == str(row["level"])]
            plain = not mine["inside"].fillna(False).astype(bool).any()
        out.append({**row, "times": times, "plain": bool(plain)})
    return out


def _float(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)


def _promise(items: int, inside: int, level: float, known: Mapping[str, Any], high: Any) -> str:
    """As the review says it where its numbers are still these, else by luck alone."""
    if not items:
        return "empty"
    if high is not None and known.get("promise") and abs(inside / items - float(known.get("coverage", -1))) < 1e-9:
        return str(known["promise"])
    return "kept" if inside / items >= level else "near" if luck(inside, items, level) >= 0.05 else "missed"
