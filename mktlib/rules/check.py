"""A draft against the style of a brand and the place it is for: `check_text`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mktlib.errors import DataError, Finding
from mktlib.rules.applying import applies, broken
from mktlib.rules.draft import draft_of
from mktlib.rules.examples import wrong_examples
from mktlib.rules.fit import fit_of, wrong_text
from mktlib.rules.found import Case, Found, Place, told
from mktlib.rules.marks import marks_of
from mktlib.vocabulary import Tables, default_language, finding, load_tables, nearest, not_tables

MOST_OF_ONE_RULE = 20
WEIGHT = {"error": 9, "warning": 3, "note": 1}
"""How much a finding weighs where drafts are compared."""


def check_text(
    text: str,
    *,
    style: str,
    channel: str,
    language: str = "en",
    content_type: str | None = None,
    length: str | None = None,
    spec: str | None = None,
    tables: Tables | None = None,
    reader: str | None = None,
) -> list[Finding]:
    """A draft against the style of a brand and the place it is for.

    Args:
        text: the draft, plain or HTML; a part may be named at the start of its line ("Subject: ...", "Titre : ...").
        style: one of the styles of the tables. channel: where it will be seen.
        language: the one the draft is written in, "en" or "fr".
        content_type: narrows the limits to those of a type. length: a row of `lengths`, to be held to. spec: a row of `specs`: the whole
        text is that one part (`"google_rsa_headline"`).
        tables: the rules, styles and limits; a company's own rows by `load_tables("ours.toml")`.
        reader: the language of the findings; default the draft's own; `mktlib.vocabulary.retell` says any in
        the other.

    Returns:
        Findings in the order of the text: `line`; `found` (the very words); `values["start"]` and `values["end"]` (offsets in the text as
        given, the end exclusive); `text` (why); `hint` (what to write instead; the words alone in `values["instead"]`); `code` (the
        rule); `level`: error (must not leave so), warning (should change), note (worth a thought). Empty: nothing was found, which is no
        proof that nothing is wrong: rules know words, not sense.

    Raises:
        DataError: a style, channel, language, type, length or spec that no table has, or rules of one's own that do not hold.

    >>> sorted({f.code for f in check_text("Hurry! We will win.", style="legal_formal", channel="email") if f.level == "warning"})
    ['STYLE_EXCLAMATION', 'STYLE_SELLING']
    """
    if wrong := not_tables(tables):
        raise DataError(wrong)
    tables = tables or load_tables()
    place = Place(style=style, channel=channel, content_type=content_type, length=length, spec=spec)
    if wrong := [*wrong_text(text, language), *_wrong_place(place, tables), *_wrong_reader(reader, tables), *wrong_examples(tables)]:
        raise DataError(wrong)
    case = case_of(text, place, language, tables)
    codes = [code for code, row in tables.rules.items() if applies(row, place, case.style)]
    found = sorted(_capped(broken(case, codes)), key=lambda pair: (pair[1].start, pair[1].end, pair[0]))
    return [told(code, tables.rules[code], one, case, reader or language) for code, one in found]


def case_of(text: str, place: Place, language: str, tables: Tables) -> Case:
    """A draft taken apart, with its marks and its fit."""
    draft = draft_of(text, language)
    marks = marks_of(draft, tables)
    return Case(draft=draft, tables=tables, place=place, marks=marks, fit=fit_of(draft, marks, tables), whole=len(text))


def _capped(found: Iterator[tuple[str, Found]]) -> Iterator[tuple[str, Found]]:
    """No more than twenty findings of one rule, and none twice at one place."""
    counts: dict[str, int] = {}
    seen: set[tuple[str, int, int]] = set()
    for code, one in found:
        counts[code] = counts.get(code, 0) + 1
        if counts[code] <= MOST_OF_ONE_RULE and (code, one.start, one.end) not in seen:
            seen.add((code, one.start, one.end))
            yield code, one


def weight(findings: list[Finding]) -> int:
    """How heavily findings weigh together: 9 an error, 3 a warning, 1 a note.

    >>> weight(check_text("We are open from nine to five.", style="informative", channel="email"))
    0
    """
    return sum(WEIGHT[f.level] for f in findings)


def _wrong_place(place: Place, tables: Tables) -> Iterator[Finding]:
    asked: Mapping[str, tuple[Any, Mapping[str, Any]]] = {
        "style": (place.style, tables.styles),
        "channel": (place.channel, tables.channels),
        "content_type": (place.content_type, tables.content_types),
        "length": (place.length, tables.lengths),
        "spec": (place.spec, {k: row for k, row in tables.specs.items() if row["unit"] == "characters"}),
    }
    for name, (value, known) in asked.items():
        if value is None and name not in ("style", "channel"):
            continue
        if not isinstance(value, str) or value not in known:
            yield finding("E_OPTION", column=name, found=repr(value), expected=", ".join(known), hint=nearest(value, known))


def _wrong_reader(reader: str | None, tables: Tables) -> Iterator[Finding]:
    if reader is not None and (not isinstance(reader, str) or reader not in tables.languages):
        yield finding(
            "E_OPTION", column="reader", found=repr(reader), expected=", ".join(tables.languages), hint=nearest(reader, tables.languages)
        )


__all__ = ["WEIGHT", "case_of", "check_text", "default_language", "weight"]
