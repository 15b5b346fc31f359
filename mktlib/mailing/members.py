"""The list of people beside a log of messages: who agreed to which channel and when, who left, whose address bounced, who was heard of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mktlib.contacts import Sent
from mktlib.contacts.log import PEOPLE, has_offsets, local_moments
from mktlib.errors import DataError, Finding, SchemaError
from mktlib.intake import to_pandas
from mktlib.intake.consents import kind_of
from mktlib.intake.inputs import days_of, identities
from mktlib.vocabulary import finding, list_statuses, nearest

NEVER = np.iinfo(np.int64).max
"""A day that does not come."""
DATES = {
    "left": ("unsubscribed_at", "unsubscribe_date", "opted_out_at", "date_desabonnement"), "bounced": ("bounced_at", "bounce_date"),
    "agreed": ("consent_date", "opt_in_date", "date_consentement"), "heard": ("last_activity_at", "last_click_at", "last_contact_at"),
}  # fmt: skip


@dataclass(frozen=True)
class Members:
    """People in the order of a log's own numbers (people,). known: whether the list has them; yes: channel -> agreed (bool), of channels
    whose consent the list tells; left, bounced, agreed, heard: days since 1970 (NEVER: not, or not told), None where the list has no
    such column. found: what is to be told of the list. Of a person with several rows one refusal, the first departure and the first
    bounce stand, and the last consent and contact."""

    known: np.ndarray
    yes: dict[str, np.ndarray]
    left: np.ndarray | None = None
    bounced: np.ndarray | None = None
    agreed: np.ndarray | None = None
    heard: np.ndarray | None = None
    found: tuple[Finding, ...] = ()


def read_members(members: Any, sent: Sent, channels: Sequence[str]) -> Members | None:
    """The list put in the order of a log's people; None where there is none.

    Raises:
        DataError: no frame, no column of people, or days that are none, all told at once.
    """
    if members is None:
        return None
    if not (hasattr(type(members), "columns") or hasattr(members, "columns")):
        raise DataError(
            finding("E_OPTION", column="members", found=type(members).__name__, expected="members: DataFrame(member_id, consent_email)")
        )
    frame = to_pandas(members).reset_index(drop=True)
    names = [str(c) for c in frame.columns]
    who = next((c for c in PEOPLE if c in names), None)
    if who is None:
        there: dict[str, Any] = {"expected": PEOPLE[0], "found": ", ".join(names[:20]), "hint": nearest(PEOPLE[0], names)}
        raise SchemaError(finding("E_MISSING_COLUMN", file="members", column=PEOPLE[0], **there))
    return _ordered(frame, who, sent, channels)


def _ordered(frame: pd.DataFrame, who: str, sent: Sent, channels: Sequence[str]) -> Members:
    person, names = pd.factorize(identities(frame[who]))
    at = pd.Index(names).get_indexer(pd.Index(sent.names))
    problems: list[Finding] = []
    used: set[str] = {who}
    put: dict[str, np.ndarray | None] = {}
    for kind, known in DATES.items():
        name = next((c for c in known if c in frame), None)
        put[kind] = None
        if name is not None:
            used.add(name)
            days, wrong = _days(frame, name, sent.zone)
            problems += wrong
            put[kind] = _of_log(_one(days, person, len(names), first=kind in ("left", "bounced")), at, NEVER)
    yes: dict[str, np.ndarray] = {}
    for channel in channels:
        if (column := _consent(frame, channel)) is not None:
            used.add(column)
            agreed, wrong = _yes(frame, column)
            problems += wrong
            refused = np.bincount(person, weights=~agreed, minlength=len(names)) > 0
            yes[channel] = _of_log(~refused, at, False)
    if problems:
        raise DataError(list({(f.code, f.column, f.line): f for f in problems}.values()))
    twice = int(pd.Series(names[person]).loc[lambda n: n.ne("")].duplicated().sum())
    told = [finding("W_MEMBERS_TWICE", level="warning", file="members", column=who, found=str(twice))] if twice else []
    told += [finding("W_MEMBERS_UNREAD", level="warning", file="members", column=c) for c in _unread(frame, used)]
    return Members(known=at >= 0, yes=yes, found=tuple(told), **put)


def _unread(frame: pd.DataFrame, used: set[str]) -> list[str]:
    """Columns that seem to say who must not be written to, under names that are not read here."""
    return [str(c) for c in frame if c not in used and kind_of(str(c)) in ("unsubscribed", "bounced", "consent", "sure")]


def _of_log(values: np.ndarray, at: np.ndarray, otherwise: Any) -> np.ndarray:
    """Values of the list's people in the order of the log's; `otherwise` for whom the list has not (at: -1)."""
    return np.append(values, otherwise)[at]


def _one(days: np.ndarray, person: np.ndarray, people: int, *, first: bool) -> np.ndarray:
    """The first or the last day that the rows of each person name."""
    day = np.full(people, NEVER if first else -NEVER)
    (np.minimum if first else np.maximum).at(day, person, days if first else np.where(days == NEVER, -NEVER, days))
    return np.where(day == -NEVER, NEVER, day)


def _days(frame: pd.DataFrame, column: str, zone: str) -> tuple[np.ndarray, list[Finding]]:
    """Local days since 1970, and what is wrong with them."""
    when, wrong = days_of(frame, column)
    offsets = has_offsets(frame[column])
    if offsets is None and not wrong:
        wrong = [finding("E_MIXED_TZ", column=column, found=str(frame[column].iloc[0]))]
    when = local_moments(when, zone) if offsets else when
    return np.where(when.isna().to_numpy(), NEVER, when.to_numpy("datetime64[D]").astype("int64")), wrong


def _consent(frame: pd.DataFrame, channel: str) -> str | None:
    return next((c for c in (f"consent_{channel}", f"consentement_{channel}", f"optin_{channel}", "consent", "optin") if c in frame), None)


def _yes(frame: pd.DataFrame, column: str) -> tuple[np.ndarray, list[Finding]]:
    """Whether consent was given, and the first cell that says neither yes nor no: what is blank is no, a day is the day of a yes."""
    words = frame[column].astype(str).str.strip().str.lower().str.removesuffix(".0").where(frame[column].notna(), "")
    said = list_statuses()
    no, yes = words.isin({*said["no"]["words"], *said["unsubscribed"]["words"]}), words.isin(said["yes"]["words"])
    yes |= words.str.fullmatch(r"\d{4}-\d{2}-\d{2}.*")
    neither = ~(yes | no).to_numpy(bool)
    if not neither.any():
        return yes.to_numpy(bool), []
    line, cell = int(neither.argmax()) + 2, frame[column].iloc[int(neither.argmax())]
    return yes.to_numpy(bool), [
        finding("E_OPTION", file="members", line=line, column=column, found=cell, expected="1 / 0, yes / no, oui / non")
    ]
