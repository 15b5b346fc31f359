"""The scorer beside other packages, on the same worlds, one process a fit.

    python benchmarks/peers.py --bench ../shared/bench [--sizes 50000 1000000] [--seeds 1] [--methods ours glmmTMB gpboost ...]

Needs each peer only for its own row: R with glmmTMB and jsonlite; gpboost; lightgbm; the others are scikit-learn and scipy. glmmTMB and
GPBoost have the scorer's terms: main effects, all pairs, a cell effect, all random. Skill, regret and coverage as in `scorer.py`;
coverage where the package gives an interval for a cell that was never seen, on 300 of them for GPBoost. "fit s" is processor time on one
BLAS thread.
"""

from __future__ import annotations

import argparse
import importlib
import itertools
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from scorer import Z, measures, peak  # noqa: E402

Answer = tuple[np.ndarray, np.ndarray, np.ndarray, float]  # rate, logit without the cell effect, sd (NaN where not given), seconds


def _logit(p: np.ndarray | float) -> Any:
    return np.log(p) - np.log1p(-np.asarray(p))


def ours(codes: np.ndarray, y: np.ndarray, n: np.ndarray, dims: tuple[int, ...], grid: np.ndarray) -> Answer:
    from mktlib import glmm

    begun = time.process_time()
    post = glmm.fit(codes, y, n, dims=dims)
    spent = time.process_time() - begun
    return post.rate(grid), post.structured(grid)[0], np.sqrt(post.logit(grid)[1]), spent


def glmmTMB(codes: np.ndarray, y: np.ndarray, n: np.ndarray, dims: tuple[int, ...], grid: np.ndarray) -> Answer:
    if not shutil.which("Rscript"):
        raise ImportError("Rscript")
    names = [f"a{k}" for k in range(len(dims))]
    with tempfile.TemporaryDirectory() as folder:
        table = np.column_stack([codes, y, n])
        np.savetxt(f"{folder}/d.csv", table, delimiter=",", header=",".join([*names, "y", "n"]), comments="", fmt="%d")
        subprocess.run(["Rscript", str(ROOT / "benchmarks" / "peers.R"), f"{folder}/d.csv", f"{folder}/o.json"], check=True)
        found = json.loads(Path(folder, "o.json").read_text(encoding="utf-8"))
    eta = np.full(len(grid), float(found["intercept"]))
    for term, effects in found["effects"].items():
        at = [names.index(a) for a in term.split(":")]
        key = np.array([":".join(map(str, row)) for row in itertools.product(*(range(dims[a]) for a in at))])
        value = np.array([effects.get(k, 0.0) for k in key])
        eta += value[np.ravel_multi_index(tuple(grid[:, at].T), [dims[a] for a in at])]
    return 1 / (1 + np.exp(-eta)), eta, np.full(len(grid), np.nan), float(found["seconds"])


def _crossed(codes: np.ndarray, dims: tuple[int, ...]) -> np.ndarray:
    pairs = [codes[:, a] * dims[b] + codes[:, b] for a, b in itertools.combinations(range(len(dims)), 2)]
    return np.column_stack([codes, *pairs])


def gpboost(codes: np.ndarray, y: np.ndarray, n: np.ndarray, dims: tuple[int, ...], grid: np.ndarray) -> Answer:
    import gpboost as gb

    begun = time.process_time()
    groups = np.column_stack([_crossed(codes, dims), np.arange(len(codes))]).astype(str)
    model = gb.GPModel(group_data=groups, likelihood="binomial_logit", weights=n)
    model.fit(y=y / n, X=np.ones((len(y), 1)))
    spent = time.process_time() - begun
    asked = np.column_stack([_crossed(grid, dims), 10**7 + np.arange(len(grid))]).astype(str)
    said = model.predict(group_data_pred=asked, X_pred=np.ones((len(grid), 1)), predict_var=False, predict_response=False)
    eta, sd = np.asarray(said["mu"]), np.full(len(grid), np.nan)
    some = np.sort(np.random.default_rng(0).choice(len(grid), 300, replace=False))
    part = model.predict(group_data_pred=asked[some], X_pred=np.ones((300, 1)), predict_var=True, predict_response=False)
    sd[some] = np.sqrt(part["var"])
    return 1 / (1 + np.exp(-eta)), eta, sd, spent


