"""Tests that are looked at daily: how often equal arms get a winner, what the promise costs, and whether sizes keep their word.

python benchmarks/tests.py            # false winners of equal arms, 28 daily looks
python benchmarks/tests.py --power    # arms that differ: power and people, looked at daily and once
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np

from mktlib.measurement import sample_size
from mktlib.measurement.contrasts import Means, Reading, Sums, contrast, means

LOOKS = 28
Draw = Callable[
    [np.random.Generator, int, int], np.ndarray
]  # (random numbers, people, arm) -> (people, 3) numerator, denominator, covariate


def columns(y: np.ndarray, base: np.ndarray | None = None, before: np.ndarray | None = None) -> np.ndarray:
    return np.column_stack([y, np.ones(len(y)) if base is None else base, np.zeros(len(y)) if before is None else before])


def share(rate: float, gain: float = 0.0) -> Draw:
    return lambda rng, n, arm: columns((rng.random(n) < rate + gain * arm).astype(float))


def spend(rng: np.random.Generator, n: int, arm: int) -> np.ndarray:
    return columns((rng.random(n) < 0.0057) * rng.lognormal(4.0, 1.2, n))


def every_spend(rng: np.random.Generator, n: int, arm: int) -> np.ndarray:
    return columns(rng.pareto(2.1, n))


def orders(rng: np.random.Generator, n: int, arm: int) -> np.ndarray:
    return columns(rng.negative_binomial(0.3, 0.6, n).astype(float))


def per_visit(rng: np.random.Generator, n: int, arm: int) -> np.ndarray:
    visits = 1.0 + rng.geometric(0.4, n)
    return columns((rng.random(n) < 0.05) * rng.lognormal(3.5, 1.0, n) * visits, visits)


def with_before(rng: np.random.Generator, n: int, arm: int) -> np.ndarray:
    before = rng.gamma(0.5, 40.0, n)
    return columns((rng.random(n) < 0.1) * before * rng.lognormal(0, 0.5, n), before=before)


def share_with_before(rng: np.random.Generator, n: int, arm: int) -> np.ndarray:
    before = rng.random(n)
    return columns((rng.random(n) < 0.0114 * before).astype(float), before=before)


def looked_at(arms: list[np.ndarray], days: int) -> Sums:
    """Sums of two arms at the end of each day: the control and the arm of the first day, of the second ..."""
    centre = [a.mean(axis=0) for a in arms]
    parts = [np.array_split(a - c, days) for a, c in zip(arms, centre, strict=True)]
    n, fourth, mean, cov = np.empty((days, 2)), np.empty((days, 2)), np.empty((days, 2, 3)), np.empty((days, 2, 3, 3))
    apart = [np.array_split((a[:, 0] - c[0] / c[1] * a[:, 1]) / c[1], days) for a, c in zip(arms, centre, strict=True)]
    for k, part in enumerate(parts):
        n[:, k] = count = np.cumsum([len(p) for p in part])
        mean[:, k] = middle = np.cumsum([p.sum(axis=0) for p in part], axis=0) / count[:, None]
        second = np.cumsum([p.T @ p for p in part], axis=0)
        cov[:, k] = (second - count[:, None, None] * middle[:, :, None] * middle[:, None, :]) / (count - 1)[:, None, None]
        fourth[:, k] = np.cumsum([(p**4).sum() for p in apart[k]])
    binary = all(np.isin(a[:, 0], (0, 1)).all() and (a[:, 1] == 1).all() for a in arms)
    return Sums(
        n=n.ravel(), mean=(mean + centre).reshape(-1, 3), cov=cov.reshape(-1, 3, 3), share=binary, fourth=None if binary else fourth.ravel()
    )


def seen_at(sums: Sums, covariate: bool) -> Means:
    """Means at each look; what a covariate takes off is learnt from the people of that look alone."""
    if not covariate:
        return means(sums, covariate=False)
    each = [means(sums.of(np.array([k, k + 1])), covariate=True) for k in range(0, len(sums.n), 2)]
    parts = {name: np.concatenate([getattr(m, name) for m in each]) for name in ("n", "value", "variance")}
    parts |= {} if sums.share else {name: np.concatenate([getattr(m, name) for m in each]) for name in ("square", "fourth")}
    return Means(**parts, events=np.concatenate([m.events for m in each]) if sums.share else None, saved=0.0)


def told(sums: Sums, planned: float | None, covariate: bool, look: str = "any") -> tuple[np.ndarray, np.ndarray]:
    """(looks,) whether a winner is named at the promised 5 %, and how many errors away from no difference it stands."""
    seen = seen_at(sums, covariate)
    arm, control = seen.of(slice(1, None, 2)), seen.of(slice(0, None, 2))
    error = np.sqrt(np.maximum(arm.variance / arm.n + control.variance / control.n, 0))
    found = contrast(arm, control, Reading(look=look, planned=planned, tuned=0.05), 0.05)
    return found.p <= 0.05, np.divide(np.abs(found.lift), error, out=np.zeros(len(error)), where=error > 0)


def false_winners(draw: Draw, a_day: tuple[int, int], runs: int, covariate: bool = False) -> np.ndarray:
    """Share of tests of equal arms in which a winner was named at any look: ours (size planned; no size), z > 1.96, P(best) > 95 %; and at
    one look, z > 1.96."""
    rows = []
    for seed in range(runs):
        rng = np.random.default_rng((seed, 20))
        sums = looked_at([draw(rng, LOOKS * n, 0) for n in a_day], LOOKS)
        planned, z = told(sums, LOOKS * float(sum(a_day)), covariate)
        open_, _ = told(sums, None, covariate)
        rows.append([planned.any(), open_.any(), (z > 1.96).any(), (z > 1.645).any(), z[-1] > 1.96])
    return np.mean(rows, axis=0)


WORLDS: dict[str, tuple[Draw, bool]] = {
    "conversion 0.57 %": (share(0.0057), False),
    "visit 15 %": (share(0.15), False),
    "spend, 0.57 % buy, log-normal": (spend, False),
    "amount, Pareto 2.1": (every_spend, False),
    "orders, overdispersed counts": (orders, False),
    "revenue per visit": (per_visit, False),
    "spend with a covariate": (with_before, True),
    "conversion 0.57 % with a covariate": (share_with_before, True),
}
SIZES = {"5": (5, 5), "50": (50, 50), "400": (400, 400), "40 and 360": (360, 40)}


def equal_arms(runs: int) -> None:
    print(
        "| outcome | people a day, arm | ours, size planned | ours, no size | daily z > 1.96 | daily P(best) > 95 % | one look, z > 1.96 |"
    )
    print("|---|---|---|---|---|---|---|")
    for name, (draw, covariate) in WORLDS.items():
        for size, a_day in SIZES.items():
            found = false_winners(draw, a_day, runs, covariate)
            print(f"| {name} | {size} | " + " | ".join(f"{x:.3f}" for x in found) + " |", flush=True)


def power(runs: int) -> None:
    """Tests of the size that `sample_size` gives, the lift being true."""
    print("| baseline | lift, points | people, one look | told | people, daily looks | told | people on average | promised |")
    print("|---|---|---|---|---|---|---|---|")
    for base, lift in ((0.0057, 0.0028), (0.05, 0.01), (0.10, 0.02), (0.40, 0.04)):
        size = sample_size(baseline=base, lift=lift).facts
        once = np.mean([_once(share(base, lift), size["n_fixed"], seed) for seed in range(runs)])
        days = [_day(share(base, lift), size["n"], seed) for seed in range(runs)]
        used = np.mean([LOOKS if d is None else d for d in days]) / LOOKS * size["people"]
        seen = np.mean([d is not None for d in days])
        first = f"| {base:.2%} | {100 * lift:.2f} | {2 * size['n_fixed']:,} | {once:.3f} "
        print(f"{first}| {size['people']:,} | {seen:.3f} | {used:,.0f} | {size['people_usual']:,} |", flush=True)


def _once(draw: Draw, n: int, seed: int) -> bool:
    rng = np.random.default_rng((seed, 21))
    return bool(told(looked_at([draw(rng, n, arm) for arm in (0, 1)], 1), None, False, "fixed")[0][0])


def _day(draw: Draw, n: int, seed: int) -> int | None:
    """The first day on which the lift is told."""
    rng = np.random.default_rng((seed, 22))
    named, _ = told(looked_at([draw(rng, n, arm) for arm in (0, 1)], LOOKS), 2.0 * n, False)
    return int(named.argmax()) + 1 if named.any() else None


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--power", action="store_true")
    given = parser.parse_args()
    power(given.runs) if given.power else equal_arms(given.runs)
