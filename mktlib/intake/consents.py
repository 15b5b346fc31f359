"""Which columns of a list say that someone must not be written to, however they are called, and what their cells say.

Names are told by stems, whatever their case, accents and marks: lists come out of dozens of tools, in two languages, and a refusal that is
not read is a message that must not be sent. A column whose name looks like one of these and whose cells cannot be decided is asked about.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import pandas as pd

from mktlib.intake.headers import plain, repaired
from mktlib.vocabulary import list_statuses

HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
DAY = re.compile(r"\d{4} \d{1,2} \d{1,2}\b.*|\d{1,2} \d{1,2} \d{4}\b.*|\d{4} \d{2} \d{2}t\d.*")


@dataclass(frozen=True)
class Refused:
    """Rows that must not be written to (bool), and the columns that may say more and cannot be decided."""

    unsubscribed: pd.Series
    bounced: pd.Series
    asked: tuple[str, ...]


def refused(text: pd.DataFrame, where: str) -> Refused:
    """What the columns of a list beside that of the addresses say.

    >>> found = refused(pd.DataFrame({"e": "abc", "Opt-in e-mail": ["oui", "non", ""], "Désinscrit le": ["", "", "non"]}).head(3), "e")
    >>> found.unsubscribed.tolist(), found.asked
    ([False, True, True], ())
    """
    gone, lost = (pd.Series(False, index=text.index) for _ in range(2))
    asked = []
    for column in text.columns.drop(where):
        kind, cells = kind_of(str(column)), text[column].map(folded).str.replace(r"^(\d) 0$", r"\1", regex=True)
        if not kind:
            continue
        if kind == "ask":
            asked += [column] if _filled(cells).any() else []
            continue
        gone |= cells.isin(_words("unsubscribed"))
        lost |= cells.isin(_words("bounced"))
        if kind == "unsubscribed":
            gone |= ~cells.isin(_words("no"))
        elif kind == "bounced":
            lost |= ~cells.isin(_words("no"))
        elif kind != "columns":
            no, unsure = _consents(cells, kind)
            gone |= no
            asked += [column] if unsure else []
    return Refused(unsubscribed=gone, bounced=lost, asked=tuple(map(str, asked)))


def kind_of(head: str) -> str:
    """What a column's name makes of it: unsubscribed or bounced (whatever is not a no says it), consent (a no says it; sure: so does a
    blank), maybe (a consent where all of it is yes and no), columns (a word says it), ask, or "" for nothing.

    >>> [kind_of(head) for head in ("Inscrit à la newsletter", "unsubscribed_at", "HasOptedOutOfEmail", "Opt-in SMS", "Accepte les CGV")]
    ['consent', 'unsubscribed', 'unsubscribed', '', 'ask']
    """
    said = folded(head)
    if said in _words("consent"):
        return "sure"
    for kind in ("unsubscribed", "bounced", "columns"):
        if said in _words(kind):
            return "consent" if kind == "columns" and _has(said, "consent_stems") else kind
    if _named(said, "other_channels") and not _has(said, "email_stems"):
        return ""
    found = _stem_kind(said)
    if not found or found == "maybe":
        return found or ("columns" if _named(said, "status_names") else "")
    if _named(said, "links") or (found == "consent" and _named(said, "about_consent")):
        return ""
    return "ask" if _named(said, "open_names") else found


def _stem_kind(said: str) -> str:
    if _has(said, "unsubscribed_stems"):
        return "unsubscribed"
    if _has(said, "bounced_stems"):
        return "bounced"
    if _has(said, "consent_stems"):
        return "unsubscribed" if _named(said, "not_names") else "consent"
    return "maybe" if _has(said, "maybe_stems") else ""


def folded(text: str) -> str:
    """Text without case, accents and marks, unless it is nothing but marks.

    >>> folded("Date de désabonnement"), folded("HasOptedOut"), folded("opt_in")
    ('date de desabonnement', 'has opted out', 'opt in')
    """
    apart = text if text.isupper() else HUMP.sub(" ", repaired(text))
    return " ".join(re.sub(r"[\W_]+", " ", plain(apart)).split()) or plain(text)


@cache
def _words(name: str) -> frozenset[str]:
    return frozenset(folded(word) for word in list_statuses()[name]["words"])


def _has(said: str, stems: str) -> bool:
    return any(stem in said for stem in _words(stems))


def _named(said: str, names: str) -> bool:
    """Whether one of the words of a name is one of these."""
    return not _words(names).isdisjoint(said.split())


def _filled(cells: pd.Series) -> pd.Series:
    return cells.ne("")


def _consents(cells: pd.Series, kind: str) -> tuple[pd.Series, bool]:
    """(cells that refuse, whether the column cannot be decided). A blank refuses where other cells say yes or no."""
    first = cells.str.split(n=1).str[0].fillna("")
    refusals = _words("no") - {""} | _words("unsubscribed")
    no = cells.isin(refusals) | first.isin(_words("no_first"))
    yes = ~no & (cells.isin(_words("yes")) | first.isin(_words("yes_first")))
    known = no | yes | cells.isin(_words("bounced"))
    odd = _filled(cells) & ~known & ~cells.str.fullmatch(DAY)
    told = bool(known.any())
    if kind == "maybe":
        return (no | ~_filled(cells), False) if told and not odd.any() else (no & False, False)
    if kind == "sure":
        return no | ~_filled(cells), bool(odd.any())
    blank = ~_filled(cells)
    unsure = bool(odd.any()) or (not told and bool(blank.any()))
    return no | (blank & told), unsure
