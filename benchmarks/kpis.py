"""Do the ranges of figures of money hold? Worlds with a known truth, read as `mk.kpis` reads the sums of days, pieces and weeks.

python benchmarks/kpis.py --runs 400
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

import numpy as np
import pandas as pd
from tqdm import tqdm

import mktlib as mk
from mktlib.measurement.kpi_ranges import Layout
from mktlib.measurement.kpi_read import STRETCHES, WEEKS
from mktlib.measurement.kpi_rows import Cell, Figure, Told, told

DAYS, SPEND, ORDER = 30, 100.0, 50.0
LEVEL = 0.9


def days(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(days, what each cost)."""
    return pd.date_range("2026-03-02", periods=DAYS).strftime("%Y-%m-%d").to_numpy(), SPEND * rng.lognormal(0, 0.4, DAYS)


def scattered(rng: np.random.Generator, mean: np.ndarray, phi: float, kind: str) -> np.ndarray:
    """Counts with a variance of phi times Poisson's: clumps of events (clumps), or good and bad days (days)."""
    if phi == 1:
        return rng.poisson(mean)
    if kind == "clumps":
        return rng.negative_binomial(mean / (phi - 1), 1 / phi)
    k = (phi - 1) / mean.mean()
    return rng.poisson(mean * rng.gamma(1 / k, k, len(mean)))


def inside(seen: Told, truth: float) -> bool:
    """Whether a range holds the truth; an end that is not there holds everything beyond."""
    return bool((not seen.low > truth) and (not seen.high < truth))


def read(kpi: str, above: np.ndarray, below: np.ndarray, events: np.ndarray | None = None, largest: float = 0.0) -> Told:
    """One figure from its sums by day."""
    sides = [np.asarray(x, float) for x in (above, below, np.zeros(DAYS) if events is None else events)]
    parts = {name: {"day": x} for name, x in zip(("above", "below", "events"), sides, strict=True)}
    cell = Cell(**parts, layout={"day": Layout.plain(DAYS)}, rows=DAYS, left=0.0, left_below=False)
    return told(Figure.of(mk.load_tables().kpis[kpi]), cell, [], LEVEL, largest)


def costs(runs: int) -> Iterator[str]:
    """Cost per acquisition: expected sales by scatter."""
    yield "| scatter | days differ by | 0.3 | 1 | 3 | 10 | 100 | 1,000 | at least (none came) |\n|---|---|---|---|---|---|---|---|---|"
    for phi, kind in ((1, "luck"), (2, "clumps"), (2, "days"), (5, "clumps"), (5, "days")):
        held, floors = [], []
        for expected in (0.3, 1, 3, 10, 100, 1000):
            rng = np.random.default_rng([int(10 * expected), phi, len(kind)])
            hits = []
            for _ in tqdm(range(runs), desc=f"cpa {phi} {expected}", leave=False):
                _, spend = days(rng)
                sales = scattered(rng, expected * spend / spend.sum(), phi, kind)
                seen = read("cpa", spend, sales)
                hits.append(inside(seen, spend.sum() / expected))
                floors += [seen.low / spend.sum()] if seen.status == "at_least" else []
            held.append(f"{np.mean(hits):.3f}")
        yield f"| {phi} | {kind} | {' | '.join(held)} | spend / {1 / np.mean(floors):.1f} |"


def returns(runs: int) -> Iterator[str]:
    """ROAS and the average order: expected orders by the tail of their values."""
    yield "| figure | sd of log value | scatter | 1 | 3 | 10 | 30 | 100 | 1,000 |\n|---|---|---|---|---|---|---|---|---|"
    for tail in (0.5, 1.0, 1.5):
        for phi in (1, 2):
            held: dict[str, list[str]] = {"roas": [], "aov": []}
            for expected in (1, 3, 10, 30, 100, 1000):
                rng = np.random.default_rng([expected, phi, int(10 * tail)])
                hits: dict[str, list[bool]] = {"roas": [], "aov": []}
                for _ in tqdm(range(runs), desc=f"roas {tail} {expected}", leave=False):
                    _, spend = days(rng)
                    orders = scattered(rng, expected * spend / spend.sum(), phi, "clumps")
                    values = rng.lognormal(np.log(ORDER), tail, orders.sum())
                    revenue = np.bincount(np.repeat(np.arange(DAYS), orders), values, DAYS)
                    mean = ORDER * np.exp(tail**2 / 2)
                    hits["roas"].append(inside(read("roas", revenue, spend, orders, ORDER), expected * mean / spend.sum()))
                    order = read("aov", revenue, orders) if orders.sum() else None
                    hits["aov"] += [inside(order, mean)] if order and np.isfinite(order.low) else []
                for key, h in hits.items():
                    held[key].append(f"{np.mean(h):.3f}" if h else "-")
            for key, row in held.items():
                yield f"| {key} | {tail} | {phi} | {' | '.join(row)} |"


