"""People-months of a log of e-mails: who was on the list in which month, how many mails were meant for them, and what came of it.

A log has no row for a month without mail, nor for the mails that were not sent because somebody left in mid-month. Both are put back
here: people stay on the list from their first mail to the month they leave in, and the month they leave in counts the rhythm that they
were on, told from those who had as many mails by the same day and stayed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from mktlib.errors import DataError, Finding
from mktlib.intake import to_pandas
from mktlib.intake.inputs import absent, absent_of_log, as_group, days_of, identities, not_numbers, numbers, yes_as_one
from mktlib.vocabulary import finding

ALL, OTHERS = "all", "others"
FEWEST = 10
"""People below whom a segment is folded into "others"."""
COUNTS = ("clicks", "conversions", "revenue", "unsubscribes", "complaints")
PERSON = ("member_id", "customer_id", "person_id", "user_id")
LAST_DAY = 25
"""The last month counts where the log reaches this day of it."""
GOES_ON = 0.1
"""Share of people who leave and are mailed later in that month, from which on the list is taken to be renewed once a month."""
SEED = 20266


@dataclass(frozen=True, kw_only=True)
class Months:
    """One row a person and month on the list, sorted by person and month.

    person, month: (n,) codes. mails: (n,) meant for that month. left: (n,) bool, unsubscribed or complained in it. outcomes: {name: (n,)}
    with "value". arm: (n,) code of the arm, -1 where none. segment: (people,) codes of `names`. months: how many calendar months. first:
    (n,) bool, the person's first month. squares: {name: (n,)} sums of the squared outcomes of the single mails. free: whether the value is
    there without mails too. facts: what a reader must know.
    """

    person: np.ndarray
    month: np.ndarray
    mails: np.ndarray
    left: np.ndarray
    outcomes: Mapping[str, np.ndarray]
    arm: np.ndarray
    arms: tuple[str, ...]
    segment: np.ndarray
    names: tuple[str, ...]
    months: int
    free: bool
    facts: Mapping[str, Any]
    findings: tuple[Finding, ...] = field(default=())
    squares: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def first(self) -> np.ndarray:
        return np.concatenate([[True], self.person[1:] != self.person[:-1]]) if len(self.person) else np.zeros(0, bool)

    def only(self, name: str) -> Months:
        """The people of one segment; all of them for "all"."""
        if name == ALL:
            return self
        keep = self.segment[self.person] == self.names.index(name)
        cut = {c: getattr(self, c)[keep] for c in ("person", "month", "mails", "left", "arm")}
        outcomes, squares = ({k: v[keep] for k, v in held.items()} for held in (self.outcomes, self.squares))
        return replace(self, **cut, outcomes=outcomes, squares=squares)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The options of the call that say what is in the frames."""

    by: str | None
    assigned: str | None
    planned: str | None
    worth: Mapping[str, float] | None
    zone: str


def read_months(sends: Any, orders: Any, people: Any, asked: Asked, *, found: list[Finding]) -> Months:
    """The people-months of a log.

    Raises:
        DataError: every problem at once.
    """
    frame = yes_as_one(to_pandas(sends), (*COUNTS, "delivered"))
    who = next((c for c in PERSON if c in frame), PERSON[0])
    when = next((c for c in ("sent_at", "at", "date") if c in frame), "sent_at")
    listed = None if people is None else to_pandas(people)
    problems = [*found, *absent_of_log(frame, {who: "E_MISSING_PERSON", when: "E_MISSING_MOMENT"}), *_no_value(frame, asked, orders)]
    grouped = bool(asked.by) and (listed is None or asked.by not in listed)
    problems += absent_of_log(frame, {str(asked.by): "E_MISSING_GROUPS"}) if grouped else []
    problems += absent(frame, [asked.assigned]) if asked.assigned and (listed is None or asked.assigned not in listed) else []
    problems += absent(frame, [asked.planned]) if asked.planned else []
    problems += [] if listed is None else absent(listed, [who])
    problems += [
        f for c in (*COUNTS, "delivered", *([asked.planned] if asked.planned else [])) if c in frame for f in not_numbers(frame, c)
    ]
    at, wrong = days_of(frame, when) if when in frame else (pd.Series(dtype=object), [])
    if not [*problems, *wrong] and frame.empty:
        problems.append(finding("E_NO_ROWS", column=when))
    if [*problems, *wrong]:
        raise DataError([*problems, *wrong])
    kept, told = _mails(frame, who, at)
    if not kept.any():
        raise DataError(finding("E_NO_ROWS", column=who))
    mails = pd.DataFrame({"who": identities(frame[who])[kept], "at": _local(at[kept], asked.zone)})
    for name in COUNTS:
        mails[name] = numbers(frame, name)[kept] if name in frame else 0.0
    mails["planned"] = numbers(frame, asked.planned, blank=np.nan)[kept] if asked.planned else np.nan
    for name, column in (("group", asked.by), ("arm", asked.assigned)):
        mails[name] = as_group(frame[column])[kept] if column and column in frame else ""
    measured = tuple(c for c in COUNTS if c in frame)
    return _panel(
        mails.sort_values(["who", "at"], kind="stable"), _bought(orders, asked), _listed(listed, who, asked), asked, measured, told
    )


