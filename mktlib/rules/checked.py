"""A check of an e-mail, a page or a listing that did not hold, said: sentences, threshold and source are a row of `tables/checks`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mktlib.errors import Finding, Level
from mktlib.rules.found import filled
from mktlib.vocabulary import Row, Tables, finding


def checked(
    code: str,
    tables: Tables,
    language: str,
    *,
    level: Level | None = None,
    file: str | None = None,
    line: int | None = None,
    column: str | None = None,
    found: object = None,
    words: Mapping[str, Mapping[str, str]] | None = None,
    **values: Any,
) -> Finding:
    """The finding of one row of `checks`: its sentences in every language, with the row's own values (thresholds) and those of the case.

    `words`: values that differ by language, {"fr": {"place": "le titre"}}. Decimals are written as each language writes them.

    >>> from mktlib.vocabulary import load_tables
    >>> tables = load_tables()
    >>> code = next(iter(tables.checks), None)
    >>> code is None or checked(code, tables, "fr").code == code
    True
    """
    row: Row = tables.checks[code]
    given = {**row.get("values", {}), **values}
    said = {name: _said(row, name, given, (words or {}).get(name, {})) for name in tables.languages}
    return finding(
        code,
        language,
        level=level or row["level"],
        file=file,
        line=line,
        column=column,
        found=found,
        rule=code,
        about=row["about"],
        source=row["source"],
        conf=row["conf"],
        _said=said,
        **given,
    )


def _said(row: Row, language: str, values: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, str]:
    numbers = {name: _number(value, language) for name, value in values.items() if isinstance(value, float)}
    return {name: filled(str(row[name].get(language) or row[name]["en"]), {**numbers, **words}) for name in ("says", "hint")}


def _number(value: float, language: str) -> str:
    text = f"{value:.10g}"
    return text.replace(".", ",") if language == "fr" else text
