"""The picture of a narrowing: what was left after each step, what fell there and why."""

from __future__ import annotations

import numpy as np
from matplotlib.ticker import NullFormatter

from mktlib.charts import canvas as cv
from mktlib.charts.canvas import Canvas, Units
from mktlib.results import Shortlist

ROOM = 1000
"""The axis ends so many times beyond the widest bar: room for what is said beside it."""


def funnel_size(result: Shortlist) -> tuple[float, float]:
    return 9.0, max(2.6, 1.8 + 0.5 * len(result.steps))


def funnel(canvas: Canvas, result: Shortlist) -> None:
    """A bar a step, on a logarithmic axis: how many ideas passed; beside it how many did not, and what stopped them."""
    steps = result.steps.reset_index(drop=True)
    if steps.empty:
        return canvas.note(canvas.say("nothing"))
    first, last = int(steps["kept"].iloc[0]), int(steps["kept"].iloc[-1])
    canvas.title(canvas.say("funnel.title", count=last, last=canvas.number(last), first=canvas.number(first)))
    canvas.ax.barh(steps.index, steps["kept"], color=cv.SKY, edgecolor=cv.BLUE, height=0.66, label=canvas.say("funnel.kept"))
    canvas.ax.set_xscale("log")
    canvas.ax.set_xlim(0.7, max(first, 10) * ROOM)
    for y, (kept, dropped, reason) in enumerate(steps[["kept", "dropped", "reason"]].to_numpy()):
        _beside(canvas, y, max(int(kept), 0.7) * 1.15, _said(canvas, int(kept), int(dropped), str(reason)))
    canvas.rows([_passed(canvas, str(r)) for r in steps["reason"]], width=36)
    tens, step = [10**k for k in range(int(np.log10(max(first, 1))) + 1)], cv.fitting(1, 2)
    canvas.ax.set_xticks(tens[::step])
    canvas.ax.set_xticks([t for t in tens if t not in tens[::step]], minor=True)
    canvas.ax.xaxis.set_minor_formatter(NullFormatter())
    canvas.units("x", Units("number", canvas.language), canvas.say("funnel.axis"))


def _passed(canvas: Canvas, reason: str) -> str:
    """What an idea had to be to pass a step; the reason itself where nobody worded it."""
    known = canvas.tables.languages[canvas.language]["charts"]["funnel"]["passed"]
    return canvas.say(f"funnel.passed.{reason}") if reason in known else canvas.label("reason", reason)


def _said(canvas: Canvas, kept: int, dropped: int, reason: str) -> tuple[str, str]:
    """(how many are left, what fell and why)."""
    why = canvas.label("reason", reason)
    return canvas.number(kept), canvas.say("funnel.fell", fell=canvas.number(dropped), why=why[:1].lower() + why[1:]) if dropped else ""


def _beside(canvas: Canvas, y: float, x: float, said: tuple[str, str]) -> None:
    left, fell = said
    lines = cv.wrapped(cv.drawable(fell), cv.fitting(38, 18), cv.fitting(2, 3))
    if not fell:
        canvas.ax.text(x, y, left, va="center", fontsize=9, parse_math=False)
        return
    canvas.ax.annotate(left, (x, y), va="center", fontsize=9, parse_math=False)
    gap = 8 + 6.4 * len(left)
    canvas.ax.annotate(
        lines, (x, y), xytext=(gap, 0), textcoords="offset points", va="center", fontsize=8, color=cv.GREY, gid="said", parse_math=False
    )
