"""A rule's own examples are its tests: it fires on the bad one and not on the good one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mktlib.errors import Finding
from mktlib.rules.applying import applies, rule_finds
from mktlib.rules.draft import draft_of
from mktlib.rules.fit import fit_of
from mktlib.rules.found import Case, Place
from mktlib.rules.keeping import Kept
from mktlib.rules.marks import marks_of
from mktlib.vocabulary import Row, Tables, finding, load_tables

WRONG: Kept[tuple[Finding, ...]] = Kept()


def examples(tables: Tables) -> Iterator[tuple[str, str, str, str]]:
    """(code, language, bad, good) of every rule that has examples."""
    for code, row in tables.rules.items():
        for language in ("en", "fr"):
            said = row.get(language, {})
            if "bad" in said and "good" in said:
                yield code, language, str(said["bad"]), str(said["good"])


def fires(code: str, text: str, language: str, tables: Tables) -> bool:
    """Whether one rule finds anything in a text, in a style and a place that it concerns."""
    row = tables.rules[code]
    draft = draft_of(text, language)
    marks = marks_of(draft, tables)
    place = Place(style=a_style(row, tables), channel=str(row.get("channel") or next(iter(row.get("channels", ["organic_social"])))))
    case = Case(draft=draft, tables=tables, place=place, marks=marks, fit=fit_of(draft, marks, tables), whole=len(text))
    return bool(rule_finds(code, case))


def a_style(row: Row, tables: Tables) -> str:
    """A style that a rule concerns."""
    channel = str(row.get("channel") or next(iter(row.get("channels", ["organic_social"]))))
    fitting = (key for key, style in tables.styles.items() if applies(row, Place(style=key, channel=channel), style))
    return next(fitting, next(iter(tables.styles)))


def wrong_examples(tables: Tables) -> tuple[Finding, ...]:
    """Rules of one's own whose examples do not hold; the packaged ones are tested before they leave the house."""
    packaged = load_tables().rules
    if tables.rules is packaged:
        return ()
    return WRONG.of(tables.rules, "", lambda: tuple(_wrong(tables, packaged)))


def _wrong(tables: Tables, packaged: Mapping[str, Row]) -> Iterator[Finding]:
    own = {code for code, row in tables.rules.items() if packaged.get(code) != row}
    for code, language, bad, good in examples(tables):
        if code in own:
            if not fires(code, bad, language, tables):
                yield finding("E_RULE_BAD", column=f"rules.{code}.{language}.bad", found=bad)
            if fires(code, good, language, tables):
                yield finding("E_RULE_GOOD", column=f"rules.{code}.{language}.good", found=good)
