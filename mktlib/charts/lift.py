"""Pictures of what a campaign brought: by segment, by how choosingly it is used, and period by period beside units that got nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mktlib.charts import canvas as cv
from mktlib.charts.canvas import Canvas, Units
from mktlib.charts.dates import Days, number_of
from mktlib.results import PanelEffect, Uplift

MOST_ROWS, MOST_PERIODS, PALE, PER = 18, 40, 0.16, 1000
"""Rows and periods in one picture; people that a gain is told for."""


# ---------------------------------------------------------------- segments


def rows_of(result: Uplift) -> pd.DataFrame:
    """The rows that are drawn: columns that are shown to differ first, each column's segments in their order."""
    order = {by: k for k, by in enumerate(result.columns.sort_values("p_value", kind="stable")["by"])} if len(result.columns) else {}
    place = result.table["by"].map(order).fillna(0)
    return result.table.loc[place.sort_values(kind="stable").index].head(MOST_ROWS)


def segments_size(result: Uplift) -> tuple[float, float]:
    return 9.5, max(3.2, 2.0 + 0.36 * min(len(result.table), MOST_ROWS))


def segments(canvas: Canvas, result: Uplift) -> None:
    """A row a segment: its effect given the others, with its range, and its own average; the effect on all as a line."""
    table, facts = rows_of(result), result.facts
    if table.empty:
        return canvas.nothing("uplift.nothing")
    canvas.title(_segments_title(canvas, result))
    times = 100 if facts["kind"] == "share" else 1
    y, level = np.arange(len(table)), canvas.percent(float(facts["level"]), 0)
    ends = [table[c] * times for c in ("effect", "low", "high")]
    canvas.ax.axvline(0, color=cv.GREY, linewidth=0.9, zorder=0)
    whole = canvas.say("uplift.whole", level=level)
    canvas.ax.axvspan(*(facts[f"effect{e}"] * times for e in ("_low", "_high")), color=cv.ORANGE, alpha=PALE, linewidth=0, label=whole)
    canvas.ax.axvline(facts["effect"] * times, color=cv.ORANGE, linewidth=1.2, linestyle="--", zorder=1)
    cv.interval(canvas.ax, ends[0], y - 0.1, *ends[1:], marker="o", color=cv.BLUE, label=canvas.say("uplift.pooled", level=level), zorder=3)
    if len(result.columns):
        look: dict[str, Any] = {"marker": "D", "linestyle": "none", "markerfacecolor": "white", "color": cv.GREY, "markersize": 5}
        canvas.ax.plot(table["alone"] * times, y + 0.18, label=canvas.say("uplift.own"), **look)
    canvas.rows([_row_name(canvas, row) for row in table.to_dict("records")], width=44, lines=2)
    axis = canvas.say(f"uplift.axis_{facts['kind']}", outcome=canvas.label("column", facts["outcome"]))
    canvas.units("x", Units("number", canvas.language), axis)
    canvas.ax.grid(axis="x", color=cv.FAINT)
    canvas.legend(columns=3)


def _row_name(canvas: Canvas, row: Mapping[Any, Any]) -> str:
    by, segment = str(row["by"]), str(row["segment"])
    crossed = " / " in by
    name = canvas.say(f"uplift.{segment}") if segment in ("others", "all") else canvas.label(by, segment)
    parts = [name] if crossed or segment == "all" else [canvas.label("column", by), name]
    return canvas.say("uplift.row", name=cv.PART.join(cv.shorten(p, 26) for p in parts), count=canvas.number(int(row["people"])))


def _segments_title(canvas: Canvas, result: Uplift) -> str:
    differ = result.columns[result.columns["verdict"] == "differ"] if len(result.columns) else result.columns
    if len(differ):
        names = [canvas.label("column", c) for c in differ.sort_values("p_value", kind="stable")["by"]]
        key = "differ" if result.facts["evidence"] == "randomised" else "differ_seen"
        return canvas.say(f"uplift.{key}", names=cv.PART.join(names[:3]))
    key = "alike" if len(result.table) > 1 else "one"
    return canvas.say(f"uplift.{key}")


# ---------------------------------------------------------------- Qini


def qini_size(result: Uplift) -> tuple[float, float]:
    return 9.0, 5.2


