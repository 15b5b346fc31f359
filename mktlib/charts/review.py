"""Pictures of a review: promise beside result (surprises first), calibration, where the value went, and what levels share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mktlib.charts import canvas as cv
from mktlib.charts.canvas import Canvas, Units, wrapped
from mktlib.charts.plans import WHITE, currency, on_diagonal
from mktlib.charts.scores import _outline
from mktlib.results import Learnt, Review

MOST_NAMED, MOST_ROWS, MOST_LEVELS = 8, 24, 18
NEAR = 20.0
"""Times the promise, either way, beyond which a row is drawn at the edge."""
BAND: dict[str, Any] = {"fmt": "|", "color": "#8fa3b3", "elinewidth": 7, "capsize": 0, "markersize": 11, "markeredgecolor": cv.INK}


def _known(result: Review) -> pd.DataFrame:
    return result.table[result.table["actual"].notna() & (result.table["predicted"] > 0)]


def _named(result: Review) -> pd.DataFrame:
    """The groups that are surprises, by what came over what was promised; single placements are among the rows below, as they came."""
    if result.surprises.empty:
        return pd.DataFrame(columns=["axis"])
    whole = result.surprises[result.surprises["axis"] != "placement"]
    times = (whole["came"] / whole["promised"]).where(whole["promised"] > 0)
    told = (times - 1) * (whole["ratio"] - 1) > 0  # else it stands only once the others are taken off
    return whole.assign(times=times)[told].head(cv.fitting(MOST_NAMED, 3))


def shown(result: Review) -> pd.DataFrame:
    """The placements drawn: those outside their range, then the farthest from their promise; not those that a named group tells of."""
    known = _known(result)
    for row in _named(result).to_dict("records"):
        if row["axis"] in known:
            known = known[known[row["axis"]].astype(str) != str(row["level"])]
    far = known["surprise"].abs()
    order = known.assign(_out=~known["inside"].astype(bool), _far=far).sort_values(["_out", "_far"], ascending=False, kind="stable")
    return order.head(cv.fitting(MOST_ROWS, 8))


def items_size(result: Review) -> tuple[float, float]:
    return _outline(len(shown(result)) + len(_named(result)), width=9.4, row=cv.fitting(36, 54) / 100)


def items(canvas: Canvas, result: Review) -> None:
    """Times the promise: what is a surprise on top, then the placements farthest from it, each beside its promised range."""
    canvas.title(title(canvas, result))
    rows, named = shown(result), _named(result)
    if rows.empty:
        return canvas.note(canvas.say("nothing"))
    y = np.arange(len(named), len(named) + len(rows))
    times = rows[["low", "high", "actual"]].div(rows["predicted"], axis=0).clip(1 / NEAR, NEAR)
    level = canvas.percent(float(result.facts.get("level", 0.9)))
    cv.interval(canvas.ax, np.ones(len(rows)), y, times["low"], times["high"], label=canvas.say("review.promised", level=level), **BAND)
    inside = rows["inside"].astype(bool).to_numpy()
    for mine, marker, colour, key in ((inside, "o", cv.BLUE, "review.inside"), (~inside, "X", cv.VERMILION, "review.outside")):
        if mine.any():
            look: dict[str, Any] = {"s": 70, "color": colour, "edgecolor": "white", "zorder": 4, "label": canvas.say(key)}
            canvas.ax.scatter(times["actual"][mine], y[mine], marker=marker, **look)
    if len(named):
        look = {"s": 60, "marker": "D", "color": cv.PURPLE, "zorder": 5, "label": canvas.say("review.named")}
        canvas.ax.scatter(named["times"].clip(1 / NEAR, NEAR), np.arange(len(named)), **look)
        canvas.ax.axhline(len(named) - 0.5, color=cv.GREY, linewidth=0.8)
    canvas.ax.axvline(1, color=cv.INK, linewidth=0.9, linestyle="--", zorder=1)
    canvas.ax.set_xscale("log")
    drawn = [times.to_numpy(float).ravel(), named["times"].clip(1 / NEAR, NEAR).to_numpy(float) if len(named) else np.zeros(0)]
    _time_ticks(canvas, np.concatenate(drawn))
    labels = [named_label(canvas, r) for r in named.to_dict("records")] + [_placement(canvas, r) for r in rows.to_dict("records")]
    canvas.rows(labels, width=cv.fitting(44, 38), lines=2)
    rest = len(_known(result)) - len(rows)
    axis = canvas.say("review.axis", metric=canvas.label("metric", str(result.facts.get("metric", ""))))
    more = [canvas.say("review.rest", count=rest, rest=canvas.number(rest))] if rest else []
    idle = int(result.facts.get("not_executed") or 0)
    more += [canvas.say("review.idle", count=idle, idle=canvas.number(idle))] if idle else []
    canvas.units("x", Units("times", canvas.language), "\n".join([axis, " ".join(more)]).rstrip())
    canvas.ax.grid(axis="x", color=cv.FAINT)
    canvas.legend(columns=2)


def _time_ticks(canvas: Canvas, values: np.ndarray) -> None:
    """Ticks of a scale of times, as people say them."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    wanted = [x for x in (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20) if low * 0.7 <= x <= high * 1.4]
    if len(wanted) < 3:
        wanted = [x for x in (0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.4, 1.6) if low * 0.9 <= x <= high * 1.1]
    canvas.ax.set_xticks(wanted)
    canvas.ax.minorticks_off()
    canvas.ax.set_xlim(min([low * 0.9, *wanted]), max([high * 1.1, *wanted]))


