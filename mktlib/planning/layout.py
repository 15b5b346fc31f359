"""How a brief lies on the sheets of a form: which entry stands in which column, under which heading, with which words to choose from.

Everything is read off the schema (`entries`); what a form cannot show in one cell, such as a share for each channel, is a column each.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, get_args

from mktlib.planning.brief import Brief, Unit
from mktlib.planning.entries import KEYS, WORDS, Entry, Kind, entries
from mktlib.vocabulary import load_tables, lookup, phrase

KEY = "*"
"""Stands in a path for the key of a row, or for its number in a list."""
GENERAL = "general"
OWN = ("stages", "styles", "lengths", "content_types", "channels", "networks")
"""Tables beside whose words a brief may use its own."""
NEAR = 0.6
"""How like a known word, of 1, a word is that may be a slip of it."""


@dataclass(frozen=True)
class Column:
    """One column of a sheet, or one line of the first: where its value belongs in a brief, and what it may be.

    path: the names down to the entry; words: the table whose labels may be typed, "" where any text may; label and says: in the
    language of the form.
    """

    path: tuple[str, ...]
    kind: Kind
    words: str
    label: str
    says: str


@dataclass(frozen=True)
class Sheet:
    """One sheet. lists: the lists of the brief that its rows belong to, named in the first column; none: rows are tables by key."""

    name: str
    columns: tuple[Column, ...]
    lists: tuple[str, ...] = ()

    @property
    def lines(self) -> bool:
        """Whether it has one entry a line."""
        return self.name == GENERAL


def sheets(language: str, keys: Mapping[str, Sequence[str]] | None = None) -> list[Sheet]:
    """Every sheet of a form in a language; `keys` are the channels, stages or segments that get a column of their own, by entry.

    >>> [sheet.name for sheet in sheets("en")]
    ['general', 'stages', 'segments', 'channels', 'presence', 'flows', 'places', 'production', 'topics', 'dates', 'wishes']
    """
    top, keys = {e.name: e for e in entries(Brief)}, keys or {}
    found = [Sheet(GENERAL, tuple(_general(top, language)))]
    value = next(e for e in entries(_model(top["objective"])) if e.name == "value")
    stages = [_column(("stages", KEY), top["stages"], language), _column(("objective", "value", KEY), value, language)]
    found.append(Sheet("stages", (_key("stages", "stages", "labels.column.stage", language), *stages)))
    heads = {
        "segments": "labels.column.segment", "channels": "labels.column.channel", "presence": "brief.form.network",
        "flows": "brief.form.flow", "places": "brief.form.place", "production": "labels.column.content_type", "topics": "brief.form.topic",
    }  # fmt: skip
    for name, head in heads.items():
        first = _key(name, KEYS.get(name, ""), head, language)
        rest = [_column((name, KEY), top[name], language)] if top[name].shape == "numbers" else _fields(name, top[name], language, keys)
        found.append(Sheet(name, (first, *rest)))
    for sheet, lists in (("dates", ("fixed_dates", "mutes")), ("wishes", ("must_have", "exclude"))):
        found.append(Sheet(sheet, tuple(_lists(lists, top, language)), lists))
    return found


def _model(entry: Entry) -> Any:
    assert entry.model is not None
    return entry.model


def _general(top: Mapping[str, Entry], language: str) -> Iterator[Column]:
    for entry in (e for e in top.values() if e.shape == "single"):
        yield _column((entry.name,), entry, language)
    for outer in (e for e in top.values() if e.shape == "model"):
        yield from (_column((outer.name, e.name), e, language) for e in entries(_model(outer)))


def _fields(name: str, outer: Entry, language: str, keys: Mapping[str, Sequence[str]]) -> Iterator[Column]:
    for entry in entries(_model(outer)):
        column = _column((name, KEY, entry.name), entry, language)
        if entry.shape == "single":
            yield column
        colon = phrase("brief.form.colon", language)
        for key in keys.get(entry.name, ()) if entry.keyed or entry.shape == "numbers" else ():
            label = f"{column.label}{colon}{form_word(key, KEYS[entry.name], language)}"
            yield Column((*column.path, key), entry.kind, "", label, column.says)


def _lists(lists: Sequence[str], top: Mapping[str, Entry], language: str) -> Iterator[Column]:
    """The columns of several lists side by side, those that they share once."""
    yield Column((), "choice", "kinds", phrase("brief.form.kind", language), phrase("brief.form.kind_says", language))
    seen: set[str] = set()
    ordered = [e for name in lists for e in entries(_model(top[name]))]
    of = {e.name: [name for name in lists if e.name in _model(top[name]).model_fields] for e in ordered}
    for entry in sorted(ordered, key=lambda e: e.name in WORDS):
        if entry.name not in seen:
            seen.add(entry.name)
            column = _column((KEY, entry.name), entry, language)
            if len(of[entry.name]) < len(lists):  # a row of the other kind leaves it empty
                kinds = ", ".join(said_word(name, "kinds", language) for name in of[entry.name])
                column = replace(column, says=f"{column.says} {phrase('brief.form.only', language, kinds=kinds)}.")
            yield column


def _key(name: str, words: str, head: str, language: str) -> Column:
    return Column((name, KEY), "word" if words else "text", words, phrase(head, language), phrase("brief.form.key_says", language))


def _column(path: tuple[str, ...], entry: Entry, language: str) -> Column:
    says = f"{entry.said('says', language)}. {phrase('brief.form.unit', language)}{phrase('brief.form.colon', language)}"
    says += entry.said("unit", language) + "."
    if entry.kind == "list":
        says += f" {phrase('brief.form.list_says', language)}."
    if _words(entry) in OWN:
        says += f" {phrase('brief.form.own_says', language)}."
    if entry.required:
        default = phrase("brief.form.required", language)
    else:
        default = said(entry.default, entry.kind, _words(entry), language) or phrase("brief.form.nothing", language)
    says += f" {phrase('brief.form.default', language)}{phrase('brief.form.colon', language)}{default}."
    return Column(path, entry.kind, _words(entry), entry.said("label", language), says)


def _words(entry: Entry) -> str:
    if entry.kind == "choice":
        return "languages" if entry.name == "language" else "units"
    if entry.kind == "flag":
        return "flags"
    return WORDS.get(entry.name, "") if entry.kind in ("word", "list") else ""


def said(value: Any, kind: Kind, words: str, language: str) -> str:
    """A default in words."""
    if value in (None, "", []) or isinstance(value, dict):
        return ""
    if kind == "list":
        return "; ".join(said_word(v, words, language) for v in value)
    text = said_word(value, words, language)
    return text.replace(".", ",") if language == "fr" and kind == "number" else text


# ---------------------------------------------------------------- words


def said_word(key: Any, words: str, language: str) -> str:
    """What a cell shows for a key of the brief: the label of its row, or the key itself.

    >>> said_word("email", "channels", "fr"), said_word("ours", "channels", "fr"), said_word(True, "flags", "fr")
    ('E-mail', 'ours', 'oui')
    """
    return vocabulary(words, language).get(str(key), str(key)) if words else str(key)


def vocabulary(words: str, language: str) -> dict[str, str]:
    """key -> label of what may be chosen; nothing where the words are the brief's own (segments)."""
    from_file = {"units": ("brief.unit", get_args(Unit)), "kinds": ("brief.kind", ("fixed_dates", "mutes", "must_have", "exclude"))}
    if words in from_file:
        section, keys = from_file[words]
        return {key: phrase(f"{section}.{key}", language) for key in keys}
    if words == "flags":
        return {"True": phrase("words.yes", language), "False": phrase("words.no", language)}
    tables = load_tables()
    if words == "languages":
        return {code: code for code in tables.languages}
    if words in ("", "segments"):
        return {}
    rows = {**tables.channels, **tables.networks} if words == "networks" else getattr(tables, words)
    found = {key: str(row["label"].get(language) or row["label"]["en"]) for key, row in rows.items()}
    return {"default": phrase("brief.form.others", language), **found} if words == "content_types" else found


