"""Reading a brief: every mistake of the file at once, each with its path, what was found and what to type."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from mktlib.errors import DataError, Finding
from mktlib.planning.brief import Brief
from mktlib.planning.entries import Entry, entries
from mktlib.planning.filled import Filled, read_form
from mktlib.planning.layout import said_word
from mktlib.planning.mistakes import wrong_beyond_types
from mktlib.vocabulary import Tables, default_language, finding, load_tables, nearest, phrase, retell


def read_brief(path: str | Path, *, tables: Tables | None = None) -> Brief:
    """Read and check a brief.

    Parameters
    ----------
    path : a TOML file, or the .xlsx form that ``python -m mktlib brief --xlsx`` writes; money in the brief's currency, shares as
        fractions, days as dates (2026-10-05).
    tables : the words in use; default the packaged ones.

    Raises
    ------
    DataError
        With every problem of the file at once: `column` is the path of the entry, such as ``channels.email.price``, or the sheet and
        cell of a form, such as ``Channels!B4``.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "small.toml"
    >>> text = 'first_day = 2026-10-05\\nlast_day = 2026-11-15\\nbudget = 5000\\n[channels]\\npaid_social = 8'
    >>> _ = file.write_text(text, encoding="utf-8")
    >>> read_brief(file).weeks
    6
    """
    path = Path(path)
    try:
        data = path.read_bytes()
        if data.startswith(b"PK") or path.suffix.lower() in (".xlsx", ".xlsm"):
            return _checked(read_form(data, path.name), tables)
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except (OSError, UnicodeError) as error:  # of the text, or of a name that no file can have
        raise DataError(finding("E_NO_FILE", file=path.name, found=str(error))) from error
    return brief_from_text(text, file=path.name, tables=tables)


def brief_from_text(text: str, *, file: str = "brief", tables: Tables | None = None) -> Brief:
    """The same as `read_brief` for a text already in hand."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        named = re.search(r"line (\d+)", str(error))
        line = int(named[1]) if named else text.count("\n") + 1
        raise DataError(finding("E_TOML", file=file, line=line, found=str(error))) from error
    return _checked(Filled(file, raw), tables)


def _checked(filled: Filled, tables: Tables | None) -> Brief:
    """A brief from what a file says, or every problem of it, by path (TOML) or by cell (a form)."""
    tables, raw, file = tables or load_tables(), filled.raw, filled.file
    wanted = raw.get("language")
    language = wanted if isinstance(wanted, str) and wanted in tables.languages else filled.language or default_language()
    found, brief = [retell(f, language) for f in filled.found], None
    try:
        brief = Brief.model_validate(raw)
    except ValidationError as error:
        found += _once([_told(e, file, language, form=filled.language) for e in error.errors()])
    found += wrong_beyond_types(raw, tables, file, language, form=filled.language, own=filled.own)
    if found or brief is None:
        raise DataError(sorted((_placed(f, filled, language) for f in found), key=lambda f: f.column or ""))
    return brief


def _placed(found: Finding, filled: Filled, language: str) -> Finding:
    """The same finding, with the cell of a form in place of a path."""
    named = filled.heads.get(str(found.column)) if found.code in ("E_BRIEF_WORD", "E_BRIEF_NOT_BOUGHT") else None
    cell = named or filled.place(found.column) if found.column and filled.cells else None
    return retell(replace(found, column=cell), language) if cell else found


def _once(found: Sequence[Finding]) -> list[Finding]:
    """One finding an entry, where a value fits none of the types that it may have; a table is not told where something in it is."""
    kept: dict[str | None, Finding] = {}
    for one in found:
        before = kept.get(one.column)
        if before and before.code == one.code == "E_BRIEF_VALUE" and before.expected != one.expected:
            both = f"{before.expected} / {one.expected}"
            kept[one.column] = replace(before, expected=both, text=before.text.replace(str(before.expected), both))
        else:
            kept.setdefault(one.column, one)
    inside = {str(column).rpartition(".")[0] for column in kept}
    return [one for column, one in kept.items() if column not in inside or not str(one.found).startswith("{")]


TYPES = ("dict[", "function-", "constrained", "nullable")


def _told(error: Any, file: str, language: str, *, form: str) -> Finding:
    """One complaint of the schema in words: the path of the entry, what stands there, what is wanted; in a form (its language) by the
    labels that stand there."""
    loc, kind = _path(error["loc"]), error["type"]
    where = ".".join(loc)
    if kind == "missing":
        return finding("E_BRIEF_MISSING", language, file=file, column=where, hint=_example(loc[-1], form))
    if kind == "extra_forbidden":
        known = [e.name for e in _entries(loc[:-1])]
        near = None if form else nearest(loc[-1], known)
        names = {e.name: e.said("label", form) for e in (*_every(), *_entries(loc[:-1]))} if form else {}
        told = ", ".join(names.get(key, key) for key in known)
        return finding("E_BRIEF_UNKNOWN", language, file=file, column=where, found=names.get(loc[-1], loc[-1]), expected=told, hint=near)
    given = (error.get("ctx") or {}).items()
    wanted = {k: f"{v:g}" if isinstance(v, int | float) else str(v) for k, v in given if isinstance(v, int | float | str | dt.date)}
    if kind == "literal_error":
        words = re.findall(r"'([^']*)'", wanted.get("expected", ""))
        wanted["expected"] = ", ".join(said_word(word, "units", form) if form else word for word in words)
    for section in ("expect_form", "expect") if form else ("expect",):
        try:
            expected = phrase(f"plan.{section}.{kind}", language, **wanted)
            break
        except KeyError:
            expected = phrase("plan.expect.other", language, message=error["msg"])
    return finding(
        "E_BRIEF_VALUE",
        language,
        file=file,
        column=where,
        found=repr(error.get("input")),
        expected=expected,
        hint=_share(error, language if form else ""),
    )


def _share(error: Any, language: str) -> str | None:
    """A share between 0 and 1, where one in per cent was typed: 0.3 for 30; with a comma in a French form."""
    value, bound = error.get("input"), (error.get("ctx") or {}).get("le")
    if error["type"] != "less_than_equal" or bound != 1 or not 1 < value <= 100:
        return None
    return f"{value / 100:g}".replace(".", "," if language == "fr" else ".")


def _every() -> Iterator[Entry]:
    """The entries of the whole schema."""
    for outer in entries(Brief):
        yield outer
        yield from entries(outer.model) if outer.model else ()


def _path(loc: Sequence[Any]) -> list[str]:
    """The names of an error's place that stand in the file; the schema adds the names of types where an entry may have several."""
    parts = [str(p) for p in loc]
    last = parts[-1:] if parts[-1:] and parts[-1] not in ("float", "int", "str", "date", "bool") else []
    return [part for part in (*parts[:-1], *last) if not part.startswith(TYPES)]


def _example(key: str, form: str) -> str:
    """What to type where an entry is missing: a line of TOML, or what to put into the cell of a form."""
    days = {"first_day": "2026-10-05", "last_day": "2026-11-15", "day": "2026-10-12"}
    if form:
        return days.get(key) or {"budget": "40000", "channels": said_word("paid_social", "channels", form)}.get(key, key)
    return f"{key} = {days[key]}" if key in days else {"budget": "budget = 40000", "channels": "[channels] paid_social = 8.0"}.get(key, key)


def _entries(path: Sequence[str]) -> list[Entry]:
    """The entries of the table that a path leads to."""
    outer = {e.name: e.model for e in entries(Brief)}
    model: type[BaseModel] = (outer.get(path[0]) if path else None) or Brief
    return list(entries(model))
