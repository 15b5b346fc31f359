"""The picture of what is worth learning: each test's cost beside what it is worth, and how far that may go."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mktlib.charts import canvas as cv
from mktlib.charts.canvas import Canvas, Units
from mktlib.results import Learning

MOST = 12


def learning_size(result: Learning) -> tuple[float, float]:
    return 9.0, max(2.8, 2.1 + 0.46 * min(len(result.table), MOST))


def learning(canvas: Canvas, result: Learning) -> None:
    """A bar for what a test costs, a point for what it is worth with the range over its outcomes; those chosen differ in shape too."""
    canvas.title(learning_title(canvas, result))
    if result.table.empty:
        return canvas.note(canvas.say("nothing"))
    shown = result.table.head(MOST).reset_index(drop=True)
    exchange = float(result.facts.get("exchange", 1.0))
    canvas.ax.barh(shown.index, shown["cost"] * exchange, color=cv.YELLOW, edgecolor=cv.GREY, height=0.6, label=canvas.say("learning.cost"))
    chosen = shown["chosen"].astype(bool)
    for mine, word, marker, colour in ((chosen, "chosen", "^", cv.GREEN), (~chosen, "waits", "o", cv.GREY)):
        rows, label = shown[mine], canvas.say(f"learning.{word}")
        if len(rows):
            cv.interval(canvas.ax, rows["worth"], rows.index, rows["low"], rows["high"], marker=marker, color=colour, label=label)
    canvas.rows([question_label(canvas, row) for _, row in shown.iterrows()], width=40, lines=2)
    canvas.ax.set_xlim(left=0)
    currency = str(result.facts.get("currency", "EUR"))
    units = Units("money", canvas.language, currency) if result.facts.get("objective") == "value" else Units("number", canvas.language)
    canvas.units("x", units, canvas.say("learning.axis", level=canvas.percent(float(result.facts.get("level", 0.9)))))
    canvas.ax.grid(axis="x", color=cv.FAINT)
    canvas.legend()


def question_label(canvas: Canvas, row: pd.Series) -> str:
    """Who, where, how many contents, for how long."""
    where = cv.PART.join(canvas.label(axis, row[axis]) for axis in ("segment", "stage", "channel"))
    weeks = int(row["weeks"])
    said = canvas.say("learning.test", count=weeks, cells=canvas.number(int(row["cells"])), weeks=canvas.number(weeks))
    return f"{where}{cv.PART}{said}"


def learning_title(canvas: Canvas, result: Learning) -> str:
    picked = result.table[result.table["chosen"].astype(bool)]
    if picked.empty:
        return canvas.say("learning.none")
    cost, worth = round_money(float(picked["cost"].sum())), round_money(float(picked["worth"].sum()))
    units = Units("money", canvas.language, str(result.facts.get("currency", "EUR")))
    told = units._say(worth, 0) if result.facts.get("objective") == "value" else canvas.number(worth, 0)
    key = "learning.title" if result.facts.get("objective") == "value" else "learning.title_events"
    return canvas.say(key, count=len(picked), tests=canvas.number(len(picked)), cost=units._say(cost, 0), worth=told)


def round_money(value: float) -> float:
    """Two figures: what is expected is not known to the cent.

    >>> round_money(991.4), round_money(3078.0), round_money(0.0)
    (990.0, 3100.0, 0.0)
    """
    return float(f"{value:.2g}") if np.isfinite(value) else 0.0
