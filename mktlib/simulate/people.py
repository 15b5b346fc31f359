"""People around the story: who left an address, who follows, what the brand posted, who came to a shop."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from mktlib.simulate.voices import BUZZ, captions
from mktlib.simulate.world import FIRST, KINDS, LAST, SEGMENTS, SHARES, World

FOLLOWERS = {"instagram": 18_000, "tiktok": 9_000, "facebook": 14_000, "linkedin": 1_200}
QUESTIONS = (
    "Do they block UV?",
    "Do they suit a small face?",
    "Can I return them?",
    "Are they polarised?",
    "Do you ship on Saturday?",
    "Can I put my own lenses in?",
)
HERO = "M0007"
"""The customer whose path can be followed touch by touch."""
BASKET = 92.0
"""What a pair costs (EUR)."""
HERO_ROW: dict[str, str | int | float] = {"joined_at": "2026-05-09", "revenue": BASKET, "consent_email": 1, "consent_date": "2026-05-09"}
HERO_ROW |= {"consent_source": "newsletter form", "last_activity_at": "2026-06-20"}
"""What the followed customer's path says of her row: she leaves her address on 9 May and buys one pair."""
WHY = ("discounts", "inspiration", "gift_ideas", "new_models")
HABITS: dict[str, dict[str, Any]] = {
    "bargain_watchers": {"share": 0.34, "visits": 2.5, "opens": 5.0, "basket": 70, "hour": 13, "price": 4.6, "style": 2.3, "gift": 0.1}
    | {"why": (0.75, 0.1, 0.05, 0.1), "likes": ("newsletter", "carousel")},
    "style_scrollers": {"share": 0.28, "visits": 5.0, "opens": 1.0, "basket": 120, "hour": 22, "price": 2.4, "style": 4.6, "gift": 0.12}
    | {"why": (0.05, 0.7, 0.05, 0.2), "likes": ("short_video", "story")},
    "gift_seekers": {"share": 0.22, "visits": 1.0, "opens": 2.0, "basket": 95, "hour": 18, "price": 3.3, "style": 3.0, "gift": 0.9}
    | {"why": (0.1, 0.1, 0.7, 0.1), "likes": ("blog_post",)},
    "keen_regulars": {"share": 0.16, "visits": 12.0, "opens": 9.0, "basket": 160, "hour": 9, "price": 2.2, "style": 3.9, "gift": 0.25}
    | {"why": (0.05, 0.15, 0.05, 0.75), "likes": ("demo_video",)},
}
"""Four ways of following the brand: share of people, mean visits and e-mails opened in ninety days, money left in baskets, hour of the
day, importance of price and of style (1 to 5), chance of buying as a gift, chances of each of WHY, the formats they like."""
AGES = ("18-24", "25-34", "35-44", "45-54", "55-64")


def _days(rng: np.random.Generator, size: int, first: pd.Timestamp = FIRST, last: pd.Timestamp = LAST) -> pd.Series:
    return pd.Series(first + pd.to_timedelta(rng.integers(0, (last - first).days, size), unit="D"))


