"""Worlds of e-mails in which it is known what a rhythm causes: drawn by lot, led by who people are, or led by what they just did.

In each, a mail is clicked with a chance that depends on the person's engagement and on the month's rhythm, and each mail may be the last
one. What differs is who is mailed more: that is what an analysis has to see through.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from mktlib.simulate.world import World

FIRST_MONTH = "2026-01-01"


@dataclass(frozen=True, kw_only=True)
class Mailings:
    """A world. click, leave: log-odds of a click and of leaving, each mail, of a person of average engagement. spread: of engagement.

    wear, tired: what one more mail a month adds to those log-odds. even: the clicks of a month do not depend on its mails at all. usual:
    mails a month. follows: what engagement adds to the log of the mails; reacts: what each of last month's clicks adds. keeps: how much
    of engagement is kept from month to month (1: constant). fixed: a person's rhythm never changes. arms: rhythms drawn by lot.
    """

    click: float = -3.0
    leave: float = -6.3
    spread: float = 0.8
    wear: float = -0.12
    tired: float = 0.12
    even: bool = False
    usual: float = 3.5
    follows: float = 0.0
    reacts: float = 0.0
    keeps: float = 1.0
    fixed: bool = False
    arms: tuple[int, ...] = ()
    most: int = 14

    def chance(self, u: np.ndarray, mails: np.ndarray | float) -> np.ndarray:
        """Of a click, each mail."""
        if self.even:
            return np.asarray(np.minimum(expit(self.click + u) * 4 / np.maximum(mails, 1), 1.0))
        return np.asarray(expit(self.click + u + self.wear * mails))

    def leaving(self, u: np.ndarray, mails: np.ndarray | float) -> np.ndarray:
        """Of leaving in a month."""
        return np.asarray(1 - (1 - expit(self.leave - 0.4 * u + self.tired * mails)) ** mails)


WORLDS = {
    "randomised": Mailings(arms=(2, 4, 8)),
    "constant": Mailings(follows=0.5),
    "reacting": Mailings(reacts=0.35),
    "both": Mailings(follows=0.4, reacts=0.25),
    "drifting": Mailings(follows=0.5, keeps=0.7),
    "no_overlap": Mailings(follows=0.5, fixed=True),
    "best_at_4": Mailings(follows=0.4, wear=-0.21, tired=0.08),
    "best_at_7": Mailings(follows=0.4, wear=-0.10, tired=0.05, usual=5.0),
    "flat": Mailings(follows=0.4, even=True, tired=0.0, leave=-7.5),
}
TEST = Mailings(arms=(2, 4, 8), click=-1.3, spread=0.5, wear=-0.2, tired=0.12, leave=-6.0)
"""The sample `sends_test`: four e-mails a month are worth most, drawn by lot."""
TEST_PEOPLE, TEST_MONTHS = 750, 3
SEGMENTS = ("city_trendsetters", "parents", "students")


def truth(world: Mailings, rhythms: np.ndarray, *, draws: int = 200_000) -> pd.DataFrame:
    """What steady rhythms cause: clicks a customer and month, and the chance to leave in it."""
    u = np.random.default_rng(0).normal(0, world.spread, draws)
    rows = [(int(a), a * float(world.chance(u, a).mean()), float(world.leaving(u, a).mean())) for a in map(float, rhythms)]
    return pd.DataFrame(rows, columns=["per_month", "clicks", "leave"])


def mailings(world: Mailings, *, people: int, months: int, seed: int | list[int]) -> pd.DataFrame:
    """A log of e-mails: member_id, sent_at, clicks, unsubscribes, conversions, revenue, and arm where rhythms are drawn by lot.

    A month's mails all go out; who has left is mailed no more.
    """
    rng = np.random.default_rng(seed)
    u = rng.normal(0, world.spread, people)
    arm = np.array(world.arms)[rng.integers(len(world.arms), size=people)] if world.arms else np.zeros(people, int)
    steady = np.clip(np.rint(world.usual * np.exp(world.follows * u)), 1, world.most).astype(int)
    on, clicked, parts = np.ones(people, bool), np.zeros(people), []
    for month in range(months):
        wanted = arm if world.arms else steady if world.fixed else _mails(world, rng, u, clicked)
        clicked = np.zeros(people)
        parts.append(_sent(world, rng, month, u, np.where(on, wanted, 0), clicked))
        on[parts[-1].loc[parts[-1]["unsubscribes"] > 0, "person"]] = False
        u = world.keeps * u + np.sqrt(1 - world.keeps**2) * rng.normal(0, world.spread, people)
    frame = pd.concat(parts, ignore_index=True)
    frame.insert(0, "member_id", "P" + frame["person"].astype(str).str.zfill(6))
    if world.arms:
        frame["arm"] = arm[frame["person"]]
    return frame.drop(columns="person")


def _mails(world: Mailings, rng: np.random.Generator, u: np.ndarray, clicked: np.ndarray) -> np.ndarray:
    mean = np.log(world.usual) + world.follows * u + world.reacts * np.minimum(clicked, 3) - world.follows**2 * world.spread**2 / 2
    return np.minimum(rng.poisson(np.exp(mean)), world.most)


def _sent(world: Mailings, rng: np.random.Generator, month: int, u: np.ndarray, mails: np.ndarray, clicked: np.ndarray) -> pd.DataFrame:
    """The mails of one month; writes the clicks of each person into `clicked`."""
    person = np.repeat(np.arange(len(mails)), mails)
    rhythm = mails[person].astype(float)
    click = rng.random(len(person)) < world.chance(u[person], rhythm)
    np.add.at(clicked, person, click)
    quits = rng.random(len(person)) < expit(world.leave - 0.4 * u[person] + world.tired * rhythm)
    first = np.full(len(mails), len(person))
    np.minimum.at(first, person[quits], np.flatnonzero(quits))
    bought = click & (rng.random(len(person)) < 0.06)
    start = pd.Timestamp(FIRST_MONTH) + pd.DateOffset(months=month)
    at = start + pd.to_timedelta(rng.integers(0, 27 * 24, len(person)), unit="h")
    leaves = np.arange(len(person)) == first[person]
    table = {"person": person, "sent_at": at, "clicks": click.astype(int), "unsubscribes": leaves.astype(int)}
    return pd.DataFrame(table | {"conversions": bought.astype(int), "revenue": np.where(bought, 60.0, 0.0)})


def sends_test(world: World) -> pd.DataFrame:
    """A test of rhythms drawn by lot: two, four or eight e-mails a month, in `arm`."""
    log = mailings(TEST, people=TEST_PEOPLE, months=TEST_MONTHS, seed=[world.seed, 41]).sort_values(["sent_at", "member_id"], kind="stable")
    segment = np.random.default_rng([world.seed, 42]).choice(SEGMENTS, TEST_PEOPLE)
    log.insert(2, "segment", segment[log["member_id"].str[1:].astype(int)])
    return log.drop(columns=["conversions", "revenue"]).assign(sent_at=log["sent_at"].dt.strftime("%Y-%m-%dT%H:%M:00Z"))


def planted() -> dict[str, Any]:
    """What the arms of `sends_test` cause, a customer and month: clicks, and the chance to leave."""
    known = truth(TEST, np.array(TEST.arms), draws=50_000).round(5)
    return {"rhythm_test": {"arms": {str(r.per_month): {"clicks": r.clicks, "leave": r.leave} for r in known.itertuples()}}}
