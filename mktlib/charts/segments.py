"""Segments as a picture: what sets each apart, one column a segment, one row a trait."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.patches import Rectangle

from mktlib.charts import canvas as cv
from mktlib.charts.canvas import Canvas, Units
from mktlib.results import Segmentation

KEYS = ("column", "level", "kind", "segment")
MOST_ROWS, EACH, REACH = 16, 5, 1.5
"""Rows shown; the strongest traits that every segment brings in; the difference at which the colour is full."""


def shown_traits(result: Segmentation) -> list[tuple[str, str, str]]:
    """(column, level, kind) of the rows: the strongest of each segment in turn, then put together by column."""
    if result.traits.empty:
        return []
    holds = result.traits[result.traits["holds"]]
    firsts = holds.assign(size=-holds["effect"].abs()).sort_values("size", kind="stable").groupby("segment", sort=False).head(EACH)
    keys = list(dict.fromkeys(zip(firsts["column"], firsts["level"], firsts["kind"], strict=True)))[:MOST_ROWS]
    order = list(dict.fromkeys(column for column, _, _ in keys))
    return sorted(keys, key=lambda key: order.index(key[0]))


def segments_size(result: Segmentation) -> tuple[float, float]:
    rows = len(shown_traits(result))
    return max(7.5, 3.8 + 1.45 * len(result.table)), max(2.8, 2.4 + 0.42 * rows)


def segments(canvas: Canvas, result: Segmentation) -> None:
    """Segments across, traits down; each box the mean or share, the colour how far from everybody else; hatched where that is not shown."""
    keys, table = shown_traits(result), result.table
    alone = len(table) < 2
    canvas.title(canvas.say("segments.none", many=canvas.number(int(result.facts["people"]))) if alone else _title(canvas, result))
    if alone or not keys:
        canvas.ax.set_axis_off()
        return canvas.note(canvas.say("segments.none_note" if alone else "segments.no_traits"))
    found: dict[Any, Any] = {tuple(row[k] for k in KEYS): row for row in result.traits.to_dict("records")}
    grid = np.full((len(keys), len(table)), np.nan)
    for i, key in enumerate(keys):
        for j, segment in enumerate(table["segment"]):
            if (*key, segment) in found:
                grid[i, j] = float(found[*key, segment]["effect"])
    mesh = canvas.ax.pcolormesh(np.ma.masked_invalid(grid), cmap="PuOr_r", vmin=-REACH, vmax=REACH, edgecolors="white", linewidth=2)
    mesh.mktlib_units = Units("number", canvas.language)  # type: ignore[attr-defined]
    for i, key in enumerate(keys):
        for j, segment in enumerate(table["segment"]):
            if np.isfinite(grid[i, j]):
                _box(canvas, i, j, found[*key, segment], mesh)
            else:
                canvas.ax.text(j + 0.5, i + 0.5, "–", ha="center", va="center", color=cv.GREY)
    _axes(canvas, result, keys)


def _title(canvas: Canvas, result: Segmentation) -> str:
    shaky = [name_of(canvas, result, s) for s in result.table.loc[~result.table["stable"].astype(bool), "segment"]]
    said = canvas.say("segments.title", count=len(result.table), many=canvas.number(len(result.table)))
    if len(shaky) == len(result.table):
        return f"{said} — {canvas.say('segments.shaky_all')}"
    return f"{said} — {canvas.say('segments.unstable', names=', '.join(shaky))}" if shaky else said


def name_of(canvas: Canvas, result: Segmentation, segment: Any) -> str:
    """The segment's own name; the tables' where there is one."""
    if str(segment) in canvas.tables.segments:
        return canvas.label("segment", segment)
    return cv.drawable(str(result.facts["names"].get(segment, {}).get(canvas.language, segment)))


def _box(canvas: Canvas, i: int, j: int, row: Mapping[str, Any], mesh: Any) -> None:
    colour = mesh.to_rgba(float(row["effect"]))
    ink = "black" if float(np.dot(colour[:3], (0.2126, 0.7152, 0.0722))) > 0.45 else "white"
    look: dict[str, Any] = {"ha": "center", "va": "center", "color": ink, "parse_math": False, "fontsize": 8.5}
    value = float(row["inside"])
    text = canvas.percent(value, 0) if row["kind"] == "share" else canvas.number(value, digits(value))
    if not row["holds"]:
        canvas.ax.add_patch(
            Rectangle((j + 0.02, i + 0.02), 0.96, 0.96, fill=False, hatch=cv.HATCH, edgecolor=cv.GREY, linewidth=0, alpha=0.6)
        )
        look["bbox"] = {"facecolor": colour, "edgecolor": "none", "pad": 1.5}
        text = f"({text})"
    else:
        text = f"{'▲' if row['effect'] > 0 else '▼'} {text}"
    canvas.ax.text(j + 0.5, i + 0.5, text, **look)


def digits(value: float) -> int:
    """So many that a small mean is not shown as nothing.

    >>> [digits(x) for x in (139.2, 4.7, 0.26, 0.005, 0.0)]
    [0, 1, 2, 3, 0]
    """
    size = abs(value)
    return 0 if size >= 20 or size < 0.0005 else 1 if size >= 1 else 2 if size >= 0.1 else 3


def _axes(canvas: Canvas, result: Segmentation, keys: list[tuple[str, str, str]]) -> None:
    ax, heads = canvas.ax, []
    for row in result.table.to_dict("records"):
        name = "\n".join(textwrap.wrap(name_of(canvas, result, row["segment"]), 20, max_lines=3, placeholder=" …", break_on_hyphens=False))
        share = canvas.percent(float(row["share"]), 0)
        heads.append(canvas.say("segments.head" if row["stable"] else "segments.shaky", name=name, share=share))
    ax.set_yticks(np.arange(len(keys)) + 0.5, ["\n".join(textwrap.wrap(_row(canvas, *key), 36)[:2]) for key in keys], parse_math=False)
    ax.set_xticks(np.arange(len(heads)) + 0.5, heads, parse_math=False)
    ax.invert_yaxis()
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    for side in ax.spines.values():
        side.set_visible(False)
    ax.xaxis.set_label_position("bottom")
    canvas.name("x", canvas.say("segments.axis"))


def _row(canvas: Canvas, column: str, level: str, kind: str) -> str:
    name = canvas.label("column", column)
    if kind == "days":
        return cv.shorten(canvas.say("segments.days", column=name), 70)
    if not level:
        return cv.shorten(name, 70)
    word = canvas.say(f"segments.{level.strip('()')}") if level in ("(blank)", "(never)") else canvas.label(liked(column), level)
    return cv.shorten(canvas.say("segments.share", column=name, level=word), 70)


def liked(column: str) -> str:
    """Where the words of a column have their labels."""
    return {"preferred_format": "content_type", "preferred_length": "length", "preferred_style": "style"}.get(column, column)
