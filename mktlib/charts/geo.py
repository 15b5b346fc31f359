"""Pictures of tests by area and of distance: what a test would notice, how it went, what was gained, how acceptance falls."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mktlib.charts import canvas as cv
from mktlib.charts.canvas import Canvas, Units
from mktlib.charts.dates import Days, number_of
from mktlib.results import DistanceEffect, GeoDesign, GeoLift

MOST_CURVES, MOST_ROWS = 5, 14
PALE = 0.16


def drawn_percent(canvas: Canvas, value: float) -> str:
    """Two figures that matter."""
    return canvas.percent(value, 0 if abs(value) >= 0.0995 or value == 0 else 1)


# ---------------------------------------------------------------- design


def power_size(result: GeoDesign) -> tuple[float, float]:
    return 9.0, 5.2


def power(canvas: Canvas, result: GeoDesign) -> None:
    """Power by lift: a line a size and length, the chosen one with its range; the lift asked for, and what is enough."""
    facts = result.facts
    if facts["verdict"] == "impossible" or result.curve.empty:
        return canvas.nothing("geo_design.impossible")
    lift, said = drawn_percent(canvas, facts["lift"]), canvas.percent(facts["power"], 0)
    canvas.title(canvas.say("geo_design.can" if facts["verdict"] == "can_tell" else "geo_design.cannot", lift=lift, power=said))
    chosen = (facts["test_pairs"], facts["test_weeks"])
    groups = {key: part for key, part in result.curve.groupby(["pairs", "weeks"], sort=True)}
    others = [key for key in groups if key != chosen][: MOST_CURVES - 1]
    for k, key in enumerate([chosen, *others]):
        part, (colour, marker, _) = groups[key], cv.SERIES[k]
        name = canvas.say("geo_design.chosen" if key == chosen else "geo_design.line", weeks=key[1], pairs=key[0])
        look: dict[str, Any] = {"linewidth": 2.4 if key == chosen else 1.3, "markersize": 6 if key == chosen else 4, "zorder": 4 - (k > 0)}
        canvas.ax.plot(part["lift"], part["power"], marker=marker, color=colour, label=name, **look)
        if key == chosen:
            canvas.ax.fill_between(part["lift"], part["low"], part["high"], color=colour, alpha=PALE, linewidth=0)
    canvas.ax.axhline(
        facts["enough"],
        color=cv.GREY,
        linewidth=0.9,
        linestyle="--",
        label=canvas.say("geo_design.enough", enough=canvas.percent(facts["enough"], 0)),
    )
    canvas.ax.axvline(facts["lift"], color=cv.INK, linewidth=1, linestyle=":", label=canvas.say("geo_design.asked", lift=lift))
    canvas.ax.set_xlim(0, max(0.2, 2 * facts["lift"], _enough_for(result)))
    canvas.ax.set_ylim(0, 1.03)
    canvas.units("x", Units("percent", canvas.language), canvas.say("geo_design.axis"))
    canvas.units("y", Units("percent", canvas.language), canvas.say("geo_design.power"))
    canvas.ax.grid(color=cv.FAINT)
    canvas.legend(columns=2)


def _enough_for(result: GeoDesign) -> float:
    """The lift up to which curves still rise."""
    low = result.curve.loc[result.curve["power"] < 0.98, "lift"]
    return float(low.max()) if len(low) else 0.2


def history_size(result: GeoDesign) -> tuple[float, float]:
    return 10.0, 4.6


def history(canvas: Canvas, result: GeoDesign) -> None:
    """The two groups that the coins made, week by week, before anything happens."""
    if result.arms.empty:
        return canvas.nothing("geo_design.impossible")
    canvas.title(canvas.say("geo_design.history", pairs=result.facts["test_pairs"]))
    x = number_of(result.weeks["week"])
    for k, arm in enumerate(("treated", "held_out")):
        colour, marker, _ = cv.SERIES[k]
        look: dict[str, Any] = {"linewidth": 1.6, "linestyle": ("-", "--")[k], "markevery": max(1, len(x) // 12), "markersize": 6}
        canvas.ax.plot(x, result.weeks[arm], color=colour, marker=marker, label=canvas.say(f"geo_design.{arm}"), **look)
    canvas.units("x", Days(canvas.language), canvas.say("geo_design.week"))
    canvas.units("y", Units("percent", canvas.language), canvas.say("geo_design.share"))
    canvas.ax.grid(axis="y", color=cv.FAINT)
    canvas.legend()


# ---------------------------------------------------------------- reading


def weeks_size(result: GeoLift) -> tuple[float, float]:
    return 10.0, 5.2


def _title(canvas: Canvas, result: GeoLift) -> str:
    verdict = result.facts["verdict"] if len(result.table) else "not_read"
    known = len(result.table) > 0 and np.isfinite(result.table["lift"].iloc[0])
    lift = drawn_percent(canvas, abs(float(result.table["lift"].iloc[0]))) if known else ""
    return canvas.say(f"geo_lift.{verdict}", outcome=canvas.label("column", result.facts["outcome"]), lift=lift)


def weeks(canvas: Canvas, result: GeoLift) -> None:
    """What the treated areas sold, what they would have, and the campaign's weeks between two lines."""
    frame, level = result.weeks, canvas.percent(result.facts["level"], 0)
    canvas.title(_title(canvas, result))
    x = number_of(frame["week"]) + 3.5
    (blue, dot, _), (orange, square, _) = cv.SERIES[:2]
    canvas.ax.plot(x, frame["actual"], color=blue, linewidth=1.8, marker=dot, markersize=4, label=canvas.say("geo_lift.actual"))
    if frame["expected"].notna().any():
        look: dict[str, Any] = {"linewidth": 1.8, "linestyle": "--", "marker": square, "markersize": 4}
        canvas.ax.plot(x, frame["expected"], color=orange, label=canvas.say("geo_lift.expected"), **look)
        wide = frame["low"].notna() & np.isfinite(frame["low"]) & np.isfinite(frame["high"])
        if wide.any():
            ends = (frame.loc[wide, "low"].astype(float), frame.loc[wide, "high"].astype(float))
            band: dict[str, Any] = {"color": orange, "alpha": 0.22, "linewidth": 0, "label": canvas.say("geo_lift.band", level=level)}
            canvas.ax.fill_between(x[wide], *ends, **band)
    _edges(canvas, result)
    canvas.units("x", Days(canvas.language), canvas.say("geo_lift.week"))
    outcome = canvas.label("column", result.facts["outcome"])
    canvas.units("y", Units("number", canvas.language), canvas.say("geo_lift.axis", outcome=outcome))
    canvas.ax.grid(axis="y", color=cv.FAINT)
    canvas.legend(columns=3)


