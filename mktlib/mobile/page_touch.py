"""What a thumb meets on a page: targets as far as their size is declared, names to be read out, and forms."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from mktlib.markup import Tag
from mktlib.mobile.page_reading import Hit, Page, name_of

LINE = 1.2
"""Height of a line over its font size, where none is declared."""
BOXES = ("block", "inline-block", "flex", "inline-flex", "grid", "inline-grid", "table-cell", "list-item")
WIDTHS = {"thin": "1px", "medium": "3px", "thick": "5px"}
TYPED = ("text", "")
UNSEEN = ("hidden", "submit", "button", "reset", "image")
TOGGLES = ("checkbox", "radio", "range", "color", "file")

# ---------------------------------------------------------------- targets


def targets(page: Page) -> Iterator[Hit]:
    """Targets whose declared size is under what WCAG and the makers of phones ask."""
    small, advised, android = (page.values(c)["least"] for c in ("PAGE_TAP_24", "PAGE_TAP_44", "PAGE_TAP_48"))
    for element in tappable(page):
        width, height = declared_size(page, element)
        known = [x for x in (width, height) if x is not None]
        if not known or _in_a_sentence(page, element):
            continue
        least = min(known)
        code = next(
            (c for c, most in (("PAGE_TAP_24", small), ("PAGE_TAP_44", advised), ("PAGE_TAP_48", android)) if least < most - 0.5), None
        )
        if code:
            sides = " × ".join(f"{x:.0f}" for x in (width, height) if x is not None)
            yield Hit(code=code, element=element, values={"sides": sides})


def tappable(page: Page) -> list[Tag]:
    """Links, buttons and fields that are shown; toggles are drawn by the phone (WCAG leaves those out)."""
    found = []
    for element in page.elements:
        kind = str(element.get("type") or "").lower()
        is_field = element.name in ("button", "select", "textarea", "summary") or (
            element.name == "input" and kind not in ("hidden", *TOGGLES)
        )
        is_other = (element.name == "a" and element.has_attr("href")) or element.get("role") == "button" or element.has_attr("onclick")
        if (is_field or is_other) and id(element) not in page.out_of_sight and id(element) not in page.clipped:
            found.append(element)
    return found


def declared_size(page: Page, element: Tag) -> tuple[float | None, float | None]:
    """(width, height) in px as far as styles tell; None where they do not."""
    style = page.sheets.declared(element)
    inner = _only_image(element)
    return _side(page, element, style, inner, "width"), _side(page, element, style, inner, "height")


def _only_image(element: Tag) -> Tag | None:
    """The image that is all a link holds."""
    images = element.find_all(["img", "svg"])
    return images[0] if len(images) == 1 and not element.get_text(strip=True) else None


def _side(page: Page, element: Tag, style: Mapping[str, str], inner: Tag | None, side: str) -> float | None:
    ends = ("left", "right") if side == "width" else ("top", "bottom")
    padding = [page.length(element, style.get(f"padding-{end}")) for end in ends]
    borders = [page.length(element, WIDTHS.get(said, said)) for said in (style.get(f"border-{end}-width", "") for end in ends)]
    around = sum(x or 0.0 for x in (*padding, *borders))
    least = page.length(element, style.get(f"min-{side}")) or 0.0
    size = page.length(element, style.get(side))
    if size is not None and (element.name != "a" or style.get("display") in BOXES or style.get("position") in ("absolute", "fixed")):
        return max(
            size if style.get("box-sizing") == "border-box" or element.name in ("button", "input", "select") else size + around, least
        )
    if inner is not None:
        image = page.length(inner, page.sheets.declared(inner).get(side)) or _attribute(inner, side)
        return None if image is None else max(image + around, least)
    if side == "height" and element.name != "textarea" and any(x is not None for x in padding) and _one_line(element):
        return max(_line_height(page, element, style) + around, least)
    return least or None


def _attribute(element: Tag, side: str) -> float | None:
    said = str(element.get(side) or "").strip().removesuffix("px")
    return float(said) if said.isdigit() and len(said) < 6 else None


def _one_line(element: Tag) -> bool:
    text = " ".join(element.get_text(" ").split())
    return element.name in ("input", "select") or (0 < len(text) <= 24 and element.find(["br", "p", "div", "img"]) is None)


def _line_height(page: Page, element: Tag, style: Mapping[str, str]) -> float:
    font, at = page.size_of_text(element), element
    said = style.get("line-height")
    while said in (None, "inherit", "unset") and at.parent is not None:
        at = at.parent
        said = page.sheets.declared(at).get("line-height")
    known = page.length(element, said, whole=font)
    times = known is not None and re.search(r"\d([a-z]|%)", str(said).lower()) is None  # a number without a unit
    return (known * font if times and known else known) or LINE * font


def _in_a_sentence(page: Page, element: Tag) -> bool:
    """A link amid running text, which WCAG leaves out."""
    parent = element.parent
    if element.name != "a" or parent is None or page.sheets.declared(element).get("display") in BOXES:
        return False
    return page.own_letters[id(parent)] > 3


def spacing(page: Page) -> Iterator[Hit]:
    """Small targets side by side whose declared margins leave too little room between them."""
    least, size = page.values("PAGE_TAP_SPACING")["least"], page.values("PAGE_TAP_SPACING")["size"]
    found = {id(element): element for element in tappable(page)}
    for element in found.values():
        after = element.find_next_sibling()
        if after is None or id(after) not in found or _in_a_sentence(page, element):
            continue
        sides = [declared_size(page, one) for one in (element, after)]
        if not all(any(x is not None and x < size for x in pair) for pair in sides):
            continue
        room = _gap(page, element, after)
        if room is not None and room < least:
            yield Hit(code="PAGE_TAP_SPACING", element=after, values={"px": round(room)})


def _gap(page: Page, first: Tag, second: Tag) -> float | None:
    """Declared room between neighbours in px; None where nothing is declared."""
    a, b = page.sheets.declared(first), page.sheets.declared(second)
    box = page.sheets.declared(first.parent) if first.parent is not None else {}
    said = [(first, a.get("margin-right")), (second, b.get("margin-left")), (first, a.get("margin-bottom")), (second, b.get("margin-top"))]
    if box.get("gap") or not any(value is not None for _, value in said):
        return None
    across, down = (sum(page.length(element, value) or 0.0 for element, value in pair) for pair in (said[:2], said[2:]))
    return max(across, down)


def names(page: Page) -> Iterator[Hit]:
    """Links and buttons that say nothing to who listens; links that do not say where they lead."""
    language = str((page.html.get("lang") if page.html is not None else "") or "").split("-")[0].strip().lower()
    called = {id(element): name_of(element) for element in page.spoken("a", "button")}
    for element in page.spoken("a", "button"):
        if element.name == "a" and not element.has_attr("href"):
            continue
        if not called[id(element)] and not element.get("aria-labelledby"):
            yield Hit(code="PAGE_LINK_NAME" if element.name == "a" else "PAGE_BUTTON_NAME", element=element)
    for link in page.spoken("a"):
        said = re.sub(r"[^\w ']", "", called[id(link)].lower().replace("’", "'")).strip()
        if link.has_attr("href") and said in _vague(page, language):
            yield Hit(code="PAGE_LINK_TEXT", element=link, found=called[id(link)])


def _vague(page: Page, language: str) -> set[str]:
    lists = page.tables.checks["PAGE_LINK_TEXT"].get("words", {})
    chosen = [lists[language]] if language in lists else list(lists.values())
    return {word for one in chosen for word in one}


# ---------------------------------------------------------------- forms


def forms(page: Page) -> Iterator[Hit]:
    """Labels, keyboards, what the phone may fill in, and how much is asked."""
    for field in page.shown("input", "select", "textarea"):
        kind = str(field.get("type") or "").lower() if field.name == "input" else field.name
        if kind in UNSEEN or id(field) in page.unspoken:
            continue
        if not _label(page, field):
            hinted = str(field.get("placeholder") or "").strip()
            yield Hit(code="PAGE_FIELD_PLACEHOLDER" if hinted else "PAGE_FIELD_LABEL", element=field)
        if kind not in (*TOGGLES, "select") and page.size_of_text(field) < page.values("PAGE_FIELD_ZOOM")["size"]:
            yield Hit(code="PAGE_FIELD_ZOOM", element=field, values={"px": round(page.size_of_text(field), 1)})
        yield from _keyboard(page, field, kind)
    for form in (form for form in page.shown("form") if form.find_parent("form") is None):
        asked = _asked(page, form)
        if len(asked) > page.values("PAGE_FORM_LONG")["most"]:
            yield Hit(code="PAGE_FORM_LONG", element=form, values={"amount": len(asked)})


def _asked(page: Page, form: Tag) -> set[str]:
    """The questions of a form: a group of choices is one."""
    found = set()
    for field in form.find_all(["input", "select", "textarea"]):
        kind = str(field.get("type") or "").lower()
        if id(field) not in page.out_of_sight and not (field.name == "input" and kind in UNSEEN) and kind != "search":
            found.add(str(field.get("name") or id(field)) if kind in ("radio", "checkbox") else str(id(field)))
    return found


def _label(page: Page, field: Tag) -> str:
    """What is read out for a field; a placeholder is none: it goes as soon as one types."""
    own = str(field.get("aria-label") or field.get("title") or "").strip()
    if own:
        return own
    pointed = [page.by_id.get(key) for key in str(field.get("aria-labelledby") or "").split()]
    around = field.find_parent("label")
    own_id = str(field.get("id") or "")
    tied = page.labels.get(own_id, []) if own_id else []
    return " ".join(one.get_text(" ", strip=True) for one in (*pointed, around, *tied) if isinstance(one, Tag)).strip()


def _keyboard(page: Page, field: Tag, kind: str) -> Iterator[Hit]:
    """Fields that ask for an address, a number, a name: their type, and the word by which a phone fills them in."""
    if field.name != "input" or kind in TOGGLES:
        return
    meant = meaning(page, field)
    if meant is None:
        return
    row = page.tables.checks["PAGE_FIELD_TYPE"]["means"][meant]
    wanted = row.get("type")
    if wanted and kind in TYPED and str(field.get("inputmode") or "").lower() not in (wanted, row.get("inputmode")):
        yield Hit(code="PAGE_FIELD_TYPE", element=field, values={"wanted": wanted, "now": kind or "text"})
    elif row.get("inputmode") and kind in (*TYPED, "number") and not field.get("inputmode"):
        yield Hit(code="PAGE_FIELD_INPUTMODE", element=field, values={"wanted": row["inputmode"], "now": kind or "text"})
    if row.get("autocomplete") and not str(field.get("autocomplete") or "").strip():
        yield Hit(code="PAGE_FIELD_AUTOCOMPLETE", element=field, values={"wanted": row["autocomplete"]})


def meaning(page: Page, field: Tag) -> str | None:
    """What a field asks for, by its name, id, label and placeholder; the longest word that is known decides."""
    said = " ".join([str(field.get(key) or "") for key in ("name", "id", "placeholder")] + [_label(page, field)])
    plain = " " + " ".join(re.findall(r"[a-z]+", folded(re.sub(r"([a-z])([A-Z])", r"\1 \2", said)))) + " "
    means: Mapping[str, Mapping[str, Sequence[str]]] = page.tables.checks["PAGE_FIELD_TYPE"]["means"]
    fits = [(len(word), name) for name, row in means.items() for word in row["words"] if f" {folded(word)} " in plain]
    return max(fits)[1] if fits else None


def folded(text: str) -> str:
    """Lower case without accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))


CHECKS = (targets, spacing, names, forms)
