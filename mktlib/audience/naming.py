"""A name for each segment from what sets it apart most, in every language of the tables."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from mktlib.audience.features import DAYPARTS
from mktlib.vocabulary import Tables, lookup, phrase

WORDS: tuple[tuple[str, str], ...] = (
    ("visits", r"visit|session"),
    ("opens", r"open|ouvert|e_?mail"),
    ("gift", r"gift|cadeau"),
    ("price", r"(price|prix).*(import|matter|sens|compt|watch)|discount|remise|promo"),
    ("style", r"style|design|look"),
    ("basket", r"basket|cart|panier"),
    ("buys", r"order|purchase|achat|commande|bought"),
    ("shares", r"share|partage"),
    ("recent", r"last_|recency|derni"),
)
"""What a column is about, by its name."""
YES = ("yes", "oui", "1", "true", "y", "o")
MOST_PARTS = 3
COMMON, CLEAR = 0.5, 0.5
"""A word names a segment where half of its people say it; effects below a medium one (Cohen 1988) name it last."""


def names(traits: pd.DataFrame, keys: list[str], tables: Tables) -> dict[str, dict[str, str]]:
    """{segment: {language: name}}, no two alike in any language."""
    said: dict[str, dict[str, str]] = {}
    for key in keys:
        rows = _telling(traits[traits["segment"] == key])
        taken = {language: {s[language] for s in said.values()} for language in tables.languages}
        tried = [{la: _name(rows, la, tables, parts) for la in tables.languages} for parts in range(2, MOST_PARTS + 1)]
        free = [t for t in tried if all(t[la] and t[la] not in taken[la] for la in t)]
        said[key] = free[0] if free else {la: _numbered(tried[0][la], key, la, taken[la]) for la in tables.languages}
    return said


def _telling(mine: pd.DataFrame) -> list[dict[str, Any]]:
    """The traits that a name may be made of, one a column: what is commoner before what is rarer, the strongest first."""
    fit = mine[mine["holds"] & (mine["role"] == "builds") & ~mine["level"].isin(["(blank)", "(never)"])]
    common = fit["kind"].ne("share") | (fit["effect"].gt(0) & fit["inside"].ge(COMMON))
    strong = fit[common].assign(weak=fit["effect"].abs() < CLEAR).sort_values("weak", kind="stable")
    return strong.drop_duplicates("column").to_dict("records")  # type: ignore[return-value]


def _numbered(name: str, key: str, language: str, taken: set[str]) -> str:
    number = key.rpartition("_")[2]
    plain = phrase("segments.plain", language, number=number)
    return plain if not name else f"{name} ({number})" if name in taken else name


def _name(rows: list[dict[str, Any]], language: str, tables: Tables, parts: int) -> str:
    """Who they are, and where or when: "Gift buyers in the evening"; of so many parts at most, what they have more of first."""
    heads = [(h, more) for row in rows for h, more in [head(row, language, tables)] if h]
    first = [h for h, more in heads if more] + [h for h, more in heads if not more]
    tails = [t for row in rows if not head(row, language, tables)[0] for t in [tail(row, language, tables)]]
    tails.sort(key=lambda t: t.startswith("("))  # a place or a time reads better than a word in brackets
    if not first and not tails:
        return ""
    ends = tails[:1]
    who = first[: max(1, parts - len(ends))] or [phrase("segments.people", language)]
    return ", ".join([who[0], *(_inner(h) for h in who[1:])]) + "".join(f" {t}" for t in ends)


def _inner(text: str) -> str:
    """A part in the middle of a name: no capital, unless it is an acronym or the name of a column as it was typed (ExitRates)."""
    first = text.split(" ")[0]
    return text if "_" in first or first[1:] != first[1:].lower() else text[:1].lower() + text[1:]


def head(row: dict[str, Any], language: str, tables: Tables) -> tuple[str, bool]:
    """(who the people are by this trait, whether they have more of it); "" where the trait says where, when or why."""
    if row["kind"] == "share" and str(row["level"]).lower() not in YES:
        return "", False
    more = float(row["effect"]) > 0
    side = ("low" if more else "high") if row["kind"] == "days" else "high" if more else "low"
    about = next((word for word, pattern in WORDS if re.search(pattern, str(row["column"]).lower())), None)
    if about and lookup(f"segments.name.{about}", language):
        return phrase(f"segments.name.{about}.{side}", language), side == "high"
    return phrase(f"segments.name.any.{side}", language, name=tables.label("column", str(row["column"]), language)), side == "high"


def tail(row: dict[str, Any], language: str, tables: Tables) -> str:
    """Where, when or why they are there."""
    column, level = str(row["column"]), str(row["level"])
    if level in DAYPARTS:
        return phrase(f"segments.daypart.{level}", language)
    if column == "network":
        return phrase("segments.on", language, name=tables.label("network", level, language))
    return phrase("segments.other", language, name=tables.label(column, level, language))
