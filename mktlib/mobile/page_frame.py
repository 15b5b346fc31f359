"""The frame of a page on a phone: its viewport, the size of its texts, what is wider than the screen, what it weighs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from mktlib.markup import Tag, line_of, opening
from mktlib.mobile.page_reading import NARROW, Hit, Page, selector, several

SCROLLS = ("auto", "scroll", "hidden", "clip")
CHARACTER = 0.5
"""Width of a letter over its font size, about: no font is read."""


def viewport(page: Page) -> Iterator[Hit]:
    """What <meta name=viewport> asks for."""
    tags = page.meta("viewport")
    asked = settings(str(tags[-1].get("content") or "")) if tags else {}
    width, scale = asked.get("width", ""), asked.get("initial-scale", "")
    if width != "device-width" and not (scale and not width):
        yield Hit(code="PAGE_VIEWPORT", element=tags[-1] if tags else None, found=opening(tags[-1]) if tags else "–")
    if not tags:
        return
    most = number(asked.get("maximum-scale", ""))
    fail, advised = page.values("PAGE_ZOOM_BLOCKED")["scale"], page.values("PAGE_ZOOM_LOW")["scale"]
    if asked.get("user-scalable") in ("no", "0") or (most is not None and 0 <= most < fail):
        yield Hit(code="PAGE_ZOOM_BLOCKED", element=tags[-1])
    elif most is not None and 0 <= most < advised:
        yield Hit(code="PAGE_ZOOM_LOW", element=tags[-1], values={"most": most})


def settings(content: str) -> dict[str, str]:
    """
    >>> settings("width=device-width, initial-scale=1; user-scalable = no")
    {'width': 'device-width', 'initial-scale': '1', 'user-scalable': 'no'}
    """
    pairs = (part.partition("=") for part in content.lower().replace(";", ",").split(","))
    return {name.strip(): value.strip() for name, _, value in pairs if name.strip()}


def number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def beginning(page: Page) -> Iterator[Hit]:
    """The first lines of a page: its type and its encoding."""
    first = next((str(node) for node in page.soup.contents if type(node).__name__ == "Doctype"), None)
    if first is None or not first.strip().lower().startswith("html"):
        yield Hit(code="PAGE_DOCTYPE", line=1)
    said = any(m.get("charset") or "charset=" in str(m.get("content") or "").lower() for m in page.of("meta"))
    if not said and not page.marked and not page.text.isascii() and page.address is None:
        yield Hit(code="PAGE_CHARSET", line=1)


# ---------------------------------------------------------------- texts


def text_sizes(page: Page) -> Iterator[Hit]:
    """The share of the letters that is too small, which they are, and the size that most of the running text has."""
    letters: Counter[int] = Counter()
    whose: dict[int, Tag] = {}
    for element, text in ((one, text) for one, text in page.texts if id(one) not in page.clipped):
        letters[id(element)] += len("".join(text.split()))
        whose[id(element)] = element
    total = letters.total()
    small = {key: n for key, n in letters.items() if page.size_of_text(whose[key]) < page.values("PAGE_TEXT_SMALL")["size"] - 0.05}
    if not total:
        return
    legible = 1 - sum(small.values()) / total
    if legible <= page.values("PAGE_TEXT_SMALL")["share"]:
        yield Hit(
            code="PAGE_TEXT_SMALL",
            values={"legible": round(100 * legible), "percent": round(100 * page.values("PAGE_TEXT_SMALL")["share"])},
        )
    yield from _each_small(page, small, whose)
    yield from _body(page, letters, whose)


def _each_small(page: Page, small: dict[int, int], whose: dict[int, Tag]) -> Iterator[Hit]:
    """One finding a kind of element (tag and class), with how many letters it holds."""
    kinds: dict[str, list[int]] = {}
    for key in small:
        kinds.setdefault(selector(whose[key]), []).append(key)
    for keys in kinds.values():
        element = whose[keys[0]]
        values = {"px": round(page.size_of_text(element), 1), "letters": sum(small[k] for k in keys)}
        yield Hit(code="PAGE_TEXT_TINY", element=element, line=_declared_at(page, element, "font-size"), values=values)


def _declared_at(page: Page, element: Tag, name: str) -> int | None:
    """The line where a property is declared, for the element or what it inherits from."""
    at: Tag | None = element
    while at is not None:
        said = page.sheets.of(at).get(name)
        if said is not None:
            return said.line if said.line is not None else line_of(element)
        at = at.parent
    return line_of(element)


def _body(page: Page, letters: Counter[int], whose: dict[int, Tag]) -> Iterator[Hit]:
    """Running text: paragraphs and items of lists, of which there are at least 200 letters."""
    running: Counter[float] = Counter()
    first: dict[float, Tag] = {}
    for key, n in letters.items():
        element = whose[key]
        if element.name in ("p", "li", "dd", "blockquote") or element.find_parent(["p", "li", "dd", "blockquote"]) is not None:
            size = round(page.size_of_text(element), 1)
            running[size] += n
            first.setdefault(size, element)
    if running.total() < page.values("PAGE_TEXT_BODY")["letters"]:
        return
    usual = running.most_common(1)[0][0]
    if usual < page.values("PAGE_TEXT_BODY")["size"]:
        yield Hit(code="PAGE_TEXT_BODY", element=first[usual], line=_declared_at(page, first[usual], "font-size"), values={"px": usual})


# ---------------------------------------------------------------- reflow


def reflow(page: Page) -> Iterator[Hit]:
    """What is declared wider than a narrow phone and does not scroll in a box of its own."""
    for element in page.elements:
        if (
            id(element) in page.out_of_sight
            or id(element) in page.clipped
            or element.name in ("html", "col", "colgroup", "script", "style", "head", "meta", "link")
        ):
            continue
        style = page.sheets.declared(element)
        wide = _fixed(page, element, style)
        if wide is not None and wide > page.values("PAGE_FIXED_WIDTH")["most"] and not in_scroller(page, element):
            code = "PAGE_IMG_WIDE" if element.name in ("img", "video", "iframe", "canvas") else "PAGE_FIXED_WIDTH"
            line = _line_of_width(page, element)
            yield Hit(code=code, element=element, line=line, values={"px": round(wide)})
        if style.get("white-space") in ("nowrap", "pre") or (element.name == "pre" and "white-space" not in style):
            yield from _unbroken(page, element)
    yield from _tables(page)
    for element in page.of("html", "body"):
        if page.sheets.declared(element).get("overflow-x") in ("hidden", "clip"):
            yield Hit(code="PAGE_OVERFLOW_HIDDEN", element=element, line=_declared_at(page, element, "overflow-x"))


def _fixed(page: Page, element: Tag, style: dict[str, str]) -> float | None:
    """The width in px that an element keeps on a phone; None where it gives way."""
    least = page.length(element, style.get("min-width"))
    width = page.length(element, style.get("width"))
    if width is None and "width" not in style and element.name in ("img", "video", "iframe", "table", "td", "th", "canvas"):
        said = str(element.get("width") or "").strip().removesuffix("px")
        width = float(said) if said.isdigit() and len(said) < 6 else None
    most = style.get("max-width")
    if width is not None and most is not None and most != "none":
        limit = page.length(element, most, whole=float(NARROW))
        width = None if limit is None else min(width, limit)
    if style.get("position") == "fixed":  # what is tied to the screen makes no page scroll
        return None
    known = [x for x in (least, None if _shrinks(page, element, style) else width) if x is not None]
    return max(known) if known else None


def _shrinks(page: Page, element: Tag, style: dict[str, str]) -> bool:
    """Whether a box gives way as one of a row of flexible boxes."""
    row = page.sheets.declared(element.parent) if element.parent is not None else {}
    if row.get("display") not in ("flex", "inline-flex") or row.get("flex-direction", "row").startswith("column"):
        return False
    flex = style.get("flex", "").split()
    shrink = style.get("flex-shrink") or (flex[1] if len(flex) > 1 else "0" if flex == ["none"] else "1")
    return element.name not in ("img", "video", "iframe", "canvas") and number(shrink) != 0


def _line_of_width(page: Page, element: Tag) -> int | None:
    own = page.sheets.of(element)
    said = own.get("width") or own.get("min-width")
    return said.line if said is not None and said.line is not None else line_of(element)


def in_scroller(page: Page, element: Tag) -> bool:
    """Whether a box around an element scrolls (or cuts) what is too wide, so that the page need not."""
    at = element.parent
    while at is not None and at.name not in ("body", "html", "[document]"):
        if page.sheets.declared(at).get("overflow-x") in SCROLLS:
            return True
        at = at.parent
    return False


def _unbroken(page: Page, element: Tag) -> Iterator[Hit]:
    """A line that may not break and is longer than a narrow phone."""
    whole = page.letters[id(element)]
    longest = max(map(len, element.get_text()[:100_000].split("\n"))) if element.name == "pre" else whole
    wide = longest * CHARACTER * page.size_of_text(element)
    own = page.sheets.declared(element)
    cut = own.get("overflow-x") in SCROLLS or in_scroller(page, element)
    inside = any(isinstance(c, Tag) and page.letters[id(c)] > longest / 2 for c in element.children)
    if wide > page.values("PAGE_NOWRAP")["most"] and not cut and not inside:
        yield Hit(
            code="PAGE_NOWRAP",
            element=element,
            line=_declared_at(page, element, "white-space"),
            values={"letters": longest, "px": round(wide)},
        )


def _tables(page: Page) -> Iterator[Hit]:
    for table in page.shown("table"):
        columns = page.columns.get(id(table), 0)
        own = page.sheets.declared(table).get("overflow-x")
        if columns > page.values("PAGE_TABLE")["columns"] and own not in SCROLLS and not in_scroller(page, table):
            yield Hit(code="PAGE_TABLE", element=table, values={"amount": columns})


# ---------------------------------------------------------------- weight


def weight(page: Page) -> Iterator[Hit]:
    """What the page and its files weigh together, those that could be weighed; and files that are not where they should be."""
    known = [r for r in page.resources if r.size is not None]
    total = page.raw + sum(r.size or 0 for r in known)
    megabytes = total / 1e6
    code = next((c for c in ("PAGE_TOO_HEAVY", "PAGE_HEAVY") if megabytes > page.values(c)["mb"]), None)
    if code:
        heaviest = sorted(known, key=lambda r: -(r.size or 0))[:3]
        shown = several([f"{r.url.rsplit('/', 1)[-1][:40]} ({(r.size or 0) / 1e6:.1f} MB)" for r in heaviest], 3)
        yield Hit(code=code, found=shown or "–", values={"total": round(megabytes, 1), "files": len(known), "bytes": total})
    for resource in page.resources:
        if resource.where == "missing":
            yield Hit(code="PAGE_FILE_MISSING", element=resource.element, found=resource.url)


CHECKS = (viewport, beginning, text_sizes, reflow, weight)
