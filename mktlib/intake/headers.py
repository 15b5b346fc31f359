"""Header cells, said in many ways: other cases, spaces, accents, apostrophes and damaged encodings are the same column."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

ODD = str.maketrans({c: " " for c in "\u00a0\u2009\u202f\u2007\t\r\n"} | {c: "'" for c in "’‘`´"} | {c: "-" for c in "–—‑"})
UNSEEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")  # zero width, direction marks
BROKEN = re.compile("[ÃÂâ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]")
CURRENCIES = {"€": "EUR", "£": "GBP", "$": "USD"}
CODES = frozenset(
    re.findall(
        "...",
        "EURUSDGBPCHFCADAUDNZDJPYCNYHKDSGDINRBRLMXNZARSEKNOKDKKPLNCZKHUFRONBGNTRYAEDSARILSKRWTHBIDRMYRPHPVNDMADTNDDZD"
        "EGPNGNKESXOFXAFXPFRUBUAHISKARSCLPCOPPENTWD",
    )
)
"""Currencies that a code of three letters may name; (UTC) or (SEC) in a header is none."""


def repaired(text: str) -> str:
    """UTF-8 that was once read as Windows text, read right; anything else as it is.

    >>> repaired("Montant dÃ©pensÃ©"), repaired("Château")
    ('Montant dépensé', 'Château')
    """
    if not BROKEN.search(text):
        return text
    for code in ("cp1252", "latin-1"):
        try:
            return text.encode(code).decode("utf-8")
        except UnicodeError:
            continue
    return text


def plain(text: str) -> str:
    """What two spellings of one header have in common.

    >>> plain("  Coût\\u00a0/ conv. "), plain("L’Étape")
    ('cout / conv.', "l'etape")
    """
    if text.isascii():
        return " ".join(text.split()).casefold()
    seen = UNSEEN.sub("", repaired(text)).translate(ODD)
    bare = "".join(c for c in unicodedata.normalize("NFKD", seen) if not unicodedata.combining(c))
    return " ".join(bare.split()).casefold()


def key_of(spelling: str) -> str:
    """What a spelling is looked up by; `{currency}` in it stands for a code or a sign.

    >>> key_of("Amount spent ({currency})")
    'amount spent ({currency})'
    """
    return plain(spelling.replace("{currency}", "@@@")).replace("@@@", "{currency}")


def without_currency(header: str) -> tuple[str, str | None]:
    """(the plain header with {currency} in place of a code or sign in brackets, that currency).

    >>> without_currency("Amount spent (EUR)"), without_currency("Duration (sec)")
    (('amount spent ({currency})', 'EUR'), ('duration (sec)', None))
    """
    found = re.search(r"\(\s*([A-Z]{3}|[€$£])\s*\)", header)
    if not found or (found[1] not in CURRENCIES and found[1] not in CODES):
        return plain(header), None
    return key_of(header.replace(found[0], "({currency})")), CURRENCIES.get(found[1], found[1])


def keys_of(header: str) -> tuple[tuple[str, ...], str | None]:
    """(what a header may be looked up by, its currency)."""
    general, currency = without_currency(header)
    return (plain(header), general) if currency else (general,), currency


def spellings(rule: Any) -> tuple[str, ...]:
    """The headers that a column's rule names, best first.

    >>> spellings("Clicks"), spellings({"from": ["Day", "Jour"]})
    (('Clicks',), ('Day', 'Jour'))
    """
    given = rule.get("from", ()) if isinstance(rule, Mapping) else rule
    return (given,) if isinstance(given, str) else tuple(given)


class Header:
    """The header row of an export: where each spelling stands."""

    def __init__(self, cells: Sequence[str]) -> None:
        self.cells = list(cells)
        self.currency: str | None = None
        self._at: dict[str, int] = {}
        self._currencies: dict[int, str] = {}
        for i, cell in enumerate(cells):
            keys, currency = keys_of(cell)
            if currency:
                self._currencies[i] = currency
            for key in keys:
                self._at.setdefault(key, i)

    def find(self, wanted: Iterable[str]) -> int | None:
        """Position of the first spelling that is there: the exact words before what merely means the same."""
        exact = {cell: i for i, cell in reversed(list(enumerate(self.cells)))}
        for text in wanted:
            at = exact.get(text, self._at.get(key_of(text)))
            if at is not None:
                return at
        return None

    def currencies(self, positions: Iterable[int]) -> Iterator[str]:
        """The currencies that headers at these positions name."""
        return (self._currencies[i] for i in positions if i in self._currencies)
