"""What the styles of a page declare for an element: its <style> sheets and inline styles, by the cascade of CSS, on a narrow screen.

Declared is not computed: nothing is laid out, and what scripts or sheets that cannot be read would change stays unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import tinycss2
from bs4 import BeautifulSoup, Tag

from mktlib.markup.media import applies
from mktlib.markup.selecting import Selecting, listed
from mktlib.markup.shorthands import expanded, weight_of

MOST_RULES, MOST_SHEET = 20_000, 3_000_000
"""Rules and characters of all sheets that are read; beyond, `Sheets.partial` says so."""
DEEPEST = 8
VAR = re.compile(r"var\(\s{0,9}(--[\w-]{1,80})\s{0,9}(?:,([^()]{0,200}))?\)")


@dataclass(frozen=True)
class Declaration:
    """value: as written; line: where it is declared (None for a sheet given apart); weight: its place in the cascade."""

    value: str
    line: int | None
    weight: tuple[Any, ...]


@dataclass
class Sheets:
    """What each element of one page is given. partial: a limit was met, so that some rules were not read.
    imports: addresses that sheets bring in and that were not read."""

    width: float
    root: Tag
    partial: bool = False
    imports: list[str] = field(default_factory=list)
    given: dict[int, dict[str, Declaration]] = field(default_factory=dict)
    rules: int = 0

    def of(self, element: Tag) -> Mapping[str, Declaration]:
        """Every declaration that wins for an element, with its line."""
        return self.given.get(id(element), {})

    def declared(self, element: Tag) -> dict[str, str]:
        """Property -> value, custom properties (`var(--x)`) filled in."""
        return {name: self._filled(element, said.value) for name, said in self.of(element).items()}

    def _filled(self, element: Tag, value: str) -> str:
        for _ in range(DEEPEST):
            if "var(" not in value or len(value) > 1_000:
                break
            value = VAR.sub(lambda found: self._custom(element, found[1], found[2]), value)
        return value

    def _custom(self, element: Tag, name: str, otherwise: str | None) -> str:
        at: Tag | None = element
        while at is not None:
            if name in self.of(at):
                return self.of(at)[name].value
            at = at.parent
        return (otherwise or "").strip()


def declared(element: Tag, sheets: Sheets | None = None, *, width: float = 390) -> dict[str, str]:
    """What the <style> sheets and the inline style of its page declare for an element, on a screen `width` CSS px wide.

    For many elements of a page make its `sheets_of` once and give it along.

    >>> from mktlib.markup.reading import parse
    >>> page = parse("<style>p {color: red} .a {color: blue} @media (min-width: 600px) {p {color: green !important}}</style><p class=a>")
    >>> declared(page.p)
    {'color': 'blue'}
    >>> declared(page.p, width=800)
    {'color': 'green'}
    """
    if sheets is None:
        top = element
        while top.parent is not None:
            top = top.parent
        sheets = sheets_of(top, width=width)
    return sheets.declared(element)


def sheets_of(root: Tag, *, width: float = 390, linked: Sequence[str] = ()) -> Sheets:
    """The declarations of a whole page. `linked`: the text of sheets that it links, in their order (they come before its own)."""
    sheets = Sheets(width, root)
    elements = list(root.find_all(True))
    selecting = Selecting(elements)
    for order, (prelude, block, line) in enumerate(_every_rule(root, sheets, linked)):
        for selector in listed(prelude) if block else ():
            weight = (0, *weight_of(selector))
            for element in selecting.fit(selector):
                _add(sheets, element, block, line, weight, order)
    sheets.partial |= selecting.partial
    for element in elements:
        if element.get("style"):
            _add(sheets, element, _block(str(element["style"])[:20_000]), element.sourceline, (1, 0, 0, 0), 0)
    return sheets


def _every_rule(root: Tag, sheets: Sheets, linked: Sequence[str]) -> Iterator[tuple[str, list[tuple[str, str, bool, int]], int | None]]:
    """(selectors, declarations, line of the sheet) of every rule that applies to the screen."""
    texts: list[tuple[str, int | None]] = [(text, None) for text in linked]
    for style in root.find_all("style"):
        if applies(str(style.get("media") or "all"), sheets.width) and str(style.get("type") or "text/css").strip().lower() == "text/css":
            texts.append((style.get_text(), style.sourceline or 1))
    room = MOST_SHEET
    for text, line in texts:
        sheets.partial |= len(text) > room
        parsed = tinycss2.parse_stylesheet(text[: max(room, 0)], skip_comments=True, skip_whitespace=True)
        room -= len(text)
        for prelude, block in _rules(parsed, sheets, 0):
            sheets.rules += 1
            if sheets.rules > MOST_RULES:
                sheets.partial = True
                return
            yield prelude, block, line


def _rules(parsed: list[Any], sheets: Sheets, depth: int) -> Iterator[tuple[str, list[tuple[str, str, bool, int]]]]:
    for rule in parsed:
        if rule.type == "qualified-rule":
            yield tinycss2.serialize(rule.prelude).strip(), _block(rule.content)
        elif rule.type == "at-rule":
            word, prelude = rule.lower_at_keyword, tinycss2.serialize(rule.prelude).strip()
            if word == "import":
                sheets.imports.append(prelude[:200])
            inside = word in ("supports", "layer") or (word == "media" and applies(prelude, sheets.width))
            if inside and rule.content is not None and depth < DEEPEST:
                yield from _rules(tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True), sheets, depth + 1)


def _block(content: Any) -> list[tuple[str, str, bool, int]]:
    """(property, value, important, line within) of a block, shorthands taken apart."""
    out = []
    for one in tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True):
        if one.type == "declaration":
            name = one.name if one.name.startswith("--") else one.lower_name
            value = tinycss2.serialize(one.value).strip()
            out += [(n, v, bool(one.important), one.source_line) for n, v in expanded(name, value)]
    return out


def _add(sheets: Sheets, element: Tag, block: Any, line: int | None, weight: tuple[int, ...], order: int) -> None:
    own = sheets.given.setdefault(id(element), {})
    for name, value, important, at in block:
        new = (important, *weight, order)
        if name not in own or own[name].weight <= new:
            own[name] = Declaration(value, None if line is None else line + at - 1, new)


__all__ = ["BeautifulSoup", "Declaration", "Sheets", "declared", "sheets_of"]
