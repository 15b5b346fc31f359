"""Where a campaign will land: the plan's promises as a prior, corrected by what came, with all that is still open left open.

Each placement's rate is its promise times deviations that placements share: of the whole, of its channel, of its piece, its own, and of
the week ("weather"). How much of a promise's uncertainty is shared follows from the plan's own range of its total. Counts are negative
binomial; the deviations' posterior is Gaussian around its mode (Laplace), averaged over a grid of what is not known of the spreads by
their marginal likelihood (Rue, Martino and Chopin 2009). What is ahead is drawn from it, together with how exactly channels deliver.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import cho_solve, solve_triangular
from scipy.special import gammaln

Array = NDArray[Any]
WEATHER, ROUGH, CHANNEL, PIECE = (0.04, 0.15), (0.06, 0.2), (0.0, 0.5), (0.3, 0.6)
"""What is not known, averaged over: sd of the log rate of a week, of a placement in a week; parts of the shared and of the own variance."""
WIDER = {1.0: 0.9, 2.0: 0.1}
"""Whether promises are as sure as they say, or only half so: factor of their sds, and how likely it is beforehand (judgement, 2026)."""
STEPS, CLOSE = 40, 1e-7
PACE, ROW, WEEK = 0.1, 0.1, 0.05
"""How exactly things are delivered before anything is known (sds of a channel, a placement, a channel's week; our judgement, 2026)."""


@dataclass(frozen=True)
class Parts:
    """Placements as numbers: (rows,) rate, sd; cell, item, channel, week (0, 1 ...)."""

    rate: Array
    sd: Array
    cell: Array
    item: Array
    channel: Array
    week: Array


@dataclass(frozen=True)
class Spreads:
    """weather, rough: sds; shares of a promise's variance: whole, channel, item, cell (sum 1); wider: factor of the promises' sds."""

    weather: float
    rough: float
    whole: float
    channel: float
    item: float
    cell: float
    wider: float = 1.0


def sums_of(values: Array, groups: Array) -> Array:
    return np.bincount(groups, weights=values, minlength=int(groups.max()) + 1 if len(groups) else 0)


def log_sd_of_sum(parts: Parts, weight: Array, spreads: Spreads) -> float:
    """Sd of the log of a sum of placements (delta method), weights adding up to 1; without luck of counting."""
    shared = weight * parts.sd
    own = [
        (spreads.whole, np.zeros(len(weight), int)),
        (spreads.channel, parts.channel),
        (spreads.item, parts.item),
        (spreads.cell, parts.cell),
    ]
    variance = sum(share * (sums_of(shared, by) ** 2).sum() for share, by in own)
    variance += spreads.weather**2 * (sums_of(weight, parts.week) ** 2).sum() + spreads.rough**2 * (weight**2).sum()
    return float(np.sqrt(variance))


def grid(parts: Parts, weight: Array, wanted: float | None) -> list[Spreads]:
    """Every combination of what is not known, each with the shared part that gives the plan's total the range that the plan promised."""
    out = []
    for channel in CHANNEL:
        for piece in PIECE:
            apart = log_sd_of_sum(parts, weight, Spreads(0, 0, 0, 0, piece, 1 - piece)) ** 2
            alike = log_sd_of_sum(parts, weight, Spreads(0, 0, 1 - channel, channel, 0, 0)) ** 2
            share = 0.1 if wanted is None or alike <= apart else float(np.clip((wanted**2 - apart) / (alike - apart), 0.02, 0.95))
            shares = (share * (1 - channel), share * channel, (1 - share) * piece, (1 - share) * (1 - piece))
            out += [Spreads(weather, rough, *shares, wider) for weather in WEATHER for rough in ROUGH for wider in WIDER]
    return out


@dataclass(frozen=True)
class Fit:
    """Posterior of the deviations: mode of the shared ones and of the cells' own, lower Cholesky factor of the shared ones' precision, how
    a cell answers to the shared ones, its own precision, and the log of the marginal likelihood."""

    spreads: Spreads
    design: Array
    scale: Array
    center: Array
    shared: Array
    own: Array
    factor: Array
    answer: Array
    precision: Array
    evidence: float


def fit(parts: Parts, chances: Array, counts: Array, spreads: Spreads, weeks: int, shift: float = 0.0) -> Fit:
    """Mode and curvature for one set of spreads; rows without chances say nothing (chances 0). shift: sd of a log factor of all rates that
    no promise knows of."""
    design, scale, center = _design(parts, spreads, weeks)
    design = np.column_stack([design, np.full(len(design), shift)]) if shift else design
    seen = chances > 0
    x, t, c, y = design[seen], scale[seen], parts.cell[seen], counts[seen]
    base, cells, size = np.log(chances[seen]) + center[seen], int(parts.cell.max()) + 1, 1 / spreads.rough**2
    theta, own = np.zeros(design.shape[1]), np.zeros(cells)
    best = -np.inf
    for _ in range(STEPS):
        mean = np.exp(np.minimum(base + x @ theta + t * own[c], 50.0))
        slope, weight = (y - mean) / (1 + mean / size), mean / (1 + mean / size)
        precision = 1 + np.bincount(c, weights=weight * t**2, minlength=cells)
        cross = np.asarray(sparse.csr_array((weight * t, (c, np.arange(len(c)))), shape=(cells, len(c))) @ x)
        g_shared, g_own = x.T @ slope - theta, np.bincount(c, weights=slope * t, minlength=cells) - own
        whole = x.T @ (weight[:, None] * x) + np.eye(len(theta)) - cross.T @ (cross / precision[:, None])
        factor = np.linalg.cholesky(whole)
        step = cho_solve((factor, True), g_shared - cross.T @ (g_own / precision))
        step_own = (g_own - cross @ step) / precision
        part = 1.0
        while part > 1e-3 and (now := _log_density(base, x, t, c, y, size, theta + part * step, own + part * step_own)) < best - 1e-9:
            part /= 2
        moved = max(float(np.abs(step).max(initial=0)), float(np.abs(step_own).max(initial=0)))
        theta, own, best = theta + part * step, own + part * step_own, now
        if moved * part < CLOSE**0.5:
            break
    evidence = np.log(WIDER.get(spreads.wider, 1.0)) + best - np.log(np.diag(factor)).sum() - 0.5 * np.log(precision).sum()
    return Fit(spreads, design, scale, center, theta, own, factor, cross / precision[:, None], precision, float(evidence))


def _design(parts: Parts, spreads: Spreads, weeks: int) -> tuple[Array, Array, Array]:
    """(rows, shared) loadings of whole, channels, pieces, weeks; (rows,) loading of the cell's own, and log rate whose mean is promised."""
    rows, sd = np.arange(len(parts.rate)), parts.sd * spreads.wider
    channels, items = int(parts.channel.max()) + 1, int(parts.item.max()) + 1
    design = np.zeros((len(rows), 1 + channels + items + weeks))
    design[:, 0] = sd * np.sqrt(spreads.whole)
    design[rows, 1 + parts.channel] = sd * np.sqrt(spreads.channel)
    design[rows, 1 + channels + parts.item] = sd * np.sqrt(spreads.item)
    design[rows, 1 + channels + items + parts.week] = spreads.weather
    center = np.log(np.maximum(parts.rate, 1e-12)) - sd**2 / 2 - spreads.weather**2 / 2
    return design, sd * np.sqrt(spreads.cell), center


def _log_density(base: Array, x: Array, t: Array, c: Array, y: Array, size: float, theta: Array, own: Array) -> float:
    """Log of likelihood (negative binomial) and prior (standard normal) together."""
    log_mean = np.minimum(base + x @ theta + t * own[c], 50.0)
    odds = np.logaddexp(np.log(size), log_mean)
    counted = gammaln(y + size) - gammaln(size) - gammaln(y + 1) + size * (np.log(size) - odds) + y * (log_mean - odds)
    return float(counted.sum() - 0.5 * (theta @ theta + own @ own))


def rates(fits: list[Fit], parts: Parts, draws: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """(draws, rows) rates as believed now, and (draws,) how rough a placement in a week is, over all sets of spreads by their evidence."""
    evidence = np.array([f.evidence for f in fits])
    chance = np.exp(evidence - evidence.max())
    of = rng.multinomial(draws, chance / chance.sum())
    found, rough = [], []
    for one, many in zip(fits, of, strict=True):
        if many:
            away = solve_triangular(one.factor.T, rng.standard_normal((len(one.shared), many)), lower=False)
            own = one.own[:, None] - one.answer @ away + rng.standard_normal((len(one.own), many)) / np.sqrt(one.precision)[:, None]
            logs = one.center[:, None] + one.design @ (one.shared[:, None] + away) + one.scale[:, None] * own[parts.cell]
            found.append(np.exp(np.minimum(logs, 50.0)).T)
            rough.append(np.full(many, one.spreads.rough))
    order = rng.permutation(draws)
    return np.concatenate(found)[order], np.concatenate(rough)[order]


@dataclass(frozen=True)
class Pace:
    """How channels deliver what was planned: (channels,) mean and sd of the ratio; sds of a channel's week and of a placement."""

    mean: Array
    sd: Array
    week: float
    row: float


def pace(came: Array, planned: Array, channel: Array, week: Array, channels: int) -> Pace:
    """Ratio of what came to what was planned, channel by channel, drawn towards 1; the spreads by moments, drawn towards the usual."""
    ratio = came / planned if len(planned) else np.zeros(0)
    cells, of = np.unique(channel * 10_000 + week, return_inverse=True)
    n = np.bincount(of, minlength=len(cells)).astype(float)
    middle = np.bincount(of, weights=ratio, minlength=len(cells)) / np.maximum(n, 1)
    row = (10 * ROW**2 + ((ratio - middle[of]) ** 2).sum()) / (10 + len(ratio) - len(cells))
    owner = (cells // 10_000).astype(int)
    weeks = np.bincount(owner, minlength=channels).astype(float)
    center = np.bincount(owner, weights=middle, minlength=channels) / np.maximum(weeks, 1)
    between = ((middle - center[owner]) ** 2 - row / np.maximum(n, 1)).clip(0).sum() if len(cells) else 0.0
    shock = (4 * WEEK**2 + between) / (4 + max(len(cells) - (weeks > 0).sum(), 0))
    noise = (shock + np.bincount(owner, weights=row / np.maximum(n, 1), minlength=channels) / np.maximum(weeks, 1)) / np.maximum(weeks, 1)
    precision = 1 / PACE**2 + np.where(weeks > 0, 1 / np.maximum(noise, 1e-12), 0.0)
    mean = (1 / PACE**2 + np.where(weeks > 0, center / np.maximum(noise, 1e-12), 0.0)) / precision
    return Pace(mean, 1 / np.sqrt(precision), float(np.sqrt(shock)), float(np.sqrt(row)))


def delivered(how: Pace, planned: Array, channel: Array, week: Array, draws: int, rng: np.random.Generator) -> Array:
    """(draws, rows) of what will be delivered of what is planned ahead."""
    rows = len(planned)
    base = how.mean + how.sd * rng.standard_normal((draws, len(how.mean)))
    cells, of = np.unique(channel * 10_000 + week, return_inverse=True)
    shock = how.week * rng.standard_normal((draws, len(cells)))
    ratio = base[:, channel] + shock[:, of] + how.row * rng.standard_normal((draws, rows))
    return np.asarray(planned * np.maximum(ratio, 0.0))
