"""The two scripted players at the ad desk, paired: the same worlds and the same luck, N seeds a platform.

    .venv/bin/python benchmarks/desk.py --seeds 30 --debriefed 10 --budget 12000

Gain = margin of the sales that came because of the ads, less the spend (EUR), as drawn. Margin between players: mean of the paired
differences with its 95 % interval (Student's t). Beside it: the careful player's mean path as a share of the best play found, and how far
the bound lies above that best play.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

import mktlib as mk
from mktlib.simulate.desk_reports import TRUE
from mktlib.vocabulary import ad_desk, progress


def gain(desk: mk.AdDesk) -> float:
    """The gain as drawn, without the search for the best play."""
    sales = pd.concat([week.sales for week in desk._played])
    value = sales.loc[sales["kind"].isin(TRUE), "value"].sum()
    return float(value * desk.terms["margin"] - (desk.budget - desk.left))


def row(platform: str, seeds: int, debriefed: int, budget: float, bar: Any) -> str:
    gains, facts = [], []
    for seed in range(seeds):
        naive, careful = (mk.AdDesk(platform, budget=budget, seed=seed).play(player) for player in ("naive", "careful"))
        gains.append([gain(naive), gain(careful)])
        if seed < debriefed:
            play = careful.result()
            facts.append([play.facts[k] for k in ("expected", "best", "bound")])
        bar.update()
    naives, carefuls = np.array(gains).T
    apart = carefuls - naives
    half = stats.t.ppf(0.975, seeds - 1) * apart.std(ddof=1) / np.sqrt(seeds)
    mine, best, bound = np.array(facts).sum(axis=0)
    cells = [f"{naives.mean():,.0f}", f"{carefuls.mean():,.0f}"]
    cells += [f"{apart.mean():,.0f} ({apart.mean() - half:,.0f} to {apart.mean() + half:,.0f})", f"{(apart > 0).sum()} of {seeds}"]
    cells += [f"{(carefuls > 0).sum()} of {seeds}", f"{best / len(facts):,.0f}", f"{mine / best:.0%}", f"{bound / best:.2f}"]
    return f"| {platform} | " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--debriefed", type=int, default=10, help="seeds of which the best play and the bound are computed too")
    parser.add_argument("--platform", action="append", choices=list(ad_desk()["desk"]))
    parser.add_argument("--budget", type=float, default=12_000.0)
    given = parser.parse_args()
    heads = ("platform", "naive", "careful", "careful - naive (95 %)", "careful ahead", "careful gains", "best found", "careful / best")
    print("| " + " | ".join([*heads, "bound / best"]) + " |")
    print("|---|---|---|---|---|---|---|---|---|")
    presets = given.platform or list(ad_desk()["desk"])
    bar = progress(total=given.seeds * len(presets))
    for platform in presets:
        print(row(platform, given.seeds, given.debriefed, given.budget, bar), flush=True)
    bar.close()


if __name__ == "__main__":
    main()
