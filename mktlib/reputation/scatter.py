"""How far counts scatter beyond chance: a posterior of the dispersion on a grid, for many series at once."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln

EXCESS = np.geomspace(0.02, 30.0, 20)
"""Grid of dispersion less 1."""
NODES = np.array([0.1, 0.3, 0.5, 0.7, 0.9])
"""Quantiles at which the posterior of the dispersion is kept, each standing for a fifth of it."""


def likelihood(counts: np.ndarray, mean: np.ndarray, excess: np.ndarray | None = None) -> np.ndarray:
    """Log likelihood of counts under a negative binomial of variance (1 + excess) x mean, but for what does not depend on it.

    Without an excess, or with one of a further axis: on the grid, as a last axis.
    """
    if excess is None or excess.ndim > counts.ndim:
        counts, mean = counts[..., None], mean[..., None]
    excess = EXCESS if excess is None else excess
    size = np.where(mean > 0, mean, 1.0) / excess
    found = gammaln(counts + size) - gammaln(size) + counts * np.log(excess / (1 + excess)) - size * np.log1p(excess)
    return np.where(mean > 0, found, 0.0)


def nodes(loglik: np.ndarray) -> np.ndarray:
    """Quantiles (series, nodes) of the excess, from log posteriors (series, grid), between grid points on the log scale."""
    weight = np.exp(loglik - loglik.max(axis=1, keepdims=True))
    below = np.cumsum(weight, axis=1)
    below = (below - weight / 2) / below[:, -1:]
    at = np.clip((below[:, :, None] < NODES).sum(axis=1), 1, len(EXCESS) - 1)
    left, right = np.take_along_axis(below, at - 1, axis=1), np.take_along_axis(below, at, axis=1)
    part = np.clip((NODES - left) / np.maximum(right - left, 1e-12), 0, 1)
    grid = np.log(EXCESS)
    return np.exp(grid[at - 1] * (1 - part) + grid[at] * part)
