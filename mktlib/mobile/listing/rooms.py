"""Whether a listing fits its store: texts in their rooms, images by number, size and weight.

Characters are code points after NFC, which is how the stores' forms count as far as is known (K): "é" is one, an emoji of several joined
signs (a family, a flag, a skin tone) is each of its code points. Where the count in UTF-16 units would no longer fit, a note says so.
Bytes are those of UTF-8: an accented letter is two.
"""

from __future__ import annotations

import re
import struct
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mktlib.mobile.listing.keywords import cost
from mktlib.mobile.listing.read import Listing, Part
from mktlib.mobile.listing.told import Told, told, unit_words
from mktlib.vocabulary import phrase

SURE = tuple("VRS")
"""How far a limit must be trusted before a text that breaks it is called wrong."""
JOINERS = frozenset("\u200d\ufe0f\ufe0e")
BIGGEST_HEAD = 1_000_000


def size_of(text: str, unit: str) -> int:
    """How much room a text takes.

    >>> size_of("été", "chars"), size_of("été", "bytes"), size_of("👨\u200d👩\u200d👧", "chars")
    (3, 5, 5)
    """
    return cost(unicodedata.normalize("NFC", text), unit)


def rooms(listing: Listing) -> Iterator[Told]:
    """Every text and image that is missing, too long, too short, too many, or of another size."""
    for locale in listing.locales:
        have = listing.of(locale)
        for key, row in listing.fields.items():
            if row.get("needed") and key not in have:
                path = f"locales.{locale}.{key}" if listing.localised else key
                yield told("LISTING_FIELD_MISSING", listing, key, path, locale)
    for part in listing.parts:
        if part.row.get("kind", "text") in ("text", "keywords"):
            yield from _text(listing, part)
        else:
            yield from _images(listing, part)


def _text(listing: Listing, part: Part) -> Iterator[Told]:
    if part.text is None:
        yield told("LISTING_NOT_TEXT", listing, part, found=repr(part.value))
        return
    hidden = [c for c in part.text if unicodedata.category(c) in ("Cf", "Cc", "Cs", "Co") and c not in JOINERS and c not in "\n\t"]
    if hidden:
        yield told("LISTING_INVISIBLE", listing, part, amount=len(hidden), sign=f"U+{ord(hidden[0]):04X}")
    unit, most, least = str(part.row["unit"]), part.row.get("most"), part.row.get("least", 0)
    size = size_of(part.text, unit)
    if size < least:
        yield told("LISTING_TOO_SHORT", listing, part, amount=size, least=least, words=unit_words(unit, size), level=_level(part))
    if most and size > most:
        yield _long(listing, part, unit, size, int(most))
    units = len(part.text.encode("utf-16-le", "surrogatepass")) // 2
    if most and unit == "chars" and size <= most < units:
        yield told("LISTING_EMOJI_COUNT", listing, part, amount=size, units=units)


def _level(part: Part) -> Any:
    return "error" if part.row["conf"] in SURE and not part.row.get("doubt") else "warning"


def _long(listing: Listing, part: Part, unit: str, size: int, most: int) -> Told:
    text = part.text or ""
    if unit == "bytes" and len(text) <= most:
        letter = next(c for c in text if len(c.encode("utf-8", "surrogatepass")) > 1)
        return told("LISTING_BYTES", listing, part, letters=len(text), amount=size, letter=letter, most=most, over=size - most)
    sure = _level(part) == "error"
    kept = _kept(text, unit, most).split()[-2:]
    values: dict[str, Any] = {"amount": size, "most": most, "over": size - most}
    code = "LISTING_TOO_LONG" if sure else "LISTING_MAYBE_LONG"
    return told(code, listing, part, words=unit_words(unit, size), cut=" ".join(kept)[-40:], **values)


def _kept(text: str, unit: str, most: int) -> str:
    if unit == "bytes":
        return text.encode("utf-8", "surrogatepass")[:most].decode("utf-8", "ignore")
    return " ".join(text.split()[:most]) if unit == "words" else text[:most]


# ---------------------------------------------------------------- images


def _images(listing: Listing, part: Part) -> Iterator[Told]:
    given = _several(part.value)
    least, most = part.row.get("least", 0), part.row.get("most")
    if len(given) < least:
        yield told("LISTING_IMAGES_FEW", listing, part, amount=len(given), least=least, missing=least - len(given))
    if most and len(given) > most:
        yield told("LISTING_IMAGES_MANY", listing, part, amount=len(given), most=most)
    for k, one in enumerate(given[:100]):
        where = f"{part.path}.{k}" if len(given) > 1 else part.path
        yield from _one(listing, part, where, _measured(one, listing.folder))


def _several(value: Any) -> list[Any]:
    """[1080, 1920] is one image, [[1080, 1920], "two.png"] are two."""
    if isinstance(value, list | tuple):
        numbers = len(value) == 2 and all(isinstance(x, int | float) and not isinstance(x, bool) for x in value)
        return [value] if numbers else list(value)
    return [value]


