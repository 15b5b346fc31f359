"""One sheet to draw on, so that every picture has the same hand: units, words, colours for every eye, and no text read as maths.

Colours are those of Okabe and Ito ("Color Universal Design", 2008) and matplotlib's cividis; whatever colour says, a marker or a hatch
says again, so that a grey print loses nothing. No global state of pyplot is read or changed.
"""

from __future__ import annotations

import math
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import Formatter, MaxNLocator

from mktlib.vocabulary import Tables
from mktlib.wording import money, number, percent, say

INK, GREY, FAINT = "#222222", "#767676", "#e4e4e4"
GREEN, ORANGE, VERMILION, BLUE, SKY, PURPLE, YELLOW = "#009E73", "#E69F00", "#D55E00", "#0072B2", "#56B4E9", "#CC79A7", "#F0E442"
SERIES: tuple[tuple[str, str, str], ...] = tuple(
    zip(
        (BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILION, YELLOW, GREY),
        "osD^vP*X",
        ("", "//", "..", "xx", "\\\\", "++", "oo", "--"),
        strict=True,
    )
)
VERDICT_MARKS: dict[str, tuple[str, str]] = {
    "make": ("^", GREEN), "test": ("D", ORANGE), "too_early": ("o", GREY), "drop": ("v", VERMILION),
    "better": ("^", GREEN), "worse": ("v", VERMILION), "undecided": ("o", GREY),
}  # fmt: skip
OPINION_SHARE = 0.5  # from here on a number is called an opinion
HATCH = "////"
WIDEST_DPI = 70  # a small letter is rounded to whole pixels: here words are widest for their sheet, and laid out they fit at any other
MARGIN = 0.2  # inches left free beside a legend
STYLE: dict[str, Any] = {
    "font.family": ["DejaVu Sans"], "font.size": 10, "text.parse_math": False, "axes.titlesize": 12, "axes.titleweight": "bold",
    "axes.edgecolor": GREY, "axes.labelcolor": INK, "text.color": INK, "xtick.color": INK, "ytick.color": INK, "axes.spines.top": False,
    "axes.spines.right": False, "axes.axisbelow": True, "hatch.linewidth": 0.5, "hatch.color": "#9a9a9a", "legend.frameon": False,
    "legend.fontsize": 9, "xtick.labelsize": 9, "ytick.labelsize": 9, "figure.dpi": 100, "savefig.dpi": 100, "axes.unicode_minus": False,
    "svg.hashsalt": "mktlib", "path.simplify": False,
    "figure.autolayout": False, "figure.constrained_layout.use": False,
}  # fmt: skip


class Units(Formatter):
    """Says the numbers of one axis: "percent", "money", "times" or "number", in the reader's convention.

    >>> Units("percent", "en").speak(0.031234)
    '3.12%'
    """

    def __init__(self, kind: str, language: str, currency: str = "EUR") -> None:
        self.kind, self.language, self.currency = kind, language, currency
        self._digits = 0

    def _say(self, value: float, digits: int) -> str:
        if self.kind == "percent":
            return percent(value, self.language, digits=digits)
        if self.kind == "money":
            return money(value, self.currency, self.language)
        return ("×" if self.kind == "times" else "") + number(value, self.language, digits=digits)

    def speak(self, value: float) -> str:
        """The value to three significant digits; money to the cent where cents are shown.

        >>> Units("money", "en").speak(25.69), Units("money", "en").speak(12_345)
        ('€25.69', '€12,300')
        """
        if not math.isfinite(value):
            return "–"
        shown = abs(value) * (100 if self.kind == "percent" else 1)
        whole = math.floor(math.log10(shown)) if shown > 0 else 2
        rounded = round(value, 2) if self.kind == "money" and shown < 100 else float(f"{value:.3g}")
        return self._say(rounded, min(max(0, 2 - whole), 8))

    def format_ticks(self, values: Any) -> list[str]:
        shown = np.asarray(values, dtype=float) * (100 if self.kind == "percent" else 1)
        exact = (
            d for d in range(7) if np.abs(shown * 10**d - np.rint(shown * 10**d)).max(initial=0) < 1e-6 * max(1.0, np.ptp(shown)) * 10**d
        )
        self._digits = next(exact, 6)  # as many as the steps need, so that 12.5 % is never written 13 %
        return [self(value) for value in values]

    def __call__(self, x: float, pos: int | None = None) -> str:
        return self._say(x, self._digits)


