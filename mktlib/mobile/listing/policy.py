"""Words that stores refuse: praise, prices, other platforms, competitors. Each is a row of `checks` that says in which fields."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence

from mktlib.mobile.listing.keywords import folded
from mktlib.mobile.listing.read import Listing, Part
from mktlib.mobile.listing.told import Told, told

LONG_CAPITALS = 5
"""Letters from which one word in capitals is no abbreviation any more (J)."""
PRICE = re.compile(r"\d[\d.,]{0,9}\s?(?:%|€|\$|£)|(?:€|\$|£)\s*\d|\b\d+[.,]\d\d\b")
RANK = re.compile(r"(?:#|\bn[o°º]\.?)\s*1\b", re.I)
SIGNS = re.compile(r"([!?.~*★☆•=_-])\1{2,}|[★☆♥❤✔✓]")


def policies(listing: Listing, own: Sequence[str], rivals: Sequence[str]) -> Iterator[Told]:
    """Every text that breaks a policy row; own: names of the brand, which capitals may have."""
    rows = {code: row for code, row in listing.tables.checks.items() if row["about"] == "listing" and "stores" in row}
    for part in listing.parts:
        for code, row in rows.items():
            if part.text and listing.store in row["stores"] and part.key in row["fields"]:
                spoken = row.get("words", {}).get(part.language, ())
                hit = _word_in(part.text, spoken) or _detected(row.get("detects"), part.text, own)
                if hit:
                    yield told(code, listing, part, found=hit)
        if part.text:
            for name in rivals:
                if _word_in(part.text, [name]):
                    yield told("LISTING_COMPETITOR", listing, part, word=name)


def _word_in(text: str, words: Sequence[str]) -> str:
    """The first of these words or phrases that a text holds as a whole word; signs such as # and ° count."""
    plain = " ".join(folded(text).split())
    for word in words:
        key = " ".join(folded(str(word)).split())
        if key and re.search(rf"(?<!\w){re.escape(key)}(?!\w)", plain):
            return str(word)
    return ""


def _detected(kind: object, text: str, own: Sequence[str]) -> str:
    return DETECTORS[str(kind)](text, own) if kind in DETECTORS else ""


def emoji(text: str, own: Sequence[str]) -> str:
    """An emoji, a pictogram, or a row of the same sign.

    >>> emoji("Try-On 😎", ()), emoji("Wow!!!", ()), emoji("C# & déjà vu ™", ())
    ('😎', '!!!', '')
    """
    found = next((c for c in text if _pictured(c)), "")
    signs = SIGNS.search(text)
    return found or (signs[0] if signs else "")


def _pictured(character: str) -> bool:
    if character in "©®™°":
        return False
    return unicodedata.category(character) == "So" or 0x1F000 <= ord(character) <= 0x1FAFF


def capitals(text: str, own: Sequence[str]) -> str:
    """Words in capitals: a long one, or two in a row; the brand's own name may be written so.

    >>> capitals("TRY SUNGLASSES", ()), capitals("AR try-on in 3D", ()), capitals("IKEAPLACE", ["IKEAPLACE"])
    ('TRY SUNGLASSES', '', '')
    """
    mine = {word.lower() for name in own for word in re.findall(r"[^\W\d_]+", name)}
    run: list[str] = []
    for word in [*re.findall(r"[^\W\d_]+", text), "x"]:
        if len(word) > 1 and word.isupper() and word.lower() not in mine:
            run.append(word)
            continue
        if len(run) > 1 or any(len(w) >= LONG_CAPITALS for w in run):
            return " ".join(run)
        run = []
    return ""


def price(text: str, own: Sequence[str]) -> str:
    """An amount of money or a percentage.

    >>> price("Now 2,99 €", ()), price("50% off", ()), price("360 view", ())
    ('2,99 €', '50%', '')
    """
    found = PRICE.search(text)
    return found[0].strip() if found else ""


def rank(text: str, own: Sequence[str]) -> str:
    found = RANK.search(text)
    return found[0] if found else ""


DETECTORS: Mapping[str, Callable[[str, Sequence[str]], str]] = {"emoji": emoji, "caps": capitals, "price": price, "rank": rank}
"""What a policy row may name in `detects`."""


def names_of(listing: Listing, brand: object) -> list[str]:
    """The names of the brand: the option, else what the listing says of itself."""
    given = brand if brand is not None else [listing.about.get(k) for k in ("brand", "marque", "app")]
    several = [given] if isinstance(given, str) else list(given) if isinstance(given, list | tuple) else []
    return [name for name in several if isinstance(name, str) and name.strip()]


def own_part(part: Part) -> bool:
    """Whether a part is the name of the app itself."""
    return part.key in ("name", "title")
