"""What a reader of a page sees: its text, its language, and how an element is shown in a finding."""

from __future__ import annotations

import re
from collections import Counter

from bs4 import BeautifulSoup, NavigableString, Tag
from bs4.element import PageElement, PreformattedString

from mktlib.markup.sheets import Sheets
from mktlib.vocabulary import sentiment_words

UNSEEN = frozenset({
    "script", "style", "template", "noscript", "head", "title", "textarea", "select", "option",
    "datalist", "iframe", "object", "svg", "math", "audio", "video",
})  # fmt: skip
WORD = re.compile(r"[^\W\d_]+")
FEWEST_WORDS = 12
"""Words below which a text is too short to say its language."""


def hidden(element: Tag, sheets: Sheets | None = None) -> bool:
    """Whether this element itself is not shown (not whether one around it is)."""
    if element.has_attr("hidden") or (element.name == "input" and str(element.get("type", "")).lower() == "hidden"):
        return True
    style = sheets.declared(element) if sheets else {}
    return style.get("display") == "none" or style.get("visibility") in ("hidden", "collapse")


def visible_text(root: Tag, sheets: Sheets | None = None) -> str:
    """The text that is shown, with one space between its parts.

    >>> from mktlib.markup.reading import parse
    >>> visible_text(parse("<title>T</title><p>Seen <b>bold</b><p hidden>not<style>x</style>"))
    'Seen bold'
    """
    return " ".join(" ".join(words for _, words in text_of(root, sheets)).split())


def text_of(root: Tag, sheets: Sheets | None = None) -> list[tuple[Tag, str]]:
    """(element, the text directly inside it) of everything shown, in order."""
    found: list[tuple[Tag, str]] = []
    stack: list[PageElement] = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, Tag):
            if node is root or not (node.name in UNSEEN or hidden(node, sheets)):
                stack += reversed(node.contents)
        elif isinstance(node, NavigableString) and not isinstance(node, PreformattedString) and node.strip() and node.parent is not None:
            found.append((node.parent, str(node)))
    return found


def said_language(soup: BeautifulSoup) -> str | None:
    """What the page says of its language: "fr" of <html lang="fr-FR">; None where it says nothing.

    >>> from mktlib.markup.reading import parse
    >>> said_language(parse("<html lang='fr-FR'>"))
    'fr'
    """
    root = soup.find("html")
    said = str(root.get("lang") or root.get("xml:lang") or "").strip().lower() if isinstance(root, Tag) else ""
    return re.split("[-_]", said)[0] or None


def likely_language(text: str) -> str | None:
    """The language whose small words a text uses, among those that mktlib reads; None where it is too short or leaves it open.

    >>> likely_language("Découvrez la collection de printemps : des lunettes légères, faites pour durer, livrées chez vous en deux jours.")
    'fr'
    >>> likely_language("Hello") is None
    True
    """
    words = Counter(WORD.findall(text[:20_000].lower()))
    if words.total() < FEWEST_WORDS:
        return None
    stops = {name: set(sentiment_words()[name]["words"]["stop"].split()) for name in ("en", "fr")}
    stops |= {name: set(said.split()) for name, said in sentiment_words()["marks"]["elsewhere"].items()}
    votes = Counter({name: sum(n for word, n in words.items() if word in small) for name, small in stops.items()})
    (best, most), (_, second) = votes.most_common(2)
    return best if most >= 0.08 * words.total() and most > 1.3 * second else None


def line_of(element: Tag | None) -> int | None:
    return None if element is None else element.sourceline


def opening(element: Tag, most: int = 80) -> str:
    """The opening tag of an element, shortened, as a finding quotes it.

    >>> from mktlib.markup.reading import parse
    >>> opening(parse('<img src="a.jpg" alt="">').img)
    '<img src="a.jpg" alt="">'
    """
    text = "<" + element.name
    for name, value in element.attrs.items():
        text += f' {name}="{value}"' if value is not None else f" {name}"
        if len(text) > most:
            break
    text = " ".join(text.split()) + ">"
    return text if len(text) <= most else text[: most - 2] + "…>"
