"""Rates of groups that are not equally well known, and groups too small to be shown.

A group's rate is a posterior: groups share a beta prior that is learnt from the groups themselves, with its own uncertainty integrated
out (the uniform shrinkage prior of Christiansen and Morris 1997, JASA 92), so that a group of twelve is not believed as much as one of
a thousand.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import betainc, betaln, expit, logit

FEWEST = 10
"""People below which a group is not shown (personal data: nobody may be singled out)."""
OTHERS = "others"


def folded(group: pd.Series) -> tuple[pd.Series, int]:
    """Groups below FEWEST people shown as one, and how many were; the next smallest joins them while they are still too few."""
    size = group.value_counts().sort_values(kind="stable")
    count = int(size.lt(FEWEST).sum())
    while 0 < count < len(size) and size.iloc[:count].sum() < FEWEST:
        count += 1
    return group.where(~group.isin(size.index[:count]), OTHERS), count


def shrunk_rates(hits: np.ndarray, n: np.ndarray, level: float = 0.9) -> np.ndarray:
    """(groups, 3): mean, low, high of each group's rate, from hits out of n, groups sharing a beta prior that is itself uncertain.

    The prior's mean and strength are integrated out: taking the best ones for granted gives ranges that hold the truth 6 to 8 times
    in 10 where 9 were promised. One group alone has nobody to learn from: Jeffreys' interval.

    >>> shrunk_rates(np.array([5]), np.array([10]))[0, 0].item()
    0.5
    """
    tail = np.array([(1 - level) / 2, (1 + level) / 2])
    a, b, weight = posterior_rates(hits, n)
    ends = np.zeros((len(n), 2)), np.ones((len(n), 2))
    for _ in range(30):
        middle = (ends[0] + ends[1]) / 2
        below = betainc(a[:, None, :], b[:, None, :], middle[:, :, None]) @ weight < tail
        ends = np.where(below, middle, ends[0]), np.where(below, ends[1], middle)
    return np.column_stack([(a / (a + b)) @ weight, (ends[0] + ends[1]) / 2])


def posterior_rates(hits: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The posterior of each group's rate as a mixture of betas: a and b (groups, points), weight (points,)."""
    if len(n) == 1:
        return hits[:, None] + 0.5, n[:, None] - hits[:, None] + 0.5, np.ones(1)
    mean, strength, weight = _shared_prior(hits, n)
    return hits[:, None] + strength * mean, n[:, None] - hits[:, None] + strength * (1 - mean), weight


def _shared_prior(hits: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, strength (in people) and weight of the priors that the groups together leave likely: (points,) each, weights adding to 1.

    Jeffreys' prior on the mean and the uniform shrinkage prior on the strength, at the size of the smallest group.
    """
    strength = np.geomspace(0.5, 200 * n.max(), 20)[:, None]
    pull = n * (strength + 1) / (n + strength)
    centre = ((pull * hits / n).sum(axis=1) + 0.5) / (pull.sum(axis=1) + 1)
    width = 1 / np.sqrt(centre * (1 - centre) * pull.sum(axis=1))
    mean = expit(logit(centre)[:, None] + width[:, None] * np.linspace(-4, 4, 11))
    a, b = strength * mean, strength * (1 - mean)
    likely = sum(betaln(y + a, m - y + b) - betaln(a, b) for y, m in zip(hits, n, strict=True))
    prior = np.log(strength) - 2 * np.log(strength + n.min()) + 0.5 * np.log(mean * (1 - mean)) + np.log(width)[:, None]
    weight = np.exp(likely + prior - np.max(likely + prior)).ravel()
    kept = weight > 1e-5
    return mean.ravel()[kept], np.broadcast_to(strength, mean.shape).ravel()[kept], weight[kept] / weight[kept].sum()
