"""How surely a difference is told, at one look or at any of many: what `sample_size` and "how many more" stand on."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm

from mktlib.measurement import sequences

LOOKS = 28
"""Looks that are thought of where somebody looks daily: four weeks."""
POINTS = 301


def chance(drift: float, *, look: str, alpha: float, looks: int = LOOKS, tuned: float | None = None) -> float:
    """The chance that a true difference of `drift` errors (at the planned size) is told by the planned end.

    >>> round(chance(2.8, look="fixed", alpha=0.05), 2)
    0.8
    """
    if look == "fixed":
        z = norm.isf(alpha / 2)
        return float(norm.sf(z - drift) + norm.cdf(-z - drift))
    return float(passed(drift, alpha=alpha, looks=looks, tuned=tuned)[-1])


@lru_cache(maxsize=512)
def passed(drift: float, *, alpha: float, looks: int = LOOKS, tuned: float | None = None) -> np.ndarray:
    """(looks,) chance of having been told at each look or before, by adding up the walk between looks (Armitage, McPherson & Rowe 1969)."""
    part = np.arange(1, looks + 1) / looks
    ends = sequences.reach(sequences.spreads(part, 1.0, tuned or alpha), alpha) * np.sqrt(part)  # of the sum, whose variance is `part`
    step, told = 1 / looks, np.zeros(looks)
    last, density = np.zeros(1), np.ones(1)
    for k, end in enumerate(ends):
        edge = min(float(end), abs(drift) * part[k] + 8 * np.sqrt(part[k]))
        here = np.linspace(-edge, edge, POINTS)
        weight = here[1] - here[0]
        moved = np.exp(-0.5 * looks * (here[:, None] - last[None, :] - drift * step) ** 2) @ density * np.sqrt(looks / (2 * np.pi))
        density, last = moved * weight, here
        density[[0, -1]] /= 2
        told[k] = 1 - density.sum()
    return np.maximum.accumulate(np.clip(told, 0, 1))


@lru_cache(maxsize=128)
def needed(power: float, *, look: str, alpha: float, looks: int = LOOKS, tuned: float | None = None) -> float:
    """Errors, at the planned size, that a difference must be to be told with this power.

    >>> round(needed(0.8, look="fixed", alpha=0.05), 2), round(needed(0.8, look="any", alpha=0.05), 1)
    (2.8, 3.7)
    """
    return float(brentq(lambda d: chance(d, look=look, alpha=alpha, looks=looks, tuned=tuned) - power, 0.01, 20, xtol=1e-3))


def usual_end(drift: float, *, alpha: float, looks: int = LOOKS, tuned: float | None = None) -> float:
    """Share of the planned people that are needed on average, where one stops as soon as the difference is told.

    >>> 0.3 < usual_end(4.0, alpha=0.05) < 0.9
    True
    """
    told = passed(drift, alpha=alpha, looks=looks, tuned=tuned)
    return float((1 - np.concatenate([[0.0], told[:-1]])).sum() / looks)
