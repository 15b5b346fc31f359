"""A page as its checks see it: its tree, its styles on a phone, the size of its texts, and what it brings along."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from mktlib.errors import DataError, MktlibError
from mktlib.markup import BeautifulSoup, Measure, Sheets, Tag, applies, decoded, font_sizes, parse, px, sheets_of, text_of, visible_text
from mktlib.mobile.page_pixels import pixels
from mktlib.vocabulary import Row, Tables, finding, printable

PHONE, NARROW = 390, 320
"""CSS px: a phone of today held upright, and the width at which WCAG asks for no scrolling sideways."""
MOST_SHEETS, MOST_SHEET_BYTES, MOST_RESOURCES = 20, 1_000_000, 400
LINKED = {"stylesheet": "style", "icon": "icon", "preload": "other", "manifest": "other"}
CSS_URL = re.compile(r"""url\(\s{0,9}(?:"([^"]{0,9000})"|'([^']{0,9000})'|([^"'()\s]{1,2000}))\s{0,9}\)""")
FONT_FACE = re.compile(r"@font-face\s{0,9}\{([^{}]{0,4000})\}", re.I)
KINDS = {"PNG": b"\x89PNG", "PDF": b"%PDF", "ZIP": b"PK\x03\x04", "GIF": b"GIF8", "JPEG": b"\xff\xd8\xff", "GZIP": b"\x1f\x8b"}
FONT_FORMATS = ("woff2", "woff", "ttf", "otf", "eot")


@dataclass(frozen=True, kw_only=True, eq=False)
class Resource:
    """Something that a page brings along. where: file | web | data | missing | elsewhere; size: bytes, None where not measured;
    pixels: (width, height) of an image whose head could be read."""

    kind: str
    url: str
    element: Tag
    where: str
    size: int | None = None
    pixels: tuple[int, int] | None = None


@dataclass(frozen=True, kw_only=True)
class Hit:
    """What a check found. words: values that differ by language."""

    code: str
    element: Tag | None = None
    line: int | None = None
    found: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(kw_only=True, eq=False)
