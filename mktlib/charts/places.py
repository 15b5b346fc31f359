"""Pictures of places: how far people come from, a map that needs no network and shows nobody, and the radius to advertise within."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.collections import PatchCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Rectangle
from matplotlib.ticker import FixedLocator, NullLocator

from mktlib.charts import canvas as cv
from mktlib.charts.canvas import Canvas, Units
from mktlib.results import Catchments, PlaceSheet
from mktlib.vocabulary import local_rules

MOST, PANELS, ACROSS, ROWS, NAMED = 4, 6, 3, 8, 3
SMALLEST = 50.0
"""Half of a panel at least (m)."""
LINE = 0.14
"""Height of a line of text, in halves of a panel."""
GLYPHS = dict(zip("osD^vP*X", "●■◆▲▼✚★✖", strict=True))
PALE = 0.16
TICKS = (50, 100, 250, 500, 1000, 2000, 3000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000)
BARS = (50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000)
AUDIENCE = {"enough": ("o", cv.GREEN), "cannot_tell": ("D", cv.ORANGE), "too_few": ("X", cv.VERMILION)}


class Metres(Units):
    """Says metres as people say them.

    >>> Metres("en").speak(750), Metres("fr").speak(1500)
    ('750 m', '1,5\\xa0km')
    """

    def __init__(self, language: str) -> None:
        super().__init__("number", language)

    def speak(self, value: float) -> str:
        if not np.isfinite(value):
            return "–"
        space = "\N{NO-BREAK SPACE}" if self.language == "fr" else " "
        if round(value) < 1000:
            return f"{self._say(round(value), 0)}{space}m"
        km = round(value / 1000, 1)
        return f"{self._say(km, 0 if km >= 10 or km == int(km) else 1)}{space}km"

    def __call__(self, x: float, pos: int | None = None) -> str:
        return self.speak(x)

    def format_ticks(self, values: Any) -> list[str]:
        return [self.speak(value) for value in values]


# ---------------------------------------------------------------- the curve


def curve_size(result: Catchments) -> tuple[float, float]:
    return 9.0, 5.2


def curve(canvas: Canvas, result: Catchments) -> None:
    """The share of a place's visits within each radius, with its range; and the radii that hold a half and four fifths."""
    reach = result.reach[~result.reach["place"].isin(["all", "others"])]
    if reach.empty or result.table["share"].isna().all():
        return canvas.nothing("places.none")
    metres, shown = Metres(canvas.language), reach.nlargest(MOST, "people")
    ordered = reach.sort_values("half_m", kind="stable")
    near, far = ordered.iloc[0], ordered.iloc[-1]
    ends = {"near": _name(near), "close": metres.speak(near["half_m"]), "far": _name(far), "wide": metres.speak(far["half_m"])}
    canvas.title(canvas.say("places.title" if len(reach) > 1 else "places.title_one", **ends))
    for k, row in enumerate(shown.to_dict("records")):
        _line(canvas, result, row, k)
    for share in (0.5, 0.8):
        canvas.ax.axhline(share, color=cv.GREY, linewidth=0.9, linestyle="--", zorder=0)
    steps = np.unique(result.table["radius_m"])
    canvas.ax.set_xscale("log")
    canvas.ax.set_xlim(steps[0] * 0.8, steps[-1] * 1.15)
    canvas.ax.xaxis.set_major_locator(FixedLocator([t for t in TICKS if steps[0] * 0.8 <= t <= steps[-1] * 1.15]))
    canvas.ax.xaxis.set_minor_locator(NullLocator())
    canvas.ax.set_ylim(0, 1.05)
    canvas.units("x", metres, canvas.say("places.radius"))
    level, widest = canvas.percent(float(result.facts["level"])), metres.speak(float(result.facts["widest_m"]))
    canvas.units("y", Units("percent", canvas.language), canvas.say("places.share", widest=widest, level=level))
    canvas.legend(columns=2)


def _line(canvas: Canvas, result: Catchments, row: Mapping[Any, Any], k: int) -> None:
    """One place: its curve, and the radii that hold a half and four fifths."""
    metres = Metres(canvas.language)
    mine = result.table[(result.table["place"] == row["place"]) & result.table["share"].notna()]
    colour, marker, _ = cv.SERIES[k]
    canvas.ax.fill_between(mine["radius_m"], mine["share_low"], mine["share_high"], color=colour, alpha=PALE, linewidth=0)
    canvas.ax.plot(mine["radius_m"], mine["share"], color=colour, linewidth=1.8, marker=marker, markersize=4)
    label = canvas.say("places.line", place=_name(row), half=metres.speak(row["half_m"]), most=metres.speak(row["most_m"]))
    x, low, high = ([row[f"{c}{end}"] for c in ("half_m", "most_m")] for end in ("", "_low", "_high"))
    look: dict[str, Any] = {"marker": marker, "color": colour, "label": label, "zorder": 4, "markeredgecolor": "white"}
    cv.interval(canvas.ax, x, [0.5, 0.8], low, high, **look)


