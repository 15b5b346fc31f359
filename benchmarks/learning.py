"""Quarters that are played: tests chosen by what they are worth, beside tests at random for the same money.

A world with known truth gives a past log; the scorer fits it, a plan is made, and its open questions get tests. Both ways of testing spend
the same; their data are added to the log, the scorer fits again, and each question shows what then looks best. The value of that quarter
is counted at the true rates.

    python benchmarks/learning.py --worlds 30
"""

from __future__ import annotations

import argparse
import itertools
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from mktlib.planning import brief_from_text, plan_campaign
from mktlib.planning.brief import Brief
from mktlib.planning.learning import Question, open_questions, worth_learning
from mktlib.results import CELL
from mktlib.scoring import ContentScorer

BRIEF = """
first_day = 2026-10-05
last_day = 2026-11-15
budget = 20000
test_share = 0.1
[objective]
value = {interest = 0.5, decision = 1.2}
[team]
days_per_week = 2
[segments.drivers]
size = 150000
consent = {email = 0.3}
[segments.parents]
size = 220000
consent = {email = 0.2}
[stages]
interest = 0.1
decision = 0.2
[channels]
paid_social = {price = 8, quantity = 20000}
organic_social = {price = 0, quantity = 4000, per_week = 1}
email = 0.004
[production]
default = {cost = 200, days = 1.5, most = 4}
"""
LEVELS = {
    "segment": ["drivers", "parents"], "stage": ["interest", "decision"],
    "content_type": ["carousel", "story", "social_image", "promo_email", "newsletter"], "style": ["playful", "expert", "luxury"],
    "length": ["none", "short"], "channel": ["paid_social", "organic_social", "email"],
}  # fmt: skip
Piece = tuple[str, ...]


@dataclass(frozen=True)
class World:
    """Every allowed cell with its true rate, and the log of the past."""

    cells: pd.DataFrame
    rate: np.ndarray
    seen: np.ndarray
    rng: np.random.Generator

    def scorer(self, more: list[tuple[int, float]] | None = None) -> ContentScorer:
        """The scorer of the past log, with further exposures of some cells (row, n) drawn at their true rates."""
        n = self.seen.copy()
        for row, size in more or []:
            n[row] += int(size)
        rng = np.random.default_rng([7, int(self.seen.sum())])  # the past is the same whatever is tested
        count = rng.binomial(self.seen, self.rate)
        extra = [(row, self.rng.binomial(int(size), self.rate[row])) for row, size in more or []]
        for row, clicks in extra:
            count[row] += clicks
        known = n > 0
        return ContentScorer("click_rate", priors="flat").fit(self.cells[known], count[known] / n[known], exposure=n[known])


def world(seed: int, brief: Brief) -> World:
    rng = np.random.default_rng(seed)
    cells = pd.DataFrame(list(itertools.product(*LEVELS.values())), columns=list(CELL))
    cells = cells.merge(brief.cells()[list(CELL)], on=list(CELL)).reset_index(drop=True)
    eta = np.full(len(cells), -4.0) + np.where(cells["channel"] == "email", 1.0, 0.0)
    for axes, sd in [((a,), 0.3) for a in CELL[:4]] + [(p, 0.25) for p in itertools.combinations(CELL[:4], 2)]:
        level = cells.groupby(list(axes)).ngroup().to_numpy()
        eta += rng.normal(0, sd, level.max() + 1)[level]
    eta += rng.normal(0, 0.3, len(cells))
    seen = np.where(rng.random(len(cells)) < 0.4, rng.lognormal(6.2, 1.0, len(cells)), 0).astype(int)
    return World(cells, expit(eta), seen, rng)


