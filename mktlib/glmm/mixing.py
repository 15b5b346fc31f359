"""Answers averaged over what is not known: quantiles of a mixture of t distributions, tests of many things at once.

A variance taken for granted gives ranges that promise more than they hold; each analysis here tries a grid of variances, weighs each by
how well it tells the data, and asks the mixture.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, stdtr
from scipy.stats import t as student

TINY = 1e-12


def weights(log_likely: np.ndarray) -> np.ndarray:
    """Logs of likelihoods as weights that add to 1.

    >>> weights(np.array([0.0, 0.0]))
    array([0.5, 0.5])
    """
    raised = np.exp(log_likely - np.max(log_likely))
    return np.asarray(raised / raised.sum())


def below(x: np.ndarray, mean: np.ndarray, sd: np.ndarray, weight: np.ndarray, df: float) -> np.ndarray:
    """(m,): probability of each thing to lie below x (m,); mean and sd are (grid, m), weight (grid,)."""
    return np.asarray(weight @ _cdf((x - mean) / np.maximum(sd, TINY), df))


def _cdf(t: np.ndarray, df: float) -> np.ndarray:
    """Of Student's t; from 30 degrees of freedom on, Wallace's normal deviate (1959), right to three in ten thousand."""
    return np.asarray(stdtr(df, t) if df < 30 else ndtr(t * (1 - 1 / (4 * df)) / np.sqrt(1 + t**2 / (2 * df))))


def quantile(p: float | np.ndarray, mean: np.ndarray, sd: np.ndarray, weight: np.ndarray, df: float) -> np.ndarray:
    """(m,): where the mixture has p (one, or one each) below it, by halving.

    >>> float(quantile(0.5, np.array([[2.0]]), np.array([[1.0]]), np.ones(1), 9).round(6)[0])
    2.0
    """
    reach = abs(float(student.ppf(np.clip(np.min(np.minimum(p, 1 - p)) / 100, 1e-9, 0.5), df))) + 1
    low, high = (mean - reach * sd).min(axis=0), (mean + reach * sd).max(axis=0)
    for _ in range(36):
        middle = (low + high) / 2
        under = below(middle, mean, sd, weight, df) < p
        low, high = np.where(under, middle, low), np.where(under, high, middle)
    return np.asarray((low + high) / 2)


def ends(mean: np.ndarray, sd: np.ndarray, weight: np.ndarray, df: float, level: float) -> np.ndarray:
    """(m, 3): mean, low and high of each thing."""
    tails = [quantile(p, mean, sd, weight, df) for p in ((1 - level) / 2, (1 + level) / 2)]
    return np.column_stack([weight @ mean, *tails])


def upper_of_positive(mean: np.ndarray, sd: np.ndarray, weight: np.ndarray, df: float, p: float) -> np.ndarray:
    """(m,): where the mixture has p below it, of things that cannot be negative (that part is cut off)."""
    negative = below(np.zeros(mean.shape[1]), mean, sd, weight, df)
    return np.maximum(quantile(negative + p * (1 - negative), mean, sd, weight, df), 0.0)


def holm(p: np.ndarray) -> np.ndarray:
    """p values that may all be looked at: the chance of one wrong call among them is held (Holm 1979).

    >>> holm(np.array([0.01, 0.04, 0.03])).tolist()
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p, kind="stable")
    raised = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1.0)
    out = np.empty(len(p))
    out[order] = raised
    return out


def discovered(wrong: np.ndarray, most: float = 0.05) -> np.ndarray:
    """Which claims to make so that at most a share `most` of them is wrong on average, from each claim's chance of being wrong.

    >>> discovered(np.array([0.01, 0.5, 0.06])).tolist()
    [True, False, True]
    """
    order = np.argsort(wrong, kind="stable")
    share = np.cumsum(wrong[order]) / np.arange(1, len(wrong) + 1)
    out = np.zeros(len(wrong), bool)
    out[order] = share <= most
    return out
