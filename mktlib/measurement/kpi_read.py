"""What a table of figures is made of: which rows of the table the log can fill, and its sums by group and by what bundles rows."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from mktlib.errors import DataError, Finding
from mktlib.intake.inputs import as_group, days_of
from mktlib.intake.pairs import BUNDLE, PARTS, Pairs, given_back, names_of, paired_sums
from mktlib.measurement.ratios import is_positive
from mktlib.results import Intake
from mktlib.vocabulary import Tables, finding, nearest

ALSO = {"spend": "actual_spend", "opens": "opens_unique", "clicks": "clicks_unique", "planned": "planned_spend"}
"""Other names of a column, where a log has no column of the first."""
DAYS = ("date", "day", "sent_at", "at", "published", "week")
PIECES = ("content_id", "item", "post_id", "campaign_id", "message_id")
PERSONS = ("member_id", "customer_id", "person_id", "user_id")
SIGNS = {"€": "EUR", "£": "GBP"}
MONEY = ("spend", "revenue", "margin", "actual_spend", "planned_spend")
FEWEST, OTHERS = 10, "others"
NOTHING = 1e-9
"""Sums below are 0: no money and no count is so small, and a ratio over it has no end."""
WEEKS = 10
"""Weeks from which on rows are bundled by week too: neighbouring days are alike."""
STRETCHES, SPANS = 8, ("week", "days")
"""Parts of the whole time into which days are bundled besides; bundles of several days."""
SPENT, GAINED, SHARED, PLANNED = "_spent", "_gained", "_shared", "_planned"
"""Pairs that serve the whole table: what was spent, margin over spend, revenue over margin, spent over planned."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is asked of a log. rows: figures that can be filled; margin: a column, a share, or None; columns: its names in the log."""

    rows: Mapping[str, Mapping[str, Any]]
    by: tuple[str, ...]
    margin: str | float | None
    names: tuple[str, ...]

    def has(self, column: str) -> bool:
        return self.column(column) in self.names

    def column(self, name: str) -> str:
        """The log's own name of a column."""
        return name if name in self.names else ALSO.get(name, name)

    def pair(self, above: str, below: str, events: str | None = None) -> tuple[str, str, str | None]:
        own = [self.column(c) for c in (above, below, events or "")]
        return own[0], own[1], own[2] if own[2] in self.names else None

    def first(self, among: Sequence[str]) -> str | None:
        return next((c for c in among if c in self.names), None)

    @property
    def hidden(self) -> tuple[str, ...]:
        """Columns that are read beside those of `by`: channels that cost nothing, and currencies."""
        more = [c for c in ("channel", "currency") if c in self.names and c not in self.by]
        return tuple(more if self.has("spend") or "currency" in more else [])

    def pairs(self) -> dict[str, tuple[str, str, str | None]]:
        """Every pair of columns that is added up."""
        margin, out = self.margin, {}
        for key, row in self.rows.items():
            above = margin if row["numerator"] == "margin" and isinstance(margin, str) else row["numerator"]
            above = "revenue" if above == "margin" and isinstance(margin, float) else above
            out[key] = self.pair(str(above), row["denominator"], row.get("events"))
        if self.has("spend"):
            out[SPENT] = self.pair("spend", "spend")
            if margin is not None:
                out[GAINED] = self.pair(margin if isinstance(margin, str) else "revenue", "spend", "conversions")
            if self.has("planned"):
                out[PLANNED] = self.pair("spend", "planned")
        if isinstance(margin, str) and self.has("revenue"):
            out[SHARED] = self.pair("revenue", margin)
        return out


