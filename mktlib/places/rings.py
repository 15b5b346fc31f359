"""Numbers of a catchment: shares and quantiles whose rows come from the same people again and again, counts that are few, and decay.

A person who comes every day is one person who was drawn, not thirty: whole people are drawn again (a Poisson bootstrap of clusters; Davison
& Hinkley 1997, Bootstrap Methods, section 3.8), never single rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.stats import beta, gamma, t

DRAWS, BINS, BLOCK = 400, 1000, 50
LEAST = 30
"""People below which a resampled range is too narrow to be told."""


def share_range(hits: np.ndarray, size: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """(low, high) of shares of people: Jeffreys' interval (Brown, Cai & DasGupta 2001, Statistical Science 16); no people, no range.

    >>> low, high = share_range(np.array([0, 5]), np.array([10, 10]), 0.9)
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.0, 0.262], [0.171, 0.738])
    """
    hits, size = np.asarray(hits, dtype=float), np.asarray(size, dtype=float)
    tail = (1 - level) / 2
    with np.errstate(invalid="ignore"):
        low = np.where(hits > 0, beta.ppf(tail, hits + 0.5, size - hits + 0.5), 0.0)
        high = np.where(hits < size, beta.ppf(1 - tail, hits + 0.5, size - hits + 0.5), 1.0)
    blank = ~(size > 0)
    return np.where(blank, np.nan, low), np.where(blank, np.nan, high)


def count_range(total: np.ndarray, luck: float, level: float) -> tuple[np.ndarray, np.ndarray]:
    """(low, high) of what a count scatters around: exact for Poisson counts (Garwood 1936, Biometrika 28), stretched by their luck.

    >>> low, high = count_range(np.array([0.0, 10.0]), 1.0, 0.9)
    >>> low.round(2).tolist(), high.round(2).tolist()
    ([0.0, 5.43], [3.0, 16.96])
    """
    units, tail = np.asarray(total, dtype=float) / luck, (1 - level) / 2
    low = np.where(units > 0, gamma.ppf(tail, np.maximum(units, 1e-12)), 0.0)
    return luck * low, luck * np.asarray(gamma.ppf(1 - tail, units + 1))


def luck_of(outcome: np.ndarray, ring: np.ndarray) -> float:
    """The variance of one person's outcome over its mean, rings taken together: 1 where people buy by chance alone, more in practice."""
    _, code = np.unique(ring, return_inverse=True)
    size, total = np.bincount(code), np.bincount(code, outcome)
    mean = (total / size)[code]
    free = len(outcome) - len(size)
    if free < 1 or total.sum() == 0:
        return 1.0
    spread = float((((outcome - mean) ** 2)[mean > 0] / mean[mean > 0]).sum() / free)
    whole = bool(np.all(outcome == np.round(outcome)))
    return max(1.0, spread) if whole else max(spread, 1e-9)


@dataclass(frozen=True)
class Spread:
    """Shares of all points within each radius (k, 3: middle, low, high) and the radii that hold given shares (q, 3), in metres."""

    within: np.ndarray
    holding: np.ndarray


def spread(metres: np.ndarray, who: np.ndarray, radii: np.ndarray, shares: tuple[float, ...], level: float, seed: int) -> Spread:
    """How far points lie from a place, whole people drawn again; without a range (NaN) below LEAST people.

    Args:
        metres: (n,) of each point. who: (n,) numbers of people. radii: (k,) metres, rising.
    """
    if not len(metres):
        return Spread(np.full((len(radii), 3), np.nan), np.full((len(shares), 3), np.nan))
    _, person = np.unique(who, return_inverse=True)
    within = np.array([(metres <= r).mean() for r in radii])
    holding = np.quantile(metres, shares, method="inverted_cdf")
    if person.max() + 1 < LEAST:
        blank = np.full((2, len(radii)), np.nan), np.full((2, len(shares)), np.nan)
        return Spread(np.vstack([within, blank[0]]).T, np.vstack([holding, blank[1]]).T)
    edges = np.unique(np.concatenate([np.quantile(metres, np.linspace(0, 1, BINS), method="inverted_cdf"), radii]))
    grown = np.vstack(_drawn(np.searchsorted(edges, metres), person, len(edges), seed))
    at = np.searchsorted(edges, radii)
    tails = [(1 - level) / 2, (1 + level) / 2]
    far = np.column_stack([edges[np.minimum((grown < s - 1e-12).sum(axis=1), len(edges) - 1)] for s in shares])
    return Spread(
        np.vstack([within, np.quantile(grown[:, at], tails, axis=0)]).T, np.vstack([holding, np.quantile(far, tails, axis=0)]).T
    )  # fmt: skip