def shares(runs: int) -> Iterator[str]:
    """Click-through rate of 1 %: impressions by scatter between days."""
    yield "| scatter | 300 impressions | 3,000 | 30,000 | 300,000 |\n|---|---|---|---|---|"
    for phi in (1, 2, 5):
        held = []
        for shown in (300, 3_000, 30_000, 300_000):
            rng = np.random.default_rng([shown, phi])
            hits = []
            for _ in tqdm(range(runs), desc=f"ctr {phi} {shown}", leave=False):
                _, spend = days(rng)
                many = rng.poisson(shown * spend / spend.sum())
                size = (many.mean() - phi) / (phi - 1) if phi > 1 and many.mean() > phi else None
                rate = rng.beta(0.01 * size, 0.99 * size, DAYS) if size else np.full(DAYS, 0.01)
                hits.append(inside(read("ctr", rng.binomial(many, rate), many), 0.01))
            held.append(f"{np.mean(hits):.3f}")
        yield f"| {phi} | {' | '.join(held)} |"


def verdicts(runs: int) -> Iterator[str]:
    """Ten channels that just break even, and ten of which one brings 1.5 times that: how often any is said to pay or lose wrongly."""
    yield "| world | scatter | runs in which a channel is wrongly said to pay or lose | the better one is found |\n|---|---|---|---|"
    for better in (1.0, 1.5):
        for phi in (1, 2, 5):
            rng = np.random.default_rng([int(10 * better), phi])
            wrong, found = [], []
            for _ in tqdm(range(runs // 4), desc=f"pays {better} {phi}", leave=False):
                parts = []
                for k in range(10):
                    day, spend = days(rng)
                    orders = scattered(rng, (better if k == 0 else 1.0) * spend * 5 / ORDER, phi, "clumps")
                    values = rng.lognormal(np.log(ORDER) - 0.125, 0.5, orders.sum())
                    revenue = np.bincount(np.repeat(np.arange(DAYS), orders), values, DAYS)
                    parts.append(pd.DataFrame({"channel": f"c{k}", "date": day, "spend": spend, "conversions": orders, "revenue": revenue}))
                table = mk.kpis(pd.concat(parts), by="channel", kpis="roas", margin=0.2, currency="EUR").table.set_index("group")
                said = table.loc[[f"c{k}" for k in range(10)], "verdict"]
                equal = said if better == 1 else said.drop("c0")
                wrong.append(bool(equal.isin(["pays", "loses"]).any()))
                found.append(said["c0"] == "pays")
            yield f"| one of ten {better} times | {phi} | {np.mean(wrong):.3f} | {np.mean(found) if better > 1 else float('nan'):.2f} |"


UNSEEN: dict[str, dict[str, float]] = {
    "1 day": {"many": 1},
    "3 days": {"many": 3},
    "7 days": {"many": 7},
    "7 days, clumps of 3": {"many": 7, "clump": 3},
    "7 days, weekends twice": {"many": 7, "weekend": 2},
    "90 days, weekends twice": {"many": 90, "weekend": 2},
    "28 days, good and bad weeks": {"many": 28, "last": 0.7},
    "90 days, good and bad weeks": {"many": 90, "last": 0.7},
    "90 days, good and bad months": {"many": 90, "last": 0.95},
    "30 days, spending differs 20 times": {"many": 30, "uneven": 1.5},
    "30 days, 5 pieces unlike": {"many": 30, "pieces": 5, "unlike": 0.7},
    "30 days, 12 pieces unlike": {"many": 30, "pieces": 12, "unlike": 0.7},
    "30 days, 12 pieces, heavy tails": {"many": 30, "pieces": 12, "unlike": 1.3},
    "30 days, 40 pieces, heavy tails": {"many": 30, "pieces": 40, "unlike": 1.3},
}
"""Worlds that the ranges were not tuned on."""


def world(
    rng: np.random.Generator, expected: float, many: int, *, pieces: int = 1, clump: float = 1, weekend: float = 1, last: float = 0,
    uneven: float = 0.8, unlike: float = 0, tail: float = 0.8,
) -> tuple[pd.DataFrame, dict[str, float]]:  # fmt: skip
    """(a log of rows of a day and piece, true figures). last: share of a day's luck that the next one keeps; unlike: sd of the logarithm
    of what pieces bring, which are a draw of their kind."""
    day, piece = np.repeat(np.arange(many), pieces), np.tile(np.arange(pieces), many)
    spend, luck = 10 * rng.lognormal(0, uneven, many * pieces), rng.normal(size=many)
    for k in range(1, many):
        luck[k] = last * luck[k - 1] + np.sqrt(1 - last**2) * luck[k]
    sd = 0.5 if last else 0.0
    season = np.where(day % 7 >= 5, weekend, 1.0)
    mean = expected * spend * season / (spend * season).sum()
    came = np.exp(sd * luck[day] - sd**2 / 2) * np.exp(unlike * rng.normal(size=pieces)[piece] - unlike**2 / 2)
    orders = rng.poisson(mean * came) if clump == 1 else rng.negative_binomial(mean * came / (clump - 1), 1 / clump)
    revenue = np.bincount(np.repeat(np.arange(day.size), orders), rng.lognormal(np.log(ORDER), tail, orders.sum()), day.size)
    shown = rng.poisson(2000 * mean / season)
    clicks = rng.binomial(shown, np.minimum(0.01 * season * came, 1))
    log = pd.DataFrame({"date": pd.Timestamp("2026-01-05") + pd.to_timedelta(day, unit="D"), "content_id": piece.astype(str)})
    log = log.assign(impressions=shown, clicks=clicks, spend=spend, conversions=orders, revenue=revenue)
    order = ORDER * np.exp(tail**2 / 2)
    truth = {"cpa": spend.sum() / expected, "roas": expected * order / spend.sum(), "aov": order}
    return log, truth | {"ctr": 20 * expected / (2000 * mean / season).sum()}


def bundled(log: pd.DataFrame, kpi: str) -> Told:
    """One figure of a log, from sums by day, piece and week, as `mk.kpis` takes them."""
    row = mk.load_tables().kpis[kpi]
    kinds = {"day": "date", "piece": "content_id"}
    week = log["date"].dt.to_period("W")
    sums = {k: log.groupby(c)[["spend", "conversions", "revenue", "impressions", "clicks"]].sum() for k, c in kinds.items()}
    sums |= {"week": log.groupby(week)[list(sums["day"].columns)].sum()} if week.nunique() >= WEEKS else {}
    since = (log["date"] - log["date"].min()).dt.days
    length = int(since.max() + 1) // STRETCHES
    sums |= {"days": log.groupby(since // length)[list(sums["day"].columns)].sum()} if length > 1 else {}
    sides = {"above": row["numerator"], "below": row["denominator"], "events": row.get("events") or row["numerator"]}
    parts = {side: {k: frame[c].to_numpy(float) for k, frame in sums.items()} for side, c in sides.items()}
    layout = {k: Layout.plain(len(frame)) for k, frame in sums.items()}
    cell = Cell(**parts, layout=layout, rows=len(log), left=0.0, left_below=False)
    each = [m / np.maximum(e, 1) for m, e in ((sums[k]["revenue"], sums[k]["conversions"]) for k in kinds)]
    figure = Figure.of(row)
    return told(figure, cell, [], LEVEL, max(float(x.max()) for x in each) if figure.luck_is_money else 0.0)


def unseen(runs: int) -> Iterator[str]:
    """Worlds of another kind, at 3, 30 and 300 expected orders; "-": no range."""
    figures = ("cpa", "roas", "aov", "ctr")
    yield "| world | " + " | ".join(f"{f}: 3, 30, 300 orders" for f in figures) + " |\n|---|---|---|---|---|"
    for name, how in UNSEEN.items():
        held: dict[str, list[str]] = {f: [] for f in figures}
        for expected in (3, 30, 300):
            rng, hits = np.random.default_rng([expected, len(name)]), {f: [] for f in figures}
            for k in tqdm(range(runs), desc=f"{name} {expected}", leave=False):
                log, truth = world(rng, expected, **how)
                for f in figures:
                    seen = bundled(log, f)
                    if k == 0:
                        real = mk.kpis(log, kpis=f, currency="EUR").table.iloc[0]
                        assert np.allclose([real["low"], real["high"]], [seen.low, seen.high], equal_nan=True, rtol=1e-6), (name, f)
                    if np.isfinite([seen.low, seen.high]).any():
                        hits[f].append(inside(seen, truth[f]))
            for f in figures:
                held[f].append(f"{np.mean(hits[f]):.2f}" if hits[f] else "-")
        yield f"| {name} | " + " | ".join(", ".join(held[f]) for f in figures) + " |"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=400)
    parser.add_argument("--only", nargs="*", default=["costs", "returns", "shares", "verdicts", "unseen"])
    asked = parser.parse_args()
    for part in asked.only:
        sys.stdout.write(f"\n{part}\n\n")
        for line in globals()[part](asked.runs):
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