class Page:
    """raw: bytes of the page itself. file: its name as findings tell it. folder: where its files lie; root: out of which nothing is read.
    address and fetch: of a page from the web."""

    soup: BeautifulSoup
    raw: int
    tables: Tables
    file: str | None = None
    folder: Path | None = None
    root: Path | None = None
    address: str | None = None
    fetch: Callable[[str], Any] | None = None
    marked: bool = False
    """Whether its encoding is known before a word of it is read: a mark of byte order, or text."""
    unread: list[str] = field(default_factory=list)
    """Style sheets that could not be read."""

    def values(self, code: str) -> Row:
        row: Row = self.tables.checks[code].get("values", {})
        return row

    @cached_property
    def elements(self) -> list[Tag]:
        return list(self.soup.find_all(True))

    @cached_property
    def html(self) -> Tag | None:
        return next((element for element in self.elements if element.name == "html"), None)

    @cached_property
    def labels(self) -> Mapping[str, list[Tag]]:
        """The labels of each id."""
        out: dict[str, list[Tag]] = {}
        for label in self.of("label"):
            out.setdefault(str(label.get("for") or ""), []).append(label)
        return out

    @cached_property
    def by_id(self) -> Mapping[str, Tag]:
        return {str(element["id"]): element for element in reversed(self.elements) if element.get("id")}

    @cached_property
    def letters(self) -> Mapping[int, int]:
        """Letters inside each element, those within it counted."""
        out: dict[int, int] = {}
        for element in reversed(self.elements):
            out[id(element)] = out.get(id(element), 0) + self.own_letters[id(element)]
            if element.parent is not None:
                out[id(element.parent)] = out.get(id(element.parent), 0) + out[id(element)]
        return out

    @cached_property
    def own_letters(self) -> Mapping[int, int]:
        """Letters directly inside each element."""
        return {id(e): sum(len(child.strip()) for child in e.children if isinstance(child, str)) for e in [self.soup, *self.elements]}

    @cached_property
    def offered(self) -> Mapping[int, list[str]]:
        """The types of the sources of each <picture>."""
        out: dict[int, list[str]] = {}
        for source in self.of("source"):
            if source.parent is not None and source.parent.name == "picture":
                out.setdefault(id(source.parent), []).append(str(source.get("type") or source.get("srcset") or ""))
        return out

    @cached_property
    def columns(self) -> Mapping[int, int]:
        """The cells of the longest row of each table."""
        out: dict[int, int] = {}
        for cell in self.of("td", "th"):
            if cell.parent is not None and cell.parent.name == "tr":
                out[id(cell.parent)] = out.get(id(cell.parent), 0) + 1
        tables: dict[int, int] = {}
        for row in self.of("tr"):
            table = row.find_parent("table")
            if table is not None:
                tables[id(table)] = max(tables.get(id(table), 0), out.get(id(row), 0))
        return tables

    @cached_property
    def sheets(self) -> Sheets:
        return sheets_of(self.soup, width=PHONE, linked={id(link): text for link, text in self.linked})

    @cached_property
    def linked(self) -> list[tuple[Tag, str]]:
        """The style sheets that it links and that can be read, in order."""
        out: list[tuple[Tag, str]] = []
        for link in self.of("link"):
            if is_sheet(link) and id(link) not in self.asleep:
                raw = self.content(str(link.get("href") or "")) if len(out) < MOST_SHEETS else None
                if raw is None:
                    self.unread.append(str(link.get("href") or ""))
                else:
                    out.append((link, decoded(raw[:MOST_SHEET_BYTES])))
        return out

    @cached_property
    def sizes(self) -> Mapping[int, float]:
        return font_sizes(self.soup, self.sheets)

    @cached_property
    def texts(self) -> list[tuple[Tag, str]]:
        return text_of(self.soup, self.sheets)

    @cached_property
    def text(self) -> str:
        return visible_text(self.soup, self.sheets)

    @cached_property
    def asleep(self) -> set[int]:
        """Elements that no phone with scripts makes anything of: those in <noscript> and <template>."""
        return {id(inner) for outer in self.of("noscript", "template") for inner in outer.find_all(True)}

    @cached_property
    def clipped(self) -> set[int]:
        """Elements that are read out and not seen: cut to a point, or set beside the screen, they or one around them."""
        out: set[int] = set()
        for element in self.elements:
            if (element.parent is not None and id(element.parent) in out) or self._is_clipped(element):
                out.add(id(element))
        return out

    def _is_clipped(self, element: Tag) -> bool:
        style = self.sheets.declared(element)
        if style.get("position") not in ("absolute", "fixed"):
            return False
        cut = re.match(r"rect\(\s{0,9}(0|1px)|inset\(\s{0,9}(50|100)%", style.get("clip") or style.get("clip-path") or "")
        point = all((self.length(element, style.get(side)) or 99.0) <= 1 for side in ("width", "height"))
        aside = any(
            (self.length(element, style.get(side)) or 0.0) <= most for side, most in (("left", -PHONE), ("right", -PHONE), ("top", -30))
        )
        return bool(cut) or point or aside

    @cached_property
    def out_of_sight(self) -> set[int]:
        """Elements that are not shown, they or one around them."""
        hidden: set[int] = set()
        for element in self.elements:
            style = self.sheets.declared(element)
            own = element.has_attr("hidden") or style.get("display") == "none" or element.name in ("template", "noscript")
            if own or style.get("visibility") in ("hidden", "collapse") or (element.parent is not None and id(element.parent) in hidden):
                hidden.add(id(element))
        return hidden

    @cached_property
    def unspoken(self) -> set[int]:
        """Elements that are not read out: not shown, or hidden from those who listen."""
        silent = set(self.out_of_sight)
        for element in self.elements:
            if element.get("aria-hidden") == "true" or (element.parent is not None and id(element.parent) in silent):
                silent.add(id(element))
        return silent

    def of(self, *names: str) -> list[Tag]:
        return [element for element in self.elements if element.name in names]

    def shown(self, *names: str) -> list[Tag]:
        return [element for element in self.of(*names) if id(element) not in self.out_of_sight]

    def spoken(self, *names: str) -> list[Tag]:
        return [element for element in self.of(*names) if id(element) not in self.unspoken]

    def meta(self, name: str, by: str = "name") -> list[Tag]:
        return [m for m in self.of("meta") if str(m.get(by) or "").strip().lower() == name]

    def size_of_text(self, element: Tag) -> float:
        return self.sizes.get(id(element), 16.0)

    def length(self, element: Tag, value: str | None, whole: float | None = None) -> float | None:
        """A declared length of an element in px."""
        root = 16.0 if self.html is None else self.sizes.get(id(self.html), 16.0)
        return px(value, Measure(font=self.size_of_text(element), root=root, width=PHONE, whole=whole))

    def place(self, url: str) -> tuple[str, Path | None]:
        """(where, path) of what an address of the page names."""
        url = url.strip()
        if url.lower().startswith("data:"):
            return "data", None
        try:
            if self.address is not None:
                return ("web" if urlsplit(urljoin(self.address, url)).scheme in ("http", "https") else "elsewhere"), None
            split = urlsplit(url)
            if split.scheme or split.netloc or self.folder is None or self.root is None or not split.path:
                return "elsewhere", None
            named = [f"{split.path}?{split.query}", split.path] if split.query else [split.path]  # as wget saves it, as the server names it
            base = self.root if split.path.startswith("/") else self.folder
            paths = [(base / unquote(name).lstrip("/")).resolve() for name in named]
            if not all(path.is_relative_to(self.root.resolve()) for path in paths):
                return "elsewhere", None
            found = next((path for path in paths if path.is_file()), None)
            return ("missing" if found is None else "file"), found
        except (OSError, ValueError, RuntimeError):  # a name that no file can have, a circle of links
            return ("missing" if self.address is None else "elsewhere"), None

    def content(self, url: str) -> bytes | None:
        """The bytes of what an address of the page names; None where they cannot be had."""
        where, path = self.place(url)
        try:
            if where == "file" and path is not None:
                return path.read_bytes() if path.stat().st_size <= 20 * MOST_SHEET_BYTES else None
            if where == "data":
                return data_of(url)
            if where == "web" and self.fetch is not None and self.address is not None:
                got = self.fetch(urljoin(self.address, url))
                return bytes(got.body) if got.status < 400 else None
        except (OSError, MktlibError):
            return None
        return None

    @cached_property
    def resources(self) -> list[Resource]:
        """Everything it brings along, each address once, as a phone would load it without running scripts."""
        seen: set[str] = set()
        out: list[Resource] = []
        for kind, url, element in self._asked():
            if url and url not in seen and len(out) < MOST_RESOURCES:
                seen.add(url)
                out.append(self._resource(kind, url, element))
        return out

    def _resource(self, kind: str, url: str, element: Tag) -> Resource:
        where, path = self.place(url)
        head, size = b"", None
        try:
            if where == "file" and path is not None:
                size = path.stat().st_size
                with path.open("rb") as file:
                    head = file.read(65_536)
            elif where == "web" and (raw := self.content(url)) is not None:
                size, head = len(raw), raw[:65_536]
        except OSError:
            where = "missing"
        size = 0 if where == "data" else size  # it weighs inside the page
        return Resource(kind=kind, url=url, element=element, where=where, size=size, pixels=pixels(head) if kind == "image" else None)

    def _asked(self) -> Iterator[tuple[str, str, Tag]]:
        for element in self.elements:
            name = element.name
            if id(element) in self.asleep:
                continue
            if name == "link":
                kind = next((LINKED[word] for word in words(element, "rel") if word in LINKED), None)
                if kind:
                    yield kind, str(element.get("href") or ""), element
            elif name in ("img", "script", "iframe", "video", "audio", "embed", "input") and (
                name != "input" or element.get("type") == "image"
            ):
                kind = {"img": "image", "input": "image", "script": "script"}.get(name, "media")
                yield kind, str(element.get("src") or first_of(str(element.get("srcset") or ""))), element
                if name == "video":
                    yield "image", str(element.get("poster") or ""), element
            elif name == "source" and _is_first_of_film(element):
                yield "media", str(element.get("src") or ""), element
        yield from self._of_styles()

    def _of_styles(self) -> Iterator[tuple[str, str, Tag]]:
        """Letters that style sheets offer, and pictures of the rules that apply here: a browser loads no others."""
        applied = {
            url for own in self.sheets.given.values() for said in own.values() if "url(" in said.value for url in urls_in(said.value)
        }
        own = [(style, style.get_text()) for style in self.of("style") if id(style) not in self.asleep]
        for element, text in [*self.linked, *own]:
            base = str(element.get("href") or "") if element.name == "link" else ""
            text = without_comments(text)
            for face in filter(is_latin, FONT_FACE.findall(text)):
                urls = sorted(urls_in(face), key=lambda url: min((i for i, f in enumerate(FONT_FORMATS) if f in url), default=9))
                yield from (("font", joined(base, url), element) for url in urls[:1])  # a browser takes the first that it can read
            rest = FONT_FACE.sub("", text)
            yield from (("image", joined(base, url), element) for url in urls_in(rest)[:MOST_RESOURCES] if url in applied)


