"""How strongly each mark of the tables shows in a draft, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mktlib.rules.counting import COUNTERS
from mktlib.rules.draft import Draft, Span
from mktlib.rules.keeping import Kept
from mktlib.rules.lexicon import Lexicon, hits, lexicon
from mktlib.vocabulary import Tables

FEWEST = 20
"""Words below which densities would jump: a draft of five words counts as one of twenty."""


@dataclass(frozen=True)
class Shown:
    """One mark in one draft: how often, the amount in its unit (per 100 words, per sentence, or a mean), strength 0 to 1, and where."""

    count: int
    amount: float
    strength: float
    where: tuple[Span, ...]


WORDS: Kept[Lexicon] = Kept()


def mark_words(tables: Tables, language: str) -> Lexicon:
    """The words of every mark that has any."""
    lists = ((key, row[language]) for key, row in tables.marks.items() if language in row)
    return WORDS.of(tables.marks, language, lambda: lexicon(lists, language))


def marks_of(draft: Draft, tables: Tables) -> dict[str, Shown]:
    """Every mark of the tables in one draft."""
    found: dict[str, list[Span]] = {key: [] for key in tables.marks}
    for hit in hits(draft, mark_words(tables, draft.language)):
        found[hit.owner].append(Span(draft.tokens[hit.first].start, draft.tokens[hit.last - 1].end))
    for key, row in tables.marks.items():
        if counter := COUNTERS.get(str(row.get("count", ""))):
            found[key] += list(counter(draft))
    return {key: _shown(draft, row, found[key]) for key, row in tables.marks.items()}


def _shown(draft: Draft, row: Mapping[str, object], where: list[Span]) -> Shown:
    sentences = len(draft.sentence_tokens)
    if row["per"] == "mean":
        amount = draft.words / sentences if sentences else 0.0
        return Shown(sentences, amount, max(0.0, 1 - 2 ** (-max(0.0, amount - 8) / (float(str(row["half"])) - 8))), ())
    base = max(3, sentences) if row["per"] == "sentences" else max(FEWEST, draft.words) / 100
    amount = len(where) / base
    return Shown(len(where), amount, 1 - 2 ** (-amount / float(str(row["half"]))), tuple(where))
