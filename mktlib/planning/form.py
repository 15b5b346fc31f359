"""The brief as a form for those who live in spreadsheets: the same entries as the TOML, with words to choose from and no formulas."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from mktlib.planning.brief import Brief
from mktlib.planning.layout import KEY, OWN, Column, Sheet, form_word, sheets, vocabulary
from mktlib.vocabulary import default_language, load_tables, phrase
from mktlib.wording import write_bytes

ROWS = 200
"""Rows of a sheet that have words to choose from."""
CHOICES = ("languages", "units", "kinds", "flags", "metrics")
"""Where only the words of the list will do; elsewhere a word of one's own may be typed after a warning."""
TALL = 150
"""Points: height of a row of explanations."""


def write_form(brief: Brief, path: str | Path, *, language: str | None = None) -> Path:
    """Write a brief as an .xlsx form that `read_brief` reads back to an equal brief; the same brief gives the same bytes.

    Parameters
    ----------
    language : of the labels and explanations (en, fr); default the brief's own.

    Raises
    ------
    StoreError
        When the file cannot be written.
    """
    return write_bytes(form(brief, language=language or brief.language), Path(path))


def form(brief: Brief, *, language: str | None = None) -> bytes:
    """The bytes of the form."""
    language, kept = language or default_language(), BytesIO()
    raw = brief.model_dump(exclude_defaults=True)
    with xlsxwriter.Workbook(kept, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"title": brief.name, "created": dt.datetime(2026, 1, 1)})
        looks = {
            "head": book.add_format({"bold": True, "bg_color": "#1F3A5F", "font_color": "#FFFFFF", "text_wrap": True, "valign": "top"}),
            "says": book.add_format({"italic": True, "font_color": "#555555", "text_wrap": True, "valign": "top"}),
            "label": book.add_format({"bold": True, "valign": "top"}),
            "day": book.add_format({"num_format": "dd/mm/yyyy" if language == "fr" else "yyyy-mm-dd", "align": "left", "valign": "top"}),
            "cell": book.add_format({"align": "left", "valign": "top"}),
        }
        pages = [(page, book.add_worksheet(phrase(f"brief.sheet.{page.name}", language))) for page in sheets(language, _keys(brief))]
        lists = _words(book.add_worksheet(phrase("brief.sheet.words", language)), looks, language)
        for page, sheet in pages:
            (_lines if page.lines else _table)(sheet, page, raw, looks, lists, language)
    return kept.getvalue()


def _keys(brief: Brief) -> dict[str, list[str]]:
    """Columns of their own: consent for each channel that reaches a person, a share in reach for each segment."""
    personal = [c for c, row in load_tables().channels.items() if row.get("personal")]
    asked = [c for row in brief.segments.values() for c in (row.consent if isinstance(row.consent, dict) else ())]
    asked += [c for row in brief.segments.values() for c in row.hours]
    near = [s for row in brief.places.values() for s in (row.share if isinstance(row.share, dict) else ())]
    channels = list(dict.fromkeys([*personal, *asked]))
    return {"consent": channels, "hours": channels, "share": list(dict.fromkeys([*brief.segments, *near]))}


def _words(sheet: Any, looks: Mapping[str, Any], language: str) -> dict[str, str]:
    """The sheet of words, one list a column; gives the range of each list."""
    found = {}
    every = (*CHOICES, *OWN)
    for k, words in enumerate(every):
        labels = list(vocabulary(words, language).values())
        sheet.write_string(0, k, phrase(f"brief.words.{words}", language), looks["head"])
        for row, label in enumerate(labels, 1):
            sheet.write_string(row, k, label)
        name, column = phrase("brief.sheet.words", language), xl_col_to_name(k)
        found[words] = f"='{name}'!${column}$2:${column}${len(labels) + 1}"
    sheet.set_column(0, len(every) - 1, 26)
    sheet.freeze_panes(1, 0)
    return found | {"segments": f"='{phrase('brief.sheet.segments', language)}'!$A$3:$A${ROWS}"}


