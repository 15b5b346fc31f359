"""Pictures of what is known: scores, why they are so, how ideas narrowed."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from mktlib.charts import canvas as cv
from mktlib.charts.alternative import hatched
from mktlib.charts.canvas import Canvas, Units
from mktlib.results import Explanation, Scores

TOP, BOTTOM, MOST_TERMS = 12, 6, 20
ROWS, COLUMNS = 12, 7
TIMES = (0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 10)


def cell_labels(canvas: Canvas, table: pd.DataFrame, by: tuple[str, ...]) -> list[str]:
    """What tells the rows apart, in words: columns that never change are left out."""
    axes = [c for c in by if c in table.columns]
    varying = [c for c in axes if len(table[c].unique()) > 1] or axes[:1]
    return [" · ".join(canvas.label(c, v) for c, v in zip(varying, row, strict=True)) for row in table[varying].itertuples(index=False)]


def _outline(count: int, width: float = 8.0, row: float = 0.32) -> tuple[float, float]:
    return width, max(2.6, 1.9 + row * count)


def ranked_size(scores: Scores) -> tuple[float, float]:
    top, bottom = _ends()
    return _outline(min(len(scores.table), top + bottom + 1), width=8.4, row=0.36)


def _ends() -> tuple[int, int]:
    """How many of the best and of the worst are drawn."""
    return cv.fitting(TOP, 5), cv.fitting(BOTTOM, 2)


def ranked(canvas: Canvas, scores: Scores) -> None:
    """Cells from best to worst: marker and colour say the verdict, hollow marker on a hatched row says opinion.

    Where there are more than fit, cells that have data of their own come first: a list of extrapolations tells nobody anything.
    """
    top, bottom = _ends()
    table = scores.table.sort_values("rate", ascending=False, kind="stable")
    if len(table) > top + bottom + 1 and (table["exposure"] > 0).sum() > top + bottom:
        table = table[table["exposure"] > 0]
    canvas.title(scores_title(canvas, table, scores))
    left_out = max(0, len(table) - top - bottom) if len(table) > top + bottom + 1 else 0
    shown = pd.concat([table.head(top), table.tail(bottom)]) if left_out else table
    labels, places = cell_labels(canvas, shown, scores.by), np.arange(len(shown))
    if left_out:
        labels.insert(top, canvas.say("scores.left_out", count=left_out))
        places = np.r_[:top, top + 1 : top + 1 + bottom]
    units = canvas.rate_units(scores.metric, scores.facts.get("currency", "EUR"))
    for verdict, (marker, colour) in cv.VERDICT_MARKS.items():
        for opinion in (False, True):
            mine = (shown["verdict"] == verdict).to_numpy() & ((shown["opinion"] >= cv.OPINION_SHARE).to_numpy() == opinion)
            if mine.any():
                _marked(canvas, shown[mine], places[mine], verdict, marker, colour, opinion)
    canvas.rows(labels, width=cv.fitting(58, 42), lines=2)
    percent = canvas.percent(scores.level)
    canvas.units("x", units, canvas.say("scores.rate_axis", metric=canvas.label("metric", scores.metric), level=percent))
    canvas.ax.grid(axis="x", color=cv.FAINT)
    canvas.legend(_verdict_legend(canvas, shown))


def _marked(canvas: Canvas, rows: pd.DataFrame, places: Any, verdict: str, marker: str, colour: str, opinion: bool) -> None:
    name = canvas.label("verdict", verdict)
    if opinion:
        name = canvas.say("scores.as_opinion", verdict=name)
        for y in places:
            canvas.ax.add_patch(hatched(_band(canvas, y)))
    face = "white" if opinion else colour
    cv.interval(
        canvas.ax, rows["rate"], places, rows["low"], rows["high"], fmt=marker, color=colour, markerfacecolor=face, label=name, zorder=3
    )


def _band(canvas: Canvas, y: float) -> Rectangle:
    across = canvas.ax.get_yaxis_transform()
    return Rectangle(
        (0, y - 0.42), 1, 0.84, transform=across, facecolor="#f3f3f3", edgecolor="#c4c4c4", hatch=cv.HATCH, linewidth=0, zorder=0
    )


def _verdict_legend(canvas: Canvas, shown: pd.DataFrame) -> list[Any]:
    marks = [
        Line2D([], [], color=colour, marker=marker, linewidth=1.6, label=canvas.label("verdict", verdict))
        for verdict, (marker, colour) in cv.VERDICT_MARKS.items()
        if (shown["verdict"] == verdict).any()
    ]
    return [*marks, *_opinion_legend(canvas, bool((shown["opinion"] >= cv.OPINION_SHARE).any()))]


def _opinion_legend(canvas: Canvas, needed: bool) -> list[Any]:
    patch = Patch(facecolor="#f3f3f3", edgecolor="#9a9a9a", hatch=cv.HATCH, linewidth=0, label=canvas.say("scores.opinion"))
    return [patch] if needed else []


def scores_title(canvas: Canvas, table: pd.DataFrame, scores: Scores, *, pairs: bool = False) -> str:
    """The finding in one line: who leads and whether that is shown; what was never shown as such leads nothing that was."""
    if table.empty:
        return canvas.say("scores.title.empty")
    never = table["exposure"] <= 0
    shown = table[(table["verdict"] == "make") & (table["opinion"] < cv.OPINION_SHARE)]
    first = shown if len(shown) else table
    best = first.loc[never[first.index].sort_values(kind="stable").index[0]]
    name = dict(zip(table.index, cell_labels(canvas, table, scores.by), strict=True))[best.name]
    units = canvas.rate_units(scores.metric, scores.facts.get("currency", "EUR"))
    rate = units.speak(float(best["rate"]))
    values = {"best": cv.shorten_parts(name, 72), "rate": canvas.say("scores.title.expected", rate=rate) if never[best.name] else rate}
    fixed = [canvas.label(a, table[a].iloc[0]) for a in scores.by if a in table and len(scores.table[a].unique()) == 1 < len(table)]
    if len(shown):
        said = canvas.say("scores.title.heatmap", **values) if pairs else canvas.say("scores.title.decided", count=len(shown), **values)
    else:
        key = "opinion" if best["opinion"] >= cv.OPINION_SHARE else "undecided"
        ahead = not never[best.name] and (table["rate"][never] > best["rate"]).any()
        said = canvas.say(f"scores.title.{key}_shown" if ahead else f"scores.title.{key}", **values)
    return f"{cv.shorten_parts(cv.PART.join(fixed), 40)} — {said}" if fixed else said


def _pairs(scores: Scores) -> tuple[str, str]:
    """The two axes of the heat map: segments across and content types down where they vary, what else varies in their place."""
    wanted: list[str] = [c for c in ("segment", "content_type") if c in scores.by]
    wanted += [c for c in scores.by if c not in wanted]
    single = [c for c in wanted if len(scores.table[c].unique()) < 2]
    chosen = sorted(wanted, key=single.__contains__)[:2]  # stable: among equals the first wanted
    across, *rest = sorted(chosen, key=wanted.index)
    return across, rest[0] if rest else across


def across_segments(scores: Scores) -> bool:
    """Whether the columns of the heat map are segments, so that each is read down as the same people."""
    across, down = _pairs(scores)
    return across == "segment" != down


def heatmap_table(scores: Scores) -> tuple[pd.DataFrame, list[Any], list[Any]]:
    """The best cell of each pair, the rows (content types) and the columns (segments) worth showing, best first."""
    across, down = _pairs(scores)
    never = scores.table["exposure"] <= 0  # a pair is told by what was shown of it, where anything was
    order = scores.table.assign(_never=never).sort_values(["_never", "rate"], ascending=[True, False], kind="stable")
    best = order.drop(columns="_never").drop_duplicates([across, down]).sort_values("rate", ascending=False, kind="stable")
    rows = best.groupby(down, sort=False)["rate"].mean().nlargest(ROWS).index.tolist()
    columns = best.groupby(across, sort=False)["rate"].mean().nlargest(COLUMNS).index.tolist()
    return best[best[down].isin(rows) & best[across].isin(columns)], rows, columns


def heatmap_size(scores: Scores) -> tuple[float, float]:
    _, rows, columns = heatmap_table(scores)
    return max(6.5, 2.6 + 1.25 * len(columns)), max(2.8, 1.9 + 0.55 * len(rows))


def heatmap(canvas: Canvas, scores: Scores) -> None:
    """Segments across, content types down; each box the rate and its interval, hatched where it is opinion."""
    best, rows, columns = heatmap_table(scores)
    canvas.title(scores_title(canvas, best, scores, pairs=True))
    across, down = _pairs(scores)
    grid = np.full((len(rows), len(columns)), np.nan)
    units = canvas.rate_units(scores.metric, scores.facts.get("currency", "EUR"))
    spots = [(rows.index(getattr(r, down)), columns.index(getattr(r, across)), r) for r in best.itertuples(index=False)]
    for i, j, row in spots:
        grid[i, j] = row.rate
    mesh = canvas.ax.pcolormesh(np.ma.masked_invalid(grid), cmap="cividis_r", edgecolors="white", linewidth=2)
    mesh.mktlib_units = units  # type: ignore[attr-defined]
    for i, j, row in spots:
        _box(canvas, i, j, row, mesh, units)
    _grid_axes(canvas, [canvas.label(down, r) for r in rows], [canvas.label(across, c) for c in columns])
    name = canvas.say("scores.heatmap_axis", metric=canvas.label("metric", scores.metric), level=canvas.percent(scores.level))
    canvas.name("x", f"{name}\n{canvas.say('scores.heatmap_never')}" if (best["exposure"] <= 0).any() else name)
    canvas.legend(_opinion_legend(canvas, bool((best["opinion"] >= cv.OPINION_SHARE).any())))


def _box(canvas: Canvas, i: int, j: int, row: Any, mesh: Any, units: Units) -> None:
    colour = mesh.to_rgba(row.rate)
    bright = float(np.dot(colour[:3], (0.2126, 0.7152, 0.0722)))
    ink = "black" if bright > 0.45 else "white"
    if row.opinion >= cv.OPINION_SHARE:
        box = Rectangle((j + 0.02, i + 0.02), 0.96, 0.96, fill=False, hatch=cv.HATCH, edgecolor=ink, linewidth=0, alpha=0.6)
        canvas.ax.add_patch(hatched(box))
    look: dict[str, Any] = {"ha": "center", "va": "center", "color": ink, "parse_math": False}
    if row.opinion >= cv.OPINION_SHARE:
        look["bbox"] = {"facecolor": colour, "edgecolor": "none", "pad": 1.5}
    never = "*" if row.exposure <= 0 else ""  # told from its relatives: it was never shown itself
    text = f"{units.speak(row.rate)}{never}\n{units.speak(row.low)}–{units.speak(row.high)}"
    canvas.ax.text(j + 0.5, i + 0.5, text, fontsize=7.5, linespacing=1.35, **look)


def _grid_axes(canvas: Canvas, rows: list[str], columns: list[str]) -> None:
    ax = canvas.ax
    ax.set_yticks(np.arange(len(rows)) + 0.5, [cv.shorten(t, 44) for t in rows], parse_math=False)
    heads = ["\n".join(textwrap.wrap(cv.shorten(t, 34), 17)[:2]) for t in columns]
    ax.set_xticks(np.arange(len(columns)) + 0.5, heads, parse_math=False)
    ax.invert_yaxis()
    ax.tick_params(length=0)
    for side in ax.spines.values():
        side.set_visible(False)


def explanation_size(result: Explanation) -> tuple[float, float]:
    return _outline(min(len(result.table), MOST_TERMS))


def explanation(canvas: Canvas, result: Explanation) -> None:
    """Each term's push on the rate, as times the average; hollow where it rests on opinion."""
    moved = result.table[result.table["term"] != "average"]  # where everything starts, not what moved this cell
    table = moved.loc[moved["effect"].abs().sort_values(ascending=False, kind="stable").index].head(MOST_TERMS)
    canvas.title(_explained(canvas, table, result.facts))
    y = np.arange(len(table))
    low, high = times_interval(table)
    solid = (table["opinion"] < cv.OPINION_SHARE).to_numpy()
    for mine, key, face in ((solid, "explanation.data", cv.BLUE), (~solid, "scores.opinion", "white")):
        if mine.any():
            look = {"fmt": "o", "color": cv.BLUE, "markerfacecolor": face, "label": canvas.say(key)}
            cv.interval(canvas.ax, table["times"][mine], y[mine], low[mine], high[mine], **look)
    canvas.ax.axvline(1, color=cv.GREY, linewidth=1, linestyle="--", zorder=0)
    if len(table) and low.min() > 0:
        canvas.ax.set_xscale("log")
        ends = np.array([low.min(), high.max()])
        canvas.ax.set_xticks([t for t in TIMES if ends[0] * 0.9 <= t <= ends[1] * 1.1])
        canvas.ax.set_xticks([], minor=True)
    canvas.rows([term_label(canvas, t, v) for t, v in zip(table["term"], table["level"], strict=True)])
    canvas.units("x", Units("times", canvas.language), canvas.say("explanation.axis"))
    canvas.legend()


