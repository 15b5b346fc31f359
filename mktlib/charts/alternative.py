"""What a picture says to someone who does not see it, read back from what was drawn and never from the data it was asked to draw.

The same text lets a notebook's figures be compared: a test that never looks at pixels still sees a number that moved.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import PathCollection, QuadMesh
from matplotlib.container import BarContainer, ErrorbarContainer
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator

from mktlib.charts.canvas import Units, styled
from mktlib.vocabulary import default_language
from mktlib.wording import number, say

MOST = 40
DPI = 100


def language_of(ax: Axes) -> str:
    """The language that the axes were drawn in."""
    return str(ax.get_gid() or f"mktlib-{default_language()}").rpartition("-")[2]


def describe(ax: Axes, language: str | None = None) -> str:
    """The title, the axes and every drawn series with its values, to three significant digits.

    `ax` is what `plot` returned; `language` is that of the few words in between (default: the picture's own).
    """
    language = language or language_of(ax)
    title = _line(ax.get_title(loc="left") or ax.get_title())
    lines = [_stop(title)] if title else []
    names = {"horizontal": ax.get_xlabel(), "vertical": ax.get_ylabel()}
    lines += [say(f"charts.alt.{side}", language, name=_line(name).rstrip(".")) for side, name in names.items() if name]
    for name, points in _series(ax):
        values = "; ".join(_cut(points, language))
        lines.append(_stop(say("charts.pair", language, name=name, value=values) if name else values))
    shaded = sum(bool(p.get_hatch()) for p in ax.patches if p.get_gid() == "opinion")
    if shaded:
        lines.append(say("charts.alt.shaded", language, count=shaded))
    lines += [_stop(t.get_text().replace("\n", " ")) for t in ax.texts if t.get_gid() == "said"]
    return "\n".join(lines)


def _line(text: str) -> str:
    """On one line; spaces that hold a number together stay what they are."""
    return re.sub(r"[ \t\r\n]+", " ", text).strip()


def _stop(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else text + "."


def _cut(points: list[str], language: str) -> list[str]:
    if len(points) <= MOST:
        return points
    return [*points[:MOST], say("charts.alt.more", language, count=len(points) - MOST)]


def _series(ax: Axes) -> Iterator[tuple[str, list[str]]]:
    for container in ax.containers:
        if isinstance(container, ErrorbarContainer):
            yield _name(container), _spans(ax, container)
        elif isinstance(container, BarContainer):
            yield _name(container), _bars(ax, container)
    for mesh in ax.collections:
        if isinstance(mesh, QuadMesh):
            yield from _mesh(ax, mesh)
        elif isinstance(mesh, PathCollection) and _name(mesh):
            yield _name(mesh), [_point(ax, *xy) for xy in np.asarray(mesh.get_offsets(), dtype=float)]
    for line in ax.lines:
        if _name(line):
            x, y = (np.asarray(v, dtype=float) for v in line.get_data())
            yield _name(line), [_point(ax, *xy) for xy in zip(x, y, strict=True)]


def _name(artist: Any) -> str:
    label = str(artist.get_label() or "")
    return "" if label.startswith("_") else label


def _speaker(axis: Axis) -> Callable[[float], str]:
    """How a position on this axis is said: the tick's label where the ticks are names, else the number with its unit."""
    formatter = axis.get_major_formatter()
    if isinstance(formatter, Units):
        return formatter.speak
    places, labels = axis.get_majorticklocs(), [t.get_text() for t in axis.get_majorticklabels()]
    if not isinstance(axis.get_major_locator(), FixedLocator) or len(places) != len(labels):
        return lambda value: _three(value, language_of(axis.axes))
    labels = [_line(label) for label in labels]
    return lambda value: labels[int(np.argmin(np.abs(np.asarray(places) - value)))]


def _three(value: float, language: str) -> str:
    """Three figures, for an axis without a unit."""
    rounded = float(f"{value:.3g}")
    return number(rounded, language, digits=len(f"{rounded:f}".rstrip("0").partition(".")[2]))


def _named(axis: Axis) -> bool:
    return isinstance(axis.get_major_locator(), FixedLocator) and not isinstance(axis.get_major_formatter(), Units)


def _point(ax: Axes, x: float, y: float) -> str:
    name, value = _speaker(ax.xaxis)(x), _speaker(ax.yaxis)(y)
    return f"{value} {name}" if _named(ax.yaxis) else f"{name} {value}" if _named(ax.xaxis) else f"({name}, {value})"


def _spans(ax: Axes, container: ErrorbarContainer) -> list[str]:
    line, _, bars = container.lines
    flat = container.has_xerr
    points = zip(*(np.asarray(v, dtype=float) for v in line.get_data()), strict=True)
    side, speak = (0, _speaker(ax.xaxis)) if flat else (1, _speaker(ax.yaxis))
    said = []
    for xy, segment in zip(points, bars[0].get_segments(), strict=True):
        low, high = sorted(float(end[side]) for end in segment)
        said.append(f"{_point(ax, *xy)} [{speak(low)} … {speak(high)}]" if high > low else _point(ax, *xy))
    return said


def _bars(ax: Axes, container: BarContainer) -> list[str]:
    flat = container.orientation == "horizontal"
    name, speak = (_speaker(ax.yaxis), _speaker(ax.xaxis)) if flat else (_speaker(ax.xaxis), _speaker(ax.yaxis))
    middle: Callable[[Any], float] = (lambda b: b.get_y() + b.get_height() / 2) if flat else (lambda b: b.get_x() + b.get_width() / 2)
    size: Callable[[Any], float] = (lambda b: b.get_width()) if flat else (lambda b: b.get_height())
    return [f"{name(middle(b))} {speak(size(b))}" for b in container.patches if size(b)]


def _mesh(ax: Axes, mesh: QuadMesh) -> Iterator[tuple[str, list[str]]]:
    values: np.ndarray = np.ma.filled(np.ma.asarray(mesh.get_array(), dtype=float), np.nan)
    unit = mesh.mktlib_units  # type: ignore[attr-defined]
    across, down = _speaker(ax.xaxis), _speaker(ax.yaxis)
    grid = np.atleast_2d(values)
    for i, row in enumerate(grid):
        yield down(i + 0.5), [f"{across(j + 0.5)} {unit.speak(v)}" for j, v in enumerate(row) if np.isfinite(v)]


def png(ax: Axes, *, dpi: int = DPI, text: str | None = None) -> bytes:
    """The picture as PNG bytes: same input, same bytes. The alternative text travels inside as its description."""
    out = io.BytesIO()
    described = (text or describe(ax)).encode("latin-1", "replace").decode("latin-1")
    with styled():
        ax.get_figure(root=True).savefig(out, format="png", dpi=dpi, metadata={"Software": None, "Description": described})  # type: ignore[union-attr]
    return out.getvalue()


@dataclass(frozen=True)
class Picture:
    """A drawn figure and its alternative text, as a notebook shows it.

    The text is the text/plain form, which nbval compares; the PNG is what is seen.
    """

    ax: Axes
    text: str

    def png(self, *, dpi: int = DPI) -> bytes:
        return png(self.ax, dpi=dpi, text=self.text)

    def html(self) -> str:
        """An <img> that carries its data and its alternative text."""
        data = base64.b64encode(self.png()).decode("ascii")
        return f'<img alt="{escape(self.text)}" src="data:image/png;base64,{data}">'

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"image/png": base64.b64encode(self.png()).decode("ascii"), "text/plain": self.text}


def hatched(patch: Patch) -> Patch:
    """Marks a patch as shading for opinion, which `describe` counts."""
    patch.set_gid("opinion")
    return patch
