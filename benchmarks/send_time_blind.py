"""Lists drawn without a thought for the method: what its best guess of a send time loses, beside the raw best hour and beside 10:00.

Written by somebody else than the method and its first benchmark, before that one was read. Each list differs: 8 to 40 messages, 1 to 4
segments of unequal size, 3 to 9 hours of which some are seldom used, clicks of 1 to 3 %, messages alike or of very different quality, and
as often as not every message leaves at one hour only.

    python benchmarks/send_time_blind.py --runs 40 --seed 1
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit

import mktlib as mk

SIZES = (500, 1_000, 2_000, 5_000, 10_000)
TENTH = 10
HOURS = np.arange(24)


def bump(centre: float, width: float) -> np.ndarray:
    apart = np.abs((HOURS - centre + 12) % 24 - 12)
    return np.asarray(np.exp(-0.5 * (apart / width) ** 2))


def flat(rng: np.random.Generator, used: np.ndarray) -> np.ndarray:
    return np.zeros((7, 24))


def one_peak(rng: np.random.Generator, used: np.ndarray) -> np.ndarray:
    return np.tile(rng.uniform(0.25, 0.8) * bump(rng.uniform(7, 22), rng.uniform(1.5, 3.5)), (7, 1))


def two_peaks(rng: np.random.Generator, used: np.ndarray) -> np.ndarray:
    first, second = rng.uniform(7, 12), rng.uniform(16, 22)
    return np.tile(rng.uniform(0.2, 0.7) * bump(first, 1.5) + rng.uniform(0.2, 0.7) * bump(second, 2), (7, 1))


def narrow(rng: np.random.Generator, used: np.ndarray) -> np.ndarray:
    """One hour is better than all others."""
    return np.tile(rng.uniform(0.3, 0.7) * (rng.choice(used) == HOURS), (7, 1))


def seldom(rng: np.random.Generator, used: np.ndarray) -> np.ndarray:
    """The peak is about the hour that is used least (the last of them)."""
    return np.tile(rng.uniform(0.3, 0.8) * bump(used[-1], 1.0), (7, 1))


def rough(rng: np.random.Generator, used: np.ndarray) -> np.ndarray:
    """Every hour is what it is, whatever its neighbours are."""
    return np.tile(rng.normal(0, 0.2, 24), (7, 1))


def weekdays(rng: np.random.Generator, used: np.ndarray) -> np.ndarray:
    return np.tile(rng.normal(0, 0.25, 7)[:, None], (1, 24))


def week_and_end(rng: np.random.Generator, used: np.ndarray) -> np.ndarray:
    """Office hours on working days, evenings at the end of the week."""
    office, evening = rng.uniform(0.2, 0.6) * bump(rng.uniform(8, 13), 2.0), rng.uniform(0.2, 0.6) * bump(rng.uniform(17, 22), 2.0)
    return np.vstack([np.tile(office, (5, 1)), np.tile(evening, (2, 1))])


def mornings(rng: np.random.Generator, used: np.ndarray) -> np.ndarray:
    """10:00 is best."""
    return np.tile(rng.uniform(0.25, 0.8) * bump(10, rng.uniform(1.5, 3)), (7, 1))


WORLDS = {f.__name__: f for f in (flat, mornings, one_peak, two_peaks, narrow, seldom, rough, weekdays, week_and_end)}
MORE = ("good_late", "few_unlike", "segments")


def a_list(rng: np.random.Generator, world: str, size: int) -> tuple[pd.DataFrame, list[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """(rows of sendings, the true effect of each segment (7, 24), the hours and weekdays that were used)."""
    messages = 8 if world == "few_unlike" else int(rng.choice([8, 12, 16, 24, 40]))
    quality = rng.uniform(0.7, 1.0) if world == "few_unlike" else rng.uniform(0.1, 0.5)
    share = rng.dirichlet(np.full(int(rng.integers(1, 5)), 2.0))
    others = rng.choice(np.setdiff1d(np.arange(7, 23), [TENTH]), int(rng.integers(2, 9)), replace=False)
    used = np.insert(others, int(rng.integers(0, 2)), TENTH)
    often = 0.75 ** np.arange(len(used))
    days = np.arange(7) if rng.random() < 0.5 else np.sort(rng.choice(5, int(rng.integers(2, 6)), replace=False))
    same = "flat" if world == "good_late" else "one_peak" if world in MORE else world
    shared = WORLDS[same](rng, used)
    truth = [WORLDS["one_peak"](rng, used) if world == "segments" else shared for _ in share]
    base, split = logit(rng.uniform(0.01, 0.03)) + rng.normal(0, 0.2, len(share)), rng.random() < 0.5
    rows = []
    for m in range(messages):
        at = rng.choice(used, min(int(rng.integers(2, 4)), len(used)) if split else 1, replace=False, p=often / often.sum())
        day = int(rng.choice(days))
        luck = rng.normal(0, quality) + (0.4 * (at.max() >= 17) if world == "good_late" else 0.0)
        for s, part in enumerate(share):
            own = luck + rng.normal(0, 0.1)
            for hour, n in zip(at, rng.multinomial(max(round(part * size), 1), np.full(len(at), 1 / len(at))), strict=True):
                eta = base[s] + truth[s][day, hour] + own + rng.normal(0, 0.1)
                rows.append((m, f"s{s}", day, int(hour), int(n), int(rng.binomial(n, expit(eta)))))
    frame = pd.DataFrame(rows, columns=["campaign", "segment", "weekday", "hour", "delivered", "clicks"])
    week = pd.Timestamp("2026-01-05") + pd.to_timedelta(7 * (frame["campaign"] * 12 // messages) + frame["weekday"], unit="D")
    frame = frame.assign(sent_at=week + pd.to_timedelta(frame["hour"], unit="h"))
    return frame[frame["delivered"] > 0], truth, (np.unique(frame["hour"]), np.unique(frame["weekday"]))


def raw(mine: pd.DataFrame, keys: list[str]) -> tuple[int, ...]:
    """The hour (or weekday and hour) of the highest click rate."""
    sums = mine.groupby(keys)[["clicks", "delivered"]].sum()
    best = (sums["clicks"] / sums["delivered"]).idxmax()
    return best if isinstance(best, tuple) else (best,)


def judged(rng: np.random.Generator, world: str, size: int) -> list[dict[str, float]]:
    """One row a segment: what is lost by each choice, and what was said."""
    frame, truth, (hours, days) = a_list(rng, world, size)
    result = mk.send_time(frame.drop(columns=["weekday", "hour"]), clock="recipient")
    told = {str(g["segment"]): g for g in result.facts["groups"]}
    out = []
    for s, effect in enumerate(truth):
        if group := told.get(f"s{s}"):
            mine, table = (f[f["segment"] == f"s{s}"] for f in (frame, result.table.dropna(subset=["rate"])))
            out.append(lost(np.exp(effect), mine, group, hours, days) | honest(np.exp(effect), table, group))
    return out


def lost(rate: np.ndarray, mine: pd.DataFrame, group: dict[str, Any], hours: np.ndarray, days: np.ndarray) -> dict[str, float]:
    """Shares of the best hour's clicks, the weekday left as it is, and of those of the best weekday and hour."""
    cells, by_hour, guess = rate[np.ix_(days, hours)], rate[days].mean(axis=0), "hour" in group
    ten, (hour,), (on, at) = rate[:5, TENTH].mean(), raw(mine, ["hour"]), raw(mine, ["weekday", "hour"])
    lean = rate[group["weekday"] - 1, group["hour"]] if guess else ten
    shown = lean if group["verdict"] == "better" else ten
    of_hour = {"raw": by_hour[hour], "ten": by_hour[TENTH], "guess": by_hour[group["hour"] if guess else TENTH]}
    of_cell = {"raw cell": rate[on, at], "guess cell": lean, "shown": shown}
    return {k: 1 - v / by_hour[hours].max() for k, v in of_hour.items()} | {k: 1 - v / cells.max() for k, v in of_cell.items()}


