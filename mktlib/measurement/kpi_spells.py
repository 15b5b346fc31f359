"""Good and bad times that last: whether days hang together, and how much less such days tell than as many that do not.

A range that takes days for independent is too narrow where a good day follows a good one. Whether they do is tested (rank correlation with
the days before, level CLEAR); where they do, what the total scatters is taken from the slowest waves in the days (the mean of their squared
cosine sums, each worth one degree of freedom: Müller 2004; Lazarus, Lewis, Stock and Watson 2018, Journal of Business & Economic Statistics
36). Spells longer than the log are in no wave of it: where few are seen
(`results.money.ENOUGH_SPELLS`), the range is likely too narrow still.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2, norm, rankdata

from mktlib.measurement.kpi_ranges import Sums
from mktlib.results.money import FEWEST_DAYS

CLEAR = 0.1
"""Level of the test that days hang together, and of the one that pieces differ: one log in ten is widened for nothing."""
LAGS = 2
"""Days before that are compared: further ones see the week, which is no spell."""
WAVES, WAVE = 3, 60
"""Slowest waves that are taken: so many at least, and one for so many days."""

KEPT = 0.7
"""Share of a day's luck that the next one may keep, where too few days are there to see it (opinion, J)."""
DOUBT = (1 + KEPT) / (1 - KEPT)
"""So many times the variance is as large then."""


@dataclass(frozen=True, kw_only=True)
class Spells:
    """variance: of the total, spells counted in; df: what it is known by; spells: as many independent days would tell as much."""

    variance: float
    df: float
    spells: float


UNSEEN = Spells(variance=0.0, df=0.0, spells=0.0)
"""Too few days to see whether they hang together."""


def lasting(strayed: np.ndarray, over: np.ndarray) -> float:
    """How likely days would follow each other so much by luck (one side), from how far each is from its share of the total.

    Args:
        strayed: what came less what the day's exposure leads to expect (days,), in the order of time.
        over: exposure of each day (days,); a day without any is left out.

    Rank correlation with the LAGS days before, added; its mean under independence as Moran (1948, Biometrika 35).

    >>> lasting(np.repeat([1.0, -1.0], 10), np.ones(20)) < 0.01 < lasting(np.tile([1.0, -1.0], 10), np.ones(20))
    True
    """
    used = over > 0
    n = int(used.sum())
    r = rankdata(strayed[used] / np.sqrt(over[used]))
    r = r - r.mean()
    whole = float((r * r).sum())
    if whole <= 0:
        return 1.0
    seen = sum(float((r[k:] * r[:-k]).sum()) for k in range(1, LAGS + 1)) / whole
    luck = -sum(n - k for k in range(1, LAGS + 1)) / (n * (n - 1))
    return float(norm.sf((seen - luck) * math.sqrt(n / LAGS)))


def spells_in(strayed: np.ndarray, over: np.ndarray) -> Spells | None:
    """What the total scatters where days hang together; None where they do not, UNSEEN where they are too few."""
    if (over > 0).sum() < FEWEST_DAYS:
        return UNSEEN
    if lasting(strayed, over) >= CLEAR:
        return None
    n = len(strayed)
    many = max(WAVES, n // WAVE)
    waves = np.cos(np.pi * np.outer(np.arange(1, many + 1), np.arange(n) + 0.5) / n) @ strayed
    alone, slow = float((strayed**2).sum()), 2 * float((waves**2).mean())
    return Spells(variance=max(alone, slow), df=float(many), spells=n * min(alone / slow, 1.0) if slow > 0 else float(n))


def unlike(pieces: Sums, days: float) -> bool:
    """Whether pieces bring more unlike than luck makes them (level CLEAR); days: scatter over Poisson's between days, which is luck too.

    Sum of squares over the scatter, as chi-square.
    """
    df = pieces.clusters - 1
    if not np.isfinite(pieces.phi) or df <= 0:
        return False
    return bool(chi2.sf(df * pieces.phi / np.fmax(days, 1.0), df) < CLEAR)
