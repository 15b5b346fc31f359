"""Pictures of a play at the ad desk: what the platform credits itself with against what is true, and this play against the best."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.ticker import MaxNLocator

from mktlib.charts import canvas as cv
from mktlib.charts.canvas import Canvas, Units
from mktlib.results import DeskPlay
from mktlib.wording import money

FAR = 60.0
"""Sales for one euro beyond which an even scale would press all others together."""
FACTS = ("gain", "expected", "best", "bound")
LOOKS = ((cv.BLUE, ""), (cv.SKY, "//"), (cv.GREEN, ".."), ("white", "xx"))


def _by_ad_set(result: DeskPlay) -> pd.DataFrame:
    """One row an ad set that spent money: sales for one unit of money, as credited and as they are."""
    sums = result.table.groupby("ad_set", sort=False)[["spend", "reported_value", "incremental_value"]].sum()
    sums = sums[sums["spend"] > 0]
    rates = sums[["reported_value", "incremental_value"]].div(sums["spend"], axis=0)
    return rates.sort_values("reported_value", ascending=False, kind="stable")


def truth_size(result: DeskPlay) -> tuple[float, float]:
    return 9.0, 2.4 + 0.42 * max(len(_by_ad_set(result)), 1)


def truth(canvas: Canvas, result: DeskPlay) -> None:
    """A line an ad set from the credit to the truth, on one axis of sales for one euro, with the point from which they pay."""
    rows = _by_ad_set(result)
    currency = str(result.facts["currency"])
    if rows.empty:
        return canvas.nothing("desk.nothing")
    canvas.title(canvas.say("desk.truth", **{k: _money(canvas, result, k) for k in ("one", "reported", "incremental")}))
    places = range(len(rows))
    canvas.ax.hlines(places, rows["incremental_value"], rows["reported_value"], color=cv.FAINT, linewidth=3, zorder=1)
    # a ring, so that a truth as high as the credit is seen within it
    ring: dict[str, Any] = {"s": 120, "facecolors": "none", "edgecolors": cv.ORANGE, "linewidths": 2.0, "zorder": 4}
    canvas.ax.scatter(rows["reported_value"], places, marker="o", label=canvas.say("desk.reported"), **ring)
    look: dict[str, Any] = {"s": 52, "color": cv.BLUE, "zorder": 3}
    canvas.ax.scatter(rows["incremental_value"], places, marker="D", label=canvas.say("desk.incremental"), **look)
    even = 1 / float(result.facts["margin"])
    pays = canvas.say("desk.even", value=canvas.number(even, 2 if even % 1 else 0))
    canvas.ax.axvline(even, color=cv.INK, linewidth=1.1, linestyle="--", label=pays, zorder=0.9)
    canvas.rows([canvas.label("ad_set", name) for name in rows.index])
    name = _scale(canvas, max(float(rows.to_numpy().max()), even))
    canvas.units("x", Units("number", canvas.language), canvas.say(name, one=_money(canvas, result, "one"), currency=currency))
    canvas.ax.grid(axis="x", color=cv.FAINT)
    canvas.legend(columns=3)


def _scale(canvas: Canvas, most: float) -> str:
    """The scale of the axis, and the words that name it: even steps show how much is flattered, unless a few sales cost next to nothing."""
    if most <= FAR:
        canvas.ax.set_xlim(left=-0.03 * max(canvas.ax.get_xlim()[1], 1.0))
        return "desk.per"
    canvas.ax.set_xscale("symlog", linthresh=2.0, linscale=0.8)
    canvas.ax.set_xticks([x for x in (0, 1, 2, 5, 10, 20, 50, *(10**n for n in range(2, 9))) if x <= 1.4 * most])
    canvas.ax.minorticks_off()
    canvas.ax.set_xlim(left=-0.15)
    return "desk.per_far"


def _money(canvas: Canvas, result: DeskPlay, key: str) -> str:
    value, currency = 1.0 if key == "one" else result.facts[f"roas_{key}"], str(result.facts["currency"])
    return "–" if value is None else money(float(value), currency, canvas.language, digits=0 if key == "one" else 2)


def best_size(result: DeskPlay) -> tuple[float, float]:
    return 9.0, 3.6


def best(canvas: Canvas, result: DeskPlay) -> None:
    """Gains side by side: as drawn, on average, the best play found, and what no play can have on average."""
    facts = result.facts
    share = facts["share_of_best"]
    key = "nothing_to_gain" if share is None else "kept" if not facts["spent"] else "lost" if facts["expected"] <= 0 else "best"
    canvas.title(canvas.say(f"desk.{key}", share=canvas.percent(float(share), 0) if share is not None else ""))
    units = Units("money", canvas.language, str(facts["currency"]))
    values = [float(facts[k]) for k in FACTS]
    for place, (value, (colour, hatch)) in enumerate(zip(values, LOOKS, strict=True)):
        look: dict[str, Any] = {"color": colour, "hatch": hatch, "edgecolor": cv.GREY, "linewidth": 0.8, "height": 0.62}
        canvas.ax.barh([place], [value], label="_", **look)
        side, ha = (5, "left") if value >= 0 else (-5, "right")
        canvas.ax.annotate(units.speak(value), (value, place), xytext=(side, 0), textcoords="offset points", va="center", ha=ha)
    canvas.rows([canvas.say(f"desk.{k}_row") for k in FACTS], width=26, lines=2)
    span = max(max(values), 0.0) - min(min(values), 0.0) or 1.0
    canvas.ax.set_xlim(min(min(values), 0.0) - (0.24 * span if min(values) < 0 else 0.0), max(max(values), 0.0) + 0.24 * span)
    canvas.ax.axvline(0, color=cv.GREY, linewidth=0.9)
    canvas.units("x", units, canvas.say("desk.gain", budget=units.speak(float(facts["budget"]))))
    canvas.ax.xaxis.set_major_locator(MaxNLocator(cv.fitting(6, 4)))
