"""Pieces that are no longer what the plan promised: how far the counts beside them speak for themselves, and a link that is broken.

A promise that is surer than it ought to be holds the believed rate of a piece near it, whatever is counted. So a piece may also be one of
which the promise does not hold (`apart`), with a rate of its own; how likely that is follows from the evidence.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logsumexp
from scipy.stats import gamma

from mktlib.planning.landing import WIDER, Parts, Spreads, fit

Array = NDArray[Any]
APART = 0.01
"""How likely it is beforehand that the promise does not hold of a piece (judgement, 2026)."""
BROKEN, SUSPECT = (0.01, 0.1), 0.25
"""What a broken link or measurement leaves of the events; share of what was expected above which nobody suspects one (judgement, 2026)."""


def apart(evidence: float) -> float:
    """Chance that the promise does not hold of a piece, its evidence (`surprise`) being known.

    >>> round(apart(1.0), 4), round(apart(99.0), 2), apart(math.inf)
    (0.01, 0.5, 1.0)
    """
    return float(expit(math.log(APART / (1 - APART)) + math.log(max(evidence, 1e-300))))


def own_ratio(actual: float, expected: float, usual: float, noise: float, draws: int, rng: np.random.Generator) -> Array:
    """(draws,) rate over promise of a piece of which the promise does not hold: from its counts, drawn little towards 1.

    usual: sd of a real deviation. noise: sd of the log of the weather. A gamma distribution, the counts being Poisson.
    """
    strength = 1 / usual**2
    luck = np.exp(noise * rng.standard_normal(draws) - noise**2 / 2)
    return np.asarray(rng.gamma(strength + actual, 1 / (strength + expected), draws) * luck)


def mixed(kept: Array, alone: Array, chance: float) -> Array:
    """Draws of which the second kind has this chance."""
    many = round(chance * len(kept))
    return np.concatenate([alone[:many], kept[many:]])


def observed(actual: float, expected: float, level: float) -> tuple[float, float, float]:
    """What came over what was expected, with the range that the luck of counting allows it (exact; Garwood 1936).

    >>> [round(x, 3) for x in observed(0, 247, 0.9)], observed(0, 0, 0.9)
    ([0.0, 0.0, 0.012], (nan, nan, nan))
    """
    if expected <= 0:
        return math.nan, math.nan, math.nan
    low = float(gamma.ppf((1 - level) / 2, actual)) if actual > 0 else 0.0
    return actual / expected, low / expected, float(gamma.ppf((1 + level) / 2, actual + 1)) / expected


def broken(parts: Parts, chances: Array, counts: Array, rows: Array, promises: Sequence[tuple[Spreads, float]], weeks: int) -> float:
    """Evidence that next to nothing of the events of some rows arrives or is counted, safe to look at daily.

    How likely all counts are with a hundredth or a tenth of these rows' rates, over how likely they are as promised: for each set of
    spreads a martingale under the promise, the smallest of them taken, as in `leaving`. Missing where too much came for a broken link.
    """
    expected = float((chances * parts.rate)[rows].sum())
    if expected <= 0 or counts[rows].sum() > SUSPECT * expected:
        return math.nan
    prior = math.log(WIDER[1.0])
    kept = [(one, evidence - prior) for one, evidence in promises if one.wider == 1]
    some = {(one.weather, one.rough): one for one, _ in reversed(kept)}.values()
    left = [chances * np.where(rows, share, 1.0) for share in BROKEN]
    above = [fit(parts, few, counts, one, weeks).evidence - prior for few in left for one in some]
    return math.exp(min(float(logsumexp(above)) - math.log(len(above)) - max(evidence for _, evidence in kept), 700.0))