def _one(listing: Listing, part: Part, where: str, seen: Mapping[str, Any]) -> Iterator[Told]:
    if "why" in seen:
        why = {code: {"why": phrase(f"listing.why.{seen['why']}", code)} for code in listing.tables.languages}
        yield told("LISTING_IMAGE_UNREAD", listing, part, where, words=why, found=seen.get("name"))
        return
    sizes, width, height = part.row.get("sizes"), seen.get("width"), seen.get("height")
    if sizes and width and height and not any(sorted(pair) == sorted((width, height)) for pair in sizes):
        known = ", ".join(f"{w} × {h}" for w, h in sizes)
        yield told("LISTING_IMAGE_SIZE", listing, part, where, width=width, height=height, sizes=known)
    if part.row.get("largest") and seen.get("kilobytes", 0) > part.row["largest"]:
        yield told("LISTING_IMAGE_WEIGHT", listing, part, where, amount=round(seen["kilobytes"]), most=part.row["largest"])
    formats = part.row.get("formats")
    if formats and seen.get("format") and seen["format"] not in formats:
        yield told("LISTING_IMAGE_FORMAT", listing, part, where, format=seen["format"], formats=", ".join(formats))
    span = part.row.get("seconds")
    if span and seen.get("seconds") is not None and not span[0] <= seen["seconds"] <= span[1]:
        yield told("LISTING_VIDEO_SECONDS", listing, part, where, amount=seen["seconds"], least=span[0], most=span[1])


def _measured(one: Any, folder: Path | None) -> dict[str, Any]:
    """width, height, kilobytes, format, seconds, as far as they are given or can be read; else why not."""
    if isinstance(one, Mapping):
        numbers = {k: one.get(k) for k in ("width", "height", "kilobytes", "seconds")}
        fine = all(v is None or (isinstance(v, int | float) and not isinstance(v, bool) and 0 < v < 1e9) for v in numbers.values())
        named = {"format": str(one["format"]).lower().replace("jpg", "jpeg")} if "format" in one else {}
        return {k: v for k, v in numbers.items() if v is not None} | named if fine else {"why": "numbers", "name": repr(one)}
    if isinstance(one, list | tuple):
        fine = len(one) == 2 and all(isinstance(x, int) and not isinstance(x, bool) and 0 < x < 10**6 for x in one)
        return dict(zip(("width", "height"), one, strict=True)) if fine else {"why": "numbers", "name": repr(one)}
    if isinstance(one, str) and re.fullmatch(r"\s*\d{1,6}\s*[x×]\s*\d{1,6}\s*", one):
        width, height = re.split("[x×]", one)
        return {"width": int(width), "height": int(height)}
    return _from_file(one, folder) if isinstance(one, str | Path) else {"why": "numbers", "name": repr(one)}


def _from_file(name: str | Path, folder: Path | None) -> dict[str, Any]:
    """The size of a PNG or JPEG file; a name leads nowhere outside the folder of the listing."""
    if folder is None and not isinstance(name, Path):
        return {"why": "no_folder", "name": str(name)}
    try:
        path = Path(name) if folder is None else (folder / name).resolve()
        if folder is not None and not path.is_relative_to(folder.resolve()):
            return {"why": "outside", "name": str(name)}
        if not path.is_file():
            return {"why": "absent", "name": str(name)}
        with path.open("rb") as file:
            head = file.read(BIGGEST_HEAD)
        found = picture_size(head)
        return {"why": "unread", "name": path.name} if found is None else {**found, "kilobytes": path.stat().st_size / 1024}
    except (OSError, ValueError):
        return {"why": "absent", "name": str(name)}


def picture_size(head: bytes) -> dict[str, Any] | None:
    """width, height and format of the beginning of a PNG or JPEG file; None for anything else.

    >>> picture_size(bytes.fromhex("89504e470d0a1a0a0000000d4948445200000200000001f4"))
    {'width': 512, 'height': 500, 'format': 'png'}
    """
    if head[:8] == b"\x89PNG\r\n\x1a\n" and head[12:16] == b"IHDR" and len(head) >= 24:
        width, height = struct.unpack(">II", head[16:24])
        return {"width": width, "height": height, "format": "png"}
    return _jpeg(head) if head[:2] == b"\xff\xd8" else None


def _jpeg(head: bytes) -> dict[str, Any] | None:
    """Over the segments of a JPEG to the one that holds its size."""
    at = 2
    while at + 9 < len(head) and head[at] == 0xFF:
        kind, length = head[at + 1], struct.unpack(">H", head[at + 2 : at + 4])[0]
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", head[at + 5 : at + 9])
            return {"width": width, "height": height, "format": "jpeg"}
        at += 2 + max(length, 2)
    return None
