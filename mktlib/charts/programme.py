"""Pictures of a life-cycle programme and of a log of messages: what flows take of a cap, and who got how many in their fullest days."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from mktlib.charts import canvas as cv
from mktlib.charts.canvas import Canvas, Units
from mktlib.results import Programme, SendsCheck

MOST = 14
"""Flows in one picture."""


def left_size(result: Programme) -> tuple[float, float]:
    return 9.0, max(3.4, 2.4 + 0.36 * min(len(result.table), MOST))


def left(canvas: Canvas, result: Programme) -> None:
    """Below, the cap: what is set aside for flows and what is left for campaigns; above it, what each flow sends to whom it reaches."""
    canvas.units("x", Units("number", canvas.language), canvas.say("programme.axis"))
    if result.left.empty or result.table.empty:
        return canvas.nothing("programme.empty")
    cap = result.left.sort_values("window").iloc[-1]
    flows = result.table.sort_values("per_person", ascending=False, kind="stable").head(MOST)
    window, counts = canvas.number(int(cap["window"])), {k: canvas.number(int(cap[k])) for k in ("cap", "reserved", "left")}
    canvas.title(canvas.say("programme.full" if cap["left"] == 0 else "programme.title", days=window, **counts))
    rows = np.arange(len(flows))
    look: dict[str, Any] = {"height": 0.6, "color": cv.SKY, "edgecolor": cv.BLUE}
    canvas.ax.barh(rows, flows["per_entrant"], label=canvas.say("programme.flow", days=canvas.number(30)), **look)
    for k, share in enumerate(flows["share"]):
        width = float(flows["per_entrant"].iloc[k])
        text = canvas.say("programme.of_people", share=canvas.percent(float(share)))
        look = {
            "va": "center",
            "fontsize": 8.5,
            "color": cv.INK,
            "parse_math": False,
            "zorder": 3,
            "xytext": (5, 0),
            "textcoords": "offset points",
        }
        canvas.ax.annotate(text, (width, k), bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0}, **look)
    last = len(flows)
    aside: dict[str, Any] = {"height": 0.6, "color": cv.YELLOW, "edgecolor": cv.INK, "hatch": cv.HATCH}
    canvas.ax.barh([last], [min(cap["reserved"], cap["cap"])], label=canvas.say("programme.aside"), **aside)
    canvas.ax.barh([last], [cap["left"]], left=[cap["cap"] - cap["left"]], height=0.6, color=cv.GREEN, label=canvas.say("programme.left"))
    canvas.ax.axvline(float(cap["cap"]), color=cv.INK, linestyle="--", linewidth=1.2, label=canvas.say("programme.cap", days=window))
    canvas.rows([*(canvas.label("flow", f) for f in flows["flow"]), canvas.say("programme.whole", days=window)], width=34)
    canvas.ax.set_xlim(0, 1.12 * max(float(cap["cap"]), float(flows["per_entrant"].max()) + 1))
    canvas.ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    canvas.ax.grid(axis="x", color=cv.FAINT)
    canvas.legend(columns=2)


def spread_size(result: SendsCheck) -> tuple[float, float]:
    return 9.0, 4.8


def _people_over(result: SendsCheck, window: int) -> int:
    row = result.table.loc[result.table["rule"] == f"cap_{window}", "count"]
    return int(row.iloc[0]) if len(row) else 0


def spread(canvas: Canvas, result: SendsCheck) -> None:
    """People by how many messages they got in their fullest days; those above the cap hatched."""
    canvas.units("y", Units("number", canvas.language), canvas.say("sends.people"))
    if result.spread.empty:
        return canvas.nothing("sends.empty")
    capped = result.spread["window"].map(lambda w: f"cap_{w}" in result.facts)
    window = int(result.spread.loc[capped if capped.any() else capped.index, "window"].max())
    mine = result.spread[result.spread["window"] == window]
    cap = result.facts.get(f"cap_{window}")
    over = mine["messages"] > (np.inf if cap is None else cap)
    days, every, people = canvas.number(window), int(mine["people"].sum()), _people_over(result, window)
    key = "uncapped" if cap is None else "kept" if people == 0 else "over"
    values = {
        "people": canvas.number(people),
        "share": canvas.percent(people / max(every, 1)),
        "cap": canvas.number(cap or 0),
        "days": days,
    }
    canvas.title(canvas.say(f"sends.{key}", **values))
    within: dict[str, Any] = {
        "width": 0.8,
        "color": cv.SKY,
        "edgecolor": cv.BLUE,
        "label": canvas.say("sends.people" if cap is None else "sends.within"),
    }
    canvas.ax.bar(mine.loc[~over, "messages"], mine.loc[~over, "people"], **within)
    if over.any():
        beyond: dict[str, Any] = {"width": 0.8, "color": cv.VERMILION, "edgecolor": cv.INK, "hatch": cv.HATCH}
        canvas.ax.bar(mine.loc[over, "messages"], mine.loc[over, "people"], label=canvas.say("sends.beyond"), **beyond)
    if cap is not None:
        canvas.ax.axvline(cap + 0.5, color=cv.INK, linestyle="--", linewidth=1.2, label=canvas.say("sends.cap", cap=canvas.number(cap)))
    last = mine.iloc[-1]
    canvas.ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    more = canvas.say("sends.more", count=canvas.number(int(last["messages"]))) if last["more"] else ""
    canvas.units("x", Units("number", canvas.language), canvas.say("sends.axis", days=days) + more)
    canvas.ax.grid(axis="y", color=cv.FAINT)
    canvas.legend(columns=3)
