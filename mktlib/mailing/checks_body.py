"""Checks of links, images, HTML and weight: what leads where, what is seen with images blocked, what a mailbox cuts off."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from mktlib.mailing.body import WEB, Body, Link, _px, own_domain
from mktlib.mailing.checks_words import Checks, leaves, plain, words_of
from mktlib.mailing.message import Hit, Mail, organisation
from mktlib.markup import likely_language, line_of, opening, said_language
from mktlib.vocabulary import Tables

KNOWN = ("http", "https", "mailto", "tel", "sms")
LOOKS_LIKE_ADDRESS = re.compile(r"(?:https?://)?((?:[a-z0-9-]{1,63}\.){1,6}[a-z]{2,24})(?:[/?#]\S{0,2000})?", re.I)
BARE = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|0x[0-9a-f]{1,8}|\d{8,10}|.{0,60}:.{0,60}", re.I)
NEEDED = ("utm_source", "utm_medium", "utm_campaign")
ELSEWHERE = (
    "privacy",
    "confidentialit",
    "mentions",
    "legal",
    "browser",
    "navigateur",
    "online",
    "en ligne",
    "webversion",
    "terms",
    "cgv",
    "cgu",
)
ACTIVE = ("script", "form", "iframe", "object", "embed", "video", "audio", "input", "button")


def of_body(mail: Mail, body: Body, tables: Tables, *, bulk: bool, language: str | None) -> Iterator[Hit]:
    yield from _links(mail, body, tables, bulk=bulk)
    yield from _images(body, tables.checks)
    yield from _html(body, tables.checks, language)
    yield from _weight(mail, tables.checks, bulk=bulk)


# ---------------------------------------------------------------- links


def _links(mail: Mail, body: Body, tables: Tables, *, bulk: bool) -> Iterator[Hit]:
    checks, links = tables.checks, body.links
    for link in links:
        yield from _one_link(link, body, checks)
    ways = [link for link in links if leaves(link, checks)]
    web = [link for link in links if link.scheme in WEB and link not in ways]
    if bulk and (body.text.strip() or body.images) and not web:
        yield Hit("EMAIL_NO_LINK", body.part)
    home = own_domain(mail, web)
    tagged = [link for link in web if organisation(link.host) == home and not _aside(link)]
    yield from _tags(tagged, body.part, tables)


def _one_link(link: Link, body: Body, checks: Checks) -> Iterator[Hit]:
    href, part = link.href.strip(), body.part
    shown = href[:200] or "–"
    if href.startswith("#") and len(href) > 1:  # a place in the message itself
        return
    if _open(href):
        return
    if link.scheme not in KNOWN and (link.scheme or not link.host):
        code = "EMAIL_LINK_EMPTY" if not link.scheme else "EMAIL_LINK_SCRIPT"
        yield Hit(code, part, link.line, shown)
        return
    if link.scheme == "http":
        yield Hit("EMAIL_LINK_HTTP", part, link.line, shown)
    if link.scheme in WEB and (not link.host or BARE.fullmatch(link.host) or "@" in link.url.netloc):
        yield Hit("EMAIL_LINK_DISGUISED", part, link.line, shown)
    if link.host.removeprefix("www.") in words_of(checks["EMAIL_LINK_SHORT"]):
        yield Hit("EMAIL_LINK_SHORT", part, link.line, shown)
    said = LOOKS_LIKE_ADDRESS.fullmatch(link.text.strip())
    if (
        said
        and link.scheme in WEB
        and _is_address(link.text.strip().lower(), said[1].lower(), checks)
        and organisation(said[1]) != organisation(link.host)
    ):
        yield Hit("EMAIL_LINK_MISMATCH", part, link.line, link.host, values={"said": said[1].lower()})
    if plain(link.text).strip(" .>»→!") in words_of(checks["EMAIL_LINK_VAGUE"]):
        yield Hit("EMAIL_LINK_VAGUE", part, link.line, link.text)


def _is_address(text: str, host: str, checks: Checks) -> bool:
    """Whether a text is an address and no name with a dot in it ("Node.js", "Dr.Martens")."""
    return text.startswith(("http", "www.")) or host.rpartition(".")[2] in words_of(checks["EMAIL_LINK_MISMATCH"])


def _open(href: str) -> bool:
    """Whether a sending tool still fills this address in."""
    return href.startswith(("*|", "{{", "{%", "%%", "[[", "${", "<%", "["))


def _aside(link: Link) -> bool:
    """Whether a link serves no campaign: legal notices, the message in a browser."""
    return any(word in f"{plain(link.text)} {link.url.path.lower()}" for word in ELSEWHERE)


def _tags(links: list[Link], part: str, tables: Tables) -> Iterator[Hit]:
    """Tags of the links to one's own pages: all three, a medium that counts as e-mail, the same ones throughout."""
    mediums = {word.lower() for word in tables.channels["email"]["utm_medium"]}
    for link in links:
        lacking = [name for name in NEEDED if not link.tags.get(name)]
        if lacking:
            yield Hit("EMAIL_LINK_UNTAGGED", part, link.line, link.href[:200], values={"lacking": ", ".join(lacking)})
        medium = link.tags.get("utm_medium", "")
        if medium and medium.lower() not in mediums:
            yield Hit("EMAIL_LINK_MEDIUM", part, link.line, medium)
    for name in NEEDED:
        said = Counter(link.tags[name] for link in links if link.tags.get(name))
        if len(said) > 1:
            odd = min(said, key=lambda value: said[value])
            line = next(link.line for link in links if link.tags.get(name) == odd)
            yield Hit("EMAIL_LINK_TAGS_DIFFER", part, line, ", ".join(sorted(said)), values={"tag": name})


