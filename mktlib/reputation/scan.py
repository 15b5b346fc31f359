"""How rare the last hours and days are: windows of several lengths that end now, each set against what was forecast for it.

A window's count is negative binomial around its forecast, its variance being the scatter of such windows, plus what is not known of
the level and of the hours. Its p-value, averaged over what is left open of the dispersion, times the number of such windows in a year,
is how often a quiet year would show as much: the same unit for every window length, so that fast and slow bursts compete fairly (a
multiscale scan; Kulldorff 2001, Lai 1995, Duembgen and Spokoiny 2001). `rarity` is minus its logarithm, the largest over the windows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betainc

from mktlib.reputation.baseline import HISTORY, Calendar, Forecast
from mktlib.reputation.scatter import NODES

WINDOWS = np.array([1, 2, 3, 4, 6, 9, 12, 18, 24, 36, 48, 72, 120, 168])
"""Lengths in hours."""
HEAVIER = 1.2
"""Where busy hours scatter more, a sum of hours has a heavier tail than one negative binomial of its variance: its busiest hours' own."""
YEAR = 8766.0
"""Hours."""
CENTRE, BREADTH, FLOOR, LONG = 6.0, 1.1, 0.05, 0.5
"""Where the promised rate goes: to windows of about so many independent mentions (and a spread, in logs), in which bursts of two to
five times the usual are first told; a little to every other one, half of it beyond three days. Chosen on simulated bursts."""


@dataclass(frozen=True)
class Scan:
    """rarity (series, bins): of the rarest window that ends with the bin, -inf where nothing is out of the ordinary; window (series, bins):
    its index in WINDOWS."""

    rarity: np.ndarray
    window: np.ndarray


def windowed(values: np.ndarray, length: int) -> np.ndarray:
    """Sums over the last `length` bins up to each bin (the first ones over what there is).

    >>> windowed(np.array([[1, 2, 3, 4]]), 2).tolist()
    [[1, 3, 5, 7]]
    """
    sums = np.cumsum(values, axis=-1)
    out = sums.copy()
    out[..., length:] -= sums[..., :-length]
    return out


def scan(counts: np.ndarray, known: Forecast, calendar: Calendar, *, shortest: int = 1) -> Scan:
    """The rarity of (series, bins) counts, those of hours without collection being 0 as their forecast is; `shortest` (hours):
    windows below it are not looked at."""
    day = calendar.day
    begin = calendar.start[min(HISTORY, calendar.days)]
    rarity = np.full(counts.shape, -np.inf)
    which = np.zeros(counts.shape, dtype=np.int8)
    recent = windowed(counts, 24) > windowed(known.mean, 24)
    doubts = known.doubt * known.mean**2
    budget = shares(known, shortest)
    for index, length in enumerate(WINDOWS):
        if length < shortest:
            continue
        count, mean = windowed(counts, length), windowed(known.mean, length)
        extra = windowed(doubts, length) + known.level[:, day] * mean**2
        middle = excess(known, length, len(NODES) // 2 + 1)[:, day]
        look = (count > mean + 1.8 * np.sqrt(mean * (1 + middle) + extra)) & (count >= 2)
        look[:, :begin] = False
        if length > 24:
            look &= recent
        at = np.nonzero(look)
        if not len(at[0]):
            continue
        steep = _steep(known, length, mean, at, day)
        p = sum(tail(count[at], mean[at], steep * excess(known, length, k)[at[0], day[at[1]]], extra[at]) for k in range(len(NODES))) / len(
            NODES
        )
        found = -np.log(np.maximum(p, 1e-300)) - np.log(YEAR / length) + budget[at[0], day[at[1]], index]
        better = found > rarity[at]
        rarity[at[0][better], at[1][better]] = found[better]
        which[at[0][better], at[1][better]] = index
    return Scan(rarity, which)


def shares(known: Forecast, shortest: int = 1) -> np.ndarray:
    """Logarithm of each window's part (series, days, windows) of the promised rate: most to windows in which a burst can be told."""
    size = known.volume[:, :, None] / 24 * WINDOWS / (1 + known.whole[:, :, len(NODES) // 2, None])
    part = np.exp(-0.5 * (np.log(np.maximum(size, 1e-9) / CENTRE) / BREADTH) ** 2) + FLOOR
    part = part * np.where(WINDOWS > 72, LONG, 1.0) * (shortest <= WINDOWS)
    with np.errstate(divide="ignore"):
        return np.log(part / part.sum(axis=2, keepdims=True))


def _steep(known: Forecast, length: int, mean: np.ndarray, at: tuple[np.ndarray, ...], day: np.ndarray) -> np.ndarray:
    """What a window's dispersion less 1 is multiplied with where busy hours scatter more: by how busy its hours are, and by HEAVIER."""
    steep = known.steep[at[0], day[at[1]]]
    heavier = 1 + (HEAVIER - 1) * steep**2
    if length >= 24:
        return heavier
    squares = windowed(known.mean**2, length)[at] / np.maximum(mean[at] * known.busy[at[0], day[at[1]]], 1e-12)
    return heavier * (1 - steep + steep * squares)


def excess(known: Forecast, length: int, node: int) -> np.ndarray:
    """Dispersion less 1 of windows of a length: between those of hours, six hours and days, on the log scale."""
    if length < 6:
        part = np.log(length) / np.log(6)
        return known.hours[:, :, node] ** (1 - part) * known.quarters[:, :, node] ** part
    part = min(np.log(length / 6) / np.log(4), 1.0)
    return known.quarters[:, :, node] ** (1 - part) * known.whole[:, :, node] ** part


def tail(count: np.ndarray, mean: np.ndarray, excess: np.ndarray, extra: np.ndarray) -> np.ndarray:
    """P(at least `count`) of a negative binomial of this mean and the variance mean x (1 + excess) + extra.

    >>> float(tail(np.array(3.0), np.array(1.0), np.array(1e-9), np.array(0.0)).round(4))
    0.0803
    """
    mean = np.maximum(mean, 1e-9)
    excess = np.maximum(excess + extra / mean, 1e-9)
    return betainc(count, mean / excess, excess / (1 + excess))
