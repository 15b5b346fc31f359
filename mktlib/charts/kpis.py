"""The picture of figures of money: one figure, group by group, with its range, the whole, and the line from which it pays."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from mktlib.charts import canvas as cv
from mktlib.charts.canvas import Canvas, Units
from mktlib.results import Kpis
from mktlib.results.money import ASIDE
from mktlib.vocabulary import Tables, phrase
from mktlib.wording import day, money, number, percent

MOST_GROUPS = 24
MARKS: Mapping[str, tuple[str, str]] = {
    "pays": ("^", cv.GREEN),
    "loses": ("v", cv.VERMILION),
    "cannot_tell": ("o", cv.GREY),
    "": ("o", cv.BLUE),
}
MARKS_ASIDE = dict(zip(ASIDE, "sDPX", strict=True))
"""Of a range wholly on one side of break-even of which it cannot be told all the same: a mark for each reason."""
OPEN = ("at_least", "no_high")
"""A lower end alone."""
FAR = 30.0
TIMES = {"week", "date", "day"}
UNITS = {"currency": "money", "fraction": "percent", "ratio": "number"}


# ---------------------------------------------------------------- numbers as they are said


def digits_of(values: tuple[float, ...], scale: float = 1.0) -> int:
    """How many decimals tell a range: the first that its width needs; of one number alone, two figures.

    >>> digits_of((31.27, 27.1, 36.4)), digits_of((8.264, 8.258, 8.271)), digits_of((0.0314,), 100)
    (0, 3, 1)
    """
    known = [abs(v) * scale for v in values[:1] if math.isfinite(v)] or [abs(v) * scale for v in values if math.isfinite(v)]
    ends = [v * scale for v in values[1:] if math.isfinite(v)]
    width = (max(ends) - min(ends)) / 4 if len(ends) == 2 and max(ends) > min(ends) else 0.0
    steps = [x for x in (width, 10 ** math.floor(math.log10(max(known))) / 10 if max(known, default=0.0) > 0 else 0.0) if x > 0]
    return min(max(0, math.ceil(-math.log10(min(steps)) - 1e-9)), 6) if steps else 0


def amounts(values: tuple[float, ...], unit: str, currency: str, language: str) -> list[str]:
    """Numbers of one figure, all to the same decimal: money, shares or ratios.

    >>> amounts((31.27, 27.1, 36.4), "currency", "EUR", "en"), amounts((7.68, 6.4, 9.1), "ratio", "EUR", "fr")
    (['€31', '€27', '€36'], ['7,7', '6,4', '9,1'])
    """
    digits = digits_of(values, 100 if unit == "fraction" else 1)
    if unit == "currency":
        digits = 2 if digits == 1 else digits
        return [money(v, currency, language, digits=digits) for v in values]
    return [percent(v, language, digits=digits) if unit == "fraction" else number(v, language, digits=digits) for v in values]


def counted(row: Mapping[Any, Any], many: float, language: str) -> tuple[str, str]:
    """(a number, the word for what is counted): of the denominator of a figure.

    >>> counted({"of": {"en": ["click", "clicks"], "fr": ["clic", "clics"]}}, 1, "fr")
    ('1', 'clic')
    """
    one, several = row["of"].get(language) or row["of"]["en"]
    single = many == 1 or (language == "fr" and abs(many) < 2)
    return number(many, language, digits=0 if float(many).is_integer() else 1), str(one if single else several)


def group_label(tables: Tables, result: Kpis, row: Mapping[Any, Any], language: str) -> str:
    """The name of a group in the reader's words."""
    if row["of"] != "group":
        return phrase(f"labels.of.{row['of']}", language)
    return " · ".join(_level(tables, c, str(row[c]), language) for c in result.facts["by"])


def _level(tables: Tables, column: str, key: str, language: str) -> str:
    if column in ("week", "date", "day") and re.fullmatch(r"\d{4}-\d\d-\d\d", key):
        return day(key, language, short=True)
    kind = "scope" if key == "others" else column
    return phrase("words.missing", language) if key == "(missing)" else tables.label(kind, key, language)


def whole_of(table: pd.DataFrame) -> pd.Series:
    """The row of the whole: of what cost money, where there is one."""
    paid = table[table["of"] == "paid"]
    return (paid if len(paid) else table).iloc[-1]