def audience(world: World, size: int = 2400) -> pd.DataFrame:
    """One row a person who left an address. `engaged`: liked, shared or answered in the last ninety days of the year."""
    rng = np.random.default_rng([world.seed, 21])
    segment = rng.choice(list(SHARES), size, p=list(SHARES.values()))
    segment[6] = "city_trendsetters"
    liking = pd.Series(segment).map(SEGMENTS).to_numpy() + rng.normal(0, 0.5, size)
    joined = _days(rng, size, FIRST - pd.Timedelta(days=500), LAST)
    orders = rng.poisson(np.exp(-1.6 + 0.5 * liking))
    orders[6] = 1
    email = rng.random(size) < 0.62
    kinds, lengths = ("short_video", "carousel", "newsletter", "blog_post", "story", "demo_video"), ("snack", "short", "medium", "long")
    favourite = {s: rng.dirichlet(np.full(len(kinds), 1.2)) for s in SEGMENTS}
    asked = {s: rng.dirichlet(np.full(len(QUESTIONS), 1.0)) for s in SEGMENTS}
    members = pd.DataFrame(
        {
            "member_id": [f"M{i:04d}" for i in range(1, size + 1)],
            "joined_at": joined.dt.strftime("%Y-%m-%d"),
            "segment": segment,
            "age_band": rng.choice(AGES, size, p=[0.22, 0.3, 0.22, 0.16, 0.1]),
            "country": rng.choice(["FR", "BE", "CH"], size, p=[0.8, 0.13, 0.07]),
            "network": rng.choice(list(FOLLOWERS), size, p=[0.45, 0.25, 0.25, 0.05]),
            "follows": (rng.random(size) < expit(0.2 + 0.4 * liking)).astype(int),
            "engaged": (rng.random(size) < expit(-0.9 + 0.9 * liking)).astype(int),
            "orders": orders,
            "revenue": np.round(orders * rng.normal(92, 14, size).clip(45), 2),
            "preferred_format": [str(rng.choice(kinds, p=favourite[s])) for s in segment],
            "preferred_length": rng.choice(lengths, size, p=[0.3, 0.4, 0.2, 0.1]),
            "question_asked": [str(rng.choice(QUESTIONS, p=asked[s])) if rng.random() < 0.5 else "" for s in segment],
            "consent_email": email.astype(int),
            "consent_sms": (rng.random(size) < 0.15).astype(int),
            "consent_date": np.where(email, joined.dt.strftime("%Y-%m-%d"), ""),
            "consent_source": np.where(email, rng.choice(["checkout", "contest", "newsletter form"], size), ""),
            "last_activity_at": (joined + pd.to_timedelta(rng.integers(0, 300, size), unit="D"))
            .map(lambda day: min(day, LAST))
            .dt.strftime("%Y-%m-%d"),
        }
    )
    for column, value in HERO_ROW.items():
        members.loc[members["member_id"] == HERO, column] = value
    return members


def habit_of(world: World, members: pd.DataFrame) -> np.ndarray:
    """The habit planted in each member (a number into HABITS): likelier the one whose favourite format the member named."""
    rng = np.random.default_rng([world.seed, 28])
    odds = np.tile([h["share"] for h in HABITS.values()], (len(members), 1))
    for j, habit in enumerate(HABITS.values()):
        odds[members["preferred_format"].isin(habit["likes"]).to_numpy(), j] *= 2.0
    odds[:, -1] *= np.where(members["orders"] > 0, 2.0, 0.8)
    up_to = np.cumsum(odds / odds.sum(axis=1, keepdims=True), axis=1)
    return np.asarray((rng.random(len(members))[:, None] > up_to[:, :-1]).sum(axis=1))


def with_habits(world: World, members: pd.DataFrame) -> pd.DataFrame:
    """The members with what they did in ninety days and what they answered: columns that go together only through the habit.

    Blank: no answer, or no e-mail to open.
    """
    rng, habit, size = np.random.default_rng([world.seed, 29]), habit_of(world, members), len(members)
    numbers = ("visits", "opens", "basket", "hour", "price", "style", "gift")
    true = {key: np.array([h[key] for h in HABITS.values()])[habit] for key in numbers}
    visits = rng.poisson(true["visits"] * rng.gamma(2.5, 0.4, size))
    opened = rng.poisson(true["opens"] * rng.gamma(3.0, 1 / 3, size))
    basket = np.where(rng.random(size) < expit(-1.2 + 0.25 * visits), np.round(true["basket"] * rng.lognormal(0, 0.5, size), 2), 0.0)
    why = [str(rng.choice(WHY, p=list(HABITS.values())[h]["why"])) for h in habit]
    answered = {name: rng.random(size) < share for name, share in (("price", 0.85), ("style", 0.85), ("gift", 0.8), ("why", 0.9))}
    importance = {name: (rng.normal(true[name], 0.9)).round().clip(1, 5).astype(int) for name in ("price", "style")}
    gift = np.where(rng.random(size) < true["gift"], "yes", "no")
    return members.assign(
        visits_90d=visits,
        emails_opened_90d=pd.array(opened, "Int64"),
        basket_90d=basket,
        hour_active=(rng.normal(true["hour"], 2.2).round().astype(int)) % 24,
        price_importance=pd.array(importance["price"], "Int64"),
        style_importance=pd.array(importance["style"], "Int64"),
        buys_as_gift=np.where(answered["gift"], gift, ""),
        why_follow=np.where(answered["why"], why, ""),
    ).assign(
        emails_opened_90d=lambda d: d["emails_opened_90d"].mask(d["consent_email"] == 0),
        price_importance=lambda d: d["price_importance"].mask(~answered["price"]),
        style_importance=lambda d: d["style_importance"].mask(~answered["style"]),
    )