def named_label(canvas: Canvas, row: Mapping[Any, Any]) -> str:
    """A surprise in words: the level and how many placements it is about."""
    if row["axis"] == "campaign":
        return canvas.say("review.campaign", count=int(row["placements"]), many=canvas.number(int(row["placements"])))
    if row["axis"] == "placement":
        item, segment, channel = [*str(row["level"]).split(" / "), "", ""][:3]
        return cv.PART.join([canvas.label("segment", segment), canvas.label("channel", channel), cv.drawable(item)])
    axis, name = canvas.label("column", row["axis"]), canvas.label(str(row["axis"]), row["level"])
    many = canvas.say("review.group", count=int(row["placements"]), many=canvas.number(int(row["placements"])))
    return canvas.say("pair", name=axis, value=f"{cv.shorten(name, 26)} ({many})")


def _placement(canvas: Canvas, row: Mapping[Any, Any]) -> str:
    parts = [canvas.label("content_type", row["content_type"])] if row.get("content_type") else []
    parts += [canvas.label("segment", row["segment"]), canvas.label("channel", row["channel"])]
    return f"{cv.PART.join(cv.shorten(p, 24) for p in parts)} ({cv.shorten(cv.drawable(str(row['item'])), 10)})"


def title(canvas: Canvas, result: Review) -> str:
    known = result.table["actual"].notna()
    items, inside = (int(result.facts.get(k, v)) for k, v in (("items", known.sum()), ("inside", (result.table["inside"] & known).sum())))
    level = canvas.percent(float(result.facts.get("level", 0.9)))
    return canvas.say("review.title", count=inside, inside=canvas.number(inside), items=canvas.number(items), level=level)


# ---------------------------------------------------------------- calibration


def calibration(canvas: Canvas, result: Review) -> None:
    """Promise across, outcome up; on the dashed line the promise was kept."""
    canvas.title(title(canvas, result))
    if result.calibration.empty:
        return canvas.note(canvas.say("nothing"))
    values = result.table[["predicted", "actual"]].to_numpy(float)
    rates = bool(np.isfinite(values).any() and np.nanmax(values) <= 1)
    units = Units("percent" if rates else "number", canvas.language)
    on_diagonal(canvas, result.calibration, units, cv.shorten(canvas.label("metric", str(result.facts.get("metric", ""))), 40))


# ---------------------------------------------------------------- the gap


def gap_size(result: Review) -> tuple[float, float]:
    return 9.0, 4.6


