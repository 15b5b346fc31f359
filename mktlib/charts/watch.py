"""Pictures of an alarm: the year of mentions with what was usual, and one alarm again, step by step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from mktlib.charts import canvas as cv
from mktlib.charts.canvas import Canvas, Units
from mktlib.charts.dates import Days, number_of
from mktlib.results import Replay, Watch
from mktlib.wording import day, moment

LEVEL_MARKS: dict[str, tuple[str, str]] = {"watch": ("o", cv.GREY), "alert": ("^", cv.ORANGE), "crisis": ("X", cv.VERMILION)}
HOURLY_UP_TO = 14
"""Days below which the hours are drawn."""
MOST_TICKS, MOST_TERMS = 9, 6


def watch_size(result: Watch) -> tuple[float, float]:
    return 11.0, 4.4


def watch(canvas: Canvas, result: Watch) -> None:
    """Mentions a day (an hour, where they are few days), what was usual, and a mark for each alarm at its level."""
    series = result.series
    if series.empty:
        return canvas.nothing("watch.none")
    zone = str(result.facts.get("zone", "UTC"))
    at = series["at"].dt.tz_convert(zone).dt.tz_localize(None)
    hourly = (at.max() - at.min()).days < HOURLY_UP_TO
    shown = series.assign(at=at if hourly else at.dt.normalize()).groupby("at")[["count", "expected"]].sum(min_count=1).reset_index()
    x = number_of(shown["at"])
    canvas.ax.fill_between(x, 0, shown["count"], step="post", color=cv.SKY, alpha=0.6, linewidth=0, label="_filled")
    canvas.ax.step(x, shown["count"], where="post", color=cv.BLUE, linewidth=0.9, label=canvas.say("watch.count"))
    canvas.ax.plot(x, shown["expected"], color=cv.INK, linewidth=1.4, linestyle="--", label=canvas.say("watch.usual"))
    top = max(float(shown["count"].max()), 1.0) * 1.04
    handles = [*canvas.ax.get_legend_handles_labels()[0], *_alarms(canvas, result, zone, (x, shown["count"].to_numpy(float)))]
    handles += _learnt(canvas, result, zone, float(x[0]), float(x[-1]))
    canvas.title(_title(canvas, result) if result.facts.get("watched_years") else canvas.say("watch.blind"))
    canvas.ax.set_ylim(0, top * 1.12)
    _dated(canvas, x[0], x[-1] + (1 / 24 if hourly else 1))
    canvas.units("y", Units("number", canvas.language), canvas.say("watch.hours" if hourly else "watch.days"))
    canvas.legend(handles, columns=6)


def _alarms(canvas: Canvas, result: Watch, zone: str, drawn_at: tuple[np.ndarray, np.ndarray]) -> list[Any]:
    """A band from the alarm until it was over, and a mark of its level on the count of its day; the topic beside the worst."""
    drawn = []
    for level, (marker, colour) in LEVEL_MARKS.items():
        mine = result.table[result.table["level"] == level]
        if mine.empty:
            continue
        ends = mine["until"].fillna(result.facts.get("as_of", mine["at"].max()))
        starts, stops = (number_of(when.dt.tz_convert(zone).dt.tz_localize(None)) for when in (mine["at"], ends))
        for start, stop in zip(starts, stops, strict=True):
            canvas.ax.axvspan(start, max(stop, start), color=colour, alpha=0.16, linewidth=0)
        look: dict[str, Any] = {"marker": marker, "s": 70, "color": colour, "edgecolor": "white", "linewidths": 0.8, "zorder": 4}
        high = drawn_at[1][np.maximum(np.searchsorted(drawn_at[0], starts, side="right") - 1, 0)]
        drawn.append(canvas.ax.scatter(starts, high, label=canvas.say(f"watch.level.{level}"), **look))
        if level == "crisis":
            for start, at, topic in zip(starts, high, mine["topic"], strict=True):
                said = cv.shorten(canvas.label("topic", topic), 24) if topic else ""
                canvas.ax.annotate(
                    said, (start, at), xytext=(-8, 0), ha="right", textcoords="offset points", va="center", fontsize=9, parse_math=False
                )
    return drawn


def _learnt(canvas: Canvas, result: Watch, zone: str, first: float, last: float) -> list[Any]:
    """The days that are learnt from, hatched: nothing in them could raise an alarm."""
    since = result.facts.get("watched_from")
    until = last + 1 if since is None else float(number_of(pd.Series([since]).dt.tz_convert(zone).dt.tz_localize(None))[0])
    if not result.facts.get("history_days") or until <= first:
        return []
    look: dict[str, Any] = {"facecolor": cv.FAINT, "alpha": 0.7, "hatch": "////", "edgecolor": "white", "linewidth": 0, "zorder": 0}
    return [canvas.ax.axvspan(first, until, label=canvas.say("watch.learnt"), **look)]


def _title(canvas: Canvas, result: Watch) -> str:
    counted = {level: int((result.table["level"] == level).sum()) for level in LEVEL_MARKS}
    loud = [canvas.say(f"watch.counted.{level}", count=counted[level], n=canvas.number(counted[level])) for level in ("crisis", "alert")]
    promised = canvas.number(float(result.facts.get("false_alarms_per_year", np.nan)))
    known = canvas.say("watch.and", first=loud[0], second=loud[1]) if counted["crisis"] else loud[1]
    return canvas.say("watch.title", known=known, promised=promised)


def _dated(canvas: Canvas, first: float, last: float) -> None:
    step = max(1, int(np.ceil((last - first) / MOST_TICKS)))
    canvas.ax.set_xlim(first, last)
    canvas.units("x", Days(canvas.language), canvas.say("watch.axis"))
    canvas.ax.set_xticks(np.arange(np.ceil(first), last, step))
    canvas.ax.grid(axis="y", color=cv.FAINT)


def replay_size(result: Replay) -> tuple[float, float]:
    return 11.0, 4.6


def replay(canvas: Canvas, result: Replay) -> None:
    """A bar a step in the colour and hatch of the level that stood, what was usual, and the term that stood out when it changed."""
    table = result.table
    if table.empty:
        return canvas.nothing("watch.none")
    x = number_of(table["at"])
    width = float(np.diff(x).min()) if len(x) > 1 else 1 / 24
    looks = {"": (cv.SKY, ""), "watch": ("#b9b9b9", ".."), "alert": (cv.ORANGE, "//"), "crisis": (cv.VERMILION, "xx")}
    for level, (colour, hatch) in looks.items():
        mine = (table["level"] == level).to_numpy()
        if mine.any():
            name = canvas.say(f"watch.level.{level or 'calm'}")
            look: dict[str, Any] = {"width": width * 0.9, "align": "edge", "color": colour, "hatch": hatch, "edgecolor": "white"}
            canvas.ax.bar(x[mine] - width * 0.95, table["count"][mine], label=name, **look)
    handles = canvas.ax.get_legend_handles_labels()[0]
    if table["expected"].notna().any():
        canvas.ax.step(
            np.append(x - width, x[-1]),
            np.append(table["expected"], table["expected"].iloc[-1]),
            where="post",
            color=cv.INK,
            label="_usual",
        )
        handles.append(Line2D([], [], color=cv.INK, label=canvas.say("watch.usual")))
    _terms(canvas, table, x - width / 2)
    facts = result.facts
    name = canvas.label("topic", facts["topic"]) if facts.get("topic") else str(facts.get("term", ""))
    bad = facts.get("negative", np.nan)
    values = {"day": day(facts["first"], canvas.language), "count": facts["mentions"], "mentions": canvas.number(facts["mentions"])}
    said = canvas.say("replay.title", **values)
    said += canvas.say("replay.about", topic=name) if name else ""
    canvas.title(said + (canvas.say("replay.negative", share=canvas.percent(bad, 0)) if pd.notna(bad) else ""))
    canvas.ax.set_ylim(0, float(table["count"].max()) * 1.34 + 1)
    _dated(canvas, x[0] - width, x[-1])
    canvas.name("x", canvas.say("replay.axis", since=moment(facts["first"], canvas.language)))
    canvas.units("y", Units("number", canvas.language), canvas.say("replay.step", step=canvas.say(f"replay.steps.{facts['step']}")))
    canvas.legend(handles, columns=5)


def _terms(canvas: Canvas, table: pd.DataFrame, x: np.ndarray) -> None:
    """The term that stood out most, where it changed."""
    changed = table["term"].ne(table["term"].shift()) & table["term"].ne("")
    top = float(table["count"].max())
    for row, k in enumerate(np.flatnonzero(changed)[:MOST_TERMS]):
        said, high = cv.shorten(cv.drawable(str(table["term"].iloc[k])), 22), top * (1.26 - 0.08 * (row % 3))
        canvas.ax.vlines(x[k], float(table["count"].iloc[k]), high, color=cv.GREY, linewidth=0.7, linestyle=":")
        look: dict[str, Any] = {"xytext": (3, 0), "textcoords": "offset points", "fontsize": 8.5, "gid": "said"}
        canvas.ax.annotate(said, (x[k], high), ha="left", va="center", parse_math=False, **look)
