"""Pictures of how many e-mails people bear: what a rhythm is worth over a customer's remaining life, and how long people stay at it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from mktlib.charts import canvas as cv
from mktlib.charts.canvas import Canvas, Units
from mktlib.results import Rhythm

MOST = 4
"""Segments in one picture: more cannot be told apart."""
PALE = 0.16
TALLEST = 3.0
"""Times the highest point that the picture is tall at most: a range without an end must not flatten the curve."""
ANSWERS = ("randomised", "adjusted")


def value_size(result: Rhythm) -> tuple[float, float]:
    return 9.0, 5.2


def value(canvas: Canvas, result: Rhythm) -> None:
    """Value over the remaining life at each rhythm with its range; the best starred, those as good shaded, the plain average dashed."""
    shown = _shown(result)
    if shown.empty:
        return canvas.nothing("rhythm.empty")
    names = [str(n) for n in shown["segment"]]
    lone = len(names) == 1
    canvas.title(_title(canvas, result, shown))
    for k, name in enumerate(names):
        _line(canvas, result, name, k)
    if lone:
        _plain(canvas, result, names[0])
    best = result.table.merge(shown[["segment", "best"]].rename(columns={"best": "per_month"}), on=["segment", "per_month"])
    if len(best):
        look: dict[str, Any] = {"marker": "*", "s": 190, "color": cv.INK, "zorder": 5, "linewidths": 0}
        canvas.ax.scatter(best["per_month"], best["value"], label=canvas.say("rhythm.best"), **look)
    if lone and len(best):
        row = shown.iloc[0]
        canvas.ax.axvspan(row["flat_low"] - 0.35, row["flat_high"] + 0.35, color=cv.FAINT, zorder=0, label=canvas.say("rhythm.flat"))
    _axes(canvas, result)
    highest = max((float(np.nanmax(line.get_ydata())) for line in canvas.ax.lines if np.isfinite(line.get_ydata()).any()), default=0.0)
    canvas.ax.set_ylim(0, min(canvas.ax.get_ylim()[1], TALLEST * highest) if highest > 0 else None)
    level = canvas.percent(float(result.facts.get("level", 0.9)))
    months = canvas.number(int(result.facts.get("horizon", 24)))
    canvas.units(
        "y",
        Units("money", canvas.language, str(result.facts.get("currency", "EUR"))),
        canvas.say("rhythm.value", level=level, months=months),
    )
    canvas.legend(columns=2)


def _shown(result: Rhythm) -> pd.DataFrame:
    """The segments to draw: those with an answer of their own where there are several, the largest first; else everyone."""
    rows = result.segments
    if rows.empty or result.table.empty:
        return rows.iloc[:0]
    rows = rows[rows["segment"].isin(result.table["segment"])]
    told = rows[rows["verdict"].isin(ANSWERS) & rows["best"].notna()]
    own = told[told["segment"] != "all"]
    if len(own) > 1 or (len(own) and len(own) == len(told)):
        return own.sort_values("people", ascending=False, kind="stable").head(MOST)
    return (told if len(told) else rows).head(1)


def _line(canvas: Canvas, result: Rhythm, name: str, k: int) -> None:
    curve = result.table[result.table["segment"].eq(name) & result.table["value"].notna()]
    if curve.empty:
        return
    colour, marker, _ = cv.SERIES[k]
    canvas.ax.fill_between(curve["per_month"], curve["low"], curve["high"], color=colour, alpha=PALE, linewidth=0)
    look: dict[str, Any] = {"color": colour, "marker": marker, "markersize": 5, "linewidth": 1.8}
    canvas.ax.plot(curve["per_month"], curve["value"], label=_name(canvas, result, name), **look)


def _plain(canvas: Canvas, result: Rhythm, name: str) -> None:
    """What a plain average says, where it is not the answer."""
    plain = result.curves[result.curves["segment"].eq(name) & result.curves["outcome"].eq("life")] if len(result.curves) else result.curves
    if plain.empty or bool(result.facts.get("assigned")):
        return
    look: dict[str, Any] = {"color": cv.GREY, "linestyle": "--", "marker": "x", "markersize": 5, "linewidth": 1.2}
    canvas.ax.plot(plain["per_month"], plain["naive"], label=canvas.say("rhythm.plain"), **look)


def _name(canvas: Canvas, result: Rhythm, name: str) -> str:
    return canvas.say("rhythm.all") if name == "all" else canvas.label(str(result.facts.get("by", "segment")), name)


def _title(canvas: Canvas, result: Rhythm, shown: pd.DataFrame) -> str:
    row = shown.iloc[0]
    if row["verdict"] not in ANSWERS or pd.isna(row["best"]):
        return canvas.say("rhythm.untold")
    if len(shown) > 1:
        return canvas.say("rhythm.several")
    ends = {k: canvas.number(int(row[c])) for k, c in (("n", "best"), ("low", "flat_low"), ("high", "flat_high"))}
    key = "rhythm.one" if ends["low"] == ends["high"] else "rhythm.some"
    return canvas.say(key, group=_name(canvas, result, str(row["segment"])), count=int(row["best"]), **ends)


def _axes(canvas: Canvas, result: Rhythm) -> None:
    canvas.ax.xaxis.set_major_locator(MaxNLocator(10, integer=True))
    canvas.units("x", Units("number", canvas.language), canvas.say("rhythm.axis"))
    canvas.ax.grid(axis="y", color=cv.FAINT)


def survival_size(result: Rhythm) -> tuple[float, float]:
    return 9.0, 5.0


def survival(canvas: Canvas, result: Rhythm) -> None:
    """The share still on the list, month by month: as people were mailed, and at the best rhythm, a slower and a faster one."""
    shown = _shown(result)
    mine = result.survival[result.survival["segment"].isin(shown["segment"].head(1))] if len(result.survival) else result.survival
    if shown.empty or mine.empty:
        return canvas.nothing("rhythm.empty")
    row = shown.iloc[0]
    canvas.title(canvas.say("rhythm.stays", group=_name(canvas, result, str(row["segment"]))))
    steady = mine[mine["kind"] == "steady"]
    rhythms = _three(row, steady)
    for k, rhythm in enumerate(rhythms):
        line = steady[steady["per_month"] == rhythm]
        colour, marker, _ = cv.SERIES[k]
        canvas.ax.fill_between(line["month"], line["low"], line["high"], color=colour, alpha=PALE, linewidth=0)
        look: dict[str, Any] = {"color": colour, "marker": marker, "markevery": 4, "markersize": 5, "linewidth": 1.8}
        canvas.ax.plot(line["month"], line["on_list"], label=canvas.say("rhythm.steady", n=canvas.number(int(rhythm))), **look)
    seen = mine[(mine["kind"] == "seen") & mine["per_month"].isna()]
    canvas.ax.step(
        seen["month"], seen["on_list"], where="post", color=cv.INK, linestyle="--", linewidth=1.4, label=canvas.say("rhythm.seen")
    )
    canvas.units("x", Units("number", canvas.language), canvas.say("rhythm.months"))
    level = canvas.percent(float(result.facts.get("level", 0.9)))
    canvas.units("y", Units("percent", canvas.language), canvas.say("rhythm.on_list", level=level))
    canvas.ax.grid(axis="y", color=cv.FAINT)
    canvas.legend(columns=2)


def _three(row: pd.Series, steady: pd.DataFrame) -> list[float]:
    """The best rhythm, the slower and the faster one that its price is told for; else the ends of what was judged."""
    told = [row["few_at"], row["best"], row["many_at"]]
    known = np.unique(steady["per_month"]) if len(steady) else np.zeros(0)
    wanted = [float(x) for x in told if pd.notna(x)] or ([float(known[0]), float(known[-1])] if len(known) else [])
    return sorted(set(wanted))
