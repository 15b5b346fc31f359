"""E-mails a month in worlds that the call was not built on: python benchmarks/rhythm_unseen.py [runs] [seed] [world ...]

Engagement that passes, decays after joining or stays; senders who look at the month's engagement, at the last purchase, at the top of the
last quarter; people who join all along; a season of mails and clicks common to all; a few very heavy clickers; one change of rhythm for
all. Truth is counted over the people-months that were on the list. SIZES sets the lists: people and months.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

SIZES = ((600, 6), (1000, 8), (2500, 10))
HORIZON, LEVEL = 24, 0.9


@dataclass(frozen=True, kw_only=True)
class World:
    """sender: "engaged" (mails follow this month's engagement by `follows`), "recency", "quarter", "switch", "lot". keeps: of passing
    engagement a month, whose spread is `passing`; decay: of log engagement lost with the months since joining. kink: clicks fall from four
    mails on only."""

    sender: str = "engaged"
    follows: float = 0.4
    spread: float = 0.8
    heavy: bool = False
    passing: float = 0.0
    keeps: float = 0.6
    decay: float = 0.0
    joins: bool = False
    season: bool = False
    kink: bool = False

    def click(self, u: np.ndarray, a: np.ndarray | float) -> np.ndarray:
        wear = -0.25 * np.maximum(np.asarray(a) - 3, 0) if self.kink else -0.11 * np.asarray(a)
        return np.asarray(np.minimum(np.exp(-2.9 + u + wear), 0.9))

    def leave(self, u: np.ndarray, a: np.ndarray | float) -> np.ndarray:
        return np.asarray(1 - (1 - expit(-6.2 - 0.3 * u + 0.11 * np.asarray(a))) ** a)


WORLDS = {
    "lot, joiners, season, heavy, decay": World(sender="lot", joins=True, season=True, heavy=True, decay=0.8),
    "engaged": World(),
    "engaged, kinked": World(kink=True),
    "engaged, season": World(season=True),
    "engaged, joiners": World(joins=True),
    "engaged, heavy": World(heavy=True),
    "recency": World(sender="recency"),
    "quarter": World(sender="quarter"),
    "one change": World(sender="switch"),
    "passing, engaged": World(passing=0.6),
    "passing slowly, engaged": World(passing=0.6, keeps=0.85),
    "passing a little, engaged": World(passing=0.2),
    "passing fast, engaged": World(passing=0.6, keeps=0.25),
    "gone next month, engaged": World(passing=0.6, keeps=0.0),
    "passing, recency": World(sender="recency", passing=0.8, keeps=0.7),
    "passing, quarter": World(sender="quarter", passing=0.8, keeps=0.8),
    "decay, joiners, engaged": World(decay=1.2, joins=True),
    "decay, joiners, season, recency": World(sender="recency", decay=1.2, joins=True, season=True),
}


def simulated(world: World, people: int, months: int, seed: list[int]) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """(log, engagement with season (n,), engagement (n,) of the people-months on the list)."""
    rng = np.random.default_rng(seed)
    base = np.clip(rng.standard_t(3, people) * 0.6, -2.5, 2.6) if world.heavy else rng.normal(0, world.spread, people)
    moving = rng.normal(0, world.passing, people)
    entry = np.where(rng.random(people) < 0.5, 0, rng.integers(0, months - 1, people)) if world.joins else np.zeros(people, int)
    own, arm = rng.gamma(4, 0.25, people), np.array([2, 4, 8])[rng.integers(3, size=people)]
    on, past, bought = np.ones(people, bool), np.zeros((3, people)), np.full(people, 2)
    parts, seen = [], []
    for m in range(months):
        tide = 0.5 * np.cos(2 * np.pi * (m - 2) / 6) if world.season else 0.0
        u = base + moving - world.decay * (1 - np.exp(-np.maximum(m - entry, 0) / 3.0))
        here = on & (entry <= m)
        mails = np.where(here, np.clip(_wanted(world, rng, u, past, bought, own, arm, m >= months // 2, tide), 0, 14), 0)
        seen.append((u[here] + tide, u[here]))
        person = np.repeat(np.arange(people), mails)
        a = mails[person].astype(float)
        clicks = rng.random(len(person)) < world.click(u[person] + tide, a)
        quits = rng.random(len(person)) < expit(-6.2 - 0.3 * u[person] + 0.11 * a)
        first = quits & ~pd.Series(np.where(quits, person, -1)).duplicated().to_numpy()
        at = pd.Timestamp("2026-01-01") + pd.DateOffset(months=m) + pd.to_timedelta(rng.integers(0, 27 * 24, len(person)), unit="h")
        parts.append(
            pd.DataFrame({"member_id": person, "sent_at": at, "clicks": clicks * 1, "unsubscribes": first * 1, "arm": arm[person]})
        )
        got = np.bincount(person, clicks, minlength=people)
        past = np.vstack([past[1:], got])
        bought = np.where(rng.random(people) < 1 - 0.6**got, 0, bought + 1)
        on[person[first]] = False
        moving = world.keeps * moving + np.sqrt(1 - world.keeps**2) * rng.normal(0, world.passing, people)
    frame = pd.concat(parts, ignore_index=True)
    frame["member_id"] = "P" + frame["member_id"].astype(str).str.zfill(5)
    return frame, *(np.concatenate(v) for v in zip(*seen, strict=True))


def _wanted(
    world: World, rng: np.random.Generator, u: np.ndarray, past: np.ndarray, bought: np.ndarray, own: np.ndarray, arm: np.ndarray,
    late: bool, tide: float,
) -> np.ndarray:  # fmt: skip
    """E-mails of the month for each person."""
    if world.sender == "lot":
        return arm
    if world.sender == "switch":
        return np.rint(3.0 * own * np.exp(world.follows * u) * (1.7 if late else 1.0)).astype(int)
    score = past.sum(axis=0)
    mean = {
        "engaged": np.exp(world.follows * np.clip(u, -3, 3)),
        "recency": np.where(bought <= 1, 1.8, np.where(bought <= 3, 1.1, 0.7)),
        "quarter": np.where(score >= max(1.0, float(np.quantile(score, 0.75))), 2.0, 0.8),
    }[world.sender]
    return rng.poisson(3.3 * mean * np.exp(0.8 * tide))


def one(world: World, people: int, months: int, seed: list[int]) -> dict[str, object]:
    """One log, judged beside the truth."""
    from mktlib.mailing.judged import _means, _places
    from mktlib.mailing.months import Asked, read_months
    from mktlib.mailing.remaining import stays
    from mktlib.mailing.rhythm import email_rhythm

    log, tides, u = simulated(world, people, months, seed)
    assigned = "arm" if world.sender == "lot" else None
    made = email_rhythm(log, by=None, worth={"clicks": 1.0}, assigned=assigned, months=HORIZON, level=LEVEL, zone="UTC")
    row, curves = made.segments.iloc[0], {k: p for k, p in made.curves.groupby("outcome")}
    out: dict[str, object] = {"answers": row["verdict"] in ("randomised", "adjusted"), "why": row["why"]}
    rhythms = made.table["per_month"].to_numpy(float)
    if not len(rhythms):
        return out
    true = {"clicks": np.array([a * world.click(tides, a).mean() for a in rhythms])}
    true["leave"] = np.array([world.leave(u, a).mean() for a in rhythms])
    true["life"] = true["clicks"] * stays(true["leave"], HORIZON, 0.0)[0]
    table = read_months(log, None, None, Asked(by=None, assigned=None, planned=None, worth={"clicks": 1.0}, zone="UTC"), found=[])
    plain = _means(table, _places(table.mails, rhythms), table.outcomes["clicks"], len(rhythms))
    if plain is not None:
        off = np.abs(plain.log - np.log(true["clicks"])) / np.sqrt(np.diag(plain.cover))
        out["plain_in"] = float((off < 1.645).mean())
    if not out["answers"]:
        return out
    for what, goal in true.items():
        part = made.table if what == "life" else curves[what]
        out[f"{what}_in"] = float(((part["low"] <= goal) & (goal <= part["high"])).mean())
        out[f"{what}_wide"] = float(np.log(part["high"] / part["low"]).mean())
    good = true["life"] >= 0.95 * true["life"].max()
    out["good"] = float(good[rhythms == row["best"]][0])
    out["zone"] = float(row["flat_low"] <= rhythms[int(np.argmax(true["life"]))] <= row["flat_high"])
    return out | {"plain_good": float(good[int(np.argmax(np.nan_to_num(curves["life"]["naive"].to_numpy())))])}


def main(runs: int, seed: int, names: Iterable[str]) -> None:
    print("| world | people, months | answers | cannot tell, because | life in range | clicks | leaving | plain clicks", end="")
    print(" | best among those as good | named within 5 % | plain |")
    print("|" + "---|" * 11, flush=True)
    for name in names or WORLDS:
        for people, months in SIZES:
            rows = pd.DataFrame([one(WORLDS[name], people, months, [seed, k, people]) for k in range(runs)])
            why = ", ".join(f"{k} {n}" for k, n in Counter(rows.loc[~rows["answers"], "why"]).most_common()) or "–"
            cells = [name, f"{people}, {months}", f"{int(rows['answers'].sum())} of {runs}", why]
            for column in ("life_in", "clicks_in", "leave_in", "plain_in", "zone", "good", "plain_good"):
                seen = rows[column].dropna() if column in rows else pd.Series(dtype=float)
                cells.append(f"{seen.mean():.2f}" if len(seen) else "–")
            print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    given = sys.argv[1:]
    main(int(given[0]) if given else 12, int(given[1]) if len(given) > 1 else 1, given[2:])
