"""The scorer on a world with known truth: skill, regret, coverage, time and memory.

    python benchmarks/scorer.py --bench ../shared/bench [--seeds 0 1 2] [--sizes 2000 50000 1000000 20000000]

`--bench` is a folder with the generator `gen.py` (a grid of 64,512 cells, its truth, held-out cells). Each run is a process of its own, so
that peak memory is one fit's; one BLAS thread. Time is processor time ("fit"; "all" adds mean, interval and P(best) from 1,000 draws for
every cell) and wall time, which says how busy the machine was. "MB" is the peak of the process, "MB more" what it rose by after imports.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
COLUMNS = ("skill", "regret", "coverage", "tau", "fit s", "all s", "wall s", "MB", "MB more")
Z = 1.6448536


def measures(world: dict[str, Any], rate: np.ndarray, structure: np.ndarray, mean: np.ndarray, sd: np.ndarray) -> dict[str, float]:
    """Skill: share of the possible gain in log loss on cells never seen. Regret: 1 - rate chosen / best rate, by segment and stage.

    Coverage: share of the true logits of cells never seen inside the 90 % interval. All arrays (cells,), over the whole grid.
    """
    test, n, y = world["test"], world["nt"], world["yt"]

    def gain(p: np.ndarray | float) -> float:
        return float((y * np.log(p) + (n - y) * np.log1p(-p)).sum())

    constant = gain((world["y"].sum() + 0.5) / (world["n"].sum() + 1))
    possible = gain(1 / (1 + np.exp(-world["full"][test]))) - constant
    groups = world["dims"][0] * world["dims"][1]
    best = 1 / (1 + np.exp(-world["struct"].reshape(groups, -1)))
    chosen = best[np.arange(groups), structure.reshape(groups, -1).argmax(1)]
    unseen = np.ones(len(mean), bool)
    unseen[world["cells"]] = False
    return {
        "skill": (gain(rate[test]) - constant) / possible,
        "regret": float(np.mean(1 - chosen / best.max(1))),
        "coverage": float(np.mean(np.abs(mean - world["full"])[unseen] < Z * sd[unseen])),
    }


def peak() -> float:
    """Most memory that this process has held, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def one(bench: Path, size: int, seed: int) -> dict[str, float]:
    """One world: fit, answer for every cell, measure."""
    sys.path[:0] = [str(bench), str(ROOT)]
    gen, glmm = importlib.import_module("gen"), importlib.import_module("mktlib.glmm")
    world = gen.make(1, size, tau=0.3, seed=seed)
    dims = world["dims"]
    seen, grid = gen.codes(world["cells"], dims), gen.codes(np.arange(int(np.prod(dims))), dims)
    loaded, cpu, wall = peak(), time.process_time(), time.perf_counter()
    post = glmm.fit(seen, world["y"], world["n"], dims=dims)
    fitted = time.process_time() - cpu
    rate, (mean, var), _ = post.rate(grid), post.logit(grid), post.interval(grid)
    post.best(grid, grid[:, 0] * dims[1] + grid[:, 1], size=1000, rng=np.random.default_rng(0))
    spent = {"fit s": fitted, "all s": time.process_time() - cpu, "wall s": time.perf_counter() - wall}
    memory = {"MB": peak(), "MB more": peak() - loaded}
    return {**measures(world, rate, post.structured(grid)[0], mean, np.sqrt(var)), "tau": post.tau, **spent, **memory}


def in_own_process(bench: Path, size: int, seed: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--bench", str(bench), "--sizes", str(size), "--seeds", str(seed), "--one"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"})
    return dict(json.loads(done.stdout))


def line(size: int, seeds: str, row: dict[str, float]) -> str:
    digits = {"skill": 3, "regret": 3, "coverage": 3, "MB": 0, "MB more": 0}
    return " | ".join([f"| {size:,}", seeds, *(f"{row[c]:.{digits.get(c, 2)}f}" for c in COLUMNS)]) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", type=Path, required=True)
    parser.add_argument("--sizes", type=int, nargs="*", default=[2_000, 50_000, 1_000_000, 20_000_000])
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2])
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(one(asked.bench, asked.sizes[0], asked.seeds[0])))
        return
    print(" | ".join(["| impressions", "seed", *COLUMNS]) + " |\n" + "|---" * (len(COLUMNS) + 2) + "|")
    for size in asked.sizes:
        rows = [in_own_process(asked.bench, size, seed) for seed in asked.seeds]
        for seed, row in zip(asked.seeds, rows, strict=True):
            print(line(size, str(seed), row), flush=True)
        print(line(size, "**mean**", {c: float(np.mean([r[c] for r in rows])) for c in COLUMNS}), flush=True)


if __name__ == "__main__":
    main()
