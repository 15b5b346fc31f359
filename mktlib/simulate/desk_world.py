"""The truth behind an ad desk: audiences, creatives and the market of one preset and one seed, as arrays.

The rows of `tables/desk.toml` are the middle of what a seed may draw; two seeds differ in every number, so that nobody learns the rows by
heart. All draws of a world hang on (seed, platform, week, day, ad set) and on nothing that a player does: common random numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from mktlib.simulate.auction import Auction, Floats, auction
from mktlib.vocabulary import ad_desk

DAYS, FIRST_DAY, CURRENCY = 7, date(2026, 9, 7), "EUR"
DRAWS = 8
"""Uniform numbers of one ad and day: impressions, clicks, sales by kind, price, mood of the day."""
MARKET, DAILY, LATE, SHOP, LIFT = range(5)
RATES = ("click", "extra", "anyway", "viewed", "price", "bought")


def preset_names() -> tuple[str, ...]:
    return tuple(ad_desk()["desk"])


def rule(name: str, platform: str) -> Any:
    """The value of an assumption; of this platform where it differs between them."""
    value = ad_desk()["desk_rules"][name]["value"]
    return value[platform] if isinstance(value, Mapping) else value


def assumptions(platform: str, language: str) -> pd.DataFrame:
    """What the model assumes for a platform, one row an assumption: name, what, value, source, year, conf."""
    rows = [
        (name, row["label"].get(language, row["label"]["en"]), rule(name, platform), row["source"], row["year"], row["conf"])
        for name, row in ad_desk()["desk_rules"].items()
    ]
    return pd.DataFrame(rows, columns=["name", "what", "value", "source", "year", "conf"])


def rng_of(seed: int, platform: str, *key: int) -> np.random.Generator:
    """The one source of chance: a generator of its own for every place in the world."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(preset_names().index(platform), *key)))


@dataclass(frozen=True)
class AdSet:
    """What a person knows of an ad set."""

    name: str
    campaign: str
    kind: str
    label: Mapping[str, str]
    creatives: tuple[str, ...]


@dataclass(frozen=True)
class World:
    """One preset and seed. Arrays run over (ad set), (ad set, creative), (week, day, ad set, part of the day)."""

    platform: str
    seed: int
    weeks: int
    sets: tuple[AdSet, ...]
    auction: Auction
    kind: str
    unit: str
    export: str
    basket: float
    margin: float
    orders: float
    people: Floats
    daily: Floats
    rates: Mapping[str, Floats]
    overlap: Floats
    """(a, b): share of the people of a who are in b."""
    clicky: Floats
    """(ad set, creative): clicks of a creative against the ad set's; 0 where there is no such creative."""
    selling: Floats
    market: Floats
    """(week, day, ad set, part): the rivals' median against its usual height."""
    luck: Floats
    """(week, day, ad set, creative, draw): uniform numbers."""
    late: Floats
    """Share of the sales that are credited 0, 1, 2 ... days after the click."""

    @property
    def worth(self) -> float:
        """What one sale leaves before the cost of ads (EUR)."""
        return self.basket * self.margin

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(s.name for s in self.sets)


@lru_cache(maxsize=64)
def make_world(platform: str, seed: int, weeks: int) -> World:
    row = ad_desk()["desk"][platform]
    rows = [(campaign, name, r) for campaign, sets in row["campaigns"].items() for name, r in sets.items()]
    sets = tuple(AdSet(name, campaign, r["kind"], r["label"], tuple(r["creatives"])) for campaign, name, r in rows)
    draw = rng_of(seed, platform, MARKET)
    spread, most = float(rule("world_spread", platform)), max(len(s.creatives) for s in sets)
    rates = {k: np.array([r[k] for *_, r in rows]) * np.exp(spread * draw.standard_normal(len(sets))) for k in RATES}
    apart = float(rule("creative_spread", platform))
    clicky, selling = (np.exp(apart * draw.standard_normal((len(sets), most))) for _ in range(2))
    there = np.array([[c < len(s.creatives) for c in range(most)] for s in sets])
    kind = str(row["auction"])
    return World(
        platform=platform,
        seed=seed,
        weeks=weeks,
        sets=sets,
        auction=auction(kind, row["spread"], row.get("rivals", 1), tuple(row.get("places", (1.0,)))),
        kind=kind,
        unit=row["unit"],
        export=row["export"],
        basket=float(row["basket"]),
        margin=float(row["margin"]),
        orders=float(row["orders"]),
        people=np.array([float(r["people"]) for *_, r in rows]),
        daily=np.array([float(r["daily"]) for *_, r in rows]),
        rates=rates,
        overlap=_overlap(rows),
        clicky=clicky * there,
        selling=selling * there,
        market=_market(platform, seed, weeks, len(sets)),
        luck=_luck(platform, seed, weeks, len(sets), most),
        late=_late(platform),
    )


def _overlap(rows: list[tuple[str, str, Any]]) -> Floats:
    """From one side's share to both: the people shared are the same people."""
    names, people = [name for _, name, _ in rows], [float(r["people"]) for *_, r in rows]
    both = np.zeros((len(rows), len(rows)))
    for i, (*_, r) in enumerate(rows):
        for name, share in r.get("shared", {}).items():
            j = names.index(name)
            both[i, j] = both[j, i] = share * people[i]
    return both / np.array(people)[:, None]


def _market(platform: str, seed: int, weeks: int, sets: int) -> Floats:
    """Heights of the market: of the part of the day, of the platform's day, of the ad set's day."""
    parts = np.array([r["price"] for r in ad_desk()["desk_parts"].values()])
    noise = float(rule("market_noise", platform))
    z = np.zeros((weeks, DAYS, sets, len(parts)))
    for w in range(weeks):
        for d in range(DAYS):
            of_all = rng_of(seed, platform, MARKET, w, d).standard_normal()
            own = np.array([rng_of(seed, platform, MARKET, w, d, a).standard_normal(1 + len(parts)) for a in range(sets)])
            z[w, d] = 0.6 * of_all + 0.6 * own[:, :1] + 0.5 * own[:, 1:]
    return parts * np.exp(noise * z)


def _luck(platform: str, seed: int, weeks: int, sets: int, creatives: int) -> Floats:
    out = np.zeros((weeks, DAYS, sets, creatives, DRAWS))
    for w in range(weeks):
        for d in range(DAYS):
            for a in range(sets):
                out[w, d, a] = rng_of(seed, platform, DAILY, w, d, a).random((creatives, DRAWS))
    return np.clip(out, 1e-12, 1 - 1e-12)


def _late(platform: str) -> Floats:
    mean, window = float(rule("delay", platform)), int(rule("window", platform))
    share = (mean / (1 + mean)) ** np.arange(window + 1)
    return np.asarray(share / share.sum())
