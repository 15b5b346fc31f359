"""Weeks of sales by area, with everything that makes a geo test hard and a lift that is known.

Seasons that differ by area (a beach, a ski resort), growth of an area's own, weather that lasts, shocks that all share, odd weeks, and a
campaign that a coin gave to one area of each pair.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mktlib.simulate.world import World

NAMES = (
    "Lyon", "Marseille", "Toulouse", "Nice", "Nantes", "Montpellier", "Strasbourg", "Bordeaux", "Lille", "Rennes", "Reims", "Toulon",
    "Grenoble", "Dijon", "Angers", "Nîmes", "Brest", "Tours", "Amiens", "Limoges", "Annecy", "Perpignan", "Metz", "Caen",
)  # fmt: skip
FIRST, WEEKS = pd.Timestamp("2023-09-04"), 160
BEGINS, LASTS, LATE = 148, 8, 2
LIFT, LIFT_LATE = 0.09, 0.03
SPEND, MARGIN = 900.0, 38.0
"""Money of the campaign in a treated area and week; what a sale leaves."""
VISITS = 11.0


@dataclass(frozen=True, kw_only=True)
class Weather:
    """How hard a world is: noise (sd of an area's week, log), lasting (autocorrelation), own_season and growth (sd between areas), shared
    (sd of shocks that all have), tails (degrees of freedom of the noise; 0: normal)."""

    noise: float = 0.06
    lasting: float = 0.4
    own_season: float = 0.08
    growth: float = 0.05
    shared: float = 0.05
    tails: float = 0.0


def rates(rng: np.random.Generator, areas: int, weeks: int, weather: Weather) -> np.ndarray:
    """(areas, weeks): expected sales without any campaign."""
    t = np.arange(weeks)
    size = np.exp(rng.normal(np.log(400), 0.6, areas))
    wave = lambda phase: np.cos(2 * np.pi * (t - phase) / 52)  # noqa: E731
    season = 0.18 * wave(26) + 0.25 * np.exp(-0.5 * ((t % 52 - 15.5) / 1.5) ** 2)  # summer, and the weeks before Christmas
    own = rng.normal(0, weather.own_season, (areas, 2)) @ np.vstack([wave(26), wave(13)])
    growth = rng.normal(0.03, weather.growth, (areas, 1)) * t / 52
    shock = rng.normal(0, weather.shared, weeks)
    luck = rng.standard_t(weather.tails, (areas, weeks + 20)) if weather.tails else rng.normal(size=(areas, weeks + 20))
    noise = np.zeros((areas, weeks + 20))
    for k in range(1, weeks + 20):
        noise[:, k] = weather.lasting * noise[:, k - 1] + np.sqrt(1 - weather.lasting**2) * luck[:, k]
    return np.asarray(size[:, None] * np.exp(season + shock + own + growth + weather.noise * noise[:, 20:]))


def geo_weeks(world: World) -> pd.DataFrame:
    """One row an area and week: sales, visits, spend of the campaign, the pair and the arm that the coin gave."""
    rng = np.random.default_rng([world.seed, 71])
    expected = rates(rng, len(NAMES), WEEKS, Weather())
    order = np.argsort(-expected[:, :BEGINS].mean(axis=1), kind="stable")  # neighbours in size are a pair
    pair, side = np.empty(len(NAMES), int), np.empty(len(NAMES), int)
    pair[order] = np.arange(len(NAMES)) // 2 + 1
    coin = rng.integers(0, 2, len(NAMES) // 2)
    side[order] = (np.arange(len(NAMES)) % 2 == np.repeat(coin, 2)).astype(int)
    t = np.arange(WEEKS)
    on, late = (t >= BEGINS) & (t < BEGINS + LASTS), (t >= BEGINS + LASTS) & (t < BEGINS + LASTS + LATE)
    lifted = expected * (1 + side[:, None] * (LIFT * on + LIFT_LATE * late))
    sales = rng.poisson(lifted)
    rows = pd.DataFrame(
        {"area": np.repeat(NAMES, WEEKS), "week": np.tile((FIRST + pd.to_timedelta(7 * t, unit="D")).strftime("%Y-%m-%d"), len(NAMES))}
    )
    rows["pair"] = np.repeat(pair, WEEKS)
    rows["arm"] = np.repeat(np.where(side == 1, "treated", "held_out"), WEEKS)
    rows["visits"] = rng.poisson(VISITS * lifted).ravel()
    rows["sales"] = sales.ravel()
    rows["spend"] = np.where(side[:, None] * on[None, :] == 1, SPEND, 0.0).ravel()
    return rows


def planted() -> dict[str, Any]:
    """What is true of the sample."""
    day = lambda week: str((FIRST + pd.Timedelta(days=7 * week)).date())  # noqa: E731
    truth = {
        "lift": LIFT,
        "late_lift": LIFT_LATE,
        "start": day(BEGINS),
        "end": str((FIRST + pd.Timedelta(days=7 * (BEGINS + LASTS) - 1)).date()),
    }
    return {"geo_weeks": truth | {"cooldown_weeks": LATE, "margin": MARGIN, "assigned": "a coin in each pair of areas alike in size"}}
