"""Which language a short text is in: French, English, another, or too little to say. By stop words, accents and the tone words known."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from mktlib.reputation.lexicon import SPOKEN, cleaned, load_lexicon
from mktlib.vocabulary import sentiment_words

WORD = re.compile(r"[^\W\d_]+'[^\W\d_]+|[^\W\d_]+'?|'[^\W\d_]")
OTHER, UNKNOWN, NOTHING = "other", "unknown", ""
HEAD = 2_000
"""Characters that are looked at."""


@lru_cache(maxsize=1)
def _signs() -> dict[str, dict[str, float]]:
    """Word -> language -> how strongly it speaks for it: a stop word of one language alone is worth 1, one shared by k is worth 1/k."""
    lists = {language: set(load_lexicon(language).stop) for language in SPOKEN}
    lists |= {language: set(text.split()) for language, text in sentiment_words()["marks"]["elsewhere"].items()}
    out: dict[str, dict[str, float]] = {}
    for language, words in lists.items():
        for word in words:
            out.setdefault(word, {})[language] = 1.0
    for shared in out.values():
        for language in shared:
            shared[language] /= len(shared)
    for language in SPOKEN:
        for word in load_lexicon(language).weight:
            if len(word) > 3 and word.isalpha() and not any(word in load_lexicon(o).weight for o in SPOKEN if o != language):
                out.setdefault(word, {}).setdefault(language, 0.5)
    return out


def language_of(text: str) -> str:
    """ "fr", "en", "other" (another language or script), "unknown" (words, but none that tells), or "" where there is no word or sign.

    >>> [language_of(t) for t in ("Je suis très déçu", "I am very happy", "Das ist nicht gut und sehr teuer", "Это плохо", "ok 👍", "")]
    ['fr', 'en', 'other', 'other', 'unknown', '']
    """
    shown = cleaned(text[:HEAD]).lower()
    if shown.isascii() and any(map(str.isalpha, shown)):
        return _by_words(shown)
    letters = [c for c in shown if c.isalpha()]
    if not letters:
        return UNKNOWN if says_anything(shown) else NOTHING
    if sum(not _latin(c) for c in letters) > len(letters) / 2:
        return OTHER
    return _by_words(shown)


def says_anything(shown: str) -> bool:
    """Whether there is a letter, a digit or a mark to read."""
    return any(unicodedata.category(c)[0] in "LNPS" for c in shown)


def _latin(letter: str) -> bool:
    return letter.isascii() or "LATIN" in unicodedata.name(letter, "")


def _by_words(shown: str) -> str:
    votes: dict[str, float] = dict.fromkeys(SPOKEN, 0.0)
    signs = _signs()
    for word in [w for m in WORD.findall(shown) for w in _parts(m)]:
        if word in signs:
            for language, strength in signs[word].items():
                votes[language] = votes.get(language, 0.0) + strength
    for language, marks in MARKS.items() if not shown.isascii() else ():
        votes[language] = votes.get(language, 0.0) + 0.7 * min(sum(shown.count(c) for c in marks), 2)
    ours = max(SPOKEN, key=lambda language: votes.get(language, 0.0))
    foreign = max((v for k, v in votes.items() if k not in SPOKEN), default=0.0)
    if foreign > max(1.4 * votes.get(ours, 0.0), 0.9):
        return OTHER
    second = max(votes.get(language, 0.0) for language in SPOKEN if language != ours)
    return ours if votes.get(ours, 0.0) > second else UNKNOWN


def _parts(word: str) -> tuple[str, ...]:
    """ "d'accord" speaks by its parts, "don't" as a whole."""
    head, mark, tail = word.partition("'")
    return (word, head + mark, tail) if mark and tail else (word,)


MARKS = {"fr": "éèêçàùœ", "de": "ßäöü", "es": "ñ¿¡", "pt": "ãõ", "pl": "łąęśżź", "tr": "şğı"}
