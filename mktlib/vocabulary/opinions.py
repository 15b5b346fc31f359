"""Opinions as people say them: a plain sentence, read with the patterns of the languages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mktlib.errors import DataError
from mktlib.vocabulary.rows import AXIS_TABLE, Rows
from mktlib.vocabulary.words import finding, nearest

SURENESS = {"slightly": 0.7, "fairly": 0.35, "very": 0.15}
"""How sure a sentence is, as the sd of its effect on the log-odds: "slightly" allows twice or half, "very" about 15 %."""


@dataclass(frozen=True)
class Opinion:
    """A sentence read: one subject (against the average) or two (the first against the second), where, how many times, how sure."""

    subjects: tuple[Mapping[str, str], ...]
    where: Mapping[str, str]
    times: float
    sure: str


def read_opinion(sentence: str, tables: Rows) -> Opinion:
    """Read a plain sentence, in any language that has patterns for one.

    Raises:
        DataError: the sentence has no such shape, or names what no table knows.

    >>> from mktlib.vocabulary import load_tables
    >>> read_opinion("short_video beats blog_post about 1.5 times at awareness, fairly sure", load_tables()).where
    {'stage': 'awareness'}
    >>> read_opinion("short_video bat blog_post environ 1,5 fois en awareness, très sûr", load_tables()).sure
    'very'
    """
    text = " ".join(sentence.split()).rstrip(".")
    for words in (x["opinion"] for x in tables.languages.values() if "opinion" in x):
        sure, said = _sureness(text, words["sure"])
        core = text[: -len(said)].rstrip(" ,") if said else text
        for shape in words["shapes"]:
            found = re.fullmatch(shape, core, re.IGNORECASE)
            if found:
                places = re.split(words["places"], found["where"] or "", flags=re.IGNORECASE)
                where = [_named(x, tables) for x in places if x.strip()]
                subjects = tuple(_named(found[k], tables) for k in ("one", "other") if found.groupdict().get(k))
                if len(subjects) == 2 and (subjects[0] == subjects[1] or set(subjects[0]) != set(subjects[1])):
                    raise DataError(finding("E_OPINION_PAIR", column="priors.statement", found=sentence))
                times = float(found["times"].replace(",", "."))
                return Opinion(subjects, {k: v for x in where for k, v in x.items()}, times, sure or "fairly")
    raise DataError(finding("E_OPINION_SHAPE", column="priors.statement", found=sentence))


def _sureness(text: str, words: Mapping[str, str | Sequence[str]]) -> tuple[str | None, str]:
    """(how sure, the words at the end of a sentence that say so): the longest that fit, for "un peu sûr" ends as "peu sûr" does."""
    known = [(key, said) for key, ways in words.items() for said in ([ways] if isinstance(ways, str) else ways)]
    fits = [(key, said) for key, said in known if text.casefold().endswith(" " + said.casefold())]
    return max(fits, key=lambda fit: len(fit[1]), default=(None, ""))


def _named(words: str, tables: Rows) -> dict[str, str]:
    """{axis: key} of what a sentence names, by key or by name in any language."""
    wanted = words.strip(" ,").casefold()
    known: dict[str, tuple[str, str]] = {}
    for axis in ("content_type", "style", "length", "stage", "segment", "channel"):
        for key, row in getattr(tables, AXIS_TABLE[axis]).items():
            for name in (key, key.replace("_", " "), *row["label"].values()):
                known.setdefault(str(name).casefold(), (axis, key))
    if wanted not in known:
        hint = nearest(wanted, list(known))
        raise DataError(finding("E_OPINION_WORD", column="priors.statement", found=words.strip(), hint=hint))
    return dict([known[wanted]])
