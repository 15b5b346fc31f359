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
from mktlib.planning.layout import KEY, Column, Sheet, own_word, parts, plain, read_word, sheets, spoken, typed_word, vocabulary
from mktlib.vocabulary import default_language, finding, load_tables, nearest

ANY = ""
"""Stands for the key of a column of an entry's own, such as the channel in "Consent: E-mail"."""


@dataclass
class Filled:
    """What a form says: raw as TOML would give it; cells: path of an entry -> sheet!cell; found: what cannot be read at all;
    language: that of its sheets, "" where it is no form; own: words that it says are one's own; heads: path of a row -> its first cell."""

    file: str
    raw: dict[str, Any] = field(default_factory=dict)
    cells: dict[str, str] = field(default_factory=dict)
    found: list[Finding] = field(default_factory=list)
    language: str = ""
    own: set[str] = field(default_factory=set)
    heads: dict[str, str] = field(default_factory=dict)

    def put(self, path: Sequence[str], text: str, column: Column, cell: str) -> None:
        """Lay what a cell says at a path; one number and a table of them for the same entry cannot both hold."""
        self.cells.setdefault(".".join(path), cell)
        value = cell_value(text, column.kind, column.words)
        for part in parts(text, column.words) if column.kind == "list" else [text]:
            self.own |= {own for own in (own_word(part, column.words),) if own is not None}
        if value is None:
            return
        node: Any = self.raw
        for part in path[:-1]:
            node = node[int(part)] if isinstance(node, list) else node.setdefault(part, {}) if isinstance(node, dict) else None
        if not isinstance(node, dict) or path[-1] in node:
            self.found.append(finding("E_FORM_TWICE", file=self.file, column=cell, found=column.label))
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
    filled.language = here = _spoken_by(named)
    if missing:
        wanted = [vocabulary_of(name, here) for name in missing]
        raise DataError([finding("E_FORM_SHEET", here, file=file, found=w, expected=w, hint=nearest(w, named)) for w in wanted])
    for name, tab in tabs.items():
        rows = sheet_rows(data, file, sheet=str(tab)).rows
        (_lines if name == "general" else _table)(filled, pages[name], rows, str(tab))
    return filled


def _spoken_by(tabs: Sequence[str]) -> str:
    """The language of most sheets; that of the reader where it is none."""
    names = [plain(tab) for tab in tabs]
    count = {code: sum(plain(vocabulary_of(s.name, code)) in names for s in sheets(code)) for code in load_tables().languages}
    return max(count, key=lambda code: (count[code], code == default_language()))


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
            filled.put(column.path, text, column, address(tab, k, 1))
        elif text:
            filled.found.append(_unknown(filled.file, address(tab, k, 0), label, pages, filled.language))


def _unknown(file: str, cell: str, found: str, pages: Sequence[Sheet], language: str) -> Finding:
    here = [c.label for c in pages[_language(found, pages, language)].columns if c.path[-1:] != (ANY,)]
    return finding("E_BRIEF_UNKNOWN", file=file, column=cell, found=found, expected=", ".join(here), hint=_near(found, here))


def _language(found: str, pages: Sequence[Sheet], language: str) -> int:
    """Which of the languages of a sheet a strange heading is nearest to; that of the form where it is near none."""
    near = [k for k, page in enumerate(pages) if _near(found, [c.label for c in page.columns])]
    here = list(load_tables().languages).index(language)
    return here if here in near or not near else near[0]


def _near(word: str, known: Sequence[str]) -> str | None:
    lower = {w.lower(): w for w in known}
    return lower.get(nearest(word, list(lower)) or "")


def _table(filled: Filled, pages: Sequence[Sheet], rows: Sequence[Sequence[str]], tab: str) -> None:
    columns = list(_headings(filled, pages, rows, tab))
    explained = {plain(c.says) for page in pages for c in page.columns[:1]}
    first = next((k for k, column in columns if column is pages[0].columns[0] or _same(column, pages[0].columns[0])), None)
    if first is None:
        filled.found.append(_unknown(filled.file, address(tab, 0, 0), rows[0][0], pages, filled.language))
        return
    for name in pages[0].lists or (pages[0].name,):
        filled.cells.setdefault(name, address(tab, 2, first))
    seen: dict[str, int] = {}
    for k, row in enumerate(rows[1:], 1):
        said, rest = row[first], any(row[j] for j, _ in columns)
        if not rest or plain(said) in explained:
            continue
        key = _key_of(filled, pages[0], said, address(tab, k, first), seen)
        if key:
            for j, column in columns:
                if j != first:
                    filled.put(_path(pages[0], column, key), row[j], column, address(tab, k, j))


