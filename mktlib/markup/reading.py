"""HTML read into a tree with its line numbers, within bounds: no page, however it is made, takes long or breaks what reads it.

As browsers do: a byte-order mark, then what the page says of itself, then UTF-8, then cp1252 decides its encoding; NULs and halves of
characters become U+FFFD; what is nested too deep stands beside; a comment or a tag that never ends is dropped with what follows it.
"""

from __future__ import annotations

import codecs
import re
import warnings
from collections.abc import Sequence
from typing import Any

from bs4 import BeautifulSoup, MarkupResemblesLocatorWarning, Tag, XMLParsedAsHTMLWarning

from mktlib.errors import LimitError
from mktlib.vocabulary import finding

MOST_BYTES = 10_000_000
MOST_ELEMENTS = 50_000
MOST_DEPTH = 200
"""Elements inside one another; deeper ones are set beside the last that fits (Chromium does so from 512)."""
CHARSET = re.compile(rb"<meta\b[^>]{0,300}?charset\s{0,9}=\s{0,9}[\"']?\s{0,9}([\w.:-]{1,40})", re.I)
KNOWN = re.compile(
    r"utf-8|windows-125\d|cp125\d|iso-8859-\d+|koi8-[ru]|gb18030|gbk|gb2312|big5|euc-(jp|kr)|shift_jis|iso-2022-jp|ascii|us-ascii", re.I
)
MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
STARTS = re.compile(r"<[A-Za-z!?]")
ENDS_BY = {
    "p": {"p"}, "li": {"li"}, "dt": {"dt", "dd"}, "dd": {"dt", "dd"}, "option": {"option"}, "tr": {"tr", "td", "th"}, "td": {"td", "th"},
    "th": {"td", "th"}, "tbody": {"tr", "td", "th", "thead", "tbody"}, "tfoot": {"tr", "td", "th", "tbody"},
}  # fmt: skip
"""What an element ends that was left open: nobody has to write </p>."""
BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "div", "dl", "fieldset", "footer", "form", "h1", "h2", "h3", "h4",
    "h5", "h6", "header", "hr", "main", "nav", "ol", "pre", "section", "table", "ul",
})  # fmt: skip
ROOMS = {"li": {"ul", "ol"}, "dt": {"dl"}, "dd": {"dl"}, "option": {"select", "datalist", "optgroup"}}


class _Soup(BeautifulSoup):
    """The tree, with the end tags that may be left out put in, and no deeper than it may be."""

    amount = 0

    def handle_starttag(self, name: str, *args: Any, **kwargs: Any) -> Tag | None:
        self.amount += 1
        if self.amount > MOST_ELEMENTS:
            raise LimitError(finding("E_HTML_LARGE", found=f"> {MOST_ELEMENTS}", most=MOST_ELEMENTS, unit="<...>"))
        self._end_those_left_open(name)
        while len(self.tagStack) > MOST_DEPTH:
            self.popTag()
        return super().handle_starttag(name, *args, **kwargs)

    def _end_those_left_open(self, name: str) -> None:
        ended = {"p"} if name in BLOCKS else ENDS_BY.get(name, set())
        walls = ROOMS.get(name, {"table", "body", "td", "th"} if name == "p" or name in BLOCKS else {"table"})
        for tag in reversed(self.tagStack[1:]):
            if tag.name in ended:
                self._popToTag(tag.name)
                if name not in ("tr", "tbody", "tfoot"):
                    return
            elif tag.name in walls or (ended == {"p"} and tag.name in BLOCKS):
                return


def parse(text: str | bytes, *, file: str | None = None) -> BeautifulSoup:
    """The tree of a page, each element with its `sourceline` (from 1).

    Raises:
        LimitError: larger than 10 MB, or of more than 50,000 elements.

    >>> parse(b"<p>one<p>two").find_all("p")[1].get_text()
    'two'
    >>> parse("<html>\\n<body>\\n<h1>Hi</h1>").h1.sourceline
    3
    """
    if len(text) > MOST_BYTES:
        raise LimitError(finding("E_HTML_LARGE", file=file, found=f"{len(text) / 1e6:.1f}", most=round(MOST_BYTES / 1e6), unit="MB"))
    with warnings.catch_warnings():
        for kind in (MarkupResemblesLocatorWarning, XMLParsedAsHTMLWarning):
            warnings.simplefilter("ignore", kind)
        return _Soup(_whole(_plain(decoded(text))), "html.parser", multi_valued_attributes=None)


def decoded(text: str | bytes) -> str:
    """The text of a page's bytes.

    >>> decoded("é".encode("utf-8")), decoded("é".encode("cp1252")), decoded("é".encode("utf-16"))
    ('é', 'é', 'é')
    """
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    for mark, name in MARKS:
        if text.startswith(mark):
            return text[len(mark) :].decode(name, errors="replace")
    said = CHARSET.search(text[:2048])
    name = said[1].decode("ascii", "replace") if said else ""
    return _tried(text, [name] if KNOWN.fullmatch(name) else [])


def _tried(text: bytes, names: Sequence[str]) -> str:
    same = {"iso-8859-1": "cp1252", "ascii": "cp1252", "us-ascii": "cp1252"}  # as browsers read them
    for name in [*(same.get(n.lower(), n) for n in names), "utf-8"]:
        try:
            return text.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
    return text.decode("cp1252", errors="replace")


def _plain(text: str) -> str:
    """One kind of line end, and no character that cannot be written."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    return text.encode("utf-8", "replace").decode() if any("\ud800" <= c <= "\udfff" for c in text) else text


def _whole(text: str) -> str:
    """The text without what was never closed: a parser would look for its end from every place anew."""
    last = text.rfind("-->")
    opened = text.find("<!--", last + 1 if last >= 0 else 0)
    text = text if opened < 0 else text[:opened]
    closed = text.rfind(">")
    begun = STARTS.search(text, closed + 1)
    return text if begun is None else text[: begun.start()]
