"""A plan as a workbook: heads and words in the reader's language, every cell typed, nothing that a spreadsheet would run."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping
from typing import Any

import pandas as pd
import xlsxwriter

from mktlib.planning.pages import Words

SHEETS: Mapping[str, tuple[str, ...]] = {
    "items": ("item", "content_type", "style", "length", "stage", "cost", "days", "week", "status"),
    "schedule": ("week", "item", "stage", "segment", "channel", "quantity", "spend", "value", "low", "high", "rate", "verdict"),
    "calendar": (
        "task",
        "due",
        "at",
        "item",
        "content_type",
        "style",
        "length",
        "stage",
        "channel",
        "segment",
        "owner",
        "quantity",
        "money",
    ),
    "limits": ("limit", "scope", "used", "most", "unit", "price"),
    "tests": ("item", "segment", "stage", "channel", "spend", "reason"),
}
NAMES = {"items": "pieces"}
WORDS = ("content_type", "style", "length", "stage", "status", "segment", "channel", "verdict", "limit", "unit", "reason", "task")
FORMATS = {
    "money": "#,##0.00", "number": "#,##0.##", "whole": "#,##0", "rate": "0.00%", "due": "yyyy-mm-dd", "at": "yyyy-mm-dd hh:mm",
}  # fmt: skip
KINDS = {
    **dict.fromkeys(("cost", "spend", "value", "low", "high", "money"), "money"), "rate": "rate", "due": "due", "at": "at",
    "quantity": "whole", "week": "whole",
}  # fmt: skip
OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
NOTHING = 1e-9  # what is left of a sum that comes to nothing
MOST_TEXT = 32_767  # characters of a cell
WIDEST, NARROWEST = 44, 9


def workbook(words: Words, tables_of: Mapping[str, pd.DataFrame]) -> bytes:
    """The bytes of an .xlsx: a sheet each for items, schedule, calendar, limits and tests. Money in the brief's currency."""
    whole = io.BytesIO()
    with xlsxwriter.Workbook(whole, OPTIONS) as book:
        made = dt.datetime.combine(words.brief.first_day, dt.time())
        book.set_properties({"title": _cell(words.brief.name)[:255], "created": made})
        formats = {key: book.add_format({"num_format": pattern, "valign": "top"}) for key, pattern in FORMATS.items()}
        formats["text"] = book.add_format({"valign": "top", "text_wrap": True})
        formats["head"] = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        for name, columns in SHEETS.items():
            table = tables_of[name]
            sheet = book.add_worksheet(words.say(NAMES.get(name, name)))
            _sheet(words, sheet, table[[c for c in columns if c in table]], formats)
    return whole.getvalue()


def _sheet(words: Words, sheet: Any, table: pd.DataFrame, formats: Mapping[str, Any]) -> None:
    for at, name in enumerate(table.columns):
        head = _cell(f"{words.column(name)} ({words.brief.currency})" if KINDS.get(name) == "money" else words.column(name))
        sheet.write_string(0, at, head, formats["head"])
        values = _values(words, name, table)
        for row, value in enumerate(values, 1):
            _write(sheet, row, at, name, value, formats)
        sheet.set_column(at, at, _width(name, head, values))
    sheet.freeze_panes(1, 0)
    if len(table):
        sheet.autofilter(0, 0, len(table), len(table.columns) - 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _values(words: Words, name: str, table: pd.DataFrame) -> list[Any]:
    """A column as it is read: words for keys, a week in a scope said as one."""
    if name == "scope":
        return [words.scope(str(limit), str(scope)) for limit, scope in zip(table["limit"], table["scope"], strict=True)]
    if name in WORDS:
        return [words.tables.label(name, str(key), words.language) if str(key) else "" for key in table[name]]
    return list(table[name])


def _write(sheet: Any, row: int, at: int, name: str, value: Any, formats: Mapping[str, Any]) -> None:
    """One typed cell; what is missing or no finite number stays empty."""
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return
    if isinstance(value, dt.date):
        sheet.write_datetime(row, at, pd.Timestamp(value).to_pydatetime(), formats[KINDS.get(name, "due")])
    elif isinstance(value, str):
        sheet.write_string(row, at, _cell(value), formats["text"])
    elif abs(float(value)) != float("inf"):
        number = float(value) if abs(float(value)) > NOTHING else 0.0
        sheet.write_number(row, at, number, formats[KINDS.get(name, "number")])


def _cell(text: str) -> str:
    """A text that a cell can hold."""
    return str(text).encode("utf-8", "replace").decode("utf-8")[:MOST_TEXT]


def _width(name: str, head: str, values: list[Any]) -> float:
    if name in ("due", "at"):
        return 17.0 if name == "at" else 12.0
    longest = max((len(v) if isinstance(v, str) else 11 for v in values), default=0)
    return float(min(WIDEST, max(NARROWEST, longest + 2, min(len(head), 16) + 2)))
