"""The sunglasses world: what is true of every piece of content, and a year of what could be seen of it.

A brand, Solène, sells sunglasses online. The truth is a sum of effects on the log-odds of a click, drawn once from the seed; the log is
drawn from the truth. On purpose it holds what real logs hold: a small segment that looks best on three conversions, and two content
types whose order reverses when segments are pooled.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from mktlib.vocabulary import load_tables

FIRST, LAST = pd.Timestamp("2025-10-01"), pd.Timestamp("2026-09-30")
AXES = ("segment", "stage", "content_type", "style", "length", "channel")
PAIRS = {
    ("segment", "content_type"): 0.25,
    ("stage", "content_type"): 0.15,
    ("segment", "style"): 0.2,
    ("stage", "length"): 0.12,
    ("content_type", "channel"): 0.15,
}
SEGMENTS = {"city_trendsetters": 0.3, "outdoor_sports": 0.0, "parents": -0.2, "students": -0.45, "drivers": 0.05, "luxury_lovers": 0.4}
SHARES = {"city_trendsetters": 0.27, "outdoor_sports": 0.2, "parents": 0.2, "students": 0.22, "drivers": 0.015, "luxury_lovers": 0.095}
BASE = {"organic_social": 0.010, "paid_social": 0.012, "email": 0.03, "display": 0.004, "organic_search": 0.022, "paid_search": 0.045}
STAGES = {"awareness": 0.3, "interest": 0.27, "consideration": 0.2, "decision": 0.15, "loyalty": 0.08}
CONVERSION = {"awareness": 0.008, "interest": 0.014, "consideration": 0.025, "decision": 0.06, "loyalty": 0.045}
NETWORKS = {
    "organic_social": ("instagram", "tiktok", "facebook"),
    "paid_social": ("instagram", "facebook"),
    "email": ("newsletter",),
    "paid_search": ("google",),
}
COST = {"organic_social": 0.0, "paid_social": 7.5, "email": 4.0, "display": 3.0, "organic_search": 0.0, "paid_search": 24.0}  # per thousand
# content type: (lengths, styles, channels)
KINDS: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "short_video": (("bumper", "short"), ("playful", "inspirational", "storytelling"), ("organic_social", "paid_social")),
    "video_ad": (("bumper", "short"), ("inspirational", "promotional", "luxury"), ("paid_social",)),
    "story": (("none",), ("playful", "conversational", "promotional"), ("organic_social", "paid_social")),
    "ugc": (("bumper", "short"), ("conversational", "playful"), ("organic_social", "paid_social")),
    "demo_video": (("short", "medium"), ("educational", "conversational"), ("organic_social", "email")),
    "banner": (("none",), ("promotional", "inspirational", "luxury"), ("display",)),
    "reminder_banner": (("none",), ("promotional", "conversational"), ("display", "paid_social")),
    "newsletter": (("short", "medium"), ("storytelling", "educational", "conversational"), ("email",)),
    "promo_email": (("snack", "short"), ("promotional", "playful", "luxury"), ("email",)),
    "automated_email": (("snack", "short"), ("conversational", "promotional"), ("email",)),
    "blog_post": (("medium", "long"), ("storytelling", "educational"), ("organic_search", "organic_social")),
    "how_to_guide": (("medium", "long"), ("educational",), ("organic_search", "email")),
    "comparison": (("medium", "long"), ("educational", "conversational"), ("organic_search", "email")),
    "search_ad": (("snack",), ("promotional", "conversational"), ("paid_search",)),
    "carousel": (("none",), ("inspirational",), ("paid_social",)),
    "social_image": (("none",), ("inspirational",), ("paid_social",)),
}
REVERSED = ("carousel", "social_image")
"""In every segment the first earns more clicks; pooled, the second does, because it was shown where clicks are easy."""
REVERSED_REACH = {
    "carousel": {
        "students": 420_000,
        "parents": 240_000,
        "outdoor_sports": 60_000,
        "drivers": 300,
        "city_trendsetters": 45_000,
        "luxury_lovers": 30_000,
    },
    "social_image": {
        "students": 45_000,
        "parents": 60_000,
        "outdoor_sports": 90_000,
        "drivers": 300,
        "city_trendsetters": 420_000,
        "luxury_lovers": 240_000,
    },
}
LUCKY = "drivers"
CELL_SD, ITEM_SD = 0.22, 0.12
SEED = 20_251_001


@dataclass(frozen=True)
class World:
    """What is true. `seed` draws every effect; two worlds of one seed are the same."""

    seed: int = SEED

    @cached_property
    def effects(self) -> Mapping[tuple[str, ...], Mapping[tuple[str, ...], float]]:
        """Effect on the log-odds of each level of each main effect and pair."""
        rng = np.random.default_rng([self.seed, 1])
        levels = self.levels
        sd = {"stage": 0.1, "content_type": 0.25, "style": 0.15, "length": 0.12}
        main: dict[tuple[str, ...], dict[tuple[str, ...], float]] = {
            (a,): {(x,): float(rng.normal(0, s)) for x in levels[a]} for a, s in sd.items()
        }
        pair: dict[tuple[str, ...], dict[tuple[str, ...], float]] = {
            (a, b): {k: float(rng.normal(0, s)) for k in itertools.product(levels[a], levels[b])} for (a, b), s in PAIRS.items()
        }
        segment: dict[tuple[str, ...], dict[tuple[str, ...], float]] = {("segment",): {(x,): e for x, e in SEGMENTS.items()}}
        return {**main, **segment, **pair}

    @cached_property
    def levels(self) -> dict[str, list[str]]:
        lengths, styles, channels = ({x for k in KINDS.values() for x in k[i]} for i in range(3))
        return {
            "segment": list(SEGMENTS),
            "stage": list(STAGES),
            "content_type": list(KINDS),
            "style": sorted(styles),
            "length": sorted(lengths),
            "channel": sorted(channels),
        }

    def click_logit(self, cells: pd.DataFrame) -> np.ndarray:
        """The true log-odds of a click of each cell (n,), its own effect included. Known for any combination of the levels."""
        tables = load_tables()
        eta = cells["channel"].map({c: logit(p) for c, p in BASE.items()}).fillna(logit(0.01)).to_numpy(float)
        eta = eta + 0.6 * np.array([tables.stage_fit(t, s) for t, s in zip(cells["content_type"], cells["stage"], strict=True)])
        planted = cells["content_type"].isin(REVERSED).to_numpy()
        for axes, table in self.effects.items():
            keys = list(zip(*(cells[a] for a in axes), strict=True))
            value = np.array([table.get(k, 0.0) for k in keys])
            eta += np.where(planted & (axes != ("segment",)), 0.0, value)
        own = np.array([self._own("|".join(map(str, row))) for row in cells[list(AXES)].itertuples(index=False)])
        ahead = np.where(cells["content_type"] == REVERSED[0], 0.22, 0.0)
        return np.asarray(eta + np.where(planted, ahead, CELL_SD * own))

    def click_rate(self, cells: pd.DataFrame) -> np.ndarray:
        """The true click rate of each cell (n,), for a piece of ordinary talent.

        >>> cell = dict(zip(AXES, ("students", "decision", "demo_video", "conversational", "medium", "email"), strict=True))
        >>> bool(0 < World().click_rate(pd.DataFrame([cell]))[0] < 1)
        True
        """
        return np.asarray(expit(self.click_logit(cells)))

    def _own(self, cell: str) -> float:
        """A cell's own effect: a standard normal that depends on its name and the seed alone."""
        return float(np.random.default_rng([self.seed, *cell.encode()]).standard_normal())

    def conversion_rate(self, segment: Iterable[str], stage: Iterable[str]) -> np.ndarray:
        """True conversions per click (n,)."""
        lift = {"parents": 0.25, "luxury_lovers": 0.15, LUCKY: -0.1}
        return np.array([expit(logit(CONVERSION[t]) + lift.get(s, 0.0)) for s, t in zip(segment, stage, strict=True)])


