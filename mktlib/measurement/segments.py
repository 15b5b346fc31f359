"""Effects of segments, each drawn towards what all share as far as the data do not tell them apart.

The best of many segments is mostly one that was lucky: acting on its own average promises too much. Here each segment's effect is a draw
from a common distribution whose spread is learnt from all of them and is itself uncertain; ranges made so hold their promise for whichever
segment is picked afterwards (Dawid 1994; Gelman, Hill & Yajima 2012), as far as segments are a draw of their kind.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2, norm

from mktlib.glmm import mixing
from mktlib.results.evidence import LEANING

FREE, SPREADS, CENTRES, REACH = 3, 24, 25, 5.0
MANY, FEWEST = 800, 25
"""Points at which effects are looked at, in all and for each segment."""
FREEDOM = 10.0
"""How many observations the spread of all segments counts for in that of one."""


@dataclass(frozen=True, kw_only=True)
class Arms:
    """One row a segment: n, mean and error (squared, of the mean) of the control (column 0) and the treated (column 1)."""

    n: np.ndarray
    mean: np.ndarray
    error: np.ndarray

    @property
    def raw(self) -> np.ndarray:
        return np.asarray(self.mean[:, 1] - self.mean[:, 0])

    @property
    def variance(self) -> np.ndarray:
        return np.asarray(self.error.sum(axis=1))


def arms(code: np.ndarray, many: int, t: np.ndarray, y: np.ndarray, chance: np.ndarray) -> Arms:
    """Means of both arms in each segment, each person counting for those like him who were drawn into the other arm (Hájek 1971).

    The spread of a few people is drawn towards that of all: ten people of whom none bought do not show that nobody ever buys. How far
    depends on how well it is known, that is on how heavy the tails are (moderated variances: Smyth 2004).

    >>> a = arms(np.zeros(4, int), 1, np.array([0.0, 0, 1, 1]), np.array([1.0, 3, 4, 6]), np.full(4, 0.5))
    >>> a.mean.tolist(), a.variance.round(6).tolist()
    ([[2.0, 5.0]], [2.0])
    """
    n, mean, error = (np.empty((many, 2)) for _ in range(3))
    for k in (0, 1):
        mine = t == k
        where, value = code[mine], y[mine]
        w = 1 / (chance[mine] if k else 1 - chance[mine])
        total, squares = np.bincount(where, w, many), np.bincount(where, w * w, many)
        mean[:, k] = np.bincount(where, w * value, many) / np.maximum(total, 1e-300)
        gap = value - mean[where, k]
        n[:, k] = np.bincount(where, minlength=many)
        worth = total**2 / np.maximum(squares, 1e-300)
        error[:, k] = _spread(np.bincount(where, w * w * gap**2, many), squares, worth, w * gap) / np.maximum(worth, 1e-300)
    return Arms(n=n, mean=mean, error=error)


def _spread(gaps: np.ndarray, squares: np.ndarray, worth: np.ndarray, weighed: np.ndarray) -> np.ndarray:
    """The variance of one person's outcome in each segment (segments,), drawn towards that of all by how little is known of it."""
    free = np.maximum(worth - 1, 0)
    own = gaps / np.maximum(squares, 1e-300) * worth / np.maximum(free, 1e-300) * (free > 0)
    all_of = float(gaps.sum() / max(squares.sum(), 1e-300) * worth.sum() / max(free.sum(), 1))
    second = float((weighed**2).mean())
    tails = float((weighed**4).mean() / second**2) if second > 0 else 3.0
    known = 2 * free / max(tails - 1, 0.5)
    return np.asarray((known * own + FREEDOM * all_of) / (known + FREEDOM))


@dataclass(frozen=True, kw_only=True)
class Pooled:
    """ends (segments, 3): effect, low, high; leaning (segments,) bool; p_value of "all alike" (NaN: one segment); spread (3,)."""

    ends: np.ndarray
    leaning: np.ndarray
    p_value: float
    spread: np.ndarray


