"""One small result of every shape, made by hand: what charts and reports are tested on."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
from pictured_apps import APPS
from pictured_credit import CREDIT
from pictured_desk import DESK
from pictured_geo import GEO
from pictured_hours import HOURS
from pictured_kpis import KPIS
from pictured_lift import LIFT
from pictured_pages import PAGES
from pictured_people import PEOPLE, account
from pictured_places import PLACES
from pictured_programme import PROGRAMME
from pictured_review import learnt, review
from pictured_rhythm import RHYTHM
from pictured_talk import TALK
from pictured_tests import TESTS
from pictured_tracking import TRACKING

from mktlib.errors import Finding
from mktlib.results import (
    CALENDAR,
    CELL,
    MARGINS,
    Audience,
    Backtest,
    Cadence,
    Comparison,
    Explanation,
    Followers,
    HalfLife,
    Learning,
    Plan,
    Result,
    Scores,
    Segmentation,
    SendTime,
    Shortlist,
)  # fmt: skip

SEGMENTS = ("city_trendsetters", "outdoor_sports", "parents")
TYPES = ("short_video", "article", "infographic", "product_page")


def scores() -> Scores:
    """Twelve cells: two shown to lead, one to stop, an undecided middle, opinion in the last group."""
    rows = []
    for i, segment in enumerate(SEGMENTS):
        for j, content in enumerate(TYPES):
            rate = 0.031 - 0.004 * j + 0.002 * i
            half = 0.002 + 0.004 * (i == 2)
            verdict = "too_early" if i == 2 else ("make", "test", "test", "drop" if i == 0 else "test")[j]
            opinion = 0.8 if i == 2 else 0.15
            rows.append(
                (
                    segment,
                    "decision",
                    content,
                    rate,
                    rate - half,
                    rate + half,
                    100 * rate / 0.027,
                    0.5 / (1 + j),
                    12_000.0,
                    opinion,
                    verdict,
                )
            )
    columns = ["segment", "stage", "content_type", "rate", "low", "high", "index", "p_best", "exposure", "opinion", "verdict"]
    facts = {"impressions": 144_000, "events": 3_900, "opinion": 0.36}
    return Scores(
        table=pd.DataFrame(rows, columns=columns),
        facts=facts,
        by=("segment", "stage", "content_type"),
        within=("segment", "stage"),
        metric="click_rate",
        findings=(Finding(code="E_SIMPSON", text="The order turns round inside each channel.", level="warning"),),
    )


def explanation() -> Explanation:
    table = pd.DataFrame(
        {
            "term": ["content_type", "segment", "stage", "content_type:segment"],
            "level": ["short_video", "parents", "decision", "short_video|parents"],
            "effect": [0.41, -0.22, 0.1, 0.05],
            "times": [1.507, 0.803, 1.105, 1.051],
            "low": [0.3, -0.4, -0.05, -0.2],
            "high": [0.52, -0.04, 0.25, 0.3],
            "opinion": [0.1, 0.3, 0.4, 0.9],
        }
    )
    cell = {"segment": "parents", "stage": "decision", "content_type": "short_video"}
    return Explanation(
        table=table,
        facts={"cell": cell, "rate": 0.031, "low": 0.028, "high": 0.034, "average": 0.024, "metric": "click_rate", "opinion": 0.2},
    )


def shortlist() -> Shortlist:
    reasons = ["all", "brand", "channel", "format", "stage", "dominated", "shortlist"]
    kept = [64_512, 43_008, 9_310, 4_200, 2_100, 480, 200]
    dropped = [0, *(a - b for a, b in itertools.pairwise(kept))]
    steps = pd.DataFrame({"step": range(7), "kept": kept, "dropped": dropped, "reason": reasons})
    table = scores().table[["segment", "stage", "content_type", "rate", "low", "high"]].assign(value=40.0, rank=range(1, 13))
    return Shortlist(table=table, facts={"metric": "click_rate", "first": 64_512, "last": 200}, steps=steps)


class Dated(Plan):
    """A plan that knows its days: each piece is ready on the Friday before its first week, and shown on two days of each week."""

    def calendar(self) -> pd.DataFrame:
        start, rows = pd.Timestamp("2026-10-05"), []
        for piece in self.items[self.items["status"] == "make"].to_dict("records"):
            named = {axis: piece[axis] for axis in ("item", "content_type", "style", "length", "stage")}
            named |= {"owner": "Ana Ruiz" if piece["item"] != "p03" else "", "due": start + pd.Timedelta(days=7 * piece["week"] - 10)}
            rows.append({**named, "task": "make", "channel": "", "segment": "", "at": None, "quantity": 0.0, "money": piece["cost"]})
            mine = (self.schedule["item"] == piece["item"]) & (self.schedule["week"] >= piece["week"])
            for shown in self.schedule[mine].to_dict("records"):
                at = start + pd.Timedelta(days=7 * shown["week"] - 6 + len(piece["content_type"]) % 5, hours=12)
                where = {key: shown[key] for key in ("channel", "segment", "quantity")}
                rows.append({**named, "task": "publish", **where, "at": at, "money": shown["spend"]})
        table = pd.DataFrame(rows, columns=list(CALENDAR))
        return table.astype({"due": "datetime64[s]", "at": "datetime64[s]"})


def learning() -> Learning:
    """Five open questions: two worth a paid test, one free, two that can wait."""
    asked = [(s, "decision", c) for s, c in zip([*SEGMENTS, "parents", "parents"], ("email", "paid_social") * 3, strict=False)]
    table = pd.DataFrame(asked, columns=["segment", "stage", "channel"]).assign(
        question=[f"Q{k:02d}" for k in range(1, 6)], cells=[2, 3, 2, 4, 2], contents=[("short_video / playful / short",)] * 5,
        sample_size=[9000.0, 12_000.0, 4000.0, 20_000.0, 8000.0], weeks=[3, 1, 6, 2, 2], cost=[300.0, 420.0, 0.0, 900.0, 650.0],
        worth=[900.0, 760.0, 120.0, 640.0, 90.0], low=[0.0, 40.0, 0.0, 0.0, 0.0], high=[3100.0, 2200.0, 600.0, 2500.0, 700.0],
        net=[600.0, 340.0, 120.0, -260.0, -560.0], perfect=[1200.0, 900.0, 300.0, 1500.0, 400.0], chosen=[True, True, True, False, False],
    )  # fmt: skip
    tests = pd.DataFrame(
        [
            (f"Q{q:02d}", *asked[q - 1][:2], kind, "playful", "short", asked[q - 1][2], 9000.0, 3, 150.0, 0.03, 0.02, 0.04, True)
            for q in range(1, 6) for kind in TYPES[:2]
        ],
        columns=["question", *CELL, "sample_size", "weeks", "cost", "rate", "low", "high", "made"],
    )  # fmt: skip
    facts = {"currency": "EUR", "metric": "click_rate", "level": 0.9, "budget": 1000.0, "spend": 720.0, "worth": 1780.0, "net": 1060.0}
    return Learning(table=table, tests=tests, facts=facts | {"exchange": 1.0, "objective": "value", "questions": 5, "chosen": 3})


def plan() -> Plan:
    items = pd.DataFrame(
        {
            "item": ["p01", "p02", "p03", "p04", "p05", "p06"],
            "content_type": [*TYPES, "short_video", "webinar"],
            "style": "playful",
            "length": "short",
            "stage": "decision",
            "cost": [1800.0, 600.0, 450.0, 900.0, 1500.0, 2500.0],
            "days": 3,
            "week": [1, 1, 2, 2, 3, 4],
            "status": ["make"] * 5 + ["hold"],
        }
    )
    spots = [(w, f"p0{1 + k}", ("social_paid", "email")[k % 2]) for w in range(1, 7) for k in range(5) if (w + k) % 3]
    schedule = pd.DataFrame(
        [
            {
                "week": w,
                "segment": "parents",
                "stage": "decision",
                "channel": c,
                "item": i,
                "quantity": 9000,
                "spend": 150.0 + 90 * w + 40 * n,
                "value": 900.0,
                "low": 500.0,
                "high": 1400.0,
            }
            for n, (w, i, c) in enumerate(spots)
        ]
    )
    limits = pd.DataFrame(
        {
            "limit": ["budget", "production_days", "channel_most", "cadence"],
            "scope": ["all", "all", "email", "parents"],
            "used": [20_000.0, 18.0, 2_000.0, 3.0],
            "most": [20_000.0, 24.0, 5_000.0, 3.0],
            "unit": ["EUR", "days", "EUR", "per week"],
            "price": [1.42, 0.0, 0.0, 310.0],
        }
    )
    margins = pd.DataFrame(
        [
            ("team.days_per_week", "days", "all", "days", 1.0, 840.0, 125.0, 1580.0, 210.0),
            ("production.short_video.most", "pieces", "short_video", "pieces", 1.0, 790.0, -1310.0, 3020.0, 0.0),
            ("segments.parents.cap_per_week", "messages_week", "parents", "messages", 1.0, 310.0, 12.0, 690.0, 40.0),
            ("budget", "budget", "all", "money", 200.0, 284.0, 100.0, 470.0, 200.0),
            ("stages.awareness", "stage_share", "awareness", "share", 0.01, 60.0, 20.0, 110.0, 0.0),
        ],
        columns=list(MARGINS),
    )
    tests = pd.DataFrame(
        {
            "item": ["p02", "p04"],
            "segment": "parents",
            "stage": "decision",
            "channel": "email",
            "spend": [400.0, 300.0],
            "reason": "undecided",
        }
    )
    facts = {
        "name": "Summer line",
        "currency": "EUR",
        "first_day": "2026-10-05",
        "last_day": "2026-11-15",
        "weeks": 6,
        "budget": 20_000.0,
        "metric": "click_rate",
        "objective": "value",
        "value": 46_000.0,
        "low": 31_000.0,
        "high": 64_000.0,
        "p_loss": 0.08,
        "spend": 20_000.0,
        "bound": 46_500.0,
        "gap": 0.011,
        "greedy": 39_000.0,
    }
    return Dated(
        table=items,
        facts=facts,
        schedule=schedule,
        limits=limits,
        tests=tests,
        margins=margins,
        expected={k: facts[k] for k in ("value", "low", "high", "p_loss")},
    )


def backtest() -> Backtest:
    cells = pd.DataFrame({"predicted": [0.01 + 0.002 * k for k in range(12)], "exposure": [3000 + 500 * k for k in range(12)]})
    cells = cells.assign(observed=cells["predicted"] * ([1.1, 0.9] * 6), low=cells["predicted"] * 0.7, high=cells["predicted"] * 1.3)
    table = pd.DataFrame(
        {
            "fold": [1, 2],
            "cells": 6,
            "exposure": [27_000, 42_000],
            "events": [500, 900],
            "gain": [0.11, 0.13],
            "gain_raw": [-0.02, 0.05],
            "coverage": [0.91, 0.89],
        }
    )
    facts = {"metric": "click_rate", "level": 0.9, "folds": 2, "gain": 0.12, "gain_raw": 0.02, "coverage": 0.9, "kind": "weeks"}
    return Backtest(table=table, facts=facts, cells=cells)


def audience() -> Audience:
    table = pd.DataFrame(
        {
            "group": SEGMENTS,
            "people": [4200, 3100, 900],
            "share": [0.51, 0.38, 0.11],
            "follow_rate": [0.61, 0.48, 0.3],
            "engage_rate": [0.21, 0.17, 0.06],
            "buy_rate": [0.04, 0.062, 0.011],
            "revenue_per_person": [4.2, 6.9, 1.05],
            "preferred_format": ["video", "article", "video"],
            "preferred_length": "short",
            "top_question": ["delivery", "polarised", "price"],
        }
    )
    for rate in ("follow_rate", "engage_rate", "buy_rate"):
        table[f"{rate}_low"], table[f"{rate}_high"] = table[rate] * 0.9, table[rate] * 1.1
    facts = {"by": "segment", "people": 8200, "buyers": 370, "level": 0.9, "currency": "EUR"}
    return Audience(table=table, facts=facts, likes=account().likes)


def comparison() -> Comparison:
    table = pd.DataFrame(
        {
            "arm": ["all_mens", "all_womens", "targeted"],
            "n": [10_600, 10_700, 10_650],
            "mean": [0.182, 0.151, 0.184],
            "lift": [0.0, -0.031, 0.002],
            "low": [0.0, -0.041, -0.008],
            "high": [0.0, -0.021, 0.012],
            "verdict": ["undecided", "worse", "undecided"],
        }
    )
    return Comparison(
        table=table, facts={"metric": "visit_rate", "control": "all_mens", "level": 0.9, "kind": "policies", "held_out": 32_000}
    )


def followers() -> Followers:
    """Two networks over twelve weeks: one week out of the ordinary, posts that bring people on the first."""
    weeks = []
    for name, level in (("instagram", 90.0), ("facebook", 40.0)):
        monday = pd.date_range("2026-06-01", periods=12, freq="7D")
        net = level + 9.0 * (np.arange(12) % 3 - 1)
        frame = {"network": name, "week": monday, "gained": net + 60, "lost": 60.0, "net": net, "level": level, "low": level - 8}
        weeks.append(pd.DataFrame({**frame, "high": level + 8, "unusual": ["lost" if k == 4 else "" for k in range(12)]}))
    table = pd.DataFrame(
        {
            "network": ["instagram", "facebook"], "first_day": pd.Timestamp("2026-06-01"), "last_day": pd.Timestamp("2026-08-23"),
            "days": 84, "first": [12000.0, 9000.0], "last": [13080.0, 9480.0], "gained": [1800.0, 1200.0], "lost": 720.0,
            "net": [1080.0, 480.0], "weeks": 12, "unusual": 1, "per_week": [90.0, 40.0], "per_week_low": [82.0, -3.0],
            "per_week_high": [98.0, 48.0], "ahead": [360.0, 160.0], "ahead_low": [300.0, 100.0], "ahead_high": [420.0, 220.0],
            "coverage": np.nan, "posts": [3.0, 2.0], "p_value": [0.01, 0.6], "brought": [400.0, 0.0], "brought_low": [300.0, 0.0],
            "brought_high": [500.0, 80.0], "explained": [0.22, 0.0], "explained_low": [0.17, 0.0], "explained_high": [0.28, 0.07],
            "half_days": [1.0, np.nan], "reported": [210.0, np.nan],
        }
    )  # fmt: skip
    ahead = pd.DataFrame({"network": ["instagram"] * 2 + ["facebook"] * 2, "weeks": [1, 4] * 2, "last_day": pd.Timestamp("2026-09-20")})
    ahead[["net", "low", "high", "followers"]] = [[90, 60, 120, 13170], [360, 300, 420, 13440], [40, 10, 70, 9520], [160, 100, 220, 9640]]
    at = pd.to_datetime(["2026-06-10 18:00", "2026-07-02 12:00", "2026-07-20 09:00"])
    posts = pd.DataFrame({"post_id": ["P1", "P2", "P3"], "network": "instagram", "at": at, "content_type": "short_video"})
    posts = posts.assign(brought=[40.0, 12.0, 2.0], low=[22.0, 3.0, 0.0], high=[61.0, 25.0, 9.0], shown=[True, True, False], reported=5.0)
    breaks = pd.DataFrame({"network": ["facebook"], "date": [at[0]], "code": ["gap"], "found": 0.0, "expected": 2.0, "days": 2})
    facts = {"level": 0.9, "networks": 2, "horizon": 4, "lags": 14, "posts": 3, "shown": 2, "measure": "gained", "breaks": 1}
    return Followers(table=table, weeks=pd.concat(weeks, ignore_index=True), forecast=ahead, posts=posts, breaks=breaks, facts=facts)


def half_life() -> HalfLife:
    """Three networks, one of them with young posts."""
    table = pd.DataFrame({"network": ["facebook", "instagram", "youtube"], "posts": [20, 30, 12], "oldest": 168.0, "young": [0, 2, 7]})
    table[["engagements", "half_life", "low", "high", "between_low", "between_high", "late"]] = [
        [4000, 1.8, 1.4, 2.3, 0.8, 4.0, 9.0], [5000, 20.0, 16.0, 25.0, 9.0, 44.0, 100.0], [900, 200.0, 120.0, 340.0, 90.0, 450.0, 1000.0],
    ]  # fmt: skip
    age = np.geomspace(0.25, 720, 30)
    curves = []
    for name, half in zip(table["network"], table["half_life"], strict=True):
        share = 1 / (1 + half / age)
        curves.append(pd.DataFrame({"network": name, "age": age, "share": share, "low": share**1.15, "high": share**0.87}))
    posts = pd.DataFrame({"post_id": ["P1"], "network": ["facebook"], "hours": 168.0, "engagements": 200, "half_life": 2.0})
    facts = {"by": ["network"], "level": 0.9, "posts": 62, "young": 9, "groups": 3, "engagements": 9900, "family": "loglogistic"}
    return HalfLife(table=table, curves=pd.concat(curves, ignore_index=True), posts=posts.assign(low=1.0, high=3.0), facts=facts)


def cadence() -> Cadence:
    """One network that wears, one that is not seen to, one with too few posts."""
    rows = []
    for name, bend, last in (("instagram", 7, 14), ("facebook", 99, 10), ("linkedin", 99, 2)):
        n = np.arange(1, last + 1)
        reach = 3000 * np.exp(-0.1 * np.maximum(n - bend, 0)) if last > 2 else np.full(last, np.nan)
        frame = pd.DataFrame(
            {"group": name, "per_week": n, "posts": 9, "reach": reach, "reach_low": reach * 0.9, "reach_high": reach * 1.1}
        )
        rows.append(frame.assign(total=n * reach, total_low=n * reach * 0.9, total_high=n * reach * 1.1))
    blank = [np.nan, np.nan]
    limits = pd.DataFrame(
        {
            "group": ["instagram", "facebook", "linkedin"], "posts": [380, 200, 12], "usual": [8.0, 6.0, 1.0], "seen_up_to": [14, 10, 2],
            "verdict": ["wears", "not_seen", "too_few"], "p_value": [0.001, 0.7, np.nan], "wears_at": [7.0, *blank], "low": [6.0, *blank],
            "high": [9.0, *blank], "loss": [0.095, *blank], "loss_low": [0.07, *blank], "loss_high": [0.12, 0.02, np.nan],
            "optimum": [10.0, *blank], "optimum_low": [9.0, *blank], "optimum_high": [12.0, *blank], "at_edge": False,
        }
    )  # fmt: skip
    counted = {"wears": 1, "not_seen": 1, "too_few": 1}
    facts = {"by": "network", "measure": "reach", "level": 0.9, "posts": 592, "window_days": 7, "counted": counted}
    return Cadence(table=pd.concat(rows, ignore_index=True), limits=limits, facts=facts)


def times() -> SendTime:
    """One network with better evenings, one without."""
    rows = [
        {"segment": name, "weekday": day, "hour": hour, "rate": 0.02 + 0.01 * (hour >= 18) * (name == "facebook"), "posts": 3}
        for name in ("facebook", "instagram") for day in range(1, 8) for hour in range(8, 23)
    ]  # fmt: skip
    table = pd.DataFrame(rows).assign(low=lambda d: d["rate"] * 0.9, high=lambda d: d["rate"] * 1.1, best=lambda d: d["rate"] > 0.025)
    groups = [{"segment": "facebook", "posts": 315, "p_value": 0.002, "verdict": "matters"}]
    groups.append({"segment": "instagram", "posts": 315, "p_value": 0.4, "verdict": "none"})
    facts = {"by": "network", "metric": "engagement_rate", "zone": "Europe/Paris", "level": 0.9, "posts": 630, "groups": groups}
    return SendTime(table=table, facts=facts | {"denominator": "impressions", "kind": "posts"})


def segmentation() -> Segmentation:
    """Two segments, one of them not stable, with a trait of each kind and one that does not hold."""
    keys = ["segment_1", "segment_2"]
    names = {"segment_1": {"en": "Gift buyers in the evening", "fr": "Acheteurs de cadeaux le soir"}}
    names["segment_2"] = {"en": "Frequent visitors", "fr": "Visiteurs assidus"}
    table = pd.DataFrame({"segment": keys, "people": [620, 380], "share": [0.61, 0.39], "low": [0.58, 0.36], "high": [0.64, 0.42]})
    table = table.assign(uncertain=[0.04, 0.11], stability=[0.93, 0.62], stable=[True, False])
    said = [
        ("buys_as_gift", "yes", "share", 0.8, 0.2, 1.3),
        ("visits_90d", "", "mean", 2.1, 9.4, -1.4),
        ("last_activity_at", "", "days", 40.0, 21.0, 0.4),
    ]
    said += [("buys_as_gift", "(blank)", "share", 0.2, 0.21, -0.02)]
    rows = [
        {"segment": key, "column": c, "level": level, "kind": kind, "inside": (a, b)[i], "outside": (b, a)[i], "effect": (1 - 2 * i) * e}
        for i, key in enumerate(keys) for c, level, kind, a, b, e in said
    ]  # fmt: skip
    traits = pd.DataFrame(rows).assign(
        difference=lambda d: d["inside"] - d["outside"], p=0.001, role="builds", holds=lambda d: d["effect"].abs() > 0.1
    )
    traits = traits.assign(low=lambda d: d["difference"] - 0.05, high=lambda d: d["difference"] + 0.05)
    liked = [
        {"segment": key, "axis": "content_type", "option": "short_video", "people": 300, "share": x}
        for key, x in zip(keys, (0.4, 0.2), strict=True)
    ]
    likes = pd.DataFrame(liked).assign(low=lambda d: d["share"] - 0.04, high=lambda d: d["share"] + 0.04, average=0.32, source="answers")
    facts = {"segments": 2, "people": 1000, "k": "auto", "asked": None, "features": ["buys_as_gift", "visits_90d", "last_activity_at"]}
    facts |= {"level": 0.9, "method": "latent_classes", "p": 0.025, "references": 39, "unstable": 1, "uncertain": 0.07, "sure": 0.7}
    return Segmentation(
        table=table, facts=facts | {"fewest": 10, "names": names}, traits=traits, likes=likes,
        consent=pd.DataFrame({"segment": keys, "channel": "email", "share": [0.6, 0.5]}),
        choice=pd.DataFrame({"segments": [2, 3], "strength": [0.88, 0.5], "error": [0.02, 0.03], "chosen": [True, False]}),
    )  # fmt: skip


ALL: dict[str, Result] = {
    "scores": scores(),
    "explanation": explanation(),
    "shortlist": shortlist(),
    "plan": plan(),
    "review": review(),
    "backtest": backtest(),
    "audience": audience(),
    "comparison": comparison(),
    "learning": learning(),
    "segmentation": segmentation(),
    "followers": followers(),
    "half_life": half_life(),
    "cadence": cadence(),
    "times": times(),
    **HOURS,
    **PAGES,
    **APPS,
    **PEOPLE,
    **TALK,
    **GEO,
    **LIFT,
    **CREDIT,
    **DESK,
    **KPIS,
    **PLACES,
    **PROGRAMME,
    **RHYTHM,
    **TESTS,
    **TRACKING,
    "learnt": learnt(),
}
