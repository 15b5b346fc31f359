"""A form that somebody filled in, back into what the TOML would say; what is wrong is named by its sheet and cell.

The workbook is opened by `intake.workbooks`, which refuses hostile ones. Sheets and headings are known by their names in any language;
columns may be moved, left out or, where there is one for each channel or segment, added.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from mktlib.errors import DataError, Finding
from mktlib.intake.workbooks import sheet_names, sheet_rows
from mktlib.planning.entries import KEYS, Kind
from mktlib.planning.layout import KEY, Column, Sheet, plain, sheets, spoken, typed_word, vocabulary
from mktlib.vocabulary import default_language, finding, load_tables, nearest

ANY = ""
"""Stands for the key of a column of an entry's own, such as the channel in "Consent: E-mail"."""


@dataclass
class Filled:
    """What a form says: raw as TOML would give it; cells: path of an entry -> sheet!cell; found: what cannot be read at all."""

    file: str
    raw: dict[str, Any] = field(default_factory=dict)
    cells: dict[str, str] = field(default_factory=dict)
    found: list[Finding] = field(default_factory=list)

    def put(self, path: Sequence[str], value: Any, cell: str) -> None:
        """Lay a value at a path; one number and a table of them for the same entry cannot both hold."""
        self.cells.setdefault(".".join(path), cell)
        if value is None:
            return
        node: Any = self.raw
        for part in path[:-1]:
            node = node[int(part)] if isinstance(node, list) else node.setdefault(part, {}) if isinstance(node, dict) else None
        if not isinstance(node, dict) or path[-1] in node:
            self.found.append(finding("E_FORM_TWICE", file=self.file, column=cell, found=path[-1]))
        else:
            node[path[-1]] = value

    def place(self, path: str) -> str | None:
        """The cell of an entry, or the nearest one above it."""
        parts = path.split(".")
        known = (".".join(parts[:k]) for k in range(len(parts), 0, -1))
        return next((self.cells[p] for p in known if p in self.cells), None)


def read_form(data: bytes, file: str) -> Filled:
    """Read the bytes of a form.

    Raises
    ------
    DataError
        When it is no workbook, or a hostile one, or a sheet of the form is missing from it.
    """
    filled, named = Filled(file), sheet_names(data, file)
    every = [sheets(language, {key: [ANY] for key in KEYS}) for language in load_tables().languages]
    pages = {same[0].name: list(same) for same in zip(*every, strict=True)}
    tabs = {name: next((tab for tab in named if plain(tab) in map(plain, spoken(f"brief.sheet.{name}"))), None) for name in pages}
    missing = [name for name, tab in tabs.items() if tab is None]
    if missing:
        here = default_language()
        wanted = [vocabulary_of(name, here) for name in missing]
        raise DataError([finding("E_FORM_SHEET", file=file, found=w, expected=w, hint=nearest(w, named)) for w in wanted])
    for name, tab in tabs.items():
        rows = sheet_rows(data, file, sheet=str(tab)).rows
        (_lines if name == "general" else _table)(filled, pages[name], rows, str(tab))
    return filled


def vocabulary_of(name: str, language: str) -> str:
    """The name of a sheet in a language."""
    return spoken(f"brief.sheet.{name}")[list(load_tables().languages).index(language)]


def address(sheet: str, row: int, column: int) -> str:
    """Where a cell is; row and column count from 0.

    >>> address("Dates", 2, 27)
    'Dates!AB3'
    """
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{sheet}!{letters}{row + 1}"


def _lines(filled: Filled, pages: Sequence[Sheet], rows: Sequence[Sequence[str]], tab: str) -> None:
    known = {plain(c.label): c for page in pages for c in page.columns}
    heads = {plain(word) for word in spoken("brief.form.entry")}
    for k, row in enumerate(rows):
        label, text = row[0], row[1] if len(row) > 1 else ""
        if plain(label) in heads or not (label or text):
            continue
        column = known.get(plain(label))
        if column is not None:
            filled.put(column.path, cell_value(text, column.kind, column.words), address(tab, k, 1))
        elif text:
            filled.found.append(_unknown(filled.file, address(tab, k, 0), label, pages))


def _unknown(file: str, cell: str, found: str, pages: Sequence[Sheet]) -> Finding:
    here = [c.label for c in pages[_language(found, pages)].columns if c.path[-1:] != (ANY,)]
    return finding("E_BRIEF_UNKNOWN", file=file, column=cell, found=found, expected=", ".join(here), hint=_near(found, here))


def _language(found: str, pages: Sequence[Sheet]) -> int:
    """Which of the languages of a sheet a strange heading is nearest to; that of the reader where it is near none."""
    near = [k for k, page in enumerate(pages) if _near(found, [c.label for c in page.columns])]
    return near[0] if near else list(load_tables().languages).index(default_language())


def _near(word: str, known: Sequence[str]) -> str | None:
    lower = {w.lower(): w for w in known}
    return lower.get(nearest(word, list(lower)) or "")


