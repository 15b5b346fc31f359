"""A plan as days: who makes what by when, and the day and hour at which each thing is published.

A plan speaks of weeks. Here each placement gets a day of its week that no mute and no rule of silence forbids (`tables/quiet.toml`),
spread so that a group of people hears little at once and the team has few things a day; each piece is due on the working day before it
is first shown. Nothing is drawn: the same plan gives the same days.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from mktlib.planning.brief import Brief
from mktlib.results import CALENDAR
from mktlib.vocabulary import Row, Tables, days_off, load_tables

HOUR = 9  # where a channel has no hour of its own


@dataclass(frozen=True)
class Silence:
    """When the tables and a brief allow something to be published."""

    brief: Brief
    tables: Tables
    _days: dict[tuple[int, str, str], tuple[dt.date, ...]] = field(default_factory=dict)

    def muted(self, day: dt.date, segment: str, channel: str) -> bool:
        """Whether the brief wants silence on a day."""
        mutes = (m for m in self.brief.mutes if m.segment in (None, segment) and m.channel in (None, channel))
        return any(m.first_day <= day <= m.last_day for m in mutes)

    def hours(self, day: dt.date, channel: str) -> list[int]:
        """The hours of a day (0 to 23) at which the rules of silence leave a channel alone."""
        rules = [rule for rule in self.tables.quiet.values() if channel in rule["channels"]]
        return [hour for hour in range(24) if not any(_silent(rule, day, hour, self.tables) for rule in rules)]

    def hour(self, day: dt.date, channel: str, segment: str) -> int:
        """The open hour nearest to the segment's own, else to the channel's usual one; that one itself where none is open."""
        people, usual = self.brief.segments.get(segment), int(self.tables.channels.get(channel, {}).get("hour", HOUR))
        usual = people.hours.get(channel, usual) if people else usual
        return min(self.hours(day, channel) or [usual], key=lambda hour: (abs(hour - usual), hour))

    def days(self, week: int, segment: str, channel: str) -> tuple[dt.date, ...]:
        """The open days of a week; where there are none, those that are at least not muted, else all: `check` then says so."""
        key = (week, segment, channel)
        if key not in self._days:
            every = self.brief.week_days(week) or [self.brief.last_day]
            calm = [day for day in every if not self.muted(day, segment, channel)]
            self._days[key] = tuple([day for day in calm if self.hours(day, channel)] or calm or every)
        return self._days[key]


def _silent(rule: Row, day: dt.date, hour: int, tables: Tables) -> bool:
    """Whether a rule of silence covers an hour; its night may run over midnight."""
    since, until = rule["since"], rule["until"]
    night = since <= hour < until if since <= until else hour >= since or hour < until
    return night or day.isoweekday() in rule["weekdays"] or any(day in days_off(tables.holidays[h], [day.year]) for h in rule["holidays"])


def working_day_before(day: dt.date, tables: Tables | None = None) -> dt.date:
    """The last day before this one that is neither a weekend nor a public holiday of the tables.

    >>> working_day_before(dt.date(2026, 10, 5)).isoformat()
    '2026-10-02'
    """
    tables = tables or load_tables()
    before = day - dt.timedelta(days=1)
    while before.isoweekday() > 5 or any(before in days_off(row, [before.year]) for row in tables.holidays.values()):
        before -= dt.timedelta(days=1)
    return before


def owner_of(brief: Brief, content_type: str) -> str:
    """Who makes a content type: the owner of its production, else of all production, else of the team; "" where nobody is named."""
    entries = (brief.production.get(content_type), brief.production.get("default"), brief.team)
    return next((entry.owner for entry in entries if entry is not None and entry.owner), "")


def calendar(brief: Brief, items: pd.DataFrame, schedule: pd.DataFrame, *, tables: Tables | None = None) -> pd.DataFrame:
    """One row a thing to do, by day.

    Columns: item content_type style length stage task (make | publish) owner due channel segment at quantity money.

    due: the day on which the piece must be ready. at: the day and hour of a publication, in the local time of those who are addressed;
    missing for the making. quantity: impressions or messages; a send that may not leave in one day (`brief.most_a_day`) has a row a day.
    money: the cost of the piece, or what its placement spends.

    >>> from mktlib.planning import brief_from_text
    >>> brief = brief_from_text("first_day = 2026-10-05\\nlast_day = 2026-10-11\\nbudget = 500\\n[channels]\\nemail = 0.01")
    >>> piece = {"item": "P01", "content_type": "newsletter", "style": "playful", "length": "short", "stage": "interest", "cost": 90.0,
    ...          "status": "make"}
    >>> shown = {"week": 1, "item": "P01", "segment": "parents", "channel": "email", "stage": "interest", "quantity": 1000.0, "spend": 10.0}
    >>> made = calendar(brief, pd.DataFrame([piece]), pd.DataFrame([shown]))
    >>> [(row.task, str(row.due.date()), str(row.at)) for row in made.itertuples()]
    [('make', '2026-10-02', 'NaT'), ('publish', '2026-10-02', '2026-10-05 10:00:00')]
    """
    silence = Silence(brief, tables or load_tables())
    placed = [shown for channel in _each_channel(silence, items, schedule) for shown in channel]
    first: dict[str, dt.date] = {}
    for item, when in ((str(schedule["item"].iloc[k]), when.date()) for k, when, _ in placed):
        first[item] = min(when, first.get(item, when))
    due = {item: working_day_before(day, silence.tables) for item, day in first.items()}
    pieces: dict[str, Any] = {str(row["item"]): row for row in items[items["status"] == "make"].to_dict("records")}
    rows = [_row(brief, piece, due.get(name), task="make", money=piece["cost"]) for name, piece in pieces.items() if name in due]
    records: list[Any] = schedule.to_dict("records")
    for k, when, part in placed:
        shown = records[k]
        piece = pieces.get(str(shown["item"]), {"item": shown["item"], "stage": shown["stage"]})
        where = {"channel": shown["channel"], "segment": shown["segment"], "quantity": shown["quantity"] * part, "at": when}
        rows.append(_row(brief, piece, due.get(str(shown["item"])), task="publish", money=shown["spend"] * part, **where))
    return _in_order(pd.DataFrame(rows, columns=list(CALENDAR)))


def _row(brief: Brief, piece: Mapping[str, Any], due: dt.date | None, **known: Any) -> dict[str, Any]:
    named = {key: str(piece.get(key, "")) for key in ("item", "content_type", "style", "length", "stage")}
    empty = {"channel": "", "segment": "", "at": None, "quantity": 0.0}
    return {**named, "owner": owner_of(brief, named["content_type"]), "due": due, **empty, **known}


def _in_order(table: pd.DataFrame) -> pd.DataFrame:
    """Typed, and sorted by when: a piece on the day on which it is due, before what is published then."""
    table = table.astype({"due": "datetime64[s]", "at": "datetime64[s]", "quantity": float, "money": float})
    table = table.assign(_when=table["at"].fillna(table["due"]))
    return table.sort_values(["_when", "task", "item", "channel", "segment"], kind="stable", ignore_index=True).drop(columns="_when")


Placed = tuple[int, dt.datetime, float]
"""Row of the schedule, day and hour, the part of the row's quantity that is published then."""


