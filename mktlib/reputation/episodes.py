"""Hits of the scans made into alarms: one row an episode, told from what was known when it was raised."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

QUIET = 24
"""Hours without a hit after which an episode is over."""
STANDS, MAJORITY, LEAST = 3, 0.5, 10
"""A crisis: an alert that stands for so many hours while volume is at watch or above and more than this share of the last 24 hours'
mentions of known tone, of which there are at least so many, is negative (and more than usual)."""
LEVELS = ("watch", "alert", "crisis")


@dataclass(frozen=True)
class Hits:
    """What each bin says (bins,): level 0 none, 1 watch, 2 alert; length (hours) of its window; lively: the last day is above the usual;
    sour: most of it is negative amid much talk (see STANDS)."""

    level: np.ndarray
    length: np.ndarray
    lively: np.ndarray
    sour: np.ndarray


@dataclass
class Episode:
    """Bins: first (of any level), last hit, when each level was reached, the bin whose end is the end (None: it still stands), and the
    pauses (first bin, bin after) in which it was over until a later hit took it up again."""

    first: int
    last: int
    reached: dict[str, int] = field(default_factory=dict)
    over: int | None = None
    pauses: list[tuple[int, int]] = field(default_factory=list)

    @property
    def level(self) -> str:
        return next(name for name in reversed(LEVELS) if name in self.reached)

    @property
    def raised(self) -> int:
        """The bin at whose end the alarm was raised: alert for one that went on to a crisis, for both count as one promise."""
        return self.reached.get("alert", self.first)


def episodes(hits: Hits) -> list[Episode]:
    """The episodes of a series, in order.

    A hit goes on with the episode before it where less than QUIET hours lie between, or where its window still reaches into that episode
    while the last day is above the usual; where it is not, the window only remembers, and nothing is raised.

    >>> level, ones = np.zeros(100, dtype=int), np.ones(100, dtype=int)
    >>> level[[10, 11, 80]] = 2
    >>> [(e.raised, e.last, e.over) for e in episodes(Hits(level, ones, ones > 0, ones > 1))]
    [(10, 11, 35), (80, 80, None)]
    """
    out: list[Episode] = []
    for at in np.flatnonzero(hits.level):
        bin_, now = int(at), out[-1] if out else None
        near = now is not None and bin_ - now.last <= QUIET
        reaches = now is not None and bin_ - int(hits.length[bin_]) + 1 <= now.last
        if reaches and not hits.lively[bin_]:
            continue
        if now is None or not (near or reaches):
            now = Episode(bin_, bin_)
            out.append(now)
        if bin_ - now.last > QUIET:
            now.pauses.append((now.last + QUIET + 1, bin_))
        now.last = bin_
        _rise(now, bin_, hits)
    for episode in out:
        episode.over = episode.last + QUIET if episode.last + QUIET < len(hits.level) else None
    return out


def _rise(now: Episode, at: int, hits: Hits) -> None:
    now.reached.setdefault("watch", at)
    if hits.level[at] < 2:
        return
    since = now.reached.setdefault("alert", at)
    if at - since >= STANDS and hits.sour[at]:
        now.reached.setdefault("crisis", at)