def _table(filled: Filled, pages: Sequence[Sheet], rows: Sequence[Sequence[str]], tab: str) -> None:
    columns = list(_headings(filled, pages, rows, tab))
    explained = {plain(c.says) for page in pages for c in page.columns[:1]}
    first = next((k for k, column in columns if column is pages[0].columns[0] or _same(column, pages[0].columns[0])), None)
    if first is None:
        filled.found.append(_unknown(filled.file, address(tab, 0, 0), rows[0][0], pages))
        return
    seen: dict[str, int] = {}
    for k, row in enumerate(rows[1:], 1):
        said, rest = row[first], any(row[j] for j, _ in columns)
        if not rest or plain(said) in explained:
            continue
        key = _key_of(filled, pages[0], said, address(tab, k, first), seen)
        if key:
            for j, column in columns:
                if j != first:
                    path = _path(pages[0], column, key)
                    filled.put(path, cell_value(row[j], column.kind, column.words), address(tab, k, j))


def _same(one: Column, other: Column) -> bool:
    return one.path == other.path


def _key_of(filled: Filled, page: Sheet, said: str, cell: str, seen: dict[str, int]) -> tuple[str, ...]:
    """What a row's first cell names: a table by its key, or the next place in a list; nothing where it cannot be."""
    words = page.columns[0].words
    key = typed_word(said, words) if said else ""
    if not key:
        filled.found.append(finding("E_BRIEF_MISSING", file=filled.file, column=cell, hint=page_example(page)))
        return ()
    if page.lists:
        if key not in page.lists:
            filled.found.append(finding("E_BRIEF_WORD", file=filled.file, column=cell, found=said, expected=page_example(page)))
            return ()
        seen[key] = seen.get(key, -1) + 1
        filled.raw.setdefault(key, []).append({})
        filled.cells[f"{key}.{seen[key]}"] = cell
        return key, str(seen[key])
    if key in seen:
        filled.found.append(finding("E_FORM_TWICE", file=filled.file, column=cell, found=said))
        return ()
    seen[key] = 1
    if page.columns[-1].path[-1] != KEY:  # a table for each row, not a number
        filled.cells[f"{page.name}.{key}"] = cell
        filled.raw.setdefault(page.name, {})[key] = {}
    return (key,)


def page_example(page: Sheet) -> str:
    """What may stand in the first cell of a row."""
    known = vocabulary(page.columns[0].words, default_language())
    return ", ".join(list(known.values() if not page.lists else [known[name] for name in page.lists])[:6]) or page.columns[0].label


def _path(page: Sheet, column: Column, key: tuple[str, ...]) -> tuple[str, ...]:
    at = column.path.index(KEY)
    return (*column.path[:at], *key, *column.path[at + 1 :])


def _headings(filled: Filled, pages: Sequence[Sheet], rows: Sequence[Sequence[str]], tab: str) -> Iterator[tuple[int, Column]]:
    """(place, column) of each heading that is known; the others are told if anything stands there."""
    known = {plain(c.label): c for page in pages for c in page.columns if c.path[-1:] != (ANY,)}
    for k, head in enumerate(rows[0]):
        column = known.get(plain(head)) or _keyed(head, pages)
        if column is not None:
            yield k, column
        elif head or any(row[k] for row in rows[1:]):
            filled.found.append(_unknown(filled.file, address(tab, 0, k), head, pages))


def _keyed(head: str, pages: Sequence[Sheet]) -> Column | None:
    """A column of an entry's own for one channel or segment: "Consent: E-mail"."""
    before, colon, after = head.partition(":")
    for column in (c for page in pages for c in page.columns if c.path[-1:] == (ANY,)):
        if colon and plain(before) == plain(column.label.partition(":")[0]):
            key = typed_word(after.strip(), KEYS[column.path[-2]])
            return Column((*column.path[:-1], key), column.kind, "", head, column.says)
    return None


# ---------------------------------------------------------------- cells


def cell_value(text: str, kind: Kind, words: str) -> Any:
    """What a cell says, as TOML would; what cannot be read stays text, so that the schema refuses it by name.

    >>> cell_value("1 234,5", "number", ""), cell_value("12 %", "number", ""), cell_value("oui", "flag", "flags")
    (1234.5, 0.12, True)
    >>> cell_value("2026-10-05", "day", ""), cell_value("Ludique / humoristique; expert", "list", "styles"), cell_value(" ", "text", "")
    (datetime.date(2026, 10, 5), ['playful', 'expert'], None)
    """
    text = text.strip()
    if not text:
        return None
    if kind in ("number", "whole"):
        return _number(text)
    if kind == "day":
        return _day(text)
    if kind == "flag":
        return {"True": True, "False": False}.get(typed_word(text, words), text)
    if kind == "list":
        return [typed_word(part.strip(), words) for part in re.split(r"[;\n]", text) if part.strip()]
    return typed_word(text, words)


def _number(text: str) -> Any:
    """A number as people type it; where a mark could be one of decimals or of thousands, the text as it is."""
    bare = re.sub(r"[\s\u00a0\u202f]", "", text)
    share = bare.endswith("%")
    bare = bare.removesuffix("%")
    if re.fullmatch(r"[-+]?\d+,\d+", bare) and not re.fullmatch(r"[-+]?[1-9]\d{0,2},\d{3}", bare):
        bare = bare.replace(",", ".")
    if not re.fullmatch(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?", bare):
        return text
    value = float(bare) / (100 if share else 1)
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


def _day(text: str) -> Any:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return text
