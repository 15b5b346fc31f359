"""Segments of an audience in words: who they are, what sets them apart, what they like, and whether they hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mktlib.reporting.drafts import Draft, statistics
from mktlib.reporting.facts import Facts
from mktlib.reporting.grid import Grid, Spec, grid
from mktlib.reporting.voice import Voice
from mktlib.results import Segmentation
from mktlib.wording import list_of

MOST_TRAITS, MOST_OPTIONS = 4, 3
LIKED = {"preferred_format": "content_type", "preferred_length": "length", "preferred_style": "style"}


def segmentation_draft(voice: Voice, result: Segmentation, facts: Facts) -> Draft:
    """How many hold; each with its traits and likes; what is not clear."""
    people, count = voice.number(facts["people"]), facts["segments"]
    if count < 2:
        return Draft(
            headline=voice.say("segmentation.none", people=people),
            sentences=[],
            tables=_choice(voice, result, facts),
            details=_details(voice, facts),
        )
    shown = facts.get("p") is not None and facts["p"] <= 0.05
    headline = voice.count("segmentation.headline" if shown else "segmentation.not_shown", count, people=people)
    sentences = [*([_holding(voice, result, facts)] if shown else [])]
    for row in result.table.to_dict("records"):
        sentences.append(_portrait(voice, result, facts, row))
    if facts["uncertain"] >= 0.005:
        sentences.append(voice.say("segmentation.uncertain", share=voice.percent(facts["uncertain"])))
    return Draft(headline=headline, sentences=sentences, tables=_tables(voice, result, facts), details=_details(voice, facts))


def name_of(voice: Voice, facts: Facts, segment: Any) -> str:
    """The segment's own name; the tables' where there is one."""
    if str(segment) in voice.tables.segments:
        return voice.label("segment", segment)
    return voice.text(facts["names"].get(segment, {}).get(voice.language, segment))


def _holding(voice: Voice, result: Segmentation, facts: Facts) -> str:
    shaky = [name_of(voice, facts, s) for s in result.table.loc[~result.table["stable"].astype(bool), "segment"]]
    if not shaky:
        return voice.count("segmentation.stable", len(result.table))
    return voice.count("segmentation.unstable", len(shaky), names=voice.names(shaky, most=9))


def _portrait(voice: Voice, result: Segmentation, facts: Facts, row: Mapping[Any, Any]) -> str:
    """Size and traits; what they like more often than everybody; what else differs."""
    name = name_of(voice, facts, row["segment"])
    mine = result.traits[(result.traits["segment"] == row["segment"]) & result.traits["holds"]]
    mine = mine[(mine["kind"] != "share") | (mine["effect"] > 0)].drop_duplicates("column")  # what they say, rather than what they do not
    building = _told(voice, mine[mine["role"] == "builds"].head(MOST_TRAITS))
    said = {
        "name": name,
        "share": voice.percent(row["share"]),
        "within": voice.within(voice.percent(row["low"]), voice.percent(row["high"])),
    }
    out = [voice.say("segmentation.who", **said, traits=building) if building else voice.say("segmentation.who_plain", **said)]
    liked = _more_liked(result.likes, row["segment"]).head(MOST_OPTIONS)
    if len(liked):
        options = voice.say("segmentation.join").join(_option(voice, r) for r in liked.to_dict("records"))
        out.append(voice.say("segmentation.likes", options=options))
    other = mine[(mine["role"] == "describes") & ~mine["column"].isin(list(LIKED))].head(MOST_TRAITS)
    return " ".join([*out, *([voice.say("segmentation.also", traits=_told(voice, other))] if len(other) else [])])


def _more_liked(likes: pd.DataFrame, segment: str) -> pd.DataFrame:
    """The contents that a segment's people name or engage with more often than everybody, the interval above the average."""
    mine = likes[(likes["segment"] == segment) & (likes["low"] > likes["average"]) & (likes["axis"] != "daypart")]
    return mine.assign(times=mine["share"] / mine["average"]).sort_values("times", ascending=False, kind="stable")


def _option(voice: Voice, row: Mapping[Any, Any]) -> str:
    within = voice.within(voice.percent(row["low"]), voice.percent(row["high"]))
    values = {"share": voice.percent(row["share"]), "within": within, "average": voice.percent(row["average"])}
    return voice.say(f"segmentation.option_{row['source']}", name=voice.label(row["axis"], row["option"]), **values)


def _told(voice: Voice, rows: pd.DataFrame) -> str:
    return voice.say("segmentation.join").join(trait(voice, row) for row in rows.to_dict("records"))