def _edges(canvas: Canvas, result: GeoLift) -> None:
    start, end = (float(number_of(pd.Series([pd.Timestamp(result.facts[k])]))[0]) for k in ("start", "end"))
    canvas.ax.axvline(start, color=cv.INK, linewidth=1, linestyle=":", label=canvas.say("geo_lift.start"))
    canvas.ax.axvline(end + 1, color=cv.GREY, linewidth=1, linestyle="-.", label=canvas.say("geo_lift.end"))


def gain_size(result: GeoLift) -> tuple[float, float]:
    return 9.0, 4.6


def gain(canvas: Canvas, result: GeoLift) -> None:
    """What was gained since the campaign began, with its range."""
    frame = result.weeks[result.weeks["stretch"].ne("before")]
    known = frame[np.isfinite(frame[["units", "units_low", "units_high"]].astype(float)).all(axis=1)]
    if known.empty:
        canvas.title(_title(canvas, result))
        return canvas.note(canvas.say("nothing"))
    last, units = known.iloc[-1], Units("number", canvas.language)
    ends = {k: units.speak(float(last[c])) for k, c in (("units", "units"), ("low", "units_low"), ("high", "units_high"))}
    canvas.title(canvas.say("geo_lift.gain_title", **ends))
    x, (colour, marker, _) = number_of(known["week"]) + 7, cv.SERIES[0]
    canvas.ax.plot(x, known["units"], color=colour, linewidth=2, marker=marker, label=canvas.say("geo_lift.gain"))
    band: dict[str, Any] = {"color": colour, "alpha": PALE, "linewidth": 0}
    name = canvas.say("geo_lift.gain_band", level=canvas.percent(result.facts["level"], 0))
    canvas.ax.fill_between(x, known["units_low"].astype(float), known["units_high"].astype(float), label=name, **band)
    canvas.ax.axhline(0, color=cv.GREY, linewidth=0.9)
    _edges(canvas, result)
    canvas.units("x", Days(canvas.language), canvas.say("geo_lift.week"))
    canvas.units("y", units, canvas.say("geo_lift.gain"))
    canvas.ax.grid(axis="y", color=cv.FAINT)
    canvas.legend(columns=2)