def figure_rows(result: Kpis) -> pd.DataFrame:
    """The rows of the headline's figure."""
    return result.table[result.table["kpi"] == result.facts["kpi"]]


# ---------------------------------------------------------------- the picture


def _shown(result: Kpis) -> tuple[pd.DataFrame, int]:
    """The rows to draw and how many are left out: of many groups the largest, of many weeks or days the last."""
    rows = figure_rows(result)
    groups, whole = rows[rows["of"] == "group"], rows[rows["of"] != "group"]
    left = max(len(groups) - MOST_GROUPS, 0)
    if left and {*result.facts["by"]} & TIMES:
        groups = groups.tail(MOST_GROUPS)
    elif left:
        size = groups[["numerator", "denominator"]].abs().max(axis=1)
        groups = groups.loc[size.sort_values(ascending=False, kind="stable").index[:MOST_GROUPS]].sort_index()
    shift = len(groups) + bool(left)
    return pd.concat([groups.assign(y=np.arange(len(groups))), whole.assign(y=shift + np.arange(len(whole)))]), left


def groups_size(result: Kpis) -> tuple[float, float]:
    rows, left = _shown(result)
    return 9.5, 2.6 + 0.42 * max(len(rows) + bool(left), 1)


def named(tables: Tables, key: str, language: str) -> str:
    """A figure with its denominator, said once.

    >>> from mktlib.vocabulary import load_tables
    >>> named(load_tables(), "cpl", "en"), named(load_tables(), "ctr", "fr")
    ('Cost per lead', 'Taux de clics, par impression')
    """
    label, per = tables.label("kpi", key, language), tables.kpis[key]["per"]
    said = str(per.get(language) or per["en"])
    return label if said.casefold() in label.casefold() else f"{label}, {said}"


def groups(canvas: Canvas, result: Kpis) -> None:
    """One figure by group: the range, its value, whether it pays, and the line from which it does."""
    rows, left = _shown(result)
    if rows.empty:
        return canvas.nothing("kpis.empty")
    facts, key = result.facts, str(result.facts["kpi"])
    row = canvas.tables.kpis[key]
    even = rows["break_even"].dropna()
    at = float(even.iloc[-1]) if len(even) else math.nan
    said = amounts((at,), row["unit"], facts["currency"], canvas.language)[0] if len(even) else ""
    title = "title_test" if facts["made_by"] == "incremental_roas" else "title_even" if said else "title"
    canvas.title(canvas.say(f"kpis.{title}", kpi=named(canvas.tables, key, canvas.language), even=said))
    labels = [_row_label(canvas, result, row, r) for r in rows.to_dict("records")]
    split = int((rows["of"] == "group").sum())
    canvas.rows([*labels[:split], *([canvas.say("kpis.more", count=left)] if left else []), *labels[split:]], width=46)
    _log(canvas, rows)
    for verdict in dict.fromkeys(_verdicts(rows)):
        _series(canvas, rows, verdict)
    _without(canvas, rows, row["unit"], facts["currency"])
    more: list[Any] = []
    if said:
        line = canvas.ax.axvline(at, color=cv.INK, linestyle="--", linewidth=1.2, label="_even", zorder=1)
        more = [Line2D([], [], color=line.get_color(), linestyle="--", linewidth=1.2, label=canvas.say("kpis.even", value=said))]
    units = Units(UNITS[row["unit"]], canvas.language, facts["currency"])
    name = canvas.say("kpis.axis", kpi=canvas.label("kpi", key), unit=_per(canvas, row), level=canvas.percent(facts["level"], 0))
    canvas.units("x", units, name)
    canvas.ax.grid(axis="x", color=cv.FAINT)
    if 0 < split < len(rows):
        canvas.ax.axhline(rows["y"].iloc[split] - 0.5, color=cv.FAINT, linewidth=1.4)
    canvas.legend([*canvas.ax.get_legend_handles_labels()[0], *more], columns=4)


def _per(canvas: Canvas, row: Mapping[Any, Any]) -> str:
    return str(row["per"].get(canvas.language) or row["per"]["en"])


