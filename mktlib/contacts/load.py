"""What life-cycle flows take of the messages that a person bears, before any campaign is sent.

A flow is set off by what one person does, so that most people get none of it and a few get several at once. A mean would promise too
much: what has to be set aside is what all but a few get. Entries are taken to come at random over time (Poisson), one flow independent of
another; a log says better (`mailing.email_programme(sends=...)`), for whoever leaves a basket has also browsed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mktlib.vocabulary import Row

PERIOD = 30
"""Days over which the share of people who enter a flow is told, and its own cap holds."""
MOST_SHARE = 0.999
"""Above it entries at random would be without end: the flow's own cap decides."""
SPARE = 0.05
"""Share of people who may get more from flows than is set aside for them: campaigns skip those. Our judgement (J)."""


@dataclass(frozen=True)
class Load:
    """Messages of flows to one person within some days: chance of 0, 1, 2 ... of them."""

    chance: np.ndarray

    @property
    def mean(self) -> float:
        return float(self.chance @ np.arange(len(self.chance)))

    def above(self, most: int) -> float:
        """Share of people who get more than so many."""
        return float(max(0.0, 1.0 - self.chance[: most + 1].sum()))


def load_of(flows: Mapping[str, Row], shares: Mapping[str, float], window: int) -> Load:
    """The messages of some flows together, within any `window` days.

    shares: flow -> share of people who enter it within 30 days.

    >>> one = {"welcome": {"days": [0, 2, 6], "cap": 3}}
    >>> round(load_of(one, {"welcome": 0.1}, 30).mean, 3)
    0.3
    """
    chance = np.ones(1)
    for name in shares:
        row = flows[name]
        chance = np.convolve(chance, _one(row["days"], int(row["cap"]), float(shares[name]), window))
    return Load(chance)


def _one(days: Sequence[float], cap: int, share: float, window: int) -> np.ndarray:
    """Chance of 0 ... cap messages of one flow: entries at a constant rate, each with those of its messages that fall into the window."""
    at = np.asarray(days, float)
    edges = np.unique(np.concatenate([-at, window - at]))
    middle, length = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
    falls = middle[:, None] + at
    many = ((falls >= 0) & (falls < window)).sum(axis=1)
    entries = -np.log1p(-min(share, MOST_SHARE))  # so many in PERIOD days that this share enters at least once
    rate = np.bincount(many, weights=length * entries / PERIOD, minlength=len(at) + 1)
    rate[0] = 0.0
    chance = np.zeros(cap + 1)
    chance[0] = np.exp(-rate.sum())
    for n in range(1, cap + 1):  # Panjer's recursion for a compound Poisson number
        k = np.arange(1, min(n, len(at)) + 1)
        chance[n] = (k * rate[k] * chance[n - k]).sum() / n
    chance[cap] += 1.0 - chance.sum()  # what goes beyond is held back by the flow's own cap
    return chance


def reserved(load: Load, spare: float = SPARE) -> int:
    """The fewest messages to set aside so that at most `spare` of the people get more from flows.

    >>> reserved(Load(np.array([0.9, 0.06, 0.04])))
    1
    """
    return int(np.flatnonzero(1.0 - np.cumsum(load.chance) <= spare + 1e-12)[0])
