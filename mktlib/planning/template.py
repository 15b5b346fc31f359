"""The brief to begin with, as TOML: every entry of the schema with its meaning, unit and default above it.

Lines that begin with `#` and a letter or bracket are entries switched off; take the `#` away to use them.
"""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from mktlib.planning.brief import Brief
from mktlib.planning.entries import Entry, entries
from mktlib.vocabulary import default_language, phrase

WIDTH = 110
SUGGESTED: Mapping[str, Any] = {
    "general.saturation": 8.0, "channels.unit": "thousand_impressions", "channels.maximum": 10_000.0,
    "segments.consent_date": dt.date(2026, 3, 1), "production.cost": 400.0, "where.stage": "awareness",
    "where.content_type": "carousel", "where.style": "playful", "where.length": "short", "where.channel": "email", "mutes.channel": "email",
}  # fmt: skip
BY_KIND: Mapping[str, Any] = {"whole": 1, "number": 1.0, "flag": True, "day": dt.date(2026, 10, 5), "list": []}
"""What a line that is switched off shows, where its default is nothing."""


def brief_template(language: str | None = None) -> str:
    """The text of a brief with a comment above every entry; it can be read, and planned, as it is.

    >>> brief_template("fr").splitlines()[0][:60]
    '# Un brief de campagne. Chaque entrée est expliquée au-dessu'
    """
    language = language or default_language()
    lines = [*_comment(phrase("brief.form.head", language)), *_comment(phrase("brief.form.how", language))]
    values, every = example(language), list(entries(Brief))
    for entry in (e for e in every if e.shape == "single"):
        lines += ["", *_explained(entry, language), *_line(entry, values, language)]
    for entry in (e for e in every if e.shape != "single"):
        said = entry.said("says", language)
        said = f"{entry.said('label', language)}{phrase('brief.form.colon', language)}{said[:1].lower()}{said[1:]}."
        lines += ["", "", *_comment(said)]
        lines += list(_table(entry, values.get(entry.name), language))
    return "\n".join(lines) + "\n"


def example(language: str) -> dict[str, Any]:
    """A small campaign of six weeks that can be planned, by the names of the schema."""
    who = phrase("brief.example.segment", language)
    return {
        "name": phrase("brief.example.name", language), "language": language, "first_day": dt.date(2026, 10, 5),
        "last_day": dt.date(2026, 11, 15), "budget": 20_000.0, "objective": {"value": 0.5}, "brand": {"forbidden": ["edgy"]},
        "stages": {"awareness": 0.1, "interest": 0.0, "decision": 0.2},
        "segments": {who: {"size": 50_000, "consent": {"email": 0.1, "sms": 0.02}}},
        "channels": {"paid_social": {"price": 8.0}, "organic_social": {"quantity": 2_000, "per_week": 1}, "email": {"price": 0.005}},
        "production": {
            "default": {"cost": 400.0}, "short_video": {"cost": 900.0, "days": 5.0, "most": 2},
            "social_image": {"cost": 150.0, "days": 1.0}, "promo_email": {"cost": 200.0, "days": 1.0},
        },
    }  # fmt: skip


def switched_off(language: str) -> dict[str, Any]:
    """The tables that the template shows and leaves unused: nobody should plan with somebody else's day of silence."""
    day = dt.date(2026, 10, 14)
    return {
        "presence": {"organic_social": 1}, "flows": {"welcome": 0.04},
        "places": {phrase("brief.example.place", language): {"share": 0.3, "channels": ["paid_social"]}},
        "fixed_dates": [{"name": phrase("brief.example.date", language), "day": day}],
        "mutes": [{"name": phrase("brief.example.mute", language), "first_day": day, "last_day": day}],
        "must_have": [{"least": 1}], "exclude": [{}], "topics": {phrase("brief.example.topic", language): {}},
    }  # fmt: skip


def _table(entry: Entry, values: Any, language: str) -> Iterator[str]:
    off = "" if values is not None or entry.shape == "model" else "#"
    values = values if values is not None else switched_off(language).get(entry.name, {})
    if entry.shape == "numbers":
        yield from _comment(_measure(entry, language))
        yield f"{off}[{entry.name}]"
        yield from (f"{off}{quoted_key(key)} = {literal(value)}" for key, value in values.items())
        return
    tables = {entry.name: values} if entry.shape == "model" else {}
    if entry.shape == "models":
        tables = {f"{entry.name}.{quoted_key(key)}": row for key, row in values.items()}
    elif entry.shape == "rows":
        tables = {f"[{entry.name}]": row for row in values}
    assert entry.model is not None
    for k, (head, row) in enumerate(tables.items()):
        yield from ["", f"{off}[{head}]"] if k else [f"{off}[{head}]"]
        yield from _rows(entry.model, row, language, off, first=k == 0)


def _rows(model: type[BaseModel], row: Mapping[str, Any], language: str, off: str, *, first: bool) -> Iterator[str]:
    """The entries of one table; all of them with their words in the first of its kind, only those that it sets in the others."""
    for entry in entries(model):
        if first:
            yield from _explained(entry, language)
        if first or entry.name in row:
            yield from (off + line if not line.startswith("#") else line for line in _line(entry, row, language))


def _line(entry: Entry, row: Mapping[str, Any], language: str) -> list[str]:
    value = row.get(entry.name, entry.default)
    if value is not None:
        return [f"{entry.name} = {literal(value)}"]
    shown = SUGGESTED.get(f"{entry.section}.{entry.name}", BY_KIND.get(entry.kind))
    return [f"#{entry.name} = {literal(phrase('brief.example.segment', language) if shown is None else shown)}"]


def _explained(entry: Entry, language: str) -> list[str]:
    return _comment(f"{entry.said('says', language)}. {_measure(entry, language)}")


def _measure(entry: Entry, language: str) -> str:
    """Unit and default of an entry."""
    colon = phrase("brief.form.colon", language)
    nothing = phrase("brief.form.required" if entry.required else "brief.form.nothing", language)
    default = nothing if entry.default in (None, "", [], {}) else literal(entry.default)
    parts = (("unit", entry.said("unit", language)), ("default", default))
    return ". ".join(f"{phrase(f'brief.form.{name}', language)}{colon}{said}" for name, said in parts) + "."


def _comment(text: str) -> list[str]:
    text = text.replace(" ;", "\u00a0;").replace(" :", "\u00a0:")
    return textwrap.wrap(text, WIDTH, initial_indent="# ", subsequent_indent="# ", break_long_words=False, break_on_hyphens=False)


def literal(value: Any) -> str:
    """A value as TOML writes it.

    >>> literal({"email": 0.1}), literal(["a"]), literal(True), literal(dt.date(2026, 10, 5))
    ('{ email = 0.1 }', '["a"]', 'true', '2026-10-05')
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping) and not value:
        return "{}"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{quoted_key(k)} = {literal(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    return quoted(value) if isinstance(value, str) else str(value)


def quoted(text: str) -> str:
    """Text between double quotes, with what would end it or the line escaped."""
    escaped = "".join(f"\\u{ord(c):04x}" if ord(c) < 32 or ord(c) == 127 else f"\\{c}" if c in '"\\' else c for c in text)
    return f'"{escaped}"'


def quoted_key(key: str) -> str:
    return key if key and all(c.isascii() and (c.isalnum() or c in "_-") for c in key) else quoted(key)
