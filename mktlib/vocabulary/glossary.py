"""The terms that a page uses, explained in a sentence each, and how each kind of figure is read: rows of `tables/glossary.toml`.

A term is called by its words in the text of the page, so that a glossary never explains what the page does not say. A further language
brings its own under `[glossary.<term>]` and `[reading.<family>]` in its language file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from mktlib.vocabulary.rows import Row, frozen
from mktlib.vocabulary.tables import packaged
from mktlib.vocabulary.words import languages


@dataclass(frozen=True)
class Term:
    """A word of the field, what it says, and where a number in it comes from ("" for a plain definition)."""

    key: str
    label: str
    says: str
    source: str = ""


@lru_cache(maxsize=1)
def glossary() -> Mapping[str, Row]:
    """Every term by key: label, says and words by language; source where a fact is told."""
    return MappingProxyType({key: frozen(row) for key, row in packaged()["glossary"].items()})


@lru_cache(maxsize=1)
def readings() -> Mapping[str, Row]:
    """How a family of figures is read: the kinds of picture that belong to it, and the sentences by language."""
    return MappingProxyType({key: frozen(row) for key, row in packaged()["reading"].items()})


def terms_in(texts: Sequence[str], language: str) -> tuple[Term, ...]:
    """The terms whose words stand in the texts, by label.

    >>> [term.label for term in terms_in(["The ROAS of the e-mails"], "en")]
    ['ROAS']
    """
    text = re.sub(r"\s", " ", " \n ".join(texts))
    found = [_term(key, row, language) for key, row in glossary().items() if _calls(row, language, text)]
    return tuple(sorted(found, key=lambda term: _plain(term.label)))


def how_to_read(picture: str, language: str) -> str:
    """How a picture of this kind is read ("type.kind", or the kind alone); "" for one that no row names.

    >>> how_to_read("Scores.ranked", "en")[:8]
    'Each dot'
    """
    kind = picture.rpartition(".")[2]
    for wanted in (picture, kind):
        for key, row in readings().items():
            if wanted in row["kinds"]:
                return str(_own(language, "reading", key).get("says") or _in(row["says"], language))
    return ""


def _term(key: str, row: Row, language: str) -> Term:
    own = _own(language, "glossary", key)
    label, says = (str(own.get(part) or _in(row[part], language)) for part in ("label", "says"))
    return Term(key=key, label=label, says=says, source=str(row.get("source", "")))


def _calls(row: Row, language: str, text: str) -> bool:
    """Whether a word of the term stands in the text; in a language whose words are not told, its label in English does not count."""
    words = row["words"].get(language, row["words"]["en"])
    return any(_pattern(word).search(text) for word in words)


@lru_cache(maxsize=1024)
def _pattern(word: str) -> re.Pattern[str]:
    """A whole word, or with * at its end the start of one, # for a number; acronyms in capitals only."""
    body, open_end = word.removesuffix("*"), word.endswith("*")
    flags = 0 if body.isupper() else re.IGNORECASE
    return re.compile(r"(?<!\w)" + re.escape(body).replace(r"\#", r"\d+") + ("" if open_end else r"(?!\w)"), flags)


def _own(language: str, section: str, key: str) -> Mapping[str, Any]:
    return languages().get(language, {}).get(section, {}).get(key, {})


def _in(said: Mapping[str, Any], language: str) -> Any:
    return said.get(language, said["en"])


def _plain(label: str) -> str:
    """For the order of an alphabet: without accents and capitals."""
    return label.casefold().translate(str.maketrans("àâäéèêëîïôöùûüç", "aaaeeeeiioouuuc"))
