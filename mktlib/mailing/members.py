"""The list of people beside a log of messages: who agreed to which channel and when, who left, whose address bounced, who was heard of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mktlib.contacts import Sent
from mktlib.contacts.log import PEOPLE
from mktlib.errors import DataError, Finding, SchemaError
from mktlib.intake import to_pandas
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
    such column."""

    known: np.ndarray
    yes: dict[str, np.ndarray]
    left: np.ndarray | None = None
    bounced: np.ndarray | None = None
    agreed: np.ndarray | None = None
    heard: np.ndarray | None = None


def read_members(members: Any, sent: Sent, channels: Sequence[str]) -> Members | None:
    """The list put in the order of a log's people; None where there is none.

    Raises:
        DataError: no frame, no column of people, or days that are none, all told at once.
    """
    if members is None:
        return None
    if not hasattr(members, "columns"):
        raise DataError(
            finding("E_OPTION", column="members", found=type(members).__name__, expected="members: DataFrame(member_id, consent_email)")
        )
    frame = to_pandas(members).reset_index(drop=True)
    names = [str(c) for c in frame.columns]
    who = next((c for c in PEOPLE if c in names), None)
    if who is None:
        said = finding("E_MISSING_COLUMN", file="members", column=PEOPLE[0], found=", ".join(names[:20]), hint=nearest(PEOPLE[0], names))
        raise SchemaError(said)
    return _ordered(frame, who, sent, channels)


def _ordered(frame: pd.DataFrame, who: str, sent: Sent, channels: Sequence[str]) -> Members:
    ids = identities(frame[who])
    frame = frame[~ids.duplicated(keep="last")].reset_index(drop=True)
    at = pd.Index(ids[~ids.duplicated(keep="last")]).get_indexer(pd.Index(sent.names))
    problems: list[Finding] = []
    days: dict[str, np.ndarray | None] = {}
    for kind, known in DATES.items():
        name = next((c for c in known if c in frame), None)
        days[kind] = None
        if name is not None:
            when, wrong = days_of(frame, name)
            problems += wrong
            days[kind] = _days(when)
    if problems:
        raise DataError(problems)
    put = {kind: None if day is None else np.where(at >= 0, day[at], NEVER) for kind, day in days.items()}
    yes = {c: np.where(at >= 0, _yes(frame[column])[at], False) for c in channels if (column := _consent(frame, c)) is not None}
    return Members(known=at >= 0, yes=yes, **put)


def _days(when: pd.Series) -> np.ndarray:
    days = when.to_numpy("datetime64[D]").astype("int64")
    return np.where(when.isna().to_numpy(), NEVER, days)


def _consent(frame: pd.DataFrame, channel: str) -> str | None:
    return next((c for c in (f"consent_{channel}", f"consentement_{channel}", f"optin_{channel}", "consent", "optin") if c in frame), None)


def _yes(values: pd.Series) -> np.ndarray:
    """Whether consent was given: what is blank or a word for no is no."""
    no = set(list_statuses()["no"]["words"]) | set(list_statuses()["unsubscribed"]["words"]) | {"nan", "<na>", "0.0"}
    return ~values.astype(str).str.strip().str.lower().isin(no).to_numpy(bool) & values.notna().to_numpy(bool)
