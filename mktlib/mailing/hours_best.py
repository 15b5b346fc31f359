"""When a message is clicked most, by segment, on the recipient's clock; or that no time is shown to be better than 10:00.

Few messages tell little of hours, however many people got each: a campaign that did well in the evening did well, and it left in the
evening. What is said here is said beside a reference, is told with what could still hide, and with how many e-mails would find it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from mktlib.errors import Finding
from mktlib.intake import to_pandas
from mktlib.mailing.hours import GRID_DAY, GRID_HOUR, Hours, Sent, fitted, split
from mktlib.mailing.hours_read import Read, read_sends
from mktlib.results import SendTime
from mktlib.vocabulary import finding, not_level

LEAST_CLICKS, LEAST_SENDINGS, LEAST_HOURS = 20, 8, 2
"""Clicks, sendings and different hours of a segment below which nothing is said of it."""
NEAR, SOME = 1, 0.02
"""A time is told where so near (hours) to it a segment got a share SOME of its e-mails; an hour with that share was used."""
SURE, WRONG = 0.975, 0.05
WEEKDAYS = 5
SHOWN = 7.849  # (1.960 + 0.842) squared: two-sided 5 %, seen with 8 chances in 10


def send_time(
    sends: Any,
    *,
    by: str | None = "segment",
    reference: int = 10,
    zone: str = "Europe/Paris",
    clock: str | None = None,
    message: str | None = None,
    worth: float = 0.1,
    level: float = 0.9,
) -> SendTime:
    """The weekday and hour at which e-mails are clicked most, where one is shown to beat the reference; else what could still hide.

    Args:
        sends: one row an e-mail, or one a message, segment, moment and zone: sent_at (a moment), delivered (else sent,
            else, with a member_id, 1 a row), clicks_unique (else clicks), `by`; where they are there a zone or timezone (IANA names),
            the message (message, campaign_id, campaign, campaign_name, content_id or subject), content_type, member_id, clicked_at (of
            one e-mail; a click within seconds is a machine's), links_clicked, and opens, which are only counted.
        by: the column whose groups are told apart; None: everyone together.
        reference: the hour of a working day (Monday to Friday) that a time must beat, 0 to 23.
        zone: of recipients of whom no column tells one, and of the account.
        clock: whose clock times without a zone are on: the name of a zone ("UTC"), or "recipient"; None: that of `zone`, with a warning
            that says so first, as most tools export the time of the account (`check_sends` reads them so too).
        message: the column that says which message it was; None: the first of those above.
        worth: the lift of clicks that would be worth a change (0.1: one tenth more); for the size of a test.
        level: of the ranges.

    Returns:
        `SendTime` with kind "messages": `best` marks times that beat the reference, with at most 5 chances in 100 that any segment is
        told one wrongly; `lean` marks the best guess of each segment, be it shown or not.

    Raises:
        DataError: every problem at once.

    Clicks per delivered e-mail, binomial, with effects of each message and each sending (their spread averaged over); hours periodic,
    weekdays and their own hours beside them, segments drawn to all; zones, kinds of content and slow time taken out; that good messages
    may have left at certain hours is allowed for (the mean of a message beside its deviations, Mundlak 1978, Econometrica 46). Better
    times are named only where time fits better than the same residuals in any other order, over all segments (Freedman and Lane 1983,
    Journal of Business & Economic Statistics 1), and only as many as beat the reference all together with 39 chances in 40.

    >>> at = pd.date_range("2026-01-05 08:00", periods=24, freq="75h", tz="UTC")
    >>> sends = pd.DataFrame({"campaign": range(24), "segment": "vip", "sent_at": at, "delivered": 900, "clicks": [20, 24, 22] * 8})
    >>> send_time(sends).facts["groups"][0]["verdict"]
    'no_better'
    """
    frame = to_pandas(sends).reset_index(drop=True)
    read = read_sends(frame, by=by, zone=zone, clock=clock, message=message, found=_options(reference, worth, level))
    with threadpool_limits(1):  # small matrices: threads wait for each other longer than they work
        hours = fitted(read.sent)
    told = [_Segment.of(read, hours, s, reference) for s in range(len(read.names))]
    rows = [_row(t, hours.luck, worth, level) for t in told]
    tables = [_cells(t, level) for t in told]
    facts = {"by": by or "all", "metric": "click_rate", "denominator": "delivered", "kind": "messages", "zone": zone, "level": level}
    facts |= {"zones": read.zones, "reference": int(reference), "worth": worth, "message": read.message, **read.aside, "groups": rows}
    facts |= {"messages": int(read.sent.message.max()) + 1, "delivered": int(read.sent.n.sum()), "clicks": int(read.sent.y.sum())}
    facts |= {
        "p_value": hours.p_value,
        "split": round(split(read.sent), 3),
        "message_sd": round(float(hours.luck[0]), 3),
        "sending_sd": round(float(hours.luck[1]), 3),
    }
    naive = [f for f in read.findings if f.code == "W_SENDS_ZONE"]
    rest = [f for f in read.findings if f not in naive]
    found = [*naive, finding("N_SEND_TIME_OBSERVED", level="note"), *rest, *_remarks(rows, reference)]
    return SendTime(table=pd.concat(tables, ignore_index=True), facts=facts, findings=tuple(found))


def _options(reference: Any, worth: Any, level: float) -> list[Finding]:
    found = list(not_level(level))
    if isinstance(reference, bool) or not isinstance(reference, int | np.integer) or not 0 <= reference <= 23:
        found.append(finding("E_OPTION", column="reference", found=reference, expected="0 ... 23"))
    if isinstance(worth, bool) or not isinstance(worth, int | float) or not 0 < worth <= 5:
        found.append(finding("E_OPTION", column="worth", found=worth, expected="0.1"))
    return found


@dataclass(kw_only=True)
class _Segment:
    """One segment: sums, its draws of rates (168, draws) and of the reference (draws,), times that may be named (168,), why it is not
    judged ("" where it is), and whether time is shown to matter to anybody."""

    name: str
    sent: Sent
    mine: np.ndarray
    rate: np.ndarray
    reference: np.ndarray
    known: np.ndarray
    reason: str
    matters: bool

    @staticmethod
    def of(read: Read, hours: Hours, s: int, reference: int) -> _Segment:
        sent, mine = read.sent, read.sent.segment == s
        rate, working = hours.rate[s], (GRID_DAY < WEEKDAYS) & (reference == GRID_HOUR)
        return _Segment(
            name=read.names[s], sent=sent, mine=mine, rate=rate, reference=rate[working].mean(axis=0), known=_known(sent, mine),
            reason=_reason(sent, mine, reference), matters=hours.p_value <= WRONG,
        )  # fmt: skip

    @cached_property
    def lift(self) -> np.ndarray:
        return np.asarray(self.rate / self.reference - 1)

    @cached_property
    def best(self) -> np.ndarray:
        """(168,): the surest times, as many as beat the reference all together with SURE; none where time is not shown to matter."""
        above = self.lift > 0
        order = np.argsort(-np.where(self.known, above.mean(axis=1), -1), kind="stable")[: int(self.known.sum())]
        together = np.logical_and.accumulate(above[order], axis=0).mean(axis=1) >= SURE
        best = np.zeros(168, bool)
        best[order[together]] = self.matters and not self.reason
        return best

    @cached_property
    def lean(self) -> int:
        """The time of the highest expected rate at hours that were used, of those that are shown where some are. What little was sent at an
        hour needs no other rule: its rate is drawn to its neighbours'."""
        among = self.best if self.best.any() else self.known
        share = np.bincount(self.sent.hour[self.mine], self.sent.n[self.mine], minlength=24)
        used = among & (share >= SOME * share.sum())[GRID_HOUR]
        return int(np.where(used if used.any() else among, self.rate.mean(axis=1), -1).argmax())

    @property
    def messages(self) -> int:
        return len(np.unique(self.sent.message[self.mine]))


def _known(sent: Sent, mine: np.ndarray) -> np.ndarray:
    """(168,): times near hours, and on weekdays, at which this segment was written to."""
    hours, days = (np.bincount(at[mine], sent.n[mine], minlength=k) for at, k in ((sent.hour, 24), (sent.weekday, 7)))
    used = np.flatnonzero(hours >= SOME * hours.sum())
    apart = np.abs((GRID_HOUR[:, None] - used + 12) % 24 - 12).min(axis=1)
    return np.asarray((apart <= NEAR) & (days >= SOME * days.sum())[GRID_DAY])


def _reason(sent: Sent, mine: np.ndarray, reference: int) -> str:
    """What a segment lacks to be judged; "" where nothing."""
    hours = np.unique(sent.hour[mine & (sent.weekday < WEEKDAYS)])
    if sent.y[mine].sum() < LEAST_CLICKS:
        return "clicks"
    if mine.sum() < LEAST_SENDINGS:
        return "sendings"
    if len(np.unique(sent.hour[mine])) < LEAST_HOURS:
        return "hours"
    near = len(hours) and np.abs((hours - reference + 12) % 24 - 12).min() <= 2 * NEAR
    return "" if near else "reference"


def _row(t: _Segment, luck: np.ndarray, worth: float, level: float) -> dict[str, Any]:
    """The facts of one segment."""
    lean, lift = t.lean, t.lift
    row: dict[str, Any] = {
        "segment": t.name,
        "messages": t.messages,
        "sendings": int(t.mine.sum()),
        "delivered": int(t.sent.n[t.mine].sum()),
    }
    row |= {"clicks": int(t.sent.y[t.mine].sum()), "reason": t.reason}
    row |= _needed(float(t.reference.mean()), row["delivered"] / t.messages, float(luck[1]), worth)
    if t.reason:
        return row | {"verdict": "few"}
    sure = float((lift[lean] > 0).mean())
    low, high = np.quantile(lift[lean], [(1 - level) / 2, (1 + level) / 2])
    most = float(np.quantile(lift[t.known].max(axis=0), (1 + level) / 2))
    row |= {"weekday": int(GRID_DAY[lean]) + 1, "hour": int(GRID_HOUR[lean]), "lift": float(lift[lean].mean()), "lift_low": float(low)}
    row |= {"lift_high": float(high), "p_better": sure, "hidden": most, "rate": float(t.reference.mean())}
    return row | {"verdict": "better" if t.best.any() else "no_better"}


def _needed(rate: float, size: float, sending: float, worth: float) -> dict[str, int]:
    """Messages, and e-mails in all, that show a lift of `worth` with 8 chances in 10, half of each message's recipients (drawn by lot) at
    the reference and half at the other time.

    >>> _needed(0.03, 10_000, 0.0, 0.2)
    {'needed_messages': 3, 'needed': 30000}
    """
    other, half = min(rate * (1 + worth), 0.999), max(size / 2, 0.5)
    luck = 2 * sending**2 + (1 / rate - 1) / half + (1 / other - 1) / half
    messages = math.ceil(SHOWN * luck / math.log1p(worth) ** 2)
    return {"needed_messages": messages, "needed": round(messages * size)}


def _cells(t: _Segment, level: float) -> pd.DataFrame:
    """The 168 rows of one segment; those far from any message of it are blank, all of a segment that is not judged."""
    table = pd.DataFrame({"segment": t.name, "weekday": GRID_DAY + 1, "hour": GRID_HOUR})
    told, ends = t.known & (not t.reason), [(1 - level) / 2, (1 + level) / 2]
    for name, draws in (("rate", t.rate), ("lift", t.lift)):
        low, high = np.quantile(draws, ends, axis=1)
        for column, values in ((name, draws.mean(axis=1)), (f"{name}_low", low), (f"{name}_high", high)):
            table[column] = np.where(told, values, np.nan)
    table["p_better"] = np.where(told, (t.lift > 0).mean(axis=1), np.nan)
    table = table.rename(columns={"rate_low": "low", "rate_high": "high"})
    at = t.sent.weekday[t.mine] * 24 + t.sent.hour[t.mine]
    table["best"] = told & t.best
    table["lean"] = told & (np.arange(168) == t.lean)
    table["delivered"] = np.bincount(at, t.sent.n[t.mine], minlength=168).astype(int)
    return table


def _remarks(rows: list[dict[str, Any]], reference: int) -> list[Finding]:
    found = []
    for row in rows:
        if row["verdict"] == "few":
            code = f"N_SEND_TIME_FEW_{row['reason'].upper()}"
            found.append(finding(code, level="note", found=str(row["segment"]), count=row["clicks"], axis="segment"))
        elif row["verdict"] == "no_better":
            more = {"most": f"{100 * row['hidden']:.0f}", "count": int(float(f"{row['needed']:.2g}")), "messages": row["needed_messages"]}
            found.append(finding("N_SEND_TIME_NONE", level="note", found=str(row["segment"]), hour=reference, axis="segment", **more))
    return found