def read_page(
    given: str | bytes | Path,
    tables: Tables,
    *,
    root: Path | None = None,
    fetch: Callable[[str], Any] | None = None,
    address: str | None = None,
) -> Page:
    """The page in a file, in a text, or what an address answered (`address` and `fetch`)."""
    if isinstance(given, Path):
        try:
            raw = given.read_bytes() if given.stat().st_size <= 50_000_000 else b"x" * 50_000_001
        except (OSError, ValueError) as error:
            raise DataError(
                finding("E_NO_FILE", file=printable(given.name), found=getattr(error, "strerror", None) or str(error))
            ) from error
        folder, name = given.resolve().parent, printable(given.name)
        return Page(
            soup=_tree(raw, name), raw=len(raw), tables=tables, file=name, folder=folder, root=root or folder, marked=_is_marked(raw)
        )
    raw = given if isinstance(given, bytes) else given.encode("utf-8", "replace")
    marked = not isinstance(given, bytes) or _is_marked(raw)
    soup = _tree(given, address)
    return Page(soup=soup, raw=len(raw), tables=tables, address=address, fetch=fetch, file=address, folder=root, root=root, marked=marked)


def _is_marked(raw: bytes) -> bool:
    return raw.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"))


def _tree(given: str | bytes, file: str | None) -> BeautifulSoup:
    """The tree of a page; a file of another kind, or without a single element, is none."""
    start = given[:1_000] if isinstance(given, bytes) else b""
    kind = next((name for name, sign in KINDS.items() if start.startswith(sign)), None)
    kind = "MHTML" if b"multipart/related" in start else kind
    soup = parse(given, file=file) if kind is None else None
    if soup is None or (file is not None and soup.find(True) is None):
        raise DataError(finding("E_NOT_A_PAGE", file=file, found=kind or ("<...>" if given else "0 B")))
    return soup


