"""What a geo test would see, tried out on weeks in which nothing happened: the whole procedure again in each placebo window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mktlib.places.geopanel import YEAR, Panel
from mktlib.places.matching import matched, strays
from mktlib.places.placebo import Windows, apart, signs, window_starts

LIFTS = np.array([0.0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5])
FALLS = 64
"""Falls of the coins tried in each placebo window."""
ENOUGH, LEARN = 0.8, 26
"""Power that is enough; weeks before the first window that pairs are learnt from."""


def fewest_pairs(alpha: float) -> int:
    """Pairs below which no fall of the coins is rare enough.

    >>> fewest_pairs(0.1), fewest_pairs(0.05)
    (5, 6)
    """
    return int(np.ceil(1 - np.log2(alpha) - 1e-9))


@dataclass(frozen=True, kw_only=True)
class Option:
    """One size and length, tried on placebo windows. power (lifts,) with low and high; alarms: the same without a lift, both sides;
    pairs (n, 2): areas for the test that comes."""

    length: int
    pairs: np.ndarray
    power: np.ndarray
    low: np.ndarray
    high: np.ndarray
    alarms: tuple[float, float, float]
    windows: int
    independent: float


def paired(windows: Windows, first: int, length: int, size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(pairs, weights): areas paired on the weeks before `first` alone, and what their past foretells with."""
    starts = window_starts(min(LEARN, max(first - length, 1)), first, length)
    weights = windows.learnt(starts, length)
    return matched(strays(windows.surprises(starts, length, weights), size)), weights


def tried(panel: Panel, length: int, sizes: list[int], alpha: float) -> list[Option]:
    """Each number of pairs at one length, tried on every placebo window."""
    windows, weeks = Windows(panel.y), len(panel.weeks)
    starts = window_starts(LEARN, weeks, length)
    seen = [_placebo(windows, panel.y, int(s), length) for s in starts]
    pairs, _ = paired(windows, weeks, length, recent(panel.y, weeks))
    return [_option(seen, starts, length, pairs[:n], alpha) for n in sizes]


def _placebo(windows: Windows, y: np.ndarray, first: int, length: int) -> tuple[np.ndarray, np.ndarray]:
    """(difference of each pair, its weight) in a window, the pairs made before it, the closest first."""
    size = recent(y, first)
    pairs, weights = paired(windows, first, length, size)
    seen = windows.surprise(first, length, weights)
    return seen[pairs[:, 0]] - seen[pairs[:, 1]], size[pairs].sum(axis=1)


def recent(y: np.ndarray, week: int) -> np.ndarray:
    """(A,): mean of the year before a week."""
    return np.asarray(y[:, max(0, week - YEAR) : week].mean(axis=1))


def _option(seen: list[tuple[np.ndarray, np.ndarray]], starts: np.ndarray, length: int, pairs: np.ndarray, alpha: float) -> Option:
    n = len(pairs)
    found = np.array([detected(d[:n], w[:n], np.log1p(LIFTS), alpha, seed=k) for k, (d, w) in enumerate(seen)])  # windows, 2, lifts
    many = apart(starts, length)
    power, low, high = _spread(found[:, 0], many)
    alarms = _spread(found[:, 1, :1], many)
    ends = (float(alarms[0][0]), float(alarms[1][0]), float(alarms[2][0]))
    return Option(length=length, pairs=pairs, power=power, low=low, high=high, alarms=ends, windows=len(starts), independent=many)


def detected(d: np.ndarray, weight: np.ndarray, added: np.ndarray, alpha: float, *, seed: int = 0) -> np.ndarray:
    """(2, lifts): share of falls of the coins in which a lift (log) added to the areas they chose is told; and is told with either sign."""
    rng = np.random.default_rng([seed, 977])
    fell = rng.choice([-1.0, 1.0], (FALLS, len(d)))
    turn = signs(len(d)).T
    nothing = (fell * d * weight) @ turn  # falls, signs
    lifted = weight @ turn
    told = np.zeros((2, len(added)))
    for k, more in enumerate(added):
        value = nothing + more * lifted
        p = (np.abs(value) >= np.abs(value[:, :1]) - 1e-12).mean(axis=1)
        sure = p <= alpha + 1e-12
        told[:, k] = (sure & (value[:, 0] > 0)).mean(), sure.mean()
    return told


def _spread(share: np.ndarray, independent: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean over windows (windows, k) with a 90 % range that counts overlapping windows once and each window's coins as drawn."""
    mean = share.mean(axis=0)
    luck = np.maximum(share.var(axis=0, ddof=1) if len(share) > 1 else mean * (1 - mean), mean * (1 - mean) / FALLS)
    half = 1.645 * np.sqrt(luck / max(independent, 1.0))
    return mean, np.maximum(mean - half, 0.0), np.minimum(mean + half, 1.0)


def smallest_seen(power: np.ndarray, enough: float = ENOUGH) -> float:
    """The smallest lift seen `enough` of the time, between those tried; NaN where none is.

    >>> float(smallest_seen(np.r_[0.05, 0.1, 0.3, 0.7, 0.9, np.ones(7)]))
    0.035
    """
    rising = np.maximum.accumulate(power)
    return float(np.interp(enough, rising, LIFTS)) if rising[-1] >= enough else float("nan")


def power_at(option: Option, lift: float) -> tuple[float, float, float]:
    """Power at a lift with its range."""
    return tuple(float(np.interp(lift, LIFTS, x)) for x in (option.power, option.low, option.high))  # type: ignore[return-value]
