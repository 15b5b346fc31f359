"""A log of sent messages against what it must keep: caps a person, consent, departures, complaints, hours of silence, retention."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from mktlib.contacts import Over, Sent, asked_caps, at_most, over_caps, read_sends, rolling, told_over
from mktlib.errors import DataError, Finding
from mktlib.intake.inputs import not_numbers, yes_as_one
from mktlib.mailing.members import read_members
from mktlib.mailing.sends_rules import COUNTS, Asked, Told, measured, of_caps, unmeasured
from mktlib.results import SendsCheck
from mktlib.vocabulary import Tables, default_language, finding, load_tables, not_language, not_level, not_tables, progress, retell

RULES = ("rule", "verdict", "count", "of", "unit", "rate", "low", "high", "limit")
FEWEST = 10
"""People behind a row of `spread`, at least."""
NAMES = {7: "cap_7", 30: "cap_30"}


def check_sends(
    sends: Any,
    *,
    members: Any = None,
    cap_7: int | None = None,
    cap_30: int | None = None,
    zone: str = "Europe/Paris",
    clock: str | None = None,
    new_since: Any = None,
    level: float = 0.9,
    language: str | None = None,
    tables: Tables | None = None,
) -> SendsCheck:
    """Whether messages that were sent keep what they must: caps a person over any days on end, consent, departures, complaints, silence.

    Args:
        sends: a log of marketing messages (receipts and the like left out) of any engine, one row a message and person: member_id (or
            another name of people) and sent_at; where they are there also channel, campaign, delivered, clicks, unsubscribes, bounces,
            complaints (0 or 1, no or yes each).
        members: the list of people: member_id, consent_email, consent_sms ... (0 or 1), consent_date, last_activity_at, unsubscribed_at,
            bounced_at, as far as it has them.
        cap_7, cap_30: messages that one person may get in any 7 and any 30 days, over all campaigns and channels; None is no cap.
        zone: in whose days and hours people live.
        clock: whose clock times without a zone are on: the name of a zone ("UTC"), or "recipient"; None: that of `zone`, with a warning
            that says so first, as most tools export the time of the account (`send_time` reads them so too).
        new_since: the first day of a new sending domain; its daily volumes are then held to a warm-up.
        level: of the intervals of rates. language: of the findings. tables: checks, hours of silence.

    Returns:
        SendsCheck: `table`, one row a rule with its verdict (kept | broken | cannot_tell | not_measured); `over`, everyone over a cap,
        under a pseudonym, with the line of the log at which it broke; `days`, messages a day and channel; `findings`.

        Complaints are read off an exact interval (Clopper and Pearson, 1934), widened where campaigns differ by more than chance:
        broken only where the whole of it lies at the limit or above, kept only where it lies below. An unsubscription that only the log
        knows is dated by the message that it came from, and may have been clicked later: messages after it are told (cannot_tell), and
        broken is said only where the list gives the day.

    Raises:
        DataError: every problem of the frames and options at once.

    >>> log = pd.DataFrame({"member_id": ["a"] * 3 + ["b"], "sent_at": ["2026-03-28", "2026-03-30", "2026-04-02", "2026-04-02"]})
    >>> found = check_sends(log, cap_7=2)
    >>> found.over[["messages", "cap", "first_day", "last_day"]].astype(str).values.tolist()
    [['3', '2', '2026-03-28', '2026-04-02']]
    """
    caps, wrong = asked_caps({7: cap_7, 30: cap_30}, names=NAMES)
    since, late = _day(new_since)
    if problems := [*not_tables(tables), *wrong, *late, *not_level(level), *not_language(language)]:
        raise DataError(problems)
    tables, told = tables or load_tables(), language or default_language()
    bar = progress(total=4, desc="sends")
    sent = _delivered(read_sends(sends, zone=zone, clock=clock))
    bar.update()
    asked = Asked(tables=tables, language=told, level=level, since=since)
    people = read_members(members, sent, sorted(set(map(str, sent.channel))))
    bar.update()
    over = over_caps(sent, caps)
    bar.update()
    rules = [of_caps(over, cap, sent) for cap in caps] + measured(sent, people, asked)
    findings = (
        *_retold(sent.found, told),
        *_retold(() if people is None else people.found, told),
        *told_over(over, told),
        *_no_cap(sent, caps, asked),
        *unmeasured(rules, asked),
    )
    findings += tuple(f for rule in rules for f in rule.findings)
    findings += () if len(sent.day) else (finding("W_SENDS_EMPTY", told, level="warning"),)
    bar.update()
    bar.close()
    order = {"error": 0, "warning": 1, "note": 2}
    return SendsCheck(
        table=pd.DataFrame([rule.row() for rule in rules], columns=list(RULES)),
        over=over.table,
        days=_by_day(sent),
        spread=_spread(sent, over),
        facts=_facts(sent, caps, zone, level),
        findings=tuple(sorted(findings, key=lambda f: (f.code != "W_SENDS_ZONE", order[f.level]))),
    )


def _day(new_since: Any) -> tuple[int | None, list[Finding]]:
    if new_since is None:
        return None, []
    try:
        return (dt.date.fromisoformat(str(new_since)[:10]) - dt.date(1970, 1, 1)).days, []
    except ValueError:
        return None, [finding("E_OPTION", column="new_since", found=repr(new_since), expected='new_since="2026-10-01"')]


def _retold(found: tuple[Finding, ...], language: str) -> list[Finding]:
    return [retell(f, language) for f in found]


def _delivered(sent: Sent) -> Sent:
    """The messages that arrived, where the log says so; counts that are no numbers are refused."""
    sent = replace(sent, frame=yes_as_one(sent.frame, COUNTS))
    problems = [f for name in COUNTS if name in sent.frame for f in not_numbers(sent.frame, name)]
    if problems:
        raise DataError(problems)
    if "delivered" not in sent.frame or "bounces" in sent.frame or "bounced" in sent.frame:
        return sent
    there = pd.to_numeric(sent.frame["delivered"], errors="coerce").fillna(1).to_numpy(float) > 0
    return sent if there.all() else sent.only(there)


def _no_cap(sent: Sent, caps: list[Any], asked: Asked) -> list[Finding]:
    return [] if caps or not len(sent.day) else [Told(asked).uncapped(sent)]


def _spread(sent: Sent, over: Over) -> pd.DataFrame:
    """People by the messages of their fullest days, in bins of no fewer than FEWEST people."""
    rows: list[dict[str, Any]] = []
    for window in NAMES:
        most = over.most.get(window)
        if most is None:
            most = at_most(sent.person, rolling(sent.person, sent.day, window), len(sent.names))
        people = np.bincount(most[most > 0])
        rows += [{"window": window, "messages": k, "people": n, "more": more} for k, n, more in _bins(people)]
    return pd.DataFrame(rows, columns=["window", "messages", "people", "more"])


def _bins(people: np.ndarray) -> list[tuple[int, int, bool]]:
    """(messages, people, whether or more): each count its own bin while enough people have it, then all the rest together.

    >>> _bins(np.array([0, 40, 30, 8, 9, 1]))
    [(1, 40, False), (2, 30, False), (3, 18, True)]
    """
    if people.sum() < FEWEST:
        return []
    small = np.flatnonzero(people[1:] < FEWEST) + 1
    last = int(small[0]) if len(small) else len(people) - 1
    while people[last:].sum() < FEWEST:
        last -= 1
    bins = [(k, int(people[k]), False) for k in range(1, last)]
    return [*bins, (last, int(people[last:].sum()), last < len(people) - 1)]


def _by_day(sent: Sent) -> pd.DataFrame:
    day = pd.to_datetime(sent.day, unit="D")
    table = pd.DataFrame({"day": day, "channel": sent.channel.astype(str), "messages": 1})
    return table.groupby(["day", "channel"], sort=True)["messages"].sum().reset_index()


def _facts(sent: Sent, caps: list[Any], zone: str, level: float) -> dict[str, Any]:
    days = pd.to_datetime([sent.day.min(), sent.day.max()], unit="D").date if len(sent.day) else (None, None)
    return {
        "messages": len(sent.day), "people": sent.people, "first": days[0], "last": days[1], "zone": zone, "level": level,
        "channels": sorted(set(map(str, sent.channel))), **{NAMES[cap.window]: cap.most for cap in caps},
    }  # fmt: skip
