"""Geo tests on worlds whose truth is known, and on simulated media data of somebody else: does the range hold, does the alarm stay quiet?

    python benchmarks/geo.py [--data ../shared/data] [--runs 200]

In each run a window of the history is picked, areas are paired on the weeks before it, coins are tossed, a lift is planted, and the public
`read_geo_test` reads it. "chosen" gives the campaign to the areas that sold best of late instead, and says so.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from mktlib.places.geodesign import design_geo_test
from mktlib.places.geopower import paired, recent
from mktlib.places.georead import read_geo_test
from mktlib.places.placebo import Windows, lift_range
from mktlib.simulate.areas import Weather, rates

LENGTH, LIFT = 8, 0.1
WORLDS = {
    "plain": (24, Weather()),
    "weather that lasts": (24, Weather(lasting=0.8)),
    "heavy tails": (24, Weather(tails=3)),
    "own growth": (24, Weather(growth=0.2)),
    "12 areas": (12, Weather()),
    "60 areas": (60, Weather()),
}


def frame_of(y: np.ndarray) -> pd.DataFrame:
    """Rows of a matrix (areas, weeks)."""
    weeks = pd.date_range("2023-01-02", periods=y.shape[1], freq="7D")
    return pd.DataFrame(
        {"area": np.repeat([f"a{k:03d}" for k in range(len(y))], len(weeks)), "week": np.tile(weeks, len(y)), "sales": y.ravel()}
    )


def simulated(areas: int, weather: Weather) -> Callable[[np.random.Generator], tuple[np.ndarray, int]]:
    def draw(rng: np.random.Generator) -> tuple[np.ndarray, int]:
        return rng.poisson(rates(rng, areas, 112, weather)).astype(float), 104

    return draw


def meridian(path: Path, most: int | None = None) -> Callable[[np.random.Generator], tuple[np.ndarray, int]]:
    table = pd.read_csv(path)
    whole = table.pivot_table("conversions", "geo", "time").to_numpy()

    def draw(rng: np.random.Generator) -> tuple[np.ndarray, int]:
        start = int(rng.integers(60, whole.shape[1] - LENGTH + 1))
        kept = whole if most is None else whole[np.sort(rng.choice(len(whole), most, replace=False))]
        return kept[:, : start + LENGTH], start

    return draw


def coins(rng: np.random.Generator, y: np.ndarray, start: int) -> pd.DataFrame:
    pairs, _ = paired(Windows(y[:, :start]), start, LENGTH, recent(y, start))
    heads = rng.integers(0, 2, len(pairs))
    area = pairs.ravel()
    arm = np.where(np.tile([0, 1], len(pairs)) == np.repeat(heads, 2), "treated", "held_out")
    return pd.DataFrame({"area": [f"a{k:03d}" for k in area], "pair": np.repeat(np.arange(len(pairs)) + 1, 2), "arm": arm})


def chosen(rng: np.random.Generator, y: np.ndarray, start: int) -> pd.DataFrame:
    """The areas that did best of late: two of them."""
    rise = y[:, start - 8 : start].mean(axis=1) / recent(y, start)
    best = np.argsort(-rise)[:2]
    return pd.DataFrame(
        {"area": [f"a{k:03d}" for k in range(len(y))], "arm": np.where(np.isin(np.arange(len(y)), best), "treated", "held_out")}
    )


def one(rng: np.random.Generator, draw: Callable, arms_of: Callable, lift: float, spill: float = 0.0) -> dict[str, float]:
    y, start = draw(rng)
    arms = arms_of(rng, y, start)
    treated = np.isin([f"a{k:03d}" for k in range(len(y))], arms.loc[arms["arm"] == "treated", "area"])
    y = y.copy()
    y[treated, start:] *= 1 + lift
    y[~treated, start:] *= 1 + spill * lift
    rows = frame_of(y)
    first = rows["week"].iloc[start]
    read = read_geo_test(rows, arms, start=first, end=first + pd.Timedelta(days=7 * LENGTH - 1), randomised="pair" in arms)
    row, told = read.table.iloc[0], read.facts["verdict"]
    return {
        "read": told != "not_read", "covers": row["low"] <= lift <= row["high"], "told": told in ("lift", "loss"),
        "width": row["high"] - row["low"], "error": row["lift"] - lift, "naive": read.facts["naive"] - lift,
        "plain": read.facts["plain"] - lift,
    }  # fmt: skip


def line(name: str, how: str, runs: list[dict[str, float]], quiet: list[dict[str, float]]) -> str:
    hit, none = pd.DataFrame(runs), pd.DataFrame(quiet)
    read, still = hit[hit["read"]], none[none["read"]]
    rms = [f"{100 * np.sqrt((read[c].astype(float) ** 2).mean()):.1f}" for c in ("error", "naive", "plain")]
    cells = [name, how, f"{len(hit) + len(none)}", f"{100 * (1 - pd.concat([hit, none])['read'].mean()):.0f} %",
             f"{pd.concat([read, still])['covers'].mean():.3f}", f"{still['told'].mean():.3f}", f"{read['told'].mean():.2f}",
             f"{100 * read['width'].mean():.0f}", *rms]  # fmt: skip
    return "| " + " | ".join(cells) + " |"


def promised(draw: Callable, runs: int) -> str:
    """Power as the design promises it, beside what is then seen."""
    rng = np.random.default_rng(77)
    y, start = draw(rng)
    design = design_geo_test(frame_of(y[:, :start]), lengths=(LENGTH,), lift=LIFT, pairs=len(y) // 2)
    facts = design.facts
    return f"{facts['power']:.2f} ({facts['power_low']:.2f} to {facts['power_high']:.2f})"


def exact() -> None:
    """False alarms of 20,000 falls of the coins on differences with heavy tails, weights even or very uneven; 0.1 was promised."""
    rng = np.random.default_rng(0)
    print("| pairs | weights | false alarms |\n|---|---|---|")
    for pairs, uneven in ((6, 0.0), (6, 1.0), (12, 0.0), (12, 1.0), (20, 0.0), (20, 1.0)):
        weight, d = np.exp(uneven * rng.normal(size=pairs)), rng.standard_t(2, pairs)
        fell = np.split(rng.choice([-1.0, 1.0], (pairs, 20_000)) * d[:, None], 10, axis=1)
        ends = [lift_range(part, weight, 0.1)[1:] for part in fell]
        print(f"| {pairs} | {'uneven' if uneven else 'even'} | {np.mean([(low > 0) | (high < 0) for low, high in ends]):.3f} |")


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--data", type=Path, default=Path("../shared/data"))
    ask.add_argument("--runs", type=int, default=200)
    ask.add_argument("--only", default="")
    given = ask.parse_args()
    if given.only == "exact":
        return exact()
    draws: dict[str, Callable] = {name: simulated(*world) for name, world in WORLDS.items()}
    folder = given.data / "meridian_simulated"
    for file, most in (("geo_all_channels", None), ("geo_all_channels", 12), ("geo_full_funnel_data", None), ("geo_media_rf", None)):
        if (folder / f"{file}.csv").exists():
            draws[f"Meridian {file}{'' if most is None else f', {most} areas'}"] = meridian(folder / f"{file}.csv", most)
    print("| world | areas given by | runs | not read | coverage | false alarms | power | width | error | before-after | means |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for name, draw in draws.items():
        if given.only in name:
            for how, arms_of in (("coins", coins), ("choice", chosen)):
                rng = np.random.default_rng(11)
                hit, none = ([one(rng, draw, arms_of, lift) for _ in range(given.runs)] for lift in (LIFT, 0.0))
                print(line(name, how, hit, none), flush=True)
    if given.only in "spill":
        rng = np.random.default_rng(12)
        leak = pd.DataFrame([one(rng, draws["plain"], coins, LIFT, 0.3) for _ in range(given.runs)])
        told = f"mean error {100 * leak['error'].mean():+.1f} points, coverage {leak['covers'].mean():.2f}"
        print(f"\nplain, 30 % of the lift spills over to every held-out area: {told}")
    print("\n| world | power promised by the design (range) |\n|---|---|")
    for name, draw in draws.items():
        if given.only in name:
            print(f"| {name} | {promised(draw, given.runs)} |", flush=True)


if __name__ == "__main__":
    main()
