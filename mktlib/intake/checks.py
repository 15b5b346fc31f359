"""What a whole log shows that no single cell does: two currencies, spellings of one word, days that are missing or said twice."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import pandas as pd

from mktlib.errors import DataError, Finding
from mktlib.intake.columns import EXACT, Wrong
from mktlib.intake.headers import CODES, CURRENCIES, ODD, UNSEEN
from mktlib.vocabulary import AXIS_TABLE, Tables, finding, nearest, printable

CLOSED = ("stage", "content_type", "style", "length", "channel")
WORDY = ("segment", *CLOSED, "network", "objective")
KEYS = ("content_id", "content_name", "ad_group", "campaign")
SIGN = re.compile(rf"[€$£¥]|(?<![A-Za-z])(?:{'|'.join(sorted(CODES))})(?![A-Za-z])")
EARLY = pd.Timestamp(2000, 1, 1)
SHARE_GONE, HALF, ENOUGH_DAYS = 0.1, 0.6, 7


def one_currency(
    text: pd.DataFrame, kinds: Mapping[str, str], named: Sequence[str], name: str, rates: Mapping[str, float] | None
) -> str | None:
    """The currency of all money in a log: told by a column, a header or a sign. None where nobody says.

    Raises:
        DataError: there are two, and no rates to change them by.
    """
    column = text["currency"] if "currency" in text else pd.Series("", index=text.index)
    rows = column[column != ""].value_counts()
    signs = {s for c, kind in kinds.items() if kind == "money" for word in text[c].unique() for s in SIGN.findall(word)}
    said = {*rows.index, *named, *(CURRENCIES.get(s, s) for s in signs)}
    if "$" in signs and (others := said - {"USD"}) and all(x.endswith("D") for x in others):
        said = others  # a dollar sign beside CAD or AUD is that dollar
    if len(said) > 1 and not rates:
        found = ", ".join(f"{c} ({rows[c]})" if c in rows else c for c in sorted(said))
        raise DataError(finding("E_MIXED_CURRENCY", file=name, column="currency", found=found))
    return next(iter(said)) if len(said) == 1 else None


def converted(log: pd.DataFrame, money: Sequence[str], rates: Mapping[str, float], name: str) -> pd.DataFrame:
    """Money changed into the currency whose rate is 1, row by row.

    Raises:
        DataError: a currency of the log has no rate.
    """
    good = isinstance(rates, Mapping) and all(isinstance(r, int | float) and 0 < r < float("inf") for r in rates.values())
    lacking = sorted(set(log["currency"].dropna()) - set(rates)) if good and "currency" in log else []
    target = next((c for c, rate in rates.items() if rate == 1), None) if good else None
    unsaid = "currency" not in log or (log["currency"].isna() & log[[c for c in money if c in log]].notna().any(axis=1)).any()
    if lacking or target is None or unsaid:
        found = ", ".join(lacking) or (str(rates) if target is None else "currency: ?")
        raise DataError(finding("E_RATES", file=name, column="rates", found=found))
    factor = log["currency"].map(dict(rates)).astype(float) if "currency" in log else 1.0
    return log.assign(**{c: log[c] * factor for c in money if c in log}, currency=target)


def one_spelling(text: pd.DataFrame, name: str) -> tuple[pd.DataFrame, list[Finding]]:
    """Words of the axes without odd spaces and unseen characters; those that differ by case alone become the most frequent of them."""
    out, found = text, []
    for axis in [a for a in WORDY if a in text]:
        words = text[axis].value_counts(sort=False)
        clean = {w: " ".join(UNSEEN.sub("", unicodedata.normalize("NFC", w)).translate(ODD).split()) for w in words.index}
        groups: dict[str, list[str]] = {}
        for word in words.index:
            groups.setdefault(clean[word].casefold(), []).append(word)
        best = {w: clean[max(same, key=lambda x: (words[x], x))] for same in groups.values() for w in same}
        changed = {w: to for w, to in best.items() if w != to}
        if changed:
            out = out.assign(**{axis: text[axis].map(best)})
            pairs = ", ".join(f"{w!r} = {to!r}" for w, to in list(changed.items())[:5])
            found.append(finding("E_NEAR_DUPLICATE_LEVELS", level="note", file=name, column=axis, found=pairs))
    return out, found


def spoiled_ids(text: pd.DataFrame, lines: Mapping[int, int], name: str) -> None:
    """Refuse identities that a spreadsheet has rounded (1.22158E+17): two pieces may have become one.

    Raises:
        DataError: one finding a column, at the first such cell.
    """
    found = []
    for column in [c for c in text.columns if str(c).lower().endswith("id") or text[c].str.fullmatch(rf"\d{{16,}}{EXACT}").any()]:
        bad = text[column].str.fullmatch(rf"\d(?:[.,]\d+)?[eE]\+?\d{{2,}}|\d+{EXACT}")
        long = text[column].str.fullmatch(r"\d{17,}")
        if (
            len(text.loc[long, column].unique()) > 1 and text.loc[long, column].str[15:].str.fullmatch("0+").all()
        ):  # a spreadsheet keeps 15 digits
            bad |= long
        if bad.any():
            at = text.index[bad.to_numpy()][0]
            said = str(text.loc[at, column]).rstrip(EXACT)
            found.append(finding("E_ID_PRECISION", file=name, line=lines[at], column=str(column), found=said))
    if found:
        raise DataError(found)


def mixed_percent(text: pd.Series, name: str) -> None:
    """Refuse a column in which some shares carry a percent sign and others do not: 1.5 and 1.5 % would be one number."""
    said = text[text != ""]
    signed = said.str.contains("%")
    if signed.any() and not signed.all():
        found = f"{said[signed].iloc[0]} / {said[~signed].iloc[0]}"
        raise DataError(finding("E_MIXED_PERCENT", file=name, column=str(text.name), found=found))


def said_twice(text: pd.DataFrame, names: Sequence[str], file: str) -> tuple[list[Wrong], list[Finding]]:
    """Rows that repeat another to the letter: rejected where a day and a piece have one row otherwise (the export was pasted twice);
    only told where they have several (hours, single events).

    names: the columns that say what a row is.
    """
    key = next((k for k in KEYS if k in text), None)
    twice = text.index[text.duplicated().to_numpy()]
    if not len(twice):
        return [], []
    if key is None or "date" not in text or text.drop(index=twice).duplicated(list(names)).any():
        return [], [finding("E_EQUAL_ROWS", level="note", file=file, found=str(len(twice)))]
    return [Wrong(int(i), key, "E_DUPLICATE_ROW", str(text.loc[i, key])) for i in twice], []


def unknown_words(kept: pd.DataFrame, lines: Mapping[int, int], name: str, tables: Tables) -> list[Finding]:
    """A word that the vocabulary lacks is kept, for it may be one's own; it is said once, with the nearest known word."""
    found = []
    for axis in [a for a in CLOSED if a in kept]:
        known = getattr(tables, AXIS_TABLE[axis])
        first = kept[axis].dropna().drop_duplicates()
        strange = first[~first.isin(list(known))]
        found += [
            finding("E_UNKNOWN_LEVEL", level="warning", file=name, line=line, column=axis, found=word, hint=nearest(word, known))
            for line, word in zip([lines[i] for i in strange.index], strange, strict=True)
        ]
    return found


