"""Messages as numbers: when each left on the clock of who got it, what was clicked by people, and what is set aside and counted.

Opens never enter: mail programs open by themselves. Clicks within seconds of delivery are made by security scanners. Automatic messages
leave when somebody did something, so that their hour tells when people shop, not when they read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import available_timezones

import numpy as np
import pandas as pd

from mktlib.errors import DataError, Finding
from mktlib.glmm.week import kind_columns, smooth_time
from mktlib.intake.dates import OFFSET, zones_mixed
from mktlib.intake.inputs import absent, absent_of_log, as_group, identities, moments, not_numbers, not_zone, numbers, yes_as_one
from mktlib.mailing.hours import Sent
from mktlib.vocabulary import finding, nearest

ALL, OTHERS, FEWEST = "all", "others", 10
MESSAGES = ("message", "campaign_id", "campaign", "campaign_name", "content_id", "subject")
"""Columns that say which message it was, the first that is there."""
DELIVERED, CLICKS, ZONES = ("delivered", "sent"), ("clicks_unique", "clicks"), ("zone", "timezone", "time_zone")
BOUNCES = ("bounces", "bounced")
OPENS, HUMAN_OPENS, MACHINE_OPENS = ("opens_unique", "opens"), ("opens_unique_no_mpp", "opens_no_mpp"), ("machine_opens", "opens_machine")
WHO = ("member_id", "customer_id", "person_id", "user_id")
AUTOMATIC = {"content_type": {"automated_email"}, "message_type": {"flow", "automated", "automation", "transactional", "triggered"}}
MAIL, NO_MAIL = {"email", "e-mail", "mail"}, {"sms", "mms", "rcs", "push", "whatsapp", "in_app"}
SCANNER, SCANNER_LINKS, SCANNER_MINUTE = 10.0, 3, 60.0
"""Seconds within which a click is a machine's; so many different links within a minute are, too (our judgement)."""
MOST_SENDINGS = 6000
"""Sendings above which days of one message at one hour of the week are added up."""


@dataclass(frozen=True, kw_only=True)
class Read:
    """Sendings as numbers, the names of their segments, and what was set aside: opens, machine_opens (None where nobody tells),
    machine_clicks, automatic, other_channels, left (rows); message: the column that told messages apart (None: each moment is one)."""

    sent: Sent
    names: tuple[str, ...]
    zones: int
    message: str | None
    aside: dict[str, int | None] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


def first_of(frame: pd.DataFrame, names: tuple[str, ...]) -> str | None:
    return next((name for name in names if name in frame), None)


def read_sends(frame: pd.DataFrame, *, by: str | None, zone: str, clock: str | None, message: str | None, found: list[Finding]) -> Read:
    """The sendings of a frame.

    Raises:
        DataError: everything in `found`, and every problem of the frame.
    """
    frame, one = _one_each(yes_as_one(frame, (*DELIVERED, *CLICKS, *BOUNCES)))
    read = {column: moments(frame, column) for column in ("sent_at", "clicked_at") if column in frame}
    found = [*found, *_problems(frame, by, zone, clock, message), *[problem for _, wrong in read.values() for problem in wrong]]
    when = {column: values for column, (values, _) in read.items()}
    if "sent_at" in when and len(frame):
        found += _no_hours(frame, when["sent_at"].dropna())
    if found:
        raise DataError(found)
    local, notes = _clock(frame, when["sent_at"], zone, clock)
    counts, aside, more = _counted(frame, local, _clicked(frame, when, local["zone"], zone, clock))
    rows = local.join(counts).assign(segment=as_group(frame[by]) if by else ALL)
    rows["message"], column = _messages(frame, message, rows)
    rows["kind"] = as_group(frame["content_type"]) if "content_type" in frame else ""
    kept = rows[counts["kept"]]
    if kept.empty or kept["n"].sum() == 0:
        raise DataError(finding("E_NO_ROWS", found="0"))
    kept, folded = _folded(kept, frame)
    sent, names = _sendings(kept)
    notes += [*one, *more, *folded, *([] if column else [finding("N_SEND_TIME_MESSAGE", level="warning", expected=", ".join(MESSAGES))])]
    return Read(sent=sent, names=names, zones=kept["zone"].nunique(), message=column, aside=aside, findings=tuple(notes))


