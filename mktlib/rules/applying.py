"""Rows of rules applied to a draft: by words, by pattern, by what is counted, or by a detector of their own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import chain, islice

from mktlib.rules.counting import COUNTERS, quotations, spans
from mktlib.rules.detecting import DETECTORS
from mktlib.rules.draft import Draft, Span
from mktlib.rules.found import Case, Found, Place
from mktlib.rules.keeping import Kept
from mktlib.rules.lexicon import Lexicon, hits, lexicon
from mktlib.rules.room import ROOM
from mktlib.vocabulary import Row, Tables

WINDOW = 4_000
"""Patterns look at so many characters of a line at a time, so that no text makes them slow."""

MOST_CANDIDATES = 300
"""Places of one rule that are looked at; a draft with more has been told enough."""

WORDS: Kept[Lexicon] = Kept()
QUOTES: Kept[tuple[Span, ...]] = Kept()


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
            found = islice(chain(by_words[code], _otherwise(case, row)), MOST_CANDIDATES)
            if row.get("scope") == "text":  # what is said anywhere excuses all
                yield from ((code, one) for one in found) if not proved(case, row, Span(0, len(case.draft.plain))) else ()
                continue
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
    if detect and (case.draft.language in row or ("en" not in row and "fr" not in row)):
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
    """Whether words that bring the proof stand in the same sentence, or the words are quoted."""
    return _quoted(case, row, found) or proved(case, row, case.draft.sentence_at(found.start))


def proved(case: Case, row: Row, around: Span) -> bool:
    """Whether a part of the draft holds words, a pattern or a count by which the rule lets it pass."""
    words, pattern = row.get("unless", {}).get(case.draft.language, ()), row.get("unless_pattern")
    counter = COUNTERS.get(row.get("unless_count", ""))
    if not (words or pattern or counter):
        return False
    part = case.draft.plain[around.start : around.end].lower()
    if any(_says(part, word) for word in words) or (pattern and compiled(pattern).search(part)):
        return True
    return bool(counter and any(around.start <= s.start < around.end for s in counter(case.draft)))


def _quoted(case: Case, row: Row, found: Found) -> bool:
    """What others say in quotation marks is theirs: the manner of a brand does not bind them."""
    if row["about"] != "manner" or found.end - found.start > 60:
        return False
    return any(s.start < found.start and found.end <= s.end for s in QUOTES.of(case.draft, "", lambda: tuple(quotations(case.draft))[:500]))


def _says(text: str, word: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(word.replace('’', chr(39)))}(?!\w)", text)) if word[-1:].isalnum() else word in text


def rule_finds(code: str, case: Case) -> list[Found]:
    """What one rule finds in a draft, whatever the style."""
    return [found for _, found in broken(case, [code])]
