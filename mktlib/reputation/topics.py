"""What an alarm is about: the topic that takes most more of the talk than before."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import betainc

BEFORE = 90 * 24
"""Bins (hours) before a window that say what is usual."""
SURE = 0.05
"""Chance, over all topics, below which a topic is named."""


def over_represented(said: pd.DataFrame | None, first: int, last: int, left_out: list[tuple[int, int]]) -> str:
    """The topic most over-represented in the bins from first to last against the bins before, those left out apart; "" where none is.

    By the likelihood ratio of its share (Kulldorff 1997), among topics whose excess chance would bring in less than SURE of such windows.

    >>> said = pd.DataFrame({"bin": [*range(40), *[50] * 6], "topic": ["a", "b"] * 20 + ["c"] * 6})
    >>> over_represented(said, 50, 50, [])
    'c'
    """
    if said is None or not said["topic"].ne("").any():
        return ""
    bins = said["bin"].to_numpy()
    inside = (bins >= first) & (bins <= last)
    before = (bins < first) & (bins >= first - BEFORE)
    for a, b in left_out:
        before &= ~((bins >= a) & (bins <= b))
    named = said["topic"].ne("").to_numpy()
    now, past = (said["topic"][mask & named].value_counts() for mask in (inside, before))
    if now.empty:
        return ""
    k, n = now.to_numpy(float), float(now.sum())
    share = (past.reindex(now.index, fill_value=0).to_numpy() + 0.5) / (past.sum() + 0.5 * (len(past) + 1))
    chance = betainc(k, n - k + 1, np.minimum(share, 1.0)) * max(len(past), len(now))
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = k * np.log(k / (n * share)) + np.where(k < n, (n - k) * np.log((n - k) / (n * np.maximum(1 - share, 1e-12))), 0.0)
    good = (k > n * share) & (chance < SURE)
    if not good.any():
        return ""
    return min((-g, str(name)) for g, name, ok in zip(gain, now.index, good, strict=True) if ok)[1]
