"""What the desk's counts look like to a person: the platform's report with its delay, the shop's books, a lift test, the export."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd
from scipy.special import gammaincinv

from mktlib.simulate import desk_engine as engine
from mktlib.simulate.auction import Floats
from mktlib.simulate.desk_world import CURRENCY, DAYS, FIRST_DAY, LATE, LIFT, SHOP, World, rng_of
from mktlib.vocabulary import ad_desk

KINDS = ("seen", "unseen", "anyway", "viewed")
CREDITED, TRUE = ("seen", "anyway", "viewed"), ("seen", "unseen")
BY = {
    "day": ["week", "date", "campaign", "ad_set", "ad"],
    "ad": ["week", "campaign", "ad_set", "ad"],
    "ad_set": ["week", "campaign", "ad_set"],
}
SALES = {"set": "int64", "ad": "int64", "day": "int64", "arrives": "int64", "kind": "str", "value": "float64"}
SUMS = ["impressions", "reach", "clicks", "spend", "conversions", "value"]
BASKET_SHAPE = 4.0


@dataclass(frozen=True)
class Week:
    """A week as it was drawn: its days, the status of each ad set by day, and its sales one by one."""

    number: int
    days: tuple[engine.Day, ...]
    status: tuple[tuple[str, ...], ...]
    holdout: tuple[float, ...]
    people: tuple[float, ...]
    sales: pd.DataFrame
    """set, ad, day, arrives (days since the first), kind, value."""


def drawn_week(world: World, state: engine.State, moves: engine.Moves, number: int) -> Week:
    """One week of the game, drawn; the state moves on."""
    engine.edit(state, moves, world, engine.Switches())
    days, status = [], []
    for d in range(DAYS):
        status.append(tuple(_status(float(p), float(age)) for p, age in zip(state.progress[0], state.age[0], strict=True)))
        days.append(engine.day(world, state, moves, number, d, lots=True))
    people = world.people * engine.day_tables()[1]["people"][moves.audience[0]] * (1 - moves.holdout[0])
    held = tuple(float(h) if b > 0 else 0.0 for h, b in zip(moves.holdout[0], moves.bid[0], strict=True))
    return Week(number, tuple(days), tuple(status), held, tuple(map(float, people)), sales_of(world, number, days))


def _status(progress: float, age: float) -> str:
    return "active" if progress >= 1 else "limited" if age >= DAYS else "learning"


def sales_of(world: World, number: int, days: Sequence[engine.Day]) -> pd.DataFrame:
    """The sales of a week one by one: when each arrives and what it is worth; the n-th sale of an ad and day is the same in every play."""
    found: list[tuple[int, int, int, int, str, float]] = []
    steps = np.cumsum(world.late)
    for d, got in enumerate(days):
        counts = {"seen": got.seen[0], "unseen": (got.extra - got.seen)[0], "anyway": got.anyway[0], "viewed": got.viewed[0]}
        for k, kind in enumerate(KINDS):
            for a, c in np.argwhere(counts[kind] > 0):
                u = rng_of(world.seed, world.platform, LATE, number, d, int(a), int(c), k).random((int(counts[kind][a, c]), 2))
                late = np.minimum(np.searchsorted(steps, u[:, 0]), len(steps) - 1)
                value = np.round(world.basket * gammaincinv(BASKET_SHAPE, u[:, 1]) / BASKET_SHAPE, 2)
                today = DAYS * number + d
                found += [(int(a), int(c), today, today + int(x), kind, float(v)) for x, v in zip(late, value, strict=True)]
    return pd.DataFrame(found, columns=list(SALES)).astype(SALES)


def sales_among(weeks: Sequence[Week]) -> pd.DataFrame:
    """The sales of several weeks; without any, the same columns of the same kinds."""
    return pd.concat([w.sales for w in weeks]) if weeks else pd.DataFrame(columns=list(SALES)).astype(SALES)


def log_of(world: World, weeks: Sequence[Week], today: int) -> pd.DataFrame:
    """The platform's report as of the evening of a day (days since the first): one row a day, ad set and ad that was shown."""
    counts, values = _credit(world, weeks, today)
    rows = [row for week in weeks for row in _shown(world, week, counts, values)]
    frame = pd.DataFrame(rows, columns=[*BY["day"], *SUMS, "status"])
    if frame.empty:  # a report of nothing has the columns and the kinds of any other
        kinds = dict.fromkeys(frame.columns, "str") | dict.fromkeys(["week", *SUMS], "int64")
        return frame.astype(kinds | {"date": "datetime64[s]", "spend": "float64", "value": "float64"})
    return frame.assign(date=pd.to_datetime(frame["date"]).astype("datetime64[s]"))


def _credit(world: World, weeks: Sequence[Week], today: int) -> tuple[Floats, Floats]:
    """(day, ad set, ad): sales that the platform has credited to itself by now, and their value."""
    counts = np.zeros((DAYS * world.weeks, *world.clicky.shape))
    values = np.zeros_like(counts)
    sales = sales_among(weeks)
    known = sales[sales["kind"].isin(CREDITED) & (sales["arrives"] <= today)]
    at = tuple(known[c].to_numpy() for c in ("day", "set", "ad"))
    np.add.at(counts, at, 1.0)
    np.add.at(values, at, known["value"].to_numpy())
    return counts, values