def _no_value(frame: pd.DataFrame, asked: Asked, orders: Any) -> list[Finding]:
    """What is wrong with the way a month is valued."""
    if asked.worth is None:
        if orders is not None or "revenue" in frame:
            return []
        return [finding("E_RHYTHM_VALUE", column="worth", found=", ".join(map(str, frame.columns[:20])))]
    known = [c for c in ("clicks", "conversions") if c in frame]
    fine = isinstance(asked.worth, Mapping) and len(asked.worth) > 0 and all(
        k in known and isinstance(v, Real) and np.isfinite(v) and v >= 0 for k, v in asked.worth.items()
    )  # fmt: skip
    return [] if fine else [finding("E_OPTION", column="worth", found=asked.worth, expected='worth={"clicks": 0.4, "conversions": 30.0}')]


def _mails(frame: pd.DataFrame, who: str, at: pd.Series) -> tuple[pd.Series, list[Finding]]:
    """(rows that are an e-mail that reached a person, what was left out)."""
    named = identities(frame[who]).ne("")
    dated = at.notna()
    got = numbers(frame, "delivered", blank=1.0).gt(0) if "delivered" in frame else pd.Series(True, index=frame.index)
    mail = pd.Series(True, index=frame.index)
    if "channel" in frame and frame["channel"].astype(str).eq("email").any():
        mail = frame["channel"].astype(str).eq("email")
    once = ~frame["message_id"].duplicated() | frame["message_id"].isna() if "message_id" in frame else pd.Series(True, index=frame.index)
    told = []
    for code, bad in (
        ("N_RHYTHM_NOBODY", ~named | ~dated), ("N_RHYTHM_UNDELIVERED", ~got), ("N_RHYTHM_OTHER", ~mail), ("N_RHYTHM_TWICE", ~once),
    ):  # fmt: skip
        if bad.any():
            told.append(
                finding(code, level="warning" if code in ("N_RHYTHM_NOBODY", "N_RHYTHM_TWICE") else "note", found=str(int(bad.sum())))
            )
    if "content_type" in frame and frame["content_type"].astype(str).str.contains("automated|welcome|basket|triggered").any():
        told.append(finding("N_RHYTHM_TRIGGERED", level="warning", column="content_type"))
    return named & dated & got & mail & once, told


def _local(at: pd.Series, zone: str) -> pd.Series:
    return at.dt.tz_localize("UTC").dt.tz_convert(zone).dt.tz_localize(None)


def _bought(orders: Any, asked: Asked) -> pd.DataFrame | None:
    """Purchases of people, mailed or not: who, at, value."""
    if orders is None:
        return None
    frame = to_pandas(orders)
    who = next((c for c in PERSON if c in frame), PERSON[0])
    when = next((c for c in ("at", "date", "ordered_at") if c in frame), "at")
    money = next((c for c in ("value", "revenue", "amount") if c in frame), "value")
    lacking = absent(frame, [who, when, money])
    if lacking:
        raise DataError(lacking)
    at, wrong = days_of(frame, when)
    wrong += not_numbers(frame, money, signed=True)
    if wrong:
        raise DataError(wrong)
    table = pd.DataFrame({"who": identities(frame[who]), "at": _local(at, asked.zone), "value": numbers(frame, money)})
    return table[table["who"].ne("") & table["at"].notna()]


def _listed(people: pd.DataFrame | None, who: str, asked: Asked) -> pd.DataFrame:
    """Those on the list, mailed or not: since when, in which segment and arm, where the frame says so."""
    if people is None:
        nobody = pd.DataFrame({"since": [], "group": [], "arm": []}, index=pd.Index([], dtype=str))
        return nobody.astype({"since": "datetime64[ns]", "group": object, "arm": object})
    since, wrong = days_of(people, "since") if "since" in people else (pd.Series(pd.NaT, index=people.index), [])
    if wrong:
        raise DataError(wrong)
    table = pd.DataFrame({"since": since.to_numpy()}, index=identities(people[who]).to_numpy())
    for name, column in (("group", asked.by), ("arm", asked.assigned)):
        table[name] = as_group(people[column]).to_numpy() if column and column in people else ""
    table = table[table.index != ""]
    return table[~table.index.duplicated()]


