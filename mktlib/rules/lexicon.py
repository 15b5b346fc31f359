"""Word lists looked up in a draft: one pass over its words, however many lists there are.

An entry is one word or several in a row; a last `*` stands for any ending. Nothing here is a regular expression, so that no list, however
it is written, can make a check slow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mktlib.rules.draft import PLAIN, TOKEN, Draft, Token

BEGINNING = 3
"""Letters by which words with a free ending are filed."""


@dataclass(frozen=True)
class Entry:
    """One entry of a list: its words, whether each has a free ending, the list it belongs to, and what to write instead."""

    words: tuple[str, ...]
    free: tuple[bool, ...]
    owner: str
    instead: str | None


@dataclass(frozen=True)
class Hit:
    """An entry found: the list's name, what to write instead, and the first and last token (exclusive)."""

    owner: str
    instead: str | None
    first: int
    last: int


@dataclass(frozen=True)
class Lexicon:
    """Every entry, filed by its first word or by the beginning of it."""

    whole: Mapping[str, Sequence[Entry]]
    begun: Mapping[str, Sequence[Entry]]

    def candidates(self, word: str) -> Iterator[Entry]:
        yield from self.whole.get(word, ())
        if word.endswith("'s"):
            yield from self.whole.get(word[:-2], ())
        yield from self.begun.get(word[:BEGINNING], ())


def entry_of(text: str, owner: str, language: str, instead: str | None = None) -> Entry:
    """One entry, cut into words as drafts are.

    >>> entry_of("last chance", "urgency", "en").words
    ('last', 'chance')
    """
    plain = text.translate(PLAIN).lower()
    free, words = [], []
    for match in TOKEN[language].finditer(plain):
        words.append(match[0])
        free.append(plain[match.end() : match.end() + 1] == "*")
    return Entry(tuple(words), tuple(free), owner, instead)


def lexicon(lists: Iterable[tuple[str, Any]], language: str) -> Lexicon:
    """A lexicon of (owner, list of entries or table of entries with what to write instead)."""
    whole: dict[str, list[Entry]] = {}
    begun: dict[str, list[Entry]] = {}
    for owner, entries in lists:
        for text in entries:
            entry = entry_of(text, owner, language, entries[text] if isinstance(entries, Mapping) else None)
            if entry.words:
                shelf, key = (begun, entry.words[0][:BEGINNING]) if entry.free[0] else (whole, entry.words[0])
                shelf.setdefault(key, []).append(entry)
    return Lexicon(whole, begun)


def hits(draft: Draft, words: Lexicon) -> Iterator[Hit]:
    """Every entry that stands in a draft; of one list's entries at one place the longest alone."""
    tokens = draft.tokens
    taken: dict[str, int] = {}
    for k, token in enumerate(tokens):
        best: dict[str, Entry] = {}
        for entry in words.candidates(token.text):
            longer = entry.owner not in best or len(entry.words) > len(best[entry.owner].words)
            if longer and taken.get(entry.owner, 0) <= k and _stands(draft, tokens, k, entry):
                best[entry.owner] = entry
        for owner, entry in best.items():
            taken[owner] = k + len(entry.words)
            yield Hit(owner, entry.instead, k, k + len(entry.words))


def _stands(draft: Draft, tokens: Sequence[Token], k: int, entry: Entry) -> bool:
    """Whether all words of an entry follow each other, with nothing but spaces, hyphens and apostrophes between them."""
    if k + len(entry.words) > len(tokens):
        return False
    for i, (wanted, free) in enumerate(zip(entry.words, entry.free, strict=True)):
        said = tokens[k + i].text
        if not (said.startswith(wanted) if free else said in (wanted, wanted + "'s")):
            return False
        if i and draft.plain[tokens[k + i - 1].end : tokens[k + i].start].strip(" -'%\n"):
            return False
    return True
