"""Which elements a selector fits, in a time that grows with the page and never with how a selector is made.

A selector is taken apart at its combinators, and each part keeps the elements that follow from the part before it; trying it on an
element from the right, as libraries do, may look at every chain of ancestors.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bs4 import Tag
from soupsieve import SelectorSyntaxError
from soupsieve import compile as compiled

MOST_STEPS, LONGEST = 2_000_000, 300
STATES = re.compile(r"::|:(hover|focus|active|visited|target|before|after|first-line|first-letter|has|checked|disabled)\b", re.I)
SIMPLE = re.compile(r"[#.]?-?[_a-zA-Z][\w-]*")
GROUPS = re.compile(r"\([^()]*[ >+~][^()]*[a-z#.*][^()]*\)|\([^()]*\(", re.I)
COUNTS = re.compile(r":(nth-|only-|first-of|last-of)", re.I)
COMBINATORS = " >+~"


class Selecting:
    """The elements of one page, and what each part of a selector was found to fit. partial: a bound was met."""

    def __init__(self, elements: Sequence[Tag]) -> None:
        self.places = _places(elements)
        self.fitting: dict[str, list[Tag]] = {}
        self.steps = MOST_STEPS
        self.counted = MOST_STEPS
        self.partial = False

    def fit(self, selector: str) -> list[Tag]:
        """The elements that a selector without commas fits; none where it is about a state or cannot be read."""
        if len(selector) > LONGEST or STATES.search(selector):
            return []
        chain = parts_of(selector)
        found = self._simple(chain[0][1]) if chain else []
        for sign, part in chain[1:]:
            if not found or self.steps <= 0:
                break
            before = {id(element) for element in found}
            found = [element for element in self._simple(part) if self._follows(element, sign, before)]
        self.partial |= self.steps <= 0
        return found if self.steps > 0 else []

    def _simple(self, part: str) -> list[Tag]:
        if part not in self.fitting:
            self.fitting[part] = self._tried(part)
        self.steps -= 1 + len(self.fitting[part])
        return self.fitting[part]

    def _tried(self, part: str) -> list[Tag]:
        key = _key(part)
        candidates = self.places.get(key if key.startswith(("#", ".")) else key.lower(), [])
        if not candidates or key == part.lower():
            return candidates
        self.steps -= 20 * len(candidates)
        if COUNTS.search(part):  # who counts looks at every sibling of every candidate
            self.counted -= sum(len(element.parent.contents) for element in candidates if element.parent is not None)
        if self.steps <= 0 or self.counted <= 0 or GROUPS.search(part):
            self.partial = True
            return []
        try:
            pattern = compiled(part)
        except (SelectorSyntaxError, NotImplementedError, ValueError):
            return []
        return [element for element in candidates if pattern.match(element)]

    def _follows(self, element: Tag, sign: str, before: set[int]) -> bool:
        """Whether an element stands to one of those before it as the combinator wants."""
        at = element.parent if sign in " >" else _sibling(element)
        while isinstance(at, Tag):
            self.steps -= 1
            if id(at) in before:
                return True
            if sign in ">+" or self.steps <= 0:
                return False
            at = at.parent if sign == " " else _sibling(at)
        return False


def _sibling(element: Tag) -> Tag | None:
    """The element before one; walked by hand, for BeautifulSoup's own search takes ten times as long."""
    at = element.previous_sibling
    while at is not None and not isinstance(at, Tag):
        at = at.previous_sibling
    return at


def parts_of(selector: str) -> list[tuple[str, str]]:
    """(combinator before it, part) of a selector.

    >>> parts_of("main > p.a:not(.b, .c) + a[title='x y'] b")
    [(' ', 'main'), ('>', 'p.a:not(.b, .c)'), ('+', "a[title='x y']"), (' ', 'b')]
    """
    out: list[tuple[str, str]] = []
    depth, part, sign = 0, "", " "
    for c in " ".join(selector.split()):
        depth += (c in "([") - (c in ")]")
        if c not in COMBINATORS or depth > 0:
            part += c
            continue
        if part:
            out.append((sign, part))
            part, sign = "", " "
        sign = c if c != " " else sign
    return [*out, (sign, part)] if part else []


def listed(prelude: str) -> list[str]:
    """The selectors of a list.

    >>> listed("a, b:is(c, d)")
    ['a', 'b:is(c, d)']
    """
    parts, depth, start = [], 0, 0
    for i, c in enumerate(prelude):
        depth += (c in "([") - (c in ")]")
        if c == "," and depth == 0:
            parts.append(prelude[start:i])
            start = i + 1
    return [part.strip() for part in (*parts, prelude[start:]) if part.strip()]


def _places(elements: Sequence[Tag]) -> Mapping[str, list[Tag]]:
    """Elements by "#id", ".class" and tag, so that a part is tried only where it can fit."""
    places: dict[str, list[Tag]] = {"": list(elements)}
    for element in elements:
        keys = {element.name, "#" + str(element.get("id", "")), *("." + word for word in str(element.get("class", "")).split())}
        for key in keys:
            places.setdefault(key, []).append(element)
    return places


def _key(part: str) -> str:
    """Where to look: the id, else a class, else the tag of a part; "" for anywhere."""
    plain = re.split(r"[:\[\\*|]", part, maxsplit=1)[0]
    return min(SIMPLE.findall(plain), key=lambda s: {"#": 0, ".": 1}.get(s[0], 2), default="")