def wanted(log: Any, by: Any, kpis: Any, margin: Any, tables: Tables, taken: Collection[str]) -> tuple[Any, Wanted, list[Finding]]:
    """(the log, what can be made of it, what the reader should know); taken: columns of the answer, which no group may bear.

    Raises:
        DataError: every option and column that is wrong.
    """
    log = log.table if isinstance(log, Intake) else log
    names = tuple(names_of(log))
    by = _several(by)
    known = {k: r for k, r in tables.kpis.items() if "made_by" not in r}
    asked = None if kpis is None else _several(kpis)
    wrong = _wrong_names(asked, tables, known) + _wrong_margin(margin, names)
    can_week = any(c in names for c in DAYS)
    wrong += [_absent(c, names) for c in by if c not in names and not (c == "week" and can_week)]
    wrong += [finding("E_OPTION", column="by", found=c, expected=f'by="{c}_name"') for c in by if c in names and c in taken]
    real = _margin(margin, names)
    first = Wanted(rows={}, by=by, margin=real, names=names)
    wrong += [_absent("revenue", names)] if isinstance(real, float) and first.has("spend") and not first.has("revenue") else []
    keys = [k for k in asked if k in known] if asked is not None else list(known)
    lacking = {k: _lacking(known[k], first) for k in keys}
    told = []
    if asked is not None:
        no_margin = [k for k in keys if lacking[k] == ["margin"]]
        told += [finding("N_KPI_NO_MARGIN", level="warning", column=", ".join(no_margin))] if no_margin else []
        wrong += [_absent(c, names) for c in dict.fromkeys(c for k in keys if k not in no_margin for c in lacking[k])]
    fine = {k: known[k] for k in keys if not lacking[k]}
    if asked is None and "roas" in fine and real is None:
        told.append(finding("N_KPI_NO_MARGIN", level="note", column="roi"))
    if not wrong and not fine and not told:
        wrong.append(finding("E_KPI_NONE", found=", ".join(names[:20])))
    if wrong:
        raise DataError(wrong)
    return log, Wanted(rows=fine, by=by, margin=real, names=names), told


def _several(given: Any) -> tuple[Any, ...]:
    """One name or several, each once."""
    if given is None or isinstance(given, str) or not isinstance(given, Iterable):
        return () if given is None else (given,)
    return tuple(dict.fromkeys(c if isinstance(c, Hashable) else str(c) for c in given))


def _wrong_names(asked: Sequence[Any] | None, tables: Tables, known: Mapping[str, Any]) -> list[Finding]:
    out = []
    for key in asked or ():
        made = tables.kpis.get(key, {}).get("made_by") if isinstance(key, str) else None
        if made:
            out.append(finding("E_KPI_ELSEWHERE", column="kpis", found=key, hint=f"mk.{made}(...)"))
        elif key not in known:
            out.append(finding("E_OPTION", column="kpis", found=key, expected=", ".join(known), hint=nearest(key, known)))
    return out


def _wrong_margin(margin: Any, names: Sequence[str]) -> list[Finding]:
    if isinstance(margin, str) and margin not in names:
        return [_absent(margin, names)]
    fine = margin is None or isinstance(margin, str) or (is_positive(margin) and margin <= 1)
    return [] if fine else [finding("E_OPTION", column="margin", found=margin, expected='margin=0.4 / margin="margin"')]


def _margin(margin: Any, names: Sequence[str]) -> str | float | None:
    if margin is None:
        return "margin" if "margin" in names else None
    return margin if isinstance(margin, str) else float(margin) if isinstance(margin, Real) else None


def _absent(column: str, names: Sequence[str]) -> Finding:
    return finding("E_MISSING_COLUMN", column=column, expected=column, found=", ".join(names[:20]), hint=nearest(column, names))


def _lacking(row: Mapping[str, Any], asked: Wanted) -> list[str]:
    """Columns that a figure needs and the log has not."""
    out = []
    for side in ("numerator", "denominator"):
        column = row[side]
        if column == "margin" and asked.margin is not None:
            column = asked.margin if isinstance(asked.margin, str) else "revenue"
        out += [] if asked.has(column) else [row[side]]
    return out


# ---------------------------------------------------------------- sums


