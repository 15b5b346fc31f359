"""Pictures of people: who follows and buys, what is liked, on how few it rests, who comes back, what is unknown, networks side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.patches import Patch

from mktlib.charts import canvas as cv
from mktlib.charts.canvas import Canvas, Units
from mktlib.results import Audience, Customers, Influence, NetworkCards, Research
from mktlib.wording import number

TOP = 12
RATES = ("follow_rate", "engage_rate", "buy_rate")
DAILY = ("engagement_per_follower", "clicks_per_follower", "gain_per_follower", "loss_per_follower")
MEASURES = ("revenue", "orders", "engagements", "shares", "clicks", "reach", "impressions")
TICKS = (0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)


def outline(count: int, width: float = 8.0, row: float = 0.32) -> tuple[float, float]:
    return width, max(2.6, 1.9 + row * count)


def group_label(canvas: Canvas, by: str, group: Any) -> str:
    """A group in words; what stands for several, or for none, in the reader's own."""
    own = canvas.tables.languages[canvas.language]["labels"].get("group", {})
    return str(own[group]) if group in own else canvas.label(by, group)


def apart(table: pd.DataFrame, column: str) -> bool:
    """Whether the first row's range lies above the second row's value."""
    if len(table) < 2 or f"{column}_low" not in table:
        return len(table) == 1
    low = float(table[f"{column}_low"].iloc[0])
    return bool(np.isfinite(low) and low > float(table[column].iloc[1]))


# ---------------------------------------------------------------- who listens


def audience_size(result: Audience) -> tuple[float, float]:
    return outline(len(result.table.head(TOP)), row=0.55)


def audience(canvas: Canvas, result: Audience) -> None:
    """Rates of each group with their interval, one marker a rate; of an account, what each follower brings in thirty days."""
    daily = result.facts.get("grain") == "network_day"
    rates = [c for c in (DAILY if daily else RATES) if c in result.table and result.table[c].notna().any()]
    order = "growth" if daily and "growth" in result.table else rates[-1] if rates else ""
    table = result.table.sort_values(order, ascending=False, kind="stable").head(TOP) if rates else result.table.head(0)
    if table.empty:
        return canvas.note(canvas.say("nothing"))
    names = [group_label(canvas, str(result.facts.get("by", "segment")), g) for g in table["group"]]
    canvas.title(_daily_title(canvas, table, names, order) if daily else _title(canvas, table, names, order))
    step = 0.24 if len(rates) <= 3 else 0.18
    for k, rate in enumerate(rates):
        colour, marker, _ = cv.SERIES[k]
        y = np.arange(len(table)) + (k - (len(rates) - 1) / 2) * step
        look = {"fmt": marker, "color": colour, "label": canvas.say(f"rate.more.{rate}" if daily else f"rate.{rate}"), "markersize": 6}
        cv.interval(canvas.ax, table[rate], y, table.get(f"{rate}_low", table[rate]), table.get(f"{rate}_high", table[rate]), **look)
    _scale(canvas, pd.concat([table[r] for r in rates]).astype(float))
    canvas.rows(names, width=34)
    level = canvas.percent(float(result.facts.get("level", 0.9)))
    said = canvas.say("people.daily_axis", level=level) if daily else canvas.say("audience.axis", level=level)
    canvas.units("x", Units("percent", canvas.language), said)
    canvas.ax.grid(axis="x", color=cv.FAINT)
    canvas.legend()


def _title(canvas: Canvas, table: pd.DataFrame, names: list[str], rate: str) -> str:
    first = Units("percent", canvas.language).speak(float(table[rate].iloc[0]))
    sure = len(table) < 2 or f"{rate}_low" not in table or apart(table, rate)
    key = "audience.title" if sure else "audience.seems"
    return canvas.say(key, group=cv.shorten(names[0], 40), rate=first, what=canvas.say(f"rate.{rate}"))


def _daily_title(canvas: Canvas, table: pd.DataFrame, names: list[str], order: str) -> str:
    if order != "growth" or len(table) < 2:
        return canvas.say("people.daily_plain")
    rate = Units("percent", canvas.language).speak(float(table["growth"].iloc[0]))
    return canvas.say("people.daily_title" if apart(table, "growth") else "people.daily_seems", group=cv.shorten(names[0], 40), rate=rate)


