"""Whether the talk turns sour: the share of negatives in the last hours and days against its own past.

The usual share fades with age, and days far out of the ordinary do not teach it. Mentions of one day resemble each other (one event,
one thread), so that their number is worth less: the correlation within a day is learnt, taken one standard error high, and counts are
divided by the design effect it brings (Rao and Scott 1992), together with what is not known of the usual share. What is left is
binomial. The rarity is in the unit of `scan`: minus the logarithm of how often a quiet year would show as much.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betainc

from mktlib.reputation.baseline import HISTORY, STAYS, Calendar
from mktlib.reputation.scan import YEAR, Scan, windowed

WINDOWS = np.array([6, 12, 24, 48, 72, 168])
"""Lengths in hours."""
FADES = 60.0
"""Half-life of the usual share, in days."""
LEAST, NEGATIVES = 5, 3
"""Mentions of known tone in a window, and negative ones among them, below which nothing is said of it."""
ALIKE, WORTH = 0.03, 30.0
"""Correlation within a day before anything is known, and the weight of that (pairs of mentions x variance)."""


@dataclass
class Usual:
    """share (series, days), known (series, days) mentions it rests on, alike (series, days) correlation within a day."""

    share: np.ndarray
    known: np.ndarray
    alike: np.ndarray


def usual_share(negative: np.ndarray, told: np.ndarray, calendar: Calendar) -> Usual:
    """The share of negatives told the day before, from (series, bins) negatives and mentions whose tone is known."""
    k_all, n_all = calendar.totals(negative), calendar.totals(told)
    series, days = k_all.shape
    out = Usual(*(np.zeros((series, days)) for _ in range(3)))
    k, n = np.full(series, 1.0), np.full(series, 4.0)
    above, pairs, noise = np.full(series, ALIKE * WORTH), np.full(series, WORTH), np.full(series, (ALIKE * WORTH) ** 2)
    odd = np.zeros((series, 14), dtype=bool)
    keep = 0.5 ** (1 / FADES)
    for day in range(days):
        share = k / n
        alike = np.clip(above / pairs + np.sqrt(noise) / pairs, 0.0005, 0.9)
        out.share[:, day], out.known[:, day], out.alike[:, day] = share, n, alike
        mine, of = k_all[:, day], n_all[:, day]
        plain = of * share * (1 - share)
        spread = np.sqrt(plain * (1 + np.maximum(of - 1, 0) * alike) + of**2 * share * (1 - share) / n + 1e-9)
        error = (mine - of * share) / spread
        odd[:, day % 14] = error > 5
        taken = (error <= 5) | (odd.sum(axis=1) >= STAYS)
        k = keep * k + taken * np.minimum(mine, of * share + 2.5 * spread)
        n = keep * n + taken * of
        if day >= HISTORY // 2:
            calm = (np.abs(error) <= 5).astype(float)
            above += calm * ((mine - of * share) ** 2 - plain)
            pairs += calm * of * np.maximum(of - 1, 0) * share * (1 - share)
            noise += calm * 2 * (plain * (1 + np.maximum(of - 1, 0) * alike)) ** 2
    return out


def souring(negative: np.ndarray, told: np.ndarray, known: Usual, calendar: Calendar) -> Scan:
    """The rarity of (series, bins) negatives among mentions of known tone; `window` is an index in this module's WINDOWS."""
    day = calendar.day
    rarity = np.full(negative.shape, -np.inf)
    which = np.zeros(negative.shape, dtype=np.int8)
    first = calendar.start[min(HISTORY, calendar.days)]
    share = known.share[:, day]
    for index, length in enumerate(WINDOWS):
        k, n = windowed(negative, length), windowed(told, length)
        look = (n >= LEAST) & (k >= NEGATIVES) & (k > n * share + 1.5 * np.sqrt(n * share * (1 - share)))
        look[:, :first] = False
        at = np.nonzero(look)
        days = at[0], day[at[1]]
        p = share_tail(k[at], n[at], known.share[days], known.known[days], known.alike[days], length)
        found = -np.log(np.maximum(p, 1e-300)) - np.log(YEAR / length) - np.log(len(WINDOWS))
        better = found > rarity[at]
        rarity[at[0][better], at[1][better]] = found[better]
        which[at[0][better], at[1][better]] = index
    return Scan(rarity, which)


def share_tail(k: np.ndarray, n: np.ndarray, share: np.ndarray, known: np.ndarray, alike: np.ndarray, length: int) -> np.ndarray:
    """P(at least k of n are negative) where the usual share rests on `known` mentions and those of a day are alike.

    >>> float(share_tail(np.array(3.0), np.array(3.0), np.array(0.5), np.array(1e12), np.array(0.0), 24).round(4))
    0.125
    """
    together = np.minimum(n, n * 24 / length)
    effect = 1 + np.maximum(together - 1, 0) * alike
    size = n / effect
    effect = effect * (1 + size / (known / (1 + alike)))
    return betainc(k / effect, (n - k) / effect + 1, share)