def _panel(
    mails: pd.DataFrame, bought: pd.DataFrame | None, listed: pd.DataFrame, asked: Asked, measured: tuple[str, ...], told: list[Finding]
) -> Months:
    """The people-months of mails sorted by person and time."""
    people = pd.Index(mails["who"].unique()).union(listed.index)
    person = people.get_indexer(mails["who"])
    stamp = mails["at"].to_numpy()
    month = mails["at"].dt.year.to_numpy() * 12 + mails["at"].dt.month.to_numpy() - 1
    begin, end = int(month.min()), int(month.max())
    last = mails["at"].max()
    cut = end > begin and last.day < LAST_DAY
    end -= int(cut)
    told = [*told, *([finding("N_RHYTHM_CUT", level="note", found=str(last.date()))] if cut else [])]
    month, total = month - begin, end - begin + 1
    entry = np.full(len(people), total)
    np.minimum.at(entry, person, month)
    entry = _since(entry, listed, people, begin, total)
    gone = mails["unsubscribes"].gt(0).to_numpy() | mails["complaints"].gt(0).to_numpy()
    stop = np.full(len(people), total)
    np.minimum.at(stop, person[gone], month[gone])
    after = int((month > stop[person]).sum())
    told += [finding("E_RHYTHM_AFTER", level="warning", found=str(after))] if after else []
    length = np.maximum(np.minimum(stop, total - 1) - entry + 1, 0)
    start = np.concatenate([[0], np.cumsum(length)[:-1]])
    rows = int(length.sum())
    who = np.repeat(np.arange(len(people)), length)
    when = np.arange(rows) - np.repeat(start, length) + np.repeat(entry, length)
    inside = (month >= entry[person]) & (month <= np.minimum(stop, total - 1)[person])
    at = (start[person] + month - entry[person])[inside]
    count = np.bincount(at, minlength=rows).astype(float)
    left = when == stop[who]
    day = mails["at"].dt.day.to_numpy()[inside]
    count, renewed, mended = _meant(count, left, at, day, gone[inside], when, stamp[inside])
    if asked.planned:
        said = np.full(rows, np.nan)
        said[at] = mails["planned"].to_numpy()[inside]
        count = np.where(np.isnan(said), count, said)
    outcomes = {c: np.bincount(at, mails[c].to_numpy()[inside], minlength=rows) for c in measured if c not in ("unsubscribes",)}
    squares = {c: np.bincount(at, mails[c].to_numpy()[inside] ** 2, minlength=rows) for c in outcomes}
    outcomes["value"] = _value(outcomes, bought, asked, (people, who, when, start, entry, length, begin))
    if bought is not None:
        outcomes.pop("revenue", None)
    codes, names = _segments(mails, person, listed, people, asked)
    arm, arms = _arms(mails, at, inside, listed, people, who, rows, asked)
    facts = {
        "renewed": renewed,
        "mended": mended,
        "months": total,
        "first_month": _named(begin),
        "last_month": _named(end),
        "measured": measured,
    }
    return Months(
        person=who, month=when, mails=count, left=left, outcomes=outcomes, arm=arm, arms=arms, segment=codes, names=names, months=total,
        free=bought is not None, facts=facts, findings=tuple(told), squares=squares,
    )  # fmt: skip


def _named(month: int) -> str:
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


def _since(entry: np.ndarray, listed: pd.DataFrame, people: pd.Index, begin: int, total: int) -> np.ndarray:
    """The first whole month on the list: that after `since`, where it is told; that of the first mail otherwise."""
    if listed.empty:
        return entry
    since = listed["since"].reindex(people)
    known = since.notna().to_numpy()
    whole = (since.dt.year * 12 + since.dt.month - 1 + (since.dt.day > 1) - begin).fillna(0).to_numpy().astype(int)
    on = people.isin(listed.index)
    return np.where(known, np.clip(whole, 0, total), np.where(on & (entry >= total), 0, entry))


