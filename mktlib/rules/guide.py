"""The house style as it goes out to those who write: advice, tone, words, before and after, limits, and what to leave alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from mktlib.errors import DataError, Finding
from mktlib.results import StyleGuide
from mktlib.rules.applying import applies
from mktlib.rules.check import check_text
from mktlib.rules.fit import LANGUAGES
from mktlib.rules.found import Place
from mktlib.vocabulary import Row, Tables, default_language, finding, load_tables, nearest, not_tables

MAIN = ("organic_social", "paid_social", "paid_search", "email", "sms", "organic_search")
A_CHANNEL = "organic_social"


def style_guide(style: str, *, language: str | None = None, brand: str | None = None, tables: Tables | None = None) -> StyleGuide:
    """The style of a brand on one page, for the people who write; `mk.report(guide)` prints it on A4.

    Args:
        style: one of the styles of the tables. language: of the advice and the examples, "en" or "fr"; default MKTLIB_LANGUAGE.
        brand: the name on the page. tables: a company's own rows above the packaged ones.

    Returns:
        StyleGuide; every `before` breaks a rule of the tables (`codes` names which), every `after` keeps them.

    Raises:
        DataError: a style or a language that no table has.

    >>> len(style_guide("playful", language="en").table) >= 3
    True
    """
    if wrong := not_tables(tables):
        raise DataError(wrong)
    tables, language = tables or load_tables(), language or default_language()
    if wrong := list(_wrong(style, language, tables)):
        raise DataError(wrong)
    row = tables.styles[style]
    pairs = list(_pairs(style, row, language, tables))
    return StyleGuide(
        table=pd.DataFrame(pairs, columns=["before", "after", "codes"]),
        advice=pd.DataFrame([(kind, text) for kind in ("do", "dont") for text in _said(row, kind, language)], columns=["kind", "text"]),
        tone=pd.DataFrame(list(_tone(row, language)), columns=["mark", "value"]),
        words=pd.DataFrame([(kind, word) for kind in ("use", "avoid") for word in _said(row, kind, language)], columns=["kind", "words"]),
        limits=pd.DataFrame(list(_limits(tables)), columns=["channel", "spec", "most", "advised"]),
        sensitive=pd.DataFrame(list(_sensitive(style, row, tables)), columns=["rule", "level"]),
        facts={
            "style": style, "language": language, "brand": brand or "", "formality": row.get("formality"),
            "opposite": row.get("opposite", ""), "pairs": len(pairs), "example": str(row.get("example", {}).get(language, "")),
        },
    )  # fmt: skip


def _wrong(style: object, language: object, tables: Tables) -> Iterator[Finding]:
    if not isinstance(style, str) or style not in tables.styles:
        hint = nearest(style, tables.styles)
        yield finding("E_OPTION", column="style", found=repr(style), expected=", ".join(tables.styles), hint=hint)
    if language not in LANGUAGES:
        hint = nearest(language, LANGUAGES)
        yield finding("E_OPTION", column="language", found=repr(language), expected=", ".join(LANGUAGES), hint=hint)


def _said(row: Row, name: str, language: str) -> tuple[str, ...]:
    return tuple(row.get(name, {}).get(language, ()))


def _pairs(style: str, row: Row, language: str, tables: Tables) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Each pair with the rules that its before breaks, the gravest first."""
    order = ("error", "warning", "note")
    for pair in row.get("pairs", ()):
        said = pair[language]
        found = check_text(said["before"], style=style, channel=A_CHANNEL, language=language, tables=tables, reader=language)
        grave = sorted((f for f in found if f.level != "note"), key=lambda f: (f.code == "STYLE_OFF", order.index(f.level)))
        yield said["before"], said["after"], tuple(dict.fromkeys(f.code for f in grave))


def _tone(row: Row, language: str) -> Iterator[tuple[str, Any]]:
    """What the rules allow in this style, mark by mark."""
    formal = int(row.get("formality", 3))
    if language == "fr":
        yield "address", str(row.get("address", "either"))
    yield "emoji", "none" if formal >= 4 else "few"
    yield "exclamation", "none" if formal >= 4 else "one"
    yield "contraction", "no" if formal >= 4 else "yes"
    yield "sentence_words", round(float(row.get("sentence_words", 30)) * (1.1 if language == "fr" else 1.0))
    yield "ease", int(row.get("ease", 0))


def _limits(tables: Tables) -> Iterator[tuple[str, str, int | None, str]]:
    """The limits of characters of the main channels that most pieces meet."""
    for channel in MAIN:
        for key, row in tables.specs.items():
            if row["unit"] == "characters" and channel == next(iter(row["channels"]), "") and key.endswith(ENDINGS):
                yield channel, key, row.get("most"), str(row.get("advised", ""))


ENDINGS = ("rsa_headline", "rsa_description", "primary_text", "meta_feed_headline", "email_subject", "preheader", "sms_gsm7", "sms_ucs2",
           "seo_title", "meta_description", "post_text")  # fmt: skip


def _sensitive(style: str, row: Row, tables: Tables) -> Iterator[tuple[str, str]]:
    place = Place(style=style, channel=A_CHANNEL)
    for code, rule in tables.rules.items():
        if rule["about"] == "sensitive" and applies(rule, place, row):
            yield code, str(rule["level"])
