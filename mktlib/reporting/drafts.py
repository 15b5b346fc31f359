"""What a writer hands back, and what becomes of it: the parts of one section of a report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from mktlib.reporting.facts import Facts
from mktlib.reporting.grid import Grid
from mktlib.reporting.voice import Voice


@dataclass(frozen=True, kw_only=True)
class Section:
    """One result, said: a headline, sentences, tables, what it does not mean, findings and (for the team) statistics.

    brief: the sentences for a single page, by part (did, brought, sure, next, money). evidence and grade: how strongly what it brought
    may be said (see `results.evidence`); "" for a result that says nothing of the kind.
    """

    kind: str
    title: str
    headline: str
    sentences: tuple[str, ...] = ()
    tables: tuple[Grid, ...] = ()
    not_mean: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    details: tuple[tuple[str, str], ...] = ()
    brief: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    evidence: str = ""
    grade: str = ""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What a writer hands back: headline, further sentences, tables and statistics.

    brief: what a single page says of it, at most one or two sentences a part: did, brought, sure, next, and money (for an employer).
    """

    headline: str
    sentences: list[str]
    tables: list[Grid]
    details: list[tuple[str, str]]
    brief: Mapping[str, Sequence[str]] = field(default_factory=dict)


def statistics(voice: Voice, facts: Facts, **kinds: str) -> list[tuple[str, str]]:
    """Statistics by name, those that are known."""
    how: dict[str, Callable[[float], str]] = {"number": voice.number, "percent": voice.percent}
    known = {k: facts.get(k) for k in kinds}
    return [(voice.say(f"detail.{k}"), how[kinds[k]](float(v))) for k, v in known.items() if v is not None]
