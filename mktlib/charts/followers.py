"""Pictures of followers and posts over time: net gain by week, the lives of posts, what a rhythm costs, which hours do better."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, MaxNLocator, NullLocator
from matplotlib.transforms import Affine2D

from mktlib.charts import canvas as cv
from mktlib.charts.canvas import Canvas, Units
from mktlib.charts.dates import Days, number_of
from mktlib.charts.talk import HOURS, hours_of
from mktlib.results import Cadence, Followers, HalfLife, SendTime

MOST = 4
"""Networks or groups in one picture: more cannot be told apart."""
PALE, WORKING = 0.16, 5


# ---------------------------------------------------------------- followers


def followers_size(result: Followers) -> tuple[float, float]:
    return 10.0, 5.2


def followers(canvas: Canvas, result: Followers) -> None:
    """A point a week, the level with its range, weeks out of the ordinary ringed, the average of the weeks to come, posts as ticks."""
    level = canvas.percent(float(result.facts.get("level", 0.9)))
    known = result.weeks.dropna(subset=["level"]) if len(result.weeks) else result.weeks
    names = sorted(known["network"].unique(), key=lambda n: -known.loc[known["network"] == n, "net"].abs().mean())[:MOST]
    canvas.title(_followers_title(canvas, result, names))
    if not names:
        return canvas.note(canvas.say("nothing"))
    for k, network in enumerate(names):
        _network(canvas, result, known[known["network"] == network], k)
    odd = known[known["unusual"].ne("") & known["network"].isin(names)]
    if len(odd):
        look: dict[str, Any] = {"s": 130, "facecolors": "none", "edgecolors": cv.INK, "linewidths": 1.4, "zorder": 4}
        canvas.ax.scatter(number_of(odd["week"]) + 3.5, odd["net"], label=canvas.say("followers.odd"), **look)
    _posts(canvas, result, names)
    canvas.ax.axhline(0, color=cv.GREY, linewidth=0.8, zorder=0)
    canvas.units("x", Days(canvas.language), canvas.say("followers.weeks"))
    canvas.units("y", Units("number", canvas.language), canvas.say("followers.axis", level=level))
    canvas.ax.grid(axis="y", color=cv.FAINT)
    canvas.legend(columns=2)


def _network(canvas: Canvas, result: Followers, weeks: pd.DataFrame, k: int) -> None:
    colour, marker, _ = cv.SERIES[k]
    x, network = number_of(weeks["week"]) + 3.5, str(weeks["network"].iloc[0])
    name = canvas.say("followers.level", network=canvas.label("network", network))
    canvas.ax.scatter(x, weeks["net"], marker=marker, s=12, color=colour, alpha=0.55, linewidths=0)
    canvas.ax.plot(x, weeks["level"], color=colour, linewidth=2, label=name, marker=marker, markevery=[len(x) - 1], markersize=7)
    canvas.ax.fill_between(x, weeks["low"], weeks["high"], color=colour, alpha=PALE, linewidth=0)
    ahead = result.forecast[result.forecast["network"] == network].tail(1)
    if len(ahead):
        many, row = int(ahead["weeks"].iloc[0]), ahead.iloc[0]
        there = x[-1] + 3.5 + 7 * many / 2
        ends = [[(row["net"] - row["low"]) / many], [(row["high"] - row["net"]) / many]]
        label = canvas.say("followers.ahead", network=canvas.label("network", network))
        look: dict[str, Any] = {"fmt": marker, "color": colour, "markerfacecolor": "white", "capsize": 3, "label": label}
        canvas.ax.errorbar([there + 4 * k], [row["net"] / many], yerr=ends, **look)


def _posts(canvas: Canvas, result: Followers, names: list[str]) -> None:
    """A tick at the foot for each post that is shown to have brought somebody."""
    shown = result.posts[result.posts["shown"].astype(bool) & result.posts["network"].isin(names)] if len(result.posts) else result.posts
    if shown.empty:
        return
    low, high = canvas.ax.get_ylim()
    for k, network in enumerate(names):
        mine = shown[shown["network"] == network]
        if len(mine):
            height = low - (0.05 + 0.05 * k) * (high - low)
            label = canvas.say("followers.shown", network=canvas.label("network", network), count=canvas.number(len(mine)))
            look: dict[str, Any] = {"marker": "|", "s": 60, "linewidths": 1.0, "color": cv.SERIES[k][0], "zorder": 3}
            canvas.ax.scatter(number_of(pd.to_datetime(mine["at"])), np.full(len(mine), height), **look)
            canvas.ax.plot([], [], marker="|", linestyle="none", color=cv.SERIES[k][0], label=label)
    canvas.ax.set_ylim(low - 0.08 * (len(names) + 0.5) * (high - low), high)


def _followers_title(canvas: Canvas, result: Followers, names: list[str]) -> str:
    if len(names) != 1:
        return canvas.say("followers.several" if names else "followers.nothing", count=canvas.number(len(names)))
    row = result.table[result.table["network"] == names[0]].to_dict("records")[0]
    key = "growing" if row["per_week_low"] > 0 else "shrinking" if row["per_week_high"] < 0 else "unsure"
    rate = canvas.number(abs(float(row["per_week"])), 0)
    return canvas.say(f"followers.{key}", network=canvas.label("network", names[0]), rate=rate)


# ---------------------------------------------------------------- half-lives


def half_life_size(result: HalfLife) -> tuple[float, float]:
    return 9.0, 5.0


def half_life(canvas: Canvas, result: HalfLife) -> None:
    """A curve a group over ages in logarithms, with its range; where it crosses a half, the half-life with its own."""
    by = list(result.facts["by"])
    table = result.table.sort_values("half_life", kind="stable")
    shown = table if len(table) <= 2 * MOST else table.nlargest(2 * MOST, "posts").sort_values("half_life")
    hours = hours_of(canvas)
    if shown.empty:
        return canvas.note(canvas.say("nothing"))
    names = [_group_name(canvas, row, by) for row in shown.to_dict("records")]
    ends = [hours.speak(float(h)) for h in (shown["half_life"].iloc[0], shown["half_life"].iloc[-1])]
    key = "one" if len(shown) == 1 else "title"
    canvas.title(canvas.say(f"half_life.{key}", shortest=names[0], longest=names[-1], first=ends[0], last=ends[1]))
    for k, (row, name) in enumerate(zip(shown.to_dict("records"), names, strict=True)):
        curve = result.curves[(result.curves[by] == [row[c] for c in by]).all(axis=1)]
        colour, marker, _ = cv.SERIES[k % len(cv.SERIES)]
        canvas.ax.fill_between(curve["age"], curve["low"], curve["high"], color=colour, alpha=PALE, linewidth=0)
        canvas.ax.plot(curve["age"], curve["share"], color=colour, linewidth=1.8)
        label = canvas.say("half_life.line", name=name, half=hours.speak(float(row["half_life"])))
        apart = Affine2D().translate(0, 0.02 * (k % 2)) + canvas.ax.transData  # neighbours are drawn a little apart, and read at half
        look: dict[str, Any] = {"marker": marker, "color": colour, "label": label, "zorder": 4, "transform": apart}
        cv.interval(canvas.ax, [row["half_life"]], [0.5], [row["low"]], [row["high"]], **look)
    canvas.ax.axhline(0.5, color=cv.GREY, linewidth=0.9, linestyle="--", zorder=0)
    canvas.ax.set_xscale("log")
    low, high = float(shown["half_life"].min()), float(shown["half_life"].max())
    canvas.ax.set_xlim(max(0.2, low / 12), min(700.0, high * 14))
    canvas.ax.set_ylim(0, 1.05)
    canvas.ax.xaxis.set_major_locator(FixedLocator([h for h in HOURS if canvas.ax.get_xlim()[0] <= h <= canvas.ax.get_xlim()[1]]))
    canvas.ax.xaxis.set_minor_locator(NullLocator())
    canvas.units("x", hours, canvas.say("half_life.age"))
    level = canvas.percent(float(result.facts.get("level", 0.9)))
    canvas.units("y", Units("percent", canvas.language), canvas.say("half_life.axis", level=level))
    canvas.legend(columns=2)


def _group_name(canvas: Canvas, row: Mapping[Any, Any], by: list[str]) -> str:
    return cv.PART.join(cv.shorten(canvas.label(c, row[c]), 26) for c in by)


# ---------------------------------------------------------------- cadence


def cadence_size(result: Cadence) -> tuple[float, float]:
    return 9.0, 5.0


def cadence(canvas: Canvas, result: Cadence) -> None:
    """Reach of a post at each rhythm that was kept, with its range; where wear is shown, the bend with its own."""
    level, by = canvas.percent(float(result.facts.get("level", 0.9))), str(result.facts.get("by", "network"))
    limits = result.limits[result.limits["verdict"].isin(["wears", "not_seen"])].nlargest(MOST, "posts")
    canvas.title(_cadence_title(canvas, limits, by))
    if limits.empty:
        return canvas.note(canvas.say("nothing"))
    for k, row in enumerate(limits.to_dict("records")):
        curve = result.table[result.table["group"] == row["group"]]
        colour, marker, _ = cv.SERIES[k]
        name = canvas.say("cadence.line", group=canvas.label(by, row["group"]), verdict=canvas.label("verdict", row["verdict"]))
        canvas.ax.fill_between(curve["per_week"], curve["reach_low"], curve["reach_high"], color=colour, alpha=PALE, linewidth=0)
        canvas.ax.plot(curve["per_week"], curve["reach"], color=colour, marker=marker, markersize=4, linewidth=1.8, label=name)
        if row["verdict"] == "wears":
            height = float(np.interp(row["wears_at"], curve["per_week"], curve["reach"]))
            bend = canvas.say("cadence.bend", group=canvas.label(by, row["group"]))
            look: dict[str, Any] = {"marker": "v", "color": cv.INK, "label": bend, "zorder": 5}
            cv.interval(canvas.ax, [row["wears_at"]], [height], [row["low"]], [row["high"]], **look)
    canvas.ax.set_ylim(bottom=0)
    canvas.ax.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    canvas.units("x", Units("number", canvas.language), canvas.say("cadence.axis"))
    measure = str(result.facts.get("measure", "reach"))
    canvas.units("y", Units("number", canvas.language), canvas.say(f"cadence.{measure}", level=level))
    canvas.ax.grid(axis="y", color=cv.FAINT)
    canvas.legend(columns=2)


def _cadence_title(canvas: Canvas, limits: pd.DataFrame, by: str) -> str:
    worn = limits[limits["verdict"] == "wears"]
    if len(worn):
        row = worn.sort_values("p_value").iloc[0]
        return canvas.say("cadence.wears", group=canvas.label(by, row["group"]), n=canvas.number(round(float(row["wears_at"]))))
    return canvas.say("cadence.none", n=canvas.number(int(limits["seen_up_to"].max()))) if len(limits) else canvas.say("cadence.mixed")


# ---------------------------------------------------------------- times


def times_size(result: SendTime) -> tuple[float, float]:
    _, hours = _week(result)
    return max(7.0, 2.4 + 0.56 * len(hours)), 4.4


def _chosen(result: SendTime) -> dict[str, Any]:
    """The group whose times are drawn: the surest one that has better times, else that with most posts."""
    groups: list[dict[str, Any]] = [dict(g) for g in result.facts.get("groups") or []]
    if not groups:
        first = str(result.table["segment"].iloc[0]) if len(result.table) else ""
        return {"segment": first, "verdict": "matters" if len(result.table) and result.table["best"].any() else "none"}
    return min(groups, key=lambda g: (g["verdict"] not in ("matters", "better"), -g.get("posts", g.get("clicks", 0))))


def _week(result: SendTime) -> tuple[pd.DataFrame, list[int]]:
    mine = result.table[result.table["segment"] == _chosen(result)["segment"]].dropna(subset=["rate"])
    return mine, sorted(int(h) for h in mine["hour"].unique())


def times(canvas: Canvas, result: SendTime) -> None:
    """Weekdays down, hours across, the rate in each box; a star where it is shown to be better, and none where no time is."""
    mine, hours = _week(result)
    group = _chosen(result)
    some = group["verdict"] in ("matters", "better")
    mail = result.facts.get("kind") == "messages"
    by = ("segment" if mail else "network") if result.facts.get("by") in (None, "all") else str(result.facts["by"])
    everyone = canvas.say("times.everyone" if mail else "times.all")
    segment = canvas.label(by, group["segment"]) if group["segment"] != "all" else everyone
    canvas.title(_times_title(canvas, group, segment, result.facts))
    if mine.empty:
        return canvas.note(canvas.say("nothing"))
    days = sorted(int(d) for d in mine["weekday"].unique())
    grid = np.full((len(days), len(hours)), np.nan)
    units = canvas.rate_units(str(result.facts.get("metric", "")))
    for row in mine.to_dict("records"):
        grid[days.index(int(row["weekday"])), hours.index(int(row["hour"]))] = row["rate"]
    mesh = canvas.ax.pcolormesh(np.ma.masked_invalid(grid), cmap="cividis_r" if some else "Greys", edgecolors="white", linewidth=1.5)
    spread = float(np.nanmax(grid) - np.nanmin(grid))
    mesh.set_clim(float(np.nanmin(grid)), float(np.nanmax(grid)) + (0 if some else 2 * spread + 1e-9))
    mesh.mktlib_units = units  # type: ignore[attr-defined]
    for row in mine.to_dict("records"):
        _hour(canvas, mesh, days.index(int(row["weekday"])), hours.index(int(row["hour"])), row, units)
    canvas.ax.set_yticks(np.arange(len(days)) + 0.5, [canvas.say(f"times.day.{d}") for d in days], parse_math=False)
    canvas.ax.set_xticks(np.arange(len(hours)) + 0.5, [str(h) for h in hours], parse_math=False)
    canvas.ax.invert_yaxis()
    canvas.ax.tick_params(length=0)
    for side in canvas.ax.spines.values():
        side.set_visible(False)
    if mail:
        _beside(canvas, days, hours, int(result.facts["reference"]))
    canvas.name("x", cv.PART.join(_times_lines(canvas, result, mine, segment)))


def _times_title(canvas: Canvas, group: Mapping[str, Any], segment: str, facts: Mapping[str, Any]) -> str:
    if facts.get("kind") != "messages":
        return canvas.say({"matters": "times.some", "few": "times.few"}.get(group["verdict"], "times.none"), segment=segment)
    known: dict[str, str] = {"segment": segment, "reference": str(facts["reference"])}
    if group["verdict"] == "better":
        day = canvas.say(f"times.day.{group['weekday']}")
        known |= {"day": day, "hour": str(group["hour"]), "lift": canvas.percent(float(group["lift"]))}
    return canvas.say(f"times.mail.{group['verdict']}", **known)


def _times_lines(canvas: Canvas, result: SendTime, mine: pd.DataFrame, segment: str) -> list[str]:
    """What the picture's marks mean."""
    rate = canvas.say("times.rate", segment=segment, metric=canvas.label("metric", result.facts.get("metric", "")))
    if result.facts.get("kind") != "messages":
        lines = [canvas.say("times.axis", zone=str(result.facts.get("zone", ""))), rate]
        return lines + ([canvas.say("times.cell")] if mine["best"].any() else [])
    hour = str(result.facts["reference"])
    lines = [canvas.say("times.mail.axis"), rate, canvas.say("times.mail.frame", reference=hour)]
    if mine["best"].any():
        return [*lines, canvas.say("times.mail.cell", reference=hour)]
    return [*lines, canvas.say("times.mail.guess")] if mine["lean"].any() else lines


def _beside(canvas: Canvas, days: list[int], hours: list[int], reference: int) -> None:
    """A frame about the hour of reference on working days."""
    rows = [k for k, d in enumerate(days) if d <= WORKING]
    if reference in hours and rows:
        at, size = (hours.index(reference), rows[0]), rows[-1] - rows[0] + 1
        canvas.ax.add_patch(Rectangle(at, 1, size, fill=False, edgecolor=cv.INK, linewidth=1.8, zorder=4, clip_on=False))


def _hour(canvas: Canvas, mesh: Any, i: int, j: int, row: Mapping[Any, Any], units: Units) -> None:
    bright = float(np.dot(mesh.to_rgba(row["rate"])[:3], (0.2126, 0.7152, 0.0722)))
    shown = units._say(float(row["rate"]), 1 if units.kind == "percent" else 0).replace("%", "").strip("\u202f ")
    look: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 7.5, "parse_math": False}
    canvas.ax.text(
        j + 0.5,
        i + 0.5,
        shown + ("*" if row["best"] else "°" if row.get("lean") else ""),
        color="black" if bright > 0.45 else "white",
        **look,
    )
