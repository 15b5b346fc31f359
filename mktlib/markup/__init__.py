"""HTML and its styles taken apart: what a page or an e-mail declares, with the line it stands on. Nothing is run, nothing is fetched."""

from bs4 import BeautifulSoup, Tag

from mktlib.markup.lengths import Measure, font_sizes, px
from mktlib.markup.media import applies
from mktlib.markup.reading import MOST_BYTES, MOST_DEPTH, MOST_ELEMENTS, decoded, parse
from mktlib.markup.sheets import Declaration, Sheets, declared, sheets_of
from mktlib.markup.text import hidden, likely_language, line_of, opening, said_language, text_of, visible_text

__all__ = [
    "MOST_BYTES", "MOST_DEPTH", "MOST_ELEMENTS", "BeautifulSoup", "Declaration", "Measure", "Sheets", "Tag", "applies", "declared",
    "decoded", "font_sizes", "hidden", "likely_language", "line_of", "opening", "parse", "px", "said_language", "sheets_of",
    "text_of", "visible_text",
]  # fmt: skip
