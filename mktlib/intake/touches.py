"""Touches on the way to a purchase, read from a frame: one row a touch or purchase, as small numbers in the order of the rows.

What is not said (no person, no time) is set aside and counted; what is said and not understood is refused with its line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from mktlib.errors import DataError, Finding
from mktlib.intake.counts import to_pandas
from mktlib.intake.dates import zones_mixed
from mktlib.intake.inputs import absent, as_group, identities, moments, not_numbers, numbers, yes_as_one
from mktlib.intake.levels import MISSING
from mktlib.vocabulary import finding, nearest

NOWHERE = -1
"""The channel of a purchase whose row names none: it is no touch."""
UNTOLD = -1
"""A person of whom it is not said whether they were held out."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which columns say what: value and held may be None. bought: the events that are purchases. spare: the value column may be absent."""

    person: str = "member_id"
    at: str = "at"
    channel: str = "channel"
    event: str = "event"
    value: str | None = None
    held: str | None = None
    bought: tuple[str, ...] = ("purchase",)
    spare: bool = False

    def beside(self, columns: Iterable[str]) -> Wanted:
        """The same, without a value column that may be absent and is."""
        return replace(self, value=None) if self.spare and self.value not in {*columns} else self

    @property
    def columns(self) -> list[str]:
        """The columns that must be there."""
        return [self.person, self.at, self.channel, self.event, *(c for c in (self.value, self.held) if c is not None)]


@dataclass(frozen=True, kw_only=True)
class Touches:
    """Rows of whole people (n,): person (any whole number), at (microseconds of UTC), channel (place in the names; NOWHERE), bought,
    value (of a purchase), held (1, 0, UNTOLD)."""

    person: np.ndarray
    at: np.ndarray
    channel: np.ndarray
    bought: np.ndarray
    value: np.ndarray
    held: np.ndarray


@dataclass(frozen=True, kw_only=True)
class TouchLog:
    """channels: their names; slices: touches of whole people, one slice after the other; many: of slices; counted: rows by what was odd
    about them (rows, no_person, no_time, blank_channel, no_value); first, last: microseconds of UTC; valued: whether purchases have a
    value."""

    channels: tuple[str, ...]
    slices: Iterator[Touches]
    many: int
    counted: Mapping[str, int]
    first: int
    last: int
    valued: bool
    findings: tuple[Finding, ...] = field(default=())


def word(text: Any) -> str:
    """A word as it is compared: "Purchase " is purchase."""
    return str(text).strip().casefold()


def no_purchase(events: list[str], bought: tuple[str, ...], column: str) -> list[Finding]:
    """What is told where no event is a purchase: the events there are, and the one that looks most like it."""
    shown = ", ".join(sorted(events)[:8]) or "-"
    near = nearest(bought[0], sorted(events))
    hint = f'conversion="{near}"' if near else None
    return [finding("N_JOURNEY_NO_PURCHASE", level="warning", column=column, found=shown, wanted=", ".join(bought), hint=hint)]


