"""The rules of a log of messages, one after the other: each gives a row (what was counted, of how many, its limit) and findings."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from mktlib.contacts import Cap, Over, Sent, at_most, rolling
from mktlib.errors import Finding
from mktlib.mailing.members import NEVER, Members
from mktlib.mailing.quiet import silent
from mktlib.mailing.rates import Rate, exact, rate_of, would_tell
from mktlib.rules import checked
from mktlib.vocabulary import Tables, phrase, sending_rules
from mktlib.wording import number, percent

COUNTS = ("delivered", "opens", "clicks", "unsubscribes", "unsubscribed", "bounces", "bounced", "complaints")
LANGUAGES = ("en", "fr")
MONTH = 365.25 / 12
NEEDS = {
    "consent": "consent_email", "unsubscribed": "unsubscribes", "bounced": "bounces", "retention": "last_activity_at", "quiet": "sent_at",
    "complaints": "complaints", "pressure": "clicks",
}  # fmt: skip
"""A column that would let a rule be measured."""


@dataclass(frozen=True)
class Asked:
    tables: Tables
    language: str
    level: float
    since: int | None


@dataclass(frozen=True)
class Rule:
    """One row of the result, with what is to be told of it."""

    rule: str
    verdict: str
    count: float = math.nan
    of: float = math.nan
    unit: str = ""
    rate: float = math.nan
    low: float = math.nan
    high: float = math.nan
    limit: float = math.nan
    findings: tuple[Finding, ...] = field(default=(), repr=False)

    def row(self) -> tuple[Any, ...]:
        return (self.rule, self.verdict, self.count, self.of, self.unit, self.rate, self.low, self.high, self.limit)


@dataclass(frozen=True)
class Told:
    """Rows of `tables/checks/sends.toml` as findings, numbers as each language writes them."""

    asked: Asked

    def __call__(self, code: str, *, line: int | None = None, column: str | None = None, **values: Any) -> Finding:
        words = {name: {k: _said(v, name) for k, v in values.items()} for name in LANGUAGES}
        plain = {k: v for k, v in values.items() if k != "found"}
        return checked(
            code, self.asked.tables, self.asked.language, line=line, column=column, found=values.get("found"), words=words, **plain
        )

    def uncapped(self, sent: Sent) -> Finding:
        most = at_most(sent.person, rolling(sent.person, sent.day, 30), len(sent.names))
        most = most[most > 0]
        return self("SENDS_NO_CAP", median=int(np.median(most)), tenth=int(np.quantile(most, 0.9, method="higher")))

    def of(self, sent: Sent, which: np.ndarray, code: str, **values: Any) -> tuple[Finding, ...]:
        """A finding on some messages; none where there are none."""
        if not which.any():
            return ()
        people = len(np.unique(sent.person[which]))
        return (self(code, line=int(sent.line[which].min()), found=int(which.sum()), people=people, **values),)


def _said(value: Any, language: str) -> str:
    if isinstance(value, dict):
        return str(value[language])
    return number(float(value), language) if isinstance(value, int | float | np.number) and not isinstance(value, bool) else str(value)


def _percents(x: float) -> dict[str, str]:
    return {name: percent(x, name) for name in LANGUAGES}


def of_caps(over: Over, cap: Cap, sent: Sent) -> Rule:
    people, broken = sent.people, int((over.table["window"] == cap.window).sum())
    return Rule(f"cap_{cap.window}", _verdict(broken), broken, people, "people", broken / people if people else math.nan, limit=cap.most)


def _verdict(broken: float) -> str:
    return "broken" if broken else "kept"


def measured(sent: Sent, members: Members | None, asked: Asked) -> list[Rule]:
    """Every rule beside the caps."""
    rules = [
        _consent(sent, members, asked), _left(sent, members, asked), _bounced(sent, members, asked), _retention(sent, members, asked),
        _quiet(sent, asked), _complaints(sent, asked), _pressure(sent, asked), _bulk(sent, asked),
    ]  # fmt: skip
    if asked.since is not None:
        rules.append(_warm_up(sent, asked, asked.since))
    return rules


def unmeasured(rules: list[Rule], asked: Asked) -> list[Finding]:
    """What the log and the list do not say, told once, with the columns that would."""
    missing = [rule.rule for rule in rules if rule.verdict == "not_measured"]
    if not missing:
        return []
    what = {name: ", ".join(phrase(f"labels.sends_rule.{rule}", name) for rule in missing) for name in LANGUAGES}
    return [Told(asked)("SENDS_UNMEASURED", found=", ".join(NEEDS[rule] for rule in missing), what=what)]


# ---------------------------------------------------------------- who may be written to


def _consent(sent: Sent, members: Members | None, asked: Asked) -> Rule:
    if members is None or not members.yes:
        return Rule("consent", "not_measured")
    told, strange = Told(asked), ~members.known[sent.person]
    unsaid = ~np.isin(sent.channel.astype(str), list(members.yes))
    refused = np.zeros(len(sent.day), bool)
    for channel, yes in members.yes.items():
        refused |= (sent.channel == channel) & ~yes[sent.person] & ~strange
    early = np.zeros(len(sent.day), bool)
    if members.agreed is not None:
        agreed = members.agreed[sent.person]
        early = (agreed != NEVER) & (sent.day < agreed) & ~refused
    found = (*told.of(sent, refused, "SENDS_NO_CONSENT"), *told.of(sent, early, "SENDS_BEFORE_CONSENT"))
    found += told.of(sent, strange, "SENDS_STRANGERS")
    found += told.of(sent, unsaid, "SENDS_CHANNEL_UNKNOWN", channels=", ".join(sorted(set(sent.channel[unsaid].astype(str)))))
    broken = int((refused | early).sum())
    verdict = "broken" if broken else "cannot_tell" if (strange | unsaid).any() else "kept"
    return Rule("consent", verdict, broken, int((~unsaid).sum()), "messages", findings=found)


def _after(sent: Sent, marks: np.ndarray | None, listed: np.ndarray | None) -> np.ndarray | None:
    """Days between a person's mark (a departure, a bounce) and each later message on its channel (n,); -1 before it, or without one.

    marks: which messages of the log bear one; listed: the day of the list (any channel). A message of the same day counts as before.
    """
    if marks is None and listed is None:
        return None
    day = np.full(len(sent.day), NEVER)
    if marks is not None and marks.any():
        channels = pd.factorize(sent.channel)[0]
        pair = sent.person.astype(np.int64) * (channels.max() + 1) + channels
        numbers, at = np.unique(pair, return_inverse=True)
        first = np.full(len(numbers), NEVER)
        np.minimum.at(first, at[marks], sent.day[marks])
        day = first[at]
    if listed is not None:
        day = np.minimum(day, listed[sent.person])
    return np.where(day == NEVER, -1, np.maximum(sent.day - np.where(day == NEVER, 0, day), -1))


def _marks(sent: Sent, *names: str) -> np.ndarray | None:
    name = next((c for c in names if c in sent.frame), None)
    return None if name is None else pd.to_numeric(sent.frame[name], errors="coerce").fillna(0).to_numpy(float) > 0


def _left(sent: Sent, members: Members | None, asked: Asked) -> Rule:
    """Broken where the list says on which day a person left; the log alone says after which message, and the click may be later."""
    listed = None if members is None else members.left
    after = _after(sent, _marks(sent, "unsubscribes", "unsubscribed"), listed)
    if after is None:
        return Rule("unsubscribed", "not_measured")
    by_list = _after(sent, None, listed)
    dated = _back(np.full(len(sent.day), -1) if by_list is None else by_list, sent, members)
    after = _back(after, sent, members)
    most = int(asked.tables.checks["SENDS_AFTER_UNSUBSCRIBE"]["values"]["most"])
    told, late, soon, later = Told(asked), dated > most, (dated > 0) & (dated <= most), (after > most) & (dated <= 0)
    found = (
        *told.of(sent, late, "SENDS_AFTER_UNSUBSCRIBE", days=int(dated.max(initial=0)), most=most),
        *told.of(sent, later, "SENDS_AFTER_LEAVING", days=int(after[later].max(initial=0)), most=most),
        *told.of(sent, soon, "SENDS_SOON_AFTER", most=most),
    )
    verdict, count = ("broken", late) if late.any() else ("cannot_tell" if later.any() else "kept", later)
    return Rule("unsubscribed", verdict, int(count.sum()), len(sent.day), "messages", limit=most, findings=found)


def _back(after: np.ndarray, sent: Sent, members: Members | None) -> np.ndarray:
    """Days since a departure; -1 for whoever agreed anew since then."""
    if members is None or members.agreed is None:
        return after
    agreed = members.agreed[sent.person]
    return np.where((agreed != NEVER) & (agreed > sent.day - after) & (sent.day >= agreed), -1, after)


def _bounced(sent: Sent, members: Members | None, asked: Asked) -> Rule:
    marks = _marks(sent, "hard_bounces", "bounces", "bounced")
    if marks is not None and "bounce_type" in sent.frame:
        marks = marks & sent.frame["bounce_type"].astype(str).str.lower().str.contains("hard|perm|défin").to_numpy(bool)
    after = _after(sent, marks, None if members is None else members.bounced)
    if after is None:
        return Rule("bounced", "not_measured")
    late = after > 0
    found = Told(asked).of(sent, late, "SENDS_AFTER_BOUNCE")
    return Rule("bounced", _verdict(late.sum()), int(late.sum()), len(sent.day), "messages", findings=found)


def _retention(sent: Sent, members: Members | None, asked: Asked) -> Rule:
    """Messages so many months after the last contact that list or log know (a click, an order, consent); openings are no proof of one."""
    if members is None or (members.heard is None and members.agreed is None):
        return Rule("retention", "not_measured")
    most, last = int(sending_rules()["retention"]["value"]), _last_click(sent)
    for known in (members.heard, members.agreed):
        if known is not None:
            last = np.maximum(last, np.where(known == NEVER, -NEVER, known)[sent.person])
    old = (last > -NEVER) & (sent.day - np.where(last > -NEVER, last, 0) > most * MONTH)
    found = Told(asked).of(sent, old, "SENDS_RETENTION", most=most)
    return Rule("retention", _verdict(old.sum()), int(old.sum()), int((last > -NEVER).sum()), "messages", limit=most, findings=found)


def _last_click(sent: Sent) -> np.ndarray:
    """The day of the last message up to each one that its person clicked (n,); -NEVER where there is none."""
    last, clicks = np.full(len(sent.day), -NEVER), _marks(sent, "clicks")
    if clicks is not None:
        order = np.lexsort((sent.day, sent.person))
        clicked = pd.Series(np.where(clicks, sent.day, -NEVER)[order])
        last[order] = clicked.groupby(sent.person[order]).cummax().to_numpy()
    return last


def _quiet(sent: Sent, asked: Asked) -> Rule:
    if len(sent.day) and (sent.minute < 0).all():
        return Rule("quiet", "not_measured")
    found, whole, touched = list[Finding](), np.zeros(len(sent.day), bool), np.zeros(len(sent.day), bool)
    for name, row in asked.tables.quiet.items():
        here = np.isin(sent.channel.astype(str), list(row["channels"])) & (sent.minute >= 0)
        touched |= here
        broken = here & silent(row, sent.day, sent.minute, asked.tables.holidays)
        first = int(sent.day[broken].min()) if broken.any() else 0
        label = {code: asked.tables.quiet[name]["label"][code] for code in LANGUAGES}
        found += Told(asked).of(sent, broken, "SENDS_QUIET", label=label, first=str(dt.date(1970, 1, 1) + dt.timedelta(days=first)))
        whole |= broken
    return Rule("quiet", _verdict(whole.sum()), int(whole.sum()), int(touched.sum()), "messages", findings=tuple(found))


# ---------------------------------------------------------------- rates and volumes


def _by_campaign(sent: Sent, marks: np.ndarray, which: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(marks, messages) of each day and campaign, in the order of days."""
    mine = np.flatnonzero(which)
    codes = pd.factorize(sent.campaign[mine])[0]
    batch = pd.DataFrame({"day": sent.day[mine], "campaign": codes, "marks": marks[mine].astype(int), "n": 1})
    table = batch.groupby(["day", "campaign"], sort=True)[["marks", "n"]].sum()
    return table["marks"].to_numpy(float), table["n"].to_numpy(float)


