"""The picture of what a little more of each limit would bring: a point for the middle, a line for its range."""

from __future__ import annotations

from typing import Any

import numpy as np

from mktlib.charts import canvas as cv
from mktlib.charts.canvas import Canvas, Units
from mktlib.charts.plans import currency
from mktlib.results import Plan
from mktlib.vocabulary import phrase

MOST = 12


def margins_size(plan: Plan) -> tuple[float, float]:
    return 9.0, max(2.6, 1.9 + 0.42 * min(len(plan.margins), MOST))


def margins(canvas: Canvas, plan: Plan) -> None:
    """One row an entry of the brief, the most valuable step first; a range that holds zero is drawn hollow."""
    canvas.title(canvas.say("margins.title" if len(plan.margins) else "limits.none"))
    if plan.margins.empty:
        return canvas.note(canvas.say("nothing"))
    shown = plan.margins.head(MOST).reset_index(drop=True)
    sure = shown["low"].astype(float) > 0
    for mine, word, marker, colour in ((sure, "sure", "o", cv.GREEN), (~sure, "perhaps", "D", cv.GREY)):
        rows = shown[mine]
        if len(rows):
            label = canvas.say(f"margins.{word}")
            cv.interval(canvas.ax, rows["value"], rows.index, rows["low"], rows["high"], marker=marker, color=colour, label=label)
    canvas.rows([step_label(canvas, plan, row) for row in shown.itertuples(index=False)], width=44, lines=2)
    canvas.ax.axvline(0, color=cv.GREY, linewidth=1)
    of_money = plan.facts.get("objective") == "value"
    units = Units("money", canvas.language, currency(plan)) if of_money else Units("number", canvas.language)
    canvas.units("x", units, canvas.say("margins.axis", level=canvas.percent(float(plan.facts.get("level", 0.9)))))
    canvas.ax.grid(axis="x", color=cv.FAINT)
    canvas.legend()


def step_label(canvas: Canvas, plan: Plan, row: Any) -> str:
    """One more working day a week, 400 euros more in the budget ..."""
    step = ""
    if row.unit == "money":
        step = Units("money", canvas.language, currency(plan))._say(float(np.round(row.step)), 0)
    return phrase(f"report.plan.more.{row.limit}", canvas.language, scope=canvas.label("scope", row.scope), step=step)
