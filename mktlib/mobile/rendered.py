"""What only a browser can tell of a page on a phone: what sticks out, what is too small for a thumb, what jumps, what it weighs."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urlsplit

from mktlib.errors import Finding
from mktlib.mobile.browser import Browser, Endless, NoBrowser, as_root
from mktlib.mobile.drawn import Mark, picture_page
from mktlib.mobile.screens import KILO, Found, Spot, judged, weight
from mktlib.rules import checked
from mktlib.vocabulary import Tables, finding, lookup, phrase, printable, progress, unknowable
from mktlib.wording import list_of, number, write_bytes

SCREENS = ((320, 568, 2), (390, 844, 2), (768, 1024, 2))
"""Width, height and device pixels to a CSS px of each screen that a page is seen on."""
SECONDS, FETCHING, DRAWING, TALLEST, SHOWN = 30.0, 30.0, 60.0, 5_000, 3
Fetch = Callable[[str], Any]
Words = Mapping[str, Mapping[str, str]]


def render_findings(
    page: Path | str,
    *,
    tables: Tables,
    language: str,
    pictures: Path | None = None,
    fetch: Fetch | None = None,
    seconds: float = SECONDS,
    screens: Sequence[tuple[int, int, int]] = SCREENS,
) -> list[Finding]:
    """What a headless Chromium finds on a page at 320, 390 and 768 px; each thing once, with the widths at which it is so.

    The browser opens no connection: a saved page gets the files of its own folder, a page at an address what `fetch` brings. Text comes
    first and pictures after it, as on a slow line; clock, chance, language and animations are the same on every run.

    Args:
        page: the saved .html file; with `fetch`, its address.
        pictures: a folder for one PNG a width, <name>-<width>.png, with the findings drawn on it. Each finding's `values` hold its `number`
            there and its `elements` (element, words, and `boxes`: [x, y, width, height] in CSS px by width); the last one, SCREEN_MEASURED,
            holds the `pictures` by width.
        fetch: answers every request of a page at an address: fetch(url) has .body (bytes), .content_type, .status and .url (after
            redirects), and raises a MktlibError for what may not be fetched.
        seconds: within which the page must come to rest.

    Returns:
        Findings of the SCREEN_ rows of `checks`; E_NO_BROWSER (a note) where there is no browser to measure with; E_URL_LIMIT for a page
        that never rests; N_NO_SANDBOX where Chromium had to run without its sandbox (as root).

    Raises:
        MktlibError: what `fetch` raises for the page itself. StoreError: E_CANNOT_WRITE, a picture could not be written.
    """
    name = page.name if isinstance(page, Path) else str(page)
    job, fetch = _job(page, language, fetch, seconds, screens)
    try:
        with Browser(fetch) as browser, progress(total=2, desc=phrase("screens.bar", language)) as bar:
            seen = browser.ask(job | {"picture": pictures is not None}, seconds + (FETCHING if fetch else 0) + 1)
            bar.update()
            found = judged(seen["screens"], tables)
            made = _pictures(browser, seen, found, tables, language, name, pictures) if pictures is not None else {}
            bar.update()
            version = browser.version
    except NoBrowser as none:
        return [finding("E_NO_BROWSER", language, level="note", file=printable(name), found=none.args[0], hint=none.args[1])]
    except Endless:
        return [_endless(name, seconds, tables, language), *_sandbox(fetch, language)]
    numbered = [_told(x, n, tables, language, name, made) for n, x in enumerate(found, start=1)]
    return [*numbered, *_notes(seen["screens"], tables, language, name, made, version), *_sandbox(fetch, language)]


def _job(
    page: Path | str, language: str, fetch: Fetch | None, seconds: float, screens: Sequence[tuple[int, int, int]]
) -> tuple[dict[str, Any], Fetch | None]:
    """What the browser is asked to do, and who answers its requests: the page at an address is fetched first, for where it leads."""
    job: dict[str, Any] = {
        "do": "visit",
        "screens": [{"width": w, "height": h, "scale": s} for w, h, s in screens],
        "seconds": seconds + (FETCHING if fetch else 0),
        "locale": "fr-FR" if language == "fr" else "en-GB",
        "least": 12,
    }
    if fetch is None:
        path = Path(page).resolve()
        return job | {"root": str(path.parent), "name": path.name}, None
    first = fetch(str(page))
    known = {urldefrag(first.url)[0]: first}
    return job | {"address": first.url}, lambda url: known.get(url) or fetch(url)


def _endless(name: str, seconds: float, tables: Tables, language: str) -> Finding:
    said = {x: {"says": lookup("screens.endless", x), "hint": lookup("screens.endless_hint", x)} for x in tables.languages}
    return finding("E_URL_LIMIT", language, found=name, rule="rest", most=f"{seconds:g}", _said=said)


def _sandbox(fetch: Fetch | None, language: str) -> list[Finding]:
    """Never silently: a note on a saved page, a warning on one from the web."""
    return [finding("N_NO_SANDBOX", language, level="warning" if fetch else "note")] if as_root() else []


def _told(found: Found, place: int, tables: Tables, language: str, name: str, made: Mapping[int, str]) -> Finding:
    """One finding with its sentence in every language, its place in the list and where it is on the pictures."""
    values = {key: value for key, value in found.values.items() if key != "heavy"}
    elements = found.elements()
    first = next(iter(elements.values()), None)
    return checked(
        found.code,
        tables,
        language,
        level=found.level,
        file=printable(name),
        column=f"[{place}]" if made else None,
        found=first[0].element if first else None,
        words={x: {"screens": widths_said(found.widths, x), "shown": _shown(found, x)} for x in tables.languages},
        number=place,
        widths=found.widths,
        elements=tuple(_element(spots) for spots in elements.values()),
        **values,
    )


def _element(spots: Sequence[Spot]) -> dict[str, Any]:
    words = unknowable(printable(spots[0].words))
    return {"element": printable(spots[0].element), "words": words, "boxes": {str(spot.width): list(spot.box) for spot in spots}}


def widths_said(widths: Sequence[int], language: str) -> str:
    """
    >>> widths_said((320, 390), "fr")
    '320 et 390'
    """
    return list_of([str(width) for width in widths], language)


def _shown(found: Found, language: str) -> str:
    """The first elements in words, and how many more there are."""
    if found.code == "SCREEN_WEIGHT":
        heavy = [(printable(file), number(size, language)) for file, size in found.values["heavy"]]
        files = [phrase("screens.file", language, name=file, size=size) for file, size in heavy]
        return phrase("screens.heavy", language, shown=", ".join(files))
    spots = [of[0] for of in found.elements().values()]
    shown = ", ".join(_spot_said(spot, language) for spot in spots[:SHOWN])
    if len(spots) > SHOWN:
        shown = phrase("screens.more", language, shown=shown, count=len(spots) - SHOWN)
    if found.code == "SCREEN_SHIFT":
        return phrase("screens.moved", language, shown=shown) if shown else ""
    return shown or "body"


def _spot_said(spot: Spot, language: str) -> str:
    words, element = unknowable(printable(spot.words, 30)), printable(spot.element)
    if spot.size is None:
        return phrase("screens.spot_named", language, element=element, words=words) if words else element
    key, values = spot.size
    fill = {k: v if isinstance(v, str) else number(v, language, digits=0 if float(v).is_integer() else 1) for k, v in values.items()}
    size = phrase(f"screens.{key}", language, **fill)
    return phrase("screens.spot" if words else "screens.spot_sized", language, element=element, words=words, size=size)


def _notes(
    screens: Sequence[Mapping[str, Any]], tables: Tables, language: str, name: str, made: Mapping[int, str], version: str
) -> list[Finding]:
    """What was not loaded, and how all of it was measured."""
    notes = []
    refused = sorted({url for screen in screens for url in screen["refused"]})
    if refused:
        shown = ", ".join(dict.fromkeys(printable(_short(url), 60) for url in refused[: 2 * SHOWN]))
        words = {x: {"shown": shown} for x in tables.languages}
        notes.append(checked("SCREEN_NOT_LOADED", tables, language, file=printable(name), words=words, count=len(refused)))
    widths = tuple(screen["width"] for screen in screens)
    measured = checked(
        "SCREEN_MEASURED",
        tables,
        language,
        file=printable(name),
        words={x: {"screens": widths_said(widths, x)} for x in tables.languages},
        widths=widths,
        scale=max(screen.get("scale", 2) for screen in screens),
        version=version,
        characters=max(screen["text"]["chars"] for screen in screens),
        targets=max(len(screen["targets"]) for screen in screens),
        images=max(len(screen["images"]) for screen in screens),
        weight=round(max(map(weight, screens)) / KILO),
        jumps={str(screen["width"]): (screen["jumps"] or {}).get("value") for screen in screens},
        pictures={str(width): path for width, path in made.items()},
    )
    return [*notes, measured]


def _short(url: str) -> str:
    parts = urlsplit(url)
    own = parts.netloc.endswith(".invalid")
    return parts.path.lstrip("/") if own else f"{parts.netloc}{parts.path}"


def _pictures(
    browser: Browser, seen: Mapping[str, Any], found: Sequence[Found], tables: Tables, language: str, name: str, folder: Path
) -> dict[int, str]:
    """One picture a width: the page as it looked with the findings of that width on it."""
    made = {}
    stem = "".join(c if c.isalnum() or c in "-_" else "-" for c in Path(urlsplit(name).path or "page").stem)[:60] or "page"
    for screen, png in zip(seen["screens"], seen["pictures"], strict=True):
        width = screen["width"]
        size = (max(screen["right"], screen["wide"]), min(screen["height"], TALLEST))
        whole = screen["height"] <= TALLEST
        html, wide = picture_page(
            png, size, _marks(found, width, tables, language), name=printable(name), width=width, language=language, whole=whole
        )
        try:
            drawn = browser.ask({"do": "draw", "html": html, "width": wide, "height": 400, "scale": screen["scale"]}, DRAWING)
        except Endless:  # what was measured stands without its pictures
            break
        made[width] = str(write_bytes(base64.b64decode(drawn), folder / f"{stem}-{width}.png"))
    return made


def _marks(found: Sequence[Found], width: int, tables: Tables, language: str) -> list[Mark]:
    return [
        Mark(
            number=place,
            level=x.level or tables.checks[x.code]["level"],
            label=tables.label("check", x.code, language),
            boxes=[spot.box for spot in x.spots if spot.width == width],
        )
        for place, x in enumerate(found, start=1)
        if width in x.widths
    ]
