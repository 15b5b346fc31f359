"""What is still to be found out, and one card a network, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from mktlib.reporting.audience import first_of, group_label
from mktlib.reporting.drafts import Draft, statistics
from mktlib.reporting.facts import Facts
from mktlib.reporting.grid import Column, Grid, Row, Spec, grid
from mktlib.reporting.voice import Voice
from mktlib.results import NetworkCards, Research

MOST_LIMITS = 4


def research_draft(voice: Voice, result: Research, facts: Facts) -> Draft:
    """The first thing to find out and how; what people ask in search; the whole list."""
    table, by = result.table, str(facts.get("by", "segment"))
    if table.empty:
        return Draft(headline=voice.say("research.none"), sentences=[], tables=[], details=[])
    names = [unknown_label(voice, row, by) for row in table.to_dict("records")]
    headline = voice.count("research.headline", int(facts.get("unknowns", len(table))), name=names[0][:1].lower() + names[0][1:])
    table = table.assign(text=[_asked(voice, row) for row in table.to_dict("records")])
    sentences = [*_first(voice, table.iloc[0]), *_searched(voice, facts)]
    named = table.assign(
        unknown=names, means=[voice.label("means", m) if m else "" for m in table["means"]],
        whom=[voice.label("whom", w) for w in table["whom"]],
        need=[need(voice, row) for row in table.to_dict("records")],
    )  # fmt: skip
    spec: list[Spec] = [("rank", "number"), ("unknown", "text"), ("means", "text"), ("whom", "text"), ("text", "text"), ("need", "text")]
    spec += [("change", "percent")] if voice.analyst else []
    tables = [grid(voice, named, spec, caption=voice.say("research.caption"), facts=facts)]
    if len(result.queries):
        asked: list[Spec] = [
            ("query", "text"),
            ("impressions", "number"),
            ("clicks", "number"),
            ("click_rate", "percent"),
            ("position", "number"),
            ("unmet", "yes"),
        ]
        known = result.queries.drop(columns="position") if result.queries["position"].isna().all() else result.queries
        tables.append(grid(voice, known, asked, caption=voice.say("research.queries"), facts=facts))
    return Draft(headline=headline, sentences=sentences, tables=tables, details=statistics(voice, facts, level="percent"))


def unknown_label(voice: Voice, row: Any, by: str) -> str:
    """An unknown in words, and what it is about."""
    name = voice.label("research", row["question"]) if row["question"] in voice.tables.research else voice.label("unknown", row["unknown"])
    about = str(row["about"])
    if not about:
        return name
    if row["unknown"] == "unmet":
        return voice.say("research.about", name=name, about=voice.text(about))
    axes = (by, "stage") if row["unknown"].startswith("cell_") else (by, by)
    parts = [group_label(voice, axis, part) for axis, part in zip((*axes, *[by] * 9), about.split(" / "), strict=False)]
    return voice.say("research.about", name=name, about=" / ".join(parts))


def _asked(voice: Voice, row: Any) -> str:
    """The question in the reader's language, where the tables have it."""
    said = voice.tables.research.get(row["question"], {}).get("says", {})
    return str(said.get(voice.language, said.get("en", row["text"])))


def need(voice: Voice, row: Any) -> str:
    """How many answers, views or people; "" where none are asked for."""
    if not np.isfinite(row["answers"]):
        return ""
    many = voice.number(int(row["answers"]))
    if row["unknown"].startswith("overlap_"):
        return voice.say("research.each", many=many)
    return voice.say("research.views", many=many) if row["means"] == "test" else many


def _first(voice: Voice, row: pd.Series) -> list[str]:
    """How to find out the first thing, and how many answers are enough."""
    if not row["means"]:
        return []
    means, whom = voice.label("means", row["means"]), voice.label("whom", row["whom"])
    said = [voice.say("research.first", means=means[:1].lower() + means[1:], whom=whom, text=voice.text(row["text"]))]
    if np.isfinite(row["answers"]) and np.isfinite(row["margin"]) and row["means"] == "survey":
        said.append(voice.say("research.answers", many=voice.number(int(row["answers"])), margin=voice.percent(row["margin"])))
    elif np.isfinite(row["answers"]) and row["means"] == "interview":
        said.append(voice.say("research.themes", many=voice.number(int(row["answers"]))))
    return said


def _searched(voice: Voice, facts: Facts) -> list[str]:
    """What people ask in search, and what they do not find."""
    said = [voice.say("research.questions", many=voice.number(int(facts["questions"])))] if facts.get("questions") else []
    return [*said, *([voice.count("research.unmet", int(facts["unmet"]))] if facts.get("unmet") else [])]


# ---------------------------------------------------------------- networks


