"""Whether a media query applies to a phone held upright."""

from __future__ import annotations

import re

LENGTH = re.compile(r"([\d.]{1,12})\s{0,3}(px|em|rem|)")
MIN_MAX = re.compile(r"(min|max)-(?:device-)?width\s{0,9}:\s{0,9}([^()]{1,30})")
RANGE = re.compile(r"(?:device-)?width\s{0,9}(<=?|>=?|=)\s{0,9}([^()<>=]{1,30})")
TURNED = re.compile(r"([^()<>=]{1,30}?)\s{0,9}(<=?|>=?)\s{0,9}(?:device-)?width")
PHONE = {
    "orientation": "portrait", "hover": "none", "pointer": "coarse", "any-hover": "none", "any-pointer": "coarse", "scripting": "enabled",
    "prefers-color-scheme": "light", "prefers-reduced-motion": "no-preference", "prefers-contrast": "no-preference",
}  # fmt: skip


def applies(query: str, width: float) -> bool:
    """Whether one of the queries of a list holds on a screen `width` CSS px wide. What mktlib cannot read does not hold.

    >>> [applies(q, 390) for q in ("(max-width: 37.5em)", "screen and (min-width:600px)", "print", "print, screen", "(width <= 400px)")]
    [True, False, False, True, True]
    """
    return not query.strip() or any(_one(part.strip().lower(), width) for part in query[:2_000].split(","))


def _one(query: str, width: float) -> bool:
    turned = query.startswith("not ")
    query = query.removeprefix("not ").removeprefix("only ").strip()
    parts = [part.strip() for part in re.split(r"\band\b", query)]
    holds = all(_feature(part[1:-1].strip(), width) if part.startswith("(") else part in ("screen", "all") for part in parts)
    return holds != turned


def _feature(said: str, width: float) -> bool:
    if found := MIN_MAX.fullmatch(said):
        length = _px(found[2])
        return length is not None and (width >= length if found[1] == "min" else width <= length)
    whole = False
    if found := RANGE.search(said):
        whole = True
        if not _compares(width, found[1], _px(found[2])):
            return False
    if found := TURNED.match(said):
        mirrored = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}[found[2]]
        return _compares(width, mirrored, _px(found[1]))
    name, _, value = (part.strip() for part in said.partition(":"))
    return whole or (PHONE.get(name) == value if value else name in ("color", "width", "height"))


def _compares(width: float, sign: str, length: float | None) -> bool:
    if length is None:
        return False
    return {"<": width < length, "<=": width <= length, ">": width > length, ">=": width >= length, "=": width == length}[sign]


def _px(text: str) -> float | None:
    found = LENGTH.fullmatch(text.strip())
    try:
        return float(found[1]) * (16 if found[2] in ("em", "rem") else 1) if found else None
    except ValueError:  # "1.2.3"
        return None
