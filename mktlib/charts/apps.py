"""Pictures of an app: what its chance of breaking even hangs on, money over the months, the funnel of a launch, searches beside fields."""

from __future__ import annotations

import math
import textwrap
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from mktlib.charts import canvas as cv
from mktlib.charts.canvas import Canvas, Units
from mktlib.results import AppBrief, KeywordCoverage, LaunchSheet
from mktlib.wording import chances

MOST, MOST_SEARCHES = 11, 24
OPINION = ("J", "K", "S")
BAR, BAND = "#c9d3dd", "#d6e6f2"


def money_units(canvas: Canvas, result: AppBrief) -> Units:
    return Units("money", canvas.language, str(result.facts.get("currency", "EUR")))


def tornado_size(result: AppBrief) -> tuple[float, float]:
    return 9.5, max(3.0, 2.3 + 0.42 * min(len(result.table), MOST))


def tornado(canvas: Canvas, result: AppBrief) -> None:
    """A row an assumption, the widest on top: the mean profit where it lies at its low end and at its high end."""
    facts = result.facts
    if result.table.empty:
        return canvas.nothing("app.sure")
    chance = chances(float(facts["p"]), canvas.language)
    canvas.title(canvas.say("app.tornado", chance=chance, months=canvas.number(int(facts["horizon"]))))
    shown = result.table.head(MOST).reset_index(drop=True)
    y = np.arange(len(shown))
    ends = shown[["profit_low", "profit_high"]].to_numpy(float)
    canvas.ax.hlines(y, ends.min(axis=1), ends.max(axis=1), color=BAR, linewidth=10, zorder=1)
    for column, marker, colour, word in (("profit_low", "v", cv.BLUE, "low"), ("profit_high", "^", cv.VERMILION, "high")):
        canvas.ax.scatter(shown[column], y, marker=marker, s=46, color=colour, zorder=3, label=canvas.say(f"app.{word}"))
    canvas.ax.axvline(0, color=cv.INK, linewidth=1.2, linestyle="--", label="_zero")
    canvas.rows([_assumption(canvas, result, row) for row in shown.itertuples(index=False)], width=46, lines=2)
    lines = [canvas.say("app.profit_axis", months=canvas.number(int(facts["horizon"])))]
    lines += [canvas.say("app.opinions")] if shown["conf"].isin(OPINION).any() else []
    canvas.units("x", money_units(canvas, result), "\n".join(lines))
    cv.count_axis(canvas.ax)
    canvas.ax.grid(axis="x", color=cv.FAINT)
    canvas.legend([*canvas.ax.get_legend_handles_labels()[0], Line2D([], [], color=cv.INK, linestyle="--", label=canvas.say("app.zero"))])


def _assumption(canvas: Canvas, result: AppBrief, row: Any) -> str:
    """Its name and its range; an opinion is starred."""
    low, high = (value_text(canvas, result, row.assumption, row.rate, x) for x in (row.low, row.high))
    star = " *" if row.conf in OPINION else ""
    return f"{canvas.label('assumption', row.assumption)}{star}{cv.PART}{canvas.say('app.span', low=low, high=high)}"


def value_text(canvas: Canvas, result: AppBrief, name: str, rate: bool, value: float) -> str:
    """A rate in per cent, a number of visitors, or money."""
    if rate:
        return canvas.percent(value)
    rounded = float(f"{value:.3g}")
    return canvas.number(rounded, 0) if name == "visitors" else money_units(canvas, result)._say(rounded, 0)


def months_size(result: AppBrief) -> tuple[float, float]:
    return 9.0, 4.2


