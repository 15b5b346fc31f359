"""The picture of a page with its findings on it: boxes that carry the numbers of the list, told apart by line and colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mktlib.vocabulary import phrase
from mktlib.wording import templates


@dataclass(frozen=True)
class Mark:
    """A finding on a picture. boxes: (x, y, width, height) in CSS px of the page; none where it is about the page as a whole."""

    number: int
    level: str
    label: str
    boxes: Sequence[tuple[float, float, float, float]]


def picture_page(
    png: str, size: tuple[int, int], marks: Sequence[Mark], *, name: str, width: int, language: str, whole: bool = True
) -> tuple[str, int]:
    """The HTML of an annotated picture, and how wide it is: what was found above, the page below, its boxes where the elements are.

    png: the page's screenshot in base64; size: its width and height in CSS px; width: of the screen, drawn as a line where the page is
    wider; whole: False where the page goes on below.
    """
    frame = 24
    boxes: list[dict[str, Any]] = [
        {"number": mark.number, "level": mark.level, "x": x + frame, "y": y + frame, "w": max(w, 4), "h": max(h, 4)}
        for mark in reversed(marks)  # the first of the list is drawn last, on top
        for x, y, w, h in mark.boxes
        if y < size[1]
    ]
    said = {
        "title": phrase("screens.picture", language, page=name, width=width),
        "edge_says": phrase("screens.edge", language, width=width),
        "nothing": phrase("screens.nothing", language),
        "more": None if whole else phrase("screens.goes_on", language),
        "levels": {level: phrase(f"command.level.{level}", language) for level in ("error", "warning", "note")},
    }
    for box in boxes:
        box["place"] = "above" if any(_left_of(other, box) for other in boxes) else "left"
    edge = width if size[0] > width + 1 else None
    shape = {"png": png, "wide": size[0], "tall": size[1], "frame": frame, "boxes": boxes, "marks": marks, "edge": edge}
    html = templates().get_template("screen.html.jinja").render(language=language, **shape, **said)
    return html, max(size[0] + 2 * frame, 440)


def _left_of(other: Mapping[str, Any], box: Mapping[str, Any]) -> bool:
    """Whether a box stands where the number of another would be written."""
    beside = other["y"] < box["y"] + 14 and other["y"] + other["h"] > box["y"]
    return bool(beside and box["x"] - 24 < other["x"] + other["w"] <= box["x"] + 1)
