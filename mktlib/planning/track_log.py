"""The log of a running campaign, made fit to be counted: nothing of the future, nothing twice, nothing that is a running total.

What is known on a day is what ended before it. A row of a week that is not over, or of the day itself, is set aside; so are rows dated
later, whatever stands in them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from mktlib.errors import DataError, Finding
from mktlib.intake import to_pandas
from mktlib.intake.inputs import absent, days_of, not_numbers, numbers, settled
from mktlib.planning.brief import Brief
from mktlib.vocabulary import Row, finding, masked

KEY = ["item", "segment", "channel"]
SPEND = ("actual_spend", "spend")
GROWS, PAIRS = 0.95, 8
"""A running total grows from row to row in this share of pairs of rows, of which there are at least so many."""
CUT_OFF, USUAL_DAYS = 0.5, 7
"""A last day below this share of the usual, and below every other, was cut off; so many days are needed to know what is usual."""


STALE = 2
"""Days by which a log may be behind without a remark (a weekly one: a week more)."""


@dataclass(frozen=True)
class Seen:
    """What was known on a day. rows: item, segment, channel, start (day), end (day after its last), week (1, 2 ...), exposure, count, spend
    (NaN: not reported). blank: such rows (item, segment, channel, start, week) that ran and whose count or exposure nobody wrote down.
    pieces: item, owner, due, published, cancelled. until: the day up to which everything is known (exclusive)."""

    rows: pd.DataFrame
    blank: pd.DataFrame
    pieces: pd.DataFrame
    until: pd.Timestamp
    daily: bool
    money: bool
    findings: tuple[Finding, ...]


def moment_of(as_of: Any, zone: str | None) -> tuple[pd.Timestamp, list[Finding]]:
    """A day or a moment on the clock of the campaign, without its zone, and what is wrong with it.

    >>> moment_of("2026-10-19T23:30:00Z", "Europe/Paris")[0].isoformat()
    '2026-10-20T01:30:00'
    """
    bad = finding("E_OPTION", column="as_of", found=as_of, expected='as_of="2026-10-19"')
    if isinstance(as_of, bool | int | float):
        return pd.NaT, [bad]  # type: ignore[return-value]
    said, wrong = settled(as_of)
    if wrong:
        return pd.NaT, wrong  # type: ignore[return-value]
    try:
        when = pd.Timestamp(said)
    except (ValueError, TypeError, OverflowError):
        return pd.NaT, [bad]  # type: ignore[return-value]
    if when is pd.NaT or not 1970 <= when.year <= 2200:
        return pd.NaT, [bad]  # type: ignore[return-value]
    if when.tzinfo is not None:
        when = (when.tz_convert(zone) if zone else when).tz_localize(None)
    return when, []


def read_log(log: Any, brief: Brief, metric: Row, as_of: pd.Timestamp, *, zone: str | None = None) -> Seen:
    """Rows of a log as they were known at a moment.

    Raises:
        DataError: all that is wrong at once: columns that lack, days or numbers that are none, money in another currency.
    """
    frame = to_pandas(log).reset_index(drop=True)
    when = "date" if "date" in frame else "week"
    exposures = [c for c in dict.fromkeys((metric["exposure"], *metric.get("exposure_by_channel", {}).values())) if c in frame]
    if wrong := absent(frame, [*KEY, when, metric["count"], *([] if exposures else [metric["exposure"]])]):
        raise DataError(wrong)
    start, wrong = _starts(frame, when, brief, zone)
    end = _ends(start, 1 if when == "date" else 7, brief)
    kept = ((start < as_of) & (end <= as_of)).to_numpy()
    wrong += _wrong_cells(frame[kept], metric, exposures, brief)
    if wrong:
        raise DataError(wrong)
    undated = int(start.isna().sum())
    told = [finding("E_TRACK_NO_DATE", level="warning", column=when, found=str(undated))] if undated else []
    numbered = _numbered(frame[kept], start, end, metric, exposures, brief)
    blank = numbered[["exposure", "count"]].isna().any(axis=1) & (numbered[["exposure", "count"]].fillna(0) != 0).any(axis=1)
    rows, once = _once(numbered[~blank].fillna({"exposure": 0.0, "count": 0.0}), frame[kept][~blank])
    if wrong := _more_than_chances(rows, metric):
        raise DataError(wrong)
    rows, totals = (rows, []) if when == "date" else _no_totals(rows)
    rows, cut = _whole_days(rows, set(metric.get("exposure_by_channel", {}))) if when == "date" else (rows, [])
    told += [*_blanks(blank, metric), *once, *totals, *cut, *_remarks(rows, brief, as_of, daily=when == "date")]
    until = pd.Timestamp(min(as_of.normalize(), rows["end"].max())) if len(rows) else pd.Timestamp(brief.first_day)
    people, unread = _pieces(frame[(start < as_of).to_numpy()], as_of)
    told += unread
    unknown = numbered.loc[blank, [*KEY, "start", "week"]]
    return Seen(rows, unknown, people, until, when == "date", any(c in frame for c in SPEND), tuple(told))


def _starts(frame: pd.DataFrame, when: str, brief: Brief, zone: str | None) -> tuple[pd.Series, list[Finding]]:
    """The first day of each row; a number in `week` is a week of the plan; a time with an offset is told on the campaign's clock."""
    if when == "week" and pd.api.types.is_numeric_dtype(frame[when].dtype):
        number = pd.to_numeric(frame[when], errors="coerce").astype(float)
        fits = number.between(1, 5_000) & (number % 1 == 0)
        if (bad := number.notna() & ~fits).any():
            at = int(bad.to_numpy().argmax())
            told = finding("E_BAD_DATE", column=when, line=at + 2, found=frame[when].iloc[at])
            return pd.Series(pd.NaT, index=frame.index), [told]
        return pd.Timestamp(brief.first_day) + pd.to_timedelta(7 * (number - 1), unit="D"), []
    moments, wrong = days_of(frame, when)
    if zone and (isinstance(frame[when].dtype, pd.DatetimeTZDtype) or _offsets(frame[when])):
        moments = moments.dt.tz_localize("UTC").dt.tz_convert(zone).dt.tz_localize(None)
    return moments.dt.normalize(), wrong


