"""Four quarters in worlds of known truth: does what a campaign taught make the next one better?

Each quarter a plan is made from scores, run at the true rates (each piece with luck of its own), and its results go back to the scorer by
`learn_from`, up to the last day of the quarter. Beside it: the scores of the start for ever ("frozen"), and plans from raw rates, a count
over an exposure taken at its word (a channel's mean where nothing was shown), that learn too ("raw"). Regret is the value of the best plan
known (that of the true rates, or any that was made and did better: no search is perfect) less that of the plan made, both counted at the
true rates. How much of a promise came (winner's curse: less, where what looks best is taken at its word) is printed beside it.

    python benchmarks/quarters.py --worlds 20
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from tqdm import tqdm

from mktlib.measurement import learn_from
from mktlib.planning import brief_from_text, plan_campaign
from mktlib.planning.brief import Brief
from mktlib.results import CELL, Plan, Scores
from mktlib.scoring import ContentScorer

BRIEF = """
first_day = 2026-10-05
last_day = 2026-11-15
budget = 9000
test_share = {share}
[objective]
value = {{interest = 0.5, decision = 1.2}}
[team]
days_per_week = 2
[segments.drivers]
size = 150000
consent = {{email = 0.3}}
[segments.parents]
size = 220000
consent = {{email = 0.2}}
[channels]
paid_social = {{price = 8, quantity = 20000}}
organic_social = {{price = 0, quantity = 4000, per_week = 1}}
email = 0.004
[production]
default = {{cost = 200, days = 1.5, most = 4}}
"""
LEVELS = {
    "segment": ["drivers", "parents"], "stage": ["interest", "decision"],
    "content_type": ["carousel", "story", "social_image", "promo_email", "newsletter"], "style": ["playful", "expert", "luxury"],
    "length": ["none", "short"], "channel": ["paid_social", "organic_social", "email"],
}  # fmt: skip
QUARTERS, ITEM_SD = 4, 0.12
ARMS = ("learning", "frozen", "raw")
FIRST = pd.Timestamp("2026-10-05")


@dataclass(frozen=True)
class World:
    """Every allowed cell with its true rate, and the log of the past."""

    cells: pd.DataFrame
    rate: np.ndarray
    log: pd.DataFrame

    @property
    def numbers(self) -> dict[tuple[str, ...], int]:
        return {tuple(c): k for k, c in enumerate(self.cells[list(CELL)].to_numpy())}


def world(seed: int, brief: Brief) -> World:
    """Effects of levels, pairs and cells; a quarter of the cells were shown before, most of them a little."""
    rng = np.random.default_rng([seed, 8])
    cells = pd.DataFrame(list(itertools.product(*LEVELS.values())), columns=list(CELL))
    cells = cells.merge(brief.cells()[list(CELL)], on=list(CELL)).reset_index(drop=True)
    eta = np.full(len(cells), -4.0) + np.where(cells["channel"] == "email", 1.0, 0.0)
    for axes, sd in [((a,), 0.3) for a in CELL[:4]] + [(p, 0.25) for p in itertools.combinations(CELL[:4], 2)]:
        level = cells.groupby(list(axes)).ngroup().to_numpy()
        eta += rng.normal(0, sd, level.max() + 1)[level]
    eta += rng.normal(0, 0.3, len(cells))
    seen = np.where(rng.random(len(cells)) < 0.25, rng.lognormal(5.8, 1.0, len(cells)), 0).astype(int)
    count = rng.binomial(seen, expit(eta))
    log = _log(cells.assign(content_id=[f"old-{k}" for k in range(len(cells))]), seen, count, FIRST - pd.Timedelta(days=7))
    return World(cells, expit(eta), log[seen > 0].reset_index(drop=True))


def _log(cells: pd.DataFrame, exposure: np.ndarray, count: np.ndarray, day: pd.Timestamp) -> pd.DataFrame:
    mail = (cells["channel"] == "email").to_numpy()
    out = cells[[*CELL, "content_id"]].assign(date=day, clicks=count.astype(float))
    return out.assign(impressions=np.where(mail, np.nan, exposure), delivered=np.where(mail, exposure, np.nan))


def scored(truth: World, known: ContentScorer, rate: np.ndarray | None = None) -> Scores:
    """The scores that a plan is made from; with other rates where they are given, each as sure as it says."""
    scores = known.score_cells(truth.cells)
    if rate is None:
        return scores
    at = [truth.numbers[tuple(c)] for c in scores.table[list(CELL)].to_numpy()]
    return dataclasses.replace(scores, table=scores.table.assign(rate=rate[at], low=rate[at], high=rate[at], verdict="test", opinion=0.0))


def raw_rates(truth: World, log: pd.DataFrame) -> np.ndarray:
    """Count over exposure of every cell that was shown, and its channel's for the others."""
    sums = log.assign(n=log["impressions"].fillna(log["delivered"])).groupby(list(CELL))[["clicks", "n"]].sum()
    out = np.full(len(truth.cells), np.nan)
    for key, y, n in zip(sums.index, sums["clicks"], sums["n"], strict=True):
        out[truth.numbers[tuple(key)]] = y / n
    means = sums.groupby("channel").sum()
    return np.where(
        np.isnan(out), truth.cells["channel"].map(means["clicks"] / means["n"]).fillna(means["clicks"].sum() / means["n"].sum()), out
    )


