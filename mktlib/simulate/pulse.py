"""The drive-in's year on social networks: posts that wear people out, an hour that is better, posts that bring followers, posts that age.

Each of them is planted on some networks and absent on others, so that an analysis shows both that it finds and that it does not invent.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import norm

from mktlib.simulate.world import FIRST, LAST, World

ZONE = "Europe/Paris"
STARTS = {"facebook": 9_000, "instagram": 12_000, "tiktok": 5_000}
RATE = {"facebook": -3.6, "instagram": -3.1, "tiktok": -2.9}
RHYTHMS = {
    "facebook": (3, 6, 9, 12, 5, 10, 4, 13, 7, 11, 8, 14, 6),
    "instagram": (4, 12, 7, 3, 14, 9, 5, 11, 13, 6, 10, 8, 4),
    "tiktok": (3,) * 13,
}
"""Posts a week, month by month of four weeks."""
WEARS_AT, WEAR = 7, 0.09
"""Instagram: posts in seven days up to which nothing is lost, and the log reach that each further one costs."""
EVENING, BETTER = 19, 0.45
"""Facebook: the local hour at which engagement is highest, and how much higher its logit is than half a day away, halved."""
BRINGS = {"facebook": 0.0, "instagram": 5.0, "tiktok": 12.0}
"""Followers that a post brings on average."""
STAYS = 0.5
"""Each day brings so much of what the day before brought."""
HALF_LIVES = {"facebook": 1.8, "instagram": 19.0, "linkedin": 24.0, "tiktok": 40.0}
LIVES = {"social_image": -0.2, "short_video": 0.2}
"""Log half-life of a format about its network's."""
KINDS = ("short_video", "story", "ugc", "social_image")
AGES = np.concatenate([np.arange(1, 25), np.arange(30, 169, 6)])


