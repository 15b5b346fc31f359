"""What a reader should know of a brief's own entries (who may send how much, whose consent ends), and of the log behind a plan."""

from __future__ import annotations

from collections.abc import Iterator

from mktlib.errors import Finding
from mktlib.planning.brief import Brief
from mktlib.results import Scores
from mktlib.vocabulary import finding, load_tables, sending_rules
from mktlib.wording import day, number, percent

SMALL_LOG = 10_000
"""Events of a log below which its plans bring clearly less than they promise (`benchmarks/promises.py`: 0.80 of it at 4,660 clicks, 0.92 at
14,782): what is chosen out of thousands of cells is the most hopeful of them, and few counts have had a say in it."""


def small_log(brief: Brief, scores: Scores) -> list[Finding]:
    """Told where the log behind the scores is so small that its plans promise too much."""
    events = float(scores.facts.get("events") or 0.0)
    if not 0 < events < SMALL_LOG:
        return []
    return [finding("N_PLAN_SMALL_LOG", brief.language, level="warning", found=number(round(events), brief.language), count=round(events))]


def brief_remarks(brief: Brief) -> Iterator[Finding]:
    """Warnings and notes from the brief alone, in its language.

    >>> from mktlib.planning.template import brief_template
    >>> from mktlib.planning.reading import brief_from_text
    >>> [f.code for f in brief_remarks(brief_from_text(brief_template("en")))]
    []
    """
    yield from _sending(brief)
    yield from _consent(brief)
    yield from _networks(brief)


def _sending(brief: Brief) -> Iterator[Finding]:
    rules, language, rate = sending_rules(), brief.language, brief.sending.complaint_rate
    if not set(brief.channels) & set(rules["bulk_from"]["channels"]):
        return
    target, most = (percent(rules[name]["value"], language) for name in ("complaint_target", "complaint_most"))
    if rate >= rules["complaint_target"]["value"]:
        said = percent(rate, language)
        yield finding("N_PLAN_COMPLAINTS", language, level="warning", column="sending.complaint_rate", found=said, target=target, most=most)
    if not brief.sending.bulk:
        daily = number(float(rules["bulk_from"]["value"]) - 1, language)
        yield finding("N_PLAN_BULK", language, level="warning", column="sending", found=daily, most=most)


def _consent(brief: Brief) -> Iterator[Finding]:
    messages = [c for c, row in load_tables().channels.items() if row.get("personal") and c in brief.channels]
    for name, segment in brief.segments.items():
        last = segment.last_message_day
        if last is not None and last < brief.last_day and any(segment.agreed(c) > 0 for c in messages):
            where = f"segments.{name}.consent_date"
            yield finding("N_PLAN_CONSENT", brief.language, level="note", column=where, found=name, day=day(last, brief.language))


def _networks(brief: Brief) -> Iterator[Finding]:
    tables = load_tables()
    for name in brief.presence:
        if name in tables.networks and name not in brief.channels:
            said, home = (
                tables.label("network", name, brief.language),
                tables.label("channel", tables.networks[name]["channel"], brief.language),
            )
            yield finding("N_PLAN_NETWORK", brief.language, level="note", column=f"presence.{name}", found=said, channel=home)