def _complaints(sent: Sent, asked: Asked) -> Rule:
    marks = _marks(sent, "complaints", "spam", "complained")
    mails = sent.channel == "email"
    if marks is None or not mails.any():
        return Rule("complaints", "not_measured")
    there = _marks(sent, "delivered")
    rate = rate_of(*_by_campaign(sent, marks, mails if there is None else mails & there), asked.level)
    rules = sending_rules()
    target, most = float(rules["complaint_target"]["value"]), float(rules["complaint_most"]["value"])
    verdict = "broken" if rate.low >= most else "kept" if rate.high < target else "above_target" if rate.low >= target else "cannot_tell"
    found = _complaint(rate, verdict, target, most, asked)
    return Rule("complaints", verdict, rate.count, rate.n, "messages", rate.rate, rate.low, rate.high, target, found)


def _complaint(rate: Rate, verdict: str, target: float, most: float, asked: Asked) -> tuple[Finding, ...]:
    said: dict[str, Any] = {"low": _percents(rate.low), "high": _percents(rate.high)}
    if verdict == "kept":
        return ()
    if verdict != "cannot_tell":
        code, limit = ("SENDS_COMPLAINTS", most) if verdict == "broken" else ("SENDS_COMPLAINTS_HIGH", target)
        return (Told(asked)(code, column="complaints", found=_percents(rate.rate), limit=_percents(limit), **said),)
    limit = target if rate.high < most or rate.rate < target else most
    enough = would_tell(rate, limit, asked.level)
    needed = {n: "" if enough is None else phrase("sends.needed", n, count=number(float(enough), n)) for n in LANGUAGES}
    said |= {"found": rate.count, "delivered": rate.n, "limit": _percents(limit), "needed": needed}
    return (Told(asked)("SENDS_COMPLAINTS_OPEN", column="complaints", **said),)


