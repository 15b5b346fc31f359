"""HTML and its styles taken apart: what a page or an e-mail declares, with the line it stands on. Nothing is run, nothing is fetched."""

from bs4 import BeautifulSoup, Tag

from mktlib.markup.reading import MOST_BYTES, MOST_DEPTH, MOST_ELEMENTS, decoded, parse
from mktlib.markup.sheets import Declaration, Sheets, declared, sheets_of
from mktlib.markup.text import hidden, likely_language, line_of, opening, said_language, text_of, visible_text

__all__ = [
    "MOST_BYTES", "MOST_DEPTH", "MOST_ELEMENTS", "BeautifulSoup", "Declaration", "Sheets", "Tag", "declared", "decoded", "hidden",
    "likely_language", "line_of", "opening", "parse", "said_language", "sheets_of", "text_of", "visible_text",
]  # fmt: skip
