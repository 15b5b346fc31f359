"""A level that drifts, seen through the luck of single weeks: where it stands, which weeks are out of the ordinary, what comes next.

The local level model (Harvey 1989, "Forecasting, structural time series models and the Kalman filter"), written as a regression whose
errors share a random walk and perhaps a steady slope, so that weeks may be missing; the ratios of the variances are not taken for granted
but averaged over.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.stats import t as student

from mktlib.glmm import mixing

RATIOS = np.concatenate([[0.0], np.geomspace(1e-3, 4.0, 11)])
"""Variance of one step of the level over that of one week's luck."""
OPEN = 0.5 * np.log(RATIOS + RATIOS[1])
"""Log prior of each: even in the size of a step, so that a drift which hides in the luck of weeks is not ruled out."""


SLOPES = (0.0, 1e-3, 1e-2, 1e-1)
"""Variance of a steady slope a week over the same; no slope is as likely as any. Without it an account that doubles in a year is told too
low, and its ranges hold the truth 7 or 8 times in 10 where 9 were promised."""


@dataclass(frozen=True, kw_only=True)
class Level:
    """What the weeks leave likely, for each of m combinations of levels and weeks to come: mean, sd (grid, m), weight (grid,), df."""

    mean: np.ndarray
    sd: np.ndarray
    weight: np.ndarray
    df: float

    def ends(self, level: float) -> np.ndarray:
        """(m, 3): mean, low, high."""
        return mixing.ends(self.mean, self.sd, self.weight, self.df, level)


def drifting(y: np.ndarray, at: np.ndarray, new: np.ndarray, asked: np.ndarray, luck: np.ndarray) -> Level:
    """The level at `new` weeks from y seen at weeks `at`.

    asked: (m, new) combinations of those levels (a row of one 1 for a level, 1 1 1 1 for four weeks together);
    luck: (m,) variances of single weeks that each combination holds besides (0 for the level itself, 4 for four weeks to come).
    """
    pairs = list(itertools.product(SLOPES, RATIOS))
    parts = [_one(y, at, new, asked, luck, ratio, slope) for slope, ratio in pairs]
    mean, sd = (np.array([p[k] for p in parts]) for k in (0, 1))
    steady = np.log([1 if slope == 0 else 1 / (len(SLOPES) - 1) for slope in SLOPES])
    open_ = np.add.outer(steady, OPEN).ravel()
    return Level(mean=mean, sd=sd, weight=mixing.weights(np.array([p[2] for p in parts]) + open_), df=len(y) - 1)


def _walk(a: np.ndarray, b: np.ndarray, ratio: float, slope: float = 0.0) -> np.ndarray:
    return ratio * np.minimum(a[:, None], b[None, :]) + slope * np.outer(a, b)


def _one(
    y: np.ndarray, at: np.ndarray, new: np.ndarray, asked: np.ndarray, luck: np.ndarray, ratio: float, slope: float = 0.0
) -> tuple[np.ndarray, np.ndarray, float]:
    origin = min(at.min(), new.min())
    seen, there = at - origin, new - origin
    factor = cho_factor(np.eye(len(y)) + _walk(seen, seen, ratio, slope), lower=True)
    ones = cho_solve(factor, np.ones(len(y)))
    precision = ones.sum()
    start = float(ones @ y / precision)
    rest = cho_solve(factor, y - start)
    variance = float((y - start) @ rest) / (len(y) - 1)
    cross = _walk(there, seen, ratio, slope)
    mean = asked @ (start + cross @ rest)
    unsure = asked @ (1 - cross @ ones)
    spread = _walk(there, there, ratio, slope) - cross @ cho_solve(factor, cross.T)
    total = np.einsum("ij,jk,ik->i", asked, spread, asked) + unsure**2 / precision + luck
    logdet = 2 * np.log(np.diag(factor[0])).sum() + np.log(precision)
    likely = -0.5 * logdet - 0.5 * (len(y) - 1) * np.log(max(variance, 1e-300))
    return mean, np.sqrt(np.maximum(variance * total, 0)), float(likely)


def odd(y: np.ndarray, at: np.ndarray) -> np.ndarray:
    """(n,): how likely each week would be so far, or further, from what the other weeks say of it (two-sided p, deletion residuals)."""
    if len(y) < 6:
        return np.ones(len(y))
    parts = [_odd(y, at, ratio) for ratio in RATIOS]
    return np.asarray(mixing.weights(np.array([p[1] for p in parts]) + OPEN) @ np.array([p[0] for p in parts]))


def _odd(y: np.ndarray, at: np.ndarray, ratio: float) -> tuple[np.ndarray, float]:
    n, seen = len(y), at - at.min()
    factor = cho_factor(np.eye(n) + _walk(seen, seen, ratio), lower=True)
    inverse = cho_solve(factor, np.eye(n))
    ones = inverse.sum(axis=1)
    projected = inverse - np.outer(ones, ones) / ones.sum()
    rest = projected @ y
    square = float(y @ rest)
    share = np.minimum(rest**2 / np.maximum(np.diag(projected) * square, 1e-300), 1 - 1e-12)  # of the sum of squares, by this week
    far = np.sqrt(share * (n - 2) / (1 - share))
    logdet = 2 * np.log(np.diag(factor[0])).sum() + np.log(ones.sum())
    likely = -0.5 * logdet - 0.5 * (n - 1) * np.log(max(square, 1e-300))
    return 2 * student.sf(far, n - 2), float(likely)


def unusual(y: np.ndarray, at: np.ndarray, wrong: float = 0.05) -> np.ndarray:
    """(n,) bool: weeks out of the ordinary; a quiet series has one named with a chance of at most `wrong`.

    The oddest is set aside and the rest asked again, so that a storm of three weeks does not hide itself; at most a fifth is set aside.
    """
    out = np.zeros(len(y), bool)
    for _ in range(max(1, len(y) // 5)):
        kept = np.flatnonzero(~out)
        p = odd(y[kept], at[kept])
        if len(p) == 0 or p.min() * len(kept) > wrong:
            break
        out[kept[int(p.argmin())]] = True
    return out
