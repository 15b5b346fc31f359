"""A log of messages as arrays: who, on which local day and at which hour, over which channel, in which campaign.

A moment with an offset is brought to the zone; one without is on its clock, or on the one that is given. People become pseudonyms under
the key of `intake.privacy`: the pseudonym of an address is the one that `read_addresses` gives.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from mktlib.errors import DataError, Finding, SchemaError
from mktlib.intake import to_pandas
from mktlib.intake.inputs import EARLIEST, absent_of_log, days_of, identities
from mktlib.intake.privacy import key, pseudonym
from mktlib.vocabulary import finding, masked

PEOPLE = ("member_id", "person", "customer_id", "person_id", "user_id", "email")
MOMENTS = ("sent_at", "at", "date", "sent_date")
CAMPAIGNS = ("campaign", "content_id", "campaign_id", "subject", "message_id")
OFFSET = re.compile(r"(?:Z|[+-]\d{2}:?\d{2})$")
ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}|$)")
PSEUDONYM = re.compile(r"person-[0-9a-f]{16}")


@dataclass(frozen=True)
class Sent:
    """Messages, each an entry of arrays (n,): person (number), day (since 1970-01-01, local), minute (of that day; -1: the hour is not
    known), line (in the log), channel and campaign (text), and frame, the columns of the log in the same order.

    names: what the log calls a person (people,). found: what is to be told. zone: of the days.
    """

    person: np.ndarray
    day: np.ndarray
    minute: np.ndarray
    line: np.ndarray
    channel: np.ndarray
    campaign: np.ndarray
    frame: pd.DataFrame
    names: np.ndarray
    found: tuple[Finding, ...]
    zone: str
    secret: bytes = field(repr=False)

    def pseudonym(self, person: int) -> str:
        """Under which name a person is told."""
        name = str(self.names[person])
        return name if PSEUDONYM.fullmatch(name) else pseudonym(name, self.secret)

    @property
    def people(self) -> int:
        """How many people got a message."""
        return int((np.bincount(self.person, minlength=1) > 0).sum())

    def only(self, which: np.ndarray) -> Sent:
        """Some of the messages; people keep their numbers."""
        parts = {name: getattr(self, name)[which] for name in ("person", "day", "minute", "line", "channel", "campaign")}
        return replace(self, **parts, frame=self.frame[which].reset_index(drop=True))


def read_sends(sends: Any, *, zone: str = "Europe/Paris", clock: str | None = None, person: str | None = None, name: str = "sends") -> Sent:
    """A log with one row a message, of any engine.

    Raises:
        DataError: every problem at once: no frame, a column that is missing, days that are none, a zone that nobody knows.
    """
    problems = [finding("E_OPTION", column="zone", found=repr(zone), expected='zone="Europe/Paris"')] if _no_zone(zone) else []
    if clock not in (None, "recipient") and _no_zone(clock):
        problems.append(finding("E_OPTION", column="clock", found=repr(clock), expected='clock="UTC"'))
    if not (hasattr(type(sends), "columns") or hasattr(sends, "columns")):  # asked of a lazy frame itself, it warns
        problems.append(finding("E_OPTION", column=name, found=type(sends).__name__, expected=f"{name}: DataFrame(member_id, sent_at)"))
        raise DataError(problems)
    frame = to_pandas(sends).reset_index(drop=True)
    who, problem = _column(frame, PEOPLE, person)
    when, other = _column(frame, MOMENTS, None)
    problems += [*problem, *other]
    if problems or who is None or when is None:
        raise (SchemaError if problem or other else DataError)(problems)
    return _read(frame, who, when, zone, clock)


def _no_zone(zone: Any) -> bool:
    try:
        ZoneInfo(zone)
    except (ValueError, TypeError, OSError, KeyError, AttributeError):
        return True
    return False


def _column(frame: pd.DataFrame, known: Sequence[str], asked: str | None) -> tuple[str | None, list[Finding]]:
    names = [str(c) for c in frame.columns]
    there = next((c for c in ([asked] if asked is not None else known) if c in names), None)
    if there is None:
        return None, absent_of_log(frame, {asked or known[0]: "E_MISSING_MOMENT" if known is MOMENTS else "E_MISSING_PERSON"})
    return there, []


def _read(frame: pd.DataFrame, who: str, when: str, zone: str, clock: str | None) -> Sent:
    moment, problems = _moments(frame, when)
    aware = has_offsets(frame[when])
    if aware is None:
        problems.append(finding("E_MIXED_TZ", column=when, found=str(frame[when].iloc[0])))
    if problems:
        raise DataError(problems)
    codes, names = _people(frame[who])
    blank = (codes < 0) | moment.isna().to_numpy()
    dates = not aware and bool(len(moment)) and bool((moment.dropna() == moment.dropna().dt.normalize()).all())
    if clock not in (None, "recipient", zone) and not aware and not dates:
        moment, aware = _on_clock(moment, str(clock), when), True
    local = local_moments(moment, zone) if aware else moment
    dates = dates or (bool(len(local)) and bool((local.dropna() == local.dropna().dt.normalize()).all()))
    unknown = local.isna() | dates | _days_alone(frame[when])
    channel = _texts(frame, ("channel",), "email")
    campaign = _texts(frame, CAMPAIGNS, "")
    whole = Sent(
        person=codes,
        day=_days(local),
        minute=np.where(unknown, -1, (local.dt.hour * 60 + local.dt.minute).fillna(-1)).astype(int),
        line=np.arange(len(frame)) + 2,
        channel=channel,
        campaign=campaign,
        frame=frame,
        names=names,
        found=(),
        zone=zone,
        secret=key()[0],
    )
    kept, twice = _once(whole, moment, ~blank)
    told = [_left_out("W_SENDS_BLANK", blank, f"{who}, {when}")] if blank.any() else []
    told += [_left_out("W_SENDS_TWICE", twice, None)] if twice.any() else []
    if not aware and not dates and len(frame) and clock is None:
        shown = frame[when][moment.notna().to_numpy()]
        told.append(finding("W_SENDS_ZONE", level="warning", column=when, found=str(shown.iloc[0]) if len(shown) else "", zone=zone))
    return replace(whole.only(kept), found=tuple(told))


def _left_out(code: str, rows: np.ndarray, column: str | None) -> Finding:
    return finding(code, level="warning", column=column, line=int(rows.argmax()) + 2, found=str(int(rows.sum())))


def _moments(frame: pd.DataFrame, when: str) -> tuple[pd.Series, list[Finding]]:
    """Moments without their zone, UTC where they had one; ISO texts at once, all others as the intake reads days."""
    values = frame[when]
    if pd.api.types.is_string_dtype(values.dtype) and len(values) and ISO.match(str(values.iloc[0])):
        quick = pd.to_datetime(values, format="ISO8601", utc=True, errors="coerce")
        if not (quick.isna() & values.notna()).any() and quick.min() >= EARLIEST.tz_localize("UTC"):
            return quick.dt.tz_localize(None), []
    return days_of(frame, when)


def _days(local: pd.Series) -> np.ndarray:
    return local.dt.normalize().to_numpy("datetime64[D]").astype("int64")


def local_moments(moment: pd.Series, zone: str) -> pd.Series:
    """Moments of UTC without their zone as those of a zone, without it too."""
    return moment.dt.tz_localize("UTC").dt.tz_convert(zone).dt.tz_localize(None)


def _on_clock(moment: pd.Series, clock: str, column: str) -> pd.Series:
    """Times of a clock as moments of UTC.

    Raises:
        DataError: a time that never was on this clock, or was twice.
    """
    there = moment.dt.tz_localize(clock, ambiguous="NaT", nonexistent="NaT")
    if (lost := (there.isna() & moment.notna()).to_numpy()).any():
        at = int(lost.argmax())
        twice = pd.notna(moment.iloc[[at]].dt.tz_localize(clock, ambiguous=np.ones(1, bool), nonexistent="NaT").iloc[0])
        found = f"{moment.iloc[at]:%Y-%m-%d %H:%M} {clock}"
        raise DataError(finding("E_DST_AMBIGUOUS" if twice else "E_DST_GAP", column=column, line=at + 2, found=found))
    return there.dt.tz_convert("UTC").dt.tz_localize(None)


def _days_alone(values: pd.Series) -> pd.Series:
    """Which cells are the text of a day without an hour, beside others that have one."""
    if values.dtype.kind == "M" or isinstance(values.dtype, pd.DatetimeTZDtype):
        return pd.Series(False, index=values.index)
    return values.notna() & (values.astype(str).str.strip().str.len() <= 10)


def has_offsets(values: pd.Series) -> bool | None:
    """Whether moments carry an offset; None where some do and some do not."""
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        return True
    if values.dtype.kind == "M":
        return False
    text = pd.Series(pd.unique(values.dropna().astype(str))).str.strip()
    text = text[text.str.len() > 10]
    said = text.str.contains(OFFSET)
    return None if said.any() and not said.all() else bool(said.any())


def _people(values: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """(number of each row's person, -1 for nobody; their names): one person is one, whatever the capitals of the address."""
    raw, kinds = _kinds(values)
    same = identities(pd.Series(kinds, dtype=object))
    number, names = pd.factorize(same.where(same != ""))
    return np.where(raw < 0, -1, number[raw] if len(number) else -1), np.asarray(names, dtype=object)


def _kinds(values: pd.Series) -> tuple[np.ndarray, Any]:
    """(number of each cell's value, -1 for none; the values); lists and the like are told apart as they read."""
    try:
        return pd.factorize(values)
    except TypeError:
        return pd.factorize(values.astype(str).where(values.notna()))


def _texts(frame: pd.DataFrame, names: Sequence[str], otherwise: str) -> np.ndarray:
    """The first of some columns as text, addresses masked."""
    name = next((c for c in names if c in frame), None)
    if name is None:
        return np.full(len(frame), otherwise, dtype=object)
    codes, kinds = _kinds(frame[name].astype(object))
    words = np.array([*(masked(str(kind)) for kind in kinds), otherwise], dtype=object)
    return words[codes]


def _once(sent: Sent, moment: pd.Series, fine: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(rows to keep, rows that repeat one: the same person, moment, channel and message, as a second export of the same days brings)."""
    what = next((c for c in ("message_id", "content_id", "campaign", "subject") if c in sent.frame), None)
    parts = {"person": sent.person, "at": moment.to_numpy(), "channel": pd.factorize(sent.channel)[0]}
    if what is not None:
        parts["what"] = _kinds(sent.frame[what])[0]
    if what is None and not (sent.minute >= 0).any():  # two messages of one day, and nothing to tell them apart by
        return fine, np.zeros(len(fine), bool)
    twice = pd.DataFrame(parts).duplicated().to_numpy() & fine
    return fine & ~twice, twice