def times_interval(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """The interval on the scale of `times`, whichever scale the table gives it on."""
    low, high = table["low"].to_numpy(float), table["high"].to_numpy(float)
    effect = table["effect"].to_numpy(float)
    on_logit = bool(((low <= effect + 1e-9) & (effect <= high + 1e-9)).all())
    return (np.exp(low), np.exp(high)) if on_logit else (low, high)


def term_label(canvas: Canvas, term: Any, level: Any) -> str:
    """Such as Content type: Video; crossed terms are joined by a times sign."""
    axes = [t for t in str(term).replace("×", ":").replace(" ", "").split(":") if t]
    levels = (
        list(level) if isinstance(level, tuple | list) else [p.strip() for p in str(level).replace("×", "|").replace(":", "|").split("|")]
    )
    if len(axes) != len(levels) or not any(levels):
        return f"{canvas.label('term', term)} {cv.drawable(str(level))}".strip()
    names = canvas.label("column", axes[0]) if len(axes) == 1 else ""
    said = " × ".join(canvas.label(a, v) for a, v in zip(axes, levels, strict=True))
    return canvas.say("pair", name=names, value=said) if names and said else said or names


def _explained(canvas: Canvas, table: pd.DataFrame, facts: Mapping[str, Any]) -> str:
    if table.empty:
        return canvas.say("explanation.empty")
    first = table.iloc[0]
    units = canvas.rate_units(str(facts.get("metric", "")))
    values = {
        "term": cv.shorten(term_label(canvas, first["term"], first["level"]), 60),
        "rate": units.speak(float(facts.get("rate", np.nan))),
    }
    return canvas.say("explanation.up" if first["effect"] >= 0 else "explanation.down", **values)
