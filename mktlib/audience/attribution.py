"""Which post brought whom: the followers gained of each day, told apart into a drifting base and what posts leave behind.

A distributed-lag regression: a post brings a_p followers, spread over the following days by a kernel that only decays (geometric; Koyck
1954, Econometrica 22); effects of posts share a mean and a spread, both unknown; the base is a random walk with a weekly cycle; the luck
of a day is proportional to its level with an unknown factor. Whether posts bring anybody at all is asked first, by sliding the calendar
of posts along the year: followers that come anyway come as often on the wrong days.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from threadpoolctl import threadpool_limits

from mktlib.glmm import mixing

LAGS = 14
DECAYS = (0.0, 0.3, 0.5, 0.7, 0.85)
WALKS = (0.0, 1e-4, 1e-3, 1e-2, 5e-2)
"""Variance of a day's step of the base over that of a day's luck."""
SPREADS = (0.0, 0.5, 1.0, 2.0, 4.0)
"""Spread of the effects of posts, in units of a day's luck."""
WIDE = 6.0
"""Prior sd of the mean effect of a post, in the same units: hardly an opinion."""


@dataclass(frozen=True, kw_only=True)
class Brought:
    """What posts brought: mean, sd (grid, posts + 1; the last is the sum within the days seen), weight (grid,), df; the p value of "posts
    bring nobody"; half: days until half of a post's followers have come; base: what comes anyway, a day."""

    mean: np.ndarray
    sd: np.ndarray
    weight: np.ndarray
    df: float
    p_value: float
    half: float


def kernel(decay: float) -> np.ndarray:
    """Shares of a post's followers that come on the day itself and each day after.

    >>> kernel(0.5)[:2].round(2).tolist()
    [0.5, 0.25]
    """
    raw = np.where(np.arange(LAGS) == 0, 1.0, decay ** np.arange(LAGS))
    return np.asarray(raw / raw.sum())


def spread_out(day: np.ndarray, days: int, decay: float, start: np.ndarray | None = None) -> np.ndarray:
    """(days, posts): the share of each post's followers that comes on each day; `start` is the share of its first day that was left.

    A post at noon has half of its first day left: that much of each day's share moves to the next.
    """
    shares = kernel(decay)
    left = np.ones(len(day)) if start is None else start
    out = np.zeros((days + LAGS + 1, len(day)))
    post = np.arange(len(day))
    for lag, share in enumerate(shares):
        out[day + lag, post] += share * left
        out[day + lag + 1, post] += share * (1 - left)
    return out[:days]


@dataclass(frozen=True)
class _Days:
    """Gains scaled to one luck a day, the scale, what is taken out (base and weekdays), the walk."""

    y: np.ndarray
    scale: np.ndarray
    taken: np.ndarray
    walk: np.ndarray


def _scaled(gains: np.ndarray, weekday: np.ndarray) -> _Days:
    size = np.convolve(np.pad(gains, 14, mode="reflect" if len(gains) > 14 else "edge"), np.full(29, 1 / 29), "valid")[: len(gains)]
    scale = 1 / np.sqrt(np.maximum(size, 0.5))
    cycle = np.eye(7)[weekday] - 1 / 7
    fixed = np.column_stack([np.ones(len(gains)), cycle[:, :6]]) * scale[:, None]
    steps = np.minimum.outer(np.arange(len(gains)), np.arange(len(gains))).astype(float)
    return _Days(gains * scale, scale, fixed, steps * np.outer(scale, scale) / np.mean(scale**2))


@dataclass(frozen=True)
class _Solved:
    """The inverse of V without what is taken out, logs of determinants, the sum of squares."""

    factor: tuple[np.ndarray, bool]
    fixed: np.ndarray
    inner: tuple[np.ndarray, bool]
    logdet: float

    def projected(self, x: np.ndarray) -> np.ndarray:
        solved = cho_solve(self.factor, x)
        return np.asarray(solved - self.fixed @ cho_solve(self.inner, self.fixed.T @ x))


def _solve(v: np.ndarray, taken: np.ndarray) -> _Solved:
    factor = cho_factor(v, lower=True)
    fixed = cho_solve(factor, taken)
    inner = cho_factor(taken.T @ fixed, lower=True)
    return _Solved(factor, fixed, inner, 2 * float(np.log(np.diag(factor[0])).sum() + np.log(np.diag(inner[0])).sum()))


def _likely(solved: _Solved, y: np.ndarray, df: int) -> tuple[float, float]:
    square = float(y @ solved.projected(y))
    return -0.5 * solved.logdet - 0.5 * df * float(np.log(max(square, 1e-300))), square / df


