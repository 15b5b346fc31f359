"""Pictures of tests: each arm's difference from the control, the same within segments, and how large a test must be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mktlib.charts import canvas as cv
from mktlib.charts.canvas import Canvas, Units
from mktlib.results import Comparison, SampleSize
from mktlib.wording import number, say

TOP, MOST_SEGMENTS = 12, 8
BAND = "#dfe9f2"


class Points(Units):
    """Says a difference of two shares in points, not in percent: 0.0766 is 7.66 points, and no one takes it for 7.66 % more.

    >>> Points("en").speak(0.0766)
    '7.66 points'
    """

    def __init__(self, language: str) -> None:
        super().__init__("number", language)

    def speak(self, value: float) -> str:
        if not np.isfinite(value):
            return "–"
        shown = super().speak(100 * value)
        return say("charts.comparison.points", self.language, count=abs(100 * value), x=shown)

    def format_ticks(self, values: Any) -> list[str]:
        return super().format_ticks(np.asarray(values, float) * 100)

    def __call__(self, x: float, pos: int | None = None) -> str:
        return number(x, self.language, digits=self._digits)


def lift_units(canvas: Canvas, result: Comparison) -> Units:
    """Points for shares, money for money; policies keep the unit of their metric."""
    facts, currency = result.facts, str(result.facts.get("currency", "EUR"))
    if "unit" not in facts:
        return canvas.rate_units(str(facts.get("metric", "")), currency)
    return Points(canvas.language) if facts["unit"] == "percent" else Units(str(facts["unit"]), canvas.language, currency)


def metric_name(canvas: Canvas, facts: Mapping[str, Any]) -> str:
    """The metric in words; a ratio names both."""
    name, per = str(facts.get("metric", "")), facts.get("per")
    said = canvas.label("metric", name) if name in canvas.tables.metrics else _column(canvas, name)
    return canvas.say("comparison.per", name=said, per=_column(canvas, str(per))) if per else said


def _column(canvas: Canvas, name: str) -> str:
    """A column of someone's own; a single letter is theirs, not a place on a map."""
    return canvas.label("column", name) if len(name) > 1 else name


def comparison_size(result: Comparison) -> tuple[float, float]:
    return 8.0, max(2.6, 1.9 + 0.5 * min(len(result.table), TOP))


def comparison(canvas: Canvas, result: Comparison) -> None:
    """Each arm's difference from the control with its range; a band where differences do not matter."""
    table = result.table.head(TOP).reset_index(drop=True)
    if table.empty:
        return canvas.note(canvas.say("nothing"))
    canvas.title(_title(canvas, result))
    control = result.facts.get("control")
    _band(canvas, result)
    alike = (table["verdict"] == "undecided") & (table["grade"] == "no_difference") if "grade" in table else pd.Series(False, table.index)
    marks = {("verdict", v): look for v, look in cv.VERDICT_MARKS.items()} | {("grade", "no_difference"): ("s", cv.BLUE)}
    for (column, key), (marker, colour) in marks.items():
        those = alike if column == "grade" else (table["verdict"] == key) & ~alike
        mine = (those & (table["arm"] != control) & table["low"].notna()).to_numpy()
        if mine.any():
            rows = table[mine]
            look = {"fmt": marker, "color": colour, "label": canvas.label(column, key)}
            cv.interval(canvas.ax, rows["lift"], np.flatnonzero(mine), rows["low"], rows["high"], **look)
    own = np.flatnonzero(table["arm"] == control)
    canvas.ax.scatter(np.zeros(len(own)), own, marker="o", s=48, facecolor="white", edgecolor=cv.INK, zorder=3, label="_control")
    canvas.ax.axvline(0, color=cv.GREY, linewidth=1, linestyle="--", zorder=0)
    canvas.rows([_arm(canvas, row, control) for row in table.itertuples(index=False)])
    _axis(canvas, result)


def _band(canvas: Canvas, result: Comparison) -> None:
    """Where differences do not matter, as was said before."""
    if (least := result.facts.get("least")) is not None:
        canvas.ax.axvspan(-least, least, color=BAND, zorder=-1, linewidth=0, label=canvas.say("comparison.least"))
        for end in (-least, least):
            canvas.ax.axvline(end, color=cv.SKY, linewidth=0.8, linestyle=":", zorder=0)


def _axis(canvas: Canvas, result: Comparison, *, dotted: bool = False) -> None:
    units = lift_units(canvas, result)
    key = "comparison.axis_points" if isinstance(units, Points) else "comparison.axis"
    words = {"control": canvas.label("arm", result.facts.get("control")), "metric": metric_name(canvas, result.facts)}
    canvas.units("x", units, canvas.say(key, **words) + (canvas.say("comparison.dotted") if dotted else ""))
    canvas.ax.margins(x=0.15)
    canvas.legend()


def _arm(canvas: Canvas, row: Any, control: Any) -> str:
    name = cv.shorten(canvas.label("arm", row.arm), 28)
    key = "control" if row.arm == control else "no_range" if pd.isna(row.low) else "arm"
    return canvas.say(f"comparison.{key}", name=name, n=canvas.number(row.n))


