"""Two shares told apart, and counts at which to stop: sample sizes, exact power, what daily looks cost, limits of binomial counts."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import binom, norm

LARGEST_EXACT = 20_000
"""Of each side: beyond it the normal formula is as good as the sum over all outcomes."""
STEP = 0.02
"""Of the grid on which looks are followed, in standard deviations of what one look brings."""


def answers_for_difference(first: float, second: float, level: float = 0.9, power: float = 0.8) -> int:
    """How many people of each of two groups tell their rates apart (Fleiss, Levin and Paik 2003, equation 4.14, no correction).

    >>> answers_for_difference(0.5, 0.6, 0.95)
    388
    """
    z = float(ndtri(0.5 + level / 2)), float(ndtri(power))
    mean = (first + second) / 2
    spread = z[0] * math.sqrt(2 * mean * (1 - mean)) + z[1] * math.sqrt(first * (1 - first) + second * (1 - second))
    return math.ceil((spread / (first - second)) ** 2)


def difference_of_shares(x: tuple[float, float], n: tuple[float, float], level: float = 0.9) -> tuple[float, float]:
    """Range of the difference of two shares x / n, the first less the second (Newcombe 1998, Statistics in Medicine 17, method 10: Wilson's
    score ranges of both put together).

    >>> [round(end, 4) for end in difference_of_shares((56, 48), (70, 80), 0.95)]
    [0.0524, 0.3339]
    """
    z = float(ndtri(0.5 + level / 2))
    share, ends = [], []
    for k, many in zip(x, n, strict=True):
        p = k / many
        middle, half = p + z * z / (2 * many), z * math.sqrt(p * (1 - p) / many + z * z / (4 * many * many))
        share.append(p)
        ends.append(((middle - half) / (1 + z * z / many), (middle + half) / (1 + z * z / many)))
    gap = share[0] - share[1]
    down = math.hypot(share[0] - ends[0][0], ends[1][1] - share[1])
    up = math.hypot(ends[0][1] - share[0], share[1] - ends[1][0])
    return gap - down, gap + up


def power_of_difference(n: int, first: float, second: float, level: float = 0.9) -> float:
    """The chance that a two-sided test of two shares of n each (pooled z) tells them apart: the sum over all outcomes.

    Above `LARGEST_EXACT` a side the normal approximation is used.

    >>> round(power_of_difference(388, 0.5, 0.6, 0.95), 3)
    0.796
    """
    z = float(ndtri(0.5 + level / 2))
    if n > LARGEST_EXACT:
        mean = (first + second) / 2
        ends = z * math.sqrt(2 * mean * (1 - mean) / n), math.sqrt((first * (1 - first) + second * (1 - second)) / n)
        return float(norm.sf((ends[0] - abs(first - second)) / ends[1]) + norm.cdf((-ends[0] - abs(first - second)) / ends[1]))
    (x, px), (y, py) = _outcomes(n, first), _outcomes(n, second)
    pooled = (x[:, None] + y) / (2 * n)
    differs = np.abs(x[:, None] - y) > z * np.sqrt(2 * n * pooled * (1 - pooled))
    return float(px @ differs @ py)


def _outcomes(n: int, rate: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Counts that may come, but for a ten-millionth, and their chances."""
    low, high = (int(x) for x in binom.ppf([1e-7, 1 - 1e-7], n, rate))
    counts = np.arange(max(low, 0), high + 1)
    return counts, binom.pmf(counts, n, rate)


def exact_for_difference(first: float, second: float, level: float = 0.9, power: float = 0.8) -> int:
    """How many of each side the exact test needs: from the normal formula upwards until the power is reached.

    >>> exact_for_difference(0.02, 0.08, 0.95) >= answers_for_difference(0.02, 0.08, 0.95)
    True
    """
    n = answers_for_difference(first, second, level, power)
    while n <= LARGEST_EXACT and power_of_difference(n, first, second, level) < power:
        n += max(1, n // 200)
    return n


def false_alarm(looks: int, level: float = 0.95) -> float:
    """The chance that one of so many looks, evenly spaced, finds a difference where there is none, each judged as if it were the only one.

    By following the sum of what comes between looks (Armitage, McPherson and Rowe 1969, Journal of the Royal Statistical Society A 132).

    >>> [round(false_alarm(n), 3) for n in (1, 2, 5, 10)]
    [0.05, 0.083, 0.142, 0.193]
    """
    c = float(ndtri(0.5 + level / 2))
    half = int(np.ceil(c * math.sqrt(looks) / STEP)) + 1
    grid: NDArray[np.float64] = np.arange(-half, half + 1, dtype=np.float64) * STEP
    reach = int(6 / STEP)
    kernel = norm.pdf(np.arange(-reach, reach + 1) * STEP) * STEP
    density = norm.pdf(grid) * _share_inside(grid, c)
    for k in range(2, looks + 1):
        density = np.convolve(density, kernel)[reach : reach + len(grid)] * _share_inside(grid, c * math.sqrt(k))
    return float(1 - density.sum() * STEP)


def _share_inside(grid: NDArray[np.float64], bound: float) -> NDArray[np.float64]:
    """How much of each cell of the grid lies within the bounds."""
    return np.clip((bound - np.abs(grid)) / STEP + 0.5, 0.0, 1.0)


def count_to_stop(n: int, rate: float, tail: float = 0.05) -> int:
    """The smallest count of n that a rate as allowed would reach with a chance of at most `tail`; n + 1 where none is so rare.

    >>> count_to_stop(200, 0.01), count_to_stop(2, 0.5)
    (6, 3)
    """
    return int(binom.ppf(1 - tail, n, rate)) + 1


def reached(n: int, rate: float, count: int) -> float:
    """The chance that a count of n is reached.

    >>> round(reached(200, 0.03, 6), 2)
    0.56
    """
    return float(binom.sf(count - 1, n, rate))


def count_to_refute(n: int, least: float, tail: float = 0.05) -> int:
    """The largest count of n that still shows a share to be below `least` (one-sided, exact); -1 where no count does.

    >>> count_to_refute(40, 0.3), count_to_refute(5, 0.3)
    (6, -1)
    """
    k = int(binom.ppf(tail, n, least))
    return k if binom.cdf(k, n, least) <= tail else k - 1


def people_to_refute(least: float, true: float, tail: float = 0.05, power: float = 0.8) -> int:
    """How many people to ask, so that a share that is only `true` is shown to be below `least` with the chance `power` (exact).

    >>> people_to_refute(0.3, 0.15)
    49
    """
    for n in range(5, 5_000):
        k = count_to_refute(n, least, tail)
        if k >= 0 and binom.cdf(k, n, true) >= power:
            return n
    return 5_000


def luck(hits: int, of: int, promise: float) -> tuple[float, float]:
    """The chances of so few hits or fewer, and of so many or more, where each comes with the promised chance (exact binomial test).

    >>> few, many = luck(8, 10, 0.9)
    >>> round(few, 3), round(many, 3)
    (0.264, 0.93)
    """
    return float(binom.cdf(hits, of, promise)), float(binom.sf(hits - 1, of, promise))
