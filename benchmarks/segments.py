"""Segments on people whose truth is known: two methods beside each other, no segments where there are none, and honest ranges.

python benchmarks/segments.py methods --runs 20
python benchmarks/segments.py none --runs 100
python benchmarks/segments.py ranges --runs 60
python benchmarks/segments.py size
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture
from tqdm import tqdm

import mktlib as mk
from mktlib.audience.assigning import fit_classes, one_hot
from mktlib.audience.features import choose, coded
from mktlib.audience.stability import labels

Rng = np.random.Generator


def mixed(rng: Rng, truth: np.ndarray, *, apart: float = 1.0, noise: int = 3, blanks: float = 0.1) -> pd.DataFrame:
    """Skewed counts, money with zeros, answers from 1 to 5, yes and no, words; then columns that have nothing to do with the truth."""
    k, n = int(truth.max()) + 1, len(truth)
    at = lambda: rng.permutation(np.linspace(-1, 1, k))[truth] * apart  # noqa: E731
    spend = np.where(rng.random(n) < 1 / (1 + np.exp(-at())), np.exp(3 + at() + rng.normal(0, 0.7, n)), 0.0)
    word = np.array(["a", "b", "c", "d"])[
        (rng.permutation(4)[:k][truth] + (rng.random(n) < 0.55 - 0.15 * apart) * rng.integers(1, 4, n)) % 4
    ]
    people = {
        "visits": rng.poisson(np.exp(1 + 0.8 * at()) * rng.gamma(2, 0.5, n)),
        "opens": rng.poisson(np.exp(0.7 + 0.8 * at()) * rng.gamma(2, 0.5, n)),
        "basket": spend.round(2), "minutes": np.exp(2 + 0.7 * at() + rng.normal(0, 0.7, n)).round(1),
        "price": (3 + at() + rng.normal(0, 0.9, n)).round().clip(1, 5), "care": (3 + at() + rng.normal(0, 0.9, n)).round().clip(1, 5),
        "gifts": np.where(rng.random(n) < 1 / (1 + np.exp(-1.5 * at())), "yes", "no"), "why": word,
    }  # fmt: skip
    kinds: list[Callable[[], np.ndarray]] = [
        lambda: rng.lognormal(0, 1.2, n),
        lambda: rng.choice(list("xyz"), n),
        lambda: rng.uniform(size=n),
    ]
    people |= {f"noise_{i}": kinds[i % 3]() for i in range(noise)}
    frame = pd.DataFrame(people)
    return frame.mask(rng.random(frame.shape) < blanks) if blanks else frame


def classes(people: pd.DataFrame, k: int, seed: int) -> np.ndarray:
    chosen = choose(people, None, None)
    sizes = tuple(c.size for c in chosen.bases)
    codes = coded(people, chosen.bases, None)
    return labels(codes, fit_classes(one_hot(codes, sizes), sizes, k, np.random.default_rng(seed), starts=12))


def famd(people: pd.DataFrame, axes: int = 6) -> np.ndarray:
    """The axes of a factor analysis of mixed data (Pages 2004): skewed numbers as log(1 + x / median), all standardised, blanks at the
    mean; words as indicators over the root of their share."""
    parts = []
    for name in people:
        x = people[name]
        if pd.api.types.is_numeric_dtype(x.dtype):
            value = x.to_numpy(float)
            if x.min() >= 0 and x.skew() > 1:
                value = np.log1p(value / np.nanmedian(value[value > 0]))
            parts.append(np.nan_to_num((value - np.nanmean(value)) / np.nanstd(value))[:, None])
        else:
            dummies = pd.get_dummies(x).to_numpy(float)
            share = dummies.mean(axis=0) / dummies.mean(axis=0).sum()
            told = x.notna().to_numpy()[:, None]
            parts.append(np.where(told, (dummies - share) / np.sqrt(share), 0.0))
    u, s, _ = np.linalg.svd(np.hstack(parts), full_matrices=False)
    return u[:, :axes] * s[:axes]


METHODS: dict[str, Callable[[pd.DataFrame, int, int], np.ndarray]] = {
    "latent classes": classes,
    "FAMD, k-means": lambda p, k, seed: KMeans(k, n_init=10, random_state=seed).fit_predict(famd(p)),
    "FAMD, Gaussian mixture": lambda p, k, seed: GaussianMixture(k, n_init=5, random_state=seed, reg_covar=1e-3).fit_predict(famd(p)),
}
WORLDS = {
    "1,000 people, clear": {"n": 1000, "apart": 1.3}, "1,000 people, middling": {"n": 1000, "apart": 1.0},
    "1,000 people, faint": {"n": 1000, "apart": 0.7}, "300 people, clear": {"n": 300, "apart": 1.3},
    "12 columns of noise": {"n": 1000, "apart": 1.0, "noise": 12}, "a third blank": {"n": 1000, "apart": 1.0, "blanks": 0.33},
    "no blanks, no noise": {"n": 1000, "apart": 1.0, "blanks": 0.0, "noise": 0},
    "six numbers, Gaussian": {"n": 1000, "apart": 1.0},
}  # fmt: skip


def numbers_only(run: int, truth: np.ndarray) -> pd.DataFrame:
    """The home ground of the others: six numbers, each group a round cloud."""
    rng = np.random.default_rng([run, 9])
    return pd.DataFrame(rng.normal(0, 1.2, (4, 6))[truth] + rng.normal(size=(len(truth), 6))).add_prefix("c")


def methods(runs: int) -> None:
    print("| people (four segments: 40, 30, 20 and 10 %) | " + " | ".join(METHODS) + " |\n|---|" + "---|" * len(METHODS))
    for name, world in WORLDS.items():
        told = []
        for run in range(runs):
            rng = np.random.default_rng([run, 1])
            truth = rng.choice(4, int(world["n"]), p=[0.4, 0.3, 0.2, 0.1])
            options = {k: v for k, v in world.items() if k != "n"}
            people = numbers_only(run, truth) if "Gaussian" in name else mixed(rng, truth, **options)  # type: ignore[arg-type]
            told.append([adjusted_rand_score(truth, m(people, 4, run)) for m in METHODS.values()])
        print(f"| {name} | " + " | ".join(f"{x:.2f}" for x in np.mean(told, axis=0)) + " |", flush=True)


def cloud(kind: str, rng: Rng, n: int = 600, d: int = 8) -> pd.DataFrame:
    """People without groups: every column alone, or all of one cloud."""
    if kind == "uniform":
        x = rng.uniform(size=(n, d))
    elif kind == "skewed and mixed":
        return mixed(rng, np.zeros(n, dtype=int), noise=3)
    elif kind == "Gaussian":
        x = rng.normal(size=(n, d))
    else:
        factors = 1 if kind == "one scale behind all" else 2
        x = rng.normal(size=(n, factors)) @ rng.normal(0.8, 0.3, size=(factors, d)) + rng.normal(size=(n, d))
    frame = pd.DataFrame(x, columns=[f"c{i}" for i in range(d)])
    frame["c0"], frame["c1"] = (frame["c0"] > frame["c0"].median()).map({True: "yes", False: "no"}), np.exp(frame["c1"]).round(1)
    return frame.assign(c2=pd.cut(frame["c2"], 5, labels=False) + 1)


def none(runs: int) -> None:
    print("| people without groups (600) | runs with no segments | of |\n|---|---|---|")
    for kind in ("uniform", "Gaussian", "skewed and mixed", "one scale behind all", "two scales behind all"):
        single = [
            mk.segment_audience(cloud(kind, np.random.default_rng([run, 2])), random_state=run).facts["segments"] == 1
            for run in range(runs)
        ]
        print(f"| {kind} | {np.mean(single):.0%} | {runs} |", flush=True)


def ranges(runs: int) -> None:
    """How often 90 % ranges hold the share of a segment, and the difference of a column that took no part."""
    held: dict[str, list[bool]] = {"share of a segment": [], "difference in a share": [], "difference in a mean": []}
    shares, rates, means = np.array([0.45, 0.35, 0.2]), np.array([0.2, 0.4, 0.6]), np.array([1.0, 2.0, 4.0])
    for run in tqdm(range(runs)):
        rng = np.random.default_rng([run, 3])
        truth = rng.choice(3, 800, p=shares)
        people = mixed(rng, truth, apart=1.4).assign(
            preferred_format=np.where(rng.random(800) < rates[truth], "video", "text"), age=rng.poisson(means[truth] * 10)
        )
        result = mk.segment_audience(people, k=3, random_state=run)
        near = result.assign(people)["likeliest"].map({s: i for i, s in enumerate(result.table["segment"])}).to_numpy()
        whose = [int(np.bincount(truth[near == j], minlength=3).argmax()) for j in range(3)]
        for j, t in enumerate(whose):
            row, rest = result.table.iloc[j], shares * (np.arange(3) != t)
            held["share of a segment"].append(bool(row["low"] <= shares[t] <= row["high"]))
            for key, column, value in (("difference in a share", "preferred_format", rates), ("difference in a mean", "age", means * 10)):
                true = value[t] - (rest * value).sum() / rest.sum()
                mine = result.traits[(result.traits["segment"] == row["segment"]) & (result.traits["column"] == column)]
                mine = mine[mine["level"].isin(["video", ""])]
                held[key] += [bool(low <= true <= high) for low, high in zip(mine["low"], mine["high"], strict=True)]
    print("| 90 % range of | holds the truth | of |\n|---|---|---|")
    for key, found in held.items():
        print(f"| {key} | {np.mean(found):.0%} | {len(found)} |")


def size() -> None:
    print("| people | CPU seconds | segments | adjusted Rand | peak MB |\n|---|---|---|---|---|")
    for n in (1_000, 10_000, 100_000):
        rng = np.random.default_rng([n, 4])
        truth = rng.choice(4, n, p=[0.4, 0.3, 0.2, 0.1])
        people, start = mixed(rng, truth, apart=1.3), time.process_time()
        result = mk.segment_audience(people)
        took, rand = time.process_time() - start, adjusted_rand_score(truth, result.assign(people)["likeliest"])
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"| {n:,} | {took:.0f} | {result.facts['segments']} | {rand:.2f} | {peak:,.0f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=["methods", "none", "ranges", "size"])
    parser.add_argument("--runs", type=int, default=20)
    asked = parser.parse_args()
    size() if asked.part == "size" else {"methods": methods, "none": none, "ranges": ranges}[asked.part](asked.runs)


if __name__ == "__main__":
    main()