def oddities(log: pd.DataFrame, lines: Mapping[int, int], name: str) -> list[Finding]:
    """Everything of a kept log that a careful reader would want to be told."""
    return [*_conversions(log, name), *_money_back(log, lines, name), *_calendar(log, name), *_gone(log, name)]


def _conversions(log: pd.DataFrame, name: str) -> list[Finding]:
    if not {"conversions", "clicks"} <= set(log):
        return []
    above = (log["conversions"] > log["clicks"]).fillna(False)
    share = f"{above.sum()} / {len(log)}"
    return [finding("E_CONV_GT_CLICKS", level="warning", file=name, column="conversions", found=share)] if above.any() else []


def _money_back(log: pd.DataFrame, lines: Mapping[int, int], name: str) -> list[Finding]:
    if "spend" not in log or not (below := log.loc[(log["spend"] < 0).fillna(False), "spend"]).size:
        return []
    line, total = lines[below.index[0]], f"{below.sum():.2f}"
    return [finding("E_NEGATIVE_SPEND", level="warning", file=name, line=line, column="spend", found=total)]


def _calendar(log: pd.DataFrame, name: str) -> list[Finding]:
    """Days that cannot be, days without a row, and a last day that was cut off."""
    days = log["date"].dropna() if "date" in log else pd.Series(dtype="datetime64[ns]")
    if days.empty:
        return []
    out, first, last = [], days.min(), days.max()
    key = next((k for k in KEYS if k in log), None)
    published = (
        key is not None and log[key].notna().any() and log.groupby(key)["date"].nunique().max() <= 1
    )  # one day a piece: when it came out
    if first < EARLY or last.date() > date.today():
        span = f"{first.date()} / {last.date()}"
        out.append(finding("E_DATE_RANGE", level="warning", file=name, column="date", found=span))
    daily = log.assign(date=log["date"].dt.normalize()).groupby("date")
    if "date_end" in log and (log["date_end"] > log["date"]).any():
        longest = int((log["date_end"] - log["date"]).dt.days.max()) + 1
        return [*out, finding("E_PERIOD", level="note", file=name, column="date", found=str(longest))]
    if published:
        return out
    whole = pd.date_range(first.normalize(), last.normalize())
    gaps = whole.difference(pd.DatetimeIndex(days.dt.normalize().unique()))
    if len(whole) >= ENOUGH_DAYS and 0 < len(gaps) < len(whole) / 3:  # a log of single days has no gaps
        out.append(finding("E_GAP", level="warning", file=name, column="date", found=f"{len(gaps)} ({gaps[0].date()} ...)"))
    counted = next((c for c in ("impressions", "delivered", "sessions", "views") if c in log), None)
    if counted and len(whole) > ENOUGH_DAYS:
        sums = daily[counted].sum().astype(float)
        usual = float(np.median(sums.iloc[:-1]))
        if usual > 0 and sums.iloc[-1] < HALF * usual and sums.iloc[-1] < sums.iloc[:-1].min():
            seen, share = str(sums.index[-1].date()), round(100 * float(sums.iloc[-1]) / usual)
            out.append(finding("E_PARTIAL_DAY", level="warning", file=name, column=counted, found=seen, last=seen, share=share))
    return out