def _is_first_of_film(source: Tag) -> bool:
    film = source.parent
    return film is not None and film.name in ("video", "audio") and not film.get("src") and source.find_previous_sibling("source") is None


def words(element: Tag, name: str) -> list[str]:
    return str(element.get(name) or "").lower().split()


def is_sheet(link: Tag) -> bool:
    """Whether a link brings a style sheet to a phone, at once or as soon as it has arrived (onload)."""
    rel, late = words(link, "rel"), str(link.get("onload") or "").lower()
    if "preload" in rel and str(link.get("as") or "").lower() == "style":
        return "stylesheet" in late
    media = "all" if "media" in late else str(link.get("media") or "all")
    return "stylesheet" in rel and "alternate" not in rel and applies(media, PHONE)


def without_comments(css: str) -> str:
    """
    >>> without_comments("a {} /* url(old.png) */ b {} /* never closed")
    'a {}  b {} '
    """
    first, *rest = css.split("/*")
    return first + "".join(part.partition("*/")[2] for part in rest)


def is_latin(face: str) -> bool:
    """Whether a font is for Latin letters, where it says for which: a page loads of a family only what it writes with.

    >>> is_latin("unicode-range: U+0000-00FF, U+0131"), is_latin("unicode-range: U+0301, U+0400-045F"), is_latin("src: url(a.woff2)")
    (True, False, True)
    """
    ranges = re.findall(r"U\+([0-9A-F]{1,6})(?:-([0-9A-F]{1,6}))?", face, re.I)
    return not ranges or any(int(low, 16) <= ord("e") <= int(high or low, 16) for low, high in ranges)


def urls_in(css: str) -> list[str]:
    """The files that a style sheet names; "#shadow" is a part of the page.

    >>> urls_in("url(a.png) url('b c.png') url(#shadow)")
    ['a.png', 'b c.png']
    """
    found = ["".join(groups) for groups in CSS_URL.findall(css)]
    return [url for url in found if url and not url.startswith("#")]


def first_of(srcset: str) -> str:
    """The first address of a srcset.

    >>> first_of("a.jpg 1x, b.jpg 2x")
    'a.jpg'
    """
    return (srcset.strip().split(None, 1) or [""])[0].rstrip(",")


def joined(base: str, url: str) -> str:
    """An address of a style sheet, seen from the page."""
    if not base or "://" in base or url.startswith(("/", "data:", "http:", "https:")):
        try:
            return urljoin(base, url) if "://" in base else url
        except ValueError:  # an address that is none
            return url
    return f"{base.split('?')[0].rpartition('/')[0]}/{url}".lstrip("/") if "/" in base else url


def data_of(url: str) -> bytes | None:
    """What a data: address holds."""
    head, mark, body = url.partition(",")
    try:
        return (
            (base64.b64decode(unquote(body), validate=False) if head.lower().endswith(";base64") else unquote(body).encode())
            if mark
            else None
        )
    except ValueError:
        return None


def selector(element: Tag) -> str:
    """A short name of an element: its tag with its id or first class."""
    own = str(element.get("id") or "").split()
    classes = str(element.get("class") or "").split()
    return element.name + (f"#{own[0]}" if own else f".{classes[0]}" if classes else "")


def name_of(element: Tag) -> str:
    """What is read out for a link, a button or a heading: its text, the alt of its images, or its label."""
    said = " ".join(str(element.get(key) or "") for key in ("aria-label", "title", "value" if element.name == "input" else "aria-label"))
    inner = " ".join(str(part.get("alt") or part.get("aria-label") or "") for part in element.find_all(True))
    titles = " ".join(title.get_text() for title in element.find_all("title"))
    return " ".join(f"{element.get_text(' ')} {said} {inner} {titles}".split())


def several(items: Sequence[str], most: int = 4) -> str:
    shown = list(dict.fromkeys(items))
    return ", ".join(shown[:most]) + (" …" if len(shown) > most else "")
