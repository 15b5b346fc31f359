"""The three scripted players at the ad desk, paired: the same worlds and the same luck, N seeds a platform.

    .venv/bin/python benchmarks/desk.py --seeds 20 --debriefed 10
    .venv/bin/python benchmarks/desk.py --seeds 6 --again 40

Gain = margin of the sales that came because of the ads, less the spend (EUR), as drawn. Margin between players: mean of the paired
differences with its 95 % interval (Student's t). The selective player buys the careful one's audiences and chases ROAS as the naive one
does, so the margin of careful over naive falls into two parts: what leaving audiences out brings, and the rest. Below: the careful
player's mean path as a share of the best play found, and how far the bound lies above that best play.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

import mktlib as mk
from mktlib.simulate import desk_engine as engine
from mktlib.simulate.desk_best import run
from mktlib.simulate.desk_moves import moves_of
from mktlib.simulate.desk_players import PLAYERS
from mktlib.simulate.desk_reports import TRUE
from mktlib.simulate.desk_world import DAYS, World
from mktlib.vocabulary import ad_desk, progress

HEADS = ("platform", "naive", "selective", "careful", "careful - naive (95 %)", "selective - naive (95 %)", "careful - selective (95 %)")
HEADS += ("careful ahead of naive", "of selective", "careful gains")
ABOUT = ("platform", "best found", "careful / best", "bound / best")


def gain(desk: mk.AdDesk) -> float:
    """The gain as drawn, without the search for the best play."""
    sales = pd.concat([week.sales for week in desk._played])
    value = sales.loc[sales["kind"].isin(TRUE), "value"].sum()
    return float(value * desk.terms["margin"] - (desk.budget - desk.left))


def apart(of: np.ndarray, than: np.ndarray) -> str:
    """Mean of paired differences with its 95 % interval (Student's t)."""
    each = of - than
    half = stats.t.ppf(0.975, len(each) - 1) * each.std(ddof=1) / np.sqrt(len(each))
    return f"{each.mean():,.0f} ({each.mean() - half:,.0f} to {each.mean() + half:,.0f})"


def rows(platform: str, seeds: int, debriefed: int, budget: float, bar: Any) -> tuple[str, str]:
    gains, facts = [], []
    for seed in range(seeds):
        desks = [mk.AdDesk(platform, budget=budget, seed=seed).play(player) for player in PLAYERS]
        gains.append([gain(desk) for desk in desks])
        if seed < debriefed:
            play = desks[-1].result()
            facts.append([play.facts[k] for k in ("expected", "best", "bound")])
        bar.update()
    naive, selective, careful = np.array(gains).T
    mine, best, bound = np.array(facts).sum(axis=0)
    cells = [f"{x.mean():,.0f}" for x in (naive, selective, careful)]
    cells += [apart(careful, naive), apart(selective, naive), apart(careful, selective)]
    cells += [f"{(careful > x).sum()} of {seeds}" for x in (naive, selective, np.zeros(seeds))]
    about = [f"{best / len(facts):,.0f}", f"{mine / best:.0%}", f"{bound / best:.2f}"]
    return f"| {platform} | " + " | ".join(cells) + " |", f"| {platform} | " + " | ".join(about) + " |"


def again(platform: str, seeds: int, draws: int, budget: float) -> str:
    """The careful player's moves drawn again with other luck, against the mean path that `expected` is of the same moves."""
    means, paths, errors = [], [], []
    for seed in range(seeds):
        desk = mk.AdDesk(platform, budget=budget, seed=seed).play("careful")
        weeks, luck = moves_of(desk._world, desk._chosen), np.random.default_rng(seed)
        paths.append(run(desk._world, weeks, budget).gain(desk._world).sum())
        drawn = [
            redrawn(replace(desk._world, luck=np.clip(luck.random(desk._world.luck.shape), 1e-12, 1 - 1e-12)), weeks) for _ in range(draws)
        ]
        means.append(np.mean(drawn))
        errors.append(np.std(drawn, ddof=1) / np.sqrt(draws))
    apart_by = (np.array(means) - paths) / budget
    worst = int(np.abs(apart_by).argmax())
    mean, error = apart_by.mean(), np.sqrt(np.square(errors).sum()) / seeds / budget
    return f"| {platform} | {mean:+.1%} (error {error:.1%}) | {apart_by[worst]:+.1%} (error {errors[worst] / budget:.1%}) |"


def redrawn(world: World, weeks: list[engine.Moves]) -> float:
    state, total = engine.start(world, 1), 0.0
    for number, moves in enumerate(weeks):
        engine.edit(state, moves, world, engine.Switches())
        days = [engine.day(world, state, moves, number, d, lots=True) for d in range(DAYS)]
        total += sum(float(world.worth * day.extra.sum() - day.spend.sum()) for day in days)
    return total


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--debriefed", type=int, default=10, help="seeds of which the best play and the bound are computed too")
    parser.add_argument("--platform", action="append", choices=list(ad_desk()["desk"]))
    parser.add_argument("--budget", type=float, default=12_000.0)
    parser.add_argument(
        "--again", type=int, default=0, help="only draw the careful moves again, so often, and compare with their mean path"
    )
    given = parser.parse_args()
    presets = given.platform or list(ad_desk()["desk"])
    if given.again:
        print("| platform | drawn again less mean path, of the budget | the worst world |", "|---|---|---|", sep="\n")
        for platform in presets:
            print(again(platform, given.seeds, given.again, given.budget), flush=True)
        return
    bar = progress(total=given.seeds * len(presets))
    found = []
    for platform in presets:
        found.append(rows(platform, given.seeds, given.debriefed, given.budget, bar))
    bar.close()
    for heads, lines in zip((HEADS, ABOUT), zip(*found, strict=True), strict=True):
        print("| " + " | ".join(heads) + " |", "|" + "---|" * len(heads), *lines, "", sep="\n")


if __name__ == "__main__":
    main()