def qini(canvas: Canvas, result: Uplift) -> None:
    """What treating only the first so many would bring, beside as many drawn by lot."""
    curve, facts = result.curve, result.facts
    if curve.empty:
        return canvas.nothing("uplift.not_tried")
    canvas.title(canvas.say(f"uplift.qini_{facts['ranks']}"))
    colour, marker, _ = cv.SERIES[0]
    level = canvas.percent(float(facts["level"]), 0)
    band: dict[str, Any] = {"color": colour, "alpha": PALE, "linewidth": 0, "label": canvas.say("uplift.band", level=level)}
    canvas.ax.fill_between(curve["share"], PER * curve["low"], PER * curve["high"], **band)
    rule = canvas.say("uplift.rule")
    canvas.ax.plot(curve["share"], PER * curve["gain"], color=colour, linewidth=2, marker=marker, markevery=20, label=rule)
    canvas.ax.plot(curve["share"], PER * curve["by_lot"], color=cv.INK, linewidth=1.4, linestyle="--", label=canvas.say("uplift.by_lot"))
    share = float(facts["rule_share"])
    if 0.005 < share < 0.995:
        said = canvas.say(f"uplift.stop_{facts['rule_unit']}", share=canvas.percent(share, 0))
        canvas.ax.axvline(share, color=cv.VERMILION, linewidth=1.2, linestyle=":", label=said)
    canvas.ax.axhline(0, color=cv.GREY, linewidth=0.8, zorder=0)
    canvas.ax.set_xlim(0, 1)
    canvas.units("x", Units("percent", canvas.language), canvas.say("uplift.share"))
    outcome = canvas.label("column", facts["outcome"])
    canvas.units("y", Units("number", canvas.language), canvas.say("uplift.gain", outcome=outcome, per=canvas.number(PER)))
    canvas.ax.grid(color=cv.FAINT)
    canvas.legend(columns=2)


# ---------------------------------------------------------------- panels


def effects_size(result: PanelEffect) -> tuple[float, float]:
    return 10.0, 5.2


def _scale(result: PanelEffect, values: Any) -> np.ndarray:
    """Gaps as they are read: percentages where they are in logs."""
    x = np.asarray(values, dtype=float)
    return np.expm1(x) if result.facts["scale"] == "log" else x


def _units(canvas: Canvas, result: PanelEffect) -> Units:
    return Units("percent" if result.facts["scale"] == "log" else "number", canvas.language)


def _panel_title(canvas: Canvas, result: PanelEffect) -> str:
    facts, known = result.facts, np.isfinite(result.facts["lift"])
    key = facts["verdict"] if known else "cannot_tell"
    return canvas.say(f"panel.{key}", outcome=canvas.label("column", facts["outcome"]), lift=canvas.percent(abs(facts["lift"]), 0))


def _at(times: pd.Series) -> tuple[np.ndarray, bool]:
    """Where periods stand on the axis, and whether they are days."""
    days = times.dtype.kind == "M"
    return (number_of(times) if days else times.to_numpy(float)), days


