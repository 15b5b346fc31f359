"""What a bid wins and what it pays, in expectation, in the three auctions that ad platforms run; prices in units of the market's median.

- `search`: generalised second price (Edelman, Ostrovsky & Schwarz 2007; Varian 2007). Rank is bid x quality; each of `rivals` rivals has a
  log-normal rank; the place j of the page is clicked `places[j]` as often as the first; a click costs the next rank / own quality.
- `first`: first price with shading. The buyer's side bids what is best below the maximum bid, argmax (bid - x) F(x), and pays it.
- `total`: total value, bid x estimated action rate + quality, against the best log-normal rival; the winner pays what was needed to win.

A log-normal price to beat is the usual model of a bid landscape (Cui, Zhang, Li & Mao 2011).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import cumulative_trapezoid
from scipy.special import ndtr

Floats = NDArray[np.float64]
GRID = np.exp(np.linspace(np.log(0.01), np.log(50.0), 1201))
"""Bids in medians of the market between which the landscape is interpolated."""


@dataclass(frozen=True)
class Won:
    """Per auction: impressions, clicks relative to the first place, cost (of these clicks in search, else of the impressions)."""

    shown: Floats
    clicked: Floats
    cost: Floats


class Search:
    """Generalised second price with quality."""

    def __init__(self, spread: float, rivals: int, places: Sequence[float]) -> None:
        below = ndtr(np.log(GRID) / spread)
        shown, clicked, cost = np.zeros_like(GRID), np.zeros_like(GRID), np.zeros_like(GRID)
        for above, weight in enumerate(places):
            under = rivals - above
            chance = comb(rivals, above) * (1 - below) ** above
            area = cumulative_trapezoid(below**under, GRID, initial=0.0)
            shown += chance * below**under
            clicked += weight * chance * below**under
            cost += weight * chance * (GRID * below**under - area)
        self.shown, self.clicked, self.cost = shown, clicked, cost

    def won(self, rank: Floats, quality: Floats) -> Won:
        """rank: bid x quality in medians; quality only moves the price of a click: next rank / quality."""
        at = np.log(np.maximum(rank, GRID[0]))
        shown, clicked, cost = (np.interp(at, np.log(GRID), y) for y in (self.shown, self.clicked, self.cost))
        return Won(shown=shown, clicked=clicked, cost=cost / quality)


class First:
    """First price with shading."""

    def __init__(self, spread: float) -> None:
        self.spread = spread
        win = ndtr(np.log(GRID) / spread)
        surplus = np.where(GRID[None, :] <= GRID[:, None], (GRID[:, None] - GRID[None, :]) * win[None, :], -1.0)
        self.shaded = GRID[surplus.argmax(axis=1)]

    def won(self, rank: Floats, quality: Floats) -> Won:
        """rank: the maximum bid in medians."""
        bid = np.interp(np.log(np.maximum(rank, GRID[0])), np.log(GRID), self.shaded)
        win = np.where(rank > 0, ndtr(np.log(bid) / self.spread), 0.0)
        return Won(shown=win, clicked=win, cost=bid * win)


class Total:
    """Total value: what is paid is the rival's total value less one's own quality."""

    def __init__(self, spread: float) -> None:
        self.spread = spread

    def won(self, rank: Floats, quality: Floats) -> Won:
        """rank: bid x action rate + quality, in medians; quality: its part of it."""
        low, high = np.log(np.maximum(quality, 1e-9)) / self.spread, np.log(np.maximum(rank, 1e-9)) / self.spread
        win, free = ndtr(high), ndtr(low)
        mean = np.exp(self.spread**2 / 2) * (ndtr(high - self.spread) - ndtr(low - self.spread))
        return Won(shown=win, clicked=win, cost=np.maximum(mean - quality * (win - free), 0.0))


Auction = Search | First | Total


def auction(kind: str, spread: float, rivals: int = 4, places: Sequence[float] = (1.0, 0.55, 0.35)) -> Auction:
    """The auction of a preset by its name.

    >>> won = auction("total", 0.5).won(np.array([1.0]), np.array([0.0]))  # a bid at the median wins one time in two
    >>> round(float(won.shown[0]), 6)
    0.5
    """
    return Search(spread, rivals, places) if kind == "search" else First(spread) if kind == "first" else Total(spread)
