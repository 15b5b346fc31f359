"""Shares of what is said, with ranges that know that people talk in waves.

A hundred mentions of one bad Tuesday are not a hundred opinions. Weeks (shorter stretches, where there are few weeks) are what varies: the
variance of a share is that of a ratio of totals over those times (Cochran 1977, Sampling Techniques, ch. 6), never less than that of as
many people who speak for themselves, and its range is taken on the logit, with Student's t for the number of times.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from scipy.stats import beta, t

FEWEST_TIMES = 4
"""Weeks, or shorter stretches, below which their variance is not believed."""


def periods(at: pd.Series) -> np.ndarray:
    """(n,) the week of each mention, or its stretch of fewer days where there are fewer than FEWEST_TIMES weeks.

    Single days of a few weeks would not do: talk that sours for a week is one wave, not seven, and a range made from seven days would be
    half as wide as it should be.
    """
    days = (at - at.min().normalize()).dt.days.to_numpy()
    return np.asarray(days // max(1, min(7, (int(days.max()) + 1) // FEWEST_TIMES)))


def share(hits: np.ndarray, size: np.ndarray, level: float) -> tuple[float, float, float]:
    """(share, low, high) of the total of `hits` (times,) in the total of `size` (times,).

    >>> [round(x, 3) for x in share(np.array([5, 5, 5, 5]), np.array([10, 10, 10, 10]), 0.9)]
    [0.5, 0.322, 0.678]
    """
    y, n = float(hits.sum()), float(size.sum())
    if n == 0:
        return float("nan"), 0.0, 1.0
    tail, p = (1 - level) / 2, y / n
    exact = float(beta.ppf(tail, y + 0.5, n - y + 0.5)), float(beta.ppf(1 - tail, y + 0.5, n - y + 0.5))
    if y in (0.0, n) or len(size) < FEWEST_TIMES:
        return p, 0.0 if y == 0 else exact[0], 1.0 if y == n else exact[1]
    error = float(np.sqrt(max(clustered(hits, size), p * (1 - p) / n))) / (p * (1 - p))
    reach = float(t.ppf(1 - tail, len(size) - 1)) * error
    return p, float(expit(logit(p) - reach)), float(expit(logit(p) + reach))


def clustered(hits: np.ndarray, size: np.ndarray) -> float:
    """The variance of a ratio of totals, its times being drawn from all such times."""
    m, n = len(size), float(size.sum())
    return float(((hits - hits.sum() / n * size) ** 2).sum()) * m / (m - 1) / n**2


def net(good: np.ndarray, bad: np.ndarray, size: np.ndarray, level: float) -> tuple[float, float, float]:
    """(net sentiment, low, high): (positive - negative) / all, between -1 and 1."""
    n = float(size.sum())
    if n == 0:
        return float("nan"), -1.0, 1.0
    value = float((good.sum() - bad.sum()) / n)
    alone = float((good.sum() + bad.sum()) / n - value**2) / n
    spread = max(clustered(good - bad, size), alone) if len(size) >= FEWEST_TIMES else alone
    spread = max(spread, 1 / n**2)  # nobody who disagreed yet is no proof that nobody does
    reach = float(t.ppf((1 + level) / 2, max(len(size) - 1, 3))) * float(np.sqrt(spread))
    return value, max(value - reach, -1.0), min(value + reach, 1.0)