def typed_word(text: str, words: str) -> str:
    """The key that a typed word means, in any language; a word of one's own is its own key.

    >>> typed_word("Référencement naturel (SEO)", "channels"), typed_word("email", "channels"), typed_word("ours", "channels")
    ('organic_search', 'email', 'ours')
    """
    return _known(words).get(plain(text), text)


@cache
def _known(words: str) -> dict[str, str]:
    """What may be typed for each key of a table, without accents and capitals."""
    found: dict[str, str] = {}
    for language in load_tables().languages:
        for key, label in vocabulary(words, language).items():
            for typed in (key, label, key.replace("_", " ")):
                found.setdefault(plain(typed), key)
    return found


def near_key(text: str, words: str) -> str | None:
    """The key of the known word that a word may be a slip of, or a part of ("Ludique" of "Ludique / humoristique").

    >>> near_key("Vidéo courte", "content_types"), near_key("ludiqe", "styles"), near_key("hologram", "content_types")
    ('short_video', 'playful', None)
    """
    known = {part.strip(): key for typed, key in _known(words).items() for part in (*typed.split("/"), typed)}
    near = difflib.get_close_matches(plain(text), known, n=1, cutoff=NEAR)
    return known[near[0]] if near else None


def form_word(key: Any, words: str, language: str) -> str:
    """What a cell of a form says for a key: its label; a word of one's own between quotes where it could be taken for another.

    >>> form_word("playful", "styles", "fr"), form_word("ours", "styles", "fr"), form_word("ludique", "styles", "fr")
    ('Ludique / humoristique', 'ours', '"ludique"')
    """
    text = str(key)
    if words not in OWN or text in vocabulary(words, language):
        return said_word(key, words, language)
    doubtful = read_word(text, words) != text or near_key(text, words) or text != text.strip() or set(text) & set(',;\n"')
    return '"' + text.replace('"', '""') + '"' if doubtful or not text else text


