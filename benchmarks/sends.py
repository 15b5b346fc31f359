"""Logs of messages: how long a million take, and whether what is said of complaints and of flows keeps its promise.

    python benchmarks/sends.py

Times are of one run on one machine.
"""

from __future__ import annotations

import time

import numpy as np
import pandas as pd

import mktlib as mk
from mktlib.contacts import load_of, reserved
from mktlib.mailing.rates import exact, rate_of
from mktlib.vocabulary import load_tables

RUNS = 2_000


def million(n: int = 1_000_000, people: int = 100_000) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    at = pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(rng.integers(0, 180 * 86_400, n), unit="s")
    marks = {name: (rng.random(n) < p).astype(int) for name, p in (("clicks", 0.02), ("unsubscribes", 0.001), ("complaints", 0.0005))}
    return pd.DataFrame({"member_id": rng.integers(0, people, n), "sent_at": at, "campaign": rng.integers(0, 300, n), **marks})


def timed() -> None:
    frame, begin = million(), time.perf_counter()
    found = mk.check_sends(frame, cap_7=3, cap_30=10)
    seconds = time.perf_counter() - begin
    print(f"{len(frame):,} messages to {found.facts['people']:,} people, {len(found.over):,} over a cap: {seconds:.1f} s")


def coverage() -> None:
    """Share of runs in which the 90 % interval of the complaint rate holds the truth, and in which a verdict is wrong."""
    print("| campaigns | spread of their rates | of their sizes | plain Clopper-Pearson | widened | 'kept' though above 0.1 % |")
    print("|---|---|---|---|---|---|")
    rng = np.random.default_rng(1)
    for k, sd, sizes in ((40, 0.0, 0), (40, 0.5, 0), (40, 1.0, 0), (12, 0.5, 0), (40, 0.5, 1), (40, 1.0, 1), (12, 0.5, 1)):
        truth, plain, ours, wrong = 0.0012, 0, 0, 0
        for _ in range(RUNS):
            n = np.round(10_000 * np.exp(rng.normal(-(sizes**2) / 2, sizes, k)))
            p = truth * np.exp(rng.normal(-(sd**2) / 2, sd, k))
            count = rng.binomial(n.astype(int), p).astype(float)
            low, high = exact(count.sum(), n.sum(), 0.9)
            rate = rate_of(count, n, 0.9)
            plain, ours, wrong = plain + (low <= truth <= high), ours + (rate.low <= truth <= rate.high), wrong + (rate.high < 0.001)
        print(f"| {k} | {sd} | {sizes} | {plain / RUNS:.3f} | {ours / RUNS:.3f} | {wrong / RUNS:.3f} |")


def flows() -> None:
    """What is set aside by the model, and what people need where the same ones set off several flows."""
    print("| how alike flows' people are | set aside (model) | people above it | set aside (log) |")
    print("|---|---|---|---|")
    table, shares, people = load_tables().flows, {"welcome": 0.1, "abandoned_basket": 0.1, "abandoned_browse": 0.2}, 200_000
    model, rng = reserved(load_of(table, shares, 30)), np.random.default_rng(2)
    for name, sd in (("independent", 0.0), ("somewhat", 1.0), ("much", 2.0)):
        eager = np.exp(rng.normal(-(sd**2) / 2, sd, people))
        total = np.zeros(people, int)
        for flow, share in shares.items():
            row = table[flow]
            who = np.repeat(np.arange(people), rng.poisson(np.minimum(-np.log1p(-share) / 30 * 60 * eager, 40)))
            at = rng.uniform(-30, 30, len(who))
            falls = sum(((at + d >= 0) & (at + d < 30)).astype(int) for d in row["days"])
            total += np.minimum(np.bincount(who, weights=falls, minlength=people).astype(int), row["cap"])
        needed = int(np.quantile(total, 0.95, method="inverted_cdf"))
        print(f"| {name} | {model} | {(total > model).mean():.3f} | {needed} |")


if __name__ == "__main__":
    timed()
    coverage()
    flows()
