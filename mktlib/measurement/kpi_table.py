"""The table of figures of money and of steps: what a click, a lead or a sale cost, what revenue was attributed, with honest ranges.

A total is the ratio of sums, never the mean of ratios. A log tells what was attributed to a campaign, not what came because of it: who
wants to know that needs an experiment (`incremental_roas`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import Any

import numpy as np
import pandas as pd

from mktlib.errors import DataError, Finding
from mktlib.glmm.mixing import holm
from mktlib.measurement.kpi_parts import GROUP, PAID, Part, parts_of
from mktlib.measurement.kpi_read import GAINED, MONEY, PLANNED, SHARED, SPANS, SPENT, Read, Wanted, read_sums, wanted
from mktlib.measurement.kpi_remarks import remarks_of
from mktlib.measurement.kpi_rows import NAN, Cell, Figure, Told, few_orders, fits, sums_of, told
from mktlib.measurement.ratios import wrong_money
from mktlib.results import Kpis
from mktlib.results.evidence import LEANING, grade
from mktlib.results.money import ENOUGH_SPELLS
from mktlib.vocabulary import Tables, finding, load_tables, not_level, not_tables, phrase, progress
from mktlib.wording import number

HEADLINES = ("roas", "cpa", "cpl", "cac", "cpc", "cpm", "click_rate", "ctr")
"""What a client asks first, where nobody says what the headline is."""
ATTRIBUTED = ("roas", "roi", "acos", "cpa", "cpl", "cac")
Key = tuple[str, ...]
"""Of a part: which it is."""
GAIN = Figure(
    random="numerator", factor=1.0, less=0.0, money_above=True, money_below=True, paid=True, bounded=False, minus=False, counted=True
)
"""Margin over spend, by which groups are judged."""


def kpis(
    log: Any,
    *,
    by: str | Sequence[str] | None = None,
    kpis: str | Sequence[str] | None = None,
    level: float = 0.9,
    margin: float | str | None = None,
    currency: str | None = None,
    rates: Mapping[str, float] | None = None,
    unmeasured: float | None = None,
    tables: Tables | None = None,
) -> Kpis:
    """CPM, CPC, CPA, ROAS, ROI, rates of clicks, opens, conversions ...: each a ratio of sums with its denominator and its range.

    Args:
        log: a content log, results or sends, what `read_export` gave, a frame of pandas, polars, pyarrow or DuckDB, or the path of a CSV
            or Parquet file; counts, and spend and revenue as money. Days (date), pieces (content_id) and people (member_id), where there,
            tell how much counts scatter.
        by: columns whose groups are told apart ("channel", "segment", ["channel", "week"]); "week" is made of the days.
        kpis: rows of `tables/kpis.toml`; None: all that the log can fill.
        level: of the ranges.
        margin: share of revenue that is margin (0.4), or the column that holds the margin; by default the column "margin" where there is
            one. Without it there is no ROI and no break-even.
        currency: of all money, where the log does not say.
        rates: for a log of several currencies: {"EUR": 1, "USD": 0.92}.
        unmeasured: share of visitors who refused measurement (0 to 1); it is said, and numbers are never scaled up by it.
        tables: with a company's own rows above the packaged ones.

    Returns:
        `Kpis`. What was spent is taken as known; ranges are of what the same spending brings on average, given how counts scatter between
        days, weeks, pieces or people (the widest of these). No sale at all is a range ("at least"), never infinity. Where good and bad days
        come in spells (a test at level 0.1), or few pieces bring unlike, the range is Student-like over the few that there are; with fewer
        than 20 spells nothing is said to pay, and with fewer than 14 days only what would even if they came in spells.

    Raises:
        DataError: every problem at once: missing columns, wrong options, two currencies without rates.

    Counts as gamma and beta sums with their scatter estimated (Garwood 1936, Biometrika 28; Clopper and Pearson 1934, Biometrika 26;
    McCullagh and Nelder 1989), sums of values after Fay and Feuer (1997, Statistics in Medicine 16), groups judged with Holm (1979).

    >>> log = pd.DataFrame({"channel": ["display", "search"], "spend": [300.0, 200.0], "conversions": [0, 8], "currency": "EUR"})
    >>> result = kpis(log, by="channel", kpis="cpa")
    >>> result.table[["group", "value", "status", "denominator"]].round(2).to_numpy().tolist()
    [['display', nan, 'at_least', 0.0], ['search', 25.0, 'ok', 8.0], ['total', 62.5, 'ok', 8.0]]
    >>> bool(result.table["low"].gt(0).all())
    True
    """
    wrong = [*not_level(level), *not_tables(tables), *wrong_money(None, None, currency, unmeasured)]
    if wrong:
        raise DataError(wrong)
    tables = tables or load_tables()
    log, asked, found = wanted(log, by, kpis, margin, tables, COLUMNS)
    read = read_sums(log, asked, rates)
    if currency and read.currency and currency.upper() != read.currency:
        raise DataError(finding("E_MIXED_CURRENCY", column="currency", found=f"{read.currency}, {currency.upper()}"))
    parts = parts_of(read, asked)
    judged = _judged(parts, asked, level)
    rows = [r for key in progress(list(asked.rows), desc="kpis") for r in _rows(key, parts, judged, asked, level, kpis is None)]
    table = pd.DataFrame([row for _, row in sorted(rows, key=itemgetter(0))], columns=[*asked.by, *COLUMNS])
    facts = _facts(parts, judged, asked, read, level) | {"unmeasured": unmeasured}
    facts["currency"] = (currency or read.currency or "EUR").upper()
    found += [*_remarks(parts, asked, read, facts, tables), *remarks_of(table, log)]
    if not currency and not read.currency and any(row.get("money") for row in asked.rows.values()):
        found.append(finding("N_KPI_CURRENCY", level="note"))
    return Kpis(table=table, facts=facts, findings=tuple(found))


COLUMNS = (
    "group", "of", "kpi", "value", "low", "high", "unit", "status", "per", "numerator", "denominator", "rows", "left_out", "scatter",
    "scatter_by", "break_even", "p_value", "verdict", "why", "grade", "spells", "pieces",
)  # fmt: skip


# ---------------------------------------------------------------- rows


def _rows(
    key: str, parts: Sequence[Part], judged: Mapping[Key, Mapping[str, Any]], asked: Wanted, level: float, quiet: bool
) -> list[tuple[int, dict[str, Any]]]:
    """One figure of every group and of the whole, with the place of each; quiet: not of groups in which the log tells nothing of it."""
    row, figure = asked.rows[key], Figure.of(asked.rows[key])
    factor = asked.margin if row["numerator"] == "margin" and isinstance(asked.margin, float) else 1.0
    cells = [_scaled(p.cell(key), factor) for p in parts]
    paid = "spend" in (row["numerator"], row["denominator"])
    shown = [(p.of != PAID or paid) and not (quiet and not c.rows) for p, c in zip(parts, cells, strict=True)]
    seen = zip(parts, cells, _each(figure, parts, cells, level), strict=True)
    return [(at, _row(key, row, *one, judged, asked)) for at, one in enumerate(seen) if shown[at]]


def _each(figure: Figure, parts: Sequence[Part], cells: Sequence[Cell], level: float) -> list[Told]:
    """A figure of every part; groups tell each other how much such sums scatter."""
    largest, luck = _largest(figure, cells[-1]), figure.random in ("numerator", "denominator")
    sums = {p.key: sums_of(figure, c) for p, c in zip(parts, cells, strict=True) if luck and p.of == GROUP}
    others = [[s for k, s in sums.items() if k != p.key] if p.of == GROUP else [] for p in parts]
    return [told(figure, c, near, level, largest) for c, near in zip(cells, others, strict=True)]


def _scaled(one: Cell, factor: float) -> Cell:
    """Revenue as margin, by its share."""
    return one if factor == 1 else replace(one, above={k: factor * x for k, x in one.above.items()}, left=factor * one.left)


def _largest(figure: Figure, whole: Cell) -> float:
    """The most that one event adds to a sum of money, anywhere in the log: the mean of the events of one bundle, at its largest."""
    if not figure.luck_is_money or figure.random not in ("numerator", "denominator"):
        return 0.0
    money = whole.above if figure.random == "numerator" else whole.below
    each = [money[k] / np.maximum(whole.events[k], 1.0) for k in money if k not in SPANS]
    return max((float(x.max(initial=0.0)) for x in each), default=0.0)


def _row(
    key: str, row: Mapping[str, Any], part: Part, one: Cell, seen: Told, judged: Mapping[Key, Mapping[str, Any]], asked: Wanted
) -> dict[str, Any]:
    above, below, _ = one.totals
    verdict = judged.get(part.key, {}) if key in ("roas", "roi", "acos") else {}
    roas = float(verdict.get("break_even", NAN))
    even = {"roas": roas, "roi": 0.0 if verdict else NAN, "acos": 1 / roas}.get(key, NAN)
    why = verdict.get("why", "")
    if why == "reached" and not isinstance(asked.margin, float) and (seen.low > even or seen.high < even):
        why = "margin"
    return dict(zip(asked.by, part.keys, strict=True)) | {
        "group": part.name, "of": part.of, "kpi": key, "value": seen.value, "low": seen.low, "high": seen.high, "unit": row["unit"],
        "status": seen.status, "per": row["denominator"], "numerator": above, "denominator": below, "rows": one.rows, "left_out": one.left,
        "scatter": seen.scatter, "scatter_by": seen.scatter_by, "break_even": even, "p_value": verdict.get("p_value", NAN),
        "verdict": verdict.get("verdict", ""), "why": why, "grade": verdict.get("grade", ""), "spells": seen.spells, "pieces": seen.pieces,
    }  # fmt: skip


# ---------------------------------------------------------------- who pays


def _judged(parts: Sequence[Part], asked: Wanted, level: float) -> dict[Key, dict[str, Any]]:
    """Whether the margin attributed to each group covers what it cost: verdict, p value (Holm over groups), grade, break-even ROAS."""
    if asked.margin is None or not asked.has("spend"):
        return {}
    share = asked.margin if isinstance(asked.margin, float) else 1.0
    cells = [_scaled(p.cell(GAINED), share) for p in parts]
    seen = _each(GAIN, parts, cells, level)
    beliefs = [t.doubted or t.belief if t.status != "none_sold" else None for t in seen]
    p = np.array([NAN if b is None else b.p_value(c.totals[1]) for b, c in zip(beliefs, cells, strict=True)])
    many, alone = np.array([part.of == GROUP for part in parts]) & ~np.isnan(p), p.copy()
    p[many] = holm(p[many])
    each = zip(parts, seen, p.tolist(), alone.tolist(), strict=True)
    return {part.key: _verdict(t, x, by_itself, level) | _even(part, asked) for part, t, x, by_itself in each}


def _verdict(seen: Told, p: float, alone: float, level: float) -> dict[str, Any]:
    """The verdict, and what keeps it open; alone: the p value before the other groups are looked at too."""
    enough = not 0 < seen.spells < ENOUGH_SPELLS
    decided, leaning = enough and p <= 1 - level, enough and p <= 1 - LEANING
    verdict = seen.status if seen.status in ("no_cost", "credit") else "cannot_tell"
    if decided and verdict == "cannot_tell":
        verdict = "pays" if seen.value > 1 else "loses"
    said = grade("observational", decided=decided, leaning=leaning) if verdict not in ("no_cost", "credit") else ""
    why = _open(seen, enough, alone <= 1 - level) if verdict == "cannot_tell" else ""
    return {"verdict": verdict, "p_value": p, "why": why, "grade": said}


def _open(seen: Told, enough: bool, clear: bool) -> str:
    """What keeps a verdict open (see `Kpis`); clear: by itself the group would be decided."""
    if np.isnan([seen.low, seen.high]).all():
        return "no_range"
    if not (seen.low > 1 or seen.high < 1):
        return "reached"
    return "spells" if not enough else "many" if clear else "short" if seen.doubted is not None else "reached"


def _even(part: Part, asked: Wanted) -> dict[str, float]:
    """The ROAS at which the margin covers the spending."""
    if isinstance(asked.margin, float):
        return {"break_even": 1 / asked.margin}
    if not asked.has("revenue"):
        return {"break_even": NAN}
    revenue, margin, _ = part.cell(SHARED).totals
    return {"break_even": revenue / margin if margin > 0 and revenue > 0 else NAN}


# ---------------------------------------------------------------- facts and findings


def _facts(parts: Sequence[Part], judged: Mapping[Key, Mapping[str, Any]], asked: Wanted, read: Read, level: float) -> dict[str, Any]:
    whole = parts[-1]
    key = next((k for k in HEADLINES if k in asked.rows), next(iter(asked.rows), ""))
    head = judged.get(next((p.key for p in parts if p.of == PAID), whole.key), {})
    planned = whole.cell(PLANNED).totals if asked.has("planned") and asked.has("spend") else (None, None, None)
    groups = [judged[p.key]["verdict"] for p in parts if p.of == GROUP and p.key in judged]
    free = [p.name for p in parts if p.of == GROUP and asked.has("spend") and p.cell(SPENT).totals[0] == 0]
    return {
        "made_by": "kpis", "evidence": "observational", "grade": head.get("grade") or "too_early", "level": level,
        "kpi": key, "kpis": list(asked.rows), "by": list(asked.by), "groups": sum(p.of == GROUP for p in parts),
        "spend": whole.cell(SPENT).totals[0] if asked.has("spend") else None,
        "margin": asked.margin if isinstance(asked.margin, float) else None,
        "margin_from": "" if asked.margin is None else "share" if isinstance(asked.margin, float) else "column",
        "break_even": head.get("break_even", NAN), "free": free,
        "counted": {v: groups.count(v) for v in dict.fromkeys(groups)},
        "given_back": dict(read.back), "actual_spend": planned[0], "planned_spend": planned[1], "folded": read.folded,
    }  # fmt: skip


def _remarks(parts: Sequence[Part], asked: Wanted, read: Read, facts: Mapping[str, Any], tables: Tables) -> list[Finding]:
    """What a reader must know before the figures are used."""
    whole, out = parts[-1], []
    if any(k in asked.rows for k in ATTRIBUTED):
        out.append(finding("N_KPI_ATTRIBUTED", level="note"))
    if any(p.of == PAID for p in parts):
        out.append(finding("N_KPI_BLENDED", level="warning"))
    out += [finding("E_NEGATIVE_SPEND", level="warning", column=c, found=f"{x:.0f}") for c, x in read.back.items()]
    people = [k for k, row in asked.rows.items() if row.get("people") and whole.cell(k).rows > 1]
    out += [finding("N_KPI_PEOPLE", level="warning", column=", ".join(people))] if people else []
    for key, row in asked.rows.items():
        one, figure = whole.cell(key), Figure.of(row)
        if figure.bounded and not fits(figure, one):
            out.append(finding("N_KPI_OVER_ONE", level="warning", column=key, found=row["numerator"], what=row["denominator"]))
    few = [key for key, row in asked.rows.items() if few_orders(Figure.of(row), whole.cell(key))]
    out += [finding("N_KPI_FEW_ORDERS", level="warning", column=", ".join(few))] if few else []
    out += _left_out(whole, asked, tables)
    if facts["folded"]:
        out.append(finding("N_KPI_FOLDED", level="note", count=facts["folded"]))
    return out


def _left_out(whole: Part, asked: Wanted, tables: Tables) -> list[Finding]:
    """What was left out of figures because the other side of them is blank there."""
    left: dict[tuple[str, str], tuple[float, list[str]]] = {}
    for key, row in asked.rows.items():
        one, sides = whole.cell(key), (row["numerator"], row["denominator"])
        if one.left > 0:
            what, blank = (asked.column(c) for c in (sides[::-1] if one.left_below else sides))
            left.setdefault((what, blank), (one.left, []))[1].append(key)
    return [
        finding(
            "N_KPI_LEFT_OUT", level="warning" if what in MONEY else "note", column=", ".join(keys), found=blank, amount=round(x), _said=s
        )
        for (what, blank), (x, keys) in left.items()
        for s in [_in_words(what, blank, x, tables)]
    ]


def _in_words(what: str, blank: str, amount: float, tables: Tables) -> dict[str, dict[str, str]]:
    """What was left out, in every language, columns by their names."""
    out = {}
    for code in tables.languages:
        names = {k: tables.label("column", c, code) for k, c in (("what", what), ("found", blank))}
        lower = {k: v[:1].lower() + v[1:] for k, v in names.items()}
        out[code] = {"says": phrase("findings.N_KPI_LEFT_OUT.says", code, amount=number(round(amount), code), **lower)}
    return out