def _name(row: Any) -> str:
    return cv.shorten(cv.drawable(str(row["place"])), 24)


# ---------------------------------------------------------------- the map


def _across() -> int:
    return cv.fitting(ACROSS, 1)


def _panels(result: Catchments) -> pd.DataFrame:
    """The places that are told, in the panels with most people."""
    spots = result.spots.merge(result.reach, on="place") if len(result.spots) and len(result.reach) else result.spots.assign(people=0)
    spots = spots[np.isfinite(spots[["x", "y", *(["most_m"] if "most_m" in spots else [])]].to_numpy(float)).all(axis=1)]
    most = spots.groupby("panel")["people"].sum().nlargest(cv.fitting(PANELS, 2), keep="first").index
    return spots[spots["panel"].isin(most)].sort_values(["panel", "people"], ascending=[True, False], kind="stable")


def map_size(result: Catchments) -> tuple[float, float]:
    many = max(1, _panels(result)["panel"].nunique())
    return 2.0 + 3.1 * min(max(many, 2), _across()), 2.2 + 3.5 * (-(-many // _across()))


def chart_map(canvas: Canvas, result: Catchments) -> None:
    """Towns side by side on one scale: squares of people, places, and circles that hold a half and four fifths of the visits."""
    spots = _panels(result)
    if spots.empty or "most_m" not in spots:
        return canvas.nothing("places.none")
    half = max(float((np.hypot(spots["x"], spots["y"]) + spots["most_m"]).max()) * 1.06, SMALLEST)
    lines = min(int(spots.groupby("panel").size().max()), NAMED)
    squares, values = [], []
    for k, (panel, part) in enumerate(spots.groupby("panel", sort=False)):
        x, y = 2.12 * half * (k % _across()), -(2.15 + LINE * lines) * half * (k // _across())
        canvas.ax.add_patch(Rectangle((x - half, y - half), 2 * half, 2 * half, fill=False, edgecolor=cv.GREY, linewidth=0.8))
        for row in result.density[result.density["panel"] == panel].to_dict("records"):
            if _inside(row, half):
                size = float(row["size"])
                squares.append(Rectangle((x + row["x"] - size / 2, y + row["y"] - size / 2), size, size))
                values.append(row["people"] / (size / 1000) ** 2)
        _town(canvas, part, x, y, half)
    _dense(canvas, squares, values)
    _frame(canvas, result, spots, half, lines)
    canvas.legend(_circles(canvas), columns=2)


def _inside(row: Mapping[Any, Any], half: float) -> bool:
    return bool(max(abs(row["x"]), abs(row["y"])) + row["size"] / 2 <= half)


def _dense(canvas: Canvas, squares: list[Rectangle], values: list[float]) -> None:
    """Squares in one scale of people a square kilometre, dark for many."""
    if not squares:
        return
    cells = PatchCollection(squares, cmap="cividis_r", edgecolors="white", linewidths=0.4, zorder=0, alpha=0.75)
    cells.set_array(np.array(values))
    cells.set_clim(0, max(values))
    canvas.ax.add_collection(cells)
    bar = canvas.ax.get_figure(root=True).colorbar(cells, ax=canvas.ax, shrink=0.7, pad=0.02)  # type: ignore[union-attr]
    bar.outline.set_visible(False)
    bar.ax.yaxis.set_major_formatter(Units("number", canvas.language))
    bar.set_label(canvas.say("places.density"), parse_math=False)


def _town(canvas: Canvas, part: pd.DataFrame, x: float, y: float, half: float) -> None:
    """Places and circles of one panel; above it a line a place, with its mark and how wide its circles are."""
    said, metres = [], Metres(canvas.language)
    for k, row in enumerate(part.to_dict("records")):
        colour, marker, _ = cv.SERIES[(1 + k) % len(cv.SERIES)]
        for column, style in (("half_m", "-"), ("most_m", "--")):
            circle = Circle(
                (x + row["x"], y + row["y"]), row[column], fill=False, edgecolor=cv.INK, linestyle=style, linewidth=1.2, zorder=2
            )
            canvas.ax.add_patch(circle)
        look: dict[str, Any] = {"marker": marker, "color": colour, "s": 46, "edgecolors": "white", "zorder": 3}
        canvas.ax.scatter([x + row["x"]], [y + row["y"]], **look)
        ends = {"half": metres.speak(row["half_m"]), "most": metres.speak(row["most_m"])}
        said.append(GLYPHS[marker] + " " + canvas.say("places.line", place=cv.shorten(_name(row), 13), **ends))
    more = [canvas.say("places.more", count=len(said) - NAMED + 1)] if len(said) > NAMED else []
    text = "\n".join([*said[: NAMED - len(more)], *more])
    canvas.ax.text(x - half, y + 1.04 * half, text, ha="left", va="bottom", fontsize=8.5, parse_math=False, gid="said")


def _frame(canvas: Canvas, result: Catchments, spots: pd.DataFrame, half: float, lines: int) -> None:
    """Limits, one bar of scale for all, and what the sheet shows and leaves out."""
    many, metres = spots["panel"].nunique(), Metres(canvas.language)
    bottom = -(2.15 + LINE * lines) * half * (-(-many // _across()) - 1) - half
    length = float(max((b for b in BARS if b <= 0.8 * half), default=BARS[0]))
    canvas.ax.hlines([bottom - 0.12 * half], -half, length - half, color=cv.INK, linewidth=2.5)
    look: dict[str, Any] = {"ha": "left", "va": "top", "fontsize": 8.5, "parse_math": False}
    canvas.ax.text(-half, bottom - 0.17 * half, metres.speak(length), **look)
    canvas.ax.set_xlim(-1.05 * half, 2.12 * half * (min(many, _across()) - 1) + 1.05 * half)
    canvas.ax.set_ylim(bottom - 0.36 * half, (1.1 + LINE * lines) * half)
    canvas.ax.set_aspect("equal", anchor="N")
    for axis in (canvas.ax.xaxis, canvas.ax.yaxis):
        axis.set_major_locator(NullLocator())
    for side in canvas.ax.spines.values():
        side.set_visible(False)
    canvas.title(canvas.say("places.map_title", count=len(spots)))
    fewest, hidden = canvas.number(int(result.facts["fewest"])), canvas.percent(float(result.facts["hidden"]), 0)
    canvas.name("x", canvas.say("places.map", fewest=fewest, hidden=hidden))


def _circles(canvas: Canvas) -> list[Line2D]:
    return [
        Line2D([], [], color=cv.INK, linewidth=1.2, label=canvas.say("places.half")),
        Line2D([], [], color=cv.INK, linewidth=1.2, linestyle="--", label=canvas.say("places.most")),
    ]


# ---------------------------------------------------------------- sheets


def sheet_size(result: PlaceSheet) -> tuple[float, float]:
    return 9.5, max(3.0, 1.9 + 0.36 * min(len(result.table), 3 * ROWS))


def sheet(canvas: Canvas, result: PlaceSheet) -> None:
    """A row a place and channel: the radius, and whether enough people are within it."""
    table = result.table[result.table["radius_m"].notna()] if len(result.table) else result.table
    if table.empty:
        return canvas.nothing("places.no_radius")
    shown = table.head(3 * ROWS).reset_index(drop=True)
    enough = int((table["audience"] == "enough").sum())
    least = canvas.number(float(local_rules()["local"]["own_audience_least"]["value"]))
    said = {"many": canvas.number(enough), "all": canvas.number(len(table)), "least": least}
    canvas.title(canvas.say("places.sheet_title", count=enough, **said))
    for verdict, (marker, colour) in AUDIENCE.items():
        mine = shown[shown["audience"] == verdict]
        if len(mine):
            canvas.ax.hlines(mine.index, 1, mine["radius_m"], color=cv.FAINT, linewidth=1.2, zorder=0)
            look: dict[str, Any] = {"marker": marker, "color": colour, "s": 44, "zorder": 2}
            canvas.ax.scatter(mine["radius_m"], mine.index, label=canvas.say(f"places.{verdict}"), **look)
    canvas.rows([_row(canvas, row) for row in shown.to_dict("records")], width=52)
    ends = float(shown["radius_m"].min()) * 0.6, float(shown["radius_m"].max()) * 1.4
    canvas.ax.set_xscale("log")
    canvas.ax.set_xlim(*ends)
    canvas.ax.xaxis.set_major_locator(FixedLocator([t for t in TICKS if ends[0] <= t <= ends[1]]))
    canvas.ax.xaxis.set_minor_locator(NullLocator())
    left = canvas.say("places.rest", shown=canvas.number(len(shown)), all=canvas.number(len(table))) if len(table) > len(shown) else ""
    canvas.units("x", Metres(canvas.language), " ".join([canvas.say("places.sheet_axis"), left]).strip())
    canvas.legend(columns=3)


def _row(canvas: Canvas, row: Mapping[Any, Any]) -> str:
    return cv.PART.join([_name(row), canvas.label("channel", row["channel"])])
