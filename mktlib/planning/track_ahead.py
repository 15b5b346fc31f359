"""A running campaign at one moment: all that is known then, and draws of what is ahead of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from mktlib.planning.landing import Fit, Pace, Parts, Spreads, delivered, fit, grid, pace, rates
from mktlib.planning.plan import CampaignPlan
from mktlib.planning.track_late import DELAY, chance_of_being_late, chance_of_running, states
from mktlib.planning.track_log import Seen, read_log
from mktlib.planning.track_rows import beside, planned_until, weekday_shares
from mktlib.results.evidence import LEANING, grade
from mktlib.vocabulary import Row, Tables

Array = NDArray[Any]
DRAWS = 1000


@dataclass(frozen=True)
class Job:
    """What is asked, the same at every moment."""

    plan: CampaignPlan
    calendar: pd.DataFrame
    rows: pd.DataFrame
    log: Any
    metric: Row
    level: float
    lag: float
    zone: str | None
    seed: int
    tables: Tables


@dataclass(frozen=True)
class Known:
    """All that is known at a moment: the log, the pieces, the placements beside it, and (draws, rows) of what is ahead.

    promises: every set of spreads with the log of its marginal likelihood, what is likely beforehand included."""

    as_of: pd.Timestamp
    seen: Seen
    pieces: pd.DataFrame
    table: pd.DataFrame
    strays: pd.DataFrame
    share: Array
    shares: Array
    parts: Parts
    promises: tuple[tuple[Spreads, float], ...]
    rate: Array
    money: Array
    exposure: Array
    events: Array


def at(job: Job, as_of: pd.Timestamp) -> Known:
    """What is known at a moment, and draws of what is ahead of it."""
    brief, rng = job.plan.brief, np.random.default_rng([job.seed, 1])
    seen = read_log(job.log, brief, job.metric, as_of, zone=job.zone)
    pieces = states(brief, job.plan.items, job.calendar, seen, as_of, job.tables)
    shares = weekday_shares(seen, brief, job.tables)
    share = planned_until(job.rows, brief, job.calendar, seen.until, shares, job.tables)
    both = beside(job.rows, seen, share, pieces, brief.first_day, as_of, job.lag, job.tables)
    table, parts = both.table, _parts(both.table)
    fits = _fits(job, table, parts)
    rate, rough = rates(fits, parts, DRAWS, np.random.default_rng([job.seed, 2]))
    ahead = _ahead(table, pieces, brief.first_day, seen.until, rng)
    money = _money(table, parts, ahead, rng)
    exposure, events = _to_come(table, parts, ahead, rate, rough, rng)
    promises = tuple((one.spreads, one.evidence) for one in fits)
    return Known(as_of, seen, pieces, table, both.strays, share, shares, parts, promises, rate, money, exposure, events)


def _parts(table: pd.DataFrame) -> Parts:
    numbers = {
        name: pd.factorize(pd.MultiIndex.from_frame(table[by]))[0] if len(by) > 1 else pd.factorize(table[by[0]])[0]
        for name, by in {"cell": ["item", "segment", "channel"], "item": ["item"], "channel": ["channel"]}.items()
    }
    rate = table["rate"].to_numpy(float)
    return Parts(rate, table["sd"].to_numpy(float) * (1 - np.minimum(rate, 0.99)), **numbers, week=table["week"].to_numpy(int) - 1)


def chances_of(table: pd.DataFrame, parts: Parts) -> Array:
    """(rows,) chances that have been, of what ran and was promised something."""
    return np.asarray(np.where(table["ran"], table["ripe"], 0.0) * (parts.rate > 0))


def _fits(job: Job, table: pd.DataFrame, parts: Parts) -> list[Fit]:
    """The posterior for every set of spreads; only the first of a kind where nothing is known yet."""
    expected, value = job.plan.expected, table["value"].to_numpy(float)
    low, high, level = (float(expected.get(k) or math.nan) for k in ("low", "high", "level"))
    wanted = math.log(high / low) / (2 * norm.ppf(0.5 + level / 2)) if low > 0 and high > low and 0 < level < 1 else None
    weight = value / value.sum() if value.sum() > 0 else np.full(len(value), 1 / len(value))
    chances = chances_of(table, parts)
    return [fit(parts, chances, table["y"].to_numpy(float), one, job.plan.brief.weeks) for one in grid(parts, weight, wanted)]


def _ahead(table: pd.DataFrame, pieces: pd.DataFrame, first: Any, until: pd.Timestamp, rng: np.random.Generator) -> Array:
    """(draws, rows) share of each placement that still comes: its piece comes or not, and comes late or not, which costs days."""
    place = {item: k for k, item in enumerate(pieces["item"])}
    of = table["item"].map(place).fillna(-1).to_numpy(int)
    shape = DRAWS, len(pieces) + 1
    comes = rng.random(shape) < np.append(chance_of_running(pieces), 1.0)
    waits, awaited = (np.append(pieces["state"].isin(names).to_numpy(), False) for names in (["waits"], ["late", "unheard"]))
    late = awaited | (waits & (rng.random(shape) < chance_of_being_late(pieces)))
    delay = rng.exponential(DELAY / 5, shape) * late * _cost(table)
    week = table["week"].to_numpy(int)
    now = (until.date() - first).days // 7 + 1
    begin = np.maximum(table.groupby("item")["week"].transform("min").to_numpy(int), now)
    lost = np.clip(delay[:, of] - np.maximum(week - begin, 0), 0.0, 1.0)
    return np.asarray(table["ahead"].to_numpy(float) * comes[:, of] * (1 - lost))


def _cost(table: pd.DataFrame) -> float:
    """How much of the days before a late piece came out was lost, and not made up (0 to 1): half before anything is known."""
    some = table[(table["lost"] > 0) & (table["lost"] < 1) & table["ran"] & (table["exposure"] > 0)]
    short = (1 - some["n"] / some["exposure"]).clip(-0.5, 1.0)
    return float(np.clip(((some["lost"] * short).sum() + 0.25) / ((some["lost"] ** 2).sum() + 0.5), 0.0, 1.0))


def _pace(table: pd.DataFrame, parts: Parts, came: str, planned: str) -> Pace:
    some = (table["ran"] & (table["lost"] == 0) & (table["gone"] >= 0.5) & (table[planned] > 0) & table[came].notna()).to_numpy()
    due = table[planned].to_numpy(float) * table["gone"].to_numpy(float)
    of = parts.channel[some], parts.week[some]
    return pace(table[came].to_numpy(float)[some], due[some], *of, int(parts.channel.max()) + 1)


def _money(table: pd.DataFrame, parts: Parts, ahead: Array, rng: np.random.Generator) -> Array:
    """(draws, rows) money still to be spent, and money of what ran without that anybody told what it cost."""
    untold = (table["ran"] & table["paid"].isna() & (table["spend"] > 0)).to_numpy() * table["gone"].to_numpy(float)
    how = _pace(table, parts, "paid", "spend")
    return delivered(how, table["spend"].to_numpy(float), parts.channel, parts.week, DRAWS, rng) * (ahead + untold)


def _to_come(table: pd.DataFrame, parts: Parts, ahead: Array, rate: Array, rough: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """(draws, rows) chances and events still to come, with the luck of counting; events of chances that had been are in them."""
    how = _pace(table, parts, "n", "exposure")
    exposure = delivered(how, table["exposure"].to_numpy(float), parts.channel, parts.week, DRAWS, rng) * ahead
    events = np.zeros_like(exposure)
    open_ = np.flatnonzero((table["ahead"] > 0).to_numpy() & (parts.rate > 0))
    luck = rng.gamma(1 / rough[:, None] ** 2, rough[:, None] ** 2, (DRAWS, len(open_)))
    events[:, open_] = np.minimum(rng.poisson(exposure[:, open_] * rate[:, open_] * luck), np.ceil(exposure[:, open_]))
    unripe = (table["n"] - table["ripe"]).to_numpy(float)
    late = np.flatnonzero(unripe > 0)
    events[:, late] += rng.poisson(unripe[late] * rate[:, late])
    return exposure, events


def landing_of(job: Job, known: Known) -> pd.DataFrame:
    """One row a measure: what was promised, what came, where it lands; and the straight line."""
    table, brief = known.table, job.plan.brief
    worth = table["worth"].to_numpy(float)
    came = {
        "spend": float(known.seen.rows["spend"].sum()), "exposure": float(table["n"].sum()), "events": float(table["y"].sum()),
        "value": float((table["y"] * worth).sum()),
    }  # fmt: skip
    ahead = {"spend": known.money.sum(1), "exposure": known.exposure.sum(1), "events": known.events.sum(1), "value": known.events @ worth}
    gone, days = (known.seen.until.date() - brief.first_day).days, (brief.last_day - brief.first_day).days + 1
    names = [name for name in came if name != "value" or brief.objective.value is not None]
    promised_of, rows = "value" if "value" in names else "events", []
    for name in names:
        draws = came[name] + ahead[name]
        low, high, inner_low, inner_high = np.quantile(draws, [0.5 - k * x / 2 for x in (job.level, LEANING) for k in (1, -1)])
        promised = float(table[name].sum())
        ends = [float(job.plan.expected.get(k) or math.nan) for k in ("low", "high")] if name == promised_of else [math.nan, math.nan]
        straight = came[name] * days / min(gone, days) if gone > 0 else math.nan
        said = grade("observational", decided=not low <= promised <= high, leaning=not inner_low <= promised <= inner_high)
        rows.append(
            (name, promised, *ends, came[name], float(draws.mean()), float(low), float(high), straight, said if gone > 0 else "too_early")
        )
    heads = ["measure", "promised", "promised_low", "promised_high", "so_far", "forecast", "low", "high", "straight", "grade"]
    return pd.DataFrame(rows, columns=heads)
