"""A listing in several languages: what is missing in one, what was not translated, and how French is set."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mktlib.mobile.listing.keywords import MOST_READ, votes
from mktlib.mobile.listing.read import Listing, Part
from mktlib.mobile.listing.told import Told, told
from mktlib.rules.draft import URL
from mktlib.vocabulary import lookup, phrase

CLEAR, LEAST_VOTES = 2.0, 3
"""A text is in another language where it has so many times the small words, and at least so many of them (J)."""
TIGHT = re.compile(r"(?<=[^\s!?:;«\d])[!?;](?=\s|$)|(?<=[^\W\d_]):(?=\s|$)|«(?=\S)(?![\u00a0\u202f])|(?<=[^\s])(?<![\u00a0\u202f])»")
LOOSE = re.compile(r" [!?;:»](?=\s|$)|« ")


def languages(listing: Listing, expected: Sequence[str]) -> Iterator[Told]:
    """What is missing, untranslated, or not in its language; French typography."""
    spoken = {part.language for part in listing.parts} | {re.split("[-_]", code)[0].lower() for code in listing.locales}
    for code in expected:
        if re.split("[-_]", code)[0].lower() not in spoken:
            names = {c: {"name": language_name(code, c)} for c in listing.tables.languages}
            yield told("LISTING_LOCALE_MISSING", listing, "", f"locales.{code}", code, words=names, which=code)
    if listing.localised and len(listing.locales) > 1:
        yield from _beside_each_other(listing)
    for part in listing.parts:
        if part.text and part.row.get("kind") == "text":
            yield from _foreign(listing, part)
            if part.language == "fr":
                yield from _spaces(listing, part)


def language_name(code: str, reader: str) -> str:
    """French, anglais: the name of a language in a reader's; the code where nobody named it.

    >>> language_name("fr-CA", "en"), language_name("de", "fr")
    ('French', 'de')
    """
    short = re.split("[-_]", code)[0].lower()
    return phrase(f"listing.language.{short}", reader) if lookup(f"listing.language.{short}", reader) else code


def _beside_each_other(listing: Listing) -> Iterator[Told]:
    """Fields that one language has and another has not, and long texts that two languages share to the letter."""
    own: dict[str, dict[str, Part]] = {code: {} for code in listing.locales}
    for p in listing.parts:
        own.setdefault(p.locale, {})[p.key] = p
    texts = [key for key, row in listing.fields.items() if row.get("kind", "text") in ("text", "keywords") and not row.get("needed")]
    for key in texts:
        lacking = [code for code in listing.locales if key not in listing.of(code)]
        if len(lacking) < len(listing.locales):
            for code in lacking:
                yield told("LISTING_UNTRANSLATED", listing, key, f"locales.{code}.{key}", code)
    for key in listing.fields:
        seen: dict[str, Part] = {}
        for code in listing.locales:
            part = own[code].get(key)
            if part is None or not part.text or len(part.text.split()) < 4:
                continue
            other = seen.setdefault(part.text, part)
            if other is not part and other.language != part.language:
                yield told("LISTING_SAME_TEXT", listing, part, other=other.path)


def _foreign(listing: Listing, part: Part) -> Iterator[Told]:
    """A text whose small words are another language's; of short texts, and of languages not spoken here, nothing is said."""
    spoken = list(listing.tables.languages)
    if part.language not in spoken:
        return
    counted = votes(part.text or "", spoken)
    other = max((c for c in spoken if c != part.language), key=lambda c: counted[c])
    if counted[other] >= LEAST_VOTES and counted[other] >= CLEAR * max(counted[part.language], 1):
        names = {c: {"seen": language_name(other, c), "name": language_name(part.language, c)} for c in spoken}
        yield told("LISTING_OTHER_LANGUAGE", listing, part, words=names, amount=counted[other], against=counted[part.language])


def _spaces(listing: Listing, part: Part) -> Iterator[Told]:
    """Signs that French sets with a no-break space, and that have none or a plain one; addresses are left out."""
    text = URL.sub(lambda m: "x" * len(m[0]), (part.text or "")[:MOST_READ])
    hits = sorted(m.start() for pattern in (TIGHT, LOOSE) for m in pattern.finditer(text))
    if hits:
        at = hits[0]
        around = text[max(0, at - 12) : at + 2].split("\n")[-1]
        yield told("LISTING_FRENCH_SPACES", listing, part, amount=len(hits), word=around.strip())
