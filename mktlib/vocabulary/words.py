"""What is said to a reader: the sentences of `tables/languages`, and findings made of them."""

from __future__ import annotations

import difflib
import os
import re
import string
import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mktlib.errors import DataError, Finding, Level
from mktlib.vocabulary.layers import above

TABLES = Path(__file__).parents[1] / "tables"


def languages() -> dict[str, Any]:
    """The packaged languages, by code; and those of the folder MKTLIB_TABLES/languages, where they are silent in English."""
    return _spoken_in(os.environ.get("MKTLIB_TABLES", ""))[0]


def own_words(language: str) -> Mapping[str, Any] | None:
    """What a further language's own file says; None for a packaged language."""
    return None if language in _packaged() else _spoken_in(os.environ.get("MKTLIB_TABLES", ""))[1].get(language)


@lru_cache(maxsize=1)
def _packaged() -> dict[str, Any]:
    paths = sorted((TABLES / "languages").glob("*.toml"))
    return {path.stem: tomllib.loads(path.read_text(encoding="utf-8-sig")) for path in paths}


@lru_cache(maxsize=8)
def _spoken_in(folder: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """(every language whole, what the files of the folder say)."""
    known = _packaged()
    own = {path.stem: _words_of(path) for path in sorted((Path(folder) / "languages").glob("*.toml"))} if folder else {}
    marks = {code: {"marks": {"name": code, "locale": code}} for code in own if code not in known}
    whole = {code: above(known.get(code) or above(known["en"], marks[code]), said) for code, said in own.items()}
    return known | whole, own


def _words_of(path: Path) -> dict[str, Any]:
    """One language file of the caller's; said in English where it cannot be read, as there is nothing else to say it with."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        says = _packaged()["en"]["findings"]["E_TOML"]["says"]
        text = f"{path.name}: {says.format_map(_Blank(found=str(error), file=path.name))}"
        raise DataError(Finding(code="E_TOML", text=text, level="error", file=path.name, found=str(error))) from error


def default_language() -> str:
    """MKTLIB_LANGUAGE where it names a language of the tables, else English."""
    wanted = os.environ.get("MKTLIB_LANGUAGE", "en")
    return wanted if wanted in languages() else "en"


def nearest(word: object, known: Sequence[str] | Mapping[str, Any], cutoff: float = 0.6) -> str | None:
    """The known word that looks most like this one, if any does (by `cutoff` of 1 at least).

    >>> nearest("awarness", ["awareness", "interest"])
    'awareness'
    >>> nearest(None, ["awareness", "interest"])
    """
    close = difflib.get_close_matches(str(word).lower(), list(known), n=1, cutoff=cutoff)
    return close[0] if close else None


def lookup(key: str, language: str | None = None) -> Any:
    """The raw entry of a language file at a dotted key; English where the language lacks it; None where English does too."""
    for code in (language or default_language(), "en"):
        node: Any = languages().get(code, {})
        for part in key.split("."):
            node = node.get(part) if isinstance(node, Mapping) else None
        if node is not None:
            return node
    return None


def phrase(key: str, language: str | None = None, /, **values: Any) -> str:
    """A sentence of the language file with its {fields} filled in; `count` chooses between `one` and `other`.

    >>> phrase("labels.verdict.make", "fr")
    'à produire'
    """
    language = language or default_language()
    entry = lookup(key, language)
    if isinstance(entry, Mapping):
        count = abs(float(values.get("count", 2)))
        entry = entry["one" if count == 1 or count < lookup("marks.one_below", language) else "other"]
    if entry is None:
        raise KeyError(f"no phrase {key!r} in tables/languages")
    return str(entry).format(**values)


def finding(
    code: str,
    language: str | None = None,
    /,
    *,
    level: Level = "error",
    file: str | None = None,
    line: int | None = None,
    column: str | None = None,
    found: object = None,
    expected: str | None = None,
    hint: str | None = None,
    **values: Any,
) -> Finding:
    """One finding, said in a language: where, what was found, what was expected, what to type.

    Where the language has two sentences, `one` and `other`, its `count` chooses, or else the number that was found.

    >>> str(finding("E_NO_DATE", "en", found=1)), str(finding("E_NO_DATE", "en", found=2))
    ('1 row without a date is left out.', '2 rows without a date are left out.')
    >>> str(finding("E_NEGATIVE_COUNT", "en", file="log.csv", line=3, column="clicks", found="-5"))
    'log.csv, line 3, clicks: "-5" is negative. Expected: a count of 0 or more. Correct the cell, or leave it empty if it is unknown.'
    """
    shown = None if found is None else printable(str(found))
    file = file if file is None else encodable(str(file))
    column, expected, hint = (x if x is None else encodable(masked(str(x))) for x in (column, expected, hint))
    values = {name: encodable(value) if isinstance(value, str) else value for name, value in values.items()}
    fields = {"file": file, "line": line, "column": column, "found": shown, "expected": expected, "hint": hint, **values}
    text, wanted, advice = _sentences(code, language or default_language(), fields)
    return Finding(
        code=code,
        text=encodable(text),
        level=level,
        file=file,
        line=line,
        column=column,
        found=shown,
        expected=expected or wanted,
        hint=hint or advice,
        values=MappingProxyType({**values, "_given": MappingProxyType({"expected": expected, "hint": hint})}),
    )


SHOWN = 12
"""So many words of a table are listed where another one was typed."""


def no_row(path: str, word: object, table: str, rows: Sequence[str] | Mapping[str, Any], file: str) -> Finding:
    """What is said of a word that is no row of its table: the rows there are, and the one it is a slip of, if it is."""
    known = ", ".join(list(rows)[:SHOWN]) + (" ..." if len(rows) > SHOWN else "")
    hint = nearest(word, rows, cutoff=0.75)
    return finding("E_REFERENCE", file=file, column=path, found=str(word), expected=table, hint=hint, known=known)


def retell(found: Finding, language: str) -> Finding:
    """The same finding in another language."""
    values = dict(found.values)
    given = values.pop("_given", {})
    return finding(
        found.code,
        language,
        level=found.level,
        file=found.file,
        line=found.line,
        column=found.column,
        found=found.found,
        expected=given.get("expected"),
        hint=given.get("hint"),
        **values,
    )


def saying(found: Finding, language: str) -> str:
    """What a finding says, for those who have nothing to type: without column, expectation and advice; where, of a fault in a file.

    >>> saying(finding("E_NEGATIVE_COUNT", "en", file="log.csv", line=3, column="clicks", found="-5"), "en")
    'log.csv, line 3: "-5" is negative.'
    """
    given = found.values.get("_given", {})
    fields = {"file": found.file, "line": found.line, "column": found.column, "found": found.found, **given, **found.values}
    row, fill = _filled(found.code, language, fields)
    if "says" not in row:
        return found.text
    core = string.Formatter().vformat(row["says"], (), _Blank(fill)).rstrip(".") + "."
    where = _where(language, {"file": found.file, "line": found.line}) if found.code.startswith("E_") else ""
    return where + core if where else core[:1].upper() + core[1:]


ADDRESS = re.compile(r"[^\s@＠<>,;:\"'()\[\]|/=?&]{1,64}(?:[@＠]|%40)[^\s@＠<>,;:\"'()\[\]|/=?&]{1,190}\.[^\W\d_]{2,}")
LONG_NUMBER = re.compile(r"(?:\d[\s.\-/]?){6,}\d")


def masked(text: str) -> str:
    """Text in which nobody's e-mail address can be read.

    >>> masked("write to ana@example.org, today")
    'write to a***@e***, today'
    """
    if not any(mark in text for mark in ("@", "＠", "%40")):
        return text
    return ADDRESS.sub(lambda found: f"{found[0][0]}***@{re.split('[@＠]|%40', found[0], maxsplit=1)[1][:1]}***", text)


def unknowable(text: str) -> str:
    """Text in which neither an address nor a long number (a telephone, an order) can be read.

    >>> unknowable("call 06 12 34 56 78 or ana@example.org")
    'call *** or a***@e***'
    """
    return LONG_NUMBER.sub("***", masked(text))


NO_BREAK = "\u00a0\u202f"
"""Spaces inside a number as French writes it."""


def encodable(text: str) -> str:
    """Text that can be printed and written: half a character (a lone surrogate, as broken exports hold) is spelt out.

    >>> encodable("caf\\u00e9 \\ud83d")
    'café \\\\ud83d'
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def printable(text: str, most: int = 80) -> str:
    """Text that is safe to show in a message: addresses masked, control and direction marks made visible, long text shortened."""
    text = masked(text)
    shown = "".join(c if c.isprintable() or c in NO_BREAK else f"\\u{ord(c):04x}" for c in text)
    return shown if len(shown) <= most else shown[: most - 1] + "…"


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"


def _sentences(code: str, language: str, fields: Mapping[str, Any]) -> tuple[str, str | None, str | None]:
    """(whole text, expected, hint) from the language file; the fields alone where it has no row for the code."""
    row, fill = _filled(code, language, fields)

    def said(name: str) -> str | None:
        return string.Formatter().vformat(row[name], (), _Blank(fill)) if name in row else None

    expected, hint = fields.get("expected") or said("expected"), fields.get("hint") or said("hint")
    colon = _colon(language)
    core = said("says") or " ".join(str(x) for x in (code, fields.get("found")) if x is not None)
    parts = [core]
    if expected and "{expected}" not in row.get("says", ""):
        parts.append(f"{phrase_or('words.expected', language, 'Expected')}{colon}{expected}")
    if hint and "{hint}" not in row.get("says", ""):
        own_words = None if fields.get("hint") else said("hint")
        parts.append(own_words or f"{phrase_or('words.type', language, 'Type')}{colon}{hint}")
    text = ". ".join(str(p).rstrip(".") for p in parts) + "."
    return _where(language, fields) + text, expected, hint


def _where(language: str, fields: Mapping[str, Any]) -> str:
    """File, line and column, up to the colon; nothing where none is known."""
    line = f"{phrase_or('words.line', language, 'line')} {fields['line']}" if fields.get("line") is not None else None
    where = ", ".join(str(part) for part in (fields.get("file"), line, fields.get("column")) if part)
    return f"{where}{_colon(language)}" if where else ""


def _colon(language: str) -> str:
    return str(lookup("marks.colon", language))


def _filled(code: str, language: str, fields: Mapping[str, Any]) -> tuple[Mapping[str, str], dict[str, Any]]:
    """The row of a code, and what goes into its sentences: great counts with their mark, days as one says them."""
    told = fields.get("_said") or {}  # a rule of the tables brings its own sentences
    row = told.get(language) or told.get("en") or lookup(f"findings.{code}", language) or {}
    row = {name: _counted(said, fields, language) for name, said in row.items()}
    fill = {k: _spoken(code, k, v, language) for k, v in fields.items() if v is not None}
    if axis := lookup(f"labels.column.{fill.get('factor')}", language):
        fill["factor"] = f"{axis[:1].lower()}{axis[1:]}"
    fill["columns"] = ", ".join(inner(lookup(f"labels.column.{c}", language) or c) for c in str(fields.get("column")).split(", "))
    return row, fill


def _counted(said: Any, fields: Mapping[str, Any], language: str) -> str:
    """A sentence of a finding; of two, `one` and `other`, the one for its `count`, or else for the number that was found."""
    if not isinstance(said, Mapping):
        return str(said)
    number = fields.get("count", fields.get("found"))
    count = abs(float(number)) if re.fullmatch(r"-?\d+(\.\d+)?", str(number)) else 2.0
    return str(said["one" if count == 1 or count < lookup("marks.one_below", language) else "other"])


def inner(label: str) -> str:
    """A label inside a sentence: no capital, unless it is an acronym.

    >>> inner("Ad group"), inner("URL")
    ('ad group', 'URL')
    """
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def _spoken(code: str, name: str, value: Any, language: str) -> Any:
    """A value as it is said, by itself where it knows how; what was found in a file stays as it stands there."""
    if callable(said := getattr(value, "said", None)):
        return said(language)
    counted = isinstance(value, int) or (name == "found" and code.startswith("N_") and re.fullmatch(r"[1-9]\d{4,}", str(value)))
    if counted and name != "line" and abs(int(value)) >= 10_000:  # no year is as great
        return f"{int(value):,}".replace(",", str(lookup("marks.thousands", language)))
    if name == "gone":  # (who, its last day, its share) of each
        return f"{_thin(language)}; ".join(_left(who, last, share, language) for who, last, share in value)
    if language == "fr" and name in ("first", "last") and re.fullmatch(r"\d{4}-\d\d-\d\d", str(value)):
        year, month, day = (int(part) for part in str(value).split("-"))
        return f"{'1er' if day == 1 else day} {lookup('calendar.months', language)[month - 1]} {year}"
    return value


def _left(who: str, last: str, share: float, language: str) -> str:
    return f"{who}{_colon(language)}{_spoken('', 'last', last, language)}, {share * 100:.0f}{_thin(language)}%"


def _thin(language: str) -> str:
    """What stands before a mark or a sign, where the language sets a space there."""
    return NO_BREAK[-1] if lookup("marks.narrow_spaces", language) else ""


def phrase_or(key: str, language: str, otherwise: str) -> str:
    found = lookup(key, language)
    return str(found) if found is not None else otherwise