def pieces(world: World, count: int = 520) -> pd.DataFrame:
    """The pieces that were published: one row a piece, each made for one cell."""
    rng = np.random.default_rng([world.seed, 2])
    rows: list[dict[str, Any]] = []
    kinds = [k for k in KINDS if k not in REVERSED]
    popular = rng.dirichlet(np.full(len(kinds), 4.0))
    while len(rows) < count:
        kind = str(rng.choice(kinds, p=popular))
        lengths, styles, channels = KINDS[kind]
        segment, stage = rng.choice(list(SHARES), p=list(SHARES.values())), rng.choice(list(STAGES), p=list(STAGES.values()))
        row = {"segment": str(segment), "stage": str(stage), "content_type": kind, "style": str(rng.choice(styles))}
        row |= {"length": str(rng.choice(lengths)), "channel": str(rng.choice(channels))}
        if kind == "reminder_banner":
            row["stage"] = "decision"
        reach = int(rng.lognormal(9.4, 0.8) * (0.35 if row["channel"] == "email" else 1.0) * (0.008 if segment == LUCKY else 1.0))
        rows.append({**row, "reach": max(reach, 40)})
        rows += [{**row, "reach": max(int(reach * rng.uniform(0.3, 1.2)), 40)} for _ in range(int(rng.integers(0, 2)))]
    for kind, by_segment in REVERSED_REACH.items():
        for segment, total in by_segment.items():
            share = rng.dirichlet(np.full(4, 6.0))
            row = {"stage": "interest", "style": "inspirational", "length": "none", "channel": "paid_social"}
            rows += [{"segment": segment, "content_type": kind, **row, "reach": max(int(total * s), 40)} for s in share]
    out = pd.DataFrame(rows)
    out["start"] = FIRST + pd.to_timedelta(rng.integers(0, 340, len(out)), unit="D")
    out["run"] = np.where(out["channel"] == "email", 2, rng.integers(8, 26, len(out)))
    out["network"] = [str(rng.choice(NETWORKS.get(c, ("",)))) for c in out["channel"]]
    out = out.sort_values(["start", *AXES], kind="stable").reset_index(drop=True)
    out["content_id"] = [f"SOL-{i:04d}" for i in range(1, len(out) + 1)]
    return out