def _offsets(values: pd.Series) -> bool:
    """Whether texts of moments say how far they are from UTC."""
    texts = values.dropna().astype(str)
    return bool(texts.str.contains(r"T?\d{2}:\d{2}.*(?:Z|[+-]\d{2}:?\d{2})$").any())


def _ends(start: pd.Series, days: int, brief: Brief) -> pd.Series:
    """The day after the last one that a row speaks of; the campaign's last week may be short."""
    end, after = start + pd.Timedelta(days=days), pd.Timestamp(brief.last_day) + pd.Timedelta(days=1)
    return end.where((start >= after) | (end <= after), after)


def _wrong_cells(frame: pd.DataFrame, metric: Row, exposures: list[str], brief: Brief) -> list[Finding]:
    wrong = [f for c in (metric["count"], *exposures) for f in not_numbers(frame, c)]
    wrong += [f for c in SPEND if c in frame for f in not_numbers(frame, c, signed=True)]
    if "currency" in frame:
        codes = frame["currency"].dropna().astype(str).str.strip().str.upper()
        if other := sorted(set(codes[codes.ne("")]) - {brief.currency}):
            wrong.append(finding("E_TRACK_CURRENCY", column="currency", found=", ".join(other[:5]), expected=brief.currency))
    return wrong


def _numbered(frame: pd.DataFrame, start: pd.Series, end: pd.Series, metric: Row, exposures: list[str], brief: Brief) -> pd.DataFrame:
    """The columns that are counted, as numbers; the exposure of a channel is its own where it has one."""
    own = {c: e for c, e in metric.get("exposure_by_channel", {}).items() if e in frame}
    unknown = pd.Series(np.nan, index=frame.index)
    chances = numbers(frame, metric["exposure"], blank=np.nan) if metric["exposure"] in frame else unknown
    for channel, column in own.items():
        chances = chances.where(frame["channel"].astype(str) != channel, numbers(frame, column, blank=np.nan))
    spend = next((numbers(frame, c, blank=np.nan) for c in SPEND if c in frame), unknown)
    week = (start - pd.Timestamp(brief.first_day)).dt.days // 7 + 1
    out = frame[KEY].astype(object).where(frame[KEY].notna(), "").astype(str).apply(lambda c: c.str.strip())
    when = {"start": start.loc[frame.index], "end": end.loc[frame.index], "week": week.loc[frame.index]}
    return out.assign(**when, exposure=chances, count=numbers(frame, metric["count"], blank=np.nan), spend=spend).astype({"week": "int64"})


def _blanks(blank: pd.Series, metric: Row) -> list[Finding]:
    many = int(blank.sum())
    return [finding("E_TRACK_BLANK", level="warning", column=str(metric["count"]), found=str(many))] if many else []


def _more_than_chances(rows: pd.DataFrame, metric: Row) -> list[Finding]:
    """A channel with more events than chances in all (columns swapped?); on single days events may come after their chances."""
    sums = rows.groupby("channel")[["count", "exposure"]].sum()
    above = sums[(sums["count"] > sums["exposure"]) & (sums["exposure"] > 0)] if metric["family"] == "binomial" else sums.head(0)
    return [
        finding("E_CLICKS_GT_IMPRESSIONS", column=str(metric["count"]), found=f"{masked(str(name))}: {y:.0f} > {n:.0f}")
        for name, y, n in above.itertuples(name=None)
    ]


