"""A text as numbers: its reading by the lexicon, its words with negation marked, and its letters in threes to fives.

The two n-gram views are weighted in two ways, by log-count ratios of a class against the rest (Wang and Manning 2012, ACL, "Baselines and
bigrams") and by inverse document frequency; both are presence, not counts, and rows have length 1.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import normalize

from mktlib.reputation.inflection import plain
from mktlib.reputation.lexicon import LONG_RUN, cleaned, load_lexicon
from mktlib.reputation.reading import NEUTRAL_BAND, Reading, read
from mktlib.reputation.tongue import HEAD, NOTHING, OTHER, language_of, says_anything

Array = NDArray[np.float64]
Own = dict[str, tuple[tuple[str, float], ...]]
LETTERS_READ = 3_000
NOT = "_not"
SHARE_OF_READING = 0.15
"""Weight of the standardised reading beside rows of length 1; chosen by cross-validation."""
ME = re.compile(r"\b(?:je|j'|moi|mon|ma|mes|i|i'm|i've|my|me)\b")
YOU = re.compile(r"\b(?:tu|vous|toi|ton|votre|vos|you|your)\b")


class Read(NamedTuple):
    """One text, read: its language, its tone, its words, its letters, and its numbers."""

    language: str
    tone: float
    reading: Reading
    words: str
    letters: str
    numbers: tuple[float, ...]


def tone_of(text: str, language: str, own: Own) -> Reading:
    """By the words of its language; of both, the one that says more, where the language is not known."""
    if language in own:
        return read(text, load_lexicon(language, own[language]))
    readings = [read(text, load_lexicon(code, own[code])) for code in own]
    return max(readings, key=lambda r: abs(r.tone))


def spoken(text: str, language: str) -> str:
    """The language to read a text in: the one asked for unless it is in no language of ours (or says nothing)."""
    if language != "auto":
        return language if says_anything(cleaned(text[:HEAD])) else NOTHING
    return language_of(text)


def read_tone(text: str, language: str, own: Own) -> Read:
    """The language and the tone alone, which is all that the lexicon needs."""
    found = spoken(text, language)
    reading = Reading([]) if found in (OTHER, NOTHING) else tone_of(text, found, own)
    return Read(found, reading.tone, reading, "", "", ())


def read_whole(text: str, language: str, own: Own) -> Read:
    """And the words, the letters and the numbers, for what is learnt from labels."""
    found, _, reading, *_ = read_tone(text, language, own)
    words = " ".join(plain(w) + (NOT if i in reading.negated else "") for i, w in enumerate(reading.tokens) if not w.isspace())
    letters = re.sub(r"\s+", " ", plain(LONG_RUN.sub(r"\1\1\1", cleaned(text[:LETTERS_READ]).lower())))
    return Read(found, reading.tone, reading, words, letters, numbers_of(text[:LETTERS_READ], reading))


def readable(language: str) -> bool:
    return language not in (OTHER, NOTHING)


def numbers_of(text: str, reading: Reading) -> tuple[float, ...]:
    """What the lexicon, the marks and the form of a text say (28 numbers)."""
    up, down = [x for _, x, _ in reading.hits if x > 0], [x for _, x, _ in reading.hits if x < 0]
    small, last = text.lower(), reading.hits[-1][1] if reading.hits else 0.0
    return (
        reading.tone, reading.praise, reading.blame, len(up), len(down), max(up, default=0), min(down, default=0), last,
        reading.hits[0][1] if reading.hits else 0.0, bool(reading.negated), reading.ironic, reading.contrast,
        text.count("!"), text.count("?"), text.count("...") + text.count("…"), "http" in text, text.count("@"), text.count("#"),
        "RT" in text, np.log(len(reading.tokens) + 1), text.count('"') + text.count("«"), any(c.isdigit() for c in text),
        sum(w.isupper() and len(w) > 2 for w in text.split()), bool(ME.search(small)), bool(YOU.search(small)),
        reading.tone <= -NEUTRAL_BAND, reading.tone >= NEUTRAL_BAND, text.startswith("@"),
    )  # fmt: skip


def counters(texts: int) -> tuple[CountVectorizer, CountVectorizer]:
    """Of words (one and two) and of letters (three to five within a word). What stands in one text alone is not kept: it may be a name."""
    words = CountVectorizer(token_pattern=r"\S+", ngram_range=(1, 2), min_df=2, binary=True, max_features=100_000, lowercase=False)
    letters = CountVectorizer(
        analyzer="char_wb", ngram_range=(3, 5), min_df=2 if texts < 20_000 else 5, binary=True, max_features=200_000, lowercase=False
    )
    return words, letters


def log_count_ratio(counts: sparse.csr_matrix, mine: NDArray[np.bool_]) -> Array:
    """How much more often each column stands in the rows that are mine, on the log scale, one text added to either side."""
    here, there = (np.asarray(counts[rows].sum(axis=0)).ravel() + 1.0 for rows in (mine, ~mine))
    return np.log(here / here.sum()) - np.log(there / there.sum())


def idf(counts: sparse.csr_matrix) -> Array:
    return np.log((1 + counts.shape[0]) / (1 + np.asarray(counts.sum(axis=0)).ravel())) + 1


def weighted(counts: Sequence[sparse.csr_matrix], weights: Sequence[Array], numbers: Array) -> sparse.csr_matrix:
    """The views side by side, each row of each of length 1, and the reading beside them."""
    views = [normalize(c @ sparse.diags(w)) for c, w in zip(counts, weights, strict=True)]
    return sparse.hstack([*views, sparse.csr_matrix(SHARE_OF_READING * numbers)]).tocsr()


__all__ = ["Read", "counters", "idf", "log_count_ratio", "read_tone", "read_whole", "readable", "spoken", "tone_of", "weighted"]