def placements(truth: World, plan: Plan) -> pd.DataFrame:
    """The placements of a plan with their true rate and what an event is worth."""
    rows = plan.schedule[plan.schedule["exposure"] > 0].merge(plan.items[["item", "content_type", "style", "length"]], on="item")
    true = truth.rate[[truth.numbers[tuple(c)] for c in rows[list(CELL)].to_numpy()]]
    return rows.assign(true=true, event_value=rows["value"] / (rows["exposure"] * rows["rate"]).replace(0, np.nan)).fillna(
        {"event_value": 0}
    )


def worth(rows: pd.DataFrame) -> float:
    return float((rows["exposure"] * rows["true"] * rows["event_value"]).sum())


def ran(rows: pd.DataFrame, quarter: int, rng: np.random.Generator) -> pd.DataFrame:
    """The results of a quarter: pieces have luck of their own."""
    luck = {item: rng.normal(0, ITEM_SD) for item in sorted(rows["item"].unique())}
    rate = expit(logit(rows["true"]) + rows["item"].map(luck))
    count = rng.binomial(rows["exposure"].round().astype(int), rate)
    day = FIRST + pd.Timedelta(days=91 * quarter)
    named = rows.assign(content_id=f"Q{quarter}-" + rows["item"])
    return _log(named, rows["exposure"].round().to_numpy(), count, day).assign(item=named["content_id"])


def play(seed: int, brief: Brief, work: float) -> list[dict[str, Any]]:
    """One world: a row an arm and quarter, with the regret and how much of the promise came."""
    truth = world(seed, brief)
    first = ContentScorer("click_rate", priors="flat").fit(truth.log)

    def plan(scores: Scores) -> Plan:
        return plan_campaign(scores, brief, keep=60, work=work)

    best = worth(placements(truth, plan_campaign(scored(truth, first, truth.rate), brief, keep=120, work=4 * work)))
    out: list[dict[str, Any]] = []
    for arm in ARMS:
        rng, known, log = np.random.default_rng([seed, 9]), first, truth.log
        rows = pd.DataFrame()
        for quarter in range(QUARTERS):
            if arm != "frozen" or not quarter:  # scores that do not learn make the same plan again
                rows = placements(truth, plan(scored(truth, known, raw_rates(truth, log) if arm == "raw" else None)))
            out.append(
                {"world": seed, "arm": arm, "quarter": quarter + 1, "value": worth(rows), "came": worth(rows) / float(rows["value"].sum())}
            )
            came = ran(rows, quarter, rng)
            if arm == "learning" and quarter + 1 < QUARTERS:
                known = learn_from(known, log, came, as_of=FIRST + pd.Timedelta(days=91 * quarter)).scorer
            log = pd.concat([log, came], ignore_index=True)
    best = max(best, *(row["value"] for row in out))
    return [row | {"best": best, "regret": best - row["value"]} for row in out]


def played(worlds: int, *, work: float = 0.05, share: float = 0.1, first: int = 0) -> pd.DataFrame:
    logging.getLogger("mktlib").setLevel(logging.ERROR)
    brief = brief_from_text(BRIEF.format(share=share))
    return pd.DataFrame([row for seed in tqdm(range(first, first + worlds), leave=False) for row in play(seed, brief, work)])


def wide(found: pd.DataFrame, what: str = "regret") -> pd.DataFrame:
    """(worlds, arms and quarters) of one column."""
    return found.pivot_table(index="world", columns=["arm", "quarter"], values=what)


def table(found: pd.DataFrame) -> str:
    """Mean regret by quarter as a share of the best value, paired differences with their standard errors, and promises that came."""
    share = wide(found) / found.groupby("world")["best"].first().to_numpy()[:, None]

    def said(x: pd.Series) -> str:
        return f"{100 * x.mean():.1f} ± {100 * x.std(ddof=1) / np.sqrt(len(x)):.1f}"

    quarters = range(1, QUARTERS + 1)
    lines = ["| regret, % of the value of the plan of known truth | " + " | ".join(f"quarter {q}" for q in quarters) + " |"]
    lines.append("|---|" + "---|" * QUARTERS)
    lines += [f"| {arm} | " + " | ".join(said(share[arm, q]) for q in quarters) + " |" for arm in ARMS]
    for arm in ARMS[1:]:
        lines.append(f"| {arm} less learning, paired | " + " | ".join(said(share[arm, q] - share["learning", q]) for q in quarters) + " |")
    came = wide(found, "came")
    lines += [f"| {arm}: of what was promised came, % | " + " | ".join(said(came[arm, q]) for q in quarters) + " |" for arm in ARMS]
    return "\n".join([*lines, "", f"Worlds: {share.shape[0]}; mean ± standard error."])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=20)
    print(table(played(parser.parse_args().worlds)))
