"""CSS lengths in px, and the size of every text of a page, relative units resolved through the tree."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bs4 import Tag

from mktlib.markup.sheets import Sheets

TOKEN = re.compile(r"\s{0,99}(?:(\d+\.?\d*|\.\d+)(e[+-]?\d{1,2})?([a-z]{1,5}|%)?|([a-z-]{1,9}\()|([()+*/,-]))", re.I)
ABSOLUTE = {"px": 1.0, "pt": 4 / 3, "pc": 16.0, "in": 96.0, "cm": 96 / 2.54, "mm": 9.6 / 2.54, "q": 2.4 / 2.54}
NAMED = {
    "xx-small": 9.0, "x-small": 10.0, "small": 13.0, "medium": 16.0, "large": 18.0, "x-large": 24.0, "xx-large": 32.0, "xxx-large": 48.0,
}  # fmt: skip
OWN = {
    "h1": "2em", "h2": "1.5em", "h3": "1.17em", "h5": "0.83em", "h6": "0.67em", "small": "smaller", "sub": "smaller", "sup": "smaller",
    "big": "larger", "code": "0.8125em", "pre": "0.8125em", "kbd": "0.8125em", "samp": "0.8125em", "input": "13.333px",
    "button": "13.333px", "select": "13.333px", "textarea": "13.333px",
}  # fmt: skip
"""What browsers give elements of which nothing is declared (HTML Standard, Rendering)."""
FONT = {"1": 10.0, "2": 13.0, "3": 16.0, "4": 18.0, "5": 24.0, "6": 32.0, "7": 48.0}
MOST_TOKENS = 60


@dataclass(frozen=True)
class Measure:
    """What relative units are relative to, in px."""

    font: float = 16.0
    root: float = 16.0
    width: float = 390.0
    height: float = 844.0
    whole: float | None = None  # what a percentage is of; None: unknown


def px(value: str | None, measure: Measure = Measure()) -> float | None:
    """A length in px; None for what is none, or depends on what is not known (auto, a percentage of a box).

    >>> px("1.5em"), px("50%"), px("min(100%, 20rem)", Measure(whole=300)), px("calc(2rem - 4px)"), px("clamp(12px, 2vw, 18px)")
    (24.0, None, 300.0, 28.0, 12.0)
    """
    text = (value or "").strip().lower()
    if not text or len(text) > 300:
        return None
    tokens: list[tuple[str | None, ...]] = []
    at = 0
    while at < len(text) and (found := TOKEN.match(text, at)) and len(tokens) <= MOST_TOKENS:
        tokens.append(found.groups())
        at = found.end()
    if text[at:].strip() or len(tokens) > MOST_TOKENS:
        return None
    try:
        known = _Reader(tokens, measure).whole()
    except (ArithmeticError, ValueError, LookupError, TypeError):
        return None
    return known if abs(known) < 1e9 else None


class _Reader:
    """Sums, products, min, max and clamp of lengths, from left to right."""

    def __init__(self, tokens: list[tuple[str | None, ...]], measure: Measure) -> None:
        self.tokens, self.measure, self.at = tokens, measure, 0

    def whole(self) -> float:
        value = self._sum()
        if self.at != len(self.tokens):
            raise ValueError
        return value

    def _sign(self, *wanted: str) -> str | None:
        sign = self.tokens[self.at][4] if self.at < len(self.tokens) else None
        if sign in wanted:
            self.at += 1
            return sign
        return None

    def _sum(self) -> float:
        value = self._product()
        while sign := self._sign("+", "-"):
            value += self._product() * (1 if sign == "+" else -1)
        return value

    def _product(self) -> float:
        value = self._part()
        while sign := self._sign("*", "/"):
            value = value * self._part() if sign == "*" else value / self._part()
        return value

    def _part(self) -> float:
        if self._sign("-"):
            return -self._part()
        if self._sign("+"):
            return self._part()
        if self._sign("("):
            return self._closed([self._sum()], "calc(")
        number, power, unit, function, _ = self.tokens[self.at]
        self.at += 1
        if function:
            values = [self._sum()]
            while self._sign(","):
                values.append(self._sum())
            return self._closed(values, function)
        return self._length(float((number or "x") + (power or "")), unit or "")

    def _closed(self, values: list[float], function: str) -> float:
        if not self._sign(")"):
            raise ValueError
        if function == "clamp(":
            low, wanted, high = values
            return max(low, min(wanted, high))
        return {"calc(": values[0], "min(": min(values), "max(": max(values)}[function]

    def _length(self, number: float, unit: str) -> float:
        at = self.measure
        if unit == "%":
            return number / 100 * at.whole  # type: ignore[operator]  # unknown: caught as such
        relative = {
            "": 1.0,
            "em": at.font,
            "rem": at.root,
            "ex": at.font / 2,
            "ch": at.font / 2,
            "vw": at.width / 100,
            "vh": at.height / 100,
        }
        relative |= {f"{kind}{side}": relative[side] for kind in "sld" for side in ("vw", "vh")}
        relative |= {"vmin": min(at.width, at.height) / 100, "vmax": max(at.width, at.height) / 100}
        return number * {**ABSOLUTE, **relative}[unit]


def font_size(value: str, parent: float, root: float, width: float) -> float | None:
    """A declared font size in px; None where it cannot be known.

    >>> font_size("80%", 20, 16, 390), font_size("smaller", 12, 16, 390), font_size("inherit", 14, 16, 390)
    (16.0, 10.0, 14)
    """
    said = value.strip().lower()
    if said in NAMED:
        return NAMED[said]
    steps = {"smaller": parent / 1.2, "larger": parent * 1.2, "inherit": parent, "unset": parent, "initial": 16.0, "revert": parent}
    return steps[said] if said in steps else px(said, Measure(font=parent, root=root, width=width, whole=parent))


def font_sizes(top: Tag, sheets: Sheets) -> Mapping[int, float]:
    """px by id(element), of every element: what is declared, else what browsers give, else that of the element around it."""
    sizes: dict[int, float] = {id(top): 16.0}
    root = 16.0
    for element in top.find_all(True):
        parent = sizes.get(id(element.parent), root)
        said = sheets.declared(element).get("font-size")
        known = font_size(said, parent, root, sheets.width) if said else None
        if known is None and element.name == "font" and element.get("size"):
            known = FONT.get(str(element["size"]))
        if known is None and element.name in OWN:
            known = font_size(OWN[element.name], parent, root, sheets.width)
        sizes[id(element)] = parent if known is None else known
        if element.name == "html":
            root = sizes[id(element)]
    return sizes
