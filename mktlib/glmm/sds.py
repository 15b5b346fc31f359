"""What is known of the sds: probabilities on a grid, found for one term at a time with everything else integrated out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mktlib.glmm.arrow import Array

GRID = np.concatenate([[0.0], np.geomspace(0.005, 6.0, 63)])
LEAST = 0.003  # stands for an sd of zero where a precision is needed
ABSENT = 0.4
"""Prior probability that an interplay of axes is nothing at all; a main effect is always something."""


@dataclass(frozen=True)
class Sd:
    """Probabilities (k,) of an sd on a grid (k,)."""

    grid: Array
    weight: Array

    @property
    def square(self) -> float:
        """E sd^2: the variance that a level brings which nobody has seen."""
        return float(self.weight @ self.grid**2)

    @property
    def mean(self) -> float:
        return float(self.weight @ self.grid)

    @property
    def absent(self) -> float:
        """Probability that the term is nothing."""
        return float(self.weight[self.grid == 0].sum())

    @property
    def spread_of_log(self) -> float:
        """sd of log sd, given that it is something."""
        keep = self.grid > 0
        weight, log = self.weight[keep] / self.weight[keep].sum(), np.log(self.grid[keep])
        return float(np.sqrt(weight @ (log - weight @ log) ** 2))


def exponential(size: float, absent: float, shape: float = 1.0) -> Sd:
    """Nothing with probability `absent`, else gamma of this shape (1 exponential); root mean square `size`."""
    mean = size / (shape * (shape + 1) * (1 - absent)) ** 0.5
    for _ in range(5):  # the grid has ends: a little wider or narrower, until the mean square is what was asked for
        density = GRID**shape * np.exp(-GRID / mean)  # on a logarithmic grid
        out = Sd(GRID, (1 - absent) * density / density.sum() + absent * (GRID == 0))
        mean *= size / out.square**0.5
    return out


def known(sd: float) -> Sd:
    return Sd(np.array([sd]), np.ones(1))


@dataclass(frozen=True)
class Line:
    """One term along the values of its own sd, all else held: Gaussian evidence of its levels given the others.

    A level l whose posterior is (mean, var) under sd s brings evidence of precision p = 1/var - 1/s^2 and size mean/var, so that under
    another sd x it would have mean size x^2 / (1 + x^2 p) and variance x^2 / (1 + x^2 p).
    """

    known: Sd
    means: Array
    shrunk: Array
    fit: Array

    @classmethod
    def of(cls, mean: Array, var: Array, sd: float, prior: Sd) -> Line:
        precision, size = np.maximum(1 / var - sd**-2, 1e-9), mean / var
        square = prior.grid[:, None] ** 2
        share = square / (1 + square * precision)  # (k, levels)
        gain = size**2 * share
        with np.errstate(divide="ignore"):
            log = ((gain - np.log1p(square * precision)) / 2).sum(1) + np.log(prior.weight)
        weight = np.exp(log - log.max())
        return cls(Sd(prior.grid, weight / weight.sum()), size * share, share.sum(1), gain.sum(1))

    def typical(self, of: Array) -> float:
        """The one sd that does on average what all of them do; `of` (k,) is what, rising along the grid."""
        return max(float(np.interp(self.known.weight @ of, of, self.known.grid)), LEAST)

    def sway(self) -> Array:
        """How the levels move together over the sds' range: first principal direction, one sd long; (levels,)."""
        return first_direction(self.means, self.known.weight)


def first_direction(points: Array, weight: Array) -> Array:
    """The first principal direction of weighted points (k, n), one sd long; (n,)."""
    apart = np.sqrt(weight)[:, None] * (points - weight @ points)
    _, vectors = np.linalg.eigh(apart @ apart.T)
    return np.asarray(apart.T @ vectors[:, -1])
