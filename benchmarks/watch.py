"""Do alarms keep their promise on quiet years, and how long do bursts go unseen, beside CUSUM, EWMA and the vendors' rule?

    python benchmarks/watch.py rates --years 300
    python benchmarks/watch.py tone --years 300
    python benchmarks/watch.py delays --years 200

Quiet series have a weekly and a daily cycle and one of five kinds of scatter of variance over mean phi: `hours` (independent negative
binomial hours), `sizes` (the same, but of one size, so that busy hours scatter more: phi on average), `days` (lively and dull days: one
gamma factor a day), `threads` (a mention brings others in the next hours, Neyman-Scott: clusters in time), `drift` (hours, with a slow wave
of a quarter up and down over the year). Every series is watched online from its first day: estimation of level, cycles and scatter is part
of what is measured, the first months included.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable

import numpy as np

from mktlib.reputation.alarms import TONE_PART, WARM, margin
from mktlib.reputation.baseline import Calendar, Forecast, forecast, plain_calendar
from mktlib.reputation.episodes import QUIET, Hits, episodes
from mktlib.reputation.scan import WINDOWS, scan, windowed
from mktlib.reputation.souring import souring, usual_share

VOLUMES, PHIS, PROMISES, KINDS = (3, 10, 50, 300), (1.5, 3.0, 5.0), (1, 4, 12), ("hours", "sizes", "days", "threads", "drift")
YEAR = 365.25
LASTS, GRACE = 60, 24
"""Hours of an injected burst, and after it, in which an alarm still counts as having found it (days are told when they end)."""


def cycle(days: int) -> np.ndarray:
    """Shares of a day's mentions in each hour of weeks with calmer weekends: nights of a third, a top at noon and one in the evening."""
    weekday, hour = np.array([1.1, 1.1, 1.1, 1.1, 1.1, 0.75, 0.75]), np.arange(24)
    shape = np.where(hour < 7, 0.3, 1.0) + 0.5 * np.exp(-0.5 * ((hour - 20) / 2.5) ** 2) + 0.3 * np.exp(-0.5 * ((hour - 12) / 2) ** 2)
    return (weekday[np.arange(days) % 7, None] / weekday.mean() * shape / shape.sum()).ravel()


def series(
    rng: np.random.Generator, many: int, days: int, volume: float, phi: float, kind: str, times: np.ndarray | None = None
) -> np.ndarray:
    """(many, hours) counts; times (many, hours): what an event multiplies the mean by."""
    mean = volume * np.broadcast_to(cycle(days), (many, days * 24))
    if kind == "drift":
        mean = mean * (1 + 0.25 * np.sin(np.arange(days * 24) / (24 * YEAR) * 2 * np.pi + rng.uniform(0, 2 * np.pi, (many, 1))))
    mean = mean if times is None else mean * times
    if kind == "days":
        shape = volume / (phi - 1)
        return rng.poisson(mean * np.repeat(rng.gamma(shape, 1 / shape, (many, days)), 24, axis=1)).astype(float)
    if kind == "sizes":
        return rng.poisson(mean * rng.gamma(volume / 24 / (phi - 1), 24 * (phi - 1) / volume, mean.shape)).astype(float)
    if kind == "threads":
        return _threads(rng, mean, (phi + 1) / 2).astype(float)
    return rng.poisson(rng.gamma(np.maximum(mean, 1e-12) / (phi - 1)) * (phi - 1)).astype(float)


def _threads(rng: np.random.Generator, mean: np.ndarray, size: float) -> np.ndarray:
    """First mentions at random, each with a geometric number in all (mean `size`: phi = 2 size - 1), the others some hours later."""
    first = rng.poisson(mean / size)
    out = first.copy()
    row, hour = np.nonzero(first)
    row, hour = (np.repeat(x, first[row, hour]) for x in (row, hour))
    more = rng.geometric(1 / size, len(row)) - 1
    row, hour = np.repeat(row, more), np.repeat(hour, more)
    hour = (hour + rng.random(len(hour)) + rng.exponential(3.0, len(hour))).astype(int)
    inside = hour < mean.shape[1]
    np.add.at(out, (row[inside], hour[inside]), 1)
    return out


def rarity(counts: np.ndarray, calendar: Calendar) -> tuple[np.ndarray, np.ndarray, Forecast]:
    """What the library's volume detector says of each hour, silent while it learns; the windows (hours); the forecast."""
    known = forecast(counts, np.ones(1), calendar)
    seen = scan(counts, known, calendar)
    out = seen.rarity + margin(known)[:, calendar.day]
    out[:, : WARM * 24] = -np.inf
    return out, WINDOWS[seen.window], known