def _gone(log: pd.DataFrame, name: str) -> list[Finding]:
    """Campaigns with a real share of the money that stop before the last third: what is left is not what was tried."""
    if not {"campaign", "date", "spend"} <= set(log) or log["campaign"].nunique() < 2:
        return []
    first, last = log["date"].min(), log["date"].max()
    if pd.isna(first) or (last - first).days < 2 * ENOUGH_DAYS:
        return []
    of = log.groupby("campaign").agg(last=("date", "max"), spend=("spend", "sum"))
    gone = of[(of["last"] < last - (last - first) / 3) & (of["spend"] > SHARE_GONE * of["spend"].sum())]
    share = of["spend"] / of["spend"].sum()
    said = tuple((printable(str(c)), str(day.date()), float(share[c])) for c, day in gone["last"].head(5).items())
    names = "; ".join(who for who, *_ in said)
    return [finding("E_SURVIVORSHIP", level="note", file=name, column="campaign", found=names, gone=said)] if said else []


def above_exposure(log: pd.DataFrame, tables: Tables, scored: str | None) -> list[Wrong]:
    """Rows that count more than they had chances to: a rate above 1 is a mistake in the export, not a success."""
    found: list[Wrong] = []
    for metric in dict.fromkeys(m for m in ("click_rate", "open_rate", scored) if m):
        row = tables.metrics[metric]
        if row["family"] != "binomial" or row["count"] not in log:
            continue
        channels = log["channel"] if "channel" in log else pd.Series(None, index=log.index, dtype="str")
        for exposure in dict.fromkeys([row["exposure"], *row.get("exposure_by_channel", {}).values()]):
            named = {c: tables.exposure(metric, c) for c in channels.dropna().unique()}
            counted = {c: e if e in log else row["exposure"] for c, e in named.items()}  # as `tally` counts them
            mine = channels.map(counted).fillna(row["exposure"]) == exposure
            if exposure in log:
                above = (mine & (log[row["count"]] > log[exposure]).fillna(False).astype(bool)).to_numpy()
                pairs = log.loc[above, [row["count"], exposure]].itertuples()
                found += [Wrong(int(i), row["count"], "E_CLICKS_GT_IMPRESSIONS", f"{n} > {of} ({exposure})") for i, n, of in pairs]
    return found
