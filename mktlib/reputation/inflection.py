"""A word given once, in all the forms in which people write it: rules of French and English, for the words of `tables/sentiment`."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable

VOWELS = "aeiouy"
FR_ER = [
    "er",
    "e",
    "es",
    "ent",
    "ons",
    "ez",
    "ais",
    "ait",
    "aient",
    "ions",
    "iez",
    "ai",
    "as",
    "a",
    "èrent",
    "é",
    "ée",
    "és",
    "ées",
    "ant",
    "erai",
    "eras",
    "era",
    "erons",
    "erez",
    "eront",
    "erais",
    "erait",
    "eraient",
]
FR_IR = [
    "ir",
    "is",
    "it",
    "issons",
    "issez",
    "issent",
    "issais",
    "issait",
    "issaient",
    "issant",
    "i",
    "ie",
    "ies",
    "irai",
    "iras",
    "ira",
    "irons",
    "irez",
    "iront",
    "irais",
    "irait",
    "iraient",
    "isse",
]
FR_RE = [
    "re",
    "s",
    "ons",
    "ez",
    "ent",
    "ais",
    "ait",
    "aient",
    "ant",
    "u",
    "ue",
    "us",
    "ues",
    "rai",
    "ras",
    "ra",
    "rons",
    "rez",
    "ront",
    "rais",
    "rait",
    "raient",
    "e",
    "es",
    "it",
]
SOFT = {"g": ("ge", "aâo"), "c": ("ç", "aâo")}
IRREGULAR_FR = {
    "plaire": "plaire plaît plait plaisent plaisait plaira plairait",
    "mentir": "mentir ment mens mentent mentez mentons mentait mentaient menti mentirait",
    "souffrir": "souffrir souffre souffrent souffrez souffrait souffert souffrir",
    "haïr": "haïr hais hait haïssent haïs haï haïe hais",
    "puer": "puer pue pues puent puait puaient",
    "sourire": "sourire souris sourit sourient souriait sourires",
    "promouvoir": "promouvoir promeut promu promue promus",
}


def french_verb(word: str) -> list[str]:
    """Every written form but the rarest.

    >>> [form in french_verb("gérer") for form in ("gère", "gérons", "géré")]
    [True, True, True]
    """
    if word in IRREGULAR_FR:
        return IRREGULAR_FR[word].split()
    stem, ending = word[:-2], word[-2:]
    if ending == "er":
        return [form for end in FR_ER for form in _french_er(stem, end)]
    if ending == "ir":
        return [stem + end for end in FR_IR]
    return [stem + end for end in FR_RE] if ending == "re" else [word]


def _french_er(stem: str, end: str) -> list[str]:
    soft, before = SOFT.get(stem[-1:], ("", ""))
    own = stem[:-1] + soft if soft and end[:1] in before else stem
    forms = [own + end]
    if end in ("e", "es", "ent") or (end.startswith("er") and len(end) > 2):
        if len(stem) > 2 and stem[-2] in "éeè" and stem[-1] not in VOWELS:  # gérer: gère; achever: achève
            forms.append(stem[:-2] + "è" + stem[-1] + end)
        if stem[-1] == "y":  # ennuyer: ennuie
            forms.append(stem[:-1] + "i" + end)
    return forms


FEMININE = (
    ("eux", "euse"), ("eur", "euse"), ("if", "ive"), ("ier", "ière"), ("er", "ère"), ("el", "elle"), ("en", "enne"), ("on", "onne"),
    ("et", "ette"), ("ieux", "ieuse"), ("eau", "elle"), ("e", "e"),
)  # fmt: skip


def french_adjective(word: str) -> list[str]:
    """Masculine and feminine, one and several.

    >>> french_adjective("banal")
    ['banal', 'banale', 'banaux', 'banales']
    >>> french_adjective("doux/douce")
    ['doux', 'douce', 'doux', 'douces']
    """
    he, _, she = word.partition("/")
    if not she:
        she = next((he.removesuffix(a) + b for a, b in FEMININE if he.endswith(a)), he + "e")
    return [he, she, french_plural(he), she + "s"]


def french_plural(word: str) -> str:
    if word.endswith(("s", "x", "z")):
        return word
    if word.endswith("al"):
        return word[:-2] + "aux"
    return word + ("x" if word.endswith(("eau", "eu", "œu")) else "s")


def french_noun(word: str) -> list[str]:
    return [word, french_plural(word)]


def english_verb(word: str) -> list[str]:
    """
    >>> english_verb("stop")
    ['stop', 'stops', 'stopped', 'stopping']
    >>> english_verb("steal/stole/stolen")
    ['steal', 'steals', 'stole', 'stolen', 'stealing']
    """
    base, *past = word.split("/")
    return [base, english_s(base), *(past or [_english_end(base, "ed")]), _english_end(base, "ing")]


def _english_end(word: str, end: str) -> str:
    if word.endswith("ie") and end == "ing":
        return word[:-2] + "ying"
    if word.endswith("e") and not (word.endswith("ee") and end == "ing"):
        return word[:-1] + end
    if word.endswith("y") and word[-2] not in VOWELS and end == "ed":
        return word[:-1] + "ied"
    short = len(word) > 2 and word[-1] not in "wxyaeiou" and word[-2] in "aeiou" and word[-3] not in "aeiou"
    doubled = short and (sum(c in VOWELS for c in word) == 1 or word.endswith("el"))
    return word + (word[-1] if doubled else "") + end


def english_s(word: str) -> str:
    if word.endswith("y") and word[-2] not in VOWELS:
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "z", "ch", "sh")) else "s")


def english_noun(word: str) -> list[str]:
    return [word, english_s(word)]


def english_adjective(word: str) -> list[str]:
    """
    >>> english_adjective("happy")
    ['happy', 'happily', 'happier', 'happiest']
    """
    if "-" in word or word.endswith(("ing", "ed", "ly")):
        return [word]
    stem = word[:-1] + "i" if word.endswith("y") and word[-2] not in VOWELS else word
    ly = word[:-1] + "y" if word.endswith("le") else stem + ("ally" if word.endswith("ic") else "ly")
    if len(word) > 6:
        return [word, ly]
    root = word[:-1] if word.endswith("e") else stem
    twice = len(word) < 5 and word[-1] in "dtgmn" and word[-2] in "aeiou" and word[-3] not in "aeiou"
    root += word[-1] if twice else ""
    return [word, ly, root + "er", root + "est"]


RULES: dict[str, dict[str, Callable[[str], list[str]]]] = {
    "fr": {"adjective": french_adjective, "verb": french_verb, "noun": french_noun},
    "en": {"adjective": english_adjective, "verb": english_verb, "noun": english_noun},
}


def forms(language: str, kind: str, words: str) -> Iterable[str]:
    """Every form of the words of one kind; words of the kind "fixed" have one."""
    rule = RULES.get(language, {}).get(kind)
    for word in words.split():
        yield from rule(word) if rule and "_" not in word else [word]


def plain(word: str) -> str:
    """Without accents, as many write.

    >>> plain("déçu")
    'decu'
    """
    text = unicodedata.normalize("NFD", word.replace("œ", "oe").replace("æ", "ae"))
    return unicodedata.normalize("NFC", "".join(c for c in text if not unicodedata.combining(c)))
