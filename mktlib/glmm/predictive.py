"""A promised rate, its doubt and the luck of counting, put together: the range, the place and the chance of what came.

The rate is log-odds-normal (log-normal unless binomial) around a centre whose mean is the promised one; the count on a known exposure is
binomial or Poisson. A sum of money has no luck of its own here: its rate alone is uncertain.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, expit, gammaln, logit, logsumexp, ndtr, ndtri, pdtr, xlogy
from scipy.stats import norm

Array = NDArray[Any]
STEPS = np.linspace(-6, 6, 481)  # so near that a narrow binomial at each step still adds up to a smooth whole (a few Gauss nodes do not)
WEIGHTS = norm.pdf(STEPS) / norm.pdf(STEPS).sum()
SURE = 1e-7  # nearer to 0 or 1 the quadrature says no more


def predictive(rate: Array, sd: Array, exposure: Array, level: float = 0.9, *, family: str = "binomial") -> Array:
    """(n, 2) range of the count on a known exposure: the luck of counting on a rate that is itself uncertain, by quadrature.

    Args:
        rate: (n,) promised mean rate, a fraction. sd: (n,) standard deviation of its log-odds (of its logarithm unless binomial).
        exposure: (n,) chances, 0 or more.
        family: "binomial"; "poisson" where one chance may count twice; "money" (a sum, whose rate alone is uncertain).

    >>> predictive(np.array([0.5]), np.array([1e-9]), np.array([100])).tolist()
    [[42.0, 58.0]]
    """
    rate, sd, chances = (np.asarray(x, float) for x in (rate, sd, exposure))
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    if family == "money":
        return np.asarray((chances * rate * np.exp(-(sd**2) / 2))[:, None] * np.exp(sd[:, None] * norm.ppf(tails)))
    if family == "poisson":
        means = (chances * rate * np.exp(-(sd**2) / 2))[:, None] * np.exp(sd[:, None] * STEPS)
        most = means.max(axis=1) + 10 * np.sqrt(means.max(axis=1)) + 10
        return np.column_stack([_smallest(lambda k, i: pdtr(k[:, None], means[i]), t, most) for t in tails])
    trials = chances.astype(np.int64)
    rates = expit(center_of(rate, sd)[:, None] + sd[:, None] * STEPS)
    return np.column_stack([_smallest(lambda k, i: bdtr(k[:, None], trials[i, None], rates[i]), t, chances) for t in tails])


def _smallest(below: Callable[[Array, Array], Array], tail: float, most: Array) -> Array:
    """The smallest count whose chance of being reached from below is `tail`, row by row, by halving."""
    low, high = np.full(len(most), -1.0), np.floor(np.asarray(most, float))
    while (wide := np.flatnonzero(high - low > 1)).size:
        middle = np.floor((low[wide] + high[wide]) / 2)
        reached = below(middle, wide) @ WEIGHTS >= tail - 1e-12
        high[wide], low[wide] = np.where(reached, middle, high[wide]), np.where(reached, low[wide], middle)
    return high


def center_of(rate: Array, sd: Array) -> Array:
    """The centre of the log-odds whose mean rate is the promised one (Newton's steps): a mean is not a median."""
    p = np.clip(rate, 1e-9, 1 - 1e-9)
    center = logit(p)
    for _ in range(30):
        rates = expit(center[:, None] + sd[:, None] * STEPS)
        change = (p - rates @ WEIGHTS) / ((rates * (1 - rates)) @ WEIGHTS)
        center = center + np.clip(change, -2, 2)
    return center


def _log_mean(rate: Array, sd: Array) -> Array:
    return np.asarray(np.log(np.maximum(rate, 1e-12)) - sd**2 / 2)


def reached(count: Array, rate: Array, sd: Array, exposure: Array, *, family: str = "binomial") -> Array:
    """(n, 2) promised chance of fewer than what came, and of no more than that (one and the same for money).

    >>> reached(np.array([50]), np.array([0.5]), np.array([1e-9]), np.array([100])).round(3).tolist()
    [[0.46, 0.54]]
    """
    y, rate, sd, n = (np.asarray(x, float) for x in (count, rate, sd, exposure))
    if family == "money":
        at = ndtr((np.log(np.maximum(y, 1e-12) / n) - _log_mean(rate, sd)) / np.maximum(sd, 1e-12))
        return np.column_stack([at, at])
    if family == "poisson":
        means = n[:, None] * np.exp(_log_mean(rate, sd)[:, None] + sd[:, None] * STEPS)
        cdf = [np.where(k[:, None] < 0, 0.0, pdtr(np.maximum(k, 0)[:, None], means)) @ WEIGHTS for k in (y - 1, y)]
    else:
        rates = expit(center_of(rate, sd)[:, None] + sd[:, None] * STEPS)
        cdf = [
            np.where(k[:, None] < 0, 0.0, bdtr(np.maximum(k, 0)[:, None], n.astype(np.int64)[:, None], rates)) @ WEIGHTS for k in (y - 1, y)
        ]
    return np.clip(np.column_stack(cdf), 0, 1)


def normal_score(count: Array, rate: Array, sd: Array, exposure: Array, *, family: str = "binomial") -> Array:
    """(n,) what came as a standard normal: of the middle of its step of the promised distribution; far out, of the distance itself.

    >>> normal_score(np.array([60]), np.array([0.5]), np.array([1e-9]), np.array([100])).round(1).tolist()
    [2.0]
    """
    y, rate, sd, n = (np.asarray(x, float) for x in (count, rate, sd, exposure))
    middle = reached(y, rate, sd, n, family=family).mean(axis=1)
    z = ndtri(np.clip(middle, SURE, 1 - SURE))
    far = (middle < SURE) | (middle > 1 - SURE)
    gap, spread = distance(y, rate, sd, n, family=family)
    return np.where(far, np.sign(z) * np.maximum(np.abs(z), np.abs(gap) / spread), z)


def distance(count: Array, rate: Array, sd: Array, exposure: Array, *, family: str = "binomial") -> tuple[Array, Array]:
    """(n,) how far what came lies from the promise on the scale of the link, and how far it was promised to lie (sd)."""
    y, rate, sd, n = (np.asarray(x, float) for x in (count, rate, sd, exposure))
    luck = luck_of(rate, n, family=family)
    if family == "binomial":
        return logit((y + 0.5) / (n + 1)) - center_of(rate, sd), np.sqrt(sd**2 + luck)
    small = 1e-12 if family == "money" else 0.5
    return np.log((y + small) / n) - _log_mean(rate, sd), np.sqrt(np.maximum(sd**2 + luck, 1e-12))


def luck_of(rate: Array, exposure: Array, *, family: str = "binomial") -> Array:
    """(n,) variance that counting alone brings, on the scale of the link."""
    if family == "money":
        return np.zeros(len(rate))
    events = np.maximum(np.asarray(exposure, float) * rate, 1e-9)
    return np.asarray(1 / (events * np.maximum(1 - rate, 1e-9)) if family == "binomial" else 1 / events)


def log_chance(count: Array, rate: Array, sd: Array, exposure: Array, *, family: str = "binomial", nodes: int = 21) -> Array:
    """(n,) logarithm of the promised chance of exactly what came (of its density for money), by adaptive quadrature (Liu & Pierce 1994)."""
    y, rate, sd, n = (np.asarray(x, float) for x in (count, rate, np.maximum(sd, 1e-9), exposure))
    if family == "money":
        u = (np.log(np.maximum(y, 1e-12) / n) - _log_mean(rate, sd)) / sd
        return np.asarray(norm.logpdf(u) - np.log(sd) - np.log(np.maximum(y, 1e-12)))
    center = center_of(rate, sd) if family == "binomial" else _log_mean(rate, sd)
    at = np.zeros(len(y))
    for _ in range(60):
        slope, curve = _slopes(y, n, center + sd * at, sd, family)
        at = at + np.clip((slope - at) / (1 + curve), -1, 1)
    wide = 1 / np.sqrt(1 + _slopes(y, n, center + sd * at, sd, family)[1])
    x, w = np.polynomial.hermite_e.hermegauss(nodes)
    u = at[:, None] + wide[:, None] * x
    inner = _log_mass(y[:, None], n[:, None], center[:, None] + sd[:, None] * u, family) - u**2 / 2 + x**2 / 2
    return np.asarray(logsumexp(inner + np.log(w / np.sqrt(2 * np.pi)), axis=1) + np.log(wide))


def _slopes(y: Array, n: Array, eta: Array, sd: Array, family: str) -> tuple[Array, Array]:
    """First derivative and minus the second of the log chance along the promise's own unit."""
    p = expit(eta) if family == "binomial" else np.exp(np.minimum(eta, 30.0))
    return sd * (y - n * p), sd**2 * n * p * ((1 - p) if family == "binomial" else 1.0)


def _log_mass(y: Array, n: Array, eta: Array, family: str) -> Array:
    if family == "poisson":
        mean = n * np.exp(np.minimum(eta, 30.0))
        return np.asarray(xlogy(y, mean) - mean - gammaln(y + 1))
    ways = gammaln(n + 1) - gammaln(y + 1) - gammaln(n - y + 1)
    return np.asarray(ways + y * -np.logaddexp(0, -eta) + (n - y) * -np.logaddexp(0, eta))


def drawn(rate: Array, sd: Array, exposure: Array, size: int, rng: np.random.Generator, *, family: str = "binomial") -> Array:
    """(n, size) counts drawn from promises; the rates are stratified, so that few draws say much."""
    rate, sd, n = (np.asarray(x, float) for x in (rate, sd, exposure))
    u = (np.arange(size) + rng.random((len(rate), size))) / size
    eta = sd[:, None] * ndtri(np.clip(u, 1e-12, 1 - 1e-12))
    if family == "binomial":
        return np.asarray(rng.binomial(n.astype(np.int64)[:, None], expit(center_of(rate, sd)[:, None] + eta)), float)
    means = n[:, None] * np.exp(_log_mean(rate, sd)[:, None] + eta)
    return means if family == "money" else np.asarray(rng.poisson(means), float)