def _scale(canvas: Canvas, seen: pd.Series) -> None:
    """A logarithmic axis where rates lie far apart."""
    if not cv.wide(seen.dropna()):
        return
    low, high = float(seen.min()) / 1.6, float(seen.max()) * 1.6
    canvas.ax.set_xscale("log")
    canvas.ax.set_xticks([t for t in TICKS if low <= t <= high])
    canvas.ax.set_xlim(low, high if high > 1.6 else min(1.2, high))
    canvas.ax.set_xticks([], minor=True)


# ---------------------------------------------------------------- what is liked


def likes_size(result: Audience) -> tuple[float, float]:
    return outline(len(result.likes) + result.likes["axis"].nunique(), row=0.3)


def likes(canvas: Canvas, result: Audience) -> None:
    """Formats, lengths and styles, each beside the average of its kind, marked by whether it is shown to differ."""
    table = result.likes
    if table.empty:
        return canvas.nothing("people.likes_none")
    first = table.sort_values("times", ascending=False, kind="stable").iloc[0]
    times = Units("times", canvas.language)
    names = {"name": cv.shorten(canvas.label(first["axis"], first["value"]), 40), "times": times.speak(float(first["times"]))}
    canvas.title(canvas.say("people.likes_title" if first["verdict"] == "better" else "people.likes_seems", **names))
    labels, places, at = [], [], 0
    for axis, part in table.groupby("axis", sort=False):
        labels.append(f"{canvas.tables.label('column', str(axis), canvas.language)}")
        places += list(range(at + 1, at + 1 + len(part)))
        labels += [f"   {canvas.label(str(axis), v)}" for v in part["value"]]
        at += len(part) + 1
    y = np.array(places)
    for verdict in ("better", "undecided", "worse"):
        mine = table["verdict"].eq(verdict).to_numpy()
        if mine.any():
            marker, colour = cv.VERDICT_MARKS[verdict]
            part = table[mine].astype({"times": float, "times_low": float, "times_high": float})
            look = {"fmt": marker, "color": colour, "label": canvas.tables.label("verdict", verdict, canvas.language)}
            cv.interval(canvas.ax, part["times"], y[mine], part["times_low"], part["times_high"], **look)
    canvas.ax.axvline(1, color=cv.GREY, linewidth=0.9, linestyle=":")
    canvas.rows(labels, width=34)
    for k, label in enumerate(canvas.ax.get_yticklabels()):
        label.set_fontweight("normal" if k in places else "bold")
    canvas.units("x", times, canvas.say("people.likes_axis", level=canvas.percent(float(result.facts.get("level", 0.9)))))
    canvas.ax.grid(axis="x", color=cv.FAINT)
    canvas.legend()


# ---------------------------------------------------------------- on how few it rests


def influence_size(result: Influence) -> tuple[float, float]:
    return (8.0, 5.0) if len(result.lorenz) else outline(len(result.sharers), row=0.5)


def influence(canvas: Canvas, result: Influence) -> None:
    """Lorenz curves, the further from the straight line the fewer hold it; or the followers of those who share."""
    if result.lorenz.empty:
        return _sharers(canvas, result)
    known = [m for m in MEASURES if m in set(result.table["measure"])]
    known += [m for m in result.table["measure"] if m not in known]
    unit = canvas.say(f"people.{result.table['unit'].iloc[0]}")
    first = result.table[result.table["measure"] == known[0]].iloc[0]
    name, top = canvas.label("measure", known[0]), float(first["top10"])
    if np.isfinite(top):
        canvas.title(canvas.say("people.lorenz_title", unit=unit, share=canvas.percent(top), measure=name.lower()))
    else:
        canvas.title(canvas.say("people.lorenz_few", measure=name.lower()))
    canvas.ax.plot([0, 1], [0, 1], color=cv.GREY, linestyle=":", label=canvas.say("people.even"))
    for k, measure in enumerate(known[:4]):
        colour, marker, _ = cv.SERIES[k]
        part = result.lorenz[result.lorenz["measure"] == measure]
        canvas.ax.plot(
            part["people"], part["share"], color=colour, marker=marker, markevery=0.12, markersize=5, label=canvas.label("measure", measure)
        )
    units = Units("percent", canvas.language)
    canvas.units("x", units, canvas.say("people.lorenz_x", unit=unit))
    canvas.units("y", units, canvas.say("people.lorenz_y"))
    canvas.ax.set_xlim(0, 1)
    canvas.ax.set_ylim(0, 1.02)
    canvas.ax.grid(color=cv.FAINT)
    canvas.legend()