def _drawn(bin_of: np.ndarray, person: np.ndarray, bins: int, seed: int) -> list[np.ndarray]:
    """Shares of points up to each edge (BLOCK, bins), block by block of the draws."""
    people = int(person.max()) + 1
    held = coo_array((np.ones(len(person)), (bin_of, person)), shape=(bins, people)).tocsr()
    rng, out = np.random.default_rng(seed), []
    for _ in range(DRAWS // BLOCK):
        grown = np.cumsum(held @ rng.poisson(1.0, (people, BLOCK)).astype(float), axis=0).T
        out.append(grown / np.maximum(grown[:, -1:], 1e-12))
    return out


def parts(cell: np.ndarray, who: np.ndarray, cells: int, size: np.ndarray, level: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(shares of the points in each cell (cells, 3), how often each is the densest (cells,)), whole people drawn again.

    size: (cells,) hours of each cell, so that a long one is not the densest for being long.
    """
    _, person = np.unique(who, return_inverse=True)
    share = np.bincount(cell, minlength=cells) / max(len(cell), 1)
    if not len(cell) or person.max() + 1 < LEAST:
        return np.vstack([share, np.full((2, cells), np.nan)]).T, np.zeros(cells)
    grown = np.vstack(_drawn(cell, person, cells, seed))
    each = np.diff(grown, axis=1, prepend=0.0)
    first = np.bincount((each / size).argmax(axis=1), minlength=cells) / len(each)
    return np.vstack([share, np.quantile(each, [(1 - level) / 2, (1 + level) / 2], axis=0)]).T, first


@dataclass(frozen=True)
class Decay:
    """The factor by which an outcome a person changes with each kilometre, with its range; NaN where it cannot be fitted."""

    times: float
    low: float
    high: float


def decay(metres: np.ndarray, outcome: np.ndarray, place: np.ndarray, level: float) -> Decay:
    """Outcome a person falling (or rising) evenly in logarithms with distance, each place with a level of its own.

    Poisson likelihood with a variance that trusts no distribution (White 1980, Econometrica 48; Wooldridge 1999, Journal of Econometrics
    90), a person being one draw.

    >>> km = np.tile([0.2, 1.0, 2.0], 200)
    >>> round(decay(1000 * km, np.round(40 * 0.5**km), np.zeros(600, int), 0.9).times, 2)
    0.5
    """
    alive = np.isin(place, np.unique(place[outcome > 0]))  # a place without any outcome says nothing of distance
    y, code = outcome[alive], np.unique(place[alive], return_inverse=True)[1]
    if len(y) < LEAST or np.ptp(metres[alive]) < 1:
        return Decay(np.nan, np.nan, np.nan)
    km = metres[alive] / 1000
    slope, k = 0.0, int(code.max()) + 1
    for _ in range(50):  # Newton on the slope, the levels solved exactly at each step
        mean, centred = _means(y, km, code, k, slope)
        step = float((centred * (y - mean)).sum() / max(float((mean * centred**2).sum()), 1e-12))
        slope = float(np.clip(slope + step, -50, 50))
        if abs(step) < 1e-9:
            break
    mean, centred = _means(y, km, code, k, slope)
    bread = float((mean * centred**2).sum())
    free = len(y) - k - 1
    error = np.sqrt(float(((centred * (y - mean)) ** 2).sum()) * len(y) / free) / max(bread, 1e-12)
    reach = float(t.ppf((1 + level) / 2, free)) * error
    return Decay(*(float(np.exp(np.clip(x, -50, 50))) for x in (slope, slope - reach, slope + reach)))


def _means(y: np.ndarray, km: np.ndarray, code: np.ndarray, k: int, slope: float) -> tuple[np.ndarray, np.ndarray]:
    """(expected outcomes, distances less their weighted mean within the place) at a slope."""
    raw = np.exp(slope * (km - km.mean()))
    level = np.bincount(code, y, k) / np.maximum(np.bincount(code, raw, k), 1e-300)
    mean = raw * level[code]
    middle = np.bincount(code, mean * km, k) / np.maximum(np.bincount(code, mean, k), 1e-300)
    return mean, km - middle[code]
