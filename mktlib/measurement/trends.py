"""Two groups of units over time: one change a unit, their difference with a range that few units cannot fool, earlier starts, a line.

All on arrays (units, periods) with NaN where nothing was seen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from scipy.stats import t as student

FEW = 5
"""Units of a group below which its own spread is not trusted, and that of both groups together is taken."""
ALL_WAYS, WAYS, SEED = 5000, 4999, 20041
STEPS, NEARLY = 200, 1.1


@dataclass(frozen=True, kw_only=True)
class Gap:
    """The difference of two groups' means: value, its error, degrees of freedom, half width of the range."""

    value: float
    error: float
    df: float
    wide: float

    @property
    def ends(self) -> tuple[float, float, float]:
        return self.value, self.value - self.wide, self.value + self.wide

    @property
    def p_value(self) -> float:
        return float(2 * student.sf(abs(self.value) / self.error, self.df)) if self.error > 0 else float(self.value == 0)

    def reach(self, level: float) -> float:
        """Half width of the range of another level."""
        return float(student.ppf(0.5 + level / 2, self.df)) * self.error

    def blind(self, level: float, power: float = 0.8) -> float:
        """The smallest true difference that is told so often (power) apart from none."""
        return float(student.ppf(0.5 + level / 2, self.df) + student.ppf(power, self.df)) * self.error


def gap(d: np.ndarray, treated: np.ndarray, level: float) -> Gap:
    """Welch's t of one number a unit where both groups have FEW or more; else with one spread for all, or each its own if that is more
    (one treated unit: the spread of the others).

    >>> g = gap(np.array([1.0, 2, 3, 4, 5, 5, 6, 7, 8, 9]), np.arange(10) > 4, 0.9)
    >>> g.value, g.df, round(g.wide, 3)
    (4.0, 8.0, 1.86)
    """
    a, b = d[treated], d[~treated]
    n = np.array([len(a), len(b)], float)
    v = np.array([x.var(ddof=1) if len(x) > 1 else 0.0 for x in (a, b)])
    if n.min() >= FEW:
        parts = v / n
        error, whole = math.sqrt(parts.sum()), float((parts**2 / (n - 1)).sum())
        df = float(parts.sum() ** 2 / whole) if whole > 0 else n.sum() - 2
    else:
        df = n.sum() - 2
        shared = float((v * (n - 1)).sum()) / df * float((1 / n).sum())
        error = math.sqrt(max(shared, float((v / n).sum()) if n.min() > 1 else 0.0))
    return Gap(value=float(a.mean() - b.mean()), error=error, df=df, wide=float(student.ppf(0.5 + level / 2, df)) * error)


def adjusted(y: np.ndarray, treated: np.ndarray, start: int) -> np.ndarray:
    """y less what each period brought to all, learnt where nothing was treated (Borusyak, Jaravel & Spiess 2024).

    In a panel without blanks any such correction cancels between the groups; with blanks it keeps a good week that one unit lacks from
    counting as that unit's loss.

    >>> y = np.array([[1.0, 3.0], [2.0, 4.0], [5.0, 7.0]])
    >>> adjusted(y, np.array([True, False, False]), 1).round(6).tolist()
    [[1.0, 1.0], [2.0, 2.0], [5.0, 5.0]]
    """
    seen = ~np.isnan(y)
    free = seen.copy()
    free[treated, start:] = False
    weight, values = free.astype(float), np.where(free, y, 0.0)
    period = np.zeros(y.shape[1])
    for _ in range(STEPS):
        own = ((values - period * weight).sum(axis=1)) / np.maximum(weight.sum(axis=1), 1.0)
        new = ((values - own[:, None] * weight).sum(axis=0)) / np.maximum(weight.sum(axis=0), 1.0)
        new -= new[0]
        done = np.abs(new - period).max() < 1e-10 * max(1.0, float(np.abs(values).max()))
        period = new
        if done:
            break
    return np.asarray(y - period)


def changes(y: np.ndarray, treated: np.ndarray, start: int) -> np.ndarray:
    """(units,): mean from the start on less the mean before."""
    adj = adjusted(y, treated, start) if np.isnan(y).any() else y
    return np.asarray(np.nanmean(adj[:, start:], axis=1) - np.nanmean(adj[:, :start], axis=1))


