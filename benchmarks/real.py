"""The scorer on public data: random halves, judged on the half that it never saw.

    python benchmarks/real.py --data ../shared/data [--only facebook hillstrom_visit ...] [--bench ../shared/bench]

Gain: how much less log loss than the constant rate of the training half, in per cent. Coverage: share of the held-out counts inside their
own 90 % range (randomised where a count stands on the edge, so that small counts do not flatter). "Main" is the same model without
interplays; "raw" the training rate of the same cell, the constant where there is none. With `--bench ../shared/bench` the splits are
those of the bench's own `real.py`, and its prototype stands beside ours on each.
"""

from __future__ import annotations

import argparse
import importlib
import io
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from mktlib import glmm  # noqa: E402

Case = tuple[pd.DataFrame, np.ndarray, np.ndarray, bool]  # levels, counts, exposures, whether a row is a single piece


def facebook(data: Path) -> Case:
    posts = pd.read_csv(data / "facebook_metrics" / "dataset_Facebook.csv").dropna()
    reach = posts["Lifetime Post Total Reach"].to_numpy(float)
    levels = posts[["Type", "Category", "Post Weekday", "Paid"]].assign(
        season=pd.cut(posts["Post Month"], [0, 3, 6, 9, 12]),
        time=pd.cut(posts["Post Hour"], [0, 4, 8, 12, 24]),
        reach=pd.qcut(reach, 8, labels=False),
    )
    return levels, np.minimum(posts["Lifetime Engaged Users"].to_numpy(float), reach), reach, True


def hillstrom(data: Path, outcome: str) -> Case:
    people = pd.read_csv(data / "hillstrom" / "hillstrom.csv")
    levels = people[["history_segment", "mens", "womens", "zip_code", "newbie", "channel", "segment"]].copy()
    levels["bought"] = levels.pop("mens").astype(str) + levels.pop("womens").astype(str)
    levels["recency"] = pd.cut(people["recency"], [0, 2, 5, 8, 12])
    return levels, people[outcome].to_numpy(float), np.ones(len(people)), False


def bank(data: Path) -> Case:
    with zipfile.ZipFile(data / "bank_marketing" / "bank-additional.zip") as archive:
        calls = pd.read_csv(io.BytesIO(archive.read("bank-additional/bank-additional-full.csv")), sep=";")
    levels = calls[["job", "marital", "education", "contact", "month", "day_of_week", "poutcome", "default"]]
    return levels, (calls["y"] == "yes").to_numpy(float), np.ones(len(calls)), False


def coupons(data: Path) -> Case:
    offers = pd.read_csv(data / "invehicle_coupon" / "in-vehicle-coupon-recommendation.csv")
    levels = offers[["destination", "passanger", "weather", "time", "couponType", "expiration", "gender", "age"]]
    return levels, offers["Y"].to_numpy(float), np.ones(len(offers)), False


def shoppers(data: Path) -> Case:
    sessions = pd.read_csv(data / "online_shoppers" / "online_shoppers_intention.csv")
    levels = sessions[["Month", "OperatingSystems", "Browser", "Region", "TrafficType", "VisitorType", "Weekend"]]
    return levels, sessions["Revenue"].to_numpy(float), np.ones(len(sessions)), False


def open_bandit(data: Path, policy: str) -> Case:
    shown = pd.read_csv(data / "open_bandit" / policy / "men.csv", index_col=0)
    levels = shown[["item_id", "position", *(f"user_feature_{k}" for k in range(4))]]
    return levels, shown["click"].to_numpy(float), np.ones(len(shown)), False


CASES: dict[str, Callable[[Path], Case]] = {
    "facebook": facebook,
    "hillstrom_visit": lambda d: hillstrom(d, "visit"),
    "hillstrom_conversion": lambda d: hillstrom(d, "conversion"),
    "bank": bank,
    "coupons": coupons,
    "shoppers": shoppers,
    "open_bandit_random": lambda d: open_bandit(d, "random"),
    "open_bandit_bts": lambda d: open_bandit(d, "bts"),
}


def loss(y: np.ndarray, n: np.ndarray, rate: np.ndarray | float) -> float:
    p = np.clip(rate, 1e-6, 1 - 1e-6)
    return float(-(y * np.log(p) + (n - y) * np.log1p(-p)).sum())