def gap(canvas: Canvas, result: Review) -> None:
    """From the value planned to the value that came, a bar a part; what the promise allowed the rate as a thin line."""
    frame, money = result.gap, Units("money", canvas.language, currency(result))
    if frame.empty or not {"planned", "came"} <= set(frame["step"]):
        return canvas.nothing("review.no_value")
    whole = frame.set_index("step")["value"]
    said = {k: money.speak(float(f"{whole[k]:.3g}")) for k in ("planned", "came")}
    canvas.title(canvas.say("review.gap_title", **said))
    x, value = np.arange(len(frame)), frame["value"].to_numpy(float)
    low, tall = frame[["start", "end"]].min(axis=1).to_numpy(float), (frame["end"] - frame["start"]).abs().to_numpy(float)
    ends = frame["step"].isin(["planned", "came"]).to_numpy()
    kinds = ((ends, cv.GREY, "", "whole"), (~ends & (value >= 0), cv.BLUE, "//", "more"), (~ends & (value < 0), cv.VERMILION, "..", "less"))
    for mine, colour, hatch, key in kinds:
        if mine.any():
            look: dict[str, Any] = {"color": colour, "hatch": hatch, "edgecolor": "white", "width": 0.62}
            canvas.ax.bar(x[mine], tall[mine], bottom=low[mine], label=canvas.say(f"review.{key}"), **look)
    top = low + tall
    allowed = (frame["start"] + frame["high"]).max()
    for k in range(len(frame)):
        text = money.speak(round(value[k]) if abs(value[k]) >= 10 else value[k])
        look = {"ha": "center", "va": "bottom", "fontsize": 9, "parse_math": False, "bbox": WHITE, "gid": "said"}
        sign = "+" if not ends[k] and value[k] > 0 else ""
        canvas.ax.annotate(sign + text, (x[k], top[k]), xytext=(0, 3), textcoords="offset points", **look)
    _allowed(canvas, frame, x)
    steps = [wrapped(canvas.label("gap_step", s), 14, 2) for s in frame["step"]]
    canvas.ax.set_xticks(x, steps, parse_math=False, fontsize=cv.fitting(9, 8))
    canvas.units("y", money, canvas.say("review.value", currency=currency(result)))
    highest = float(max(top.max(), 1e-9))
    canvas.ax.set_ylim(0, max(1.12 * highest, min(1.05 * float(allowed), 1.8 * highest) if np.isfinite(allowed) else 0.0))
    canvas.ax.grid(axis="y", color=cv.FAINT)
    canvas.legend(columns=4)


def _allowed(canvas: Canvas, frame: pd.DataFrame, x: np.ndarray) -> None:
    """How far the promise let the rate carry the value, either way."""
    for k, row in enumerate(frame.itertuples(index=False)):
        if np.isfinite(float(row.low)):  # type: ignore[arg-type]
            start = float(row.start)  # type: ignore[arg-type]
            ends = [max(start + float(row.low), 0.0), start + float(row.high)]  # type: ignore[arg-type]
            look: dict[str, Any] = {"color": cv.INK, "linewidth": 1.4, "marker": "_", "markersize": 9, "zorder": 5}
            canvas.ax.plot([x[k] + 0.38] * 2, ends, label=canvas.say("review.allowed"), **look)


# ---------------------------------------------------------------- what levels share


def _levels(result: Review) -> pd.DataFrame:
    """The levels that are told apart, then the farthest, in the order of axes."""
    frame = result.levels
    if frame.empty:
        return frame
    frame = frame[frame["ratio"].notna() & ((frame["placements"] > 1) | (frame["axis"] == "campaign"))]
    frame = frame.assign(_far=np.log(frame["ratio"]).abs(), _whole=frame["axis"] == "campaign")
    kept = frame.sort_values(["_whole", "apart", "_far"], ascending=False, kind="stable").head(MOST_LEVELS)
    return kept.sort_values(["_whole", "axis", "ratio"], ascending=[False, True, False], kind="stable")


