"""What a reader finds in an e-mail: the text that shows, the line before it (preheader), links and images, each with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import SplitResult, parse_qsl, urlsplit

from mktlib.mailing.message import Mail, organisation
from mktlib.markup import Sheets, Tag, line_of, parse, sheets_of, text_of, visible_text

URL = re.compile(r"https?://[^\s<>\"')\]]{1,2000}")
FILL = re.compile("[\u034f\u00ad\u200b-\u200f\u2007\u2060-\u2064\ufeff\u00a0\\s]{1,4000}")
SIZE = re.compile(r"\s{0,3}(\d{1,4}(?:\.\d{1,4})?)\s{0,3}(px|pt)?", re.I)
WEB = ("http", "https")
MOST_LINKS = 5_000


@dataclass(frozen=True)
class Link:
    """href as written, the words it shows, where it stands."""

    href: str
    text: str
    line: int | None
    element: Tag | None = None

    @cached_property
    def url(self) -> SplitResult:
        """The address taken apart; empty where it cannot be."""
        try:
            return urlsplit(re.sub(r"[\t\r\n]", "", self.href).strip())
        except ValueError:
            return urlsplit("")

    @property
    def scheme(self) -> str:
        return self.url.scheme.lower()

    @property
    def host(self) -> str:
        try:
            return (self.url.hostname or "").lower()
        except ValueError:
            return ""

    @cached_property
    def tags(self) -> dict[str, str]:
        """Its utm parameters."""
        try:
            return {k.lower(): v for k, v in parse_qsl(self.url.query, max_num_fields=200) if k.lower().startswith("utm_")}
        except ValueError:
            return {}


class Body:
    """The body of a message: its tree and styles where it has HTML, else its plain text."""

    def __init__(self, mail: Mail) -> None:
        self.mail = mail
        self.soup = parse(mail.html, file=mail.file) if mail.html.strip() else None
        self.sheets: Sheets | None = sheets_of(self.soup) if self.soup else None
        self._tucked: dict[int, bool] = {}
        self._sizes: dict[int, float | None] = {}
        self.texts: list[tuple[Tag, str]] = []
        for element, words in text_of(self.soup, self.sheets) if self.soup else ():
            if not self.tucked(element):
                self.texts.append((element, words))

    @cached_property
    def text(self) -> str:
        """Everything that shows."""
        return " ".join(" ".join(words for _, words in self.texts).split()) if self.soup else self.mail.plain

    @property
    def part(self) -> str:
        return "html" if self.soup else "text"

    def style(self, element: Tag) -> dict[str, str]:
        return self.sheets.declared(element) if self.sheets else {}

    def tucked(self, element: Tag | None) -> bool:
        """Whether an element, or one around it, is folded away in one of the manners of e-mails."""
        above: list[Tag] = []
        at, gone = element, False
        while isinstance(at, Tag) and at.name != "[document]":
            if id(at) in self._tucked:
                gone = self._tucked[id(at)]
                break
            above.append(at)
            at = at.parent
        for one in reversed(above):
            gone = gone or one.has_attr("hidden") or _tucked(self.style(one))
            self._tucked[id(one)] = gone
        return gone

    @cached_property
    def links(self) -> list[Link]:
        if self.soup is None:
            lines = enumerate(self.mail.plain.splitlines(), start=1)
            return [Link(found[0].rstrip(".,;:!?"), "", line) for line, words in lines for found in URL.finditer(words)][:MOST_LINKS]
        found = self.soup.find_all(["a", "area"], href=True, limit=MOST_LINKS)
        return [Link(str(a["href"] or ""), _said(a, self.sheets), line_of(a), a) for a in found]

    @cached_property
    def images(self) -> list[Tag]:
        """Images meant to be seen: a dot that counts openings is none."""
        found = self.soup.find_all("img", limit=MOST_LINKS) if self.soup else []
        return [img for img in found if not self.tucked(img) and not _dot(img, self.style(img))]

    @cached_property
    def preheader(self) -> tuple[str, int | None, bool]:
        """(the first words that a mailbox shows beside the subject, their line, whether they were written for that)."""
        if self.soup is None:
            return " ".join(self.mail.plain.split())[:150], 1, False
        for element, words in self._opening():
            if said := FILL.sub(" ", words).strip():
                return said, line_of(element), self.tucked(element)
        return "", None, False

    def _opening(self) -> Iterator[tuple[Tag, str]]:
        """The first texts of the body, folded away or not."""
        body = self.soup.find("body") if self.soup else None
        root = body if isinstance(body, Tag) else self.soup
        if root is not None:
            yield from text_of(root)[:5]

    def sizes(self) -> Iterator[tuple[Tag, int, float]]:
        """(element, letters directly inside it, size in px) of the text whose size is written in px or pt; relative sizes are not known."""
        for element, words in self.texts:
            size = self.size(element)
            if size is not None:
                yield element, len(words.strip()), size

    def size(self, element: Tag | None) -> float | None:
        """Size of the text of an element in px, from the nearest that declares one."""
        below: list[Tag] = []
        size: float | None = None
        while isinstance(element, Tag) and id(element) not in self._sizes:
            below.append(element)
            if said := self.style(element).get("font-size", ""):
                size = _in_px(said)
                break
            element = element.parent
        else:
            size = self._sizes.get(id(element))
        self._sizes.update((id(one), size) for one in below)
        return size

    def line(self, words: str) -> int | None:
        """The line of the first element that shows some words."""
        return next((line_of(e) for e, said in self.texts if words and words in said), None)


def _said(element: Tag, sheets: Sheets | None) -> str:
    """The words of a link; the alt text of its image where it has no others."""
    words = visible_text(element, sheets)
    return words or " ".join(str(img.get("alt") or "") for img in element.find_all("img")).strip()


def _in_px(said: str) -> float | None:
    found = SIZE.fullmatch(said)
    if found is None or not (found[2] or found[1] == "0"):
        return None
    return float(found[1]) * (4 / 3 if (found[2] or "").lower() == "pt" else 1)


def _px(value: object) -> float | None:
    found = SIZE.fullmatch(str(value or ""))
    return float(found[1]) if found else None


def _tucked(style: dict[str, str]) -> bool:
    flat = [_px(style.get(name)) for name in ("font-size", "max-height", "line-height", "height")]
    gone = style.get("display") == "none" or style.get("visibility") in ("hidden", "collapse") or style.get("mso-hide") == "all"
    faint = _px(style.get("opacity")) == 0
    hides = style.get("overflow") == "hidden" or style.get("overflow-x") == "hidden"
    return gone or faint or (flat[0] is not None and flat[0] <= 1) or (hides and any(x is not None and x <= 1 for x in flat[1:]))


def _dot(img: Tag, style: dict[str, str]) -> bool:
    return any((x := _px(img.get(n) or style.get(n))) is not None and x <= 2 for n in ("width", "height"))


def own_domain(mail: Mail, links: list[Link]) -> str:
    """The organisation whose pages a message leads to: the sender's; where it links nowhere there, the one it links to most."""
    senders = [organisation(where.rpartition("@")[2]) for _, where in mail.addresses("from")]
    there = [organisation(link.host) for link in links if link.scheme in WEB and link.host]
    if senders and (senders[0] in there or not there):
        return senders[0]
    return max(sorted(set(there)), key=there.count, default="")
