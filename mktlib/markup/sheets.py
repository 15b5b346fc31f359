"""What the styles of a page declare for an element: its <style> sheets and inline styles, by the cascade of CSS, on a narrow screen.

Declared is not computed: nothing is laid out, and what scripts or sheets that cannot be read would change stays unknown.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import tinycss2
from bs4 import BeautifulSoup, Tag

from mktlib.markup.media import applies
from mktlib.markup.selecting import LONGEST, Selecting, listed
from mktlib.markup.shorthands import expanded, weight_of

MOST_RULES, MOST_SHEET = 20_000, 3_000_000
"""Rules and characters of all sheets that are read; beyond, `Sheets.partial` says so."""
DEEPEST, MOST_NESTED = 8, 200
"""Blocks inside one another, and selectors of a rule inside others: beyond, it is not read."""
UNLAYERED = (math.inf,)
Layer = tuple[float, ...]
"""Place of a cascade layer among its siblings, from the outermost in; what stands outside of them comes last."""
Block = list[tuple[str, str, bool, int]]
"""(property, value, important, line) of a rule."""
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
    layers: dict[str, int] = field(default_factory=dict)

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


def sheets_of(root: Tag, *, width: float = 390, linked: Mapping[int, str] | None = None) -> Sheets:
    """The declarations of a whole page. `linked`: the text of the sheets that it links, by the id() of their <link>."""
    sheets = Sheets(width, root)
    elements = list(root.find_all(True))
    selecting = Selecting(elements)
    for order, (prelude, block, layer, line) in enumerate(_every_rule(root, sheets, linked or {})):
        for selector in listed(prelude) if block else ():
            weight = weight_of(selector)
            for element in selecting.fit(selector):
                _add(sheets, element, block, line, (0, layer, weight, order))
    sheets.partial |= selecting.partial
    for element in elements:
        if element.get("style"):
            _add(sheets, element, _block(str(element["style"])[:20_000]), element.sourceline, (1, UNLAYERED, (0, 0, 0), 0))
    return sheets


def _every_rule(root: Tag, sheets: Sheets, linked: Mapping[int, str]) -> Iterator[tuple[str, Block, Layer, int | None]]:
    """(selectors, declarations, layer, line of the sheet) of every rule that applies to the screen, in the order of the page."""
    room = MOST_SHEET
    for text, line in _texts(root, sheets.width, linked):
        sheets.partial |= len(text) > room
        parsed = tinycss2.parse_stylesheet(text[: max(room, 0)], skip_comments=True, skip_whitespace=True)
        room -= len(text)
        for prelude, block, layer in _rules(parsed, sheets, 0, "", UNLAYERED):
            sheets.rules += 1
            if sheets.rules > MOST_RULES:
                sheets.partial = True
                return
            yield prelude, block, layer, line


def _texts(root: Tag, width: float, linked: Mapping[int, str]) -> Iterator[tuple[str, int | None]]:
    for sheet in root.find_all(["style", "link"]):
        if id(sheet) in linked:
            yield linked[id(sheet)], None
        elif sheet.name == "style" and sheet.find_parent(["noscript", "template"]) is None:
            is_css = str(sheet.get("type") or "text/css").strip().lower() == "text/css"
            if is_css and applies(str(sheet.get("media") or "all"), width):
                yield sheet.get_text(), sheet.sourceline or 1


def _rules(parsed: list[Any], sheets: Sheets, depth: int, outer: str, layer: Layer, path: str = "") -> Iterator[tuple[str, Block, Layer]]:
    """The rules of a sheet, or those that stand inside a rule of the selectors `outer`."""
    for rule in parsed:
        if rule.type == "qualified-rule":
            prelude = _written(rule.prelude)
            yield from _inside(rule, sheets, depth, _nested(outer, prelude, sheets) if outer else prelude, layer, path)
        elif rule.type == "at-rule":
            word, prelude = rule.lower_at_keyword, _written(rule.prelude)
            if word == "import":
                sheets.imports.append(prelude[:200])
            elif word == "layer":
                names = [f"{path}{name.strip()}." for name in prelude.split(",")] if prelude else [f"{path} {len(sheets.layers)}."]
                places = [_place(name, sheets) for name in names]
                yield from _inside(rule, sheets, depth, outer, places[0], names[0])
            elif (word == "supports" and not prelude.lower().startswith("not")) or (word == "media" and applies(prelude, sheets.width)):
                yield from _inside(rule, sheets, depth, outer, layer, path)


def _inside(rule: Any, sheets: Sheets, depth: int, outer: str, layer: Layer, path: str) -> Iterator[tuple[str, Block, Layer]]:
    """What a block declares for the selectors around it, then the rules in it."""
    if rule.content is None or depth >= DEEPEST:
        return
    if not outer:
        parsed = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
    else:
        yield outer, _block(rule.content), layer
        parsed = tinycss2.parse_blocks_contents(rule.content, skip_comments=True, skip_whitespace=True)
    yield from _rules(parsed, sheets, depth + 1, outer, layer, path)


def _place(name: str, sheets: Sheets) -> Layer:
    """Where a layer stands in the cascade: layers come in the order in which they are first named."""
    parts = name.split(".")[:DEEPEST]
    return (*(sheets.layers.setdefault(".".join(parts[: i + 1]), len(sheets.layers)) for i in range(len(parts) - 1)), math.inf)


def _nested(outer: str, inner: str, sheets: Sheets) -> str:
    """The selectors of a rule that stands inside another.

    >>> _nested(".a, .b", "& p, > i", Sheets(390, Tag(name="p")))
    '.a p, .b p, .a > i, .b > i'
    """
    pairs = [(a, b) for b in listed(inner) for a in listed(outer)]
    sheets.partial |= len(pairs) > MOST_NESTED
    joined = [b.replace("&", a) if "&" in b else f"{a} {b}" for a, b in pairs[:MOST_NESTED]]
    return ", ".join(one for one in joined if len(one) <= LONGEST)


def _written(tokens: Any) -> str:
    try:
        return str(tinycss2.serialize(tokens)).strip()
    except RecursionError:  # thousands of brackets inside one another
        return ""


def _block(content: Any) -> Block:
    """What a block declares itself, shorthands taken apart."""
    out = []
    for one in tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True):
        if one.type == "declaration":
            name = one.name if one.name.startswith("--") else one.lower_name
            value = _written(one.value)
            out += [(n, v, bool(one.important), one.source_line) for n, v in expanded(name, value)]
    return out


def _add(sheets: Sheets, element: Tag, block: Block, line: int | None, weight: tuple[int, Layer, tuple[int, int, int], int]) -> None:
    own = sheets.given.setdefault(id(element), {})
    inline, layer, selector, order = weight
    for name, value, important, at in block:
        # of what is important, the first layer wins
        new = (important, inline, tuple(-place for place in layer) if important else layer, selector, order)
        if name not in own or own[name].weight <= new:
            own[name] = Declaration(value, None if line is None else line + at - 1, new)


__all__ = ["BeautifulSoup", "Declaration", "Sheets", "declared", "sheets_of"]