def at_random(asked: list[Question], budget: float, rng: np.random.Generator) -> list[tuple[Question, np.ndarray, float]]:
    """Tests of any question, any two to four of its contents and any size, until the same money is spent."""
    out: list[tuple[Question, np.ndarray, float]] = []
    for question in (asked[int(k)] for k in rng.permutation(len(asked))):
        pool = np.flatnonzero(question.making == 0)  # what the plan makes anyway, so that the money buys data
        pool = pool if len(pool) > 1 else np.arange(len(question.ideas))
        some = np.sort(rng.choice(pool, int(rng.integers(2, min(4, len(pool)) + 1)), replace=False))
        sizes = question.sizes(some)
        if not sizes:
            continue
        n = float(sizes[int(rng.integers(len(sizes)))][0])
        each, fixed = float(question.costs[some].sum()), float(question.making[some].sum())
        n = min(n, np.floor((budget - fixed) / each)) if each > 0 else n
        if n < 1 or fixed > budget:
            continue
        out.append((question, some, n))
        budget -= n * each + fixed
    return out


def play(seed: int, brief: Brief) -> dict[str, float]:
    """One world: the value of the next quarter without tests, with tests at random, with tests by worth, and if all were known."""
    truth = world(seed, brief)
    scores = truth.scorer().score_cells(truth.cells)
    plan = plan_campaign(scores, brief, keep=60, work=0.1)
    found = worth_learning(scores, brief, plan)
    asked = open_questions(scores, brief, plan)
    where = {tuple(c): k for k, c in enumerate(truth.cells[list(CELL)].to_numpy())}

    def rows(question: Question, some: np.ndarray) -> list[int]:
        return [where[tuple(c)] for c in question.ideas.iloc[some][list(CELL)].to_numpy()]

    def value(rates: np.ndarray) -> float:
        total = 0.0
        for question in asked:
            mine = rows(question, np.arange(len(question.ideas)))
            best = np.argsort(-rates[mine], kind="stable")[: question.shown]
            total += question.horizon * float(truth.rate[np.array(mine)[best]].sum())
        return total

    picked = found.tests[found.tests["question"].isin(found.table.loc[found.table["chosen"].astype(bool), "question"])]
    by_worth = [(where[tuple(c[:-1])], float(c[-1])) for c in picked[[*CELL, "sample_size"]].to_numpy()]
    lots = at_random(asked, float(found.facts["spend"]), np.random.default_rng([seed, 1]))
    by_chance = [(row, n) for question, some, n in lots for row in rows(question, some)]
    now, after, chance = (truth.scorer(t).predict(truth.cells) for t in ([], by_worth, by_chance))
    none = value(now)
    return {
        "none": none, "worth": value(after), "random": value(chance), "known": value(truth.rate), "told": float(found.facts["worth"]),
        "spend": float(found.facts["spend"]), "tests": float(found.facts["chosen"]), "tests_random": float(len(lots)),
    }  # fmt: skip


def played(worlds: int, first: int = 0) -> pd.DataFrame:
    brief = brief_from_text(BRIEF)
    return pd.DataFrame([play(seed, brief) for seed in range(first, first + worlds)])


def table(found: pd.DataFrame) -> str:
    """The mean of each way as a markdown table, with its standard error; gains are paired, world by world."""
    gains = {"by worth": found["worth"] - found["none"], "at random": found["random"] - found["none"]}
    gains |= {"by worth - at random": found["worth"] - found["random"], "all known": found["known"] - found["none"]}
    lines = ["| tests | spend | tests run | value of the next quarter more than without tests | standard error |", "|---|---|---|---|---|"]
    runs = {"by worth": "tests", "at random": "tests_random"}
    for name, gain in gains.items():
        run = f"{found[runs[name]].mean():.1f}" if name in runs else ""
        spend = f"{found['spend'].mean():.0f}" if name in runs else ""
        lines.append(f"| {name} | {spend} | {run} | {gain.mean():.0f} | {gain.std(ddof=1) / np.sqrt(len(gain)):.0f} |")
    told = f"Told beforehand (sum of `worth`): {found['told'].mean():.0f}; value without tests: {found['none'].mean():.0f}"
    told += f"; worlds: {len(found)}."
    return "\n".join([*lines, "", told])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=30)
    print(table(played(parser.parse_args().worlds)))
