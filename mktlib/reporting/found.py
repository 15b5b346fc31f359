"""A finding as a page says it: in the reader's language, keys of the tables by their labels; what to type is for those who type."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mktlib.errors import Finding
from mktlib.reporting.voice import Voice, visible
from mktlib.vocabulary import lookup, platforms, retell, saying

KIND_OF_FOUND = {
    "E_PLATFORM_FOUND": "platform", "E_UNCONFIRMED": "platform", "E_DATES_READ": "date_format", "E_DATES_AS_USUAL": "date_format",
    "E_NO_TAGS": "column",
}  # fmt: skip
"""What was found is a key of this kind; of E_ONE_LEVEL, one of the column's own levels."""
KEYS = ("channel", "platform", "metric")
"""Further values of a finding that are keys."""


def told(voice: Voice, found: Finding) -> str:
    """A finding in the reader's language; in its own words where the language has none for it. What to type is for those who type."""
    known = found.code in voice.tables.languages[voice.language]["findings"] or "_said" in found.values
    found = named(voice, found)
    figures = str(found.column or "").split(", ")
    kind = "kpi" if "_KPI_" in found.code else "metric"
    of = voice.names((voice.label(kind, key) for key in figures), most=9) if set(figures) <= set(getattr(voice.tables, f"{kind}s")) else ""
    if not voice.analyst:
        said = visible(saying(found, voice.language) if known else found.text)
        return voice.say("pair", name=of, value=said[:1].lower() + said[1:]) if of else said
    found = replace(found, column=of) if of else found
    return visible((retell(found, voice.language) if known else found).text)


def named(voice: Voice, found: Finding) -> Finding:
    """The keys of the tables that a finding names, by their labels; those that its advice says to type stay as they are typed."""
    row = voice.tables.languages[voice.language]["findings"].get(found.code, {})
    typed = set(re.findall(r"\{(\w+)", str(row.get("hint", "")))) if voice.analyst else set()
    values: dict[str, Any] = {k: _word(voice, k, found.values[k]) for k in KEYS if k in found.values and k not in typed}
    shown = found.found
    kind = KIND_OF_FOUND.get(found.code) or found.values.get("axis") or (found.column if found.code == "E_ONE_LEVEL" else None)
    if kind and shown and "=" not in shown and "found" not in typed:
        shown = voice.names((_word(voice, str(kind), key) for key in shown.split(", ")), most=9)
    if found.code == "E_SIMPSON" and {"other", "factor"} <= set(found.values):
        axis = str(found.column)
        values |= {"other": voice.label(axis, found.values["other"]), "factor": voice.inner("column", found.values["factor"])}
        shown = voice.label(axis, found.found)
    return replace(found, found=shown, values={**found.values, **values})


def _word(voice: Voice, kind: str, key: Any) -> str:
    if kind == "platform":
        label: Mapping[str, str] = platforms().get(str(key), {}).get("label", {})
        return voice.text(label.get(voice.language) or label.get("en") or key)
    if kind == "date_format":
        return date_in_words(str(key), voice.language)
    return voice.inner(kind, key) if kind in ("column", "metric") else voice.label(kind, key)


def date_in_words(form: str, language: str) -> str:
    """How days are written, as one says it.

    >>> date_in_words("%d/%m/%Y", "en"), date_in_words("%d/%m/%Y", "fr")
    ('day/month/year', 'jour/mois/année')
    """
    return re.sub(r"%-?([A-Za-z])", lambda m: str(lookup(f"labels.date_part.{m[1]}", language) or m[0]), form)
