"""A thing that a rule found in a draft, and the finding that is made of it: where, why, what to write instead, and the rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mktlib.errors import Finding, Level
from mktlib.results import StyleFit
from mktlib.rules.draft import Draft
from mktlib.rules.marks import Shown
from mktlib.vocabulary import Row, Tables, finding, lookup


@dataclass(frozen=True, kw_only=True)
class Place:
    """What a text is for: the style and the channel asked for, and what the brief may add."""

    style: str
    channel: str
    content_type: str | None = None
    length: str | None = None
    spec: str | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Case:
    """A draft with all that a rule may ask of it."""

    draft: Draft
    tables: Tables
    place: Place
    marks: Mapping[str, Shown]
    fit: StyleFit
    whole: int

    @property
    def style(self) -> Row:
        row: Row = self.tables.styles[self.place.style]
        return row


@dataclass(frozen=True, kw_only=True)
class Found:
    """start, end: offsets in what is read (`raw`: in the text as given); instead: words to write; values: numbers and names of the
    sentences; words: values that differ by language; level: where it is not the rule's own."""

    start: int
    end: int
    raw: bool = False
    instead: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    level: Level | None = None
    quote: bool = True


def told(code: str, row: Row, found: Found, case: Case, language: str) -> Finding:
    """The finding of something found, in one language; it carries its sentences in every language of the tables."""
    start, end = (found.start, found.end) if found.raw else case.draft.place(found.start, found.end)
    words = case.draft.raw[start:end]
    instead = _cased(found.instead, words)
    said = {code: _said(row, found, case, code, bool(instead)) for code in case.tables.languages}
    return finding(
        code,
        language,
        level=found.level or row["level"],
        line=case.draft.line(start),
        found=_shown(words) if found.quote else None,
        start=start,
        end=end,
        rule=code,
        about=row["about"],
        instead=instead,
        _said=said,
        **found.values,
    )


def _said(row: Row, found: Found, case: Case, language: str, instead: bool) -> dict[str, str]:
    """The sentences of a rule in one language, with the names that differ by language filled in."""
    names = {"style": style_name(case.tables, case.place.style, language), **found.words.get(language, {})}
    hint = str(lookup("rules.write", language)) if instead else _own(row["hint"], language)
    return {"says": filled(_own(row["says"], language), names), "hint": filled(hint, names)}


def _own(words: Mapping[str, str], language: str) -> str:
    return str(words.get(language) or words["en"])


def filled(sentence: str, names: Mapping[str, str]) -> str:
    for name, value in names.items():
        sentence = sentence.replace("{" + name + "}", value.replace("{", "{{").replace("}", "}}"))
    return sentence


def style_name(tables: Tables, style: str, language: str) -> str:
    """A style inside a sentence: the “refined / luxury” style; raffiné / luxe (the French sentences say the word themselves)."""
    label = tables.label("style", style, language)
    return str(lookup("rules.style", language)).replace("{label}", label[:1].lower() + label[1:])


def _cased(instead: str | None, words: str) -> str | None:
    return instead[:1].upper() + instead[1:] if instead and words[:1].isupper() else instead


def _shown(words: str) -> str:
    return " ".join(words.replace("\u00a0", " ").replace("\u202f", " ").split())