def content_log(world: World) -> pd.DataFrame:
    """A year of the launch, one row a piece and day."""
    rng = np.random.default_rng([world.seed, 3])
    made = pieces(world)
    eta = world.click_logit(made) + ITEM_SD * rng.standard_normal(len(made)) * ~made["content_type"].isin(REVERSED).to_numpy()
    daily = made.loc[made.index.repeat(made["run"])].copy()
    daily["date"] = daily["start"] + pd.to_timedelta(daily.groupby(level=0).cumcount(), unit="D")
    daily["eta"] = eta[daily.index]
    daily = daily[daily["date"] <= LAST].reset_index(drop=True)
    chances = rng.poisson(np.maximum(daily["reach"] / daily["run"], 1))
    clicks = rng.binomial(chances, expit(daily["eta"]))
    conversions = rng.binomial(clicks, world.conversion_rate(daily["segment"], daily["stage"]))
    conversions = _three(rng, daily["segment"].eq(LUCKY).to_numpy(), clicks, conversions)
    mail = daily["channel"].eq("email").to_numpy()
    price = rng.normal(92, 14, len(daily)).clip(45)
    revenue = conversions * price
    log = pd.DataFrame(
        {
            "date": daily["date"].dt.strftime("%Y-%m-%d"),
            "brand": "Solène",
            "network": daily["network"],
            "channel": daily["channel"],
            "placement": np.where(daily["channel"].isin(["paid_social", "organic_social"]), "feed", ""),
            "objective": daily["stage"].map({"decision": "sales", "loyalty": "sales", "consideration": "leads"}).fillna("traffic"),
            "campaign": "launch-" + daily["start"].dt.strftime("%Y-%m"),
            **{a: daily[a] for a in ("content_id", *AXES[2:5], "segment", "stage")},
            "impressions": _blank(chances, mail),
            "reach": _blank(np.maximum((chances * 0.8).astype(int), 1), mail),
            "delivered": _blank(chances, ~mail),
            "opens": _blank(np.maximum(rng.binomial(chances, 0.27), clicks), ~mail),
            "clicks": clicks,
            "engagements": _blank(np.minimum(clicks + rng.binomial(chances, expit(daily["eta"] + 0.5)), chances), mail),
            "leads": rng.binomial(clicks - conversions, 0.05),
            "conversions": conversions,
            "unsubscribes": _blank(rng.binomial(chances, 0.002), ~mail),
            "revenue": np.round(revenue, 2),
            "margin": np.round(revenue * 0.45, 2),
            "spend": np.round(chances * daily["channel"].map(COST).to_numpy() / 1000, 2),
            "currency": "EUR",
        }
    )
    return log.sort_values(["date", "content_id"], kind="stable").reset_index(drop=True)


