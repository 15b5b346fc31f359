"""Pictures of the talk about a brand: whose it is and in which tone, what it is about, and how soon people are answered."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from mktlib.charts import canvas as cv
from mktlib.charts.canvas import Canvas, Units
from mktlib.charts.dates import Days, number_of
from mktlib.results import Reputation
from mktlib.wording import day

TOP, MOST_LINES = 12, 6
HOURS = (0.25, 0.5, 1, 2, 4, 8, 12, 24, 48, 96, 168, 336, 720)
VOICES = ("share_of_voice", "negative", "net_sentiment")


class Hours(Units):
    """Says hours as people do: minutes, hours, days.

    >>> Hours("en").speak(48)
    '2 d'
    """

    def __init__(self, language: str, short: tuple[str, str, str] = ("min", "h", "d")) -> None:
        super().__init__("number", language)
        self.short = short

    def speak(self, value: float) -> str:
        size, unit = (1 / 60, self.short[0]) if value < 1 else (1.0, self.short[1]) if value < 48 else (24.0, self.short[2])
        return f"{self._say(float(f'{value / size:.2g}'), 0 if value / size >= 10 or value / size == int(value / size) else 1)} {unit}"

    def __call__(self, x: float, pos: int | None = None) -> str:
        return self.speak(x)

    def format_ticks(self, values: Any) -> list[str]:
        return [self.speak(value) for value in values]


def hours_of(canvas: Canvas) -> Hours:
    return Hours(canvas.language, (canvas.say("answers.minutes"), canvas.say("answers.hours"), canvas.say("answers.days")))


def voice_size(result: Reputation) -> tuple[float, float]:
    return 9.0, max(2.8, 1.9 + 0.75 * min(len(result.table), TOP))


def voice(canvas: Canvas, result: Reputation) -> None:
    """A row a brand: share of voice, share of negatives and net sentiment, each with its range."""
    table = result.table.head(TOP)
    if table.empty:
        return canvas.nothing("talk.none")
    known = [name for name in VOICES if name in table and table[name].notna().any()]
    if not known:
        return canvas.nothing("talk.one")
    for k, name in enumerate(known):
        colour, marker, _ = cv.SERIES[k]
        y = np.arange(len(table)) + (k - (len(known) - 1) / 2) * 0.24
        cv.interval(
            canvas.ax,
            table[name],
            y,
            table[f"{name}_low"],
            table[f"{name}_high"],
            fmt=marker,
            color=colour,
            label=canvas.say(f"talk.{name}"),
        )
    own = result.table[result.table["brand"] == result.facts["brand"]].iloc[0]
    units = Units("percent", canvas.language)
    told = ("talk.title", "share_of_voice") if "share_of_voice" in known else ("talk.alone", "negative")
    canvas.title(canvas.say(told[0], share=units.speak(own[told[1]]), brand=canvas.label("brand", own["brand"])))
    canvas.rows(
        [f"{canvas.label('brand', b)} ({canvas.number(n)})" for b, n in zip(table["brand"], table["mentions"], strict=True)], width=34
    )
    canvas.units("x", units, canvas.say("talk.axis", level=canvas.percent(float(result.facts["level"]))))
    canvas.ax.axvline(0, color=cv.GREY, linewidth=1, linestyle="--", zorder=0)
    canvas.ax.grid(axis="x", color=cv.FAINT)
    canvas.legend()


def topics_size(result: Reputation) -> tuple[float, float]:
    return 9.0, max(2.8, 1.9 + 0.42 * min(len(result.topics), TOP))


def topics(canvas: Canvas, result: Reputation) -> None:
    """A bar a topic, its negative part hatched; beside it the share of the talk with its range."""
    if result.topics.empty:
        return canvas.nothing("topics.none")
    table = result.topics.head(TOP)
    y, size = np.arange(len(table)), table["mentions"].to_numpy(float)
    bad = size * table.get("negative", pd.Series(0.0, index=table.index)).fillna(0.0).to_numpy(float)
    canvas.ax.barh(y, bad, color=cv.VERMILION, hatch=cv.HATCH, edgecolor="white", height=0.62, label=canvas.say("topics.negative"))
    canvas.ax.barh(y, size - bad, left=bad, color=cv.SKY, height=0.62, label=canvas.say("topics.other"))
    for k, row in enumerate(table.to_dict("records")):
        told = canvas.say("topics.share", **{name: canvas.percent(row[c], 0) for name, c in (("low", "share_low"), ("high", "share_high"))})
        canvas.ax.annotate(
            told, (size[k], k), xytext=(6, 0), textcoords="offset points", va="center", fontsize=8, color=cv.GREY, parse_math=False
        )
    first = table.iloc[0]
    canvas.title(canvas.say("topics.title", topic=canvas.label("topic", first["topic"]), share=canvas.percent(first["share"], 0)))
    canvas.rows([canvas.label("topic", t) for t in table["topic"]], width=34)
    canvas.ax.set_xlim(0, size.max() * 1.28)
    canvas.units("x", Units("number", canvas.language), canvas.say("topics.axis", level=canvas.percent(float(result.facts["level"]))))
    canvas.legend()


def weeks_size(result: Reputation) -> tuple[float, float]:
    return 11.0, 4.4


def weeks(canvas: Canvas, result: Reputation) -> None:
    """A line a topic, the most talked of first: mentions week by week."""
    if result.weeks.empty:
        return canvas.nothing("topics.none")
    sizes = result.weeks.groupby("topic")["mentions"].sum().sort_values(ascending=False, kind="stable")
    for k, topic in enumerate(sizes.index[:MOST_LINES]):
        mine = result.weeks[result.weeks["topic"] == topic]
        colour, marker, _ = cv.SERIES[k % len(cv.SERIES)]
        look: dict[str, Any] = {"color": colour, "marker": marker, "markersize": 4, "linewidth": 1.3, "label": canvas.label("topic", topic)}
        canvas.ax.plot(number_of(mine["week"]), mine["mentions"], **look)
    top = result.weeks.sort_values(["mentions", "topic"], ascending=[False, True], kind="stable").iloc[0]
    said = {"topic": canvas.label("topic", top["topic"]), "week": day(top["week"], canvas.language)}
    canvas.title(canvas.say("weeks.title", **said, mentions=canvas.number(top["mentions"]), count=int(top["mentions"])))
    canvas.units("x", Days(canvas.language), canvas.say("weeks.axis"))
    canvas.ax.xaxis.set_major_locator(MaxNLocator(9, integer=True))
    canvas.units("y", Units("number", canvas.language), canvas.say("weeks.mentions"))
    canvas.ax.set_ylim(bottom=0)
    canvas.ax.grid(axis="y", color=cv.FAINT)
    canvas.legend(columns=6)


def answers_size(result: Reputation) -> tuple[float, float]:
    return 9.0, 4.2


def answers(canvas: Canvas, result: Reputation) -> None:
    """The share of people answered by so many hours, those who still wait counted, with its range and the promise."""
    curve = result.answers
    if curve.empty:
        return canvas.nothing("answers.none")
    within, waited = float(result.facts["answer_within"]), result.waits.iloc[0]
    start = max(0.05, float(curve["hours"][curve["hours"] > 0].min()) / 1.5)
    x = np.concatenate([[start], curve["hours"].clip(lower=start)])
    share, low, high = (np.concatenate([[0.0], curve[c]]) for c in ("share", "low", "high"))
    canvas.ax.fill_between(x, low, high, step="post", color=cv.SKY, alpha=0.35, linewidth=0, label="_range")
    canvas.ax.step(x, share, where="post", color=cv.BLUE, linewidth=1.8, label="_curve")
    at: dict[str, Any] = {"fmt": "D", "color": cv.VERMILION, "markersize": 8, "capsize": 4, "label": canvas.say("answers.promise")}
    ends = [[waited["share"] - waited["share_low"]], [waited["share_high"] - waited["share"]]]
    canvas.ax.errorbar([within], [waited["share"]], yerr=np.maximum(ends, 0), **at)
    if pd.notna(waited["median"]):
        half: dict[str, Any] = {"fmt": "o", "color": cv.INK, "markersize": 7, "capsize": 4, "label": canvas.say("answers.median")}
        to = waited["high"] if pd.notna(waited["high"]) else float(curve["hours"].max())
        canvas.ax.errorbar([waited["median"]], [0.5], xerr=[[waited["median"] - (waited["low"] or 0.0)], [to - waited["median"]]], **half)
    hours = hours_of(canvas)
    canvas.title(canvas.say("answers.title", share=canvas.percent(waited["share"], 0), within=hours.speak(within)))
    canvas.ax.set_xscale("log")
    canvas.ax.set_xlim(start, max(float(curve["hours"].quantile(0.9)), within * 1.5))
    canvas.units("x", hours, canvas.say("answers.axis"))
    canvas.ax.set_xticks([h for h in HOURS if start <= h <= canvas.ax.get_xlim()[1]])
    canvas.ax.set_xticks([], minor=True)
    canvas.ax.set_ylim(0, 1)
    canvas.units("y", Units("percent", canvas.language), canvas.say("answers.share"))
    canvas.ax.grid(color=cv.FAINT)
    canvas.legend()
