"""Rates of an account counted day by day, where one day resembles the next.

A rate is a ratio of sums (engagements / reach). Its days scatter more than chance and follow each other, so that a range made from
single days, or from single people, is too narrow: the days are cut into blocks of whole weeks, and the blocks, nearly independent, show
how far the ratio moves (batch means: Conway 1963, Management Science 10; ratio by linearisation: Cochran 1977,
chapter 6; blocks cut shorter correct what still joins them: Vats and Flegal 2022, Biometrika 109).
"""

from __future__ import annotations

import numpy as np
from scipy.special import stdtrit

FEWEST_BLOCKS = 4
WEEK = 7


def block_days(days: int) -> int:
    """How many days a block has: whole weeks, growing with the cube root of the weeks there are (Flegal and Jones 2010).

    >>> [block_days(d) for d in (28, 90, 182, 365, 1095)]
    [7, 14, 21, 28, 35]
    """
    return WEEK * max(1, min(round((days / WEEK) ** (1 / 3)), days // (FEWEST_BLOCKS * WEEK)))


def ratio(y: np.ndarray, n: np.ndarray, day: np.ndarray, level: float = 0.9) -> tuple[float, float, float]:
    """Sum of y over sum of n with its range, from one row a day; `day` counts days from the first. No range below FEWEST_BLOCKS blocks.

    >>> ratio(np.array([1.0, 3.0] * 28), np.full(56, 100.0), np.arange(56))[0]
    0.02
    """
    seen = np.isfinite(y) & np.isfinite(n) & (n > 0)
    y, n, day = y[seen], n[seen], day[seen]
    if not len(y) or n.sum() <= 0:
        return np.nan, np.nan, np.nan
    rate = float(y.sum() / n.sum())
    span = int(day.max()) + 1
    length = block_days(span)
    spread, blocks = _variance(y - rate * n, day, span, length)
    if blocks < FEWEST_BLOCKS:
        return rate, np.nan, np.nan
    if length > WEEK:  # what still joins neighbouring blocks shows where they are cut shorter
        shorter = _variance(y - rate * n, day, span, WEEK * max(1, length // (3 * WEEK)))[0]
        spread = max(spread, 2 * spread - shorter)
    width = float(stdtrit(blocks - 1, 0.5 + level / 2)) * float(np.sqrt(spread)) / float(n.sum())
    return rate, rate - width, rate + width


def _variance(off: np.ndarray, day: np.ndarray, span: int, length: int) -> tuple[float, int]:
    """The variance of the sum of what is off, from blocks of so many days, and how many blocks; days left over join the last."""
    block = np.minimum(day.astype(int) // length, max(1, span // length) - 1)
    used, block = np.unique(block, return_inverse=True)
    count = len(used)
    return float((np.bincount(block, off) ** 2).sum() * count / max(count - 1, 1)), count
