"""The scorer on a world with known truth: skill, regret, coverage, P(best), time and memory.

    python benchmarks/scorer.py --bench ../shared/bench [--seeds 20] [--sizes 2000 50000 1000000 20000000] [--tau 0.3] [--grid 1]

`--bench` is a folder with the generator `gen.py` (its grids 1, 4, 16, 64 have 64,512 to 4.13 million cells), its truth, held-out cells.
Each run is a process of its own, so that peak memory is one fit's; one BLAS thread. Time is processor time ("fit"; "all" adds the mean and
interval of every cell, and on grid 1 P(best) from 1,000 draws) and wall time, which says how busy the machine was. "MB" is the peak of the
process, "MB more" what it rose by after imports and the world itself. "stated": mean P(best) of the first choice of each segment and
stage; "true": how often that choice has the highest true rate.
"""

from __future__ import annotations

import argparse
import importlib
import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
COLUMNS = ("skill", "regret", "coverage", "tau", "stated", "true", "fit s", "all s", "wall s", "MB", "MB more")
Z = 1.6448536
AT_ONCE = 1 << 16
EDGES = [(0.02, 0.1), (0.1, 0.3), (0.3, 0.5), (0.5, 0.75), (0.75, 1.01)]


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


def elsewhere(bench: Path, size: int, seed: int, tau: float, shape: int) -> Any:
    """A world drawn by a process of its own, so that its making does not count as memory of the fit; arrays are read when asked for."""
    with tempfile.TemporaryDirectory() as folder:
        code = f"import gen, numpy as np; np.savez('world.npz', **gen.make({shape}, {size}, tau={tau}, seed={seed}))"
        subprocess.run([sys.executable, "-c", code], check=True, cwd=folder, env={**os.environ, "PYTHONPATH": str(bench.resolve())})
        return np.load(io.BytesIO(Path(folder, "world.npz").read_bytes()))


def one(bench: Path, size: int, seed: int, tau: float, shape: int) -> dict[str, Any]:
    """One world: fit, answer for every cell, measure."""
    sys.path[:0] = [str(bench), str(ROOT)]
    gen, glmm = importlib.import_module("gen"), importlib.import_module("mktlib.glmm")
    world = elsewhere(bench, size, seed, tau, shape)
    dims = tuple(int(x) for x in world["dims"])
    seen, cells = gen.codes(world["cells"], dims), int(np.prod(dims))
    y, n = world["y"], world["n"]
    grid = gen.codes(np.arange(cells), dims) if shape == 1 else None  # the codes of a large grid are made a piece at a time
    loaded, cpu, wall = peak(), time.process_time(), time.perf_counter()
    post = glmm.fit(seen, y, n, dims=dims)
    fitted = time.process_time() - cpu
    mean, var = np.empty(cells), np.empty(cells)
    for start in range(0, cells, AT_ONCE):
        some = slice(start, min(start + AT_ONCE, cells))
        mean[some], var[some] = post.logit(gen.codes(np.arange(some.start, some.stop), dims))
    chance: dict[str, Any] = {"stated": np.nan, "true": np.nan, "bins": []}
    if shape == 1:
        rate, _ = post.rate(grid), post.ends(mean, var)
        best = post.best(grid, grid[:, 0] * dims[1] + grid[:, 1], size=1000, rng=np.random.default_rng(0))
    else:
        rate = post.expect(mean, var)
    spent = {"fit s": fitted, "all s": time.process_time() - cpu, "wall s": time.perf_counter() - wall}
    memory = {"MB": peak(), "MB more": peak() - loaded}
    if shape == 1:
        stated = best.reshape(dims[0] * dims[1], -1)
        top, truth = stated.argmax(1), world["full"].reshape(stated.shape).argmax(1)
        hit = np.arange(stated.shape[1]) == truth[:, None]
        bins = [
            [float(x.sum()) for x in (p, hit[at], p * 0 + 1)]
            for e in EDGES
            for at in [(stated >= e[0]) & (stated < e[1])]
            for p in [stated[at]]
        ]
        chance = {"stated": float(stated.max(1).mean()), "true": float((top == truth).mean()), "bins": bins}
    pieces = np.array_split(np.arange(cells), cells // AT_ONCE + 1)
    structure = np.concatenate([post.structured(gen.codes(some, dims))[0] for some in pieces])
    return {**measures(world, rate, structure, mean, np.sqrt(var)), "tau": post.tau, **chance, **spent, **memory}


def in_own_process(asked: argparse.Namespace, size: int, seed: int) -> dict[str, Any]:
    options = {"--bench": asked.bench, "--sizes": size, "--seeds": seed, "--tau": asked.tau, "--grid": asked.grid}
    command = [sys.executable, __file__, "--one", *(str(x) for pair in options.items() for x in pair)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"})
    return dict(json.loads(done.stdout))


def line(size: int, seeds: str, row: dict[str, float]) -> str:
    digits = {"skill": 4, "regret": 3, "coverage": 3, "stated": 3, "true": 3, "MB": 0, "MB more": 0}
    return " | ".join([f"| {size:,}", seeds, *(f"{row[c]:.{digits.get(c, 2)}f}" for c in COLUMNS)]) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", type=Path, required=True)
    parser.add_argument("--sizes", type=int, nargs="*", default=[2_000, 50_000, 1_000_000, 20_000_000])
    parser.add_argument("--seeds", type=int, default=3, help="how many worlds of each size")
    parser.add_argument("--tau", type=float, default=0.3, help="sd of the cells' own effects")
    parser.add_argument("--grid", type=int, default=1)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(one(asked.bench, asked.sizes[0], asked.seeds, asked.tau, asked.grid)))
        return
    print(" | ".join(["| impressions", "seeds", *COLUMNS]) + " |\n" + "|---" * (len(COLUMNS) + 2) + "|")
    all_bins = []
    for size in asked.sizes:
        rows = [in_own_process(asked, size, seed) for seed in range(asked.seeds)]
        all_bins += [r["bins"] for r in rows if r["bins"]]
        cover = [r["coverage"] for r in rows]
        for name, some in (("0-2", rows[:3]), (f"0-{len(rows) - 1}", rows)):
            print(line(size, name, {c: float(np.mean([r[c] for r in some])) for c in COLUMNS}), flush=True)
        print(f"|  | coverage by seed | {min(cover):.3f} to {max(cover):.3f} |" + " |" * (len(COLUMNS) - 1), flush=True)
    if all_bins:
        print("\n| P(best) stated | cells | mean stated | true |\n|---|---|---|---|")
        for (low, high), (stated, hit, cells) in zip(EDGES, np.sum(all_bins, axis=0), strict=True):
            print(f"| {low} to {min(high, 1)} | {cells:,.0f} | {stated / max(cells, 1):.3f} | {hit / max(cells, 1):.3f} |")


if __name__ == "__main__":
    main()
