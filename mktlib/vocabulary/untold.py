"""What a language does not say yet: every sentence and label that is told in English because its file lacks it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mktlib.vocabulary.rows import AXIS_TABLE
from mktlib.vocabulary.tables import packaged
from mktlib.vocabulary.words import languages, own_words

NOT_NEEDED = ("text", "calendar")
"""Words for reading text, which a language that is only spoken does without."""


def missing_phrases(language: str) -> tuple[str, ...]:
    """The entries of a language file that are lacking, by dotted key: sentences, labels, and names of the rows of the tables.

    Args:
        language: a code of the tables, or of a file in the folder MKTLIB_TABLES/languages.

    Returns:
        Keys such as "report.plan.title" and "labels.content_type.short_video"; none for the packaged languages.

    >>> missing_phrases("fr")
    ()
    """
    own = own_words(language)
    if own is None:
        return ()
    english = {k: v for k, v in languages()["en"].items() if k not in NOT_NEEDED}
    return (*_lacking(english, own), *_unnamed(own, language))


def _lacking(english: Mapping[str, Any], own: Any, path: str = "") -> Iterator[str]:
    for key, entry in english.items():
        mine = own.get(key) if isinstance(own, Mapping) else None
        if isinstance(entry, Mapping) and set(entry) != {"one", "other"}:
            yield from _lacking(entry, mine, f"{path}{key}.")
        elif mine is None:
            yield f"{path}{key}"


def _unnamed(own: Mapping[str, Any], language: str) -> Iterator[str]:
    """Rows of the tables that neither their own file nor the language's names."""
    for axis, name in AXIS_TABLE.items():
        told = own.get("labels", {}).get(axis, {})
        for key, row in packaged().get(name, {}).items():
            if isinstance(row.get("label"), Mapping) and language not in row["label"] and key not in told:
                yield f"labels.{axis}.{key}"
