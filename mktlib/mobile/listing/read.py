"""A store listing as it is given (a table of TOML or JSON, a dict, rows of a frame), read into fields of the store, by language."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from mktlib.errors import DataError, Finding
from mktlib.intake import to_pandas
from mktlib.mobile.listing.keywords import folded
from mktlib.vocabulary import Row, Tables, finding, nearest
from mktlib.vocabulary.rows import text_of, toml_of

ABOUT = ("language", "locale", "langue", "default_language", "store", "app", "brand", "marque", "competitors", "wanted", "note", "notes")
"""Entries that are no field of a store: what the listing says of itself."""
LARGEST = 2_000_000
"""Bytes of a file: a hundred times any listing."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One field in one language. path: where it stands in what was given; locale: as given; language: its first letters; text: its text
    (after NFC), None for images and for what is no text; value: as given."""

    key: str
    row: Row
    path: str
    locale: str
    language: str
    text: str | None
    value: Any


@dataclass(frozen=True, kw_only=True, eq=False)
class Listing:
    """A listing, read. parts: what is filled in; locales: as given (one where the listing is flat); localised: whether it has several by
    design; unknown: (path, name) of entries that the store has no field for; folder: where its files lie."""

    store: str
    tables: Tables
    parts: tuple[Part, ...]
    locales: tuple[str, ...]
    localised: bool
    unknown: tuple[tuple[str, str], ...]
    about: Mapping[str, Any]
    file: str | None
    folder: Path | None

    @property
    def fields(self) -> Mapping[str, Row]:
        rows: Mapping[str, Row] = self.tables.stores[self.store]["fields"]
        return rows

    def of(self, locale: str) -> dict[str, Part]:
        """The parts of a locale, with those that all share."""
        return self._by_locale.get(locale, self._by_locale[""])

    @cached_property
    def _by_locale(self) -> dict[str, dict[str, Part]]:
        """The parts of every locale, read once: a listing may have a hundred."""
        own: dict[str, dict[str, Part]] = {code: {} for code in ("", *self.locales)}
        shared = [p for p in self.parts if not p.locale]
        for code, parts in own.items():
            parts.update({p.key: p for p in shared} if code else {})
        for part in self.parts:
            own.setdefault(part.locale, {})[part.key] = part
        return own


def read_listing(listing: Any, store: Any, language: Any, tables: Tables) -> Listing:
    """Read a listing, or say everything that keeps it from being read."""
    wrong = [*_wrong_word("store", store, tables.stores), *_wrong_word("language", language, tables.languages, optional=True)]
    if wrong:
        raise DataError(wrong)
    raw, file, folder = _raw(listing)
    about = {_key(str(k)): v for k, v in raw.items() if _key(str(k)) in ABOUT}
    named = next((about[k] for k in ("language", "locale", "langue", "default_language") if isinstance(about.get(k), str)), None)
    default = str(language or named or "en")
    rows = tables.stores[store]["fields"]
    locales = raw.get("locales")
    if locales is not None and not (isinstance(locales, Mapping) and locales and all(isinstance(v, Mapping) for v in locales.values())):
        raise DataError(finding("E_LISTING_SHAPE", file=file, column="locales", found=repr(locales)))
    flat = {k: v for k, v in raw.items() if k != "locales" and _key(str(k)) not in ABOUT}
    parts, unknown = _parts(flat, rows, "", "" if locales else default, default)
    for code, texts in (locales or {}).items():
        more = _parts(texts, rows, f"locales.{code}.", str(code), str(code))
        parts, unknown = [*parts, *more[0]], [*unknown, *more[1]]
    return Listing(
        store=store, tables=tables, parts=tuple(parts), locales=tuple(map(str, locales)) if locales else (default,),
        localised=bool(locales), unknown=tuple(unknown), about=about, file=file, folder=folder,
    )  # fmt: skip


def _wrong_word(name: str, value: Any, known: Mapping[str, Any], *, optional: bool = False) -> Iterator[Finding]:
    if not (optional and value is None) and (not isinstance(value, str) or value not in known):
        yield finding("E_OPTION", column=name, found=repr(value), expected=", ".join(known), hint=nearest(value, known))


def _raw(listing: Any) -> tuple[dict[str, Any], str | None, Path | None]:
    """What is given as a dict, with the name and the folder of its file."""
    if isinstance(listing, str | Path):
        return _from_file(Path(listing))
    if isinstance(listing, Mapping):
        return dict(listing), None, None
    if isinstance(listing, pd.Series):
        return {str(k): v for k, v in listing.items()}, None, None
    if hasattr(listing, "columns") or hasattr(listing, "column_names"):
        return _from_frame(to_pandas(listing)), None, None
    raise DataError(finding("E_LISTING_SHAPE", column="listing", found=type(listing).__name__))


def _from_file(path: Path) -> tuple[dict[str, Any], str, Path]:
    try:
        known = path.is_file()
    except (OSError, ValueError):
        known = False
    if not known or path.suffix.lower() not in (".toml", ".json") or path.stat().st_size > LARGEST:
        raise DataError(finding("E_LISTING_FILE", file=path.name[-80:], found=str(path)))
    text = text_of(path)
    if path.suffix.lower() == ".toml":
        return toml_of(text, path.name), path.name, path.parent
    try:
        raw = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise DataError(finding("E_LISTING_FILE", file=path.name, found=str(error))) from error
    if not isinstance(raw, dict):
        raise DataError(finding("E_LISTING_SHAPE", file=path.name, found=type(raw).__name__))
    return raw, path.name, path.parent


def _from_frame(frame: pd.DataFrame) -> dict[str, Any]:
    """One row is a listing; several are its languages, and a column says which."""
    by = next((c for c in frame.columns if _key(str(c)) in ("locale", "language", "langue")), None)
    if len(frame) == 1:
        return {str(k): v for k, v in frame.iloc[0].items()}
    if by is None or not len(frame) or frame[by].isna().any() or frame[by].astype(str).duplicated().any():
        raise DataError(finding("E_LISTING_ROWS", column="locale", found=len(frame)))
    return {"locales": {str(row[by]): {str(k): v for k, v in row.items() if k != by} for row in frame.to_dict("records")}}


def _key(name: str) -> str:
    """featureBullets, "Feature bullets" and feature_bullets are one name."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.strip())
    return re.sub(r"[^\w]+", "_", folded(parted)).strip("_")