def band_label(canvas: Canvas, row: Any) -> str:
    """A band of followers in words."""
    least, most = (canvas.number(float(row[k]), 0) for k in ("least", "most"))
    key = "band_above" if not np.isfinite(row["most"]) else "band_below" if not row["least"] else "band_between"
    return canvas.say(f"people.{key}", least=least, most=most)


def _sharers(canvas: Canvas, result: Influence) -> None:
    table = result.sharers
    if table.empty:
        return canvas.note(canvas.say("nothing"))
    most = table.iloc[int(table["share"].astype(float).to_numpy().argmax())]
    canvas.title(canvas.say("people.sharers_title", share=canvas.percent(float(most["share"])), band=band_label(canvas, most)))
    canvas.ax.barh(np.arange(len(table)), table["share"].astype(float), color=cv.SKY, height=0.6, label=canvas.say("people.sharers_axis"))
    canvas.rows([band_label(canvas, row) for row in table.to_dict("records")])
    canvas.units("x", Units("percent", canvas.language), canvas.say("people.sharers_axis"))


# ---------------------------------------------------------------- who comes back


def customers_size(result: Customers) -> tuple[float, float]:
    return outline(len(result.table.head(TOP)), row=0.52)


def customers(canvas: Canvas, result: Customers) -> None:
    """Each group: its share of people and of revenue as bars, and the share that bought again with the range of the next period."""
    table = result.table.head(TOP)
    if table.empty:
        return canvas.note(canvas.say("nothing"))
    first = table.iloc[int(table["revenue_share"].fillna(-1).to_numpy().argmax())]
    shares = {"people": canvas.percent(float(first["share"])), "revenue": canvas.percent(float(first["revenue_share"]))}
    canvas.title(canvas.say("people.customers_title", name=cv.shorten(canvas.label("customer_group", first["group"]), 40), **shares))
    y = np.arange(len(table))
    handles: list[Any] = []
    for shift, column, colour, hatch, key in ((-0.2, "share", cv.SKY, "", "people"), (0.2, "revenue_share", cv.ORANGE, "////", "revenue")):
        look: dict[str, Any] = {
            "facecolor": colour,
            "hatch": hatch,
            "edgecolor": "white",
            "linewidth": 0,
            "label": canvas.say(f"people.customers_{key}"),
        }
        canvas.ax.barh(y + shift, table[column].fillna(0), height=0.34, **look)
        handles.append(Patch(**look))
    told = table["repeat"].notna().to_numpy()
    if told.any():
        part = table[told]
        look = {"fmt": "D", "color": cv.INK, "label": canvas.say("people.customers_repeat"), "markersize": 5, "zorder": 4}
        cv.interval(canvas.ax, part["repeat"], y[told], part["repeat_low"], part["repeat_high"], **look)
        handles += [h for h in canvas.ax.get_legend_handles_labels()[0] if h.get_label() == canvas.say("people.customers_repeat")]
    canvas.rows([canvas.label("customer_group", g) for g in table["group"]], width=34)
    known = {
        "horizon": canvas.number(float(result.facts.get("horizon", 90))),
        "level": canvas.percent(float(result.facts.get("level", 0.9))),
    }
    canvas.units("x", Units("percent", canvas.language), canvas.say("people.customers_axis", **known))
    canvas.ax.set_xlim(left=min(0.0, float(table["revenue_share"].fillna(0).min()) * 1.1))
    canvas.ax.grid(axis="x", color=cv.FAINT)
    canvas.legend(handles)


# ---------------------------------------------------------------- what is unknown


def research_size(result: Research) -> tuple[float, float]:
    return outline(len(result.table.head(TOP)), width=9.5, row=0.42)


