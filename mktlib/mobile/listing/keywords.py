"""Words as people search them: without accents, elisions or plurals; and which words of a listing are wasted.

Simple rules, whose limits are these. Folding takes accents off (a store may not). Plurals are those of spelling alone: "yeux" and "œil",
"mice" and "mouse" stay apart, "cours" and "cour" fall together, and neither verbs nor synonyms are brought together. Words written as one
or as two ("sunglasses", "sun glasses") are different words.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

from mktlib.vocabulary import lookup

WORD = re.compile(r"[^\W_]+")
ELIDED = re.compile(r"\b(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu)'(?=\w)")
GENITIVE = re.compile(r"(?<=\w)'s\b|(?<=s)'(?=\s|$)")
SAME = {"lens": "lens", "lenses": "lens", "news": "news", "series": "series", "yes": "yes", "this": "this", "gps": "gps", "ios": "ios"}
MARKS = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "’": "'", "ʼ": "'", "‘": "'", "`": "'"})
MOST_READ = 20_000
"""Characters of a text that are read word by word: five times what any store takes."""
MOST_WORDS = 500
"""Words of a keyword field that are looked at."""


def folded(text: str) -> str:
    """Small letters without accents, one kind of apostrophe.

    >>> folded("L’Œil d’ÉTÉ")
    "l'oeil d'ete"
    """
    plain = unicodedata.normalize("NFKD", text[:MOST_READ].lower().translate(MARKS))
    return "".join(c for c in plain if not unicodedata.combining(c))


def words_of(text: str, language: str) -> list[str]:
    """The words of a text as they are searched, numbers among them.

    >>> words_of("L’essai d’été : 3 montures", "fr"), words_of("The face's frames", "en")
    (['essai', 'ete', '3', 'montures'], ['the', 'face', 'frames'])
    """
    plain = folded(text)
    plain = ELIDED.sub(" ", plain) if language == "fr" else GENITIVE.sub("", plain) if language == "en" else plain
    return WORD.findall(plain)


def stem(word: str, language: str) -> str:
    """A folded word without its plural.

    >>> [stem(w, "en") for w in ("glasses", "cases", "cities", "lens")], [stem(w, "fr") for w in ("bijoux", "chapeaux", "journaux")]
    (['glass', 'case', 'city', 'lens'], ['bijou', 'chapeau', 'journal'])
    """
    if len(word) < 4 or word in SAME or word.isdigit():
        return SAME.get(word, word)
    return _french(word) if language == "fr" else _english(word) if language == "en" else word


def _english(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "zzes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def _french(word: str) -> str:
    if word.endswith("aux") and not word.endswith("eaux") and len(word) > 4:
        return word[:-3] + "al"
    if word.endswith(("eaux", "eux", "oux")) and len(word) > 4:
        return word[:-1]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


@lru_cache(maxsize=8)
def small_words(language: str) -> frozenset[str]:
    """Words that nobody searches for: those of grammar, folded; single letters among them."""
    listed = (lookup("text.stop_words", language) or ()) if language in ("en", "fr") else ()
    return frozenset(part for word in listed for part in words_of(word, "none")) | frozenset("abcdefghijklmnopqrstuvwxyz")


def content(text: str, language: str) -> list[str]:
    """The words that carry meaning, in their order, without plurals.

    >>> content("Essayez les lunettes de soleil", "fr")
    ['essayez', 'lunette', 'soleil']
    """
    small = small_words(language)
    return [stem(word, language) for word in words_of(text, language) if word not in small]


def wanted_words(phrase: str, language: str) -> list[str]:
    """The words of a search that must be found: those that carry meaning, else all of them."""
    return list(dict.fromkeys(content(phrase, language) or [stem(w, language) for w in words_of(phrase, language)]))


def cost(word: str, unit: str) -> int:
    """What a word takes of a field counted in bytes of UTF-8, characters or words.

    >>> cost("été", "bytes"), cost("été", "chars")
    (5, 3)
    """
    return {"bytes": len(word.encode("utf-8", "surrogatepass")), "words": len(WORD.findall(word))}.get(unit, len(word))


def items_of(field: str) -> list[str]:
    """The entries of a keyword field: parted by commas, or one a line.

    >>> items_of("frames, sun glasses,,mirror")
    ['frames', 'sun glasses', 'mirror']
    """
    return [item for part in re.split(r"[,;\n،、]", field) if (item := part.strip())]


def pieces(field: str) -> list[str]:
    """The single words of a keyword field, as they are written."""
    return [word for item in items_of(field) for word in re.findall(r"[^\W_]+(?:['’][^\W_]+)*", item)][:MOST_WORDS]


def stuffed(text: str, language: str, *, share: float, least: int) -> list[tuple[str, int, float]]:
    """Words that make up more than a share of the content words of a text, and stand in it at least so often: word, times, share.

    >>> stuffed("Lunettes ! Lunette, lunettes et monture", "fr", share=0.5, least=3)
    [('lunettes', 3, 0.75)]
    """
    small = small_words(language)
    said = [w for w in words_of(text, language) if w not in small and not w.isdigit()]
    counts = Counter(stem(w, language) for w in said)
    first = {s: next(w for w in said if stem(w, language) == s) for s, n in counts.items() if n >= least}
    return [(first[s], n, n / len(said)) for s, n in counts.most_common() if n >= least and n / len(said) > share]


def word_lists(text: str, *, least: int) -> list[tuple[int, str]]:
    """Runs of short items (up to three words) parted by commas: how many, and how the run begins.

    >>> word_lists("One, two, three, four and a sentence.", least=3)
    [(3, 'One, two, three')]
    """
    found = []
    for line in re.split(r"[.!?\n]", text[:MOST_READ]):
        run: list[str] = []
        for item in [*line.split(","), "x x x x"]:
            if 0 < len(item.split()) <= 3:
                run.append(item.split(":")[-1].strip())
                continue
            found += [(len(run), ", ".join(run[:4]))] if len(run) >= least else []
            run = []
    return found


def said_twice(text: str, language: str) -> list[tuple[str, int]]:
    """Sentences of five words or more that stand more than once: the sentence, and how often."""
    whole = [part.strip() for part in re.split(r"(?<=[.!?…])\s+|\n+", text[:MOST_READ])]
    keys = [" ".join(words_of(part, language)) for part in whole]
    counts = Counter(key for key in keys if key.count(" ") >= 4)
    return [(whole[keys.index(key)], n) for key, n in counts.items() if n > 1]


def votes(text: str, languages: Iterable[str]) -> dict[str, int]:
    """How many words of a text are small words of one of these languages and of no other.

    >>> votes("The frames that you like", ["en", "fr"])
    {'en': 4, 'fr': 0}
    """
    spoken = list(languages)
    lists = {code: small_words(code) - frozenset("abcdefghijklmnopqrstuvwxyz") for code in spoken}
    said = words_of(text, "fr")
    return {code: sum(w in lists[code] and not any(w in lists[o] for o in spoken if o != code) for w in said) for code in spoken}


def plurals(words: Sequence[str], language: str) -> list[tuple[str, str]]:
    """Pairs of words of a field that are one word in two forms."""
    first: dict[str, tuple[str, str]] = {}
    pairs = []
    for word in words:
        plain = "".join(words_of(word, language))
        before, written = first.setdefault(stem(plain, language), (plain, word))
        if before != plain:
            pairs.append((written, word))
    return list(dict.fromkeys(pairs))
