"""What a search engine and a network read of a page on a phone: title, description, headings, address, language, data."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from mktlib.markup import Tag, likely_language, said_language
from mktlib.mobile.page_reading import Hit, Page, name_of, several, words
from mktlib.wording import is_tongue, tongue

LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z]{4})?(-([a-z]{2}|\d{3}))?(-([a-z0-9]{5,8}|\d[a-z0-9]{3}))*", re.I)
OPEN_GRAPH = ("og:title", "og:type", "og:image", "og:url")


def titles(page: Page) -> Iterator[Hit]:
    """The title and the description that a result shows."""
    title = next((one for one in page.of("title") if one.find_parent("svg") is None), None)
    said = " ".join(title.get_text().split()) if isinstance(title, Tag) else ""
    if not said:
        yield Hit(code="PAGE_TITLE", element=title if isinstance(title, Tag) else None)
    elif len(said) > page.values("PAGE_TITLE_LONG")["most"]:
        yield Hit(code="PAGE_TITLE_LONG", element=title if isinstance(title, Tag) else None, found=said, values={"letters": len(said)})
    tags = page.meta("description")
    text = " ".join(str(tags[0].get("content") or "").split()) if tags else ""
    if not text:
        yield Hit(code="PAGE_DESCRIPTION", element=tags[0] if tags else None)
    elif len(text) > page.values("PAGE_DESCRIPTION_LONG")["most"]:
        yield Hit(code="PAGE_DESCRIPTION_LONG", element=tags[0], found=text, values={"letters": len(text)})


def headings(page: Page) -> Iterator[Hit]:
    """One first heading, no level left out, none empty."""
    found = page.spoken("h1", "h2", "h3", "h4", "h5", "h6")
    first = [h for h in found if h.name == "h1"]
    if not first:
        yield Hit(code="PAGE_H1")
    elif len(first) > 1:
        yield Hit(code="PAGE_H1_SEVERAL", element=first[1], values={"amount": len(first)})
    before = 0
    for heading in found:
        level = int(heading.name[1])
        if not name_of(heading):
            yield Hit(code="PAGE_HEADING_EMPTY", element=heading)
        if before and level > before + 1:
            yield Hit(code="PAGE_HEADING_ORDER", element=heading, values={"now": level, "before": before})
        before = level


def address(page: Page) -> Iterator[Hit]:
    """The canonical address, and whether search engines may keep the page."""
    links = [link for link in page.of("link") if "canonical" in words(link, "rel")]
    wrong = next((link for link in links if not _absolute(str(link.get("href") or "")) or "#" in str(link.get("href") or "")), None)
    if len({str(link.get("href") or "").strip() for link in links}) > 1 or wrong is not None:
        element = wrong if wrong is not None else links[1]
        yield Hit(code="PAGE_CANONICAL", element=element, found=several([str(link.get("href") or "–") for link in links]))
    elif not links:
        yield Hit(code="PAGE_CANONICAL_NONE")
    for tag in [*page.meta("robots"), *page.meta("googlebot")]:
        asked = re.split(r"[\s,]+", str(tag.get("content") or "").lower())
        if {"noindex", "none"} & set(asked):
            yield Hit(code="PAGE_NOINDEX", element=tag)


def _absolute(url: str) -> bool:
    try:
        split = urlsplit(url.strip())
    except ValueError:
        return False
    return split.scheme in ("http", "https") and bool(split.netloc)


def tongues(page: Page) -> Iterator[Hit]:
    """The language that is declared, that of the text, and the versions in others."""
    root = page.html
    said = said_language(page.soup)
    whole = str((root.get("lang") or root.get("xml:lang") or "") if root is not None else "").strip()
    if said is None:
        yield Hit(code="PAGE_LANG", element=root)
    elif not LANGUAGE.fullmatch(whole) or not is_tongue(said):
        yield Hit(code="PAGE_LANG_INVALID", element=root, found=whole)
    else:
        read = likely_language(page.text)
        if read is not None and read != said:
            names = {code: {"read": tongue(read, code), "said": tongue(said, code)} for code in page.tables.languages}
            yield Hit(code="PAGE_LANG_OTHER", element=root, values={"read": read, "said": said}, words=names)
    yield from _versions(page)


def _versions(page: Page) -> Iterator[Hit]:
    links = [link for link in page.of("link") if "alternate" in words(link, "rel") and link.has_attr("hreflang")]
    for link in links:
        code, href = str(link.get("hreflang") or "").strip(), str(link.get("href") or "")
        if not (code.lower() == "x-default" or LANGUAGE.fullmatch(code)) or not _absolute(href):
            yield Hit(code="PAGE_HREFLANG", element=link)
    known = {str(link.get("hreflang") or "").lower().split("-")[0] for link in links}
    own = said_language(page.soup)
    if links and own is not None and own not in known:
        yield Hit(code="PAGE_HREFLANG_SELF", element=links[0], values={"said": own})


def structured(page: Page) -> Iterator[Hit]:
    """Structured data (JSON-LD) that can be read and says what it is of."""
    blocks = [s for s in page.of("script") if str(s.get("type") or "").split(";")[0].strip().lower() == "application/ld+json"]
    other = any(element.has_attr("itemscope") or element.has_attr("typeof") for element in page.elements)
    if not blocks and not other:
        yield Hit(code="PAGE_DATA_NONE")
    for block in blocks:
        try:
            content = json.loads(block.get_text())
        except (ValueError, RecursionError) as error:
            yield Hit(code="PAGE_DATA_BROKEN", element=block, found=str(error)[:80] or type(error).__name__)
            continue
        if missing := lacking(content):
            yield Hit(code="PAGE_DATA_TYPE", element=block, values={"missing": ", ".join(missing)})


def lacking(content: Any) -> list[str]:
    """Which of @context and @type a block of JSON-LD lacks.

    >>> lacking({"@context": "https://schema.org", "@graph": [{"@type": "Product"}]}), lacking([{"name": "x"}])
    ([], ['@context', '@type'])
    """
    items = content if isinstance(content, list) else [content]
    if not items or not all(isinstance(item, dict) for item in items):
        return ["@context", "@type"]
    parts = [part for item in items for part in _graph(item)]
    has_type = all(isinstance(part, dict) and part.get("@type") for part in parts)
    return [name for name, there in (("@context", all(item.get("@context") for item in items)), ("@type", has_type)) if not there]


def _graph(item: dict[str, Any]) -> list[Any]:
    graph = item.get("@graph")
    return graph if isinstance(graph, list) and graph else [item]


def networks(page: Page) -> Iterator[Hit]:
    """What a network shows where the page is shared."""
    known = Counter(str(m.get("property") or m.get("name") or "").lower() for m in page.of("meta") if str(m.get("content") or "").strip())
    missing = [name for name in OPEN_GRAPH if name not in known]
    if missing:
        yield Hit(code="PAGE_OPEN_GRAPH", values={"missing": ", ".join(missing)})


CHECKS = (titles, headings, address, tongues, structured, networks)