def _parts(texts: Mapping[str, Any], rows: Mapping[str, Row], prefix: str, locale: str, language: str) -> tuple[list[Part], list[Any]]:
    """The fields of one table, and what no field is named like."""
    known = {_key(other): key for key, row in rows.items() for other in row.get("names", ())} | {_key(key): key for key in rows}
    parts: dict[str, Part] = {}
    unknown = []
    for name, value in texts.items():
        key = known.get(_key(str(name)))
        if key is None or key in parts:
            unknown.append((f"{prefix}{name}", str(name)))
        elif not _blank(value):
            text = _text(value) if rows[key].get("kind", "text") in ("text", "keywords") else None
            about = {"path": f"{prefix}{name}", "locale": locale, "language": re.split(r"[-_]", language)[0].lower()}
            parts[key] = Part(key=key, row=rows[key], text=text, value=value, **about)
    return list(parts.values()), unknown


def _blank(value: Any) -> bool:
    if isinstance(value, str):
        return not value.strip()
    if value is None or isinstance(value, list | tuple | Mapping):
        return not value
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


def _text(value: Any) -> str | None:
    """The text of a field as stores count it, as far as is known: NFC, lines ended by one sign, no blank ends; a list by commas."""
    if isinstance(value, list | tuple) and all(isinstance(x, str) for x in value):
        value = ",".join(x.strip() for x in value)
    if not isinstance(value, str):
        return None
    return unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n").strip())
