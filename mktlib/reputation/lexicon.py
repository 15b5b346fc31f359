"""The words of `tables/sentiment` as what a reader looks up: forms and weights, phrases, and how words work on each other.

A company's own words lie above ours: a TOML file of theirs, or a plain mapping from a word or phrase to its weight.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from mktlib.errors import DataError, Finding
from mktlib.reputation.inflection import forms, plain
from mktlib.vocabulary import finding, own_sentiment_words, sentiment_words

SPOKEN = ("fr", "en")
KINDS = ("noun", "verb", "adjective", "fixed")  # the later wins where two give a form
LONGEST = 20_000
"""Characters of a text that are read: the first and the last half of these."""
ADDRESSES = re.compile(r"https?:?(?://\S*)?|www\.\S+|\bt\.co/\S+", re.I)
PEOPLE = re.compile(r"[@＠]\w+(?:[.-]\w+)*|\S+@\S+")
HASHTAG = re.compile(r"#(\w+)")
HUMP = re.compile(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Ý])")
EMOJI = "[\u2190-\u21ff\u2300-\u27bf\u2b00-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
EMOJI_RUN = rf"(?:{EMOJI}\ufe0f?[\U0001f3fb-\U0001f3ff]?(?:\u200d{EMOJI}\ufe0f?[\U0001f3fb-\U0001f3ff]?)*)"
ELIDED = r"(?<![^\W\d_])(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu)'(?=\w)"
LETTERS = r"[^\W\d_]"
BREAKS = frozenset(",.;:!?…()")
LONG_RUN = re.compile(r"(.)\1{2,}")
Phrases = dict[str, tuple[tuple[tuple[str, ...], float], ...]]


@dataclass(frozen=True, kw_only=True)
class Lexicon:
    """One language's words. `weight`: form to weight; `needs`: forms that speak only where they are negated; `phrases`: by their first
    word, longest first; `ironic`: phrases that turn praise round; `troubles`: nouns of blame, which `relieved` ends ("the pain is
    gone").
    """

    language: str
    weight: Mapping[str, float]
    needs: Mapping[str, float]
    phrases: Phrases
    ironic: frozenset[tuple[str, ...]]
    ironic_words: frozenset[str]
    hints: frozenset[tuple[str, ...]]
    negators: frozenset[str]
    weak: frozenset[str]
    after_verb: frozenset[str]
    times: Mapping[str, float]
    contrast: frozenset[str]
    concession: frozenset[str]
    troubles: frozenset[str]
    relieved: frozenset[str]
    stop: frozenset[str]
    emoji: Mapping[str, float]
    pattern: re.Pattern[str]


def cleaned(text: str) -> str:
    """One text, ready to be cut into words: composed, without addresses, people and markup; hashtags as words; cut in the middle where
    it is endless."""
    if len(text) > LONGEST:
        text = text[: LONGEST // 2] + " … " + text[-LONGEST // 2 :]
    if not text.isascii():
        text = unicodedata.normalize("NFC", text.encode("utf-8", "ignore").decode())
        text = text.replace("’", "'").replace("ʼ", "'").replace("`", "'").replace("\u00a0", " ").replace("\u202f", " ")
    if "&" in text:
        text = html.unescape(text)
    if "http" in text or "www" in text or "t.co" in text:
        text = ADDRESSES.sub(" ", text)
    if "@" in text or "＠" in text:
        text = PEOPLE.sub(" ", text)
    return HASHTAG.sub(lambda m: HUMP.sub(" ", m[1]).replace("_", " "), text) if "#" in text else text


@lru_cache(maxsize=4)
def _pattern(language: str) -> re.Pattern[str]:
    """What counts as one word, mark or break in a language."""
    marks = sentiment_words()["marks"]["emoticon"]
    faces = sorted({f for row in marks.values() for f in row.split()}, key=lambda f: (-len(f), f))
    face = "|".join(rf"(?<![^\W_]){re.escape(f)}(?![^\W_])" for f in faces)
    word = rf"{ELIDED}|{LETTERS}+" if language == "fr" else rf"{LETTERS}+(?:'{LETTERS}+)*"
    return re.compile(rf"{face}|{EMOJI_RUN}|{word}|\d+|[,.;:!?…()/]", re.I)


def words_of(phrase: str, pattern: re.Pattern[str]) -> tuple[str, ...]:
    return tuple(pattern.findall(phrase.replace("_", " ").lower()))


@lru_cache(maxsize=8)
def load_lexicon(language: str, own: tuple[tuple[str, float], ...] = ()) -> Lexicon:
    """The packaged words of a language with the caller's own above them.

    >>> load_lexicon("fr").weight["déçues"] == load_lexicon("fr").weight["decues"]
    True
    """
    row, marks, pattern = sentiment_words()[language], sentiment_words()["marks"], _pattern(language)
    weight = _weights(language, row)
    phrases = {words_of(p, pattern): float(w) for w, text in row["idiom"].items() for p in text.split()}
    for word, value in own:
        phrases[words_of(word, pattern)] = value
    for word in [w for w in weight if not w.isalpha()]:  # joined by a hyphen or an underscore: a phrase
        phrases.setdefault(words_of(word, pattern), weight[word])
    single = {p[0]: w for p, w in phrases.items() if len(p) == 1}
    how = row["words"]
    emoji = {e: float(w) for kind in ("emoticon", "emoji") for w, text in marks[kind].items() for e in text.split()}
    return Lexicon(
        language=language,
        weight=_unaccented({**weight, **single}, how["stop"]) | {e.lower(): w for e, w in emoji.items()},
        needs={w: float(k) for k, text in row["negated"].items() for w in text.split()},
        phrases=_by_first(p for p in phrases.items() if len(p[0]) > 1),
        ironic=frozenset(words_of(p, pattern) for p in how["irony_phrases"].split()),
        ironic_words=frozenset(how["irony_words"].split()),
        hints=frozenset(words_of(p, pattern) for p in how["complaint_hints"].split()),
        negators=frozenset(how["negators"].split()),
        weak=frozenset(how["weak_negators"].split()),
        after_verb=frozenset(how["after_verb"].split()),
        times=_times(how["intensifiers"]),
        contrast=frozenset(how["contrast"].split()),
        concession=frozenset(words_of(p, pattern)[0] for p in how["concession"].split()),
        troubles=frozenset(f for w, text in row["noun"].items() if float(w) < 0 for f in forms(language, "noun", text)),
        relieved=frozenset(how["relieved"].split()),
        stop=frozenset(how["stop"].split()),
        emoji=emoji,
        pattern=pattern,
    )


def _weights(language: str, row: Mapping[str, Any]) -> dict[str, float]:
    """Form to weight: a form that two words share keeps the weight of the later kind, and within a kind the weaker one."""
    out: dict[str, float] = {}
    for kind in KINDS:
        mine: dict[str, float] = {}
        for value, words in row[kind].items():
            for form in forms(language, kind, words):
                if form not in mine or abs(float(value)) < abs(mine[form]):
                    mine[form] = float(value)
        out |= mine
    return out


def _unaccented(weight: Mapping[str, float], stop: str) -> dict[str, float]:
    """The same with every accented form also as those write it who leave accents out, where that is no other word."""
    taken = {*weight, *stop.split(), *NEVER_PLAIN}
    bare = {p: w for f, w in weight.items() if (p := plain(f)) not in taken}
    return {**bare, **weight}


NEVER_PLAIN = frozenset(
    [
        "sale",
        "sales",
        "gene",
        "genes",
        "cote",
        "cotes",
        "mure",
        "acre",
        "peche",
        "peches",
        "tache",
        "taches",
        "marche",
        "marches",
        "passe",
        "passes",
        "prime",
        "primes",
        "releve",
    ]
)


def _by_first(phrases: Iterable[tuple[tuple[str, ...], float]]) -> Phrases:
    out: dict[str, list[tuple[tuple[str, ...], float]]] = {}
    for words, weight in sorted(phrases, key=lambda p: (-len(p[0]), p[0])):
        out.setdefault(words[0], []).append((words[1:], weight))
    return {first: tuple(rest) for first, rest in out.items()}


def _times(text: str) -> dict[str, float]:
    out: dict[str, float] = {}
    for line in text.strip().splitlines():
        value, words = line.split(":")
        out |= {w: float(value) for w in words.split() if "_" not in w}
    return out


def own_words(own: str | Path | Mapping[str, Any] | None) -> dict[str, tuple[tuple[str, float], ...]]:
    """The caller's words by language.

    Args:
        own: a TOML file in the shape of the packaged ones (`[fr.fixed]`, `"-2" = "rayable mal_collé"`), or a mapping from a word or phrase
            to its weight, for every language or by language ({"fr": {...}}).

    Raises:
        DataError: E_SENTIMENT_WORD for every weight that is no number from -3 to 3, every unknown language or kind.
    """
    if own is None:
        return {language: () for language in SPOKEN}
    if not isinstance(own, Mapping | str | Path):
        raise DataError(finding("E_OPTION", column="own", found=repr(own), expected='"my_words.toml", {"word": -2}'))
    if isinstance(own, Mapping):
        if wrong := [words for words in own.values() if set(own) <= set(SPOKEN) and not isinstance(words, Mapping)]:
            raise DataError([finding("E_SENTIMENT_WORD", column="own", found=repr(words)) for words in wrong])
        each = {language: own.get(language, {}) if own and set(own) <= set(SPOKEN) else own for language in SPOKEN}
        _sound([pair for words in each.values() for pair in words.items()])
        return {a: tuple(sorted((k.strip().replace(" ", "_").lower(), float(v)) for k, v in words.items())) for a, words in each.items()}
    table = own_sentiment_words(own)
    wrong = [finding("E_SENTIMENT_WORD", file=Path(own).name, found=str(name)) for name in table if name not in SPOKEN]
    wrong += [
        finding("E_SENTIMENT_WORD", file=Path(own).name, column=str(language), found=str(kind))
        for language in SPOKEN
        for kind in table.get(language, {})
        if kind not in (*KINDS, "idiom")
    ]
    if wrong:
        raise DataError(wrong)
    return {language: _own_language(language, table.get(language, {})) for language in SPOKEN}


def _own_language(language: str, row: Mapping[str, Any]) -> tuple[tuple[str, float], ...]:
    pairs: list[tuple[str, Any]] = []
    for kind, weights in row.items():
        for value, words in weights.items():
            pairs += [(form.lower(), value) for form in forms(language, kind, words)]
    _sound(pairs)
    return tuple(sorted((word, float(value)) for word, value in pairs))


def _sound(pairs: list[tuple[Any, Any]]) -> None:
    wrong: list[Finding] = []
    for word, value in pairs:
        try:
            fine = isinstance(word, str) and bool(word.strip()) and abs(float(value)) <= 3
        except (TypeError, ValueError):
            fine = False
        if not fine:
            wrong.append(finding("E_SENTIMENT_WORD", column=str(word)[:40], found=repr(value)))
    if wrong:
        raise DataError(wrong)
