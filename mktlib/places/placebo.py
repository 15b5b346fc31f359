"""What chance alone would have shown: signs of pairs turned over, windows in which nothing happened.

In each pair of areas a coin said which one got the campaign. Had the coin fallen the other way, the difference of the pair would have had
the other sign; a lift is judged among all the differences that the coins could have made (Fisher 1935, The Design of Experiments). That
needs no model of weeks, no independence and no bell curve: the range holds its promise in any history, provided that the coins were tossed.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

ALL_SIGNS, MOST_SIGNS, SEED = 12, 2048, 7019
"""Up to so many pairs every fall of the coins is looked at; beyond, so many falls drawn once."""
WINDOWS = 24
"""Placebo windows looked at, at most: more overlap so much that they say the same again."""


@lru_cache(maxsize=64)
def signs(pairs: int) -> np.ndarray:
    """(n, pairs) of +1 and -1, the first row all +1: falls of the coins, a fall and its mirror counted once.

    >>> signs(3).tolist()
    [[1.0, 1.0, 1.0], [1.0, 1.0, -1.0], [1.0, -1.0, 1.0], [1.0, -1.0, -1.0]]
    """
    if pairs <= ALL_SIGNS:
        bits = (np.arange(2 ** max(pairs - 1, 0))[:, None] >> np.arange(pairs)[::-1]) & 1
        return np.asarray(1.0 - 2.0 * bits)
    rng = np.random.default_rng(SEED)
    drawn = rng.choice([-1.0, 1.0], (MOST_SIGNS, pairs))
    drawn[0] = 1.0
    return np.asarray(drawn)


def chance_of_none(d: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """(m,): how often coins alone would make a weighted mean of differences as far from 0 as that of each column of d (pairs, m).

    >>> float(chance_of_none(np.ones((5, 1)), np.ones(5))[0])
    0.0625
    """
    turned: np.ndarray = np.absolute(np.asarray(signs(len(d)) @ (weight[:, None] * d)))
    return np.asarray((turned - turned[:1] >= -1e-12).mean(axis=0))


def lift_range(d: np.ndarray, weight: np.ndarray, alpha: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(mean, low, high), each (m,): the weighted mean of each column of d (pairs, m), and every constant that the test does not refuse.

    A constant is refused by a fall of the coins unless it lies between the mean of the pairs that keep their sign and the mean of those
    that turn: so the range is read off the sorted means, without a search. Infinite where the pairs are too few.

    >>> low, high = (x[0] for x in lift_range(np.array([[0.1], [0.2], [0.15], [0.12], [0.3], [0.1]]), np.ones(6), 0.1)[1:])
    >>> bool(0.05 < low < 0.15 < high < 0.25)
    True
    """
    kept = (signs(len(d)) > 0).astype(float)
    turned = 1.0 - kept
    total = (weight @ d) / weight.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        one = (kept @ (weight[:, None] * d)) / (kept @ weight)[:, None]
        other = (turned @ (weight[:, None] * d)) / (turned @ weight)[:, None]
    share = kept.mean(axis=1, keepdims=True)
    alone = (share == 0) | (share == 1)
    low = np.where(alone, -np.inf, np.minimum(one, other))
    high = np.where(alone, np.inf, np.maximum(one, other))
    at = int(np.floor(alpha * len(kept) + 1e-9))
    return total, np.sort(low, axis=0)[at], np.sort(high, axis=0)[::-1][at]


def window_starts(first: int, weeks: int, length: int, most: int = WINDOWS) -> np.ndarray:
    """Where placebo windows of so many weeks begin: from `first` on, half a window apart, spread evenly where they are many.

    >>> window_starts(25, 41, 4).tolist()
    [25, 27, 29, 31, 33, 35, 37]
    """
    starts = np.arange(first, weeks - length + 1, max(1, length // 2))[: None if weeks > first else 0]
    if len(starts) > most:
        starts = starts[np.unique(np.linspace(0, len(starts) - 1, most).round().astype(int))]
    return np.asarray(starts)


def apart(starts: np.ndarray, length: int) -> float:
    """How many windows that do not overlap these are worth."""
    if not len(starts):
        return 0.0
    return float(min(len(starts), (starts[-1] - starts[0]) / length + 1))


class Windows:
    """Every area's log mean over any weeks, and what its own past foretells of it; areas about their mean of the window.

    The past is told in four numbers: log mean of the last 8, 26 and 52 weeks, and of the same weeks a year before. How much each of them
    counts is learnt on earlier windows, all areas together (ridge towards "as the last year"); the assignment takes no part in it, so the
    test by coins stays exact.
    """

    PRIOR = np.array([0.0, 0.0, 1.0, 0.0])
    LOOSE = 0.5

    def __init__(self, y: np.ndarray) -> None:
        self.sums = np.concatenate([np.zeros((len(y), 1)), np.cumsum(y, axis=1)], axis=1)
        self.least = 1e-3 * np.maximum(y.mean(axis=1), 1e-12)
        self.weeks = y.shape[1]

    def mean(self, first: int, last: int) -> np.ndarray:
        """(A,): mean of the weeks first .. last - 1, never 0."""
        first = max(first, 0)
        return np.asarray(np.maximum((self.sums[:, last] - self.sums[:, first]) / max(last - first, 1), self.least))

    def seen(self, first: int, length: int) -> np.ndarray:
        """(A,): log mean of a window."""
        x = np.log(self.mean(first, first + length))
        return np.asarray(x - x.mean())

    def foretold(self, first: int, length: int) -> np.ndarray:
        """(A, 4): what the past before `first` tells."""
        year = (first - 52, first - 52 + length) if first >= 52 else (first - 26, first)
        parts = [(first - 8, first), (first - 26, first), (first - 52, first), year]
        x = np.column_stack([np.log(self.mean(a, b)) for a, b in parts])
        return np.asarray(x - x.mean(axis=0))

    def learnt(self, starts: np.ndarray, length: int) -> np.ndarray:
        """(4,): the weights of the four, from these windows."""
        if not len(starts):
            return self.PRIOR
        x = np.concatenate([self.foretold(int(s), length) for s in starts])
        rest = np.concatenate([self.seen(int(s), length) for s in starts]) - x @ self.PRIOR
        penalty = max(float(rest @ rest) / len(rest), 1e-12) / self.LOOSE**2
        return np.asarray(self.PRIOR + np.linalg.solve(x.T @ x + penalty * np.eye(4), x.T @ rest))

    def surprise(self, first: int, length: int, weights: np.ndarray) -> np.ndarray:
        """(A,): log mean of a window less what was foretold."""
        return np.asarray(self.seen(first, length) - self.foretold(first, length) @ weights)

    def surprises(self, starts: np.ndarray, length: int, weights: np.ndarray) -> np.ndarray:
        """(A, windows)."""
        return np.column_stack([self.surprise(int(s), length, weights) for s in starts]) if len(starts) else np.zeros((len(self.least), 0))