@dataclass(frozen=True, kw_only=True)
class Canvas:
    """The axes, the language and the words of one picture; `own` when the figure was made for it."""

    ax: Axes
    language: str
    tables: Tables
    own: bool

    def say(self, key: str, **values: Any) -> str:
        return say(f"charts.{key}", self.language, **values)

    def label(self, kind: str, key: Any) -> str:
        """A level's label, made safe to draw."""
        return drawable(self.tables.label(kind, str(key), self.language))

    def number(self, value: float, digits: int | None = None) -> str:
        return number(value, self.language, digits=digits)

    def percent(self, value: float, digits: int | None = None) -> str:
        return percent(value, self.language, digits=digits)

    def rate_units(self, metric: str, currency: str = "EUR") -> Units:
        row = self.tables.metrics.get(metric, {})
        return Units("money" if row.get("family") == "money" else "percent", self.language, currency)

    def units(self, axis: str, units: Units, label: str) -> None:
        """Units and a name for one axis."""
        which = self.ax.xaxis if axis == "x" else self.ax.yaxis
        which.set_major_formatter(units)
        self.name(axis, label)

    def name(self, axis: str, label: str) -> None:
        """What an axis shows, on as many lines as it needs."""
        wide, high = self.ax.get_figure(root=True).get_size_inches()  # type: ignore[union-attr]
        width = max(20, int(7.5 * (wide if axis == "x" else high)))
        which = self.ax.xaxis if axis == "x" else self.ax.yaxis
        lines = [line for part in label.split("\n") for line in textwrap.wrap(drawable(part), width, break_on_hyphens=False)]
        which.set_label_text("\n".join(lines), parse_math=False)

    def rows(self, labels: Sequence[str], *, width: int = 48, lines: int = 1) -> None:
        """One label a row, the first on top, in at most so many lines."""
        self.ax.set_yticks(range(len(labels)), [wrapped(drawable(text), width, lines) for text in labels], parse_math=False)
        self.ax.set_ylim(len(labels) - 0.4, -0.6)
        self.ax.tick_params(axis="y", length=0)

    def title(self, text: str) -> None:
        width = int(9.4 * self.ax.get_figure(root=True).get_figwidth()) if self.own else 48  # type: ignore[union-attr]
        self.ax.set_title("\n".join(textwrap.wrap(drawable(text), width, break_on_hyphens=False)), loc="left", parse_math=False)

    def note(self, text: str) -> None:
        """A quiet line inside the axes, for a picture with nothing to draw."""
        self.ax.text(0.5, 0.5, drawable(text), transform=self.ax.transAxes, ha="center", va="center", color=GREY, parse_math=False)

    def nothing(self, key: str) -> None:
        """A sheet that says why there is nothing on it."""
        self.title(self.say(key))
        self.note(self.say("nothing"))

    def legend(self, handles: Iterable[Any] | None = None, *, columns: int = 5) -> None:
        drawn, names = self.ax.get_legend_handles_labels()
        shown = list(handles) if handles is not None else drawn
        if not shown:
            return
        names = [drawable(str(h.get_label())) for h in shown]
        if self.own:
            self._below(shown, names, columns)
        else:
            self.ax.legend(shown, [shorten(n, 44) for n in names], loc="best")

    def _below(self, shown: list[Any], names: list[str], columns: int) -> None:
        """A legend under the axes in as many columns as the sheet is wide for: of long names one column, on two lines at worst."""
        figure = self.ax.get_figure(root=True)
        assert figure is not None
        dpi = figure.dpi
        figure.set_dpi(WIDEST_DPI)
        most = min(columns, len(shown))
        for many, width in [*((n, 60) for n in range(most, 0, -1)), (1, 48), (1, 36)]:
            said = [wrapped(n, width, 1 if width == 60 else 2) for n in names]
            legend = figure.legend(shown, said, loc="outside lower center", ncols=many)
            if legend.get_window_extent().width <= figure.bbox.width - MARGIN * WIDEST_DPI:
                break
            if (many, width) != (1, 36):
                legend.remove()
        figure.set_dpi(dpi)

    def finish(self) -> Axes:
        """Lay out once, then set the title flush with the left edge of the sheet."""
        if not self.own:
            return self.ax
        figure = self.ax.get_figure(root=True)
        assert figure is not None
        dpi = figure.dpi
        figure.set_dpi(WIDEST_DPI)
        engine = figure.get_layout_engine()
        assert engine is not None
        engine.execute(figure)
        figure.set_layout_engine(None)  # a figure with an engine, even one that does nothing, is drawn twice each time it is saved
        name, box = self.ax.xaxis.label, self.ax.get_window_extent()
        over = name.get_window_extent().x1 - figure.bbox.x1 + MARGIN / 4 * WIDEST_DPI
        if name.get_text() and over > 0:  # an axis far on the right, and a long name in its middle
            name.set_x(0.5 - over / box.width)
        figure.set_dpi(dpi)
        place = self.ax.get_position()
        self.ax._left_title.set_x((0.012 - place.x0) / place.width)  # type: ignore[attr-defined]
        return self.ax