def alarms(above: np.ndarray, length: np.ndarray, lively: np.ndarray) -> list[list[int]]:
    """Hours at which episodes are raised, series by series."""
    nothing = np.zeros(above.shape[1], dtype=bool)
    return [[e.raised for e in episodes(Hits(2 * a.astype(int), w, y, nothing))] for a, w, y in zip(above, length, lively, strict=True)]


def lively(counts: np.ndarray, known: Forecast, calendar: Calendar) -> np.ndarray:
    mean = windowed(known.mean, 24)
    return windowed(counts, 24) > mean + 2 * np.sqrt(mean * (1 + known.whole[:, calendar.day, 2]))


def batches(years: float, each: int = 60) -> Iterable[int]:
    left = int(np.ceil(years))
    while left > 0:
        yield min(each, left)
        left -= each


def rates(years: float, volumes: Iterable[float], kinds: Iterable[str]) -> None:
    print("| mentions a day | scatter | phi | promise 1 | promise 4 | promise 12 | first two months at 4 |\n|---|---|---|---|---|---|---|")
    for volume in volumes:
        for kind in kinds:
            for phi in PHIS:
                print(_rates(years, volume, kind, phi), flush=True)


def _rates(years: float, volume: float, kind: str, phi: float) -> str:
    rng = np.random.default_rng([int(volume), KINDS.index(kind), int(10 * phi)])
    days = WARM + 365
    calendar, found, early, watched = plain_calendar(days), dict.fromkeys(PROMISES, 0), 0, 0.0
    for many in batches(years):
        counts = series(rng, many, days, volume, phi, kind)
        rare, length, known = rarity(counts, calendar)
        alive = lively(counts, known, calendar)
        for promise in PROMISES:
            raised = alarms(rare > -np.log(promise), length, alive)
            found[promise] += sum(map(len, raised))
            early += sum(at < (WARM + 60) * 24 for one in raised for at in one) if promise == 4 else 0
        watched += many * 365 / YEAR
    cells = [f"{n / watched:.2f} ± {np.sqrt(n) / watched:.2f} ({n / watched / p:.2f})" for p, n in found.items()]
    return f"| {volume:g} | {kind} | {phi:g} | " + " | ".join(cells) + f" | {early / (watched * 60 / 365):.2f} |"


def tone(years: float, volumes: Iterable[float]) -> None:
    """Both detectors, each with its part of a promise of 4, as `watch_mentions` adds them where tones are known."""
    print("| mentions a day | negative | alike within a day | volume alone | tone alone | both (promise 4) |\n|---|---|---|---|---|---|")
    days, calendar = WARM + 365, plain_calendar(WARM + 365)
    for volume in volumes:
        for share, alike in ((0.15, 0.0), (0.15, 0.1), (0.4, 0.0), (0.4, 0.1)):
            rng, found, watched = np.random.default_rng([int(volume), int(100 * share), int(100 * alike)]), np.zeros(3), 0.0
            for many in batches(years):
                counts = series(rng, many, days, volume, 3.0, "threads")
                chance = np.full((many, days), share)
                if alike:
                    chance = rng.beta(share * (1 / alike - 1), (1 - share) * (1 / alike - 1), (many, days))
                negative = rng.binomial(counts.astype(int), np.repeat(chance, 24, axis=1)).astype(float)
                loud, length, known = rarity(counts, calendar)
                sour = souring(negative, counts, usual_share(negative, counts, calendar), calendar).rarity
                sour[:, : WARM * 24] = -np.inf
                loud, sour = loud + np.log(1 - TONE_PART), sour + np.log(TONE_PART)
                alive = lively(counts, known, calendar)
                for k, level in enumerate((loud, sour, np.maximum(loud, sour))):
                    found[k] += sum(map(len, alarms(level > -np.log(4), length, alive | (sour > loud))))
                watched += many * 365 / YEAR
            cells = " | ".join(f"{n / watched:.2f} ± {np.sqrt(n) / watched:.2f}" for n in found)
            print(f"| {volume:g} | {share:g} | {alike:g} | {cells} |", flush=True)


def residuals(counts: np.ndarray, known: Forecast, step: int) -> np.ndarray:
    """(series, hours or days) of counts less their forecast, in their own standard deviations."""
    day = np.arange(counts.shape[1]) // 24
    if step == 1:
        return (counts - known.mean) / np.sqrt((1 + known.hours[:, day, 2]) * known.mean)
    total, mean = (x.reshape(len(x), -1, 24).sum(axis=2) for x in (counts, known.mean))
    return (total - mean) / np.sqrt((1 + known.whole[:, :, 2]) * mean)


def cusum(z: np.ndarray, least: float, begin: int, k: float = 0.5) -> np.ndarray:
    """Page (1954), started again after each alarm."""
    level, out = np.zeros(len(z)), np.zeros(z.shape, dtype=bool)
    for t in range(begin, z.shape[1]):
        level = np.maximum(0, level + z[:, t] - k)
        out[:, t] = level > least
        level[out[:, t]] = 0
    return out


