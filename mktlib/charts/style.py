"""How near a draft is to each style, and the marks that speak for the nearest one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.lines import Line2D

from mktlib.charts import canvas as cv
from mktlib.charts.canvas import Canvas, Units
from mktlib.results import StyleFit

MOST_MARKS = 2
WIDEST = 1.55  # beyond the whole share there is room for words


def style_size(fit: StyleFit) -> tuple[float, float]:
    return 10.0, max(2.8, 1.6 + 0.36 * len(fit.table))


def style(canvas: Canvas, fit: StyleFit) -> None:
    """One line a style, the nearest on top: its share, and beside it the marks that pull the draft there or away."""
    table = fit.table
    if table.empty or not fit.facts.get("words"):
        return canvas.nothing("style.none")
    best, second = (canvas.label("style", table["style"].iloc[k]) for k in (0, 1))
    clear = float(fit.facts["ratio"]) >= 3
    canvas.title(canvas.say("style.title_clear" if clear else "style.title_near", best=best, second=second))
    for k, row in enumerate(table.to_dict("records")):
        first, share = k == 0, float(row["fit"])
        colour = cv.BLUE if first else cv.GREY
        canvas.ax.hlines(k, 0, share, color=colour, linewidth=2.2 if first else 1.4, zorder=1)
        canvas.ax.plot([share], [k], marker="o" if first else "s", markersize=8 if first else 5, color=colour, zorder=2)
        canvas.ax.text(share + 0.02, k, _beside(canvas, row), va="center", fontsize=8, color=cv.INK, parse_math=False, gid="said")
    canvas.rows([canvas.label("style", s) for s in table["style"]], width=30)
    canvas.ax.set_xlim(0, WIDEST)
    canvas.units("x", Units("percent", canvas.language), canvas.say("style.axis"))
    canvas.ax.set_xticks([0, 0.25, 0.5, 0.75, 1.0])
    canvas.ax.grid(axis="x", color=cv.FAINT)
    canvas.legend(
        [
            Line2D([], [], marker="o", color=cv.BLUE, markersize=8, label=canvas.say("style.nearest")),
            Line2D([], [], marker="s", color=cv.GREY, markersize=5, label=canvas.say("style.others")),
        ]
    )


def _beside(canvas: Canvas, row: Mapping[Any, Any]) -> str:
    """The share, then + the marks for and - the marks against."""
    share = float(row["fit"])
    said = [canvas.percent(share, 0) if share >= 0.01 else f"< {canvas.percent(0.01, 0)}"]
    for sign, keys in (("+", row["marks_for"]), ("−", row["marks_against"])):
        names = [_mark(canvas, key) for key in keys[:MOST_MARKS]]
        said += [f"{sign} {', '.join(names)}"] if names else []
    return cv.shorten("   ".join(said), int((WIDEST - share) * 85))


def _mark(canvas: Canvas, key: str) -> str:
    label = canvas.tables.marks[key]["label"]
    text = cv.drawable(str(label.get(canvas.language) or label["en"]))
    return text[:1].lower() + text[1:]