def _three(rng: np.random.Generator, lucky: np.ndarray, clicks: np.ndarray, conversions: np.ndarray) -> np.ndarray:
    """The lucky segment ends the year with exactly three conversions, on three rows that had clicks."""
    out = np.where(lucky, 0, conversions)
    out[rng.choice(np.flatnonzero(lucky & (clicks > 0)), 3, replace=False)] = 1
    return np.asarray(out)


def _blank(values: Any, where: np.ndarray) -> pd.Series:
    return pd.Series(values).astype("Int64").mask(where)


def _means(sums: pd.DataFrame) -> dict[str, float]:
    return {str(level): round(float(e / n), 6) for level, e, n in zip(sums.index, sums["expected"], sums["exposure"], strict=True)}


def truth(world: World, log: pd.DataFrame) -> dict[str, Any]:
    """What the lessons compare their answers with.

    cells: the true click rate of every cell that occurs (six words joined by |, in the order of axes); groups: the mean of those rates
    by level, weighted by exposure; effects: on the log-odds; sds: of the effects of a cell and of a piece.
    """
    cells = log[list(AXES)].drop_duplicates().sort_values(list(AXES)).reset_index(drop=True)
    rate = expit(world.click_logit(cells))
    clicked = log.assign(c=log["clicks"] * world.conversion_rate(log["segment"], log["stage"])).groupby("segment")[["c", "clicks"]].sum()
    weight = log["impressions"].fillna(0).add(log["delivered"].fillna(0)).astype(float)
    seen = log.assign(exposure=weight, expected=weight * expit(world.click_logit(log[list(AXES)])))
    groups = {a: _means(seen.groupby(a)[["expected", "exposure"]].sum()) for a in AXES}
    return {
        "seed": world.seed,
        "axes": list(AXES),
        "groups": groups,
        "effects": {"|".join(a): {"|".join(k): round(v, 4) for k, v in table.items()} for a, table in world.effects.items()},
        "cells": {"|".join(row): round(float(p), 6) for row, p in zip(cells.itertuples(index=False), rate, strict=True)},
        "segments": {"conversion_rate": {s: round(float(r.c / r.clicks), 5) for s, r in clicked.iterrows()}},
        "sds": {"cell": CELL_SD, "item": ITEM_SD},
        "planted": {
            "three_conversions": {"segment": LUCKY, "conversions": 3},
            "simpson": {
                "content_types": list(REVERSED),
                "factor": "segment",
                "ahead_in_every_segment": REVERSED[0],
                "odds_ratio": round(float(np.exp(0.22)), 4),
            },
        },
    }
