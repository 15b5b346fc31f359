"""A campaign while it runs: what is late, how the money goes, where it lands, what to decide. Safe to look at daily."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from mktlib.errors import DataError, Finding
from mktlib.intake.inputs import need
from mktlib.planning.landing import Pace, Parts, Spreads, delivered, fit, grid, log_sd_of_sum, pace, rates
from mktlib.planning.pace_of_money import ALPHA, pacing
from mktlib.planning.plan import CampaignPlan
from mktlib.planning.track_decide import decisions
from mktlib.planning.track_late import DELAY, chance_of_being_late, chance_of_running, late_table, states
from mktlib.planning.track_log import Seen, moment_of, read_log
from mktlib.planning.track_rows import beside, days_left, placements, planned_until, weekday_shares
from mktlib.results.evidence import LEANING, grade
from mktlib.results.tracking import Tracking
from mktlib.vocabulary import Row, Tables, finding, load_tables, not_level, not_seed

Array = NDArray[Any]
DRAWS = 1000
SHIFT = 0.7
"""Usual size of a real deviation of the whole, in logs: half or double."""
NOISE = Spreads(0.1, 0.15, 0, 0, 0, 0)


def track_campaign(
    plan: CampaignPlan,
    log: Any,
    *,
    as_of: Any,
    level: float = 0.9,
    lag_days: float = 0.0,
    zone: str | None = None,
    unmeasured: float | None = None,
    random_state: int = 0,
    tables: Tables | None = None,
) -> Tracking:
    """A running campaign on one day: late pieces, money, where it lands, and what to decide. It may be asked every day.

    What ended before `as_of` is known, nothing else: a week that is not over, the day itself and all that is dated later are left out.

    Args:
        plan: from `plan_campaign` or `load_plan`.
        log: one row a placement and week (`week`: its first day, or its number in the plan) or day (`date`): item, segment, channel, the
            count and the exposure of the plan's metric (clicks of impressions or delivered), and where known actual_spend (or spend), owner,
            due, published, status ("cancelled"), currency. Any frame.
        as_of: a day (its morning) or a moment, on the clock of the campaign; with an offset it is told in `zone`.
        level: chance that a range holds.
        lag_days: mean days from a chance to its event (0: at once); the last days' events are then known not to have come yet.
        zone: the campaign's time zone (Europe/Paris), for moments and days with an offset.
        unmeasured: share of visitors who refused measurement, where it is known; it is told, numbers are not scaled up by it.
        random_state: seed of the draws behind the ranges.

    Returns:
        `Tracking`: table (decisions), late, pacing, landing, path, pieces, facts.

    Raises:
        DataError: all at once: columns that lack, days or numbers that are none, another currency, an option that is none; a log none of
            whose rows belongs to the plan.

    Method: hierarchical Bayes from the plan's promises (Gelman and Hill 2007), Laplace and a grid (Rue, Martino and Chopin 2009); alarms
    by mixture martingales (Robbins 1970) and by posterior chances, which do not wear out with looking (Berger and Wolpert 1988).

    >>> import mktlib as mk
    >>> seen = mk.track_campaign(mk.load_plan(mk.sample_path("plan")), mk.load_sample("results"), as_of="2026-10-19")
    >>> seen.facts["measured_to"], seen.table["decision"].tolist()
    ('2026-10-18', ['none'])
    """
    tables = tables or load_tables()
    when, metric = _checked(plan, as_of, level, lag_days, zone, unmeasured, random_state, tables)
    job = Job(plan, plan.calendar(tables=tables), placements(plan.schedule), log, metric, level, lag_days, zone, random_state, tables)
    known = at(job, when)
    if len(known.seen.rows) and not known.table["ran"].any():
        names = ", ".join(sorted(known.seen.rows["item"].unique())[:3])
        raise DataError(finding("E_NO_MATCH", found=names, expected=", ".join(job.rows["item"].unique()[:3])))
    earlier = [pd.Timestamp(plan.brief.week_days(w)[-1]) + pd.Timedelta(days=1) for w in range(1, plan.brief.weeks + 1)]
    path = [at(job, moment) for moment in earlier if moment < when.normalize()]
    told = told_of(job, known, unmeasured)
    steps = [_landing(job, one).assign(at=one.as_of.normalize()) for one in [*path, known]]
    columns = ["at", "measure", "forecast", "low", "high"]
    return replace(told, path=pd.concat(steps, ignore_index=True)[columns])


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
    """All that is known at a moment: the log, the pieces, the placements beside it, and (draws, rows) of what is ahead."""

    as_of: pd.Timestamp
    seen: Seen
    pieces: pd.DataFrame
    table: pd.DataFrame
    strays: pd.DataFrame
    share: Array
    shares: Array
    parts: Parts
    spreads: Spreads
    rate: Array
    money: Array
    exposure: Array
    events: Array


def _checked(
    plan: Any, as_of: Any, level: Any, lag: Any, zone: Any, unmeasured: Any, seed: Any, tables: Tables
) -> tuple[pd.Timestamp, Row]:
    """The moment and the row of the metric; everything wrong with what was given, at once."""
    if not isinstance(plan, CampaignPlan):
        raise DataError(finding("E_OPTION", column="plan", found=type(plan).__name__, expected='plan=mk.load_plan("FOLDER")'))
    wrong = [*not_level(level), *not_seed(seed)]
    if not isinstance(lag, int | float) or isinstance(lag, bool) or not 0 <= lag < 366:
        wrong.append(finding("E_OPTION", column="lag_days", found=lag, expected="0 <= lag_days < 366"))
    if unmeasured is not None and (isinstance(unmeasured, bool) or not isinstance(unmeasured, int | float) or not 0 <= unmeasured <= 1):
        wrong.append(finding("E_OPTION", column="unmeasured", found=unmeasured, expected="0 <= unmeasured <= 1"))
    wrong += (bad_zone := _no_zone(zone))
    when, more = moment_of(as_of, None if bad_zone else zone)
    name = str(plan.facts.get("metric", "click_rate"))
    row = tables.metrics.get(name)
    if row is None or row["family"] == "money":
        known = ", ".join(m for m, r in tables.metrics.items() if r["family"] != "money")
        wrong.append(finding("E_TRACK_METRIC", column="metric", found=name, expected=known))
    if wrong or more:
        raise DataError([*wrong, *more])
    need(plan.schedule, ["item", "segment", "channel", "week", "spend", "exposure", "rate", "rate_sd", "value"])
    assert row is not None
    return when, row


def _no_zone(zone: Any) -> list[Finding]:
    try:
        if zone is not None:
            pd.Timestamp("2026-01-01").tz_localize(zone)
        return []
    except (ValueError, TypeError, KeyError, OSError):
        return [finding("E_OPTION", column="zone", found=zone, expected='zone="Europe/Paris"')]


def at(job: Job, as_of: pd.Timestamp) -> Known:
    """What is known at a moment, and draws of what is ahead of it."""
    brief, rng = job.plan.brief, np.random.default_rng(job.seed)
    seen = read_log(job.log, brief, job.metric, as_of, zone=job.zone)
    pieces = states(brief, job.plan.items, job.calendar, seen, as_of, job.tables)
    shares = weekday_shares(seen, brief, job.tables)
    share = planned_until(job.rows, brief, job.calendar, seen.until, shares, job.tables)
    both = beside(job.rows, seen, share, pieces, brief.first_day, as_of, job.lag, job.tables)
    table, parts = both.table, _parts(both.table)
    fits = _fits(job, table, parts)
    rate, rough = rates(fits, parts, DRAWS, rng)
    ahead = _ahead(table, pieces, brief.first_day, seen.until, rng)
    money = _money(table, parts, ahead, rng)
    exposure, events = _to_come(table, parts, ahead, rate, rough, rng)
    middle = max(fits, key=lambda one: one.evidence).spreads
    return Known(as_of, seen, pieces, table, both.strays, share, shares, parts, middle, rate, money, exposure, events)


def _parts(table: pd.DataFrame) -> Parts:
    numbers = {
        name: pd.factorize(pd.MultiIndex.from_frame(table[by]))[0] if len(by) > 1 else pd.factorize(table[by[0]])[0]
        for name, by in {"cell": ["item", "segment", "channel"], "item": ["item"], "channel": ["channel"]}.items()
    }
    rate = table["rate"].to_numpy(float)
    return Parts(rate, table["sd"].to_numpy(float) * (1 - np.minimum(rate, 0.99)), **numbers, week=table["week"].to_numpy(int) - 1)


def _fits(job: Job, table: pd.DataFrame, parts: Parts) -> list[Any]:
    """The posterior for every set of spreads; only the first of a kind where nothing is known yet."""
    expected, value = job.plan.expected, table["value"].to_numpy(float)
    low, high, level = (float(expected.get(k) or math.nan) for k in ("low", "high", "level"))
    wanted = math.log(high / low) / (2 * norm.ppf(0.5 + level / 2)) if low > 0 and high > low and 0 < level < 1 else None
    weight = value / value.sum() if value.sum() > 0 else np.full(len(value), 1 / len(value))
    chances = np.where(table["ran"], table["ripe"], 0.0) * (parts.rate > 0)
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
    return np.asarray(table["ahead"].to_numpy(float) * comes[:, of] * (1 - np.clip(delay[:, of] - (week - begin), 0.0, 1.0)))


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


def _landing(job: Job, known: Known) -> pd.DataFrame:
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
        rows.append((name, promised, *ends, came[name], float(draws.mean()), float(low), float(high), straight, said if gone > 0 else "too_early"))
    heads = ["measure", "promised", "promised_low", "promised_high", "so_far", "forecast", "low", "high", "straight", "grade"]
    return pd.DataFrame(rows, columns=heads)


def surprise(parts: Parts, expected: Array, actual: float, spreads: Spreads) -> float:
    """Evidence that a sum of events leaves its promise, the promise's own uncertainty and the weather included; a mixture as in
    `pace_of_money.e_value`, always valid.

    >>> parts = Parts(np.array([0.02]), np.array([0.1]), *(np.zeros(1, int) for _ in range(4)))
    >>> surprise(parts, np.array([1000.0]), 1000, NOISE) < 1, surprise(parts, np.array([1000.0]), 200, NOISE) > 1000
    (True, True)
    """
    total = float(expected.sum())
    if total <= 0:
        return 1.0
    variance = log_sd_of_sum(parts, expected / total, replace(spreads, weather=NOISE.weather, rough=NOISE.rough)) ** 2 + 1 / total
    off = math.log((actual + 0.5) / (total + 0.5)) + variance / 2
    log = 0.5 * math.log(variance / (variance + SHIFT**2)) + off**2 / 2 * (1 / variance - 1 / (variance + SHIFT**2))
    return math.exp(min(log, 700.0))


def _some(parts: Parts, rows: Array) -> Parts:
    return Parts(*(getattr(parts, name)[rows] for name in ("rate", "sd", "cell", "item", "channel", "week")))


def _units(job: Job, known: Known) -> pd.DataFrame:
    """One row a piece and channel that ran; whether each unit of money still to be spent there is worth less than elsewhere."""
    table, price, rows = known.table, _price(job), []
    worth, spend = table["worth"].to_numpy(float), table["spend"].to_numpy(float) * table["ahead"].to_numpy(float)
    chances, expected = table["exposure"].to_numpy(float), (table["ripe"] * table["rate"]).to_numpy(float)
    groups = {key: np.asarray(k) for key, k in table.groupby(["item", "channel"]).indices.items()}
    paid = sum(1 for k in groups.values() if table["spend"].to_numpy()[k].sum() > 0)
    for (item, channel), k in groups.items():
        if not table["ran"].to_numpy()[k].any():
            continue
        promised = (chances * known.parts.rate)[k]
        ratio = (known.rate[:, k] @ chances[k]) / max(promised.sum(), 1e-12)
        low, high = np.quantile(ratio, [0.5 - job.level / 2, 0.5 + job.level / 2])
        evidence = surprise(_some(known.parts, k), expected[k], float(table["y"].to_numpy()[k].sum()), known.spreads)
        ahead, verdict, each = spend[k].sum(), "keep", math.nan
        if ahead > 0 and price is not None:
            still = chances[k] * worth[k] * table["ahead"].to_numpy(float)[k]
            values = known.rate[:, k] @ still / ahead
            each, verdict = float(values.mean()), _verdict(values, float((known.parts.rate[k] * still).sum() / ahead), price, paid)
        n, y = table["n"].to_numpy()[k].sum(), table["y"].to_numpy()[k].sum()
        priced = price if price is not None else math.nan
        rows.append((item, channel, n, expected[k].sum(), y, float(ratio.mean()), low, high, evidence, each, priced, verdict))
    heads = ["item", "channel", "exposure", "expected", "actual", "ratio", "low", "high", "e_value", "worth", "price", "verdict"]
    return pd.DataFrame(rows, columns=heads)


def _price(job: Job) -> float | None:
    """What one more unit of money brings elsewhere in the plan; 1 where values are money and the plan does not say; else nobody knows."""
    margin = float(job.plan.expected.get("margin") or 0.0)
    return margin if margin > 0 else 1.0 if job.plan.brief.objective.value is not None else None


def _verdict(values: Array, planned: float, price: float, units: int) -> str:
    """stop: the chance that money here is worth its price is below alpha (of all units together), and the plan thought otherwise."""
    if planned < price:
        return "keep"
    logs = np.log(np.maximum(values, 1e-12))
    below = norm.cdf((math.log(price) - logs.mean()) / max(float(logs.std()), 1e-9))
    return "stop" if below >= 1 - ALPHA["stop"] / max(units, 1) else "keep" if below <= 0.5 else "too_early"


def told_of(job: Job, known: Known, unmeasured: float | None = None) -> Tracking:
    """The result at one moment, without the path to it."""
    brief, table = job.plan.brief, known.table
    over = known.as_of.date() > brief.last_day
    landing, units = _landing(job, known), _units(job, known)
    late = late_table(known.pieces, table)
    money = pacing(table, known.seen, known.share, known.money, brief, known.shares, job.level, known.seen.until, job.tables)
    expected, ran = (table["ripe"] * table["rate"]).to_numpy(float), table["ran"].to_numpy()
    evidence = surprise(_some(known.parts, ran), expected[ran], float(table["y"].sum()), known.spreads) if ran.any() else 1.0
    head = landing.iloc[-1]
    whole = {
        "shown": evidence >= 1 / ALPHA["whole"] and not over, "found": float(table["y"].sum()) / max(expected.sum(), 1e-9), "over": over,
        "stake": abs(head["forecast"] - head["promised"]),
    }  # fmt: skip
    left = (table["spend"] * table["left"]).groupby([table["item"], table["channel"]]).sum().to_dict()
    to_do = decisions(late, money, units, whole, brief, known.as_of, job.tables, left=left, worth=_worth(known))
    facts = _facts(job, known, landing, late, evidence) | {"over": over}
    facts |= {"unmeasured": float(unmeasured)} if unmeasured is not None else {}
    findings = (*known.seen.findings, *_strays(known), *_nothing(known))
    return Tracking(table=to_do, late=late, pacing=money, landing=landing, path=pd.DataFrame(), pieces=units, facts=facts, findings=findings)


def _worth(known: Known) -> dict[str, float]:
    """Value of a unit of money by channel, as now believed."""
    table = known.table
    value = known.rate.mean(axis=0) * table["exposure"].to_numpy(float) * table["worth"].to_numpy(float)
    sums = pd.DataFrame({"channel": table["channel"], "value": value, "spend": table["spend"]}).groupby("channel")[["value", "spend"]].sum()
    return {str(c): float(v / s) for c, v, s in sums.itertuples(name=None) if s > 0}


def _facts(job: Job, known: Known, landing: pd.DataFrame, late: pd.DataFrame, evidence: float) -> dict[str, Any]:
    brief, table, pieces = job.plan.brief, known.table, known.pieces
    until, head = known.seen.until.date(), landing.iloc[-1]
    row = job.metric
    made = job.plan.items[job.plan.items["status"] == "make"]
    return {
        "name": brief.name, "as_of": known.as_of.isoformat() if known.as_of != known.as_of.normalize() else str(known.as_of.date()),
        "measured_to": str((known.seen.until - pd.Timedelta(days=1)).date()) if len(known.seen.rows) else None,
        "first_day": str(brief.first_day), "last_day": str(brief.last_day), "days_left": days_left(brief, until), "level": job.level,
        "metric": str(job.plan.facts.get("metric", "click_rate")), "objective": str(head["measure"]), "count": str(row["count"]),
        "currency": brief.currency, "planned": float(table["spend"].sum()), "spent": float(known.seen.rows["spend"].sum()),
        "production": float(made["cost"].sum()) if "cost" in made else 0.0, "pieces": len(pieces),
        "due_pieces": int((pieces["state"] != "waits").sum()), "out": int(pieces["state"].isin(["out", "late_out"]).sum()),
        "late": int(late["state"].isin(["late", "unheard"]).sum()), "waiting": float(late["value"].sum()),
        "promised": float(head["promised"]), "forecast": float(head["forecast"]), "low": float(head["low"]), "high": float(head["high"]),
        "alpha": sum(ALPHA.values()), "evidence": "observational", "grade": str(head["grade"]), "e_value": evidence,
    }  # fmt: skip


def _strays(known: Known) -> list[Finding]:
    if known.strays.empty:
        return []
    names = ", ".join(" / ".join(key) for key in known.strays[["item", "segment", "channel"]].drop_duplicates().head(3).itertuples(index=False))
    return [finding("E_NOT_PLANNED", level="warning", found=str(len(known.strays)), names=names)]


def _nothing(known: Known) -> list[Finding]:
    return [] if len(known.seen.rows) else [finding("E_TRACK_NOTHING", level="note", found=str(known.as_of.date()))]
