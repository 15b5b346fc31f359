"""Verdicts among equals, watched daily, and their power at real differences, each through `ContentScorer.fit` and `score_cells`.

    python benchmarks/verdicts.py [--runs 100]

Equals: 40 cells at 2.5 %, 2,000 impressions each, told once at the end or looked at on each of 28 days; "P(best) > 0.95" is what a reader
who stops at a high probability would have done with the same scores. Power: ten cells at 3 %, one of them better; how often it is called
"make" within 28 daily looks, and how often another is. "top shown": the rate shown for the top cell over the true rate; "top raw": the same
for clicks over impressions.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit, logit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from mktlib.scoring import ContentScorer

DAYS = 28


def watched(
    rates: np.ndarray, total: int, pieces: int, looks: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, bool, float, float]:
    """(cells ever called make, ever drop; whether a P(best) ever passed 0.95; top rate shown, top raw rate at the end)."""
    cells = np.repeat(np.arange(len(rates)), pieces)
    eta = logit(rates)[cells] + (0.3 if pieces > 1 else 0.0) * rng.standard_normal(len(cells))
    true = expit(eta)
    log = pd.DataFrame({"style": cells.astype(str), "content_id": np.arange(len(cells)).astype(str), "clicks": 0, "impressions": 0})
    made, dropped, crowned = np.zeros(len(rates), bool), np.zeros(len(rates), bool), False
    for _ in range(looks):
        n = total // looks // pieces
        log["clicks"] += rng.binomial(n, true)
        log["impressions"] += n
        scores = ContentScorer(by=("style",), priors="flat").fit(log).score_cells(within=())
        table = scores.table.set_index("style").loc[[str(i) for i in range(len(rates))]]
        made |= (table["verdict"] == "make").to_numpy()
        dropped |= (table["verdict"] == "drop").to_numpy()
        crowned |= bool(table["p_best"].max() > 0.95)
    raw = log.groupby("style")["clicks"].sum() / log.groupby("style")["impressions"].sum()
    return made, dropped, crowned, float(table["rate"].max()), float(raw.max())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=100)
    asked = parser.parse_args()
    print("| 40 equals, 2,000 impressions each | pieces a cell | any verdict | any P(best) > 0.95 | top shown | top raw |")
    print("|---|---|---|---|---|---|")
    for pieces in (1, 5):
        for looks in (1, DAYS):
            rng = np.random.default_rng(3)
            found = [watched(np.full(40, 0.025), 2000, pieces, looks, rng) for _ in range(asked.runs)]
            named, crowned = np.mean([(f[0] | f[1]).any() for f in found]), np.mean([f[2] for f in found])
            true = expit(logit(0.025) + (0.3 if pieces > 1 else 0) * np.random.default_rng(0).standard_normal(100_000)).mean()
            top, raw = (np.mean([f[k] for f in found]) / true for k in (3, 4))
            when = "one look" if looks == 1 else f"{looks} daily looks"
            print(f"| {when} | {pieces} | {named:.3f} | {crowned:.3f} | {top:.3f} | {raw:.3f} |", flush=True)
    print("\n| one of ten better, 28 daily looks | impressions a cell | called make | another called make |\n|---|---|---|---|")
    for times in (1.2, 1.35, 1.5, 2.0):
        for total in (2_800, 11_200, 44_800):
            rng, rates = np.random.default_rng(4), np.append(np.full(9, 0.03), 0.03 * times)
            found = [watched(rates, total, 1, DAYS, rng)[0] for _ in range(max(asked.runs // 2, 1))]
            better, other = np.mean([made[-1] for made in found]), np.mean([made[:-1].any() for made in found])
            print(f"| {times} times | {total:,} | {better:.2f} | {other:.2f} |", flush=True)


if __name__ == "__main__":
    main()
