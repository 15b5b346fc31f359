"""How many are negative really: shares corrected for a classifier that errs, with an interval that knows how little the errors are known.

The classes a classifier finds are the true shares seen through its confusion matrix: q = pi M (Rogan and Gladen 1978 for two classes;
"black-box shift", Lipton, Wang and Smola 2018). M is known from labelled texts only, so it is drawn from its posterior (Dirichlet rows,
Jeffreys' prior) together with q (Dirichlet), pi = q M^-1 is kept where it is a share, and each draw weighs 1 / |det M|, which makes it the
posterior of pi under a flat prior on the shares; PRIOR tempers that to one which does not pull a rare class up. What it takes for granted:
among texts of one true tone the classifier errs as it did on the labelled ones (the mix may change, the way of speaking may not).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
DRAWS = 20_000
FEWEST_DRAWS = 200
"""Draws in the simplex that an interval needs; fewer means that the labelled texts and these do not fit together."""
JEFFREYS, NEAR_END = 0.5, 0.01
PRIOR = 0.75
"""Of the shares (Dirichlet): 1 is flat and drags a class of 2 % towards a third."""


@dataclass(frozen=True)
class Shares:
    """Mean, low and high of each class's share; `effective` draws that they rest on; `fits` says whether the confusion explains the
    counts."""

    mean: Array
    low: Array
    high: Array
    effective: float
    fits: bool


def corrected_shares(found: Array, confusion: Array, *, level: float = 0.9, seed: int = 0) -> Shares:
    """Shares of the true classes.

    Args:
        found: (k,) how many texts the classifier put into each class.
        confusion: (k, k) labelled texts by true class (rows) and class given (columns).
        level: of the interval.
        seed: of the draws.

    Returns:
        Shares. Where no draw is possible (a classifier no better than chance, or texts unlike the labelled ones) `fits` is false and the
        interval is what the draws forced onto the simplex leave.

    >>> s = corrected_shares(np.array([30.0, 0, 70]), np.array([[90.0, 0, 10], [0, 1, 0], [10, 0, 90]]))
    >>> bool(s.low[0] < 0.25 < s.high[0])
    True
    """
    rng = np.random.default_rng(seed)
    rows = np.stack([rng.dirichlet(row + JEFFREYS, DRAWS) for row in confusion], axis=1)
    seen = rng.dirichlet(found + 1.0, DRAWS)
    size = np.abs(np.linalg.det(rows))
    usable = size > 1e-6
    shares = np.linalg.solve(np.swapaxes(rows[usable], 1, 2), seen[usable][:, :, None])[:, :, 0]
    inside = (shares >= 0).all(axis=1)
    weight = np.minimum(1 / size[usable], np.quantile(1 / size[usable], 0.999))[inside]
    weight *= (np.maximum(shares[inside], 1e-4) ** (PRIOR - 1)).prod(axis=1)
    effective = float(weight.sum() ** 2 / (weight**2).sum()) if inside.any() else 0.0
    if effective >= FEWEST_DRAWS:
        return _summed(shares[inside], weight, level, effective, fits=True)
    forced = np.apply_along_axis(onto_simplex, 1, shares[:2000])
    return _summed(forced, np.ones(len(forced)), level, effective, fits=False)


def _summed(shares: Array, weight: Array, level: float, effective: float, *, fits: bool) -> Shares:
    ends = np.array([_ends(shares[:, k], weight, level) for k in range(shares.shape[1])])
    return Shares(np.average(shares, axis=0, weights=weight), ends[:, 0], ends[:, 1], effective, fits)


def _ends(values: Array, weight: Array, level: float) -> tuple[float, float]:
    """Between two quantiles, unless so much of the weight lies nearest together at an end: then from 0 (or up to 1), for a share may be
    none, which no interval between two quantiles can say."""
    order = np.argsort(values)
    x, mass = values[order], np.cumsum(weight[order]) / weight.sum()

    def at(q: float) -> float:
        return float(x[min(int(np.searchsorted(mass, q)), len(x) - 1)])

    low, high = at((1 - level) / 2), at((1 + level) / 2)
    if x[0] < NEAR_END and at(level) <= high - low:
        return 0.0, at(level)
    if x[-1] > 1 - NEAR_END and 1 - at(1 - level) <= high - low:
        return at(1 - level), 1.0
    return low, high


def onto_simplex(values: Array) -> Array:
    """The nearest shares (Duchi and others 2008).

    >>> onto_simplex(np.array([1.2, -0.2])).tolist()
    [1.0, 0.0]
    """
    down = np.sort(values)[::-1]
    steps = (np.cumsum(down) - 1) / np.arange(1, len(values) + 1)
    last = int(np.flatnonzero(down - steps > 0)[-1])
    return np.maximum(values - steps[last], 0.0)


def shifted_prior(chances: Array, prior: Array, *, most: int = 500) -> Array:
    """Shares by expectation and maximisation from chances that were calibrated under `prior` (Saerens, Latinne and Decaestecker 2002).

    >>> p = np.array([[0.9, 0.1], [0.2, 0.8], [0.2, 0.8]])
    >>> shifted_prior(p, np.array([0.5, 0.5])).round(2).tolist()
    [0.36, 0.64]
    """
    share = prior.copy()
    for _ in range(most):
        again = chances * (share / prior)
        again /= again.sum(axis=1, keepdims=True)
        moved = again.mean(axis=0)
        if np.abs(moved - share).max() < 1e-7:
            break
        share = moved
    return share
