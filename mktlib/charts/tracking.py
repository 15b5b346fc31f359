"""Pictures of a running campaign: its money by channel, and where it will land as it was known week by week."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from mktlib.charts import canvas as cv
from mktlib.charts.canvas import Canvas, Units
from mktlib.charts.dates import Days, number_of
from mktlib.results.tracking import Tracking
from mktlib.wording import day

MOST, PALE = 12, 0.18
UP = 0.3


def money_size(result: Tracking) -> tuple[float, float]:
    return 10.0, max(3.0, 2.2 + 0.55 * min(len(result.pacing), MOST))


def money(canvas: Canvas, result: Tracking) -> None:
    """A row a channel: what is spent, what was planned by now and in all, where it will end with its range, and the brief's maximum."""
    shown = result.pacing.sort_values("planned", ascending=False, kind="stable", ignore_index=True).head(MOST)
    if shown.empty:
        return canvas.nothing("tracking.money_none")
    facts, y = result.facts, np.arange(len(shown))
    units = Units("money", canvas.language, str(facts["currency"]))
    due = float(result.pacing["due"].sum())
    said = {"spent": units.speak(float(facts["spent"])), "due": units.speak(due), "day": _day(canvas, facts)}
    canvas.title(canvas.say("tracking.money", **said))
    canvas.ax.barh(y, shown["spent"].fillna(0), height=0.34, color=cv.SKY, edgecolor=cv.BLUE, label=canvas.say("tracking.spent"))
    for line in y[1:] - 0.5:
        canvas.ax.axhline(line, color=cv.FAINT, linewidth=0.8)
    canvas.ax.vlines(shown["due"], y - 0.22, y + 0.22, color=cv.INK, linewidth=2.4, zorder=4, label=canvas.say("tracking.due"))
    marks: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("planned", "planned", {"marker": "D", "s": 34, "color": cv.ORANGE, "edgecolor": cv.INK, "linewidths": 0.6}),
        ("maximum", "maximum", {"marker": "X", "s": 46, "color": cv.VERMILION, "edgecolor": "white", "linewidths": 0.6}),
    )
    for column, word, look in marks:
        known = shown[column].notna().to_numpy()
        if known.any():
            canvas.ax.scatter(shown.loc[known, column], y[known] - UP, zorder=4, label=canvas.say(f"tracking.{word}"), **look)
    known = shown["low"].notna().to_numpy()
    if known.any():
        level = canvas.percent(float(facts["level"]), 0)
        part = shown[known]
        point: dict[str, Any] = {"marker": "o", "color": cv.GREEN, "markersize": 5}
        name = canvas.say("tracking.projected", level=level)
        cv.interval(canvas.ax, part["projected"], y[known] + UP, part["low"], part["high"], label=name, **point)
    for k in np.flatnonzero(shown["state"] == "no_data"):
        small: dict[str, Any] = {
            "fontsize": 9,
            "color": cv.GREY,
            "va": "center",
            "xytext": (8, 0),
            "textcoords": "offset points",
            "parse_math": False,
        }
        canvas.ax.annotate(canvas.say("tracking.unknown"), (float(shown["due"].iloc[k]), y[k]), **small)
    canvas.rows([canvas.label("channel", c) for c in shown["channel"]], width=32)
    canvas.ax.set_xlim(left=0)
    canvas.units("x", units, canvas.say("tracking.money_axis"))
    canvas.ax.grid(axis="x", color=cv.FAINT)
    canvas.legend(columns=3)


def _day(canvas: Canvas, facts: Any) -> str:
    return day(pd.Timestamp(str(facts["as_of"])).date(), canvas.language)


def landing_size(result: Tracking) -> tuple[float, float]:
    return 10.0, 4.6


def landing(canvas: Canvas, result: Tracking) -> None:
    """The forecast of the end with its range, as it was known at the end of each week, beside what the plan promised."""
    measure = str(result.facts["objective"])
    path = result.path[result.path["measure"] == measure] if len(result.path) else result.path
    told = result.landing[result.landing["measure"] == measure]
    if path.empty or told.empty:
        return canvas.nothing("tracking.landing_none")
    row: Any = told.iloc[0].to_dict()
    kind = "money" if measure == "value" else "number"
    units, level = Units(kind, canvas.language, str(result.facts["currency"])), canvas.percent(float(result.facts["level"]), 0)
    said = {name: units.speak(float(row[name])) for name in ("forecast", "low", "high", "promised")}
    canvas.title(canvas.say("tracking.landed" if result.facts["over"] else "tracking.landing", **said))
    first, last = (float(number_of(pd.Series([pd.Timestamp(str(result.facts[k]))]))[0]) for k in ("first_day", "last_day"))
    x = number_of(path["at"])
    left, right = min(first, float(x[0])) - 1, max(last + 1, float(x[-1])) + 1
    if math.isfinite(row["promised_low"]):
        look: dict[str, Any] = {"facecolor": cv.FAINT, "hatch": cv.HATCH, "edgecolor": "white", "linewidth": 0, "zorder": 0}
        canvas.ax.axhspan(row["promised_low"], row["promised_high"], label=canvas.say("tracking.promise_range"), **look)
    canvas.ax.plot(
        [first, last + 1],
        [float(row["promised"])] * 2,
        color=cv.ORANGE,
        linewidth=1.6,
        linestyle="--",
        label=canvas.say("tracking.promise"),
    )
    canvas.ax.fill_between(
        x, path["low"], path["high"], color=cv.BLUE, alpha=PALE, linewidth=0, label=canvas.say("tracking.band", level=level)
    )
    canvas.ax.vlines(x, path["low"], path["high"], color=cv.BLUE, linewidth=1.4)
    canvas.ax.plot(x, path["forecast"], color=cv.BLUE, marker="o", linewidth=1.8, label=canvas.say("tracking.forecast"))
    canvas.ax.set_xlim(left, right)
    top = max(float(path["high"].max()), float(row["promised"]), float(np.nan_to_num(row["promised_high"])))
    low = min(float(path["low"].min()), float(row["promised"]), float(np.nan_to_num(row["promised_low"], nan=math.inf)))
    canvas.ax.set_ylim(0.85 * low, top + 0.15 * low)
    canvas.units("x", Days(canvas.language), canvas.say("tracking.landing_axis"))
    step = 7 * max(1, math.ceil((right - left) / 7 / 9))
    canvas.ax.set_xticks(np.arange(first, right, step))
    canvas.units("y", units, canvas.say(f"tracking.measure.{'value' if measure == 'value' else 'events'}"))
    canvas.ax.grid(axis="y", color=cv.FAINT)
    canvas.legend(columns=4)
