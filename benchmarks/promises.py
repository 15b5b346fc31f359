"""Plans from logs of different sizes, in worlds of known truth: how much of what a plan promised came, and how often its range held.

    python benchmarks/promises.py --worlds 16

Each world is the sunglasses world drawn anew from a seed. Of its year so many rows are kept (a piece and day each, drawn at random), scored
with and without the opinions of the tables, and planned with the sunglasses brief; the plan is then counted at the true rates of its
cells. In these worlds the opinions on stages hold in direction and are 1 / 0.6 too strong, as opinions are wont to be.
"""

from __future__ import annotations

import argparse
import logging
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

import mktlib as mk
from mktlib.results import CELL
from mktlib.simulate.world import World, content_log

PRIORS = ("expert", "flat")


def kept(log: pd.DataFrame, rows: int, seed: int) -> pd.DataFrame:
    return log.sample(min(rows, len(log)), random_state=seed).sort_index().reset_index(drop=True)


def promised(log: pd.DataFrame, world: World, priors: str) -> dict[str, Any]:
    """What a plan promised, its range, and what its placements bring at the true rates."""
    brief = mk.read_brief(mk.sample_path("briefs/sunglasses.toml"))
    plan = mk.plan_campaign(mk.ContentScorer("click_rate", priors=priors).fit(log).score_cells(), brief, keep=80, work=0.5)
    rows = plan.schedule.merge(plan.items[["item", "content_type", "style", "length"]], on="item")
    came = float((rows["value"] / rows["rate"] * world.click_rate(rows[list(CELL)])).sum())
    value, low, high = (plan.expected[k] for k in ("value", "low", "high"))
    return {"came": came / value, "below": came < low, "above": came > high}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=16)
    parser.add_argument("--rows", type=int, nargs="+", default=[200, 600, 2000, 1_000_000])
    asked = parser.parse_args()
    logging.disable(logging.INFO)
    print("| rows | clicks | opinions | came / promised, mean (error) | below the range | above | of worlds |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for rows in asked.rows:
        logs = [kept(content_log(World(seed)), rows, seed) for seed in range(asked.worlds)]
        clicks = np.median([int(log["clicks"].sum()) for log in logs])
        for priors in PRIORS:
            out = pd.DataFrame([promised(log, World(seed), priors) for seed, log in enumerate(tqdm(logs, leave=False))])
            error = out["came"].std(ddof=1) / len(out) ** 0.5
            many = f"{int(np.median([len(log) for log in logs])):,}"
            told = f"{out['came'].mean():.2f} ({error:.2f}) | {out['below'].sum()} | {out['above'].sum()} | {len(out)}"
            print(f"| {many} | {clicks:,.0f} | {priors} | {told} |", flush=True)


if __name__ == "__main__":
    main()
