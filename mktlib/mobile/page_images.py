"""The images of a page: what they say, whether they jump, and whether they are fit for a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mktlib.markup import Tag
from mktlib.mobile.page_reading import PHONE, Hit, Page, Resource

FILE_NAME = re.compile(r"[\w %()-]{1,120}\.(jpe?g|png|gif|webp|avif|svg|bmp)|(img|dsc|image|photo|pic)[_ -]?\d{1,9}", re.I)
UNSIZED = ("auto", "initial", "unset", "inherit", "")
OLD = (".jpg", ".jpeg", ".png", ".gif", ".bmp", ".tif", ".tiff")


def alternatives(page: Page) -> Iterator[Hit]:
    """What is read out in the place of an image."""
    for image in page.spoken("img", "area", "input"):
        if image.name == "input" and str(image.get("type") or "").lower() != "image":
            continue
        named = any(str(image.get(key) or "").strip() for key in ("aria-label", "aria-labelledby", "title"))
        if image.get("alt") is None and not named and image.get("role") not in ("presentation", "none") and not _is_pixel(image):
            yield Hit(code="PAGE_IMG_ALT", element=image)
        elif FILE_NAME.fullmatch(str(image.get("alt") or "").strip()):
            yield Hit(code="PAGE_IMG_ALT_FILE", element=image, found=str(image["alt"]).strip())


def _is_pixel(image: Tag) -> bool:
    """A counter of one pixel: not for readers, nor for this check."""
    return all(str(image.get(side) or "").strip() in ("0", "1") for side in ("width", "height"))


def shapes(page: Page) -> Iterator[Hit]:
    """Room kept before the file arrives, and files that suit the width of the screen."""
    by_image = {id(r.element): r for r in page.resources if r.kind == "image" and r.element.name == "img"}
    for image in page.shown("img"):
        if _is_pixel(image):
            continue
        if not _keeps_room(page, image):
            yield Hit(code="PAGE_IMG_SIZE", element=image)
        resource = by_image.get(id(image))
        if resource is None:
            continue
        yield from _wide(page, image, resource)
        yield from _file(page, image, resource)


def _keeps_room(page: Page, image: Tag) -> bool:
    if image.get("width") and image.get("height"):
        return True
    style = page.sheets.declared(image)
    if style.get("position") in ("absolute", "fixed"):
        return True
    known = [style[side] not in UNSIZED if side in style else bool(image.get(side)) for side in ("width", "height")]
    return all(known) or "aspect-ratio" in style


def _wide(page: Page, image: Tag, resource: Resource) -> Iterator[Hit]:
    """An image of more pixels than a phone can show, with no smaller one to choose."""
    chosen = image.get("srcset") or (
        image.parent is not None and image.parent.name == "picture" and image.parent.find("source") is not None
    )
    pixels = page.values("PAGE_IMG_SRCSET")["density"] * PHONE
    if resource.pixels and not chosen and resource.pixels[0] > pixels and not resource.url.lower().endswith(".svg"):
        yield Hit(code="PAGE_IMG_SRCSET", element=image, values={"px": resource.pixels[0], "most": round(pixels)})


def _offered(page: Page, image: Tag) -> list[str]:
    """What a <picture> offers beside its image."""
    return page.offered.get(id(image.parent), [])


def _file(page: Page, image: Tag, resource: Resource) -> Iterator[Hit]:
    if resource.size is None:
        return
    kilobytes = round(resource.size / 1000)
    if kilobytes > page.values("PAGE_IMG_HEAVY")["kb"]:
        yield Hit(code="PAGE_IMG_HEAVY", element=image, found=resource.url, values={"size": kilobytes})
    path = resource.url.split("?")[0].split("#")[0].lower()
    offered = any(kind in said for said in _offered(page, image) for kind in ("webp", "avif"))
    if path.endswith(OLD) and kilobytes > page.values("PAGE_IMG_FORMAT")["kb"] and not offered:
        yield Hit(code="PAGE_IMG_FORMAT", element=image, found=resource.url, values={"size": kilobytes})


CHECKS = (alternatives, shapes)
