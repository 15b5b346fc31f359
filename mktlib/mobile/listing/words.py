"""The words of a listing: which searches its texts can answer, and which words take room for nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mktlib.mobile.listing import keywords as kw
from mktlib.mobile.listing.policy import own_part
from mktlib.mobile.listing.read import Listing, Part
from mktlib.mobile.listing.told import Told, cost_words, told, unit_words

Wanted = Mapping[str, Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class Cover:
    """A wanted search in one locale. have: of each field, how many of its words stand there; verdict: whole (one searched field has them
    all), across (searched fields have them together), unsearched (only with fields that are not searched), absent."""

    locale: str
    language: str
    phrase: str
    words: tuple[str, ...]
    have: Mapping[str, int]
    verdict: str
    missing: tuple[str, ...]


def covers(listing: Listing, wanted: Wanted) -> list[Cover]:
    """Each wanted search of each locale beside the fields."""
    out = []
    for locale in listing.locales:
        language = re.split("[-_]", locale)[0].lower()
        stems = {key: _stems(part) for key, part in listing.of(locale).items() if part.text is not None}
        for phrase in wanted.get(locale, wanted.get(language, ())):
            out.append(_cover(listing, locale, language, phrase, stems))
    return out


def _stems(part: Part) -> set[str]:
    return {kw.stem(word, part.language) for word in kw.words_of(part.text or "", part.language)}


def _cover(listing: Listing, locale: str, language: str, phrase: str, stems: Mapping[str, set[str]]) -> Cover:
    words = kw.wanted_words(phrase, language)
    searched = [key for key in stems if listing.fields[key].get("searched")]
    together = set().union(*(stems[key] for key in searched))
    anywhere = set().union(*stems.values())
    typed = {kw.stem(w, language): w for w in reversed(kw.words_of(phrase, language))}
    missing = tuple(typed.get(w, w) for w in words if w not in together)
    whole = any(set(words) <= stems[key] for key in searched)
    verdict = "whole" if whole else "across" if not missing else "unsearched" if set(words) <= anywhere else "absent"
    have = {key: sum(w in stems.get(key, ()) for w in words) for key, row in listing.fields.items() if _is_text(row)}
    return Cover(locale=locale, language=language, phrase=phrase, words=tuple(words), have=have, verdict=verdict, missing=missing)


def _is_text(row: Any) -> bool:
    return row.get("kind", "text") in ("text", "keywords")


def words(listing: Listing, wanted: Wanted, own: Sequence[str]) -> Iterator[Told]:
    """Wanted words that are missing, words that are wasted, words said too often."""
    for cover in covers(listing, wanted):
        yield from _uncovered(listing, cover)
    for locale in listing.locales:
        parts = listing.of(locale)
        for part in parts.values():
            if part.row.get("kind") == "keywords" and part.text:
                yield from _wasted(listing, part, parts, own)
            elif part.text and "description" in part.key:
                yield from _repeated(listing, part)


def _uncovered(listing: Listing, cover: Cover) -> Iterator[Told]:
    if cover.verdict in ("whole", "across"):
        return
    have = listing.of(cover.locale)
    searched = [key for key, row in listing.fields.items() if row.get("searched")]
    fields = {
        code: {"fields": ", ".join(str(listing.fields[k]["label"].get(code) or k) for k in searched)} for code in listing.tables.languages
    }
    if cover.verdict == "unsearched":
        key = next(k for k, n in cover.have.items() if n and not listing.fields[k].get("searched"))
        yield told("LISTING_KEYWORD_UNSEARCHED", listing, have[key], words=fields, word=cover.phrase)
        return
    where = f"locales.{cover.locale}" if listing.localised else searched[0] if searched else "listing"
    missing = ", ".join(cover.missing)
    yield told("LISTING_KEYWORD_ABSENT", listing, "", where, cover.locale, words=fields, word=cover.phrase, missing=missing)


# ---------------------------------------------------------------- the keyword field


def _wasted(listing: Listing, part: Part, parts: Mapping[str, Part], own: Sequence[str]) -> Iterator[Told]:
    text, unit, language = part.text or "", str(part.row["unit"]), part.language
    written = kw.pieces(text)
    elsewhere = {key: _stems(p) for key, p in parts.items() if p.row.get("searched") and p is not part and p.text}
    elsewhere = {k: v for k, v in elsewhere.items() if parts[k].row.get("unit") != "chars" or parts[k].row.get("most", 0) <= 300}
    mine = {kw.stem(w, language) for name in own for w in kw.words_of(name, language)}
    seen: dict[str, str] = {}
    for word in written:
        plain = "".join(kw.words_of(word, language))
        key = kw.stem(plain, language)
        home = next((k for k, stems in elsewhere.items() if key in stems), None)
        price = cost_words(unit, kw.cost(word, unit) + (unit != "words"))
        if home or seen.get(key) == plain:
            other = {c: {"other": _field(listing, home or part.key, c)} for c in listing.tables.languages}
            yield told("LISTING_KEYWORD_REPEATED", listing, part, words=_both(other, price), word=word)
        elif key in mine:
            yield told("LISTING_KEYWORD_OWN", listing, part, words=price, word=word)
        seen.setdefault(key, plain)
    for one, twin in kw.plurals(written, language):
        yield told("LISTING_KEYWORD_PLURAL", listing, part, word=one, other=twin)
    yield from _room(listing, part, written)


def _field(listing: Listing, key: str, language: str) -> str:
    return str(listing.fields[key]["label"].get(language) or key)


def _both(one: Mapping[str, Mapping[str, str]], other: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    return {code: {**one.get(code, {}), **other.get(code, {})} for code in {*one, *other}}


def _room(listing: Listing, part: Part, written: Sequence[str]) -> Iterator[Told]:
    """Spaces beside commas, small words, and room that nobody uses."""
    text, unit = part.text or "", str(part.row["unit"])
    spaces = sum(len(m[0]) - 1 for m in re.finditer(r"\s+[,;]|[,;]\s+", text))
    if spaces and unit != "words":
        yield told("LISTING_KEYWORD_SPACE", listing, part, words=cost_words(unit, spaces), amount=spaces)
    small = [w for w in written if len(w) > 1 and "".join(kw.words_of(w, part.language)) in kw.small_words(part.language)]
    if small:
        price = cost_words(unit, sum(kw.cost(w, unit) + (unit != "words") for w in small))
        yield told("LISTING_KEYWORD_STOP", listing, part, words=price, word=", ".join(small[:6]))
    most, size = int(part.row.get("most", 0)), kw.cost(text, unit)
    share = float(listing.tables.checks["LISTING_KEYWORD_ROOM"]["values"]["share"])
    if most and most - size > share * most:
        yield told("LISTING_KEYWORD_ROOM", listing, part, words=unit_words(unit, most - size), left=most - size, most=most)


# ---------------------------------------------------------------- descriptions


def _repeated(listing: Listing, part: Part) -> Iterator[Told]:
    """Words said too often, lists of words, sentences said twice."""
    text, rows = part.text or "", listing.tables.checks
    much = rows["LISTING_STUFFING"]["values"]
    brand = {w for p in listing.parts if own_part(p) for w in _stems(p)}
    for word, n, share in kw.stuffed(text, part.language, share=float(much["most"]) / 100, least=int(much["least"])):
        if kw.stem(word, part.language) not in brand or share > 2 * float(much["most"]) / 100:
            yield told("LISTING_STUFFING", listing, part, word=word, amount=n, share=round(100 * share))
    for n, start in kw.word_lists(text, least=int(rows["LISTING_WORD_LIST"]["values"]["least"])):
        yield told("LISTING_WORD_LIST", listing, part, amount=n, word=start)
    for sentence, n in kw.said_twice(text, part.language):
        yield told("LISTING_SENTENCE_TWICE", listing, part, amount=n, word=sentence[:60])