def _meant(
    count: np.ndarray, left: np.ndarray, at: np.ndarray, day: np.ndarray, gone: np.ndarray, month: np.ndarray, stamp: np.ndarray
) -> tuple[np.ndarray, bool, int]:
    """(mails meant, whether a month's mails all go out, how many months were completed).

    A month that was cut short is given the count of one drawn among the people who had as many mails by the same day of the same month
    and stayed (a hot deck).
    """
    if not gone.any():
        return count, True, 0
    first = np.full(len(count), np.iinfo(np.int64).max)
    np.minimum.at(first, at[gone], stamp[gone].astype("datetime64[s]").astype(np.int64))
    later = stamp.astype("datetime64[s]").astype(np.int64) > first[at]
    goes_on = np.zeros(len(count), bool)
    goes_on[at[later]] = True
    if goes_on[left].mean() > GOES_ON:
        return count, True, 0
    rng, out = np.random.default_rng(SEED), count.copy()
    stopped = np.zeros(len(count), int)
    stopped[at[gone]] = day[gone]
    order = np.lexsort((day, at))
    for m in np.unique(month[left]):
        _completed(out, count, rng, m, month, left, stopped, at[order], day[order])
    return out, False, int(left.sum())


def _completed(
    out: np.ndarray, count: np.ndarray, rng: np.random.Generator, m: int, month: np.ndarray, left: np.ndarray, stopped: np.ndarray,
    at: np.ndarray, day: np.ndarray,
) -> None:  # fmt: skip
    """Write the completed counts of one calendar month into `out`."""
    stay = (month == m) & ~left
    mine = stay[at]
    by_day = np.zeros((32, int(stay.sum())))
    place = np.cumsum(stay) - 1
    np.add.at(by_day, (day[mine], place[at[mine]]), 1)
    so_far, total = np.cumsum(by_day, axis=0), count[stay]
    for row in np.flatnonzero((month == m) & left):
        pool = total[so_far[stopped[row]] == count[row]]
        if len(pool):
            out[row] = pool[rng.integers(len(pool))]


def _value(outcomes: Mapping[str, np.ndarray], bought: pd.DataFrame | None, asked: Asked, place: tuple[Any, ...]) -> np.ndarray:
    people, who, _, start, entry, length, begin = place
    if asked.worth is not None:
        return np.asarray(sum(float(w) * outcomes[c] for c, w in asked.worth.items()))
    if bought is None:
        return outcomes["revenue"]
    person = people.get_indexer(bought["who"])
    month = bought["at"].dt.year.to_numpy() * 12 + bought["at"].dt.month.to_numpy() - 1 - begin
    on = (person >= 0) & (month >= entry[person]) & (month < entry[person] + length[person])
    return np.bincount((start[person] + month - entry[person])[on], bought["value"].to_numpy()[on], minlength=len(who))


def _segments(
    mails: pd.DataFrame, person: np.ndarray, listed: pd.DataFrame, people: pd.Index, asked: Asked
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Each person's segment (the one told first), those of fewer than FEWEST people folded."""
    if asked.by is None:
        return np.zeros(len(people), int), (ALL,)
    first = pd.Series(mails["group"].to_numpy()).groupby(person).first()
    group = pd.Series("", index=range(len(people)), dtype=object)
    group.loc[first.index] = first.to_numpy()
    told = pd.Series(listed["group"].reindex(people).to_numpy(), dtype=object)
    group = told.where(told.notna() & told.ne(""), group).replace("", "(missing)")
    group = group.replace(ALL, f"{ALL} ")  # a segment of that name is not everyone
    group = group.where(~group.isin(_small(group.value_counts(sort=True, ascending=True))), OTHERS)
    codes, names = pd.factorize(group, sort=True)
    return codes, tuple(map(str, names))


def _small(sizes: pd.Series) -> list[str]:
    """Segments to fold: those of fewer than FEWEST people, and the next larger ones until the fold has as many."""
    if not (sizes < FEWEST).any():
        return []
    enough = max(int((sizes < FEWEST).sum()), 1 + int(np.searchsorted(sizes.cumsum().to_numpy(), FEWEST)))
    return list(sizes.index[:enough])


def _arms(
    mails: pd.DataFrame,
    at: np.ndarray,
    inside: np.ndarray,
    listed: pd.DataFrame,
    people: pd.Index,
    who: np.ndarray,
    rows: int,
    asked: Asked,
) -> tuple[np.ndarray, tuple[str, ...]]:
    """The arm of each person-month: that of its mails, else that of the list, else that of the month before."""
    if not asked.assigned:
        return np.full(rows, -1), ()
    told = listed["arm"].reindex(people).fillna("").to_numpy() if len(listed) else np.full(len(people), "")
    arm = pd.Series(np.asarray(told, dtype=object)[who])
    said = mails["arm"].to_numpy()[inside]
    arm.iloc[at] = np.where(said == "", arm.iloc[at], said)
    arm = arm.replace({"": None, "(missing)": None})
    arm = arm.groupby(who).ffill()
    codes, names = pd.factorize(arm, sort=True)
    return codes, tuple(map(str, names))
