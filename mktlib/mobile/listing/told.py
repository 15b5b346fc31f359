"""Findings of a listing: the row of `checks`, the field by its name, and how sure the store's limit is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mktlib.errors import Finding, Level
from mktlib.mobile.listing.read import Listing, Part
from mktlib.rules import checked
from mktlib.vocabulary import Row, phrase, printable

Words = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, kw_only=True)
class Told:
    """A finding before it has a language: its code, where it stands, and what its sentences need."""

    code: str
    path: str
    found: object = None
    level: Level | None = None
    words: Words = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)


def told(
    code: str,
    listing: Listing,
    part: Part | str,
    path: str | None = None,
    locale: str | None = None,
    *,
    found: object = None,
    level: Level | None = None,
    words: Words | None = None,
    **values: Any,
) -> Told:
    """What was found at a field (a part, or the key of one that is missing)."""
    row = part.row if isinstance(part, Part) else listing.fields.get(part, {})
    where = path or (part.path if isinstance(part, Part) else part)
    code_row = listing.tables.checks[code]
    limit = row if {"amount", "most"} & set(values) or "least" in values else code_row
    said = {
        language: {
            **place(listing, row, language),
            "mark": mark(limit if limit.get("conf") else code_row, language),
            **(words or {}).get(language, {}),
        }
        for language in listing.tables.languages
    }
    known = {"limit_source": row["source"], "limit_conf": row["conf"]} if row.get("conf") else {}
    locale = locale or (part.locale if isinstance(part, Part) else None)
    return Told(code=code, path=where, found=found, level=level, words=said, values={**known, "locale": locale, **values})


def place(listing: Listing, row: Row, language: str) -> dict[str, str]:
    """The names of the store and of the field in a language."""
    label = row.get("label", {})
    return {"store": listing.tables.label("store", listing.store, language), "place": str(label.get(language) or label.get("en") or "")}


def mark(row: Row, language: str) -> str:
    """How far a limit is sure, said where it is not read in the store's own pages.

    >>> mark({"conf": "K", "year": 2026}, "en"), mark({"conf": "V"}, "en")
    (' (not confirmed: general knowledge, 2026)', '')
    """
    if row.get("conf") not in ("S", "K", "J", "R"):
        return ""
    doubt = f"; {row['doubt'][language]}" if row.get("doubt") else ""
    return phrase(f"listing.mark.{row['conf']}", language, year=row.get("year", ""), doubt=doubt)


def unit_words(unit: str, count: int) -> Words:
    """{"en": {"unit": "characters"}, ...}."""
    return {code: {"unit": phrase(f"listing.unit.{unit}", code, count=count)} for code in ("en", "fr")}


def cost_words(unit: str, count: int) -> Words:
    """{"en": {"cost": "7 bytes"}, ...}."""
    return {code: {"cost": f"{count} {phrase(f'listing.unit.{unit}', code, count=count)}"} for code in ("en", "fr")}


def said(one: Told, listing: Listing, reader: str) -> Finding:
    """The finding in a reader's language, with its sentences in every other."""
    values: dict[str, Any] = {k: printable(v, 400) if isinstance(v, str) else v for k, v in one.values.items() if v is not None}
    how: dict[str, Any] = {"level": one.level, "file": listing.file, "column": one.path, "found": one.found, "words": one.words}
    return checked(one.code, listing.tables, reader, **how, **values)
