"""A running campaign against a known truth: do the ranges of the landing hold, and how often does a calm campaign raise an alarm?

`python benchmarks/tracking.py landing` and `python benchmarks/tracking.py alarms`; `--campaigns` and `--seed` for more or others.
A campaign of the simulation: six weeks (four for the alarms), eight pieces, two segments, three channels. The truth is drawn from the
promise (shared by all, by channel, by piece, own), or is exactly the promise, or shares other than the plan thinks. Weeks have weather,
deliveries are rough, one piece in five is late, one in twenty never comes (for the alarms every piece comes on its day).
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm, poisson
from scipy.stats import t as student
from tqdm.auto import tqdm

from mktlib.planning import CampaignPlan, brief_from_text, track_ahead
from mktlib.planning.landing import WIDER, fit
from mktlib.planning.pace_of_money import ALPHA, MATTERS, USUAL, e_value
from mktlib.planning.track import told_of
from mktlib.planning.track_ahead import Job, Known, at, landing_of
from mktlib.planning.track_rows import placements
from mktlib.planning.track_units import alternatives
from mktlib.vocabulary import load_tables

SD, TOTAL_SD, WEATHER, ROUGH = 0.35, 0.15, 0.1, 0.12
TRUTHS = {
    "as promised": (0.12, 0.08, 0.4, 0.4),
    "each its own": (0.0, 0.0, 0.0, 1.0),
    "by channel": (0.1, 0.6, 0.15, 0.15),
    "exactly": None,
}
BRIEF = """
first_day = 2026-10-05
last_day = {last}
budget = 20000
[objective]
metric = "click_rate"
value = 0.5
[segments.parents]
size = 100000
consent = 0.3
[segments.students]
size = 100000
consent = 0.3
[channels.paid_social]
price = 8.0
maximum = 12000
[channels.display]
price = 4.0
maximum = 9000
[channels.email]
price = 0.01
"""
CELLS = [(s, c) for s in ("parents", "students") for c in ("paid_social", "display", "email")]
SIZE = {"paid_social": (20_000, 160.0), "display": (30_000, 120.0), "email": (6_000, 60.0)}


def plan_of(weeks: int) -> CampaignPlan:
    """Eight pieces: four run from the first week, two from the second, two from the third; all to the end."""
    brief = brief_from_text(BRIEF.format(last=(pd.Timestamp("2026-10-05") + pd.Timedelta(days=7 * weeks - 1)).date()))
    rows, starts = [], (1, 1, 1, 1, 2, 2, 3, 3)
    for k, first in enumerate(starts):
        for j, (segment, channel) in enumerate(CELLS):
            if (j + k) % 2 == 0:
                continue
            chances, money = SIZE[channel]
            rate = 0.008 + 0.003 * ((3 * k + j) % 5)
            for week in range(first, weeks + 1):
                rows.append((week, segment, "decision", channel, f"P{k + 1:02d}", chances, money, chances * rate * 0.5, chances, rate, SD))
    heads = ["week", "segment", "stage", "channel", "item", "quantity", "spend", "value", "exposure", "rate", "rate_sd"]
    schedule = pd.DataFrame(rows, columns=heads).assign(events=lambda d: d["exposure"] * d["rate"])
    items = pd.DataFrame({"item": [f"P{k + 1:02d}" for k in range(len(starts))]}).assign(
        content_type="carousel", style="playful", length="none", stage="decision", cost=200.0, days=1.0, week=list(starts), status="make"
    )
    value = float(schedule["value"].sum())
    reach = norm.ppf(0.95) * TOTAL_SD
    expected = {"value": value, "low": value * np.exp(-reach), "high": value * np.exp(reach), "level": 0.9, "margin": 0.3}
    facts = {"metric": "click_rate", "currency": "EUR", **expected}
    empty = pd.DataFrame()
    return CampaignPlan(table=items, schedule=schedule, limits=empty, tests=empty, facts=facts, expected=expected, brief=brief)


@dataclass(frozen=True)
class Truth:
    """A campaign as it goes: the whole log (by week, or by day), its landing, and the true rate of each row of `placements`."""

    log: pd.DataFrame
    landing: dict[str, float]
    rate: np.ndarray


def drawn(rows: pd.DataFrame, kind: str, rng: np.random.Generator) -> np.ndarray:
    """(rows,) true rates, without weather."""
    shares, rate = TRUTHS[kind], rows["rate"].to_numpy()
    if shares is None:
        return rate
    off = np.sqrt(shares[0]) * rng.standard_normal() * np.ones(len(rows))
    for share, by in zip(shares[1:], (["channel"], ["item"], ["item", "segment", "channel"]), strict=True):
        group = rows.groupby(by).ngroup().to_numpy()
        off += np.sqrt(share) * rng.standard_normal(group.max() + 1)[group]
    return rate * np.exp(SD * off - SD**2 / 2)


def campaign(plan: CampaignPlan, rows: pd.DataFrame, kind: str, rng: np.random.Generator, *, calm: bool, daily: bool) -> Truth:
    """One campaign. calm: every piece comes on its day."""
    rate = drawn(rows, kind, rng)
    weather = np.exp(WEATHER * rng.standard_normal(plan.brief.weeks) - WEATHER**2 / 2)[rows["week"] - 1]
    shock = 0.04 * rng.standard_normal((plan.brief.weeks, 3))
    channel = rows["channel"].astype("category").cat.codes.to_numpy()
    ratio = np.maximum(1 + shock[rows["week"] - 1, channel] + 0.08 * rng.standard_normal(len(rows)), 0.3)
    items = sorted(rows["item"].unique())
    never = {i: not calm and rng.random() < 0.05 for i in items}
    late = {i: 0 if calm or rng.random() > 0.2 else int(1 + rng.exponential(3)) for i in items}
    first = rows.groupby("item")["week"].transform("min")
    begin = pd.Timestamp("2026-10-05") + pd.to_timedelta(7 * (rows["week"] - 1), unit="D")
    due = pd.Timestamp("2026-10-05") + pd.to_timedelta(7 * (first - 1), unit="D")
    out = due + pd.to_timedelta(rows["item"].map(late), unit="D")
    part = 1 - ((out - begin).dt.days.clip(0, 7) / 7).to_numpy()
    part = np.where(rows["item"].map(never), 0.0, part)
    n = rng.poisson(rows["exposure"] * ratio * part)
    spend = np.round(rows["spend"] * ratio * part * np.exp(0.03 * rng.standard_normal(len(rows))), 2)
    true = rate * weather * rng.gamma(1 / ROUGH**2, ROUGH**2, len(rows))
    y = rng.poisson(n * true)
    log = rows[["item", "segment", "channel"]].assign(
        week=begin, due=due, published=out, owner="A", impressions=n, delivered=n, clicks=np.minimum(y, n), actual_spend=spend
    )
    log = log[n > 0]
    if daily:
        log = by_day(log, rng)
    worth = rows["worth"].to_numpy()
    sums = {"spend": spend.sum(), "exposure": n.sum(), "events": y.sum(), "value": (y * worth).sum()}
    return Truth(log, {k: float(v) for k, v in sums.items()}, rate)


def by_day(log: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Each week over its days: weekends weaker, days uneven; an e-mail on one day."""
    days = []
    share = np.array([1.1, 1.1, 1.1, 1.1, 1.0, 0.8, 0.8]) / 7
    for row in log.to_dict("records"):
        start = max(0, (row["published"] - row["week"]).days)
        p = share * np.exp(0.1 * rng.standard_normal(7)) * (np.arange(7) >= start)
        if row["channel"] == "email":
            p = np.eye(7)[min(start, 6)]
        p = p / p.sum()
        n = rng.multinomial(row["impressions"], p)
        y = rng.multinomial(row["clicks"], p)
        for d in np.flatnonzero(n):
            number = {"impressions": n[d], "delivered": n[d], "clicks": min(y[d], n[d]), "actual_spend": row["actual_spend"] * p[d]}
            days.append({**row, "date": row["week"] + pd.Timedelta(days=int(d)), **number})
    return pd.DataFrame(days).drop(columns="week")