def research(canvas: Canvas, result: Research) -> None:
    """The unknowns, what would change most on top, coloured by the means, with how many answers each needs."""
    table = result.table.head(TOP)
    if table.empty:
        return canvas.nothing("people.research_none")
    names = [unknown_label(canvas, row, str(result.facts.get("by", "segment"))) for row in table.to_dict("records")]
    canvas.title(canvas.say("people.research_title", name=cv.shorten(names[0][:1].lower() + names[0][1:], 70)))
    y, known = np.arange(len(table)), list(dict.fromkeys(table["means"]))
    handles = []
    for k, means in enumerate(known):
        colour, _, hatch = cv.SERIES[k]
        mine = table["means"].eq(means).to_numpy()
        label = canvas.tables.label("means", str(means), canvas.language)
        look: dict[str, Any] = {"facecolor": colour, "hatch": hatch * 2, "edgecolor": "white", "linewidth": 0, "label": label}
        canvas.ax.barh(y[mine], table.loc[mine, "change"], height=0.62, **look)
        handles.append(Patch(**look))
    room = float(table["change"].max()) or 1.0
    for at, row in zip(y, table.to_dict("records"), strict=True):
        if said := need(canvas, row):
            canvas.ax.text(
                float(row["change"]) + 0.015 * room, float(at), said, va="center", fontsize=8.5, color=cv.INK, parse_math=False, gid="said"
            )
    canvas.rows(names, width=46, lines=2)
    canvas.ax.set_xlim(0, room * 1.34)
    canvas.units("x", Units("percent", canvas.language), canvas.say("people.research_axis"))
    if len(result.table) > TOP:
        more = canvas.say("people.research_more", shown=canvas.number(TOP), all=canvas.number(len(result.table)))
        canvas.name("x", f"{canvas.say('people.research_axis')}\n{more}")
    canvas.legend(handles)


def unknown_label(canvas: Canvas, row: Any, by: str) -> str:
    """An unknown in words, and what it is about."""
    tables, language = canvas.tables, canvas.language
    name = (
        tables.label("research", row["question"], language)
        if row["question"] in tables.research
        else tables.label("unknown", row["unknown"], language)
    )
    about = str(row["about"])
    if not about or row["unknown"] == "unmet":
        return cv.drawable(f"{name}: {about}" if about and language == "en" else f"{name}\u00a0: {about}" if about else name)
    axes = (by, "stage") if row["unknown"].startswith("cell_") else (by, by)
    parts = [group_label(canvas, axis, part) for axis, part in zip((*axes, *[by] * 9), about.split(" / "), strict=False)]
    return cv.drawable(f"{name}{cv.PART}{' / '.join(parts)}")


def need(canvas: Canvas, row: Any) -> str:
    """How many answers, views or people a question needs; "" where it needs none."""
    if not np.isfinite(row["answers"]):
        return ""
    count = int(row["answers"])
    many = number(count, canvas.language, digits=0)
    if row["unknown"].startswith("overlap_"):
        return canvas.say("people.research_each", many=many)
    if row["means"] == "test":
        return canvas.say("people.research_views", many=many)
    return canvas.say("people.research_answers", count=count, many=many)


# ---------------------------------------------------------------- networks


def cards_size(result: NetworkCards) -> tuple[float, float]:
    return outline(len(result.table.head(TOP)), row=0.55)


def cards(canvas: Canvas, result: NetworkCards) -> None:
    """Each network's engagement rate, and that of the best format there."""
    table = result.table.head(TOP)
    column = "engagement_rate"
    if table.empty or column not in table or table[column].isna().all():
        return canvas.note(canvas.say("nothing"))
    table = table.sort_values(column, ascending=False, kind="stable", ignore_index=True)
    units, y = Units("percent", canvas.language), np.arange(len(table))
    values = {"name": canvas.label("network", table["network"].iloc[0]), "rate": units.speak(float(table[column].iloc[0]))}
    canvas.title(canvas.say("people.cards_title" if apart(table, column) else "people.cards_seems", **values))
    look = {"fmt": "o", "color": cv.BLUE, "label": canvas.say("people.cards_all"), "markersize": 6}
    cv.interval(canvas.ax, table[column], y - 0.13, table[f"{column}_low"], table[f"{column}_high"], **look)
    names = [canvas.label("network", n) for n in table["network"]]
    if "best_rate" in table and table["best_rate"].notna().any():
        known = table["best_rate"].notna().to_numpy()
        look = {"fmt": "^", "color": cv.GREEN, "label": canvas.say("people.cards_best"), "markersize": 6}
        part = table[known]
        cv.interval(canvas.ax, part["best_rate"], y[known] + 0.13, part["best_low"], part["best_high"], **look)
        names = [
            canvas.say("people.cards_format", network=n, format=canvas.label("content_type", f)) if ok else n
            for n, f, ok in zip(names, table["best_format"], known, strict=True)
        ]
    canvas.rows(names, width=44)
    canvas.units("x", units, canvas.say("people.cards_axis", level=canvas.percent(float(result.facts.get("level", 0.9)))))
    canvas.ax.grid(axis="x", color=cv.FAINT)
    canvas.legend()
