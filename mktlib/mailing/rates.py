"""Rates of rare things (complaints, departures) with an interval that may be trusted on few of them, and what would tell more."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import beta, norm, t

FEWEST = 5
"""Groups of campaigns that can say how much they differ, at least."""


@dataclass(frozen=True)
class Rate:
    """count of n; rate; low and high at the level asked for; luck: by how much campaigns that differ, and how few they are, reduce what
    the counts tell (1: nothing): both are divided by it before the interval."""

    count: int
    n: int
    rate: float
    low: float
    high: float
    luck: float


def exact(count: float, n: float, level: float) -> tuple[float, float]:
    """Clopper and Pearson's interval (1934): no level too low, whatever the rate.

    >>> low, high = exact(0, 3000, 0.9)
    >>> low, round(high, 5)
    (0.0, 0.001)
    """
    tail = (1 - level) / 2
    if n <= 0:
        return 0.0, 1.0
    low = float(beta.ppf(tail, count, n - count + 1)) if count > 0 else 0.0
    high = float(beta.ppf(1 - tail, count + 1, n - count)) if count < n else 1.0
    return low, high


def rate_of(count: np.ndarray, n: np.ndarray, level: float) -> Rate:
    """The rate over campaigns: counts (k,) of (k,). Where they differ by more than chance, the interval is that of Korn and Graubard (1998,
    Survey Methodology 24): exact, of the effective counts, with Student's t for the few campaigns that tell how much they differ."""
    total, whole = float(count.sum()), float(n.sum())
    varies, groups = dispersion(count, n)
    luck = varies if groups < FEWEST else max(1.0, varies * float(t.isf((1 - level) / 2, groups - 1) / norm.isf((1 - level) / 2)) ** 2)
    low, high = exact(total / luck, whole / luck, level)
    return Rate(int(total), int(whole), total / whole if whole else math.nan, low, high, luck)


def dispersion(count: np.ndarray, n: np.ndarray) -> tuple[float, int]:
    """(how many times the rate varies more than by chance alone, from how many groups): the variance of a ratio of sums over that of one
    binomial count (Rao and Scott 1992, Biometrics 48), in which large campaigns weigh as much as they do in the rate.

    Batches are added up, in their order, until five events are expected in each; fewer than FEWEST such groups say nothing (1).

    >>> dispersion(np.array([0, 20, 0, 20, 0, 20]), np.full(6, 1000))[0] > 8
    True
    """
    total, whole = count.sum(), n.sum()
    if whole <= 0 or total <= 0 or total >= whole:
        return 1.0, 0
    p = total / whole
    group = np.floor((np.cumsum(n) - n / 2) * p / 5).astype(int)
    counts, sizes = np.bincount(group, weights=count), np.bincount(group, weights=n)
    counts, sizes = counts[sizes > 0], sizes[sizes > 0]
    k = len(counts)
    if k < FEWEST:
        return 1.0, k
    return float(((counts - sizes * p) ** 2).sum() / (whole * p * (1 - p)) * k / (k - 1)), k


def would_tell(rate: Rate, limit: float, level: float) -> int | None:
    """Of how many in all the interval would lie below a limit, were the rate to stay as it is; None where no number would.

    >>> would_tell(Rate(0, 100, 0.0, 0.0, 0.03, 1.0), 0.001, 0.9)
    2995
    """
    if not rate.rate < limit:
        return None
    low, high = 1, 2
    while exact(rate.rate * high, high, level)[1] >= limit:
        high *= 2
        if high > 10**10:
            return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if exact(rate.rate * middle, middle, level)[1] < limit else (middle + 1, high)
    return math.ceil(high * rate.luck)