def baseline(y: np.ndarray, compared: np.ndarray, length: int) -> int:
    """How many periods to compare with: as many as make the changes of units nothing happened to stray least from each other.

    Areas wander: three years may say less of next month than the last quarter does. The shortest of those that are nearly as good is taken,
    for the less time passes, the less has to go on alike. The treated units have no say in it.

    Args:
        y: the periods before the start. length: periods from the start on.
    """
    many = y.shape[1]
    after = min(length, max(1, many // 3))
    sizes = [b for b in (after * k for k in (1, 2, 4, 8)) if 2 <= b <= many // 2]
    tried = {b: _strays(y, compared, b, range(max(sizes), many - after + 1), after) for b in sizes}
    return min(b for b in tried if tried[b] <= NEARLY * min(tried.values())) if tried else many


def _strays(y: np.ndarray, compared: np.ndarray, before: int, starts: range, after: int) -> float:
    """How far units that nothing happened to differ in their changes, on average over the same windows of the past."""
    none = np.zeros(int(compared.sum()), bool)
    parts = [y[compared, s - before : s + after] for s in starts]
    spread = [np.nanvar(changes(p, none, before)) for p in parts if _whole(p, before).all()]
    return float(np.mean(spread)) if spread else math.inf


def _whole(y: np.ndarray, start: int) -> np.ndarray:
    """(units,): seen on both sides."""
    seen = ~np.isnan(y)
    return np.asarray(seen[:, :start].any(axis=1) & seen[:, start:].any(axis=1))


def earlier_starts(y: np.ndarray, treated: np.ndarray, before: int, length: int, level: float) -> list[tuple[int, Gap]]:
    """The same comparison at every earlier start, with as many periods on either side (or as many as a short history has).

    Args:
        y: the periods before the true start alone.
    """
    many = y.shape[1]
    after = min(length, max(1, many // 3))
    tried = []
    for s in range(before if before < many else max(2, many // 4), many - after + 1):
        first = max(0, s - before)
        part = y[:, first : s + after]
        whole = _whole(part, s - first)
        if (whole & treated).any() and (whole & ~treated).sum() >= 3:
            tried.append((s, gap(changes(part[whole], treated[whole], s - first), treated[whole], level)))
    return tried


def strayed(found: Gap, earlier: list[Gap], apart: float, level: float) -> Gap:
    """The gap with the range that earlier starts, when nothing happened, give it, where that is the wider one.

    For groups too few to show by themselves how far they stray: one unit may well wander more than those it is compared with.

    Args:
        earlier: the same comparison at earlier starts. apart: how many of them share no period.

    >>> g = Gap(value=1.0, error=0.5, df=8.0, wide=0.93)
    >>> strayed(g, [], 1.0, 0.9) == g, round(strayed(g, [Gap(value=2.0, error=0.5, df=8.0, wide=0.93)] * 3, 3.0, 0.9).wide, 2)
    (True, 4.71)
    """
    error, df = math.sqrt(float(np.mean([g.value**2 for g in earlier]))) if earlier else 0.0, max(apart, 1.0)
    wide = float(student.ppf(0.5 + level / 2, df)) * error
    return replace(found, error=error, df=df, wide=wide) if wide > found.wide else found


def trend(y: np.ndarray, treated: np.ndarray, level: float) -> Gap:
    """How the groups drift apart a period: the difference of the units' own slopes."""
    adj = adjusted(y, treated, y.shape[1])
    at = np.where(np.isnan(adj), np.nan, np.arange(y.shape[1], dtype=float))
    x = at - np.nanmean(at, axis=1, keepdims=True)
    square = np.nansum(x * x, axis=1)
    slope = np.nansum(x * adj, axis=1) / np.maximum(square, 1e-12)
    usable = square > 0
    return gap(slope[usable], treated[usable], level)


def places(d: np.ndarray, treated: np.ndarray) -> tuple[float, float]:
    """(p value of "the treated are like any others", smallest p there can be): every way to pick as many units, or many of them.

    The difference is taken over its own error where both groups have more than one unit, so that groups that stray unlike do not fool it
    (Janssen 1997).

    >>> places(np.array([9.0, 0.1, 0.2, 0.3, 0.4]), np.arange(5) == 0)
    (0.2, 0.2)
    """
    n, k = len(d), int(treated.sum())
    ways = math.comb(n, k)
    if ways <= ALL_WAYS:
        picks = np.array(list(combinations(range(n), k)))
    else:
        rng = np.random.default_rng(SEED)
        picks = np.argsort(rng.random((WAYS, n)), axis=1)[:, :k]
        picks = np.vstack([np.flatnonzero(treated), picks])
    marks = np.zeros((len(picks), n))
    np.put_along_axis(marks, picks, 1.0, axis=1)
    seen = _size(d, treated[None, :].astype(float))[0]
    return float((_size(d, marks) >= seen - 1e-12 * max(1.0, abs(seen))).mean()), 1 / min(ways, len(picks))


def _size(d: np.ndarray, marks: np.ndarray) -> np.ndarray:
    """(ways,): how far the marked are from the others."""
    k, n = marks.sum(axis=1), len(d)
    one = marks @ d / k
    other = (d.sum() - marks @ d) / (n - k)
    if min(k[0], n - k[0]) < 2:
        return np.asarray(np.abs(one - other))
    v1 = (marks @ d**2 - k * one**2) / (k - 1) / k
    v0 = ((d**2).sum() - marks @ d**2 - (n - k) * other**2) / (n - k - 1) / (n - k)
    return np.asarray(np.abs(one - other) / np.sqrt(np.maximum(v1 + v0, 1e-300)))
