"""Pictures of what is decided and what came of it: the calendar, the limits, calibration of a back-test."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mktlib.charts import canvas as cv
from mktlib.charts.canvas import Canvas, Units
from mktlib.charts.scores import _grid_axes, _outline
from mktlib.results import Backtest, Plan

MOST_ROWS, MOST_WEEKS = 16, 14
BINDING = 0.999
LABEL = 40  # letters of a line that names a limit
WHITE: dict[str, Any] = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}


def currency(result: Any) -> str:
    return str(result.facts.get("currency", "EUR"))


def spend_grid(plan: Plan) -> pd.DataFrame:
    """Spend by item (or by channel where there are many items) and week, quiet weeks too; the dearest rows first."""
    many = plan.schedule["item"].nunique() > MOST_ROWS
    keys = ["channel"] if many else ["item", "channel"]
    grid = plan.schedule.pivot_table(index=keys, columns="week", values="spend", aggfunc="sum", observed=True)
    order = grid.sum(axis=1).sort_values(ascending=False, kind="stable").index
    return grid.loc[order].head(MOST_ROWS).reindex(columns=_weeks(plan, list(grid.columns))[:MOST_WEEKS])


def _weeks(plan: Plan, shown: list[Any]) -> list[Any]:
    """Every week of the campaign; only those of the schedule where they are not counted."""
    if not shown or not all(isinstance(w, int | np.integer) for w in shown):
        return shown
    return list(range(min(1, *shown), max(int(plan.facts.get("weeks") or 1), *shown) + 1))


def _silent(plan: Plan, week: Any) -> bool:
    """Whether the brief of a plan wants silence from everyone on every day of a week."""
    brief: Any = getattr(plan, "brief", None)
    days = brief.week_days(week) if brief is not None and isinstance(week, int) else []
    mutes = [m for m in brief.mutes if m.segment is None and m.channel is None] if days else []
    return bool(mutes) and all(any(m.first_day <= day <= m.last_day for m in mutes) for day in days)


def week_label(canvas: Canvas, week: Any) -> str:
    return canvas.say("week", week=canvas.number(int(week))) if isinstance(week, int | np.integer) else cv.drawable(str(week))


def calendar_size(plan: Plan) -> tuple[float, float]:
    if plan.schedule.empty:
        return 8.0, 2.6
    grid = spend_grid(plan)
    return max(7.5, 3.4 + 0.8 * grid.shape[1]), max(2.8, 1.8 + 0.4 * grid.shape[0])


def calendar(canvas: Canvas, plan: Plan) -> None:
    """Weeks across, what runs down; each box the money spent on it."""
    canvas.title(plan_title(canvas, plan))
    if plan.schedule.empty:
        return canvas.note(canvas.say("nothing"))
    grid = spend_grid(plan)
    units = Units("money", canvas.language, currency(plan))
    mesh = canvas.ax.pcolormesh(np.ma.masked_invalid(grid.to_numpy(float)), cmap="cividis_r", edgecolors="white", linewidth=2, vmin=0)
    mesh.mktlib_units = units  # type: ignore[attr-defined]
    for (i, j), value in np.ndenumerate(grid.to_numpy(float)):
        if np.isfinite(value) and value > 0:
            bright = float(np.dot(mesh.to_rgba(value)[:3], (0.2126, 0.7152, 0.0722)))
            ink = "black" if bright > 0.45 else "white"
            canvas.ax.text(
                j + 0.5, i + 0.5, canvas.number(round(value), 0), ha="center", va="center", fontsize=8, color=ink, parse_math=False
            )
    names = [item_label(canvas, plan, key) for key in grid.index]
    weeks, muted = [week_label(canvas, w) for w in grid.columns], canvas.say("calendar.muted")
    heads = [canvas.say("pair", name=name, value=muted) if _silent(plan, w) else name for name, w in zip(weeks, grid.columns, strict=True)]
    _grid_axes(canvas, names, heads)
    canvas.name("x", canvas.say("calendar.axis", currency=currency(plan)))


def item_label(canvas: Canvas, plan: Plan, key: Any) -> str:
    """The piece and its channel in words."""
    if not isinstance(key, tuple):
        return canvas.label("channel", key)
    item, channel = key
    kinds = plan.items.drop_duplicates("item").set_index("item")["content_type"]
    name = canvas.label("content_type", kinds[item]) if item in kinds.index else cv.drawable(str(item))
    return f"{cv.shorten(name, 20)} ({cv.shorten(cv.drawable(str(item)), 8)}) · {cv.shorten(canvas.label('channel', channel), 14)}"


def plan_title(canvas: Canvas, plan: Plan) -> str:
    money = Units("money", canvas.language, currency(plan))
    made = int((plan.items["status"] == "make").sum())
    spend = float(plan.facts.get("spend", plan.schedule["spend"].sum()))
    return canvas.say("calendar.title", count=made, pieces=canvas.number(made), spend=money._say(round(spend), 0))


def limits_size(plan: Plan) -> tuple[float, float]:
    return _outline(len(_fullest(plan)), row=0.42)


def _fullest(plan: Plan) -> pd.DataFrame:
    table = plan.limits.assign(share=plan.limits["used"] / plan.limits["most"].where(plan.limits["most"] > 0))
    return table.sort_values(["share", "price"], ascending=False, kind="stable").head(MOST_ROWS)


def limits(canvas: Canvas, plan: Plan) -> None:
    """How much of each limit is used; a full bar is hatched and shows what one more unit would bring."""
    table = _fullest(plan)
    full = ((table["share"] >= BINDING) & (table["price"] > 0)).to_numpy()  # one that is used up and costs nothing holds nothing back
    held = len(plan.binding)
    canvas.title(canvas.say("limits.title", count=held, full=canvas.number(held)) if held else canvas.say("limits.none"))
    if table.empty:
        return canvas.note(canvas.say("nothing"))
    y = np.arange(len(table))
    for mine, colour, hatch, key in ((full, cv.ORANGE, "//", "limits.full"), (~full, cv.SKY, "", "limits.free")):
        if mine.any():
            look: dict[str, Any] = {
                "color": colour,
                "edgecolor": cv.INK,
                "linewidth": 0.6,
                "hatch": hatch,
                "height": 0.66,
                "label": canvas.say(key),
            }
            canvas.ax.barh(y[mine], table["share"][mine].fillna(0), **look)
    for place, (_, row) in enumerate(table.iterrows()):
        at = min(float(np.nan_to_num(row.share)), 1.05)
        canvas.ax.text(at + 0.02, place, _limit_text(canvas, row), va="center", fontsize=8, bbox=WHITE, parse_math=False)
    canvas.rows([limit_label(canvas, row) for row in table.itertuples(index=False)], width=LABEL, lines=2)
    canvas.ax.set_xlim(0, 2.3)
    canvas.ax.set_xticks([0, 0.25, 0.5, 0.75, 1])
    canvas.ax.axvline(1, color=cv.GREY, linewidth=1, linestyle="--", zorder=0)
    canvas.units("x", Units("percent", canvas.language), canvas.say("limits.axis"))
    canvas.legend()


def limit_label(canvas: Canvas, row: Any) -> str:
    """What a limit applies to, then the limit, on a line each where one does not hold both."""
    name, scope = canvas.label("limit", row.limit), str(row.scope) if pd.notna(row.scope) and row.scope != "" else ""
    if not scope or scope in ("all", row.limit):
        return name
    about = scope_label(canvas, f" / {scope}" if row.limit == "days" else scope)
    whole = canvas.say("pair", name=about, value=name)
    first = canvas.say("pair", name=about, value="").rstrip()
    return whole if len(whole) <= LABEL else f"{first}{cv.PART}{cv.shorten(name, LABEL)}"


def scope_label(canvas: Canvas, scope: str) -> str:
    """A scope in words, whatever axis it is a level of."""
    kinds = {"channel": "channels", "segment": "segments", "content_type": "content_types", "stage": "stages", "style": "styles"}
    name, _, week = scope.partition(" / ")
    said = next((canvas.label(k, name) for k, many in kinds.items() if name in getattr(canvas.tables, many)), cv.drawable(name))
    return ", ".join([*([cv.shorten(said, LABEL - 10)] if name else []), *([canvas.say("week", week=cv.drawable(week))] if week else [])])


def _limit_text(canvas: Canvas, row: Any) -> str:
    used, most = (canvas.number(round(float(v), 1)) for v in (row.used, row.most))
    text = canvas.say("limits.used", used=used, most=most, unit=canvas.label("unit", row.unit) if pd.notna(row.unit) else "")
    if pd.notna(row.price) and row.price > 0:
        text += "\n" + canvas.say("limits.price", price=canvas.number(float(f"{row.price:.2g}")))
    return text


def spend_size(plan: Plan) -> tuple[float, float]:
    return 8.0, 4.2


def spend(canvas: Canvas, plan: Plan) -> None:
    """Money a week, stacked by channel."""
    canvas.title(plan_title(canvas, plan))
    if plan.schedule.empty:
        return canvas.note(canvas.say("nothing"))
    grid = plan.schedule.pivot_table(index="week", columns="channel", values="spend", aggfunc="sum", fill_value=0.0, observed=True)
    grid = grid[grid.sum().sort_values(ascending=False, kind="stable").index]
    x, base = np.arange(len(grid)), np.zeros(len(grid))
    for k, channel in enumerate(grid.columns):
        colour, _, hatch = cv.SERIES[k % len(cv.SERIES)]
        values = grid[channel].to_numpy(float)
        canvas.ax.bar(
            x, values, bottom=base, color=colour, hatch=hatch, edgecolor="white", width=0.7, label=canvas.label("channel", channel)
        )
        base = base + values
    canvas.ax.set_xticks(x, [week_label(canvas, w) for w in grid.index], parse_math=False)
    canvas.units("y", Units("money", canvas.language, currency(plan)), canvas.say("spend.axis", currency=currency(plan)))
    canvas.ax.grid(axis="y", color=cv.FAINT)
    canvas.legend()


def calibration_size(result: Any) -> tuple[float, float]:
    return 6.6, 5.4


def on_diagonal(canvas: Canvas, table: pd.DataFrame, units: Units, name: str) -> None:
    ax, actual = canvas.ax, table["actual"].to_numpy(float)
    span = [np.maximum(actual - table["low"].to_numpy(float), 0), np.maximum(table["high"].to_numpy(float) - actual, 0)]
    ax.errorbar(
        table["predicted"], actual, yerr=np.nan_to_num(span), fmt="o", color=cv.BLUE, capsize=3, label=canvas.say("calibration.points")
    )
    both = np.r_[table["predicted"].to_numpy(float), actual]
    top = float(np.nanmax(np.r_[both, table["high"].to_numpy(float)])) * 1.08 or 1.0
    ax.plot([0, top], [0, top], linestyle="--", color=cv.GREY, zorder=0, label="_diagonal")
    ax.set_xlim(0, top)
    ax.set_ylim(0, top)
    for axis in ("x", "y"):
        cv.count_axis(ax, axis)
    canvas.units("x", units, canvas.say("calibration.predicted", metric=name))
    canvas.units("y", units, canvas.say("calibration.observed", metric=name))
    ax.grid(color=cv.FAINT)
    ax.annotate(
        canvas.say("calibration.line"), (top * 0.97, top * 0.03), ha="right", va="bottom", fontsize=8.5, color=cv.GREY, parse_math=False
    )


def backtest_bins(result: Backtest, bins: int = 8) -> pd.DataFrame:
    """Held-out cells in groups of equal exposure, each with its observed rate and a 90 % interval for how its cells scatter around it."""
    cells = result.cells[result.cells["exposure"] > 0].sort_values("predicted", kind="stable")
    if cells.empty:
        return pd.DataFrame(columns=["predicted", "actual", "low", "high"])
    share = cells["exposure"].cumsum() / cells["exposure"].sum()
    group = np.minimum((share.to_numpy(float) * bins).astype(int), bins - 1)
    rows = []
    for _, part in cells.groupby(group):
        exposure = float(part["exposure"].sum())
        observed, predicted = (float((part[c] * part["exposure"]).sum() / exposure) for c in ("observed", "predicted"))
        weight = part["exposure"].to_numpy(float) / exposure
        apart = part["observed"].to_numpy(float) - part["predicted"].to_numpy(float) - (observed - predicted)
        spread = 1.645 * np.sqrt((weight**2 * apart**2).sum() * len(part) / max(len(part) - 1, 1))
        rows.append((predicted, observed, max(0.0, observed - spread), observed + spread))
    return pd.DataFrame(rows, columns=["predicted", "actual", "low", "high"])


def backtest(canvas: Canvas, result: Backtest) -> None:
    """Held-out rates against the predicted ones, and what the model gained over raw rates."""
    gains = {k: canvas.percent(float(result.facts.get(k, np.nan)), 1) for k in ("gain", "gain_raw")}
    coverage, level = (canvas.percent(float(result.facts.get(k, np.nan))) for k in ("coverage", "level"))
    better = float(result.facts.get("gain", 0)) > max(0.0, float(result.facts.get("gain_raw", 0)))
    canvas.title(canvas.say("backtest.better" if better else "backtest.worse", **gains))
    table = backtest_bins(result)
    if table.empty:
        return canvas.note(canvas.say("nothing"))
    metric = str(result.facts.get("metric", ""))
    units = canvas.rate_units(metric, str(result.facts.get("currency", "EUR")))
    on_diagonal(canvas, table, units, canvas.label("metric", metric))
    text = canvas.say("backtest.coverage", coverage=coverage, level=level)
    canvas.ax.text(0.02, 0.97, text, transform=canvas.ax.transAxes, va="top", fontsize=9, gid="said", parse_math=False)
