"""The brief of a page for phones, in words: the one action, what is asked, the room of each text, the fields, the weight."""

from __future__ import annotations

from typing import Any

import pandas as pd

from mktlib.reporting.drafts import Draft, statistics
from mktlib.reporting.facts import Facts
from mktlib.reporting.grid import Grid, Spec, grid
from mktlib.reporting.voice import Voice
from mktlib.results import PageBrief


def page_brief_draft(voice: Voice, result: PageBrief, facts: Facts) -> Draft:
    """One screen, one action; the rest in tables that a designer keeps beside the drawing."""
    headline = voice.say("page_brief.headline", action=voice.text(facts["action"]))
    sizes = {name: _plain(voice, facts[name]) for name in ("body", "tap", "weight")}
    sentences = [voice.say("page_brief.sizes", **sizes)]
    ends, seen = (voice.number(float(facts[name]), 0) for name in ("ends", "visible"))
    sentences.append(voice.say("page_brief.above" if facts["ends"] <= facts["visible"] else "page_brief.below", ends=ends, seen=seen))
    if len(result.fields):
        names = voice.names((voice.label("page_field", name) for name in result.fields["field"]), most=9)
        sentences.append(voice.count("page_brief.fields", len(result.fields), names=names))
    return Draft(
        headline=headline,
        sentences=sentences,
        tables=_tables(voice, result, facts),
        details=statistics(voice, {"rules": len(result.table)}, rules="number"),
    )


def _tables(voice: Voice, result: PageBrief, facts: Facts) -> list[Grid]:
    asked = result.table.assign(
        check=[voice.label("page_need", x) for x in result.table["check"]],
        about=[voice.label("page_about", x) for x in result.table["about"]],
        ask=[_asked(voice, row) for row in result.table.to_dict("records")],
        source=[_source(voice, row) for row in result.table.to_dict("records")],
    )
    rooms = result.texts.assign(part=[voice.label("page_place", x) for x in result.texts["part"]])
    fields = result.fields.assign(field=[voice.label("page_field", x) for x in result.fields["field"]])
    parts = result.budget.assign(part=[voice.label("page_part", x) for x in result.budget["part"]])
    spec: list[Spec] = [("about", "text"), ("check", "text"), ("ask", "text")]
    spec += [("source", "text")] if voice.analyst else []
    found = [(asked, spec, "needs"), (rooms, [("part", "text"), ("room", "whole"), ("lines", "whole"), ("text", "text")], "rooms")]
    found.append((fields, [("field", "text"), ("type", "text"), ("inputmode", "text"), ("autocomplete", "text")], "inputs"))
    found.append((parts, [("part", "text"), ("share", "percent"), ("kb", "whole")], "budget"))
    return [_grid(voice, frame, columns, key, facts) for frame, columns, key in found if len(frame)]


def _grid(voice: Voice, frame: pd.DataFrame, spec: list[Spec], key: str, facts: Facts) -> Grid:
    return grid(voice, frame, spec, caption=voice.say(f"page_brief.{key}"), facts=facts, most=len(frame))


def _asked(voice: Voice, row: dict[Any, Any]) -> str:
    """At least 48 px; or what to do, for what has no number."""
    check = voice.tables.checks[row["check"]]
    if row["binds"] == "must":
        return str(check["hint"].get(voice.language, check["hint"]["en"]))
    mark = voice.say(f"page_brief.mark.{row['conf']}") if row["conf"] in ("S", "K", "J") else ""
    unit = voice.say(f"page_brief.unit.{row['unit']}", value=_plain(voice, row["value"]))
    return voice.say(f"page_brief.{row['binds']}", value=unit) + mark


def _source(voice: Voice, row: dict[Any, Any]) -> str:
    return f"{row['source']} ({row['year']}, {row['conf']})"


def _plain(voice: Voice, value: float) -> str:
    """48, 1.6: no digit that says nothing."""
    return voice.number(float(value), 0 if float(value).is_integer() else 1)
