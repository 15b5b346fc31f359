"""Who bought when, how often and for how much; what became of such people before; and what to expect of them.

A customer's group comes from scores (recency, frequency, money). What a group will do does not follow from its name: it is counted at
earlier cuts of the same books (people scored as of then, purchases of the time that followed), so that the range holds what differs from
one period to the next. A model of buying and leaving (see `btyd`) stands beside it, with its own forecast of the last cut judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit, ndtri, stdtrit

from mktlib.audience import btyd
from mktlib.audience.groups import FEWEST, OTHERS, shrunk_rates
from mktlib.audience.purchases import Book, Rfm, book, groups_of
from mktlib.errors import DataError, Finding
from mktlib.intake import to_pandas
from mktlib.intake.inputs import absent, days_of, moment, not_numbers, numbers
from mktlib.results import Customers
from mktlib.vocabulary import Tables, finding, load_tables, not_level, not_tables, progress

MOST_CUTS = 6
EPOCH = pd.Timestamp("1970-01-01")


def describe_customers(
    invoices: Any, *, customer: str = "customer_id", date: str = "date", amount: str | Sequence[str] = "amount",
    invoice: str | None = None, as_of: Any = None, horizon: int = 90, level: float = 0.9, currency: str = "EUR",
    tables: Tables | None = None,
) -> Customers:  # fmt: skip
    """Recency, frequency and money of customers, their groups, and how likely each group is to buy again.

    Args:
        invoices: a frame of any engine, one row a line of an invoice (or an invoice, or a day).
        customer: column of who bought; rows without are counted and left out, their money told.
        date: column of when.
        amount: column of the money of the line, below nothing where it is given back; or two columns to be multiplied (quantity, price).
        invoice: column of the invoice; without it, lines of one moment are one invoice.
        as_of: the day to judge from, itself left out; by default the day after the last line.
        horizon: days in which a purchase counts as "again".
        level: of the ranges.
        currency: of the money, one for all.
        tables: with a firm's own rows of customer_groups.

    Returns:
        `Customers`. Groups of fewer than FEWEST people are "others". A purchase is a day with an invoice above nothing; money is net.

    Raises:
        DataError: every problem at once: columns that are not there, cells that are neither number nor date, nobody to speak of.

    Source:
        Hughes (1994) for scores by fifths; Fader, Hardie and Lee (2005, Marketing Science 24) for the model.

    >>> lines = pd.DataFrame({"customer_id": range(40), "date": "2026-03-01", "amount": 10.0})
    >>> describe_customers(lines).facts["customers"]
    40
    """
    frame = to_pandas(invoices)
    pair = [str(c) for c in amount] if isinstance(amount, list | tuple) else [str(amount)]
    _check(frame, [customer, date, *pair, *([invoice] if invoice else [])], pair, horizon, level, tables)
    when, found = days_of(frame, date)
    asked, wrong = moment(as_of)
    if found or wrong:
        raise DataError([*found, *wrong])
    until = None if asked is None else asked.normalize()
    money = np.prod([numbers(frame, c, blank=np.nan).to_numpy() for c in pair], axis=0)
    books = book(frame, customer, when, money, frame[invoice] if invoice else None, until)
    if books.customers - books.facts["only_back"] < FEWEST:
        raise DataError(finding("E_FEW_PEOPLE", found=str(books.customers - books.facts["only_back"]), expected=f">= {FEWEST}"))
    end = int((until - EPOCH).days) if until is not None else int(books.day.max()) + 1
    return _described(books, end, horizon, level, (tables or load_tables()).customer_groups, currency)


def _check(frame: pd.DataFrame, columns: Sequence[str], pair: Sequence[str], horizon: Any, level: float, tables: Any) -> None:
    """Every problem of the input at once."""
    found = absent(frame, columns) + not_level(level) + not_tables(tables)
    found += [f for c in pair if c in frame for f in not_numbers(frame, c, signed=True)]
    if not 1 <= len(pair) <= 2:
        found.append(finding("E_OPTION", column="amount", found=pair, expected='amount="amount" / amount=("quantity", "price")'))
    if not (isinstance(horizon, int) and not isinstance(horizon, bool) and 1 <= horizon <= 3650):
        found.append(finding("E_OPTION", column="horizon", found=horizon, expected="horizon=90"))
    if frame.empty:
        found.append(finding("E_NO_ROWS", found="0"))
    if found:
        raise DataError(found)


def _described(books: Book, end: int, horizon: int, level: float, rows: Mapping[str, Any], currency: str) -> Customers:
    """The result as of a day."""
    now, found = books.until(end), list(books.findings)
    recency, value = now.scores()
    group = _folded(groups_of(recency, value, rows))
    table = _sizes(now, group, [*rows, "(none)", OTHERS])
    cuts = _cuts(books, end, horizon)
    with progress(total=3, desc="customers") as bar:
        table[["repeat", "repeat_low", "repeat_high"]] = _repeats(books, cuts, horizon, level, rows, list(table["group"]))
        bar.update()
        fitted = btyd.fit(now.seen())
        table[["expected", "next_purchases"]] = _expected(now, group, list(table["group"]), fitted, horizon)
        bar.update()
        check = _judged(books, cuts, horizon, level, rows, list(table["group"]))
        bar.update()
    found += _remarks(cuts, check, fitted, horizon)
    facts = _facts(books, now, end, cuts, horizon, level, fitted) | {"currency": currency}
    table.attrs["currency"] = currency  # so that a table of it is told in its own money
    return Customers(table=table, facts=facts, findings=tuple(found), scores=_pairs(recency, value, now.money), check=check)


def _folded(group: np.ndarray) -> np.ndarray:
    """Groups of fewer than FEWEST joined, with the next smallest while they are too few; in the order of the table, ties are even."""
    names, count = np.unique(group.astype(str), return_counts=True)
    order = names[np.argsort(count, kind="stable")]
    sizes = np.sort(count, kind="stable")
    few = int((sizes < FEWEST).sum())
    while 0 < few < len(sizes) and sizes[:few].sum() < FEWEST:
        few += 1
    return np.where(np.isin(group, order[:few]), OTHERS, group)


def _sizes(now: Rfm, group: np.ndarray, order: Sequence[str]) -> pd.DataFrame:
    """People, money and habits of each group, in the order of the table of groups."""
    people = pd.DataFrame({"group": group, "money": now.money, "recency": now.recency, "frequency": now.frequency})
    parts = people.groupby("group", sort=True)
    table = pd.DataFrame({"people": parts.size(), "revenue": parts["money"].sum()})
    table["share"], table["revenue_share"] = table["people"] / len(people), table["revenue"] / (people["money"].sum() or np.nan)
    table[["recency", "frequency", "money"]] = parts[["recency", "frequency", "money"]].median()
    known = [g for g in order if g in table.index]
    return (
        table.loc[known]
        .rename_axis("group")
        .reset_index()[["group", "people", "share", "revenue", "revenue_share", "recency", "frequency", "money"]]
    )


def _cuts(books: Book, end: int, horizon: int) -> list[int]:
    """Earlier days to judge from, the latest first: each followed by a whole horizon that no other cut uses, with as long a past."""
    first = int(books.day[books.orders > 0].min())
    return [c for c in (end - horizon * k for k in range(1, MOST_CUTS + 1)) if c - first >= horizon and len(books.until(c).who) >= FEWEST]


def _scored(books: Book, cut: int, rows: Mapping[str, Any], names: Sequence[str]) -> tuple[Rfm, np.ndarray]:
    """Customers as of a cut and their groups, those without a place of their own today among the others."""
    then = books.until(cut)
    group = groups_of(*then.scores(), rows)
    return then, np.where(np.isin(group, list(names)), group, OTHERS)


def _repeats(books: Book, cuts: Sequence[int], horizon: int, level: float, rows: Mapping[str, Any], names: Sequence[str]) -> np.ndarray:
    """(groups, 3): the share that bought again, with the range of the next period (see `next_period`)."""
    people, again = np.zeros((2, len(names), len(cuts)))
    for k, cut in enumerate(cuts):
        then, group = _scored(books, cut, rows, names)
        came = books.buyers(cut, cut + horizon)[then.who]
        for g, name in enumerate(names):
            people[g, k], again[g, k] = (group == name).sum(), came[group == name].sum()
    return next_period(again, people, level)


def next_period(hits: np.ndarray, people: np.ndarray, level: float = 0.9) -> np.ndarray:
    """(groups, 3): rate over all periods and the range of the group's rate in the next one, from (groups, periods).

    What moves rates from one period to the next (season, offers) moves all groups, so that the periods, not the people, are what is
    counted: its variance on the log-odds has the doubt of so many periods (Student); what moves a group by itself is added. With one
    period there is none to compare, and the range is that of the people alone. NaN for a group that nobody was in before.

    >>> next_period(np.array([[30.0, 30, 30]]), np.array([[100.0, 100, 100]])).round(2).tolist()
    [[0.3, 0.26, 0.35]]
    """
    out = np.full((len(people), 3), np.nan)
    periods, known = people.shape[1], people.sum(axis=1) >= FEWEST
    if not periods or not known.any():
        return out
    rate = shrunk_rates(hits[known].sum(axis=1), people[known].sum(axis=1), level)
    out[known] = rate
    if periods == 1:
        return out
    common, own = _moved(hits[known], people[known])
    doubt = ((logit(rate[:, 2]) - logit(rate[:, 1])) / 2) ** 2  # what so few people leave open
    t, z = stdtrit(periods - 1, 0.5 + level / 2), ndtri(0.5 + level / 2)
    width = np.sqrt(doubt + (t**2 * common + z**2 * own) * (1 + 1 / periods))
    out[known, 1], out[known, 2] = expit(logit(rate[:, 0]) - width), expit(logit(rate[:, 0]) + width)
    return out


def _moved(hits: np.ndarray, people: np.ndarray) -> tuple[float, float]:
    """Variances between periods on the log-odds: of what all groups share, and of what moves a group by itself (beyond chance)."""
    share = (hits + 0.5) / (people + 1)
    weight = np.where(people > 0, people * share * (1 - share), 0.0)
    odds = logit(share)
    off = odds - (weight * odds).sum(axis=1, keepdims=True) / np.maximum(weight.sum(axis=1, keepdims=True), 1e-12)
    shift = (weight * off).sum(axis=0) / np.maximum(weight.sum(axis=0), 1e-12)
    periods = people.shape[1]
    common = float(((shift - shift.mean()) ** 2).sum() / (periods - 1))
    free = (weight > 0).sum() - len(people) - periods + 1
    if free < 1:
        return common, 0.0
    left = float(np.where(weight > 0, weight * (off - shift) ** 2, 0.0).sum())  # chi square where only chance moves a group
    return common, max(left - free, 0.0) / max(float(weight.sum()) * free / (weight > 0).sum(), 1e-12)


def _expected(now: Rfm, group: np.ndarray, names: Sequence[str], fitted: btyd.Fit | None, horizon: int) -> np.ndarray:
    """(groups, 2): mean chance of buying again and mean number of purchases by the model."""
    if fitted is None:
        return np.full((len(names), 2), np.nan)
    known = (now.frequency - 1.0, now.active.astype(float), now.age.astype(float))
    chance, number = (f(fitted.logs, *known, float(horizon)) for f in (btyd.again, btyd.purchases))
    return np.array([[chance[group == g].mean(), number[group == g].mean()] for g in names])


def _judged(books: Book, cuts: Sequence[int], horizon: int, level: float, rows: Mapping[str, Any], names: Sequence[str]) -> pd.DataFrame:
    """What the model would have foretold at the last cut, and what came (its range: that of as many people)."""
    columns = ["group", "people", "foretold", "came", "low", "high"]
    if not cuts or (fitted := btyd.fit(books.until(cuts[0]).seen())) is None:
        return pd.DataFrame(columns=columns)
    then, group = _scored(books, cuts[0], rows, names)
    chance = btyd.again(fitted.logs, then.frequency - 1.0, then.active.astype(float), then.age.astype(float), float(horizon))
    came = books.buyers(cuts[0], cuts[0] + horizon)[then.who]
    shown = [("(all)", np.ones(len(group), bool)), *((str(g), group == g) for g in names)]
    told = [(g, int(who.sum()), chance[who].mean(), int(came[who].sum())) for g, who in shown if who.sum() >= FEWEST]
    ends = [shrunk_rates(np.array([hits]), np.array([n]), level)[0] for _, n, _, hits in told]
    return pd.DataFrame([(g, n, p, hits / n, e[1], e[2]) for (g, n, p, hits), e in zip(told, ends, strict=True)], columns=columns)


def _remarks(cuts: Sequence[int], check: pd.DataFrame, fitted: btyd.Fit | None, horizon: int) -> list[Finding]:
    """How far the forecasts may be trusted."""
    found = []
    if not cuts:
        found.append(finding("E_SHORT_HISTORY", level="warning", column="date", found=str(horizon), expected=f">= {2 * horizon}"))
    elif len(cuts) == 1:
        found.append(finding("E_ONE_PERIOD", level="warning", column="date", found=str(horizon)))
    if fitted is None:
        found.append(finding("E_NO_MODEL", level="note", column="frequency"))
    if len(check) and not check["low"].iloc[0] <= check["foretold"].iloc[0] <= check["high"].iloc[0]:
        foretold, came = (f"{100 * check[k].iloc[0]:.0f}" for k in ("foretold", "came"))
        found.append(finding("E_MODEL_OFF", level="warning", foretold=foretold, came=came))
    return found


def _pairs(recency: np.ndarray, value: np.ndarray, money: np.ndarray) -> pd.DataFrame:
    """People and money of each pair of scores; pairs of fewer than FEWEST people are added up in a last row without scores."""
    parts = pd.DataFrame({"recency_score": recency, "value_score": value, "money": money}).groupby(
        ["recency_score", "value_score"], sort=True
    )
    table = parts["money"].agg(people="size", revenue="sum").reset_index().astype({"recency_score": float, "value_score": float})
    few = table["people"] < FEWEST
    while few.any() and table.loc[few, "people"].sum() < FEWEST and not few.all():
        few |= table.index == table.loc[~few, "people"].idxmin()
    rest = pd.DataFrame([{"people": table.loc[few, "people"].sum(), "revenue": table.loc[few, "revenue"].sum()}])
    return pd.concat([table[~few], rest], ignore_index=True) if few.any() else table


def _facts(
    books: Book, now: Rfm, end: int, cuts: Sequence[int], horizon: int, level: float, fitted: btyd.Fit | None
) -> dict[str, Any]:  # fmt: skip
    """The numbers of the whole."""
    known = (now.frequency - 1.0, now.active.astype(float), now.age.astype(float))
    named = books.facts["revenue"]
    nameless = books.facts["no_customer_money"]
    top = np.sort(now.money)[::-1]
    tenth = float(top[: len(top) // 10].sum() / top.sum()) if len(top) >= 10 * FEWEST and top.sum() > 0 else np.nan
    return {
        **books.facts, "customers": len(now.who), "one_time": float((now.frequency == 1).mean()), "level": level, "horizon": horizon,
        "first": EPOCH + pd.Timedelta(days=int(books.day.min())), "last": EPOCH + pd.Timedelta(days=int(books.day.max())),
        "as_of": EPOCH + pd.Timedelta(days=end), "cuts": len(cuts), "top_tenth": tenth, "fewest": FEWEST,
        "no_customer_share": nameless / (named + nameless) if named + nameless else np.nan,
        "alive": None if fitted is None else float(btyd.alive(fitted.logs, *known).mean()),
        "model": None if fitted is None else fitted.values,
    }  # fmt: skip
