"""What a platform told so far of a game at the ad desk: spend beside the value that it credits to itself, week by week."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from mktlib.charts import canvas as cv
from mktlib.charts.canvas import Canvas, Units, new_axes, styled
from mktlib.vocabulary import load_tables, phrase

NAMED, FEWEST = 13, 4
"""Weeks that can be named below the axis; weeks that there is room for from the first on, so that a bar is a bar."""
BARS = (("spend", "spent", cv.GREY), ("value", "credited", cv.ORANGE))
"""Orange is the platform's claim here as in the debrief; dark and light, they differ in a grey print as well."""


def played_weeks(report: pd.DataFrame, *, language: str, currency: str) -> Axes:
    """Two bars a week, told apart by place and by how dark they are as well as by colour. report: week, spend, value."""
    weeks = report.groupby("week")[["spend", "value"]].sum()
    with styled():
        canvas = Canvas(ax=new_axes(8.0, 3.4), language=language, tables=load_tables(), own=True)
        canvas.ax.set_gid(f"mktlib-{language}")
        canvas.title(phrase("interact.desk.figure", language))
        look: dict[str, Any] = {"edgecolor": cv.INK, "linewidth": 0.6, "width": 0.38}
        for k, (column, key, colour) in enumerate(BARS):
            places = [i + 0.4 * k - 0.2 for i in range(len(weeks))]
            canvas.ax.bar(places, weeks[column], color=colour, label=phrase(f"interact.desk.{key}", language), **look)
        named = range(0, len(weeks), -(-len(weeks) // NAMED))
        canvas.ax.set_xticks(named, [phrase("charts.week", language, week=str(weeks.index[i])) for i in named])
        canvas.ax.set_xlim(-0.7, max(len(weeks), FEWEST) - 0.3)
        canvas.ax.margins(y=0.1)
        canvas.units("y", Units("money", language, currency), phrase("interact.desk.money", language))
        canvas.legend()
        return canvas.finish()
