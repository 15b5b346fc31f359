"""What other analyses say before a plan is made: how many messages people bear, when they read them, who is near, what is being said.

Each of them tightens the brief (the plan's own brief is the tightened one, so that its check holds the plan to it) or makes pieces wait;
each change is a finding.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from mktlib.errors import DataError, Finding, PlanError
from mktlib.planning.brief import Brief, Place, Segment
from mktlib.results import Result
from mktlib.vocabulary import finding

NOBODY = "–"
"""A topic that has no name."""
STANDS = 14
"""Days that an alarm stands, from when it was last looked at, where nobody says when it ended."""


def informed(brief: Brief, *, rhythm: Any = None, send_time: Any = None, places: Any = None) -> tuple[Brief, list[Finding]]:
    """(the brief with what is known put in, what was changed)."""
    found: list[Finding] = []
    if rhythm is not None:
        brief, found = _bearable(brief, _table(brief, "rhythm", rhythm, ("segment", "per_month", "best")))
    if send_time is not None:
        brief, kept = _hours(brief, _table(brief, "send_time", send_time, ("segment", "hour", "best")), _of_posts(send_time))
        found += kept
    if places is not None:
        brief, lost = _near(brief, _table(brief, "places", places, ("place", "people")))
        found += lost
    return brief, found


def _table(brief: Brief, name: str, known: Any, columns: Sequence[str]) -> pd.DataFrame:
    """The table of a result, or a frame as it is, with the columns that are needed.

    Raises:
        DataError: it is neither, or lacks a column.
    """
    table = known.table if isinstance(known, Result) else known
    if not isinstance(table, pd.DataFrame):
        wanted = f"{name}=DataFrame({', '.join(columns)})"
        raise DataError(finding("E_OPTION", brief.language, column=name, found=type(known).__name__, expected=wanted))
    lacking = [c for c in columns if c not in table]
    if lacking:
        there = ", ".join(map(str, table.columns))
        raise DataError([finding("E_MISSING_COLUMN", brief.language, file=name, column=c, expected=c, found=there) for c in lacking])
    return table


def _changed(brief: Brief, segments: dict[str, Segment]) -> Brief:
    return brief.model_copy(update={"segments": {**brief.segments, **segments}})


def _bearable(brief: Brief, rhythm: pd.DataFrame) -> tuple[Brief, list[Finding]]:
    """No more messages a month than a segment's best rhythm; a table of one row for all counts for all."""
    best = rhythm[rhythm["best"].astype(bool)]
    segments, found = {}, []
    for name, row in brief.segments.items():
        mine = best.loc[best["segment"].isin([name, "all"]), "per_month"]
        if len(mine) and (cap := int(mine.min())) < row.cap_per_month:
            segments[name] = row.model_copy(update={"cap_per_month": cap})
            where = f"segments.{name}.cap_per_month"
            found.append(finding("N_PLAN_RHYTHM", brief.language, level="note", column=where, found=str(row.cap_per_month), most=str(cap)))
    return _changed(brief, segments), found


def _of_posts(send_time: Any) -> bool:
    """Whether the times are those of posts on networks (`best_times`), which say nothing of when a segment reads its messages."""
    return isinstance(send_time, Result) and send_time.facts.get("kind") == "posts"


def _hours(brief: Brief, send_time: pd.DataFrame, of_posts: bool) -> tuple[Brief, list[Finding]]:
    """(the brief with the hour at which a segment reads its messages, for the calendar; what was left as it was)."""
    if of_posts:
        names = ", ".join(sorted(set(send_time["segment"].astype(str))))
        return brief, [finding("N_PLAN_HOURS", brief.language, level="warning", column="send_time", found=names)]
    best = send_time[send_time["best"].astype(bool)]
    segments = {}
    for name, row in brief.segments.items():
        mine = best[best["segment"].isin([name, "all"])]
        if len(mine):
            segments[name] = row.model_copy(update={"hours": {**row.hours, "email": int(mine["hour"].iloc[0])}})
    return _changed(brief, segments), []