def _pressure(sent: Sent, asked: Asked) -> Rule:
    """Clicks against departures, each person once a message: a rule of thumb, judged by the share of departures in both."""
    clicks, gone = _marks(sent, "clicks"), _marks(sent, "unsubscribes", "unsubscribed")
    if clicks is None or gone is None:
        return Rule("pressure", "not_measured")
    c, u, times = int(clicks.sum()), int(gone.sum()), float(asked.tables.checks["SENDS_PRESSURE"]["values"]["times"])
    low, high = exact(u, c + u, asked.level)
    limit = 1 / (1 + times)
    verdict = "broken" if low > limit else "kept" if high < limit else "cannot_tell"
    found = (Told(asked)("SENDS_PRESSURE", found=u, clicks=c, times=int(times)),) if verdict == "broken" else ()
    return Rule("pressure", verdict, u, c + u, "clicks and departures", u / (c + u) if c + u else math.nan, low, high, limit, found)


def _mails_a_day(sent: Sent) -> tuple[np.ndarray, np.ndarray]:
    return np.unique(sent.day[sent.channel == "email"], return_counts=True)


def _bulk(sent: Sent, asked: Asked) -> Rule:
    days, count = _mails_a_day(sent)
    limit = int(sending_rules()["bulk_from"]["value"])
    many = count >= limit
    found: tuple[Finding, ...] = ()
    if many.any():
        peak = dt.date(1970, 1, 1) + dt.timedelta(days=int(days[count.argmax()]))
        found = (Told(asked)("SENDS_BULK", found=int(many.sum()), limit=limit, peak=int(count.max()), first=str(peak)),)
    return Rule("bulk", "bulk" if many.any() else "below", int(many.sum()), len(days), "days", limit=limit, findings=found)


def _warm_up(sent: Sent, asked: Asked, since: int) -> Rule:
    """Volumes a day of the first weeks of a sender."""
    days, count = _mails_a_day(sent)
    values, found, broken, seen = asked.tables.checks["SENDS_WARM_UP"]["values"], list[Finding](), 0, 0
    for week in range(1, len(values) + 1):
        most, mine = int(values[f"week_{week}"]), (days - since) // 7 == week - 1
        seen += int(mine.sum())
        broken += int((count[mine] > most).sum())
        if (count[mine] > most).any():
            at = np.flatnonzero(mine)[count[mine].argmax()]
            first = str(dt.date(1970, 1, 1) + dt.timedelta(days=int(days[at])))
            found.append(Told(asked)("SENDS_WARM_UP", found=int(count[at]), week=week, peak=int(count[at]), most=most, first=first))
    return Rule("warm_up", _verdict(broken), broken, seen, "days", findings=tuple(found))
