"""The first screen of a page on a phone, to scale: what stands where, how large, and where the phone stops showing."""

from __future__ import annotations

from typing import Any

from matplotlib.patches import FancyBboxPatch, Rectangle

from mktlib.charts import canvas as cv
from mktlib.charts.canvas import Canvas, Units
from mktlib.results import PageBrief

LOOKS = {"bar": ("#eeeeee", ""), "image": ("#dbe9f4", "///"), "heading": ("#f7f7f7", ""), "lead": ("#f7f7f7", ""), "action": (cv.BLUE, "")}
TALL, APART = 844, 24


def page_brief_size(result: PageBrief) -> tuple[float, float]:
    return 8.4, 8.2


def page_brief(canvas: Canvas, result: PageBrief) -> None:
    """Blocks in px from the top, their sizes beside them; a dashed line where the first view ends; the edges of the narrowest phone."""
    facts, ax = result.facts, canvas.ax
    wide, seen, narrow = float(facts["width"]), float(facts["visible"]), float(facts["narrow"])
    holds = float(facts["ends"]) <= seen
    canvas.title(canvas.say("page_brief.title" if holds else "page_brief.below", ends=canvas.number(facts["ends"], 0)))
    frame: dict[str, Any] = {"boxstyle": "round,pad=0,rounding_size=26", "facecolor": "white", "edgecolor": cv.INK, "linewidth": 1.6}
    ax.add_patch(FancyBboxPatch((-10, -24), wide + 20, max(TALL, float(facts["ends"]) + 30) + 12, zorder=0, **frame))
    for row in result.screen.to_dict("records"):
        _block(canvas, result, row, wide)
    ax.plot([-10, wide + 10], [seen, seen], color=cv.VERMILION, linestyle="--", linewidth=1.4, zorder=4)
    _beside(canvas, wide, _free(result, seen), canvas.say("page_brief.fold", px=canvas.number(seen, 0)), cv.VERMILION, at=seen)
    for x in ((wide - narrow) / 2, (wide + narrow) / 2):
        ax.plot([x, x], [-22, TALL - 14], color=cv.GREY, linestyle=":", linewidth=0.9, zorder=3)
    ax.set_xlim(-14, wide + 330)
    ax.set_ylim(max(TALL, float(facts["ends"]) + 30) + 10, -40)
    ax.set_aspect("equal")
    ax.set_xticks([])
    ax.spines[["bottom", "left"]].set_visible(False)
    canvas.units("y", Units("number", canvas.language), canvas.say("page_brief.axis"))
    canvas.name("x", canvas.say("page_brief.narrow", narrow=canvas.number(narrow, 0), wide=canvas.number(wide, 0)))


def _free(result: PageBrief, y: float) -> float:
    """The height nearest to y at which no other label stands."""
    taken = ((result.screen["top"] + result.screen["bottom"]) / 2).tolist()
    steps = (y + sign * step for step in range(0, 200, 4) for sign in (1, -1))
    return next((height for height in steps if all(abs(height - other) >= APART for other in taken)), y)


def _block(canvas: Canvas, result: PageBrief, row: dict[Any, Any], wide: float) -> None:
    colour, hatch = LOOKS[row["block"]]
    left = (wide - row["width"]) / 2
    look: dict[str, Any] = {"facecolor": colour, "edgecolor": cv.GREY, "linewidth": 0.8, "hatch": hatch, "zorder": 2}
    canvas.ax.add_patch(Rectangle((left, row["top"]), row["width"], row["height"], **look))
    name = str(result.facts["action"]) if row["block"] == "action" else canvas.label("page_block", row["block"])
    middle = (row["top"] + row["bottom"]) / 2
    ink = "white" if row["block"] == "action" else cv.INK
    shown = cv.wrapped(cv.drawable(name), 38, 1)
    box = {"facecolor": "white", "edgecolor": "none", "pad": 2.0} if hatch else None
    canvas.ax.text(wide / 2, middle, shown, ha="center", va="center", fontsize=9.5, color=ink, zorder=5, parse_math=False, bbox=box)
    size = canvas.say("page_brief.size", width=canvas.number(row["width"], 0), height=canvas.number(row["height"], 0))
    letters = row["size"] if row["size"] == row["size"] else None
    said = size if letters is None else canvas.say("page_brief.letters", sides=size, px=canvas.number(letters))
    _beside(canvas, wide, middle, said, cv.INK)


def _beside(canvas: Canvas, wide: float, y: float, text: str, colour: str, *, at: float | None = None) -> None:
    canvas.ax.plot([wide + 12, wide + 24], [y if at is None else at, y], color=colour, linewidth=0.8)
    canvas.ax.text(wide + 30, y, text, ha="left", va="center", fontsize=9, color=colour, parse_math=False)
