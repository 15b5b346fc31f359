"""How far a classifier's chances can be trusted: calibration, and the threshold above which its answers are right as often as promised."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

Array = NDArray[np.float64]
STEPS = 12
"""Thresholds that are tried."""


def trusted_threshold(confidence: Array, correct: NDArray[np.bool_], *, right: float, sure: float = 0.9) -> tuple[float, float]:
    """The lowest confidence from which answers are right at least as often as promised.

    STEPS thresholds are each tried by the exact one-sided binomial bound, at a level shared among them (Bonferroni), so that the promise
    holds for whichever is taken (selective risk, Geifman and El-Yaniv 2017; Learn then Test, Angelopoulos and others 2021).

    Args:
        confidence: of each labelled text, from a model that did not see it.
        correct: whether that answer was right.
        right: share of the answers given that must be right.
        sure: with which probability (over the labelled sample) the promise holds.

    Returns:
        (threshold, share of texts answered); (inf, 0.0) where no threshold keeps the promise.

    >>> rng = np.random.default_rng(0)
    >>> c = rng.uniform(0.4, 1, 2000)
    >>> t, share = trusted_threshold(c, rng.random(2000) < c, right=0.8)
    >>> bool(0.55 < t < 0.7)
    True
    """
    best = (np.inf, 0.0)
    for threshold in np.unique(np.quantile(confidence, np.linspace(0, 0.95, STEPS), method="lower"))[::-1] if len(confidence) else ():
        answered = confidence >= threshold
        n, hits = int(answered.sum()), int(correct[answered].sum())
        if hits and beta.ppf((1 - sure) / STEPS, hits, n - hits + 1) >= right:
            best = float(threshold), n / len(confidence)
    return best


def calibration_error(chances: Array, labels: NDArray[np.int64], *, bins: int = 10) -> float:
    """Expected calibration error of the answer given: mean distance of confidence and accuracy over bins of equal number.

    >>> calibration_error(np.array([[0.5, 0.5]] * 4), np.array([0, 1, 0, 1]), bins=1)
    0.0
    """
    confidence, correct = chances.max(axis=1), chances.argmax(axis=1) == labels
    parts = np.array_split(np.argsort(confidence, kind="stable"), bins)
    return float(sum(abs(confidence[p].mean() - correct[p].mean()) * len(p) for p in parts if len(p)) / len(labels))
