"""What only a browser can tell of a page on a phone: what sticks out, what is too small for a thumb, what jumps, what it weighs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from mktlib.errors import Finding
from mktlib.vocabulary import Tables


def render_findings(
    page: Path | str,
    *,
    tables: Tables,
    language: str,
    pictures: Path | None = None,
    fetch: Callable[[str], Any] | None = None,
) -> list[Finding]:
    """What a headless Chromium finds on a saved page at 320, 390 and 768 px.

    Args:
        page: the saved .html file; with `fetch`, its address.
        pictures: a folder for one screenshot a width with the findings drawn on it.
        fetch: answers every request of a page at an address, fetch(url) -> something with .body (bytes) and .content_type (str); raises a
            MktlibError for what may not be fetched. Without it nothing but files of the page's own folder is loaded.
    """
    return []