def honest(rate: np.ndarray, table: pd.DataFrame, group: dict[str, Any]) -> dict[str, float]:
    """What was named, and whether it and the ranges are right."""
    true = (rate[table["weekday"] - 1, table["hour"]] / rate[:5, TENTH].mean() - 1).clip(-1)
    inside = (table["lift_low"] - 1e-9 <= true) & (true <= table["lift_high"] + 1e-9)
    said = {"named": float(group["verdict"] == "better"), "wrong": float((true[table["best"]] <= 1e-9).any())}
    return said | {"range": float(inside.mean()) if len(table) else np.nan, "of guess": float(inside[table["lean"]].mean())}


def one(world: str, size: int, seed: list[int]) -> dict[str, float | str]:
    """A list: means over its segments; a list is wrong where any of them is told a time that is no better."""
    rows = pd.DataFrame(judged(np.random.default_rng(seed), world, size))
    return {"world": world, "list": f"{size:,}", **rows.mean(), "wrong": float(rows["wrong"].max())}


def table(lists: pd.DataFrame, by: str) -> str:
    means = lists.groupby(by, sort=False).mean(numeric_only=True)
    means["guess - raw"] = lists["guess"].sub(lists["raw"]).groupby(lists[by], sort=False).mean()
    means["error"] = lists["guess"].sub(lists["raw"]).groupby(lists[by], sort=False).sem()
    lines = ["| " + " | ".join([by, *means.columns]) + " |", "|---" * (len(means.columns) + 1) + "|"]
    return "\n".join(
        [
            *lines,
            *(f"| {name} | " + " | ".join(f"{v:.3f}" for v in row) + " |" for name, row in zip(means.index, means.to_numpy(), strict=True)),
        ]
    )


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--runs", type=int, default=40)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--world", choices=[*WORLDS, *MORE], action="append")
    asked.add_argument("--size", type=int, action="append")
    given = asked.parse_args()
    began, names = time.process_time(), [*WORLDS, *MORE]
    lists = pd.DataFrame(
        one(world, size, [given.seed, names.index(world), size, k])
        for world in given.world or names
        for size in given.size or SIZES
        for k in range(given.runs)
    )
    print(table(lists, "world"), table(lists, "list"), sep="\n\n")
    print(f"{time.process_time() - began:.0f} s of processor")


if __name__ == "__main__":
    main()