def _near(brief: Brief, places: pd.DataFrame) -> tuple[Brief, list[Finding]]:
    """The share of each segment that was counted near a place, in place of the brief's own guess."""
    known: dict[str, Place] = {}
    for name, row in brief.places.items():
        mine = places[places["place"].astype(str) == name]
        if mine.empty:
            continue
        if "segment" in mine:
            people = mine.groupby(mine["segment"].astype(str))["people"].sum()
        else:  # nobody said of which segment: they are spread over all as their sizes are
            size = sum(segment.size for segment in brief.segments.values())
            people = pd.Series({s: mine["people"].sum() * segment.size / size for s, segment in brief.segments.items()}, dtype=float)
        share = {s: min(1.0, float(people.get(s, 0.0)) / segment.size) for s, segment in brief.segments.items()}
        known[name] = row.model_copy(update={"share": share})
    lost = sorted(set(places["place"].astype(str)) - set(brief.places))
    found = [finding("N_PLAN_PLACE", brief.language, level="warning", column="places", found=name) for name in lost]
    return brief.model_copy(update={"places": {**brief.places, **known}}), found


def on_hold(ideas: pd.DataFrame, brief: Brief, watch: Any) -> tuple[pd.DataFrame, pd.DataFrame, list[Finding]]:
    """(ideas to plan with, ideas that wait, why): pieces on a topic whose alert stands are not shown.

    `topics` in the brief says which pieces speak of a topic. A crisis on a topic that it does not know makes everything wait; an alert on
    one is told, and nothing waits.
    """
    if watch is None:
        return ideas, ideas.iloc[:0], []
    alarms = _table(brief, "watch", watch, ("at", "level", "topic"))
    waits, found = pd.Series(False, index=ideas.index), []
    seen = watch.facts.get("as_of") if isinstance(watch, Result) else None
    standing = list(_standing(alarms, brief, seen))
    for level, topic in standing:
        known = brief.topics.get(topic)
        if known is not None:
            waits |= known.rows(ideas)
            found.append(finding("N_PLAN_HOLD", brief.language, level="warning", column=f"topics.{topic}", found=topic, alarm=level))
        elif level == "crisis":
            waits[:] = True
            found.append(finding("N_PLAN_HOLD_ALL", brief.language, level="warning", column="topics", found=topic or NOBODY))
        else:
            found.append(finding("N_PLAN_ALERT", brief.language, level="warning", column="topics", found=topic or NOBODY))
    if waits.all() and len(ideas):
        raise PlanError(finding("E_PLAN_HOLD", brief.language, column="watch", found=", ".join(t or NOBODY for _, t in standing)))
    return ideas[~waits].reset_index(drop=True), ideas[waits].reset_index(drop=True), found


def _standing(alarms: pd.DataFrame, brief: Brief, seen: Any = None) -> Iterator[tuple[str, str]]:
    """(level, topic) of the alarms that stand on the first day of the campaign, each topic once, the worst level.

    seen: when a watch was last looked at; an alarm that it does not end stood then.
    """
    table = alarms[alarms["level"].isin(["alert", "crisis"])]
    since = pd.to_datetime(table["at"], utc=True).dt.date
    until = pd.to_datetime(table["until"], utc=True).dt.date if "until" in table else pd.Series(None, index=table.index, dtype=object)
    last = dt.date.min if seen is None else pd.Timestamp(seen).date()
    ends = pd.Series(
        [u if pd.notna(u) else max(s, last) + dt.timedelta(days=STANDS) for u, s in zip(until, since, strict=True)], index=table.index
    )
    table = table[(ends >= brief.first_day).to_numpy(bool) & (since <= brief.last_day).to_numpy(bool)]
    levels = table.assign(topic=table["topic"].astype(str)).groupby("topic", sort=True)["level"]
    yield from ((("crisis" if (mine == "crisis").any() else "alert"), str(topic)) for topic, mine in levels)