def effects(canvas: Canvas, result: PanelEffect) -> None:
    """A point a period: the gap between the groups, before the start and after; the effect as a band."""
    frame, facts = result.periods, result.facts
    canvas.title(_panel_title(canvas, result))
    before = frame["stretch"].eq("before").to_numpy()
    first = max(0, int(before.sum()) - max(MOST_PERIODS - int((~before).sum()), 8))
    known = frame.iloc[first:]["gap"].notna().to_numpy()
    frame, before = frame.iloc[first:][known], before[first:][known]
    if before.all():
        return canvas.note(canvas.say("nothing"))
    x, days = _at(frame["time"])
    level = canvas.percent(float(facts["level"]), 0)
    for inside, colour, marker, key in ((before, cv.GREY, "s", "before"), (~before, cv.BLUE, "o", "after")):
        if not inside.any():
            continue
        ends = [_scale(result, frame.loc[inside, c]) for c in ("gap", "low", "high")]
        span = [np.nan_to_num(np.maximum(ends[0] - ends[1], 0)), np.nan_to_num(np.maximum(ends[2] - ends[0], 0))]
        look: dict[str, Any] = {"linestyle": "none", "elinewidth": 1.2, "capsize": 2, "markersize": 4.5, "marker": marker, "color": colour}
        canvas.ax.errorbar(x[inside], ends[0], yerr=span, label=canvas.say(f"panel.{key}", level=level), **look)
    _bands(canvas, result, x[~before])
    step = float(np.median(np.diff(x))) if len(x) > 1 else 1.0
    begin = float(x[~before][0]) - step / 2
    canvas.ax.axvline(begin, color=cv.INK, linewidth=1, linestyle=":", label=canvas.say("panel.start"))
    canvas.ax.axhline(0, color=cv.GREY, linewidth=0.9, zorder=0)
    canvas.units("x", Days(canvas.language) if days else Units("number", canvas.language), canvas.say("panel.time"))
    canvas.ax.set_xticks(x[:: -(-len(x) // cv.fitting(9, 5))])  # on periods that there are
    outcome = canvas.label("column", facts["outcome"])
    canvas.units("y", _units(canvas, result), canvas.say(f"panel.axis_{facts['scale']}", outcome=outcome))
    canvas.ax.grid(axis="y", color=cv.FAINT)
    canvas.legend(columns=3)


def _bands(canvas: Canvas, result: PanelEffect, x: np.ndarray) -> None:
    """The effect over the periods since the start, with both its ranges."""
    facts, middle = result.facts, float(_scale(result, result.facts["gap"]))
    canvas.ax.plot([x[0], x[-1]], [middle, middle], color=cv.ORANGE, linewidth=2, label=canvas.say("panel.effect"))
    column = "lift" if facts["scale"] == "log" else "effect"
    for way, pale, hatch in (("luck", 0.32, ""), ("drift", PALE, cv.HATCH)):
        row = result.table.set_index("way").loc[way]
        low, high = (float(np.asarray(row[f"{column}{end}"])) for end in ("_low", "_high"))
        if np.isfinite([low, high]).all():
            look: dict[str, Any] = {"color": cv.ORANGE, "alpha": pale, "linewidth": 0, "hatch": hatch, "zorder": 0}
            canvas.ax.fill_between([x[0], x[-1]], low, high, label=canvas.say(f"panel.{way}"), **look)


def placebo_size(result: PanelEffect) -> tuple[float, float]:
    return 9.5, 4.2


def placebo(canvas: Canvas, result: PanelEffect) -> None:
    """The effect among what the same comparison shows where nothing happened: at earlier starts, and for units that got nothing."""
    facts, rng = result.facts, np.random.default_rng(5)
    canvas.title(canvas.say("panel.placebo_far" if _far(result) else "panel.placebo_near"))
    labels = []
    for k, (kind, key) in enumerate((("time", "starts"), ("unit", "units"))):
        part = result.placebos[result.placebos["kind"] == kind]
        colour, marker, _ = cv.SERIES[(7, 4)[k]]
        height = k + rng.uniform(-0.25, 0.25, len(part))
        look: dict[str, Any] = {"marker": marker, "linestyle": "none", "color": colour, "markerfacecolor": "white", "markersize": 6}
        canvas.ax.plot(_scale(result, part["effect"]), height, **look)
        labels.append(canvas.say(f"panel.{key}", count=canvas.number(len(part))))
    middle = float(_scale(result, facts["gap"]))
    canvas.ax.axvline(middle, color=cv.ORANGE, linewidth=2.2, label=canvas.say("panel.effect"))
    canvas.ax.axvline(0, color=cv.GREY, linewidth=0.9, zorder=0)
    if np.isfinite(facts["drift"]):
        ends = [float(_scale(result, s * facts["drift"])) for s in (-1, 1)]
        canvas.ax.axvspan(*ends, color=cv.SKY, alpha=PALE, linewidth=0, label=canvas.say("panel.usual"))
    canvas.rows(labels, width=34, lines=2)
    outcome = canvas.label("column", facts["outcome"])
    canvas.units("x", _units(canvas, result), canvas.say(f"panel.axis_{facts['scale']}", outcome=outcome))
    canvas.ax.grid(axis="x", color=cv.FAINT)
    canvas.legend(columns=2)


def _far(result: PanelEffect) -> bool:
    """Whether the effect lies beyond what the groups do by themselves."""
    drift = float(result.facts["drift"])
    return bool(np.isfinite(drift) and abs(float(result.facts["gap"])) > drift)
