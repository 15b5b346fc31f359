"""Every link of the built site and of the files beside it: what is asked for exists, nothing is fetched, no path of a machine shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag

FETCHED = {
    "script": "src",
    "link": "href",
    "img": "src",
    "source": "src",
    "iframe": "src",
    "video": "src",
    "audio": "src",
    "object": "data",
    "embed": "src",
}
MACHINE = re.compile(r"(?<![\w/.<])/(?:work|home|root|Users|tmp|usr/lib|usr/local|var|opt)/[\w.-]+|[A-Z]:\\\\?Users")
STYLED = re.compile(r"""url\(\s*['"]?([^'")]+)|@import\s+['"]([^'"]+)""")
MARKDOWN_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def faults(site: Path, root: Path) -> list[str]:
    """Everything that is wrong with the links of the site and of the Markdown of the project; empty where all is well."""
    pages = sorted(site.rglob("*.html"))
    found = [fault for page in pages for fault in page_faults(page, site)]
    found += [fault for sheet in sorted(site.rglob("*.css")) for fault in sheet_faults(sheet, site)]
    return found + [fault for path in markdown(root) for fault in markdown_faults(path)]


@cache
def soup(page: Path) -> BeautifulSoup:
    return BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")


@cache
def anchors(page: Path) -> frozenset[str]:
    return frozenset(str(tag["id"]) for tag in soup(page).find_all(id=True)) | {
        str(tag["name"]) for tag in soup(page).find_all("a", attrs={"name": True})
    }


def page_faults(page: Path, site: Path) -> Iterator[str]:
    name = page.relative_to(site)
    for tag in soup(page).find_all(True):
        asked = FETCHED.get(tag.name)
        if asked and tag.get(asked):
            yield from (f"{name}: {fault}" for fault in fetched(page, site, tag, str(tag[asked])))
        if tag.name == "img" and not str(tag.get("alt", "")).strip() and tag.get("aria-hidden") != "true":
            yield f"{name}: {tag.get('src')} has no alternative text"
        if tag.name == "a" and tag.get("href"):
            yield from (f"{name}: {fault}" for fault in followed(page, site, str(tag["href"])))
        for sheet in STYLED.finditer(str(tag.get("style", "")) if tag.name != "style" else tag.get_text()):
            if outside(sheet[1] or sheet[2]):
                yield f"{name}: a style fetches {sheet[0]}"
    yield from (f"{name}: a path of a machine: {path}" for path in sorted(set(MACHINE.findall(soup(page).get_text(" ")))))


def outside(address: str) -> bool:
    return address.startswith("//") or (bool(urlsplit(address).scheme) and not address.startswith("data:"))


def fetched(page: Path, site: Path, tag: Tag, address: str) -> Iterator[str]:
    """What a page would load by itself."""
    if outside(address):
        yield f"<{tag.name}> fetches {address}"
    elif not address.startswith("data:") and not target(page, site, address).exists():
        yield f"<{tag.name}> asks for {address}, which is not there"


def followed(page: Path, site: Path, address: str) -> Iterator[str]:
    """What a reader may click."""
    if urlsplit(address).scheme in ("http", "https", "mailto"):
        return
    if outside(address):
        yield f"a link of another kind: {address}"
        return
    wanted, anchor = target(page, site, address), unquote(urlsplit(address).fragment)
    if not wanted.is_file():
        yield f"a link to {address}, which is not there"
    elif anchor and wanted.suffix == ".html" and anchor not in anchors(wanted):
        yield f"a link to {address}: the page has no such place"


def target(page: Path, site: Path, address: str) -> Path:
    path = unquote(urlsplit(address).path)
    inner = site / path.lstrip("/") if path.startswith("/") else page.parent / path if path else page
    return (inner / "index.html" if inner.is_dir() else inner).resolve()


def sheet_faults(sheet: Path, site: Path) -> Iterator[str]:
    for found in STYLED.finditer(sheet.read_text(encoding="utf-8")):
        address = found[1] or found[2]
        if outside(address):
            yield f"{sheet.relative_to(site)}: fetches {address}"


def markdown(root: Path) -> list[Path]:
    return [root / "README.md", root / "CONTRIBUTING.md", root / "benchmarks/README.md", root / "mktlib/tables/README.md"]


def markdown_faults(path: Path) -> Iterator[str]:
    """Links of a Markdown file of the project to files that are not there."""
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL) if path.exists() else ""
    for address in MARKDOWN_LINK.findall(text):
        if not urlsplit(address).scheme and not address.startswith("#") and not (path.parent / unquote(urlsplit(address).path)).exists():
            yield f"{path.name}: a link to {address}, which is not there"
