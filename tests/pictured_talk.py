"""Small results of what is said of a brand, each corner of their pictures in them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mktlib.results import Replay, Reputation, Watch


def reputation() -> Reputation:
    brands = pd.DataFrame({"brand": ["own", "competitor"], "mentions": [820, 310], "reach": [9e5, 4e5]})
    for name, values in {"share_of_voice": (0.73, 0.27), "net_sentiment": (0.1, -0.2), "negative": (0.25, 0.4)}.items():
        brands = brands.assign(**{name: values, f"{name}_low": [v - 0.06 for v in values], f"{name}_high": [v + 0.06 for v in values]})
    topics = pd.DataFrame({"topic": ["quality", "a topic with a very long name", "hinge"], "mentions": [400, 300, 120]})
    topics = topics.assign(share=[0.49, 0.37, 0.14], share_low=[0.45, 0.3, 0.1], share_high=[0.53, 0.44, 0.19], negative=[0.0, 0.3, 1.0])
    weeks = pd.DataFrame({"week": pd.date_range("2026-01-05", periods=8, freq="7D").repeat(2), "topic": ["quality", "hinge"] * 8})
    weeks = weeks.assign(mentions=[20, 3, 22, 2, 19, 4, 25, 3, 21, 30, 20, 44, 18, 12, 23, 3], negatives=1)
    hours = np.geomspace(0.3, 200, 40)
    share = 0.8 * (1 - np.exp(-hours / 9))
    answers = pd.DataFrame({"hours": hours, "share": share, "low": share * 0.92, "high": np.minimum(share * 1.07, 1)})
    wait = {"network": "all", "asked": 205, "answered": 160, "median": 8.8, "low": 7.0, "high": 11.0, "within": 24.0}
    facts = {
        "brand": "own",
        "level": 0.9,
        "mentions": 820,
        "all_mentions": 1130,
        "answer_within": 24.0,
        "toned": True,
        "asked": "complaints",
    }
    carriers = pd.DataFrame({"band": ["nano", "mega"], "mentions": [800, 20], "share": [0.976, 0.024], "reach": [2e5, 7e5]})
    return Reputation(
        table=brands, facts=facts, topics=topics, weeks=weeks, carriers=carriers.assign(reach_share=[0.22, 0.78], negatives=[200, 5]),
        authors=pd.DataFrame(columns=["author", "mentions", "followers", "reach", "negatives"]),
        waits=pd.DataFrame([wait | {"share": 0.74, "share_low": 0.68, "share_high": 0.8}]), answers=answers,
    )  # fmt: skip


def watch() -> Watch:
    at = pd.date_range("2026-03-01", periods=24 * 40, freq="h", tz="UTC")
    count = np.where((at >= "2026-03-28") & (at < "2026-03-30"), 6, np.arange(len(at)) % 3)
    series = pd.DataFrame({"at": at, "count": count, "expected": 1.0})
    raised = pd.to_datetime(["2026-03-10T08:00Z", "2026-03-20T12:00Z", "2026-03-28T09:00Z"])
    table = pd.DataFrame({"at": raised, "level": ["watch", "alert", "crisis"], "count": [12, 30, 60], "expected": [6.0, 12.0, 20.0]})
    table = table.assign(topic=["", "delivery", "hinge"], until=pd.to_datetime(["2026-03-11T08:00Z", "2026-03-21T00:00Z", None]))
    table = table.assign(detector="volume", mentions=[12, 30, 260], usual=[6.0, 12.0, 48.0], negative=[0.2, 0.3, 0.7], negative_usual=0.2)
    facts = {
        "zone": "UTC",
        "false_alarms_per_year": 4.0,
        "watched_years": 0.1,
        "history_days": 14,
        "standing": ("crisis",),
        "as_of": at[-1],
    }
    facts |= {"per_day": 24.0, "dispersion": 1.6, "watched_from": pd.Timestamp("2026-03-08", tz="UTC")}
    return Watch(table=table, series=series, facts=facts)


def replay() -> Replay:
    at = pd.date_range("2026-03-27T12:00", periods=12, freq="6h")
    count = np.array([5, 6, 7, 18, 30, 36, 36, 20, 9, 7, 6, 6])
    table = pd.DataFrame(
        {"at": at, "count": count, "expected": 6.0, "total": count.cumsum(), "negative": 0.6, "reach": 1e4 * count.cumsum()}
    )
    table = table.assign(term=["", "", "", "hinge", "broken hinge", *["hinge"] * 7], level=["", "", "watch", "alert", *["crisis"] * 8])
    bands = [{"band": "nano", "mentions": 150, "share": 0.9, "reach": 4e4, "reach_share": 0.3, "negatives": 90}]
    facts = {"topic": "hinge", "level": "crisis", "first": pd.Timestamp("2026-03-28T09:00"), "until": None, "step": "6h", "mentions": 186}
    terms = pd.DataFrame({"term": ["hinge"], "now": [90], "before": [20], "share_now": [0.5], "share_before": [0.05], "times": [19.0]})
    return Replay(table=table, terms=terms.assign(low=12.0, high=30.0), facts=facts | {"negative": 0.6, "term": "hinge", "carriers": bands})


TALK = {"reputation": reputation(), "watch": watch(), "replay": replay()}
