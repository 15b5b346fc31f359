"""What a test is worth before it is run: arrays in, numbers out.

Rates of m contents are believed to be normal on the link scale (log-odds, or logs where a rate may pass 1). A test shows some of them n
times each; what it would tell is a normal observation of their links, as wide as n exposures leave it. So the means after the test are
normal too, before it is run (preposterior analysis: Raiffa and Schlaifer 1961, Applied Statistical Decision Theory, ch. 5; several
correlated contents: Frazier, Powell and Dayanik 2009, INFORMS J. Computing 21(4); the normal approximation for other data: Jalal and
Alarid-Escudero 2018, Medical Decision Making 38(2)). The width is chosen so that the variance left after the test is right on average
over the rates believed (moment matching: Heath, Manolopoulou and Baio 2018, Medical Decision Making 38(2)), which few events need.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.linalg import solve_triangular
from scipy.special import expit, roots_hermitenorm
from scipy.stats import norm, qmc

POINTS = 9
"""2 to this power outcomes of a test are looked at (a Sobol sequence, so that they fill the space evenly)."""
NODES, WEIGHTS = (x / s for x, s in zip(roots_hermitenorm(9), (1.0, np.sqrt(2 * np.pi)), strict=True))
"""Gauss-Hermite rule for the mean over a standard normal."""
LEAST = 1e-12


@dataclass(frozen=True)
class Beliefs:
    """What is known of m contents: mean (m,) and cov (m, m) of their links; share: log-odds of a share, else logs of a count's rate.

    dispersion: how many times wider than by chance alone counts scatter.
    """

    mean: np.ndarray
    cov: np.ndarray
    share: bool = True
    dispersion: float = 1.0

    def to_rate(self, eta: np.ndarray) -> np.ndarray:
        return np.asarray(expit(eta) if self.share else np.exp(eta))

    def expect(self, mean: np.ndarray, var: np.ndarray) -> np.ndarray:
        """Mean rates (..., m) of links with these means (..., m) and variances (m,)."""
        return np.asarray(self.to_rate(mean[..., None] + np.sqrt(np.maximum(var, 0.0))[:, None] * NODES) @ WEIGHTS)

    @classmethod
    def of(cls, draws: np.ndarray, *, share: bool = True, dispersion: float = 1.0) -> Beliefs:
        """From joint draws (size, m) of the links."""
        return cls(draws.mean(axis=0), np.atleast_2d(np.cov(draws, rowvar=False)), share, dispersion)


@lru_cache(maxsize=32)
def outcomes(dimensions: int) -> np.ndarray:
    """(2**POINTS, dimensions) standard normal points that fill the space evenly; the same every time."""
    return np.asarray(norm.ppf(qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng(0)).random_base2(POINTS)))


def top(rates: np.ndarray, keep: int) -> np.ndarray:
    """Sum of the `keep` highest along the last axis.

    >>> top(np.array([0.1, 0.4, 0.2]), 2).round(3)
    np.float64(0.6)
    """
    return np.asarray(np.sort(rates, axis=-1)[..., -keep:].sum(axis=-1))


def width(beliefs: Beliefs, tested: np.ndarray, n: float | np.ndarray) -> np.ndarray:
    """(tested,) variance of what n exposures each would tell of a link, matched to the variance they leave on average."""
    before = np.maximum(np.diag(beliefs.cov)[tested], LEAST)
    rate = beliefs.to_rate(beliefs.mean[tested, None] + np.sqrt(before)[:, None] * NODES)
    each = rate * (1 - rate) if beliefs.share else rate
    left = (1 / (1 / before[:, None] + np.reshape(n, (-1, 1)) * each / beliefs.dispersion)) @ WEIGHTS
    return np.asarray(1 / np.maximum(1 / left - 1 / before, LEAST))


def moves(beliefs: Beliefs, tested: np.ndarray, n: float | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How far the test can move the means: (m, tested) factor of their covariance before it is run, and (m,) variance left after it."""
    seen = beliefs.cov[np.ix_(tested, tested)] + np.diag(width(beliefs, tested, n))
    factor = solve_triangular(np.linalg.cholesky(seen), beliefs.cov[tested], lower=True).T
    return factor, np.maximum(np.diag(beliefs.cov) - (factor**2).sum(axis=1), 0.0)