def trait(voice: Voice, row: Mapping[Any, Any]) -> str:
    """One trait beside everybody else."""
    column = voice.inner("column", row["column"])
    how = voice.percent if row["kind"] == "share" else _number(voice)
    values = {"column": column, "inside": how(row["inside"]), "outside": how(row["outside"])}
    if row["level"] in ("(blank)", "(never)"):
        return voice.say(f"segmentation.{row['level'].strip('()')}", **values)
    if row["kind"] != "share":
        return voice.say(f"segmentation.{row['kind']}", **values)
    return voice.say("segmentation.share", **values, level=voice.label(LIKED.get(row["column"], row["column"]), row["level"]))


def _number(voice: Voice) -> Any:
    return lambda x: voice.number(x, 0 if abs(x) >= 20 or abs(x) < 0.0005 else 1 if abs(x) >= 1 else 2 if abs(x) >= 0.1 else 3)


def _tables(voice: Voice, result: Segmentation, facts: Facts) -> list[Grid]:
    names = {s: name_of(voice, facts, s) for s in result.table["segment"]}
    spec: list[Spec] = [
        ("segment", "text"),
        ("people", "number"),
        ("share", "percent"),
        ("low", "percent"),
        ("high", "percent"),
        ("stable", "yes"),
    ]
    spec += [("stability", "number"), ("unclear", "percent")] if voice.analyst else []
    tables = [
        grid(
            voice,
            result.table.rename(columns={"uncertain": "unclear"}).assign(segment=result.table["segment"].map(names)),
            spec,
            caption=voice.say("segmentation.caption"),
            facts=facts,
        )
    ]
    liked = (
        result.likes.sort_values(["axis", "option", "source"], kind="stable")
        if voice.analyst
        else result.likes[result.likes["axis"] != "daypart"]
    )
    liked = liked if voice.analyst else liked[(liked["low"] > liked["average"]) | (liked["high"] < liked["average"])]
    if len(liked):
        words = [voice.label(a, o) for a, o in zip(liked["axis"], liked["option"], strict=True)]
        about = [voice.column(a) for a in liked["axis"]]
        shown = liked.assign(segment=liked["segment"].map(names), axis=about, option=words)
        columns: list[Spec] = [
            ("segment", "text"),
            ("axis", "text"),
            ("option", "text"),
            ("share", "percent"),
            ("low", "percent"),
            ("high", "percent"),
        ]
        columns += [("average", "percent"), *([("people", "number")] if voice.analyst else [])]
        tables.append(
            grid(voice, shown, columns, caption=voice.say("segmentation.likes_caption"), facts=facts, most=None if voice.analyst else 15)
        )
    if voice.analyst:
        tables += [_traits(voice, result, names, facts), *_choice(voice, result, facts)]
    return tables


def _traits(voice: Voice, result: Segmentation, names: dict[str, str], facts: Facts) -> Grid:
    """Traits that hold, numbers beside shares each in its own unit."""
    held = result.traits[result.traits["holds"]]
    how = [voice.percent if kind == "share" else _number(voice) for kind in held["kind"]]
    said = {c: [say(x) for say, x in zip(how, held[c], strict=True)] for c in ("inside", "outside", "difference", "low", "high")}
    words = [
        voice.column(c) + (f" · {_level(voice, c, level)}" if level else "") for c, level in zip(held["column"], held["level"], strict=True)
    ]
    role = [voice.say(f"segmentation.role.{r}") for r in held["role"]]
    shown = pd.DataFrame(
        {"segment": held["segment"].map(names), "trait": words, "in_segment": said["inside"], "elsewhere": said["outside"]}
    )
    shown = shown.assign(difference=said["difference"], low=said["low"], high=said["high"], role=role)
    spec: list[Spec] = [
        ("segment", "text"),
        ("trait", "text"),
        *[(c, "text") for c in ("in_segment", "elsewhere", "difference", "low", "high", "role")],
    ]
    return grid(voice, shown, spec, caption=voice.say("segmentation.traits_caption"), facts=facts, most=60)


def _level(voice: Voice, column: str, level: str) -> str:
    if level in ("(blank)", "(never)"):
        return voice.say(f"segmentation.role.{level.strip('()')}")
    return voice.label(LIKED.get(column, column), level)


def _choice(voice: Voice, result: Segmentation, facts: Facts) -> list[Grid]:
    if not voice.analyst or result.choice.empty:
        return []
    spec: list[Spec] = [("segments", "whole"), ("strength", "number"), ("std_error", "number"), ("kept", "yes")]
    return [
        grid(
            voice,
            result.choice.rename(columns={"error": "std_error", "chosen": "kept"}),
            spec,
            caption=voice.say("segmentation.choice_caption"),
            facts=facts,
        )
    ]


def _details(voice: Voice, facts: Facts) -> list[tuple[str, str]]:
    known = statistics(voice, facts, people="number", level="percent")
    if facts.get("p") is not None:
        known.append((voice.say("segmentation.chance"), voice.number(facts["p"], 3)))
    return [*known, (voice.say("segmentation.used"), list_of([voice.column(c) for c in facts["features"]], voice.language))]