@dataclass(frozen=True, kw_only=True)
class Read:
    """Sums of a log. bundles: by day, week, stretch of days, piece, person or none: one row a group, channel and bundle. folded: groups of
    too few people. back: money that was given back. currency: of all money."""

    bundles: Mapping[str, pd.DataFrame]
    folded: int
    back: Mapping[str, float]
    currency: str | None


def read_sums(log: Any, asked: Wanted, rates: Mapping[str, float] | None) -> Read:
    """The sums of a log, in one currency, small groups of people folded.

    Raises:
        DataError: no rows, two currencies without rates, dates that are none, and what `paired_sums` refuses.
    """
    day, piece, person = asked.first(DAYS), asked.first(PIECES), asked.first(PERSONS)
    by = [str(day) if c == "week" and c not in asked.names else c for c in asked.by]
    there = {"day": day, "piece": piece, "person": person}
    kinds = {k: c for k, c in there.items() if c is not None and (c not in by or k == "person")}
    asks = Pairs(pairs=asked.pairs(), by=[*dict.fromkeys([*by, *asked.hidden])], signed=_signed(asked), days=[day] if day else [])
    frames = {k: _clean(f) for k, f in paired_sums(log, asks, [*kinds.values(), *([] if kinds else [None])]).items()}
    some = next(iter(frames.values()))
    if some.empty or not some[[f"{k} rows" for k in asked.pairs()]].to_numpy().any():
        raise DataError(finding("E_NO_ROWS" if some.empty else "E_KPI_ALL_BLANK", found=", ".join(asks.columns)))
    money = [f"{k} {part}" for k, pair in asked.pairs().items() for part, c in zip(PARTS, pair, strict=False) if c in _signed(asked)]
    money += [m + "_left" for m in money]
    frames, currency = _one_currency(frames, money, asked, rates)
    named = {k: _grouped(frames[c], asked, day if c == day else None) for k, c in kinds.items()} or {"none": _grouped(some, asked, None)}
    few = _few(named.get("person"), asked.by)
    bundles = {k: _summed(_folded(f, few, asked.by), asked) for k, f in named.items()}
    if "day" in bundles:
        bundles |= _spans(bundles["day"], asked)
    return Read(bundles=bundles, folded=len(few), back=given_back(some, _signed(asked)), currency=currency)


def _clean(frame: pd.DataFrame) -> pd.DataFrame:
    """Sums as they are, or 0 where they are next to nothing."""
    numbers = frame.select_dtypes("number")
    return frame.assign(**numbers.where(numbers.abs() >= NOTHING, numbers.where(numbers.isna(), 0.0)))


def _signed(asked: Wanted) -> set[str]:
    money = {c for row in asked.rows.values() for c in row.get("money", ())} | {*MONEY}
    return {asked.column(c) for c in money} | ({asked.margin} if isinstance(asked.margin, str) else set())


def _one_currency(
    frames: Mapping[str | None, pd.DataFrame], money: Sequence[str], asked: Wanted, rates: Mapping[str, float] | None
) -> tuple[dict[str | None, pd.DataFrame], str | None]:
    """The sums in one currency, and its code; None where the log does not say."""
    if rates is not None and not (isinstance(rates, Mapping) and rates):
        raise DataError(finding("E_RATES", column="rates", found=str(rates)[:60]))
    if "currency" not in asked.names:
        return dict(frames), None
    some = next(iter(frames.values()))
    codes = _codes(some["currency"])
    rich = some[[m for m in money if m in some]].ne(0).any(axis=1)
    said = sorted({*codes[codes.ne("") | rich]})
    if len(said) > 1 and not rates:
        found = ", ".join(f"{c or '?'} ({int((codes == c).sum())})" for c in said)
        raise DataError(finding("E_MIXED_CURRENCY", column="currency", found=found))
    if not rates:
        return dict(frames), said[0] or None if said else None
    target = next((c for c, rate in rates.items() if rate == 1), None)
    bad = [c or "currency: ?" for c in said if c not in rates] or ([] if target else [str(dict(rates))])
    bad = bad or [f"{c}: {r}" for c, r in rates.items() if not is_positive(r)]
    if bad:
        raise DataError(finding("E_RATES", column="rates", found=", ".join(bad)))
    return {k: _converted(f, money, rates) for k, f in frames.items()}, target


