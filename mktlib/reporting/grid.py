"""Tables as a reader wants them: few rows, few columns, each number in its own unit, opinion marked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mktlib.reporting.bars import Bars, bars_of
from mktlib.reporting.voice import OPINION_SHARE, Voice
from mktlib.wording import moment

MOST = {"client": 10, "employer": 10, "team": 40, "analyst": 40}


@dataclass(frozen=True)
class Column:
    name: str
    numeric: bool = False


@dataclass(frozen=True)
class Row:
    cells: tuple[str, ...]
    opinion: bool = False


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A caption, columns, rows of text, a note on what was left out, and the numbers that a chart can be drawn from (see `Bars`).

    count: how many rows the table has in all.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    note: str = ""
    bars: Bars | None = None
    count: int = 0


Spec = tuple[str, str]  # column of the table, kind of value
NUMERIC = frozenset({"percent", "money", "number", "rate", "whole", "times", "outcome"})


def cell_text(voice: Voice, kind: str, column: str, value: Any, facts: dict[str, Any]) -> str:
    """One value in words; nothing is said as a dash."""
    if value is None or (not isinstance(value, list | tuple) and pd.isna(value)) or value == "":
        return "–"
    currency = str(facts.get("currency", "EUR"))
    how: dict[str, Callable[[], str]] = {
        "percent": lambda: voice.percent(float(value)),
        "money": lambda: voice.money(float(value), currency),
        "number": lambda: voice.number(float(value)),
        "whole": lambda: voice.number(float(value), 0),
        "times": lambda: "× " + voice.number(float(value), 2),
        "rate": lambda: voice.rate(float(value), str(facts.get("metric", "")), currency),
        "outcome": lambda: voice.percent(float(value)) if facts.get("as_rates") else voice.number(float(value)),
        "yes": lambda: voice.say("yes" if value else "no"),
        "day": lambda: voice.date(value),
        "moment": lambda: moment(pd.Timestamp(value), voice.language),
        "week": lambda: voice.number(int(value)) if isinstance(value, int) else voice.label("week", value),
        "text": lambda: voice.text(value),
        "label": lambda: voice.label(column, value),
    }
    return how[kind]()


def grid(
    voice: Voice,
    table: pd.DataFrame,
    spec: Sequence[Spec],
    *,
    caption: str,
    facts: dict[str, Any],
    most: int | None = None,
    rows: int | None = None,
    drawn: tuple[str, str, str] | None = None,
    beside: str | None = None,
) -> Grid:
    """The first rows of a table (of `rows` in all), the columns of `spec` that it has, in words.

    drawn: what a chart shows where the table shows it as text: a column of numbers (its range in the columns that end in _low and _high),
    the kind of its values ("points" too: fractions that are said times a hundred), and its name.
    beside: a column that a chart draws next to it, of the same kind.
    """
    most, count = most or MOST[voice.reader], len(table) if rows is None else rows
    known = [(c, k) for c, k in spec if c in table.columns]
    columns = tuple(Column(voice.column(c), k in NUMERIC) for c, k in known)
    said = []
    for record in table.head(most).to_dict("records"):
        cells = tuple(cell_text(voice, k, c, record[c], facts) for c, k in known)
        said.append(Row(cells, bool(float(record.get("opinion") or 0) >= OPINION_SHARE)))
    note = [voice.say("shown_of", shown=voice.number(most), all=voice.number(count))] if count > most else []
    note += [voice.say("striped")] if any(r.opinion for r in said) else []
    about: dict[str, Any] = {"currency": str(facts.get("currency") or "EUR"), "rows": count, "units": _units(voice, facts)}
    about["beside"] = (beside, voice.column(beside)) if beside and beside in table.columns else None
    about["opinion"] = [r.opinion for r in said]
    heads = [c.name for c in columns]
    if drawn and drawn[0] in table.columns:
        known = [*known, drawn[:2]]
        heads.append(voice.say("slide.points", name=drawn[2]) if drawn[1] == "points" else drawn[2])
    bars = bars_of(table, known, heads, [r.cells for r in said], drawn=bool(drawn), **about)
    return Grid(caption=caption, columns=columns, rows=tuple(said), note=" ".join(note), bars=bars, count=count)


def _units(voice: Voice, facts: dict[str, Any]) -> dict[str, str]:
    """How the kinds that depend on the result are to be read."""
    money = voice.tables.metrics.get(str(facts.get("metric", "")), {}).get("family") == "money"
    return {"rate": "money" if money else "percent", "outcome": "percent" if facts.get("as_rates") else "number"}
