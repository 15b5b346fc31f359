"""Ranges of audiences against known truth, and the time that customers take from real invoices.

    python benchmarks/audience.py [--runs 300] [--invoices FILE.parquet]

Coverage: how often a 90 % range holds the truth, by part and world: revenue a person (hurdle), engagements per person reached from days
that follow each other (weekly blocks; "people": the binomial range that treats every person reached as a draw of its own), the Gini
coefficient and the share of the foremost tenth (studentized bootstrap), the share who buy again in the next period. Time: invoices read
and described (`describe_customers`: groups, repeats at earlier cuts, BG/NBD twice, its check) beside the plainest peer in the same run,
pandas reading the same columns and grouping them into recency, frequency and money cut into fifths.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from mktlib.audience.customers import describe_customers, next_period
from mktlib.audience.days import ratio
from mktlib.audience.influence import concentration
from mktlib.audience.money import per_head

SIZES = np.array([36, 230, 480, 480, 530, 650])
LAWS: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "gamma, cv 0.7": lambda rng, n: rng.gamma(2, 0.5, n),
    "exponential": lambda rng, n: rng.exponential(1, n),
    "lognormal, sd 0.6": lambda rng, n: rng.lognormal(-0.18, 0.6, n),
    "lognormal, sd 1": lambda rng, n: rng.lognormal(-0.5, 1, n),
    "lognormal, sd 1.3": lambda rng, n: rng.lognormal(-0.845, 1.3, n),
}


def revenue(rng: np.random.Generator, runs: int) -> list[tuple[str, str, float]]:
    group, out = np.repeat(np.arange(len(SIZES)), SIZES), []
    for name, draw in LAWS.items():
        inside = []
        for _ in range(runs):
            share, mean = rng.beta(3, 40, len(SIZES)), np.exp(rng.normal(4, 0.25, len(SIZES)))
            amounts = np.where(rng.random(len(group)) < share[group], draw(rng, len(group)) * mean[group], 0)
            told = per_head(amounts, group, len(SIZES))
            inside.append((told[:, 1] <= share * mean) & (share * mean <= told[:, 2]))
        out.append(("revenue a person", name, float(np.mean(inside))))
    return out


def days(rng: np.random.Generator, runs: int) -> list[tuple[str, str, float]]:
    out = []
    for span in (90, 182, 365):
        for rho in (0.0, 0.5, 0.8):
            inside, naive = [], []
            for _ in range(runs):
                e = np.empty(span)
                e[0] = rng.normal()
                for i in range(1, span):
                    e[i] = rho * e[i - 1] + np.sqrt(1 - rho**2) * rng.normal()
                wave = 1 + 0.3 * np.sin(2 * np.pi * np.arange(span) / 7)
                reach = rng.poisson(3000 * np.exp(0.2 * rng.normal(size=span)))
                y = rng.poisson(0.04 * reach * wave * np.exp(0.3 * e - 0.045)).astype(float)
                rate, low, high = ratio(y, reach.astype(float), np.arange(span))
                inside.append(low <= 0.04 <= high)
                naive.append(abs(rate - 0.04) <= 1.645 * np.sqrt(rate * (1 - rate) / reach.sum()))
            out.append((f"a daily rate, {span} days", f"autocorrelation {rho}", float(np.mean(inside))))
            out.append((f"the same, people ({span} days)", f"autocorrelation {rho}", float(np.mean(naive))))
    return out


def shares(rng: np.random.Generator, runs: int) -> list[tuple[str, str, float]]:
    worlds: dict[str, Callable[[int], np.ndarray]] = {
        "exponential": lambda n: rng.exponential(1, n),
        "lognormal, sd 1": lambda n: rng.lognormal(0, 1, n),
        "one in five, lognormal": lambda n: np.where(rng.random(n) < 0.2, rng.lognormal(0, 1, n), 0),
        "Pareto, 2.2": lambda n: (1 / rng.random(n)) ** (1 / 2.2),
    }
    out = []
    for name, draw in worlds.items():
        big = np.sort(draw(2_000_000))
        held = np.r_[0.0, big.cumsum()] / big.sum()
        truth = np.array([1 - (held[1:] + held[:-1]).sum() / len(big), 1 - held[int(0.9 * len(big))]])
        for n in (100, 400, 2000):
            told = np.array([concentration(draw(n))[[0, 2]] for _ in range(max(runs // 2, 20))])
            inside = ((told[:, :, 1] <= truth) & (truth <= told[:, :, 2])).mean(axis=0)
            out += [(f"Gini, {n} units", name, float(inside[0])), (f"foremost tenth, {n} units", name, float(inside[1]))]
    return out


def periods(rng: np.random.Generator, runs: int) -> list[tuple[str, str, float]]:
    out = []
    for count in (2, 3, 4, 6):
        for wave in (0.0, 0.2, 0.4):
            inside = []
            for _ in range(runs):
                people, odds = rng.integers(40, 900, (5, count + 1)), rng.normal(-0.5, 0.6, 5)
                rates = 1 / (1 + np.exp(-(odds[:, None] + rng.normal(0, wave, count + 1))))
                told = next_period(rng.binomial(people, rates)[:, :count].astype(float), people[:, :count].astype(float))
                inside.append((told[:, 1] <= rates[:, count]) & (rates[:, count] <= told[:, 2]))
            out.append((f"buys again in the next period, {count} seen", f"sd between periods {wave}", float(np.mean(inside))))
    return out


COLUMNS = ["InvoiceNo", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID"]


def ours(path: Path) -> int:
    frame = pd.read_parquet(path, columns=COLUMNS)
    told = describe_customers(frame, customer="CustomerID", date="InvoiceDate", amount=("Quantity", "UnitPrice"), invoice="InvoiceNo")
    return int(told.table["people"].sum())


def plain(path: Path) -> int:
    frame = pd.read_parquet(path, columns=COLUMNS).dropna(subset=["CustomerID"])
    frame["money"] = frame["Quantity"] * frame["UnitPrice"]
    end = frame["InvoiceDate"].max()
    by = frame.groupby("CustomerID")
    rfm = pd.DataFrame({"r": (end - by["InvoiceDate"].max()).dt.days, "f": by["InvoiceNo"].nunique(), "m": by["money"].sum()})
    for column in "rfm":
        rfm[f"{column}_score"] = pd.qcut(rfm[column].rank(method="first"), 5, labels=False)
    return len(rfm)


def timed(path: Path, times: int = 5) -> None:
    """The best of some turns, taken in turn, so that what else the machine does weighs on both."""
    took: dict[str, list[float]] = {"ours": [], "plain": []}
    for _ in range(times):
        for name, run in (("ours", ours), ("plain", plain)):
            start = time.perf_counter()
            run(path)
            took[name].append(time.perf_counter() - start)
    a, b = (min(took[k]) for k in ("ours", "plain"))
    rows = len(pd.read_parquet(path, columns=["InvoiceNo"]))
    print(f"\n{rows:,} rows: describe_customers {a:.2f} s, pandas group-by {b:.2f} s, ratio {a / b:.2f} (reading included)")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--runs", type=int, default=300)
    asked.add_argument("--invoices", type=Path)
    given = asked.parse_args()
    rng = np.random.default_rng(1)
    if given.runs:
        rows = [row for part in (revenue, days, shares, periods) for row in part(rng, given.runs)]
        for name in dict.fromkeys(r[0] for r in rows):
            print(f"{name:<45}" + "   ".join(f"{w}: {c:.3f}" for n, w, c in rows if n == name))
    if given.invoices:
        timed(given.invoices)


if __name__ == "__main__":
    main()