def pooled(raw: np.ndarray, variance: np.ndarray, level: float) -> Pooled:
    """Effects with heavy tails (t with FREE degrees of freedom), normal errors, averaged over common mean and spread.

    Heavy tails let a segment that truly stands out stand out (Dawid 1973). The spread has the prior of DuMouchel (1994), half
    below twice the typical error; the common mean is not pulled towards anything.

    >>> p = pooled(np.array([0.03, 0.05, 0.10]), np.full(3, 0.02**2), 0.9)
    >>> (p.ends[:, 0] > [0.03, 0.05, 0.07]).tolist(), bool(p.ends[2, 0] < 0.10), bool(p.p_value > 0.03)
    ([True, True, True], True, True)
    """
    sd = np.sqrt(variance)
    if len(raw) == 1:
        ends = np.column_stack([raw, *(raw + s * norm.ppf(0.5 + level / 2) * sd for s in (-1, 1))])
        return Pooled(ends=ends, leaning=np.abs(raw) > norm.ppf(0.5 + LEANING / 2) * sd, p_value=np.nan, spread=np.full(3, np.nan))
    tau, centre, step = _commons(raw, variance)
    many = max(MANY // len(raw), FEWEST)
    edges = np.unique((raw[:, None] + sd[:, None] * np.linspace(-REACH, REACH, many)).ravel())
    middle = (edges[1:] + edges[:-1]) / 2
    prior = np.diff(_cdf((edges - centre[:, None]) / tau[:, None]), axis=1)
    seen = np.exp(-0.5 * ((middle[:, None] - raw) / sd) ** 2) / sd
    each = np.maximum(prior @ seen, 1e-300)
    chance = mixing.weights(np.log(each).sum(axis=1) + np.log(step))
    mass = seen * (prior.T @ (chance[:, None] / each))
    mass /= mass.sum(axis=0)
    outer, inner = (_ends(edges, mass, x) for x in (level, LEANING))
    q = float(((raw - (raw / variance).sum() / (1 / variance).sum()) ** 2 / variance).sum())
    order = np.argsort(tau, kind="stable")
    spread = np.interp([0.5, (1 - level) / 2, (1 + level) / 2], np.cumsum(chance[order]) - chance[order] / 2, tau[order])
    return Pooled(
        ends=np.column_stack([middle @ mass, *outer]), leaning=(inner[0] > 0) | (inner[1] < 0), p_value=float(chi2.sf(q, len(raw) - 1)),
        spread=spread,
    )  # fmt: skip


def _commons(raw: np.ndarray, variance: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(spread, common mean, weight) of a grid, flattened: spreads even by their prior, means about the weighted one."""
    u = (np.arange(SPREADS) + 0.5) / SPREADS
    tau = 2 * np.sqrt(len(raw) / (1 / variance).sum()) * u / (1 - u)
    weight = 1 / (variance + tau[:, None] ** 2)
    total = weight.sum(axis=1)
    where, width = (weight @ raw) / total, 1 / np.sqrt(total)
    centre = where[:, None] + width[:, None] * np.linspace(-REACH, REACH, CENTRES)
    return np.repeat(tau, CENTRES), centre.ravel(), np.repeat(width, CENTRES)


def _cdf(x: np.ndarray) -> np.ndarray:
    """Of Student's t with FREE (3) degrees of freedom.

    >>> _cdf(np.array([0.0, 2.353363])).round(4).tolist()
    [0.5, 0.95]
    """
    x = x / np.sqrt(3)
    return np.asarray(0.5 + (x / (1 + x * x) + np.arctan(x)) / np.pi)


def _ends(edges: np.ndarray, mass: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """(low, high) of each column of masses between the edges."""
    upto = np.vstack([np.zeros(mass.shape[1]), np.cumsum(mass, axis=0)])
    found = [[np.interp(p, column, edges) for column in upto.T] for p in ((1 - level) / 2, (1 + level) / 2)]
    return np.array(found[0]), np.array(found[1])
