"""Journeys from touches: cut at purchases, within a look-back window, and put together where they are alike.

A journey is what one person met until a purchase, or until the data end. People who never bought are kept as distinct paths with
counts; those who bought are kept one by one, because whole people are redrawn for the ranges. The same arrays come out of a frame in
memory and of a file that is read slice by slice, a slice holding whole people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mktlib.errors import DataError, Finding
from mktlib.intake.touch_files import from_file, is_on_disk
from mktlib.intake.touches import NOWHERE, UNTOLD, Touches, TouchLog, Wanted, from_frame, word
from mktlib.vocabulary import finding, progress

DAY = 86_400_000_000
DIRECT = frozenset({"direct", "(direct)", "(direct) / (none)", "direct / none", "accès direct"})
"""How a visit that no channel is known for is written."""


@dataclass(frozen=True, kw_only=True)
class Paths:
    """Journeys one after the other: code (all touches; place of the channel), start (n + 1,): where each begins."""

    code: np.ndarray
    start: np.ndarray

    def __len__(self) -> int:
        return len(self.start) - 1

    @property
    def length(self) -> np.ndarray:
        return np.asarray(np.diff(self.start))

    @property
    def of(self) -> np.ndarray:
        """The journey of each touch."""
        return np.repeat(np.arange(len(self)), self.length)

    def only(self, which: np.ndarray) -> Paths:
        """The journeys at these places, in this order."""
        length = self.length[which]
        start = np.concatenate([[0], np.cumsum(length)])
        at = np.repeat(self.start[:-1][which] - start[:-1], length) + np.arange(start[-1])
        return Paths(code=self.code[at], start=start)


@dataclass(frozen=True, kw_only=True)
class Journeys:
    """channels: names. Of people who bought: paths, age (days from each touch to the end of its journey), bought (n,) bool, value (n,),
    buyer (n,): who, held (buyers,). Of the others, distinct: null, null_count (people), null_held. touches, people: by channel (K,).
    counted: rows and journeys by what was odd about them; groups: {1, 0, UNTOLD: (people, purchases, sum of squares, of values, of their
    squares)}. valued: whether purchases have a value."""

    channels: tuple[str, ...]
    paths: Paths
    age: np.ndarray
    bought: np.ndarray
    value: np.ndarray
    buyer: np.ndarray
    held: np.ndarray
    null: Paths
    null_count: np.ndarray
    null_held: np.ndarray
    touches: np.ndarray
    people: np.ndarray
    counted: Mapping[str, int]
    groups: Mapping[int, tuple[float, ...]]
    valued: bool
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Window:
    """days: touches older than that before the end of their journey are left out; direct: channels left out beside others (K,) bool."""

    days: float
    direct: np.ndarray


def read_journeys(source: Any, wanted: Wanted, *, days: float, direct: str, wrong: list[Finding]) -> Journeys:
    """Journeys from a frame of any engine, or from a .parquet or .csv file in slices that fit in memory.

    direct: "keep", or "ignore" beside any other channel of the journey. `wrong` is raised with whatever is wrong with the source.

    Raises:
        DataError: every problem at once.
    """
    log = from_file(source, wanted, wrong) if is_on_disk(source) else from_frame(source, wanted, wrong)
    window = Window(days=days, direct=np.array([direct == "ignore" and word(c) in DIRECT for c in log.channels], bool))
    cuts = [cut(t, window, log) for t in progress(log.slices, total=log.many, desc="journeys", unit="slice")]
    return _joined(log, cuts)


def cut(touches: Touches, window: Window, log: TouchLog) -> Journeys:
    """The journeys of some whole people."""
    order = np.lexsort((touches.bought, touches.at, touches.person))  # stable: rows of one moment keep their order, purchases come last
    person, at, channel, bought = (x[order] for x in (touches.person, touches.at, touches.channel, touches.bought))
    n = len(person)
    new = np.ones(n, bool)
    new[1:] = person[1:] != person[:-1]
    opens = new.copy()
    opens[1:] |= bought[:-1]
    of = np.cumsum(opens) - 1
    end = np.append(np.flatnonzero(opens)[1:] - 1, n - 1) if n else np.zeros(0, int)
    who = (np.cumsum(new) - 1)[end]  # of each journey
    age = (at[end][of] - at) / DAY
    touch = channel != NOWHERE
    recent = touch & (age <= window.days)
    lone = window.direct[np.where(touch, channel, 0)] & touch if len(window.direct) else np.zeros(n, bool)
    other = np.bincount(of[recent & ~lone], minlength=len(end)) > 0
    kept = recent & ~(lone & other[of])
    start = np.concatenate([[0], np.cumsum(np.bincount(of[kept], minlength=len(end)))])
    whole = Paths(code=channel[kept], start=start)
    ends = bought[end] if n else np.zeros(0, bool)
    value = np.where(ends, touches.value[order][end], 0.0) if n else np.zeros(0)
    held, mixed = _by_person(touches.held[order], np.cumsum(new) - 1)
    counted = _counted(person, at, channel, bought, new) | {
        "old": int((touch & ~recent).sum()),
        "direct_left_out": int((recent & ~kept).sum()),
        "mixed_holdout": mixed,
        **_edges(log, at, opens, ends, end, window.days),
    }
    return _parted(log, whole, age[kept], ends, value, who, held, counted)


def _by_person(held: np.ndarray, who: np.ndarray) -> tuple[np.ndarray, int]:
    """(what is said of each person, people of whom both are said); rows come person by person."""
    if not len(who):
        return np.zeros(0, np.int8), 0
    first = np.flatnonzero(np.diff(who, prepend=-1))
    most = np.maximum.reduceat(held, first)
    least = np.minimum.reduceat(np.where(held == UNTOLD, 2, held), first)
    return most, int(((least == 0) & (most == 1)).sum())


def _counted(person: np.ndarray, at: np.ndarray, channel: np.ndarray, bought: np.ndarray, new: np.ndarray) -> dict[str, int]:
    """Rows that share their moment with the one before, and those that say the same again."""
    same = (~new[1:]) & (at[1:] == at[:-1]) & (bought[1:] == bought[:-1])
    again = same & (channel[1:] == channel[:-1])
    purchases = np.bincount((np.cumsum(new) - 1)[bought]) if bought.any() else np.zeros(0)
    return {
        "twice": int(again.sum()),
        "bought_twice": int((again & bought[1:]).sum()),
        "ties": int((same & ~again & ~bought[1:]).sum()),
        "several": int((purchases > 1).sum()),
        "people": int(new.sum()),
    }


def _edges(log: TouchLog, at: np.ndarray, opens: np.ndarray, ends: np.ndarray, end: np.ndarray, days: float) -> dict[str, int]:
    """Journeys that may have begun before the data, and those that may not have ended."""
    last = at[end] if len(end) else at
    early, late = last - log.first < days * DAY, log.last - last < days * DAY
    return {"cut": int((ends & early).sum()), "open": int((~ends & late).sum())}


def _parted(
    log: TouchLog,
    whole: Paths,
    age: np.ndarray,
    ends: np.ndarray,
    value: np.ndarray,
    who: np.ndarray,
    held: np.ndarray,
    counted: dict[str, int],
) -> Journeys:
    """People who bought one by one, the others as distinct paths."""
    people = len(held)
    bought = np.bincount(who[ends], minlength=people)
    mine = bought[who] > 0
    theirs = ends | (whole.length > 0)
    kept = np.flatnonzero(mine & theirs)
    of = np.repeat(mine, whole.length)
    null = whole.only(np.flatnonzero(~mine & theirs))
    nulls = distinct(null, np.ones(len(null)), held[who[~mine & theirs]])
    pairs = np.unique(np.repeat(who, whole.length) * len(log.channels) + whole.code) % max(len(log.channels), 1)
    place = np.cumsum(bought > 0) - 1
    counted |= {"after": int((mine & theirs & ~ends).sum()), "null": int((theirs & ~ends).sum()), "conversions": int(ends.sum())}
    counted |= {"untouched": int((ends & (whole.length == 0)).sum())}
    return Journeys(
        channels=log.channels,
        paths=whole.only(kept),
        age=age[of],
        bought=ends[kept],
        value=value[kept],
        buyer=place[who[kept]],
        held=held[bought > 0],
        null=nulls[0],
        null_count=nulls[1],
        null_held=nulls[2],
        touches=np.bincount(whole.code, minlength=len(log.channels)),
        people=np.bincount(pairs, minlength=len(log.channels)),
        counted=counted,
        groups=_groups(held, bought, np.bincount(who, value, minlength=people)),
        valued=log.valued,
    )


def _groups(held: np.ndarray, bought: np.ndarray, value: np.ndarray) -> dict[int, tuple[float, ...]]:
    """Of people held out, not held out, and untold: how many, and sums of purchases and values and of their squares."""
    out: dict[int, tuple[float, ...]] = {}
    for group in np.unique(held):
        b, v = bought[held == group].astype(float), value[held == group]
        out[int(group)] = (float(len(b)), float(b.sum()), float(b @ b), float(v.sum()), float(v @ v))
    return out


def _joined(log: TouchLog, cuts: list[Journeys]) -> Journeys:
    """The journeys of all slices."""
    if not cuts:
        nobody = np.zeros(0, np.int64)
        empty = Touches(person=nobody, at=nobody, channel=nobody, bought=nobody.astype(bool), value=nobody * 0.0, held=nobody)
        cuts = [cut(empty, Window(days=1, direct=np.zeros(len(log.channels), bool)), log)]
    buyers = np.cumsum([0, *(len(c.held) for c in cuts)])
    null = cuts[0].null, cuts[0].null_count, cuts[0].null_held
    if len(cuts) > 1:
        null = distinct(
            _end_to_end([c.null for c in cuts]), np.concatenate([c.null_count for c in cuts]), np.concatenate([c.null_held for c in cuts])
        )
    counted = dict(log.counted) | {k: sum(c.counted[k] for c in cuts) for k in cuts[0].counted}
    groups = {g: tuple(np.sum([c.groups[g] for c in cuts if g in c.groups], axis=0)) for c in cuts for g in c.groups}
    found = list(log.findings)
    if counted["mixed_holdout"]:
        raise DataError([*found, finding("E_HOLDOUT_MIXED", found=str(counted["mixed_holdout"]))])
    return Journeys(
        channels=log.channels,
        paths=_end_to_end([c.paths for c in cuts]),
        **{k: np.concatenate([getattr(c, k) for c in cuts]) for k in ("age", "bought", "value", "held")},
        buyer=np.concatenate([c.buyer + b for c, b in zip(cuts, buyers, strict=False)]),
        null=null[0],
        null_count=null[1],
        null_held=null[2],
        touches=np.sum([c.touches for c in cuts], axis=0),
        people=np.sum([c.people for c in cuts], axis=0),
        counted=counted,
        groups=groups,
        valued=log.valued,
        findings=tuple(found),
    )


def _end_to_end(parts: list[Paths]) -> Paths:
    length = np.concatenate([p.length for p in parts])
    return Paths(code=np.concatenate([p.code for p in parts]), start=np.concatenate([[0], np.cumsum(length)]))


def _mixed(x: np.ndarray) -> np.ndarray:
    """Bits well shaken (Steele, Lea and Flood 2014, SplitMix64)."""
    x = x.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(x ^ (x >> np.uint64(31)))


def distinct(paths: Paths, count: np.ndarray, held: np.ndarray, salt: int = 0) -> tuple[Paths, np.ndarray, np.ndarray]:
    """Each path of a group once, with the counts of all that are alike: found by a sum of shaken bits, and compared touch by touch.

    >>> paths = Paths(code=np.array([0, 1, 0, 1, 1]), start=np.array([0, 2, 4, 5]))
    >>> only, count, _ = distinct(paths, np.ones(3), np.zeros(3, int))
    >>> sorted(zip(only.length.tolist(), count.tolist()))
    [(1, 1.0), (2, 2.0)]
    """
    if not len(paths):
        return paths, count, held
    place = np.arange(len(paths.code)) - np.repeat(paths.start[:-1], paths.length)
    touch = _mixed(_mixed(place + (salt << 32)) ^ paths.code.astype(np.uint64))
    total = np.concatenate([np.zeros(1, np.uint64), np.cumsum(touch)])
    key = _mixed(total[paths.start[1:]] - total[paths.start[:-1]] + _mixed(held.astype(np.int64) + 7))
    _, first, of = np.unique(key, return_index=True, return_inverse=True)
    alike = paths.only(first[of])
    same = (alike.start == paths.start).all() and (alike.code == paths.code).all() and (held[first][of] == held).all()
    if not same:  # two paths with one sum: shaken again
        return distinct(paths, count, held, salt + 1)
    return paths.only(first), np.bincount(of, count), held[first]
