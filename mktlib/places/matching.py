"""Areas in pairs that move alike, and a coin in each pair.

What matters for a test is how far the difference of two areas strays in weeks in which nothing happens; so that is what pairs are chosen
by, on the past alone, with a small price on unlike sizes. Then, and only then, a coin decides who gets the campaign.
"""

from __future__ import annotations

import numpy as np

SIZES = 0.25
"""Price of unlike sizes: areas one log unit apart (2.7 times) count as if a quarter of the usual variance were added."""

TRIES, MANY = 6, 120


def strays(surprises: np.ndarray, size: np.ndarray) -> np.ndarray:
    """(A, A): mean squared difference of each two areas over placebo windows (A, windows), plus the price of unlike sizes.

    Few windows say little of a single pair: each is drawn towards the mean of all, as if four more windows had shown that.
    """
    many = surprises.shape[1]
    apart = np.log(np.maximum(size, 1e-12))
    unlike = (apart[:, None] - apart[None, :]) ** 2
    if many == 0:
        return unlike
    square = (surprises**2).sum(axis=1)
    d = square[:, None] + square[None, :] - 2 * surprises @ surprises.T
    other = ~np.eye(len(size), dtype=bool)
    usual = float(d[other].mean()) / many if len(size) > 1 else 0.0
    return np.asarray((np.maximum(d, 0) + 4 * usual) / (many + 4) + SIZES * usual * unlike)


def matched(cost: np.ndarray) -> np.ndarray:
    """(pairs, 2): areas in pairs of least total cost, the closest pair first; of an odd number one stays alone.

    Two pairs exchange partners as long as that pays (2-opt), from a greedy start and from TRIES others; the best is kept.

    >>> matched(np.abs(np.subtract.outer([1.0, 9.0, 2.0, 7.0], [1.0, 9.0, 2.0, 7.0]))).tolist()
    [[0, 2], [1, 3]]
    """
    n = len(cost)
    full = np.full((n + n % 2, n + n % 2), 0.0)
    full[:n, :n] = cost
    rng = np.random.default_rng(n)
    starts = [_greedy(full), *(rng.permutation(len(full)).reshape(-1, 2) for _ in range(TRIES if n < MANY else 0))]
    tried = [_exchanged(full, start) for start in starts]
    pairs = min(tried, key=lambda t: float(full[t[:, 0], t[:, 1]].sum()))
    pairs = np.sort(pairs[(pairs < n).all(axis=1)], axis=1)
    return np.asarray(pairs[np.lexsort((pairs[:, 0], cost[pairs[:, 0], pairs[:, 1]]))])


def _greedy(cost: np.ndarray) -> np.ndarray:
    """Who would lose most by missing his best partner chooses first."""
    open_, left = cost.copy(), np.ones(len(cost), bool)
    np.fill_diagonal(open_, np.inf)
    out = []
    while left.any():
        rows = np.flatnonzero(left)
        part = open_[np.ix_(rows, rows)]
        if len(rows) == 2:
            out.append(rows)
            break
        two = np.partition(part, 1, axis=1)[:, :2]
        who = int(np.argmax(two[:, 1] - two[:, 0]))
        pair = rows[[who, int(np.argmin(part[who]))]]
        left[pair] = False
        out.append(pair)
    return np.array(out, dtype=int).reshape(-1, 2)


def _exchanged(cost: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    pairs = pairs.copy()
    for _ in range(4 * len(pairs)):
        a, b = pairs[:, 0], pairs[:, 1]
        now = cost[a, b][:, None] + cost[a, b][None, :]
        ways = np.stack([cost[np.ix_(a, a)] + cost[np.ix_(b, b)], cost[np.ix_(a, b)] + cost[np.ix_(b, a)]])
        gain = now - ways
        gain[:, np.arange(len(pairs)), np.arange(len(pairs))] = 0.0
        way, i, j = np.unravel_index(int(np.argmax(gain)), gain.shape)
        if gain[way, i, j] <= 1e-12:
            break
        (p, q), (r, s) = pairs[i].copy(), pairs[j].copy()
        pairs[i], pairs[j] = ((p, r), (q, s)) if way == 0 else ((p, s), (q, r))
    return pairs


def tossed(pairs: int, seed: int) -> np.ndarray:
    """(pairs,) of 0 or 1: which area of each pair gets the campaign."""
    return np.asarray(np.random.default_rng([seed, 6151]).integers(0, 2, pairs))
