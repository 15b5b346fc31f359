"""The two scripted players at the ad desk, paired: the same worlds and the same luck, N seeds a platform.

    .venv/bin/python benchmarks/desk.py --seeds 30 --budget 12000

Gain = margin of the sales that came because of the ads, less the spend (EUR), as drawn. Margin between players: mean of the paired
differences with its 95 % interval (Student's t). Beside it: the careful player's mean path as a share of the best play found, and how far
the bound lies above that best play.
"""

from __future__ import annotations

import argparse

import numpy as np
from scipy import stats

import mktlib as mk
from mktlib.vocabulary import ad_desk, progress


def played(platform: str, player: str, seed: int, budget: float) -> mk.AdDesk:
    return mk.AdDesk(platform, budget=budget, seed=seed).play(player)


def row(platform: str, seeds: int, budget: float, bar: progress) -> str:
    gains, shares, bounds = [], [], []
    for seed in range(seeds):
        both = [played(platform, player, seed, budget).result() for player in ("naive", "careful")]
        gains.append([r.facts["gain"] for r in both])
        best = both[1].facts
        shares.append([best["expected"], best["best"]])
        bounds.append(best["bound"])
        bar.update()
    naive, careful = np.array(gains).T
    apart = careful - naive
    half = stats.t.ppf(0.975, seeds - 1) * apart.std(ddof=1) / np.sqrt(seeds)
    mine, best = np.array(shares).sum(axis=0)
    cells = [
        f"{naive.mean():,.0f}",
        f"{careful.mean():,.0f}",
        f"{apart.mean():,.0f} ({apart.mean() - half:,.0f} to {apart.mean() + half:,.0f})",
    ]
    cells += [f"{(apart > 0).sum()} of {seeds}", f"{best / seeds:,.0f}", f"{mine / best:.0%}", f"{np.sum(bounds) / best:.2f}"]
    return f"| {platform} | " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--budget", type=float, default=12_000.0)
    given = parser.parse_args()
    print("| platform | naive | careful | careful - naive (95 %) | careful ahead | best found | careful / best | bound / best |")
    print("|---|---|---|---|---|---|---|---|")
    presets = list(ad_desk()["desk"])
    bar = progress(total=given.seeds * len(presets))
    for platform in presets:
        print(row(platform, given.seeds, given.budget, bar), flush=True)
    bar.close()


if __name__ == "__main__":
    main()
