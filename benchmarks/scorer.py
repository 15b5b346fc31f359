"""The scorer on a world with known truth: skill, regret, coverage, time and memory, beside the raw rates.

    python benchmarks/scorer.py --bench ../shared/bench [--seeds 0 1 2] [--sizes 2000 50000 1000000 20000000]

`--bench` is a folder with the generator `gen.py` (grid, truth, held-out cells). skill = share of the possible gain in log loss on held-out,
never-seen cells; regret = 1 - rate of the chosen content / rate of the best, per segment and stage; coverage = share of the true logits of
unseen cells inside the 90 % interval. One BLAS thread.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import numpy as np


def one(bench: Path, size: int, seed: int) -> None:
    sys.path.insert(0, str(bench))
    import gen  # type: ignore[import-not-found]

    from mktlib import glmm

    world = gen.make(1, size, tau=0.3, seed=seed)
    dims = world["dims"]
    seen = gen.codes(world["cells"], dims)
    cells = int(np.prod(dims))
    grid = gen.codes(np.arange(cells), dims)
    wall, cpu = time.perf_counter(), time.process_time()
    post = glmm.fit(seen, world["y"], world["n"], dims=dims)
    fitted = time.perf_counter() - wall
    rate, (mean, var) = post.rate(grid), post.logit(grid)
    post.interval(grid)
    best = post.best(grid, grid[:, 0] * dims[1] + grid[:, 1], size=1000, rng=np.random.default_rng(0))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    test, nt, yt = world["test"], world["nt"], world["yt"]

    def loss(p: np.ndarray) -> float:
        return float((yt * np.log(p) + (nt - yt) * np.log1p(-p)).sum() / nt.sum())

    true = 1 / (1 + np.exp(-world["full"]))
    constant = np.full(len(test), (world["y"].sum() + 0.5) / (world["n"].sum() + 1))
    skill = (loss(rate[test]) - loss(constant)) / (loss(true[test]) - loss(constant))
    groups = dims[0] * dims[1]
    structure = 1 / (1 + np.exp(-world["struct"].reshape(groups, -1)))
    pick = post.structured(grid)[0].reshape(groups, -1).argmax(1)
    regret = np.mean(1 - structure[np.arange(groups), pick] / structure.max(1))
    unseen = np.ones(cells, bool)
    unseen[world["cells"]] = False
    cover = np.mean(np.abs((mean - world["full"]) / np.sqrt(var))[unseen] < 1.6448536)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    assert abs(best.sum() - groups) < 1e-6
    print(f"{size},{seed},{skill:.4f},{regret:.4f},{cover:.4f},{post.tau:.3f},{fitted:.2f},{wall:.2f},{cpu:.2f},{peak:.0f}")


def main() -> None:
    args = argparse.ArgumentParser()
    args.add_argument("--bench", type=Path, required=True)
    args.add_argument("--sizes", type=int, nargs="*", default=[2_000, 50_000, 1_000_000, 20_000_000])
    args.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2])
    args.add_argument("--one", action="store_true")
    asked = args.parse_args()
    if asked.one:
        one(asked.bench, asked.sizes[0], asked.seeds[0])
        return
    print("| impressions | skill | regret | coverage of 90 % | tau | fit s | all s | CPU s | peak MB |\n|---|---|---|---|---|---|---|---|---|")
    for size in asked.sizes:
        rows = []
        for seed in asked.seeds:  # a process each, so that peak memory is one fit's
            command = [sys.executable, __file__, "--bench", str(asked.bench), "--sizes", str(size), "--seeds", str(seed), "--one"]
            rows.append([float(x) for x in subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip().split(",")[2:]])
        m = np.mean(rows, axis=0)
        print(f"| {size:,} | {m[0]:.3f} | {m[1]:.3f} | {m[2]:.3f} | {m[3]:.2f} | {m[4]:.2f} | {m[5]:.2f} | {m[6]:.2f} | {np.max(rows, axis=0)[7]:.0f} |", flush=True)


if __name__ == "__main__":
    main()