def job_of(plan: CampaignPlan, log: pd.DataFrame, seed: int) -> Job:
    tables = load_tables()
    return Job(plan, CALENDARS.setdefault(plan.brief.weeks, plan.calendar()), placements(plan.schedule), log, tables.metrics["click_rate"],
               0.9, 0.0, None, seed, tables)  # fmt: skip


COLUMNS = {"spend": "actual_spend", "exposure": "impressions", "events": "clicks"}
CALENDARS: dict[int, pd.DataFrame] = {}


def run_rate(log: pd.DataFrame, weeks: int, w: int, column: str) -> tuple[float, float, float]:
    """The straight line through the weeks so far, with the usual range of a mean of weeks."""
    sums = (
        log.groupby((log["week"] - pd.Timestamp("2026-10-05")).dt.days // 7)[column].sum().reindex(range(w), fill_value=0).to_numpy(float)
    )
    left, mean = weeks - w, sums.mean()
    spread = sums.std(ddof=1) if w > 1 else np.sqrt(max(mean, 1.0))
    reach = student.ppf(0.95, max(w - 1, 1)) * spread * np.sqrt(left + left**2 / w)
    total = sums.sum() + left * mean
    return total, total - reach, total + reach


def landing(campaigns: int, seed: int, kinds: list[str], until: float) -> None:
    """Coverage, width and error of the forecast at the end of each week."""
    plan, weeks = plan_of(6), 6
    rows = placements(plan.schedule)
    kept: list[dict[str, Any]] = []
    for kind in kinds:
        rng = np.random.default_rng([seed, list(TRUTHS).index(kind)])
        for k in tqdm(range(campaigns), file=sys.stderr):
            if time.monotonic() > until:
                break
            true = campaign(plan, rows, kind, rng, calm=False, daily=False)
            job = job_of(plan, true.log, k)
            for week in range(0, weeks):
                known = at(job, pd.Timestamp("2026-10-05") + pd.Timedelta(days=7 * week))
                table = landing_of(job, known).set_index("measure")
                for name in ("spend", "exposure", "events"):
                    row, y = table.loc[name], true.landing[name]
                    record = {"truth": kind, "week": week, "measure": name, "inside": row["low"] <= y <= row["high"]}
                    record |= {"width": (row["high"] - row["low"]) / y, "error": abs(row["forecast"] / y - 1)}
                    if week:
                        line, low, high = run_rate(true.log, weeks, week, COLUMNS[name])
                        share = rows.loc[rows["week"] <= week, name].sum() / rows[name].sum()
                        record |= {"line_inside": low <= y <= high, "line_error": abs(line / y - 1)}
                        record |= {"scaled_error": abs(row["so_far"] / share / y - 1)}
                    kept.append(record)
    frame = pd.DataFrame(kept)
    by = ["truth", "measure", "week"]
    print(
        frame.groupby(by, sort=False)[["inside", "width", "error", "line_inside", "line_error", "scaled_error"]].mean().round(3).to_string()
    )
    print(
        frame[frame.week > 0]
        .groupby(["truth", "measure"])[["inside", "line_inside", "error", "line_error", "scaled_error"]]
        .mean()
        .round(3)
        .to_string()
    )


def alarms(campaigns: int, seed: int, kinds: list[str], factor: float, until: float) -> None:
    """Campaigns with an alarm in 28 daily looks: of this rule, and of the naive one (10 % off, or z beyond 1.96). factor: true overspend of
    paid_social (1: none)."""
    track_ahead.DRAWS = 300  # the alarms need means and spreads alone
    plan = plan_of(4)
    rows = placements(plan.schedule)
    kept = []
    for kind in kinds:
        rng = np.random.default_rng([seed, 7, list(TRUTHS).index(kind)])
        for k in tqdm(range(campaigns), file=sys.stderr):
            if time.monotonic() > until:
                break
            true = campaign(plan, rows, kind, rng, calm=True, daily=True)
            log = true.log
            if factor != 1:
                log = log.assign(actual_spend=log["actual_spend"] * np.where(log["channel"] == "paid_social", factor, 1.0))
            job = job_of(plan, log, k)
            seen = {"pace": False, "whole": False, "stop": False, "naive_pace": False, "naive_rate": False, "day": np.nan}
            worth = worth_of(rows, true.rate)
            for day in range(1, 29):
                told = told_of(job, at(job, pd.Timestamp("2026-10-05") + pd.Timedelta(days=day)))
                found = told.table
                pace = bool(found["decision"].isin(["slow_down", "speed_up"]).any())
                seen["day"] = day if pace and np.isnan(seen["day"]) else seen["day"]
                seen["pace"] |= pace
                seen["whole"] |= bool((found["decision"] == "look_again").any())
                stops = found[found["decision"] == "stop"]
                seen["stop"] |= any(worth[item, channel] >= 0.3 for item, channel in zip(stops["item"], stops["channel"], strict=True))
                off = (told.pacing["spent"] / told.pacing["ran"] - 1)[told.pacing["ran"] > 0]
                seen["naive_pace"] |= bool((off.abs() > 0.1).any())
                p = poisson.cdf(told.pieces["actual"], told.pieces["expected"])
                seen["naive_rate"] |= bool((p < 0.025).any())
            kept.append({"truth": kind, **seen})
    frame = pd.DataFrame(kept)
    frame["any"] = frame[["pace", "whole", "stop"]].any(axis=1)
    frame["naive_any"] = frame[["naive_pace", "naive_rate"]].any(axis=1)
    print(f"overspend of paid_social: {factor}")
    print(frame.groupby("truth", sort=False).mean().assign(campaigns=frame.groupby("truth").size()).round(3).to_string())


def light(campaigns: int, seed: int, kinds: list[str], factor: float, times: float, until: float) -> None:
    """The same without the stops, on arrays: evidence on the money of each channel and on the whole, in 28 daily looks, many campaigns.
    times: what the true rates are multiplied with."""
    plan = plan_of(4)
    rows, usual = placements(plan.schedule), np.array([1.1, 1.1, 1.1, 1.1, 1.0, 0.8, 0.8]) / 7
    job = job_of(plan, pd.DataFrame(columns=["item", "segment", "channel", "week", "clicks", "impressions"]), seed)
    known = at(job, pd.Timestamp("2026-10-05"))
    week, channel = rows["week"].to_numpy() - 1, known.parts.channel
    money, chances = rows["spend"].to_numpy(), rows["exposure"].to_numpy()
    for kind in kinds:
        rng, kept = np.random.default_rng([seed, 9]), []
        for _ in tqdm(range(campaigns), file=sys.stderr):
            if time.monotonic() > until:
                break
            ratio = 1 + 0.04 * rng.standard_normal((4, 3))[week, channel] + 0.08 * rng.standard_normal(len(rows))
            true = (
                times
                * drawn(rows, kind, rng)
                * np.exp(WEATHER * rng.standard_normal(4))[week]
                * rng.gamma(1 / ROUGH**2, ROUGH**2, len(rows))
            )
            daily = usual * np.exp(0.1 * rng.standard_normal((len(rows), 7)))
            daily /= daily.sum(axis=1, keepdims=True)
            paid, n = ((x * ratio)[:, None] * daily for x in (money, chances))
            paid[channel == 0] *= factor
            y = rng.poisson(n * true[:, None])
            found = {"pace": False, "whole": False, "naive_pace": False, "naive_rate": False, "day": np.nan, "whole_day": np.nan}
            days = np.zeros((3, 28))
            np.add.at(days, (channel[:, None], (week * 7)[:, None] + np.arange(7)), paid)
            plan_of_day = np.bincount(channel * 4 + week, weights=money, minlength=12).reshape(3, 4).repeat(7, axis=1) / 7
            off = list(days / plan_of_day - 1)
            for day in range(1, 29):
                mine = [x[:day] for x in off]
                found["pace"] |= any(e_value(x, USUAL["day"]) >= 3 / ALPHA["pace"] and abs(x.mean()) >= MATTERS for x in mine)
                found["day"] = day if found["pace"] and np.isnan(found["day"]) else found["day"]
                found["naive_pace"] |= any(abs(x.mean()) > 0.1 for x in mine)
                seen = (week * 7)[:, None] + np.arange(7) < day
                gone = (n * seen).sum(axis=1)
                came, due = (y * seen).sum(axis=1), float(gone @ known.parts.rate)
                if not found["whole"] and leaves(known, gone, came):
                    found |= {"whole": True, "whole_day": day}
                found["naive_rate"] |= abs(came.sum() - due) > 1.96 * np.sqrt(due)
            kept.append(found)
        frame = pd.DataFrame(kept).assign(any=lambda d: d["pace"] | d["whole"])
        print(kind, f"factor {factor} times {times}", len(frame), frame.mean().round(3).to_dict())


def leaves(known: Known, gone: np.ndarray, came: np.ndarray) -> bool:
    """Whether the whole is told to leave its promise: as `track_units.leaving`, but at the first set of spreads that explains it enough."""
    spreads = sorted((one for one, _ in known.promises if one.wider == 1), key=lambda one: -one.weather)  # what explains most first
    need = alternatives(known.parts, gone, came, spreads, 4) + np.log(ALPHA["whole"])
    return all(fit(known.parts, gone, came, one, 4).evidence - np.log(WIDER[1.0]) <= need for one in spreads)


def worth_of(rows: pd.DataFrame, rate: np.ndarray) -> dict[Any, float]:
    """True value of a unit of money by piece and channel."""
    sums = rows.assign(v=rows["exposure"] * rate * rows["worth"]).groupby(["item", "channel"])[["v", "spend"]].sum()
    return (sums["v"] / sums["spend"]).to_dict()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["landing", "alarms", "light"])
    parser.add_argument("--campaigns", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--truths", nargs="+", default=["as promised"])
    parser.add_argument("--factor", type=float, default=1.0)
    parser.add_argument("--times", type=float, default=1.0, help="what the true rates are multiplied with (light)")
    parser.add_argument("--minutes", type=float, default=60.0, help="stop then, and print what there is")
    args = parser.parse_args()
    until = time.monotonic() + 60 * args.minutes
    if args.what == "landing":
        landing(args.campaigns, args.seed, args.truths, until)
    elif args.what == "light":
        light(args.campaigns, args.seed, args.truths, args.factor, args.times, until)
    else:
        alarms(args.campaigns, args.seed, args.truths, args.factor, until)