def levels_size(result: Review) -> tuple[float, float]:
    return _outline(len(_levels(result)), width=9.0, row=0.36)


def levels(canvas: Canvas, result: Review) -> None:
    """How many times the promise each channel, segment or kind of content came in, the others taken into account."""
    frame = _levels(result)
    apart = int(frame["apart"].sum()) if len(frame) else 0
    canvas.title(canvas.say("review.levels_title", count=apart, apart=canvas.number(apart)) if apart else canvas.say("review.levels_none"))
    if frame.empty:
        return canvas.note(canvas.say("nothing"))
    y, sure = np.arange(len(frame)), frame["apart"].astype(bool).to_numpy()
    level = canvas.percent(float(result.facts.get("level", 0.9)))
    for mine, marker, colour, key in ((~sure, "o", cv.GREY, "review.level_near"), (sure, "D", cv.VERMILION, "review.level_apart")):
        if mine.any():
            part = frame[mine]
            look: dict[str, Any] = {"marker": marker, "color": colour, "label": canvas.say(key, level=level)}
            cv.interval(canvas.ax, part["ratio"], y[mine], part["low"], part["high"], **look)
    canvas.ax.axvline(1, color=cv.INK, linewidth=0.9, linestyle="--", zorder=1)
    canvas.ax.set_xscale("log")
    _time_ticks(canvas, frame[["low", "high"]].to_numpy(float).ravel())
    canvas.rows([named_label(canvas, row) for row in frame.to_dict("records")], width=64, lines=1)
    canvas.units("x", Units("times", canvas.language), canvas.say("review.level_axis"))
    canvas.ax.grid(axis="x", color=cv.FAINT)
    canvas.legend(columns=2)


# ---------------------------------------------------------------- what was learnt


def _moved(result: Learnt) -> pd.DataFrame:
    """The cells that ran: those with another verdict, then those whose rate moved most."""
    ran = result.table[result.table["run"].astype(bool)]
    far = np.abs(np.log(ran["rate"].clip(lower=1e-12) / ran["rate_before"].clip(lower=1e-12)))
    kept = ran.assign(_far=far).sort_values(["changed", "_far"], ascending=False, kind="stable").head(MOST_LEVELS)
    return kept.sort_values("rate", ascending=False, kind="stable")


def moved_size(result: Learnt) -> tuple[float, float]:
    return _outline(len(_moved(result)), width=9.4, row=0.4)


def moved(canvas: Canvas, result: Learnt) -> None:
    """What was thought of each cell before the campaign, and what is known after it."""
    frame, facts = _moved(result), result.facts
    canvas.title(canvas.say("learnt.title", count=int(facts["changed"]), changed=canvas.number(int(facts["changed"]))))
    if frame.empty:
        return canvas.note(canvas.say("nothing"))
    y, level = np.arange(len(frame)), canvas.percent(float(facts.get("level", 0.9)))
    sides: tuple[tuple[str, float, dict[str, Any]], ...] = (
        (
            "_before",
            -0.13,
            {"marker": "o", "color": cv.GREY, "markerfacecolor": "white", "label": canvas.say("learnt.before", level=level)},
        ),
        ("", 0.13, {"marker": "D", "color": cv.BLUE, "label": canvas.say("learnt.after", level=level)}),
    )
    for end, shift, look in sides:
        cv.interval(canvas.ax, frame[f"rate{end}"], y + shift, frame[f"low{end}"], frame[f"high{end}"], **look)
    metric, by = (
        str(facts.get("metric", "")),
        [a for a in facts.get("by", ()) if a in frame and a != "length" and len(frame[a].unique()) > 1],
    )
    canvas.rows([cv.PART.join(cv.shorten(canvas.label(a, row[a]), 22) for a in by) for row in frame.to_dict("records")], width=56, lines=2)
    canvas.units("x", canvas.rate_units(metric, str(facts.get("currency", "EUR"))), canvas.label("metric", metric))
    canvas.ax.set_xlim(left=0)
    canvas.ax.grid(axis="x", color=cv.FAINT)
    canvas.legend(columns=2)
