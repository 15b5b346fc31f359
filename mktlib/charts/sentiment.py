"""The share of each tone as a picture: the corrected share with its interval, and what the classifier answered before correction."""

from __future__ import annotations

from typing import Any

import numpy as np

from mktlib.charts import canvas as cv
from mktlib.charts.canvas import Canvas, Units
from mktlib.results import SentimentShare

LOOK = {"negative": ("v", cv.VERMILION), "neutral": ("o", cv.GREY), "positive": ("^", cv.GREEN)}
APART = 0.17


def sentiment_size(result: SentimentShare) -> tuple[float, float]:
    return 8.0, 3.2


def sentiment(canvas: Canvas, result: SentimentShare) -> None:
    """One row a tone: filled with a bar where errors were measured, hollow as found."""
    table, units = result.table.reset_index(drop=True), Units("percent", canvas.language)
    if table.empty:
        return canvas.note(canvas.say("nothing"))
    corrected = bool(result.facts.get("corrected"))
    canvas.title(_title(canvas, result, corrected))
    y = np.arange(len(table))
    if corrected:
        for k, row in enumerate(table.to_dict("records")):
            marker, colour = LOOK[str(row["sentiment"])]
            label = canvas.say("sentiment.share") if k == 0 else f"_{k}"
            cv.interval(canvas.ax, [row["share"]], [y[k] - APART], [row["low"]], [row["high"]], fmt=marker, color=colour, label=label)
    look: dict[str, Any] = {
        "marker": "D",
        "s": 34,
        "facecolor": "white",
        "edgecolor": cv.INK,
        "zorder": 3,
        "label": canvas.say("sentiment.found"),
    }
    canvas.ax.scatter(table["found"], y + (APART if corrected else 0), **look)
    canvas.rows([canvas.label("sentiment", s) for s in table["sentiment"]])
    level, read = canvas.percent(float(result.facts.get("level", 0.9))), canvas.number(int(result.facts.get("read", 0)))
    canvas.units("x", units, canvas.say("sentiment.axis" if corrected else "sentiment.raw_axis", read=read, level=level))
    canvas.ax.set_xlim(0, min(1.0, 1.12 * float(np.nanmax(table[["share", "high", "found"]].to_numpy(float)))))
    canvas.ax.grid(axis="x", color=cv.FAINT)
    canvas.legend()


def _title(canvas: Canvas, result: SentimentShare, corrected: bool) -> str:
    row = next(r for r in result.table.to_dict("records") if r["sentiment"] == "negative")
    share, low, high = (canvas.percent(float(row[k]), 0) if np.isfinite(row[k]) else "–" for k in ("share", "low", "high"))
    return canvas.say("sentiment.title" if corrected else "sentiment.raw_title", share=share, low=low, high=high)
