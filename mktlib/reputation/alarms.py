"""A series with its forecast and both detectors, and which hours say what: the online part of the alarm, from numbers alone."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mktlib.reputation import scan as volume
from mktlib.reputation import souring as tone
from mktlib.reputation.baseline import Forecast, forecast
from mktlib.reputation.counted import Counted
from mktlib.reputation.episodes import LEAST, MAJORITY, Hits
from mktlib.reputation.scan import windowed
from mktlib.reputation.scatter import NODES

WARM = 28
"""Days of history before the first alarm: four of each weekday."""
TONE_PART = 0.3
"""The part of the promised rate that goes to the tone, where tones are known."""
MARGIN = np.array([(1.0, 0.0), (3.0, 0.25), (10.0, 0.1), (50.0, 0.15), (300.0, 0.3)])
"""(mentions a day, logarithm of the alarms that the detectors' caution leaves unused): windows overlap, counts are whole numbers, and the
parts of the promise are not all spent. Measured on quiet years of the kind of scatter that alarms most: benchmarks/watch.py rates."""
SILENT = 13.8
"""Minus the logarithm of the chance (one in a million) from which hours without a mention are taken as hours without collection."""


@dataclass(frozen=True)
class Seen:
    """A series with all that was worked out of it; per bin (bins,)."""

    data: Counted
    known: Forecast
    usual: tone.Usual
    loud: volume.Scan
    sour: tone.Scan
    silences: list[tuple[int, int]]


def looked_at(data: Counted) -> Seen:
    """Forecast, silences, forecast without them, and both scans."""
    there = data.there
    known = forecast(data.count[None], there, data.calendar)
    silences = _silences(data, known)
    if silences:
        there = there.copy()
        for first, end in silences:
            there[first:end] = 0
        known = forecast(data.count[None], there, data.calendar)
    here = there > 0
    data = replace(data, there=there)
    negative, told = (data.negative * here)[None], (data.told * here)[None]
    usual = tone.usual_share(negative, told, data.calendar)
    loud = volume.scan((data.count * here)[None], known, data.calendar, shortest=24 if data.daily else 1)
    return Seen(data, known, usual, loud, tone.souring(negative, told, usual, data.calendar), silences)


def _silences(data: Counted, known: Forecast) -> list[tuple[int, int]]:
    """(first, end) bins of hours without a mention from where they are too many to be chance: known there, not before."""
    day = data.calendar.day
    excess = known.whole[0, :, len(NODES) // 2][day]
    heavy = known.mean[0] / excess * np.log1p(excess)
    begin = data.calendar.start[min(WARM, data.calendar.days)]
    out, run, first = [], 0.0, None
    for at in range(begin, len(data.count)):
        if data.count[at] > 0 or not data.there[at]:
            if first is not None:
                out.append((first, at))
            run, first = 0.0, None
            continue
        run += heavy[at]
        if run > SILENT and first is None:
            first = at + 1
    return [*out, (first, len(data.count))] if first is not None and first < len(data.count) else out


def levels(seen: Seen, rate: float, softer: float) -> np.ndarray:
    """(bins,) 0 none, 1 watch, 2 alert."""
    rarity = np.maximum(*rarities(seen))
    rarity[: seen.data.calendar.start[min(WARM, seen.data.calendar.days)]] = -np.inf
    rarity[seen.data.there == 0] = -np.inf
    return (rarity > -np.log(softer)).astype(int) + (rarity > -np.log(rate))


def margin(known: Forecast) -> np.ndarray:
    """(series, days) what may be added to the rarity of volume, so that the promise is used up and no more."""
    return np.interp(np.log(np.maximum(known.volume, 1e-9)), np.log(MARGIN[:, 0]), MARGIN[:, 1])


def rarities(seen: Seen) -> tuple[np.ndarray, np.ndarray]:
    """Rarity (bins,) of volume and of tone, each less what its part of the promise costs."""
    part = TONE_PART if seen.data.toned else 0.0
    with np.errstate(divide="ignore"):
        extra = margin(seen.known)[0, seen.data.calendar.day]
        return seen.loud.rarity[0] + extra + np.log(1 - part), seen.sour.rarity[0] + np.log(part)


def is_tone(seen: Seen) -> np.ndarray:
    loud, sour = rarities(seen)
    return sour > loud


def lengths(seen: Seen) -> np.ndarray:
    """(bins,) hours of the window that is rarest."""
    return np.where(is_tone(seen), tone.WINDOWS[seen.sour.window[0]], volume.WINDOWS[seen.loud.window[0]])


def hits(seen: Seen, level: np.ndarray, softer: float) -> Hits:
    """With what the last day says: whether it is above the usual itself, and whether it is a majority of negatives amid much talk."""
    data, day = seen.data, seen.data.calendar.day
    count, negative, told = (windowed(x * data.there, 24) for x in (data.count, data.negative, data.told))
    mean, usual = windowed(seen.known.mean[0], 24), seen.usual.share[0][day]
    much = count > mean + 2 * np.sqrt(mean * (1 + seen.known.whole[0, :, len(NODES) // 2][day]))
    sour = negative > told * usual + 2 * np.sqrt(told * usual * (1 - usual))
    bad = (told >= LEAST) & (negative > MAJORITY * told) & (negative > usual * told)
    return Hits(level, lengths(seen), np.where(is_tone(seen), sour, much), bad & (rarities(seen)[0] > -np.log(softer)))
