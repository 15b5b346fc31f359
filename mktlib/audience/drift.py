"""Luck that drifts: posts of one week share their weather, and a regression that forgets it is too sure of itself.

Residuals are single luck plus an Ornstein-Uhlenbeck process over the moments of the posts. Its precision is tridiagonal, so that a
thousand posts cost a thousand steps (Rue and Held 2005, "Gaussian Markov random fields").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import solveh_banded

from mktlib.glmm.mixing import weights

LENGTHS = (3.0, 8.0, 20.0)
"""Days after which weather has lost two thirds of itself."""
SHARES = (0.0, 0.1, 0.25, 0.5, 1.0, 2.0)
"""Variance of the weather over that of single luck."""
MOST = 24
"""Drifts that are kept."""


@dataclass(frozen=True)
class Drift:
    """The inverse of a covariance: own (posts,) inverses of single variances; banded: the tridiagonal part; logdet of the covariance."""

    own: np.ndarray
    banded: np.ndarray | None
    logdet: float

    def solve(self, x: np.ndarray) -> np.ndarray:
        scaled = x * self.own[:, None]
        if self.banded is None:
            return np.asarray(scaled)
        return np.asarray(scaled - self.own[:, None] * solveh_banded(self.banded, scaled))


def drift(at: np.ndarray, luck: np.ndarray, weather: float, length: float) -> Drift:
    """Posts at moments `at` (days, in order) with single variances `luck` and weather of variance `weather`."""
    own = 1 / luck
    if weather <= 0:
        return Drift(own, None, float(np.log(luck).sum()))
    alike = np.exp(-np.maximum(np.diff(at), 1e-4) / length)
    left = 1 - alike**2
    main = np.ones(len(at))
    main[:-1] += alike**2 / left
    main[1:] += alike**2 / left
    off = np.concatenate([[0.0], -alike / left])
    banded = np.vstack([off / weather, main / weather + own])
    logdet_prior = len(at) * np.log(weather) + np.log(left).sum()
    return Drift(own, banded, float(_logdet(banded) + logdet_prior + np.log(luck).sum()))


def _logdet(banded: np.ndarray) -> float:
    """Log of the determinant of a tridiagonal matrix, by its pivots."""
    pivot, total = 0.0, 0.0
    for k in range(banded.shape[1]):
        pivot = banded[1, k] - (banded[0, k] ** 2 / pivot if k else 0.0)
        total += float(np.log(pivot))
    return total


def fitted_drifts(z: np.ndarray, at: np.ndarray, own: np.ndarray, x: np.ndarray) -> list[tuple[float, Drift]]:
    """(weight, drift) of those that restricted likelihood leaves likely, for z with known variances `own` and what `x` explains taken out.

    One alone would be too sure of the weather.
    """
    beta = np.linalg.lstsq(x, z, rcond=None)[0]
    size = max(float(np.mean((z - x @ beta) ** 2)), 1e-6)
    tried = []
    for share in SHARES:
        for length in LENGTHS if share else LENGTHS[:1]:
            for scale in np.geomspace(0.3, 2.5, 9):
                one = drift(at, own + scale * size / (1 + share), share * scale * size / (1 + share), length)
                solved = one.solve(np.column_stack([x, z]))
                inner = x.T @ solved[:, :-1] + 1e-9 * np.eye(x.shape[1])
                rest = z - x @ np.linalg.solve(inner, x.T @ solved[:, -1])
                apiece = -np.log(1 if share else 1 / len(LENGTHS))  # no weather weighs as much as one share of it
                tried.append((-0.5 * (one.logdet + np.linalg.slogdet(inner)[1] + rest @ solved[:, -1]) + apiece, one))
    weight = weights(np.array([t[0] for t in tried]))
    order = np.argsort(-weight)[:MOST]
    return [(float(weight[k] / weight[order].sum()), tried[k][1]) for k in order if weight[k] > 0.01 * weight.max()]