def _same(one: Column, other: Column) -> bool:
    return one.path == other.path


def _key_of(filled: Filled, page: Sheet, said: str, cell: str, seen: dict[str, int]) -> tuple[str, ...]:
    """What a row's first cell names: a table by its key, or the next place in a list; nothing where it cannot be."""
    words = page.columns[0].words
    key, own = read_word(said, words) if said else "", own_word(said, words)
    filled.own |= {own} if own else set()
    if not key:
        filled.found.append(finding("E_BRIEF_MISSING", file=filled.file, column=cell, expected=page_example(page, filled.language)))
        return ()
    if page.lists:
        if key not in page.lists:
            filled.found.append(
                finding("E_BRIEF_WORD", file=filled.file, column=cell, found=said, expected=page_example(page, filled.language))
            )
            return ()
        seen[key] = seen.get(key, -1) + 1
        filled.raw.setdefault(key, []).append({})
        filled.cells[f"{key}.{seen[key]}"] = cell
        return key, str(seen[key])
    if key in seen:
        filled.found.append(finding("E_FORM_TWICE", file=filled.file, column=cell, found=said))
        return ()
    seen[key] = 1
    filled.heads[f"{page.name}.{key}"] = cell
    if page.columns[-1].path[-1] != KEY:  # a table for each row, not a number
        filled.cells[f"{page.name}.{key}"] = cell
        filled.raw.setdefault(page.name, {})[key] = {}
    return (key,)


def page_example(page: Sheet, language: str) -> str:
    """What may stand in the first cell of a row."""
    known = vocabulary(page.columns[0].words, language)
    head = next(p.columns[0].label for p in sheets(language) if p.name == page.name)
    return ", ".join(list(known.values() if not page.lists else [known[name] for name in page.lists])[:20]) or head


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
            filled.found.append(_unknown(filled.file, address(tab, 0, k), head, pages, filled.language))


def _keyed(head: str, pages: Sequence[Sheet]) -> Column | None:
    """A column of an entry's own for one channel or segment: "Consent: E-mail"."""
    before, colon, after = head.partition(":")
    for column in (c for page in pages for c in page.columns if c.path[-1:] == (ANY,)):
        if colon and plain(before) == plain(column.label.partition(":")[0]):
            key = read_word(after.strip(), KEYS[column.path[-2]])
            return Column((*column.path[:-1], key), column.kind, "", head, column.says)
    return None


# ---------------------------------------------------------------- cells


def cell_value(text: str, kind: Kind, words: str) -> Any:
    """What a cell says, as TOML would; what cannot be read stays text, so that the schema refuses it by name.

    >>> cell_value("1 234,5", "number", ""), cell_value("12 %", "number", ""), cell_value("oui", "flag", "flags")
    (1234.5, 0.12, True)
    >>> cell_value("2 500,50 €", "number", ""), cell_value("2.500 €", "number", ""), cell_value("30 %", "number", "")
    (2500.5, '2.500 €', 0.3)
    >>> cell_value("2026-10-05", "day", ""), cell_value("Ludique / humoristique; expert", "list", "styles"), cell_value(" ", "text", "")
    (datetime.date(2026, 10, 5), ['playful', 'expert'], None)
    """
    text = text.strip()
    if not text:
        return None
    if kind in ("number", "whole"):
        return _number(text, money=kind == "number")
    if kind == "day":
        return _day(text)
    if kind == "flag":
        return {"True": True, "False": False}.get(typed_word(text, words), text)
    if kind == "list":
        return [read_word(part, words) for part in parts(text, words)]
    return read_word(text, words)


MONEY = re.compile(r"^(?:[€$£]|[A-Z]{3})(?=[-+.\d])|(?<=\d)(?:[€$£]|[A-Z]{3})$")


def _number(text: str, *, money: bool) -> Any:
    """A number as people type it; where a mark could be one of decimals or of thousands, the text as it is."""
    bare = re.sub(r"[\s\u00a0\u202f]", "", text)
    if money and MONEY.search(bare):
        bare = MONEY.sub("", bare, count=1)
        if re.fullmatch(r"[-+]?[1-9]\d{0,2}\.\d{3}", bare):
            return text
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