# ---------------------------------------------------------------- distance


def with_unit(name: str, unit: str | None) -> str:
    """A class of distance, with its unit where it is told in numbers alone.

    >>> with_unit("< 610", "m"), with_unit("zone 1", "m"), with_unit("< 610", None)
    ('< 610\xa0m', 'zone 1', '< 610')
    """
    return f"{name}\u00a0{unit}" if unit and name[-1:].isdigit() and not any(map(str.isalpha, name)) else name


def distance_size(result: DistanceEffect) -> tuple[float, float]:
    return 9.0, max(3.2, 2.2 + 0.5 * min(len(result.table), MOST_ROWS))


def distance(canvas: Canvas, result: DistanceEffect) -> None:
    """A row a class, the nearest on top: the rate all else alike with its range, and the plain share."""
    table, facts = result.table.head(MOST_ROWS), result.facts
    canvas.title(canvas.say(f"distance.{facts['trend']}"))
    y = np.arange(len(table))
    if table["rate"].notna().any():
        name = canvas.say("distance.rate", level=canvas.percent(facts["level"], 0))
        cv.interval(canvas.ax, table["rate"], y - 0.08, table["low"], table["high"], marker="o", color=cv.BLUE, label=name)
    canvas.ax.plot(
        table["raw"], y + 0.12, marker="D", linestyle="none", color=cv.GREY, markerfacecolor="white", label=canvas.say("distance.raw")
    )
    canvas.rows(
        [
            canvas.say("distance.row", distance=with_unit(str(r.distance), facts.get("unit")), count=canvas.number(int(str(r.offers))))
            for r in table.itertuples()
        ],
        width=34,
        lines=2,
    )
    canvas.units("x", Units("percent", canvas.language), canvas.say("distance.stated" if facts["stated"] else "distance.axis"))
    canvas.ax.grid(axis="x", color=cv.FAINT)
    canvas.legend(columns=2)


def kinds_size(result: DistanceEffect) -> tuple[float, float]:
    return 9.0, max(3.2, 2.2 + 0.45 * min(len(result.kinds), MOST_ROWS))


def kinds(canvas: Canvas, result: DistanceEffect) -> None:
    """A row a kind of offer: the change of odds a class, with the other kinds in mind, and its own."""
    table = result.kinds.sort_values("step", kind="stable").head(MOST_ROWS)
    canvas.title(canvas.say("distance.kinds"))
    if table.empty:
        return canvas.note(canvas.say("nothing"))
    y, odds = np.arange(len(table)), table[["step", "low", "high", "own"]].astype(float).apply(np.exp)
    name = canvas.say("distance.pooled", level=canvas.percent(result.facts["level"], 0))
    cv.interval(canvas.ax, odds["step"], y - 0.08, odds["low"], odds["high"], marker="o", color=cv.BLUE, label=name)
    canvas.ax.plot(
        odds["own"], y + 0.12, marker="D", linestyle="none", color=cv.GREY, markerfacecolor="white", label=canvas.say("distance.own")
    )
    canvas.ax.axvline(1, color=cv.GREY, linewidth=0.9)
    kind = str(result.facts["kind"])
    canvas.rows(
        [
            canvas.say("distance.row", distance=canvas.label(kind, r.kind), count=canvas.number(int(str(r.offers))))
            for r in table.itertuples()
        ],
        width=40,
        lines=2,
    )
    canvas.units("x", Units("times", canvas.language), canvas.say("distance.step"))
    canvas.ax.grid(axis="x", color=cv.FAINT)
    canvas.legend(columns=2)