def from_frame(source: Any, wanted: Wanted, wrong: list[Finding]) -> TouchLog:
    """A frame of any engine as touches; `wrong` is raised with whatever is wrong with the frame.

    Raises:
        DataError: every problem at once.

    >>> frame = pd.DataFrame({"member_id": ["a", "a"], "at": ["2026-01-01", "2026-01-02"], "channel": ["email", ""],
    ...                       "event": ["click", "purchase"]})
    >>> log = from_frame(frame, Wanted(), [])
    >>> log.channels, next(log.slices).channel.tolist()
    (('email',), [0, -1])
    """
    frame = to_pandas(source).reset_index(drop=True)
    wanted = wanted.beside(map(str, frame.columns))
    if lacking := absent(frame, wanted.columns):
        raise DataError([*wrong, *lacking])
    at, bad = moments(frame, wanted.at)
    wrong, found = [*wrong, *bad], _zones(frame[wanted.at])
    events, event_names = pd.factorize(frame[wanted.event].astype(object), use_na_sentinel=True)
    known = np.array([word(e) in {word(b) for b in wanted.bought} for e in event_names] + [False], bool)
    bought = known[events]
    value = np.zeros(len(frame))
    if wanted.value is not None:
        wrong += not_numbers(frame[[wanted.value]].where(bought[:, None]), wanted.value)
        value = np.where(bought, numbers(frame[[wanted.value]], wanted.value, blank=np.nan).to_numpy(float), 0.0)
    held, bad = _held(frame, wanted.held)
    if wrong := [*wrong, *bad]:
        raise DataError(wrong)
    person, names = _people(frame[wanted.person])
    channel, channels = _channels(frame[wanted.channel], bought)
    timed, someone = at.notna().to_numpy(), names != ""
    kept = timed & someone
    when = np.where(timed, at.dt.tz_localize(None).to_numpy("datetime64[us]").astype("int64"), 0)
    counted = {
        "rows": len(frame),
        "no_person": int((~someone).sum()),
        "no_time": int((someone & ~timed).sum()),
        "no_time_bought": int((someone & ~timed & bought).sum()),
        "blank_channel": int((kept & ~bought & (channel == (channels.index(MISSING) if MISSING in channels else -2))).sum()),
        "no_value": int(np.isnan(value[kept & bought]).sum()),
    }
    rows = Touches(
        person=person[kept], at=when[kept], channel=channel[kept], bought=bought[kept], value=np.nan_to_num(value[kept]), held=held[kept]
    )
    if not bought.any():
        found += no_purchase([str(e) for e in event_names], wanted.bought, wanted.event)
    first, last = (int(rows.at.min()), int(rows.at.max())) if kept.any() else (0, 0)
    return TouchLog(
        channels=channels, slices=iter([rows]), many=1, counted=counted, first=first, last=last, valued=wanted.value is not None,
        findings=tuple(found),
    )  # fmt: skip


def _zones(values: pd.Series) -> list[Finding]:
    """A column of times in which some tell their zone and some do not: the latter were read as UTC."""
    if values.dtype.kind == "M" or isinstance(values.dtype, pd.DatetimeTZDtype):
        return []
    mixed = zones_mixed([str(t) for t in values.dropna().iloc[:20_000]])
    return [finding("N_JOURNEY_ZONES", level="warning", column=str(values.name), found=mixed[1], zoned=mixed[0])] if mixed else []


def _people(values: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """(person of each row as a number, the name of each row's person, "" for nobody): every name is looked at once."""
    codes, raw = pd.factorize(values.astype(object) if values.dtype == "category" else values, use_na_sentinel=True)
    names = np.append(identities(pd.Series(raw, dtype=object)).to_numpy(object), "")
    whole, _ = pd.factorize(names)
    return whole[codes], names[codes]


def _channels(values: pd.Series, bought: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """(place of each row's channel, names in order); a touch without one is "(missing)", a purchase without one is NOWHERE."""
    codes, raw = pd.factorize(values.astype(object) if values.dtype == "category" else values, use_na_sentinel=True)
    named = as_group(pd.Series([*raw, None], dtype=object)).to_numpy(object)
    lacking = (named == MISSING)[codes]
    used = np.unique(named[np.unique(codes[~(lacking & bought)])]) if len(codes) else np.array([], object)
    place = {name: k for k, name in enumerate(used)}
    channel = np.array([place.get(n, NOWHERE) for n in named])[codes]
    return np.where(lacking & bought, NOWHERE, channel).astype(np.int32), tuple(str(n) for n in used)


def _held(frame: pd.DataFrame, column: str | None) -> tuple[np.ndarray, list[Finding]]:
    """Whether each row's person was held out: 1, 0, or UNTOLD for a blank; and a cell that is neither."""
    if column is None:
        return np.full(len(frame), UNTOLD, np.int8), []
    values = numbers(yes_as_one(frame, [column]), column, blank=np.nan).to_numpy(float)
    blank = frame[column].isna().to_numpy() | frame[column].astype(str).str.strip().eq("").to_numpy()
    bad = ~blank & ~np.isin(values, (0.0, 1.0))
    if bad.any():
        at = int(bad.argmax())
        cell = frame[column].iloc[at]
        return np.zeros(len(frame), np.int8), [finding("E_HOLDOUT_CELL", column=column, line=at + 2, found=cell, expected="0 / 1")]
    return np.where(blank, UNTOLD, np.nan_to_num(values, nan=UNTOLD)).astype(np.int8), []
