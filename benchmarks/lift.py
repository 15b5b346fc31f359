"""Effects on people and on panels against the truth: does the range hold for the segment picked after looking, is the rule judged fairly,
do few units and periods that hang together fool the comparison?

    python benchmarks/lift.py [--data ../shared/data] [--runs 300] [--only segments|qini|panels|sample|hillstrom|speed]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from mktlib.measurement.panels import difference_in_differences
from mktlib.measurement.qini import one_hot, qini, ranked
from mktlib.measurement.segments import arms, pooled
from mktlib.measurement.uplift_effect import uplift
from mktlib.simulate import load_sample, load_truth

LEVEL = 0.9


def row(*cells: object) -> None:
    print("| " + " | ".join(str(c) for c in cells) + " |", flush=True)


# ---------------------------------------------------------------- segments picked after looking


def effects(kind: str, rng: np.random.Generator, many: int) -> np.ndarray:
    """True effects of segments about 0.04."""
    if kind == "all alike":
        return np.full(many, 0.04)
    if kind == "one stands out":
        return np.where(np.arange(many) == 0, 0.12, 0.03)
    if kind == "heavy tails":
        return np.clip(0.04 + 0.015 * rng.standard_t(3, many), -0.09, 0.4)
    return 0.04 + 0.02 * rng.standard_normal(many)


def picked(kind: str, many: int, people: int, base: float, runs: int) -> tuple[float, ...]:
    """(bias and coverage of the pooled effect, then of the own average, of the segment whose effect is shown as the highest; coverage of
    all; false "differ")."""
    rng, found = np.random.default_rng(11), []
    for _ in range(runs):
        true = effects(kind, rng, many) * base / 0.1
        sizes = rng.multinomial(people, rng.dirichlet(np.full(many, 2.0))) + 60
        code = np.repeat(np.arange(many), sizes)
        rate = np.clip(base * rng.uniform(0.7, 1.4, many), 0.0, 1)
        t = rng.integers(0, 2, len(code)).astype(float)
        y = (rng.random(len(code)) < np.clip(rate[code] + t * true[code], 0, 1)).astype(float)
        real = np.clip(rate + true, 0, 1) - rate
        a = arms(code, many, t, y, np.full(len(code), 0.5))
        p, sd = pooled(a.raw, a.variance, LEVEL), np.sqrt(a.variance)
        inside = (p.ends[:, 1] <= real) & (real <= p.ends[:, 2])
        top, best = int(p.ends[:, 0].argmax()), int(a.raw.argmax())
        found.append(
            (p.ends[top, 0] - real[top], inside[top], a.raw[best] - real[best], abs(a.raw[best] - real[best]) <= 1.645 * sd[best],
             inside.mean(), p.p_value <= 0.05)
        )  # fmt: skip
    return tuple(float(x) for x in np.mean(found, axis=0))


def segments_table(runs: int) -> None:
    heads = ("true effects", "segments", "people", "base", "bias of the picked, pooled", "its range holds")
    row(*heads, "bias, own average", "its range holds", "all ranges hold", "said to differ")
    row(*["---"] * 10)
    for kind in ("all alike", "normal", "heavy tails", "one stands out"):
        for many, people, base in ((8, 20_000, 0.1), (40, 40_000, 0.1), (12, 40_000, 0.01)):
            bias, holds, own, own_holds, every, differ = picked(kind, many, people, base, runs)
            row(kind, many, f"{people:,}", f"{base:.0%}", f"{100 * bias:+.2f}", f"{holds:.3f}", f"{100 * own:+.2f}", f"{own_holds:.3f}",
                f"{every:.3f}", f"{differ:.2f}")  # fmt: skip


# ---------------------------------------------------------------- rules


def world(rng: np.random.Generator, n: int, strength: float) -> tuple[list[np.ndarray], np.ndarray, np.ndarray, np.ndarray]:
    codes = [rng.integers(0, k, n) for k in (2, 3, 5, 4)]
    true = 0.04 + strength * (codes[0] - 0.5) + strength / 2 * (codes[1] - 1)
    t = rng.integers(0, 2, n).astype(float)
    y = (rng.random(n) < 0.1 + 0.03 * codes[2] / 4 + t * true).astype(float)
    return codes, t, y, true


def area_of(foretold: np.ndarray, true: np.ndarray) -> float:
    """The area of a ranking whose effects are known."""
    _, place, many = np.unique(-foretold, return_inverse=True, return_counts=True)
    ahead = (np.cumsum(many) - many / 2) / len(true)
    return float((true * (0.5 - ahead[place])).mean())


def rules(n: int, strength: float, runs: int) -> tuple[float, ...]:
    """(mean area, mean true area of the same rules, coverage, how often ranking is "shown", the same where a rule is judged on those it
    learnt from)."""
    rng, found = np.random.default_rng(5), []
    for k in range(runs):
        codes, t, y, true = world(rng, n, strength)
        r = ranked(one_hot(codes), t, y, np.full(n, 0.5), k)
        q = qini(r, LEVEL, k)
        real = np.mean([area_of(r.foretold[r.half == h], true[r.half == h]) for h in (0, 1)])
        found.append((q.area[0], real, q.area[1] <= real <= q.area[2], q.area[1] > 0))
    return tuple(float(x) for x in np.mean(found, axis=0))


def qini_table(runs: int) -> None:
    row("people", "effects differ by", "mean area", "true area of the rules", "range holds", "ranking shown")
    row(*["---"] * 6)
    for n, strength in ((4000, 0.0), (20_000, 0.0), (4000, 0.06), (20_000, 0.03), (20_000, 0.06)):
        area, real, holds, shown = rules(n, strength, runs)
        row(f"{n:,}", f"{100 * strength:.0f} points", f"{1000 * area:.2f}", f"{1000 * real:.2f}", f"{holds:.3f}", f"{shown:.3f}")


# ---------------------------------------------------------------- panels


def panel(
    rng: np.random.Generator, units: tuple[int, int], periods: int, rho: float, *, tails: bool, trend: float, wild: float
) -> np.ndarray:
    n = sum(units)
    e = rng.standard_t(3, (n, periods)) / np.sqrt(3) if tails else rng.standard_normal((n, periods))
    y = np.zeros((n, periods))
    y[:, 0] = e[:, 0] / np.sqrt(1 - rho**2)
    for k in range(1, periods):
        y[:, k] = rho * y[:, k - 1] + e[:, k]
    y[: units[0]] *= wild
    y[: units[0]] += trend * np.arange(periods)
    return y + 3 * rng.standard_normal((n, 1)) + rng.standard_normal(periods)


def frame_of(y: np.ndarray) -> pd.DataFrame:
    units, periods = y.shape
    return pd.DataFrame(
        {"unit": np.repeat([f"u{k:02d}" for k in range(units)], periods), "t": np.tile(np.arange(periods), units), "y": y.ravel()}
    )


def plain_ols(y: np.ndarray, treated: np.ndarray, start: int) -> tuple[float, float]:
    """Two-way fixed effects with the errors of plain least squares (and their 1.645)."""
    both = lambda m: m - m.mean(1, keepdims=True) - m.mean(0) + m.mean()  # noqa: E731
    d = np.zeros_like(y)
    d[treated, start:] = 1
    x, z = both(d), both(y)
    b = float((x * z).sum() / (x * x).sum())
    left = z - b * x
    free = y.size - sum(y.shape)
    return b, 1.645 * float(np.sqrt((left**2).sum() / free / (x * x).sum()))


def panels(
    units: tuple[int, int], rho: float, runs: int, *, tails: bool = False, trend: float = 0.0, wild: float = 1.0, effect: float = 1.0
) -> None:
    rng, periods, start, found = np.random.default_rng(3), 28, 20, []
    treated = np.arange(sum(units)) < units[0]
    for _ in range(runs):
        y = panel(rng, units, periods, rho, tails=tails, trend=trend, wild=wild)
        y[treated, start:] += effect
        b, half = plain_ols(y, treated, start)
        mine = [f"u{k:02d}" for k in range(units[0])]
        r = difference_in_differences(frame_of(y), unit="unit", time="t", outcome="y", treated=mine, start=start, scale="plain")
        f = r.facts
        holds = [x["effect_low"] <= effect <= x["effect_high"] for x in (r.table.iloc[0], f)]
        said = (f["pretrend"] == "shown", f["p_units"] <= 1 - LEVEL, f["verdict"] != "cannot_tell", f["grade"] == "tendency")
        found.append((abs(b - effect) <= half, *holds, *said))
    m = np.mean(np.array(found, float), axis=0)
    name = f"{units[0]} / {units[1]}"
    row(name, rho, "yes" if tails else "", trend or "", wild if wild != 1 else "", effect or "none", *(f"{x:.3f}" for x in m))


def panels_table(runs: int) -> None:
    row("treated / compared", "correlation", "heavy tails", "own trend", "treated stray", "effect", "plain OLS holds", "range (luck) holds",
        "range (drift) holds", "drift shown before", "placebos p <= 0.1", "verdict", "tendency")  # fmt: skip
    row(*["---"] * 13)
    for units in ((1, 19), (2, 18), (3, 5), (5, 15), (10, 10)):
        panels(units, 0.8, runs, effect=0.0)
    panels((10, 10), 0.0, runs, effect=0.0)
    panels((5, 15), 0.8, runs, tails=True, effect=0.0)
    panels((5, 15), 0.8, runs, wild=2.0, effect=0.0)
    panels((3, 17), 0.8, runs, wild=2.0, effect=0.0)
    panels((1, 19), 0.8, runs, wild=3.0, effect=0.0)
    panels((2, 18), 0.8, runs, wild=3.0, effect=0.0)
    panels((10, 10), 0.5, runs, trend=0.05, effect=0.0)
    panels((10, 10), 0.5, runs, trend=0.1, effect=0.0)
    panels((10, 10), 0.5, runs, effect=1.5)
    panels((10, 10), 0.5, runs, effect=3.0)


def sample() -> None:
    """geo_weeks, whose truth is known."""
    truth, frame = load_truth()["planted"]["geo_weeks"], load_sample("geo_weeks")
    row("sample geo_weeks", "lift", "if both go on alike", "if they drift as before", "baseline", "verdict", "grade")
    row(*["---"] * 7)
    for before in (None, 8, 16, 52):
        named = {"unit": "area", "time": "week", "outcome": "sales", "treated": "arm", "start": truth["start"], "end": truth["end"]}
        f = difference_in_differences(frame, **named, before=before).facts
        ends = [f"{100 * f[a]:.1f} to {100 * f[b]:.1f} %" for a, b in (("luck_low", "luck_high"), ("lift_low", "lift_high"))]
        row(f"true lift {100 * truth['lift']:.0f} %", f"{100 * f['lift']:.1f} %", *ends, f["baseline"], f["verdict"], f["grade"])


# ---------------------------------------------------------------- real people


def hillstrom(path: Path) -> None:
    data = pd.read_csv(path)
    by = ["history_segment", ("mens", "womens"), "zip_code", "newbie", "channel", "recency"]
    row("e-mail", "outcome", "effect", "range", "differs by (p)", "qini x 1000", "range", "ranking", "rule", "targeting")
    row(*["---"] * 10)
    for treated in ("Mens E-Mail", "Womens E-Mail"):
        for outcome in ("visit", "conversion", "spend"):
            r = uplift(
                data, treatment="segment", outcome=outcome, treated=treated, control="No E-Mail", assigned="lot", by=by, window_days=14
            )
            f, times = r.facts, 1 if outcome == "spend" else 100
            differ = "; ".join(f"{c.by} ({c.p_value:.2g})" for c in r.columns.itertuples() if c.verdict == "differ") or "none shown"
            row(treated, outcome, f"{times * f['effect']:.3f}", f"{times * f['effect_low']:.3f} to {times * f['effect_high']:.3f}", differ,
                f"{1000 * f['qini']:.2f}", f"{1000 * f['qini_low']:.2f} to {1000 * f['qini_high']:.2f}", f["ranks"],
                f"treat {100 * f['rule_share']:.0f} % (against {f['rule_against']}): {1000 * f['rule_gain']:+.2f} per thousand, "
                f"{1000 * f['rule_gain_low']:+.2f} to {1000 * f['rule_gain_high']:+.2f}", f["targeting"])  # fmt: skip


def speed() -> None:
    rng = np.random.default_rng(0)
    row("people", "columns", "seconds")
    row(*["---"] * 3)
    for n in (64_000, 1_000_000):
        frame = pd.DataFrame({f"x{k}": rng.integers(0, 6, n).astype(str) for k in range(6)} | {"age": rng.normal(40, 12, n)})
        frame = frame.assign(t=rng.integers(0, 2, n), y=(rng.random(n) < 0.05).astype(int))
        begin = time.perf_counter()
        uplift(frame, treatment="t", outcome="y", by=[*(f"x{k}" for k in range(6)), "age"], assigned="lot")
        row(f"{n:,}", 7, f"{time.perf_counter() - begin:.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--only", choices=["segments", "qini", "panels", "sample", "hillstrom", "speed"])
    given = parser.parse_args()
    real = given.data / "hillstrom" / "hillstrom.csv"
    parts: dict[str, Callable[[], None]] = {
        "segments": lambda: segments_table(given.runs), "qini": lambda: qini_table(given.runs), "panels": lambda: panels_table(given.runs),
        "sample": sample, "speed": speed,
    }  # fmt: skip
    if real.exists():
        parts["hillstrom"] = lambda: hillstrom(real)
    for name, run in parts.items():
        if given.only in (None, name):
            print(f"\n{name}\n")
            run()


if __name__ == "__main__":
    main()
