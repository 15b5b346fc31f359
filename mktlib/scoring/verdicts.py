"""When a cell may be called better or worse than its group, even by someone who looks every day.

The probability of being the best is not a stopping rule: watched daily, it crowns a winner among equals in four campaigns of ten. A verdict
here is an e-value (Vovk & Wang 2021, Annals of Statistics 49): the evidence for "this cell's rate differs from its group's mean" is a
beta-binomial likelihood over the binomial one at that mean. It is a non-negative martingale while equal rates are watched, so that by
Ville's inequality it passes 1/a in at most a share a of campaigns, whenever one looks. Two precautions: the group's mean is only known
to within a range, so its end nearest to the cell counts; and pieces have their own luck, so that counts are thinned by the
overdispersion it causes. Over a table of K cells with data, evidence of K / 5 % is asked of each (Bonferroni).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, expit, gammaln, xlog1py, xlogy

Array = NDArray[Any]
WRONG = 0.05
EFFECT = 0.35
"""Size of the difference on the log-odds that the evidence is sharpest for: about 1.4 times the mean."""
MEAN_RANGE = 1.96


def evidence(count: Array, exposure: Array, mean: Array, family: str = "binomial") -> Array:
    """Log e-value (n,) against "the rate is `mean`": beta-binomial with spread EFFECT around it over binomial, gamma-Poisson over Poisson.

    >>> bool(evidence(np.array([30.0]), np.array([1000.0]), np.array([0.03]))[0] < 0)
    True
    >>> bool(evidence(np.array([60.0]), np.array([1000.0]), np.array([0.03]))[0] > 6)
    True
    """
    if family == "poisson":
        shape, expected = EFFECT**-2, exposure * mean
        return np.asarray(
            gammaln(shape + count) - gammaln(shape) + shape * np.log(shape) - (shape + count) * np.log(shape + expected) + expected
        )
    weight = 1 / (EFFECT**2 * mean * (1 - mean))
    a, b = mean * weight, (1 - mean) * weight
    return np.asarray(betaln(a + count, b + exposure - count) - betaln(a, b) - xlogy(count, mean) - xlog1py(exposure - count, -mean))


def direction(
    count: Array, exposure: Array, squares: Array, mean_logit: Array, mean_var: Array, luck: float, family: str = "binomial"
) -> Array:
    """+1 shown above the group's mean, -1 shown below, 0 undecided; all (n,).

    Args:
        count, exposure: own counts of each cell (0 where it has none).
        squares: sum over the cell's pieces of exposure squared (how few pieces carry the exposure).
        mean_logit, mean_var: the group's mean on the log-odds (the logarithm where counts are Poisson), and its variance.
        luck: sd of a piece's own effect on the log-odds; 0 where rows are not pieces.
    """
    own = exposure > 0
    raw = np.divide(count, exposure, out=np.zeros(len(count)), where=own)
    reach = MEAN_RANGE * np.sqrt(mean_var)
    back = np.exp if family == "poisson" else expit
    low, high = back(mean_logit - reach), back(mean_logit + reach)
    side = np.where(raw > high, 1, np.where(raw < low, -1, 0)) * own
    mean = np.where(side > 0, high, low)
    noise = mean if family == "poisson" else mean * (1 - mean)
    thin = 1 + luck**2 * noise * np.divide(squares, exposure, out=np.zeros(len(count)), where=own)
    said = evidence(count / thin, exposure / thin, mean, family) >= np.log(max(own.sum(), 1) / WRONG)
    return np.asarray(side * said)


def verdicts(side: Array, opinion: Array, *, better: str) -> Array:
    """The word for each cell: make, drop, test, too_early (n,)."""
    good = side if better == "high" else -side
    undecided = np.where(opinion > 0.5, "too_early", "test")
    return np.where(good > 0, "make", np.where(good < 0, "drop", undecided))
