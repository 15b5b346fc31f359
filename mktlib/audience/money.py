"""What a person brings on average, where most bring nothing and a few bring much.

Two parts (a hurdle): the share of people who bring anything, and what those bring on average. Both are shared between groups: the
share as in `groups`, the average on the log scale with a variance between groups that is integrated out (the uniform shrinkage prior of
Christiansen and Morris 1997, JASA 92; Daniels 1999, Canadian Journal of Statistics 27). Within a group, amounts have the mean-variance
law of the gamma (McCullagh and Nelder 1989, chapter 8): one coefficient of variation for all groups, learnt from all, and uncertain.
"""

from __future__ import annotations

import numpy as np
from scipy.special import digamma, ndtr, ndtri, polygamma

from mktlib.audience.groups import posterior_rates

DRAWS = 8000


def per_head(amounts: np.ndarray, group: np.ndarray, count: int, level: float = 0.9) -> np.ndarray:
    """(groups, 3): middle, low, high of the amount per head of each of `count` groups; NaN ends where the data cannot say.

    The middle of the posterior, not its mean: with few who bring anything, the mean is that of the tail.

    amounts: one a person, most of them 0; `group` numbers the groups. Where an amount is below nothing (money given back), or fewer than
    three people brought anything, there is no such law: the mean stands, its range by the bootstrap where ten people brought something;
    where one or two did, it is not told either (NaN), for it would say what they paid.

    >>> per_head(np.array([0.0] * 50 + [10.0, 20.0, 30.0, 40.0, 50.0]), np.zeros(55, int), 1).round(1).tolist()
    [[2.9, 1.1, 6.8]]
    """
    heads = np.bincount(group, minlength=count)
    mean = np.bincount(group, amounts, minlength=count) / np.maximum(heads, 1)
    tail = [(1 - level) / 2, (1 + level) / 2]
    rng = np.random.default_rng(20260101)
    if (amounts < 0).any() or (amounts > 0).sum() - len(np.unique(group[amounts > 0])) < 2:
        paying = np.bincount(group[amounts != 0], minlength=count)
        mean[(paying > 0) & (paying < 3)] = np.nan
        return np.column_stack([mean, _bootstrapped(amounts, group, count, tail, rng)])
    bought = np.bincount(group[amounts > 0], minlength=count)
    share = _rates(bought, heads, rng)
    size = _sizes(amounts[amounts > 0], group[amounts > 0], count, rng)
    draws = share * size
    return np.column_stack([np.median(draws, axis=0), np.quantile(draws, tail, axis=0).T])


def _rates(hits: np.ndarray, heads: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(DRAWS, groups): shares of people, drawn from their posterior."""
    a, b, weight = posterior_rates(hits, heads)
    at = rng.choice(len(weight), DRAWS, p=weight)
    return rng.beta(a[:, at].T, b[:, at].T)


def _sizes(paid: np.ndarray, group: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """(DRAWS, groups): mean amount of those who bring one; a group without any is drawn from what the groups share."""
    n = np.bincount(group, minlength=count)
    mean = np.bincount(group, paid, minlength=count) / np.maximum(n, 1)
    free = len(paid) - int((n > 0).sum())
    off = ((paid - mean[group]) / mean[group]) ** 2
    varied = float(off.sum() / free)  # squared coefficient of variation, one for all
    tails = float((off**2).mean() / max(off.mean() ** 2, 1e-12))  # of a normal, 3: the heavier, the less the spread is known
    sure = max(3.0, min(free, 2 * free / max(tails - 1, 1e-9)))
    cv2 = np.maximum(varied * sure / rng.chisquare(sure, DRAWS), 1e-6)
    shape = np.maximum(n, 1)[None, :] / cv2[:, None]
    log_mean = np.log(np.where(n > 0, mean, 1.0))[None, :] - (digamma(shape) - np.log(shape))
    variance = np.where(n > 0, polygamma(1, shape), np.inf)
    if (n > 0).sum() < 2:
        noisy = rng.normal(np.broadcast_to(log_mean[:, n > 0], (DRAWS, count)), np.sqrt(variance[:, n > 0]))
        return np.exp(noisy)
    return np.exp(_shared(log_mean, variance, rng))


def _shared(x: np.ndarray, variance: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(draws, groups): means of groups drawn together: x of a group is Normal(its mean, variance), the means Normal(mu, tau).

    One row a draw of the nuisance; mu has a flat prior and tau squared the uniform shrinkage prior, at the size of the smallest group
    (the largest variance), on a grid.
    """
    typical = np.median(variance, axis=0)
    least, most = (float(end(typical[np.isfinite(typical)])) for end in (np.min, np.max))
    tau2 = np.geomspace(least / 400, most * 4000, 50)
    pull = 1 / (typical[None, :] + tau2[:, None])
    base = np.median(x, axis=0)
    centre = (pull * base).sum(axis=1) / pull.sum(axis=1)
    known = np.isfinite(typical)
    terms = np.where(known, np.log(np.where(pull > 0, pull, 1.0)) - pull * (base - centre[:, None]) ** 2, 0.0)
    likely = 0.5 * terms.sum(axis=1) - 0.5 * np.log(pull.sum(axis=1)) + np.log(tau2) - 2 * np.log(tau2 + most)
    weight = np.exp(likely - likely.max())
    between = tau2[rng.choice(len(tau2), len(x), p=weight / weight.sum())][:, None]
    pulls = 1 / (variance + between)
    middle = (pulls * x).sum(axis=1) / pulls.sum(axis=1)
    mu = rng.normal(middle, 1 / np.sqrt(pulls.sum(axis=1)))[:, None]
    own = between / (between + np.where(np.isfinite(variance), variance, 1e30))
    spread = np.sqrt(own * np.where(np.isfinite(variance), variance, 1e30))
    return rng.normal(mu + own * (x - mu), spread)


def _bootstrapped(amounts: np.ndarray, group: np.ndarray, count: int, tail: list[float], rng: np.random.Generator) -> np.ndarray:
    """(groups, 2): the range of each mean by the bootstrap (Efron 1979), corrected for its bias and skew (BCa); NaN below ten amounts."""
    ends = np.full((count, 2), np.nan)
    for g in range(count):
        own = amounts[group == g]
        if np.count_nonzero(own) >= 10:
            ends[g] = bca(own, tail, rng)
    return ends


def bca(own: np.ndarray, tail: list[float], rng: np.random.Generator, size: int = 2000) -> np.ndarray:
    """Ends of the BCa interval of a mean (Efron 1987, JASA 82)."""
    means = np.array([own[rng.integers(0, len(own), len(own))].mean() for _ in range(size)])
    off = own - own.mean()
    skew = float((off**3).sum() / (6 * (off**2).sum() ** 1.5)) if off.any() else 0.0
    bias = ndtri(np.clip((means < own.mean()).mean(), 1e-3, 1 - 1e-3))
    z = bias + ndtri(np.asarray(tail))
    return np.asarray(np.quantile(means, ndtr(bias + z / (1 - skew * z))))
