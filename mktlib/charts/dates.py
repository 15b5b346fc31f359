"""The days of a plan as a picture: when each piece is made, by when it must be ready and by whom, and when it is shown where."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from mktlib.charts import canvas as cv
from mktlib.charts.canvas import Canvas, Units
from mktlib.results import Plan
from mktlib.wording import day

MOST_ROWS, MOST_TICKS = 24, 9
MAKING = "#b9c6d3"
EPOCH = dt.date(1970, 1, 1)


class Days(Units):
    """Says a number of days since 1970 as a day.

    >>> Days("en").speak(20731)
    '5 Oct'
    """

    def __init__(self, language: str) -> None:
        super().__init__("number", language)

    def speak(self, value: float) -> str:
        return day(EPOCH + dt.timedelta(days=int(np.floor(value))), self.language, short=True)

    def __call__(self, x: float, pos: int | None = None) -> str:
        return self.speak(x)

    def format_ticks(self, values: Any) -> list[str]:
        return [self.speak(value) for value in values]


def number_of(when: pd.Series) -> np.ndarray:
    """Days since 1970 of dates; an hour is a part of a day."""
    return (when - pd.Timestamp(EPOCH)).dt.total_seconds().to_numpy(float) / 86_400


def to_make(plan: Plan) -> pd.DataFrame:
    """The pieces of a calendar, the first due on top."""
    calendar = plan.calendar()
    return calendar[calendar["task"] == "make"].sort_values(["due", "item"], kind="stable", ignore_index=True)


def dates_size(plan: Plan) -> tuple[float, float]:
    return 11.0, max(2.8, 1.9 + 0.34 * min(len(to_make(plan)), MOST_ROWS))


def dates(canvas: Canvas, plan: Plan) -> None:
    """A row a piece: a band while it is made, an arrow when it must be ready, a mark of its channel whenever it is shown."""
    made = to_make(plan)
    if made.empty:
        return canvas.nothing("dates.none")
    ends = [day(made["due"].iloc[k], canvas.language) for k in (0, -1)]
    canvas.title(canvas.say("dates.title", count=len(made), pieces=canvas.number(len(made)), first=ends[0], last=ends[1]))
    shown = made.head(MOST_ROWS)
    due = number_of(shown["due"])
    days = shown["item"].map(plan.items.drop_duplicates("item").set_index("item")["days"]).to_numpy(float)
    start = due + 1 - np.maximum(1.0, days * 7 / 5)  # five working days are a week
    y = np.arange(len(shown))
    canvas.ax.hlines(y, start, due + 1, color=MAKING, linewidth=9, zorder=1)
    handles = [Line2D([], [], color=MAKING, linewidth=9, label=canvas.say("dates.made"))]
    look: dict[str, Any] = {"marker": ">", "s": 42, "color": cv.INK, "zorder": 3}
    handles.append(canvas.ax.scatter(due + 0.5, y, label=canvas.say("dates.due"), **look))  # type: ignore[arg-type]
    handles += _publications(canvas, plan, shown)
    _axes(canvas, plan, shown, float(start.min()))
    if len(made) > MOST_ROWS:
        canvas.name("x", canvas.say("dates.more", shown=canvas.number(MOST_ROWS), all=canvas.number(len(made))))
    canvas.legend(handles, columns=6)


def _publications(canvas: Canvas, plan: Plan, shown: pd.DataFrame) -> list[Any]:
    """A mark for each day on which a piece is shown on a channel; the channels of a piece above each other."""
    rows, calendar = {item: k for k, item in enumerate(shown["item"])}, plan.calendar()
    out = calendar[(calendar["task"] == "publish") & calendar["item"].isin(list(rows))]
    out = out.assign(day=np.floor(number_of(out["at"]))).drop_duplicates(["item", "channel", "day"])
    place = {item: sorted(part["channel"].unique()) for item, part in out.groupby("item")}
    drawn = []
    for k, channel in enumerate(sorted(out["channel"].unique())):
        colour, marker, _ = cv.SERIES[k % len(cv.SERIES)]
        part = out[out["channel"] == channel]
        down = [rows[i] + 0.5 * ((place[i].index(channel) + 0.5) / len(place[i]) - 0.5) for i in part["item"]]
        name = canvas.label("channel", channel)
        drawn.append(canvas.ax.scatter(part["day"] + 0.5, down, marker=marker, s=22, color=colour, zorder=2, linewidths=0, label=name))
    return drawn


def _axes(canvas: Canvas, plan: Plan, shown: pd.DataFrame, start: float) -> None:
    out = plan.calendar()["at"].dropna()
    last = max(float(number_of(shown["due"]).max()), float(number_of(out).max()) if len(out) else 0.0) + 1
    monday = start - (start - 4) % 7  # 5 January 1970 was a Monday: day 4
    step = 7 * int(np.ceil((last - monday) / 7 / cv.fitting(MOST_TICKS, 4)))
    canvas.rows([_label(canvas, row) for row in shown.itertuples(index=False)], width=64)
    canvas.ax.set_xlim(start - 0.5, last + 0.5)
    canvas.units("x", Days(canvas.language), canvas.say("dates.axis"))
    canvas.ax.set_xticks([t for t in np.arange(np.floor(monday), last, step) if t >= start - 0.5])
    canvas.ax.grid(axis="x", color=cv.FAINT)


def _label(canvas: Canvas, row: Any) -> str:
    """The piece, its owner and its day."""
    name = f"{cv.shorten(canvas.label('content_type', row.content_type), 22)} ({cv.shorten(cv.drawable(str(row.item)), 8)})"
    owner = [cv.shorten(cv.drawable(str(row.owner)), 16)] if row.owner else []
    return " · ".join([name, *owner, day(row.due, canvas.language, short=True)])
