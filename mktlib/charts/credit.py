"""Credit as a picture: every channel by every rule, so that what hangs on the rule is seen before any number is read."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.patches import Rectangle

from mktlib.charts import canvas as cv
from mktlib.charts.canvas import Canvas, Units
from mktlib.results import Attribution

TOP = 12
LOOK: dict[str, tuple[str, str]] = {
    "first": ("<", cv.SKY), "last": (">", cv.VERMILION), "linear": ("s", cv.GREY), "time_decay": ("P", cv.ORANGE),
    "position": ("D", cv.PURPLE), "markov": ("o", cv.BLUE), "shapley": ("^", cv.GREEN),
}  # fmt: skip
SPREAD = 0.74


def credit_size(result: Attribution) -> tuple[float, float]:
    return 10.0, max(3.6, 2.3 + 0.85 * min(len(result.table), TOP))


def credit(canvas: Canvas, result: Attribution) -> None:
    """One row a channel, a mark a rule with its range; the lift of the holdout, as a share of the same purchases, is marked in its row."""
    table = result.table.head(TOP)
    if table.empty or not result.facts.get("credited"):
        return canvas.nothing("credit.none")
    names = list(table["channel"])
    methods = result.methods[result.methods["channel"].isin(names)]
    for k, (method, (marker, colour)) in enumerate(LOOK.items()):
        mine = methods[(methods["method"] == method) & methods["share"].notna()]
        if mine.empty:
            continue
        y = np.array([names.index(n) for n in mine["channel"]]) + SPREAD * (k / (len(LOOK) - 1) - 0.5)
        look: dict[str, Any] = {"fmt": marker, "color": colour, "label": canvas.label("credit_rule", method), "markersize": 6}
        cv.interval(canvas.ax, mine["share"], y, mine["low"], mine["high"], **look)
    ends = _lift(canvas, result, names)
    canvas.title(_title(canvas, result))
    canvas.rows([canvas.label("channel", n) for n in names], width=34)
    for k in range(1, len(names)):
        canvas.ax.axhline(k - 0.5, color=cv.FAINT, linewidth=0.8, zorder=0)
    many, level = canvas.number(int(result.facts["credited"])), canvas.percent(float(result.facts["level"]))
    canvas.units("x", Units("percent", canvas.language), canvas.say("credit.axis", many=many, level=level))
    right = float(np.nanmax([methods["high"].max(), *ends]))
    canvas.ax.set_xlim(min(0.0, 1.05 * float(np.nanmin([0.0, *ends]))), 1.05 * right)
    canvas.ax.axvline(0, color=cv.GREY, linewidth=1, zorder=0)
    canvas.ax.grid(axis="x", color=cv.FAINT)
    canvas.legend(columns=4)


def _lift(canvas: Canvas, result: Attribution, names: list[str]) -> list[float]:
    """A broad band and a cross where the holdout says what the channel brought; its ends."""
    if result.lift.empty or str(result.lift["channel"].iloc[0]) not in names:
        return []
    row, whole = result.lift.iloc[0], float(result.facts["credited"])
    at, low, high = (float(row[c]) / whole for c in ("incremental", "incremental_low", "incremental_high"))
    y = names.index(str(row["channel"]))
    high_of, low_of = y + SPREAD / 2 + 0.08, y - SPREAD / 2 - 0.08
    look: dict[str, Any] = {"facecolor": cv.YELLOW, "alpha": 0.4, "hatch": "..", "edgecolor": cv.GREY, "zorder": 0}
    canvas.ax.add_patch(Rectangle((low, low_of), high - low, high_of - low_of, **look))
    canvas.ax.vlines([at], low_of, high_of, color=cv.INK, linewidth=1.6, linestyle=(0, (3, 1)), zorder=1)
    label = canvas.say("credit.lift", channel=canvas.label("channel", row["channel"]))
    cv.interval(canvas.ax, [at], [y], [low], [high], fmt="X", color=cv.INK, markersize=9, label=label)
    return [low, high]


def _title(canvas: Canvas, result: Attribution) -> str:
    """The channel that hangs most on the rule, from where to where."""
    own = result.agreement[result.agreement["channel"] != "others"]
    own = own if len(own) else result.agreement
    if len(own) == 1:
        return canvas.say("credit.alone", channel=canvas.label("channel", own["channel"].iloc[0]))
    row = own.iloc[int((own["most"] - own["least"]).to_numpy().argmax())]
    least, most = (canvas.percent(float(row[c]), 0) for c in ("least", "most"))
    return canvas.say("credit.title", channel=canvas.label("channel", row["channel"]), least=least, most=most)
