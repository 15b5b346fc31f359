"""A log of single posts, each with its own luck: time and memory of a fit.

python benchmarks/items.py --bench ../shared/bench --items 200000 --rows 1      (or --rows 3: each item shown to three audiences)
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from scorer import Z, peak  # noqa: E402

TAU = 0.4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", type=Path, required=True)
    parser.add_argument("--items", type=int, default=200_000)
    parser.add_argument("--rows", type=int, default=1)
    asked = parser.parse_args()
    sys.path.insert(0, str(asked.bench))
    gen, glmm = importlib.import_module("gen"), importlib.import_module("mktlib.glmm")
    rng, dims = np.random.default_rng(0), gen.GRIDS[4]
    structure, _ = gen.truth(dims, 0, 0.0)
    codes = gen.codes(rng.choice(gen.make(4, 1_000_000, tau=0.0, seed=0)["cells"], asked.items), dims).repeat(asked.rows, 0)
    item = np.arange(asked.items).repeat(asked.rows)
    if asked.rows > 1:
        codes[:, 0] = rng.integers(0, dims[0], len(codes))
    n = rng.poisson(300, len(codes)) + 1.0
    eta = structure[np.ravel_multi_index(tuple(codes.T), dims)] + rng.normal(0, TAU, asked.items)[item]
    y = rng.binomial(n.astype(int), 1 / (1 + np.exp(-eta))).astype(float)
    loaded, cpu = peak(), time.process_time()
    post = glmm.fit(codes, y, n, dims=dims, item=item)
    fitted = time.process_time() - cpu
    mean, var = post.logit(gen.codes(np.arange(len(structure)), dims))
    print("| items | rows each | fit s | with all cells s | MB | MB more | tau (0.4) | coverage |\n|---|---|---|---|---|---|---|---|")
    inside = float(np.mean(np.abs(mean - structure) < Z * np.sqrt(var)))
    spent = time.process_time() - cpu
    memory = f"{peak():.0f} | {peak() - loaded:.0f}"
    print(f"| {asked.items:,} | {asked.rows} | {fitted:.1f} | {spent:.1f} | {memory} | {post.tau:.3f} | {inside:.3f} |")


if __name__ == "__main__":
    main()