def followers(world: World) -> pd.DataFrame:
    """One row a network and day."""
    rng = np.random.default_rng([world.seed, 22])
    days = pd.date_range(FIRST, LAST)
    out = []
    for network, start in FOLLOWERS.items():
        gained, lost = rng.poisson(start * 0.0022, len(days)), rng.poisson(start * 0.0012, len(days))
        lost = lost + np.where((days >= BUZZ[0]) & (days <= BUZZ[1]), rng.poisson(start * 0.004, len(days)), 0)
        stock = start + np.cumsum(gained - lost)
        reach = rng.poisson(stock * 0.2)
        frame = {
            "date": days.strftime("%Y-%m-%d"),
            "network": network,
            "followers": stock,
            "followers_gained": gained,
            "followers_lost": lost,
        }
        out.append(
            pd.DataFrame(
                {
                    **frame,
                    "reach": reach,
                    "engagements": rng.binomial(reach, 0.04),
                    "profile_visits": rng.binomial(reach, 0.01),
                    "clicks": rng.binomial(reach, 0.006),
                }
            )
        )
    return pd.concat(out, ignore_index=True)


def posts(world: World, size: int = 360) -> pd.DataFrame:
    """One row a post."""
    rng = np.random.default_rng([world.seed, 23])
    kinds = {"short_video": 0.45, "story": 0.1, "ugc": 0.25, "carousel": 0.05, "social_image": -0.2, "blog_post": -0.35}
    kind = rng.choice(list(kinds), size)
    impressions = rng.lognormal(8.2, 0.7, size).astype(int)
    eta = -3.4 + np.array([kinds[k] for k in kind]) + rng.normal(0, 0.3, size)
    engagements = rng.binomial(impressions, expit(eta))
    at = FIRST + pd.to_timedelta(np.sort(rng.integers(0, 364 * 24 * 60, size)), unit="min")
    made = pd.DataFrame(
        {
            "post_id": [f"P{i:03d}" for i in range(1, size + 1)],
            "content_id": [f"P{i:03d}" for i in range(1, size + 1)],
            "at": pd.Series(at).dt.strftime("%Y-%m-%dT%H:%M:00Z"),
            "network": rng.choice(["instagram", "tiktok", "facebook"], size, p=[0.5, 0.25, 0.25]),
            "channel": "organic_social",
            "content_type": kind,
            "style": [str(rng.choice(KINDS[k][1])) for k in kind],
            "length": [str(rng.choice(KINDS[k][0])) for k in kind],
            "impressions": impressions,
            "reach": (impressions * 0.8).astype(int),
            "engagements": engagements,
            "shares": rng.binomial(engagements, 0.08),
            "clicks": rng.binomial(impressions, 0.008),
            "followers_gained": rng.binomial(engagements, 0.02),
        }
    )
    return made.assign(text=captions(world, made["style"]))


def stores() -> pd.DataFrame:
    rows = [
        ("S1", "Solène Paris Marais", 48.8590, 2.3600, "75004"),
        ("S2", "Solène Lyon Presqu'île", 45.7610, 4.8330, "69002"),
        ("S3", "Solène Nice Masséna", 43.6970, 7.2700, "06000"),
    ]
    frame = pd.DataFrame(rows, columns=["store_id", "name", "latitude", "longitude", "postal_code"])
    return frame.assign(country="FR", opened_on="2025-03-01", radius_m=800.0)


def visits(world: World, size: int = 1200, visitors: int = 500) -> pd.DataFrame:
    """Sightings near a shop in opening hours (UTC): coarse places of consenting phones; `member_id` is hashed with a key not kept."""
    rng = np.random.default_rng([world.seed, 27])
    whose = rng.integers(0, visitors, size)
    home = rng.integers(0, len(stores()), visitors)
    shop = stores().iloc[home[whose]].reset_index(drop=True)
    day = FIRST + pd.to_timedelta(np.sort(rng.integers(0, 365, size)), unit="D")
    at = pd.Series(day) + pd.to_timedelta(rng.integers(8 * 60, 18 * 60, size), unit="min")
    key = rng.bytes(16)
    hashed = [hashlib.blake2b(f"{i}".encode(), key=key, digest_size=8).hexdigest() for i in range(visitors)]
    return pd.DataFrame(
        {
            "visit_id": [f"V{i:04d}" for i in range(1, size + 1)],
            "at": at.dt.strftime("%Y-%m-%dT%H:%M:00Z"),
            "member_id": [hashed[i] for i in whose],
            "latitude": np.round(shop["latitude"] + rng.normal(0, 0.006, size), 4),
            "longitude": np.round(shop["longitude"] + rng.normal(0, 0.008, size), 4),
        }
    )
