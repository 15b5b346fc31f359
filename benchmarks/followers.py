"""Worlds with known truth for followers and posts over time: how often a promise is kept, and how often something is invented.

python benchmarks/followers.py --runs 100
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.stats import norm

from mktlib.audience import half_life, posting_cadence
from mktlib.audience.attribution import brought, spread_out
from mktlib.audience.followers import _ends
from mktlib.audience.level import drifting, unusual
from mktlib.audience.times import best_times
from mktlib.glmm.mixing import below, discovered

Row = dict[str, float | str]
FIRST = pd.Timestamp("2025-01-06", tz="UTC")


def mean(values: list[float] | list[bool]) -> float:
    return float(np.mean(values)) if values else float("nan")


# ---------------------------------------------------------------- followers: which post brought whom


def gains(rng: np.random.Generator, *, posts: int, each: float, days: int = 365) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(followers gained a day, day of each post, followers that each brings): a drifting base, a weekly cycle, counts of variance 1.6."""
    base = 25 * np.exp(np.cumsum(rng.normal(0, 0.01, days)) + 0.1 * np.sin(2 * np.pi * np.arange(days) / 7))
    day = np.sort(rng.integers(0, days, posts))
    truth = rng.gamma(1.0, each, posts) if each else np.zeros(posts)
    expected = base + spread_out(day, days, 0.5) @ truth
    return rng.poisson(rng.gamma(expected / 0.6, 0.6)).astype(float), day, truth


def attribution(runs: int, *, posts: int, each: float) -> Row:
    shown, inside, total, wrong = [], [], [], []
    for k in range(runs):
        y, day, truth = gains(np.random.default_rng([5, k]), posts=posts, each=each)
        told = brought(y, np.arange(len(y)) % 7, day)
        ends = _ends(told, told.p_value, 0.9)
        seen = spread_out(day, len(y), 0.5).sum(axis=0)
        true = np.append(truth, seen @ truth)
        held = (ends[:, 1] - 1e-9 <= true) & (true <= ends[:, 2] + 1e-9)
        nobody = below(np.full(len(true), 1e-6), told.mean, told.sd, told.weight, told.df)[:-1]
        claims = discovered(nobody) if told.p_value <= 0.05 else np.zeros(posts, bool)
        shown.append(told.p_value <= 0.05)
        inside.append(float(held[:-1].mean()))
        total.append(bool(held[-1]))
        wrong.append(bool((truth[claims] == 0).any()))
    what = f"attribution: {posts} posts, {each:g} followers each"
    return {"what": what, "claimed": mean(shown), "coverage": mean(inside), "coverage of the sum": mean(total), "wrong": mean(wrong)}


# ---------------------------------------------------------------- followers: weeks


def levels(runs: int, *, drift: float) -> Row:
    """A level that drifts by `drift` of a week's luck: the range of the next four weeks; quiet series with a week called unusual."""
    inside, alarms = [], []
    for k in range(runs):
        rng = np.random.default_rng([6, k])
        n = 56
        level = 100 + 10 * drift * np.cumsum(rng.standard_normal(n))
        y = level + 10 * rng.standard_normal(n)
        at = np.arange(n, dtype=float)
        alarms.append(bool(unusual(y[:52], at[:52]).any()))
        _, low, high = drifting(y[:52], at[:52], at[52:], np.ones((1, 4)), np.array([4.0])).ends(0.9)[0]
        inside.append(bool(low <= y[52:].sum() <= high))
    return {"what": f"weeks: level drifting by {drift:g} of the luck", "claimed": mean(alarms), "coverage": mean(inside)}


# ---------------------------------------------------------------- cadence


def reach(rng: np.random.Generator, *, loss: float, bend: int = 6) -> pd.DataFrame:
    """A year of posts at rhythms that change by the month, a trend, weather that lasts a week, reach that wears beyond the bend."""
    rates = np.repeat(rng.permutation([2, 4, 6, 8, 10, 12, 14, 5, 9, 3, 11, 7, 13]), 4)
    at = np.sort(np.concatenate([7 * week + 7 * rng.random(rng.poisson(rate)) for week, rate in enumerate(rates)]))
    rhythm = np.searchsorted(at, at + 1e-9) - np.searchsorted(at, at - 7 + 1e-9)
    weather = np.zeros(len(at))
    for i in range(len(at)):
        past = np.exp(-(at[i] - at[i - 1]) / 7) if i else 0.0
        weather[i] = past * weather[i - 1] + np.sqrt(1 - past**2) * rng.normal(0, 0.25)
    size = 7.5 + 0.3 * np.sin(2 * np.pi * at / 365) + 0.4 * at / 365 + weather + rng.normal(0, 0.5, len(at))
    count = rng.poisson(np.exp(size - loss * np.maximum(rhythm - bend, 0)))
    return pd.DataFrame({"network": "x", "at": FIRST + pd.to_timedelta(at, unit="D"), "reach": count})


def cadence(runs: int, *, loss: float) -> Row:
    worn, bend, slope, best = [], [], [], []
    for k in range(runs):
        row = posting_cadence(reach(np.random.default_rng([10, k]), loss=loss)).limits.to_dict("records")[0]
        worn.append(row["verdict"] == "wears")
        if worn[-1] and loss:
            n = np.arange(1, row["seen_up_to"] + 1)
            true = n[np.argmax(n * np.exp(-loss * np.maximum(n - 6, 0)))]
            bend.append(row["low"] <= 6 <= row["high"])
            slope.append(row["loss_low"] <= 1 - np.exp(-loss) <= row["loss_high"])
            best.append(row["optimum_low"] <= true <= row["optimum_high"])
    what = f"cadence: each further post costs {1 - np.exp(-loss):.1%}"
    return {"what": what, "claimed": mean(worn), "coverage": mean(bend), "of the loss": mean(slope), "of the optimum": mean(best)}