def _verdicts(rows: pd.DataFrame) -> pd.Series:
    """The verdict of each row; of a range that lies on one side of break-even and leaves it open, with the reason."""
    known = rows["verdict"].where(rows["verdict"].isin([*MARKS]), "")
    why = rows["why"].where(known.eq("cannot_tell") & rows["why"].isin(ASIDE), "") if "why" in rows else ""
    return (known + " " + why).str.strip()


def _row_label(canvas: Canvas, result: Kpis, row: Mapping[Any, Any], r: Mapping[Any, Any]) -> str:
    """A group and what it is counted over."""
    name = cv.drawable(group_label(canvas.tables, result, r, canvas.language))
    if not r["denominator"] or not np.isfinite(r["denominator"]) or result.facts["made_by"] != "kpis":
        return name
    if row["denominator"] in row.get("money", ()):
        many = money(r["denominator"], result.facts["currency"], canvas.language, digits=0)
        return canvas.say("kpis.basis_money", group=cv.shorten(name, 30), many=many)
    many, of = counted(row, r["denominator"], canvas.language)
    return canvas.say("kpis.basis", group=cv.shorten(name, 26), many=many, of=of)


def _log(canvas: Canvas, rows: pd.DataFrame) -> None:
    """A logarithmic axis where groups lie far apart and none is below 0; from the least that is not 0 down to 0 it is straight."""
    values = rows[["value", "low", "high"]].to_numpy(float).ravel()
    some = values[np.isfinite(values) & (values != 0)]
    if not cv.wide(pd.Series(some), FAR):
        return
    if len(some) == np.isfinite(values).sum():
        canvas.ax.set_xscale("log")
    else:
        canvas.ax.set_xscale("symlog", linthresh=10 ** math.floor(math.log10(some.min())), linscale=0.4)
        canvas.ax.set_xlim(0, 1.4 * max(some.max(), rows["break_even"].max(skipna=True) if rows["break_even"].notna().any() else 0.0))


def _series(canvas: Canvas, rows: pd.DataFrame, verdict: str) -> None:
    """The groups of one verdict: value and range."""
    part = rows[_verdicts(rows).eq(verdict) & rows["value"].notna()]
    if part.empty:
        return
    kind, _, why = verdict.partition(" ")
    marker, colour = MARKS[kind]
    low, high = part["low"].fillna(part["value"]), part["high"].fillna(part["value"])
    name = canvas.say(f"kpis.{kind or 'plain'}") + (f" ({canvas.label('why', why)})" if why else "")
    mark = MARKS_ASIDE.get(why, marker)
    cv.interval(canvas.ax, part["value"], part["y"], low, high, color=colour, marker=mark, label=name, zorder=3)


def _without(canvas: Canvas, rows: pd.DataFrame, unit: str, currency: str) -> None:
    """Groups whose range is open, and those without a figure: an arrow, or the word for why."""
    known = rows[["value", "low", "high", "break_even"]].to_numpy(float)
    right = 1.15 * float(np.abs(known[np.isfinite(known)]).max(initial=1e-9))
    lower = rows[rows["status"].isin(OPEN) & np.isfinite(rows["low"])]
    for r in lower.to_dict("records"):
        arrow = {"arrowstyle": "->", "color": cv.GREY, "linewidth": 1.6, "linestyle": "--"}
        canvas.ax.annotate("", (right, r["y"]), (r["low"], r["y"]), arrowprops=arrow)
        said = canvas.say("kpis.at_least", low=amounts((r["low"],), unit, currency, canvas.language)[0])
        canvas.ax.text(r["low"], r["y"] - 0.3, said, fontsize=8, color=cv.INK, va="center", parse_math=False)
    if len(lower):
        look: dict[str, Any] = {"marker": "|", "color": cv.GREY, "markersize": 12, "markeredgewidth": 2, "linestyle": "none"}
        canvas.ax.plot(lower["low"], lower["y"], label=canvas.say("kpis.lower"), **look)
        canvas.ax.set_xlim(right=right * 1.02)
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
    for r in rows[rows["value"].isna()].drop(index=lower.index).to_dict("records"):
        said, across = phrase(f"labels.kpi_status.{r['status']}", canvas.language), canvas.ax.get_yaxis_transform()
        canvas.ax.text(0.012, r["y"], said, transform=across, fontsize=9, color=cv.GREY, va="center", bbox=box, zorder=4, parse_math=False)
