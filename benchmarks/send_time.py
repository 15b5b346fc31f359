"""Lists with a known best hour: what is lost by the raw best hour, by always 10:00, and by `send_time`; how often a time is wrongly named.

python benchmarks/send_time.py --runs 40
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from mktlib.mailing import send_time

SIZES = (500, 1_000, 2_000, 5_000, 10_000)
SEGMENTS = {"a": (0.5, 0.03), "b": (0.3, 0.02), "c": (0.2, 0.025)}
"""Share of the list, rate at an ordinary hour."""
ZONES = {"Europe/Paris": 0.8, "Europe/London": 0.15, "America/Montreal": 0.05}
SENT_AT = (7, 9, 10, 12, 15, 18, 20)
MESSAGES, MESSAGE, APART, SENDING = 24, 0.3, 0.1, 0.08
DAY, HOUR = np.repeat(np.arange(7), 24), np.tile(np.arange(24), 7)
OFFICE = (DAY < 5) & (HOUR == 10)


def bump(hour: np.ndarray, at: float, size: float) -> np.ndarray:
    """A smooth peak that is half as high about three hours away."""
    return np.asarray(size * np.exp(3.0 * (np.cos(2 * np.pi * (hour - at) / 24) - 1)))


def effect(world: str, segment: str) -> np.ndarray:
    """(168,) logits of each hour of the week beside an ordinary one."""
    peaks = {
        "one peak": bump(HOUR, 18, 0.4),
        "peak at 10:00": bump(HOUR, 10, 0.4),
        "two peaks": bump(HOUR, 8, 0.3) + bump(HOUR, 20, 0.4),
        "weekday by hour": np.where(DAY < 3, bump(HOUR, 8, 0.45), bump(HOUR, 19, 0.45)) + 0.1 * (DAY == 1),
        "segments differ": {"a": bump(HOUR, 19, 0.45), "b": np.zeros(168), "c": bump(HOUR, 8, 0.45)}[segment],
    }
    return np.asarray(peaks.get(world, np.zeros(168)))


WORLDS = ("flat", "one peak", "two peaks", "weekday by hour", "segments differ", "good messages in the evening", "peak at 10:00")


def truth(world: str) -> dict[str, np.ndarray]:
    return {name: expit(logit(rate) + effect(world, name)) for name, (_, rate) in SEGMENTS.items()}


def sends(rng: np.random.Generator, world: str, size: int, messages: int = MESSAGES) -> pd.DataFrame:
    """Two messages a week from Monday to Saturday; half of them at one hour for all, half split by lot between two or three hours."""
    day = pd.Timestamp("2026-01-05")
    rows = []
    for m in range(messages):
        luck = rng.normal(0, MESSAGE)
        hours = rng.choice(SENT_AT, int(rng.choice([1, 1, 2, 3])), replace=False)
        if world == "good messages in the evening" and len(hours) == 1:
            hours = np.array([18 if luck > 0.1 else rng.choice(SENT_AT[:4])])
        sent = day + pd.Timedelta(days=int(3.5 * m) // 7 * 7 + int(rng.integers(6)))
        theirs = {name: rng.normal(luck, APART) for name in SEGMENTS}
        for hour in hours:
            at = (sent + pd.Timedelta(hours=int(hour))).tz_localize("Europe/Paris").tz_convert("UTC")
            for name, (share, rate) in SEGMENTS.items():
                for zone, part in ZONES.items():
                    there = at.tz_convert(zone)
                    n = rng.binomial(size, share * part / len(hours))
                    eta = logit(rate) + effect(world, name)[there.day_of_week * 24 + there.hour] + theirs[name] + rng.normal(0, SENDING)
                    rows.append((f"m{m:02d}", name, zone, at, n, rng.binomial(n, expit(eta))))
    frame = pd.DataFrame(rows, columns=["campaign", "segment", "zone", "sent_at", "delivered", "clicks"])
    return frame[frame["delivered"] > 0].reset_index(drop=True)


def raw_best(frame: pd.DataFrame, segment: str, *, by_day: bool) -> np.ndarray:
    """(168,) where the highest share of clicks was seen, hours (or hours of a weekday) with too little mail apart."""
    mine = frame[frame["segment"] == segment]
    local = [at.tz_convert(zone) for at, zone in zip(mine["sent_at"], mine["zone"], strict=True)]
    cell = np.array([t.day_of_week * 24 + t.hour if by_day else t.hour for t in local])
    y, n = np.bincount(cell, mine["clicks"]), np.bincount(cell, mine["delivered"])
    best = int(np.where(n >= 0.03 * n.sum(), y / np.maximum(n, 1), -1).argmax())
    return np.arange(168) == best if by_day else (best == HOUR) & (DAY < 6)


ACTS = ("raw hour", "raw cell", "10:00", "shown", "best guess")


def measured(rng: np.random.Generator, world: str, size: int) -> dict[str, list[float]]:
    """What each way of choosing loses (share of the clicks of the best time), what is claimed, and what ranges hold."""
    frame, rates = sends(rng, world, size), truth(world)
    result = send_time(frame)
    out: dict[str, list[float]] = {k: [] for k in (*ACTS, "better", "wrong", "range", "range of guess", "hidden")}
    for row in result.facts["groups"]:
        name = row["segment"]
        mine, rate = result.table[result.table["segment"] == name].reset_index(drop=True), rates[name]
        lift = rate / rate[OFFICE].mean() - 1
        lean, named = mine["lean"].to_numpy(bool), mine["best"].to_numpy(bool)
        known = mine["rate"].notna().to_numpy()
        if known.any():
            inside = ((mine["lift_low"] <= lift) & (lift <= mine["lift_high"])).to_numpy()
            out["range"].append(float(inside[known].mean()))
            out["range of guess"].append(float(inside[lean].mean()))
            out["hidden"].append(float(lift[known].max() <= row["hidden"]))
        else:  # too few to be judged: 10:00 it is
            lean, known = OFFICE, np.isin(HOUR, SENT_AT) & (DAY < 6)
        acts = {"raw hour": raw_best(frame, name, by_day=False), "raw cell": raw_best(frame, name, by_day=True), "10:00": OFFICE}
        acts |= {"shown": lean if named.any() else OFFICE, "best guess": lean}
        for key, act in acts.items():
            out[key].append(1 - rate[act].mean() / rate[known].max())
        out["better"].append(float(named.any()))
        out["wrong"].append(float((lift[named] <= 1e-9).any()))
    out["wrong"] = [max(out["wrong"])]
    return out


def cell(world: str, size: int, runs: int, seed: int) -> dict[str, float | str]:
    """Means over runs and segments; "wrong" is over runs: any segment was told a time that is no better."""
    parts = [measured(np.random.default_rng([seed, WORLDS.index(world), size, k]), world, size) for k in range(runs)]
    means = {key: [x for p in parts for x in p[key]] for key in parts[0]}
    return {"world": world, "list": size, **{k: float(np.mean(v)) if v else float("nan") for k, v in means.items()}}


def said(row: Mapping[str, float | str]) -> str:
    return "| " + " | ".join(f"{v:.3f}" if isinstance(v, float) else f"{v:,}" if isinstance(v, int) else v for v in row.values()) + " |"


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--runs", type=int, default=40)
    asked.add_argument("--seed", type=int, default=7)
    asked.add_argument("--world", choices=WORLDS, action="append")
    asked.add_argument("--size", type=int, action="append")
    given = asked.parse_args()
    began, rows = time.process_time(), []
    for world in given.world or WORLDS:
        for size in given.size or SIZES:
            rows.append(cell(world, size, given.runs, given.seed))
            if len(rows) == 1:
                print("| " + " | ".join(rows[0]) + " |\n" + "|---" * len(rows[0]) + "|")
            print(said(rows[-1]), flush=True)
    table = pd.DataFrame(rows)
    for size in sorted(set(table["list"])):
        means = table[table["list"] == size].drop(columns=["world", "list"]).mean()
        print(said({"world": "all", "list": int(size), **{str(k): float(v) for k, v in means.items()}}))
    print(f"{time.process_time() - began:.0f} s of processor")


if __name__ == "__main__":
    main()