# ---------------------------------------------------------------- images and HTML


def _images(body: Body, checks: Checks) -> Iterator[Hit]:
    most = float(checks["EMAIL_IMAGE_WIDE"]["values"]["most"])
    for img in body.images:
        line, src, style = line_of(img), str(img.get("src") or "").strip(), body.style(img)
        shown = src[:120] or opening(img)
        if not img.has_attr("alt"):
            yield Hit("EMAIL_IMAGE_ALT", "html", line, shown)
        if not all(img.get(n) or n in style for n in ("width", "height")):
            yield Hit("EMAIL_IMAGE_SIZE", "html", line, shown)
        width = _px(img.get("width") or style.get("width"))
        if width is not None and width > most and "max-width" not in style:
            yield Hit("EMAIL_IMAGE_WIDE", "html", line, f"{width:g}")
        if src.lower().startswith("data:"):
            yield Hit("EMAIL_IMAGE_EMBEDDED", "html", line, src[:40])
        if src.lower().startswith("http:"):
            yield Hit("EMAIL_IMAGE_HTTP", "html", line, shown)
    words = len(re.findall(r"[^\W\d_]{2,}", body.text))
    if body.images and words < checks["EMAIL_IMAGE_ONLY"]["values"]["least"]:
        yield Hit("EMAIL_IMAGE_ONLY", "html", line_of(body.images[0]), words, values={"images": len(body.images)})


def _html(body: Body, checks: Checks, language: str | None) -> Iterator[Hit]:
    if body.soup is None:
        return
    said, likely = said_language(body.soup), language or likely_language(body.text)
    if not said:
        yield Hit("EMAIL_LANG", "html", 1)
    elif likely and said != likely:
        yield Hit("EMAIL_LANG_DIFFERS", "html", line_of(body.soup.find("html")), said, values={"likely": likely})
    for tag in body.soup.find_all(ACTIVE, limit=20):
        yield Hit("EMAIL_ACTIVE", "html", line_of(tag), opening(tag))
    for tag in body.soup.find_all(lambda t: any(name.lower().startswith("on") for name in t.attrs), limit=20):
        if tag.name not in ACTIVE:
            yield Hit("EMAIL_ACTIVE", "html", line_of(tag), opening(tag))
    values = checks["EMAIL_TEXT_SMALL"]["values"]
    small = [(tag, letters) for tag, letters, size in body.sizes() if 1 < size < values["least"]]
    letters = sum(len(words.strip()) for _, words in body.texts)
    share = 100 * sum(n for _, n in small) / max(letters, 1)
    if share > values["share"]:
        yield Hit("EMAIL_TEXT_SMALL", "html", line_of(small[0][0]), f"{share:.0f}")


def _weight(mail: Mail, checks: Checks, *, bulk: bool) -> Iterator[Hit]:
    html = len(mail.html.encode("utf-8", "replace")) / 1024
    if html > checks["EMAIL_CLIPPED"]["values"]["most"]:
        yield Hit("EMAIL_CLIPPED", "html", None, f"{html:.0f}")
    if mail.size / 1024 > checks["EMAIL_HEAVY"]["values"]["most"]:
        yield Hit("EMAIL_HEAVY", found=f"{mail.size / 1024:.0f}")
    for name, size in mail.attachments if bulk else ():
        yield Hit("EMAIL_ATTACHMENT", "attachments", found=name, values={"kilobytes": max(1, round(size / 1024))})
    if mail.headers is not None and mail.html.strip() and not mail.plain.strip():
        yield Hit("EMAIL_NO_PLAIN", "text")