def _moments(rng: np.random.Generator, network: str) -> pd.DatetimeIndex:
    """Local moments of posts, more by day than by night."""
    out = []
    for week in range(52):
        count = rng.poisson(RHYTHMS[network][week // 4])
        day, hour = rng.integers(0, 7, count), np.clip(rng.normal(14.5, 3.6, count), 7, 22.9)
        out.append(7 * 24 * week + 24 * day + hour)
    hours = np.sort(np.concatenate(out))
    return pd.DatetimeIndex(FIRST + pd.to_timedelta(np.round(hours * 60), unit="min")).tz_localize(
        ZONE, ambiguous=np.ones(len(hours), bool), nonexistent="shift_forward"
    )


def posts_busy(world: World) -> pd.DataFrame:
    """One row a post of the drive-in: its reach wears on instagram, its hour matters on facebook."""
    return _posts(world)[0]


def _posts(world: World) -> tuple[pd.DataFrame, np.ndarray]:
    """(the posts, the followers that each brings)."""
    rng = np.random.default_rng([world.seed, 41])
    frames, brings = [], []
    for network, start in STARTS.items():
        at = _moments(rng, network)
        day = (at.tz_convert("UTC").tz_localize(None) - FIRST) / pd.Timedelta(days=1)
        rhythm = np.searchsorted(day, day + 1e-9) - np.searchsorted(day, day - 7 + 1e-9)
        lost = WEAR * np.maximum(rhythm - WEARS_AT, 0) if network == "instagram" else 0.0
        season = 0.3 * np.sin(2 * np.pi * day / 365) + 0.3 * day / 365
        reach = rng.lognormal(np.log(0.22 * start) + season - lost, 0.45).astype(int)
        hour = at.hour + at.minute / 60
        better = BETTER * np.cos(2 * np.pi * (hour - EVENING) / 24) if network == "facebook" else 0.0
        engagements = rng.binomial(reach, expit(RATE[network] + better + rng.normal(0, 0.35, len(at))))
        frames.append(
            pd.DataFrame(
                {
                    "at": at.tz_convert("UTC").strftime("%Y-%m-%dT%H:%M:00Z"),
                    "network": network,
                    "channel": "organic_social",
                    "content_type": rng.choice(KINDS, len(at)),
                    "impressions": (reach * rng.uniform(1.15, 1.4, len(at))).astype(int),
                    "reach": reach,
                    "engagements": engagements,
                }
            )
        )
        brings.append(rng.gamma(1.2, BRINGS[network] / 1.2, len(at)) if BRINGS[network] else np.zeros(len(at)))
    made, brought = pd.concat(frames, ignore_index=True), np.concatenate(brings)
    made["followers_gained"] = rng.poisson(0.5 * brought + 0.02 * made["engagements"].to_numpy() * (brought == 0))
    made.insert(0, "post_id", [f"B{k:04d}" for k in range(1, len(made) + 1)])
    return made, brought


def followers_busy(world: World) -> pd.DataFrame:
    """One row a network and day of the drive-in: what comes anyway, and what posts bring on the days after them."""
    rng = np.random.default_rng([world.seed, 42])
    made, brought = _posts(world)
    days = pd.date_range(FIRST, LAST)
    posted = (pd.to_datetime(made["at"]).dt.tz_localize(None) - FIRST) / pd.Timedelta(days=1)
    out = []
    for network, start in STARTS.items():
        mine = (made["network"] == network).to_numpy()
        came = np.zeros(len(days) + 32)
        for at, size in zip(posted[mine], brought[mine], strict=True):
            lags = np.arange(30)
            share = (1 - STAYS) * STAYS**lags * size
            came[int(at) + lags] += share * (1 - at % 1)
            came[int(at) + 1 + lags] += share * (at % 1)
        week = 1 + 0.12 * np.sin(2 * np.pi * days.day_of_week.to_numpy() / 7)
        anyway = start * 0.0016 * week * np.exp(np.cumsum(rng.normal(0, 0.008, len(days))))
        expected = anyway + came[: len(days)]
        gained = rng.poisson(rng.gamma(expected / 0.5, 0.5))
        lost = rng.poisson(start * 0.0011, len(days))
        frame = {"date": days.strftime("%Y-%m-%d"), "network": network, "followers": start + np.cumsum(gained - lost)}
        out.append(pd.DataFrame({**frame, "followers_gained": gained, "followers_lost": lost}))
    return pd.concat(out, ignore_index=True)


def post_hours(world: World, size: int = 22) -> pd.DataFrame:
    """One row a post and age (hourly for a day, then every six hours): what came in that time; some posts are still young."""
    rng = np.random.default_rng([world.seed, 43])
    rows = []
    for network, half in HALF_LIVES.items():
        for k in range(size):
            kind = list(LIVES)[k % 2]
            mine = np.log(half) + LIVES[kind] + rng.normal(0, 0.35)
            ages = AGES[rng.choice([12, 36, 168], p=[0.15, 0.2, 0.65]) >= AGES]
            came = norm.cdf(0.8 * (np.log(np.concatenate([[1e-9], ages])) - mine))
            expected = rng.lognormal(6.0, 0.6) * np.diff(came)
            counts = rng.poisson(expected * rng.gamma(4, 0.25, len(ages)))
            name = f"{network[:2].upper()}{k + 1:02d}"
            rows.append(pd.DataFrame({"post_id": name, "network": network, "content_type": kind, "age_hours": ages, "engagements": counts}))
    return pd.concat(rows, ignore_index=True)


def planted(world: World) -> dict[str, Any]:
    """What is true of the drive-in's year."""
    made, brought = _posts(world)
    by_network = pd.Series(brought).groupby(made["network"].to_numpy()).sum()
    return {
        "half_life": {"hours": HALF_LIVES, "formats_log": LIVES},
        "wear": {"network": "instagram", "wears_at": WEARS_AT, "loss": round(1 - float(np.exp(-WEAR)), 4), "none": ["facebook", "tiktok"]},
        "best_hour": {"network": "facebook", "hour": EVENING, "zone": ZONE, "none": ["instagram", "tiktok"]},
        "posts_bring": {
            "brought": {n: round(float(x), 1) for n, x in by_network.items()},
            "each": {p: round(float(x), 2) for p, x in zip(made["post_id"], brought, strict=True) if x},
        },
    }