def months(canvas: Canvas, result: AppBrief) -> None:
    """Profit so far by month: the mean, and the range with all that is not known."""
    facts, table = result.facts, result.months
    if table.empty:
        return canvas.nothing("app.sure")
    chance = chances(float(facts["p"]), canvas.language)
    canvas.title(canvas.say("app.months", chance=chance, months=canvas.number(int(facts["horizon"]))))
    level = canvas.percent(float(facts.get("level", 0.9)))
    canvas.ax.fill_between(table["month"], table["low"], table["high"], color=BAND, label="_band")
    canvas.ax.plot(table["month"], table["high"], color=cv.SKY, linestyle=":", label=canvas.say("app.upper"))
    canvas.ax.plot(table["month"], table["profit"], color=cv.BLUE, marker="o", markersize=3.5, label=canvas.say("app.mean"))
    canvas.ax.plot(table["month"], table["low"], color=cv.SKY, linestyle="--", label=canvas.say("app.lower"))
    canvas.ax.axhline(0, color=cv.INK, linewidth=1.2, label="_zero")
    canvas.units("y", money_units(canvas, result), canvas.say("app.so_far", level=level))
    canvas.units("x", Units("number", canvas.language), canvas.say("app.month"))
    canvas.ax.set_xlim(0.5, len(table) + 0.5)
    canvas.ax.set_xticks(_ticks(len(table)))
    canvas.ax.grid(axis="y", color=cv.FAINT)
    canvas.legend()


def _ticks(last: int) -> list[int]:
    step = max(1, math.ceil(last / 12))
    return [m for m in range(step, last + 1, step)]


# ---------------------------------------------------------------- the launch


def steps_size(result: LaunchSheet) -> tuple[float, float]:
    return 9.0, max(3.0, 2.0 + 0.5 * len(result.funnel))


def steps(canvas: Canvas, result: LaunchSheet) -> None:
    """A row a step, on a logarithmic axis: the people left, with their range; beside it the rate from the step before."""
    table = result.funnel.reset_index(drop=True)
    if table.empty:
        return canvas.note(canvas.say("nothing"))
    weeks, last = int(result.facts["weeks"]), table.iloc[-1]
    ends = {k: canvas.number(float(f"{last[c]:.2g}"), 0) for k, c in (("low", "people_low"), ("high", "people_high"))}
    canvas.title(canvas.say("app.steps", weeks=canvas.number(weeks), step=canvas.label("app_step", last["step"]).lower(), **ends))
    for known, marker, colour, word in ((True, "^", cv.GREEN, "counted"), (False, "o", cv.ORANGE, "believed")):
        rows = table[(table["counted"] > 0) == known]
        if len(rows):
            x, low, high = (np.maximum(rows[c].to_numpy(float), 0.5) for c in ("people", "people_low", "people_high"))
            label = canvas.say(f"app.{word}")
            cv.interval(canvas.ax, pd.Series(x), rows.index, pd.Series(low), pd.Series(high), marker=marker, color=colour, label=label)
    canvas.ax.set_xscale("log")
    canvas.rows([_step(canvas, row) for row in table.itertuples(index=False)], width=52, lines=2)
    low = max(0.5, float(table["people_low"].min()) / 2)
    canvas.ax.set_xlim(low, float(table["people_high"].max()) * 2)
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(float(table["people_high"].max()) * 2)) + 1)
    canvas.ax.set_xticks([10**k for k in powers if 10**k >= low])
    canvas.ax.set_xticks([], minor=True)
    level = canvas.percent(float(result.facts.get("level", 0.9)))
    canvas.units("x", Units("number", canvas.language), canvas.say("app.people_axis", level=level))
    canvas.ax.grid(axis="x", color=cv.FAINT)
    canvas.legend()


def _step(canvas: Canvas, row: Any) -> str:
    name = canvas.label("app_step", row.step)
    if not np.isfinite(row.rate):
        return name
    return f"{name}{cv.PART}{canvas.percent(row.rate)} ({canvas.percent(row.rate_low)}–{canvas.percent(row.rate_high)})"


# ---------------------------------------------------------------- searches


def coverage_size(result: KeywordCoverage) -> tuple[float, float]:
    fields, rows = result.table["field"].nunique(), min(len(result.searches), MOST_SEARCHES)
    return max(8.0, 4.0 + 1.15 * fields), max(3.0, 2.1 + 0.42 * rows)


