"""How far a count or a sum of money may be from what the same spending brings on average: numbers on arrays.

What is random is what comes (clicks, sales, revenue); what was spent is known. A sum of events is gamma-like whatever its size
(Garwood 1936 for counts, Fay and Feuer 1997 for sums of values), so that none at all has an upper end and a few have a skew range.
How much sums scatter beyond Poisson's law is seen between days, weeks, pieces or persons, and that too is known only roughly: the
range is a mixture over what the scatter may be.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, gammainc
from scipy.stats import chi2
from scipy.stats import t as student

PRIOR, PRIOR_DF = 1.2, 8.0
"""Scatter over Poisson's before any day was seen, and the days that this opinion is worth (opinion, J; its coverage is in benchmarks)."""
POOL_DF = 8.0
"""At most so much do other groups tell of the scatter of one."""
RECORD, UNSEEN = 2.0, 6.0
"""The next record of a sum of values, over the largest seen: the mean excess of a tail that falls with the square (Pareto), and as much
more, over the number of events (3 or more), as was not seen yet (opinion, J)."""
NODES = 16
STEPS = 60


@dataclass(frozen=True, kw_only=True)
class Sums:
    """One sum beside what it is counted over. total: what came; over: its exposure (clicks, money); variance of the total as seen
    between clusters (NaN: not seen); floor: the least it can be (Poisson's); clusters: how many, as equal ones; events: how many things
    make up the total; largest: the most that one event adds."""

    total: float
    over: float
    variance: float
    floor: float
    clusters: float
    events: float
    largest: float

    @property
    def phi(self) -> float:
        """Scatter seen over Poisson's."""
        return self.variance / self.floor if self.floor > 0 and np.isfinite(self.variance) else np.nan

    @property
    def df(self) -> float:
        """How much is known of the scatter: the clusters, fewer where few events lie in them."""
        if not np.isfinite(self.phi) or self.clusters <= 1:
            return 0.0
        return 1 / (1 / (self.clusters - 1) + max(self.phi, 1.0) / (2 * self.events))


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How rows of sums lie: the bundle of each (a day, a piece), and its stratum (a channel), within which rows are alike; codes (n,)."""

    bundle: np.ndarray
    stratum: np.ndarray

    @staticmethod
    def plain(n: int) -> Layout:
        return Layout(bundle=np.arange(n), stratum=np.zeros(n, dtype=np.intp))

    def added(self, values: np.ndarray) -> np.ndarray:
        """Sums by bundle."""
        return np.bincount(self.bundle, values)

    def strayed(self, total: np.ndarray, over: np.ndarray) -> np.ndarray:
        """How far each bundle is from what its strata bring on average for what lies below, (bundles,); too small by no stratum of few.

        A stratum of a single bundle tells no scatter by itself: such ones are taken together. One in which nothing lies below (a channel
        that costs nothing) is spread evenly.
        """
        pairs = np.unique(np.column_stack([self.stratum, self.bundle]), axis=0)
        many = np.bincount(pairs[:, 0], minlength=int(self.stratum.max(initial=0)) + 1)
        lone = many[self.stratum] < 2
        stratum = np.where(lone, many.size, self.stratum)
        size = many.size + 1
        count = np.append(many, int(lone.sum()))
        x, n = (np.bincount(stratum, v, minlength=size) for v in (total, over))
        rows = np.bincount(stratum, minlength=size)
        ratio = np.divide(x, n, out=np.zeros(size), where=n > 0)
        expected = np.where(n[stratum] > 0, ratio[stratum] * over, x[stratum] / np.maximum(rows[stratum], 1))
        few = np.sqrt(count / np.maximum(count - 1, 1))
        return self.added((total - expected) * few[stratum])


def summed(
    total: np.ndarray,
    over: np.ndarray,
    events: np.ndarray | None = None,
    layout: Layout | None = None,
    *,
    bounded: bool = False,
) -> Sums:
    """The sum of rows: total (n,), over (n,), and how many events made each total (by default the total itself, a count).

    bounded: no total can pass what it is counted over (clicks of impressions).

    >>> s = summed(np.array([2.0, 0.0, 4.0]), np.array([100.0, 100.0, 100.0]))
    >>> s.total, s.floor, round(s.variance, 6)
    (6.0, 6.0, 12.0)
    """
    layout = layout or Layout.plain(len(total))
    events = total if events is None else np.where(total != 0, np.maximum(events, 1.0), 0.0)
    x, n, many = float(total.sum()), float(over.sum()), float(events.sum())
    sizes = np.divide(total, events, out=np.zeros_like(total, dtype=float), where=events > 0)
    floor = float((total * sizes).sum()) * (1 - x / n if bounded and n > 0 else 1.0)
    k, below = _used(total, over, layout)
    variance = float((layout.strayed(total, over) ** 2).sum()) if k > 1 and n > 0 else np.nan
    alike = 1 / float(((below / n) ** 2).sum()) if n > 0 else 0.0
    return Sums(total=x, over=n, variance=variance, floor=floor, clusters=alike, events=many, largest=float(sizes.max(initial=0.0)))


def _used(total: np.ndarray, over: np.ndarray, layout: Layout) -> tuple[int, np.ndarray]:
    """How many bundles hold anything, and what lies below in each."""
    held = layout.added(np.abs(total) + np.abs(over)) > 0
    return int(held.sum()), layout.added(over)


def scatter(own: Sums, others: list[Sums]) -> tuple[float, float]:
    """(scatter over Poisson's, degrees of freedom) of one sum, told by itself, by sums like it, and by opinion where these say little.

    Larger counts scatter more: what is seen on larger ones is scaled down for a smaller one, and never below the opinion.
    """
    pooled, worth = PRIOR, PRIOR_DF
    told = [s for s in others if s.df > 0]
    if told:
        weight = np.array([s.df for s in told])
        size = float(np.average([s.events / s.clusters for s in told], weights=weight))
        mine = own.events / own.clusters if own.clusters > 0 else size
        seen = 1 + max(float(np.average([s.phi for s in told], weights=weight)) - 1, 0.0) * min(1.0, mine / size if size > 0 else 1.0)
        pooled = (PRIOR_DF * PRIOR + weight.sum() * max(seen, PRIOR)) / (PRIOR_DF + weight.sum())
        worth = min(PRIOR_DF + float(weight.sum()), POOL_DF)
    phi = own.phi if own.df > 0 else 0.0
    return max((worth * pooled + own.df * phi) / (worth + own.df), phi, 1.0), worth + own.df


def spread(phi: float, df: float) -> np.ndarray:
    """(NODES,) equally likely values of a scatter that is known with so many degrees of freedom; never below Poisson's."""
    at = (np.arange(NODES) + 0.5) / NODES
    return np.maximum(phi * df / chi2.ppf(1 - at, df), 1.0)


def _below(x: float, count: np.ndarray, unit: np.ndarray) -> float:
    """How likely the mean lies below x when `count` events of size `unit` came (nodes,), as the gamma range tells it."""
    inside = np.where(count > 0, gammainc(np.maximum(count, 1e-300), np.maximum(x, 0) / unit), 1.0)
    return float(inside.mean())


def _solved(p: float, under: Callable[[float], float], start: float) -> float:
    """Where a growing function of x > 0 reaches p, by halving on the logarithm."""
    low, high = start, start
    while under(low) > p and low > 1e-12 * start:
        low /= 4
    while under(high) < p and high < 1e12 * start:
        high *= 4
    for _ in range(STEPS):
        middle = float(np.sqrt(low * high))
        low, high = (middle, high) if under(middle) < p else (low, middle)
    return float(np.sqrt(low * high))


@dataclass(frozen=True, kw_only=True)
class Belief:
    """What a sum may be on average: its lower and upper side (nodes,), as numbers of events and the size of one; over: its exposure.

    others: exposure less events on each side where the sum is bounded by its exposure; None else.
    """

    total: float
    over: float
    low: tuple[np.ndarray, np.ndarray]
    high: tuple[np.ndarray, np.ndarray]
    bounded: bool = False

    def under(self, x: float, side: str) -> float:
        """How likely the mean lies below x: by the lower side (few came by luck) or by the upper one."""
        count, unit = self.low if side == "low" else self.high
        if not self.bounded:
            return _below(x, count, unit)
        n, share = self.over / unit, min(max(x / self.over, 0.0), 1.0)
        rest = np.maximum(n - count + 1.0, 0.0)  # count is one more on the upper side
        ok = (count > 0) & (rest > 0)
        inside = np.where(count <= 0, 1.0, 0.0)
        inside[ok] = betainc(count[ok], rest[ok], share)
        return float(inside.mean()) if share < 1 else 1.0

    def ends(self, level: float) -> tuple[float, float]:
        """The range of the mean: (low, high)."""
        tail, start = (1 - level) / 2, max(self.total, float(np.median(self.high[1])))
        start = min(start, self.over * 0.5) if self.bounded else start
        low = 0.0 if self.total <= 0 else _solved(tail, lambda x: self.under(x, "low"), start)
        high = _solved(1 - tail, lambda x: self.under(x, "high"), start)
        return low, min(high, self.over) if self.bounded else high

    def p_value(self, bound: float) -> float:
        """Of "the mean is the bound", both sides."""
        return min(1.0, 2 * min(self.under(bound, "low"), 1 - self.under(bound, "high")))


def believed(own: Sums, phi: float, df: float, *, largest: float | None = None, bounded: bool = False) -> Belief:
    """A range for a sum of events, its scatter known as told.

    largest: the most that one event may add (by default the largest seen); for counts the clump in which they come.
    """
    nodes = spread(phi, df)
    most = own.largest if largest is None else max(largest, own.largest)
    if own.total <= 0 or own.floor <= 0:
        unit = nodes * (most if most > 0 else 1.0)
        return Belief(total=0.0, over=own.over, low=(np.zeros(NODES), unit), high=(np.ones(NODES), unit), bounded=bounded)
    variance = own.floor * nodes
    whole = 1 - own.total / own.over if bounded else 1.0
    unit = variance / own.total / max(whole, 1e-9)
    if bounded and whole <= 0:  # all of them: the variance is known from below only
        unit = nodes
    added = unit if own.largest == 1.0 else np.maximum(unit, (RECORD + UNSEEN / max(own.events, 3.0)) * most)
    more, wide = own.total + added, unit * own.total + added**2
    high = (own.total / unit + 1, unit) if own.largest == 1.0 else (more**2 / wide, wide / more)
    return Belief(total=own.total, over=own.over, low=(own.total / unit, unit), high=high, bounded=bounded)


def mean_range(total: np.ndarray, over: np.ndarray, level: float, layout: Layout | None = None) -> tuple[float, float]:
    """A mean of values by their number, both seen together (revenue per order): Student's range of the logarithm, over bundles.

    (NaN, NaN) where a single bundle, or a sum that is not positive, tells no scatter.

    >>> mean_range(np.array([50.0]), np.array([1.0]), 0.9)
    (nan, nan)
    """
    layout = layout or Layout.plain(len(total))
    total, over = layout.added(total), layout.added(over)
    used = over > 0
    k, x, n = int(used.sum()), float(total.sum()), float(over.sum())
    if k < 2 or x <= 0:
        return np.nan, np.nan
    share = over[used] / n
    error = np.sqrt((((total[used] - x / n * over[used]) / np.maximum(1 - share, 0.05)) ** 2).sum()) / x
    width = float(student.ppf((1 + level) / 2, max(1 / float((share**2).sum()) - 1, 1.0)) * error)
    return x / n * float(np.exp(-width)), x / n * float(np.exp(width))


@dataclass(frozen=True, kw_only=True)
class Plain:
    """What a sum may be on average where some parts are negative (margins, refunds): Student's law over bundles."""

    total: float
    error: float
    df: float

    def ends(self, level: float) -> tuple[float, float]:
        """The range of the mean: (low, high)."""
        width = float(student.ppf((1 + level) / 2, self.df) * self.error)
        return self.total - width, self.total + width

    def p_value(self, bound: float) -> float:
        """Of "the mean is the bound", both sides."""
        if self.error <= 0:
            return float(self.total == bound)
        return float(2 * student.sf(abs(self.total - bound) / self.error, self.df))


def plain(total: np.ndarray, over: np.ndarray, layout: Layout | None = None) -> Plain | None:
    """A sum with negative parts; None for a single bundle.

    >>> plain(np.array([5.0, -1.0]), np.array([1.0, 1.0])).ends(0.9)[0] < 4
    True
    """
    layout = layout or Layout.plain(len(total))
    k, _ = _used(total, over, layout)
    if k < 2 or over.sum() <= 0:
        return None
    return Plain(total=float(total.sum()), error=float(np.sqrt((layout.strayed(total, over) ** 2).sum())), df=float(k - 1))
