"""How long people wait for an answer, those who never got one counted.

The mean of the answers that came leaves out everybody who is still waiting, and the longer a brand is silent the better it looks. The
product-limit estimate (Kaplan & Meier 1958, JASA 53) keeps them: each waits at least as long as we have watched. The range of a median is
that of Brookmeyer & Crowley (1982, Biometrics 38), with the log-log bounds of the curve.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from scipy.stats import CensoredData, ecdf

HALF = 0.5 - 1e-9
"""A half that a product of fractions missed by its last digit is a half."""


@dataclass(frozen=True)
class Wait:
    """The wait for an answer (hours): the median with its range, and the share answered within some hours with its range.

    None: more than half wait longer than anyone was watched (median), or the range has no such end.
    """

    asked: int
    answered: int
    median: float | None
    low: float | None
    high: float | None
    within: float
    share: float
    share_low: float
    share_high: float


def waits(hours: np.ndarray, answered: np.ndarray, *, within: float = 24.0, level: float = 0.9) -> Wait:
    """The wait of a group.

    Args:
        hours: (n,) until the answer, or until we stopped watching where none came.
        answered: (n,) bool.
        within: hours of the promise that the share is told for.

    >>> waits(np.array([1.0, 2.0, 3.0, 9.0, 9.0]), np.array([True, True, True, False, False])).median
    3.0
    """
    if not answered.any():
        return Wait(len(hours), 0, None, None, None, within, 0.0, 0.0, _never(len(hours), level))
    known = answered_by(hours, answered, level=level)
    at = int(np.searchsorted(known.hours, within, side="right")) - 1
    share = (0.0, 0.0, _never(len(hours), level)) if at < 0 else (known.share[at], known.low[at], known.high[at])
    median, low, high = (_first(known.hours, side >= HALF) for side in (known.share, known.high, known.low))
    return Wait(len(hours), int(answered.sum()), median, low, high, within, *map(float, share))


@dataclass(frozen=True)
class Answers:
    """The share of people answered (times,) by so many hours (times,), with its range at each."""

    hours: np.ndarray
    share: np.ndarray
    low: np.ndarray
    high: np.ndarray


def answered_by(hours: np.ndarray, answered: np.ndarray, *, level: float = 0.9) -> Answers:
    """One minus the product-limit estimate, at the hours at which someone was answered or no longer watched.

    >>> answered_by(np.array([1.0, 2.0, 4.0, 8.0]), np.array([True, True, True, True])).share.tolist()
    [0.25, 0.5, 0.75, 1.0]
    """
    curve = ecdf(CensoredData.right_censored(np.maximum(hours, 0.0), ~answered)).sf
    with warnings.catch_warnings():  # before the first answer, and where all have one, the formula has no range: filled in below
        warnings.simplefilter("ignore", RuntimeWarning)
        band = curve.confidence_interval(confidence_level=level, method="log-log")
    low, high = (np.where(np.isnan(b), empty, 1 - b) for b, empty in ((band.high.probabilities, 0.0), (band.low.probabilities, 1.0)))
    return Answers(curve.quantiles, 1 - curve.probabilities, low, high)


def _first(times: np.ndarray, reached: np.ndarray) -> float | None:
    """The first time at which a curve is at or below a half."""
    return float(times[int(reached.argmax())]) if reached.any() else None


def _never(n: int, level: float) -> float:
    """The highest share that n people without an answer leave possible (the exact bound of Clopper & Pearson 1934, one side)."""
    return 1.0 if n == 0 else float(1 - ((1 - level) / 2) ** (1 / n))
