"""Small results about people, made by hand: accounts, what is liked, influence, customers, what is unknown, networks."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mktlib.results import Audience, Customers, Influence, NetworkCards, Research, Result

NETWORKS = ("instagram", "facebook", "tiktok")


def ranged(**columns: list[float]) -> dict[str, object]:
    """Each column with ends a tenth below and above it."""
    out: dict[str, object] = {}
    for name, values in columns.items():
        out |= {name: values, f"{name}_low": [v * 0.9 for v in values], f"{name}_high": [v * 1.1 for v in values]}
    return out


def account() -> Audience:
    rates = ranged(
        engagement_per_follower=[0.24, 0.2, 0.31], clicks_per_follower=[0.036, 0.031, 0.05], gain_per_follower=[0.05, 0.04, 0.08],
        loss_per_follower=[0.03, 0.031, 0.032], growth=[0.02, 0.009, 0.048], engagement_per_reach=[0.04, 0.039, 0.05],
        reach_per_follower=[0.2, 0.19, 0.25],
    )  # fmt: skip
    table = pd.DataFrame(
        {"group": NETWORKS, "days": 365, "followers_mean": [20_000, 16_000, 9_000], "followers_last": [24_000, 18_500, 12_000], **rates}
    )
    rows = [
        ("content_type", "short_video", 60, 1.4, "better"), ("content_type", "blog_post", 55, 0.7, "worse"),
        ("style", "playful", 80, 1.1, "undecided"), ("style", "educational", 30, 0.9, "undecided"),
    ]  # fmt: skip
    likes = pd.DataFrame(rows, columns=["axis", "value", "posts", "times", "verdict"]).assign(impressions=90_000.0)
    likes = likes.assign(rate=0.035 * likes["times"], low=0.032 * likes["times"], high=0.038 * likes["times"])
    likes = likes.assign(times_low=likes["times"] * 0.92, times_high=likes["times"] * 1.08)
    facts = {"grain": "network_day", "by": "network", "level": 0.9, "days": 365, "people": 54_500}
    return Audience(table=table, facts=facts, likes=likes)


def influence() -> Influence:
    rows = [("engagements", "post", 360, 0.0, 59_000.0), ("shares", "post", 360, 0.12, 4_730.0)]
    table = pd.DataFrame(rows, columns=["measure", "unit", "count", "zeros", "total"]).assign(
        **ranged(gini=[0.39, 0.61], top1=[0.05, 0.11], top10=[0.28, 0.47])
    )
    at = np.linspace(0, 1, 6)
    lorenz = pd.concat([pd.DataFrame({"measure": m, "people": at, "share": at**p}) for m, p in (("engagements", 2.0), ("shares", 3.5))])
    bands = {
        "least": [0.0, 1000.0],
        "most": [1000.0, np.nan],
        "sharers": [900, 60],
        "followers": [130_000.0, 420_000.0],
        "share": [0.24, 0.76],
    }
    facts = {
        "level": 0.9,
        "unit": "post",
        "posts": 360,
        "shares_per_thousand": 3.5,
        "shares_per_thousand_low": 3.2,
        "shares_per_thousand_high": 3.8,
    }
    facts |= {"spread": 1.3, "spread_low": 1.1, "spread_high": 1.5, "sharers": 960, "potential": 550_000.0, "potential_median": 210.0}
    return Influence(table=table, facts=facts, lorenz=lorenz.reset_index(drop=True), sharers=pd.DataFrame(bands))


def customers() -> Customers:
    table = pd.DataFrame(
        {
            "group": ["champions", "at_risk", "asleep", "others"], "people": [800, 500, 900, 24], "share": [0.36, 0.225, 0.405, 0.01],
            "revenue": [610_000.0, 90_000.0, 40_000.0, 900.0], "revenue_share": [0.823, 0.121, 0.055, 0.001],
            "recency": [11.0, 120.0, 220.0, 40.0],
            "frequency": [6.0, 3.0, 1.0, 2.0], "money": [760.0, 180.0, 44.0, 37.0], "repeat": [0.82, 0.5, 0.3, np.nan],
            "repeat_low": [0.66, 0.3, 0.16, np.nan], "repeat_high": [0.91, 0.7, 0.5, np.nan], "expected": [0.76, 0.45, 0.22, 0.4],
            "next_purchases": [2.2, 0.75, 0.32, 0.6],
        }
    )  # fmt: skip
    scores = pd.DataFrame({"recency_score": [5.0, 1.0], "value_score": [5.0, 1.0], "people": [800, 900], "revenue": [610_000.0, 40_000.0]})
    check = pd.DataFrame(
        {
            "group": ["(all)", "champions"],
            "people": [1900, 700],
            "foretold": [0.45, 0.72],
            "came": [0.57, 0.82],
            "low": [0.55, 0.79],
            "high": [0.59, 0.85],
        }
    )
    facts = {
        "customers": 2224,
        "one_time": 0.36,
        "level": 0.9,
        "horizon": 90,
        "cuts": 3,
        "top_tenth": 0.6,
        "no_customer_share": 0.15,
        "currency": "EUR",
    }
    return Customers(table=table, facts=facts, scores=scores, check=check)


def research() -> Research:
    rows = [
        ("unmet", "how to clean lenses", "unmet", "queries", "team", np.nan, np.nan, 0.15),
        ("why_not_buy", "city_trendsetters", "reasons", "interview", "group", 29.0, np.nan, 0.12),
        ("preferred_format", "", "format", "survey", "audience", 243.0, 0.05, 0.1),
        ("cell_unseen", "parents / decision", "never_shown", "test", "group", 1229.0, 0.01, 0.05),
        ("overlap_buy_rate", "parents / outdoor_sports", "first_buyers", "logs", "group", 670.0, 0.05, 0.02),
    ]
    columns = ["unknown", "about", "question", "means", "whom", "answers", "margin", "change"]
    table = pd.DataFrame(rows, columns=columns).assign(rank=range(1, 6), text="Which?", scale=[()] * 5, language="en")
    queries = pd.DataFrame(
        {"query": ["how to clean lenses"], "language": "en", "impressions": [5000.0], "clicks": [15.0], "click_rate": [0.003]}
    )
    queries = queries.assign(low=0.002, high=0.0045, position=4.4, unmet=True)
    facts = {"level": 0.9, "people": 2400, "unknowns": 5, "by": "segment", "questions": 6, "unmet": 1}
    return Research(table=table, facts=facts, queries=queries)


def networks() -> NetworkCards:
    numbers = ranged(reach_per_post=[3800.0, 3600.0, 2900.0], engagement_rate=[0.035, 0.031, 0.05], growth=[0.02, 0.009, 0.048])
    table = pd.DataFrame(
        {"network": NETWORKS, "channel": "organic_social", "posts": [196, 94, 70], **numbers, "followers": [24_000.0, 18_500.0, 12_000.0]}
    )
    table = table.assign(
        best_format=["short_video", "carousel", "short_video"], best_rate=[0.052, 0.04, 0.07], best_low=[0.049, 0.035, 0.06]
    )
    table = table.assign(best_high=[0.055, 0.046, 0.081], best_verdict=["make", "test", "make"])
    formats = pd.DataFrame(
        [("instagram", "short_video", True, 41), ("instagram", "blog_post", False, 32)],
        columns=["network", "content_type", "usual", "ours"],
    )
    limit = ("tiktok", "tiktok_ads_ad_text", "characters", 100, None, "K")
    limits = pd.DataFrame([limit], columns=["network", "spec", "unit", "most", "advised", "conf"])
    return NetworkCards(table=table, facts={"level": 0.9, "posts": 360, "networks": 3}, formats=formats, limits=limits)


PEOPLE: dict[str, Result] = {
    "account": account(), "influence": influence(), "customers": customers(), "research": research(), "networks": networks(),
}  # fmt: skip
