"""Two small firms beside the sunglasses: the same columns, far fewer rows, and the opposite manner wins.

A law firm is won by formal content, a drive-in restaurant by playful content; whoever carries the lessons of one brand over to another
without looking is wrong, and these two logs show it.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from mktlib.simulate.world import COST, FIRST, ITEM_SD, World
from mktlib.vocabulary import load_tables

PIECES, DAYS = 120, 330
LENGTHS = {"how_to_guide": "long", "blog_post": "medium", "case_study": "medium", "newsletter": "short", "short_video": "short"}
LENGTHS |= {"promo_email": "snack"}
NETWORKS = {"email": "newsletter", "organic_social": "facebook"}
OBJECTIVES = {"decision": "sales", "consideration": "leads"}


@dataclass(frozen=True, kw_only=True)
class Firm:
    """What is true of a small firm: `effects` on the log-odds of a click by style; rates are fractions, `basket` is in EUR."""

    brand: str
    prefix: str
    stream: int
    levels: Mapping[str, Sequence[str]]
    effects: Mapping[str, float]
    base: float
    lead: float
    sale: float
    basket: float

    @property
    def winner(self) -> str:
        return max(self.effects, key=self.effects.__getitem__)


LAW = Firm(
    brand="Cabinet Morel & Associés",
    prefix="LAW",
    stream=11,
    levels={
        "segment": ("individuals", "small_business"),
        "stage": ("interest", "consideration"),
        "content_type": ("blog_post", "how_to_guide", "case_study", "newsletter"),
        "style": ("legal_formal", "expert", "conversational", "playful"),
        "channel": ("organic_search", "email"),
    },
    effects={"legal_formal": 0.55, "expert": 0.2, "conversational": -0.2, "playful": -0.7},
    base=0.02,
    lead=0.12,
    sale=0.03,
    basket=400.0,
)
DRIVE_IN = Firm(
    brand="Le Volant, restaurant au volant (drive-in)",
    prefix="DRI",
    stream=12,
    levels={
        "segment": ("families_nearby", "night_owls"),
        "stage": ("awareness", "decision"),
        "content_type": ("short_video", "story", "social_image", "promo_email"),
        "style": ("playful", "promotional", "educational", "legal_formal"),
        "channel": ("organic_social", "email"),
    },
    effects={"playful": 0.6, "promotional": 0.15, "educational": -0.25, "legal_formal": -0.8},
    base=0.02,
    lead=0.02,
    sale=0.09,
    basket=24.0,
)


def firm_log(world: World, firm: Firm) -> pd.DataFrame:
    """Eleven months of a small firm in the columns of the content log, one row a piece."""
    rng = np.random.default_rng([world.seed, firm.stream])
    tables = load_tables()
    every = [dict(zip(firm.levels, c, strict=True)) for c in itertools.product(*firm.levels.values())]
    possible = [c | {"length": LENGTHS.get(c["content_type"], "none")} for c in every]
    possible = [c for c in possible if tables.allows(c)]
    rows = pd.DataFrame([possible[int(k)] for k in rng.integers(len(possible), size=PIECES)])
    rows["content_id"] = [f"{firm.prefix}-{i:03d}" for i in range(1, PIECES + 1)]
    day = FIRST + pd.to_timedelta(rng.integers(0, DAYS, PIECES), unit="D")
    chances = rng.lognormal(7.6, 0.5, PIECES).astype(int)
    eta = logit(firm.base) + rows["style"].map(firm.effects).to_numpy() + ITEM_SD * rng.standard_normal(PIECES)
    clicks = rng.binomial(chances, expit(eta))
    conversions = rng.binomial(clicks, firm.sale)
    mail = rows["channel"].eq("email").to_numpy()
    log = rows.assign(
        date=day.strftime("%Y-%m-%d"),
        brand=firm.brand,
        network=[NETWORKS.get(c, "") for c in rows["channel"]],
        placement=np.where(rows["channel"].eq("organic_social"), "feed", ""),
        objective=rows["stage"].map(OBJECTIVES).fillna("traffic"),
        campaign=[f"{firm.prefix.lower()}-{d:%Y-%m}" for d in day],
        **_funnel(rng, chances, clicks, mail),
        leads=rng.binomial(clicks - conversions, firm.lead),
        conversions=conversions,
        revenue=np.round(conversions * firm.basket, 2),
        margin=np.round(conversions * firm.basket * 0.45, 2),
        spend=np.round(chances * rows["channel"].map(COST).to_numpy() / 1000, 2),
        currency="EUR",
    )
    return log[list(COLUMNS)].sort_values(["date", "content_id"], kind="stable").reset_index(drop=True)


def _funnel(rng: np.random.Generator, chances: np.ndarray, clicks: np.ndarray, mail: np.ndarray) -> dict[str, Any]:
    """The counts that depend on the channel: blank where the channel has no such thing."""

    def counts(values: np.ndarray, where: np.ndarray) -> pd.Series:
        return pd.Series(values).astype("Int64").where(where)

    return {
        "impressions": counts(chances, ~mail),
        "reach": counts((chances * 0.8).astype(int), ~mail),
        "delivered": counts(chances, mail),
        "opens": counts(np.maximum(rng.binomial(chances, 0.27), clicks), mail),
        "clicks": clicks,
        "engagements": counts(clicks + rng.binomial(chances - clicks, 0.02), ~mail),
        "unsubscribes": counts(rng.binomial(chances, 0.002), mail),
    }


COLUMNS = (
    *("date", "brand", "network", "channel", "placement", "objective", "campaign", "content_id", "content_type", "style", "length"),
    *("segment", "stage", "impressions", "reach", "delivered", "opens", "clicks", "engagements", "leads", "conversions", "unsubscribes"),
    *("revenue", "margin", "spend", "currency"),
)
"""The columns of a canonical log, in their order."""


def truth() -> dict[str, Any]:
    """Which manner wins for whom, and the effects on the log-odds of a click."""
    firms = {"law_firm": LAW, "drive_in": DRIVE_IN}
    return {name: {"style": firm.winner, "effects": dict(firm.effects)} for name, firm in firms.items()}
