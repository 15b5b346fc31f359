"""The small grammar of CSS that a cascade needs: shorthands taken apart, and how much a selector weighs."""

from __future__ import annotations

import re
from collections.abc import Iterator

SIZES = re.compile(r"(?:^|\s)(?P<size>[\d.]+(?:px|em|rem|%|pt|pc|in|cm|mm|vw|vh|ex|ch)|xx-small|x-small|small|medium|large|x-large|xx-large|xxx-large|smaller|larger|(?:calc|clamp|min|max)\([^;]{1,200}?\))(?:\s{0,3}/\s{0,3}(?P<line>[\w.%]+))?(?=\s|$)")  # fmt: skip # noqa: E501
SIDES = ("top", "right", "bottom", "left")
LOGICAL = {
    f"{kind}-{axis}": sides
    for kind in ("padding", "margin")
    for axis, sides in (("block", ("top", "bottom")), ("inline", ("left", "right")))
}
BORDERS = ("border", *(f"border-{side}" for side in SIDES))
BORDER = re.compile(r"[\d.]{1,9}(px|em|rem|pt)?|thin|medium|thick")
QUOTED = re.compile(r"\[[^\]]{0,300}\]|\"[^\"]{0,300}\"|'[^']{0,300}'")
NESTED = re.compile(r":(is|not|has|where|matches|-webkit-any)\(([^()]{0,300})\)", re.I)
ARGUMENTS = re.compile(r"\([^()]{0,300}\)")


def expanded(name: str, value: str) -> Iterator[tuple[str, str]]:
    """A declaration as the longhands that checks ask for.

    >>> list(expanded("padding", "4px 8px")), list(expanded("font", "bold 12px/1.5 Arial"))
    ([('padding-top', '4px'), ('padding-right', '8px'), ('padding-bottom', '4px'), ('padding-left', '8px')], [('font-size', '12px'), ('line-height', '1.5')])
    """  # noqa: E501
    if name in ("padding", "margin"):
        parts = value.split()[:4] or [""]
        four = [
            parts[0],
            parts[min(1, len(parts) - 1)],
            parts[2 if len(parts) > 2 else 0],
            parts[3 if len(parts) > 3 else min(1, len(parts) - 1)],
        ]
        yield from ((f"{name}-{side}", part) for side, part in zip(SIDES, four, strict=True))
    elif name in LOGICAL:
        parts = value.split()
        if parts:
            kind = name.partition("-")[0]
            yield from zip((f"{kind}-{side}" for side in LOGICAL[name]), (parts[0], parts[-1]), strict=True)
    elif name in BORDERS:
        width = next((part for part in value.lower().split() if BORDER.fullmatch(part)), "3px")
        drawn = not {"none", "hidden"} & set(value.lower().split()) and value.strip() != "0"
        sides = SIDES if name == "border" else (name.removeprefix("border-"),)
        yield from ((f"border-{side}-width", width if drawn else "0") for side in sides)
    elif name == "overflow":
        yield from ((f"overflow-{axis}", part) for axis, part in zip("xy", (value.split() * 2)[:2], strict=False))
    elif name == "font" and (found := SIZES.search(value[:1_000])):
        yield "font-size", found["size"]
        if found["line"]:
            yield "line-height", found["line"]
    elif name == "font" and value.strip().lower() in ("inherit", "initial", "unset", "revert"):
        yield "font-size", value.strip().lower()
    else:
        yield name, value


def weight_of(selector: str) -> tuple[int, int, int]:
    """(ids, classes and attributes and pseudo-classes, tags) of a selector.

    >>> weight_of("#a .b p:not(.c)"), weight_of(":where(#a) p"), weight_of("a[href] > b")
    ((1, 2, 1), (0, 0, 1), (0, 1, 2))
    """
    text = selector.lower()
    attributes = len(re.findall(r"\[", QUOTED.sub(lambda m: "[" if m[0][0] == "[" else "", text)))
    text = QUOTED.sub("", text)
    ids = classes = tags = 0
    for kind, inside in NESTED.findall(text):
        if kind != "where":
            ids, classes, tags = (a + b for a, b in zip((ids, classes, tags), max(map(weight_of, inside.split(","))), strict=True))
    text = ARGUMENTS.sub("", NESTED.sub(" ", text))
    ids += len(re.findall(r"#[\w-]+", text))
    classes += len(re.findall(r"\.-?[_a-z][\w-]*|:[\w-]+", text)) + attributes
    tags += len(re.findall(r"(?:^|[\s>+~])-?[_a-z][\w-]*", text))
    return ids, classes, tags
