"""A draft, taken apart once: words, sentences and lines, each with its place in the text as it was given.

Markup, entities and invisible characters are left out of what is read, yet every offset still counts in the original: a finding
points at the very characters that its author typed.
"""

from __future__ import annotations

import bisect
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

MOST_CHARACTERS = 120_000
"""More than any piece of content: the rest of a longer text is not read, and a finding says so."""

TAG = re.compile(r"<!--|</?[a-zA-Z][^<>]{0,4000}>")
UNREAD = re.compile(r"<(script|style)\b", re.I)
BLOCK = re.compile(r"</?(?:p|div|br|li|h\d|tr|td|ul|ol|section|table|script|style)\b", re.I)
ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,31});")
HIDDEN = frozenset("\u00ad\u200b\u200c\u2060\ufeff\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
PLAIN = str.maketrans({"’": "'", "ʼ": "'", "‘": "'", "`": "'", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\t": " ", "‑": "-", "‐": "-"})
URL = re.compile(r"(?:https?://|www\.)[^\s<>\"]{1,500}|[\w.+-]{1,64}@[\w-]{1,64}\.[\w.]{2,64}", re.I)

LETTER = r"[^\W\d_]"
NUMBER = r"\d+(?:[ .,]\d{3}(?!\d))*(?:[.,]\d+)?"
CLITIC = r"(?:t-)?(?:je|tu|il|elle|on|nous|vous|ils|elles|moi|toi|le|la|les|lui|leur|en|y|ce|là|ci)\b"
ELISION = r"(?:aujourd'hui|quelqu'un|presqu'île|rendez-vous|vis-à-vis|(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu|quelqu|p'tit|t)'(?=\w))"
TOKEN = {
    "fr": re.compile(rf"{ELISION}|{LETTER}+(?:-(?!{CLITIC}){LETTER}+)*|{NUMBER}", re.I),
    "en": re.compile(rf"{LETTER}+(?:'{LETTER}+)*(?:-{LETTER}+(?:'{LETTER}+)*)*|{NUMBER}", re.I),
}
END = re.compile(r"[.!?…]+[\"'»”)\]]{0,3}(?=\s|$)|\n\s*")
SHORT_FOR = frozenset(
    [
        "m",
        "mm",
        "mme",
        "mr",
        "mrs",
        "ms",
        "dr",
        "me",
        "st",
        "ste",
        "art",
        "p",
        "pp",
        "cf",
        "ex",
        "no",
        "n",
        "vol",
        "fig",
        "ed",
        "al",
        "etc",
        "e.g",
        "i.e",
        "approx",
        "inc",
        "ltd",
        "co",
        "vs",
        "av",
        "bd",
        "tél",
        "env",
        "hab",
        "sec",
        "max",
        "min",
    ]
)


@dataclass(frozen=True)
class Token:
    """A word or a number: how it reads (small letters, straight apostrophes), and where it stands in what is read."""

    text: str
    start: int
    end: int

    @property
    def is_number(self) -> bool:
        return self.text[0].isdigit()


@dataclass(frozen=True)
class Span:
    start: int
    end: int


@dataclass(frozen=True, eq=False)
class Draft:
    """`raw` as given, `read` what a reader sees, `places` where each character of `read` stands in `raw` (None: the same)."""

    raw: str
    read: str
    places: tuple[int, ...] | None
    language: str

    @cached_property
    def plain(self) -> str:
        """What is read, with one kind of apostrophe, space and hyphen; as long as `read`."""
        return self.read.translate(PLAIN)

    @cached_property
    def words_only(self) -> str:
        """The plain text with addresses blanked out: nobody speaks them."""
        return URL.sub(lambda m: " " * len(m[0]), self.plain)

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        found = TOKEN.get(self.language, TOKEN["en"]).finditer(self.words_only)
        return tuple(Token(m[0].lower(), m.start(), m.end()) for m in found)

    @cached_property
    def words(self) -> int:
        return len(self.tokens)

    @cached_property
    def sentences(self) -> tuple[Span, ...]:
        return tuple(_sentences(self.words_only))

    @cached_property
    def sentence_tokens(self) -> tuple[tuple[Token, ...], ...]:
        """The tokens of each sentence that has any."""
        starts = [t.start for t in self.tokens]
        cut = [(bisect.bisect_left(starts, s.start), bisect.bisect_left(starts, s.end)) for s in self.sentences]
        return tuple(self.tokens[a:b] for a, b in cut if b > a)

    @cached_property
    def _sentence_ends(self) -> list[int]:
        return [s.end for s in self.sentences]

    def sentence_at(self, at: int) -> Span:
        """The sentence that holds a place."""
        k = bisect.bisect_right(self._sentence_ends, at)
        return self.sentences[k] if k < len(self.sentences) else Span(at, len(self.read))

    @cached_property
    def newlines(self) -> list[int]:
        return [m.start() for m in re.finditer("\n", self.raw)]

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the text as it was given, the end exclusive."""
        if self.places is None:
            return start, end
        if start >= len(self.places):
            return len(self.raw), len(self.raw)
        return self.places[start], (self.places[end - 1] + 1 if end > start else self.places[start])

    def line(self, start: int) -> int:
        """The line (from 1) of an offset in the text as it was given."""
        return bisect.bisect_left(self.newlines, start) + 1


def _sentences(text: str) -> Iterator[Span]:
    """Ends at a full stop that ends nothing shorter, at ! ? …, or where a line ends and the next starts something new."""
    start = 0
    for match in END.finditer(text):
        if "\n" in match[0]:
            following = text[match.end() : match.end() + 1]
            if match[0].count("\n") == 1 and following.islower() and text[match.start() - 1 : match.start()] not in (":", ";"):
                continue  # a line that was only wrapped
        elif match[0] == "." and _abbreviation(text, match.start()):
            continue
        if text[start : match.end()].strip():
            yield Span(start, match.end())
        start = match.end()
    if text[start:].strip():
        yield Span(start, len(text))


def _abbreviation(text: str, dot: int) -> bool:
    before = re.search(r"[\w.]{1,8}$", text[max(0, dot - 8) : dot])
    return before is not None and before[0].lower() in SHORT_FOR and not text[max(0, dot - 2) : dot].isdigit()


def draft_of(text: str, language: str) -> Draft:
    """Take a text apart; what lies beyond `MOST_CHARACTERS` is not read."""
    raw = text.replace("\r\n", " \n").replace("\r", "\n")[:MOST_CHARACTERS]  # as many characters as before
    marked = "<" in raw and bool(TAG.search(raw))
    hidden = any(c in HIDDEN for c in raw)
    if not (marked or hidden or (("&" in raw) and ENTITY.search(raw))):
        return Draft(raw, raw, None, language)
    pieces: list[str] = []
    places: list[int] = []
    for piece, at, whole in _visible(raw):
        pieces.append(piece)
        places += range(at, at + len(piece)) if whole else [at] * len(piece)
    return Draft(raw, "".join(pieces), tuple(places), language)


def _visible(raw: str) -> Iterator[tuple[str, int, bool]]:
    """What a reader sees, in pieces: the characters, where they stand, and whether they stand there one by one."""
    at, lower = 0, raw.lower()
    mark = re.compile(f"(?P<tag>{TAG.pattern})|(?P<entity>{ENTITY.pattern})|[{''.join(sorted(HIDDEN))}]")
    endless: set[str] = set()  # what was begun and is closed nowhere below: not looked for again
    for match in mark.finditer(raw):
        if match.start() < at:
            continue
        yield raw[at : match.start()], at, True
        at = match.end()
        if match["entity"]:
            yield html.unescape(match[0]), match.start(), False
        elif match["tag"]:
            yield ("\n" if BLOCK.match(match[0]) else ""), match.start(), False
            at = _after(match, lower, endless)
    yield raw[at:], at, True


def _after(tag: re.Match[str], lower: str, endless: set[str]) -> int:
    """Where reading goes on after a tag: behind the end of a comment, a script or a style sheet."""
    opens = UNREAD.match(tag[0])
    end = "-->" if tag[0] == "<!--" else f"</{opens[1].lower()}" if opens else ""
    if not end or end in endless:
        return tag.end()
    found = lower.find(end, tag.end())
    if found < 0:
        endless.add(end)
        return tag.end()
    return found + 3 if end == "-->" else found