def own_word(text: str, words: str) -> str | None:
    """The word between the quotes, where a cell says that a word is one's own.

    >>> own_word('"ludique"', "styles"), own_word("ludique", "styles")
    ('ludique', None)
    """
    text = text.strip()
    if words not in OWN or len(text) < 2:
        return None
    if text[0] + text[-1] == '""':
        return text[1:-1].replace('""', '"')
    return text[1:-1].strip() if text[0] + text[-1] in ("“”", "«»") else None


def read_word(text: str, words: str) -> str:
    """The key that a cell says: one's own between quotes, or the one that a typed word means."""
    own = own_word(text, words)
    return typed_word(text, words) if own is None else own


def parts(text: str, words: str) -> list[str]:
    """The words of a cell that holds several: between semicolons, line breaks and commas, but for the commas of a label or of quotes.

    >>> parts('Provocateur, Ludique / humoristique; "ours, too"', "styles")
    ['Provocateur', 'Ludique / humoristique', '"ours, too"']
    """
    known, found = _known(words), list[str]()
    widest = 1 + max((label.count(",") for label in known), default=0)
    for part in re.findall(r'(?:"(?:[^"]|"")*"|[^;\n])+', text):
        pieces = re.findall(r'(?:"(?:[^"]|"")*"|[^,])+', part)
        while pieces:
            width = next((k for k in range(widest, 1, -1) if plain(",".join(pieces[:k])) in known), 1)
            found.append(",".join(pieces[:width]).strip())
            pieces = pieces[width:]
    return [part for part in found if part]


def plain(text: str) -> str:
    """Without accents and capitals, and with one kind of space and apostrophe: spreadsheets change them.

    >>> plain("Magasins d'applications") == plain("magasins  d’applications"), plain("Décision")
    (True, 'decision')
    """
    bare = "".join(c for c in unicodedata.normalize("NFD", str(text)) if not unicodedata.combining(c))
    return " ".join(bare.replace("’", "'").casefold().split())


def spoken(key: str) -> list[str]:
    """A phrase in every language."""
    return [str(lookup(key, language)) for language in load_tables().languages]