def _each_channel(silence: Silence, items: pd.DataFrame, schedule: pd.DataFrame) -> Iterator[list[Placed]]:
    """When the rows of a schedule are published. A piece goes to all segments of a channel at once, where they share their open days."""
    urgent = _urgent(silence.brief, items, schedule)
    groups: dict[tuple[Any, ...], list[int]] = {}
    rows = list(schedule[["week", "item", "channel", "segment"]].itertuples(index=False, name=None))
    for k, (week, item, channel, segment) in enumerate(rows):
        days = silence.days(int(week), str(segment), str(channel))
        latest = urgent.get((int(week), str(item), str(channel)))
        days = tuple(day for day in days if latest is None or day <= latest) or days
        groups.setdefault((int(week), str(item), str(channel), days), []).append(k)
    diary, quantity = Diary(silence), schedule["quantity"].to_numpy(float)
    for (_, _, channel, days), members in sorted(groups.items()):
        segments = [str(rows[k][3]) for k in members]
        if math.isinf(silence.brief.most_a_day(channel)):
            yield diary.together(days, channel, members, segments)
        else:
            for k, segment in zip(members, segments, strict=True):
                yield diary.apart(days, channel, k, segment, quantity[k])


@dataclass(frozen=True)
class Diary:
    """What stands on each day so far: messages to a group of people, things to do, messages that left."""

    silence: Silence
    told: Counter[tuple[dt.date, str, str]] = field(default_factory=Counter)
    busy: Counter[dt.date] = field(default_factory=Counter)
    sent: dict[tuple[dt.date, str], float] = field(default_factory=dict)

    def calmest(self, days: Sequence[dt.date], channel: str, segments: Iterable[str]) -> list[dt.date]:
        """The days on which these people hear least on the channel first, then those with the fewest things to do, then the earliest."""
        named = sorted(set(segments))
        return sorted(days, key=lambda day: (sum(self.told[day, channel, s] for s in named), self.busy[day], day))

    def together(self, days: Sequence[dt.date], channel: str, members: list[int], segments: list[str]) -> list[Placed]:
        """All of them on one day."""
        day = self.calmest(days, channel, segments)[0]
        return [(k, self._note(day, channel, segment, first=k == members[0]), 1.0) for k, segment in zip(members, segments, strict=True)]

    def apart(self, days: Sequence[dt.date], channel: str, k: int, segment: str, quantity: float) -> list[Placed]:
        """Over as many days as a sender needs who may only send so many messages a day; what no day can take goes on the last one."""
        most, left, found = self.silence.brief.most_a_day(channel), quantity, list[Placed]()
        order = self.calmest(days, channel, [segment])
        for day in order:
            room = max(0.0, most - self.sent.get((day, channel), 0.0))
            part = left if day == order[-1] else min(left, room)
            if part > 0 or (quantity <= 0 and not found):
                self.sent[day, channel] = self.sent.get((day, channel), 0.0) + part
                found.append((k, self._note(day, channel, segment, first=not found), part / quantity if quantity > 0 else 1.0))
            left -= part
            if left <= 0:
                break
        return found

    def _note(self, day: dt.date, channel: str, segment: str, *, first: bool) -> dt.datetime:
        self.told[day, channel, segment] += 1
        self.busy[day] += first
        return dt.datetime.combine(day, dt.time(self.silence.hour(day, channel, segment)))


def _urgent(brief: Brief, items: pd.DataFrame, schedule: pd.DataFrame) -> dict[tuple[int, str, str], dt.date]:
    """The latest day of the placement that keeps a fixed date, where nothing that fits is shown in an earlier week."""
    found: dict[tuple[int, str, str], dt.date] = {}
    whole = schedule.merge(items[["item", "content_type", "style", "length"]].drop_duplicates("item"), on="item", how="left")
    for date in brief.fixed_dates:
        week = (date.day - brief.first_day).days // 7 + 1
        fits = whole[date.rows(whole) & (whole["week"] <= week)].sort_values(["week", "item", "channel"], kind="stable")
        if len(fits) and int(fits.iloc[0]["week"]) == week:
            key = (week, str(fits.iloc[0]["item"]), str(fits.iloc[0]["channel"]))
            found[key] = min(date.day, found.get(key, date.day))
    return found
