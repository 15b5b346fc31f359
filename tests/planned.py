"""Small briefs, scores and cells to be planned."""

from __future__ import annotations

import itertools
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mktlib.planning import CampaignPlan, plan_campaign, read_brief
from mktlib.planning.brief import Brief
from mktlib.results import CELL, Scores
from mktlib.vocabulary import load_tables

BRIEFS = Path(__file__).resolve().parents[1] / "data" / "samples" / "briefs"
SMALL = """
first_day = 2026-10-05
last_day = 2026-10-18
budget = 900
test_share = 0
[objective]
value = 2.0
[segments]
parents = {size = 20000, consent = {email = 0.1}, cap_per_week = 1, cap_per_month = 2}
[channels]
paid_social = {price = 10, quantity = 6000, per_week = 2}
[production]
default = {cost = 100, days = 3, most = 2}
"""


def scores_of(
    cells: pd.DataFrame, *, seed: int = 0, rate: float = 0.02, verdicts: tuple[str, ...] = ("make", "test", "too_early")
) -> Scores:
    rng = np.random.default_rng(seed)
    sd = rng.uniform(0.1, 0.5, len(cells))
    mu = np.log(rate) + rng.normal(0, 0.5, len(cells))
    table = cells.assign(
        rate=1 / (1 + np.exp(-mu)), low=1 / (1 + np.exp(-mu + 1.645 * sd)), high=1 / (1 + np.exp(-mu - 1.645 * sd)), index=100.0,
        p_best=0.1, exposure=1000.0, opinion=0.5, verdict=rng.choice(verdicts, len(cells)),
    )  # fmt: skip
    return Scores(table=table, by=CELL, within=("segment", "stage"), metric="click_rate", level=0.9)


def cells_of(**levels: list[str]) -> pd.DataFrame:
    whole = {
        "segment": ["parents"],
        "stage": ["decision"],
        "content_type": ["carousel"],
        "style": ["playful"],
        "length": ["none"],
        "channel": ["paid_social"],
    }
    table = pd.DataFrame(list(itertools.product(*{**whole, **levels}.values())), columns=list(CELL))
    written = table["content_type"].isin(["promo_email", "sms"])
    return table.assign(length=table["length"].where(~written, "short"))


def random_brief(seed: int) -> str:
    rng = np.random.default_rng(seed)
    shares = "awareness = 0.1\ninterest = 0.1\ndecision = 0.2" if seed % 2 else "awareness = 0.0\ninterest = 0.0\ndecision = 0.0"
    return f"""
first_day = 2026-10-05
last_day = 2026-11-{int(rng.integers(5, 25)):02d}
budget = {rng.uniform(3000, 15000):.2f}
test_share = {rng.choice([0.0, 0.1, 0.2])}
[objective]
value = {{awareness = 0.5, interest = 0.8, decision = {rng.uniform(1, 2):.2f}}}
[team]
days_per_week = {rng.uniform(2, 8):.2f}
[stages]
{shares}
[segments]
parents = {{size = 40000, consent = {{email = 0.1}}, cap_per_week = 1, cap_per_month = 3}}
drivers = {{size = 25000, consent = {{email = 0.2, sms = 0.1}}}}
[channels]
paid_social = {{price = 8, quantity = 6000, maximum = {rng.uniform(2000, 9000):.0f}}}
display = {{price = 3, quantity = 9000, minimum = 200}}
organic_social = {{price = 0, quantity = 1500, per_week = 1}}
email = 0.004
sms = 0.06
[production]
default = {{cost = {rng.uniform(50, 400):.2f}, days = 2, most = 2}}
"""


@cache
def scored_sunglasses() -> tuple[Scores, Brief]:
    """The sample brief of sunglasses, with scores around the base rate of each channel."""
    brief = read_brief(BRIEFS / "sunglasses.toml")
    cells = brief.cells()
    tables = load_tables()
    scores = scores_of(cells, seed=3)
    base = np.array([tables.base_rate("click_rate", c)[0] for c in cells["channel"]]) / 0.02
    for column in ("rate", "low", "high"):
        scores.table[column] *= base
    return scores, brief


@cache
def planned_sunglasses() -> CampaignPlan:
    return plan_campaign(*scored_sunglasses())


@pytest.fixture
def sunglasses() -> tuple[Scores, Brief]:
    return scored_sunglasses()


@pytest.fixture
def plan() -> CampaignPlan:
    return planned_sunglasses()