def _once(rows: pd.DataFrame, frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
    """Rows that stand there twice, word for word, count once; then one row a placement and period."""
    twice = frame.duplicated().to_numpy()
    told = [finding("E_TRACK_TWICE", level="warning", found=str(int(twice.sum())))] if twice.any() else []
    some = rows[~twice]
    sums = some.groupby([*KEY, "start", "end", "week"], as_index=False)[["exposure", "count"]].sum()
    money = some.groupby([*KEY, "start", "end", "week"], as_index=False)["spend"].sum(min_count=1)
    return sums.assign(spend=money["spend"]), told


def _no_totals(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
    """Weeks out of running totals (each row since the start), where the rows can hardly be anything else."""
    ordered = rows.sort_values([*KEY, "start"], kind="stable", ignore_index=True)
    steps = ordered.groupby(KEY)[["exposure", "count", "spend"]].diff()
    pairs = steps["exposure"].notna() & (ordered["exposure"] > 0)
    grows = (steps["exposure"] >= 0) & (steps["count"] >= 0) & (steps["spend"].fillna(0) >= 0)
    growth = ordered["exposure"] / (ordered["exposure"] - steps["exposure"])
    if pairs.sum() < PAIRS or grows[pairs].mean() < GROWS or growth[pairs].median() < 1.2:
        return rows, []
    weeks = ordered.assign(**{str(c): steps[c].fillna(ordered[c]) for c in steps})
    return weeks, [finding("E_TRACK_TOTALS", level="warning", found=str(int(pairs.sum())))]


def _whole_days(rows: pd.DataFrame, sent: set[str]) -> tuple[pd.DataFrame, list[Finding]]:
    """Without a last day that was cut off (an export made at noon); messages, which leave on single days, show nothing of it."""
    days = rows[~rows["channel"].isin(sent)].groupby("start")["exposure"].sum()
    if len(days) <= USUAL_DAYS:
        return rows, []
    usual, last = float(days.iloc[-USUAL_DAYS - 1 : -1].median()), float(days.iloc[-1])
    if last >= CUT_OFF * usual or last >= days.iloc[:-1].min():
        return rows, []
    seen = str(days.index[-1].date())
    told = finding("E_TRACK_HALF_DAY", level="warning", column="date", found=seen, last=seen, share=round(100 * last / usual))
    return rows[rows["start"] < days.index[-1]].reset_index(drop=True), [told]


def _remarks(rows: pd.DataFrame, brief: Brief, as_of: pd.Timestamp, *, daily: bool) -> list[Finding]:
    """Money that came back, weeks of which nothing is known, days outside the campaign, a log that ends early."""
    told = []
    if (back := rows["spend"] < 0).any():
        told.append(finding("E_NEGATIVE_SPEND", level="warning", column="spend", found=f"{rows.loc[back, 'spend'].sum():.2f}"))
    if outside := int((~rows["week"].between(1, brief.weeks)).sum()):
        told.append(finding("E_TRACK_OUTSIDE", level="warning", found=str(outside)))
    over = [w for w in range(1, brief.weeks + 1) if pd.Timestamp(max(brief.week_days(w))) < as_of.normalize()]
    if len(rows) and (gaps := [w for w in over if w not in set(rows["week"])]):
        days = ", ".join(str(brief.week_days(w)[0]) for w in gaps[:5])
        told.append(finding("E_TRACK_GAP", level="warning", found=days, count=str(len(gaps))))
    last, end = rows["end"].max(), pd.Timestamp(brief.last_day) + pd.Timedelta(days=1)
    if len(rows) and last < end and min(as_of.normalize(), end) - last > pd.Timedelta(days=STALE if daily else STALE + 7):
        told.append(finding("E_TRACK_STALE", level="warning", found=str((last - pd.Timedelta(days=1)).date())))
    return told


def _pieces(frame: pd.DataFrame, as_of: pd.Timestamp) -> tuple[pd.DataFrame, list[Finding]]:
    """Who answers for each piece, when it was due, when it came out as far as that was known, and whether it was called off; days that
    cannot be read are said."""
    told: list[Finding] = []
    names = frame["item"].astype(object).where(frame["item"].notna(), "").astype(str).str.strip()
    out = pd.DataFrame({"item": names})
    blank = pd.Series("", index=frame.index)
    out["owner"] = frame["owner"].fillna("").astype(str).str.strip().map(masked) if "owner" in frame else blank
    for column in ("due", "published"):
        days, unread = days_of(frame, column) if column in frame and len(frame) else (pd.Series(pd.NaT, index=frame.index), [])
        told += [replace(f, level="warning") for f in unread]
        out[column] = days.astype("datetime64[ns]").dt.normalize().astype("datetime64[s]")
    out["published"] = out["published"].where(out["published"] < as_of)
    status = frame["status"].fillna("").astype(str).str.strip().str.lower() if "status" in frame else blank
    out["cancelled"] = status.isin(["cancelled", "canceled", "annulé", "annulée"])
    out["owner"] = out["owner"].replace("", None)
    how = {"owner": "first", "due": "min", "published": "min", "cancelled": "all"}
    return out.groupby("item", as_index=False).agg(how), told