def _title(canvas: Canvas, result: Comparison) -> str:
    """What the picture shows, no stronger than the grade allows."""
    facts = result.facts
    decided = result.table[result.table["verdict"] == "better"]
    control = canvas.label("arm", facts.get("control"))
    if facts.get("withheld"):
        return canvas.say("comparison.withheld")
    same = facts.get("grade") == "no_difference"
    if decided.empty or same:
        return canvas.say("comparison.same" if same else "comparison.none", control=control)
    way = -1 if facts.get("better") == "low" else 1
    best = decided.assign(way=way * decided["lift"]).sort_values("way", ascending=False, kind="stable").iloc[0]
    seen = facts.get("evidence", "randomised") != "randomised"
    lift = lift_units(canvas, result).speak(abs(float(best["lift"])))
    return canvas.say("comparison.seen" if seen else "comparison.best", arm=cv.shorten(canvas.label("arm", best["arm"]), 40), lift=lift)


# ---------------------------------------------------------------- segments


def _shown_segments(result: Comparison) -> pd.DataFrame:
    """The segments of the column whose lifts differ most surely, else of the first."""
    if result.targeting.empty:
        return result.segments
    by = result.targeting.sort_values("p_value", kind="stable")["by"].iloc[0]
    mine = result.segments[result.segments["by"] == by]
    names = list(dict.fromkeys(mine["segment"]))[:MOST_SEGMENTS]
    return mine[mine["segment"].isin(names)].reset_index(drop=True)


def segments_size(result: Comparison) -> tuple[float, float]:
    return 8.4, max(2.9, 2.1 + 0.3 * len(_shown_segments(result)))


def segments(canvas: Canvas, result: Comparison) -> None:
    """The difference from the control in each segment, one series an arm, beside the one of the whole (a dotted line of its colour)."""
    table = _shown_segments(result)
    if table.empty:
        return canvas.nothing("comparison.no_segments")
    by = str(table["by"].iloc[0])
    row = result.targeting[result.targeting["by"] == by].iloc[0]
    differs = "differs" if row["differs"] else "alike"
    canvas.title(canvas.say(f"comparison.{differs}", by=canvas.label("column", by)))
    names, arms = list(dict.fromkeys(table["segment"])), list(dict.fromkeys(table["arm"]))
    step = 0.6 / max(len(arms), 1)
    for k, arm in enumerate(arms[: len(cv.SERIES)]):
        mine = table[(table["arm"] == arm) & table["low"].notna()]
        colour, marker, _ = cv.SERIES[k]
        y = [names.index(s) + (k - (len(arms) - 1) / 2) * step for s in mine["segment"]]
        look = {"fmt": marker, "color": colour, "label": canvas.label("arm", arm)}
        cv.interval(canvas.ax, mine["lift"], y, mine["low"], mine["high"], **look)
        whole = float(result.table.set_index("arm")["lift"].get(arm, np.nan))
        canvas.ax.axvline(whole, color=colour, linewidth=1, linestyle=":", zorder=0)
    canvas.ax.axvline(0, color=cv.GREY, linewidth=1, linestyle="--", zorder=0)
    canvas.rows([cv.shorten(canvas.label(by, s), 36) for s in names], width=36)
    _axis(canvas, result, dotted=True)


# ---------------------------------------------------------------- size


def curve_size(size: SampleSize) -> tuple[float, float]:
    return 8.0, 4.4


def curve(canvas: Canvas, size: SampleSize) -> None:
    """The smallest difference that is told, by the people of an arm: for one look, and for looking at any time."""
    facts, table = size.facts, size.curve.dropna()
    if table.empty:
        return canvas.nothing("size.none")
    units = Points(canvas.language) if facts["unit"] == "percent" else Units(str(facts["unit"]), canvas.language, str(facts["currency"]))
    n, lift = canvas.number(facts["n"]), units.speak(float(facts["lift"]))
    canvas.title(canvas.say("size.title", n=n, lift=lift, power=canvas.percent(facts["power"], 0)))
    if facts["look"] == "any":
        canvas.ax.plot(table["n"], table["detectable"], color=cv.BLUE, linewidth=2, label=canvas.say("size.any"))
    canvas.ax.plot(table["n"], table["detectable_fixed"], color=cv.ORANGE, linewidth=2, linestyle="--", label=canvas.say("size.fixed"))
    canvas.ax.scatter([facts["n"]], [abs(facts["lift"])], marker="D", s=56, color=cv.INK, zorder=3, label=canvas.say("size.asked"))
    canvas.ax.set_xscale("log")
    canvas.ax.set_xticks(_decades(table["n"]))
    canvas.ax.minorticks_off()
    canvas.units("x", Units("number", canvas.language), canvas.say("size.people"))
    canvas.units("y", units, canvas.say("size.axis_points" if facts["unit"] == "percent" else "size.axis"))
    canvas.ax.set_ylim(bottom=0)
    canvas.ax.grid(color=cv.FAINT)
    canvas.legend(columns=3)


def _decades(n: pd.Series) -> list[float]:
    """1, 2, 5 and their tens between the ends."""
    ends = np.log10([max(float(n.min()), 1.0), max(float(n.max()), 2.0)])
    ticks = [m * 10.0**k for k in range(int(ends[0]), int(ends[1]) + 1) for m in (1, 2, 5)]
    return [t for t in ticks if float(n.min()) <= t <= float(n.max())] or [float(n.iloc[0])]