def _shown(world: World, week: Week, counts: Floats, values: Floats) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for d, got in enumerate(week.days):
        today = DAYS * week.number + d
        for a, c in np.argwhere(got.impressions[0] > 0):
            n, people, ad_set = float(got.impressions[0, a, c]), week.people[a], world.sets[a]
            reach = min(int(n), max(1, round(people * -np.expm1(-n / people))))
            money = round(float(got.spend[0, a, c]), 2)
            at = (week.number + 1, FIRST_DAY + timedelta(days=today), ad_set.campaign, ad_set.name, ad_set.creatives[c])
            credit = (int(counts[today, a, c]), round(float(values[today, a, c]), 2))
            rows.append((*at, int(n), reach, int(got.clicks[0, a, c]), money, *credit, week.status[d][a]))
    return rows


def added(frame: pd.DataFrame, by: str) -> pd.DataFrame:
    """A report in coarser rows. Reach does not add up and is left out."""
    if by == "day":
        return frame
    sums = [c for c in SUMS if c != "reach"]
    grouped = frame.groupby(BY[by], sort=False)
    out = grouped[sums].sum().round({"spend": 2, "value": 2}).reset_index()
    out["status"] = grouped["status"].last().to_numpy() if len(out) else pd.Series(dtype=str)
    return out


def lift_of(world: World, weeks: Sequence[Week]) -> pd.DataFrame:
    """Buyers among those shown and those held out by lot, week by week, whoever takes the credit. Counts are Poisson."""
    rows = []
    for week in weeks:
        for a, held in enumerate(week.holdout):
            if held <= 0:
                continue
            draw = rng_of(world.seed, world.platform, LIFT, week.number, a)
            base, whole = float(world.rates["bought"][a]), week.people[a] / (1 - held)
            more = int((week.sales["set"].eq(a) & week.sales["kind"].isin(TRUE)).sum()) if len(week.sales) else 0
            for group, people, extra in (("shown", whole * (1 - held), more), ("held", whole * held, 0)):
                buyers = int(draw.poisson(base * people)) + extra
                rows.append((week.number + 1, world.names[a], group, round(people), buyers))
    kinds: dict[str, str] = {"week": "int64", "ad_set": "str", "group": "str", "people": "int64", "buyers": "int64"}
    return pd.DataFrame(rows, columns=list(kinds)).astype(kinds)


def shop_of(world: World, weeks: Sequence[Week]) -> pd.DataFrame:
    """The shop's own books: orders of every day played, from everywhere. Sales because of ads come on top of those that come anyway."""
    sales = sales_among(weeks)
    because = sales[sales["kind"].isin(TRUE)]
    rows = []
    for today in range(DAYS * len(weeks)):
        draw = rng_of(world.seed, world.platform, SHOP, today)
        orders = int(draw.poisson(world.orders))
        revenue = world.basket * float(draw.gamma(BASKET_SHAPE * orders)) / BASKET_SHAPE
        more = because.loc[because["arrives"] == today, "value"]
        rows.append((pd.Timestamp(FIRST_DAY + timedelta(days=today)), orders + len(more), round(revenue + float(more.sum()), 2)))
    return pd.DataFrame(rows, columns=["date", "orders", "revenue"]).astype(
        {"date": "datetime64[s]", "orders": "int64", "revenue": "float64"}
    )


# ---------------------------------------------------------------- the export


def export_text(world: World, frame: pd.DataFrame, language: str) -> str:
    """The report as this platform would write it."""
    looks = ad_desk()["desk_exports"][world.export]
    look = looks.get(language, looks["en"])
    french = language == "fr"
    columns = dict(look["columns"])
    out = pd.DataFrame({head: _cells(world, frame, key, look, french) for key, head in columns.items()})
    lines = [list(columns.values()), *out.to_numpy().tolist()]
    if "total" in look:
        total = _total(frame, columns, look, french)
        lines = [lines[0], total, *lines[1:]] if look["total"] == "" else [*lines, total]
    if "title" in look:
        first, last = (frame["date"].agg(["min", "max"])) if len(frame) else (pd.Timestamp(FIRST_DAY),) * 2
        lines = [[look["title"]], [f"{_said(first, language)} - {_said(last, language)}"], *lines]
    text = io.StringIO()
    csv.writer(text, delimiter=";" if french else ",", lineterminator="\n").writerows(lines)
    return text.getvalue()


def _cells(world: World, frame: pd.DataFrame, key: str, look: dict[str, object], french: bool) -> list[str]:
    if key == "date":
        return [f"{d:%Y-%m-%d}" for d in frame["date"]]
    if key == "type":
        return [look["types"][world.platform]] * len(frame)  # type: ignore[index]
    if key == "currency":
        return [CURRENCY] * len(frame)
    if key in ("spend", "value"):
        return [_money(v, french) for v in frame[key]]
    if key in SUMS:
        return [_whole(v, french) for v in frame[key]]
    return [str(v) for v in frame[key]]


def _total(frame: pd.DataFrame, columns: dict[str, str], look: dict[str, object], french: bool) -> list[str]:
    said = {key: "" for key in columns}
    said |= {k: _whole(frame[k].sum(), french) for k in ("impressions", "clicks", "conversions")}
    said |= {k: _money(frame[k].sum(), french) for k in ("spend", "value")}
    if look["total"]:
        said["date"] = str(look["total"])
    return list(said.values())


def _whole(value: float, french: bool) -> str:
    return f"{int(value):,}".replace(",", "\u202f" if french else ",")


def _money(value: float, french: bool) -> str:
    said = f"{float(value):,.2f}"
    return said.replace(",", "\u202f").replace(".", ",") if french else said


MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
MOIS = ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")


def _said(day: pd.Timestamp, language: str) -> str:
    """A day as the platform's own file writes it."""
    if language == "fr":
        return f"{day.day} {MOIS[day.month - 1]} {day.year}"
    return f"{MONTHS[day.month - 1]} {day.day}, {day.year}"
