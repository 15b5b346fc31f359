"""What a platform told so far of a game at the ad desk: spend beside the value that it credits to itself, week by week."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from mktlib.charts import canvas as cv
from mktlib.charts.canvas import Canvas, Units, new_axes, styled
from mktlib.vocabulary import load_tables, phrase


def played_weeks(report: pd.DataFrame, *, language: str, currency: str) -> Axes:
    """Two bars a week, told apart by hatch and place as well as by colour. report: week, spend, value."""
    weeks = report.groupby("week")[["spend", "value"]].sum()
    with styled():
        canvas = Canvas(ax=new_axes(8.0, 3.4), language=language, tables=load_tables(), own=True)
        canvas.ax.set_gid(f"mktlib-{language}")
        canvas.title(phrase("interact.desk.figure", language))
        for k, (column, key, colour, hatch) in enumerate((("spend", "spent", cv.ORANGE, "//"), ("value", "credited", cv.SKY, ""))):
            places = [i + 0.4 * k - 0.2 for i in range(len(weeks))]
            look: dict[str, Any] = {"color": colour, "hatch": hatch, "edgecolor": cv.INK, "linewidth": 0.6}
            canvas.ax.bar(places, weeks[column], width=0.38, label=phrase(f"interact.desk.{key}", language), **look)
        canvas.ax.set_xticks(range(len(weeks)), [phrase("charts.week", language, week=str(w)) for w in weeks.index])
        canvas.units("y", Units("money", language, currency), phrase("interact.desk.money", language))
        canvas.legend()
        return canvas.finish()
