"""What other analyses say before a plan is made: how many messages people bear, when they read them, who is near, what is being said.

Each of them tightens the brief (the plan's own brief is the tightened one, so that its check holds the plan to it) or makes pieces wait;
each change is a finding.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from mktlib.contacts import Load, load_of, reserved
from mktlib.errors import DataError, Finding, PlanError
from mktlib.planning.brief import Brief, Place, Segment
from mktlib.results import Result
from mktlib.vocabulary import Tables, finding, load_tables, nearest
from mktlib.wording import percent

NOBODY = "–"
"""A topic that has no name."""
CAPS = {7: "cap_per_week", 28: "cap_per_month"}
"""Days on end -> the entry of a segment that says how many messages one person bears in them."""
STANDS = 14
"""Days that an alarm stands, from when it was last looked at, where nobody says when it ended."""


def informed(
    brief: Brief, *, rhythm: Any = None, send_time: Any = None, places: Any = None, tables: Tables | None = None
) -> tuple[Brief, list[Finding]]:
    """(the brief with what is known put in, what was changed)."""
    found: list[Finding] = []
    if rhythm is not None:
        brief, found = _bearable(brief, _table(brief, "rhythm", rhythm, ("segment", "per_month", "best")))
    brief, taken = _beside_flows(brief, tables or load_tables())  # after the rhythm: it is one of campaigns and flows together
    found += taken
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


def _beside_flows(brief: Brief, tables: Tables) -> tuple[Brief, list[Finding]]:
    """Of the messages that one person bears, what life-cycle flows leave to campaigns. The flows are then taken: the brief that comes out
    names none, so that nothing is taken twice when it is planned again.

    Raises:
        DataError: a flow that no table has.
    """
    unknown = [name for name in brief.flows if name not in tables.flows]
    if unknown:
        known = ", ".join(tables.flows)
        said = [(f"flows.{name}", name, nearest(name, tables.flows)) for name in unknown]
        raise DataError([finding("E_BRIEF_WORD", brief.language, column=c, found=n, expected=known, hint=near) for c, n, near in said])
    if not brief.flows or not brief.segments:
        return brief, []
    segments, found = {}, []
    loads = {window: load_of(tables.flows, brief.flows, window) for window in CAPS}
    for name, row in brief.segments.items():
        left = {window: max(0, getattr(row, cap) - reserved(loads[window])) for window, cap in CAPS.items()}
        segments[name] = row.model_copy(update={CAPS[window]: most for window, most in left.items()})
        found += [_taken(brief, name, window, loads[window], most) for window, most in left.items() if most < getattr(row, CAPS[window])]
    return _changed(brief, segments).model_copy(update={"flows": {}}), found


def _taken(brief: Brief, segment: str, window: int, load: Load, most: int) -> Finding:
    """What flows take of one cap of a segment."""
    aside, where = reserved(load), f"segments.{segment}.{CAPS[window]}"
    values: dict[str, Any] = {"reserved": aside, "window": window, "most": most, "above": percent(load.above(aside), brief.language)}
    values["found"] = str(getattr(brief.segments[segment], CAPS[window]))
    if most:
        return finding("N_PLAN_FLOWS", brief.language, level="note", column=where, **values)
    return finding("W_PLAN_FLOWS_FULL", brief.language, level="warning", column=where, **values)


def _of_posts(send_time: Any) -> bool:
    """Whether the times are those of posts on networks (`best_times`), which say nothing of when a segment reads its messages."""
    return isinstance(send_time, Result) and send_time.facts.get("kind") == "posts"


def _hours(brief: Brief, send_time: pd.DataFrame, of_posts: bool) -> tuple[Brief, list[Finding]]:
    """(the brief with the hour at which a segment reads its messages, for the calendar; what was left as it was)."""
    if of_posts:
        names = ", ".join(sorted(set(send_time["segment"].astype(str))))
        return brief, [finding("N_PLAN_HOURS", brief.language, level="warning", column="send_time", found=names)]
    segments, found = {}, []
    for name, row in brief.segments.items():
        own = send_time[send_time["segment"] == name]
        mine = own if len(own) else send_time[send_time["segment"] == "all"]
        best = mine[mine["best"].astype(bool)]
        if len(best):
            hour, usual = _best_hour(best), row.hours.get("email")
            segments[name] = row.model_copy(update={"hours": {**row.hours, "email": hour}})
            where = f"segments.{name}.hours.email"
            was = NOBODY if usual is None else str(usual)
            found.append(finding("N_PLAN_HOUR", brief.language, level="note", column=where, found=was, most=str(hour)))
    return _changed(brief, segments), found


def _best_hour(best: pd.DataFrame) -> int:
    """The one hour for all days: that of which the times named bring most, all weekdays added up."""
    brings = best.assign(brings=best.get("rate", 1.0)).groupby(best["hour"].astype(int))["brings"].sum()
    return int(brings.index[int(brings.to_numpy().argmax())])


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
