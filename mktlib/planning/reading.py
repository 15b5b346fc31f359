"""Reading a brief: every mistake of the file at once, each with its path, what was found and what to type."""

from __future__ import annotations

import datetime as dt
import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from mktlib.errors import DataError, Finding
from mktlib.planning.brief import Brand, Brief, Channel, FixedDate, Mute, Objective, Production, Segment, Team, Want, _Where
from mktlib.vocabulary import Tables, default_language, finding, load_tables, nearest, phrase


def read_brief(path: str | Path, *, tables: Tables | None = None) -> Brief:
    """Read and check a brief.

    Parameters
    ----------
    path : a TOML file; money in the brief's currency, shares as fractions, days as dates (2026-10-05).
    tables : the words in use; default the packaged ones.

    Raises
    ------
    DataError
        With every problem of the file at once: `column` is the path of the entry, such as ``channels.email.price``.

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
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
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
    tables = tables or load_tables()
    language = raw.get("language") if raw.get("language") in tables.languages else default_language()
    found = list(_wrong_words(raw, tables, file, str(language)))
    brief = None
    try:
        brief = Brief.model_validate(raw)
    except ValidationError as error:
        found = [_told(e, raw, file, str(language)) for e in error.errors()] + found
    found += _wrong_together(raw, file, str(language))
    if found or brief is None:
        raise DataError(sorted(found, key=lambda f: f.column or ""))
    return brief


def _told(error: Any, raw: Mapping[str, Any], file: str, language: str) -> Finding:
    """One complaint of the schema in words: the path of the entry, what stands there, what is wanted."""
    loc = [str(p) for p in error["loc"] if not str(p).startswith(("dict[", "function-", "constrained")) and p not in ("float", "int")]
    where, kind = ".".join(loc), error["type"]
    if kind == "missing":
        return finding("E_BRIEF_MISSING", language, file=file, column=where, hint=_example(loc[-1]))
    if kind == "extra_forbidden":
        known = _known(loc[:-1])
        near = nearest(loc[-1], known)
        return finding("E_BRIEF_UNKNOWN", language, file=file, column=where, found=loc[-1], expected=", ".join(known), hint=near)
    wanted = {k: v for k, v in (error.get("ctx") or {}).items() if isinstance(v, int | float | str)}
    try:
        expected = phrase(f"plan.expect.{kind}", language, **wanted)
    except KeyError:
        expected = phrase("plan.expect.other", language, message=error["msg"])
    return finding("E_BRIEF_VALUE", language, file=file, column=where, found=repr(error.get("input")), expected=expected)


def _example(key: str) -> str:
    return {"first_day": "first_day = 2026-10-05", "last_day": "last_day = 2026-11-15", "day": "day = 2026-10-12"}.get(
        key, {"budget": "budget = 40000", "channels": "[channels] paid_social = 8.0"}.get(key, f"{key} = ...")
    )


LONGEST = 371
"""Days of a campaign, at most: a plan of more than 53 weeks is several plans."""

ENTRIES: Mapping[str, type[BaseModel]] = {
    "objective": Objective, "brand": Brand, "segments": Segment, "channels": Channel, "production": Production, "team": Team,
    "fixed_dates": FixedDate, "mutes": Mute, "must_have": Want, "exclude": _Where,
}  # fmt: skip


def _known(path: list[str]) -> list[str]:
    return list((ENTRIES[path[0]] if path and path[0] in ENTRIES else Brief).model_fields)


def _words(raw: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(path, table, word) of every word of the field that a brief uses."""

    def keys(name: str) -> list[str]:
        return list(raw[name]) if isinstance(raw.get(name), Mapping) else []

    yield from ((f"channels.{k}", "channels", k) for k in keys("channels"))
    yield from ((f"stages.{k}", "stages", k) for k in keys("stages"))
    yield from ((f"production.{k}", "content_types", k) for k in keys("production") if k != "default")
    yield from (("lengths", "lengths", w) for w in (raw["lengths"] if isinstance(raw.get("lengths"), list) else []) if isinstance(w, str))
    for name, row in raw["segments"].items() if isinstance(raw.get("segments"), Mapping) else ():
        consent = row.get("consent") if isinstance(row, Mapping) else None
        yield from ((f"segments.{name}.consent.{k}", "channels", k) for k in (consent if isinstance(consent, Mapping) else ()))
    brand, aim = raw.get("brand"), raw.get("objective")
    for side in ("allowed", "forbidden"):
        listed = brand.get(side) if isinstance(brand, Mapping) else None
        yield from ((f"brand.{side}", "styles", w) for w in (listed if isinstance(listed, list) else []) if isinstance(w, str))
    if isinstance(aim, Mapping):
        yield "objective.metric", "metrics", str(aim.get("metric", "click_rate"))
        yield from ((f"objective.value.{k}", "stages", k) for k in (aim["value"] if isinstance(aim.get("value"), Mapping) else ()))
    several = {"stage": "stages", "content_type": "content_types", "style": "styles", "length": "lengths", "channel": "channels"}
    for name in ("must_have", "exclude", "fixed_dates", "mutes"):
        for k, row in enumerate(raw[name] if isinstance(raw.get(name), list) else []):
            given = row if isinstance(row, Mapping) else {}
            yield from ((f"{name}.{k}.{a}", t, given[a]) for a, t in several.items() if isinstance(given.get(a), str))


