"""The page on paper: printed by a headless Chromium that reaches no network, and the same page twice is the same file.

A reader who listens gets the same order: the PDF is tagged, has an outline, a title and a language (all of them the page's own).
"""

from __future__ import annotations

import base64
import re

from mktlib.errors import MktlibError
from mktlib.mobile.browser import Browser, Endless, NoBrowser
from mktlib.vocabulary import finding

SECONDS = 90
FIXED = {
    re.compile(rb"/(CreationDate|ModDate) \((D:[^)]*)\)"): b"D:20000101000000+00'00'",
    re.compile(rb"/(Creator|Producer) \(((?:[^()\\]|\\.)*)\)"): b"mktlib",
}
"""What a PDF says about when and by which build it was made, and what stands there instead."""


def pdf(html: str, language: str) -> bytes:
    """The page as a PDF of the paper size that its own style names (A4).

    Raises:
        MktlibError: E_NO_BROWSER_PDF, nothing to print with, and what to type; E_NOT_PRINTED, the browser gave up.
    """
    try:
        with printer() as browser:
            return undated(base64.b64decode(browser.ask({"do": "print", "html": html, "locale": language}, SECONDS)))
    except NoBrowser as none:  # it is there and does not start
        raise _missing(none) from none
    except Endless as error:
        raise MktlibError(finding("E_NOT_PRINTED", found=str(error) or f"{SECONDS} s")) from error


def printer() -> Browser:
    """A browser to print with, not yet started.

    Raises:
        MktlibError: E_NO_BROWSER_PDF.
    """
    try:
        return Browser()
    except NoBrowser as none:
        raise _missing(none) from none


def _missing(none: NoBrowser) -> MktlibError:
    return MktlibError(finding("E_NO_BROWSER_PDF", found=none.args[0], hint=none.args[1]))


def undated(content: bytes) -> bytes:
    """The same file without its moment and its maker's version; every length stays, for a PDF finds its parts by place.

    >>> undated(b"<</CreationDate (D:20261005090000+00'00')>>endobj")
    b"<</CreationDate (D:20000101000000+00'00')>>endobj"
    """
    about, mark, rest = content.partition(b"endobj")  # the first part is the one about the file
    for known, put in FIXED.items():
        about = known.sub(lambda m, put=put: b"/%s (%s)" % (m[1], put.ljust(len(m[2]))[: len(m[2])]), about)  # type: ignore[misc]
    return about + mark + rest