def _one_each(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
    """(the frame, what is to be told): a row of a person that counts no e-mails is one e-mail, which a bounce did not deliver."""
    if first_of(frame, WHO) is None or first_of(frame, DELIVERED) is not None or frame.empty:
        return frame, []
    lost = first_of(frame, BOUNCES)
    got = 1.0 if lost is None else (~numbers(frame, lost).gt(0)).astype(float)
    return frame.assign(delivered=got), [finding("N_SEND_TIME_ONE_EACH", level="note", column="delivered", found=str(len(frame)))]


def _problems(frame: pd.DataFrame, by: str | None, zone: str, clock: str | None, message: str | None) -> Iterator[Finding]:
    yield from absent_of_log(frame, {"sent_at": "E_MISSING_MOMENT"} | ({by: "E_MISSING_GROUPS"} if by is not None else {}))
    yield from absent(frame, [message] if message is not None else [])
    for wanted in (DELIVERED, CLICKS):
        if first_of(frame, wanted) is None:
            yield from absent(frame, [wanted[0] if wanted is DELIVERED else "clicks"])
    yield from not_zone(zone)
    if clock not in (None, "recipient") and not_zone(clock):
        yield finding("E_OPTION", column="clock", found=clock, expected='"recipient", "Europe/Paris"')
    for names in (DELIVERED, CLICKS, OPENS, HUMAN_OPENS, MACHINE_OPENS, ("links_clicked",)):
        if column := first_of(frame, names):
            yield from not_numbers(frame, column)
    if frame.empty:
        yield finding("E_NO_ROWS", found="0")
    elif "sent_at" in frame:
        yield from _bad_zones(frame)
        yield from _too_many_clicks(frame)


def _no_hours(frame: pd.DataFrame, when: pd.Series) -> list[Finding]:
    """Days have no hour: every message at midnight is a column of days."""
    if not len(when) or not when.eq(when.dt.normalize()).all():
        return []
    return [finding("E_SEND_TIME_DAYS", column="sent_at", line=2, found=frame["sent_at"].iloc[0])]


def _bad_zones(frame: pd.DataFrame) -> list[Finding]:
    column = first_of(frame, ZONES)
    if column is None:
        return []
    said = as_text(frame[column])
    bad = [name for name in said.unique() if name and not_zone(name)]
    lines = [int(said.eq(name).to_numpy().argmax()) + 2 for name in bad]
    return [
        finding("E_ZONE", column=column, line=line, found=name, hint=_near(name), count=int(said.eq(name).sum()))
        for name, line in list(zip(bad, lines, strict=True))[:5]
    ]


def _near(name: str) -> str | None:
    known = {zone.lower(): zone for zone in available_timezones()}
    close = nearest(name.replace(" ", "_"), known) or next((k for k in known if k.endswith("/" + name.lower().replace(" ", "_"))), None)
    return f'zone="{known[close]}"' if close else None


def as_text(values: pd.Series) -> pd.Series:
    if isinstance(values.dtype, pd.StringDtype):
        return values.fillna("").str.strip()
    return values.astype(object).where(values.notna(), "").astype(str).str.strip()


def _too_many_clicks(frame: pd.DataFrame) -> list[Finding]:
    """More clicks than messages, where a row is many messages: they are no unique clicks."""
    delivered, clicks = first_of(frame, DELIVERED), first_of(frame, CLICKS)
    if delivered is None or clicks is None or not_numbers(frame, delivered) or not_numbers(frame, clicks):
        return []
    y, n = (numbers(frame, c, blank=np.nan).to_numpy() for c in (clicks, delivered))
    bad = (y > n) & (n > 1)
    if not bad.any():
        return []
    at = int(bad.argmax())
    return [
        finding("E_CLICKS_GT_DELIVERED", column=clicks, line=at + 2, found=f"{y[at]:.0f}", expected=f"{n[at]:.0f}", count=int(bad.sum()))
    ]


# ---------------------------------------------------------------- the clock


def _clock(frame: pd.DataFrame, when: pd.Series, zone: str, clock: str | None) -> tuple[pd.DataFrame, list[Finding]]:
    """(zone, day, weekday, hour, at of each row on the recipient's clock, what was found).

    Raises:
        DataError: a local time that never was, or was twice and cannot be told apart.
    """
    column = first_of(frame, ZONES)
    zones = as_text(frame[column]).replace("", zone) if column else pd.Series(zone, index=frame.index)
    bare, notes = _bare(frame["sent_at"]) & when.notna(), []
    if bare.any() and not bare[when.notna()].all():
        mixed = zones_mixed([str(v) for v in frame["sent_at"].dropna()])
        raise DataError(finding("E_MIXED_TZ", column="sent_at", found=" / ".join(mixed) if mixed else str(frame["sent_at"].iloc[0])))
    if bare.any() and clock is None:
        notes.append(finding("W_SENDS_ZONE", level="warning", column="sent_at", found=str(frame["sent_at"][bare].iloc[0]), zone=zone))
    if bare.any():
        when = _placed(when, zones, _clocks(zones, zone, clock), hint='clock="UTC"' if clock is None else None)
    local = pd.DataFrame({"zone": zones, "at": when, "day": pd.NaT, "weekday": 0, "hour": 0}, index=frame.index)
    local["day"] = local["day"].astype("datetime64[ns]")
    for name, part in when[when.notna()].groupby(zones):
        there = part.dt.tz_convert(str(name))
        local.loc[part.index, "day"] = there.dt.tz_localize(None).dt.normalize()
        local.loc[part.index, "weekday"] = there.dt.day_of_week.astype(int)
        local.loc[part.index, "hour"] = there.dt.hour.astype(int)
    return local, notes


def _bare(values: pd.Series) -> pd.Series:
    """Which cells tell a time without its zone."""
    if values.dtype.kind == "M":
        return values.notna() & (getattr(getattr(values.dtype, "pyarrow_dtype", values.dtype), "tz", None) is None)
    return values.notna() & ~values.astype(str).str.strip().str.contains(OFFSET, regex=True)


def _clocks(zones: pd.Series, zone: str, clock: str | None) -> pd.Series:
    """On whose clock each row's time is where it does not tell its zone."""
    return zones if clock == "recipient" else pd.Series(clock or zone, index=zones.index)


def _clicked(frame: pd.DataFrame, when: dict[str, pd.Series], zones: pd.Series, zone: str, clock: str | None) -> pd.Series | None:
    """Moments of clicks, those without a zone on the clock of sendings without one."""
    if "clicked_at" not in when:
        return None
    out, bare = when["clicked_at"].copy(), _bare(frame["clicked_at"]) & when["clicked_at"].notna()
    for name, part in out[bare].dt.tz_localize(None).groupby(_clocks(zones, zone, clock)[bare]):
        there = part.dt.tz_localize(str(name), ambiguous=np.ones(len(part), bool), nonexistent="shift_forward")
        out.loc[part.index] = there.dt.tz_convert("UTC")
    return out


def _placed(when: pd.Series, theirs: pd.Series, clocks: pd.Series, *, hint: str | None) -> pd.Series:
    """Wall times as moments of UTC, each on its own clock."""
    wall, out, found = when.dt.tz_localize(None), when.copy(), []
    for name, part in wall[wall.notna()].groupby(clocks):
        first = part.dt.tz_localize(str(name), ambiguous=np.ones(len(part), bool), nonexistent="NaT")
        second = part.dt.tz_localize(str(name), ambiguous=np.zeros(len(part), bool), nonexistent="NaT")
        twice = first.ne(second) & first.notna() & theirs[part.index].ne(str(name))
        for code, bad in (("E_DST_GAP", first.isna()), ("E_DST_AMBIGUOUS", twice)):
            if bad.any():
                at = bad.to_numpy().argmax()
                line = int(when.index.get_indexer(part.index[[at]])[0]) + 2
                found.append(finding(code, column="sent_at", line=line, found=f"{part.iloc[at]:%Y-%m-%d %H:%M} {name}", hint=hint))
        out.loc[part.index] = first.dt.tz_convert("UTC")
    if found:
        raise DataError(found)
    return out


# ---------------------------------------------------------------- what counts


def _counted(
    frame: pd.DataFrame, local: pd.DataFrame, clicked: pd.Series | None
) -> tuple[pd.DataFrame, dict[str, int | None], list[Finding]]:
    """(y, n, kept of each row, what was set aside, what was found)."""
    y, n = (numbers(frame, first_of(frame, names) or "", blank=np.nan) for names in (CLICKS, DELIVERED))
    told = y.notna() & n.notna() & (n > 0) & local["at"].notna()
    automatic = _any(frame, AUTOMATIC)
    elsewhere = _elsewhere(frame)
    kept = told & ~automatic & ~elsewhere
    machine = kept & (y > 0)
    machine &= False if clicked is None else _scanned(frame, (clicked - local["at"]).dt.total_seconds(), n)
    twice = int(((y > n) & kept).sum())
    opens, known = _opens(frame, kept)
    aside: dict[str, int | None] = {
        "opens": opens,
        "machine_opens": known,
        "machine_clicks": int(machine.sum()),
        "automatic": int((told & automatic).sum()),
    }
    aside |= {"other_channels": int((told & elsewhere).sum()), "left": int((~told).sum())}
    told_of = {
        "N_SEND_TIME_LEFT": "left", "N_SEND_TIME_SCANNERS": "machine_clicks", "N_SEND_TIME_AUTOMATIC": "automatic",
        "N_SEND_TIME_CHANNELS": "other_channels", "N_SEND_TIME_OPENS": "opens", "N_SEND_TIME_MACHINES": "machine_opens",
    }  # fmt: skip
    notes = [finding(code, level="note", found=str(aside[key])) for code, key in told_of.items() if aside[key]]
    if twice:
        notes.append(finding("N_SEND_TIME_TWICE", level="note", found=str(twice)))
    return pd.DataFrame({"y": y.clip(upper=n).mask(machine, 0.0), "n": n, "kept": kept}), aside, notes


def _elsewhere(frame: pd.DataFrame) -> pd.Series:
    """Rows of other channels than e-mail, where some column tells; names that are known for neither count as lists of e-mails."""
    said = as_text(frame["channel"]).str.lower() if "channel" in frame else pd.Series("", index=frame.index)
    mail = said.isin(MAIL)
    return (said.ne("") & ~mail) if mail.any() else said.isin(NO_MAIL)


def _any(frame: pd.DataFrame, words: dict[str, set[str]]) -> pd.Series:
    out = pd.Series(False, index=frame.index)
    for column, known in words.items():
        if column in frame:
            out |= as_text(frame[column]).str.lower().isin(known)
    return out


def _scanned(frame: pd.DataFrame, wait: pd.Series, n: pd.Series) -> pd.Series:
    """Rows of one message whose click came too fast for a person, or on too many links at once."""
    links = numbers(frame, "links_clicked") if "links_clicked" in frame else pd.Series(0.0, index=frame.index)
    fast = wait.between(0, SCANNER, inclusive="left") | (wait.between(0, SCANNER_MINUTE) & (links >= SCANNER_LINKS))
    return fast & n.eq(1)


def _opens(frame: pd.DataFrame, kept: pd.Series) -> tuple[int, int | None]:
    """(opens, how many of them were a machine's; None where no column tells)."""
    total, human, machine = (first_of(frame, names) for names in (OPENS, HUMAN_OPENS, MACHINE_OPENS))
    opens = int(numbers(frame, total)[kept].sum()) if total else 0
    if machine:
        return opens, int(numbers(frame, machine)[kept].sum())
    return opens, max(opens - int(numbers(frame, human)[kept].sum()), 0) if human and total else None


def _messages(frame: pd.DataFrame, message: str | None, rows: pd.DataFrame) -> tuple[pd.Series, str | None]:
    """(which message each row was, the column that told it).

    What fewer than ten people got (a subject with a name in it, an automatic message) is no message of its own, but part of what left to
    its segment in that hour; a column that tells of nothing else tells no messages.
    """
    column = message or first_of(frame, MESSAGES)
    if column is None and "message_id" in frame and frame["message_id"].nunique() < len(frame) / 2:
        column = "message_id"
    said = as_text(frame[column]) if column else pd.Series("", index=frame.index)
    alone = said.eq("") | (rows["n"].fillna(0).groupby(said).transform("sum") < FEWEST)
    if alone.any():
        said = said.mask(alone, rows["at"].dt.strftime("%Y-%m-%dT%H") + "|" + rows["segment"])
    return said, None if alone.all() else column


def _folded(rows: pd.DataFrame, frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
    """Segments of too few people are one, with their totals."""
    who = first_of(frame, WHO)
    if who:
        people = identities(frame[who])[rows.index].groupby(rows["segment"]).nunique()
    else:
        people = rows.groupby(["segment", "message"])["n"].sum().groupby("segment").max()
    few = people.index[people < FEWEST]
    if not len(few) or len(people) == 1:
        return rows, []
    if people[few].sum() < FEWEST:
        few = few.union(people.drop(few).nsmallest(1).index)
    note = finding("E_FOLDED", level="note", found=str(len(few)), most=str(FEWEST))
    return rows.assign(segment=rows["segment"].where(~rows["segment"].isin(few), OTHERS)), [note]


# ---------------------------------------------------------------- sendings


def _sendings(rows: pd.DataFrame) -> tuple[Sent, tuple[str, ...]]:
    """Rows added up: one entry a message, segment, zone, day and hour."""
    keys = ["message", "segment", "zone", "day", "weekday", "hour", "kind"]
    rows = rows.assign(at=(rows["at"].dt.tz_localize(None) - pd.Timestamp("1970-01-01")).dt.total_seconds() / 86_400)
    added = _added(rows, keys)
    if len(added) > MOST_SENDINGS:
        added = _added(rows, [k for k in keys if k != "day"])
    names = tuple(sorted(added["segment"].unique(), key=lambda name: (name == OTHERS, name)))
    message = np.unique(added["message"].to_numpy(str), return_inverse=True)[1]
    sent = Sent(
        y=added["y"].to_numpy(float), n=added["n"].to_numpy(float), message=message,
        segment=added["segment"].map({name: k for k, name in enumerate(names)}).to_numpy(int), weekday=added["weekday"].to_numpy(int),
        hour=added["hour"].to_numpy(int), zone=np.unique(added["zone"].to_numpy(str), return_inverse=True)[1],
        taken=_taken(added, int(message.max()) + 1),
    )  # fmt: skip
    return sent, names


def _added(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    sums: Any = {"y": ("y", "sum"), "n": ("n", "sum"), "at": ("at", "mean")}
    return rows.groupby(keys, sort=True, as_index=False).agg(**sums).sort_values("message", kind="stable", ignore_index=True)


def _taken(added: pd.DataFrame, messages: int) -> np.ndarray:
    """Slow time, kinds of content and zones, each about its mean; with few messages there is no telling of slow time."""
    parts = [kind_columns(added[c].to_numpy(str)) for c in ("zone", "kind")]
    if messages >= 12:
        slow = smooth_time(added["at"].to_numpy(), most=min(4, messages // 6))[:, 1:]
        parts.append(slow - slow.mean(axis=0))
    return np.column_stack(parts) if parts else np.zeros((len(added), 0))