@threadpool_limits.wrap(limits=1, user_api="blas")  # small matrices: threads wait for each other longer than they work
def brought(gains: np.ndarray, weekday: np.ndarray, day: np.ndarray, start: np.ndarray | None = None) -> Brought:
    """What each post brought, from gains (days,) with their weekday 0..6 and the day of each post (index into gains)."""
    days = _scaled(gains, weekday)
    df = len(gains) - days.taken.shape[1]
    eye = np.eye(len(gains))
    plain = [_likely(_solve(eye + walk * days.walk, days.taken), days.y, df)[0] for walk in WALKS]
    walks = [walk for walk, one in zip(WALKS, plain, strict=True) if one > max(plain) - 7]
    corners = [corner for decay in DECAYS for corner in _corners(days, spread_out(day, len(gains), decay, start), decay, walks, df)]
    weight = mixing.weights(np.array([corner.likely for corner in corners]))
    kept = weight > 1e-4
    seen = {decay: spread_out(day, len(gains), decay, start) for decay in DECAYS}
    told = [_effects(days, seen[c.decay], c, df) for c, good in zip(corners, kept, strict=True) if good]
    mean, sd = (np.array(side) for side in zip(*told, strict=True))
    share = weight @ np.array([kernel(corner.decay) for corner in corners])
    p = _slid(days, WALKS[int(np.argmax(plain))], day, start)
    half = float(np.interp(0.5, np.concatenate([[0], np.cumsum(share)]), np.arange(LAGS + 1)))
    return Brought(mean=mean, sd=sd, weight=weight[kept] / weight[kept].sum(), df=df, p_value=p, half=half)


@dataclass(frozen=True)
class _Corner:
    """One corner of the grid and its log likelihood."""

    decay: float
    walk: float
    spread: float
    likely: float


def _corners(days: _Days, shares: np.ndarray, decay: float, walks: list[float], df: int) -> Iterator[_Corner]:
    """How likely each walk and spread is with posts that fade so fast."""
    z = shares * days.scale[:, None]
    unit = 1 / float(np.mean(days.scale**2))
    apart, together, plain = unit * (z @ z.T), unit * np.outer(z.sum(axis=1), z.sum(axis=1)), np.eye(len(z))
    for walk, spread in itertools.product(walks, SPREADS):
        v = plain + walk * days.walk + spread**2 * apart + WIDE**2 * together
        yield _Corner(decay, walk, spread, _likely(_solve(v, days.taken), days.y, df)[0])


def _effects(days: _Days, shares: np.ndarray, corner: _Corner, df: int) -> tuple[np.ndarray, np.ndarray]:
    """(mean, sd) of each post's effect and of the sum of all within the days seen."""
    z = shares * days.scale[:, None]
    prior = (corner.spread**2 * np.eye(z.shape[1]) + WIDE**2) / float(np.mean(days.scale**2))
    za = z @ prior
    solved = _solve(np.eye(len(z)) + corner.walk * days.walk + za @ z.T, days.taken)
    _, variance = _likely(solved, days.y, df)
    mean = za.T @ solved.projected(days.y)
    cover = prior - za.T @ solved.projected(za)
    seen = shares.sum(axis=0)
    spread = np.append(np.diag(cover), seen @ cover @ seen)
    return np.append(mean, seen @ mean), np.sqrt(np.maximum(variance * spread, 0))


def _slid(days: _Days, walk: float, day: np.ndarray, start: np.ndarray | None) -> float:
    """The p value of "posts bring nobody": the calendar of posts on its own days, among the same calendar slid along the days.

    Two measures, of a mean effect and of a few large ones, each at every decay; the largest counts.
    """
    n = len(days.y)
    solved = _solve(np.eye(n) + walk * days.walk, days.taken)
    rest = solved.projected(days.y)
    measures = []
    for decay in DECAYS:
        shares = spread_out(day, n, decay, start)
        rows = np.fft.fft(rest * days.scale)
        slid = np.real(np.fft.ifft(np.fft.fft(shares, axis=0).conj() * rows[:, None], axis=0))  # (slide, post): fit of each post there
        measures += [slid.sum(axis=1), (np.maximum(slid, 0) ** 2).sum(axis=1)]
    scaled = [(m - m.mean()) / max(float(m.std()), 1e-12) for m in measures]
    most = np.max(scaled, axis=0)
    others = most[2 : n - 1]
    return float((1 + (others >= most[0] - 1e-12).sum()) / (1 + len(others)))