def gains(beliefs: Beliefs, tested: np.ndarray, n: float | np.ndarray, *, keep: int = 1) -> np.ndarray:
    """(outcomes,) what each outcome of a test would add to the summed rates of the `keep` contents that are shown, never below 0.

    Their mean is the expected value of sample information, for one exposure of each content shown: what the contents that are best after
    the test bring more than those that are best now.

    Examples
    --------
    Two contents that nobody can tell apart; the more exposures, the more a test is worth, up to knowing both rates.

    >>> beliefs = Beliefs(np.array([-3.0, -3.0]), 0.2 * np.eye(2))
    >>> [round(float(gains(beliefs, np.array([0, 1]), n).mean()), 4) for n in (100, 1000, 100_000)]
    [0.0084, 0.0114, 0.0121]
    >>> round(float(perfect(beliefs).mean()), 4)
    0.0121
    """
    factor, left = moves(beliefs, np.asarray(tested), n)
    return _beyond(beliefs.expect(beliefs.mean + outcomes(len(tested)) @ factor.T, left), keep)


def perfect(beliefs: Beliefs, *, keep: int = 1) -> np.ndarray:
    """(outcomes,) the same for a test that tells every rate: no test is worth more on average."""
    values, vectors = np.linalg.eigh(beliefs.cov)
    factor = vectors * np.sqrt(np.maximum(values, 0.0))
    return _beyond(beliefs.to_rate(beliefs.mean + outcomes(len(beliefs.mean)) @ factor.T), keep)


def _beyond(after: np.ndarray, keep: int) -> np.ndarray:
    """What choosing afresh brings more than keeping the contents whose mean is highest over all outcomes (outcomes, m)."""
    if keep >= after.shape[1]:
        return np.zeros(len(after))
    now = np.argsort(-after.mean(axis=0), kind="stable")[:keep]
    return np.maximum(top(after, keep) - after[:, now].sum(axis=1), 0.0)


def best_within(options: list[list[tuple[float, float]]], budget: float, *, parts: int = 2000) -> list[int | None]:
    """Which option of each question to take, at most one, so that the summed net value is highest and the costs stay within the budget.

    options: for each question (cost, net value) of its tests. Costs are rounded up to a part of the budget, so the sum never passes it
    (multiple-choice knapsack by dynamic programming; Kellerer, Pferschy and Pisinger 2004, ch. 11). A tie goes to the earlier question
    and the cheaper test.

    >>> best_within([[(3, 5.0), (6, 8.0)], [(4, 4.0)], [(1, -1.0)]], 7, parts=7)
    [0, 0, None]
    """
    best, taken, budget = np.zeros(parts + 1), np.full((len(options), parts + 1), -1), max(budget, 1e-9)
    for q, tests in enumerate(options):
        before = best.copy()
        for j, (cost, net) in enumerate(tests):
            units = 0 if cost <= 0 else int(np.ceil(cost / budget * parts - 1e-9)) if cost <= budget else parts + 1
            if net <= 0 or units > parts:
                continue
            with_it = np.r_[np.full(units, -np.inf), before[: parts + 1 - units] + net]
            better = with_it > best * (1 + 1e-12) + 1e-12
            best[better], taken[q, better] = with_it[better], j
    at, out = int(np.argmax(best)), list[int | None]()
    for q in range(len(options) - 1, -1, -1):
        j = int(taken[q, at])
        out.append(j if j >= 0 else None)
        if j >= 0 and options[q][j][0] > 0:
            at -= int(np.ceil(options[q][j][0] / budget * parts - 1e-9))
    return out[::-1]