def new_axes(width: float, height: float) -> Axes:
    """Axes on a figure of their own (inches), known to no global list."""
    figure = Figure(
        figsize=(min(width, SMALL_WIDTH) if _SMALL.get() else width, height), layout=ConstrainedLayoutEngine(h_pad=0.09, w_pad=0.09)
    )
    FigureCanvasAgg(figure)
    return figure.add_subplot()


_SMALL: ContextVar[bool] = ContextVar("small", default=False)
SMALL_WIDTH = 6.4
"""Inches: still read on a phone without being moved about."""


@contextmanager
def small() -> Iterator[None]:
    """Figures that have to share a sheet, and fit a phone, as long as a `with` lasts: fewer rows, and not as wide."""
    token = _SMALL.set(True)
    try:
        yield
    finally:
        _SMALL.reset(token)


def fitting(usual: int, few: int) -> int:
    """How many rows a figure has: the usual number, or few where it is to be small."""
    return few if _SMALL.get() else usual


def styled() -> Any:
    """The house style for as long as a `with` lasts."""
    return matplotlib.rc_context(STYLE)  # type: ignore[arg-type]


@lru_cache(maxsize=1)
def _font() -> FT2Font:
    return FT2Font(font_manager.findfont("DejaVu Sans"))


@lru_cache(maxsize=4096)
def drawable(text: str) -> str:
    """The text with what cannot be drawn, or would turn the text round, spelt out as [U+....], so that nothing is lost in silence.

    >>> drawable("a\\u202eb")
    'a[U+202E]b'
    """
    return "".join(c if c == "\n" or _shows(c) else f"[U+{ord(c):04X}]" for c in text)


def _shows(character: str) -> bool:
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs") and bool(_font().get_char_index(ord(character)))


def shorten(text: str, width: int) -> str:
    """At most `width` characters, cut with an ellipsis.

    >>> shorten("a very long label", 8)
    'a very…'
    """
    return text if len(text) <= width else text[: width - 1].rstrip(" ·") + "…"


PART = " · "


def shorten_parts(text: str, width: int) -> str:
    """At most `width` characters of parts joined by dots: whole parts leave before letters do.

    >>> shorten_parts("Parents · How-to guide · Expert", 24)
    'Parents · How-to guide…'
    """
    kept = text.split(PART)
    while len(kept) > 1 and len(PART.join(kept)) >= width:
        kept.pop()
    said = PART.join(kept)
    return text if len(text) <= width else shorten(said + "…", width)


def wrapped(text: str, width: int, lines: int) -> str:
    """At most so many lines; parts joined by dots are broken between the parts.

    >>> wrapped("Parents · How-to guide · Expert · E-mail", 24, 2)
    'Parents · How-to guide\\nExpert · E-mail'
    """
    if lines == 1 or len(text) <= width:
        return shorten(text, width)
    out = [""]
    for part in text.split(PART):
        longer = f"{out[-1]}{PART}{part}" if out[-1] else part
        out = [*out[:-1], longer] if len(longer) <= width or not out[-1] else [*out, part]
    if any(len(line) > width for line in out):  # a part of its own is too long for a line
        out = textwrap.wrap(text, width, break_on_hyphens=False)
    return "\n".join([*out[: lines - 1], shorten(PART.join(out[lines - 1 :]) if len(out) >= lines else "", width)]).rstrip("\n")


def count_axis(ax: Axes, axis: str = "x") -> None:
    """Few ticks, whole where the numbers are whole."""
    (ax.xaxis if axis == "x" else ax.yaxis).set_major_locator(MaxNLocator(6))


def wide(values: pd.Series, ratio: float = 30.0) -> bool:
    """Whether positive values spread so far that a logarithmic axis reads better."""
    clean = values[np.isfinite(values)]
    return bool(len(clean) > 1 and (clean > 0).all() and clean.max() / clean.min() > ratio)


def interval(ax: Axes, x: Any, y: Any, low: Any, high: Any, **look: Any) -> None:
    """Points with their interval lying flat, one series."""
    x, low, high = (np.asarray(v, dtype=float) for v in (x, low, high))
    span = [np.nan_to_num(np.maximum(x - low, 0)), np.nan_to_num(np.maximum(high - x, 0))]
    ax.errorbar(x, y, xerr=span, **{"linestyle": "none", "elinewidth": 1.6, "capsize": 2.5, "markersize": 7, **look})