def _wrong_words(raw: Mapping[str, Any], tables: Tables, file: str, language: str) -> Iterator[Finding]:
    """A word of one's own is fine; one that looks like a slip of a known word is not. Metrics and unpriced channels must be known."""
    if "language" in raw and raw["language"] not in tables.languages:
        yield finding("E_BRIEF_WORD", language, file=file, column="language", found=raw["language"], expected=", ".join(tables.languages))
    for where, table, word in _words(raw):
        known = getattr(tables, table)
        if word in known:
            continue
        near = nearest(word, known)
        priced = where.startswith("channels.")
        own = priced and isinstance(raw["channels"][word], Mapping) and "unit" in raw["channels"][word]
        if not own and (table == "metrics" or priced or (near and _slip(word, near))):
            wanted = ", ".join(list(known)[:8]) + ("..." if len(known) > 8 else "")
            yield finding("E_BRIEF_WORD", language, file=file, column=where, found=word, expected=wanted, hint=near)


def _slip(word: str, near: str) -> bool:
    """Whether a word is most likely the other one misspelt."""
    return abs(len(word) - len(near)) <= 2 and difflib.SequenceMatcher(None, word, near).ratio() >= 0.8


def _wrong_together(raw: Mapping[str, Any], file: str, language: str) -> Iterator[Finding]:
    """Entries that are right one by one and cannot stand together."""
    spans = [("last_day", raw)] + [(f"mutes.{k}.last_day", m) for k, m in enumerate(raw.get("mutes") or []) if isinstance(m, Mapping)]
    for where, row in spans:
        first, last = row.get("first_day"), row.get("last_day")
        if isinstance(first, dt.date) and isinstance(last, dt.date) and type(first) is type(last) and last < first:
            yield finding("E_BRIEF_ORDER", language, file=file, column=where, found=last, expected=f">= {first}")
    days, first, last = raw.get("fixed_dates"), raw.get("first_day"), raw.get("last_day")
    for k, row in enumerate(days if isinstance(days, list) else []):
        day = row.get("day") if isinstance(row, Mapping) else None
        if type(day) is dt.date and type(first) is dt.date and type(last) is dt.date and not first <= day <= last:
            yield finding("E_BRIEF_ORDER", language, file=file, column=f"fixed_dates.{k}.day", found=day, expected=f"{first} ... {last}")
    named = raw["segments"] if isinstance(raw.get("segments"), Mapping) else {}
    for name in ("must_have", "exclude", "fixed_dates", "mutes"):
        for k, row in enumerate(raw[name] if isinstance(raw.get(name), list) else []):
            who = row.get("segment") if isinstance(row, Mapping) else None
            if isinstance(who, str) and named and who not in named:
                wanted = ", ".join(named)
                where = f"{name}.{k}.segment"
                yield finding("E_BRIEF_WORD", language, file=file, column=where, found=who, expected=wanted, hint=nearest(who, named))
    if type(first) is dt.date and type(last) is dt.date and (last - first).days > LONGEST:
        yield finding("E_BRIEF_ORDER", language, file=file, column="last_day", found=last, expected=f"<= {first} + {LONGEST} days")
    shares = [v for v in raw["stages"].values() if isinstance(v, int | float)] if isinstance(raw.get("stages"), Mapping) else []
    if sum(shares) > 1 + 1e-9:
        yield finding("E_BRIEF_SHARES", language, file=file, column="stages", found=f"{sum(shares):g}")
    for name, row in raw["channels"].items() if isinstance(raw.get("channels"), Mapping) else ():
        low, high = (row.get("minimum"), row.get("maximum")) if isinstance(row, Mapping) else (None, None)
        if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
            yield finding("E_BRIEF_ORDER", language, file=file, column=f"channels.{name}.minimum", found=low, expected=f"<= {high}")
    brand = raw.get("brand")
    if isinstance(brand, Mapping) and isinstance(brand.get("allowed"), list) and isinstance(brand.get("forbidden"), list):
        for word in sorted({str(w) for w in brand["allowed"]} & {str(w) for w in brand["forbidden"]}):
            yield finding("E_BRIEF_BOTH", language, file=file, column="brand.forbidden", found=word)