def covered(post: glmm.Posterior, codes: np.ndarray, y: np.ndarray, n: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    mean, var = post.logit(codes)
    eta = mean[:, None] + np.sqrt(var + post.luck**2)[:, None] * rng.standard_normal((len(y), 400))
    drawn = rng.binomial(n[:, None].astype(np.int64), 1 / (1 + np.exp(-eta)))
    place = (drawn < y[:, None]).mean(1) + rng.random(len(y)) * (drawn == y[:, None]).mean(1)
    return (place > 0.05) & (place < 0.95)


def add_up(codes: np.ndarray, y: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    cells, inverse = np.unique(codes, axis=0, return_inverse=True)
    return cells, np.bincount(inverse.ravel(), y), np.bincount(inverse.ravel(), n)


def half(case: Case, seed: int, share: float) -> dict[str, float]:
    """One random split."""
    levels, y, n, pieces = case
    codes = np.column_stack([pd.Categorical(levels[c]).codes for c in levels]).astype(np.int64)
    dims = tuple(codes.max(0) + 1)
    rng = np.random.default_rng(seed)
    train = rng.random(len(y)) < share
    learn, judge = ((codes[part], y[part], n[part]) for part in (train, ~train))
    if not pieces:
        learn, judge = add_up(*learn), add_up(*judge)
    item = np.arange(len(learn[0])) if pieces else None
    constant = loss(*judge[1:], (learn[1].sum() + 0.5) / (learn[2].sum() + 1))
    out: dict[str, float] = {"clicks": float(learn[1].sum())}
    begun = time.process_time()
    for name, terms in (("gain", "pairs"), ("main", "main")):
        post = glmm.fit(*learn, dims=dims, item=item, terms=terms)
        out[name] = 100 * (1 - loss(*judge[1:], post.rate(judge[0])) / constant)
        if name == "gain":
            out["seconds"] = time.process_time() - begun
            out["coverage"] = 100 * float(covered(post, *judge, rng).mean())
    known = {tuple(c): (a + 0.5) / (b + 1) for c, a, b in zip(*add_up(*learn), strict=True)}
    general = (learn[1].sum() + 0.5) / (learn[2].sum() + 1)
    out["raw"] = 100 * (1 - loss(*judge[1:], np.array([known.get(tuple(c), general) for c in judge[0]])) / constant)
    return out


def beside_the_prototype(bench: Path) -> None:
    """One row a data set: gain over the constant on the bench's own splits, the prototype's and ours."""
    sys.path.insert(0, str(bench.resolve()))
    theirs = importlib.import_module("real")
    cases = [("hillstrom_visit", theirs.hill("visit"), 6), ("hillstrom_conversion", theirs.hill("conversion"), 6)]
    cases += [("bank", theirs.bank(), 3), ("open_bandit_random", theirs.obd("men"), 4)]
    print("| data | splits | prototype | ours | coverage % |\n|---|---|---|---|---|")
    for name, split, times in cases:
        rows = []
        for seed in range(times):
            rng = np.random.default_rng(seed)
            dims, learn, (codes, y, n), _ = split(rng)
            constant, prototype = (-theirs.ll(theirs.fit(kind, *learn, dims, codes, rng)[0], y, n) for kind in ("const", "ours"))
            post = glmm.fit(*learn, dims=dims)
            mine = loss(y, n, post.rate(codes)) / n.sum()
            rows.append((*(100 * (1 - x / constant) for x in (prototype, mine)), 100 * covered(post, codes, y, n, rng).mean()))
        print(f"| {name} | {times} | " + " | ".join(f"{x:.2f}" for x in np.mean(rows, axis=0)) + " |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--only", nargs="*", default=list(CASES))
    parser.add_argument("--halves", type=int, default=6)
    parser.add_argument("--clicks", type=float, help="learn from so many rows that about this many events are among them")
    parser.add_argument("--bench", type=Path, help="compare with the prototype of this folder instead")
    asked = parser.parse_args()
    if asked.bench:
        return beside_the_prototype(asked.bench)
    print("| data | clicks to learn from | gain % | main effects only | raw cells | coverage % | seconds |\n|---|---|---|---|---|---|---|")
    for name in asked.only:
        case = CASES[name](asked.data)
        runs = pd.DataFrame(
            [half(case, seed, 0.5 if asked.clicks is None else min(0.5, asked.clicks / case[1].sum())) for seed in range(asked.halves)]
        )
        mean = runs.mean()
        print(
            f"| {name} | {mean['clicks']:,.0f} | {mean['gain']:.2f} ({runs['gain'].min():.2f} worst) "
            f"| {mean['main']:.2f} | {mean['raw']:.1f} "
            f"| {mean['coverage']:.1f} | {mean['seconds']:.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