# ---------------------------------------------------------------- times


def hours(rng: np.random.Generator, *, better: float, size: int) -> pd.DataFrame:
    """Posts with heavy-tailed effects of their own, days that share theirs, content types that differ; better at 19 h by a cosine."""
    local = np.clip(rng.normal(14.5, 3.6, size), 7, 22.9)
    day = rng.integers(0, 364, size)
    kind = rng.choice(["a", "b", "c"], size, p=[0.5, 0.3, 0.2])
    size_of = pd.Series(kind).map({"a": 0.0, "b": 0.4, "c": -0.3}).to_numpy()
    eta = np.log(0.03) + size_of + rng.normal(0, 0.25, 364)[day] + 0.28 * rng.standard_t(3, size) + 0.3 * np.sin(day / 60)
    eta = eta + better * np.cos(2 * np.pi * (local - 19) / 24)
    shown = rng.lognormal(7.5, 0.6, size).round()
    when = (pd.Timestamp("2025-01-06") + pd.to_timedelta(day + local / 24, unit="D")).tz_localize("Europe/Paris")
    frame = pd.DataFrame({"network": "x", "at": when, "content_type": kind, "impressions": shown})
    return frame.assign(engagements=rng.poisson(shown * np.exp(eta)))


def times(runs: int, *, better: float, size: int) -> Row:
    claimed, wrong = [], []
    for k in range(runs):
        frame = hours(np.random.default_rng([11, k]), better=better, size=size)
        table = best_times(frame).table
        claimed.append(bool(table["best"].any()))
        if claimed[-1] and better:
            local = frame["at"].dt.hour + frame["at"].dt.minute / 60
            middle = float(np.cos(2 * np.pi * (local - 19) / 24).mean())
            true = np.cos(2 * np.pi * (table["hour"] + 0.5 - 19) / 24) > middle
            wrong.append(float((~true[table["best"]]).mean()))
    return {"what": f"times: {size} posts, better by {better:g} (log) at the best hour", "claimed": mean(claimed), "wrong": mean(wrong)}


# ---------------------------------------------------------------- half-lives

LIVES = {"x": 0.8, "facebook": 2.0, "instagram": 18.0, "linkedin": 24.0, "youtube": 150.0}
CURVES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "lognormal": lambda x: norm.cdf(0.8 * x),
    "weibull": lambda x: 1 - np.exp2(-np.exp(0.9 * x)),
    "loglogistic": lambda x: 1 / (1 + np.exp(-1.3 * x)),
}


def lives(rng: np.random.Generator, family: str, posts: int = 30) -> pd.DataFrame:
    """Hourly counts of posts seen for 3 hours to two weeks, overdispersed, their half-lives spread by 0.5 (log) within a network."""
    rows = []
    for network, half in LIVES.items():
        for k in range(posts):
            mine = np.log(half) + rng.normal(0, 0.5)
            age = np.arange(1.0, 1 + rng.choice([3, 8, 24, 72, 168, 336], p=[0.1, 0.1, 0.15, 0.2, 0.25, 0.2]))
            came = CURVES[family](np.log(np.concatenate([[1e-9], age])) - mine)
            count = rng.poisson(rng.lognormal(5, 0.8) * np.diff(came) * rng.gamma(3, 1 / 3, len(age)))
            rows.append(pd.DataFrame({"post_id": f"{network}{k}", "network": network, "age_hours": age, "engagements": count}))
    return pd.concat(rows, ignore_index=True)


def half_lives(runs: int, family: str) -> Row:
    inside, ratio = [], []
    for k in range(runs):
        table = half_life(lives(np.random.default_rng([3, k]), family), cumulative=False).table.set_index("network")
        true = table.index.map(LIVES)
        inside.append(float(((table["low"] <= true) & (true <= table["high"])).mean()))
        ratio.append(float(np.exp(np.log(table["half_life"] / true).mean())))
    return {"what": f"half-lives: {family} curves", "coverage": mean(inside), "told / true": mean(ratio)}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--runs", type=int, default=100)
    runs = asked.parse_args().runs
    jobs: list[Callable[[], Row]] = [
        *(lambda p=p, e=e: attribution(runs, posts=p, each=e) for p, e in ((100, 0.0), (100, 8.0), (200, 3.0))),
        *(lambda d=d: levels(3 * runs, drift=d) for d in (0.0, 0.2, 1.0)),
        *(lambda x=x: cadence(3 * runs if x == 0 else runs, loss=x) for x in (0.0, 0.04, 0.08)),
        *(lambda b=b, n=n: times(3 * runs if b == 0 else runs, better=b, size=n) for b, n in ((0.0, 200), (0.15, 400), (0.3, 200))),
        *(lambda f=f: half_lives(max(runs // 4, 1), f) for f in CURVES),
    ]
    for job in jobs:
        begun = time.perf_counter()
        row = job()
        told = "; ".join(f"{k} {v:.3f}" for k, v in row.items() if isinstance(v, float))
        print(f"{row['what']:62} {told} ({time.perf_counter() - begun:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