def _lines(sheet: Any, page: Sheet, raw: Mapping[str, Any], looks: Mapping[str, Any], lists: Mapping[str, str], language: str) -> None:
    """One entry a line: label, value, explanation."""
    for k, name in enumerate(("entry", "value", "explanation")):
        sheet.write_string(0, k, phrase(f"brief.form.{name}", language), looks["head"])
    for row, column in enumerate(page.columns, 1):
        sheet.write_string(row, 0, column.label, looks["label"])
        _write(sheet, row, 1, _value(raw, column.path), column, looks, language)
        sheet.write_string(row, 2, column.says, looks["says"])
        _choices(sheet, (row, 1, row, 1), column, lists)
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 40)
    sheet.set_column(2, 2, 90)
    sheet.freeze_panes(1, 0)


def _table(sheet: Any, page: Sheet, raw: Mapping[str, Any], looks: Mapping[str, Any], lists: Mapping[str, str], language: str) -> None:
    """One table a row, under a row of explanations."""
    for k, column in enumerate(page.columns):
        sheet.write_string(0, k, column.label, looks["head"])
        sheet.write_string(1, k, column.says, looks["says"])
        _choices(sheet, (2, k, ROWS - 1, k), column, lists)
    for row, cells in enumerate(_cells(page, raw), 2):
        for k, (column, value) in enumerate(zip(page.columns, cells, strict=True)):
            _write(sheet, row, k, value, column, looks, language)
    sheet.set_row(1, TALL)
    sheet.set_column(0, len(page.columns) - 1, 24)
    sheet.freeze_panes(2, 1)


def _cells(page: Sheet, raw: Mapping[str, Any]) -> Iterator[list[Any]]:
    """The values of each row of a sheet, None where a cell stays empty."""
    for name in page.lists:
        for row in raw.get(name, []):
            yield [name, *(row.get(column.path[-1]) for column in page.columns[1:])]
    if not page.lists:
        keys = dict.fromkeys(key for c in page.columns for key in _named(raw, c.path))
        for key in keys:
            yield [key, *(_value(raw, tuple(key if part == KEY else part for part in c.path)) for c in page.columns[1:])]


def _named(raw: Mapping[str, Any], path: Sequence[str]) -> list[str]:
    """The keys of the table that a column's rows are."""
    above = _found(raw, path[: list(path).index(KEY)])
    return list(above) if isinstance(above, Mapping) else []


def _found(raw: Any, path: Sequence[str]) -> Any:
    for part in path:
        raw = raw.get(part) if isinstance(raw, Mapping) else None
    return raw


def _value(raw: Mapping[str, Any], path: Sequence[str]) -> Any:
    """What stands at a path, where it is one value."""
    value = _found(raw, path)
    return None if isinstance(value, Mapping) else value


def _write(sheet: Any, row: int, k: int, value: Any, column: Column, looks: Mapping[str, Any], language: str) -> None:
    """One typed cell: a day as a day, a number as a number, and text that no spreadsheet takes for a formula."""
    if column.kind == "day":
        return sheet.write_blank(row, k, None, looks["day"]) if value is None else sheet.write_datetime(row, k, value, looks["day"])
    if value is None:
        return sheet.write_blank(row, k, None, looks["cell"])
    if column.kind in ("whole", "number"):
        return sheet.write_number(row, k, value, looks["cell"])
    several = value if isinstance(value, list) else [value]
    return sheet.write_string(row, k, "; ".join(form_word(v, column.words, language) for v in several), looks["cell"])


def _choices(sheet: Any, box: tuple[int, int, int, int], column: Column, lists: Mapping[str, str]) -> None:
    if column.words in lists and column.kind != "list":
        strict = column.words in CHOICES
        sheet.data_validation(*box, {"validate": "list", "source": lists[column.words], "error_type": "stop" if strict else "warning"})
