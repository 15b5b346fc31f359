"""When P(best) passes one half: how often is it right? Too rare for twenty worlds (one first choice in seventy), so only these are counted.

    python benchmarks/crowned.py --bench ../shared/bench [--first 0] [--seeds 1100]

Worlds of a million impressions as in `scorer.py`, cell sd 0.3; about two seconds a world.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

import numpy as np
from tqdm import tqdm

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", type=Path, required=True)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seeds", type=int, default=1100)
    asked = parser.parse_args()
    sys.path[:0] = [str(asked.bench), str(ROOT)]
    gen, glmm = importlib.import_module("gen"), importlib.import_module("mktlib.glmm")
    stated, right = [], []
    for seed in tqdm(range(asked.first, asked.first + asked.seeds), unit="world"):
        world = gen.make(1, 1_000_000, tau=0.3, seed=seed)
        dims = world["dims"]
        grid = gen.codes(np.arange(int(np.prod(dims))), dims)
        post = glmm.fit(gen.codes(world["cells"], dims), world["y"], world["n"], dims=dims)
        best = post.best(grid, grid[:, 0] * dims[1] + grid[:, 1], size=1000, rng=np.random.default_rng(0))
        best, true = (x.reshape(dims[0] * dims[1], -1) for x in (best, world["full"]))
        group, cell = np.nonzero(best > 0.5)
        stated += best[group, cell].tolist()
        right += (true.argmax(1)[group] == cell).tolist()
    p, hit = np.array(stated), np.array(right)
    print("| P(best) stated | cells | mean stated | true | standard error |\n|---|---|---|---|---|")
    for low, high in ((0.5, 0.75), (0.75, 1.01), (0.5, 1.01)):
        some = (p >= low) & (p < high)
        error = np.sqrt((p[some] * (1 - p[some])).sum()) / max(some.sum(), 1)
        print(f"| {low} to {min(high, 1)} | {some.sum()} | {p[some].mean():.3f} | {hit[some].mean():.3f} | {error:.3f} |")


if __name__ == "__main__":
    main()