def _doubled(x: np.ndarray, y: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    weight = np.r_[y, n - y]
    return np.concatenate([x, x])[weight > 0], np.r_[np.ones(len(y)), np.zeros(len(y))][weight > 0], weight[weight > 0]


def lightgbm(codes: np.ndarray, y: np.ndarray, n: np.ndarray, dims: tuple[int, ...], grid: np.ndarray) -> Answer:
    import lightgbm as lgb

    begun = time.process_time()
    x, label, weight = _doubled(codes, y, n)
    model = lgb.LGBMClassifier(verbose=-1, n_jobs=1).fit(x, label, sample_weight=weight, categorical_feature=list(range(len(dims))))
    spent = time.process_time() - begun
    rate = np.clip(np.asarray(model.predict_proba(grid))[:, 1], 1e-7, 1 - 1e-7)
    return rate, _logit(rate), np.full(len(grid), np.nan), spent


def logistic_pairs(codes: np.ndarray, y: np.ndarray, n: np.ndarray, dims: tuple[int, ...], grid: np.ndarray) -> Answer:
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import OneHotEncoder

    begun = time.process_time()
    coder = OneHotEncoder(handle_unknown="ignore").fit(_crossed(codes, dims))
    fold = np.random.default_rng(0).integers(0, 5, len(y))

    def fitted(rows: np.ndarray, c: float) -> LogisticRegression:
        x, label, weight = _doubled(_crossed(codes[rows], dims), y[rows], n[rows])
        return LogisticRegression(C=c, max_iter=300).fit(coder.transform(x), label, sample_weight=weight)

    def loss(c: float) -> float:
        total = 0.0
        for k in range(5):
            eta = fitted(fold != k, c).decision_function(coder.transform(_crossed(codes[fold == k], dims)))
            total -= float((y[fold == k] * eta - n[fold == k] * np.logaddexp(0, eta)).sum())
        return total

    model = fitted(fold >= 0, min(np.logspace(-3, 2, 6), key=loss))
    spent = time.process_time() - begun
    eta = model.decision_function(coder.transform(_crossed(grid, dims)))
    return 1 / (1 + np.exp(-eta)), eta, np.full(len(grid), np.nan), spent


def beta_binomial(codes: np.ndarray, y: np.ndarray, n: np.ndarray, dims: tuple[int, ...], grid: np.ndarray) -> Answer:
    from scipy.optimize import minimize
    from scipy.special import betaln, expit, polygamma

    begun, level = time.process_time(), _logit((y.sum() + 0.5) / (n.sum() + 1))

    def shapes(x: np.ndarray) -> tuple[float, float]:
        return float(expit(x[0]) * np.exp(min(x[1], 14))), float(expit(-x[0]) * np.exp(min(x[1], 14)))

    def loss(x: np.ndarray) -> float:
        a, b = shapes(x)
        return float(-(betaln(a + y, b + n - y) - betaln(a, b)).sum())

    a, b = shapes(minimize(loss, [level, 4.0], method="Nelder-Mead").x)
    seen = np.ravel_multi_index(tuple(codes.T), dims)
    count, chances = np.zeros((2, len(grid)))
    count[seen], chances[seen] = y, n
    rate, sd = (a + count) / (a + b + chances), np.sqrt(polygamma(1, a + count) + polygamma(1, b + chances - count))
    return rate, _logit(rate), sd, time.process_time() - begun


METHODS: dict[str, Callable[..., Answer]] = {f.__name__: f for f in (ours, glmmTMB, gpboost, lightgbm, logistic_pairs, beta_binomial)}


def one(bench: Path, method: str, size: int, seed: int) -> dict[str, float]:
    sys.path.insert(0, str(bench))
    gen = importlib.import_module("gen")
    world = gen.make(1, size, tau=0.3, seed=seed)
    dims = world["dims"]
    codes, grid = gen.codes(world["cells"], dims), gen.codes(np.arange(int(np.prod(dims))), dims)
    rate, structure, sd, spent = METHODS[method](codes, world["y"], world["n"], dims, grid)
    out = measures(world, np.clip(rate, 1e-9, 1 - 1e-9), structure, _logit(np.clip(rate, 1e-9, 1 - 1e-9)), np.nan_to_num(sd))
    new = ~np.isnan(sd)
    new[world["cells"]] = False
    middle = structure if method != "beta_binomial" else _logit(rate)
    out["coverage"] = float(np.mean(np.abs(middle - world["full"])[new] < Z * sd[new])) if new.any() else float("nan")
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return out | {"fit s": spent, "MB": max(peak(), child)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", type=Path, required=True)
    parser.add_argument("--sizes", type=int, nargs="*", default=[50_000, 1_000_000])
    parser.add_argument("--seeds", type=int, default=1, help="how many worlds of each size")
    parser.add_argument("--methods", nargs="*", default=list(METHODS), choices=list(METHODS))
    parser.add_argument("--limit", type=float, default=900, help="seconds for one fit")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one is not None:
        print(json.dumps(one(asked.bench, asked.methods[0], asked.sizes[0], asked.one)))
        return
    print("| impressions | method | skill | regret | coverage | fit s | times ours | MB |\n|---|---|---|---|---|---|---|---|")
    alone = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    for size in asked.sizes:
        fastest = float("nan")
        for method in asked.methods:
            rows = []
            for seed in range(asked.seeds):
                command = [
                    sys.executable,
                    __file__,
                    "--bench",
                    str(asked.bench),
                    "--methods",
                    method,
                    "--sizes",
                    str(size),
                    "--one",
                    str(seed),
                ]
                try:
                    done = subprocess.run(command, capture_output=True, text=True, env=alone, timeout=asked.limit)
                    rows.append(json.loads(done.stdout.splitlines()[-1]))
                except subprocess.TimeoutExpired:
                    print(f"| {size:,} | {method} | more than {asked.limit:.0f} s |" + " |" * 5, flush=True)
                    break
                except (IndexError, ValueError):
                    why = (done.stderr.strip().splitlines() or ["nothing"])[-1]
                    print(f"| {size:,} | {method} | not run: {why[:60]} |" + " |" * 5, flush=True)
                    break
            if len(rows) < asked.seeds:
                continue
            mean = {k: float(np.mean([r[k] for r in rows])) for k in rows[0]}
            fastest = mean["fit s"] if method == "ours" else fastest
            covered = "-" if np.isnan(mean["coverage"]) else f"{mean['coverage']:.3f}"
            print(
                f"| {size:,} | {method} | {mean['skill']:.4f} | {mean['regret']:.3f} | {covered} | {mean['fit s']:.2f} "
                f"| {mean['fit s'] / fastest:.0f} | {mean['MB']:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