def coverage(canvas: Canvas, result: KeywordCoverage) -> None:
    """Searches down, fields across: how many of the words of a search stand in a field; fields that are not searched are named so."""
    table = result.table
    if table.empty:
        return canvas.nothing("app.no_words")
    counted = dict(result.facts["counted"])
    found, every = counted.get("whole", 0) + counted.get("across", 0), int(result.facts["searches"])
    canvas.title(canvas.say("app.coverage", count=found, found=canvas.number(found), all=canvas.number(every)))
    searches = result.searches.head(MOST_SEARCHES).reset_index(drop=True)
    fields = list(dict.fromkeys(table.sort_values("searched", ascending=False, kind="stable")["field"]))
    grid = np.full((len(searches), len(fields)), np.nan)
    spots = {(r.locale, r.search, r.field): r for r in table.itertuples(index=False)}
    for i, row in enumerate(searches.itertuples(index=False)):
        for j, name in enumerate(fields):
            spot = spots.get((row.locale, row.search, name))
            grid[i, j] = np.nan if spot is None else spot.share
    mesh = canvas.ax.pcolormesh(np.ma.masked_invalid(grid), cmap="cividis_r", vmin=0, vmax=1, edgecolors="white", linewidth=2)
    mesh.mktlib_units = Units("percent", canvas.language)  # type: ignore[attr-defined]
    for i, row in enumerate(searches.itertuples(index=False)):
        for j, name in enumerate(fields):
            if (spot := spots.get((row.locale, row.search, name))) is not None:
                _cell(canvas, i, j, spot, mesh)
    _coverage_axes(canvas, result, searches, fields)


def _cell(canvas: Canvas, i: int, j: int, spot: Any, mesh: Any) -> None:
    bright = float(np.dot(mesh.to_rgba(spot.share)[:3], (0.2126, 0.7152, 0.0722)))
    text = f"{canvas.number(int(spot.found))}/{canvas.number(int(spot.words))}"
    look: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 8.5, "parse_math": False}
    canvas.ax.text(j + 0.5, i + 0.5, text, color="black" if bright > 0.45 else "white", **look)


def _coverage_axes(canvas: Canvas, result: KeywordCoverage, searches: pd.DataFrame, fields: list[str]) -> None:
    several = len(result.facts["locales"]) > 1
    names = [_search(canvas, row, several) for row in searches.itertuples(index=False)]
    canvas.ax.set_yticks(np.arange(len(names)) + 0.5, names, parse_math=False)
    searched = dict(zip(result.table["field"], result.table["searched"], strict=True))
    heads = []
    for name in fields:
        label = str(result.facts["fields"].get(name, {}).get(canvas.language, name))
        label = label if searched[name] else canvas.say("app.unsearched", field=label)
        heads.append("\n".join(textwrap.wrap(cv.drawable(label[:1].upper() + label[1:]), 15)[:3]))
    canvas.ax.set_xticks(np.arange(len(fields)) + 0.5, heads, parse_math=False)
    canvas.ax.invert_yaxis()
    canvas.ax.tick_params(length=0)
    for side in canvas.ax.spines.values():
        side.set_visible(False)
    lines = [canvas.say("app.coverage_axis")]
    if len(result.searches) > len(searches):
        lines.append(canvas.say("app.coverage_more", shown=canvas.number(len(searches)), all=canvas.number(len(result.searches))))
    canvas.name("x", "\n".join(lines))


def _search(canvas: Canvas, row: Any, several: bool) -> str:
    """The search, the sign of its verdict, and its language where there are several."""
    sign = {"whole": "✓", "across": "✓", "unsearched": "–", "absent": "✗"}[row.verdict]
    text = cv.shorten(cv.drawable(str(row.search)), 34)
    return f"{sign} {text} ({cv.drawable(str(row.locale))})" if several else f"{sign} {text}"