def _codes(currency: pd.Series) -> pd.Series:
    """Codes of currencies, "" where blank; "$" stays as it is, for it is that of many."""
    return currency.astype(object).where(currency.notna(), "").astype(str).str.strip().str.upper().replace(SIGNS)


def _converted(frame: pd.DataFrame, money: Sequence[str], rates: Mapping[str, float]) -> pd.DataFrame:
    factor = _codes(frame["currency"]).map(dict(rates)).astype(float).fillna(1.0)
    return frame.assign(**{m: frame[m] * factor for m in money if m in frame})


def _grouped(frame: pd.DataFrame, asked: Wanted, day: str | None) -> pd.DataFrame:
    """The frame with groups as text, weeks by their Monday, and days that are days."""
    out = frame.copy()
    for c in asked.by:
        if c == "week" and c not in asked.names:
            source = str(asked.first(DAYS))
            when = _days(frame[source], source)
            out[c] = _mondays(when).fillna("(missing)")
        else:
            out[c] = as_group(frame[c])
    if "channel" in asked.hidden:
        out["channel"] = as_group(frame["channel"])
    out[BUNDLE] = _days(frame[BUNDLE], day).dt.strftime("%Y-%m-%d").fillna("") if day else frame[BUNDLE].astype(object)
    return out


def _mondays(when: pd.Series) -> pd.Series:
    """The first day of each one's week, as text."""
    return (when - pd.to_timedelta(when.dt.day_of_week, unit="D")).dt.strftime("%Y-%m-%d")


def _days(values: pd.Series, column: str) -> pd.Series:
    when, wrong = days_of(pd.DataFrame({column: values.astype(object).where(values.notna(), None)}), column)
    if wrong:
        raise DataError([finding(f.code, column=column, found=f.found, hint=f.hint) for f in wrong])
    return when


def _summed(frame: pd.DataFrame, asked: Wanted) -> pd.DataFrame:
    """One row a group, channel and bundle, in a fixed order."""
    keys = [*asked.by, *(["channel"] if "channel" in asked.hidden else []), BUNDLE]
    sums = [f"{k} {part}" for k in asked.pairs() for part in PARTS]
    return frame.groupby(keys, dropna=False, sort=True, as_index=False)[sums].sum()


def _few(persons: pd.DataFrame | None, by: Sequence[str]) -> set[tuple[str, ...]]:
    """Groups of fewer than FEWEST people."""
    if persons is None or not by:
        return set()
    count = persons[persons[BUNDLE].notna()].groupby([*by])[BUNDLE].nunique()
    return {k if isinstance(k, tuple) else (k,) for k, n in count.items() if n < FEWEST}


def _folded(frame: pd.DataFrame, few: set[tuple[str, ...]], by: Sequence[str]) -> pd.DataFrame:
    if not few:
        return frame
    mine = np.array([k in few for k in zip(*(frame[c] for c in by), strict=True)], bool)
    return frame.assign(**{c: frame[c].where(~mine, OTHERS) for c in by})


def _spans(days: pd.DataFrame, asked: Wanted) -> dict[str, pd.DataFrame]:
    """The days bundled by week, where there are weeks enough, and into STRETCHES of as many days each: good times and bad ones last."""
    when = pd.to_datetime(days[BUNDLE], errors="coerce")
    monday = _mondays(when).fillna("")
    out = {"week": monday} if monday.nunique() >= WEEKS else {}
    since = (when - when.min()).dt.days
    length = int(since.max() + 1) // STRETCHES if when.notna().any() else 0
    out |= {"days": (since // length).astype(str)} if length > 1 else {}
    return {kind: _summed(days.assign(**{BUNDLE: bundle}), asked) for kind, bundle in out.items()}