def cards_draft(voice: Voice, result: NetworkCards, facts: Facts) -> Draft:
    """Who engages most, as far as it is shown; then a card a network."""
    headline = voice.count("cards.plain", len(result.table))
    first = first_of(voice, result.table, "engagement_rate", "network")
    if first and len(result.table) > 1:
        headline = voice.say("cards.shown" if first[1] else "cards.seems", **first[0])
    heads = (Column(voice.say("cards.what")), Column(voice.say("cards.value")))
    cards = []
    for row in result.table.to_dict("records"):
        lines = tuple(Row(pair) for pair in _card(voice, result, row))
        note = voice.say("cards.star") if any(" *" in cell for line in lines for cell in line.cells) else ""
        cards.append(Grid(caption=voice.label("network", row["network"]), columns=heads, rows=lines, note=note))
    return Draft(headline=headline, sentences=[], tables=cards, details=statistics(voice, facts, level="percent"))


def _card(voice: Voice, result: NetworkCards, row: Any) -> Iterator[tuple[str, str]]:
    """The lines of one card."""
    known = voice.tables.networks.get(str(row["network"]), {}).get("good_for", {})
    if known:
        yield voice.say("cards.good_for"), str(known.get(voice.language, known.get("en", "")))
    mine = result.formats[result.formats["network"] == row["network"]].to_dict("records")
    if usual := [voice.inner("content_type", f["content_type"]) for f in mine if f["usual"]]:
        yield voice.say("cards.formats"), voice.names(usual, most=12)
    ours = sorted((f for f in mine if f["ours"]), key=lambda f: -f["ours"])
    said = [voice.say("cards.ours", name=voice.inner("content_type", f["content_type"]), many=voice.number(int(f["ours"]))) for f in ours]
    posts = voice.number(int(row["posts"]))
    yield voice.say("cards.record"), voice.say("cards.record_of", posts=posts, names=voice.names(said, most=6)) if said else posts
    yield from _record(voice, row)
    if limits := [
        _limit(voice, spec) for spec in result.limits[result.limits["network"] == row["network"]].head(MOST_LIMITS).to_dict("records")
    ]:
        yield voice.say("cards.limits"), "; ".join(limits) if voice.language == "en" else "\u202f; ".join(limits)


def _record(voice: Voice, row: Any) -> Iterator[tuple[str, str]]:
    """What our posts did there."""
    for column, key in (("reach_per_post", "reach"), ("engagement_rate", "engagement")):
        if np.isfinite(row.get(column, np.nan)):
            yield voice.say(f"cards.{key}"), _ranged(voice, row, column, rate=column == "engagement_rate")
    if isinstance(row.get("best_format"), str):
        values = {"name": voice.label("content_type", row["best_format"]), "rate": voice.percent(row["best_rate"])}
        values["within"] = voice.within(voice.percent(row["best_low"]), voice.percent(row["best_high"]))
        yield voice.say("cards.best"), voice.say("cards.best_shown" if row["best_verdict"] == "make" else "cards.best_seems", **values)
    if np.isfinite(row.get("followers", np.nan)):
        yield voice.say("cards.followers"), voice.number(float(row["followers"]), 0)
    if np.isfinite(row.get("growth", np.nan)):
        yield voice.say("cards.growth"), _ranged(voice, row, "growth", rate=True)


def _ranged(voice: Voice, row: Any, column: str, *, rate: bool) -> str:
    """A number with its range, where it has one."""

    def said(value: float) -> str:
        return voice.percent(value) if rate else voice.number(value, 0)

    ends = [row.get(f"{column}_{end}", np.nan) for end in ("low", "high")]
    if not np.isfinite(ends).all():
        return said(row[column])
    return voice.say("cards.ranged", rate=said(row[column]), within=voice.within(*map(said, ends)))


def _limit(voice: Voice, spec: Any) -> str:
    """One limit in words; what is doubtful carries a star."""
    row = voice.tables.specs[spec["spec"]]
    name = str(row["label"].get(voice.language, row["label"]["en"])) + (" *" if spec["conf"] in ("S", "K") else "")
    unit = str(spec["unit"])

    def said(value: Any) -> str:
        many = voice.number(float(value), 0) if isinstance(value, int | float) else voice.text(value)
        return voice.say(f"cards.unit.{unit}", many=many) if unit in ("characters", "pixels") else f"{many} {voice.text(unit)}"

    known = {
        k: said(spec[k]) for k in ("most", "advised") if spec[k] is not None and not (isinstance(spec[k], float) and np.isnan(spec[k]))
    }
    return voice.say(
        "cards.limit_advised" if len(known) == 2 else "cards.limit" if "most" in known else "cards.limit_only", name=name, **known
    )