def ewma(z: np.ndarray, least: float, begin: int, weight: float = 0.2) -> np.ndarray:
    """Roberts (1959)."""
    level, out = np.zeros(len(z)), np.zeros(z.shape, dtype=bool)
    for t in range(begin, z.shape[1]):
        level = (1 - weight) * level + weight * z[:, t]
        out[:, t] = level > least
    return out


PEERS: dict[str, tuple[Callable[..., np.ndarray], int]] = {
    "CUSUM, hours": (cusum, 1), "CUSUM, days": (cusum, 24), "EWMA, hours": (ewma, 1), "EWMA, days": (ewma, 24),
}  # fmt: skip


def separate(above: np.ndarray, step: int) -> int:
    """Episodes: runs of alarms with less than QUIET hours between."""
    row, at = np.nonzero(above)
    return int((np.r_[True, (np.diff(row) != 0) | (np.diff(at) > QUIET // step)]).sum()) if len(row) else 0


def tuned(peer: Callable[..., np.ndarray], z: np.ndarray, step: int, most: int) -> float:
    """The lowest threshold at which a peer raises at most so many alarms."""
    low, high = 0.0, 60.0
    for _ in range(14):
        middle = (low + high) / 2
        if separate(peer(z, middle, WARM * 24 // step), step) > most:
            low = middle
        else:
            high = middle
    return high


def delays(years: float, volumes: Iterable[float], kinds: Iterable[str], promise: float = 4) -> None:
    print(f"| mentions a day | scatter (phi 3) | alarms a year | burst | mktlib | {' | '.join(PEERS)} | vendors, a month |")
    print("|---|---|---|---|---|" + "---|" * (len(PEERS) + 1))
    for volume in volumes:
        for kind in kinds:
            _delays(int(years / 0.58), volume, kind, promise)


def _delays(many: int, volume: float, kind: str, promise: float) -> None:
    rng, days = np.random.default_rng([int(volume), KINDS.index(kind), 7]), 240
    calendar, hours = plain_calendar(days), days * 24
    counts = series(rng, many, days, volume, 3.0, kind)
    rare, length, known = rarity(counts, calendar)
    quiet = sum(map(len, alarms(rare > -np.log(promise), length, lively(counts, known, calendar))))
    least = {name: tuned(peer, residuals(counts, known, step), step, quiet) for name, (peer, step) in PEERS.items()}
    rate = quiet / (many * (days - WARM) / YEAR)
    for times in (2, 3, 5):
        onset = rng.integers(200 * 24, 232 * 24, many)
        boost = np.ones((many, hours))
        for row, at in enumerate(onset):
            boost[row, at : at + LASTS] = times
        busy = counts.copy()
        busy[:, 200 * 24 :] = series(rng, many, days, volume, 3.0, kind, boost)[:, 200 * 24 :]
        rare, _, now = rarity(busy, calendar)
        cells = [waits(rare > -np.log(promise), onset, 1)]
        for name, (peer, step) in PEERS.items():
            cells.append(waits(peer(residuals(busy, now, step), least[name], WARM * 24 // step), onset, step))
        print(f"| {volume:g} | {kind} | {rate:.1f} | x {times} | {' | '.join(cells)} | {vendors(counts):.1f} |", flush=True)


def waits(above: np.ndarray, onset: np.ndarray, step: int) -> str:
    """Median hours from the start of a burst to the end of the bin that raises an alarm, and the share found."""
    out = np.full(len(above), np.inf)
    for row, at in enumerate(onset):
        found = np.flatnonzero(above[row, at // step : (at + LASTS + GRACE) // step])
        if len(found):
            out[row] = (at // step + found[0] + 1) * step - at
    median = np.median(out)
    return f"{median:.1f} h ({np.isfinite(out).mean():.0%})" if np.isfinite(median) else f"- ({np.isfinite(out).mean():.0%})"


def vendors(counts: np.ndarray) -> float:
    """Alarms a month of the rule: a day of more than 150 % of the mean of the seven days before."""
    total = counts.reshape(len(counts), -1, 24).sum(axis=2)[:, WARM - 7 :]
    mean = np.stack([total[:, k : k - 7] for k in range(7)]).mean(axis=0)
    return float((total[:, 7:] > 1.5 * mean).mean() * YEAR / 12)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=["rates", "tone", "delays"])
    parser.add_argument("--years", type=float, default=100, help="simulated years a row")
    parser.add_argument("--volumes", type=float, nargs="*", default=VOLUMES)
    parser.add_argument("--kinds", nargs="*", default=None)
    given = parser.parse_args()
    if given.what == "rates":
        rates(given.years, given.volumes, given.kinds or KINDS)
    elif given.what == "tone":
        tone(given.years, given.volumes)
    else:
        delays(given.years, given.volumes, given.kinds or ("hours", "threads"))
