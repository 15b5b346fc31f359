"""How often people buy while they are customers, and whether they still are: BG/NBD (Fader, Hardie and Lee 2005, Marketing Science 24).

A customer buys at random at a rate of his own (gamma over people) and after each purchase leaves for good with a chance of his own (beta
over people). Only days are counted: several invoices of one day are one purchase. Time is in days throughout.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln, gammaln, hyp2f1


@dataclass(frozen=True)
class Purchases:
    """What the model needs of each customer: repeat purchases, day of the last one and of the end, both counted from the first; and how
    many customers are alike (all (n,))."""

    repeats: np.ndarray
    last: np.ndarray
    end: np.ndarray
    count: np.ndarray

    @classmethod
    def of(cls, repeats: np.ndarray, last: np.ndarray, end: np.ndarray) -> Purchases:
        """Customers alike are kept once."""
        rows, count = np.unique(np.column_stack([repeats, last, end]).astype(float), axis=0, return_counts=True)
        return cls(rows[:, 0], rows[:, 1], rows[:, 2], count.astype(float))


@dataclass(frozen=True)
class Fit:
    """r and alpha: of the gamma of rates (a day); a and b: of the beta of leaving. `logs` and `covariance`: of their logarithms."""

    logs: np.ndarray
    covariance: np.ndarray

    @property
    def values(self) -> dict[str, float]:
        return dict(zip(("r", "alpha", "a", "b"), map(float, np.exp(self.logs)), strict=True))

    def draws(self, size: int, seed: int = 0) -> np.ndarray:
        """(size, 4) logarithms of parameters, from the normal law around the best."""
        return np.random.default_rng(seed).multivariate_normal(self.logs, self.covariance, size, method="eigh")


def loglik(logs: np.ndarray, seen: Purchases) -> float:
    """The log-likelihood of parameters given as logarithms.

    >>> round(loglik(np.log([0.25, 5.0, 0.8, 2.5]), Purchases.of(np.array([2.0]), np.array([30.0]), np.array([40.0]))), 3)
    -9.471
    """
    r, alpha, a, b = np.exp(logs)
    x, tx, end = seen.repeats, seen.last, seen.end
    shared = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + betaln(a, b + x) - betaln(a, b)
    alive = -(r + x) * np.log(alpha + end)
    gone = np.where(x > 0, np.log(a) - np.log(b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + tx), -np.inf)
    return float((seen.count * (shared + np.logaddexp(alive, gone))).sum())


def fit(seen: Purchases) -> Fit | None:
    """The most likely parameters; None where there are no repeats to learn from or the likelihood has no top.

    Weak priors (Normal(0, 2) on the logarithms of r, a and b, of alpha around the mean time observed) keep them finite.
    """
    if (seen.count * (seen.repeats > 0)).sum() < 5:
        return None
    centre = np.array([0.0, np.log(max(np.average(seen.end, weights=seen.count), 1.0)), 0.0, 0.0])
    scale = float(seen.count.sum())

    def loss(logs: np.ndarray) -> float:
        return -(loglik(logs, seen) - 0.5 * (((logs - centre) / 2.0) ** 2).sum()) / scale

    bounds = [(-8.0, 8.0), (-4.0, 14.0), (-8.0, 8.0), (-8.0, 8.0)]
    found = minimize(loss, centre, method="L-BFGS-B", bounds=bounds)
    curved = _curvature(lambda logs: scale * loss(logs), found.x)
    values, axes = np.linalg.eigh(curved)
    if not np.isfinite(values).all():
        return None
    return Fit(found.x, (axes / np.maximum(values, 0.25)) @ axes.T)


def _curvature(f, at: np.ndarray, step: float = 1e-3) -> np.ndarray:  # type: ignore[no-untyped-def]
    """(k, k) second derivatives by central differences."""
    k = len(at)
    out, move = np.empty((k, k)), np.eye(k) * step
    for i in range(k):
        for j in range(i, k):
            four = f(at + move[i] + move[j]) - f(at + move[i] - move[j]) - f(at - move[i] + move[j]) + f(at - move[i] - move[j])
            out[i, j] = out[j, i] = four / (4 * step**2)
    return out


def alive(logs: np.ndarray, repeats: np.ndarray, last: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The chance (n,) that each is still a customer (Fader, Hardie and Lee 2008, note on P(alive))."""
    r, alpha, a, b = np.exp(logs)
    odds = np.log(a) - np.log(b + np.maximum(repeats, 1) - 1) + (r + repeats) * (np.log(alpha + end) - np.log(alpha + last))
    return np.where(repeats > 0, 1 / (1 + np.exp(np.minimum(odds, 700))), 1.0)


def again(logs: np.ndarray, repeats: np.ndarray, last: np.ndarray, end: np.ndarray, horizon: float) -> np.ndarray:
    """The chance (n,) of at least one purchase in the next `horizon` days: alive, and not silent that long."""
    r, alpha, _, _ = np.exp(logs)
    silent = (r + repeats) * (np.log(alpha + end) - np.log(alpha + end + horizon))
    return alive(logs, repeats, last, end) * -np.expm1(silent)


def purchases(logs: np.ndarray, repeats: np.ndarray, last: np.ndarray, end: np.ndarray, horizon: float) -> np.ndarray:
    """The number (n,) of purchases to expect in the next `horizon` days (equation 10 of the paper)."""
    r, alpha, a, b = np.exp(logs)
    a = a + 1e-9 if abs(a - 1) < 1e-9 else a
    z = horizon / (alpha + end + horizon)
    power = (r + repeats) * (np.log(alpha + end) - np.log(alpha + end + horizon))
    bracket = 1 - np.exp(power) * hyp2f1(r + repeats, b + repeats, a + b + repeats - 1, z)
    return (a + b + repeats - 1) / (a - 1) * bracket * alive(logs, repeats, last, end)
