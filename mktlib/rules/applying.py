"""Rows of rules applied to a draft: by words, by pattern, by what is counted, or by a detector of their own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache

from mktlib.rules.counting import COUNTERS, QUOTED, spans
from mktlib.rules.detecting import DETECTORS
from mktlib.rules.draft import Draft, Span
from mktlib.rules.found import Case, Found, Place
from mktlib.rules.keeping import Kept
from mktlib.rules.lexicon import Lexicon, hits, lexicon
from mktlib.rules.room import ROOM
from mktlib.vocabulary import Row, Tables

WINDOW = 4_000
"""Patterns look at so many characters of a line at a time, so that no text makes them slow."""

WORDS: Kept[Lexicon] = Kept()


def rule_words(tables: Tables, language: str) -> Lexicon:
    """The words of every rule in one language."""
    lists = [(code, row[language]["words"]) for code, row in tables.rules.items() if "words" in row.get(language, {})]
    return WORDS.of(tables.rules, language, lambda: lexicon(lists, language))


def applies(row: Row, place: Place, style: Row) -> bool:
    """Whether a rule concerns this style and channel."""
    least, most = row.get("formality", (0, 9))
    right = place.style in row.get("styles", (place.style,)) and place.style not in row.get("not_styles", ())
    here = place.channel in row.get("channels", (place.channel,)) and place.channel not in row.get("not_channels", ())
    return right and here and ("styles" in row or least <= float(style.get("formality", 3)) <= most)


def broken(case: Case, codes: Iterable[str]) -> Iterator[tuple[str, Found]]:
    """Everything that rules find in a draft, rule by rule."""
    wanted = set(codes)
    by_words: dict[str, list[Found]] = {code: [] for code in wanted}
    tokens = case.draft.tokens
    for hit in hits(case.draft, rule_words(case.tables, case.draft.language)):
        if hit.owner in wanted:
            start, end = tokens[hit.first].start, tokens[hit.last - 1].end
            by_words[hit.owner].append(Found(start=start, end=end, instead=hit.instead or None))
    for code in case.tables.rules:
        if code in wanted:
            row = case.tables.rules[code]
            found = [*by_words[code], *_otherwise(case, row)]
            yield from ((code, one) for one in found if not excused(case, row, one))


def _otherwise(case: Case, row: Row) -> Iterator[Found]:
    """What a rule finds by pattern, by counting, or by its detector."""
    instead = row.get("instead")
    for pattern in (row.get("pattern"), row.get(case.draft.language, {}).get("pattern")):
        if pattern:
            yield from (Found(start=s.start, end=s.end, instead=instead) for s in matches(compiled(pattern), case.draft))
    if counter := COUNTERS.get(row.get("count", "")):
        beyond = list(counter(case.draft))[int(row.get("most", 0)) :]
        yield from (Found(start=s.start, end=s.end, instead=instead) for s in beyond)
    detect: Callable[[Case, Row], Iterator[Found]] | None = {**DETECTORS, **ROOM}.get(row.get("detect", ""))
    if detect and (case.draft.language in row or "en" not in row and "fr" not in row):
        yield from detect(case, row)


@lru_cache(maxsize=512)
def compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.MULTILINE)


def matches(pattern: re.Pattern[str], draft: Draft) -> Iterator[Span]:
    """Matches in windows of a text: none is longer than a window."""
    text = draft.words_only
    if len(text) <= WINDOW:
        yield from spans(pattern, text)
        return
    at = 0
    while at < len(text):
        cut = min(len(text), at + WINDOW)
        if cut < len(text):
            cut = max(text.rfind(" ", at + WINDOW // 2, cut), text.rfind("\n", at + WINDOW // 2, cut), 0) or cut
        yield from (Span(m.start(), m.end()) for m in pattern.finditer(text, at, cut))
        at = cut


def excused(case: Case, row: Row, found: Found) -> bool:
    """Whether words that bring the proof stand in the same sentence (or anywhere, where the rule looks at the whole text)."""
    draft = case.draft
    if "unless" not in row and "unless_pattern" not in row and "unless_count" not in row:
        return _quoted(case, row, found)
    around = _around(draft, found, whole=row.get("scope") == "text")
    part = draft.plain[around.start : around.end].lower()
    words = row.get("unless", {}).get(draft.language, ())
    pattern = row.get("unless_pattern")
    if any(_says(part, word) for word in words) or (pattern and compiled(pattern).search(part)):
        return True
    counter = COUNTERS.get(row.get("unless_count", ""))
    return bool(counter and any(around.start <= s.start < around.end for s in counter(draft)))


def _quoted(case: Case, row: Row, found: Found) -> bool:
    """What others say in quotation marks is theirs: the manner of a brand does not bind them."""
    if row["about"] != "manner" or found.end - found.start > 60:
        return False
    return any(s.start < found.start and found.end <= s.end for s in spans(QUOTED, case.draft.read) if s.end - s.start > 3)


def _says(text: str, word: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(word.replace('’', chr(39)))}(?!\w)", text)) if word[-1:].isalnum() else word in text


def _around(draft: Draft, found: Found, *, whole: bool) -> Span:
    if whole:
        return Span(0, len(draft.plain))
    return next((s for s in draft.sentences if s.start <= found.start < s.end), Span(found.start, found.end))


def rule_finds(code: str, case: Case) -> list[Found]:
    """What one rule finds in a draft, whatever the style."""
    return [found for _, found in broken(case, [code])]


Rule = Mapping[str, object]
